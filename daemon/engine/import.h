#ifndef LIAISON_ENGINE_IMPORT_H
#define LIAISON_ENGINE_IMPORT_H

#include "liaison/crm/contact.h"
#include "liaison/crm/import.h"
#include "liaison/crm/record.h"
#include "liaison/crm/series.h"
#include "liaison/wire/import.h"
#include "loop_call.h"
#include "mailbox.h"

/* contact.import: a file's bytes as the client sends them, its rows as parse reads them, window by
 * window, and each recorded by the writer, in transactions that others need not wait for. While one
 * window is recorded the next one is read, and no more of the file is taken than for these. */

enum {
	IMPORT_FILE_MAX = 100 << 20,
	IMPORT_AHEAD_MAX = 2 << 20, /* of bytes that wait for parse */
	IMPORT_WAITING_MAX = 32 << 20, /* of rows that wait for their company */
	IMPORT_SHOWN_MAX =
		100, /* errors, and what a dry run would change, that are told one by one */
	IMPORT_CHANGES_MAX = 1000,
	IMPORT_TOLD_MAX = 512 << 10, /* bytes of changes, after which no more are told */
};

/* ---- what a column, or a field of a vCard, is of a contact ---- */

enum target_kind {
	TARGET_NONE,
	TARGET_NO,
	TARGET_PLAIN, /* a text or flag of struct contact */
	TARGET_COMPANY_NO,
	TARGET_COMPANY_NAME,
	TARGET_EMAIL,
	TARGET_DOMAIN,
	TARGET_LABEL,
	TARGET_PART, /* a record that belongs to the contact */
	TARGET_NOTE, /* "notes" is a list of them, "note" the text of one */
	TARGET_ANSWER, /* to a question of a questionnaire, given by hand */
	TARGET_FIELD, /* one that people declared */
};

struct import_target {
	enum target_kind kind;
	const struct contact_field *field; /* TARGET_PLAIN */
	const struct record_noun *noun; /* TARGET_PART */
	const char *name; /* of it; of a label its kind, of a declared field without "field." */
};

/* By the name that contact.dump gives a column. kind TARGET_NONE: it is none. */
struct import_target import_target_find(struct arena *arena, const char *name);
/* preset: "bc", "hubspot", "espocrm" or NULL. */
struct import_target
import_column_find(struct arena *arena, const char *preset, const char *caption);

/* ---- lists within a cell: "a;b|kind=home", with \ before what stands for itself ---- */

struct list_attribute {
	const char *name, *value;
};

enum { LIST_ATTRIBUTES_MAX = 40 };

struct list_element {
	const char *key;
	struct list_attribute attributes[LIST_ATTRIBUTES_MAX];
	unsigned count;
};

/* The next element from *at on; false: there is none. */
bool list_next(struct arena *arena, const char **at, struct list_element *out);
const char *list_attribute(const struct list_element *element, const char *name);

/* ---- a row ---- */

struct import_rule {
	bool clear; /* a blank cell clears the field */
	bool create; /* a company that is not there is made */
	bool again; /* rows that are recorded come again */
	bool strict; /* a refused row refuses its batch */
	bool raw; /* a cell's leading ' is its own */
	bool exact; /* contact.dump wrote it: what is blank is blank, and nothing is inherited */
};

struct import_value {
	struct import_target target;
	const char *text;
};

/* Names and numbers that a dry run would have added, by hash. */
struct import_seen {
	uint64_t *slots; /* own */
	size_t count, room;
};

void import_seen_add(struct import_seen *seen, char kind, const char *text);
bool import_seen_has(const struct import_seen *seen, char kind, const char *text);

enum import_end { IMPORT_ADDED, IMPORT_CHANGED, IMPORT_SAME, IMPORT_WAITS };

struct import_diff {
	struct import_diff *next;
	const char *field, *before, *after; /* NULL: blank */
};

struct import_outcome {
	enum import_end end;
	int64_t id;
	const char *no, *name;
	unsigned companies; /* that were made for it */
	bool shares; /* an address with its company */
	int64_t company_id; /* such a one, or 0 */
	struct import_diff *first, *last;
};

/* What setup gives to new persons and companies, as far as it was asked for in this transaction, and
 * their numbers. */
struct import_defaults {
	const uint8_t *file; /* borrowed: the digest of the one they come from */
	struct arena *arena; /* borrowed: of the transaction */
	struct series_roll numbers;
	struct contact *models[2]; /* of a person, of a company */
	int64_t first_id; /* the first contact that this import added, or 0 */
	const char *company_name; /* of the last row with one, while no company changes; or NULL */
	struct contact company; /* which it is */
};

/* Records one row in the open transaction, with its journal entries. late: its company is
 * not waited for. seen: NULL unless it is a dry run. */
