#ifndef LIAISON_CLIENT_COMPLETE_H
#define LIAISON_CLIENT_COMPLETE_H

#include "liaison/base/arena.h"
#include "liaison/base/err.h"
#include "liaison/base/text.h"
#include "liaison/wire/json.h"
#include "options.h"

/* Completion of command lines, from what discover tells. */

/* Adds a line "word\tsummary" for each word that could stand in place of the last one; the line
 * ":files" when a file name belongs there. document may be NULL: then only our own options. */
void
complete_words(struct text *out, const json_t *document, const char *const *words, size_t count);

/* `liaison --complete WORDS…`: asks the daemon and prints. Never fails. */
void complete_run(const struct options *options);

/* `liaison completion SHELL`. ERR_USAGE: another shell. */
int complete_script(const char *shell, const char **out, struct err *err);

#endif
