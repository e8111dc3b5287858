#include "test.h"

#include <string.h>

#include "refusal.h"

/* What liaisond remembers of secrets that were refused. */

static const struct config_source WORK = {
	.number = 2, .name = "work", .host = "imap.x.example", .port = 993, .user = "me"
};

static struct refusal
give(struct refusals *refusals, const struct config_source *source, const char *secret)
{
	return refusals_give(refusals, source, secret, strlen(secret));
}

static void
gives_back_what_was_noted_of_the_same_secret(void **state)
{
	static const struct refusal TWICE = { 2, 5000 };
	struct refusals refusals = { 0 };
	struct refusal known;

	(void)state;
	assert_int_equal(give(&refusals, &WORK, "old").count, 0);
	refusals_note(&refusals, WORK.number, &TWICE, 0);
	known = give(&refusals, &WORK, "old");
	assert_int_equal(known.count, 2);
	assert_int_equal(known.until_ms, 5000);
	assert_int_equal(give(&refusals, &WORK, "new").count, 0);
	assert_int_equal(give(&refusals, &WORK, "old").count, 2);
	refusals_clear(&refusals);
}

static void
forgets_it_when_a_secret_is_accepted(void **state)
{
	struct refusals refusals = { 0 };

	(void)state;
	give(&refusals, &WORK, "old");
	refusals_note(&refusals, WORK.number, &(struct refusal){ 3, 5000 }, 0);
	refusals_note(&refusals, WORK.number, &(struct refusal){ 0, 0 }, 0);
	assert_int_equal(give(&refusals, &WORK, "old").count, 0);
	refusals_clear(&refusals);
}

static void
knows_that_another_user_server_or_source_has_not_refused_it(void **state)
{
	struct config_source other = WORK, moved = WORK, beside = WORK;
	struct refusals refusals = { 0 };

	(void)state;
	other.user = "you";
	moved.host = "mail.x.example";
	beside.number = 7;
	give(&refusals, &WORK, "old");
	refusals_note(&refusals, WORK.number, &(struct refusal){ 3, 5000 }, 0);
	assert_int_equal(give(&refusals, &other, "old").count, 0);
	assert_int_equal(give(&refusals, &moved, "old").count, 0);
	assert_int_equal(give(&refusals, &beside, "old").count, 0);
	assert_int_equal(give(&refusals, &WORK, "old").count, 3);
	refusals_clear(&refusals);
}

/* They are made afresh each time: it is the account that waits. */
static void
counts_on_from_one_token_to_the_next_until_one_is_accepted(void **state)
{
	struct config_source tokens = WORK, other = WORK;
	struct refusals refusals = { 0 };

	(void)state;
	tokens.secret = other.secret = SECRET_TOKEN_COMMAND;
	other.user = "you";
	give(&refusals, &tokens, "first");
	refusals_note(&refusals, WORK.number, &(struct refusal){ 2, 5000 }, 0);
	assert_int_equal(give(&refusals, &tokens, "second").count, 2);
	assert_int_equal(give(&refusals, &other, "second").count, 0);
	give(&refusals, &tokens, "third");
	refusals_note(&refusals, WORK.number, &(struct refusal){ 0, 0 }, 0);
	assert_int_equal(give(&refusals, &tokens, "fourth").count, 0);
	refusals_clear(&refusals);
}

static void
does_not_believe_that_a_secret_is_refused_for_longer_than_a_day(void **state)
{
	static const int64_t NOW = 7000;
	struct refusals refusals = { 0 };
	struct refusal known;

	(void)state;
	give(&refusals, &WORK, "old");
	refusals_note(&refusals, WORK.number, &(struct refusal){ UINT32_MAX, INT64_MAX }, NOW);
	known = give(&refusals, &WORK, "old");
	assert_int_equal(known.count, 1000);
	assert_int_equal(known.until_ms, NOW + 24 * 60 * 60 * 1000);
	refusals_clear(&refusals);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_back_what_was_noted_of_the_same_secret),
		cmocka_unit_test(forgets_it_when_a_secret_is_accepted),
		cmocka_unit_test(knows_that_another_user_server_or_source_has_not_refused_it),
		cmocka_unit_test(counts_on_from_one_token_to_the_next_until_one_is_accepted),
		cmocka_unit_test(does_not_believe_that_a_secret_is_refused_for_longer_than_a_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
