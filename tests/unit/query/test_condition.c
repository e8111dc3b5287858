#include "fixture.h"

#include "liaison/base/clock.h"

/* What conditions select: contacts 1 to 5 of the fixture. */

static void
selects_what_the_words_say(void **state)
{
	static const struct {
		const char *condition, *ids;
	} rows[] = {
		{ "type = person", "2 3 4 5" },
		{ "type = company", "1" },
		{ "TYPE = Person AND City = praha", "2" },
		{ "city = Praha", "1 2" },
		{ "city = \"New York\"", "4" },
		{ "city = 'New York'", "4" },
		{ "name = 'o''brien'", "5" },
		{ "name = \"O'Brien\"", "5" },
		{ "name = \"ŽIŽKA & CO\"", "1" },
		{ "city != praha", "3 4 5" },
		{ "not city = praha", "3 4 5" },
		{ "not not city = praha", "1 2" },
		{ "city ~ Pra*", "1 2 3" },
		{ "city ~ 'pra?a'", "1 2" },
		{ "city ~ *", "1 2 3 4" },
		{ "not city ~ pra*", "4 5" },
		{ "name ~ '*[z]'", "4" },
		{ "name ~ '*[a-z]'", "" },
		{ "name ~ k*", "4" },
		{ "name ~ ž*", "1" },
		{ "no ~ c0000?", "1 2 3 4 5" },
		{ "no ~ C00002*", "2" },
		{ "no = c00003", "3" },
		{ "no in (C00003, c00001)", "1 3" },
		{ "city in (praha, 'new york')", "1 2 4" },
		{ "city not in (praha, 'new york')", "3 5" },
		{ "not city in (praha)", "3 4 5" },
		{ "city is blank", "5" },
		{ "city is not blank", "1 2 3 4" },
		{ "salesperson is blank", "1 5" },
		{ "salesperson = ''", "1 5" },
		{ "salesperson != ''", "2 3 4" },
		{ "salesperson in ('', GH)", "1 3 5" },
		{ "salesperson not in ('', GH)", "2 4" },
		{ "salesperson = me", "2 4" },
		{ "salesperson = 'me'", "" },
		{ "salesperson in (me, gh)", "2 3 4" },
		{ "interactions > 2", "1 4" },
		{ "interactions >= 2", "1 2 4" },
		{ "interactions < 2", "3 5" },
		{ "interactions <= 2", "2 3 5" },
		{ "interactions = 11", "4" },
		{ "interactions != 11", "1 2 3 5" },
		{ "interactions in (2, 11)", "2 4" },
		{ "interactions > 2.5", "1 4" },
		{ "interactions=3", "1" },
		{ "interactions<3and type=person", NULL },
		{ "rate = 5.5", "4" },
		{ "rate = 1", "2" },
		{ "rate < 1.1", "2 3 5" },
		{ "cost = 1250", "2" },
		{ "cost = 12.5", "3" },
		{ "cost = 12.50", "3" },
		{ "cost < 0", "4" },
		{ "cost = -5", "4" },
		{ "cost >= 12.50 and cost <= 1250.00", "2 3" },
		{ "excluded", "3" },
		{ "not excluded", "1 2 4 5" },
		{ "excluded = yes", "3" },
		{ "excluded = false and type = person", "2 4 5" },
		{ "excluded != no", "3" },
		{ "last_interaction is blank", "3 5" },
		{ "last_interaction = 2026-11-21", "1" },
		{ "last-interaction = today", "1" },
		{ "last_interaction = yesterday", "2" },
		{ "last_interaction != today", "2 3 4 5" },
		{ "last_interaction in (today, yesterday)", "1 2" },
		{ "last_interaction not in (today, yesterday)", "3 4 5" },
		{ "last_interaction < today", "2 4" },
		{ "last_interaction <= today", "1 2 4" },
		{ "last_interaction <= yesterday", "2 4" },
		{ "last_interaction > yesterday", "1" },
		{ "last_interaction >= yesterday", "1 2" },
		{ "last_interaction > today", "" },
		{ "last_interaction >= today-90d", "1 2" },
		{ "last_interaction < now-12h", "2 4" },
		{ "last_interaction = 2026-11-21T11:00:00+01:00", "1" },
		{ "last_interaction > 2026-11-21T10:00:00Z", "" },
		{ "email = ada@x.example", "2" },
		{ "email = ADA@x.example", "2" },
		{ "email = ada@old.example", "" },
		{ "email ~ *@x.example", "2 3" },
		{ "email != ada@x.example", "1 3 4 5" },
		{ "email is blank", "1 4 5" },
		{ "email is not blank", "2 3" },
		{ "email = ''", "1 4 5" },
		{ "email in (lovelace@y.example, grace@x.example)", "2 3" },
		{ "email in ('', grace@x.example)", "1 3 4 5" },
		{ "email not in ('', grace@x.example)", "2" },
		{ "has email", "2 3" },
		{ "not has email", "1 4 5" },
		{ "has interaction", "2 3 4" },
		{ "has interaction(kind = email)", "2 3" },
		{ "has interaction(kind = email and direction = outbound)", "2" },
		{ "has interaction (kind = call or subject ~ 're: *')", "2 4" },
		{ "not has interaction(kind = email and at >= today-90d)", "1 4 5" },
		{ "has interaction(at < 2024-01-01)", "4" },
		{ "has interaction(has contact(city = pragersko))", "2 3" },
		{ "has interaction(has contact(has interaction(direction = outbound)))", "2 3 4" },
		{ "has person", "1" },
		{ "has person(has company(name ~ ž*))", "1" },
		{ "has person(salesperson = gh and has company)", "1" },
		{ "has person(has company(has person(salesperson = al)))", "1" },
		{ "has person(has company(has person(salesperson = xx)))", "" },
		{ "type = person and city ~ \"Pra*\" and not has interaction(kind = email and at "
		  ">= today-90d)",
			"" },
		{ "type = company or city = praha and excluded", "1" },
		{ "(type = company or city = praha) and not excluded", "1 2" },
		{ "type = person or excluded and type = company", "2 3 4 5" },
		{ "not (type = person and city = praha)", "1 3 4 5" },
		{ "not (city = praha or interactions > 2)", "3 5" },
		{ "\ttype=person\nand  city~pra* ", "2 3" },
		{ "city >= m", "1 2 3 4" },
		{ "city < o", "4" },
	};

	for (size_t i = 0; i < LENGTH(rows); i++)
		if (rows[i].ids != NULL)
			must_select(*state, rows[i].condition, rows[i].ids);
}

