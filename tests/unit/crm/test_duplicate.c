#include "desk.h"
#include "liaison/store/migrate.h"

#include <time.h>
#include <unistd.h>

#include "duplicate_side.h"
#include "find_word.h"
#include "liaison/crm/duplicate.h"

/* Contacts that may be one. */

static struct contact
add(struct desk *desk, struct contact contact)
{
	contact.type = contact.type != NULL ? contact.type : "person";
	assert_ok(contact_add(desk->store, desk->arena, &contact, NOW, &desk->err));
	return contact;
}

/* The score of a hit of the first with the second; 0: none. */
static unsigned
score(struct desk *desk, int64_t a, int64_t b)
{
	struct duplicate_hit *hits;
	unsigned count;

	assert_ok(duplicate_check(desk->store, desk->arena, a, &hits, &count, &desk->err));
	for (unsigned i = 0; i < count; i++) {
		if (hits[i].contact == b)
			return hits[i].score;
	}
	return 0;
}

static unsigned
score_of(struct desk *desk, struct contact a, struct contact b)
{
	int64_t first = add(desk, a).id, second = add(desk, b).id;
	unsigned one = score(desk, first, second), other = score(desk, second, first);

	assert_int_equal(one, other);
	return one;
}

static void
assert_one(struct desk *desk, const char *type, const char *a, const char *b)
{
	struct contact one = { .type = type, .name = a, .phone = "+420 222 333 444" };
	struct contact two = { .type = type, .name = b, .phone = "00420 222333444" };

	if (score_of(desk, one, two) < 60)
		fail_msg("'%s' and '%s' are not found", a, b);
}

static void
assert_two(struct desk *desk, const char *type, const char *a, const char *b)
{
	struct contact one = { .type = type, .name = a, .street = "Main St 1", .city = "Prague" };
	struct contact two = { .type = type, .name = b, .street = "Main St 1", .city = "Prague" };

	if (score_of(desk, one, two) >= 60)
		fail_msg("'%s' and '%s' are found", a, b);
}

static void
phones_are_one_with_and_without_the_country(void **state)
{
	static const char *const WRITTEN[][2] = {
		{ "+49 228 123", "0228 123" },
		{ "+49 (0) 228 123", "0228/123" },
		{ "0049 228 123", "228 123" },
		{ "+1 (212) 555-0123", "212 555 0123" },
		{ "+420 222 333 444", "222333444" },
	};
	struct contact one = { .type = "person", .name = "Ada Lovelace" }, two = one;

	for (size_t i = 0; i < sizeof WRITTEN / sizeof *WRITTEN; i++) {
		one.phone = WRITTEN[i][0];
		two.phone = WRITTEN[i][1];
		assert_true(score_of(*state, one, two) > 90);
	}
	one.phone = "+49 228 123";
	two.phone = "0221 123";
	assert_true(score_of(*state, one, two) < 90);
}

static void
names_are_compared_without_accents_forms_order_and_typos(void **state)
{
	struct desk *desk = *state;

	assert_one(desk, "person", "Jiří Dvořák", "Jiri Dvorak");
	assert_one(desk, "person", "Ada Lovelace", "Lovelace, Ada");
	assert_one(desk, "person", "A. Lovelace", "Ada Lovelace");
	assert_one(desk, "person", "Ada King Lovelace", "Ada Lovelace");
	assert_one(desk, "person", "Hans Müller", "Hans Mueller");
	assert_one(desk, "person", "John Smith", "Jon Smyth");
	assert_one(desk, "company", "Acme GmbH", "ACME Ltd.");
	assert_one(desk, "company", "Škoda a.s.", "Skoda, a. s.");
	assert_one(desk, "company", "Novák s.r.o.", "Novak, spol. s r.o.");
	assert_one(desk, "company", "Société Générale SA", "Societe Generale S.A.");
	assert_one(desk, "company", "Müller & Söhne GmbH & Co. KG", "Muller und Sohne");
}

static void
people_who_share_an_address_are_two(void **state)
{
	struct desk *desk = *state;

	assert_two(desk, "person", "Ada Lovelace", "Bob Lovelace");
	assert_two(desk, "person", "Jan Novak", "Jana Novakova");
	assert_two(desk, "person", "Ada Lovelace", "Grace Hopper");
	assert_two(desk, "company", "Acme Trading", "Globex Consulting");
}

