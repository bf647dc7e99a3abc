#include "store/schema_versions.h"

#include <string.h>

/* ---- 1 to 2 ---- */

/* 0.1.0 kept the run of what it wanted and held, and the number of an intent alone: the events say the rest. */
#define LAST(condition) "(SELECT max(e.seq) FROM main.ledger e WHERE e.code = s.code AND (" condition "))"

static const struct schema_derived derived_1[] = {
    { "procedure_state", "wanted_event",
      "CASE WHEN s.wanted_action IS NOT NULL THEN " LAST(
          "e.digest = s.wanted_digest AND"
          " e.event IN ('accepted', 'withdrawal-ordered', 'overwrite-ordered', 'recalled')") " END" },
    { "procedure_state", "held_event",
      "CASE WHEN s.held_status IS NOT NULL THEN " LAST(
          "e.event IN ('published', 'withdrawn') OR e.event = 'recalled' AND json_extract(e.detail, "
          "'$.absent')") " END" },
    { "procedure_state", "intent_event", "s.intent_seq" },
    { "procedure_state", "dismissed_event",
      "CASE WHEN s.dismissed IS NOT NULL THEN " LAST(
          "e.event = 'withdrawal-ordered' OR e.event = 'published' AND json_extract(e.detail, '$.adopted')"
          " OR e.event = 'accepted' AND e.digest = s.dismissed") " END" },
    { "procedure_state", "overwrite_event",
      "CASE WHEN s.overwrite IS NOT NULL THEN " LAST("e.event = 'overwrite-ordered'") " END" },
    { "payload", "kept", "s.kind IN (1, 3)" },
    { "record", "nameless", "s.fault IS NOT NULL AND substr(s.key, 1, 1) = '@'" },
    { 0 },
};

/* 0.1.0 gave bytes one kind (0 a source's, 1 a content, 2 a context, 3 a configuration or rules), that of their first use: a source's record whose bytes were its canonical content was
 * packed as the one, so that no view could read it as the other. */
static const char before_1[] = "ALTER TABLE payload RENAME COLUMN kind TO kept";
static const char carry_1[] =
    "UPDATE payload SET kept = kept = 3 WHERE kept > 1;"
    "UPDATE payload SET kept = 1 WHERE kept = 0 AND (digest IN (SELECT digest FROM ledger WHERE digest IS "
    "NOT NULL)"
    " OR lower(hex(digest)) IN (SELECT json_extract(detail, '$.config_digest') FROM ledger WHERE event = "
    "'run-started'"
    "  UNION SELECT json_extract(detail, '$.rules_digest') FROM ledger WHERE event = 'run-started'));";

const struct schema_version schema_versions[] = {
    { .version = 1,
      .maker = "0.1.0",
      .schema = "8117b58b316f0571d600c66f18b54746761c0044b880f0bdaa521ab3c305cda2",
      .derived = derived_1,
      .before = before_1,
      .carry = carry_1 },
    { .maker = NULL },
};

static const struct schema_version *find(int64_t version)
{
    for (const struct schema_version *known = schema_versions; known->maker; known++)
        if (known->version == version)
            return known;
    return NULL;
}

const char *schema_version_maker(int64_t version)
{
    const struct schema_version *known = find(version);
    return known ? known->maker : "?";
}

bool schema_version_knows(int64_t version, const struct digest *schema)
{
    char hex[DIGEST_HEX];
    const struct schema_version *known = find(version);
    digest_hex(schema, hex);
    return known && !strcmp(known->schema, hex);
}
