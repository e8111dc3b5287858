#include "desk.h"
#include "liaison/crm/contact_label.h"
#include "liaison/crm/duplicate.h"
#include "liaison/crm/merge.h"

/* Merges and what takes them back, at random: nothing is lost, and totals are those of a recount. */

enum { PERSONS = 14, COMPANIES = 6, CONTACTS = PERSONS + COMPANIES, MERGES_MAX = CONTACTS };

struct dice {
	uint64_t state;
};

static unsigned
roll(struct dice *dice, unsigned below)
{
	dice->state ^= dice->state << 13;
	dice->state ^= dice->state >> 7;
	dice->state ^= dice->state << 17;
	return (unsigned)(dice->state >> 33) % below;
}

static int64_t
from_environment(const char *name, int64_t otherwise)
{
	const char *value = getenv(name);

	return value != NULL && value[0] != '\0' ? strtoll(value, NULL, 10) : otherwise;
}

static void
run_two(struct desk *desk, const char *sql, int64_t a, int64_t b)
{
	struct stmt *q = sql_prepare(desk->store, sql);

	stmt_bind_int(q, a);
	stmt_bind_int(q, b);
	assert_ok(stmt_run(q, &desk->err));
}

/* ---- a world ---- */

static const char *const CITIES[] = { "Rome", "Oslo", NULL, "Brno" };

static void
make_contacts(struct desk *desk, struct dice *dice)
{
	for (int i = 0; i < CONTACTS; i++) {
		struct contact contact = { .type = i < COMPANIES ? "company" : "person",
			.name = arena_printf(desk->arena, "Contact %u", roll(dice, 9)),
			.city = CITIES[roll(dice, 4)],
			.phone = roll(dice, 2) ? arena_printf(desk->arena, "%u", roll(dice, 4))
					       : NULL,
			.opted_out = roll(dice, 5) == 0,
			.company_id = i < COMPANIES || roll(dice, 3) == 0
					      ? 0
					      : 1 + roll(dice, COMPANIES) };

		assert_ok(contact_add(desk->store, desk->arena, &contact, NOW, &desk->err));
	}
}

static void
give_email(struct desk *desk, struct dice *dice, int64_t contact)
{
	struct contact_email email = { .email = arena_printf(
					       desk->arena, "m%u@x.example", roll(dice, 12)),
		.shared = true,
		.has_from = roll(dice, 2),
		.has_until = roll(dice, 2) };
	struct err err;

	email.from = 1000 * (1 + roll(dice, 5));
	email.until = email.from + 1000 * (1 + roll(dice, 5));
	if (contact_email_add(desk->store, desk->arena, contact, &email, &err) < 0)
		assert_int_equal(err.code, ERR_CONFLICT);
	else if (roll(dice, 6) == 0)
		assert_ok(contact_email_remove(
			desk->store, desk->arena, contact, email.email, email.until, &desk->err));
}

static void
give_interaction(struct desk *desk, struct dice *dice)
{
	struct interaction call = { .kind = "call",
		.status = roll(dice, 8) == 0 ? "cancelled" : "recorded",
		.direction = "outbound",
		.initiated_by = "us",
		.cost = roll(dice, 100),
		.duration_min = (int)roll(dice, 50),
		.at = NOW - roll(dice, 100000) };
	struct interaction_link links[3];
	unsigned count = 1 + roll(dice, 3), used = 0;

	for (unsigned i = 0; i < count; i++) {
		int64_t contact = 1 + roll(dice, CONTACTS);

		if (used > 0 && links[used - 1].contact_id >= contact)
			continue;
		links[used++] = (struct interaction_link){ .contact_id = contact,
			.role = "to",
			.via = "manual",
			.company_id = get_contact(desk, contact).company_id };
	}
	assert_ok(interaction_add(desk->store, &call, links, used, NULL, NOW, &desk->err));
}

