#include "asking.h"

/* Whom questions with a source classify, when, and what ratings make of the answers. */

/* ---- whom it concerns ---- */

static void
companies_count_what_their_persons_had(void **state)
{
	struct desk *desk = *state;
	int64_t acme = add_company(desk, "Acme"), ada = add_person(desk, "Ada", acme);

	add_question(desk, (struct question){ .text = "Q", .source = "interaction-quantity" });
	add_band(desk, "Q", "two", 2000, 2000);
	add_band(desk, "Q", "one", 1000, 1000);
	happen(desk, ada, "recorded", NOW, 0, 0);
	happen(desk, acme, "recorded", NOW, 0, 0);
	classify(desk);
	assert_answers(desk, acme, "two");
	assert_answers(desk, ada, "one");
}

static void
facts_are_a_companys_and_mark_its_persons(void **state)
{
	static const struct {
		const char *type, *acme, *ada, *bob;
	} CASES[] = {
		{ NULL, "yes", "yes", "yes" },
		{ "company", "yes", "", "" },
		{ "person", "", "yes", "yes" },
	};
	struct desk *desk = *state;
	int64_t acme = add_company(desk, "Acme"), ada = add_person(desk, "Ada", acme),
		bob = add_person(desk, "Bob", 0);

	add_fact(desk, acme, 100, TODAY);
	add_fact(desk, bob, 100, TODAY);
	add_question(
		desk, (struct question){ .text = "Q", .source = "fact-count", .fact = "SALES" });
	add_band(desk, "Q", "yes", 1000, OPEN);
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		struct stmt *q = sql_prepare(
			desk->store, "UPDATE questionnaire SET contact_type = ?");

		stmt_bind_text(q, CASES[i].type);
		assert_ok(stmt_run(q, &desk->err));
		classify(desk);
		assert_answers(desk, acme, CASES[i].acme);
		assert_answers(desk, ada, CASES[i].ada);
		assert_answers(desk, bob, CASES[i].bob);
	}
}

static void
a_person_who_moves_takes_the_new_companys_answer(void **state)
{
	struct desk *desk = *state;
	int64_t acme = add_company(desk, "Acme"), zeta = add_company(desk, "Zeta");
	int64_t id = add_person(desk, "Ada", acme);
	struct contact ada;

	add_question(desk, (struct question){ .text = "Q", .source = "fact-sum", .fact = "SALES" });
	add_band(desk, "Q", "rich", 1000, OPEN);
	add_band(desk, "Q", "poor", OPEN, 999);
	add_fact(desk, acme, 10000, TODAY);
	classify(desk);
	assert_answers(desk, id, "rich");
	ada = get_contact(desk, id);
	ada.company_id = zeta;
	assert_ok(contact_update(desk->store, desk->arena, &ada, NOW, &desk->err));
	classify(desk);
	assert_answers(desk, id, "poor");
	add_fact(desk, id, 10000, TODAY);
	classify(desk);
	assert_answers(desk, zeta, "rich");
	assert_answers(desk, id, "rich");
}

static void
the_business_relation_says_who_is_asked(void **state)
{
	struct desk *desk = *state;
	int64_t acme = add_company(desk, "Acme"), ada = add_person(desk, "Ada", acme),
		bob = add_person(desk, "Bob", 0);
	struct record_value values[relation_count] = {
		[at_relation_contact] = number(acme), [at_relation_code] = word("CUST")
	};
	int64_t relation;
	struct record *record;

	add_questionnaire(desk, "CUSTOMERS", NULL, "CUST");
	add_question(desk, (struct question){ .questionnaire = "CUSTOMERS",
				   .text = "Q",
				   .source = "interaction-quantity" });
	add_record(desk, &answer_noun,
		(struct record_value[answer_count]){ [at_answer_questionnaire] = word("CUSTOMERS"),
			[at_answer_question] = word("Q"),
			[at_answer_answer] = word("asked") });
	classify(desk);
	assert_answers(desk, acme, "");
	relation = add_record(desk, &relation_noun, values);
	classify(desk);
	assert_answers(desk, acme, "asked");
	assert_answers(desk, ada, "asked");
	assert_answers(desk, bob, "");
	assert_ok(record_get(
		desk->store, desk->arena, &relation_noun, relation, &record, &desk->err));
	assert_ok(record_remove(desk->store, record, &desk->err));
	classify(desk);
	assert_answers(desk, acme, "");
	assert_answers(desk, ada, "");
}

