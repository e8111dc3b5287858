#include "asking.h"

/* The commands of contacts, interactions, series and setup, from words to answers. */

static void
adds_a_person_with_all_that_was_said(void **state)
{
	struct asker *asker = *state;
	json_t *record;

	asked(asker, "contact add Acme --type company --domain acme.example");
	record = asked(asker,
		"contact add 'Ada King Lovelace' --company acme --email Ada@x.example "
		"--email ada2@x.example --city London --country gb --no-excluded --minor "
		"--parental-consent --salesperson jo --no K7");
	assert_text(text_of(record, "no"), "K7");
	assert_text(text_of(record, "middle_name"), "King");
	assert_text(text_of(record, "company_no"), "C00001");
	assert_text(text_of(record, "company_name"), "Acme");
	assert_text(text_of(record, "country"), "GB");
	assert_text(text_of(record, "salesperson"), "JO");
	assert_text(text_of(record, "emails.0.email"), "Ada@x.example");
	assert_true(json_is_true(member(record, "emails.0.primary")));
	assert_text(text_of(record, "emails.1.email"), "ada2@x.example");
	assert_true(json_is_true(member(record, "minor")));
	assert_true(json_is_false(member(record, "privacy_blocked")));
	assert_text(text_of(asked(asker, "contact show ADA@X.example"), "no"), "K7");
}

static void
a_domain_makes_a_company(void **state)
{
	struct asker *asker = *state;

	assert_text(
		text_of(asked(asker, "contact add Acme --domain Acme.EXAMPLE"), "type"), "company");
	assert_text(text_of(asker->answer, "result.domains.0"), "acme.example");
	assert_text(refused(asker, "contact add Ada --type person --domain x.example"), "refused");
	assert_text(refusal(asker, "field"), "domain");
	assert_int_equal(json_array_size(member(asked(asker, "contact list"), "items")), 1);
}

static void
a_company_is_never_made_silently(void **state)
{
	struct asker *asker = *state;

	assert_text(refused(asker, "contact add Ada --company Nowhere"), "not-found");
	assert_text(refusal(asker, "field"), "company");
	assert_non_null(strstr(refusal(asker, "hint"), "--type company"));
}

static void
an_address_in_use_names_its_holder(void **state)
{
	struct asker *asker = *state;

	asked(asker, "contact add Ada --email a@x.example");
	assert_text(refused(asker, "contact add Bob --email A@x.example"), "conflict");
	assert_non_null(strstr(refusal(asker, "message"), "'C00001'"));
	assert_int_equal(json_array_size(member(asked(asker, "contact list"), "items")), 1);
	asked(asker, "contact add Bob");
	assert_text(refused(asker, "contact email add C00002 a@x.example"), "conflict");
	assert_int_equal(number_of(asked(asker, "contact email add C00002 a@x.example --shared"),
				 "rematched"),
		0);
	assert_text(text_of(asker->answer, "result.emails.0.email"), "a@x.example");
	assert_text(refused(asker, "contact show a@x.example"), "ambiguous");
	assert_int_equal(json_array_size(member(asker->answer, "error.data.candidates")), 2);
}

static void
edits_change_what_is_said_and_clear_what_is_empty(void **state)
{
	struct asker *asker = *state;
	json_t *record;

	asked(asker, "contact add 'Ada Lovelace' --city London --phone 123 --email a@x.example");
	record = asked(asker, "contact edit C00001 --city Praha --phone ''");
	assert_text(text_of(record, "city"), "Praha");
	assert_true(json_is_null(member(record, "phone")));
	assert_int_equal(number_of(record, "version"), 2);
	record = asked(asker, "contact edit C00001 --surname Byron");
	assert_text(text_of(record, "name"), "Ada Byron");
	record = asked(asker, "contact edit C00001 --name 'Ada King'");
	assert_text(text_of(record, "surname"), "King");
	assert_int_equal(number_of(asked(asker, "contact edit C00001 --city Praha"), "version"), 4);
}

