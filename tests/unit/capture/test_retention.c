#include "rulebook.h"

#include "liaison/capture/retention.h"

/* What is dropped for its age, by clocks that are passed in, and what stays. */

static struct event_part text_part = { .part = "1", .type = "text/plain", .size = 900 };

static struct event *
letter(struct world *world, const char *from, const char *subject)
{
	struct event *event = world_mail(world, from, "me@own.example");

	event->subject = subject;
	event->parts = &text_part;
	event->part_count = 1;
	event->text_part = "1";
	mail_seal(event);
	return event;
}

/* A whole pass at that time. */
static struct retention_counts
pass(struct world *world, int64_t now)
{
	struct retention_counts counts = { 0 };
	struct retention_place place = { 0 };
	bool more = true;

	for (unsigned turns = 0; more; turns++) {
		assert_true(turns < 1000);
		assert_ok(store_begin(world->store, &world->err));
		assert_ok(retention_turn(world->store, world->capture, world->arena, &place, now,
			&counts, &more, &world->err));
		assert_ok(store_commit(world->store, &world->err));
	}
	return counts;
}

static int64_t
capture_one(struct world *world, uint32_t uid, const char *subject)
{
	struct want *wants;
	unsigned count;
	int64_t id;

	world->sources[0].level = LEVEL_TEXT;
	world_new(world, world->inbox, uid, letter(world, "ada@x.example", subject));
	id = world_row(world, world->inbox, uid).interaction;
	assert_ok(want_list(
		world->store, world->arena, world->work, 100, &wants, &count, &world->err));
	for (unsigned i = 0; i < count; i++)
		assert_ok(want_done(world->store, world->capture, world->arena, &wants[i],
			"the words of it", false, NOW, &world->err));
	return id;
}

static void
keeps_all_for_ever_unless_told(void **state)
{
	struct world *world = *state;
	struct retention_counts counts;

	world_person(world, "Ada", "ada@x.example");
	capture_one(world, 1001, "Hello");
	world_new(world, world->inbox, 1002, letter(world, "stranger@y.example", "Hello"));
	counts = pass(world, NOW + 4000 * (int64_t)DAY);
	assert_int_equal(counts.mails + counts.texts + counts.evidence, 0);
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction_text", 0), 1);
	assert_int_equal(ask(world, "SELECT count(*) FROM party", 0), 4);
}

static void
drops_text_and_keeps_the_rest(void **state)
{
	struct world *world = *state;

	world->config.retain_text = 30 * DAY;
	world_person(world, "Ada", "ada@x.example");
	capture_one(world, 1001, "Hello");
	assert_int_equal(pass(world, NOW).texts, 0);
	assert_int_equal(pass(world, NOW + 30 * DAY).texts, 1);
	assert_int_equal(pass(world, NOW + 30 * DAY).texts, 0);
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction_text", 0), 0);
	assert_null(ask_text(world, "SELECT snippet FROM interaction", 0));
	assert_string_equal(ask_text(world, "SELECT subject FROM interaction", 0), "Hello");
	assert_int_equal(ask(world,
				 "SELECT count(*) FROM interaction_search WHERE "
				 "interaction_search MATCH 'words'",
				 0),
		0);
	assert_int_equal(ask(world,
				 "SELECT count(*) FROM interaction_search WHERE "
				 "interaction_search MATCH 'hello'",
				 0),
		1);
}

static void
asks_for_no_text_that_would_go_at_once(void **state)
{
	struct world *world = *state;

	world->config.retain_text = 5 * DAY;
	world->sources[0].level = LEVEL_TEXT;
	world_person(world, "Ada", "ada@x.example");
	world_new(world, world->inbox, 1001, letter(world, "ada@x.example", "Old"));
	world->clock = NOW - DAY;
	world_new(world, world->inbox, 1002, letter(world, "ada@x.example", "Young"));
	assert_int_equal(ask(world, "SELECT uid FROM want", 0), 1002);
}

