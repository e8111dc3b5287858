#include "liaison/crm/field.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "contact_index.h"
#include "liaison/base/text.h"
#include "record_noun.h"

static int
check_field(struct store *store, struct arena *arena, struct record *record,
	const struct record *before, struct err *err)
{
	static const char OF[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
	const char *name = record->values[at_field_name].text;

	(void)store, (void)arena, (void)before;
	if (name[0] < 'a' || name[0] > 'z' || name[strspn(name, OF)] != '\0')
		return fail_field(err, ERR_USAGE, "name",
			"the name '%.40s' is not lower-case letters, digits and _", name);
	return 0;
}

static const char COUNT_VALUES[] = "SELECT count(*) FROM field_value WHERE field_id = ?";

/* How many contacts have a value, which goes with the field. */
static int
write_count(struct store *store, const struct record *record, struct json_out *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, COUNT_VALUES);
	int64_t count = 0;

	stmt_bind_int(q, record->id);
	if (sql_get_int(q, &count, NULL, err) < 0)
		return -1;
	json_int(out, "contacts", count);
	return 0;
}

RECORD_NOUN(field, "field", "name", FIELD_FIELDS, .check = check_field, .write_more = write_count);

struct known {
	int64_t id;
	const char *name, *type; /* arena */
};

static const char SELECT_FIELD[] =
	"SELECT id, name, type FROM field WHERE noun = 'contact' AND name = ?";

/* out->id 0: there is none. */
static int
look_up(struct store *store, struct arena *arena, const char *name, struct known *out,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_FIELD);

	*out = (struct known){ 0 };
	stmt_bind_text(q, name);
	if (stmt_row(q)) {
		out->id = stmt_int(q);
		out->name = stmt_text_copy(q, arena);
		out->type = stmt_text_copy(q, arena);
	}
	return stmt_end(q, err);
}

/* ---- in conditions ---- */

static enum query_type
query_type_of(const char *type)
{
	if (strcmp(type, "number") == 0)
		return QUERY_NUMBER;
	if (strcmp(type, "date") == 0)
		return QUERY_TIME;
	return strcmp(type, "flag") == 0 ? QUERY_BOOL : QUERY_TEXT;
}

int
field_for_query(struct store *store, struct arena *arena, const char *name,
	const struct query_field **out, struct err *err)
{
	static const char PREFIX[] = "field.";
	struct query_field *field;
	struct known known;

	*out = NULL;
	if (!text_starts(name, PREFIX))
		return 0;
	if (look_up(store, arena, name + strlen(PREFIX), &known, err) < 0)
		return -1;
	if (known.id == 0)
		return 0;
	field = arena_alloc(arena, sizeof *field);
	field->name = arena_text(arena, name);
	field->type = query_type_of(known.type);
	field->sql = arena_printf(arena,
		"(SELECT v.value FROM field_value v WHERE v.field_id = %lld AND v.contact_id = "
		"c.id)",
		(long long)known.id);
	*out = field;
	return 0;
}

/* ---- values ---- */

struct parsed {
	double number;
	int64_t integer;
	const char *text;
};

static int
wrong(const struct known *field, const char *value, struct err *err)
{
	return fail_field(err, ERR_USAGE, "field", "'%.80s' is no %s, which the field '%s' holds",
		value, field->type, field->name);
}

static int
parse_number(const struct known *field, const char *value, struct parsed *out, struct err *err)
{
	char *end;

	out->number = strtod(value, &end);
	if (*end != '\0' || !isfinite(out->number) || value[strspn(value, "+-.0123456789eE")] != 0)
		return wrong(field, value, err);
	return 0;
}

static int
parse_date(const struct known *field, const char *value, const struct zone *zone, int64_t now,
	struct parsed *out, struct err *err)
{
	enum { DAY = 86400 };
	int64_t time;
	int offset;

	if (moment_parse(value, zone, now, false, &time, &offset, err) < 0)
		return wrong(field, value, err);
	time += (int64_t)offset * 60;
	out->integer = time - (time % DAY + DAY) % DAY;
	return 0;
}