static void
an_array_replaces(void **state)
{
	struct asker *asker = *state;
	json_t *record;

	asked(asker, "contact add Ada --email a@x.example --email b@x.example");
	record = asked(asker, "contact edit C00001 --email c@x.example --email B@x.example");
	assert_text(text_of(record, "emails.0.email"), "c@x.example");
	assert_true(json_is_true(member(record, "emails.0.primary")));
	assert_text(text_of(record, "emails.1.email"), "b@x.example");
	assert_text(text_of(record, "emails.1.state"), "active");
	assert_text(text_of(record, "emails.2.email"), "a@x.example");
	assert_text(text_of(record, "emails.2.state"), "removed");
	asked(asker, "contact add Acme --domain a.example --domain b.example");
	record = asked(asker, "contact edit C00002 --domain c.example");
	assert_int_equal(json_array_size(member(record, "domains")), 1);
	record = asked(asker, "contact edit C00002 --domain ''");
	assert_int_equal(json_array_size(member(record, "domains")), 0);
}

static void
a_stale_edit_is_told_what_changed(void **state)
{
	struct asker *asker = *state;

	asked(asker, "contact add Ada");
	asked(asker, "contact edit C00001 --city Praha --phone 1");
	asked(asker, "contact email add C00001 a@x.example");
	assert_text(refused(asker, "contact edit C00001 --city Brno --if-version 1"), "conflict");
	assert_non_null(strstr(refusal(asker, "message"), "city, email, phone changed"));
	assert_text(refused(asker, "contact edit C00001 --city Brno --if-version 2"), "conflict");
	assert_non_null(strstr(refusal(asker, "message"), ": email changed"));
	asked(asker, "contact edit C00001 --city Brno --if-version 3");
}

static void
a_removal_must_be_confirmed_with_its_counts(void **state)
{
	struct asker *asker = *state;

	asked(asker, "contact add Acme --type company");
	asked(asker, "contact add Ada --company Acme --email a@x.example");
	asked(asker, "interaction add C00002 --subject hello");
	assert_text(refused(asker, "contact remove C00001"), "refused");
	assert_int_equal(number_of(asker->answer, "error.data.counts.persons"), 1);
	assert_int_equal(number_of(asker->answer, "error.data.counts.interactions"), 1);
	assert_text(text_of(asked(asker, "contact show C00001"), "no"), "C00001");
	asked_yes(asker, "contact remove C00001");
	assert_text(refused(asker, "contact show C00002"), "not-found");
	assert_text(refused(asker, "contact remove Ada"), "not-found");
	assert_text(text_of(asked(asker, "interaction show 1"), "subject"), "hello");
}

static void
finds_the_likeliest_first_and_pages(void **state)
{
	struct asker *asker = *state;
	json_t *list;

	asked(asker, "contact add 'Ross Bob' --city Brno");
	asked(asker, "contact add 'Bob Ross' --city Praha");
	asked(asker, "contact add 'Ross'");
	asked(asker, "contact add 'Zoe Other'");
	list = asked(asker, "contact find ross --limit 2 --count");
	assert_text(text_of(list, "items.0.name"), "Ross");
	assert_int_equal(json_array_size(member(list, "items")), 2);
	assert_text(text_of(list, "next"), "f2");
	list = asked(asker, "contact find ross --limit 2 --after f2");
	assert_int_equal(json_array_size(member(list, "items")), 1);
	assert_true(json_is_null(member(list, "next")));
	list = asked(asker, "contact find ross --where 'city = praha'");
	assert_text(text_of(list, "items.0.no"), "C00002");
	assert_int_equal(json_array_size(member(list, "items")), 1);
	list = asked(asker, "contact find ross --sort -name");
	assert_text(text_of(list, "items.0.name"), "Ross Bob");
	assert_int_equal(json_array_size(member(list, "items")), 3);
	list = asked(asker, "contact find nothing --sort name");
	assert_int_equal(json_array_size(member(list, "items")), 0);
	assert_text(refused(asker, "contact find ross --after x"), "usage");
}

