#include "liaison/crm/record.h"

#include <assert.h>
#include <string.h>

#include "code_text.h"
#include "liaison/base/clock.h"
#include "liaison/base/text.h"
#include "liaison/crm/setup.h"
#include "record_check.h"

/* Reading, writing and removing records whose fields a table lists. */

static bool
is_text(const struct record_field *field)
{
	return field->type == RECORD_TEXT || field->type == RECORD_CODE ||
	       field->type == RECORD_ENUM || field->type == RECORD_FORMULA;
}

struct record *
record_new(struct arena *arena, const struct record_noun *noun)
{
	struct record *record = arena_alloc(arena, sizeof *record);

	record->noun = noun;
	record->values = arena_array(arena, noun->count, sizeof *record->values);
	for (unsigned i = 0; i < noun->count; i++)
		record->values[i].given = noun->fields[i].type == RECORD_FLAG;
	return record;
}

struct record *
record_copy(struct arena *arena, const struct record *record)
{
	struct record *copy = record_new(arena, record->noun);

	copy->id = record->id;
	copy->version = record->version;
	memcpy(copy->values, record->values, record->noun->count * sizeof *copy->values);
	return copy;
}

static unsigned
key_place(const struct record_noun *noun)
{
	unsigned i = 0;

	while ((noun->fields[i].flags & RECORD_KEY) != RECORD_KEY)
		i++;
	assert(i < noun->count);
	return i;
}

const char *
record_key(const struct record *record)
{
	return record->values[key_place(record->noun)].text;
}

const char *
record_key_name(const struct record_noun *noun)
{
	return noun->fields[key_place(noun)].name;
}

/* ---- reading ---- */

static void
read_value(struct stmt *q, struct arena *arena, const struct record_field *field,
	struct record_value *out)
{
	out->given = !stmt_next_is_null(q);
	if (is_text(field))
		out->text = stmt_text_copy(q, arena);
	else
		out->number = stmt_int(q);
}

int
record_get(struct store *store, struct arena *arena, const struct record_noun *noun, int64_t id,
	struct record **out, struct err *err)
{
	struct stmt *q = sql_prepare(store, noun->select);
	struct record *record = record_new(arena, noun);

	stmt_bind_int(q, id);
	if (stmt_row(q)) {
		record->id = stmt_int(q);
		record->version = stmt_int(q);
		for (unsigned i = 0; i < noun->count; i++)
			read_value(q, arena, &noun->fields[i], &record->values[i]);
	}
	if (stmt_end(q, err) < 0)
		return -1;
	if (record->id == 0)
		return fail(err, ERR_NOT_FOUND, "there is no %s with the id '%lld'", noun->name,
			(long long)id);
	*out = record;
	return 0;
}

