/* Reconciliation from load's side: the portal's listing, page by page, and settling. Its nights are in
 * tests/process/test_reconcile.py. */
#include "load/reconcile.h"
#include "tests/load/simulated.h"
#include "tests/support/broken_statements.h"

static struct load_request request_for(struct setting_context *context, const char *path)
{
    static char yaml[400];
    struct value *tree = NULL;
    *context = (struct setting_context){ &test_arena, "congkhai.yaml", NULL };
    snprintf(yaml, sizeof yaml,
             "{ url: \"%s%s\", timeout: 1s, retry: { attempts: 2, first: 1ms, most: 2ms } }", simulated.url,
             path);
    (void)yaml_parse(&test_arena, text_of(yaml), "congkhai.yaml", &tree, &simulated.error);
    return (struct load_request){ .portal = tree,
                                  .agency_code = "H13",
                                  .folder = simulated.folder,
                                  .context = context,
                                  .stop = &simulated.stop,
                                  .notice = simulated_notice,
                                  .actor = "tester",
                                  .reason = "because" };
}

static enum status ask(struct reconciliation_counts *counts)
{
    struct setting_context context;
    struct load_request request = request_for(&context, "/v1");
    simulated.error = (struct error){ .status = STATUS_OK };
    return reconcile_ask(simulated.store, &request, counts, &simulated.error);
}

static enum status settle(const char *code, bool overwrite, enum reconcile_result *settled)
{
    struct setting_context context;
    struct load_request request = request_for(&context, "/v1");
    simulated.error = (struct error){ .status = STATUS_OK };
    return reconcile_decide(simulated.store, &request, text_of(code), overwrite, settled, &simulated.error);
}

TEST("what was published is the same, and a second store knows nothing of it")
{
    struct reconciliation_counts counts;
    simulated_start(NULL);
    simulated_want_many(7, "first");
    CHECK_INT(simulated_load(""), STATUS_OK);
    CHECK_INT(ask(&counts), STATUS_OK);
    CHECK_INT(counts.same, 7);
    CHECK_INT(counts.listed, 7);
    CHECK_INT(counts.differs + counts.missing + counts.only, 0);
    simulated_die();
    char command[300];
    snprintf(command, sizeof command, "rm -f %s/store.db*", simulated.folder);
    CHECK_INT(system(command), 0);
    simulated_open();
    CHECK_INT(ask(&counts), STATUS_OK);
    CHECK_INT(counts.only, 7);
    CHECK_INT(counts.same, 0);
    simulated_close();
}

TEST("a delivery that was left open and has arrived is the same, and stays to be asked about")
{
    struct reconciliation_counts counts;
    simulated_start(NULL);
    simulated_want_many(2, "first");
    simulated_faults("[\"kind=reset,on=put,when=after\",\"kind=reset,on=get\"]");
    (void)simulated_load("timeout: 200ms\nretry: { attempts: 1, first: 1ms, most: 1ms }\n");
    simulated_next_run();
    simulated_faults("[]");
    CHECK_INT(ask(&counts), STATUS_OK);
    CHECK_INT(counts.same, 2);
    CHECK(outbox_is_open(&(struct outbox_item){ .state = simulated_item("1.000000").state }));
    CHECK_INT(simulated_load(""), STATUS_OK);
    CHECK_INT(simulated.counts.published, 2);
    simulated_close();
}

TEST("a listing that cannot be read to its end changes nothing and says why")
{
    struct reconciliation_counts counts;
    simulated_start(NULL);
    simulated_want_many(3, "first");
    CHECK_INT(simulated_load(""), STATUS_OK);
    simulated_faults("[\"kind=status:500,on=list\"]");
    CHECK_INT(ask(&counts), STATUS_STOP);
    CHECK_CONTAINS(simulated.error.message, "does not say what it holds");
    CHECK_INT(simulated_events("reconciled"), 0);
    simulated_faults("[\"kind=status:503,on=list,count=1\"]");
    CHECK_INT(ask(&counts), STATUS_OK);
    simulated_faults("[\"kind=garbage,on=list\"]");
    CHECK_INT(ask(&counts), STATUS_STOP);
    CHECK_CONTAINS(simulated.error.message, "the answer cannot be read");
    struct setting_context context;
    struct load_request request = request_for(&context, "/v2");
    CHECK_INT(reconcile_ask(simulated.store, &request, &counts, &simulated.error), STATUS_STOP);
    CHECK_INT(simulated_item("1.000001").held, true);
    simulated_close();
}

