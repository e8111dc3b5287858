#include <string.h>

#include "contact_row.h"
#include "liaison/base/text.h"

/* What an edit changed, for the journal. */

static void
write_field(struct json_out *out, struct contact *contact, const struct contact_field *field)
{
	switch (field->type) {
	case CONTACT_TEXT:
		json_text(out, field->name, *contact_text_field(contact, field));
		return;
	case CONTACT_FLAG:
		json_bool(out, field->name, *contact_flag_field(contact, field));
		return;
	}
}

static bool
differs(struct contact *a, struct contact *b, const struct contact_field *field)
{
	if (field->type == CONTACT_FLAG)
		return *contact_flag_field(a, field) != *contact_flag_field(b, field);
	return !text_same(*contact_text_field(a, field), *contact_text_field(b, field));
}

bool
contact_differs(const struct contact *a, const struct contact *b)
{
	struct contact left = *a, right = *b;

	for (const struct contact_field *f = contact_fields; f->name != NULL; f++) {
		if (differs(&left, &right, f))
			return true;
	}
	return left.company_id != right.company_id;
}

void
contact_diff_write(const struct contact *before, const struct contact *after,
	struct json_out *old_fields, struct json_out *new_fields)
{
	struct contact old = *before, new = *after;

	json_int(old_fields, "version", old.version);
	json_int(new_fields, "version", new.version);
	for (const struct contact_field *f = contact_fields; f->name != NULL; f++) {
		if (!differs(&old, &new, f))
			continue;
		write_field(old_fields, &old, f);
		write_field(new_fields, &new, f);
	}
	if (old.company_id != new.company_id) {
		json_int(old_fields, "company", old.company_id);
		json_int(new_fields, "company", new.company_id);
	}
}
