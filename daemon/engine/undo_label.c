#include "undo_list.h"

#include <string.h>

#include "liaison/crm/contact_label.h"

/* Labels that are taken back: each by itself. */

int
undo_write_labels(struct undo_change *back, const char *name, struct json_out *out, struct err *err)
{
	return contact_labels_write(
		back->call->store, back->change.before.id, name, name, out, err);
}

/* A code, and the word behind it. */
static void
split_label(
	struct undo_change *back, const char *kind, const json_t *item, struct contact_label *out)
{
	const char *text = json_string_value(item), *blank = strchr(text, ' ');

	*out = (struct contact_label){ .kind = kind,
		.code = arena_text_n(back->call->arena, text, strcspn(text, " ")),
		.word = blank != NULL ? arena_text(back->call->arena, blank + 1) : NULL };
}

/* The items of one list that the other has not. */
static int
take_items(struct undo_change *back, const char *kind, const json_t *items, const json_t *other,
	const json_t *present, bool bring, unsigned *taken, struct err *err)
{
	struct call *call = back->call;
	size_t i;
	json_t *item;

	json_array_foreach(items, i, item)
	{
		struct contact_label label;
		bool added;

		if (undo_has_item(other, item))
			continue;
		if (undo_has_item(present, item) == bring) {
			undo_keep_field(back, kind, UNDO_CHANGED_SINCE);
			continue;
		}
		split_label(back, kind, item, &label);
		if ((bring ? contact_label_add(call->store, call->arena, back->change.before.id,
				     &label, &added, err)
			   : contact_label_remove(call->store, back->change.before.id, kind,
				     label.code, err)) < 0)
			return -1;
		++*taken;
	}
	return 0;
}

int
undo_take_labels(struct undo_change *back, const char *kind, const json_t *present,
	const json_t *old, const json_t *wrote, struct err *err)
{
	unsigned taken = 0;

	if (take_items(back, kind, wrote, old, present, false, &taken, err) < 0 ||
		take_items(back, kind, old, wrote, present, true, &taken, err) < 0)
		return -1;
	if (taken > 0)
		undo_name_field(back, kind);
	return 0;
}