static void
what_both_fill_is_what_counts(void **state)
{
	struct desk *desk = *state;

	assert_true(score_of(desk, (struct contact){ .name = "Ada Lovelace" },
			    (struct contact){ .name = "Ada Lovelace" }) >= 60);
	assert_int_equal(score_of(desk,
				 (struct contact){ .name = "John Smith",
					 .phone = "111 222 333",
					 .street = "Way 1",
					 .city = "Rome" },
				 (struct contact){ .name = "John Smith",
					 .phone = "999 888 777",
					 .street = "Road 9",
					 .city = "Oslo" }),
		0);
}

static int64_t
company_with(struct desk *desk, const char *name, const char *domain)
{
	int64_t id = add(desk, (struct contact){ .type = "company", .name = name }).id;

	assert_ok(contact_domain_add(desk->store, desk->arena, id, domain, &desk->err));
	assert_ok(duplicate_index(desk->store, desk->arena, id, &desk->err));
	return id;
}

static void
a_domain_that_two_companies_own_is_shown_whatever_their_names(void **state)
{
	struct desk *desk = *state;
	int64_t a = company_with(desk, "Globex Corporation", "globex.example");
	int64_t b = company_with(desk, "Initech", "globex.example");
	int64_t c = add(desk, (struct contact){ .type = "company", .name = "Umbrella" }).id;

	assert_in_range(score(desk, a, b), 60, 79);
	add_email(desk, a, "info@gmail.com");
	add_email(desk, c, "ada@gmail.com");
	assert_ok(duplicate_index(desk->store, desk->arena, a, &desk->err));
	assert_ok(duplicate_index(desk->store, desk->arena, c, &desk->err));
	assert_int_equal(score(desk, a, c), 0);
}

static void
add_shared(struct desk *desk, int64_t id, const char *address)
{
	struct contact_email email = { .email = address, .shared = true, .learned_from = "test" };

	assert_ok(contact_email_add(desk->store, desk->arena, id, &email, &desk->err));
}

static void
an_address_that_two_people_share_is_shown_and_their_domain_is_not(void **state)
{
	struct desk *desk = *state;
	int64_t a = add(desk, (struct contact){ .name = "Ada Lovelace" }).id;
	int64_t b = add(desk, (struct contact){ .name = "Grace Hopper" }).id;
	int64_t c = add(desk, (struct contact){ .name = "Alan Turing" }).id;

	add_shared(desk, a, "desk@globex.example");
	add_shared(desk, b, "desk@globex.example");
	add_email(desk, c, "alan@globex.example");
	assert_ok(duplicate_index(desk->store, desk->arena, a, &desk->err));
	assert_ok(duplicate_index(desk->store, desk->arena, b, &desk->err));
	assert_ok(duplicate_index(desk->store, desk->arena, c, &desk->err));
	assert_in_range(score(desk, a, b), 60, 79);
	assert_int_equal(score(desk, a, c), 0);
}

static void
names_with_a_mistake_or_an_initial_are_alike(void **state)
{
	static const char *const ONE[][2] = {
		{ "Wilhelm Quandtner", "W. Quandtner" },
		{ "Xavier Quintanilla", "Xavier Quintannila" },
		{ "Ulrich Göhringer", "Ulrich Goehringer" },
		{ "Katharina Zellweger", "Katarina Zelweger" },
		{ "Zellweger, Katharina", "Katarina Zelweger" },
	};
	static const char *const TWO[][2] = {
		{ "Jan Berg", "Jana Bergen" },
		{ "Jan Berg", "Jana Berg" },
		{ "Peter Smith", "Petra Smith" },
		{ "Maria Smith", "Mario Smith" },
		{ "Christian Weber", "Christina Weber" },
		{ "Hans Gruber", "Peter Gruber" },
		{ "W. Quandtner", "Xaver Quandtner" },
	};
	struct desk *desk = *state;

	for (size_t i = 0; i < sizeof ONE / sizeof *ONE; i++)
		assert_true(score_of(desk, (struct contact){ .name = ONE[i][0] },
				    (struct contact){ .name = ONE[i][1] }) >= 60);
	for (size_t i = 0; i < sizeof TWO / sizeof *TWO; i++)
		assert_int_equal(score_of(desk, (struct contact){ .name = TWO[i][0] },
					 (struct contact){ .name = TWO[i][1] }),
			0);
}

