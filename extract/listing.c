#include "extract/listing.h"

#include <stdio.h>
#include <string.h>

#include "core/text.h"

void listing_doubt(struct listing *listing, bool broken, const struct error *reason)
{
    const char *message = reason->message;
    size_t length = strlen(listing->why), room = sizeof listing->why - length;
    listing->broken = listing->broken || broken;
    if (listing->doubts && strstr(listing->why, message))
        return;
    listing->doubts++;
    if (listing->reason_count < LISTING_REASONS)
        (void)error_copy(&listing->reasons[listing->reason_count++], reason->status, reason);
    const char *between = length ? "; " : "";
    if (room < strlen(between) + 2)
        return;
    size_t most = room - strlen(between) - 1;
    snprintf(listing->why + length, room, "%s%.*s", between, (int)text_cut(text_of(message), most), message);
}
