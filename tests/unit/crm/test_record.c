#include "desk.h"

#include "liaison/crm/code.h"
#include "liaison/crm/contact_part.h"
#include "liaison/crm/field.h"

/* Records that are one row of fields, by the nouns that have them. */

static struct record *
a_code(struct desk *desk, const char *kind, const char *code, const char *text)
{
	struct record *record = record_new(desk->arena, &code_noun);

	record->values[at_code_kind] = (struct record_value){ true, 0, kind };
	record->values[at_code_code] = (struct record_value){ true, 0, code };
	record->values[at_code_text] = (struct record_value){ text != NULL, 0, text };
	return record;
}

static int
add(struct desk *desk, struct record *record)
{
	return record_add(desk->store, desk->arena, record, &desk->err);
}

static void
stores_codes_upper_case_and_texts_trimmed(void **state)
{
	struct desk *desk = *state;
	struct record *record = a_code(desk, "territory", "north", "  the north "), *read;

	assert_ok(add(desk, record));
	assert_ok(record_get(desk->store, desk->arena, &code_noun, record->id, &read, &desk->err));
	assert_string_equal(read->values[at_code_code].text, "NORTH");
	assert_string_equal(read->values[at_code_text].text, "the north");
	assert_int_equal(read->version, 1);
	assert_string_equal(record_key(read), "NORTH");
}

static void
refuses_values_with_field_value_and_rule(void **state)
{
	static char long_text[260];
	static const struct {
		const char *kind, *code, *text, *field, *word;
	} rows[] = {
		{ "colour", "RED", NULL, "kind", "colour" },
		{ "territory", "no blanks", NULL, "code", "NO BLANKS" },
		{ "territory", "ABCDEFGHIJKLMNOPQRSTU", NULL, "code", "1 to 20" },
		{ "territory", "   ", NULL, "code", "must have" },
		{ "territory", "N", long_text, "text", "may have 250" },
		{ "territory", "N", "two\nlines", "text", "more than one line" },
		{ "web-source", "MAP", "map.example", "text", "MAP" },
	};
	struct desk *desk = *state;

	memset(long_text, 'x', sizeof long_text - 1);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_fails(add(desk, a_code(desk, rows[i].kind, rows[i].code, rows[i].text)),
			ERR_USAGE);
		assert_string_equal(desk->err.field, rows[i].field);
		assert_non_null(strstr(desk->err.message, rows[i].word));
	}
	assert_int_equal(ask(desk, "SELECT count(*) FROM code"), 0);
}

static void
a_key_is_taken_once(void **state)
{
	struct desk *desk = *state;

	assert_ok(add(desk, a_code(desk, "territory", "N", NULL)));
	assert_fails(add(desk, a_code(desk, "territory", "n", NULL)), ERR_CONFLICT);
	assert_string_equal(desk->err.field, "code");
	assert_ok(add(desk, a_code(desk, "country", "N", NULL)));
}

static void
an_update_adds_one_to_the_version_and_tells_what_changed(void **state)
{
	struct desk *desk = *state;
	struct record *before = a_code(desk, "territory", "N", "north"), *after;
	struct text old_text = { 0 }, new_text = { 0 };
	struct json_out old_fields, new_fields;

	assert_ok(add(desk, before));
	after = record_copy(desk->arena, before);
	assert_false(record_differs(before, after));
	after->values[at_code_text] = (struct record_value){ 0 };
	assert_true(record_differs(before, after));
	assert_ok(record_update(desk->store, desk->arena, after, before, &desk->err));
	assert_int_equal(after->version, 2);
	json_out_init(&old_fields, &old_text);
	json_out_init(&new_fields, &new_text);
	json_object_begin(&old_fields, NULL);
	json_object_begin(&new_fields, NULL);
	assert_ok(record_diff_write(
		desk->store, before, after, &old_fields, &new_fields, &desk->err));
	json_object_end(&old_fields);
	json_object_end(&new_fields);
	assert_string_equal(old_text.bytes, "{\"version\":1,\"text\":\"north\"}");
	assert_string_equal(new_text.bytes, "{\"version\":2,\"text\":null}");
	text_clear(&old_text);
	text_clear(&new_text);
}

