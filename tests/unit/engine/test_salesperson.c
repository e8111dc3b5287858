#include "asking.h"

/* The salesperson commands, and what being one does to a caller. */

static void
run_sql(struct asker *asker, const char *sql)
{
	struct err err;

	if (stmt_run(sql_prepare(asker->worker.store, sql), &err) < 0)
		fail_msg("%s: %s", sql, err.message);
}

static void
adds_shows_and_lists(void **state)
{
	struct asker *asker = *state;
	json_t *record;

	record = asked(asker,
		"salesperson add ab 'Abby Bell' --email Abby@own.example --email ab@own.example "
		"--from 2026-01-01 --until 2026-12-31 --user abby");
	assert_text(text_of(record, "code"), "AB");
	assert_text(text_of(record, "name"), "Abby Bell");
	assert_text(text_of(record, "emails.1.email"), "ab@own.example");
	assert_text(text_of(record, "emails.1.from"), "2026-01-01T00:00:00Z");
	assert_text(text_of(record, "emails.1.until"), "2026-12-31T23:59:59Z");
	asked(asker, "salesperson add CD");
	assert_text(text_of(asked(asker, "salesperson show AB"), "user"), "abby");
	assert_text(text_of(asked(asker, "salesperson list"), "items.1.code"), "CD");
	assert_text(text_of(asked(asker, "salesperson list --where 'email = abby@own.example'"),
			    "items.0.code"),
		"AB");
	assert_text(refused(asker, "salesperson show EF"), "not-found");
	assert_text(refused(asker, "salesperson add AB"), "conflict");
	assert_text(refused(asker, "salesperson add sender"), "usage");
}

static void
an_edit_changes_what_is_said_and_clears_what_is_empty(void **state)
{
	struct asker *asker = *state;
	json_t *record;

	asked(asker, "salesperson add AB Abby --email a@own.example --from 2026-01-01 --user abby");
	record = asked(asker, "salesperson edit AB --name Abigail");
	assert_text(text_of(record, "name"), "Abigail");
	assert_text(text_of(record, "emails.0.from"), "2026-01-01T00:00:00Z");
	record = asked(asker, "salesperson edit AB --email a@own.example --email b@own.example");
	assert_text(text_of(record, "emails.0.from"), "2026-01-01T00:00:00Z");
	assert_null(text_of(record, "emails.1.from"));
	record = asked(asker, "salesperson edit AB --until 2026-06-30");
	assert_text(text_of(record, "emails.0.until"), "2026-06-30T23:59:59Z");
	assert_text(text_of(record, "emails.1.until"), "2026-06-30T23:59:59Z");
	record = asked(asker, "salesperson edit AB --from '' --user ''");
	assert_null(text_of(record, "emails.0.from"));
	assert_text(text_of(record, "emails.0.until"), "2026-06-30T23:59:59Z");
	assert_null(text_of(record, "user"));
	assert_int_equal(number_of(record, "version"), 5);
	assert_int_equal(number_of(asked(asker, "salesperson edit AB"), "version"), 5);
	assert_text(refused(asker, "salesperson edit AB --name X --if-version 4"), "conflict");
	assert_text(refusal(asker, "message"),
		"the salesperson is at version '5', not 4: emails, user changed meanwhile");
	assert_int_equal(
		json_array_size(member(asked(asker, "salesperson edit AB --email ''"), "emails")),
		0);
}

static void
has_what_else_is_known_of_them(void **state)
{
	struct asker *asker = *state;
	json_t *record = asked(asker,
		"salesperson add AB --job-title Sales --phone '+420 1' --commission 2.5"
		" --privacy-blocked");

	assert_text(text_of(record, "job_title"), "Sales");
	assert_text(text_of(record, "phone"), "+420 1");
	assert_true(json_real_value(member(record, "commission")) == 2.5);
	assert_true(json_is_true(member(record, "privacy_blocked")));
	assert_text(refused(asker, "salesperson edit AB --commission 101"), "usage");
	assert_text(refused(asker, "salesperson edit AB --user 'a b'"), "usage");
	assert_text(refused(asker, "salesperson edit AB --phone letters"), "usage");
	assert_text(refused(asker, "salesperson edit AB --code CD"), "refused");
	assert_text(refused(asker, "salesperson show AC"), "not-found");
	assert_text(refusal(asker, "hint"), "did you mean 'AB'?");
}

static void
the_journal_tells_what_an_edit_changed(void **state)
{
	struct asker *asker = *state;
	json_t *entry;

	asked(asker, "salesperson add AB Abby --email a@own.example");
	asked(asker, "salesperson edit AB --name Abigail --email b@own.example");
	entry = member(
		asked(asker, "system audit --where 'noun = salesperson' --sort -id"), "items.0");
	assert_text(text_of(entry, "before.name"), "Abby");
	assert_text(text_of(entry, "before.emails.0.email"), "a@own.example");
	assert_text(text_of(entry, "after.name"), "Abigail");
	assert_text(text_of(entry, "after.emails.0.email"), "b@own.example");
	assert_int_equal(number_of(entry, "after.version"), 2);
	assert_null(member(entry, "after.user"));
}