static void
minors_and_who_is_blocked_are_not_classified(void **state)
{
	struct desk *desk = *state;
	int64_t id = add_person(desk, "Ada", 0);
	struct contact ada;

	add_question(desk, (struct question){ .text = "Q", .source = "interaction-quantity" });
	add_band(desk, "Q", "asked", OPEN, OPEN);
	classify(desk);
	assert_answers(desk, id, "asked");
	ada = get_contact(desk, id);
	ada.privacy_blocked = true;
	assert_ok(contact_update(desk->store, desk->arena, &ada, NOW, &desk->err));
	classify(desk);
	assert_answers(desk, id, "");
	ada.privacy_blocked = false;
	assert_ok(contact_update(desk->store, desk->arena, &ada, NOW, &desk->err));
	classify(desk);
	assert_answers(desk, id, "asked");
	ada.minor = true;
	assert_ok(contact_update(desk->store, desk->arena, &ada, NOW, &desk->err));
	classify(desk);
	assert_answers(desk, id, "");
}

/* ---- ratings ---- */

/* Three questions; half of them answered are 33 and 67 %. */
static void
a_rating_needs_so_much_to_be_answered(void **state)
{
	static const struct {
		int least; /* hundredths of a percent */
		const char *wanted[3]; /* by how many are answered */
	} CASES[] = {
		{ 0, { "low", "low", "high" } },
		{ 3333, { "", "low", "high" } },
		{ 3334, { "", "", "high" } },
		{ 6667, { "", "", "" } },
		{ 10000, { "", "", "" } },
	};
	struct desk *desk = *state;
	int64_t ids[3], questions[3], answers[3];
	const char *const TEXTS[] = { "One", "Two", "Three" };

	for (int i = 0; i < 3; i++) {
		ids[i] = add_person(desk, TEXTS[i], 0);
		questions[i] = add_question(desk, (struct question){ .text = TEXTS[i] });
		answers[i] = add_band(desk, TEXTS[i], TEXTS[i], OPEN, OPEN);
	}
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		const char *text = arena_printf(desk->arena, "R%zu", i);
		int64_t rating = add_question(desk, (struct question){ .text = text,
							    .source = "rating",
							    .min_answered = CASES[i].least,
							    .decimals = 1 });

		add_band(desk, text, "low", OPEN, 10500);
		add_band(desk, text, "high", 10600, OPEN);
		rate(desk, rating, answers[0], 10500);
		rate(desk, rating, answers[1], 100);
		rate(desk, rating, answers[2], 1000);
	}
	answer(desk, ids[1], questions[0], answers[0], TODAY - DAY);
	answer(desk, ids[2], questions[0], answers[0], TODAY - DAY);
	answer(desk, ids[2], questions[1], answers[1], TODAY - 7 * DAY);
	classify(desk);
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		for (int who = 0; who < 3; who++) {
			const char *text = arena_printf(desk->arena, "R%zu", i);
			const char *is = answers_of(desk, ids[who], text);

			if (strcmp(is, CASES[i].wanted[who]) != 0)
				fail_msg("%s: %d answered: '%s', not '%s'", text, who, is,
					CASES[i].wanted[who]);
		}
	}
	/* the oldest of what it used, and two of three */
	assert_int_equal(ask(desk, "SELECT t.updated FROM contact_answer t JOIN answer a"
				   " ON a.id = t.answer_id WHERE a.question = 'R0'"
				   " AND a.answer = 'high'"),
		TODAY - 7 * DAY);
	assert_int_equal(ask(desk, "SELECT t.answered FROM contact_answer t JOIN answer a"
				   " ON a.id = t.answer_id WHERE a.question = 'R0'"
				   " AND a.answer = 'high'"),
		6667);
}

static void
ratings_feed_ratings_in_their_order(void **state)
{
	struct desk *desk = *state;
	int64_t ada = add_person(desk, "Ada", 0);
	/* the one that uses the others is there first */
	int64_t top = add_question(desk, (struct question){ .text = "Top", .source = "rating" });
	int64_t middle = add_question(
		desk, (struct question){ .text = "Middle", .source = "rating" });
	int64_t count = add_question(
		desk, (struct question){ .text = "Count", .source = "interaction-quantity" });
	int64_t well = add_band(desk, "Middle", "well", 5000, OPEN);
	int64_t often = add_band(desk, "Count", "often", 2000, OPEN);

	(void)count;
	add_band(desk, "Top", "best", 7000, OPEN);
	rate(desk, top, well, 7000);
	rate(desk, middle, often, 5000);
	classify(desk);
	assert_answers(desk, ada, "");
	happen(desk, ada, "recorded", NOW, 0, 0);
	happen(desk, ada, "recorded", NOW, 0, 0);
	classify(desk);
	assert_answers(desk, ada, "often,well,best");
	assert_int_equal(ask(desk, "SELECT count(*) FROM classify_queue"), 0);
}