int import_apply(struct call *call, const struct import_rule *rule, struct import_seen *seen,
	struct import_defaults *defaults, const struct import_value *values, unsigned count,
	bool late, struct import_outcome *out, struct err *err);

void import_diff_add(struct arena *arena, struct import_outcome *out, const char *field,
	const char *before, const char *after);
/* A part given as an element of a list. *added false: the contact has it. */
int import_part(struct call *call, const struct record_noun *noun, int64_t contact,
	const struct list_element *element, bool fresh, bool *added, struct err *err);
/* An address, whose canonical form is *address. *added false: the contact has it. first: it has
 * none at all. shares is set when it is its company's, too: both are matched by it from now on. */
int import_email(struct call *call, int64_t contact, const struct list_element *element, bool first,
	bool *added, bool *shares, const char **address, struct err *err);

/* An answer: its questionnaire is the element's key. *added false: the contact gave it that day. */
int import_given(struct call *call, int64_t contact, const struct list_element *element,
	bool *added, struct err *err);

/* ---- a file ---- */

struct import_window_rows {
	struct import_window_rows *next;
	struct arena *arena; /* own */
	struct import_rows rows;
	unsigned at; /* the next row to record */
	bool careful; /* one of its rows was refused */
};

struct import_counts {
	int64_t rows, added, changed, same, skipped, refused, companies, recoded;
	int64_t first_recoded; /* its line */
	int64_t shared, first_shared;
};

struct import_run {
	struct work work; /* first */
	struct loop_call *call;
	struct engine *engine;
	struct arena *arena; /* own: what lives as long as the run */
	struct import_rule rule;
	const char *preset;
	enum import_type type;

	/* bytes */
	struct text bytes;
	int64_t received;
	bool whole; /* the last are there */
	size_t need; /* so many for the next window, unless all are there */

	/* parse */
	struct ask *ask; /* under way, or NULL */
	size_t asked; /* bytes of it */
	uint8_t state[IMPORT_STATE_MAX];
	size_t state_size;
	const char *encoding;
	char delimiter;
	int64_t left_out;
	const char *left[IMPORT_LEFT_MAX]; /* names of what is */
	unsigned left_count;
	struct import_target *columns; /* of CSV */
	const char **captions;
	int64_t first_id; /* the first contact that was added, or 0 */
	bool fields_known; /* those that columns name are declared */
	unsigned column_count;

	/* the writer, whose all of it is while it is working */
	struct import_window_rows *read, *current; /* the next, and the one that is recorded */
	struct import_window_rows waiting; /* rows whose company is not there yet */
	unsigned waiting_room;
	bool late; /* these are recorded now */
	bool working;
	struct import_file file;
	int64_t last_line; /* that was recorded of the file before this transaction */
	struct import_seen seen;
	struct import_defaults defaults;
	int64_t journal_batch;
	struct import_counts counts;
	struct text errors, changes; /* JSON, comma-separated */
	unsigned error_count, change_count; /* in these */
	bool write_failed;
	struct err write_err;
	struct undo_run *undo; /* of an import that is strict, once it failed */
	struct turns *undo_turns;
	bool settled; /* it is whole, or taken back */

	int64_t told_ms;
	bool failed;
	struct err err;
};

/* import.c */
void import_step(struct import_run *run);
void import_fail(struct import_run *run, const struct err *err);
/* import_read.c */
void import_ask(struct import_run *run);
void import_let_go(struct import_run *run);
int import_answer(struct ask *ask, const struct frame *frame, struct err *err);
void import_rejected(struct ask *ask, const char *error);
/* import_column.c */
int import_map(struct import_run *run, const struct import_row *header, struct err *err);
int import_map_check(const struct import_run *run, struct err *err);
/* import_cells.c */
/* What the row's cells are of a contact, into out, which has room for as many; how many there are. */
unsigned import_read_values(const struct import_run *run, struct arena *arena,
	const struct import_row *row, struct import_value *out);
struct import_mark import_mark_row(const struct import_row *row);
/* Whether so much waits that no further row may. */
bool import_is_full(const struct import_run *run);
/* Keeps a copy until the file's other rows are recorded; false: it is full. */
bool import_wait(struct import_run *run, const struct import_row *row);
/* import_write.c */
void import_record(struct import_run *run);
/* import_whole.c: whole or nothing. */
/* Whether its end takes the writer yet. */
bool import_is_open(const struct import_run *run);
void import_settle(struct import_run *run);
/* When the engine starts: takes back what the last one was ended within. */
int import_take_back_all(
	struct store *store, const struct config *config, unsigned *count, struct err *err);
/* import_tell.c */
void import_tell_error(struct import_run *run, uint32_t line, const struct err *err);
void
import_tell_change(struct import_run *run, uint32_t line, const struct import_outcome *outcome);
void import_tell_end(struct import_run *run);

int run_import_loop(struct loop_call *call, struct err *err);

#endif
