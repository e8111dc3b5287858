#include "asking.h"

/* What belongs to a contact: labels, relations, links, facts, consents. */

static int
open_with_contacts(void **state)
{
	int result = asker_open(state);

	asked(*state, "contact add Acme --type company");
	asked(*state, "contact add Ada --company Acme");
	return result;
}

static void
a_contact_is_in_the_groups_it_was_added_to(void **state)
{
	struct asker *asker = *state;

	assert_int_equal(count_of(asked(asker, "contact mailing-group add Ada news gift")), 2);
	asked(asker, "contact mailing-group add Acme news");
	assert_text(
		text_of(asked(asker, "contact mailing-group list Ada"), "items.1.code"), "NEWS");
	assert_int_equal(
		count_of(asked(asker, "contact list --where 'has mailing-group(code = news)'")), 2);
	assert_int_equal(number_of(asked(asker, "code list mailing-group"), "items.1.contacts"), 2);
	asked(asker, "contact mailing-group remove Ada news");
	assert_int_equal(count_of(asked(asker, "contact mailing-group list Ada")), 1);
	assert_text(refused(asker, "contact mailing-group remove Ada news"), "not-found");
	assert_text(refusal(asker, "field"), "code");
}

static void
companies_have_industries_and_persons_responsibilities(void **state)
{
	struct asker *asker = *state;

	asked(asker, "contact industry-group add Acme MANUF");
	asked(asker, "contact responsibility add Ada SALE");
	assert_text(refused(asker, "contact industry-group add Ada MANUF"), "refused");
	assert_text(refused(asker, "contact responsibility add Acme SALE"), "refused");
	assert_text(refusal(asker, "message"),
		"'Acme' is a company, and a responsibility is for a person");
}

static void
codes_that_nobody_added_are_refused_when_setup_says_so(void **state)
{
	struct asker *asker = *state;

	asked(asker, "code add mailing-group NEWS");
	asked(asker, "setup set unknown-codes refuse");
	asked(asker, "contact mailing-group add Ada news");
	assert_text(refused(asker, "contact mailing-group add Ada nwes"), "not-found");
	assert_non_null(strstr(refusal(asker, "hint"), "NEWS"));
	asked(asker, "code add territory NORTH");
	asked(asker, "contact edit Ada --territory north");
	assert_text(refused(asker, "contact edit Ada --territory SOUTH"), "not-found");
	assert_text(refusal(asker, "message"), "there is no territory 'SOUTH'");
	assert_text(refused(asker, "contact add Bob --lead-status warm"), "not-found");
	asked_yes(asker, "code remove territory NORTH");
	asked(asker, "contact edit Ada --city Rome");
	asked(asker, "setup set unknown-codes accept");
	asked(asker, "contact edit Ada --territory SOUTH");
}

static void
codes_of_every_kind_are_counted_where_they_are_used(void **state)
{
	static const char *const KINDS[] = { "country", "language", "territory", "salutation",
		"organizational-level", "lead-status", "lead-source", "industry-group",
		"mailing-group", "responsibility", "web-source", "business-relation" };
	struct asker *asker = *state;

	for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++) {
		const char *text = strcmp(KINDS[i], "web-source") == 0 ? "https://x.example/" : "x";

		asked(asker,
			arena_printf(asker->worker.arena, "code add %s DE %s", KINDS[i], text));
	}
	asked(asker, "contact edit Ada --country de --language de --territory de --salutation de"
		     " --organizational-level de --lead-status de --lead-source de");
	asked(asker, "contact industry-group add Acme DE");
	asked(asker, "contact mailing-group add Ada de");
	asked(asker, "contact responsibility add Ada de");
	asked(asker, "contact web-source add Acme de word");
	asked(asker, "contact relation add Ada de");
	for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++) {
		json_t *list = asked(
			asker, arena_printf(asker->worker.arena, "code list %s", KINDS[i]));

		if (number_of(list, "items.0.contacts") != 1)
			fail_msg("%s is not counted", KINDS[i]);
	}
}

/* The same of who looks after them, and of what setup fills in. */
static void
salespeople_that_nobody_added_are_refused_when_setup_says_so(void **state)
{
	struct asker *asker = *state;

	asked(asker, "salesperson add JOHN 'John Roe'");
	asked(asker, "contact edit Ada --salesperson nobody");
	asked(asker, "setup set unknown-codes refuse");
	asked(asker, "contact edit Ada --city Rome");
	assert_text(refused(asker, "contact edit Acme --salesperson JHON"), "not-found");
	assert_text(refusal(asker, "field"), "salesperson");
	assert_non_null(strstr(refusal(asker, "hint"), "JOHN"));
	assert_text(refused(asker, "contact add Eve --salesperson JHON"), "not-found");
	asked(asker, "contact edit Acme --salesperson john");
	assert_text(refused(asker, "setup set default-salesperson JHON"), "not-found");
	assert_text(refusal(asker, "field"), "value");
	asked(asker, "setup set default-salesperson john");
	assert_text(refused(asker, "setup set default-person-salutation X"), "not-found");
	assert_text(refused(asker, "setup set default-territory X"), "not-found");
	assert_text(refused(asker, "setup set customer-relation CLIENT"), "not-found");
	asked(asker, "setup set customer-relation ''");
	asked(asker, "code add business-relation CLIENT");
	asked(asker, "setup set customer-relation client");
	asked(asker, "setup set unknown-codes accept");
	asked(asker, "setup set default-territory X");
}