/* ---- time ---- */

static void
windows_move_with_the_days(void **state)
{
	struct desk *desk = *state;
	int64_t ada = add_person(desk, "Ada", 0);
	bool due;

	add_question(desk, (struct question){ .text = "Q",
				   .source = "interaction-quantity",
				   .start = "-1W",
				   .end = "1D" });
	add_band(desk, "Q", "lately", 1000, OPEN);
	add_band(desk, "Q", "long ago", 0, 0);
	happen(desk, ada, "planned", TODAY + 2 * DAY, 0, 0);
	classify(desk);
	assert_answers(desk, ada, "long ago");
	assert_ok(classify_is_due(desk->store, NULL, TODAY + DAY - 1, &due, &desk->err));
	assert_false(due);
	assert_ok(classify_is_due(desk->store, NULL, TODAY + DAY, &due, &desk->err));
	assert_true(due);
	classify_on(desk, TODAY + DAY);
	assert_answers(desk, ada, "lately");
	classify_on(desk, TODAY + 9 * DAY);
	assert_answers(desk, ada, "lately");
	classify_on(desk, TODAY + 10 * DAY);
	assert_answers(desk, ada, "long ago");
}

static void
days_are_those_of_the_zone(void **state)
{
	struct desk *desk = *state;
	struct zone *zone = zone_load("Europe/Berlin", &desk->err);
	int64_t ada = add_person(desk, "Ada", 0), bob = add_person(desk, "Bob", 0);
	bool more;

	assert_non_null(zone);
	add_question(desk,
		(struct question){ .text = "Q", .source = "interaction-quantity", .start = "CD" });
	add_band(desk, "Q", "today", 1000, OPEN);
	happen(desk, ada, "recorded", TODAY - 3600, 0, 0); /* midnight in Berlin */
	happen(desk, bob, "recorded", TODAY - 3601, 0, 0);
	assert_ok(classify_turn(desk->store, zone, NOW, 100, 0, &more, &desk->err));
	assert_false(more);
	assert_answers(desk, ada, "today");
	assert_answers(desk, bob, "");
	classify(desk); /* the zone is another: all anew */
	assert_answers(desk, ada, "");
	zone_free(zone);
}

/* ---- how much is done when ---- */

static void
what_is_little_is_done_at_once_and_what_is_much_later(void **state)
{
	struct desk *desk = *state;
	int64_t last = 0;
	bool due;

	add_question(desk, (struct question){ .text = "Q", .source = "interaction-quantity" });
	add_band(desk, "Q", "asked", OPEN, OPEN);
	assert_ok(classify_if_little(desk->store, NULL, NOW, &desk->err));
	for (int i = 0; i < 20; i++)
		last = add_person(desk, "Little", 0);
	assert_ok(classify_if_little(desk->store, NULL, NOW, &desk->err));
	assert_answers(desk, last, "asked");
	for (int i = 0; i < 21; i++)
		last = add_person(desk, "Much", 0);
	assert_ok(classify_if_little(desk->store, NULL, NOW, &desk->err));
	assert_answers(desk, last, "");
	assert_ok(classify_is_due(desk->store, NULL, NOW, &due, &desk->err));
	assert_true(due);
	classify(desk);
	assert_answers(desk, last, "asked");
	assert_ok(classify_is_due(desk->store, NULL, NOW, &due, &desk->err));
	assert_false(due);
}

static const char ADD_MANY[] =
	"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2001)"
	" INSERT INTO contact (no, type, name, name_fold, created, changed)"
	" SELECT 'M' || i, 'person', 'Many', 'many', 0, 0 FROM n";

static void
percentages_of_many_are_left_to_turns(void **state)
{
	struct desk *desk = *state;
	int64_t ada = add_person(desk, "Ada", 0);

	add_question(desk, (struct question){ .text = "Q",
				   .source = "interaction-quantity",
				   .method = "percent-of-value" });
	add_band(desk, "Q", "all", 100000, 100000);
	assert_ok(stmt_run(sql_prepare(desk->store, ADD_MANY), &desk->err));
	classify(desk);
	happen(desk, ada, "recorded", NOW, 0, 0);
	assert_ok(classify_if_little(desk->store, NULL, NOW, &desk->err));
	assert_int_equal(ask(desk, "SELECT max(value) FROM classify_value"), 1000000);
	assert_answers(desk, ada, "");
	classify(desk);
	assert_answers(desk, ada, "all");
}

