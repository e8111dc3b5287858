#include "desk.h"

/* Timelines: newest first, in pages that new rows do not disturb. */

static struct timeline_page
page_of(struct desk *desk, int64_t contact, unsigned limit, const char *after)
{
	struct timeline_page page;

	assert_ok(interaction_timeline(desk->store, desk->arena, contact, NULL, NULL, NULL, 0,
		limit, after, &page, &desk->err));
	return page;
}

static void
newest_comes_first_whatever_came_in_first(void **state)
{
	struct desk *desk = *state;
	int64_t ada = add_person(desk, "Ada", 0), bob = add_person(desk, "Bob", 0), ids[3];
	struct timeline_page page;

	ids[0] = add_interaction(desk, "call", NOW, "middle", ada);
	ids[1] = add_interaction(desk, "call", NOW + 10, "new", ada);
	ids[2] = add_interaction(desk, "call", NOW - 10, "old", ada);
	add_interaction(desk, "call", NOW, "another's", bob);
	page = page_of(desk, ada, 10, NULL);
	assert_int_equal(page.count, 3);
	assert_int_equal(page.ids[0], ids[1]);
	assert_int_equal(page.ids[1], ids[0]);
	assert_int_equal(page.ids[2], ids[2]);
	assert_null(page.next);
}

static void
of_two_at_the_same_time_the_later_recorded_comes_first(void **state)
{
	struct desk *desk = *state;
	int64_t ada = add_person(desk, "Ada", 0), ids[5];
	const char *after = NULL;

	for (int i = 0; i < 5; i++)
		ids[i] = add_interaction(desk, "call", NOW, "same", ada);
	for (int i = 4; i >= 0; i--) {
		struct timeline_page page = page_of(desk, ada, 1, after);

		assert_int_equal(page.count, 1);
		assert_int_equal(page.ids[0], ids[i]);
		after = page.next;
		assert_int_equal(after == NULL, i == 0);
	}
}

static void
paging_while_rows_come_shows_each_old_one_once(void **state)
{
	struct desk *desk = *state;
	int64_t ada = add_person(desk, "Ada", 0);
	bool seen[300] = { false };
	const char *after = NULL;
	unsigned count = 0, pages = 0;

	for (int i = 0; i < 100; i++)
		add_interaction(desk, "call", NOW + i * 7 % 50, "x", ada);
	do {
		struct timeline_page page = page_of(desk, ada, 7, after);

		for (unsigned i = 0; i < page.count; i++) {
			assert_false(seen[page.ids[i]]);
			seen[page.ids[i]] = true;
			count += page.ids[i] <= 100;
		}
		after = page.next;
		add_interaction(desk, "call", NOW + 100, "new", ada);
		add_interaction(desk, "call", NOW - 100 - (int)pages, "old", ada);
		pages++;
	} while (after != NULL && pages < 60);
	assert_null(after);
	assert_int_equal(count, 100);
}

static void
a_companys_timeline_has_that_of_its_persons_once(void **state)
{
	struct desk *desk = *state;
	int64_t acme = add_company(desk, "Acme"), other = add_company(desk, "Other"),
		ada = add_person(desk, "Ada", acme), bob = add_person(desk, "Bob", acme), id,
		second;
	struct interaction_link link = {
		.contact_id = bob, .company_id = acme, .role = "cc", .via = "address"
	};
	struct contact row;
	bool added;

	id = add_interaction(desk, "call", NOW, "both", ada);
	assert_ok(interaction_link_add(desk->store, id, &link, NOW, &added, &desk->err));
	second = add_interaction(desk, "call", NOW + 1, "the company itself", acme);
	assert_int_equal(page_of(desk, acme, 10, NULL).count, 2);
	assert_int_equal(page_of(desk, acme, 10, NULL).ids[0], second);
	row = get_contact(desk, ada);
	row.company_id = other;
	assert_ok(contact_update(desk->store, desk->arena, &row, NOW, &desk->err));
	add_interaction(desk, "call", NOW + 2, "elsewhere now", ada);
	assert_int_equal(page_of(desk, acme, 10, NULL).count, 2);
	assert_int_equal(page_of(desk, other, 10, NULL).count, 1);
	assert_int_equal(page_of(desk, ada, 10, NULL).count, 2);
}

static void
keeps_to_span_and_kinds(void **state)
{
	static const char *const KINDS[] = { "call", "letter" };
	struct desk *desk = *state;
	int64_t ada = add_person(desk, "Ada", 0), since = NOW + 1, until = NOW + 3;
	struct timeline_page page;

	for (int i = 0; i < 5; i++) {
		add_interaction(desk, "call", NOW + i, "c", ada);
		add_interaction(desk, "email", NOW + i, "e", ada);
		add_interaction(desk, "letter", NOW + i, "l", ada);
	}
	assert_ok(interaction_timeline(desk->store, desk->arena, ada, &since, &until, KINDS, 2, 100,
		NULL, &page, &desk->err));
	assert_int_equal(page.count, 6);
	assert_ok(interaction_timeline(desk->store, desk->arena, ada, &since, NULL, KINDS, 1, 100,
		NULL, &page, &desk->err));
	assert_int_equal(page.count, 4);
}

static void
drafts_are_kept_apart(void **state)
{
	static const char DRAFT[] = "UPDATE interaction SET status = 'draft'";
	struct desk *desk = *state;
	int64_t ada = add_person(desk, "Ada", 0);

	add_interaction(desk, "call", NOW, "unfinished", ada);
	assert_ok(stmt_run(sql_prepare(desk->store, DRAFT), &desk->err));
	assert_int_equal(page_of(desk, ada, 10, NULL).count, 0);
}

static void
a_cursor_of_something_else_is_refused(void **state)
{
	static const char *const WRONG[] = { "", "t", "t1", "t1.", "t.1", "s1.2", "t1.2x", "tx.y",
		"t99999999999999999999.1" };
	struct desk *desk = *state;
	int64_t ada = add_person(desk, "Ada", 0);
	struct timeline_page page;

	for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
		assert_fails(interaction_timeline(desk->store, desk->arena, ada, NULL, NULL, NULL,
				     0, 10, WRONG[i], &page, &desk->err),
			ERR_USAGE);
		assert_string_equal(desk->err.field, "after");
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, desk_open, desk_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(newest_comes_first_whatever_came_in_first),
		CASE(of_two_at_the_same_time_the_later_recorded_comes_first),
		CASE(paging_while_rows_come_shows_each_old_one_once),
		CASE(a_companys_timeline_has_that_of_its_persons_once),
		CASE(keeps_to_span_and_kinds),
		CASE(drafts_are_kept_apart),
		CASE(a_cursor_of_something_else_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
