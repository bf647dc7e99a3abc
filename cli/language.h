/* The language of messages: the texts are UTF-8 whatever the locale is called, LANGUAGE chooses the catalogue. */
#ifndef CLI_LANGUAGE_H
#define CLI_LANGUAGE_H

void language_choose(const char *language); /* "vi" or "en" */
/* What the environment asks for: "en" where it says so, else "vi". */
const char *language_of_environment(void);

#endif
