#ifndef LIAISON_MAIN_WORDS_H
#define LIAISON_MAIN_WORDS_H

#include <stddef.h>

#include "liaison/base/arena.h"
#include "liaison/base/err.h"

/* A configured command as an argument vector. There is no shell: blanks separate words, 'x' is as it
 * stands, in "x" a backslash keeps a following " or \, and outside quotes it keeps any character.
 * Nothing is expanded. *out ends with NULL. ERR_CONFIG: an open quote, no word, over 64 words. */
int words_split(struct arena *arena, const char *command, char ***out, struct err *err);

enum { WORDS_MAX = 64 };

#endif