static void
letters_of_another_script_are_no_disguise(void **state)
{
	struct desk *desk = *state;

	assert_true(score_of(desk, (struct contact){ .type = "company", .name = "Paypal" },
			    (struct contact){ .type = "company", .name = "Payp\u0430l" }) >= 60);
	assert_true(score_of(desk, (struct contact){ .name = "Olga Popova" },
			    (struct contact){ .name = "\u039Flga Popova" }) >= 60);
	assert_string_equal(
		find_plain(desk->arena, "\u0420\u043E\u0441\u0430"), "\u0440\u043E\u0441\u0430 ");
}

/* Reference 2.11: 16 strings, 60 percent of all of them. */
static struct contact
full(const char *name, const char *phone)
{
	return (struct contact){ .type = "company",
		.name = name,
		.street = "Main Street 17",
		.city = "Springfield",
		.post_code = "12345",
		.phone = phone,
		.vat_no = "DE123456789" };
}

static unsigned
strings_equal(struct desk *desk, const struct contact *a, const struct contact *b)
{
	struct duplicate_side one, two;
	struct duplicate_rows rows;
	const char *content;
	unsigned equal = 0;

	assert_ok(duplicate_rows_get(desk->store, desk->arena, &rows, &desk->err));
	assert_ok(duplicate_content(desk->store, desk->arena, a->id, &rows, &content, &desk->err));
	duplicate_read(desk->arena, content, &one);
	assert_ok(duplicate_content(desk->store, desk->arena, b->id, &rows, &content, &desk->err));
	duplicate_read(desk->arena, content, &two);
	assert_int_equal(one.strings.count, rows.count);
	for (unsigned i = 0; i < one.strings.count; i++)
		equal += one.strings.items[i][0] != '\0' &&
			 strcmp(one.strings.items[i], two.strings.items[i]) == 0;
	return equal;
}

static void
strings_are_those_of_business_central(void **state)
{
	struct desk *desk = *state;
	struct contact a = add(desk, full("A.C.M.E. - Trading", "111"));
	struct contact b = add(desk, full("acme trading", "222"));
	struct duplicate_side side;
	struct duplicate_rows rows;
	const char *content;

	assert_ok(duplicate_rows_get(desk->store, desk->arena, &rows, &desk->err));
	assert_int_equal(rows.count, 16);
	assert_ok(duplicate_content(desk->store, desk->arena, a.id, &rows, &content, &desk->err));
	duplicate_read(desk->arena, content, &side);
	assert_string_equal(side.strings.items[0], "acmet");
	assert_string_equal(side.strings.items[1], "ading");
	assert_string_equal(side.strings.items[2], "mains");
	assert_string_equal(side.strings.items[3], "eet17");
	assert_string_equal(side.strings.items[6], "111");
	assert_string_equal(side.strings.items[7], "111");
	assert_string_equal(side.strings.items[12], "");
	/* All but phone, email and mobile: 10 of 16 are 62 percent. */
	assert_int_equal(strings_equal(desk, &a, &b), 10);
	assert_true(score(desk, a.id, b.id) >= 62);
}

static void
strings_alone_make_duplicates_of_companies(void **state)
{
	struct desk *desk = *state;
	struct contact a = add(desk, full("Alpha Beta Gamma", "5551111222"));
	struct contact b = add(desk, full("Unlike Whatever Delta", "5551111222"));

	/* Street, city, post code, VAT number and phone: ten of sixteen, and not the name. */
	assert_int_equal(strings_equal(desk, &a, &b), 10);
	assert_true(score(desk, a.id, b.id) >= 60);
	assert_ok(setup_set(desk->store, "duplicate-strings", "name:first:3", &desk->err));
	assert_ok(setup_set(desk->store, "duplicate-hit", "100", &desk->err));
	assert_ok(duplicate_index(desk->store, desk->arena, a.id, &desk->err));
	assert_ok(duplicate_index(desk->store, desk->arena, b.id, &desk->err));
	assert_int_equal(score(desk, a.id, b.id), 0);
}

