#include <stdlib.h>
#include <string.h>

#include "code_text.h"
#include "liaison/crm/contact_part.h"
#include "record_noun.h"

/* Further postal addresses of a contact, and the days they are in force. */

/* Nothing but whose it is and its code. */
static bool
is_empty(const struct record *record)
{
	for (unsigned i = at_address_name; i < record->noun->count; i++) {
		if (i != at_address_country && record->values[i].given)
			return false;
	}
	return true;
}

static int
check_address(struct store *store, struct arena *arena, struct record *record,
	const struct record *before, struct err *err)
{
	const struct record_value *values = record->values;

	static const unsigned PHONES[] = { at_address_phone, at_address_extension,
		at_address_mobile, at_address_pager, at_address_fax };

	(void)store, (void)arena, (void)before;
	for (size_t i = 0; i < sizeof PHONES / sizeof *PHONES; i++) {
		if (phone_check(record->noun->fields[PHONES[i]].name, values[PHONES[i]].text, err) <
			0)
			return -1;
	}
	if (home_page_check(values[at_address_home_page].text, err) < 0)
		return -1;
	if (is_empty(record))
		return fail_field(err, ERR_USAGE, "street", "the address '%s' has nothing in it",
			values[at_address_code].text);
	return country_check("country", values[at_address_country].text, err);
}

static const char SELECT_RANGES[] =
	"SELECT from_day, until_day FROM contact_address_range WHERE address_id = ?"
	" ORDER BY from_day";

static void
write_day(struct json_out *out, const char *name, struct stmt *q)
{
	bool null = stmt_next_is_null(q);
	int64_t day = stmt_int(q);

	if (null)
		json_null_(out, name);
	else
		record_write_day(out, name, day);
}

static int
write_ranges(
	struct store *store, const struct record *record, struct json_out *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_RANGES);

	stmt_bind_int(q, record->id);
	json_array_begin(out, "ranges");
	while (stmt_row(q)) {
		json_object_begin(out, NULL);
		write_day(out, "from", q);
		write_day(out, "until", q);
		json_object_end(out);
	}
	json_array_end(out);
	return stmt_end(q, err);
}

static const char RESTORE_RANGES[] =
	"INSERT INTO contact_address_range (address_id, from_day, until_day)"
	" SELECT ?1, unixepoch(r.value ->> 'from'), unixepoch(r.value ->> 'until')"
	" FROM json_each(?2) r";

static int
restore_ranges(
	struct store *store, const struct record *record, const json_t *json, struct err *err)
{
	char *ranges = json_dumps(json_object_get(json, "ranges"), JSON_COMPACT);
	struct stmt *q = sql_prepare(store, RESTORE_RANGES);
	int result;

	stmt_bind_int(q, record->id);
	stmt_bind_text(q, ranges);
	result = stmt_run(q, err);
	free(ranges);
	return result;
}

RECORD_PART(address, "address", "contact_address", "code", ADDRESS_FIELDS, .check = check_address,
	.write_more = write_ranges, .restore_more = restore_ranges);

static const char PUT_RANGE[] =
	"INSERT INTO contact_address_range (address_id, from_day, until_day) VALUES (?1, ?2, ?3)"
	" ON CONFLICT (address_id, from_day) DO UPDATE SET until_day = excluded.until_day";

int
address_range_add(
	struct store *store, int64_t address, int64_t from, const int64_t *until, struct err *err)
{
	struct stmt *q;

	if (until != NULL && *until < from)
		return fail_field(err, ERR_USAGE, "until", "the address ends before it begins");
	q = sql_prepare(store, PUT_RANGE);
	stmt_bind_int(q, address);
	stmt_bind_int(q, from);
	stmt_bind_int_or_null(q, until != NULL ? *until : 0, until == NULL);
	return stmt_run(q, err);
}

static const char SELECT_IN_FORCE[] =
	"SELECT a.id FROM contact_address a JOIN contact_address_range r ON r.address_id = a.id"
	" WHERE a.contact = ?1 AND r.from_day <= ?2 AND (r.until_day IS NULL OR r.until_day >= ?2)"
	" ORDER BY r.from_day DESC, a.id DESC LIMIT 1";

int
address_in_force(struct store *store, int64_t contact, int64_t day, int64_t *id, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_IN_FORCE);

	*id = 0;
	stmt_bind_int(q, contact);
	stmt_bind_int(q, day);
	return sql_get_int(q, id, NULL, err);
}
