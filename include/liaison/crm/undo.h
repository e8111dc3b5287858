#ifndef LIAISON_CRM_UNDO_H
#define LIAISON_CRM_UNDO_H

#include "liaison/store/audit.h"
#include "liaison/store/sql.h"

/* Batches of the journal's entries, one a command, and what was taken back of them. A row is written
 * with each part of the entries, so that an undo that was interrupted goes on where it was. */

struct undo {
	int64_t id;
	int64_t batch; /* what is taken back */
	int64_t by; /* the batch of its own entries */
	int64_t next; /* entries up to here are still to be taken back; 0: done */
	int64_t entries; /* of the batch */
	int64_t changed, added, removed, kept;
};

/* The batch an entry belongs to: its newest entry, how many there are, the command that made them, or
 * that made what they took back. ERR_NOT_FOUND: the journal has no such entry. */
struct undo_batch {
	int64_t id, last, entries;
	const char *method; /* arena */
	bool is_undo; /* it took something back itself */
};
int undo_batch(struct store *store, struct arena *arena, int64_t entry, struct undo_batch *out,
	struct err *err);
/* At most max entries of the batch up to one, the newest first; entries in arena. */
int undo_entries(struct store *store, struct arena *arena, int64_t batch, int64_t up_to,
	unsigned max, struct audit_entry **out, unsigned *count, struct err *err);

/* The newest undo of the batch; out->id 0: there was none. */
int undo_find(struct store *store, int64_t batch, struct undo *out, struct err *err);
/* Its effects are undone, and that was not undone in turn; an undo that kept everything is none. */
int undo_is_undone(struct store *store, int64_t batch, bool *undone, struct err *err);
int undo_add(struct store *store, struct undo *undo, struct err *err);
int undo_keep(struct store *store, const struct undo *undo, struct err *err);

/* Whether anybody changed a record after an entry in another batch that was not undone; contact: or what
 * belongs to it, when it is not 0. own: a batch that does not count, beside the entry's. */
int undo_is_touched(struct store *store, const struct audit_entry *entry, int64_t contact,
	int64_t own, bool *touched, struct err *err);

#endif