static void
strings_of_setup_are_checked(void **state)
{
	static const char *const WRONG[] = { "name", "name:middle:3", "name:first:1",
		"name:last:11", "nothing:first:3", "name:first:3, name:first:5", "," };
	struct desk *desk = *state;
	const char *value;

	for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++)
		assert_fails(setup_set(desk->store, "duplicate-strings", WRONG[i], &desk->err),
			ERR_USAGE);
	assert_ok(setup_set(
		desk->store, "duplicate-strings", "city:last:4,  email:first", &desk->err));
	assert_ok(setup_get(desk->store, desk->arena, "duplicate-strings", &value, &desk->err));
	assert_string_equal(value, "city:last:4, email:first:5");
}

static void
two_that_somebody_separated_are_no_pair(void **state)
{
	struct desk *desk = *state;
	int64_t a = add(desk, (struct contact){ .name = "Ada Lovelace" }).id;
	int64_t b = add(desk, (struct contact){ .name = "Ada Lovelace" }).id, left = 1;

	assert_int_not_equal(score(desk, a, b), 0);
	assert_int_equal(ask(desk, "SELECT count(*) FROM duplicate_pair"), 1);
	assert_ok(duplicate_separate(desk->store, a, b, false, &desk->err));
	assert_int_equal(ask(desk, "SELECT count(*) FROM duplicate_pair"), 0);
	assert_int_equal(score(desk, a, b), 0);
	assert_ok(setup_set(desk->store, "duplicate-hit", "50", &desk->err));
	while (left > 0)
		assert_ok(duplicate_turn(desk->store, desk->arena, NULL, &left, &desk->err));
	assert_int_equal(ask(desk, "SELECT count(*) FROM duplicate_pair"), 0);
	assert_ok(duplicate_separate(desk->store, b, a, true, &desk->err));
	assert_int_not_equal(score(desk, a, b), 0);
	assert_fails(duplicate_separate(desk->store, a, b, true, &desk->err), ERR_NOT_FOUND);
	assert_fails(duplicate_separate(desk->store, a, a, false, &desk->err), ERR_REFUSED);
}

static void
turns_find_what_single_looks_find(void **state)
{
	struct desk *desk = *state;
	int64_t left = 1;

	for (int i = 0; i < 30; i++)
		add(desk, (struct contact){ .name = arena_printf(desk->arena, "Person%c Number%c",
						    'a' + i / 2, 'a' + i / 2) });
	while (left > 0)
		assert_ok(duplicate_turn(desk->store, desk->arena, NULL, &left, &desk->err));
	assert_int_equal(ask(desk, "SELECT count(*) FROM duplicate_pair"), 15);
	assert_ok(setup_set(desk->store, "duplicate-hit", "90", &desk->err));
	left = 1;
	while (left > 0)
		assert_ok(duplicate_turn(desk->store, desk->arena, NULL, &left, &desk->err));
	assert_int_equal(ask(desk, "SELECT count(*) FROM duplicate_pair"), 0);
}

static void
what_many_share_says_nothing(void **state)
{
	struct desk *desk = *state;
	int64_t first = 0, last;
	struct duplicate_hit *hits;
	unsigned count;

	for (int i = 0; i < 120; i++)
		first = add(desk, (struct contact){ .name = "Jan Novak" }).id;
	assert_ok(duplicate_check(desk->store, desk->arena, first, &hits, &count, &desk->err));
	assert_int_equal(count, 0);
	first = add(desk, (struct contact){ .name = "Jan Novak", .phone = "777 888 999" }).id;
	last = add(desk, (struct contact){ .name = "Jan Novak", .phone = "777888999" }).id;
	assert_ok(duplicate_check(desk->store, desk->arena, last, &hits, &count, &desk->err));
	assert_int_equal(count, 1);
	assert_int_equal(hits[0].contact, first);
}

