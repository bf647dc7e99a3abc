/* What an answer proves: the one place where words of a portal become an event of a delivery (INTERFACE §5,
 * docs/delivery.md). Pure, and the same for every driver, for requests, withdrawals, items of a batch and
 * questions.
 *
 * "Published" rests on something that the portal showed, and that an answer of earlier could not have said:
 *
 *     of a publication   our digest; or, where it gives none, our code with a version that is not the replaced one
 *     of a withdrawal    our code and the status of an abolished one; or, without a status, such a version
 *     of both            a strong ETag that is not the replaced one, once a question has shown the same
 *
 * What is sent again because a question did not find it may be answered with the answer of the first time, whatever has
 * become of that since: then a question is asked once more, and only where it can tell nothing that answer counts.
 *
 * Everything else is a question, and a question is answered by what is shown: the content decides, then the
 * digest, then the version. What speaks of failure, of another code or another status is no evidence.
 */
#ifndef LOAD_EVIDENCE_H
#define LOAD_EVIDENCE_H

#include "load/delivery.h"

enum portal_result {
    RESULT_TAKEN,    /* a request was answered 200 or 201; the state is what the answer says is held now */
    RESULT_ACCEPTED, /* 202 */
    RESULT_HELD,     /* a question was answered 200; likewise */
    RESULT_UNKNOWN,  /* the portal does not know the procedure */
    RESULT_GONE,     /* 410 */
    RESULT_REFUSED,
    RESULT_MISMATCH,
    RESULT_BUSY,
    RESULT_CLOSED,
    RESULT_LOST,
    RESULT_NOT_LEFT,
    RESULT_CARRIED, /* it is with a carrier: nobody has said yet what became of it */
    RESULT_UNSENT,  /* a question: the delivery never left, and the portal cannot be asked */
    RESULT_DENIED,  /* a question: the delivery was refused */
};

enum remote_status {
    REMOTE_UNSAID,
    REMOTE_PUBLISHED,
    REMOTE_ABOLISHED,
    REMOTE_STRANGE /* a word that says neither */
};

/* What the portal says it holds. A driver whose portal keeps another form compares contents itself, and gives
 * as `content` the digest of ours, of what we believe to be held, or any other. */
struct remote_state {
    bool failed;     /* it says that it failed, whatever the HTTP status */
    bool named;      /* our code stands there; of an item of a batch, its key, once */
    bool has_digest; /* 64 lower-case hexadecimal digits */
    bool bad_digest; /* a digest of no such form */
    bool has_content;
    struct digest digest, content; /* as it says; of the content that it shows */
    enum remote_status standing;
    struct text version, etag; /* bytes NULL: unsaid */
};

/* What stands there by its content or, where none is shown, by its digest. False: neither is. */
bool remote_digest(const struct remote_state *remote, struct digest *digest);

/* Does it stand there abolished, as far as is told? Without a status what was withdrawn is so still, unless its
 * version, ETag or content says that it has moved. */
bool remote_abolished(const struct remote_state *remote, const struct outbox_item *item);

struct evidence_facts {
    const struct outbox_item *item;
    const struct digest *body; /* of what was sent; of a withdrawal, its order */
    bool asked;                /* it is the answer to a question */
    bool before;               /* one that is asked before a replacement: may it be made? */
    bool earlier;              /* what stands there was sent from here earlier, as the ledger has it */
    bool
        barred; /* that something has moved is not its doing: nothing of it was taken, or that is in its way */
    bool replayed;  /* the answer may be one of earlier given once more: proves nothing by itself */
    bool etags;     /* a question of this run has shown that ETags are those of what is held */
    bool confirm;   /* an answer alone is never enough: portal.confirm */
    bool again;     /* likewise: it was sent again, because a question did not find it */
    bool vouched;   /* of a question after that: but for that, the answer was evidence */
    bool elsewhere; /* what is held was acknowledged at another portal.url: versions say nothing here */
    /* What this run saw of the procedure before, in answers that proved nothing; bytes NULL: nothing. */
    struct text answered_version, answered_etag; /* by the request itself */
    struct text base_version, base_etag;         /* by the question before it */
};

enum delivery_event evidence_weigh(const struct evidence_facts *facts, enum portal_result said,
                                   const struct remote_state *remote);

/* Does an answer show the very ETag that the request was answered with, and is it a new one? Then this
 * portal's ETags are evidence. */
bool evidence_shows_etag(const struct evidence_facts *facts, const struct remote_state *remote);
/* Ours stands there beside a digest that is not its own. */
bool evidence_is_odd(const struct evidence_facts *facts, const struct remote_state *remote);

#endif