static void
takes_old_mail_out_and_says_so_in_its_row(void **state)
{
	struct world *world = *state;

	world->config.retain_email = 365 * DAY;
	world_person(world, "Ada", "ada@x.example");
	capture_one(world, 1001, "Hello");
	assert_int_equal(pass(world, NOW + 300 * DAY).mails, 0);
	assert_int_equal(ask(world, "SELECT interactions FROM contact", 0), 1);
	assert_int_equal(pass(world, NOW + 365 * DAY).mails, 1);
	assert_decided(world->inbox, 1001, "captured");
	assert_reason(world->inbox, 1001, "retention");
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction", 0), 0);
	assert_int_equal(ask(world, "SELECT interactions FROM contact", 0), 0);
	assert_int_equal(ask(world, "SELECT last_interaction IS NULL FROM contact", 0), 1);
	assert_int_equal(ask(world, "SELECT count(*) FROM party", 0), 0);
	assert_int_equal(ask(world, "SELECT count(*) FROM address", 0), 0);
	assert_null(ask_text(world, "SELECT coalesce(subject, parts, text_part) FROM message", 0));
}

static void
does_not_capture_it_again(void **state)
{
	struct world *world = *state;
	struct event *event;
	int64_t again;

	world->config.retain_email = 365 * DAY;
	world_person(world, "Ada", "ada@x.example");
	event = letter(world, "ada@x.example", "Hello");
	world_new(world, world->inbox, 1001, event);
	pass(world, NOW + 365 * DAY);
	again = world_stream(world, world->work, "INBOX", 8, 2001);
	world_new(world, again, 2001, event);
	world_new(world, again, 2002, event);
	assert_int_equal(world_rematch(world, "ada@x.example"), 0);
	world_reapply(world, false);
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction", 0), 0);
	assert_decided(again, 2001, "captured");
	assert_decided(again, 2002, "duplicate");
}

static void
records_nothing_that_would_go_at_once(void **state)
{
	struct world *world = *state;

	world->config.retain_email = 5 * DAY;
	world->sources[0].create_contacts = CREATE_ALL;
	world_person(world, "Ada", "ada@x.example");
	world_new(world, world->inbox, 1001, letter(world, "ada@x.example", "Old"));
	assert_decided(world->inbox, 1001, "ignored");
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction", 0), 0);
	assert_int_equal(ask(world, "SELECT count(*) FROM party", 0), 0);
	world_reapply(world, false);
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction", 0), 0);
	world->clock = NOW - DAY;
	world_new(world, world->inbox, 1002, letter(world, "ada@x.example", "Young"));
	assert_decided(world->inbox, 1002, "captured");
}

static void
matches_nothing_that_would_go_at_once(void **state)
{
	struct world *world = *state;

	world_new(world, world->inbox, 1001, letter(world, "ada@x.example", "Old"));
	world->config.retain_email = 5 * DAY;
	world_person(world, "Ada", "ada@x.example");
	assert_int_equal(world_rematch(world, "ada@x.example"), 0);
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction", 0), 0);
}

static void
leaves_what_people_worked_on(void **state)
{
	struct world *world = *state;
	struct retention_counts counts;
	struct stmt *q;

	world->config.retain_email = 365 * DAY;
	world_person(world, "Ada", "ada@x.example");
	capture_one(world, 1001, "Hello");
	q = sql_prepare(world->store, "UPDATE interaction SET evaluation = 'positive'");
	assert_ok(stmt_run(q, &world->err));
	counts = pass(world, NOW + 365 * DAY);
	assert_int_equal(counts.mails, 1);
	assert_int_equal(counts.bared, 1);
	assert_int_equal(pass(world, NOW + 366 * DAY).mails, 0);
	assert_string_equal(ask_text(world, "SELECT evaluation FROM interaction", 0), "positive");
	assert_null(ask_text(
		world, "SELECT coalesce(subject, snippet, parties, location) FROM interaction", 0));
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction_text", 0), 0);
	assert_int_equal(ask(world, "SELECT interactions FROM contact", 0), 1);
}

