#include "fixture.h"

static void
writes_an_entry_and_tells_its_number(void **state)
{
	struct err err;
	struct store *store = store_open_memory(&err);
	struct journal_entry entry = { .user = "ada",
		.method = "contact.edit",
		.noun = "contact",
		.record = 7,
		.before = "{\"city\":null}",
		.after = "{\"city\":\"Praha\"}" };
	int64_t first = 0, second = 0;

	(void)state;
	assert_int_equal(journal_add(store, &entry, &first, &err), 0);
	entry.batch = first;
	entry.before = NULL;
	assert_int_equal(journal_add(store, &entry, &second, &err), 0);
	assert_true(second > first);
	assert_int_equal(
		must_get(store,
			"SELECT count(*) FROM journal WHERE user = 'ada' AND record = 7"
			" AND noun = 'contact' AND method = 'contact.edit' AND at > 1600000000"),
		2);
	assert_int_equal(must_get(store, "SELECT batch FROM journal WHERE before IS NULL"), first);
	assert_int_equal(must_get(store, "SELECT batch FROM journal WHERE before IS NOT NULL"), 0);
	store_close(store);
}

static void
vanishes_with_its_transaction(void **state)
{
	struct err err;
	struct store *store = store_open_memory(&err);
	struct journal_entry entry = { .user = "u", .method = "m", .noun = "n" };
	int64_t id;

	(void)state;
	assert_int_equal(store_begin(store, &err), 0);
	assert_int_equal(journal_add(store, &entry, &id, &err), 0);
	store_rollback(store);
	assert_int_equal(must_get(store, "SELECT count(*) FROM journal"), 0);
	store_close(store);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_an_entry_and_tells_its_number),
		cmocka_unit_test(vanishes_with_its_transaction),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
