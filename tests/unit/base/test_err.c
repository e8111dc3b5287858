#include "test.h"

#include <string.h>

#include "liaison/base/err.h"
#include "liaison/base/text.h"

static void
says_what_failed_and_returns_minus_one(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(fail(&err, ERR_CONFLICT, "the address '%s' is taken", "a@x.example"), -1);
	assert_int_equal(err.code, ERR_CONFLICT);
	assert_string_equal(err.message, "the address 'a@x.example' is taken");
	assert_string_equal(err.field, "");
	assert_string_equal(err.hint, "");
	assert_int_equal(fail(NULL, ERR_CONFLICT, "nobody listens"), -1);
}

static void
forgets_what_an_earlier_failure_said(void **state)
{
	struct err err;

	(void)state;
	fail_field(&err, ERR_AMBIGUOUS, "contact", "several contacts match");
	err_hint(&err, "say which");
	err_add_candidate(&err, "C00001", "Ada", "person");
	assert_string_equal(err.field, "contact");
	assert_int_equal(err.candidate_count, 1);
	fail(&err, ERR_NOT_FOUND, "there is none");
	assert_string_equal(err.field, "");
	assert_string_equal(err.hint, "");
	assert_int_equal(err.candidate_count, 0);
}

static void
quotes_itself_within_a_longer_sentence(void **state)
{
	struct err err;

	(void)state;
	fail(&err, ERR_NETWORK, "the server closed the connection");
	fail(&err, ERR_NETWORK, "work/INBOX: %s", err.message);
	assert_string_equal(err.message, "work/INBOX: the server closed the connection");
	fail_field(&err, ERR_USAGE, "name", "%s", err.message);
	fail_field(&err, ERR_USAGE, err.field, "again");
	assert_string_equal(err.field, "name");
}

static void
stays_one_line_of_utf8(void **state)
{
	struct err err;
	char longer[600];

	(void)state;
	memset(longer, 'x', sizeof longer);
	memcpy(longer + 398, "\xc3\xbc", 2); /* over the cut */
	longer[sizeof longer - 1] = '\0';
	fail(&err, ERR_USAGE, "%s", longer);
	assert_int_equal(strlen(err.message), 398);
	fail(&err, ERR_USAGE, "a\nb\x1b\xff");
	assert_true(text_is_clean(err.message, strlen(err.message), false));
	fail(&err, ERR_USAGE, "'grün'");
	assert_string_equal(err.message, "'grün'");
}

static void
keeps_at_most_ten_candidates(void **state)
{
	struct err err;

	(void)state;
	fail(&err, ERR_AMBIGUOUS, "several");
	for (int i = 0; i < 20; i++)
		err_add_candidate(&err, "C00001", NULL, "person");
	assert_int_equal(err.candidate_count, ERR_CANDIDATES_MAX);
}

static void
maps_codes_as_the_contract_says(void **state)
{
	static const struct {
		enum err_code code;
		const char *name;
		int rpc, exit;
	} TABLE[] = {
		{ ERR_USAGE, "usage", -32602, 2 },
		{ ERR_NOT_FOUND, "not-found", 3, 3 },
		{ ERR_AMBIGUOUS, "ambiguous", 4, 4 },
		{ ERR_CONFLICT, "conflict", 5, 5 },
		{ ERR_REFUSED, "refused", 6, 6 },
		{ ERR_NETWORK, "network", 69, 1 },
		{ ERR_FORMAT, "format", 65, 1 },
		{ ERR_STORAGE, "storage", 74, 74 },
		{ ERR_UNAVAILABLE, "unavailable", 75, 75 },
		{ ERR_PERMISSION, "permission", 77, 77 },
		{ ERR_INTERNAL, "internal", -32603, 70 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof TABLE / sizeof TABLE[0]; i++) {
		assert_string_equal(err_name(TABLE[i].code), TABLE[i].name);
		assert_int_equal(err_rpc_code(TABLE[i].code), TABLE[i].rpc);
		assert_int_equal(err_exit_status(TABLE[i].code), TABLE[i].exit);
		assert_int_equal(err_by_name(TABLE[i].name), TABLE[i].code);
	}
	assert_int_equal(err_by_name("nonsense"), ERR_INTERNAL);
	assert_int_equal(err_by_name(NULL), ERR_INTERNAL);
	assert_int_equal(err_exit_status(ERR_CONFIG), 78);
	assert_int_equal(err_exit_status((enum err_code)999), 70);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_failed_and_returns_minus_one),
		cmocka_unit_test(forgets_what_an_earlier_failure_said),
		cmocka_unit_test(quotes_itself_within_a_longer_sentence),
		cmocka_unit_test(stays_one_line_of_utf8),
		cmocka_unit_test(keeps_at_most_ten_candidates),
		cmocka_unit_test(maps_codes_as_the_contract_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