static void
an_unknown_key_is_answered_with_the_nearest(void **state)
{
	struct desk *desk = *state;
	struct record *record = record_new(desk->arena, &field_noun);
	int64_t id;

	record->values[at_field_noun] = (struct record_value){ true, 0, "contact" };
	record->values[at_field_name] = (struct record_value){ true, 0, "budget" };
	record->values[at_field_type] = (struct record_value){ true, 0, "number" };
	assert_ok(add(desk, record));
	assert_ok(record_find(desk->store, desk->arena, &field_noun, "BUDGET", &id, &desk->err));
	assert_int_equal(id, record->id);
	assert_fails(record_find(desk->store, desk->arena, &field_noun, "bugdet", &id, &desk->err),
		ERR_NOT_FOUND);
	assert_non_null(strstr(desk->err.hint, "budget"));
	assert_fails(record_get(desk->store, desk->arena, &field_noun, 77, &record, &desk->err),
		ERR_NOT_FOUND);
}

static void
money_freezes_the_currency_and_days_are_written_as_days(void **state)
{
	struct desk *desk = *state;
	struct record *fact = record_new(desk->arena, &fact_noun);
	struct text text = { 0 };
	struct json_out out;

	fact->values[at_fact_contact] = (struct record_value){ true, add_person(desk, "Ada", 0),
		NULL };
	fact->values[at_fact_kind] = (struct record_value){ true, 0, "sales" };
	fact->values[at_fact_amount] = (struct record_value){ true, 1250, NULL };
	fact->values[at_fact_date] = (struct record_value){ true, NOW - NOW % 86400, NULL };
	assert_ok(add(desk, fact));
	assert_fails(setup_set(desk->store, "currency", "USD", &desk->err), ERR_REFUSED);
	json_out_init(&out, &text);
	assert_ok(record_write(desk->store, fact, &out, &desk->err));
	assert_string_equal(text.bytes,
		"{\"id\":1,\"version\":1,\"contact\":\"C00001\",\"kind\":\"SALES\","
		"\"amount\":\"12.50\",\"date\":\"2027-01-15\",\"reference\":null}");
	text_clear(&text);
	fact->values[at_fact_amount].number = -1;
	assert_fails(add(desk, fact), ERR_USAGE);
	assert_string_equal(desk->err.field, "amount");
}

static void
what_belongs_to_a_contact_goes_with_it(void **state)
{
	struct desk *desk = *state;
	int64_t ada = add_person(desk, "Ada", 0), id;
	struct record *link = record_new(desk->arena, &link_noun);

	link->values[at_link_contact] = (struct record_value){ true, ada, NULL };
	link->values[at_link_url] = (struct record_value){ true, 0, "https://x.example" };
	assert_ok(add(desk, link));
	assert_ok(record_find_part(
		desk->store, &link_noun, ada, "https://x.example", &id, &desk->err));
	assert_fails(record_find_part(desk->store, &link_noun, ada + 1, "https://x.example", &id,
			     &desk->err),
		ERR_NOT_FOUND);
	assert_ok(contact_remove(desk->store, ada, &desk->err));
	assert_int_equal(ask(desk, "SELECT count(*) FROM contact_link"), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, desk_open, desk_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(stores_codes_upper_case_and_texts_trimmed),
		CASE(refuses_values_with_field_value_and_rule),
		CASE(a_key_is_taken_once),
		CASE(an_update_adds_one_to_the_version_and_tells_what_changed),
		CASE(an_unknown_key_is_answered_with_the_nearest),
		CASE(money_freezes_the_currency_and_days_are_written_as_days),
		CASE(what_belongs_to_a_contact_goes_with_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
