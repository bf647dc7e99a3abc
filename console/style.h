/* The one style of all pages: console/style.css, which the assembler reads in. */
#ifndef CONSOLE_STYLE_H
#define CONSOLE_STYLE_H

#include "core/text.h"

struct text style_text(void);
/* Another address whenever the style is another, so that it may be kept. */
const char *style_address(void);

#endif
