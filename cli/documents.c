#include "cli/documents.h"

#include <string.h>

#include "core/arena.h"

#define VERSION                                                                                              \
    1 /* of all documents: rises when a member goes or changes its meaning; new members may come */

#define RUN                                                                                                  \
    "run:i command:s exit_code:i seen:i changed:i accepted:i rejected:i held:i sent:i published:i "          \
    "refused:i "                                                                                             \
    "conflict:i unknown:i failed:i withdrawn:i missing:i pending:i waiting:i kept_back:o sources:a "         \
    "repairs:o"
#define PLAN "steps:a publish:i first:i withdraw:i ask:i conflicts:a changed_since:a digest:s"
#define LIST "list?:i digest:s text_digest:s text:s content:o"
#define REPORT                                                                                               \
    "report:s title:s unit:s definition:s agency:o period:o rests_on:o columns:a rows:a total?:o notes?:a"

/* Members with their types: s string, i integer, b boolean, o object, a array, * any; ? where one may be absent. Rows
 * of one command are alternatives. */
static const struct {
    const char *command;
    const char *rows; /* the member that is a list of such objects; NULL: the document is one */
    const char *members;
} documents[] = {
    { "init", NULL, "configuration:s written:a source?:s" },
    { "check", NULL,
      "configuration:s valid:b sources_configured?:i warnings?:a errors?:a sources?:a portal?:s "
      "exit_code?:i" },
    { "run", NULL, RUN },
    { "run", NULL, PLAN }, /* --dry-run */
    { "extract", NULL, RUN },
    { "transform", NULL, RUN },
    { "load", NULL, RUN },
    { "load", NULL, PLAN },
    { "plan", NULL, PLAN },
    { "plan", NULL, LIST }, /* --list, --format html */
    { "submit", NULL, LIST },
    { "approve", NULL, "run:i approved:i" },
    { "send-back", NULL, "run:i sent_back:i" },
    { "retry", NULL,
      "run:i taken_up:i rejected:i held:i refused:i failed:i unknown:i conflict:i lifted:i sent_back:i" },
    { "withdraw", NULL, "run:i code:s withdrawn:b state:s approval?:s exit_code:i" },
    { "reconcile", NULL,
      "online:b same:i differs:i missing_there:i only_there:i untold?:i refused?:i gone?:i rows:a" },
    { "reconcile", NULL,
      "code:s state:s ours:s known_there:b shown_there:b held_status?:s differs:i rows:a" },
    { "reconcile", NULL, "code:s settled:s" },
    { "status", NULL,
      "last_run:* night:* not_whole:a deadlines:a published:o reconciled:* kept_back:o kept_by:o sources:a "
      "records:a deliveries:a missing:a ledger:o" },
    { "status", NULL, "rules:a deadlines:a" },
    { "runs", "runs",
      "run:i started_at:s finished_at?:s command:s operator:s host:s version:s exit_code?:i broken_off?:b "
      "why?:s" },
    { "test", NULL, "passed:i failed:i tests:a examples_passed:i examples_failed:i failed_examples:a" },
    { "show", NULL,
      "code:s name?:s state?:s held?:o against?:a pending?:o records:a outcomes:a requests:a others:a "
      "orders:a" },
    { "history", "changes", "event:i run:i at:s field:s old?:s new?:s" },
    { "history", NULL,
      "code:s on:s status:* known_at?:s ledger_begins?:s against?:a procedure?:o fields?:o" },
    { "kept", NULL, "total:i records:i shown:i rows:a" },
    { "kept", NULL, REPORT },
    { "kept", NULL, "folder:s files:a removed:a left:a" }, /* --output */
    { "health", NULL, "state:s message:s exit_code:i age:i max_age:i kept:i new:i due:i overdue:i" },
    { "report", NULL, REPORT },
    { "backup", NULL, "backup:s events:i root:s" },
    { "restore", NULL, "head:i newest:* replaced:*" },
    { "audit verify", NULL,
      "holds:b ledger_holds:b sentence:s proven:i origin:* root:s events:i runs:i payloads:i forgotten:i "
      "heads:i "
      "signed_heads:i unsealed:i faults:i findings:a remarks:a" },
    { "audit key", NULL, "key:s public:s" },
    { "audit checkpoint", NULL, "run:i origin:s size:i root:s signed:b note:s" },
    { "audit prove", NULL, "format:i code:s on:s known_at?:s status:s head:s tree_size:i root:s events:a" },
    { "audit export", NULL, "folder:s first:i last:i payloads:i forgotten:i" },
    { "help", NULL, "version:s options:a commands:a" },
};
#define DOCUMENTS (sizeof documents / sizeof *documents)

static const char *type_of(char letter)
{
    switch (letter) {
    case 's':
        return "string";
    case 'i':
        return "integer";
    case 'b':
        return "boolean";
    case 'o':
        return "object";
    case 'a':
        return "array";
    default:
        return NULL;
    }
}

static struct value *object_schema(struct arena *arena, const char *members)
{
    struct value *schema = value_object(arena), *properties = value_object(arena),
                 *required = value_list(arena);
    for (const char *at = members; *at;) {
        size_t length = strcspn(at, "?:");
        bool optional = at[length] == '?';
        struct text name = text_copy(arena, (struct text){ at, length });
        const char *type = type_of(at[length + optional + 1]);
        struct value *one = value_set_text(properties, name, value_object(arena));
        if (type)
            value_set(one, "type", value_string(arena, type));
        if (!optional)
            value_append(required, value_text(arena, name));
        at += length + optional + 2;
        at += *at == ' ';
    }
    value_set(schema, "type", value_string(arena, "object"));
    value_set(schema, "properties", properties);
    value_set(schema, "required", required);
    return schema;
}

/* A document with a list of such objects in it. */
static struct value *rows_schema(struct arena *arena, const char *name, struct value *items)
{
    struct value *schema = object_schema(arena, text_format(arena, "%s:a", name).bytes);
    value_set(value_find(value_find(schema, "properties"), name), "items", items);
    return schema;
}

/* "audit verify" is "audit-verify". */
static const char *short_name(struct arena *arena, const struct command *command)
{
    char *name = text_string(arena, text_of(command->name));
    for (char *at = name; *at; at++)
        *at = *at == ' ' ? '-' : *at;
    return name;
}

struct value *documents_schema(struct arena *arena, const struct command *command)
{
    struct value *schema = value_object(arena), *any = value_list(arena);
    for (size_t i = 0; i < DOCUMENTS; i++)
        if (!strcmp(documents[i].command, command->name)) {
            struct value *object = object_schema(arena, documents[i].members);
            value_append(any, documents[i].rows ? rows_schema(arena, documents[i].rows, object) : object);
        }
    if (!any->count)
        return NULL;
    value_append(any, object_schema(arena, "error:s exit_code:i error_id?:s error_hint?:s"));
    value_set(schema, "$schema", value_string(arena, "https://json-schema.org/draft/2020-12/schema"));
    value_set(
        schema, "$id",
        value_text(arena, text_format(arena, "urn:congkhai:%s:%d", short_name(arena, command), VERSION)));
    value_set(schema, "title", value_text(arena, text_format(arena, "congkhai --json %s", command->name)));
    value_set(schema, "description", value_string(arena, _(command->help)));
    value_set(schema, "anyOf", any);
    return schema;
}

const char *documents_name(struct arena *arena, const struct command *command)
{
    /* A proof is a file of its own form, which verify-ledger reads. */
    if (!strcmp(command->name, "audit prove"))
        return NULL;
    return text_format(arena, "congkhai/%s/%d", short_name(arena, command), VERSION).bytes;
}
