#include "liaison/capture/candidate.h"
#include "liaison/capture/source.h"
#include "world.h"

#include <time.h>

/* Who is seen in mail and meetings, how often, and what becomes of them. */

static struct candidate_result
follow_at(struct world *world, int64_t now)
{
	struct candidate_result result = { 0 }, all = { 0 };
	unsigned turns = 0;

	do {
		assert_true(++turns < 1000);
		assert_ok(store_begin(world->store, &world->err));
		assert_ok(candidate_follow(
			world->store, world->capture, world->arena, 3, now, &result, &world->err));
		assert_ok(store_commit(world->store, &world->err));
		if (result.fresh_count > 0)
			all = result;
	} while (result.more);
	return all;
}

static struct candidate_result
follow(struct world *world)
{
	return follow_at(world, NOW);
}

/* "received sent copied meetings weight shown name", or NULL: never seen. */
static const char *
figures(struct world *world, const char *address)
{
	struct stmt *q = sql_prepare(world->store,
		"SELECT received || ' ' || sent || ' ' || copied || ' ' || meetings || ' ' || "
		"weight || ' ' || shown || ' ' || ifnull(name, '-') FROM candidate "
		"WHERE address = ?");
	const char *answer = NULL;

	stmt_bind_text(q, address);
	if (stmt_row(q))
		answer = stmt_text_copy(q, world->arena);
	assert_ok(stmt_end(q, &world->err));
	return answer;
}

static const char *
list(struct world *world, int64_t shown)
{
	return ask_text(world,
		"SELECT group_concat(address, ' ') FROM (SELECT address FROM candidate "
		"WHERE shown = ? ORDER BY weight DESC, id)",
		shown);
}

static void
receive(struct world *world, unsigned uid, const char *from, const char *to)
{
	world_new(world, world->inbox, uid, world_mail(world, from, to));
}

static void
counts_who_writes_and_who_is_written_to(void **state)
{
	struct world *world = *state;
	struct event *event = world_mail(world, "jo@y.example", "me@own.example");

	mail_add(world, event, PARTY_CC, "bo@z.example");
	mail_add(world, event, PARTY_CC, "Jo@Y.example"); /* counts once a message */
	event->parties[0].name = "Jo March";
	event->parties[2].name = "bo@z.example";
	world_new(world, world->inbox, 1001, event);
	receive(world, 1002, "me@own.example", "jo@y.example");
	receive(world, 1003, "me@own.example", "jo@y.example");
	follow(world);
	/* 2 x 1 + 4 x 2 + 20 for both ways, times 4 as it is not a month ago */
	assert_string_equal(figures(world, "jo@y.example"), "1 2 0 0 120 1 Jo March");
	assert_string_equal(figures(world, "bo@z.example"), "0 0 1 0 4 1 -");
	assert_string_equal(list(world, 1), "jo@y.example bo@z.example");
	assert_int_equal(ask(world, "SELECT count(*) FROM candidate", 0), 2);
}

static void
counts_a_message_once_however_often_it_looks(void **state)
{
	struct world *world = *state;
	struct event *event = world_mail(world, "jo@y.example", "me@own.example");

	world_new(world, world->inbox, 1001, event);
	follow(world);
	follow(world);
	world_new(world, world->inbox, 1002, event); /* a copy */
	follow(world);
	assert_string_equal(figures(world, "jo@y.example"), "1 0 0 0 8 1 -");
}

