#ifndef LIAISON_QUERY_TREE_H
#define LIAISON_QUERY_TREE_H

#include "liaison/base/text.h"
#include "liaison/query/query.h"

/* A condition as a tree, and what the files of this room share. */

enum {
	QUERY_TEXT_MAX = 64 << 10,
	QUERY_TERMS_MAX = 1000,
	QUERY_DEPTH_MAX = 200,
	QUERY_RELATIONS_MAX = 5, /* nested; SQLite's parser has a stack of 100 */
	QUERY_PATTERN_MAX = 256,
	QUERY_SORTS_MAX = 8,
};

enum query_kind { QUERY_AND, QUERY_OR, QUERY_NOT, QUERY_TEST, QUERY_HAS, QUERY_FIXED };

/* One value, read as the field's type: text folded; numbers and times as a span from low to high. */
struct query_value {
	const char *written;
	const char *text;
	int64_t low, high;
	double number; /* of a number with a fraction; see is_double */
	bool is_double;
};

struct query_node {
	enum query_kind kind;
	unsigned height; /* 1: a leaf */
	const struct query_node **children; /* of and, or, not; of has one or none */
	unsigned count;
	const struct query_field *field; /* of a test */
	enum query_op op;
	const struct query_value *values; /* several: in (…) */
	unsigned value_count;
	const struct query_relation *relation;
	const struct query_noun *noun; /* that has the field or the relation */
	const char *sql; /* of a fixed one */
	int64_t number;
};

struct query_node *query_node_new(struct arena *arena, enum query_kind kind);
/* Sets the children and the height. */
void
query_set_children(struct query_node *node, const struct query_node **children, unsigned count);

/* The field of that name, "_" and "-" being the same; NULL: none. */
const struct query_field *query_find_field(struct arena *arena, const struct query_noun *noun,
	const struct query_context *context, const char *name);
bool query_same_name(const char *a, const char *b);
const char *
query_suggest_field(struct arena *arena, const struct query_noun *noun, const char *name);
const char *
query_suggest_relation(struct arena *arena, const struct query_noun *noun, const char *name);
/* A word of the user's as it may stand in a message. */
const char *query_shown(struct arena *arena, const char *word);

/* Reads written as a value of field for op. ERR_USAGE says what was expected. */
int query_read_value(struct arena *arena, const struct query_context *context,
	const struct query_field *field, enum query_op op, const char *written, bool quoted,
	struct query_value *out, struct err *err);
/* ERR_USAGE: written is none of the words that the field of noun has, and says which they are. */
int query_check_word(struct arena *arena, const struct query_noun *noun,
	const struct query_field *field, enum query_op op, const char *written, struct err *err);
/* ERR_USAGE: op does not go with the type. */
int query_check_op(const struct query_field *field, enum query_op op, struct err *err);
const char *query_op_text(enum query_op op);
int query_money(const char *string, int64_t *minor);
/* "25", "-3", "10k" as an integer or "2.5" as a double. 0 or -1. */
int query_number(const char *string, int64_t *integer, double *number, bool *is_double);
int query_bool(const char *string, bool *out);

/* What a list is sorted by; rows with the same values go by id. */
struct query_sort {
	const struct query_field *fields[QUERY_SORTS_MAX];
	bool descends[QUERY_SORTS_MAX];
	unsigned count;
	bool id_descends;
};
/* Reads "-at,no" into out, which is zero. ERR_USAGE: not a field to sort by, or too many. */
int query_read_sort(struct arena *arena, const struct query_noun *noun, const char *text,
	struct query_sort *out, struct err *err);

/* What is bound to a compiled statement, in order. */
struct query_bind {
	enum { BIND_INT, BIND_DOUBLE, BIND_TEXT } type;
	int64_t integer;
	double number;
	const char *text;
};

struct query_sql {
	struct arena *arena;
	struct text text; /* own */
	struct query_bind *binds; /* own */
	size_t bind_count, bind_room;
	bool masked; /* for a viewer that rows are withheld from */
	enum query_sure sure;
};

/* An empty one, for the store's viewer. */
struct query_sql query_sql_begin(const struct store *store, struct arena *arena);
void query_sql_clear(struct query_sql *sql);
void query_bind_int(struct query_sql *sql, int64_t value);
void query_bind_double(struct query_sql *sql, double value);
void query_bind_text(struct query_sql *sql, const char *value);
/* Appends where as an expression that is never NULL under a NOT; NULL: "1". */
void query_compile(struct query_sql *sql, const struct query_node *where);
/* The expression of field that is compared and sorted by. */
void query_add_operand(struct query_sql *sql, const struct query_field *field);
/* What is open of that name, with most 0: nothing. */
const struct query_open *query_find_open(const struct query_noun *noun, const char *name);
/* Whether rows of noun may be withheld from the viewer. */
bool query_is_masked(const struct query_sql *sql, const struct query_noun *noun);
/* Appends joined, a FROM clause over noun that may have a WHERE, with the level to which each row is
 * withheld as "sight.value". It is found once a row, however many terms ask for it. */
void query_add_from(struct query_sql *sql, const struct query_noun *noun, const char *joined);
/* The field as the viewer has it: itself, or blank in rows that are withheld. */
const struct query_field *query_seen_field(const struct query_sql *sql,
	const struct query_noun *noun, const struct query_field *field);
/* A test, which may be NULL where a value is; "!=" as "=", the caller says "not". */
void query_add_test(struct query_sql *sql, const struct query_node *node);
/* Prepares and binds what was compiled. */
struct stmt *query_prepare(struct store *store, const struct query_sql *sql);

/* A place in a list: what the last row of a page was sorted by, and its id. */
struct query_key {
	enum { KEY_NULL, KEY_INT, KEY_DOUBLE, KEY_TEXT } type;
	int64_t integer;
	double number;
	const char *text;
};

struct query_place {
	struct query_key keys[QUERY_SORTS_MAX];
	unsigned count;
	int64_t id;
};

/* What a cursor must have been made for: the noun, the condition as written, the sort. */
uint64_t query_shape(const struct query_list *list);
const char *query_place_write(struct arena *arena, uint64_t shape, const struct query_place *place);
/* 0, or -1: not a cursor of that shape. */
int query_place_read(struct arena *arena, uint64_t shape, const char *cursor, unsigned count,
	struct query_place *out);

#endif
