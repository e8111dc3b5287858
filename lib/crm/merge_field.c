#include <string.h>

#include "contact_row.h"
#include "liaison/base/text.h"
#include "merge_part.h"

/* The fields of two contacts that become one. What is blank is filled; where both say something, the
 * survivor's stays unless the other's is asked for. A name and an address are not mixed of two. */

enum group { ALONE, NAME, ADDRESS };

static const struct {
	const char *field;
	enum group group;
} groups[] = {
	{ "name", NAME },
	{ "first_name", NAME },
	{ "middle_name", NAME },
	{ "surname", NAME },
	{ "street", ADDRESS },
	{ "street_2", ADDRESS },
	{ "post_code", ADDRESS },
	{ "city", ADDRESS },
	{ "county", ADDRESS },
	{ "country", ADDRESS },
};

static enum group
group_of(const struct contact_field *field)
{
	for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
		if (strcmp(groups[i].field, field->name) == 0)
			return groups[i].group;
	}
	return ALONE;
}

static bool
clash(const char *a, const char *b)
{
	return a != NULL && b != NULL && !text_same(a, b);
}

/* Both have an address, and not the same. */
static bool
addresses_clash(struct contact *from, struct contact *into)
{
	for (const struct contact_field *f = contact_fields; f->name != NULL; f++) {
		if (f->type == CONTACT_TEXT && group_of(f) == ADDRESS &&
			clash(*contact_text_field(from, f), *contact_text_field(into, f)))
			return true;
	}
	return false;
}

static void
copy_name(const struct contact *from, struct contact *to)
{
	to->name = from->name;
	to->first_name = from->first_name;
	to->middle_name = from->middle_name;
	to->surname = from->surname;
}

static void
merge_name(struct merge *merge, const struct contact *from, const struct contact *into,
	struct contact *after)
{
	bool taken;

	if (text_same(from->name, into->name))
		return;
	taken = merge_takes(merge, "name");
	merge_conflict(merge, "name", into->name, from->name, taken);
	if (taken)
		copy_name(from, after);
}

/* whole: what is blank stays so, as it belongs to what the two differ in. */
static void
merge_text(struct merge *merge, const char *name, const char *theirs, const char *ours, bool whole,
	const char **to)
{
	bool taken;

	if (theirs == NULL || text_same(theirs, ours))
		return;
	if (ours == NULL && !whole) {
		*to = theirs;
		return;
	}
	taken = merge_takes(merge, name);
	merge_conflict(merge, name, ours, theirs, taken);
	if (taken)
		*to = theirs;
}

static const char SELECT_NO[] = "SELECT no FROM contact WHERE id = ?";

static const char *
number_of(struct merge *merge, int64_t id)
{
	struct stmt *q = sql_prepare(merge->store, SELECT_NO);
	const char *no = NULL;
	struct err ignored;

	stmt_bind_int(q, id);
	if (stmt_row(q))
		no = stmt_text_copy(q, merge->arena);
	stmt_end(q, &ignored);
	return no;
}

static void
merge_company(struct merge *merge, const struct contact *from, const struct contact *into,
	struct contact *after)
{
	bool taken;

	if (from->company_id == 0 || from->company_id == into->company_id)
		return;
	if (into->company_id == 0) {
		after->company_id = from->company_id;
		return;
	}
	taken = merge_takes(merge, "company");
	merge_conflict(merge, "company", number_of(merge, into->company_id),
		number_of(merge, from->company_id), taken);
	if (taken)
		after->company_id = from->company_id;
}

/* What one of them forbade is forbidden. */
void
merge_fields(struct merge *merge, const struct contact *from, const struct contact *into,
	struct contact *after)
{
	struct contact theirs = *from, ours = *into;
	bool apart = addresses_clash(&theirs, &ours);

	merge_name(merge, from, into, after);
	for (const struct contact_field *f = contact_fields; f->name != NULL; f++) {
		if (f->type == CONTACT_FLAG) {
			if (*contact_flag_field(&theirs, f))
				*contact_flag_field(after, f) = true;
		} else if (group_of(f) != NAME) {
			merge_text(merge, f->name, *contact_text_field(&theirs, f),
				*contact_text_field(&ours, f), apart && group_of(f) == ADDRESS,
				contact_text_field(after, f));
		}
	}
	merge_company(merge, from, into, after);
}

/* ---- back ---- */

static void
field_back(struct arena *arena, const struct contact_field *f, const json_t *was, const json_t *is,
	struct contact *contact)
{
	if (f->type == CONTACT_FLAG) {
		if (*contact_flag_field(contact, f) == json_is_true(is))
			*contact_flag_field(contact, f) = json_is_true(was);
	} else if (text_same(*contact_text_field(contact, f), json_string_value(is))) {
		*contact_text_field(contact, f) = arena_text(arena, json_string_value(was));
	}
}

/* The name's parts go with it, or not at all. */
static void
fields_back(struct arena *arena, const json_t *was, const json_t *is, struct contact *contact)
{
	const json_t *name = json_object_get(is, "name");
	bool renamed = name != NULL && !text_same(contact->name, json_string_value(name));

	for (const struct contact_field *f = contact_fields; f->name != NULL; f++) {
		if (json_object_get(is, f->name) == NULL || (renamed && group_of(f) == NAME))
			continue;
		field_back(arena, f, json_object_get(was, f->name), json_object_get(is, f->name),
			contact);
	}
	if (json_object_get(is, "company") != NULL &&
		contact->company_id == json_integer_value(json_object_get(is, "company")))
		contact->company_id = json_integer_value(json_object_get(was, "company"));
}

int
merge_fields_back(struct arena *arena, const char *before, const char *after,
	struct contact *contact, struct err *err)
{
	json_t *was = NULL, *is = NULL;
	int result = json_line_parse(before, strlen(before), &was, err);

	if (result == 0)
		result = json_line_parse(after, strlen(after), &is, err);
	if (result == 0)
		fields_back(arena, was, is, contact);
	json_decref(was);
	json_decref(is);
	return result;
}