static int
parse_flag(const struct known *field, const char *value, struct parsed *out, struct err *err)
{
	if (strcmp(value, "true") == 0 || strcmp(value, "yes") == 0)
		out->integer = 1;
	else if (strcmp(value, "false") != 0 && strcmp(value, "no") != 0)
		return wrong(field, value, err);
	return 0;
}

static const char PUT_VALUE[] =
	"INSERT INTO field_value (contact_id, field_id, value) VALUES (?1, ?2, ?3)"
	" ON CONFLICT (contact_id, field_id) DO UPDATE SET value = excluded.value";
static const char DELETE_VALUE[] =
	"DELETE FROM field_value WHERE contact_id = ?1 AND field_id = ?2";

static int
put_value(struct store *store, int64_t contact, const struct known *field,
	const struct parsed *value, struct err *err)
{
	struct stmt *q = sql_prepare(store, value != NULL ? PUT_VALUE : DELETE_VALUE);

	stmt_bind_int(q, contact);
	stmt_bind_int(q, field->id);
	if (value == NULL)
		return stmt_run(q, err);
	if (strcmp(field->type, "text") == 0)
		stmt_bind_text(q, value->text);
	else if (strcmp(field->type, "number") == 0)
		stmt_bind_double(q, value->number);
	else
		stmt_bind_int(q, value->integer);
	return stmt_run(q, err);
}

static int
keep_value(struct store *store, struct arena *arena, int64_t contact, const struct known *field,
	const struct parsed *value, struct err *err)
{
	if (put_value(store, contact, field, value, err) < 0)
		return -1;
	return contact_index(store, arena, contact, err);
}

static int
unknown_field(const char *name, struct err *err)
{
	fail_field(err, ERR_NOT_FOUND, "field", "there is no field '%.40s'", name);
	return err_hint(err, "declare it: field add contact NAME TYPE");
}

int
field_set(struct store *store, struct arena *arena, int64_t contact, const char *assignment,
	const struct zone *zone, int64_t now, struct err *err)
{
	const char *equals = strchr(assignment, '='), *value, *name;
	struct parsed parsed = { 0 };
	struct known field;
	int result = 0;

	if (equals == NULL)
		return fail_field(err, ERR_USAGE, "field", "'%.60s' is not NAME=VALUE", assignment);
	name = arena_text_n(arena, assignment, (size_t)(equals - assignment));
	value = text_trim(arena, equals + 1, strlen(equals + 1));
	if (look_up(store, arena, name, &field, err) < 0)
		return -1;
	if (field.id == 0)
		return unknown_field(name, err);
	if (value[0] == '\0')
		return keep_value(store, arena, contact, &field, NULL, err);
	parsed.text = value;
	if (strcmp(field.type, "number") == 0)
		result = parse_number(&field, value, &parsed, err);
	else if (strcmp(field.type, "date") == 0)
		result = parse_date(&field, value, zone, now, &parsed, err);
	else if (strcmp(field.type, "flag") == 0)
		result = parse_flag(&field, value, &parsed, err);
	return result < 0 ? -1 : keep_value(store, arena, contact, &field, &parsed, err);
}

static const char SELECT_VALUES[] =
	"SELECT f.name, f.type, v.value FROM field_value v JOIN field f ON f.id = v.field_id"
	" WHERE v.contact_id = ? ORDER BY f.name";

static void
write_value(struct stmt *q, struct json_out *out, const char *name, const char *type)
{
	if (strcmp(type, "text") == 0)
		json_text(out, name, stmt_text(q));
	else if (strcmp(type, "number") == 0)
		json_double(out, name, stmt_double(q));
	else if (strcmp(type, "date") == 0)
		record_write_day(out, name, stmt_int(q));
	else
		json_bool(out, name, stmt_int(q) != 0);
}

int
field_write_values(struct store *store, int64_t contact, const char *name, struct json_out *out,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_VALUES);

	stmt_bind_int(q, contact);
	json_object_begin(out, name);
	while (stmt_row(q)) {
		const char *field = stmt_text(q), *type = stmt_text(q);

		write_value(q, out, field, type);
	}
	json_object_end(out);
	return stmt_end(q, err);
}
