/* What the stages work with against the ledger: it must not say anything else. */
#include "store/audit_verify.h"
#include "store/state_proof.h"
#include "store/steering.h"

static enum status doubt(void *user_data, struct text what, int64_t event, const char *sentence,
                         struct error *error)
{
    (void)error;
    audit_find(user_data, AUDIT_STATE, event, "%.*s: %s", TEXT_ARG(what), sentence);
    return STATUS_OK;
}

enum status audit_verify_state(struct audit_pass *pass, struct error *error)
{
    enum steering standing;
    int64_t run;
    if (state_prove(pass->store, doubt, pass, error) || steering_compare(pass->store, &standing, &run, error))
        return error->status;
    if (standing == STEERING_CHANGED)
        audit_find(pass, AUDIT_STATE, 0, _("what the stages work with is not as run %lld left it"),
                   (long long)run);
    pass->unbound = standing == STEERING_UNBOUND && pass->report->events;
    return STATUS_OK;
}