static void
one_call_with_two_contacts_is_one_interaction(void **state)
{
	struct asker *asker = *state;
	json_t *record;

	asked(asker, "contact add Ada");
	asked(asker, "contact add Bob");
	record = asked(asker,
		"interaction add Ada Bob --kind Call --cost 12.345 --duration-min 1h30m "
		"--direction outbound --subject Pumps --note 'said yes' --at "
		"2020-02-03T04:05:06+01:00");
	assert_text(text_of(record, "kind"), "call");
	assert_text(text_of(record, "status"), "recorded");
	assert_text(text_of(record, "initiated_by"), "us");
	assert_text(text_of(record, "cost"), "12.35");
	assert_text(text_of(record, "at"), "2020-02-03T04:05:06+01:00");
	assert_int_equal(number_of(record, "duration_min"), 90);
	assert_int_equal(json_array_size(member(record, "contacts")), 2);
	assert_int_equal(json_array_size(member(asked(asker, "interaction list"), "items")), 1);
	record = asked(asker, "contact show Bob");
	assert_text(text_of(record, "cost"), "12.35");
	assert_text(text_of(record, "last_attempt"), "2020-02-03T04:05:06+01:00");
	assert_text(refused(asker, "setup set currency JPY"), "refused");
}

static void
a_blocked_contact_gets_no_entries(void **state)
{
	struct asker *asker = *state;

	asked(asker, "contact add Kid --minor");
	assert_text(refused(asker, "interaction add Kid --subject x"), "refused");
	assert_text(refused(asker, "contact edit Kid --no-privacy-blocked"), "refused");
	asked(asker, "contact edit Kid --parental-consent");
	asked(asker, "interaction add Kid --subject x");
}

static void
lists_and_timelines_keep_to_their_filters(void **state)
{
	static const struct {
		const char *line;
		size_t count;
	} rows[] = {
		{ "contact timeline Acme", 3 },
		{ "contact timeline Ada --kind call", 1 },
		{ "contact timeline Ada --kind call --kind letter", 2 },
		{ "contact timeline Ada --since 2020-01-02", 1 },
		{ "contact timeline Ada --until 2020-01-01", 1 },
		{ "interaction list", 4 },
		{ "interaction list --contact Acme", 3 },
		{ "interaction list --kind call --kind note", 3 },
		{ "interaction list --status recorded --direction inbound", 1 },
		{ "interaction list --salesperson jo", 1 },
		{ "interaction list --campaign K1 --opportunity O1", 1 },
		{ "interaction list --since 2020-01-01 --until 2020-01-03", 2 },
		{ "interaction list --where 'has contact(name = Bob)'", 1 },
		{ "interaction list --kind call --where 'subject ~ \"*pump*\"'", 1 },
		{ "interaction list --source nowhere", 0 },
		{ "interaction search pumps", 2 },
		{ "interaction search pumps --contact Bob", 1 },
		{ "interaction search pumps --kind call", 1 },
		{ "search ada", 2 },
	};
	struct asker *asker = *state;

	asked(asker, "contact add Acme --type company");
	asked(asker, "contact add Ada --company Acme");
	asked(asker, "contact add Bob");
	asked(asker,
		"log Ada --kind call --at 2020-01-01T12:00:00Z --subject Pumps --salesperson jo");
	asked(asker, "log Ada --kind letter --at 2020-01-03T12:00:00Z --direction inbound");
	asked(asker, "log Acme --kind call --at 2020-02-01 --campaign k1 --opportunity o1");
	asked(asker, "log Bob --at 2020-03-01 --note 'about pumps'");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		size_t count = json_array_size(member(asked(asker, rows[i].line), "items"));

		if (count != rows[i].count)
			fail_msg("%s: %zu, not %zu", rows[i].line, count, rows[i].count);
	}
	assert_text(
		text_of(asked(asker, "interaction list --limit 1"), "items.0.note"), "about pumps");
	assert_non_null(text_of(asker->answer, "result.next"));
}

