#include "fixture.h"

#include "liaison/base/crypt.h"

/* Pages of lists: order, blanks, cursors. */

static struct query_page
must_list(struct fixture *fixture, const struct query_list *list)
{
	struct query_page page = { 0 };
	struct err err = { 0 };

	if (query_run(fixture->store, fixture->arena, list, &page, &err) < 0)
		fail_msg("%s", err.message);
	return page;
}

static const char *
page_text(struct fixture *fixture, const struct query_page *page)
{
	char *text = arena_text(fixture->arena, "");

	for (unsigned i = 0; i < page->count; i++)
		text = arena_printf(
			fixture->arena, "%s%s%lld", text, i ? " " : "", (long long)page->ids[i]);
	return text;
}

static void
must_refuse_list(
	struct fixture *fixture, const struct query_list *list, const char *field, const char *part)
{
	struct query_page page = { 0 };
	struct err err = { 0 };

	assert_int_equal(query_run(fixture->store, fixture->arena, list, &page, &err), -1);
	assert_int_equal(err.code, ERR_USAGE);
	assert_string_equal(err.field, field);
	if (strstr(err.message, part) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", err.message, part);
}

static void
must_order(
	struct fixture *fixture, const struct query_noun *noun, const char *sort, const char *ids)
{
	struct query_list list = { .noun = noun, .sort = sort, .limit = 100 };
	struct query_page page = must_list(fixture, &list);