static void
leaves_out_ourselves_machines_and_lists(void **state)
{
	static const char *const not_people[] = { "alias@own.example", "bob@own.example",
		"x@bots.own.example", "no-reply@shop.example", "NoReply+77@shop.example",
		"orders-noreply@shop.example", "nicht-antworten@bahn.example",
		"mailer-daemon@y.example", "bounces+1=me@y.example", "newsletter@shop.example" };
	struct world *world = *state;
	struct event *event;
	unsigned uid = 1001;

	for (size_t i = 0; i < sizeof not_people / sizeof *not_people; i++)
		receive(world, uid++, not_people[i], "me@own.example");
	event = world_mail(world, "jo@y.example", "me@own.example");
	event->class = CLASS_BULK;
	world_new(world, world->inbox, uid++, event);
	event = world_mail(world, "jo@y.example", "me@own.example");
	event->class = CLASS_AUTOMATIC;
	world_new(world, world->inbox, uid++, event);
	event = world_mail(world, "jo@y.example", "me@own.example");
	event->sensitivity = "private";
	world_new(world, world->inbox, uid++, event);
	follow(world);
	assert_null(list(world, 1));
	/* What only looks like a machine is a person. */
	receive(world, uid++, "norelia.reply@y.example", "me@own.example");
	follow(world);
	assert_string_equal(list(world, 1), "norelia.reply@y.example");
}

static void
knows_a_list_by_its_own_mail(void **state)
{
	struct world *world = *state;
	struct event *event = world_mail(world, "jo@y.example", "dev@lists.y.example");

	receive(world, 1001, "me@own.example", "dev@lists.y.example");
	follow(world);
	assert_string_equal(list(world, 1), "dev@lists.y.example");
	event->class = CLASS_BULK;
	event->list_id = "Dev.lists.y.example";
	world_new(world, world->inbox, 1002, event);
	follow(world);
	assert_null(list(world, 1));
}

static void
counts_what_is_kept_and_no_more(void **state)
{
	struct world *world = *state;
	struct event *event;

	world->config.unmatched = UNMATCHED_ADDRESSES;
	world_configure(world);
	event = world_mail(world, "jo@y.example", "me@own.example");
	event->parties[0].name = "Jo March";
	world_new(world, world->inbox, 1001, event);
	world->config.unmatched = UNMATCHED_NONE;
	world_configure(world);
	receive(world, 1002, "bo@z.example", "me@own.example");
	follow(world);
	assert_string_equal(figures(world, "jo@y.example"), "1 0 0 0 8 1 -");
	assert_null(figures(world, "bo@z.example"));
}

static void
shows_nobody_whom_a_contact_or_a_salesperson_is(void **state)
{
	struct world *world = *state;
	int64_t ada;

	receive(world, 1001, "jo@y.example", "me@own.example");
	follow(world);
	ada = world_person(world, "Ada Lovelace", "ada@x.example");
	receive(world, 1002, "ada@x.example", "me@own.example");
	follow(world);
	assert_string_equal(list(world, 1), "jo@y.example");
	world_email(world, ada, "jo@y.example");
	assert_null(list(world, 1));
	assert_ok(contact_email_remove(
		world->store, world->arena, ada, "jo@y.example", NOW, &world->err));
	assert_string_equal(list(world, 1), "jo@y.example");
	ask(world, "INSERT INTO salesperson (code) VALUES ('JO') RETURNING id", 0);
	ask(world,
		"INSERT INTO salesperson_email (salesperson_id, email, address) "
		"VALUES (1, 'jo@y.example', 'jo@y.example') RETURNING id",
		0);
	assert_null(list(world, 1));
	assert_ok(contact_remove(world->store, ada, &world->err));
	assert_string_equal(list(world, 1), "ada@x.example");
}

static void
remembers_who_is_ignored(void **state)
{
	struct world *world = *state;
	bool changed;
	int64_t id;

	receive(world, 1001, "jo@y.example", "me@own.example");
	follow(world);
	assert_ok(candidate_set_ignored(
		world->store, world->arena, "Jo@Y.example", true, &id, &changed, &world->err));
	assert_true(changed);
	assert_ok(candidate_set_ignored(world->store, world->arena, "never@seen.example", true, &id,
		&changed, &world->err));
	assert_null(list(world, 1));
	receive(world, 1002, "jo@y.example", "me@own.example");
	receive(world, 1003, "never@seen.example", "me@own.example");
	follow(world);
	assert_null(list(world, 1));
	assert_string_equal(list(world, 2), "jo@y.example never@seen.example");
	assert_ok(candidate_set_ignored(
		world->store, world->arena, "jo@y.example", true, &id, &changed, &world->err));
	assert_false(changed);
	assert_ok(candidate_set_ignored(
		world->store, world->arena, "jo@y.example", false, &id, &changed, &world->err));
	assert_string_equal(list(world, 1), "jo@y.example");
	assert_fails(candidate_set_ignored(world->store, world->arena, "jo@y.example", false, &id,
			     &changed, &world->err),
		ERR_NOT_FOUND);
	world_person(world, "Never", "never@seen.example"); /* who is a contact is no candidate */
	assert_null(list(world, 2));
}

