#include "desk.h"

/* Addresses and domains: who is matched, when, and who may have them. */

enum { DAY = 86400 };

static int
try_add(struct desk *desk, int64_t contact, struct contact_email email)
{
	return contact_email_add(desk->store, desk->arena, contact, &email, &desk->err);
}

static unsigned
holders(struct desk *desk, const char *address, int64_t at, int64_t *first)
{
	struct contact_holder found[8];
	unsigned count;

	assert_ok(contact_by_address(desk->store, address, at, found, 8, &count, &desk->err));
	*first = count > 0 ? found[0].contact_id : 0;
	return count;
}

static struct contact_email
nth_email(struct desk *desk, int64_t contact, unsigned n, unsigned *count)
{
	struct contact_email *emails;

	assert_ok(contact_emails(desk->store, desk->arena, contact, &emails, count, &desk->err));
	assert_true(n < *count);
	return emails[n];
}

static void
matches_whatever_case_and_script_it_was_typed_in(void **state)
{
	struct desk *desk = *state;
	int64_t ada = add_person(desk, "Ada", 0), first;

	add_email(desk, ada,
		"Ada@B\xc3\xbc"
		"cher.example");
	assert_int_equal(holders(desk, "ada@xn--bcher-kva.example", NOW, &first), 1);
	assert_int_equal(first, ada);
	assert_int_equal(holders(desk, "eve@xn--bcher-kva.example", NOW, &first), 0);
}

static void
refuses_an_address_twice(void **state)
{
	struct desk *desk = *state;
	int64_t ada = add_person(desk, "Ada", 0), bob = add_person(desk, "Bob", 0);

	add_email(desk, ada, "a@x.example");
	assert_fails(
		try_add(desk, ada, (struct contact_email){ .email = "A@x.example" }), ERR_CONFLICT);
	assert_fails(
		try_add(desk, bob, (struct contact_email){ .email = "A@x.example" }), ERR_CONFLICT);
	assert_non_null(strstr(desk->err.message, "'C00001' (Ada)"));
	assert_string_equal(desk->err.field, "email");
	assert_fails(try_add(desk, ada,
			     (struct contact_email){ .email = "a@x.example", .shared = true }),
		ERR_CONFLICT);
}

static void
a_shared_address_is_held_by_both(void **state)
{
	struct desk *desk = *state;
	int64_t ada = add_person(desk, "Ada", 0), bob = add_person(desk, "Bob", 0), first;

	add_email(desk, ada, "office@x.example");
	assert_ok(try_add(
		desk, bob, (struct contact_email){ .email = "office@x.example", .shared = true }));
	assert_int_equal(holders(desk, "office@x.example", NOW, &first), 2);
	assert_int_equal(first, ada);
}

static void
an_address_may_change_hands(void **state)
{
	struct desk *desk = *state;
	int64_t ada = add_person(desk, "Ada", 0), bob = add_person(desk, "Bob", 0), first;

	assert_ok(try_add(desk, ada,
		(struct contact_email){
			.email = "job@x.example", .has_until = true, .until = NOW }));
	assert_fails(try_add(desk, bob, (struct contact_email){ .email = "job@x.example" }),
		ERR_CONFLICT);
	assert_fails(try_add(desk, bob,
			     (struct contact_email){
				     .email = "job@x.example", .has_from = true, .from = NOW }),
		ERR_CONFLICT); /* both ends are included */
	assert_ok(try_add(desk, bob,
		(struct contact_email){
			.email = "job@x.example", .has_from = true, .from = NOW + 1 }));
	assert_int_equal(holders(desk, "job@x.example", NOW, &first), 1);
	assert_int_equal(first, ada);
	assert_int_equal(holders(desk, "job@x.example", NOW + 1, &first), 1);
	assert_int_equal(first, bob);
	assert_int_equal(holders(desk, "job@x.example", NOW - 900 * DAY, &first), 1);
	assert_int_equal(first, ada);
}

static void
an_address_cannot_end_before_it_begins(void **state)
{
	struct desk *desk = *state;

	assert_fails(try_add(desk, add_person(desk, "Ada", 0),
			     (struct contact_email){ .email = "a@x.example",
				     .has_from = true,
				     .from = NOW,
				     .has_until = true,
				     .until = NOW - 1 }),
		ERR_USAGE);
	assert_string_equal(desk->err.field, "until");
}

static void
the_first_address_is_primary_and_the_next_takes_over(void **state)
{
	struct desk *desk = *state;
	int64_t ada = add_person(desk, "Ada", 0);
	unsigned count;

	add_email(desk, ada, "one@x.example");
	add_email(desk, ada, "two@x.example");
	assert_string_equal(nth_email(desk, ada, 0, &count).address, "one@x.example");
	assert_true(nth_email(desk, ada, 0, &count).primary);
	assert_false(nth_email(desk, ada, 1, &count).primary);
	assert_ok(contact_email_remove(
		desk->store, desk->arena, ada, "ONE@x.example", NOW, &desk->err));
	assert_string_equal(nth_email(desk, ada, 0, &count).address, "two@x.example");
	assert_true(nth_email(desk, ada, 0, &count).primary);
	assert_ok(try_add(
		desk, ada, (struct contact_email){ .email = "three@x.example", .primary = true }));
	assert_string_equal(nth_email(desk, ada, 0, &count).address, "three@x.example");
	assert_int_equal(ask(desk, "SELECT sum(is_primary) FROM contact_email"), 1);
}