static void
a_country_may_be_said_by_its_name(void **state)
{
	struct asker *asker = *state;

	assert_text(text_of(asked(asker, "contact add Eve --country Germany"), "country"), "DE");
	assert_text(text_of(asked(asker, "contact edit Eve --country France"), "country"), "FR");
	assert_text(text_of(asked(asker, "contact edit Eve --country at"), "country"), "AT");
	assert_text(refused(asker, "contact edit Eve --country Atlantis"), "usage");
	asked(asker, "code add country QQ Atlantis");
	assert_text(text_of(asked(asker, "contact edit Eve --country Atlantis"), "country"), "QQ");
}

/* Whoever saves a view need not be who uses it. */
static void
who_me_is_comes_out_where_it_is_used(void **state)
{
	struct asker *asker = *state;

	asked(asker, "view save mine --noun contact --where 'salesperson = me'");
	assert_text(refused(asker, "view save wrong --noun contact --where 'salesprson = me'"),
		"usage");
	assert_text(refused(asker, "contact list --view mine"), "usage");
	assert_text(refused(asker, "salesperson show me"), "usage");
	asked(asker, "salesperson add T --user tester");
	asked(asker, "contact edit Ada --salesperson t");
	assert_int_equal(count_of(asked(asker, "contact list --view mine")), 1);
	assert_text(text_of(asked(asker, "salesperson show me"), "code"), "T");
}

static void
persons_who_follow_their_company_are_counted_as_changed(void **state)
{
	struct asker *asker = *state;

	asked(asker, "contact add Ben --company Acme");
	assert_text(
		refused(asker, "contact edit --where 'type = company' --territory N"), "refused");
	assert_int_equal(number_of(asker->answer, "error.data.counts.matched"), 1);
	assert_int_equal(number_of(asker->answer, "error.data.counts.changed"), 3);
	assert_int_equal(
		number_of(asked_yes(asker,
				  "contact edit --where 'company_no = C00001' --territory N"),
			"changed"),
		3);
	assert_int_equal(
		number_of(asked_yes(asker,
				  "contact edit --where 'company_no = C00001' --territory N"),
			"changed"),
		0);
}

static void
a_web_source_is_an_address_with_the_word_in_it(void **state)
{
	struct asker *asker = *state;

	assert_text(refused(asker, "contact web-source add Acme MAP"), "not-found");
	asked(asker, "code add web-source MAP https://map.example/?q=%1&l=de");
	assert_text(text_of(asked(asker, "contact web-source add Acme map 'Main St/5'"),
			    "items.0.address"),
		"https://map.example/?q=Main%20St%2F5&l=de");
}

static void
tags_are_words(void **state)
{
	struct asker *asker = *state;

	asked(asker, "contact tag add Ada VIP");
	assert_int_equal(count_of(asked(asker, "contact list --where 'has tag(code = vip)'")), 1);
	assert_text(refused(asker, "contact tag add Ada 'two words'"), "usage");
}

static void
a_customer_is_one_contact(void **state)
{
	struct asker *asker = *state;

	assert_text(
		text_of(asked(asker, "contact relation add Acme cust 10000"), "kind"), "customer");
	assert_text(text_of(asker->answer, "result.contact"), "C00001");
	assert_text(refused(asker, "contact relation add Ada CUST 10000"), "conflict");
	assert_non_null(strstr(refusal(asker, "message"), "'C00001'"));
	asked(asker, "contact relation add Ada PRESS --kind other");
	assert_int_equal(
		count_of(asked(asker, "contact list --where 'has relation(kind = customer)'")), 1);
	assert_int_equal(
		count_of(asked(asker, "contact list --where 'has relation(no = 10000)'")), 1);
	asked(asker, "contact relation remove Acme CUST");
	asked(asker, "contact relation add Ada CUST 10000");
	assert_text(refused(asker, "contact relation add Ada CUST 10001"), "conflict");
}