static void
tells_of_a_person_once(void **state)
{
	struct world *world = *state;
	struct candidate_result result;

	receive(world, 1001, "jo@y.example", "me@own.example");
	receive(world, 1002, "jo@y.example", "me@own.example");
	assert_int_equal(follow(world).fresh_count, 0); /* 16 */
	receive(world, 1003, "jo@y.example", "me@own.example");
	result = follow(world); /* 24 */
	assert_int_equal(result.fresh_count, 1);
	assert_int_equal(result.fresh[0],
		ask(world, "SELECT id FROM candidate WHERE address = 'jo@y.example'", 0));
	receive(world, 1004, "me@own.example", "jo@y.example");
	assert_int_equal(follow(world).fresh_count, 0);
}

static void
lets_the_past_pale(void **state)
{
	struct world *world = *state;
	int64_t at = world->clock + 60;

	receive(world, 1001, "jo@y.example", "me@own.example");
	follow_at(world, at + 30 * DAY - 1);
	assert_string_equal(figures(world, "jo@y.example"), "1 0 0 0 8 1 -");
	follow_at(world, at + 30 * DAY);
	assert_string_equal(figures(world, "jo@y.example"), "1 0 0 0 6 1 -");
	follow_at(world, at + 90 * DAY);
	assert_string_equal(figures(world, "jo@y.example"), "1 0 0 0 4 1 -");
	follow_at(world, at + 365 * DAY);
	assert_string_equal(figures(world, "jo@y.example"), "1 0 0 0 2 1 -");
	follow_at(world, at + 3650 * DAY);
	assert_string_equal(figures(world, "jo@y.example"), "1 0 0 0 2 1 -");
}

static void
counts_anew_when_other_addresses_are_ours(void **state)
{
	static const char *OWN[] = { "me@own.example", "jo@y.example" };
	struct world *world = *state;

	receive(world, 1001, "jo@y.example", "me@own.example");
	receive(world, 1002, "alias@own.example", "bo@z.example");
	follow(world);
	assert_string_equal(list(world, 1), "bo@z.example jo@y.example");
	world->config.own_addresses = (struct config_list){ OWN, 2 };
	world->sources[0].addresses.count = 0;
	world_configure(world);
	follow(world);
	assert_string_equal(list(world, 1), "bo@z.example");
	assert_string_equal(figures(world, "bo@z.example"), "0 1 0 0 16 1 -");
	assert_null(figures(world, "jo@y.example"));
}

static void
folds_tags_where_the_source_does(void **state)
{
	struct world *world = *state;

	receive(world, 1001, "jo+a@y.example", "me@own.example");
	follow(world);
	assert_string_equal(list(world, 1), "jo+a@y.example");
	world->sources[0].fold_subaddress = true;
	world_configure(world);
	receive(world, 1002, "jo+b@y.example", "me@own.example");
	follow(world);
	assert_string_equal(list(world, 1), "jo@y.example");
	assert_string_equal(figures(world, "jo@y.example"), "2 0 0 0 16 1 -");
}

static void
takes_the_best_name(void **state)
{
	static const struct {
		const char *from, *to, *name;
	} mail[] = {
		{ "me@own.example", "jo@y.example", "Josie" },
		{ "jo@y.example", "me@own.example", "Josephine March" },
		{ "me@own.example", "jo@y.example", "jo (work)" },
		{ "jo@y.example", "me@own.example", NULL },
		{ "jo@y.example", "me@own.example", "jo@y.example" },
		{ "jo@y.example", "me@own.example", "Jo March" },
	};
	static const char *const best[] = { "Josie", "Josephine March", "Josephine March",
		"Josephine March", "Josephine March", "Jo March" };
	struct world *world = *state;

	for (unsigned i = 0; i < 6; i++) {
		struct event *event = world_mail(world, mail[i].from, mail[i].to);

		event->parties[strcmp(mail[i].from, "jo@y.example") == 0 ? 0 : 1].name =
			mail[i].name;
		world_new(world, world->inbox, 1001 + i, event);
		follow(world);
		assert_string_equal(ask_text(world, "SELECT name FROM candidate", 0), best[i]);
	}
}