	if (strcmp(page_text(fixture, &page), ids) != 0)
		fail_msg("%s: found \"%s\", expected \"%s\"", sort, page_text(fixture, &page), ids);
	assert_null(page.next);
}

static void
sorts_by_what_it_is_told(void **state)
{
	must_order(*state, &test_contacts, NULL, "1 2 3 4 5");
	must_order(*state, &test_contacts, "-no", "5 4 3 2 1");
	must_order(*state, &test_contacts, "name", "2 3 4 5 1");
	must_order(*state, &test_contacts, "city", "5 4 3 1 2");
	must_order(*state, &test_contacts, "city,-id", "5 4 3 2 1");
	must_order(*state, &test_contacts, "-city", "2 1 3 4 5");
	must_order(*state, &test_contacts, "type, -interactions", "1 4 2 5 3");
	must_order(*state, &test_contacts, "last_interaction", "3 5 4 2 1");
	must_order(*state, &test_contacts, "-last-interaction", "1 2 4 5 3");
	must_order(*state, &test_contacts, "id", "1 2 3 4 5");
	must_order(*state, &test_contacts, "-id,name", "5 4 3 2 1");
	must_order(*state, &test_contacts, "cost", "4 1 5 3 2");
	must_order(*state, &test_interactions, NULL, "1 2 3");
	must_order(*state, &test_interactions, "at", "3 2 1");
	must_order(*state, &test_interactions, "subject", "3 1 2");
}

static void
refuses_a_sort_it_cannot_do(void **state)
{
	struct query_list list = { .noun = &test_contacts, .limit = 10 };

	list.sort = "citi";
	must_refuse_list(*state, &list, "sort", "did you mean 'city'?");
	list.sort = "email";
	must_refuse_list(*state, &list, "sort", "cannot be sorted by 'email'");
	list.sort = "city; DROP TABLE contact";
	must_refuse_list(*state, &list, "sort", "cannot be sorted");
	list.sort = "name,,city";
	must_refuse_list(*state, &list, "sort", "cannot be sorted");
	list.sort = "no,no,no,no,no,no,no,no,no";
	must_refuse_list(*state, &list, "sort", "at most 8");
}

static void
refuses_a_limit_out_of_range(void **state)
{
	struct query_list list = { .noun = &test_contacts };

	must_refuse_list(*state, &list, "limit", "1 to 1000");
	list.limit = 1001;
	must_refuse_list(*state, &list, "limit", "1 to 1000");
	list.limit = 1000;
	assert_int_equal(must_list(*state, &list).count, 5);
}

static void
counts_when_asked(void **state)
{
	struct fixture *fixture = *state;
	struct query_list list = { .noun = &test_contacts, .limit = 1, .count = true };
	struct query_page page;

	list.where = must_parse(fixture, &test_contacts, "type = person");
	page = must_list(fixture, &list);
	assert_int_equal(page.count, 1);
	assert_int_equal(page.total, 4);
	list.after = page.next;
	assert_int_equal(must_list(fixture, &list).total, 4);
	list.count = false;
	assert_int_equal(must_list(fixture, &list).total, -1);
}

static void
ends_without_a_cursor_when_the_page_is_exactly_full(void **state)
{
	struct query_list list = { .noun = &test_contacts, .limit = 5 };

	assert_null(must_list(*state, &list).next);
	list.limit = 4;
	assert_non_null(must_list(*state, &list).next);
}

static void
refuses_cursors_of_other_lists(void **state)
{
	static const char *const FORGED[] = { "", "x", "AAAA", "AQAAAAAAAAAAAAAAAAAAAAAA", "%%%%",
		"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB" };
	struct fixture *fixture = *state;
	struct query_list list = { .noun = &test_contacts, .limit = 2 }, other = list;
	const char *cursor = must_list(fixture, &list).next;

	assert_non_null(cursor);
	other.after = cursor;
	other.sort = "-no";
	must_refuse_list(fixture, &other, "after", "not of this list");
	other.sort = NULL;
	other.where = must_parse(fixture, &test_contacts, "type = person");
	must_refuse_list(fixture, &other, "after", "not of this list");
	other.noun = &test_persons;
	other.where = NULL;
	must_refuse_list(fixture, &other, "after", "not of this list");
	for (size_t i = 0; i < LENGTH(FORGED); i++) {
		list.after = FORGED[i];
		must_refuse_list(fixture, &list, "after", "not of this list");
	}
	list.after = cursor;
	list.limit = 3; /* another size of page is the same list */
	assert_string_equal(page_text(fixture, &(struct query_page){ 0 }), "");
	assert_int_equal(must_list(fixture, &list).count, 3);
}

/* Each byte of a cursor changed: refused, or another place of the same list; never a crash. */
static void
bears_any_change_of_a_cursor(void **state)
{
	struct fixture *fixture = *state;
	struct query_list list = { .noun = &test_contacts, .limit = 2, .sort = "city,cost,-rate" };
	const char *cursor = must_list(fixture, &list).next;
	struct query_page page;
	struct err err;
	size_t size;
	uint8_t *bytes = base64_decode(fixture->arena, cursor, strlen(cursor), &size);

	for (size_t i = 0; i < size * 8; i++) {
		bytes[i / 8] ^= (uint8_t)(1 << i % 8);
		list.after = base64_encode(fixture->arena, bytes, size);
		if (query_run(fixture->store, fixture->arena, &list, &page, &err) < 0)
			assert_int_equal(err.code, ERR_USAGE);
		bytes[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	for (size_t i = 0; i < size; i++) {
		list.after = base64_encode(fixture->arena, bytes, i);
		assert_int_equal(query_run(fixture->store, fixture->arena, &list, &page, &err), -1);
	}
}

static void
keeps_a_cursor_over_midnight(void **state)
{
	struct fixture *fixture = *state;
	struct query_list list = { .noun = &test_contacts, .limit = 1 };

	list.where = must_parse(fixture, &test_contacts, "last_interaction >= today-90d");
	list.after = must_list(fixture, &list).next;
	fixture->context.now += 86400;
	list.where = must_parse(fixture, &test_contacts, "last_interaction >= today-90d");
	assert_int_equal(must_list(fixture, &list).ids[0], 2);
}

static uint32_t
next_random(uint32_t *seed)
{
	return *seed = *seed * 1664525 + 1013904223;
}

static void
add_contact(struct store *store, uint32_t *seed)
{
	static const char INSERT[] =
		"INSERT INTO contact (no, type, name, name_fold, city, salesperson,"
		" interactions, last_interaction, cost, created, changed)"
		" VALUES (?, 'person', 'n', ?, ?, ?, ?, ?, ?, 0, 0)";
	static const char *const CITIES[] = { "Praha", "praha", "Brno", "", NULL, "Řím", "řím",
		NULL };
	static unsigned number;
	char no[24], name[24];
	struct stmt *q = sql_prepare(store, INSERT);
	struct err err;
	uint32_t bits = next_random(seed) >> 8;

	snprintf(no, sizeof no, "N%06u", number++);
	snprintf(name, sizeof name, "name %u", bits % 7);
	stmt_bind_text(q, no);
	stmt_bind_text(q, name);
	stmt_bind_text(q, CITIES[bits % LENGTH(CITIES)]);
	stmt_bind_text(q, bits % 3 ? "AL" : NULL);
	stmt_bind_int(q, bits / 8 % 5);
	stmt_bind_int_or_null(q, bits / 64 % 4, bits % 5 == 0);
	stmt_bind_int(q, bits / 512 % 3);
	assert_int_equal(stmt_run(q, &err), 0);
}

static const char *const SORTS[] = {
	"no",
	"-no",
	"name",
	"-name",
	"city",
	"-city",
	"last_interaction",
	"-last_interaction",
	"city,last_interaction",
	"-city,last_interaction",
	"city,-last_interaction",
	"-city,-last_interaction,name",
	"salesperson,-rate,city",
	"rate,-city,id",
	"city,-id",
	"-city,id",
	"cost,-cost,name,-city,last_interaction,-interactions,type,salesperson",
	"id",
	"-id",
	"type",
};

/* The pages together are the whole list, whatever the sort, the blanks and the size of the page. */
static void
pages_give_the_whole_list_in_order(void **state)
{
	struct fixture *fixture = *state;
	uint32_t seed = 7;

	for (int i = 0; i < 120; i++)
		add_contact(fixture->store, &seed);
	for (size_t i = 0; i < LENGTH(SORTS); i++) {
		struct query_list list = {
			.noun = &test_contacts, .sort = SORTS[i], .limit = 1000
		};
		struct query_page whole = must_list(fixture, &list), page;
		unsigned at = 0;

		assert_int_equal(whole.count, 125);
		list.limit = 1 + (unsigned)(i * 5 % 23);
		do {
			page = must_list(fixture, &list);
			for (unsigned j = 0; j < page.count; j++, at++)
				if (at >= whole.count || page.ids[j] != whole.ids[at])
					fail_msg("%s: row %u is out of order", SORTS[i], at);
			list.after = page.next;
		} while (page.next != NULL);
		assert_int_equal(at, whole.count);
		arena_reset(fixture->arena);
	}
}

/* Rows that were there at the beginning and stay are seen once, whatever comes and goes meanwhile. */
static void
rows_that_come_and_go_neither_repeat_nor_hide_others(void **state)
{
	struct fixture *fixture = *state;
	uint32_t seed = 99;

	for (int i = 0; i < 150; i++)
		add_contact(fixture->store, &seed);
	for (size_t i = 0; i < LENGTH(SORTS); i++) {
		struct query_list list = { .noun = &test_contacts, .sort = SORTS[i], .limit = 7 };
		static unsigned char seen[20000];
		struct query_page page;
		struct err err;
		int64_t *stay;
		size_t count;

		memset(seen, 0, sizeof seen);
		assert_int_equal(query_ids(fixture->store, fixture->arena, &test_contacts,
					 query_fixed(fixture->arena, "c.id % 10 <> ?", 3), 0, &stay,
					 &count, &err),
			0);
		do {
			page = must_list(fixture, &list);
			for (unsigned j = 0; j < page.count; j++)
				assert_int_equal(seen[page.ids[j]]++, 0);
			list.after = page.next;
			add_contact(fixture->store, &seed);
			must_run(fixture->store,
				"DELETE FROM contact WHERE id = (SELECT id FROM contact"
				" WHERE id > 5 AND id % 10 = 3 ORDER BY random() LIMIT 1)");
		} while (page.next != NULL);
		for (size_t j = 0; j < count; j++)
			assert_int_equal(seen[stay[j]], 1);
	}
}

static void
must_walk(struct store *store, const char *plan, const char *index)
{
	struct stmt *q = sql_prepare_once(store, plan, strlen(plan));
	struct err err;
	const char *step;

	assert_true(stmt_row(q));
	for (int i = 0; i < 3; i++)
		stmt_int(q);
	step = stmt_text(q);
	assert_non_null(strstr(step, "SEARCH"));
	assert_non_null(strstr(step, index));
	assert_false(stmt_row(q)); /* nothing is sorted */
	assert_int_equal(stmt_end(q, &err), 0);
}

/* The shape of what list.c compiles for a page after a place. */
static void
walks_an_index_to_the_next_page(void **state)
{
	struct fixture *fixture = *state;

	must_walk(fixture->store,
		"EXPLAIN QUERY PLAN SELECT i.id, (i.at) FROM interaction i WHERE (1)"
		" AND (i.at) <= 5 AND ((i.at), i.id) < (5, 5) ORDER BY (i.at) DESC, i.id DESC "
		"LIMIT 5",
		"interaction_at");
	must_walk(fixture->store,
		"EXPLAIN QUERY PLAN SELECT c.id, (c.no COLLATE NOCASE) FROM contact c"
		" WHERE (1) AND (c.no COLLATE NOCASE) >= 'c1' AND ((c.no COLLATE NOCASE), c.id) > "
		"('c1', 5)"
		" ORDER BY (c.no COLLATE NOCASE), c.id LIMIT 5",
		"autoindex_contact");
	must_walk(fixture->store,
		"EXPLAIN QUERY PLAN SELECT c.id, (c.name_fold) FROM contact c WHERE (1)"
		" AND (c.name_fold) >= 'a' AND ((c.name_fold), c.id) > ('a', 5)"
		" ORDER BY (c.name_fold), c.id LIMIT 5",
		"contact_name");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(sorts_by_what_it_is_told),
		TEST(refuses_a_sort_it_cannot_do),
		TEST(refuses_a_limit_out_of_range),
		TEST(counts_when_asked),
		TEST(ends_without_a_cursor_when_the_page_is_exactly_full),
		TEST(refuses_cursors_of_other_lists),
		TEST(bears_any_change_of_a_cursor),
		TEST(keeps_a_cursor_over_midnight),
		TEST(pages_give_the_whole_list_in_order),
		TEST(rows_that_come_and_go_neither_repeat_nor_hide_others),
		TEST(walks_an_index_to_the_next_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
