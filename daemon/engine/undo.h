#ifndef LIAISON_ENGINE_UNDO_H
#define LIAISON_ENGINE_UNDO_H

#include "command.h"
#include "liaison/crm/merge.h"
#include "liaison/crm/undo.h"

/* Taking back: what the entries of a batch say was done is done the other way round, the last first. A
 * value that is not what the entry wrote any more is left and counted as kept, with the reason. */

enum { UNDO_TOLD = 20 }; /* changes, and reasons, that the answer names */

/* One undo; it lasts for as many transactions as it takes. */
struct undo_run {
	struct undo undo;
	struct undo_batch batch;
	int64_t done; /* entries, in this run of the command */
	bool begun;
	bool again; /* the entry at hand takes another transaction */
	struct merge_result merge; /* that it takes back, while it does */
	const char *changes[UNDO_TOLD],
		*kept[UNDO_TOLD]; /* JSON objects that outlast the transaction */
	unsigned change_count, kept_count;
};

/* One transaction's part of taking an entry's batch back. *more: another one is needed. */
int undo_turn(struct call *call, struct undo_run *run, int64_t entry, bool *more, struct err *err);

enum undo_what { UNDO_CHANGED, UNDO_ADDED, UNDO_REMOVED };

/* One entry, by its noun; in a savepoint that is undone when it fails. json: what it says, NULL for none. */
struct undo_entry {
	const struct audit_entry *entry;
	const json_t *before, *after;
};
typedef int
undo_noun(struct call *call, struct undo_run *run, const struct undo_entry *entry, struct err *err);
undo_noun undo_contact, undo_contact_links, undo_contact_past, undo_contact_note, undo_profile,
	undo_record;

/* The addresses of a salesperson, as far as the entry says them. */
int undo_salesperson_emails(struct call *call, struct undo_run *run, const struct undo_entry *entry,
	const char *code, bool *changed, struct err *err);

/* Counts a record that is as it was before again; fields: "city, phone", or NULL. */
void undo_tell(struct call *call, struct undo_run *run, const struct undo_entry *entry,
	enum undo_what what, const char *name, const char *fields);
/* Counts what is left as it is. field NULL: all of it. */
void undo_keep_it(struct call *call, struct undo_run *run, const struct undo_entry *entry,
	const char *name, const char *field, const char *why);

#endif