static void
empties_evidence_of_strangers(void **state)
{
	struct world *world = *state;
	struct event *event = letter(world, "stranger@y.example", "Hello");

	world->config.unmatched_retention = 180 * DAY;
	world_new(world, world->inbox, 1001, event);
	world_person(world, "Ada", "ada@x.example");
	capture_one(world, 1002, "Hello");
	assert_int_equal(pass(world, NOW + 180 * DAY).evidence, 0);
	assert_int_equal(pass(world, NOW + 180 * DAY + 1).evidence, 1);
	assert_int_equal(pass(world, NOW + 180 * DAY + 1).evidence, 0);
	assert_decided(world->inbox, 1001, "unmatched");
	assert_reason(world->inbox, 1001, "retention");
	assert_int_equal(
		ask(world, "SELECT count(*) FROM address WHERE address LIKE '%y.example'", 0), 0);
	assert_int_equal(ask(world, "SELECT count(*) FROM party", 0), 2);
	assert_int_equal(ask(world, "SELECT kept FROM message ORDER BY id", 0), 3);
	/* The same mail under another UID is still known to be the same. */
	world_new(world, world->inbox, 1003, event);
	assert_int_equal(ask(world, "SELECT count(*) FROM message", 0), 2);
}

static void
empties_evidence_of_all_decisions(void **state)
{
	struct world *world = *state;
	struct event *event = letter(world, "list@y.example", "News");

	world->config.retain_ledger = 90 * DAY;
	event->class = CLASS_BULK;
	event->list_id = "news.y.example";
	world_new(world, world->inbox, 1001, event);
	world_person(world, "Ada", "ada@x.example");
	capture_one(world, 1002, "Hello");
	assert_int_equal(pass(world, NOW + 90 * DAY + 1).evidence, 1);
	assert_decided(world->inbox, 1001, "bulk");
	assert_null(ask_text(world,
		"SELECT coalesce(subject, message_id, list_id, class_reason) FROM message ORDER BY "
		"id",
		0));
	assert_int_equal(ask(world, "SELECT count(*) FROM ledger", 0), 2);
	assert_int_equal(ask(world, "SELECT kept FROM message ORDER BY id DESC", 0), 0);
}

static void
takes_more_than_one_slice(void **state)
{
	enum { LETTERS = 1200 };
	struct world *world = *state;

	world->config.retain_email = world->config.unmatched_retention = 365 * DAY;
	world_person(world, "Ada", "ada@x.example");
	for (uint32_t i = 0; i < LETTERS; i++)
		world_new(world, world->inbox, 1001 + i,
			letter(world, i % 2 == 0 ? "ada@x.example" : "jo@y.example", "Hello"));
	assert_int_equal(pass(world, NOW + 366 * DAY).mails, LETTERS / 2);
	assert_int_equal(ask(world, "SELECT count(*) FROM party", 0), 0);
	assert_int_equal(ask(world, "SELECT count(*) FROM ledger", 0), LETTERS);
	assert_int_equal(
		ask(world, "SELECT count(*) FROM ledger WHERE reason = 'retention'", 0), LETTERS);
}

static void
drops_headers_that_nobody_could_read(void **state)
{
	struct world *world = *state;
	struct capture_item item = { .uid = 1001,
		.error = "no end",
		.header = (const uint8_t *)"From: ada",
		.header_size = 9 };
	struct capture_slice slice = {
		.stream_id = world->inbox,
		.kind = CAPTURE_NEW,
		.items = &item,
		.count = 1,
		.cursor = 1001,
	};

	world->config.retain_quarantine = 90 * DAY;
	world_slice(world, &slice);
	assert_int_equal(pass(world, NOW + 90 * DAY).headers, 0);
	assert_int_equal(pass(world, NOW + 90 * DAY + 1).headers, 1);
	assert_int_equal(ask(world, "SELECT header IS NULL FROM quarantine", 0), 1);
	assert_decided(world->inbox, 1001, "quarantined");
}