static void
links_are_places_and_no_programs(void **state)
{
	struct asker *asker = *state;

	asked(asker, "contact link add Ada https://x.example/ada 'her page'");
	assert_text(
		text_of(asked(asker, "contact link list Ada"), "items.0.description"), "her page");
	assert_text(refused(asker, "contact link add Ada javascript:alert(1)"), "usage");
	assert_text(refused(asker, "contact link add Ada nowhere"), "usage");
	asked(asker, "contact link remove Ada https://x.example/ada");
	assert_int_equal(count_of(asked(asker, "contact link list Ada")), 0);
}

static void
figures_come_from_outside_once(void **state)
{
	struct asker *asker = *state;

	asked(asker, "contact fact add Acme sales 1250.50 --date 2026-11-01 --reference I1");
	assert_text(text_of(asker->answer, "result.amount"), "1250.50");
	assert_text(text_of(asker->answer, "result.date"), "2026-11-01");
	assert_text(refused(asker, "contact fact add Acme SALES 1 --reference i1"), "conflict");
	asked(asker, "contact fact add Acme SALES 20");
	assert_int_equal(count_of(asked(asker, "contact fact list Acme")), 2);
	assert_int_equal(
		count_of(asked(asker, "contact list --where 'has fact(amount > 1000)'")), 1);
	assert_text(refused(asker, "setup set currency USD"), "refused");
	assert_text(refused(asker, "contact fact remove Ada 1"), "not-found");
	asked(asker, "contact fact remove Acme 1");
	assert_int_equal(count_of(asked(asker, "contact fact list Acme")), 1);
}

static void
a_consent_is_withdrawn_and_stays_on_record(void **state)
{
	struct asker *asker = *state;

	asked(asker, "contact consent add Ada news --source fair --date 2026-01-02");
	assert_text(text_of(asker->answer, "result.basis"), "consent");
	assert_text(refused(asker, "contact consent withdraw Ada news --date 2026-01-01"), "usage");
	asked(asker, "contact consent withdraw Ada news --date 2026-02-01");
	assert_text(text_of(asked(asker, "contact consent list Ada"), "items.0.withdrawn"),
		"2026-02-01");
	assert_text(refused(asker, "contact consent withdraw Ada news"), "not-found");
	asked(asker, "contact consent add Ada news");
	assert_int_equal(count_of(asked(asker, "contact consent list Ada")), 2);
	assert_int_equal(
		count_of(asked(asker,
			"contact list --where 'has consent(purpose = news and withdrawn is "
			"blank)'")),
		1);
}

static void
an_address_is_in_force_in_its_days(void **state)
{
	struct asker *asker = *state;

	asked(asker, "contact alt-address add Ada summer --city Nice --from 2026-06-01 --until "
		     "2026-08-31");
	asked(asker, "contact alt-address add Ada summer --from 2027-06-01 --until 2027-08-31");
	asked(asker, "contact alt-address add Ada july --city Rome --from 2026-07-01 --until "
		     "2026-07-31");
	assert_int_equal(json_array_size(member(
				 asked(asker, "contact alt-address list Ada"), "items.1.ranges")),
		2);
	assert_text(text_of(asked(asker, "contact alt-address list Ada --on 2026-06-30"),
			    "items.0.city"),
		"Nice");
	assert_text(text_of(asked(asker, "contact alt-address list Ada --on 2026-07-15"),
			    "items.0.city"),
		"Rome");
	assert_int_equal(count_of(asked(asker, "contact alt-address list Ada --on 2026-09-01")), 0);
	assert_text(refused(asker, "contact alt-address add Ada empty"), "usage");
	assert_text(refused(asker, "contact alt-address add Ada july --from 2026-07-02 --until "
				   "2026-07-01"),
		"usage");
	asked(asker, "contact alt-address remove Ada july");
	assert_int_equal(count_of(asked(asker, "contact alt-address list Ada")), 1);
}

static void
a_greeting_leaves_out_what_is_blank(void **state)
{
	struct asker *asker = *state;

	asked(asker, "salutation add M 'Dear {job_title} {surname},'");
	asked(asker, "salutation add M 'Hallo {first_name}!' --manner informal --language de");
	assert_text(refused(asker, "salutation render Ada"), "refused");
	asked(asker, "contact add 'Max Mann' --salutation m --language de-AT");
	assert_text(
		text_of(asked(asker, "salutation render 'Max Mann'"), "greeting"), "Dear Mann,");
	asked(asker, "contact edit 'Max Mann' --job-title Dr");
	assert_text(
		text_of(asked(asker, "salutation render 'Max Mann'"), "greeting"), "Dear Dr Mann,");
	assert_text(
		text_of(asked(asker, "salutation render 'Max Mann' --manner informal"), "greeting"),
		"Hallo Max!");
	assert_text(refused(asker, "salutation render 'Max Mann' --manner informal --language fr"),
		"not-found");
	assert_text(refused(asker, "salutation add M 'Dear {title}'"), "usage");
	assert_text(refused(asker, "salutation add M 'Dear again'"), "conflict");
}