static void
a_pair_goes_when_one_of_them_changes(void **state)
{
	struct desk *desk = *state;
	struct contact a = add(desk, (struct contact){ .name = "Ada Lovelace" });
	struct contact b = add(desk, (struct contact){ .name = "Ada Lovelace" });

	assert_int_not_equal(score(desk, a.id, b.id), 0);
	b.name = "Grace Hopper";
	b.first_name = "Grace";
	b.surname = "Hopper";
	assert_ok(contact_update(desk->store, desk->arena, &b, NOW, &desk->err));
	assert_int_equal(score(desk, b.id, a.id), 0);
	assert_int_equal(ask(desk, "SELECT count(*) FROM duplicate_pair"), 0);
}

static void
nothing_is_left_of_a_contact_that_is_gone(void **state)
{
	struct desk *desk = *state;
	int64_t a = add(desk, (struct contact){ .name = "Ada Lovelace", .phone = "123456789" }).id;
	int64_t left = 1;

	assert_true(ask(desk, "SELECT count(*) FROM duplicate_key") > 3);
	assert_ok(contact_remove(desk->store, a, &desk->err));
	while (left > 0)
		assert_ok(duplicate_turn(desk->store, desk->arena, NULL, &left, &desk->err));
	assert_int_equal(ask(desk, "SELECT count(*) FROM duplicate_key"), 0);
	assert_int_equal(ask(desk, "SELECT count(*) FROM duplicate_content"), 0);
}

/* ---- many ---- */

static int64_t
from_environment(const char *name, int64_t otherwise)
{
	const char *value = getenv(name);

	return value != NULL && value[0] != '\0' ? strtoll(value, NULL, 10) : otherwise;
}

static const char *
syllables(struct desk *desk, unsigned n)
{
	static const char *const PARTS[] = { "ba", "ko", "ri", "men", "tal", "su", "vor", "ny",
		"del", "gra", "pi", "zek", "lo", "hun", "ter", "mar" };

	return arena_printf(
		desk->arena, "%s%s%s", PARTS[n % 16], PARTS[n / 16 % 16], PARTS[n / 256 % 16]);
}

static const char ADD_CONTACT[] =
	"INSERT INTO contact (no, type, name, name_fold, city, street, phone, created, changed)"
	" VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6, 0, 0)";
static const char ADD_EMAIL[] =
	"INSERT INTO contact_email (contact_id, email, address) VALUES (?1, ?2, ?2)";

/* Half of them of one domain, all of few first names; straight into the tables, as only duplicates matter. */
static void
make_one(struct desk *desk, int64_t i)
{
	/* Every twentieth is there twice. */
	unsigned n = (unsigned)((i % 20 == 19 ? i - 1 : i) * 2654435761u);
	struct stmt *q = sql_prepare(desk->store, ADD_CONTACT);
	int64_t id;

	stmt_bind_text(q, arena_printf(desk->arena, "N%lld", (long long)i));
	stmt_bind_text(q, i / 2 % 5 == 0 ? "company" : "person");
	stmt_bind_text(q, arena_printf(desk->arena, "%s %s%s", syllables(desk, n % 60),
				  syllables(desk, n / 64), syllables(desk, n / 262144)));
	stmt_bind_text(q, syllables(desk, n % 200));
	stmt_bind_text(q, arena_printf(desk->arena, "%s %u", syllables(desk, n % 3000), n % 150));
	stmt_bind_text(q, arena_printf(desk->arena, "%u", n));
	assert_ok(stmt_run(q, &desk->err));
	id = store_last_id(desk->store);
	q = sql_prepare(desk->store, ADD_EMAIL);
	stmt_bind_int(q, id);
	stmt_bind_text(q, arena_printf(desk->arena, "m%lld@common%s", (long long)i,
				  i % 2 == 0 ? ".example" : ".gmail.com"));
	assert_ok(stmt_run(q, &desk->err));
	assert_ok(duplicate_index(desk->store, desk->arena, id, &desk->err));
}

static void
make_many(struct desk *desk, int64_t count)
{
	assert_ok(store_begin(desk->store, &desk->err));
	for (int64_t i = 0; i < count; i++) {
		make_one(desk, i);
		arena_reset(desk->arena);
	}
	assert_ok(store_commit(desk->store, &desk->err));
}

