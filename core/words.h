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
/* The one that this thread speaks: as words_speak has chosen, else that of the process's LANGUAGE; English where none
 * is chosen. */
enum language language_of_process(void);
/* What this thread says from here on. The process's LANGUAGE must be "vi": English are the messages as they stand in the
 * sources, which need no catalogue. For a program that speaks with people of both languages at once. */
void words_speak(enum language language);
/* A message of the program's own in the language spoken now: the function behind _(). */
const char *words_said(const char *message) __attribute__((format_arg(1)));
/* What errno says, likewise: strerror speaks the process's language, whoever reads. */
const char *words_errno(int code);
const char *language_name(enum language language); /* "vi", "en" */

#endif
