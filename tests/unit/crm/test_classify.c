#include "asking.h"

/* Values, bounds and percentages, worked out by hand. */

/* ---- values ---- */

/* Three calls count: 2.50 and 30 minutes, 1.00 and 15, nothing and 0; a cancelled one and a draft do
 * not; one is 400 days ago, one tomorrow. */
static void
values_of_interactions_are_counts_and_averages(void **state)
{
	static const struct {
		const char *source, *start, *end;
		int decimals;
		int64_t value; /* millionths */
	} CASES[] = {
		/* those of 10 and 400 days ago, and of today */
		{ "interaction-quantity", NULL, NULL, 0, 3000000 },
		{ "interaction-quantity", "-1Y", NULL, 0, 2000000 },
		{ "interaction-quantity", NULL, "1D", 0, 4000000 },
		{ "interaction-quantity", NULL, "-1D", 0, 2000000 },
		{ "interaction-quantity", "-10D", NULL, 0, 2000000 },
		{ "interaction-quantity", "-9D", NULL, 0, 1000000 },
		{ "interaction-quantity", "-CY", "CY", 0, 3000000 },
		/* from 2026-01-15 to 2027-01-15 are 366 days: 2 / (366 / 365) = 1.994535… */
		{ "interaction-frequency", "-1Y", NULL, 0, 2000000 },
		{ "interaction-frequency", "-1Y", NULL, 2, 1990000 },
		{ "interaction-frequency", "-1Y", NULL, 6, 1994536 },
		{ "interaction-frequency", "-1Y+1D", NULL, 6, 2000000 },
		/* 11 days: 2 * 365 / 11 = 66.3636… */
		{ "interaction-frequency", "-10D", NULL, 3, 66364000 },
		/* 250 + 100 + 0 of 3: 1.1666… */
		{ "interaction-cost", NULL, NULL, 2, 1170000 },
		{ "interaction-cost", NULL, NULL, 0, 1000000 },
		/* 250 + 100 of 2: 1.75 */
		{ "interaction-cost", "-1Y", NULL, 1, 1800000 },
		{ "interaction-cost", "-2D", "-1D", 2, 0 }, /* none */
		{ "interaction-duration", NULL, NULL, 0, 15000000 },
		{ "interaction-duration", "-1Y", NULL, 1, 22500000 },
	};
	struct desk *desk = *state;
	int64_t ada = add_person(desk, "Ada", 0);
	int64_t questions[sizeof CASES / sizeof *CASES];

	happen(desk, ada, "recorded", TODAY - 10 * DAY, 250, 30);
	happen(desk, ada, "recorded", TODAY + DAY - 1, 100, 15);
	happen(desk, ada, "recorded", NOW - 400 * DAY, 0, 0);
	happen(desk, ada, "cancelled", NOW, 999, 99);
	happen(desk, ada, "draft", NOW, 999, 99);
	happen(desk, ada, "planned", TODAY + DAY, 1000, 60);
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
		questions[i] = add_question(
			desk, (struct question){ .text = arena_printf(desk->arena, "Q%zu", i),
				      .source = CASES[i].source,
				      .start = CASES[i].start,
				      .end = CASES[i].end,
				      .decimals = CASES[i].decimals });
	classify(desk);
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		int64_t value = value_of(desk, questions[i], ada);

		if (value != CASES[i].value)
			fail_msg("%s from %s to %s is %lld, not %lld", CASES[i].source,
				CASES[i].start, CASES[i].end, (long long)value,
				(long long)CASES[i].value);
	}
}

static void
values_of_facts_are_sums_counts_and_averages(void **state)
{
	static const struct {
		const char *source, *start;
		int decimals;
		int64_t value;
	} CASES[] = {
		{ "fact-sum", NULL, 2, 1100050000 },
		{ "fact-sum", NULL, 0, 1100000000 },
		{ "fact-sum", "-1Y", 2, 100050000 },
		{ "fact-count", NULL, 0, 3000000 },
		{ "fact-count", "-1Y", 0, 2000000 },
		{ "fact-average", "-1Y", 2, 50030000 }, /* 50.025 */
		{ "fact-average", NULL, 2, 366680000 }, /* 366.6833… */
		{ "fact-frequency", "-1Y+1D", 2, 2000000 },
	};
	struct desk *desk = *state;
	int64_t acme = add_company(desk, "Acme"), ada = add_person(desk, "Ada", acme);
	int64_t questions[sizeof CASES / sizeof *CASES];

	add_fact(desk, acme, 10000, TODAY);
	add_fact(desk, ada, 5, TODAY - 30 * DAY);
	add_fact(desk, acme, 100000, TODAY - 500 * DAY);
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
		questions[i] = add_question(
			desk, (struct question){ .text = arena_printf(desk->arena, "Q%zu", i),
				      .source = CASES[i].source,
				      .fact = "sales",
				      .start = CASES[i].start,
				      .decimals = CASES[i].decimals });
	classify(desk);
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		int64_t value = value_of(desk, questions[i], acme);

		if (value != CASES[i].value)
			fail_msg("%s from %s is %lld, not %lld", CASES[i].source, CASES[i].start,
				(long long)value, (long long)CASES[i].value);
		assert_int_equal(value_of(desk, questions[i], ada), -1);
	}
}

