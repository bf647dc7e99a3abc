#include "cli/verify_script.h"

/* The assembler reads the file, so that a bundle is whole wherever the program stands alone. `make` runs in
 * the project's folder. */
__asm__(".pushsection .rodata\n"
        ".global congkhai_verify_script\n"
        "congkhai_verify_script:\n"
        ".incbin \"scripts/verify-ledger\"\n"
        ".global congkhai_verify_script_end\n"
        "congkhai_verify_script_end:\n"
        ".byte 0\n"
        ".popsection\n");

extern const char congkhai_verify_script[], congkhai_verify_script_end[];

struct text verify_script(void)
{
    return (struct text){ congkhai_verify_script,
                          (size_t)(congkhai_verify_script_end - congkhai_verify_script) };
}