static void
selects_all_without_a_condition(void **state)
{
	must_select(*state, NULL, "1 2 3 4 5");
}

static void
says_where_a_mistake_is_and_what_was_expected(void **state)
{
	static const struct {
		const char *condition, *part;
	} rows[] = {
		{ "", "column 1: expected a field, 'has', 'not' or '(', not the end" },
		{ "   ", "column 4: expected a field" },
		{ "citi = x", "column 1: expected a field of contact, there is no 'citi': did you "
			      "mean 'city'?" },
		{ "type = person and last-interactoin > today",
			"column 19: expected a field of contact, there is no 'last-interactoin': "
			"did you mean 'last_interaction'?" },
		{ "has interaction(direction = up)",
			"column 29: expected inbound, outbound or none for 'direction', not "
			"'up'" },
		{ "has interaction(direction != inboun)", "not 'inboun'" },
		{ "has interaction(direction = '')", "for 'direction', not ''" },
		{ "has interaction(direction in (None, \"in\"))", "column 37: expected" },
		{ "nonsense = 1", "column 1: expected a field of contact, there is no 'nonsense'" },
		{ "city", "column 5: expected = != < <= > >= ~ 'in' or 'is blank' after 'city', "
			  "not the end" },
		{ "city =", "column 7: expected a value after '=', not the end" },
		{ "city = and type = person",
			"column 8: expected a value after '=', not 'and' (quote it" },
		{ "city = New York", "column 12: expected 'and', 'or' or the end, not 'York' (a "
				     "value of several words is quoted)" },
		{ "city = a type = b", "column 10: expected 'and', 'or' or the end, not 'type'" },
		{ "city = (a)", "column 8: expected a value after '=', not '('" },
		{ "city == a", "column 6: expected '=' instead of '=='" },
		{ "city <> a", "column 6: expected '!=' instead of '<>'" },
		{ "city =~ a", "column 6: expected '~' instead of '=~'" },
		{ "city = 'open", "column 8: expected a closing '" },
		{ "city = \"open", "column 8: expected a closing \"" },
		{ "city = O'Brien", "column 9: expected a closing '" },
		{ "(city = a", "column 10: expected 'and', 'or' or ')', not the end" },
		{ "city = a)",
			"column 9: expected 'and', 'or' or the end: this ')' closes nothing" },
		{ "city in a", "column 9: expected '(' after 'in', not 'a'" },
		{ "city in ()", "column 10: expected a value after '('" },
		{ "city in (a,)", "column 12: expected a value after ','" },
		{ "city in (a b)", "column 12: expected ',' or ')', not 'b'" },
		{ "city in (a", "column 11: expected ',' or ')', not the end" },
		{ "city is x", "column 9: expected 'blank' after 'is', not 'x'" },
		{ "city is not x", "column 13: expected 'blank'" },
		{ "city not x", "column 10: expected 'in' after 'not'" },
		{ "interactions > many",
			"column 16: expected a number for 'interactions', not 'many'" },
		{ "interactions ~ 1*", "column 14: 'interactions' is a number and cannot be "
				       "compared by '~', expected = !=" },
		{ "interactions in (1, x)", "column 21: expected a number" },
		{ "interactions = 99999999999999999999", "column 16: expected a number" },
		{ "cost > 1.234", "column 8: expected an amount such as 1250.00 for 'cost'" },
		{ "cost > .5", "column 8: expected an amount" },
		{ "last_interaction > soon", "column 20: expected a time such as 2026-11-21" },
		{ "last_interaction > 2026-02-30", "column 20: expected a time" },
		{ "last_interaction ~ 2026*", "column 18: 'last_interaction' is a time" },
		{ "excluded = maybe", "column 12: expected yes or no for 'excluded', not 'maybe'" },
		{ "excluded > no", "column 10: 'excluded' is yes or no" },
		{ "excluded in (yes)", "column 10: 'excluded' is yes or no" },
		{ "no > C1", "column 4: 'no' is a contact and cannot be compared by '>'" },
		{ "has", "column 4: expected a relation after 'has', not the end" },
		{ "has interactoin", "column 5: expected a relation of contact, there is no "
				     "'interactoin': did you mean 'interaction'?" },
		{ "has email(kind = work)", "column 10: 'email' takes no condition" },
		{ "has interaction(citi = x)", "column 17: expected a field of interaction" },
		{ "has interaction()", "column 17: expected a field" },
		{ "has interaction(kind = email", "column 29: expected 'and', 'or' or ')'" },
		{ "not", "column 4: expected a field" },
		{ "city = a or", "column 12: expected a field" },
		{ "'city' = a", "column 1: expected a field" },
		{ "žluť = a", "column 1: expected a field of contact, there is no 'žluť'" },
		{ "city = žluť and x", "column 17: expected a field of contact, there is no 'x'" },
		{ "city = 'ž' = x", "column 12: expected 'and', 'or' or the end, not '='" },
		{ "header(x) = a",
			"column 1: expected a field of contact, there is no 'header(x)'" },
		{ "header( = a", "column 9: expected a name" },
		{ "city = a, b", "column 9: expected 'and', 'or' or the end, not ','" },
		{ "has interaction(has contact(has interaction(has contact(has interaction(has "
		  "contact(no = 1))))))",
			"expected at most 5 relations" },
	};

	for (size_t i = 0; i < LENGTH(rows); i++)
		must_refuse(*state, rows[i].condition, rows[i].part);
}

