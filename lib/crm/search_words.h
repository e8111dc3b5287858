#ifndef LIAISON_CRM_SEARCH_WORDS_H
#define LIAISON_CRM_SEARCH_WORDS_H

#include "liaison/base/arena.h"
#include "liaison/base/err.h"

/* What a person types to a search as an FTS5 expression: each word or "phrase" becomes a quoted
 * string, perhaps with a * after it and a column before it, and all must match. Nothing typed is ever
 * syntax of FTS5. ERR_USAGE: no word that can be found, or over 64 of them. */
int search_words(struct arena *arena, const char *words, const char **match, struct err *err);

#endif
