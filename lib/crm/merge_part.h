#ifndef LIAISON_CRM_MERGE_PART_H
#define LIAISON_CRM_MERGE_PART_H

#include "liaison/base/arena.h"
#include "liaison/crm/merge.h"
#include "liaison/store/sql.h"

/* What a contact has beside its own row, table by table: how rows go from one contact to another and
 * back. A row is a JSON object of its columns; ?1 is one, ?2 whose it is. */

struct merge_part {
	const char *name; /* in merge_row and in the counts */
	const char *table, *column; /* where the contact stands; of no rows: NULL */
	/* ?3 rows that ?1 has, each beside the rows of ?2 that it cannot stand beside: row, mark, the other's
	 * row, and where one of the two values would be lost its name, the value of ?2 and that of ?1. */
	const char *rows;
	const char *left; /* how many ?1 has, and how many of these the other one has, too */
	const char *mark; /* by which it is told whether somebody changed the row since */
	const char *move; /* to ?3; nothing happens where that has it already */
	const char *drop;
	const char *restore; /* ?3: the other contact of the merge */
	const char *back; /* sets what a merge changed of a row that stayed or was moved; or NULL */
	bool many; /* without conflicts: goes in as many transactions as it takes */
};

/* Ends with a NULL name; merged in this order, taken back in the other one. */
extern const struct merge_part merge_parts[];
const struct merge_part *merge_part_find(const char *name);
/* Places of contacts that a merge leaves alone, as they are derived and made anew: "table.column". */
extern const char *const merge_derived[];

/* SQL: the company that row ?1 had, or whom that went up in; none when it became a person. */
#define MERGE_COMPANY \
	"(SELECT x.id FROM contact x WHERE x.type = 'company' AND x.id = coalesce(" \
	"(SELECT c.id FROM contact c WHERE c.id = ?1 ->> '$.company_id')," \
	" (SELECT m.into_id FROM merge m WHERE m.merged_id = ?1 ->> '$.company_id')))"

/* A merge under way. */
struct merge {
	struct store *store;
	struct arena *arena;
	int64_t id, from, into;
	int64_t now, until_ms; /* until_ms: of the monotonic clock; then others have their turn */
	int64_t place; /* of the last row noted */
	const char *const *take;
	unsigned take_count;
	bool *taken; /* of take: it was of use */
	struct merge_result *result;
};

/* Whether the merged one's value was asked for. */
bool merge_takes(struct merge *merge, const char *field);
/* Adds a conflict to the result. */
void merge_conflict(
	struct merge *merge, const char *field, const char *into, const char *merged, bool taken);

enum merge_what { MERGE_MOVED, MERGE_CHANGED, MERGE_DROPPED, MERGE_REPLACED };
const char *merge_what_word(enum merge_what what);
struct merge_count *merge_count_of(struct merge_result *result, const char *part);
/* Counts what was noted. */
int merge_count_noted(struct merge *merge, struct err *err);
/* Notes what was done with a row. before, after: JSON. */
int merge_note(struct merge *merge, const struct merge_part *part, enum merge_what what,
	const char *before, const char *after, struct err *err);
/* Runs a statement of ?1, ?2 and, unless 0, ?3; *changed tells whether a row was changed; may be NULL. */
int merge_run(struct store *store, const char *sql, const char *row, int64_t whose, int64_t other,
	bool *changed, struct err *err);
/* The mark of a row, NULL when whose has it no more. */
int merge_mark(struct store *store, struct arena *arena, const struct merge_part *part,
	const char *row, int64_t whose, const char **mark, struct err *err);

/* How many rows of a part are still to go over, and how many of these the survivor has, too. */
int merge_count_left(struct store *store, const struct merge_part *part,
	const struct merge_result *result, int64_t *rows, int64_t *dropped, struct err *err);
/* A person who went over, or came back, shows another company. */
int merge_follow_person(struct merge *merge, const char *row, struct err *err);
bool merge_is_over(const struct merge *merge);

/* What the parts do not do by themselves, before they are moved: merge_special.c. */
int merge_emails(struct merge *merge, struct err *err);
/* What a contact holds twice at a time, which merges taken back in another order leave. */
int merge_emails_unite(struct merge *merge, int64_t contact, struct err *err);
int merge_addresses(struct merge *merge, struct err *err);
int merge_separated(struct merge *merge, struct err *err);
int merge_picture(struct merge *merge, struct err *err); /* merge_picture.c */
/* An interaction that both had is ambiguous no more if nobody else was meant: row is the survivor's. */
int merge_settle_link(struct merge *merge, const char *row, struct err *err);

/* merge_field.c: the fields of their own. Fills what is blank, takes what was asked for; after is
 * changed in place. */
void merge_fields(struct merge *merge, const struct contact *from, const struct contact *into,
	struct contact *after);
/* Sets what the merge changed, and nobody since, to what it was: JSON of both. */
int merge_fields_back(struct arena *arena, const char *before, const char *after,
	struct contact *contact, struct err *err);

#endif
