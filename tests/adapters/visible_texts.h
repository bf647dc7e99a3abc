/* What nobody sees, or a screen would act on, and how each of our writers shows it. */
#ifndef TESTS_ADAPTERS_VISIBLE_TEXTS_H
#define TESTS_ADAPTERS_VISIBLE_TEXTS_H

static const char *const visible_texts[][2] = {
    { "x\x1b]0;t\x07", "x[U+001B]]0;t[U+0007]" },
    { "a\xe2\x80\xae"
      "b\xe2\x81\xa6"
      "c\xd8\x9c"
      "d\xc2\x9b"
      "e\xef\xbf\xb9"
      "f",
      "a[U+202E]b[U+2066]c[U+061C]d[U+009B]e[U+FFF9]f" },
    { "a\xff"
      "b\xed\xa0\x80",
      "a\xef\xbf\xbd"
      "b\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
    { "\xf3\xa0\x80\x81 \xf0\x9f\x98\x80 \xe1\xba\xa1\xcc\xa3",
      "[U+E0001] \xf0\x9f\x98\x80 \xe1\xba\xa1\xcc\xa3" },
    { "a\rb", "a[U+000D]b" },
};

#endif
