#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "liaison/base/clock.h"
#include "liaison/store/audit.h"
#include "liaison/store/event_log.h"
#include "liaison/store/idempotency.h"
#include "liaison/store/journal.h"

/* What the engine keeps in tables of its own: events, answers to keys, and the journal read back. */

struct fixture {
	struct store *store;
	struct arena *arena;
	struct err err;
};

static int
set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);

	fixture->store = store_open_memory(&fixture->err);
	fixture->arena = arena_new();
	*state = fixture;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *fixture = *state;

	store_close(fixture->store);
	arena_free(fixture->arena);
	free(fixture);
	return 0;
}

static void
gives_events_numbers_that_go_on(void **state)
{
	struct fixture *fixture = *state;
	struct event_entry *entries;
	int64_t seq, first, last;
	unsigned count;

	for (int64_t i = 1; i <= 5; i++) {
		assert_int_equal(
			event_log_add(fixture->store, 100, "a.b", "{}", &seq, &fixture->err), 0);
		assert_int_equal(seq, i);
	}
	assert_int_equal(event_log_list(fixture->store, fixture->arena, 2, 2, &entries, &count,
				 &fixture->err),
		0);
	assert_int_equal(count, 2);
	assert_int_equal(entries[0].seq, 3);
	assert_string_equal(entries[1].kind, "a.b");
	assert_int_equal(event_log_bounds(fixture->store, &first, &last, &fixture->err), 0);
	assert_int_equal(first, 1);
	assert_int_equal(last, 5);
}

static void
has_no_bounds_when_nothing_happened(void **state)
{
	struct fixture *fixture = *state;
	int64_t first, last;

	assert_int_equal(event_log_bounds(fixture->store, &first, &last, &fixture->err), 0);
	assert_int_equal(first, 0);
	assert_int_equal(last, 0);
}

static void
keeps_the_newest_events_and_their_numbers(void **state)
{
	struct fixture *fixture = *state;
	int64_t seq = 0, first, last;

	store_begin(fixture->store, &fixture->err);
	while (seq < EVENT_LOG_KEEP + 20)
		assert_int_equal(
			event_log_add(fixture->store, 1, "a.b", "{}", &seq, &fixture->err), 0);
	assert_int_equal(event_log_prune(fixture->store, &fixture->err), 0);
	store_commit(fixture->store, &fixture->err);
	assert_int_equal(event_log_bounds(fixture->store, &first, &last, &fixture->err), 0);
	assert_int_equal(first, 21);
	assert_int_equal(last, EVENT_LOG_KEEP + 20);
}

static void
answers_a_key_for_a_day(void **state)
{
	static const uint8_t DIGEST[IDEMPOTENCY_DIGEST] = { 1 }, OTHER[IDEMPOTENCY_DIGEST] = { 2 };
	struct fixture *fixture = *state;
	struct store *store = fixture->store;
	const char *result;

	assert_int_equal(
		idempotency_add(store, "ada", "k", DIGEST, 1000, "{\"n\":1}", 7, &fixture->err), 0);
	assert_int_equal(idempotency_find(store, fixture->arena, "ada", "k", DIGEST, 2000, &result,
				 &fixture->err),
		0);
	assert_string_equal(result, "{\"n\":1}");
	assert_int_equal(idempotency_find(store, fixture->arena, "bob", "k", DIGEST, 2000, &result,
				 &fixture->err),
		0);
	assert_null(result);
	assert_int_equal(idempotency_find(store, fixture->arena, "ada", "k", OTHER, 2000, &result,
				 &fixture->err),
		-1);
	assert_int_equal(fixture->err.code, ERR_CONFLICT);
	assert_int_equal(idempotency_find(store, fixture->arena, "ada", "k", OTHER,
				 1000 + IDEMPOTENCY_SECONDS, &result, &fixture->err),
		0);
	assert_null(result);
	assert_int_equal(idempotency_prune(store, 1000 + IDEMPOTENCY_SECONDS, &fixture->err), 0);
	assert_int_equal(idempotency_find(store, fixture->arena, "ada", "k", DIGEST, 2000, &result,
				 &fixture->err),
		0);
	assert_null(result);
}

static void
reads_the_journal_back_by_page_and_by_record(void **state)
{
	struct fixture *fixture = *state;
	struct audit_question question = { .since = TIME_MIN, .limit = 2 };
	struct audit_entry *entries;
	unsigned count;
	int64_t id, gone;

	for (int i = 1; i <= 5; i++) {
		struct journal_entry entry = { .user = i % 2 ? "ada" : "bob",
			.method = "contact.edit",
			.noun = "contact",
			.record = i % 3,
			.after = "{}" };

		assert_int_equal(journal_add(fixture->store, &entry, &id, &fixture->err), 0);
	}
	assert_int_equal(audit_list(fixture->store, fixture->arena, &question, &entries, &count,
				 &fixture->err),
		0);
	assert_int_equal(count, 2);
	assert_int_equal(entries[0].id, 5);
	question.before = entries[1].id;
	question.user = "ada";
	assert_int_equal(audit_list(fixture->store, fixture->arena, &question, &entries, &count,
				 &fixture->err),
		0);
	assert_int_equal(count, 2);
	assert_int_equal(entries[0].id, 3);
	assert_int_equal(entries[1].id, 1);
	question = (struct audit_question){
		.since = TIME_MIN, .limit = 10, .noun = "contact", .record = 2
	};
	assert_int_equal(audit_list(fixture->store, fixture->arena, &question, &entries, &count,
				 &fixture->err),
		0);
	assert_int_equal(count, 2);
	assert_int_equal(entries[0].id, 5);
	assert_int_equal(audit_prune(fixture->store, TIME_MAX, 3, &gone, &fixture->err), 0);
	assert_int_equal(gone, 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(gives_events_numbers_that_go_on),
		TEST(has_no_bounds_when_nothing_happened),
		TEST(keeps_the_newest_events_and_their_numbers),
		TEST(answers_a_key_for_a_day),
		TEST(reads_the_journal_back_by_page_and_by_record),
	};

	return cmocka_run_group_tests_name("engine tables", tests, NULL, NULL);
}