static const char ADD_FACT[] =
	"INSERT INTO contact_fact (contact, kind, date, amount) VALUES (?1, 'SALES', 0, ?2)";
static const char ADD_NOTE[] =
	"INSERT INTO contact_note (contact_id, at, user, note) VALUES (?1, ?2, 'me', 'note')";
static const char ADD_LINK[] =
	"INSERT OR IGNORE INTO contact_link (contact, url) VALUES (?1, 'https://x.example/' || ?2)";
static const char ADD_RELATION[] =
	"INSERT OR IGNORE INTO contact_relation (contact, code, kind, no)"
	" VALUES (?1, 'R' || ?2, 'other', 'N' || ?1)";
static const char ADD_ADDRESS[] = "INSERT OR IGNORE INTO contact_address (contact, code, city)"
				  " VALUES (?1, 'A' || ?2, 'City ' || ?1)";
static const char ADD_RANGE[] = "INSERT OR IGNORE INTO contact_address_range (address_id, from_day)"
				" SELECT id, ?2 FROM contact_address WHERE contact = ?1";
static const char ADD_LABEL[] = "INSERT OR IGNORE INTO contact_label (contact_id, kind, code)"
				" VALUES (?1, 'tag', 'T' || ?2)";
static const char ADD_CONSENT[] =
	"INSERT INTO contact_consent (contact, purpose, date) VALUES (?1, 'P' || ?2, 0)";
static const char ADD_VALUE[] = "INSERT OR IGNORE INTO field_value (field_id, contact_id, value) "
				"VALUES (1 + ?2 % 2, ?1, ?2)";
static const char ADD_DOMAIN[] = "INSERT OR IGNORE INTO contact_domain (contact_id, domain)"
				 " SELECT id, 'd' || ?2 || '.example' FROM contact WHERE id = ?1"
				 " AND type = 'company'";
static const char *const ADDING[] = { ADD_FACT, ADD_NOTE, ADD_LINK, ADD_RELATION, ADD_ADDRESS,
	ADD_RANGE, ADD_LABEL, ADD_CONSENT, ADD_VALUE, ADD_DOMAIN };
enum { ADDING_COUNT = sizeof ADDING / sizeof ADDING[0] };

static void
give_part(struct desk *desk, struct dice *dice, int64_t contact)
{
	run_two(desk, ADDING[roll(dice, ADDING_COUNT)], contact, roll(dice, 4));
}

static const char ADD_FIELDS[] =
	"INSERT INTO field (noun, name, type) VALUES ('contact', 'f1', 'number'),"
	" ('contact', 'f2', 'number')";

static void
make_world(struct desk *desk, struct dice *dice)
{
	struct stmt *q = sql_prepare(desk->store, ADD_FIELDS);

	assert_ok(stmt_run(q, &desk->err));
	make_contacts(desk, dice);
	for (int i = 0; i < 4 * CONTACTS; i++) {
		give_email(desk, dice, 1 + roll(dice, CONTACTS));
		give_part(desk, dice, 1 + roll(dice, CONTACTS));
		give_part(desk, dice, 1 + roll(dice, CONTACTS));
		give_interaction(desk, dice);
	}
	for (int i = 0; i < CONTACTS; i++) {
		int64_t a = 1 + roll(dice, CONTACTS), b = 1 + roll(dice, CONTACTS);

		if (a != b)
			assert_ok(duplicate_separate(desk->store, a, b, false, &desk->err));
	}
}

/* ---- what is there ---- */