static void
notes_are_kept_with_their_writer(void **state)
{
	struct asker *asker = *state;

	asked(asker, "contact add Ada");
	assert_text(text_of(asked(asker, "contact note Ada 'likes tea'"), "user"), "tester");
	assert_text(text_of(asked(asker, "contact note list Ada"), "items.0.note"), "likes tea");
	assert_text(refused(asker, "contact note Ada"), "usage");
	assert_text(refusal(asker, "field"), "note");
	assert_text(refused(asker, "contact note Ada --file x"), "usage");
	assert_text(refusal(asker, "message"), "the bytes of 'file' did not come");
}

static void
a_series_of_ones_own(void **state)
{
	struct asker *asker = *state;
	json_t *record;

	asked(asker, "series add person --no-manual --description people");
	asked(asker, "series line PERSON P08 --end P10 --warn P09");
	asked(asker, "setup set contact-series person");
	assert_text(text_of(asked(asker, "contact add One"), "no"), "P08");
	assert_text(refused(asker, "contact add Two --no X1"), "refused");
	record = asked(asker, "series next person --peek");
	assert_text(text_of(record, "no"), "P09");
	assert_true(json_is_true(member(record, "warning")));
	asked(asker, "series next person");
	assert_text(text_of(asked(asker, "contact add Two"), "no"), "P10");
	assert_text(refused(asker, "contact add Three"), "refused");
	record = asked(asker, "series line person Q1");
	assert_int_equal(json_array_size(member(record, "lines")), 2);
	assert_text(text_of(asked(asker, "contact add Three"), "no"), "Q1");
	asked(asker, "setup set contact-series ''");
	assert_text(text_of(asked(asker, "contact add Four"), "no"), "C00001");
	assert_int_equal(json_array_size(member(asked(asker, "series list"), "items")), 6);
}

static void
setup_makes_the_series_that_are_absent(void **state)
{
	struct asker *asker = *state;
	struct err err;

	assert_int_equal(json_array_size(member(asked(asker, "setup init"), "series")), 0);
	assert_int_equal(stmt_run(sql_prepare(asker->worker.store,
					  "DELETE FROM series WHERE code <> 'TASK'"),
				 &err),
		0);
	assert_text(refused(asker, "contact add Ada"), "not-found");
	asked(asker, "setup init");
	assert_int_equal(json_array_size(member(asker->answer, "result.series")), 4);
	assert_text(text_of(asker->answer, "result.series.0"), "CONTACT");
	assert_text(text_of(asked(asker, "contact add Ada"), "no"), "C00001");
	assert_text(text_of(asked(asker, "series next OPPORTUNITY"), "no"), "O00001");
	assert_int_equal(/* four series, and once the codes */
		json_array_size(member(
			asked(asker, "system audit --where 'method = setup.init'"), "items")),
		5);
}

static void
setup_fills_the_salesperson(void **state)
{
	struct asker *asker = *state;

	assert_text(text_of(asked(asker, "setup set default-salesperson jo"), "value"), "JO");
	assert_text(text_of(asked(asker, "contact add Ada"), "salesperson"), "JO");
	assert_text(text_of(asked(asker, "contact add Bob --salesperson AM"), "salesperson"), "AM");
	assert_text(text_of(asked(asker, "interaction add Bob"), "salesperson"), "AM");
	assert_text(text_of(asked(asker, "setup show currency"), "items.0.value"), "EUR");
	assert_text(refused(asker, "setup set currency XXQ"), "usage");
	asked(asker, "setup set currency zwg");
	asked(asker, "setup set currency EUR");
	assert_text(refused(asker, "setup show curency"), "usage");
	assert_non_null(strstr(refusal(asker, "hint"), "currency"));
}

