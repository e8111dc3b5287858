#ifndef LIAISON_QUERY_QUERY_H
#define LIAISON_QUERY_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "liaison/base/arena.h"
#include "liaison/base/clock.h"
#include "liaison/base/err.h"
#include "liaison/store/sql.h"

/* The condition language (spec section 6): one grammar for --where, rules and live segments,
 * compiled to SQL through tables of {field, SQL fragment} with every value bound. */

enum query_type {
	QUERY_TEXT, /* compared case-folded; ~ is a glob */
	QUERY_NUMBER,
	QUERY_MONEY, /* decimal text, at most two places, against minor units */
	QUERY_TIME, /* UTC seconds; a date is the whole day: < before it, > after it, <= to its end */
	QUERY_BOOL,
	QUERY_CONTACT, /* text equal to the number, or resolved like <contact> by the caller's resolver */
};

struct query_field {
	const char *name; /* "city"; "emails" may be many-valued through exists below */
	enum query_type type;
	const char *
		sql; /* expression over the noun's alias, e.g. "c.city"; a text that ends in "_fold"
	                     * or "COLLATE NOCASE" is compared as it is, so that an index may serve */
	const char *
		exists; /* many-valued: "SELECT 1 FROM contact_email e WHERE e.contact_id = c.id AND"
	                     * with sql then over e; NULL: single-valued */
	bool sortable;
};

struct query_noun;

/* has NAME(condition): EXISTS (SELECT 1 FROM join AND (condition over noun's fields)). Aliases of an
 * inner one hide those outside: a noun related to itself needs a second noun with another alias. */
struct query_relation {
	const char *name; /* "interaction" */
	const char *
		join; /* "interaction_contact x JOIN interaction i ON … WHERE x.contact_id = c.id" */
	const struct query_noun *noun; /* fields of the condition; NULL: none may be given */
	/* Columns of the other tables that say the same as a field of noun: what is asked of the field
	 * is asked of them too, so that their index finds where to begin. Ends with a NULL name; or NULL. */
	const struct query_field *copies;
};

/* What is seen of rows that are withheld. */
enum { QUERY_ALWAYS = 1000 };
struct query_open {
	const char *name; /* of a field, a relation, a member of the record */
	unsigned most; /* seen of rows that are withheld up to that level; QUERY_ALWAYS: of all */
	/* SQL over the aliases of its exists or join: of a row that is withheld only what it is true
	 * of is seen; NULL: all. */
	const char *only;
};

/* A field of few values: "=", "!=" and "in" take one of its words. */
struct query_words {
	const char *field;
	const char *words; /* "person|company"; NULL: any */
};

struct query_noun {
	const char *name; /* "contact" */
	const char *from; /* "contact c" */
	const char *id; /* "c.id" */
	const struct query_field *fields; /* ends with a NULL name */
	const struct query_relation *relations; /* ends with a NULL name, or NULL */
	const struct query_words *words; /* ends with a NULL field, or NULL */
	const char *sort; /* default: "no", "-at"; fields, "-" descends, commas */
	/* SQL over its aliases: how much of a row is withheld from the store's viewer, from 0 for
	 * nothing. To conditions, sorts and cursors its fields are blank and its relations empty, but
	 * those that are open. What is added to a noun is withheld until it is said to be open. NULL:
	 * every row is seen whole. */
	const char *withheld;
	const struct query_open *open; /* ends with a NULL name */
	/* Fields that are made by their names, such as header(NAME); memory: arena. NULL: none. */
	const struct query_field *(*find)(struct arena *arena, const char *name);
	/* SQL over its aliases: whether what field tells of a row is known at all, as evidence is not
	 * always kept; asked by query_ids_sure alone. NULL, or an answer of NULL: it always is. */
	const char *(*known)(struct arena *arena, const struct query_field *field);
};

/* Whether what bears the name is seen of a row that is withheld to that level. */
bool query_is_open(const struct query_noun *noun, const char *name, unsigned level);