static void
who_opted_out_is_marked_until_it_is_withdrawn(void **state)
{
	struct asker *asker = *state;

	assert_true(json_is_true(member(asked(asker, "contact optout Ada"), "opted_out")));
	assert_int_equal(count_of(asked(asker, "contact list --where opted_out")), 1);
	assert_true(
		json_is_false(member(asked(asker, "contact optout Ada --withdraw"), "opted_out")));
}

static void
setup_gives_a_working_set_once(void **state)
{
	struct asker *asker = *state;

	assert_true(json_array_size(member(asked(asker, "setup init"), "mailing-group")) > 0);
	assert_int_equal(json_array_size(member(asked(asker, "setup init"), "mailing-group")), 0);
	asked(asker, "contact edit Ada --salutation F");
	assert_text(text_of(asked(asker, "salutation render Ada"), "greeting"), "Dear Ms Ada,");
}

static void
a_field_of_ones_own_is_typed_and_found(void **state)
{
	struct asker *asker = *state;

	asked(asker, "field add contact budget number 'what they spend'");
	asked(asker, "field add contact born date");
	asked(asker, "contact edit Ada --field budget=1200.5 --field born=1915-12-10");
	assert_text(text_of(asker->answer, "result.fields.born"), "1915-12-10");
	assert_int_equal(count_of(asked(asker, "contact list --where 'field.budget > 1000'")), 1);
	assert_int_equal(
		count_of(asked(asker, "contact list --where 'field.born < 1920-01-01'")), 1);
	assert_int_equal(count_of(asked(asker, "contact list --where 'field.budget is blank'")), 1);
	assert_text(refused(asker, "contact edit Ada --field budget=much"), "usage");
	assert_text(refused(asker, "contact edit Ada --field size=1"), "not-found");
	assert_text(refused(asker, "contact list --where 'field.size = 1'"), "usage");
	assert_text(refused(asker, "field add contact Size number"), "usage");
	asked(asker, "contact edit Ada --field budget=");
	assert_null(member(asker->answer, "result.fields.budget"));
	asked_yes(asker, "field remove contact born");
	assert_null(member(asked(asker, "contact show Ada"), "fields.born"));
}

static void
a_view_is_a_list_under_a_name(void **state)
{
	struct asker *asker = *state;

	asked(asker, "view save people contact --where 'type = person' --sort -name");
	asked(asker, "contact add Bob");
	assert_text(text_of(asked(asker, "contact list --view people"), "items.0.name"), "Bob");
	assert_int_equal(
		count_of(asked(asker, "contact list --view people --where 'name = Ada'")), 1);
	assert_text(refused(asker, "interaction list --view people"), "usage");
	assert_text(refused(asker, "view save bad contact --where 'tpye = person'"), "usage");
	assert_text(refused(asker, "contact list --view nobody"), "not-found");
	asked(asker, "view save people contact");
	assert_int_equal(count_of(asked(asker, "contact list --view people")), 3);
	asked(asker, "view remove people");
	assert_int_equal(count_of(asked(asker, "view list")), 0);
}

static void
the_audit_of_a_contact_has_what_belongs_to_it(void **state)
{
	struct asker *asker = *state;

	asked(asker, "contact link add Ada https://x.example");
	asked(asker, "contact tag add Ada vip");
	asked(asker, "contact tag add Ada vip"); /* changes nothing */
	asked(asker, "contact note Ada hello");
	assert_int_equal(count_of(asked(asker, "system audit --contact Ada")), 4);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_with_contacts, asker_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_contact_is_in_the_groups_it_was_added_to),
		CASE(companies_have_industries_and_persons_responsibilities),
		CASE(codes_that_nobody_added_are_refused_when_setup_says_so),
		CASE(a_country_may_be_said_by_its_name),
		CASE(who_me_is_comes_out_where_it_is_used),
		CASE(persons_who_follow_their_company_are_counted_as_changed),
		CASE(codes_of_every_kind_are_counted_where_they_are_used),
		CASE(salespeople_that_nobody_added_are_refused_when_setup_says_so),
		CASE(a_web_source_is_an_address_with_the_word_in_it),
		CASE(tags_are_words),
		CASE(a_customer_is_one_contact),
		CASE(links_are_places_and_no_programs),
		CASE(figures_come_from_outside_once),
		CASE(a_consent_is_withdrawn_and_stays_on_record),
		CASE(an_address_is_in_force_in_its_days),
		CASE(a_greeting_leaves_out_what_is_blank),
		CASE(who_opted_out_is_marked_until_it_is_withdrawn),
		CASE(setup_gives_a_working_set_once),
		CASE(a_field_of_ones_own_is_typed_and_found),
		CASE(a_view_is_a_list_under_a_name),
		CASE(the_audit_of_a_contact_has_what_belongs_to_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
