/* Who the program is to a server: basic, bearer, OAuth 2 client credentials (RFC 6749, 4.4), client
 * certificate, SSH key. */
#ifndef ADAPTERS_AUTH_H
#define ADAPTERS_AUTH_H

#include <stdbool.h>
#include <stdint.h>

#include "adapters/http.h"
#include "core/arena.h"
#include "core/clock.h"
#include "core/setting.h"

struct auth {
    const char *user, *password;   /* basic */
    struct text bearer;            /* "Bearer TOKEN"; bytes NULL: none (yet) */
    const char *certificate, *key; /* a key without a certificate is an SSH key */
    /* OAuth 2 */
    const char *token_url, *client_id, *client_secret, *scope;
    const char *token_shown; /* the URL as it is configured, for messages */
    const char *ca_file;
    int64_t expires;     /* milliseconds since 1970: when the token is to be renewed */
    unsigned generation; /* how many tokens there have been */
    unsigned barren;     /* new ones in a row since anybody was let in */
    int64_t fails_until; /* milliseconds since 1970: until then none is asked for, because … */
    struct error failure;
    struct buffer token;
};

/* Reads the configuration's `auth` (NULL: none), secrets resolved; paths start at `folder`. Nothing is asked
 * of the network. `ssh`: for sftp, where a key stands alone. STATUS_USAGE with the place. */
enum status auth_read(const struct setting_context *context, const char *folder, const struct value *tree,
                      const char *what, bool ssh, struct auth *auth, struct error *error);
void auth_free(struct auth *auth);

/* A text of the configuration with its secrets in place. STATUS_USAGE with the place of `name` in `object`.
 */
enum status auth_resolve(const struct setting_context *context, const char *folder,
                         const struct value *object, const char *name, const char **text,
                         struct error *error);
/* STATUS_USAGE unless it is an http(s) URL without user and password. */
enum status auth_check_url(const struct setting_context *context, const struct value *object,
                           const char *name, const char *url, struct error *error);

/* Would a request carry a secret that anyone on the way could read? */
bool auth_is_readable(const struct auth *auth);

/* Gets a token where one is needed: none yet, expired, or `refused` by the server. STATUS_STOP when the
 * token's server is not there or refuses; for half a minute that is its answer to all. */
enum status auth_renew(struct auth *auth, struct clock *clock, bool refused, struct error *error);

/* What a 401 says to a request that carried the token of this generation: STATUS_OK: nothing of the
 * credentials, so it is to be made again: its token had ended, and there is a new one. STATUS_END: they are
 * refused: there are no tokens, or new ones are refused again and again. STATUS_STOP: none is given any more.
 * `refusals` counts those of one request; it starts at 0. */
enum status auth_refused(struct auth *auth, unsigned generation, unsigned *refusals, struct clock *clock,
                         struct error *error);
/* Any other answer: who asked was let in. */
void auth_accepted(struct auth *auth);

/* Adds what the request must carry: a header (there must be room for it), or user and password. */
void auth_apply(const struct auth *auth, struct http_request *request, struct http_header *headers);

#endif