static void
an_edit_of_several_takes_a_condition(void **state)
{
	struct asker *asker = *state;

	asked(asker, "salesperson add AB --email a@own.example");
	asked(asker, "salesperson add CD");
	assert_text(refused(asker, "salesperson edit --where 'not blocked' --until 2026-06-30"),
		"refused");
	assert_int_equal(number_of(asked_yes(asker, "salesperson edit --where 'not blocked'"
						    " --until 2026-06-30 --phone 1"),
				 "changed"),
		2);
	assert_text(text_of(asked(asker, "salesperson show AB"), "emails.0.until"),
		"2026-06-30T23:59:59Z");
}

static void
a_local_user_is_the_salesperson_me(void **state)
{
	struct asker *asker = *state;

	asked(asker, "contact add Ada --salesperson AB");
	assert_text(refused(asker, "contact list --where 'salesperson = me'"), "usage");
	asked(asker, "salesperson add AB --user abby");
	assert_text(refused(asker, "contact list --where 'salesperson = me'"), "usage");
	assert_text(refused(asker, "contact edit Ada --salesperson me"), "usage");
	asker->user = "abby";
	assert_text(
		text_of(asked(asker, "contact list --where 'salesperson = me'"), "items.0.name"),
		"Ada");
	assert_text(text_of(asked(asker, "contact add Bob"), "salesperson"), "AB");
	assert_text(text_of(asked(asker, "contact add Cy --salesperson X"), "salesperson"), "X");
	assert_text(text_of(asked(asker, "contact edit Cy --salesperson me"), "salesperson"), "AB");
	assert_text(text_of(asked(asker, "interaction add Cy --kind call --salesperson me"),
			    "salesperson"),
		"AB");
	asked(asker, "contact edit Cy --salesperson X");
	assert_text(text_of(asked(asker, "interaction add Cy --kind call"), "salesperson"), "AB");
	assert_text(
		text_of(asked(asker, "interaction list --salesperson me"), "items.0.salesperson"),
		"AB");
}

static void
a_blocked_salesperson_is_nobody(void **state)
{
	struct asker *asker = *state;

	asked(asker, "salesperson add AB --user tester");
	assert_true(json_is_true(member(asked(asker, "salesperson block AB"), "blocked")));
	assert_int_equal(number_of(asked(asker, "salesperson block AB"), "version"), 2);
	assert_text(refused(asker, "contact list --where 'salesperson = me'"), "usage");
	assert_text(refused(asker, "salesperson add CD --user tester"), "conflict");
	assert_true(json_is_false(
		member(asked(asker, "salesperson block AB --no-blocked"), "blocked")));
	asked(asker, "contact list --where 'salesperson = me'");
}

/* Interaction 1 is of AB's mailbox; the journal has it whole. */
static void
add_owned(struct asker *asker)
{
	run_sql(asker, "INSERT INTO source (id, name, kind, visibility, salesperson) VALUES"
		       " (1, 'boss', 'imap', 'owner', 'AB')");
	run_sql(asker,
		"INSERT INTO stream (id, source_id, folder, uidvalidity, cursor, anchor, low)"
		" VALUES (1, 1, 'INBOX', 1, 1, 1, 0)");
	run_sql(asker, "INSERT INTO message (id, identity, at, offset_min, direction, source_id)"
		       " VALUES (1, x'00', 5, 0, 'inbound', 1)");
	run_sql(asker, "INSERT INTO interaction (id, kind, status, direction, initiated_by, at,"
		       " offset_min, subject, message_id, created, changed) VALUES"
		       " (1, 'email', 'recorded', 'inbound', 'them', 5, 0, 'secret', 1, 5, 5)");
	run_sql(asker, "INSERT INTO ledger (stream_id, uid, at, decision, message_id,"
		       " interaction_id) VALUES (1, 1, 5, 'captured', 1, 1)");
	run_sql(asker,
		"INSERT INTO journal (at, user, method, noun, record, before, after) VALUES"
		" (5, 'x', 'interaction.edit', 'interaction', 1, '{\"subject\":\"secret\"}',"
		" '{\"subject\":\"secret too\"}'),"
		" (5, 'x', 'interaction.edit', 'interaction', 9, NULL, '{\"subject\":\"gone\"}')");
}

static void
a_caller_sees_what_is_theirs_and_the_next_one_what_is_not(void **state)
{
	struct asker *asker = *state;

	add_owned(asker);
	asked(asker, "salesperson add AB --user abby");
	assert_null(text_of(asked(asker, "interaction show 1"), "subject"));
	assert_null(store_viewer(asker->worker.store));
	asker->user = "abby";
	assert_text(text_of(asked(asker, "interaction show 1"), "subject"), "secret");
	asker->user = NULL;
	assert_text(refused(asker, "interaction show 7"), "not-found");
	assert_null(store_viewer(asker->worker.store));
	assert_true(json_is_true(member(asked(asker, "interaction show 1"), "withheld")));
	asker->trusted = true;
	assert_text(text_of(asked(asker, "interaction show 1"), "subject"), "secret");
}

