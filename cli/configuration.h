/* The configuration file (INTERFACE §2) as the program knows it. Stages get the parts that are theirs. */
#ifndef CLI_CONFIGURATION_H
#define CLI_CONFIGURATION_H

#include "cli/approval_setup.h"
#include "cli/ledger_setup.h"
#include "core/arena.h"
#include "core/digest.h"
#include "core/error.h"
#include "core/setting.h"
#include "notify/notify.h"
#include "record/codes.h"
#include "record/source.h"
#include "store/store.h"
#include "transform/rule.h"

struct configuration {
    struct arena arena;
    const char *path, *folder; /* the file, and what its paths are relative to */
    struct setting_context context;
    const struct value *tree;
    const char *agency_code, *agency_name;
    enum agency_kind agency_kind; /* as it says, or as the code tells */
    struct date baseline;         /* year 0: the ledger tells */
    const char *store;            /* resolved */
    const char *language;         /* "vi" or "en" */
    struct source *sources;
    size_t source_count;
    struct code_list *lists;
    struct rule_file *rule_files;
    size_t rule_file_count;
    const struct value *portal, *brakes, *tests;
    struct ledger_setup sealing;
    struct approval_setup approval;
    struct notify_settings notify;
    const char *const *precedence;
    size_t precedence_count;
    bool sandbox;           /* children do what touches foreign bytes */
    int64_t keep_source_ms; /* retention of source bytes; 0: for ever */
    struct text masked;     /* canonical JSON, secrets masked: what the store keeps */
    struct digest digest;   /* of masked */
    struct text
        secrets; /* which it names, and when their files were written: never a value, nor what comes of one */
    struct text rules_text; /* canonical JSON of rules and code lists */
};

bool configuration_is_there(void); /* at one of the places where it is looked for */
/* The language of that file, or of the one at `path`; NULL: it is no plain file, or cannot be read. */
const char *configuration_language(const char *path);
/* Finds the file: `path`, or ./congkhai.yaml, then /etc/congkhai/congkhai.yaml. STATUS_USAGE with file, line
 * and column for anything wrong; nothing is touched. `speak` is told the file's language as soon as that is
 * known, so that its faults are told in it; NULL: somebody else chose. `ready` is called when all is read and no
 * secret is known yet but those written out in the file; NULL: nobody waits for that. With `faults` all of them are
 * gathered there, and what could be read is there in spite of them (code and name of the agency may be missing). */
enum status configuration_load(const char *path, void (*speak)(const char *language),
                               enum status (*ready)(void *user_data, struct error *error), void *user_data,
                               struct setting_faults *faults, struct configuration *configuration,
                               struct error *error);
/* What can be known without the file, from what the store's newest run kept of it, for commands that read: agency,
 * language, baseline, sources (their names) and code lists. What is not there stays empty; nothing of it is an error. */
void configuration_from_store(struct store *store, struct configuration *configuration);
/* The JSON Schema of the file, from the tables that read it; help in the language spoken now. */
struct value *configuration_schema(struct arena *arena);
const struct setting *configuration_settings(size_t *count), *configuration_agency_settings(size_t *count);
void configuration_free(struct configuration *configuration);

#endif
