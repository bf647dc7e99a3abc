/* What another process says: whatever is taken out of it lies inside of it, and too much is never taken. */
#include "transform/record_message.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_at(struct text text)
{
    volatile char last = 0;
    for (size_t i = 0; i < text.length; i++)
        last = text.bytes[i];
    (void)last;
}

/* The same as a batch of records, there and back. */
static void look_at_records(struct message message)
{
    struct message again = message;
    struct transform_item items[RECORD_BATCH];
    struct record_work works[2] = { 0 };
    size_t source, count;
    if (record_message_take_items(&message, &source, items, &count))
        for (size_t i = 0; i < count; i++) {
            look_at(items[i].bytes);
            look_at(items[i].context);
        }
    if (record_message_take_works(&again, works, 2))
        for (const struct finding *finding = works[0].findings.first; finding; finding = finding->next)
            if (!finding->rule.length || finding->reason.count > REASON_VALUES)
                abort();
    record_work_free(&works[0]);
    record_work_free(&works[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct text bytes = { (const char *)data, size };
    struct message message;
    struct error error;
    size_t lacking;
    while (message_read(&bytes, size, &message, &lacking) == STATUS_OK) {
        look_at_records(message);
        size_t taken = 0, length = message.rest.length;
        for (unsigned turn = message.kind; !message.bad && message.rest.length; turn = turn * 5 + 1, taken++)
            switch (turn >> 3 & 3) {
            case 0:
                message_number(&message);
                break;
            case 1:
                look_at(message_text(&message));
                break;
            case 2:
                look_at(text_of(message_string(&message, &arena)));
                break;
            default:
                if (message_error(&message, &error) == STATUS_OK || message.rest.length > length)
                    abort();
            }
        if (taken > length || (message_whole(&message) && message.bad))
            abort();
    }
    return 0;
}
