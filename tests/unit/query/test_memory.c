#include "fixture.h"

#include "memory/starve.h"

/* Conditions and lists when memory runs out. */

static void *
open_store(void)
{
	void *fixture;

	open_fixture(&fixture);
	return fixture;
}

static void
reset(void *state)
{
	struct fixture *fixture = state;

	arena_reset(fixture->arena);
}

static void
close_store(void *fixture)
{
	close_fixture(&fixture);
}

static int
run_condition(void *state, struct text *out, struct err *err)
{
	static const char CONDITION[] =
		"(city = praha or name ~ *o* and not excluded) and has interaction(subject ~ "
		"'*offer*' and at < 2027-01-01 or kind in (call, email)) or email = ada@x.example "
		"and interactions > 1";
	struct fixture *fixture = state;
	struct query_node *node;
	int64_t *ids;
	size_t count;

	if (query_parse(fixture->arena, &test_contacts, &fixture->context, CONDITION, &node, err) <
			0 ||
		query_ids(fixture->store, fixture->arena, &test_contacts, node, 0, &ids, &count,
			err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		text_printf(out, "%lld ", (long long)ids[i]);
	return 0;
}

static int
run_list(void *state, struct text *out, struct err *err)
{
	struct fixture *fixture = state;
	struct query_list list = { .noun = &test_contacts,
		.sort = "-city,last_interaction,name",
		.limit = 2,
		.count = true };

	do {
		struct query_page page;

		if (query_run(fixture->store, fixture->arena, &list, &page, err) < 0)
			return -1;
		for (unsigned i = 0; i < page.count; i++)
			text_printf(out, "%lld ", (long long)page.ids[i]);
		text_printf(out, "of %lld\n", (long long)page.total);
		list.after = page.next;
	} while (list.after != NULL);
	return 0;
}

static void
name_value(void *object, const char *field, bool (*each)(void *to, const char *value), void *to)
{
	(void)field;
	each(to, object);
}

static int
run_match(void *state, struct text *out, struct err *err)
{
	struct fixture *fixture = state;
	struct query_values values = { .values = name_value,
		.object = (void *)(uintptr_t) "Ada Lovelace" };
	struct query_node *node;

	if (query_parse(fixture->arena, &test_contacts, &fixture->context,
		    "name ~ 'ada *' and (name = x or not name = 'ÄRGER')", &node, err) < 0)
		return -1;
	text_printf(out, "%d\n", query_match(node, &values));
	return 0;
}

static const struct scenario SCENARIOS[] = {
	{ "compiles_a_condition", open_store, run_condition, NULL, reset, close_store, false },
	{ "pages_through_a_list", open_store, run_list, NULL, reset, close_store, false },
	{ "matches_in_memory", open_store, run_match, NULL, reset, close_store, false },
};

int
main(void)
{
	return STARVE_EACH(SCENARIOS);
}
