#include "cmd_record.h"

#include "liaison/base/text.h"
#include "liaison/crm/salesperson.h"
#include "record.h"

enum { DAY = 86400 };

/* ---- from parameters ---- */

int
call_read_day(struct call *call, const char *name, struct record_value *out, struct err *err)
{
	int64_t time = 0;
	int offset = 0;

	if (call_time(call, name, false, &time, &offset, &out->given, err) < 0)
		return -1;
	time += (int64_t)offset * 60;
	out->number = time - (time % DAY + DAY) % DAY;
	return 0;
}

static int
read_value(struct call *call, const struct record_field *field, struct record_value *out,
	struct err *err)
{
	*out = (struct record_value){ .given = call_count(call, field->name) > 0 };
	switch (field->type) {
	case RECORD_TEXT:
	case RECORD_CODE:
	case RECORD_ENUM:
	case RECORD_FORMULA:
		out->text = call_text(call, field->name);
		return 0;
	case RECORD_FLAG:
		out->given = true;
		out->number = call_flag(call, field->name);
		return 0;
	case RECORD_INTEGER:
	case RECORD_MINUTES:
		out->number = call_int(call, field->name, 0);
		return 0;
	case RECORD_MONEY:
		return call_money(call, field->name, &out->number, &out->given, err);
	case RECORD_PERCENT:
		out->number = call_percent(call, field->name);
		return 0;
	case RECORD_DECIMAL:
		return call_decimal(call, field->name, &out->number, err);
	case RECORD_DATE:
		return call_read_day(call, field->name, out, err);
	case RECORD_CONTACT:
		return out->given ? call_contact(call, field->name, false, &out->number, err) : 0;
	}
	return 0;
}

int
call_read_record(struct call *call, struct record *record, struct err *err)
{
	for (unsigned i = 0; i < record->noun->count; i++) {
		if (call_given(call, record->noun->fields[i].name) &&
			read_value(call, &record->noun->fields[i], &record->values[i], err) < 0)
			return -1;
	}
	return 0;
}

int
call_record(struct call *call, struct record **out, struct err *err)
{
	const struct record_noun *noun = call->command->record;
	const char *key = call_text(call, noun->name);
	int64_t id;

	if (key == NULL)
		return fail_field(
			err, ERR_USAGE, noun->name, "'%s' must name a %s", noun->name, noun->name);
	if (noun == &salesperson_noun && call_settle_me(call, &key, err) < 0)
		return -1;
	if (record_find(call->store, call->arena, noun, key, &id, err) < 0)
		return -1;
	return record_get(call->store, call->arena, noun, id, out, err);
}

/* ---- the journal ---- */

/* The contact that the record belongs to. */
static int64_t
owner_of(const struct record *record)
{
	return record->noun->part ? record->values[0].number : 0;
}

/* Both in one place, as a diff is made in one pass. */
struct entry {
	struct text old_text, new_text;
	struct json_out old_fields, new_fields;
};

static void
entry_begin(struct entry *entry)
{
	*entry = (struct entry){ 0 };
	json_out_init(&entry->old_fields, &entry->old_text);
	json_out_init(&entry->new_fields, &entry->new_text);
	json_object_begin(&entry->old_fields, NULL);
	json_object_begin(&entry->new_fields, NULL);
}

static void
entry_clear(struct entry *entry)
{
	text_clear(&entry->old_text);
	text_clear(&entry->new_text);
}

int
call_journal_record(struct call *call, const struct record *record, bool added, struct err *err)
{
	struct json_doc doc;
	const char *text;

	json_doc_begin(&doc);
	if (json_doc_end(
		    &doc, call->arena, record_write(call->store, record, &doc.out, err), &text) < 0)
		return -1;
	return call_journal_of(call, owner_of(record), record->noun->name, record->id,
		added ? NULL : text, added ? text : NULL, err);
}

static int
journal_change(struct call *call, const struct record *before, const struct record *after,
	struct entry *entry, struct err *err)
{
	if (record_diff_write(
		    call->store, before, after, &entry->old_fields, &entry->new_fields, err) < 0)
		return -1;
	json_object_end(&entry->old_fields);
	json_object_end(&entry->new_fields);
	return call_journal_of(call, owner_of(after), after->noun->name, after->id,
		entry->old_text.bytes, entry->new_text.bytes, err);
}

/* ---- storing ---- */

/* What is set with the record, or NULL. */
static const struct record_beside *
beside_given(const struct call *call)
{
	const struct record_beside *beside = call->command->beside;

	return beside != NULL && beside->given(call) ? beside : NULL;
}

int
call_add_record(struct call *call, struct record *record, struct err *err)
{
	const struct record_beside *beside = beside_given(call);

	if (record_add(call->store, call->arena, record, err) < 0 ||
		(beside != NULL && beside->change(call, record->id, err) < 0))
		return -1;
	return call_journal_record(call, record, true, err);
}

static int
change_beside(struct call *call, const struct record_beside *beside, int64_t id,
	struct entry *entry, struct err *err)
{
	if (beside->write(call->store, id, &entry->old_fields, err) < 0 ||
		beside->change(call, id, err) < 0)
		return -1;
	return beside->write(call->store, id, &entry->new_fields, err);
}

