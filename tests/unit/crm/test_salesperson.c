#include "desk.h"

#include "liaison/crm/salesperson.h"

/* Salespeople: codes, users, addresses within their times. */

static struct salesperson
add(struct desk *desk, const char *code, const char *user)
{
	struct salesperson made = { .code = code, .user = user };

	assert_ok(salesperson_add(desk->store, desk->arena, &made, NOW, &desk->err));
	return made;
}

static const char *
record(struct desk *desk, int64_t id)
{
	struct json_out out;

	text_reset(&desk->text);
	json_out_init(&out, &desk->text);
	assert_ok(salesperson_write(desk->store, id, &out, &desk->err));
	return desk->text.bytes;
}

static void
writes_the_record(void **state)
{
	struct desk *desk = *state;
	struct salesperson made = { .code = "AB", .name = " Abby Bell ", .user = "abby" };
	struct salesperson_email emails[] = { { .email = "Abby@Own.example" },
		{ .email = "a.b@own.example",
			.has_from = true,
			.from = 0,
			.has_until = true,
			.until = 86399 } };
	struct json_out out;

	assert_ok(salesperson_add(desk->store, desk->arena, &made, NOW, &desk->err));
	assert_ok(salesperson_set_emails(desk->store, desk->arena, made.id, emails, 2, &desk->err));
	assert_string_equal(record(desk, made.id),
		"{\"id\":1,\"version\":1,\"code\":\"AB\",\"name\":\"Abby Bell\",\"user\":\"abby\","
		"\"blocked\":false,\"emails\":[{\"email\":\"Abby@Own.example\",\"from\":null,"
		"\"until\":null},{\"email\":\"a.b@own.example\",\"from\":\"1970-01-01T00:00:00Z\","
		"\"until\":\"1970-01-01T23:59:59Z\"}]}");
	json_out_init(&out, &desk->text);
	assert_fails(salesperson_write(desk->store, 7, &out, &desk->err), ERR_NOT_FOUND);
}

static void
refuses_codes_that_mean_something_else(void **state)
{
	static const char *const CODES[] = { "ME", "SENDER", "", "A B", "ab",
		"ABCDEFGHIJKLMNOPQRSTU" };
	struct desk *desk = *state;

	for (size_t i = 0; i < sizeof CODES / sizeof *CODES; i++) {
		struct salesperson wrong = { .code = CODES[i] };

		assert_fails(salesperson_add(desk->store, desk->arena, &wrong, NOW, &desk->err),
			ERR_USAGE);
		assert_string_equal(desk->err.field, "code");
	}
	assert_int_equal(ask(desk, "SELECT count(*) FROM salesperson"), 0);
}

static void
refuses_a_code_and_a_user_twice(void **state)
{
	struct desk *desk = *state;
	struct salesperson again = { .code = "AB" }, other = { .code = "CD", .user = "abby" };
	struct salesperson edited = add(desk, "EF", NULL);

	add(desk, "AB", "abby");
	assert_fails(
		salesperson_add(desk->store, desk->arena, &again, NOW, &desk->err), ERR_CONFLICT);
	assert_string_equal(desk->err.message, "there is a salesperson 'AB' already");
	assert_fails(
		salesperson_add(desk->store, desk->arena, &other, NOW, &desk->err), ERR_CONFLICT);
	assert_string_equal(desk->err.message, "the user 'abby' is salesperson 'AB' already");
	edited.user = "abby";
	assert_fails(salesperson_update(desk->store, desk->arena, &edited, NOW, &desk->err),
		ERR_CONFLICT);
}

static void
keeps_what_it_has_when_it_is_stored_again(void **state)
{
	struct desk *desk = *state;
	struct salesperson made = add(desk, "AB", "abby"), found;

	made.name = "Abby";
	assert_ok(salesperson_update(desk->store, desk->arena, &made, NOW, &desk->err));
	assert_ok(salesperson_get(desk->store, desk->arena, "ab", &found, &desk->err));
	assert_int_equal(found.version, 2);
	assert_string_equal(found.name, "Abby");
	assert_string_equal(found.user, "abby");
	assert_false(found.blocked);
	assert_fails(
		salesperson_get(desk->store, desk->arena, "CD", &found, &desk->err), ERR_NOT_FOUND);
}

static void
finds_the_salesperson_of_a_user(void **state)
{
	struct desk *desk = *state;
	struct salesperson made = add(desk, "AB", "abby");
	const char *code;

	add(desk, "CD", NULL);
	assert_ok(salesperson_of_user(desk->store, desk->arena, "abby", &code, &desk->err));
	assert_string_equal(code, "AB");
	assert_ok(salesperson_of_user(desk->store, desk->arena, "Abby", &code, &desk->err));
	assert_null(code);
	made.blocked = true;
	assert_ok(salesperson_update(desk->store, desk->arena, &made, NOW, &desk->err));
	assert_ok(salesperson_of_user(desk->store, desk->arena, "abby", &code, &desk->err));
	assert_null(code);
}

static void
refuses_addresses_that_are_none(void **state)
{
	struct desk *desk = *state;
	int64_t id = add(desk, "AB", NULL).id;
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
conditions_know_its_fields(void **state)
{
	static const char *const CONDITIONS[] = { "code = ab", "name ~ 'abb*'", "user = abby",
		"not blocked", "email = abby@own.example", "version = 1" };
	struct desk *desk = *state;
	struct salesperson made = { .code = "AB", .name = "Abby", .user = "abby" };
	struct salesperson_email email = { .email = "Abby@own.example" };
	struct query_context context = { .now = NOW };
	struct query_node *where;
	int64_t *ids;
	size_t count;

	assert_ok(salesperson_add(desk->store, desk->arena, &made, NOW, &desk->err));
	assert_ok(salesperson_set_emails(desk->store, desk->arena, made.id, &email, 1, &desk->err));
	made = (struct salesperson){ .code = "CD", .blocked = true };
	assert_ok(salesperson_add(desk->store, desk->arena, &made, NOW, &desk->err));
	made.name = "Cid";
	assert_ok(salesperson_update(desk->store, desk->arena, &made, NOW, &desk->err));
	for (size_t i = 0; i < sizeof CONDITIONS / sizeof *CONDITIONS; i++) {
		assert_ok(query_parse(desk->arena, &salesperson_noun, &context, CONDITIONS[i],
			&where, &desk->err));
		assert_ok(query_ids(desk->store, desk->arena, &salesperson_noun, where, 0, &ids,
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
		TEST(keeps_what_it_has_when_it_is_stored_again),
		TEST(finds_the_salesperson_of_a_user),
		TEST(refuses_addresses_that_are_none),
		TEST(conditions_know_its_fields),
	};

	return cmocka_run_group_tests_name("salesperson", tests, NULL, NULL);
}
