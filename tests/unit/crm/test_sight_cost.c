#include "desk.h"

#include <time.h>

/* What withholding does to the order of a search, and what it costs long conditions. */

static void
run(struct desk *desk, const char *sql)
{
	assert_ok(stmt_run(sql_prepare(desk->store, sql), &desk->err));
}

static int64_t
count(struct desk *desk, const struct query_noun *noun, const char *condition)
{
	struct query_context context = { .now = NOW };
	struct query_node *where;
	int64_t *ids;
	size_t found;

	assert_ok(query_parse(desk->arena, noun, &context, condition, &where, &desk->err));
	assert_ok(query_ids(desk->store, desk->arena, noun, where, 0, &ids, &found, &desk->err));
	return (int64_t)found;
}

static const char FILL[] =
	"WITH RECURSIVE n (v) AS (SELECT 100 UNION ALL SELECT v + 1 FROM n WHERE v < 199)"
	" INSERT INTO interaction (id, kind, status, direction, initiated_by, at, offset_min,"
	" subject, created, changed) SELECT v, 'note', 'recorded', 'none', 'us', 1000, 0, CASE"
	" WHEN v = 100 THEN 'zanzibar zanzibar apple' WHEN v = 101 THEN 'zanzibar apple apple'"
	" WHEN v < 107 THEN 'apple' ELSE 'filler' END, 1, 1 FROM n";
static const char WITHHOLD[] =
	"INSERT INTO interaction (id, kind, status, direction, initiated_by, at, offset_min,"
	" subject, message_id, created, changed) SELECT id, 'email', 'recorded', 'inbound', 'us',"
	" 1000, 0, 'zanzibar', id, 1, 1 FROM message WHERE id >= 300";

static int64_t
first_hit(struct desk *desk, const char *viewer, const char *words)
{
	struct timeline_page page;

	store_set_viewer(desk->store, viewer);
	assert_ok(interaction_search(desk->store, desk->arena, words, NULL, NULL, NULL, NULL, 0,
		100, NULL, &page, &desk->err));
	store_set_viewer(desk->store, NULL);
	return page.ids[0];
}

/* How rare a word is, which weights go by, would say how often it stands in what is withheld. */
static void
the_order_of_a_search_tells_nothing_of_what_is_withheld(void **state)
{
	struct desk *desk = *state;
	int64_t by_weight, by_date;

	run(desk, FILL);
	run(desk, "INSERT INTO interaction_search (rowid, subject)"
		  " SELECT id, subject FROM interaction WHERE id >= 100");
	by_weight = first_hit(desk, NULL, "zanzibar apple");
	by_date = first_hit(desk, "CD", "zanzibar apple");
	run(desk, "WITH RECURSIVE n (v) AS (SELECT 300 UNION ALL SELECT v + 1 FROM n WHERE v < 311)"
		  " INSERT INTO message (id, identity, at, offset_min, direction)"
		  " SELECT v, CAST('x' || v AS BLOB), 1, 0, 'inbound' FROM n");
	run(desk, WITHHOLD);
	run(desk, "INSERT INTO interaction_search (rowid, subject)"
		  " SELECT id, subject FROM interaction WHERE id >= 300");
	assert_int_not_equal(first_hit(desk, NULL, "zanzibar apple"), by_weight);
	assert_int_equal(first_hit(desk, "CD", "zanzibar apple"), by_date);
}

static const char *
chain(struct desk *desk, const char *term, unsigned count, bool nested)
{
	struct text text = { 0 };
	char *copy;

	for (unsigned i = 0; i < count; i++)
		text_printf(&text, nested ? "%s %s (" : "%s %s ", term,
			nested && i % 2 == 0 ? "and" : "or");
	text_add(&text, term);
	for (unsigned i = 0; nested && i < count; i++)
		text_add_char(&text, ')');
	copy = arena_text_n(desk->arena, text.bytes, text.size);
	text_clear(&text);
	return copy;
}

/* Of this process alone, so that a busy machine makes no difference. */
static clock_t
time_of(struct desk *desk, const char *viewer, const char *term)
{
	clock_t begun = clock();

	store_set_viewer(desk->store, viewer);
	count(desk, &interaction_noun, chain(desk, term, 999, false));
	count(desk, &interaction_noun, chain(desk, term, 199, true));
	return clock() - begun;
}

/* What is withheld is found once a row, not once a term. */
static void
a_condition_may_be_as_long_and_as_deep_for_others(void **state)
{
	static const char *const terms[] = { "subject ~ 'a*'", "subject is blank", "message_id = x",
		"cost > 1", "attempt_failed" };
	struct desk *desk = *state;

	run(desk, FILL);
	for (size_t i = 0; i < sizeof terms / sizeof *terms; i++) {
		clock_t all = time_of(desk, NULL, terms[i]), others = time_of(desk, "CD", terms[i]);

		if (others > 3 * all + CLOCKS_PER_SEC / 5)
			fail_msg("%s: %ld and %ld", terms[i], (long)all, (long)others);
	}
	count(desk, &contact_noun,
		"has interaction(has contact(has interaction(has contact(has interaction("
		"subject ~ 'a*' or not note is blank)))))");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_open, desk_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_order_of_a_search_tells_nothing_of_what_is_withheld),
		TEST(a_condition_may_be_as_long_and_as_deep_for_others),
	};

	return cmocka_run_group_tests_name("sight_cost", tests, NULL, NULL);
}
