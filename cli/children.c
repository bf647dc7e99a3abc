#include "cli/children.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapters/child.h"
#include "adapters/sandbox.h"
#include "adapters/secrets.h"
#include "cli/run.h"
#include "extract/decode_child.h"
#include "extract/fetch_child.h"
#include "extract/key_child.h"
#include "extract/source_reading.h"
#include "load/portal_child.h"
#include "transform/record_pool.h"

#define GIB ((size_t)1 << 30)

/* An XML or HTML document of the largest size is a tree of some GiB; a record is small. */
static const char *const libraries[] = { SANDBOX_LIBRARY_FILES, NULL };
static const struct sandbox decoding = { .allow = SANDBOX_OPEN | SANDBOX_CODE,
                                         .read = libraries,
                                         .memory = 6 * GIB,
                                         .processor = 3600,
                                         .files = 64,
                                         .file_size = 1 };

static const struct sandbox mapping = { .allow = SANDBOX_OPEN | SANDBOX_CODE,
                                        .read = libraries,
                                        .memory = 2 * GIB,
                                        .processor = 7200,
                                        .files = 64,
                                        .file_size = 1 };

/* ---- in a child ---- */

/* Before its own credential is read: of the others' nothing is known any more. */
static void know_only(const struct configuration *configuration, const struct value *own)
{
    secrets_forget();
    if (!own)
        return;
    secrets_add_tree(configuration->folder, own, SECRETS_WRITTEN);
    secrets_add_tree(configuration->folder, own, SECRETS_NAMED);
}

/* Once it is read: other sources' credentials, the portal's, the ledger's and those of notices. */
static void forget_others(const struct configuration *configuration, const struct value *own)
{
    static const char *const parts[] = { "portal", "notify", "ledger" };
    secrets_wipe_environment(configuration->tree);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const struct value *part = value_find(configuration->tree, parts[i]);
        if (part && part != own)
            secrets_wipe_texts(part);
    }
    for (size_t i = 0; i < configuration->source_count; i++)
        if (configuration->sources[i].fetch && configuration->sources[i].fetch != own)
            secrets_wipe_texts(configuration->sources[i].fetch);
}

/* What a library reads once, when it is first used. */
static void warm_up(void)
{
    (void)_("a process of this program says what makes no sense");
}

static void lock_doors(const struct sandbox *sandbox)
{
    struct error error;
    warm_up();
    if (sandbox_enter(sandbox, &error))
        _exit(1); /* nothing foreign is read without it */
}

static const struct source *source_at(const struct configuration *configuration, int64_t argument)
{
    if (argument < 0 || (size_t)argument >= configuration->source_count)
        _exit(1);
    return &configuration->sources[argument];
}

static void run_decoder(void *user_data, struct channel *channel, int64_t argument)
{
    struct session *session = user_data;
    const struct source *source = source_at(&session->configuration, argument);
    know_only(&session->configuration, NULL);
    forget_others(&session->configuration, NULL);
    lock_doors(&decoding);
    decode_child_run(channel, source);
}

static void run_keys(void *user_data, struct channel *channel, int64_t argument)
{
    struct session *session = user_data;
    struct configuration *configuration = &session->configuration;
    const struct source *source = source_at(configuration, argument);
    struct record_address *address;
    struct skip *skip;
    struct error error;
    know_only(configuration, NULL);
    forget_others(configuration, NULL);
    if (source_reading_key(&configuration->arena, &configuration->context, source, &address, &error) ||
        skip_compile(&configuration->arena, &configuration->context, source, &skip, &error))
        _exit(1);
    lock_doors(&mapping);
    key_child_run(channel, record_key_open(source, address, skip));
}

static void lock_mapper(void)
{
    lock_doors(&mapping);
}

static void run_mapper(void *user_data, struct channel *channel, int64_t argument)
{
    struct session *session = user_data;
    struct transform_request request = run_transform_request(session);
    (void)argument;
    know_only(&session->configuration, NULL);
    forget_others(&session->configuration, NULL);
    record_pool_serve(channel, &request, lock_mapper);
}

/* ---- the network ---- */

#define PATHS_MAX 64

static void add_path(const char **paths, const char *path)
{
    size_t count = 0;
    while (paths[count])
        count++;
    if (path && *path && count + 1 < PATHS_MAX)
        paths[count] = path;
}

/* Certificates are read when a connection is made. */
static void add_variables(const char **paths)
{
    static const char *const variables[] = { "SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE",
                                             "OPENSSL_CONF" };
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        add_path(paths, getenv(variables[i]));
}

static const char *const network_files[] = { SANDBOX_LIBRARY_FILES, SANDBOX_NETWORK_FILES, NULL };

static void forget_for_sender(void *user_data)
{
    const struct session *session = user_data;
    forget_others(&session->configuration, session->configuration.portal);
}