/* Whatever happens to messages, the figures are what counting them all gives. */
static void
follows_what_becomes_of_messages(void **state)
{
	struct world *world = *state;
	struct row row;

	receive(world, 1001, "jo@y.example", "me@own.example");
	receive(world, 1002, "jo@y.example", "me@own.example");
	receive(world, 1003, "bo@z.example", "me@own.example");
	follow(world);
	row = world_row(world, world->inbox, 1002);
	ask(world, "UPDATE ledger SET decision = 'ignored' WHERE id = ? RETURNING id", row.id);
	follow(world);
	assert_string_equal(figures(world, "jo@y.example"), "1 0 0 0 8 1 -");
	ask(world, "UPDATE ledger SET decision = 'unmatched' WHERE id = ? RETURNING id", row.id);
	follow(world);
	assert_string_equal(figures(world, "jo@y.example"), "2 0 0 0 16 1 -");
	world_person(world, "Jo", "jo@y.example");
	assert_int_equal(world_rematch(world, "jo@y.example"), 2);
	follow(world);
	assert_string_equal(figures(world, "jo@y.example"), "2 0 0 0 16 0 -");
	assert_ok(store_begin(world->store, &world->err));
	assert_ok(source_erase(world->store, world->arena, world->work, &world->err));
	assert_ok(store_commit(world->store, &world->err));
	follow(world);
	assert_int_equal(ask(world, "SELECT count(*) FROM candidate", 0), 0);
}

static uint64_t chance;

static unsigned
dice(unsigned sides)
{
	chance = chance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(chance >> 33) % sides;
}

static void
something_happens(struct world *world, unsigned uid)
{
	static const char *const people[] = { "me@own.example", "jo@y.example", "bo@z.example",
		"cy@z.example", "jo+shop@y.example", "no-reply@y.example", "bob@own.example" };
	static const char *const decisions[] = { "ignored", "unmatched", "private" };
	static const char *const names[] = { NULL, "Jo", "Bo Bee", "x@y.example" };
	struct event *event = world_mail(world, people[dice(7)], people[dice(7)]);
	struct stmt *q;

	event->parties[0].name = names[dice(4)];
	event->parties[1].name = names[dice(4)];
	mail_add(world, event, PARTY_CC, people[dice(7)]);
	event->at -= (int64_t)dice(400) * DAY;
	event->class = (enum event_class)(dice(5) == 0);
	world_new(world, world->inbox, uid, event);
	if (dice(4) > 0)
		return;
	q = sql_prepare(world->store, "UPDATE ledger SET decision = ? WHERE uid = ? AND "
				      "decision IN ('unmatched', 'ignored', 'private')");
	stmt_bind_text(q, decisions[dice(3)]);
	stmt_bind_int(q, 1001 + dice(uid - 1000));
	assert_ok(stmt_run(q, &world->err));
}

static const char ALL[] =
	"SELECT group_concat(address || ' ' || received || ' ' || sent || ' ' || copied || ' ' || "
	"weight || ' ' || first_at || ' ' || last_at || ' ' || name_own || ifnull(name, '-'), "
	"char(10)) FROM (SELECT * FROM candidate WHERE points > 0 ORDER BY address)";

