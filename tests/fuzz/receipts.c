/* A file of receipts as a carrier brings it: what can be used is complete, all else is told and left out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "load/portal_folder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void hear(void *user_data, const char *message)
{
    (void)user_data;
    if (!message || !*message)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char folder[100], file[120];
    struct error error;
    snprintf(folder, sizeof folder, "/tmp/congkhai-fuzz-%ld", (long)getpid());
    snprintf(file, sizeof file, "%s/r.json", folder);
    mkdir(folder, 0700);
    if (file_write(file, (struct text){ (const char *)data, size }, 0600, &error))
        abort();
    struct folder_settings settings = { .packages = folder, .receipts = folder, .registered = folder };
    struct portal portal = { .settings = &settings.common, .notice = hear };
    struct folder_receipts receipts = { 0 };
    if (!folder_receipts_read(&portal, &receipts, &error))
        for (size_t i = 0; i < receipts.count; i++) {
            const struct folder_receipt *receipt = &receipts.list[i];
            if (receipt->verdict >= FOLDER_VERDICTS ||
                (!receipt->key.length && !receipt->code.length && !receipt->package.length))
                abort();
        }
    folder_receipts_free(&receipts);
    unlink(file);
    rmdir(folder);
    return 0;
}