/* In the records of the index words stand as they are, but for what they share with the one before. */
static int64_t
index_holds(struct world *world, const char *word)
{
	struct stmt *q = sql_prepare(world->store,
		"SELECT count(*) FROM interaction_search_data WHERE instr(block, CAST(? AS BLOB))");
	int64_t count = 0;
	bool found;

	stmt_bind_text(q, word);
	assert_ok(sql_get_int(q, &count, &found, &world->err));
	return count;
}

static void
leaves_no_word_in_the_search_index(void **state)
{
	struct world *world = *state;
	struct retention_counts counts = { 0 };
	struct retention_place place = { .merges = true };
	bool more = true;

	world->config.retain_email = 365 * DAY;
	world_person(world, "Ada", "ada@x.example");
	capture_one(world, 1001, "Zanzibar");
	capture_one(world, 1002, "Quagga");
	assert_true(index_holds(world, "anzibar") > 0);
	while (more) {
		assert_ok(store_begin(world->store, &world->err));
		assert_ok(retention_turn(world->store, world->capture, world->arena, &place,
			NOW + 366 * DAY, &counts, &more, &world->err));
		assert_ok(store_commit(world->store, &world->err));
	}
	assert_int_equal(counts.mails, 2);
	assert_int_equal(index_holds(world, "anzibar"), 0);
}

static void
tells_when_the_next_goes(void **state)
{
	struct world *world = *state;
	int64_t at;

	world->config.retain_email = 365 * DAY;
	assert_ok(retention_next(world->store, &world->config, false, &at, &world->err));
	assert_int_equal(at, 0);
	world_person(world, "Ada", "ada@x.example");
	capture_one(world, 1001, "Hello");
	assert_ok(retention_next(world->store, &world->config, false, &at, &world->err));
	assert_int_equal(at, ask(world, "SELECT at FROM interaction", 0) + 365 * DAY);
}

/* ---- keywords ---------------------------------------------------------------------------------- */

static const char *const PRIVATE_WORDS[] = { "$Private" };
static const char *const ONLY_WORDS[] = { "crm" };

static void
keeps_out_what_bears_a_keyword(void **state)
{
	struct world *world = *state;
	struct event *event;

	world->sources[0].skip_keyword = (struct config_list){ (const char **)PRIVATE_WORDS, 1 };
	world->sources[0].level = LEVEL_TEXT;
	world_person(world, "Ada", "ada@x.example");
	event = letter(world, "ada@x.example", "Mine");
	event->keywords = "\\Seen $private work";
	world_new(world, world->inbox, 1001, event);
	assert_decided(world->inbox, 1001, "private");
	assert_int_equal(ask(world, "SELECT count(*) FROM want", 0), 0);
	assert_int_equal(ask(world, "SELECT count(*) FROM party", 0), 0);
	event = letter(world, "ada@x.example", "Ours");
	event->keywords = "\\Seen $PrivateNot";
	world_new(world, world->inbox, 1002, event);
	assert_decided(world->inbox, 1002, "captured");
}

static void
lets_in_what_bears_a_keyword_only(void **state)
{
	struct world *world = *state;
	struct event *event;

	world->sources[0].only_keyword = (struct config_list){ (const char **)ONLY_WORDS, 1 };
	world_person(world, "Ada", "ada@x.example");
	world_new(world, world->inbox, 1001, letter(world, "ada@x.example", "Without"));
	assert_decided(world->inbox, 1001, "ignored");
	event = letter(world, "ada@x.example", "With");
	event->keywords = "CRM";
	world_new(world, world->inbox, 1002, event);
	assert_decided(world->inbox, 1002, "captured");
	world_reapply(world, false);
	assert_decided(world->inbox, 1001, "ignored");
}

