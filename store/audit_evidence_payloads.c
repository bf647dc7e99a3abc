/* The bytes of a bundle: each has its digest, each that the events speak of is there or was forgotten, and payloads.sha256 names them. */
#include "store/audit_evidence.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

void evidence_put_digest(struct evidence_digests *digests, const struct digest *digest)
{
    digests->items = memory_more(digests->items, digests->count, &digests->room, sizeof *digests->items);
    digests->items[digests->count++] = *digest;
}

static int by_digest(const void *left, const void *right)
{
    return memcmp(left, right, DIGEST_SIZE);
}

/* Of digests that were sorted. */
static bool has(const struct evidence_digests *digests, const struct digest *digest)
{
    return digests->count &&
           bsearch(digest, digests->items, digests->count, sizeof *digests->items, by_digest);
}

static void sort(struct evidence_digests *digests)
{
    if (digests->count)
        qsort(digests->items, digests->count, sizeof *digests->items, by_digest);
}

void evidence_put_spoken(struct evidence *evidence, const struct digest *digest, bool content)
{
    struct audit_pass *pass = evidence->pass;
    evidence->spoken = memory_more(evidence->spoken, evidence->spoken_count, &evidence->spoken_room,
                                   sizeof *evidence->spoken);
    evidence->spoken[evidence->spoken_count++] =
        (struct evidence_spoken){ *digest, evidence->scan.entry.seq, content, pass->of_first_version,
                                  !content && audit_is_misnamed(pass, &evidence->scan, digest) };
}

static int by_spoken(const void *left, const void *right)
{
    const struct evidence_spoken *one = left, *other = right;
    int order = memcmp(one->digest.bytes, other->digest.bytes, DIGEST_SIZE);
    return order ? order : (one->event > other->event) - (one->event < other->event);
}

/* Each digest once: the first event that speaks of it, and whether any calls it a content. */
static void join_spoken(struct evidence *evidence)
{
    size_t count = 0;
    if (evidence->spoken_count)
        qsort(evidence->spoken, evidence->spoken_count, sizeof *evidence->spoken, by_spoken);
    for (size_t i = 0; i < evidence->spoken_count; i++) {
        struct evidence_spoken *last = count ? &evidence->spoken[count - 1] : NULL;
        if (last && digest_equal(&last->digest, &evidence->spoken[i].digest)) {
            last->content = last->content || evidence->spoken[i].content;
            last->misnamed = last->misnamed || evidence->spoken[i].misnamed;
        } else {
            evidence->spoken[count++] = evidence->spoken[i];
        }
    }
    evidence->spoken_count = count;
}

static void check_payload(struct evidence *evidence, const struct evidence_spoken *spoken, bool forgotten,
                          struct evidence_digests *there)
{
    struct audit_pass *pass = evidence->pass;
    struct error unread = { 0 };
    struct digest digest;
    char name[DIGEST_HEX + 16] = "payloads/";
    int64_t size;
    digest_hex(&spoken->digest, name + 9);
    bool exists = file_exists(evidence_place(evidence, name));
    if (exists)
        evidence_put_digest(there, &spoken->digest);
    bool holds = exists && !evidence_hash_file(evidence, name, &digest, &size, &unread) &&
                 (digest_equal(&digest, &spoken->digest) || (!size && spoken->misnamed));
    if (forgotten && !exists && (!spoken->content || spoken->old)) {
        pass->report->forgotten++;
        if (!has(&evidence->named, &spoken->digest))
            audit_not_proven(pass, _("that the bytes %s were forgotten"), name + 9);
    } else if (!holds) {
        audit_find(pass, AUDIT_PAYLOAD, spoken->event, _("the bytes %s, of which event %lld speaks: %s"),
                   name + 9, (long long)spoken->event,
                   exists ? _("they were changed, they do not have this digest") : _("they are gone"));
    }
}

static enum status read_sums(struct evidence *evidence, struct evidence_digests *listed, struct error *error)
{
    struct evidence_lines lines;
    struct text line;
    enum status status = evidence_lines_open(evidence, "payloads.sha256", &lines, error);
    bool whole = true;
    while (!status && !(status = evidence_lines_next(&lines, &line, error))) {
        struct digest digest = { { 0 } };
        bool right =
            line.length == 2 * (DIGEST_HEX - 1) + 11 &&
            evidence_digest(text_slice(line, 0, DIGEST_HEX - 1), &digest) &&
            text_starts(text_slice(line, DIGEST_HEX - 1, line.length), TEXT("  payloads/")) &&
            text_equal(text_slice(line, DIGEST_HEX + 10, line.length), text_slice(line, 0, DIGEST_HEX - 1));
        whole = whole && right;
        evidence_put_digest(listed, &digest);
    }
    evidence_lines_close(&lines);
    evidence_claim(evidence, whole, "payloads.sha256");
    sort(listed);
    return status == STATUS_END ? STATUS_OK : status;
}

static bool same_digests(const struct evidence_digests *left, const struct evidence_digests *right)
{
    if (left->count != right->count)
        return false;
    for (size_t i = 0; i < left->count; i++)
        if (!digest_equal(&left->items[i], &right->items[i]))
            return false;
    return true;
}

enum status evidence_check_payloads(struct evidence *evidence, struct evidence_digests *forgotten,
                                    struct error *error)
{
    struct evidence_digests there = { 0 }, listed = { 0 }, unseen = { 0 };
    join_spoken(evidence);
    sort(&evidence->named);
    sort(forgotten);
    for (size_t i = 0; i < evidence->spoken_count; i++) {
        const struct evidence_spoken *spoken = &evidence->spoken[i];
        check_payload(evidence, spoken, has(forgotten, &spoken->digest), &there);
        evidence->pass->report->payloads++;
        evidence_put_digest(&unseen, &spoken->digest);
    }
    enum status status = read_sums(evidence, &listed, error);
    if (!status) {
        bool all = true;
        for (size_t i = 0; i < forgotten->count; i++)
            all = all && has(&unseen, &forgotten->items[i]) && !has(&there, &forgotten->items[i]);
        evidence_claim(evidence, same_digests(&there, &listed), "payloads.sha256");
        evidence_claim(evidence, all, "forgotten");
    }
    free(there.items);
    free(listed.items);
    free(unseen.items);
    return status;
}
