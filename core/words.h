/* The languages that people read, and words in each.
 *
 * What the program has to say about a record is kept as ids and values (core/reason.h, core/finding.h); the words are
 * made for whoever reads them, which may be people of two languages within one process. Such words stand in tables
 * with both; messages of the program's own running are in po/.
 */
#ifndef CORE_WORDS_H
#define CORE_WORDS_H

enum language { LANGUAGE_VI, LANGUAGE_EN, LANGUAGES };

struct words {
    const char *in[LANGUAGES]; /* NULL: none */
};

#define WORDS(vi, en)                                                                                        \
    {                                                                                                        \
        {                                                                                                    \
            vi, en                                                                                           \
        }                                                                                                    \
    }

/* "en" is English, everything else Vietnamese. */
enum language language_named(const char *name);
/* The one that gettext speaks in this process: of its LANGUAGE; English where none is chosen. */
enum language language_of_process(void);
const char *language_name(enum language language); /* "vi", "en" */

#endif