/* ---- bounds ---- */

static void
nought_is_a_bound_and_none_is_open(void **state)
{
	struct desk *desk = *state;
	int64_t none = add_person(desk, "None", 0), one = add_person(desk, "One", 0),
		five = add_person(desk, "Five", 0);

	add_question(desk, (struct question){ .text = "Q", .source = "interaction-quantity" });
	add_band(desk, "Q", "never", 0, 0);
	add_band(desk, "Q", "few", OPEN, 1000);
	add_band(desk, "Q", "some", 1000, 4000);
	add_band(desk, "Q", "many", 5000, OPEN);
	add_band(desk, "Q", "any", OPEN, OPEN);
	happen(desk, one, "recorded", NOW, 0, 0);
	for (int i = 0; i < 5; i++)
		happen(desk, five, "recorded", NOW, 0, 0);
	classify(desk);
	assert_answers(desk, none, "never,few,any");
	assert_answers(desk, one, "few,some,any");
	assert_answers(desk, five, "many,any");
}

/* 1.49 and 1.5 are 1 and 2 at no places: a value between bounds of whole numbers falls into one. */
static void
values_are_rounded_before_they_are_compared(void **state)
{
	struct desk *desk = *state;
	int64_t ada = add_person(desk, "Ada", 0), bob = add_person(desk, "Bob", 0);

	add_question(desk, (struct question){ .text = "Q", .source = "fact-sum", .fact = "SALES" });
	add_band(desk, "Q", "one", 1000, 1000);
	add_band(desk, "Q", "two", 2000, 2000);
	add_fact(desk, ada, 149, TODAY);
	add_fact(desk, bob, 150, TODAY);
	classify(desk);
	assert_answers(desk, ada, "one");
	assert_answers(desk, bob, "two");
}

/* ---- percentages: sales of 500, 300, 150, 40, 10 and 0 ---- */

enum { SELLERS = 6 };

static const int64_t SALES[SELLERS] = { 50000, 30000, 15000, 4000, 1000, 0 };

static void
add_sellers(struct desk *desk, int64_t ids[SELLERS])
{
	for (int i = 0; i < SELLERS; i++) {
		ids[i] = add_company(desk, arena_printf(desk->arena, "Seller %d", i));
		if (SALES[i] > 0)
			add_fact(desk, ids[i], SALES[i], TODAY);
	}
}

