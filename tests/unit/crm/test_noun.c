#include "desk.h"

/* Conditions over contacts and interactions, through the real language. */

static const struct query_context CONTEXT = { .now = NOW, .me = "JO" };

static unsigned
matching(struct desk *desk, const struct query_noun *noun, const char *condition, int64_t *first)
{
	struct query_node *where;
	int64_t *ids;
	size_t count = 0;

	if (query_parse(desk->arena, noun, &CONTEXT, condition, &where, &desk->err) < 0 ||
		query_ids(desk->store, desk->arena, noun, where, 0, &ids, &count, &desk->err) < 0)
		fail_msg("%s: %s", condition, desk->err.message);
	*first = count > 0 ? ids[0] : 0;
	return (unsigned)count;
}

/* Every field can be asked for and sorted by, so no fragment is wrong SQL. */
static void
try_fields(struct desk *desk, const struct query_noun *noun, const char *frame)
{
	for (const struct query_field *f = noun->fields; f->name != NULL; f++) {
		const char *clause = arena_printf(desk->arena, "%s is blank", f->name);
		const char *condition = frame == NULL ? clause
						      : arena_printf(desk->arena, "%s(%s)", frame,
								clause);
		int64_t first;

		matching(desk, frame == NULL ? noun : &contact_noun, condition, &first);
	}
}

static void
every_field_can_be_asked_for(void **state)
{
	struct desk *desk = *state;

	try_fields(desk, &contact_noun, NULL);
	try_fields(desk, &interaction_noun, NULL);
	try_fields(desk, &series_noun, NULL);
	try_fields(desk, &interaction_noun, "has interaction");
	try_fields(desk, &contact_noun, "has person");
	try_fields(desk, &contact_noun, "has company");
	for (const struct query_relation *r = contact_noun.relations; r->name != NULL; r++) {
		if (strcmp(r->name, "email") == 0)
			try_fields(desk, r->noun, "has email");
	}
}

static void
every_sortable_field_sorts(void **state)
{
	static const struct query_noun *const NOUNS[] = { &contact_noun, &interaction_noun,
		&series_noun };
	struct desk *desk = *state;

	add_interaction(desk, "call", NOW, "x", add_person(desk, "Ada", add_company(desk, "Acme")));
	for (size_t n = 0; n < 3; n++) {
		for (const struct query_field *f = NOUNS[n]->fields; f->name != NULL; f++) {
			struct query_list list = { .noun = NOUNS[n],
				.limit = 1,
				.sort = arena_printf(desk->arena, "-%s", f->name) };
			struct query_page page;

			if (!f->sortable)
				continue;
			assert_ok(query_run(desk->store, desk->arena, &list, &page, &desk->err));
			assert_true(page.count == 1);
			list.after = page.next;
			if (page.next != NULL)
				assert_ok(query_run(
					desk->store, desk->arena, &list, &page, &desk->err));
		}
	}
}

static void
relations_nest_in_every_order(void **state)
{
	static const char *const CONDITIONS[] = {
		"has person(has company(has person(name ~ \"Ada*\")))",
		"has interaction(has contact(has interaction(kind = call)))",
		"has company(has interaction(has contact(has email(address = a@x.example))))",
		"has person(has person)",
		"has person(has interaction(has company(has person)))",
		"has company(has company)",
	};
	struct desk *desk = *state;
	int64_t first;

	for (size_t i = 0; i < sizeof CONDITIONS / sizeof *CONDITIONS; i++)
		matching(desk, &contact_noun, CONDITIONS[i], &first);
}

static void
conditions_say_what_they_mean(void **state)
{
	struct desk *desk = *state;
	int64_t acme = add_company(desk, "Acme"), ada = add_person(desk, "Ada Lovelace", acme),
		bob = add_person(desk, "Bob Ross", 0), first;
	struct contact row = get_contact(desk, bob);

	row.city = "Praha";
	row.salesperson = "JO";
	assert_ok(contact_update(desk->store, desk->arena, &row, NOW, &desk->err));
	add_email(desk, ada, "Ada@x.example");
	add_interaction(desk, "email", NOW - 86400, "x", ada);
	assert_int_equal(matching(desk, &contact_noun,
				 "type = person and city ~ \"Pra*\" and "
				 "not has interaction(kind = email and at >= today-90d)",
				 &first),
		1);
	assert_int_equal(first, bob);
	assert_int_equal(
		matching(desk, &contact_noun, "has person(name = \"ada lovelace\")", &first), 1);
	assert_int_equal(first, acme);
	assert_int_equal(matching(desk, &contact_noun, "has company(name = acme)", &first), 1);
	assert_int_equal(first, ada);
	assert_int_equal(matching(desk, &contact_noun, "company = acme", &first), 2);
	assert_int_equal(
		matching(desk, &contact_noun, "company = C00001 and type = person", &first), 1);
	assert_int_equal(matching(desk, &contact_noun, "email = ADA@X.example", &first), 1);
	assert_int_equal(matching(desk, &contact_noun, "email ~ \"*@x.example\"", &first), 1);
	assert_int_equal(matching(desk, &contact_noun, "has email", &first), 1);
	assert_int_equal(matching(desk, &contact_noun, "email is blank", &first), 2);
	assert_int_equal(matching(desk, &contact_noun, "salesperson = me", &first), 1);
	assert_int_equal(
		matching(desk, &contact_noun, "interactions > 0", &first), 2); /* and Acme */
	assert_int_equal(matching(desk, &contact_noun, "last_interaction >= today-2d", &first), 2);
	assert_int_equal(matching(desk, &contact_noun, "has interaction", &first), 2);
	assert_int_equal(
		matching(desk, &interaction_noun, "contact = \"Ada Lovelace\"", &first), 1);
	assert_int_equal(matching(desk, &interaction_noun, "has company(name = Acme)", &first), 1);
	assert_int_equal(
		matching(desk, &interaction_noun, "kind = EMAIL and role = participant", &first),
		1);
	assert_int_equal(matching(desk, &interaction_noun, "kind in (call, letter)", &first), 0);
}

static void
removed_addresses_are_no_addresses(void **state)
{
	struct desk *desk = *state;
	int64_t ada = add_person(desk, "Ada", 0), first;

	add_email(desk, ada, "a@x.example");
	assert_ok(contact_email_remove(
		desk->store, desk->arena, ada, "a@x.example", NOW, &desk->err));
	assert_int_equal(matching(desk, &contact_noun, "has email", &first), 0);
	assert_int_equal(matching(desk, &contact_noun, "email = a@x.example", &first), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, desk_open, desk_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(every_field_can_be_asked_for),
		CASE(every_sortable_field_sorts),
		CASE(relations_nest_in_every_order),
		CASE(conditions_say_what_they_mean),
		CASE(removed_addresses_are_no_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