static const char SELECT_ALL[] =
	"SELECT 'contact', json_array(id, no, type, name, name_fold, first_name, surname, city, "
	"phone,"
	" opted_out, company_id, interactions, last_interaction, last_attempt, cost, duration_min)"
	" FROM contact"
	" UNION ALL SELECT 'email', json_array(id, contact_id, email, address, kind, is_primary,"
	"  valid_from, valid_until, shared, learned_from, state) FROM contact_email"
	" UNION ALL SELECT 'domain', json_array(contact_id, domain) FROM contact_domain"
	" UNION ALL SELECT 'fact', json_array(id, contact, kind, date, amount) FROM contact_fact"
	" UNION ALL SELECT 'note', json_array(id, contact_id, at, user, note) FROM contact_note"
	" UNION ALL SELECT 'link', json_array(id, contact, url) FROM contact_link"
	" UNION ALL SELECT 'relation', json_array(id, contact, code, kind, no) FROM "
	"contact_relation"
	" UNION ALL SELECT 'address', json_array(id, contact, code, city) FROM contact_address"
	" UNION ALL SELECT 'range', json_array(id, address_id, from_day) FROM contact_address_range"
	" UNION ALL SELECT 'label', json_array(id, contact_id, kind, code) FROM contact_label"
	" UNION ALL SELECT 'consent', json_array(id, contact, purpose, date) FROM contact_consent"
	" UNION ALL SELECT 'value', json_array(field_id, contact_id, value) FROM field_value"
	" UNION ALL SELECT 'party', json_array(contact_id, at, interaction_id, role, company_id, "
	"email,"
	"  via, ambiguous, response) FROM interaction_contact"
	" UNION ALL SELECT 'apart', json_array(contact_id, other_id) FROM duplicate_separate"
	" ORDER BY 1, 2";

static char *
all_of(struct desk *desk)
{
	struct stmt *q = sql_prepare(desk->store, SELECT_ALL);
	struct text text = { 0 };

	while (stmt_row(q)) {
		text_add(&text, stmt_text(q));
		text_add(&text, stmt_text(q));
		text_add_char(&text, '\n');
	}
	assert_ok(stmt_end(q, &desk->err));
	return text.bytes;
}

static void
show_difference(const char *was, const char *is)
{
	while (*was != '\0' && *is != '\0') {
		size_t a = strcspn(was, "\n"), b = strcspn(is, "\n");

		if (a != b || memcmp(was, is, a) != 0) {
			print_error("was %.*s\nis  %.*s\n", (int)a, was, (int)b, is);
			return;
		}
		was += a + 1;
		is += b + 1;
	}
	print_error("was %.200s\nis  %.200s\n", was, is);
}

/* Rows that are there, and those that merges keep for a contact that comes back. The times of an address
 * are united, and who is apart from one is from the other. */
static const char COUNT_ROWS[] =
	"SELECT (SELECT count(DISTINCT address) FROM contact_email)"
	" + (SELECT count(*) FROM contact_domain)"
	" + (SELECT count(*) FROM contact_fact) + (SELECT count(*) FROM contact_note)"
	" + (SELECT count(*) FROM contact_link) + (SELECT count(*) FROM contact_relation)"
	" + (SELECT count(*) FROM contact_address) + (SELECT count(*) FROM contact_address_range)"
	" + (SELECT count(*) FROM contact_label) + (SELECT count(*) FROM contact_consent)"
	" + (SELECT count(*) FROM field_value) + (SELECT count(*) FROM interaction_contact)"
	" + (SELECT count(*) FROM merge_row"
	"  WHERE what IN ('dropped', 'replaced') AND part NOT IN ('emails', 'separated',"
	" 'separated-from'))";

/* ---- at random ---- */

struct life {
	struct desk *desk;
	uint64_t seed;
	struct dice dice;
	int64_t merges[MERGES_MAX];
	unsigned count;
};

static const char SELECT_SOME[] =
	"SELECT id FROM contact WHERE type = (SELECT type FROM contact WHERE id = ?1) AND id <> ?1"
	" ORDER BY (id * 7919 + ?2) % 31 LIMIT 1";
static const char SELECT_ANY[] =
	"SELECT id FROM contact ORDER BY (id * 7919 + ?1 + ?2) % 31 LIMIT 1";