static void
knows_no_me_of_somebody_who_is_no_salesperson(void **state)
{
	struct fixture *fixture = *state;

	fixture->context.me = NULL;
	must_refuse(fixture, "salesperson = me", "column 15: 'me' is nobody here");
	must_select(fixture, "salesperson = 'me'", "");
}

static void
refuses_bytes_that_are_no_text(void **state)
{
	must_refuse(*state, "city = \xff\xfe", "column 1: expected a condition in UTF-8");
}

static char *
repeat(struct arena *arena, const char *begin, const char *unit, int times, const char *end)
{
	size_t size = strlen(begin) + strlen(unit) * (size_t)times + strlen(end) + 1;
	char *text = arena_alloc(arena, size), *to = text;

	to += snprintf(to, size, "%s", begin);
	for (int i = 0; i < times; i++)
		to += snprintf(to, size - (size_t)(to - text), "%s", unit);
	snprintf(to, size - (size_t)(to - text), "%s", end);
	return text;
}

static void
takes_a_thousand_terms_and_no_more(void **state)
{
	struct fixture *fixture = *state;
	struct arena *arena = fixture->arena;

	must_select(
		fixture, repeat(arena, "city = 'new york'", " or city = praha", 999, ""), "1 2 4");
	must_select(fixture, repeat(arena, "city = praha", " and type = person", 999, ""), "2");
	must_select(
		fixture, repeat(arena, "city = praha", " and email ~ *@x.example", 999, ""), "2");
	must_select(fixture, repeat(arena, "not (city = praha", " or type = company", 999, ")"),
		"3 4 5");
	must_select(fixture, repeat(arena, "city in (praha", ", x", 999, ")"), "1 2");
	must_select(fixture, repeat(arena, "last_interaction in (today", ", yesterday", 999, ")"),
		"1 2");
	must_select(fixture,
		repeat(arena, "city = 'new york'", " or city = praha and type = person", 499, ""),
		"2 4");
	must_refuse(fixture, repeat(arena, "city = x", " or city = praha", 1000, ""),
		"at most 1000 terms");
	must_refuse(
		fixture, repeat(arena, "city in (praha", ", x", 1000, ")"), "at most 1000 terms");
	must_refuse(fixture, repeat(arena, "city = '", "x", 70000, "'"), "64 KiB");
	must_refuse(fixture, repeat(arena, "city ~ ", "*a", 200, ""), "at most 256 bytes");
}