TEST("what the portal cannot show is untold, and keeps no other from being compared")
{
    struct reconciliation_counts counts;
    simulated_start(NULL);
    simulated_want_many(4, "first");
    CHECK_INT(simulated_load(""), STATUS_OK);
    simulated_control("reset", "POST", NULL); /* the portal has lost all */
    simulated_faults("[\"kind=status:500,on=get,code=1.000001\"]");
    CHECK_INT(ask(&counts), STATUS_OK);
    CHECK_INT(counts.untold, 1);
    CHECK_INT(counts.missing, 3);
    CHECK_CONTAINS(simulated.notice, "1.000001, HTTP 500");
    CHECK(simulated_item("1.000001").held && !simulated_item("1.000002").held);
    simulated_faults("[]");
    CHECK_INT(ask(&counts), STATUS_OK);
    CHECK(!simulated_item("1.000001").held);
    simulated_close();
}

TEST("settling: adopted, overwritten, missing, unknown to both")
{
    enum reconcile_result settled;
    simulated_start(NULL);
    simulated_want_many(2, "first");
    CHECK_INT(simulated_load(""), STATUS_OK);
    simulated_want("1.000001", "second");
    CHECK_INT(settle("1.000001", false, &settled), STATUS_OK);
    CHECK_INT(settled, RECONCILE_ADOPTED);
    struct outbox_item item = simulated_item("1.000001");
    CHECK(!item.wanted && item.has_dismissed && item.held);
    simulated_want("1.000001", "second");
    CHECK(!simulated_item("1.000001").wanted);
    simulated_want("1.000001", "third");
    CHECK(simulated_item("1.000001").wanted);
    CHECK_INT(settle("1.000001", true, &settled), STATUS_OK);
    CHECK_INT(settled, RECONCILE_OVERWRITES);
    /* What stands there is what was acknowledged last: it goes as in any night, by If-Match of that. */
    CHECK(!simulated_item("1.000001").overwrite.length);
    CHECK_INT(simulated_load(""), STATUS_OK);
    CHECK_INT(simulated.counts.published, 1);
    CHECK_INT(settle("9.9", false, &settled), STATUS_USAGE);
    CHECK_CONTAINS(simulated.error.message, "neither the portal nor the store knows 9.9");
    simulated_want("1.000077", "new");
    CHECK_INT(settle("1.000077", true, &settled), STATUS_OK);
    CHECK_INT(settled, RECONCILE_MISSING);
    simulated_close();
}

static enum status view_of(const char *code, struct reconcile_view *view)
{
    struct setting_context context;
    struct load_request request = request_for(&context, "/v1");
    simulated.error = (struct error){ .status = STATUS_OK };
    return reconcile_view(simulated.store, &request, text_of(code), &test_arena, view, &simulated.error);
}

static void forget_store(void)
{
    char command[300];
    simulated_die();
    snprintf(command, sizeof command, "rm -f %s/store.db*", simulated.folder);
    CHECK_INT(system(command), 0);
    simulated_open();
}

TEST("what is to stand there and what stands there are shown side by side, as far as each is known")
{
    struct reconcile_view view;
    simulated_start(NULL);
    simulated_want_many(2, "first");
    CHECK_INT(simulated_load(""), STATUS_OK);
    CHECK_INT(view_of("1.000000", &view), STATUS_OK);
    CHECK(view.ours_known && view.known);
    CHECK_STRING(view.which, "held");
    CHECK_STRING(view.status, "published");
    CHECK_TEXT(value_text_of(view.ours, "name"), TEXT("first"));
    CHECK_TEXT(value_text_of(view.there, "name"), TEXT("first"));
    simulated_want("1.000000", "second");
    CHECK_INT(view_of("1.000000", &view), STATUS_OK);
    CHECK_STRING(view.which, "wanted");
    CHECK_TEXT(value_text_of(view.ours, "name"), TEXT("second"));
    CHECK_TEXT(value_text_of(view.there, "name"), TEXT("first"));
    simulated_want("1.000009", "new");
    CHECK_INT(view_of("1.000009", &view), STATUS_OK);
    CHECK(view.ours_known && !view.known && !view.there);
    simulated_want_action("1.000001", "first", OUTBOX_WITHDRAW);
    CHECK_INT(simulated_load(""), STATUS_OK);
    CHECK_INT(view_of("1.000001", &view), STATUS_OK);
    CHECK(view.known);
    CHECK_STRING(view.status, "abolished");
    forget_store();
    CHECK_INT(view_of("1.000000", &view), STATUS_OK);
    CHECK(!view.ours_known && view.known);
    CHECK_TEXT(value_text_of(view.there, "name"), TEXT("second"));
    CHECK_INT(view_of("9.9", &view), STATUS_USAGE);
    CHECK_CONTAINS(simulated.error.message, "neither the portal nor the store knows 9.9");
    simulated_close();
}