static int64_t
pick(struct life *life, const char *sql, int64_t like)
{
	struct stmt *q = sql_prepare(life->desk->store, sql);
	struct desk *desk = life->desk;
	int64_t id = 0;
	bool found;

	stmt_bind_int(q, like);
	stmt_bind_int(q, roll(&life->dice, 31));
	assert_ok(sql_get_int(q, &id, &found, &desk->err));
	return found ? id : 0;
}

/* In one go, a row at a time, or broken off after a row and brought to its end as at a start. */
enum manner { WHOLE, BY_ROWS, BROKEN_OFF, MANNERS };

static void
go_on(struct life *life, enum manner manner, struct merge_result *result, bool back)
{
	struct desk *desk = life->desk;
	unsigned ended;

	while (manner == BY_ROWS && !result->done) {
		if (back)
			assert_ok(contact_unmerge(
				desk->store, desk->arena, result->id, NOW, 0, result, &desk->err));
		else
			assert_ok(contact_merge(desk->store, desk->arena, 0, 0, NULL, 0, "tester",
				NOW, 0, result, &desk->err));
	}
	if (result->done)
		return;
	assert_ok(contact_merges_end(desk->store, NOW, &ended, &desk->err));
	assert_int_equal(ended, 1);
}

static void
merge_some(struct life *life)
{
	struct desk *desk = life->desk;
	int64_t from = pick(life, SELECT_ANY, 0), into = pick(life, SELECT_SOME, from);
	enum manner manner = roll(&life->dice, MANNERS);
	struct merge_result result = { 0 };

	if (into == 0)
		return;
	assert_ok(contact_merge(desk->store, desk->arena, from, into, NULL, 0, "tester", NOW,
		manner == WHOLE ? MERGE_WHOLE : 0, &result, &desk->err));
	go_on(life, manner, &result, false);
	assert_true(life->count < MERGES_MAX);
	life->merges[life->count++] = result.id;
}

static int
unmerge(struct life *life, int64_t merge)
{
	struct desk *desk = life->desk;
	enum manner manner = roll(&life->dice, MANNERS);
	struct merge_result result = { 0 };

	if (contact_unmerge(desk->store, desk->arena, merge, NOW, manner == WHOLE ? MERGE_WHOLE : 0,
		    &result, &desk->err) < 0)
		return -1;
	go_on(life, manner, &result, true);
	return 0;
}

/* One that was merged further is refused; then another. */
static void
unmerge_some(struct life *life)
{
	struct desk *desk = life->desk;
	unsigned at = life->count > 0 ? roll(&life->dice, life->count) : 0;

	for (unsigned tries = 0; tries < life->count; tries++, at = (at + 1) % life->count) {
		if (unmerge(life, life->merges[at]) < 0) {
			if (desk->err.code != ERR_REFUSED)
				fail_msg("LIAISON_SEED=%llu: %s", (unsigned long long)life->seed,
					desk->err.message);
			continue;
		}
		life->merges[at] = life->merges[--life->count];
		return;
	}
	assert_int_equal(life->count, 0);
}

static const char SELECT_IDS[] = "SELECT id FROM contact";

static void
assert_totals(struct desk *desk)
{
	int64_t ids[CONTACTS];
	struct stmt *q = sql_prepare(desk->store, SELECT_IDS);
	unsigned count = 0;

	while (count < CONTACTS && stmt_row(q))
		ids[count++] = stmt_int(q);
	assert_ok(stmt_end(q, &desk->err));
	for (unsigned i = 0; i < count; i++) {
		bool changed;

		assert_ok(contact_recount(desk->store, ids[i], &changed, &desk->err));
		if (changed)
			fail_msg("the totals of contact %lld were wrong", (long long)ids[i]);
	}
}

