#include "desk.h"

#include "liaison/crm/salesperson.h"

/* Salespeople: codes, users, addresses within their times. */

static struct record *
named(struct desk *desk, const char *code, const char *user)
{
	struct record *record = record_new(desk->arena, &salesperson_noun);

	record->values[at_salesperson_code] = (struct record_value){ true, 0, code };
	record->values[at_salesperson_user] = (struct record_value){ user != NULL, 0, user };
	return record;
}

static struct record *
add(struct desk *desk, const char *code, const char *user)
{
	struct record *made = named(desk, code, user);

	assert_ok(record_add(desk->store, desk->arena, made, &desk->err));
	return made;
}

static const char *
written(struct desk *desk, int64_t id)
{
	struct json_out out;
	struct record *record;

	assert_ok(record_get(desk->store, desk->arena, &salesperson_noun, id, &record, &desk->err));
	text_reset(&desk->text);
	json_out_init(&out, &desk->text);
	assert_ok(record_write(desk->store, record, &out, &desk->err));
	return desk->text.bytes;
}

static void
writes_the_record(void **state)
{
	struct desk *desk = *state;
	struct record *made = named(desk, "AB", "abby");
	struct salesperson_email emails[] = { { .email = "Abby@Own.example" },
		{ .email = "a.b@own.example",
			.has_from = true,
			.from = 0,
			.has_until = true,
			.until = 86399 } };

	made->values[at_salesperson_name] = (struct record_value){ true, 0, " Abby Bell " };
	made->values[at_salesperson_commission] = (struct record_value){ true, 250, NULL };
	assert_ok(record_add(desk->store, desk->arena, made, &desk->err));
	assert_ok(
		salesperson_set_emails(desk->store, desk->arena, made->id, emails, 2, &desk->err));
	assert_string_equal(written(desk, made->id),
		"{\"id\":1,\"version\":1,\"code\":\"AB\",\"name\":\"Abby Bell\",\"job_title\":null,"
		"\"phone\":null,\"commission\":2.5,\"user\":\"abby\",\"privacy_blocked\":false,"
		"\"blocked\":false,\"emails\":[{\"email\":\"Abby@Own.example\",\"from\":null,"
		"\"until\":null},{\"email\":\"a.b@own.example\",\"from\":\"1970-01-01T00:00:00Z\","
		"\"until\":\"1970-01-01T23:59:59Z\"}]}");
}

static void
refuses_codes_that_mean_something_else(void **state)
{
	static const char *const CODES[] = { "ME", "me", "SENDER", "", "A B",
		"ABCDEFGHIJKLMNOPQRSTU" };
	struct desk *desk = *state;

	for (size_t i = 0; i < sizeof CODES / sizeof *CODES; i++) {
		assert_fails(record_add(desk->store, desk->arena, named(desk, CODES[i], NULL),
				     &desk->err),
			ERR_USAGE);
		assert_string_equal(desk->err.field, "code");
	}
	assert_int_equal(ask(desk, "SELECT count(*) FROM salesperson"), 0);
}

static void
refuses_a_code_and_a_user_twice(void **state)
{
	struct desk *desk = *state;
	struct record *before = add(desk, "EF", NULL), *edited = record_copy(desk->arena, before);

	add(desk, "AB", "abby");
	assert_fails(record_add(desk->store, desk->arena, named(desk, "ab", NULL), &desk->err),
		ERR_CONFLICT);
	assert_string_equal(desk->err.message, "the salesperson 'AB' is there already");
	assert_fails(record_add(desk->store, desk->arena, named(desk, "CD", "abby"), &desk->err),
		ERR_CONFLICT);
	assert_string_equal(desk->err.message, "the user 'abby' is salesperson 'AB' already");
	edited->values[at_salesperson_user] = (struct record_value){ true, 0, "abby" };
	assert_fails(
		record_update(desk->store, desk->arena, edited, before, &desk->err), ERR_CONFLICT);
	assert_fails(record_add(desk->store, desk->arena, named(desk, "CD", "ab by"), &desk->err),
		ERR_USAGE);
	assert_string_equal(desk->err.field, "user");
}

