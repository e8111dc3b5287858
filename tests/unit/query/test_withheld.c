#include "fixture.h"

#include "liaison/base/crypt.h"

/* Rows that are withheld from the viewer: here contacts of another salesperson. */

static const struct query_open open_names[] = {
	{ "no", QUERY_ALWAYS, NULL },
	{ "type", QUERY_ALWAYS, NULL },
	{ "person", QUERY_ALWAYS, NULL },
	{ 0 },
};

static const struct query_noun guarded = {
	.name = "contact",
	.from = "contact c",
	.id = "c.id",
	.fields = contact_fields,
	.relations = contact_relations,
	.sort = "no",
	.withheld = "(c.salesperson IS NOT NULL AND c.salesperson <> viewer() COLLATE NOCASE)",
	.open = open_names,
};

/* From GH the contacts 2, 4 and 5 are withheld. */
static int
open_guarded(void **state)
{
	int result = open_fixture(state);
	struct fixture *fixture = *state;

	store_set_viewer(fixture->store, "GH");
	return result;
}

static void
must_find(struct fixture *fixture, const char *condition, const char *ids)
{
	const char *found = ids_of(fixture, &guarded, condition);

	if (strcmp(found, ids) != 0)
		fail_msg("%s: found \"%s\", expected \"%s\"", condition, found, ids);
}

static void
conditions_find_blanks_in_what_is_withheld(void **state)
{
	static const struct {
		const char *condition, *ids;
	} rows[] = {
		{ "city = praha", "1" },
		{ "city != praha", "2 3 4 5" },
		{ "not city = praha", "2 3 4 5" },
		{ "city ~ 'p*'", "1 3" },
		{ "name ~ 'ada*'", "" },
		{ "name ~ 'gr*'", "3" },
		{ "city > a", "1 3" },
		{ "city is blank", "2 4 5" },
		{ "city is not blank", "1 3" },
		{ "city in (praha, 'new york')", "1" },
		{ "city in ('', praha)", "1 2 4 5" },
		{ "cost >= 0", "1 3" },
		{ "last_interaction >= 2000-01-01", "1" },
		{ "excluded", "3" },
		{ "not excluded", "1 2 4 5" },
		{ "email = ada@x.example", "" },
		{ "email = grace@x.example", "3" },
		{ "email is blank", "1 2 4 5" },
		{ "email ~ '*'", "3" },
	};

	for (size_t i = 0; i < LENGTH(rows); i++)
		must_find(*state, rows[i].condition, rows[i].ids);
}

static void
relations_are_empty_in_what_is_withheld(void **state)
{
	must_find(*state, "has interaction", "3");
	must_find(*state, "has interaction(subject = offer)", "3");
	must_find(*state, "not has interaction", "1 2 4 5");
	must_find(*state, "has email", "3");
}

static void
what_is_open_is_found(void **state)
{
	must_find(*state, "no = C00002", "2");
	must_find(*state, "type = person", "2 3 4 5");
	must_find(*state, "no in (C00002, C00003) and type = person", "2 3");
	must_find(*state, "has person(city = praha)", "1");
}

static void
a_deep_condition_tells_no_more(void **state)
{
	must_find(*state,
		"no = x or (no = x or (no = x or (no = x or (no = x or (no = x or (no = x or"
		" (no = x or city = praha)))))))",
		"1");
	must_find(*state,
		"not (no = x or (no = x or (no = x or (no = x or (no = x or (no = x or (no = x or"
		" (no = x or not city = praha))))))))",
		"1");
}

static void
the_guard_of_a_related_noun_holds(void **state)
{
	struct fixture *fixture = *state;
	const struct query_relation relations[] = {
		{ "company", "contact c WHERE c.id = p.company_id", &guarded, NULL },
		{ 0 },
	};
	const struct query_noun persons = { .name = "person",
		.from = "contact p",
		.id = "p.id",
		.fields = person_fields,
		.relations = relations,
		.sort = "no" };

	must_run(fixture->store, "UPDATE contact SET salesperson = 'AL' WHERE id = 1");
	assert_string_equal(ids_of(fixture, &persons, "has company(city = praha)"), "");
	assert_string_equal(ids_of(fixture, &persons, "has company(no = C00001)"), "2 3");
	store_set_viewer(fixture->store, "al");
	assert_string_equal(ids_of(fixture, &persons, "has company(city = praha)"), "2 3");
}