static void
percentages_are_of_all_contacts(void **state)
{
	static const struct {
		const char *method, *sorting;
		int decimals;
		struct {
			const char *answer;
			int from, to;
		} bands[3];
		const char *wanted[SELLERS];
	} CASES[] = {
		/* shares: 50 30 15 4 1 0 % */
		{ "percent-of-value", NULL, 0,
			{ { "A", 15001, OPEN }, { "B", 1000, 15000 }, { "C", 0, 0 } },
			{ "A", "A", "B", "B", "B", "C" } },
		/* ranks of 6: 16.67 33.33 50 66.67 83.33 100 % */
		{ "percent-of-contacts", "descending", 2,
			{ { "A", OPEN, 16670 }, { "B", 16671, 50000 }, { "C", 50001, OPEN } },
			{ "A", "B", "B", "C", "C", "C" } },
		{ "percent-of-contacts", "descending", 0,
			{ { "A", OPEN, 17000 }, { "B", 33000, 33000 }, { "C", 100000, OPEN } },
			{ "A", "B", "", "", "", "C" } },
		{ "percent-of-contacts", "ascending", 0,
			{ { "A", OPEN, 17000 }, { "B", 18000, 67000 }, { "C", 68000, OPEN } },
			{ "C", "C", "B", "B", "B", "A" } },
		/* sums: 50 80 95 99 100 100 % */
		{ "cumulative-value", "descending", 0,
			{ { "A", OPEN, 80000 }, { "B", 80001, 95000 }, { "C", 95001, OPEN } },
			{ "A", "A", "B", "C", "C", "C" } },
		/* from the least: 0 1 5 20 50 100 % */
		{ "cumulative-value", "ascending", 0,
			{ { "A", OPEN, 5000 }, { "B", 5001, 50000 }, { "C", 50001, OPEN } },
			{ "C", "B", "B", "A", "A", "A" } },
	};
	struct desk *desk = *state;
	int64_t ids[SELLERS];

	add_sellers(desk, ids);
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		const char *text = arena_printf(desk->arena, "Q%zu", i);

		add_question(desk, (struct question){ .text = text,
					   .source = "fact-sum",
					   .fact = "SALES",
					   .method = CASES[i].method,
					   .sorting = CASES[i].sorting,
					   .decimals = CASES[i].decimals });
		for (int band = 0; band < 3; band++)
			add_band(desk, text, CASES[i].bands[band].answer, CASES[i].bands[band].from,
				CASES[i].bands[band].to);
	}
	classify(desk);
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		for (int seller = 0; seller < SELLERS; seller++) {
			const char *is = answers_of(
				desk, ids[seller], arena_printf(desk->arena, "Q%zu", i));

			if (strcmp(is, CASES[i].wanted[seller]) != 0)
				fail_msg("case %zu: seller %d is '%s', not '%s'", i, seller, is,
					CASES[i].wanted[seller]);
		}
	}
}

static void
nothing_in_all_is_no_share_of_it(void **state)
{
	struct desk *desk = *state;
	int64_t ada = add_person(desk, "Ada", 0);

	add_question(desk,
		(struct question){
			.text = "Q", .source = "interaction-cost", .method = "percent-of-value" });
	add_band(desk, "Q", "nothing", 0, 0);
	add_band(desk, "Q", "all", 100000, OPEN);
	classify(desk);
	assert_answers(desk, ada, "nothing");
	happen(desk, ada, "recorded", NOW, 100, 1);
	classify(desk);
	assert_answers(desk, ada, "all");
}

static void
ties_have_ranks_one_after_the_other(void **state)
{
	struct desk *desk = *state;

	add_question(desk, (struct question){ .text = "Q",
				   .source = "interaction-quantity",
				   .method = "percent-of-contacts" });
	add_band(desk, "Q", "first half", OPEN, 50000);
	add_band(desk, "Q", "second half", 50001, OPEN);
	for (int i = 0; i < 4; i++)
		add_person(desk, "Same", 0);
	classify(desk);
	assert_int_equal(ask(desk, "SELECT count(*) FROM contact_answer t JOIN answer a"
				   " ON a.id = t.answer_id WHERE a.answer = 'first half'"),
		2);
	assert_int_equal(ask(desk, "SELECT count(*) FROM contact_answer"), 4);
}

/* One who sells more makes the others less, though nothing of theirs changed. */
static void
a_change_of_one_moves_the_others(void **state)
{
	struct desk *desk = *state;
	int64_t ids[SELLERS];

	add_sellers(desk, ids);
	add_question(desk, (struct question){ .text = "Q",
				   .source = "fact-sum",
				   .fact = "SALES",
				   .method = "cumulative-value" });
	add_band(desk, "Q", "A", OPEN, 80000);
	add_band(desk, "Q", "B", 80001, OPEN);
	classify(desk);
	assert_answers(desk, ids[1], "A");
	add_fact(desk, ids[5], 1000000, TODAY);
	classify(desk);
	assert_answers(desk, ids[5], "B"); /* 91 % alone */
	assert_answers(desk, ids[0], "B");
	assert_answers(desk, ids[1], "B");
	assert_ok(contact_remove(desk->store, ids[5], &desk->err));
	classify(desk);
	assert_answers(desk, ids[0], "A");
	assert_answers(desk, ids[1], "A");
	assert_answers(desk, ids[2], "B");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(values_of_interactions_are_counts_and_averages),
		TEST(values_of_facts_are_sums_counts_and_averages),
		TEST(nought_is_a_bound_and_none_is_open),
		TEST(values_are_rounded_before_they_are_compared),
		TEST(percentages_are_of_all_contacts),
		TEST(nothing_in_all_is_no_share_of_it),
		TEST(ties_have_ranks_one_after_the_other),
		TEST(a_change_of_one_moves_the_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
