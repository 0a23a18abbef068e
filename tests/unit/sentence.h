/* sentence.h - a row of a table of tests, named by a sentence. */
#ifndef SENTENCE_H
#define SENTENCE_H

/* It knows no braces in a macro but those of a block. */
/* clang-format off */
#define T(sentence, fn) { sentence, fn, NULL, NULL, NULL }
/* clang-format on */

#endif