static int
by_time(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int64_t
now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static char folder[] = "/tmp/liaison-duplicate-XXXXXX";

static const char *
in_folder(struct desk *desk, const char *name)
{
	return arena_printf(desk->arena, "%s/%s", folder, name);
}

static int
file_desk_open(void **state)
{
	struct desk *desk;

	desk_open(state);
	desk = *state;
	store_close(desk->store);
	assert_non_null(mkdtemp(folder));
	desk->store = store_open(in_folder(desk, "db"), STORE_WRITER, &desk->err);
	assert_non_null(desk->store);
	assert_ok(store_migrate(desk->store, in_folder(desk, "db"), &desk->err));
	return 0;
}

static int
file_desk_close(void **state)
{
	struct desk *desk = *state;

	store_close(desk->store);
	desk->store = store_open_memory(&desk->err);
	unlink(in_folder(desk, "db"));
	unlink(in_folder(desk, "db-wal"));
	unlink(in_folder(desk, "db-shm"));
	rmdir(folder);
	return desk_close(state);
}

/* Of the processor's time, so that it holds on a machine that does other things; LIAISON_CONTACTS=100000 is
 * a release. */
static void
a_look_is_short_and_all_of_them_are_not_long(void **state)
{
	enum { LOOKS = 500, LOOK_US = 5000, ALL_US = 60000000 };
	struct desk *desk = *state;
	int64_t count = from_environment("LIAISON_CONTACTS", 3000), took[LOOKS], left = 1, begun;
	struct duplicate_search *search = duplicate_search_new();
	struct duplicate_hit *hits;
	unsigned hit_count;

	make_many(desk, count);
	for (int i = 0; i < LOOKS; i++) {
		int64_t id = 1 + (int64_t)i * 7919 % count;

		begun = now_us();
		assert_ok(duplicate_index(desk->store, desk->arena, id, &desk->err));
		assert_ok(duplicate_check(
			desk->store, desk->arena, id, &hits, &hit_count, &desk->err));
		took[i] = now_us() - begun;
		arena_reset(desk->arena);
	}
	qsort(took, LOOKS, sizeof took[0], by_time);
	begun = now_us();
	while (left > 0) {
		assert_ok(store_begin(desk->store, &desk->err));
		assert_ok(duplicate_turn(desk->store, desk->arena, search, &left, &desk->err));
		assert_ok(store_commit(desk->store, &desk->err));
		arena_reset(desk->arena);
	}
	begun = now_us() - begun;
	duplicate_search_free(search);
	print_message(
		"%lld contacts: a look %lld us (p50), %lld us (p99); all in %lld ms; %lld pairs\n",
		(long long)count, (long long)took[LOOKS / 2], (long long)took[LOOKS * 99 / 100],
		(long long)begun / 1000,
		(long long)ask(desk, "SELECT count(*) FROM duplicate_pair"));
	assert_true(took[LOOKS * 99 / 100] < LOOK_US);
	assert_true(begun < ALL_US);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_open, desk_close)
	const struct CMUnitTest tests[] = {
		TEST(phones_are_one_with_and_without_the_country),
		TEST(names_are_compared_without_accents_forms_order_and_typos),
		TEST(people_who_share_an_address_are_two),
		TEST(what_both_fill_is_what_counts),
		TEST(a_domain_that_two_companies_own_is_shown_whatever_their_names),
		TEST(an_address_that_two_people_share_is_shown_and_their_domain_is_not),
		TEST(names_with_a_mistake_or_an_initial_are_alike),
		TEST(letters_of_another_script_are_no_disguise),
		TEST(strings_are_those_of_business_central),
		TEST(strings_alone_make_duplicates_of_companies),
		TEST(strings_of_setup_are_checked),
		TEST(two_that_somebody_separated_are_no_pair),
		TEST(turns_find_what_single_looks_find),
		TEST(what_many_share_says_nothing),
		TEST(a_pair_goes_when_one_of_them_changes),
		TEST(nothing_is_left_of_a_contact_that_is_gone),
		cmocka_unit_test_setup_teardown(a_look_is_short_and_all_of_them_are_not_long,
			file_desk_open, file_desk_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
