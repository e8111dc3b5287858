#include "undo_list.h"

#include <stdlib.h>
#include <string.h>

#include "liaison/crm/contact_picture.h"
#include "liaison/crm/contact_label.h"
#include "liaison/crm/contact_past.h"
#include "liaison/crm/field.h"

const char UNDO_CHANGED_SINCE[] = "it was changed since";

void
undo_keep_field(struct undo_change *back, const char *field, const char *why)
{
	undo_keep_it(back->call, back->run, back->entry, back->title, field, why);
}

void
undo_name_field(struct undo_change *back, const char *field)
{
	back->fields = back->fields == NULL
			       ? field
			       : arena_printf(back->call->arena, "%s, %s", back->fields, field);
}

bool
undo_has_item(const json_t *list, const json_t *item)
{
	size_t i;
	json_t *one;

	json_array_foreach(list, i, one)
	{
		if (json_equal(one, item))
			return true;
	}
	return false;
}

/* The value that a list has now, as change_lists and the like write it; to be given up. */
typedef int
write_list(struct undo_change *back, const char *name, struct json_out *out, struct err *err);

static int
read_present(struct undo_change *back, const char *name, write_list *write, json_t **out,
	struct err *err)
{
	struct text text = { 0 };
	struct json_out json;
	json_t *object = NULL;
	int result;

	json_out_init(&json, &text);
	json_object_begin(&json, NULL);
	result = write(back, name, &json, err);
	json_object_end(&json);
	if (result == 0)
		result = json_line_parse(text.bytes, text.size, &object, err);
	text_clear(&text);
	if (result == 0)
		*out = json_incref(json_object_get(object, name));
	json_decref(object);
	return result;
}

/* ---- one address, as contact email add and remove journal it ---- */

static int
write_emails(struct undo_change *back, const char *name, struct json_out *out, struct err *err)
{
	(void)name;
	return change_lists(back->call, back->change.before.id, CHANGE_EMAILS, out, err);
}

static const char EMAIL_SPANS[] = "email_spans";

static int
write_spans(struct undo_change *back, const char *name, struct json_out *out, struct err *err)
{
	return contact_email_spans_write(back->call->store, back->change.before.id, name, out, err);
}

static int
bring_email(struct undo_change *back, const char *address, struct err *err)
{
	struct call *call = back->call;
	int64_t id = back->change.before.id;
	bool removed;

	if (contact_email_revive(call->store, call->arena, id, address, back->entry->entry->before,
		    back->entry->entry->at, &removed, err) < 0)
		return -1;
	if (removed && json_is_true(json_object_get(back->entry->before, "primary")))
		return contact_email_choose(call->store, id, address, err);
	return removed ? 0 : give_email(call, id, address, err);
}

static int
take_email(struct undo_change *back, const json_t *present, const json_t *old, const json_t *wrote,
	struct err *err)
{
	struct call *call = back->call;
	const char *added = json_string_value(wrote), *removed = json_string_value(old);

	if (added != NULL && !undo_has_item(present, wrote)) {
		undo_keep_field(back, "email", UNDO_CHANGED_SINCE);
		return 0;
	}
	if (removed != NULL && undo_has_item(present, old)) {
		undo_keep_field(back, "email", UNDO_CHANGED_SINCE);
		return 0;
	}
	if (added != NULL && contact_email_remove(call->store, call->arena, back->change.before.id,
				     added, call->now, err) < 0)
		return -1;
	if (removed != NULL && bring_email(back, removed, err) < 0)
		return -1;
	undo_name_field(back, "email");
	return 0;
}

/* ---- all addresses, or domains ---- */

static const char *const *
words_of(struct undo_change *back, const json_t *list, unsigned *count)
{
	const char **words = arena_array(
		back->call->arena, json_array_size(list) + 1, sizeof *words);
	size_t i;
	json_t *one;

	*count = (unsigned)json_array_size(list);
	json_array_foreach(list, i, one) words[i] = json_string_value(one);
	return words;
}

static int
take_emails(struct undo_change *back, const json_t *present, const json_t *old, struct err *err)
{
	unsigned count;
	const char *const *words = words_of(back, old, &count);

	for (unsigned i = 0; i < count; i++) {
		struct call *call = back->call;
		bool removed;

		if (!undo_has_item(present, json_array_get(old, i)) &&
			contact_email_revive(call->store, call->arena, back->change.before.id,
				words[i], back->entry->entry->before, back->entry->entry->at,
				&removed, err) < 0)
			return -1;
	}
	return change_emails(back->call, back->change.before.id, words, count, err);
}

static int
take_domains(struct undo_change *back, const json_t *present, const json_t *old, struct err *err)
{
	unsigned count;
	const char *const *words = words_of(back, old, &count);

	(void)present;
	return change_domains(back->call, back->change.before.id, words, count, err);
}

static int
write_domains(struct undo_change *back, const char *name, struct json_out *out, struct err *err)
{
	(void)name;
	return change_lists(back->call, back->change.before.id, CHANGE_DOMAINS, out, err);
}

/* ---- fields of one's own: each by itself ---- */

static int
write_fields(struct undo_change *back, const char *name, struct json_out *out, struct err *err)
{
	(void)name;
	return change_lists(back->call, back->change.before.id, CHANGE_FIELDS, out, err);
}

static const char *
field_words(struct undo_change *back, const json_t *value)
{
	if (value == NULL)
		return "";
	if (json_is_string(value))
		return json_string_value(value);
	if (json_is_boolean(value))
		return json_is_true(value) ? "true" : "false";
	return arena_printf(back->call->arena, "%.17g", json_number_value(value));
}