static void lock_sender(void *user_data, const struct portal *portal)
{
    const char *paths[PATHS_MAX] = { NULL };
    struct sandbox sandbox = { .allow = SANDBOX_OPEN | SANDBOX_CODE | SANDBOX_CONNECT | SANDBOX_THREADS,
                               .read = paths,
                               .memory = 4 * GIB,
                               .files = 4096,
                               .file_size = 1 };
    (void)user_data;
    for (size_t i = 0; network_files[i]; i++)
        add_path(paths, network_files[i]);
    add_path(paths, portal->settings->ca_file);
    add_path(paths, portal->settings->auth.certificate);
    add_path(paths, portal->settings->auth.key);
    add_variables(paths);
    lock_doors(&sandbox);
}

static void run_sender(void *user_data, struct channel *channel, int64_t argument)
{
    struct session *session = user_data;
    const struct configuration *configuration = &session->configuration;
    (void)argument;
    know_only(configuration, configuration->portal);
    const struct portal_child_request request = { .context = &configuration->context,
                                                  .folder = configuration->folder,
                                                  .agency = configuration->agency_code,
                                                  .tree = configuration->portal,
                                                  .forget = forget_for_sender,
                                                  .lock = lock_sender,
                                                  .user_data = session };
    portal_child_run(channel, &request);
}

static void add_file(void *user_data, const char *path)
{
    add_path(user_data, path);
}

static const char *hidden[PATHS_MAX]; /* of this process */

static void add_hidden(void *user_data, const char *path)
{
    struct configuration *configuration = user_data;
    char real[PATH_MAX];
    if (path && *path && realpath(file_path(&configuration->arena, configuration->folder, path), real))
        add_path(hidden, text_string(&configuration->arena, text_of(real)));
}

/* What of ours a driver of others, which reads where it likes, has no business with. */
static void hide_ours(struct configuration *configuration)
{
    const struct value *auth = configuration->portal ? value_find(configuration->portal, "auth") : NULL;
    const struct value *key = auth ? value_find(auth, "key") : NULL;
    add_hidden(configuration, configuration->path);
    add_hidden(configuration, configuration->store);
    add_hidden(configuration, configuration->sealing.key);
    if (key && key->kind == VALUE_TEXT)
        add_hidden(configuration, text_string(&configuration->arena, key->text));
    secrets_each_file(configuration->tree, add_hidden, configuration);
}

static void lock_fetcher(const struct fetch *fetch)
{
    const char *paths[PATHS_MAX] = { NULL };
    bool foreign = fetch->driver->foreign;
    bool file = fetch->source->format == SOURCE_ROWS && !foreign; /* a database's: no network */
    struct sandbox sandbox = { .allow = SANDBOX_OPEN | SANDBOX_CODE |
                                        (file ? 0 : SANDBOX_CONNECT | SANDBOX_THREADS) |
                                        (foreign ? SANDBOX_LOCAL | SANDBOX_FORK : 0),
                               .read = paths,
                               .hide = foreign ? hidden : NULL,
                               .memory = 4 * GIB,
                               .processor = 7200,
                               .files = 1024 };
    for (size_t i = 0; (file ? libraries : network_files)[i]; i++)
        add_path(paths, (file ? libraries : network_files)[i]);
    if (!file)
        add_variables(paths);
    fetch->driver->reads(fetch, add_file, paths);
    lock_doors(&sandbox);
}

static void run_fetcher(void *user_data, struct channel *channel, int64_t argument)
{
    struct session *session = user_data;
    struct configuration *configuration = &session->configuration;
    const struct source *source = source_at(configuration, argument);
    struct fetch fetch;
    struct error error;
    know_only(configuration, source->fetch);
    if (fetch_prepare(&configuration->arena, &configuration->context, configuration->folder, source, &fetch,
                      &error))
        _exit(1);
    if (fetch.driver->foreign)
        hide_ours(configuration); /* while it is known what is ours */
    forget_others(configuration, source->fetch);
    fetch_child_run(channel, &fetch, lock_fetcher);
}

static const struct child_role roles[CHILD_KINDS] = {
    [CHILD_DECODE] = { "decoder", run_decoder }, [CHILD_KEY] = { "keys", run_keys },
    [CHILD_MAP] = { "mapper", run_mapper },      [CHILD_FETCH] = { "fetcher", run_fetcher },
    [CHILD_SEND] = { "sender", run_sender },
};

/* ---- in the owner ---- */

bool children_concern(const struct session *session)
{
    static const char *const commands_of[] = { "run", "extract", "transform", "load", NULL };
    if (session->invocation->dry_run)
        return false;
    for (size_t i = 0; commands_of[i]; i++)
        if (!strcmp(session->invocation->command, commands_of[i]))
            return true;
    return false;
}

enum status children_start(void *user_data, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct session *session = user_data;
    if (!session->configuration.sandbox)
        return STATUS_OK;
    if (!session->invocation->language)
        session->language = session->configuration.language;
    secrets_hide_environment(session->configuration.tree);
    const char *missing = sandbox_missing(&arena);
    if (missing)
        output_message(session, "%s", missing);
    return spawner_start(roles, CHILD_KINDS, session, &session->spawner, error);
}