TEST("what nobody gives cannot replace anything, and what another store published can be taken over")
{
    enum reconcile_result settled;
    simulated_start(NULL);
    simulated_want("1.000001", "first");
    CHECK_INT(simulated_load(""), STATUS_OK);
    forget_store();
    CHECK_INT(settle("1.000001", true, &settled), STATUS_USAGE);
    CHECK_CONTAINS(simulated.error.message, "there is nothing to put in the place of 1.000001");
    CHECK_INT(simulated_events("overwrite-ordered"), 0);
    CHECK_INT(settle("1.000001", false, &settled), STATUS_OK);
    CHECK_INT(settled, RECONCILE_ADOPTED);
    CHECK(simulated_item("1.000001").held);
    CHECK_INT(settle("1.000001", false, &settled), STATUS_OK);
    CHECK_INT(settled, RECONCILE_NOTHING);
    simulated_close();
}

TEST("an open delivery keeps its question: nothing is settled before it is answered")
{
    enum reconcile_result settled;
    simulated_start(NULL);
    simulated_want("1.000001", "first");
    struct outbox_item item = simulated_item("1.000001");
    CHECK_INT(store_begin(simulated.store, &simulated.error), STATUS_OK);
    CHECK_INT(outbox_intend(simulated.store, &test_arena, &item, TEXT_NONE, &simulated.error), STATUS_OK);
    CHECK_INT(store_commit(simulated.store, &simulated.error), STATUS_OK);
    for (int overwrite = 0; overwrite < 2; overwrite++) {
        CHECK_INT(settle("1.000001", overwrite, &settled), STATUS_USAGE);
        CHECK_CONTAINS(simulated.error.message,
                       "a delivery of 1.000001 is still open: run \"congkhai load\" first");
    }
    CHECK_INT(simulated_item("1.000001").state, OUTBOX_INTENDED);
    simulated_close();
}

TEST("a signal ends a reconciliation before anything is compared")
{
    struct reconciliation_counts counts;
    simulated_start(NULL);
    simulated_want("1.000001", "first");
    CHECK_INT(simulated_load(""), STATUS_OK);
    simulated.stop = 1;
    CHECK_INT(ask(&counts), STATUS_STOP);
    CHECK_CONTAINS(simulated.error.message, "a signal ended the reconciliation; nothing was compared");
    simulated.stop = 0;
    CHECK_INT(simulated_events("reconciled"), 0);
    CHECK_INT(ask(&counts), STATUS_OK);
    CHECK_INT(counts.same, 1);
    simulated_close();
}

TEST("a portal that only takes packages cannot be asked what it holds")
{
    struct setting_context context = { &test_arena, "congkhai.yaml", NULL };
    struct value *tree = NULL;
    CHECK_INT(yaml_parse(&test_arena, TEXT("{ driver: folder, folder: out, receipts: in }"), "congkhai.yaml",
                         &tree, &simulated.error),
              STATUS_OK);
    struct load_request request = {
        .portal = tree, .agency_code = "H13", .folder = test_folder(), .context = &context
    };
    for (int settle_it = 0; settle_it < 2; settle_it++) {
        CHECK_INT(reconcile_check(&request, settle_it, &simulated.error), STATUS_USAGE);
        CHECK_CONTAINS(simulated.error.message,
                       "a portal of the kind \"folder\" cannot be asked for what it holds");
    }
}

/* ---- what breaks off ---- */

static struct reconciliation_counts last;

static enum status ask_again(struct error *error)
{
    enum status status = ask(&last);
    *error = simulated.error;
    return status;
}

TEST("a reconciliation that breaks off anywhere says so, and the next one finds what the first would have")
{
    char portal[300];
    simulated_start(NULL);
    simulated_want_many(3, "first");
    CHECK_INT(simulated_load(""), STATUS_OK);
    simulated_kill();
    snprintf(portal, sizeof portal, "rm -f %s/portal.db*", simulated.folder);
    CHECK_INT(system(portal), 0);
    simulated_serve("0", NULL);
    simulated_die();
    CHECK(broken_statements_play(&(struct broken_work){ simulated_open, ask_again, simulated_die, 1 }) > 40);
    simulated_open();
    CHECK_INT(last.missing, 3);
    CHECK_INT(last.pending, 3);
    CHECK_INT(simulated_events("recalled"), 3);
    CHECK_INT(simulated_events("reconciled"), 1);
    CHECK(simulated_item("1.000002").wanted && !simulated_item("1.000002").held);
    simulated_close();
}