static int64_t
note_held(struct world *world, uint32_t uid, bool private_)
{
	struct uid_set uids = { 0 };
	struct capture_result result;
	unsigned count;
	int64_t *rows;

	uid_set_add(&uids, uid);
	assert_ok(held_compare(world->store, world->arena, world->inbox, &uids, private_, &rows,
		&count, &world->err));
	uid_set_clear(&uids);
	assert_ok(store_begin(world->store, &world->err));
	assert_ok(held_note(world->store, world->capture, world->arena, rows, count, private_, NOW,
		&result, &world->err));
	assert_ok(store_commit(world->store, &world->err));
	return count;
}

static void
drops_what_gets_a_keyword_later(void **state)
{
	struct world *world = *state;
	struct stmt *q;

	world->sources[0].skip_keyword = (struct config_list){ (const char **)PRIVATE_WORDS, 1 };
	world_person(world, "Ada", "ada@x.example");
	capture_one(world, 1001, "Mine");
	/* Not even what we think of it makes it ours. */
	q = sql_prepare(world->store, "UPDATE interaction SET evaluation = 'positive'");
	assert_ok(stmt_run(q, &world->err));
	assert_int_equal(note_held(world, 1001, true), 1);
	assert_int_equal(note_held(world, 1001, true), 0);
	assert_decided(world->inbox, 1001, "private");
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction", 0), 0);
	assert_int_equal(ask(world, "SELECT interactions FROM contact", 0), 0);
	assert_null(ask_text(world, "SELECT subject FROM message", 0));
	world_reapply(world, false);
	assert_decided(world->inbox, 1001, "private");
}

static void
lets_in_what_gets_a_keyword_later(void **state)
{
	struct world *world = *state;

	world->sources[0].only_keyword = (struct config_list){ (const char **)ONLY_WORDS, 1 };
	world->sources[0].level = LEVEL_TEXT;
	world_person(world, "Ada", "ada@x.example");
	world_new(world, world->inbox, 1001, letter(world, "ada@x.example", "Without"));
	assert_int_equal(note_held(world, 1001, false), 1);
	assert_decided(world->inbox, 1001, "captured");
	assert_int_equal(ask(world, "SELECT count(*) FROM want", 0), 1);
	assert_int_equal(note_held(world, 1001, false), 0);
}

static void
believes_the_private_copy(void **state)
{
	struct world *world = *state;
	struct event *event = letter(world, "ada@x.example", "Mine");
	int64_t other = world_stream(world, world->work, "Mine", 9, 1);

	world->sources[0].skip_keyword = (struct config_list){ (const char **)PRIVATE_WORDS, 1 };
	world_person(world, "Ada", "ada@x.example");
	world_new(world, world->inbox, 1001, event);
	assert_decided(world->inbox, 1001, "captured");
	event->keywords = "$Private";
	world_new(world, other, 1, event);
	assert_decided(world->inbox, 1001, "private");
	assert_decided(other, 1, "private");
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction", 0), 0);
	assert_int_equal(ask(world, "SELECT interactions FROM contact", 0), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(keeps_all_for_ever_unless_told),
		TEST(drops_text_and_keeps_the_rest),
		TEST(asks_for_no_text_that_would_go_at_once),
		TEST(takes_old_mail_out_and_says_so_in_its_row),
		TEST(does_not_capture_it_again),
		TEST(records_nothing_that_would_go_at_once),
		TEST(matches_nothing_that_would_go_at_once),
		TEST(leaves_what_people_worked_on),
		TEST(empties_evidence_of_strangers),
		TEST(empties_evidence_of_all_decisions),
		TEST(takes_more_than_one_slice),
		TEST(drops_headers_that_nobody_could_read),
		TEST(leaves_no_word_in_the_search_index),
		TEST(tells_when_the_next_goes),
		TEST(keeps_out_what_bears_a_keyword),
		TEST(lets_in_what_bears_a_keyword_only),
		TEST(drops_what_gets_a_keyword_later),
		TEST(lets_in_what_gets_a_keyword_later),
		TEST(believes_the_private_copy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
