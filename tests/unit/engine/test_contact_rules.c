#include "asking.h"

/* What contacts may have, become and lose (Business Central's rules). */

static size_t
found(struct asker *asker, const char *where)
{
	char line[300];

	snprintf(line, sizeof line, "contact list --where '%s'", where);
	return json_array_size(member(asked(asker, line), "items"));
}

static int
open_with_contacts(void **state)
{
	int result = asker_open(state);

	asked(*state, "contact add Acme --type company --city Bonn --territory WEST");
	asked(*state, "contact add 'Ada Lovelace' --company Acme");
	return result;
}

/* ---- fields ---- */

static void
every_field_is_kept_shown_and_asked_for(void **state)
{
	static const char *const FIELDS[][2] = { { "name_2", "Sales dept" },
		{ "initials", "A. L." }, { "street_2", "2nd floor" }, { "county", "Kent" },
		{ "fax", "+49 228 1" }, { "extension", "12" }, { "pager", "99" },
		{ "currency", "EUR" }, { "vat_no", "DE 123.456" }, { "registration_no", "HRB 99" },
		{ "external_id", "x-7" } };
	struct asker *asker = *state;
	char line[200];

	for (size_t i = 0; i < sizeof FIELDS / sizeof *FIELDS; i++) {
		snprintf(line, sizeof line, "contact edit C00002 '--%s=%s'", FIELDS[i][0],
			FIELDS[i][1]);
		for (char *at = line; *at != '='; at++)
			*at = *at == '_' ? '-' : *at;
		assert_text(text_of(asked(asker, line), FIELDS[i][0]), FIELDS[i][1]);
		snprintf(line, sizeof line, "%s = \"%s\"", FIELDS[i][0], FIELDS[i][1]);
		assert_int_equal(found(asker, line), 1);
	}
}

static void
what_a_field_cannot_be_is_refused(void **state)
{
	static const char *const WRONG[][2] = { { "fax", "--fax 12x" },
		{ "extension", "--extension x" }, { "pager", "--pager none" },
		{ "currency", "--currency EURO" }, { "currency", "--currency E1R" },
		{ "vat_no", "--vat-no none" }, { "vat_no", "--vat-no 'DE_1'" },
		{ "initials", "--initials 'abcdefghijklmnopqrstuvwxyzabcde'" } };
	struct asker *asker = *state;
	char line[200];

	for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
		snprintf(line, sizeof line, "contact edit C00002 %s", WRONG[i][1]);
		assert_text(refused(asker, line), "usage");
		assert_text(refusal(asker, "field"), WRONG[i][0]);
	}
	assert_text(refused(asker, "contact edit Acme --initials A"), "usage");
	assert_text(text_of(asked(asker, "contact edit C00002 --currency chf"), "currency"), "CHF");
}

static void
the_county_goes_along_with_the_address_and_is_not_looked_at(void **state)
{
	struct asker *asker = *state;

	asked(asker, "contact edit C00002 --county Own");
	asked(asker, "contact edit Acme --street-2 'Back yard' --county NRW --fax 1 --pager 2 "
		     "--extension 3");
	asked(asker, "contact show C00002");
	assert_text(text_of(asker->answer, "result.street_2"), "Back yard");
	assert_text(text_of(asker->answer, "result.county"), "NRW");
	assert_text(text_of(asker->answer, "result.fax"), "1");
	assert_text(text_of(asker->answer, "result.pager"), "2");
	assert_text(text_of(asker->answer, "result.extension"), "3");
	asked(asker, "contact edit C00002 --city Ulm --fax 9");
	asked(asker, "contact edit Acme --street-2 Front --county BY --fax 8");
	asked(asker, "contact show C00002");
	assert_text(text_of(asker->answer, "result.street_2"), "Back yard");
	assert_text(text_of(asker->answer, "result.county"), "NRW");
	assert_text(text_of(asker->answer, "result.fax"), "9");
}

static void
another_address_has_the_same_fields(void **state)
{
	struct asker *asker = *state;

	asked(asker,
		"contact alt-address add Acme SUMMER --name-2 Annex --street-2 back --county K "
		"--mobile 1 --extension 2 --pager 3 --fax 4 --home-page https://s.example");
	asked(asker, "contact alt-address list Acme --where 'county = K and fax = 4'");
	assert_text(text_of(asker->answer, "result.items.0.home_page"), "https://s.example");
	assert_text(text_of(asker->answer, "result.items.0.name_2"), "Annex");
	assert_text(refused(asker, "contact alt-address add Acme W --fax x"), "usage");
	assert_text(refusal(asker, "field"), "fax");
	assert_text(refused(asker, "contact alt-address add Acme W --home-page x"), "usage");
}

/* ---- types ---- */

