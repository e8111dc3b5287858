#include "asking.h"

#include "liaison/crm/contact.h"

/* Commands that match a long past take several transactions, and answer when all of it is done. */

enum { LETTERS = 3000 };

static void
must(struct asker *asker, const char *sql)
{
	struct err err;

	if (stmt_run(sql_prepare(asker->worker.store, sql), &err) < 0)
		fail_msg("%s", err.message);
}

static int64_t
count(struct asker *asker, const char *sql)
{
	int64_t found = -1;
	struct err err;

	if (sql_get_int(sql_prepare(asker->worker.store, sql), &found, NULL, &err) < 0)
		fail_msg("%s", err.message);
	return found;
}

static const char MESSAGES[] =
	"WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 9000) "
	"INSERT INTO message (identity, message_id, subject, at, offset_min, direction, source_id) "
	"SELECT randomblob(16), 'm' || n || '@x.example', 'letter ' || n, 1700000000 + n, 0, "
	"'inbound', 1 FROM n";
static const char PARTIES[] =
	"INSERT INTO party (message_id, place, role, address_id) SELECT id, 0, 'from', 1 + id % 3 "
	"FROM message";
static const char LEDGER[] =
	"INSERT INTO ledger (stream_id, uid, at, decision, message_id) SELECT 1, id, at, "
	"'unmatched', id FROM message";

/* Of three people 3,000 letters each, that nobody is known of. */
static void
lay_letters(struct asker *asker)
{
	struct err err;

	assert_int_equal(store_begin(asker->worker.store, &err), 0);
	must(asker, "INSERT INTO source (name, kind) VALUES ('work', 'imap')");
	must(asker, "INSERT INTO stream (source_id, folder, uidvalidity, cursor, anchor, low) "
		    "VALUES (1, 'INBOX', 7, 9000, 9000, 0)");
	must(asker, "INSERT INTO address (id, address) VALUES (1, 'ada@x.example'), "
		    "(2, 'bo@y.example'), (3, 'cy@z.example')");
	must(asker, MESSAGES);
	must(asker, PARTIES);
	must(asker, LEDGER);
	assert_int_equal(store_commit(asker->worker.store, &err), 0);
}

static void
assert_all(struct asker *asker, const char *contact, int64_t letters)
{
	json_t *record;

	assert_true(asker->transactions > 1);
	assert_int_equal(count(asker, "SELECT count(*) FROM candidate_past"), 0);
	assert_int_equal(
		count(asker, "SELECT count(*) FROM ledger WHERE decision = 'captured'"), letters);
	record = asked(asker, contact);
	assert_int_equal(number_of(record, "interactions"), LETTERS);
}

static void
a_long_past_is_matched_in_turns(void **state)
{
	struct asker *asker = *state;

	lay_letters(asker);
	asked(asker, "contact add Ada");
	assert_int_equal(
		number_of(asked(asker, "contact email add C00001 ada@x.example"), "rematched"),
		LETTERS);
	assert_all(asker, "contact show C00001", LETTERS);
	assert_int_equal(
		number_of(asked(asker, "contact add Bo --email bo@y.example"), "interactions"),
		LETTERS);
	assert_all(asker, "contact show C00002", 2 * LETTERS);
	asked(asker, "contact add Cy");
	asked(asker, "contact edit C00003 --email cy@z.example");
	assert_all(asker, "contact show C00003", 3 * LETTERS);
}

static void
a_whole_past_is_matched_in_turns(void **state)
{
	struct contact_email email = { .email = "cy@z.example" };
	struct asker *asker = *state;
	struct arena *arena = arena_new();
	struct err err;

	lay_letters(asker);
	asked(asker, "contact add Cy");
	assert_int_equal(contact_email_add(asker->worker.store, arena, 1, &email, &err), 0);
	assert_int_equal(number_of(asked(asker, "capture rematch"), "rematched"), LETTERS);
	assert_all(asker, "contact show C00001", LETTERS);
	assert_int_equal(
		number_of(asked(asker, "capture rematch --contact C00001"), "rematched"), 0);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_long_past_is_matched_in_turns, asker_open, asker_close),
		cmocka_unit_test_setup_teardown(
			a_whole_past_is_matched_in_turns, asker_open, asker_close),
	};

	return cmocka_run_group_tests_name("rematch", tests, NULL, NULL);
}
