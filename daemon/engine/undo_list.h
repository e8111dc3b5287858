#ifndef LIAISON_ENGINE_UNDO_LIST_H
#define LIAISON_ENGINE_UNDO_LIST_H

#include "contact_change.h"
#include "undo.h"

/* A contact's change that is taken back, and of it what is not one value: addresses, domains, fields of
 * one's own, labels, the picture. */

struct undo_change {
	struct call *call;
	struct undo_run *run;
	const struct undo_entry *entry;
	struct change change;
	const char *title; /* of the contact */
	const char *fields; /* "city, phone": what goes back, or NULL */
};

void undo_keep_field(struct undo_change *back, const char *field, const char *why);
void undo_name_field(struct undo_change *back, const char *field);
bool undo_is_list(const char *name);
/* Stores those of the entry, what was and what is written into the change's objects. */
int undo_lists(struct undo_change *back, struct err *err);

/* What its files share. */
extern const char UNDO_CHANGED_SINCE[]; /* why something is kept */
bool undo_has_item(const json_t *list, const json_t *item);
/* undo_label.c: the labels of a kind as they are now; and what of a change goes back. */
int undo_write_labels(
	struct undo_change *back, const char *name, struct json_out *out, struct err *err);
int undo_take_labels(struct undo_change *back, const char *kind, const json_t *present,
	const json_t *old, const json_t *wrote, struct err *err);

#endif
