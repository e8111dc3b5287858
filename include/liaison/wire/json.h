#ifndef LIAISON_WIRE_JSON_H
#define LIAISON_WIRE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "liaison/base/arena.h"
#include "liaison/base/err.h"
#include "liaison/base/text.h"

/* JSON as it crosses the control socket: parsed by jansson behind our limits, written by our own
 * bounded encoder (RFC 8259). */

enum { JSON_LINE_MAX = 1 << 20, JSON_DEPTH_MAX = 32, JSON_NESTED_MAX = 10000 };

/* Sets jansson up: its tables hash with a secret seed, and it ends the program where there is no
 * memory. json_line_parse does it; a program that makes trees before does it first. */
void json_prepare(void);
/* Parses one line (no newline needed). ERR_USAGE: over the limits, invalid UTF-8, "\u0000",
 * duplicate keys, trailing text. The result is the caller's to json_decref. */
int json_line_parse(const char *bytes, size_t size, json_t **out, struct err *err);
/* The same, but that texts may hold "\u0000", which ends them for those who see no length. */
int json_line_parse_nul(const char *bytes, size_t size, json_t **out, struct err *err);
/* The name of the member with such a text, "" outside of all; NULL: there is none. */
const char *json_find_nul(json_t *tree);

/* Writes a document into text. Commas and nesting are kept by the writer; a mistake in nesting is
 * an assert. Strings are escaped so that no control, DEL, C1 or bidi character appears raw. */
struct json_out {
	struct text *text; /* borrowed */
	unsigned depth;
	bool first; /* no comma is due */
};

void json_out_init(struct json_out *out, struct text *text);
/* name NULL inside an array or at the top. */
void json_object_begin(struct json_out *out, const char *name);
void json_object_end(struct json_out *out);
void json_array_begin(struct json_out *out, const char *name);
void json_array_end(struct json_out *out);
void json_text(struct json_out *out, const char *name, const char *value); /* NULL: null */
void json_text_n(struct json_out *out, const char *name, const char *value, size_t size);
void json_int(struct json_out *out, const char *name, int64_t value);
void json_double(struct json_out *out, const char *name, double value); /* shortest, finite only */
void json_bool(struct json_out *out, const char *name, bool value);
void json_null_(struct json_out *out, const char *name);
/* RFC 3339 with offset. */
void json_time(struct json_out *out, const char *name, int64_t time, int offset_min);
/* A decimal string of minor units with exponent digits: (1250, 2) is "12.50". */
void json_money(struct json_out *out, const char *name, int64_t minor, int exponent);
/* A finished JSON value, copied as it is. */
void json_raw(struct json_out *out, const char *name, const char *json, size_t size);
void json_value(struct json_out *out, const char *name, const json_t *value); /* a jansson tree */

/* A document of its own, written aside and kept as text. It stays where it was begun. */
struct json_doc {
	struct json_out out;
	struct text text; /* own until json_doc_end */
};

void json_doc_begin(struct json_doc *doc);
/* Passes on what writing it came to; if that is no failure, *text is the document in arena. */
int json_doc_end(struct json_doc *doc, struct arena *arena, int result, const char **text);

#endif