static void
codes_are_added_changed_listed_and_removed(void **state)
{
	struct asker *asker = *state;

	assert_text(
		text_of(asked(asker, "code add mailing-group news Newsletter"), "code"), "NEWS");
	assert_int_equal(
		number_of(asked(asker, "code add mailing-group NEWS 'The newsletter'"), "version"),
		2);
	asked(asker, "code add territory NORTH");
	assert_int_equal(json_array_size(member(asked(asker, "code list"), "items")), 2);
	assert_text(
		text_of(asked(asker, "code list mailing-group"), "items.0.text"), "The newsletter");
	assert_text(refused(asker, "code remove territory NORHT"), "not-found");
	assert_non_null(strstr(refusal(asker, "hint"), "NORTH"));
	asked(asker, "contact add Ada --territory north");
	assert_int_equal(number_of(asked(asker, "code list territory"), "items.0.contacts"), 1);
	assert_text(refused(asker, "code remove territory north"), "refused");
	assert_int_equal(number_of(asker->answer, "error.data.counts.contacts"), 1);
	assert_int_equal(number_of(asked_yes(asker, "code remove territory north"), "contacts"), 1);
	assert_int_equal(json_array_size(member(asked(asker, "code list territory"), "items")), 0);
	assert_text(refused(asker, "code add colour RED"), "usage");
	assert_text(refused(asker, "code add web-source MAP example"), "usage");
	assert_text(refusal(asker, "field"), "text");
}

static void
persons_follow_their_company_in_the_journal_too(void **state)
{
	struct asker *asker = *state;

	asked(asker, "contact add Acme --type company --salesperson jo --city Rome");
	assert_text(text_of(asked(asker, "contact add Ada --company Acme"), "salesperson"), "JO");
	asked(asker, "contact add Bob --company Acme --city Oslo");
	asked(asker, "contact edit Acme --salesperson am --city Bonn");
	assert_text(text_of(asked(asker, "contact show Ada"), "city"), "Bonn");
	assert_text(text_of(asker->answer, "result.salesperson"), "AM");
	assert_int_equal(number_of(asker->answer, "result.version"), 2);
	assert_text(text_of(asked(asker, "contact show Bob"), "city"), "Oslo");
	assert_int_equal(
		json_array_size(member(asked(asker, "system audit --contact Ada"), "items")), 2);
}

static void
every_write_is_journaled(void **state)
{
	static const char COUNT[] = "SELECT count(*) FROM journal";
	static const char *const LINES[] = { "contact add Ada", "contact edit Ada --city X",
		"contact email add Ada a@x.example", "contact email remove Ada a@x.example",
		"contact note Ada x", "interaction add Ada", "series add S", "series line S S1",
		"series next S", "setup set default-salesperson JO", "salesperson add AB",
		"salesperson edit AB --name Abby", "salesperson block AB" };
	struct asker *asker = *state;
	struct err err;

	for (size_t i = 0; i < sizeof LINES / sizeof *LINES; i++) {
		int64_t count = 0;
		bool found;

		asked(asker, LINES[i]);
		assert_int_equal(
			sql_get_int(sql_prepare(asker->worker.store, COUNT), &count, &found, &err),
			0);
		assert_int_equal(count, i + 1);
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, asker_open, asker_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(adds_a_person_with_all_that_was_said),
		CASE(a_domain_makes_a_company),
		CASE(a_company_is_never_made_silently),
		CASE(an_address_in_use_names_its_holder),
		CASE(edits_change_what_is_said_and_clear_what_is_empty),
		CASE(an_array_replaces),
		CASE(a_stale_edit_is_told_what_changed),
		CASE(a_removal_must_be_confirmed_with_its_counts),
		CASE(finds_the_likeliest_first_and_pages),
		CASE(one_call_with_two_contacts_is_one_interaction),
		CASE(a_blocked_contact_gets_no_entries),
		CASE(lists_and_timelines_keep_to_their_filters),
		CASE(notes_are_kept_with_their_writer),
		CASE(a_series_of_ones_own),
		CASE(setup_makes_the_series_that_are_absent),
		CASE(setup_fills_the_salesperson),
		CASE(codes_are_added_changed_listed_and_removed),
		CASE(persons_follow_their_company_in_the_journal_too),
		CASE(every_write_is_journaled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
