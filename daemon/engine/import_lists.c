#include "import_row.h"

#include <string.h>

#include "contact_change.h"
#include "liaison/base/address.h"
#include "liaison/base/clock.h"
#include "liaison/base/text.h"
#include "liaison/crm/contact_label.h"
#include "liaison/crm/field.h"

/* What belongs to the contact of a row. */

static int
add_label(struct row *row, int64_t id, const char *kind, const struct list_element *element,
	struct err *err)
{
	struct contact_label label = {
		.kind = kind, .code = element->key, .word = list_attribute(element, "word")
	};
	bool added;

	if (contact_label_add(row->call->store, row->call->arena, id, &label, &added, err) < 0)
		return -1;
	row->changed |= added;
	return 0;
}

static int
add_domain(struct row *row, int64_t id, const char *typed, struct err *err)
{
	const char **domains;
	unsigned count;
	char *domain;

	if (domain_canonical(row->call->arena, typed, &domain, err) < 0 ||
		contact_domains(row->call->store, row->call->arena, id, &domains, &count, err) < 0)
		return -1;
	for (unsigned i = 0; i < count; i++) {
		if (strcmp(domains[i], domain) == 0)
			return 0;
	}
	row->changed = true;
	return give_domain(row->call, id, domain, err);
}

static int
add_note(struct row *row, int64_t id, const char *text, const struct list_element *element,
	struct err *err)
{
	struct call *call = row->call;
	const char *at = element != NULL ? list_attribute(element, "at") : NULL;
	const char *user = element != NULL ? list_attribute(element, "user") : NULL;
	int64_t time = call->now, note;
	int offset;
	bool has;

	if (at != NULL && (time_parse(at, &time, &offset) < 0 || time > call->now))
		return fail_field(err, ERR_USAGE, "at", "'%.60s' is no moment of the past", at);
	if (import_has_note(call->store, id, text, &has, err) < 0)
		return -1;
	if (has)
		return 0;
	row->changed = true;
	if (contact_note_add(
		    call->store, id, user != NULL ? user : call->user, text, time, &note, err) < 0)
		return -1;
	return call_journal_of(call, id, "contact-note", note, NULL,
		arena_printf(call->arena, "{\"contact\":%lld}", (long long)id), err);
}

static int
set_field(struct row *row, int64_t id, const struct import_value *value, struct err *err)
{
	struct call *call = row->call;

	if (value->text[0] == '\0' && !row->rule->clear)
		return 0;
	return field_set(call->store, call->arena, id,
		arena_printf(call->arena, "%s=%s", value->target.name, value->text), call->zone,
		call->now, err);
}

static int
add_email(struct row *row, int64_t id, const struct list_element *element, bool fresh, bool *added,
	struct err *err)
{
	const char *address = NULL;

	if (import_email(row->call, id, element, fresh && row->email_count == 0, added,
		    &row->out->shares, &address, err) < 0)
		return -1;
	row->email_count++;
	row->only_email = fresh && row->email_count == 1 &&
					  list_attribute(element, "removed") == NULL
				  ? address
				  : NULL;
	return 0;
}

static int
add_element(struct row *row, int64_t id, const struct import_target *target,
	const struct list_element *element, bool fresh, struct err *err)
{
	bool added = false;
	int result = 0;

	if (target->kind == TARGET_EMAIL)
		result = add_email(row, id, element, fresh, &added, err);
	else if (target->kind == TARGET_DOMAIN)
		result = add_domain(row, id, element->key, err);
	else if (target->kind == TARGET_LABEL)
		result = add_label(row, id, target->name, element, err);
	else if (target->kind == TARGET_ANSWER)
		result = import_given(row->call, id, element, &added, err);
	else if (target->kind == TARGET_NOTE)
		result = add_note(row, id, element->key, element, err);
	else
		result = import_part(row->call, target->noun, id, element, fresh, &added, err);
	row->changed |= added;
	return result;
}

/* Addresses that were removed come first, as a newer one may be the same. */
static int
add_elements(struct row *row, int64_t id, const struct import_value *value, bool fresh,
	bool removed, struct err *err)
{
	const char *at = value->text;
	struct list_element element;

	while (list_next(row->call->arena, &at, &element)) {
		bool was = value->target.kind == TARGET_EMAIL &&
			   list_attribute(&element, "removed") != NULL;

		if (was == removed &&
			add_element(row, id, &value->target, &element, fresh, err) < 0)
			return -1;
	}
	return 0;
}

static bool
is_one_text(const struct import_target *target)
{
	return strcmp(target->name, "note") == 0 || strcmp(target->name, "link") == 0;
}

static int
add_value(
	struct row *row, int64_t id, const struct import_value *value, bool fresh, struct err *err)
{
	struct list_element whole = { .key = text_trim(
					      row->call->arena, value->text, strlen(value->text)) };

	switch (value->target.kind) {
	case TARGET_NONE:
	case TARGET_NO:
	case TARGET_PLAIN:
	case TARGET_COMPANY_NO:
	case TARGET_COMPANY_NAME:
		return 0;
	case TARGET_FIELD:
		return set_field(row, id, value, err);
	case TARGET_EMAIL:
		if (add_elements(row, id, value, fresh, true, err) < 0)
			return -1;
		return add_elements(row, id, value, fresh, false, err);
	case TARGET_DOMAIN:
	case TARGET_LABEL:
	case TARGET_PART:
	case TARGET_NOTE:
	case TARGET_ANSWER:
		if (is_one_text(&value->target))
			return whole.key[0] == '\0'
				       ? 0
				       : add_element(row, id, &value->target, &whole, fresh, err);
		return add_elements(row, id, value, fresh, false, err);
	}
	return 0;
}

int
row_add_lists(struct row *row, int64_t id, bool fresh, struct err *err)
{
	for (unsigned i = 0; i < row->count; i++) {
		if (add_value(row, id, &row->values[i], fresh, err) < 0)
			return -1;
	}
	return 0;
}

static bool
gives_label(const struct row *row, const char *kind)
{
	for (unsigned i = 0; i < row->count; i++) {
		if (row->values[i].target.kind == TARGET_LABEL && row->values[i].text[0] != '\0' &&
			strcmp(row->values[i].target.name, kind) == 0)
			return true;
	}
	return false;
}

int
row_write_lists(struct row *row, int64_t id, struct json_out *out, struct err *err)
{
	static const char *const KINDS[] = { "mailing-group", "industry-group", "responsibility",
		"web-source", "tag" };
	unsigned which = (row_gives(row, TARGET_EMAIL) ? CHANGE_EMAILS : 0) |
			 (row_gives(row, TARGET_DOMAIN) ? CHANGE_DOMAINS : 0) |
			 (row_gives(row, TARGET_FIELD) || row->rule->clear ? CHANGE_FIELDS : 0);

	if (row->only_email != NULL) {
		which &= ~(unsigned)CHANGE_EMAILS;
		json_array_begin(out, "email");
		json_text(out, NULL, row->only_email);
		json_array_end(out);
	}
	if (change_lists(row->call, id, which, out, err) < 0)
		return -1;
	for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++) {
		if (!gives_label(row, KINDS[i]))
			continue;
		if (contact_labels_write(row->call->store, id, KINDS[i], KINDS[i], out, err) < 0)
			return -1;
	}
	return 0;
}
