#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "liaison/base/clock.h"
#include "liaison/crm/record.h"

/* Records read back from what record_write made of them, as the journal keeps it. */

static const char SELECT_CONTACT[] = "SELECT id FROM contact WHERE no = ?";

static int
read_contact(struct store *store, const char *no, int64_t *id, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_CONTACT);
	bool found;

	stmt_bind_text(q, no);
	if (sql_get_int(q, id, &found, err) < 0)
		return -1;
	return found ? 0
		     : fail(err, ERR_NOT_FOUND, "the contact '%s' is not there any more",
			       no != NULL ? no : "");
}

static int64_t
read_day(const char *text)
{
	struct civil day = { 0 };

	return text != NULL && date_parse(text, &day) == 0 ? civil_to_time(&day) : 0;
}

/* "-12.50" is -1250: as many places were written as the amount has. */
static int64_t
read_money(const char *text)
{
	int64_t minor = 0;

	for (const char *at = text; at != NULL && *at != '\0'; at++) {
		if (*at >= '0' && *at <= '9')
			minor = minor * 10 + (*at - '0');
	}
	return text != NULL && *text == '-' ? -minor : minor;
}

static int
read_value(struct store *store, struct arena *arena, const struct record_field *field,
	const json_t *json, struct record_value *out, struct err *err)
{
	const char *text = json_string_value(json);

	*out = (struct record_value){ .given = !json_is_null(json) };
	if (!out->given)
		return 0;
	switch (field->type) {
	case RECORD_TEXT:
	case RECORD_CODE:
	case RECORD_ENUM:
	case RECORD_FORMULA:
		out->text = arena_text(arena, text != NULL ? text : "");
		return 0;
	case RECORD_FLAG:
		out->number = json_is_true(json);
		return 0;
	case RECORD_INTEGER:
	case RECORD_MINUTES:
		out->number = json_integer_value(json);
		return 0;
	case RECORD_MONEY:
		out->number = read_money(text);
		return 0;
	case RECORD_PERCENT:
		out->number = llround(json_number_value(json) * 100);
		return 0;
	case RECORD_DECIMAL:
		out->number = llround(json_number_value(json) * 1000000);
		return 0;
	case RECORD_DATE:
		out->number = read_day(text);
		return 0;
	case RECORD_CONTACT:
		return read_contact(store, text, &out->number, err);
	}
	return 0;
}

int
record_read(struct store *store, struct arena *arena, const json_t *json, struct record *out,
	bool *given, struct err *err)
{
	const json_t *version = json_object_get(json, "version");

	if (json_is_integer(version))
		out->version = json_integer_value(version);
	for (unsigned i = 0; i < out->noun->count; i++) {
		const struct record_field *field = &out->noun->fields[i];
		const json_t *value = json_object_get(json, field->name);

		given[i] = value != NULL;
		if (value != NULL &&
			read_value(store, arena, field, value, &out->values[i], err) < 0)
			return -1;
	}
	return 0;
}