struct query_context {
	int64_t now;
	const struct zone *zone; /* NULL: UTC */
	const char *me; /* the caller's salesperson, or NULL: `me` is an error then */
	/* Asked when `me` is written and not given above, or NULL. */
	const char *(*find_me)(void *data);
	/* Custom fields and others by name, or NULL. */
	const struct query_field *(*find_field)(void *data, const char *name);
	void *data;
};

struct query_node; /* arena */

enum query_op {
	QUERY_EQ,
	QUERY_NE,
	QUERY_LT,
	QUERY_LE,
	QUERY_GT,
	QUERY_GE,
	QUERY_GLOB,
	QUERY_BLANK
};

/* Parses a condition against noun. ERR_USAGE names the column (from 1) and what was expected; limits:
 * 64 KiB, 1,000 terms, depth 200, patterns 256 bytes. */
int
query_parse(struct arena *arena, const struct query_noun *noun, const struct query_context *context,
	const char *condition, struct query_node **out, struct err *err);
/* A node built by code: field OP value, value as the language would write it unquoted. */
int query_compare(struct arena *arena, const struct query_noun *noun,
	const struct query_context *context, const char *field, enum query_op op, const char *value,
	struct query_node **out, struct err *err);
/* Either may be NULL. */
struct query_node *query_and(struct arena *arena, struct query_node *a, struct query_node *b);
struct query_node *query_or(struct arena *arena, struct query_node *a, struct query_node *b);
/* A fixed fragment with one bound number, for what the language cannot say: "t.source_id = ?". */
struct query_node *query_fixed(struct arena *arena, const char *sql, int64_t value);

struct query_list {
	const struct query_noun *noun;
	const struct query_node *where; /* NULL: all */
	const char *sort; /* NULL: the noun's */
	unsigned limit; /* 1 to 1,000 */
	const char *after; /* cursor of an earlier answer, or NULL */
	bool count;
};

struct query_page {
	int64_t *ids; /* arena */
	unsigned count;
	const char *next; /* arena; NULL at the end. Opaque, survives inserts (keyset) */
	int64_t total; /* when counted, else -1 */
};

/* Runs the list. ERR_USAGE: unknown sort field, a cursor that is not of this list. */
int query_run(struct store *store, struct arena *arena, const struct query_list *list,
	struct query_page *out, struct err *err);
/* All matching ids, at most max (0: no limit), in id order; for bulk edits. */
int query_ids(struct store *store, struct arena *arena, const struct query_noun *noun,
	const struct query_node *where, unsigned max, int64_t **ids, size_t *count,
	struct err *err);

/* With evidence that is not whole a condition is true, false, or nobody knows; "not" of what nobody
 * knows is so too, and "or" is true when one side is. */
enum query_truth { QUERY_FALSE, QUERY_TRUE, QUERY_UNKNOWN };
/* Which rows are meant of those whose evidence is not whole: by what blanks say, only those that match
 * whatever is missing, or all that may match. */
enum query_sure { QUERY_AS_IS, QUERY_CERTAIN, QUERY_POSSIBLE };
/* query_ids among the rows that are sure. */
int query_ids_sure(struct store *store, struct arena *arena, const struct query_noun *noun,
	const struct query_node *where, enum query_sure sure, unsigned max, int64_t **ids,
	size_t *count, struct err *err);
/* Calls each for every field that the condition names, as often as it does. */
void query_each_field(const struct query_node *where,
	void (*each)(void *to, const struct query_field *field), void *to);

/* The in-memory evaluator, for conditions over things that are not rows (messages in rules). */
struct query_values {
	/* Calls each for every value of the field (text form); returns false to stop. */
	void (*values)(void *object, const char *field, bool (*each)(void *to, const char *value),
		void *to);
	void *object;
	/* Whether the values of the field are known; NULL: all are. Asked by query_judge alone. */
	bool (*known)(void *object, const char *field);
};
bool query_match(const struct query_node *where, const struct query_values *values);
/* The same of evidence that may not be whole; scratch is the caller's to reset. */
enum query_truth query_judge(
	const struct query_node *where, const struct query_values *values, struct arena *scratch);

/* Columns of the answer to a mistake: none. The grammar, for help and man pages. */
extern const char query_grammar[];

#endif
