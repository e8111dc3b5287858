#ifndef LIAISON_BASE_TEXT_H
#define LIAISON_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "liaison/base/arena.h"

/* Growing byte strings, and UTF-8 as liaison keeps it: valid, without controls or bidi overrides. */

struct text {
	char *bytes; /* NUL-terminated once anything was added; own */
	size_t size;
	size_t room;
};

void text_clear(struct text *text); /* frees */
void text_reset(struct text *text); /* empties, keeps the memory */
void text_reserve(struct text *text, size_t more);
void text_add(struct text *text, const char *string);
void text_add_n(struct text *text, const void *bytes, size_t size);
void text_add_char(struct text *text, char c);
void text_add_code(struct text *text, uint32_t code); /* as UTF-8 */
void text_printf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_drop_front(struct text *text, size_t count);

bool text_is_utf8(const char *bytes, size_t size); /* RFC 3629: no surrogates, no overlong forms */
/* Copies string into out of room bytes, cut at a character boundary where it is too long. */
void text_copy(char *out, size_t room, const char *string);
/* The longest prefix of at most max bytes that ends at a character boundary. */
size_t text_cut(const char *bytes, size_t size, size_t max);
/* Makes of a message, in its place, one line of valid UTF-8: foreign words may stand in it, and a precision
 * may have cut them in the middle of a character. What is broken becomes '?', a control character a blank. */
void text_mend(char *string);

/* A clean copy: invalid bytes become U+FFFD; C0 and C1 controls, DEL and bidi controls
 * (U+202A-202E, 2066-2069, 200E, 200F, 061C) and ends of lines (2028, 2029) become a space; with lines
 * set, LF and TAB stay
 * and a CR before LF is dropped.
 * At most max bytes, cut at a character. Runs of blanks are kept. *changed tells if anything was. */
char *text_clean(
	struct arena *arena, const char *bytes, size_t size, size_t max, bool lines, bool *changed);
/* text_clean would change nothing. */
bool text_is_clean(const char *bytes, size_t size, bool lines);

/* Unicode simple case folding for comparison and search (NFC not implied). */
char *text_fold(struct arena *arena, const char *string);
bool text_same(const char *a, const char *b); /* NULL-safe */
bool text_equal_nocase(const char *a, const char *b); /* ASCII only; NULL-safe */
bool text_starts(const char *string, const char *prefix);
/* Shell-style * and ? over code points; fold compares case-folded. No brackets. Linear time. */
bool text_glob(const char *pattern, const char *string, bool fold);
char *text_trim(struct arena *arena, const char *bytes, size_t size); /* ASCII blanks, both ends */

/* Whole string must match; ranges checked. 0 or -1. */
int text_to_int64(const char *string, int64_t *out);
int text_to_uint32(const char *string, uint32_t *out);

/* Edit distance, for suggestions; stops counting beyond limit. */
unsigned text_distance(const char *a, const char *b, unsigned limit);
/* The nearest of count names to word within a third of its length, or NULL. */
const char *text_suggest(const char *word, const char *const *names, size_t count);

/* For logs: one line, printable, controls as \xNN, at most max bytes. */
char *text_escape(struct arena *arena, const char *bytes, size_t size, size_t max);

#endif