static int
take_field(struct undo_change *back, const char *name, const json_t *present, const json_t *old,
	const json_t *wrote, struct err *err)
{
	struct call *call = back->call;
	const char *label = arena_printf(call->arena, "field.%s", name);

	if (json_equal(old, wrote) || json_equal(present, old) || (present == NULL && old == NULL))
		return 0;
	if (!json_equal(present, wrote) && !(present == NULL && wrote == NULL)) {
		undo_keep_field(back, label, UNDO_CHANGED_SINCE);
		return 0;
	}
	if (field_set(call->store, call->arena, back->change.before.id,
		    arena_printf(call->arena, "%s=%s", name, field_words(back, old)), call->zone,
		    call->now, err) < 0)
		return -1;
	undo_name_field(back, label);
	return 0;
}

static int
take_fields(struct undo_change *back, const json_t *present, const json_t *old, const json_t *wrote,
	struct err *err)
{
	json_t *names = json_object();
	const char *name;
	json_t *value;
	int result = 0;

	json_object_update(names, (json_t *)(uintptr_t)old);
	json_object_update(names, (json_t *)(uintptr_t)wrote);
	json_object_foreach(names, name, value)
	{
		if (result == 0)
			result = take_field(back, name, json_object_get(present, name),
				json_object_get(old, name), json_object_get(wrote, name), err);
	}
	json_decref(names);
	return result;
}

/* ---- the picture ---- */

static int
write_picture(struct undo_change *back, const char *name, struct json_out *out, struct err *err)
{
	return contact_picture_digest(back->call->store, back->change.before.id, name, out, err);
}

static int
take_picture(struct undo_change *back, const json_t *old, struct err *err)
{
	struct call *call = back->call;
	int64_t file = 0;

	if (json_is_string(old) && file_find(call->store, json_string_value(old), &file, err) < 0)
		return -1;
	return contact_picture_put(call->store, back->change.before.id, file, call->now, err);
}

/* ---- all of them ---- */

static bool
is_label(const char *name)
{
	for (unsigned i = 0; contact_label_kinds[i] != NULL; i++) {
		if (strcmp(contact_label_kinds[i], name) == 0)
			return true;
	}
	return false;
}

bool
undo_is_list(const char *name)
{
	return strcmp(name, "email") == 0 || strcmp(name, "domain") == 0 ||
	       strcmp(name, "fields") == 0 || strcmp(name, "picture") == 0 || is_label(name);
}

static write_list *
writer_of(const char *name)
{
	if (strcmp(name, "email") == 0)
		return write_emails;
	if (strcmp(name, "domain") == 0)
		return write_domains;
	if (strcmp(name, "fields") == 0)
		return write_fields;
	return strcmp(name, "picture") == 0 ? write_picture : undo_write_labels;
}

/* A list that was written whole goes back whole, if it is what was written. */
static int
take_whole(struct undo_change *back, const char *name, const json_t *present, const json_t *old,
	const json_t *wrote, struct err *err)
{
	int result;

	if (json_equal(present, old))
		return 0;
	if (!json_equal(present, wrote)) {
		undo_keep_field(back, name, UNDO_CHANGED_SINCE);
		return 0;
	}
	if (strcmp(name, "email") == 0)
		result = take_emails(back, present, old, err);
	else if (strcmp(name, "domain") == 0)
		result = take_domains(back, present, old, err);
	else
		result = take_picture(back, old, err);
	if (result == 0)
		undo_name_field(back, name);
	return result;
}

static int
take_list(struct undo_change *back, const char *name, const json_t *present, const json_t *old,
	const json_t *wrote, struct err *err)
{
	if (strcmp(name, "email") == 0 && !json_is_array(old) && !json_is_array(wrote))
		return take_email(back, present, old, wrote, err);
	if (strcmp(name, "fields") == 0)
		return take_fields(back, present, old, wrote, err);
	if (is_label(name))
		return undo_take_labels(back, name, present, old, wrote, err);
	return take_whole(back, name, present, old, wrote, err);
}

/* The journal's entry says all of the list, before and after. */
static int
change_list(struct undo_change *back, const char *name, const json_t *old, const json_t *wrote,
	struct err *err)
{
	write_list *write = writer_of(name);
	json_t *present = NULL, *now = NULL, *spans = NULL;
	const char *fields = back->fields;
	int result = read_present(back, name, write, &present, err);

	if (result == 0 && write == write_emails)
		result = read_present(back, EMAIL_SPANS, write_spans, &spans, err);
	if (result == 0)
		result = take_list(back, name, present, old, wrote, err);
	if (result == 0 && back->fields != fields) {
		result = read_present(back, name, write, &now, err);
		if (result == 0) {
			json_value(&back->change.old_fields, name, present);
			if (spans != NULL)
				json_value(&back->change.old_fields, EMAIL_SPANS, spans);
			json_value(&back->change.new_fields, name, now);
		}
	}
	json_decref(present);
	json_decref(spans);
	json_decref(now);
	return result;
}

int
undo_lists(struct undo_change *back, struct err *err)
{
	const char *name;
	json_t *wrote;

	json_object_foreach((json_t *)(uintptr_t)back->entry->after, name, wrote)
	{
		const json_t *old = json_object_get(back->entry->before, name);

		if (undo_is_list(name) && change_list(back, name, old, wrote, err) < 0)
			return -1;
	}
	return 0;
}