/* An address belongs once to each contact at a time, and one of them is the primary. */
static const char COUNT_DOUBLED[] =
	"SELECT count(*) FROM contact_email a JOIN contact_email b ON b.contact_id = a.contact_id"
	" AND b.address = a.address AND b.id > a.id AND b.state = 'active'"
	" AND (a.valid_from IS NULL OR b.valid_until IS NULL OR a.valid_from <= b.valid_until)"
	" AND (b.valid_from IS NULL OR a.valid_until IS NULL OR b.valid_from <= a.valid_until)"
	" WHERE a.state = 'active'";
static const char COUNT_PRIMARIES[] =
	"SELECT count(*) FROM contact c WHERE (SELECT count(*) FROM contact_email e"
	" WHERE e.contact_id = c.id AND e.is_primary) <> EXISTS (SELECT 1 FROM contact_email e"
	" WHERE e.contact_id = c.id AND e.state = 'active')";

static void
assert_sound(struct desk *desk)
{
	assert_totals(desk);
	assert_int_equal(ask(desk, COUNT_DOUBLED), 0);
	assert_int_equal(ask(desk, COUNT_PRIMARIES), 0);
	arena_reset(desk->arena);
}

/* What is united comes back as it was, in whatever order, if nobody touched it. */
static void
live_untouched(struct desk *desk, uint64_t seed)
{
	struct life life = {
		.desk = desk, .seed = seed, .dice = { seed * 0x9e3779b97f4a7c15ull + 1 }
	};
	char *before, *after;

	make_world(desk, &life.dice);
	assert_sound(desk);
	before = all_of(desk);
	for (int i = 0; i < 10; i++) {
		merge_some(&life);
		assert_sound(desk);
	}
	while (life.count > 0) {
		/* Merges of one survivor give back what they found, the last one first. */
		assert_ok(unmerge(&life, life.merges[--life.count]));
		assert_sound(desk);
	}
	after = all_of(desk);
	if (strcmp(before, after) != 0) {
		show_difference(before, after);
		fail_msg("LIAISON_SEED=%llu does not come back", (unsigned long long)seed);
	}
	assert_int_equal(ask(desk, "SELECT count(*) FROM merge_row"), 0);
	free(before);
	free(after);
}

/* Merged and taken back in any order while others add: all rows are somewhere. */
static void
live_touched(struct desk *desk, uint64_t seed)
{
	struct life life = {
		.desk = desk, .seed = seed, .dice = { seed * 0x9e3779b97f4a7c15ull + 7 }
	};

	make_world(desk, &life.dice);
	for (int i = 0; i < 40; i++) {
		int64_t rows = ask(desk, COUNT_ROWS);

		if (roll(&life.dice, 2) && life.count < MERGES_MAX)
			merge_some(&life);
		else
			unmerge_some(&life);
		if (ask(desk, COUNT_ROWS) != rows)
			fail_msg("LIAISON_SEED=%llu loses %lld rows at step %d",
				(unsigned long long)seed, (long long)(rows - ask(desk, COUNT_ROWS)),
				i);
		assert_sound(desk);
		give_part(desk, &life.dice, pick(&life, SELECT_ANY, 0));
	}
}

static void
live(void (*one)(struct desk *desk, uint64_t seed))
{
	int64_t seed = from_environment("LIAISON_SEED", 0);
	int64_t last = seed > 0 ? seed : from_environment("LIAISON_MERGES", 12);

	for (int64_t i = seed > 0 ? seed : 1; i <= last; i++) {
		void *desk;

		desk_open(&desk);
		one(desk, (uint64_t)i);
		desk_close(&desk);
	}
}

static void
taking_all_merges_back_leaves_nothing_changed(void **state)
{
	(void)state;
	live(live_untouched);
}

static void
no_row_is_lost_whatever_is_merged_and_taken_back(void **state)
{
	(void)state;
	live(live_touched);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(taking_all_merges_back_leaves_nothing_changed),
		cmocka_unit_test(no_row_is_lost_whatever_is_merged_and_taken_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
