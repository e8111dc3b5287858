#ifndef LIAISON_CRM_RECORD_H
#define LIAISON_CRM_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "liaison/base/arena.h"
#include "liaison/query/query.h"
#include "liaison/store/sql.h"
#include "liaison/wire/json.h"

/* Records that are one row of fields which people set. A noun lists its fields once, as a macro of
 * rows F(N, name, TYPE, flags, max, words, summary), such as
 *
 *	#define TEAM_FIELDS(F, N) \
 *		F(N, code, CODE, RECORD_KEY, 20, NULL, "code of the team") \
 *		F(N, name, TEXT, RECORD_POSITIONAL, 100, NULL, "its name")
 *
 * from which RECORD_NOUN (crm/record_noun.h) makes the statements, the members of the protocol's
 * record and what conditions may name; the engine makes the parameters of add and edit. The table
 * has the columns id, version and those of the fields; max is characters of a text, or the largest
 * number. */

enum record_type {
	RECORD_TEXT, /* one line, trimmed; NULL when blank */
	RECORD_CODE, /* 1 to 20 of A-Z 0-9 . _ -, upper case */
	RECORD_ENUM, /* one of words, "won|lost" */
	RECORD_FLAG,
	RECORD_INTEGER, /* 0 to max; max 0: any */
	RECORD_MINUTES,
	RECORD_MONEY, /* minor units of the local currency */
	RECORD_PERCENT, /* hundredths of a percent, 0 to 100 % */
	RECORD_DECIMAL, /* millionths, of either sign */
	RECORD_FORMULA, /* a date formula, as formula_text writes it */
	RECORD_DATE, /* a day: UTC seconds of its begin */
	RECORD_CONTACT, /* its id; the record and conditions have its number */
};

enum record_flag {
	RECORD_REQUIRED = 1,
	RECORD_POSITIONAL = 2,
	RECORD_FIXED = 4, /* set by add, never edited */
	RECORD_KEY = 8 | RECORD_REQUIRED | RECORD_FIXED, /* what people name it by */
};

struct record_field {
	const char *name;
	enum record_type type;
	unsigned flags;
	unsigned max;
	const char *words;
};

struct record_value {
	bool given; /* false: blank */
	int64_t number; /* all types but those of text */
	const char *text;
};

struct record_noun;

/* A record in an arena; values in the order of the noun's fields. */
struct record {
	const struct record_noun *noun;
	int64_t id, version;
	struct record_value *values;
};

struct record_noun {
	const char *name; /* "team" */
	const struct record_field *fields; /* ends with a NULL name */
	unsigned count;
	const struct query_noun *query;
	/* Statements; find takes the key, of a part the contact and the key, and answers the id. */
	const char *select, *insert, *restore, *update, *remove, *find;
	bool part; /* of a contact: its first field is the contact */
	/* What the fields alone do not say; before is NULL for a new one. May change values. */
	int (*check)(struct store *store, struct arena *arena, struct record *record,
		const struct record *before, struct err *err);
	/* Members of the record beyond the fields, into the open object. */
	int (*write_more)(struct store *store, const struct record *record, struct json_out *out,
		struct err *err);
	/* Brings back what write_more wrote, of a record that was removed. */
	int (*restore_more)(struct store *store, const struct record *record, const json_t *json,
		struct err *err);
	const char
		*in_use; /* "interactions and segments": why a removal is refused by a reference */
};

struct record *record_new(struct arena *arena, const struct record_noun *noun);
/* ERR_NOT_FOUND. */
int record_get(struct store *store, struct arena *arena, const struct record_noun *noun, int64_t id,
	struct record **out, struct err *err);
/* By its key, in any case. ERR_NOT_FOUND names the nearest. */
int record_find(struct store *store, struct arena *arena, const struct record_noun *noun,
	const char *key, int64_t *id, struct err *err);
/* A part of a contact by its key. */
int record_find_part(struct store *store, const struct record_noun *noun, int64_t contact,
	const char *key, int64_t *id, struct err *err);
/* Checks and stores; sets id and version. ERR_USAGE names field, value and rule; ERR_CONFLICT: the
 * key is taken. */
int record_add(struct store *store, struct arena *arena, struct record *record, struct err *err);
/* Stores what was changed of before in record, a copy of it. */
int record_update(struct store *store, struct arena *arena, struct record *record,
	const struct record *before, struct err *err);
/* ERR_REFUSED: something refers to it. */
int record_remove(struct store *store, const struct record *record, struct err *err);

/* The fields that an object as record_write or record_diff_write makes it has; given: for each field
 * whether it is there. The texts are in arena. ERR_NOT_FOUND: it names a contact that is no more. */
int record_read(struct store *store, struct arena *arena, const json_t *json, struct record *out,
	bool *given, struct err *err);
/* Stores one that was removed under its id again, unchecked. ERR_CONFLICT: its key is taken. */
int record_restore(struct store *store, struct record *record, const json_t *json, struct err *err);
bool record_same(const struct record_field *field, const struct record_value *a,
	const struct record_value *b);

/* A copy that can be changed; texts are shared. */
struct record *record_copy(struct arena *arena, const struct record *record);
bool record_differs(const struct record *a, const struct record *b);
/* What people name it by, and the name of that field. */
const char *record_key(const struct record *record);
const char *record_key_name(const struct record_noun *noun);

/* The protocol's record as one object: id, version, the fields, and what write_more adds. */
int record_write(
	struct store *store, const struct record *record, struct json_out *out, struct err *err);
/* A day as "2026-11-21". */
void record_write_day(struct json_out *out, const char *name, int64_t day);
/* The fields in which the two differ, version with them, into two open objects. */
int record_diff_write(struct store *store, const struct record *before, const struct record *after,
	struct json_out *old_fields, struct json_out *new_fields, struct err *err);

/* ---- making a noun ---- */

#define RECORD_PLACE_(N, name, ...) at_##N##_##name,
/* The places of the fields: record->values[at_team_name]. */
#define RECORD_PLACES(N, FIELDS) \
	enum N##_place \
	{ \
		FIELDS(RECORD_PLACE_, N) N##_count \
	}

#endif