static void
a_value_that_changes_during_a_pass_is_not_missed(void **state)
{
	struct desk *desk = *state;
	int64_t ada = add_person(desk, "Ada", 0), bob = add_person(desk, "Bob", 0);
	bool more;

	add_question(desk, (struct question){ .text = "Q",
				   .source = "interaction-quantity",
				   .method = "percent-of-value" });
	add_band(desk, "Q", "half", 50000, 50000);
	add_band(desk, "Q", "all", 100000, 100000);
	assert_ok(stmt_run(sql_prepare(desk->store, ADD_MANY), &desk->err));
	classify(desk);
	happen(desk, ada, "recorded", NOW, 0, 0);
	assert_ok(classify_turn(desk->store, NULL, NOW, 1, 0, &more, &desk->err));
	assert_true(more);
	assert_int_equal(ask(desk, "SELECT rank < count FROM classify_pass"), 1);
	happen(desk, bob, "recorded", NOW, 0, 0);
	classify(desk);
	assert_answers(desk, ada, "half");
	assert_answers(desk, bob, "half");
}

static void
nothing_is_noted_where_nothing_is_asked(void **state)
{
	struct desk *desk = *state;
	int64_t ada = add_person(desk, "Ada", 0);
	bool due;

	add_question(desk, (struct question){ .text = "By hand" });
	happen(desk, ada, "recorded", NOW, 0, 0);
	add_fact(desk, ada, 1, TODAY);
	assert_int_equal(ask(desk, "SELECT count(*) FROM classify_queue"), 0);
	assert_ok(classify_is_due(desk->store, NULL, NOW, &due, &desk->err));
	assert_false(due);
}

static void
a_question_that_goes_leaves_nothing_to_do(void **state)
{
	struct desk *desk = *state;
	int64_t ada = add_person(desk, "Ada", 0);
	bool due;

	add_question(desk, (struct question){ .text = "Q",
				   .source = "interaction-quantity",
				   .method = "percent-of-value" });
	happen(desk, ada, "recorded", NOW, 0, 0);
	assert_ok(stmt_run(sql_prepare(desk->store, "DELETE FROM question"), &desk->err));
	classify(desk);
	assert_ok(classify_is_due(desk->store, NULL, NOW, &due, &desk->err));
	assert_false(due);
	assert_int_equal(ask(desk, "SELECT count(*) FROM classify_value"), 0);
	assert_int_equal(ask(desk, "SELECT count(*) FROM classify_pass"), 0);
}

static void
a_check_finds_what_is_not_so(void **state)
{
	static const char *const SPOILS[] = { "DELETE FROM contact_answer",
		"UPDATE classify_value SET value = 7000000",
		"UPDATE contact_answer SET answer_id = (SELECT max(id) FROM answer)" };
	struct desk *desk = *state;
	int64_t ada = add_person(desk, "Ada", 0);
	bool changed;

	add_question(desk, (struct question){ .text = "Q", .source = "interaction-quantity" });
	add_band(desk, "Q", "none", 0, 0);
	add_band(desk, "Q", "one", 1000, 1000);
	classify(desk);
	for (size_t i = 0; i < sizeof SPOILS / sizeof *SPOILS; i++) {
		assert_ok(classify_check(desk->store, NULL, ada, &changed, &desk->err));
		assert_false(changed);
		assert_ok(stmt_run(sql_prepare(desk->store, SPOILS[i]), &desk->err));
		assert_ok(classify_check(desk->store, NULL, ada, &changed, &desk->err));
		if (!changed)
			fail_msg("%s is not found", SPOILS[i]);
	}
	happen(desk, ada, "recorded", NOW, 0, 0); /* it waits for its turn: nothing is wrong */
	assert_ok(classify_check(desk->store, NULL, ada, &changed, &desk->err));
	assert_false(changed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(companies_count_what_their_persons_had),
		TEST(facts_are_a_companys_and_mark_its_persons),
		TEST(a_person_who_moves_takes_the_new_companys_answer),
		TEST(the_business_relation_says_who_is_asked),
		TEST(minors_and_who_is_blocked_are_not_classified),
		TEST(a_rating_needs_so_much_to_be_answered),
		TEST(ratings_feed_ratings_in_their_order),
		TEST(windows_move_with_the_days),
		TEST(days_are_those_of_the_zone),
		TEST(what_is_little_is_done_at_once_and_what_is_much_later),
		TEST(percentages_of_many_are_left_to_turns),
		TEST(a_value_that_changes_during_a_pass_is_not_missed),
		TEST(nothing_is_noted_where_nothing_is_asked),
		TEST(a_question_that_goes_leaves_nothing_to_do),
		TEST(a_check_finds_what_is_not_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