static void
a_removed_address_matches_nobody_and_stays_as_history(void **state)
{
	struct desk *desk = *state;
	int64_t ada = add_person(desk, "Ada", 0), bob = add_person(desk, "Bob", 0), first;
	struct contact_email email;
	unsigned count;

	add_email(desk, ada, "a@x.example");
	assert_ok(contact_email_remove(
		desk->store, desk->arena, ada, "a@x.example", NOW, &desk->err));
	assert_int_equal(holders(desk, "a@x.example", NOW - DAY, &first), 0);
	email = nth_email(desk, ada, 0, &count);
	assert_int_equal(count, 1);
	assert_true(email.removed);
	assert_true(email.has_until);
	assert_int_equal(email.until, NOW);
	assert_fails(
		contact_email_remove(desk->store, desk->arena, ada, "a@x.example", NOW, &desk->err),
		ERR_NOT_FOUND);
	add_email(desk, bob, "a@x.example"); /* it is free again */
}

static void
a_removed_address_comes_back_as_one_row(void **state)
{
	struct desk *desk = *state;
	int64_t ada = add_person(desk, "Ada", 0), first;
	unsigned count;

	for (int i = 0; i < 3; i++) {
		add_email(desk, ada, "a@x.example");
		assert_int_equal(holders(desk, "a@x.example", NOW, &first), 1);
		assert_ok(contact_email_remove(
			desk->store, desk->arena, ada, "a@x.example", NOW, &desk->err));
	}
	add_email(desk, ada, "a@x.example");
	assert_false(nth_email(desk, ada, 0, &count).has_until);
	assert_int_equal(count, 1);
}

static void
refuses_what_is_no_address(void **state)
{
	static const char *const WRONG[] = { "", "ada", "ada@", "@x.example", "a b@x.example",
		"a@x..example", "a@-x.example" };
	struct desk *desk = *state;
	int64_t ada = add_person(desk, "Ada", 0);

	for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++)
		assert_fails(
			try_add(desk, ada, (struct contact_email){ .email = WRONG[i] }), ERR_USAGE);
}

static unsigned
owners(struct desk *desk, const char *domain, int64_t *first)
{
	struct contact_holder found[8];
	unsigned count;

	assert_ok(contact_by_domain(desk->store, domain, found, 8, &count, &desk->err));
	*first = count > 0 ? found[0].contact_id : 0;
	return count;
}

static void
the_longest_domain_wins(void **state)
{
	struct desk *desk = *state;
	int64_t acme = add_company(desk, "Acme"), labs = add_company(desk, "Acme Labs"), first;

	assert_ok(contact_domain_add(desk->store, desk->arena, acme, "@ACME.example", &desk->err));
	assert_ok(contact_domain_add(
		desk->store, desk->arena, labs, "labs.acme.example", &desk->err));
	assert_int_equal(owners(desk, "acme.example", &first), 1);
	assert_int_equal(first, acme);
	assert_int_equal(owners(desk, "mail.acme.example", &first), 1);
	assert_int_equal(first, acme);
	assert_int_equal(owners(desk, "x.labs.acme.example", &first), 1);
	assert_int_equal(first, labs);
	assert_int_equal(owners(desk, "notacme.example", &first), 0);
	assert_int_equal(owners(desk, "example", &first), 0);
}

static void
a_free_mail_domain_is_nobodys(void **state)
{
	struct desk *desk = *state;
	int64_t acme = add_company(desk, "Acme"), first;

	assert_ok(contact_domain_add(desk->store, desk->arena, acme, "gmail.com", &desk->err));
	assert_int_equal(owners(desk, "gmail.com", &first), 0);
}

static void
only_companies_have_domains_and_each_once(void **state)
{
	struct desk *desk = *state;
	int64_t acme = add_company(desk, "Acme"), ada = add_person(desk, "Ada", 0);

	assert_fails(contact_domain_add(desk->store, desk->arena, ada, "x.example", &desk->err),
		ERR_REFUSED);
	assert_ok(contact_domain_add(desk->store, desk->arena, acme, "x.example", &desk->err));
	assert_fails(contact_domain_add(desk->store, desk->arena, acme, "X.example.", &desk->err),
		ERR_CONFLICT);
	assert_fails(contact_domain_add(desk->store, desk->arena, acme, "no domain", &desk->err),
		ERR_USAGE);
	assert_ok(contact_domain_remove(desk->store, acme, "x.example", &desk->err));
	assert_fails(
		contact_domain_remove(desk->store, acme, "x.example", &desk->err), ERR_NOT_FOUND);
}

static void
never_more_holders_than_there_is_room_for(void **state)
{
	struct desk *desk = *state;
	struct contact_holder found[2];
	unsigned count;
	char name[16];

	for (int i = 0; i < 5; i++) {
		snprintf(name, sizeof name, "P%d", i);
		assert_ok(try_add(desk, add_person(desk, name, 0),
			(struct contact_email){ .email = "all@x.example", .shared = true }));
	}
	assert_ok(contact_by_address(
		desk->store, "all@x.example", NOW, found, 2, &count, &desk->err));
	assert_int_equal(count, 2);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, desk_open, desk_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(matches_whatever_case_and_script_it_was_typed_in),
		CASE(refuses_an_address_twice),
		CASE(a_shared_address_is_held_by_both),
		CASE(an_address_may_change_hands),
		CASE(an_address_cannot_end_before_it_begins),
		CASE(the_first_address_is_primary_and_the_next_takes_over),
		CASE(a_removed_address_matches_nobody_and_stays_as_history),
		CASE(a_removed_address_comes_back_as_one_row),
		CASE(refuses_what_is_no_address),
		CASE(the_longest_domain_wins),
		CASE(a_free_mail_domain_is_nobodys),
		CASE(only_companies_have_domains_and_each_once),
		CASE(never_more_holders_than_there_is_room_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
