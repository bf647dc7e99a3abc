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
    bool list; /* of such objects */
    const char *members;
} documents[] = {
    { "init", false, "configuration:s written:a source?:s" },
    { "check", false,
      "configuration:s valid:b sources_configured?:i warnings?:a errors?:a sources?:a portal?:s "
      "exit_code?:i" },
    { "run", false, RUN },
    { "run", false, PLAN }, /* --dry-run */
    { "extract", false, RUN },
    { "transform", false, RUN },
    { "load", false, RUN },
    { "load", false, PLAN },
    { "plan", false, PLAN },
    { "plan", false, LIST }, /* --list, --format html */
    { "submit", false, LIST },
    { "approve", false, "run:i approved:i" },
    { "send-back", false, "run:i sent_back:i" },
    { "retry", false,
      "run:i taken_up:i rejected:i held:i refused:i failed:i unknown:i conflict:i lifted:i sent_back:i" },
    { "withdraw", false, "run:i code:s withdrawn:b state:s exit_code:i" },
    { "reconcile", false, "online:b same:i differs:i missing_there:i only_there:i rows:a" },
    { "reconcile", false, "code:s state:s ours:s known_there:b shown_there:b differs:i rows:a" },
    { "reconcile", false, "code:s settled:s" },
    { "status", false,
      "last_run:* night:* not_whole:a deadlines:a published:o reconciled:* kept_back:o kept_by:o sources:a "
      "records:a deliveries:a missing:a ledger:o" },
    { "status", false, "rules:a deadlines:a" },
    { "runs", true,
      "run:i started_at:s finished_at?:s command:s operator:s host:s version:s exit_code?:i why?:s" },
    { "test", false, "passed:i failed:i tests:a examples_passed:i examples_failed:i failed_examples:a" },
    { "show", false,
      "code:s name?:s state?:s held?:o pending?:o records:a outcomes:a requests:a others:a orders:a" },
    { "history", true, "event:i run:i at:s field:s old?:s new?:s" },
    { "history", false, "code:s on:s status:* known_at?:s procedure?:o fields?:o" },
    { "kept", false, "total:i records:i shown:i rows:a" },
    { "kept", false, REPORT },
    { "kept", false, "folder:s files:a" }, /* --output */
    { "health", false, "state:s message:s exit_code:i age:i max_age:i kept:i new:i due:i overdue:i" },
    { "report", false, REPORT },
    { "backup", false, "backup:s events:i root:s" },
    { "restore", false, "head:i newest:* replaced:*" },
    { "audit verify", false,
      "holds:b ledger_holds:b sentence:s proven:i origin:* root:s events:i runs:i payloads:i forgotten:i "
      "heads:i "
      "signed_heads:i unsealed:i faults:i findings:a remarks:a" },
    { "audit key", false, "key:s public:s" },
    { "audit checkpoint", false, "run:i origin:s size:i root:s signed:b note:s" },
    { "audit prove", false, "format:i code:s on:s status:s head:s tree_size:i root:s events:a" },
    { "audit export", false, "folder:s first:i last:i payloads:i forgotten:i" },
    { "help", false, "version:s options:a commands:a" },
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

static struct value *list_schema(struct arena *arena, struct value *items)
{
    struct value *schema = value_object(arena);
    value_set(schema, "type", value_string(arena, "array"));
    value_set(schema, "items", items);
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
            value_append(any, documents[i].list ? list_schema(arena, object) : object);
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
