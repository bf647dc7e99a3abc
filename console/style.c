#include "console/style.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "adapters/crypto.h"

__asm__(".pushsection .rodata\n"
        ".global congkhai_style\n"
        "congkhai_style:\n"
        ".incbin \"console/style.css\"\n"
        ".global congkhai_style_end\n"
        "congkhai_style_end:\n"
        ".byte 0\n"
        ".popsection\n");

extern const char congkhai_style[], congkhai_style_end[];

static char address[48];
static pthread_once_t once = PTHREAD_ONCE_INIT;

struct text style_text(void)
{
    return (struct text){ congkhai_style, (size_t)(congkhai_style_end - congkhai_style) };
}

static void make_address(void)
{
    char hex[DIGEST_HEX];
    struct digest digest = crypto_sha256(style_text());
    digest_hex(&digest, hex);
    snprintf(address, sizeof address, "/kieu.css?%.16s", hex);
}

const char *style_address(void)
{
    pthread_once(&once, make_address);
    return address;
}