int
call_edit_record(
	struct call *call, struct record *after, const struct record *before, struct err *err)
{
	const struct record_beside *beside = beside_given(call);
	struct entry entry;
	int result;

	if (!record_differs(before, after) && beside == NULL)
		return 0;
	if (record_update(call->store, call->arena, after, before, err) < 0)
		return -1;
	entry_begin(&entry);
	result = beside == NULL ? 0 : change_beside(call, beside, after->id, &entry, err);
	if (result == 0)
		result = journal_change(call, before, after, &entry, err);
	entry_clear(&entry);
	return result;
}

int
call_remove_record(struct call *call, const struct record *record, struct err *err)
{
	if (call_journal_record(call, record, false, err) < 0)
		return -1;
	return record_remove(call->store, record, err);
}

/* ---- the commands ---- */

int
answer_record(struct call *call, int64_t id, struct err *err)
{
	struct record *record;

	if (record_get(call->store, call->arena, call->command->record, id, &record, err) < 0)
		return -1;
	return record_write(call->store, record, call->out, err);
}

int
run_record_add(struct call *call, struct err *err)
{
	struct record *record = record_new(call->arena, call->command->record);

	if (call_read_record(call, record, err) < 0 || call_add_record(call, record, err) < 0)
		return -1;
	return answer_record(call, record->id, err);
}

int
run_record_show(struct call *call, struct err *err)
{
	struct record *record;

	if (call_record(call, &record, err) < 0)
		return -1;
	return record_write(call->store, record, call->out, err);
}

int
run_record_list(struct call *call, struct err *err)
{
	struct query_list list;

	if (call_list(call, call->command->record->query, NULL, &list, err) < 0)
		return -1;
	return call_answer_list(call, &list, answer_record, err);
}

/* A fixed field may be said again, not changed. */
static int
check_fixed(const struct record *before, const struct record *after, struct err *err)
{
	for (unsigned i = 0; i < before->noun->count; i++) {
		const struct record_field *field = &before->noun->fields[i];

		if ((field->flags & RECORD_FIXED) && before->values[i].text != NULL &&
			!text_equal_nocase(before->values[i].text, after->values[i].text))
			return fail_field(err, ERR_REFUSED, field->name,
				"the %s of the %s '%s' stays as it is", field->name,
				before->noun->name, record_key(before));
	}
	return 0;
}

static int
edit_one(struct call *call, const struct record *before, bool *changed, struct err *err)
{
	struct record *after = record_copy(call->arena, before);

	if (call_if_version(call, before->noun->name, before->id, before->version, err) < 0 ||
		call_read_record(call, after, err) < 0 || check_fixed(before, after, err) < 0 ||
		call_edit_record(call, after, before, err) < 0)
		return -1;
	*changed = after->version != before->version;
	return 0;
}

static int
edit_all(struct call *call, struct err *err)
{
	const struct record_noun *noun = call->command->record;
	struct query_context context = call_query_context(call);
	struct query_node *where;
	int64_t *ids, count_changed = 0;
	size_t count;

	if (query_parse(call->arena, noun->query, &context, call_text(call, "where"), &where, err) <
			0 ||
		query_ids(call->store, call->arena, noun->query, where, 0, &ids, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct record *before;
		bool changed;

		if (record_get(call->store, call->arena, noun, ids[i], &before, err) < 0 ||
			edit_one(call, before, &changed, err) < 0)
			return -1;
		count_changed += changed;
	}
	json_object_begin(call->out, NULL);
	json_int(call->out, "matched", (int64_t)count);
	json_int(call->out, "changed", count_changed);
	json_object_end(call->out);
	return 0;
}

int
run_record_edit(struct call *call, struct err *err)
{
	struct record *before;
	bool changed;

	if (call_is_bulk(call))
		return edit_all(call, err);
	if (call_record(call, &before, err) < 0 || edit_one(call, before, &changed, err) < 0)
		return -1;
	return answer_record(call, before->id, err);
}

int
run_record_remove(struct call *call, struct err *err)
{
	struct record *record;

	if (call_record(call, &record, err) < 0 ||
		record_write(call->store, record, call->out, err) < 0)
		return -1;
	return call_remove_record(call, record, err);
}

/* ---- parts of a contact ---- */

int
run_part_list(struct call *call, struct err *err)
{
	struct query_list list;
	int64_t contact;

	if (call_contact(call, "contact", false, &contact, err) < 0 ||
		call_list(call, call->command->record->query,
			query_fixed(call->arena, "t.contact = ?", contact), &list, err) < 0)
		return -1;
	return call_answer_list(call, &list, answer_record, err);
}

/* The part that the contact and the key's parameter name. */
static int
call_part(struct call *call, struct record **out, struct err *err)
{
	const struct record_noun *noun = call->command->record;
	const char *key = call_text(call, record_key_name(noun));
	int64_t contact, id;

	if (call_contact(call, "contact", false, &contact, err) < 0 ||
		record_find_part(call->store, noun, contact, key, &id, err) < 0)
		return -1;
	return record_get(call->store, call->arena, noun, id, out, err);
}

int
run_part_remove(struct call *call, struct err *err)
{
	struct record *record;

	if (call_part(call, &record, err) < 0 ||
		record_write(call->store, record, call->out, err) < 0)
		return -1;
	return call_remove_record(call, record, err);
}