/* Two hundred levels of each kind of nesting, which SQLite's parser could not hold as they stand. */
static void
takes_two_hundred_levels_and_no_more(void **state)
{
	struct fixture *fixture = *state;
	struct arena *arena = fixture->arena;
	char *deep;

	deep = repeat(arena, "", "(", 200, repeat(arena, "city = praha", ")", 200, ""));
	must_select(fixture, deep, "1 2");
	must_select(fixture, repeat(arena, "", "not ", 200, "city = praha"), "1 2");
	must_select(fixture, repeat(arena, "", "not ", 199, "city = praha"), "3 4 5");
	deep = repeat(arena, "", "type = person and (city = x or (", 100,
		repeat(arena, "city = praha", "))", 100, ""));
	must_select(fixture, deep, "2");
	deep = repeat(arena, "", "((", 100,
		repeat(arena, "city = praha", " and type = person) or city = x)", 100, ""));
	must_select(fixture, deep, "2");
	deep = repeat(
		arena, "", "not (city = x or (", 66, repeat(arena, "city = praha", "))", 66, ""));
	must_select(fixture, deep, "1 2");
	deep = repeat(arena, "", "not (type = company or not (city != praha and ", 50,
		repeat(arena, "interactions >= 0", "))", 50, ""));
	must_select(fixture, deep, "3 4 5");
	must_refuse(fixture, repeat(arena, "", "(", 201, "city = praha"), "at most 200 levels");
	must_refuse(fixture, repeat(arena, "", "not ", 201, "city = praha"), "at most 200 levels");
	must_refuse(fixture, repeat(arena, "", "(", 60000, ""), "at most 200 levels");
}

