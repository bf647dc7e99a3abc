#include "store/metrics.h"

#include <string.h>

#include "store/kept.h"
#include "store/outbox.h"
#include "store/rule_report.h"

/* A family: its SQL gives rows of a value and, with a label, of the label's value. */
struct family {
    const char *name, *help, *label;
    const char *sql; /* ?1 is today where it is asked for */
    bool dated;
    /* LASTS: the SQL's rows, also where the last night made no run. KEPT: as store/kept.h counts. SOURCES: of those asked for. What
     * stands behind them a night that made no run says of itself, in the last run's place; it took no time. */
    enum { LASTS, KEPT, SOURCES, BEGAN, EXIT_CODE, TOOK } kind;
};

#define SECONDS(time) "CAST(strftime('%s', " time ") AS INTEGER)"
#define NIGHTS                                                                                               \
    " FROM ledger s LEFT JOIN ledger f ON f.run = s.run AND f.event = 'run-finished' WHERE s.event = "       \
    "'run-started'"                                                                                          \
    " AND json_extract(s.detail, '$.command') = 'run' AND json_type(s.detail, '$.filter') IS NULL"

static const struct family families[] = {
    { "congkhai_last_run_timestamp_seconds", "When the last run began.", NULL,
      "SELECT " SECONDS("s.at") NIGHTS " ORDER BY s.run DESC LIMIT 1", false, BEGAN },
    { "congkhai_last_success_timestamp_seconds",
      "When the last night's run began that ended with exit 0 or 1.", NULL,
      "SELECT " SECONDS("s.at") NIGHTS
      " AND json_extract(f.detail, '$.exit_code') IN (0, 1) ORDER BY s.run DESC LIMIT 1",
      false, LASTS },
    { "congkhai_last_run_exit_code", "How the last run ended.", NULL,
      "SELECT json_extract(f.detail, '$.exit_code')" NIGHTS
      " AND f.run IS NOT NULL ORDER BY s.run DESC LIMIT 1",
      false, EXIT_CODE },
    { "congkhai_last_run_duration_seconds", "How long the last run took.", NULL,
      "SELECT round((julianday(f.at) - julianday(s.at)) * 86400, 3)" NIGHTS
      " AND f.run IS NOT NULL ORDER BY s.run DESC LIMIT 1",
      false, TOOK },
    { "congkhai_procedures", "Procedures at the portal, as it acknowledged them.", "state",
      "SELECT count(*), held_status FROM procedure_state WHERE held_status IS NOT NULL GROUP BY held_status",
      false, LASTS },
    { "congkhai_pending", "Procedures that are to be sent.", NULL,
      "SELECT count(*) FROM procedure_state q WHERE " OUTBOX_PENDING("q"), false, LASTS },
    { "congkhai_kept", "Records and procedures that are kept back.", "outcome", NULL, false, KEPT },
    { "congkhai_terms_due", "Terms that run and are not over.", "rule",
      "SELECT count(*), d.rule FROM " RULE_REPORT_TERMS " WHERE d.due >= ?1 GROUP BY d.rule", true, LASTS },
    { "congkhai_terms_overdue", "Terms that are over.", "rule",
      "SELECT count(*), d.rule FROM " RULE_REPORT_TERMS " WHERE d.due < ?1 GROUP BY d.rule", true, LASTS },
    { "congkhai_source_whole_listing_timestamp_seconds", "When a source was last listed whole; 0: never.",
      "source",
      "SELECT coalesce((SELECT " SECONDS(
          "b.at") " FROM ledger l JOIN ledger b ON b.run = l.run AND b.event = 'run-started' WHERE l.event ="
                  " 'listed' AND l.source = s.name AND json_extract(l.detail, '$.whole')"
                  " ORDER BY l.seq DESC LIMIT 1), 0), s.name FROM source s ORDER BY s.name",
      false, SOURCES },
    { "congkhai_ledger_events", "Events of the ledger.", NULL, "SELECT coalesce(max(seq), 0) FROM ledger",
      false, LASTS },
    { "congkhai_store_bytes", "Size of the store's file.", NULL,
      "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()", false, LASTS },
};

/* A label's value: backslash, quote and line break are escaped. */
static void put_label(struct buffer *out, const char *name, struct text value)
{
    buffer_printf(out, "{%s=\"", name);
    for (size_t i = 0; i < value.length; i++) {
        char byte = value.bytes[i];
        if (byte == '\\' || byte == '"')
            buffer_char(out, '\\');
        if (byte == '\n')
            buffer_string(out, "\\n");
        else
            buffer_char(out, byte);
    }
    buffer_string(out, "\"}");
}

static void put_help(struct buffer *out, const struct family *family)
{
    buffer_printf(out, "# HELP %s %s\n# TYPE %s gauge\n", family->name, family->help, family->name);
}

static void put_sample(const struct family *family, struct text label, struct text value, bool *first,
                       struct buffer *out)
{
    if (*first)
        put_help(out, family);
    *first = false;
    buffer_string(out, family->name);
    if (family->label)
        put_label(out, family->label, label);
    buffer_char(out, ' ');
    buffer_text(out, value);
    buffer_char(out, '\n');
}

static enum status put_kept(struct store *store, const struct family *family, struct buffer *out,
                            struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct value *rows;
    bool first = true;
    if (kept_counts(store, KEPT_BY_OUTCOME, &arena, &rows, error))
        return error->status;
    for (const struct value *row = rows->first; row; row = row->next)
        put_sample(family, value_text_of(row, "name"), value_text_of(row, "records"), &first, out);
    return STATUS_OK;
}

static bool is_among(const struct value *names, struct text name)
{
    const struct value *one = names ? names->first : NULL;
    while (one && !text_equal(one->text, name))
        one = one->next;
    return !names || one;
}

static enum status put_family(struct store *store, const struct family *family, const char *today,
                              const struct value *sources, struct buffer *out, struct error *error)
{
    struct sqlite_statement *rows;
    enum status status;
    bool first = true;
    if (store_sql(store, family->sql, &rows, error))
        return error->status;
    if (family->dated)
        sqlite_bind_text(rows, 1, text_of(today));
    while ((status = sqlite_step(rows, error)) == STATUS_OK) {
        struct text label = family->label ? sqlite_column_text(rows, 1) : TEXT_NONE;
        if (!sqlite_is_null(rows, 0) && (family->kind != SOURCES || is_among(sources, label)))
            put_sample(family, label, sqlite_column_text(rows, 0), &first, out);
    }
    return status == STATUS_END ? STATUS_OK : status;
}

static void put_attempt(const struct metrics_attempt *attempt, const struct family *family,
                        struct buffer *out)
{
    if (family->kind == TOOK)
        return;
    put_help(out, family);
    buffer_printf(out, "%s %lld\n", family->name,
                  family->kind == BEGAN ? (long long)(attempt->at / 1000) : (long long)attempt->exit_code);
}

enum status metrics_write(struct store *store, const struct metrics_attempt *attempt, const char *today,
                          const struct value *sources, const char *version, struct buffer *out,
                          struct error *error)
{
    for (const struct family *family = families; family < families + sizeof families / sizeof *families;
         family++)
        if (attempt && family->kind >= BEGAN)
            put_attempt(attempt, family, out);
        else if (store && (family->kind == KEPT ? put_kept(store, family, out, error)
                                                : put_family(store, family, today, sources, out, error)))
            return error->status;
    buffer_string(
        out,
        "# HELP congkhai_build_info The program.\n# TYPE congkhai_build_info gauge\ncongkhai_build_info");
    put_label(out, "version", text_of(version));
    buffer_string(out, " 1\n");
    return STATUS_OK;
}
