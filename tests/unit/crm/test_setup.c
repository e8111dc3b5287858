#include "desk.h"

/* Setup keys and the currency. */

static const char *
get(struct desk *desk, const char *key)
{
	const char *value;

	assert_ok(setup_get(desk->store, desk->arena, key, &value, &desk->err));
	return value;
}

static void
every_key_has_a_default_or_is_blank(void **state)
{
	struct desk *desk = *state;

	assert_string_equal(get(desk, "contact-series"), "CONTACT");
	assert_string_equal(get(desk, "currency"), "EUR");
	assert_string_equal(get(desk, "duplicate-hit"), "60");
	assert_string_equal(get(desk, "inherit-salesperson"), "true");
	assert_null(get(desk, "default-salesperson"));
}

static void
an_empty_value_is_the_default_again(void **state)
{
	struct desk *desk = *state;

	assert_ok(setup_set(desk->store, "default-salesperson", "jo", &desk->err));
	assert_string_equal(get(desk, "default-salesperson"), "JO");
	assert_ok(setup_set(desk->store, "default-salesperson", NULL, &desk->err));
	assert_null(get(desk, "default-salesperson"));
	assert_ok(setup_set(desk->store, "inherit-salesperson", "no", &desk->err));
	assert_string_equal(get(desk, "inherit-salesperson"), "false");
	assert_ok(setup_set(desk->store, "inherit-salesperson", "", &desk->err));
	assert_string_equal(get(desk, "inherit-salesperson"), "true");
}

static void
an_unknown_key_is_answered_with_the_nearest(void **state)
{
	struct desk *desk = *state;

	assert_fails(setup_set(desk->store, "contact-serie", "X", &desk->err), ERR_USAGE);
	assert_non_null(strstr(desk->err.hint, "contact-series"));
	assert_fails(setup_set(desk->store, "currency-frozen", "X", &desk->err), ERR_USAGE);
}

static void
bad_values_are_refused_with_the_rule(void **state)
{
	static const struct {
		const char *key, *value;
		enum err_code code;
	} rows[] = {
		{ "contact-series", "NOSUCH", ERR_NOT_FOUND },
		{ "currency", "EURO", ERR_USAGE },
		{ "currency", "E1R", ERR_USAGE },
		{ "duplicate-hit", "0", ERR_USAGE },
		{ "duplicate-hit", "101", ERR_USAGE },
		{ "duplicate-hit", "60%", ERR_USAGE },
		{ "inherit-salesperson", "maybe", ERR_USAGE },
		{ "default-salesperson", "two words", ERR_USAGE },
	};
	struct desk *desk = *state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_fails(setup_set(desk->store, rows[i].key, rows[i].value, &desk->err),
			rows[i].code);
		assert_string_equal(desk->err.field, "value");
	}
}

static void
currencies_have_their_digits(void **state)
{
	static const struct {
		const char *code;
		int digits;
	} rows[] = { { "EUR", 2 }, { "JPY", 0 }, { "KWD", 3 }, { "CLF", 4 }, { "USD", 2 } };
	struct desk *desk = *state;
	int exponent;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_ok(setup_set(desk->store, "currency", rows[i].code, &desk->err));
		assert_ok(setup_currency_exponent(desk->store, &exponent, &desk->err));
		assert_int_equal(exponent, rows[i].digits);
	}
}

static void
the_first_amount_freezes_the_currency(void **state)
{
	struct desk *desk = *state;
	struct interaction call = { .kind = "call",
		.status = "recorded",
		.direction = "none",
		.initiated_by = "none",
		.at = NOW,
		.cost = 100 };

	assert_ok(setup_set(desk->store, "currency", "CHF", &desk->err));
	assert_ok(interaction_add(desk->store, &call, NULL, 0, NULL, NOW, &desk->err));
	assert_fails(setup_set(desk->store, "currency", "EUR", &desk->err), ERR_REFUSED);
	assert_fails(setup_set(desk->store, "currency", "", &desk->err), ERR_REFUSED);
	assert_ok(setup_set(desk->store, "currency", "chf", &desk->err));
}

static void
show_explains_each_key(void **state)
{
	struct desk *desk = *state;
	struct json_out out;
	json_t *keys;

	json_out_init(&out, &desk->text);
	assert_ok(setup_write(desk->store, desk->arena, NULL, NULL, &out, &desk->err));
	keys = json_loads(desk->text.bytes, 0, NULL);
	assert_true(json_array_size(keys) >= 10);
	for (size_t i = 0; i < json_array_size(keys); i++)
		assert_true(json_string_length(
				    json_object_get(json_array_get(keys, i), "summary")) > 10);
	json_decref(keys);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, desk_open, desk_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(every_key_has_a_default_or_is_blank),
		CASE(an_empty_value_is_the_default_again),
		CASE(an_unknown_key_is_answered_with_the_nearest),
		CASE(bad_values_are_refused_with_the_rule),
		CASE(currencies_have_their_digits),
		CASE(the_first_amount_freezes_the_currency),
		CASE(show_explains_each_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