static void
takes_five_relations_within_each_other(void **state)
{
	struct fixture *fixture = *state;

	must_select(fixture,
		"has interaction(has contact(has interaction(has contact("
		"has interaction(kind = email and (direction = outbound or at > today)))))) and "
		"email ~ *",
		"2 3");
	must_select(fixture,
		"has interaction(kind = email and (at > today or (has contact(city = praha or "
		"(type = person"
		" and has interaction(kind = email and (direction = inbound or (has contact(email "
		"~ *@x.example and"
		" (has interaction(at > 2020-01-01 and (duration_min < 50 or kind = call)) or "
		"excluded))))))))))",
		"2 3");
}

/* In a zone a day begins elsewhere. */
static void
reads_days_in_the_zone_of_the_asker(void **state)
{
	struct fixture *fixture = *state;
	struct err err = { 0 };
	struct zone *zone = zone_load("Asia/Tokyo", &err);

	if (zone == NULL)
		fail_msg("%s", err.message);
	must_run(fixture->store,
		"UPDATE contact SET last_interaction = 1795276800 WHERE id = 4"); /* 16:00Z */
	fixture->context.zone = zone;
	must_select(fixture, "last_interaction = 2026-11-21", "1");
	must_select(fixture, "last_interaction = 2026-11-22", "4");
	must_select(fixture, "last_interaction > 2026-11-21", "4");
	must_select(fixture, "last_interaction = today", "1");
	zone_free(zone);
}

static void
builds_conditions_by_code(void **state)
{
	struct fixture *fixture = *state;
	struct arena *arena = fixture->arena;
	struct query_node *a, *b, *both;
	struct err err = { 0 };
	int64_t *ids;
	size_t count;

	assert_int_equal(query_compare(arena, &test_contacts, &fixture->context, "city", QUERY_GLOB,
				 "pra*", &a, &err),
		0);
	assert_int_equal(query_compare(arena, &test_contacts, &fixture->context, "salesperson",
				 QUERY_EQ, "me", &b, &err),
		0);
	both = query_and(
		arena, query_and(arena, a, b), query_fixed(arena, "c.interactions > ? - 1", 2));
	assert_int_equal(
		query_ids(fixture->store, arena, &test_contacts, both, 0, &ids, &count, &err), 0);
	assert_int_equal(count, 1);
	assert_int_equal(ids[0], 2);
	both = query_or(arena, query_fixed(arena, "c.id = ?", 5), a);
	assert_int_equal(
		query_ids(fixture->store, arena, &test_contacts, both, 2, &ids, &count, &err), 0);
	assert_int_equal(count, 2);
	assert_int_equal(ids[1], 2);
	assert_ptr_equal(query_and(arena, NULL, a), a);
	assert_ptr_equal(query_and(arena, a, NULL), a);
	assert_null(query_or(arena, a, NULL));
	assert_int_equal(query_compare(arena, &test_contacts, &fixture->context, "city",
				 QUERY_BLANK, NULL, &a, &err),
		0);
	assert_int_equal(
		query_ids(fixture->store, arena, &test_contacts, a, 0, &ids, &count, &err), 0);
	assert_int_equal(ids[0], 5);
	assert_int_equal(
		query_compare(arena, &test_contacts, NULL, "nowhere", QUERY_EQ, "x", &a, &err), -1);
	assert_int_equal(err.code, ERR_USAGE);
	assert_int_equal(
		query_compare(arena, &test_contacts, NULL, "cost", QUERY_GLOB, "x", &a, &err), -1);
	assert_int_equal(
		query_compare(arena, &test_contacts, NULL, "cost", QUERY_EQ, "x", &a, &err), -1);
}