/* The keys that may have been meant, for the hint. */
static int
unknown_key(struct store *store, struct arena *arena, const struct record_noun *noun,
	const char *key, struct err *err)
{
	enum { MOST = 1000 };
	const char **names = arena_array(arena, MOST, sizeof *names), *near;
	unsigned place = key_place(noun);
	int64_t *ids;
	size_t count;

	if (query_ids(store, arena, noun->query, NULL, MOST, &ids, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct record *one;

		if (record_get(store, arena, noun, ids[i], &one, err) < 0)
			return -1;
		names[i] = one->values[place].text;
	}
	near = text_suggest(key, names, count);
	if (near == NULL) /* codes are upper case, whatever was typed */
		near = text_suggest(upper_text(arena, key), names, count);
	fail_field(err, ERR_NOT_FOUND, noun->name, "there is no %s '%.60s'", noun->name, key);
	return near != NULL ? err_hint(err, "did you mean '%s'?", near) : -1;
}

int
record_find(struct store *store, struct arena *arena, const struct record_noun *noun,
	const char *key, int64_t *id, struct err *err)
{
	struct stmt *q = sql_prepare(store, noun->find);
	bool found;

	stmt_bind_text(q, key);
	if (sql_get_int(q, id, &found, err) < 0)
		return -1;
	return found ? 0 : unknown_key(store, arena, noun, key, err);
}

static int
unknown_part(const struct record_noun *noun, const char *key, struct err *err)
{
	return fail_field(err, ERR_NOT_FOUND, record_key_name(noun),
		"the contact has no %s '%.60s'", noun->name, key);
}

int
record_find_part(struct store *store, const struct record_noun *noun, int64_t contact,
	const char *key, int64_t *id, struct err *err)
{
	struct stmt *q = sql_prepare(store, noun->find);
	bool found;

	stmt_bind_int(q, contact);
	stmt_bind_text(q, key);
	if (sql_get_int(q, id, &found, err) < 0)
		return -1;
	return found ? 0 : unknown_part(noun, key, err);
}

/* ---- writing ---- */

static void
bind_values(struct stmt *q, const struct record *record)
{
	for (unsigned i = 0; i < record->noun->count; i++) {
		const struct record_value *value = &record->values[i];

		if (is_text(&record->noun->fields[i]))
			stmt_bind_text(q, value->given ? value->text : NULL);
		else
			stmt_bind_int_or_null(q, value->number, !value->given);
	}
}

static int
check(struct store *store, struct arena *arena, struct record *record, const struct record *before,
	struct err *err)
{
	if (record_check(arena, record, err) < 0)
		return -1;
	return record->noun->check == NULL ? 0
					   : record->noun->check(store, arena, record, before, err);
}

static bool
has_money(const struct record *record)
{
	for (unsigned i = 0; i < record->noun->count; i++) {
		if (record->noun->fields[i].type == RECORD_MONEY && record->values[i].given)
			return true;
	}
	return false;
}

/* A UNIQUE that fails is the key's. */
static int
run_named(struct stmt *q, const struct record *record, struct err *err)
{
	if (stmt_run(q, err) == 0)
		return 0;
	if (err->code != ERR_CONFLICT)
		return -1;
	return fail_field(err, ERR_CONFLICT, record->noun->fields[key_place(record->noun)].name,
		"the %s '%s' is there already", record->noun->name, record_key(record));
}

int
record_add(struct store *store, struct arena *arena, struct record *record, struct err *err)
{
	struct stmt *q;

	if (check(store, arena, record, NULL, err) < 0)
		return -1;
	if (has_money(record) && setup_freeze_currency(store, err) < 0)
		return -1;
	q = sql_prepare(store, record->noun->insert);
	bind_values(q, record);
	if (run_named(q, record, err) < 0)
		return -1;
	record->id = store_last_id(store);
	record->version = 1;
	return 0;
}

int
record_restore(struct store *store, struct record *record, const json_t *json, struct err *err)
{
	const struct record_noun *noun = record->noun;
	struct stmt *q = sql_prepare(store, noun->restore);

	stmt_bind_int(q, record->id);
	stmt_bind_int(q, ++record->version);
	bind_values(q, record);
	if (run_named(q, record, err) < 0)
		return -1;
	return noun->restore_more == NULL ? 0 : noun->restore_more(store, record, json, err);
}

int
record_update(struct store *store, struct arena *arena, struct record *record,
	const struct record *before, struct err *err)
{
	struct stmt *q;

	if (check(store, arena, record, before, err) < 0)
		return -1;
	if (has_money(record) && setup_freeze_currency(store, err) < 0)
		return -1;
	q = sql_prepare(store, record->noun->update);
	bind_values(q, record);
	stmt_bind_int(q, record->id);
	if (run_named(q, record, err) < 0)
		return -1;
	record->version++;
	return 0;
}

int
record_remove(struct store *store, const struct record *record, struct err *err)
{
	struct stmt *q = sql_prepare(store, record->noun->remove);

	stmt_bind_int(q, record->id);
	if (stmt_run(q, err) == 0)
		return 0;
	if (err->code != ERR_REFUSED)
		return -1;
	return fail(err, ERR_REFUSED, "the %s '%s' is in use%s%s", record->noun->name,
		record_key(record), record->noun->in_use != NULL ? " by " : "",
		record->noun->in_use != NULL ? record->noun->in_use : "");
}

/* ---- as JSON ---- */

void
record_write_day(struct json_out *out, const char *name, int64_t day)
{
	char text[TIME_TEXT_SIZE];

	time_write(text, day, 0);
	json_text_n(out, name, text, strlen("YYYY-MM-DD"));
}

static const char SELECT_NUMBER[] = "SELECT no FROM contact WHERE id = ?";

static int
write_contact(
	struct store *store, const char *name, int64_t id, struct json_out *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_NUMBER);

	stmt_bind_int(q, id);
	json_text(out, name, stmt_row(q) ? stmt_text(q) : NULL);
	return stmt_end(q, err);
}