static void
a_contact_is_not_found_by_a_text_that_is_withheld(void **state)
{
	static const char LINE[] = "interaction list --contact C00001 --count";
	struct asker *asker = *state;

	add_owned(asker);
	asked(asker, "salesperson add AB --user abby");
	asked(asker, "contact add Rival");
	run_sql(asker, "INSERT INTO interaction_contact (contact_id, at, interaction_id, role, via)"
		       " VALUES (1, 5, 1, 'mentioned', 'address')");
	assert_int_equal(number_of(asked(asker, LINE), "count"), 0);
	asker->user = "abby";
	assert_int_equal(number_of(asked(asker, LINE), "count"), 1);
	asker->user = NULL;
	run_sql(asker, "UPDATE interaction_contact SET role = 'to'");
	assert_int_equal(number_of(asked(asker, LINE), "count"), 1);
}

static void
the_audit_withholds_what_the_record_does(void **state)
{
	static const char LINE[] = "system audit --where 'noun = interaction' --sort id";
	struct asker *asker = *state;
	json_t *list;

	add_owned(asker);
	list = asked(asker, LINE);
	for (size_t i = 0; i < 2; i++) {
		json_t *entry = json_array_get(member(list, "items"), i);

		assert_true(json_is_true(member(entry, "withheld")));
		assert_true(json_is_null(member(entry, "before")));
		assert_true(json_is_null(member(entry, "after")));
		assert_text(text_of(entry, "method"), "interaction.edit");
	}
	asker->trusted = true;
	list = asked(asker, LINE);
	assert_text(text_of(list, "items.0.after.subject"), "secret too");
	assert_text(text_of(list, "items.1.after.subject"), "gone");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, asker_open, asker_close)

static int64_t
newest(struct asker *asker)
{
	return number_of(asked(asker, "system audit"), "items.0.id");
}

static json_t *
undo(struct asker *asker, int64_t entry)
{
	char line[60];

	snprintf(line, sizeof line, "system undo %lld", (long long)entry);
	return asked_yes(asker, line);
}

static void
addresses_are_taken_back_with_their_times(void **state)
{
	struct asker *asker = *state;
	int64_t edit;

	asked(asker, "salesperson add AB Abby --email a@own.example --from 2026-01-01");
	asked(asker, "salesperson edit AB --name Abigail --email b@own.example --until 2026-02-01");
	edit = newest(asker);
	assert_text(text_of(undo(asker, edit), "changes.0.fields"), "name, emails");
	assert_text(
		text_of(asked(asker, "salesperson show AB"), "emails.0.email"), "a@own.example");
	assert_text(text_of(asker->answer, "result.emails.0.from"), "2026-01-01T00:00:00Z");
	assert_null(text_of(asker->answer, "result.emails.0.until"));
	undo(asker, newest(asker));
	assert_text(
		text_of(asked(asker, "salesperson show AB"), "emails.0.email"), "b@own.example");
	assert_text(text_of(asker->answer, "result.emails.0.until"), "2026-02-01T23:59:59Z");
	asked(asker, "salesperson edit AB --email c@own.example");
	edit = newest(asker);
	asked(asker, "salesperson edit AB --email d@own.example");
	assert_int_equal(number_of(undo(asker, edit), "kept"), 1);
	assert_text(
		text_of(asked(asker, "salesperson show AB"), "emails.0.email"), "d@own.example");
}

static void
one_that_was_added_comes_and_goes_with_its_addresses(void **state)
{
	struct asker *asker = *state;

	asked(asker, "salesperson add AB Abby --email a@own.example");
	undo(asker, newest(asker));
	assert_text(refused(asker, "salesperson show AB"), "not-found");
	undo(asker, newest(asker));
	assert_text(
		text_of(asked(asker, "salesperson show AB"), "emails.0.email"), "a@own.example");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(adds_shows_and_lists),
		CASE(an_edit_changes_what_is_said_and_clears_what_is_empty),
		CASE(has_what_else_is_known_of_them),
		CASE(the_journal_tells_what_an_edit_changed),
		CASE(an_edit_of_several_takes_a_condition),
		CASE(a_local_user_is_the_salesperson_me),
		CASE(a_blocked_salesperson_is_nobody),
		CASE(a_caller_sees_what_is_theirs_and_the_next_one_what_is_not),
		CASE(a_contact_is_not_found_by_a_text_that_is_withheld),
		CASE(the_audit_withholds_what_the_record_does),
		CASE(addresses_are_taken_back_with_their_times),
		CASE(one_that_was_added_comes_and_goes_with_its_addresses),
	};

	return cmocka_run_group_tests_name("salesperson", tests, NULL, NULL);
}