/* However it was counted, the figures are those of counting all at once. */
static void
counts_as_if_all_were_counted_at_once(void **state)
{
	const char *given = getenv("LIAISON_SEED");
	uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : 1 + (uint64_t)time(NULL);
	struct world *world = *state;
	const char *before;

	chance = seed;
	world->sources[0].fold_subaddress = true;
	world_configure(world);
	for (unsigned uid = 1001; uid < 1301; uid++) {
		something_happens(world, uid);
		if (dice(10) == 0)
			follow(world);
	}
	follow(world);
	before = ask_text(world, ALL, 0);
	assert_non_null(before);
	ask(world, "UPDATE candidate SET name = NULL RETURNING id", 0);
	ask(world, "UPDATE candidate_state SET ours = 0 RETURNING id", 0);
	follow(world);
	if (strcmp(before, ask_text(world, ALL, 0)) != 0)
		fail_msg("LIAISON_SEED=%llu: counted as\n%s\nand all at once\n%s",
			(unsigned long long)seed, before, ask_text(world, ALL, 0));
}

static void
makes_a_name_of_what_there_is(void **state)
{
	static const struct {
		const char *address, *shown, *name;
	} rows[] = {
		{ "ada@x.example", "Ada Lovelace", "Ada Lovelace" },
		{ "ada@x.example", "Lovelace, Ada", "Ada Lovelace" },
		{ "ada@x.example", "Lovelace, Ada A.", "Ada A. Lovelace" },
		{ "ada@x.example", "Engines, Inc.", "Engines, Inc." },
		{ "ada@x.example", "Lovelace, Ada, Countess", "Lovelace, Ada, Countess" },
		{ "ada@x.example", "Ada Lovelace (Engines)", "Ada Lovelace" },
		{ "ada@x.example", "Ada Lovelace | Engines", "Ada Lovelace" },
		{ "ada@x.example", "Ada via Meet", "Ada" },
		{ "ada.lovelace@x.example", NULL, "Ada Lovelace" },
		{ "ada_k-lovelace7@x.example", NULL, "Ada K Lovelace" },
		{ "o'hara@x.example", NULL, "O'hara" },
		{ "ada+shop@x.example", NULL, "Ada" },
		{ "4711@x.example", NULL, "4711@x.example" },
	};
	struct world *world = *state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct candidate candidate = { .address = rows[i].address, .name = rows[i].shown };
		struct contact contact;

		candidate_contact(world->arena, &candidate, &contact);
		assert_string_equal(contact.name, rows[i].name);
		assert_string_equal(contact.type, "person");
	}
}

static void
guesses_the_company_by_its_domain(void **state)
{
	struct world *world = *state;
	int64_t company = world_contact(world, "company", "Y Ltd");
	struct candidate candidate;

	assert_ok(
		contact_domain_add(world->store, world->arena, company, "y.example", &world->err));
	capture_contacts_changed(world->capture);
	receive(world, 1001, "jo@sales.y.example", "me@own.example");
	receive(world, 1002, "jo@gmail.com", "me@own.example");
	follow(world);
	assert_ok(candidate_find(
		world->store, world->arena, "jo@sales.y.example", &candidate, &world->err));
	assert_int_equal(candidate.company_id, company);
	assert_string_equal(candidate.company_no, "C00001");
	assert_ok(candidate_find(
		world->store, world->arena, "jo@gmail.com", &candidate, &world->err));
	assert_int_equal(candidate.company_id, 0);
	assert_fails(
		candidate_find(world->store, world->arena, "bo@z.example", &candidate, &world->err),
		ERR_NOT_FOUND);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(counts_who_writes_and_who_is_written_to),
		TEST(counts_a_message_once_however_often_it_looks),
		TEST(leaves_out_ourselves_machines_and_lists),
		TEST(knows_a_list_by_its_own_mail),
		TEST(counts_what_is_kept_and_no_more),
		TEST(shows_nobody_whom_a_contact_or_a_salesperson_is),
		TEST(remembers_who_is_ignored),
		TEST(tells_of_a_person_once),
		TEST(lets_the_past_pale),
		TEST(counts_anew_when_other_addresses_are_ours),
		TEST(folds_tags_where_the_source_does),
		TEST(takes_the_best_name),
		TEST(follows_what_becomes_of_messages),
		TEST(counts_as_if_all_were_counted_at_once),
		TEST(makes_a_name_of_what_there_is),
		TEST(guesses_the_company_by_its_domain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