static void
finds_the_salesperson_of_a_user(void **state)
{
	struct desk *desk = *state;
	struct record *before = add(desk, "AB", "abby"), *after = record_copy(desk->arena, before);
	const char *code;

	add(desk, "CD", NULL);
	assert_ok(salesperson_of_user(desk->store, desk->arena, "abby", &code, &desk->err));
	assert_string_equal(code, "AB");
	assert_ok(salesperson_of_user(desk->store, desk->arena, "Abby", &code, &desk->err));
	assert_null(code);
	after->values[at_salesperson_blocked].number = 1;
	assert_ok(record_update(desk->store, desk->arena, after, before, &desk->err));
	assert_ok(salesperson_of_user(desk->store, desk->arena, "abby", &code, &desk->err));
	assert_null(code);
}

static void
refuses_addresses_that_are_none(void **state)
{
	struct desk *desk = *state;
	int64_t id = add(desk, "AB", NULL)->id;
	struct salesperson_email none = { .email = "abby" },
				 late = { .email = "a@own.example",
					 .has_from = true,
					 .from = 9,
					 .has_until = true,
					 .until = 8 },
				 twice[] = { { .email = "a@own.example" },
					 { .email = "A@OWN.example" } };

	assert_fails(salesperson_set_emails(desk->store, desk->arena, id, &none, 1, &desk->err),
		ERR_USAGE);
	assert_fails(salesperson_set_emails(desk->store, desk->arena, id, &late, 1, &desk->err),
		ERR_USAGE);
	assert_string_equal(desk->err.field, "until");
	assert_fails(salesperson_set_emails(desk->store, desk->arena, id, twice, 2, &desk->err),
		ERR_CONFLICT);
}

static void
lists_the_addresses_of_all_in_order(void **state)
{
	struct desk *desk = *state;
	struct salesperson_email last = { .email = "Z@own.example" },
				 first = { .email = "a@own.example",
					 .has_until = true,
					 .until = 9 },
				 *all;
	unsigned count;

	assert_ok(salesperson_set_emails(
		desk->store, desk->arena, add(desk, "AB", NULL)->id, &last, 1, &desk->err));
	assert_ok(salesperson_set_emails(
		desk->store, desk->arena, add(desk, "CD", NULL)->id, &first, 1, &desk->err));
	assert_ok(salesperson_addresses(desk->store, desk->arena, &all, &count, &desk->err));
	assert_int_equal(count, 2);
	assert_string_equal(all[0].email, "a@own.example");
	assert_int_equal(all[0].until, 9);
	assert_string_equal(all[1].email, "z@own.example");
	assert_false(all[1].has_until);
}

static void
conditions_know_its_fields(void **state)
{
	static const char *const CONDITIONS[] = { "code = ab", "name ~ 'abb*'", "user = abby",
		"not blocked", "email = abby@own.example", "version = 1", "commission = 12.50" };
	struct desk *desk = *state;
	struct record *made = named(desk, "AB", "abby");
	struct salesperson_email email = { .email = "Abby@own.example" };
	struct query_context context = { .now = NOW };
	struct query_node *where;
	int64_t *ids;
	size_t count;

	made->values[at_salesperson_name] = (struct record_value){ true, 0, "Abby" };
	made->values[at_salesperson_commission] = (struct record_value){ true, 1250, NULL };
	assert_ok(record_add(desk->store, desk->arena, made, &desk->err));
	assert_ok(
		salesperson_set_emails(desk->store, desk->arena, made->id, &email, 1, &desk->err));
	made = named(desk, "CD", NULL);
	made->values[at_salesperson_blocked].number = 1;
	assert_ok(record_add(desk->store, desk->arena, made, &desk->err));
	assert_ok(record_update(desk->store, desk->arena, made, made, &desk->err));
	for (size_t i = 0; i < sizeof CONDITIONS / sizeof *CONDITIONS; i++) {
		assert_ok(query_parse(desk->arena, &salesperson_query, &context, CONDITIONS[i],
			&where, &desk->err));
		assert_ok(query_ids(desk->store, desk->arena, &salesperson_query, where, 0, &ids,
			&count, &desk->err));
		if (count != 1 || ids[0] != 1)
			fail_msg("%s: %zu found", CONDITIONS[i], count);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_open, desk_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(writes_the_record),
		TEST(refuses_codes_that_mean_something_else),
		TEST(refuses_a_code_and_a_user_twice),
		TEST(finds_the_salesperson_of_a_user),
		TEST(refuses_addresses_that_are_none),
		TEST(lists_the_addresses_of_all_in_order),
		TEST(conditions_know_its_fields),
	};

	return cmocka_run_group_tests_name("salesperson", tests, NULL, NULL);
}