static void
whoever_sees_all_finds_all(void **state)
{
	struct fixture *fixture = *state;

	store_set_viewer(fixture->store, NULL);
	must_find(fixture, "city = praha", "1 2");
	must_find(fixture, "email = ada@x.example", "2");
	must_find(fixture, "has interaction", "2 3 4");
	store_set_viewer(fixture->store, "");
	must_find(fixture, "city = praha", "1");
}

static struct query_page
must_list(struct fixture *fixture, const struct query_list *list)
{
	struct query_page page = { 0 };
	struct err err = { 0 };

	if (query_run(fixture->store, fixture->arena, list, &page, &err) < 0)
		fail_msg("%s", err.message);
	return page;
}

/* In each order the withheld ones stand where blanks do, page by page. */
static void
sorts_and_pages_what_is_withheld_as_blank(void **state)
{
	static const struct {
		const char *sort;
		int64_t ids[5];
	} rows[] = {
		{ "city,no", { 2, 4, 5, 3, 1 } },
		{ "-city,no", { 1, 3, 2, 4, 5 } },
		{ "-cost,no", { 3, 1, 2, 4, 5 } },
		{ "cost", { 2, 4, 5, 1, 3 } },
		{ "name", { 2, 4, 5, 3, 1 } },
	};

	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct query_list list = { .noun = &guarded, .sort = rows[i].sort, .limit = 1 };

		for (unsigned place = 0; place < 5; place++) {
			struct query_page page = must_list(*state, &list);

			assert_int_equal(page.count, 1);
			if (page.ids[0] != rows[i].ids[place])
				fail_msg("%s: %u is %lld", rows[i].sort, place,
					(long long)page.ids[0]);
			list.after = page.next;
		}
		assert_null(list.after);
	}
}

static void
a_cursor_holds_nothing_that_is_withheld(void **state)
{
	struct fixture *fixture = *state;
	struct query_list list = { .noun = &guarded, .sort = "city,no", .limit = 1 };
	const char *cursor = must_list(fixture, &list).next;
	size_t size;
	const uint8_t *bytes = base64_decode(fixture->arena, cursor, strlen(cursor), &size);

	assert_non_null(bytes);
	assert_null(memmem(bytes, size, "praha", 5));
	store_set_viewer(fixture->store, NULL);
	list.after = cursor = must_list(fixture, &list).next; /* 5, which has no city */
	list.after = cursor = must_list(fixture, &list).next;
	bytes = base64_decode(fixture->arena, cursor, strlen(cursor), &size);
	assert_non_null(memmem(bytes, size, "new york", 8));
}

static void
counts_only_what_is_found(void **state)
{
	struct fixture *fixture = *state;
	struct query_list list = { .noun = &guarded,
		.where = must_parse(fixture, &guarded, "city = praha"),
		.limit = 1,
		.count = true };

	assert_int_equal(must_list(fixture, &list).total, 1);
	store_set_viewer(fixture->store, NULL);
	assert_int_equal(must_list(fixture, &list).total, 2);
}

static const char *
nobody(void *data)
{
	(void)data;
	return NULL;
}

static const char *
somebody(void *data)
{
	return data;
}

static void
me_is_asked_for_when_it_is_written(void **state)
{
	struct fixture *fixture = *state;

	store_set_viewer(fixture->store, NULL);
	fixture->context.me = NULL;
	fixture->context.find_me = somebody;
	fixture->context.data = (void *)"gh";
	must_select(fixture, "salesperson = me", "3");
	fixture->context.find_me = nobody;
	must_refuse(fixture, "salesperson = me", "'me' is nobody here");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_guarded, close_fixture)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(conditions_find_blanks_in_what_is_withheld),
		TEST(relations_are_empty_in_what_is_withheld),
		TEST(what_is_open_is_found),
		TEST(a_deep_condition_tells_no_more),
		TEST(the_guard_of_a_related_noun_holds),
		TEST(whoever_sees_all_finds_all),
		TEST(sorts_and_pages_what_is_withheld_as_blank),
		TEST(a_cursor_holds_nothing_that_is_withheld),
		TEST(counts_only_what_is_found),
		TEST(me_is_asked_for_when_it_is_written),
	};

	return cmocka_run_group_tests_name("withheld", tests, NULL, NULL);
}