static const struct query_field *
find_header(void *data, const char *name)
{
	static const struct query_field FIELD = { "header(X-Spam)", QUERY_TEXT, "c.city", NULL,
		false };

	return strcmp(name, "header(X-Spam)") == 0 || strcmp(name, data) == 0 ? &FIELD : NULL;
}

static void
asks_for_fields_it_does_not_know(void **state)
{
	struct fixture *fixture = *state;
	char custom[] = "badge";

	fixture->context.find_field = find_header;
	fixture->context.data = custom;
	must_select(fixture, "header(X-Spam) = praha", "1 2");
	must_select(fixture, "header('X-Spam')=praha", "1 2");
	must_select(fixture, "badge = praha", "1 2");
	must_refuse(fixture, "header(X-Ham) = praha", "there is no 'header(X-Ham)'");
	must_refuse(fixture, "header(X-Spam = praha", "column 15: expected ')'");
	/* Fields of the asker's own are the outer noun's. */
	must_refuse(fixture, "has interaction(badge = x)", "there is no 'badge'");
}

static void
never_takes_words_for_sql(void **state)
{
	must_select(*state, "city = \"x'; DROP TABLE contact; --\"", "");
	must_select(*state, "city = 'x\"); DELETE FROM contact; --'", "");
	must_select(*state, "city ~ '%'", "");
	must_select(*state, "city ~ '_raha'", "");
	must_select(*state, "city in ('?', '?1', ':a', '@b', '$c')", "");
	must_select(*state, NULL, "1 2 3 4 5");
}

static void
finds_a_name_by_its_index(void **state)
{
	struct fixture *fixture = *state;
	static const char PLAN[] =
		"EXPLAIN QUERY PLAN SELECT c.id FROM contact c WHERE ((c.name_fold) >= ?"
		" AND (c.name_fold) < ? AND glob_fold(c.name_fold, ?))";
	struct stmt *q = sql_prepare(fixture->store, PLAN);
	struct err err;

	stmt_bind_text(q, "a");
	stmt_bind_text(q, "b");
	stmt_bind_text(q, "a*");
	assert_true(stmt_row(q));
	stmt_int(q);
	stmt_int(q);
	stmt_int(q);
	assert_non_null(strstr(stmt_text(q), "contact_name"));
	assert_int_equal(stmt_end(q, &err), 0);
}

/* The links are made to say something else than the interactions, so that it shows which was asked. */
static void
asks_a_copy_of_a_field_where_that_must_be_true(void **state)
{
	struct fixture *fixture = *state;

	must_run(fixture->store, "UPDATE interaction_contact SET at = interaction_id");
	must_select(*state, "has interaction(at >= 2000-01-01)", "");
	must_select(*state, "has interaction(at >= 2000-01-01 and kind is not blank)", "");
	must_select(*state, "has interaction(at >= 2000-01-01 or kind is blank)", "2 3 4");
	must_select(*state, "has interaction(not at < 2000-01-01)", "2 3 4");
	must_select(*state, "has interaction(at != 2000-01-01)", "2 3 4");
	must_select(*state, "has interaction", "2 3 4");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(selects_what_the_words_say),
		TEST(selects_all_without_a_condition),
		TEST(says_where_a_mistake_is_and_what_was_expected),
		TEST(knows_no_me_of_somebody_who_is_no_salesperson),
		TEST(refuses_bytes_that_are_no_text),
		TEST(takes_a_thousand_terms_and_no_more),
		TEST(takes_two_hundred_levels_and_no_more),
		TEST(takes_five_relations_within_each_other),
		TEST(reads_days_in_the_zone_of_the_asker),
		TEST(builds_conditions_by_code),
		TEST(asks_for_fields_it_does_not_know),
		TEST(never_takes_words_for_sql),
		TEST(finds_a_name_by_its_index),
		TEST(asks_a_copy_of_a_field_where_that_must_be_true),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