static void
a_type_stays_where_something_would_be_lost(void **state)
{
	static const char *const COMPANY[][2] = { { "contact industry-group add Solo MANUF",
							  "industry groups" },
		{ "contact relation add Solo PRESS --kind other", "business relations" },
		{ "contact edit Solo --currency EUR", "a currency" },
		{ "contact edit Solo --vat-no DE1", "a VAT number" },
		{ "contact edit Solo --domain solo.example", "domains" },
		{ "contact add Kim --company Solo", "persons" },
		{ "interaction add Solo --kind call", "interactions" } };
	struct asker *asker = *state;
	char line[100];

	for (size_t i = 0; i < sizeof COMPANY / sizeof *COMPANY; i++) {
		asked(asker, "contact add Solo --type company --no SOLO");
		asked(asker, COMPANY[i][0]);
		assert_text(refused(asker, "contact edit SOLO --type person"), "refused");
		snprintf(line, sizeof line, "the type of 'Solo' stays: it has %s", COMPANY[i][1]);
		assert_text(refusal(asker, "message"), line);
		asked_yes(asker, "contact remove SOLO");
	}
	asked(asker, "contact responsibility add C00002 SALE");
	assert_text(refused(asker, "contact edit C00002 --type company"), "refused");
	asked(asker, "contact responsibility remove C00002 SALE");
	asked(asker, "contact edit C00002 --organizational-level CEO");
	assert_text(refused(asker, "contact edit C00002 --type company"), "refused");
	asked(asker, "contact edit C00002 --organizational-level=");
	asked(asker, "setup set default-company-salutation COMPANY");
	asked(asker, "contact edit C00002 --type company");
	assert_null(text_of(asker->answer, "result.first_name"));
	assert_text(text_of(asker->answer, "result.salutation"), "COMPANY");
	asked(asker, "contact edit C00002 --type person");
	assert_text(text_of(asker->answer, "result.surname"), "Lovelace");
}

static void
a_company_is_made_for_a_person_on_request(void **state)
{
	struct asker *asker = *state;

	asked(asker, "contact add Eve --city Rom --phone 1");
	assert_text(refused(asker, "contact edit Eve --company Umbrella"), "not-found");
	asked(asker, "contact edit Eve --company Umbrella --create");
	assert_text(text_of(asker->answer, "result.company_name"), "Umbrella");
	asked(asker, "contact show Umbrella");
	assert_text(text_of(asker->answer, "result.type"), "company");
	assert_text(text_of(asker->answer, "result.city"), "Rom");
	assert_null(text_of(asker->answer, "result.phone"));
	asked(asker, "contact add Kim --company Umbrella --create");
	assert_int_equal(found(asker, "type = company and name = Umbrella"), 1);
}

static void
a_contact_is_one_customer(void **state)
{
	struct asker *asker = *state;

	asked(asker, "contact relation add Acme CUST 1");
	assert_text(
		refused(asker, "contact relation add Acme OTHER 2 --kind customer"), "conflict");
	assert_text(refusal(asker, "field"), "kind");
	asked(asker, "contact relation add Acme PRESS --kind other");
	asked(asker, "contact relation add Acme CLUB --kind other");
}

/* ---- privacy ---- */

static void
nothing_is_done_with_who_is_blocked(void **state)
{
	struct asker *asker = *state;

	asked(asker, "contact edit C00002 --privacy-blocked");
	assert_text(refused(asker, "interaction add C00002 --kind call"), "refused");
	assert_text(refused(asker, "contact relation add C00002 CUST 1"), "refused");
	assert_non_null(strstr(refusal(asker, "message"), "privacy-blocked"));
	asked(asker, "contact relation add C00002 PRESS --kind other");
	asked(asker, "contact edit C00002 --city Ulm"); /* what is there may be put right */
	asked(asker, "contact edit C00002 --no-privacy-blocked");
	asked(asker, "interaction add C00002 --kind call");
}

static void
a_minor_is_blocked_until_a_parent_consents(void **state)
{
	struct asker *asker = *state;

	asked(asker, "contact edit C00002 --minor");
	assert_true(json_is_true(member(asker->answer, "result.privacy_blocked")));
	assert_text(refused(asker, "contact edit C00002 --no-privacy-blocked"), "refused");
	asked(asker, "contact edit C00002 --parental-consent");
	assert_true(json_is_false(member(asker->answer, "result.privacy_blocked")));
	asked(asker, "contact edit C00002 --no-parental-consent");
	assert_true(json_is_true(member(asker->answer, "result.privacy_blocked")));
	assert_text(refused(asker, "contact edit Acme --minor"), "usage");
	assert_text(refused(asker, "contact add Kid --minor --privacy-blocked=x"), "usage");
	asked(asker, "contact add Kid --minor");
	assert_true(json_is_true(member(asker->answer, "result.privacy_blocked")));
	asked(asker, "contact edit Kid --excluded");
	assert_int_equal(found(asker, "excluded = true"), 1);
}

/* ---- removal ---- */

static void
a_company_takes_its_persons_and_says_how_many(void **state)
{
	struct asker *asker = *state;

	asked(asker, "interaction add C00002 --kind call");
	assert_text(refused(asker, "contact remove C00001"), "refused");
	assert_int_equal(number_of(asker->answer, "error.data.counts.persons"), 1);
	assert_int_equal(number_of(asker->answer, "error.data.counts.interactions"), 1);
	asked(asker, "contact show C00002");
	asked_yes(asker, "contact remove C00001");
	assert_text(refused(asker, "contact show C00002"), "not-found");
	assert_int_equal(json_array_size(member(asked(asker, "interaction list"), "items")), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_with_contacts, asker_close)
		TEST(every_field_is_kept_shown_and_asked_for),
		TEST(what_a_field_cannot_be_is_refused),
		TEST(the_county_goes_along_with_the_address_and_is_not_looked_at),
		TEST(another_address_has_the_same_fields),
		TEST(a_type_stays_where_something_would_be_lost),
		TEST(a_company_is_made_for_a_person_on_request),
		TEST(a_contact_is_one_customer),
		TEST(nothing_is_done_with_who_is_blocked),
		TEST(a_minor_is_blocked_until_a_parent_consents),
		TEST(a_company_takes_its_persons_and_says_how_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