static int
write_value(struct store *store, const struct record_field *field, const struct record_value *value,
	struct json_out *out, struct err *err)
{
	int exponent;

	if (!value->given) {
		json_null_(out, field->name);
		return 0;
	}
	switch (field->type) {
	case RECORD_TEXT:
	case RECORD_CODE:
	case RECORD_ENUM:
	case RECORD_FORMULA:
		json_text(out, field->name, value->text);
		return 0;
	case RECORD_FLAG:
		json_bool(out, field->name, value->number != 0);
		return 0;
	case RECORD_INTEGER:
	case RECORD_MINUTES:
		json_int(out, field->name, value->number);
		return 0;
	case RECORD_MONEY:
		if (setup_currency_exponent(store, &exponent, err) < 0)
			return -1;
		json_money(out, field->name, value->number, exponent);
		return 0;
	case RECORD_PERCENT:
		json_double(out, field->name, (double)value->number / 100);
		return 0;
	case RECORD_DECIMAL:
		json_double(out, field->name, (double)value->number / 1000000);
		return 0;
	case RECORD_DATE:
		record_write_day(out, field->name, value->number);
		return 0;
	case RECORD_CONTACT:
		return write_contact(store, field->name, value->number, out, err);
	}
	return 0;
}

int
record_write(
	struct store *store, const struct record *record, struct json_out *out, struct err *err)
{
	json_object_begin(out, NULL);
	json_int(out, "id", record->id);
	json_int(out, "version", record->version);
	for (unsigned i = 0; i < record->noun->count; i++) {
		if (write_value(store, &record->noun->fields[i], &record->values[i], out, err) < 0)
			return -1;
	}
	if (record->noun->write_more != NULL &&
		record->noun->write_more(store, record, out, err) < 0)
		return -1;
	json_object_end(out);
	return 0;
}

/* ---- differences ---- */

bool
record_same(const struct record_field *field, const struct record_value *a,
	const struct record_value *b)
{
	if (!a->given || !b->given)
		return a->given == b->given;
	return is_text(field) ? strcmp(a->text, b->text) == 0 : a->number == b->number;
}

bool
record_differs(const struct record *a, const struct record *b)
{
	for (unsigned i = 0; i < a->noun->count; i++) {
		if (!record_same(&a->noun->fields[i], &a->values[i], &b->values[i]))
			return true;
	}
	return false;
}

int
record_diff_write(struct store *store, const struct record *before, const struct record *after,
	struct json_out *old_fields, struct json_out *new_fields, struct err *err)
{
	json_int(old_fields, "version", before->version);
	json_int(new_fields, "version", after->version);
	for (unsigned i = 0; i < before->noun->count; i++) {
		const struct record_field *field = &before->noun->fields[i];

		if (record_same(field, &before->values[i], &after->values[i]))
			continue;
		if (write_value(store, field, &before->values[i], old_fields, err) < 0 ||
			write_value(store, field, &after->values[i], new_fields, err) < 0)
			return -1;
	}
	return 0;
}
