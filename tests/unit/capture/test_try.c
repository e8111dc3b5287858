#include "rulebook.h"

/* A draft of rules tried on the ledger tells what a run of them would do. */

enum { MAILS = 60, SPAN = 7 };

struct tried {
	struct reapplied told[2 * MAILS];
	unsigned count, messages;
};

static void
count_message(void *to, const char *decision, int64_t count)
{
	struct tried *tried = to;

	assert_string_not_equal(decision, "duplicate");
	tried->messages += (unsigned)count;
}

static int
keep_told(void *to, const struct reapplied *told, struct err *err)
{
	struct tried *tried = to;

	(void)err;
	assert_true(tried->count < 2 * MAILS);
	tried->told[tried->count++] = *told;
	return 0;
}

/* Of contacts, strangers, lists and us, every third with a copy in another folder, decided under rules. */
static void
fill(struct world *world)
{
	static const char *const from[] = { "ada@x.example", "bob@y.example", "eve@z.example",
		"me@own.example" };
	static const char *const subjects[] = { "Offer 1", "Lunch", "Salary", "Re: offer" };
	int64_t archive = world_stream(world, world->work, "Archive", 9, 2001);

	world_person(world, "Ada Lovelace", "ada@x.example");
	world_person(world, "Bob", "bob@y.example");
	world_rule(world, "ignore", NULL, "subject = lunch and from = bob@y.example");
	for (uint32_t i = 0; i < MAILS; i++) {
		struct event *event = world_mail(
			world, from[i % 4], i % 4 == 3 ? "ada@x.example" : "me@own.example");

		event->subject = subjects[i / 4 % 4];
		event->class = i % 7 == 0 ? CLASS_BULK : CLASS_PERSONAL;
		event->sensitivity = i % 11 == 5 ? "private" : NULL;
		mail_seal(event);
		world_new(world, world->inbox, 1001 + i, event);
		if (i % 3 == 0)
			world_new(world, archive, 2001 + i, event);
	}
}

static void
try_all(struct world *world, struct tried *out)
{
	const struct trying trying = { out, { NULL, 0 }, count_message, keep_told };
	int64_t last = ask(world, "SELECT max(id) FROM ledger", 0);
	struct arena *scratch = arena_new();

	*out = (struct tried){ 0 };
	for (int64_t after = 0; after < last; after += SPAN) {
		struct ledger_span span = { after, after + SPAN, INT64_MIN };

		assert_ok(capture_try_span(world->store, world->capture, world->arena, scratch,
			&span, NOW, &trying, &world->err));
	}
	arena_free(scratch);
}

static const struct reapplied *
told_of(const struct tried *tried, int64_t row)
{
	for (unsigned i = 0; i < tried->count; i++) {
		if (tried->told[i].row == row)
			return &tried->told[i];
	}
	return NULL;
}

static void
assert_alike(const struct reapplied *tried, const struct reapplied *run)
{
	if (tried == NULL) {
		assert_true(run->row == 0 || strcmp(run->before, run->after) == 0);
		return;
	}
	assert_int_equal(tried->row, run->row);
	assert_int_equal(tried->at, run->at);
	assert_string_equal(tried->before, run->before);
	assert_string_equal(tried->after, run->after);
	assert_int_equal(tried->rule, run->rule);
	assert_int_equal(tried->unknown, run->unknown);
	assert_int_equal(tried->by_hand, run->by_hand);
	assert_int_equal(tried->changed, run->changed);
	assert_int_equal(tried->relinked, run->relinked);
	assert_int_equal(tried->retemplated, run->retemplated);
}

static void
tells_what_a_run_would_do(void **state)
{
	struct rule draft[] = {
		{ .id = 1, .place = 1, .action = "keep", .where = "subject ~ \"*offer*\"" },
		{ .id = 2, .place = 2, .action = "ignore", .where = "any-address = ada@x.example" },
		{ .id = 3, .place = 3, .action = "private", .where = "subject = salary" },
	};
	struct world *world = *state;
	struct tried *tried = test_calloc(1, sizeof *tried);
	unsigned changed = 0;

	fill(world);
	assert_ok(capture_try_rules(world->capture, draft, 3, &world->err));
	try_all(world, tried);
	for (int64_t row = 1; row <= ask(world, "SELECT max(id) FROM ledger", 0); row++) {
		struct reapplied run = world_reapply_row(world, row, true);

		assert_alike(told_of(tried, row), &run);
		changed += run.changed;
	}
	assert_true(changed > 10);
	assert_int_equal(tried->messages, MAILS);
	assert_int_equal(ask(world, "SELECT count(*) FROM ledger WHERE version > 1", 0), 0);
	test_free(tried);
}

/* Bob gets what he writes alone, and has a part in what Ada writes. */
static void
fill_with_both(struct world *world)
{
	struct event *event = world_mail(world, "ada@x.example", "me@own.example");

	event->subject = "Both";
	mail_add(world, event, PARTY_CC, "bob@y.example");
	mail_seal(event);
	world_person(world, "Ada Lovelace", "ada@x.example");
	world_person(world, "Bob", "bob@y.example");
	world_new(world, world->inbox, 1001, event);
}

static const char *
links_of(struct world *world, int64_t row)
{
	static const struct unread_folders none;
	struct json_out out;

	text_reset(&world->text);
	json_out_init(&out, &world->text);
	json_object_begin(&out, NULL);
	assert_ok(capture_try_links(
		world->store, world->capture, world->arena, row, &none, NOW, &out, &world->err));
	json_object_end(&out);
	return world->text.bytes;
}

static void
tells_links_templates_and_levels_that_change(void **state)
{
	struct rule draft[] = {
		{ .id = 1,
			.action = "ignore",
			.where = "any-address = bob@y.example",
			.link = true },
		{ .id = 2, .action = "template", .where = "subject = both", .value = "TT" },
		{ .id = 3, .action = "level", .where = "subject = both", .value = "text" },
	};
	struct world *world = *state;
	struct tried *tried = test_calloc(1, sizeof *tried);
	const struct reapplied *told;

	fill_with_both(world);
	assert_ok(capture_try_rules(world->capture, draft, 3, &world->err));
	try_all(world, tried);
	assert_int_equal(tried->count, 1);
	told = &tried->told[0];
	assert_true(told->changed && told->relinked && told->retemplated);
	assert_string_equal(told->template, "TT");
	assert_string_equal(told->level_before, "metadata");
	assert_string_equal(told->level_after, "text");
	assert_int_equal(told->rule, 1);
	assert_string_equal(
		links_of(world, told->row), "{\"unlinked\":[\"C00002\"],\"linked\":[]}");
	test_free(tried);
}

static void
tells_links_that_come_back_without_a_rule_of_today(void **state)
{
	struct rule draft[] = {
		{ .id = 1, .action = "keep", .where = "subject = nothing" },
	};
	struct world *world = *state;
	struct tried *tried = test_calloc(1, sizeof *tried);

	world_rule(world, "ignore", NULL, "any-address = bob@y.example");
	fill_with_both(world);
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction_contact", 0), 1);
	assert_ok(capture_try_rules(world->capture, draft, 1, &world->err));
	try_all(world, tried);
	assert_int_equal(tried->count, 1);
	assert_true(tried->told[0].relinked);
	assert_string_equal(
		links_of(world, tried->told[0].row), "{\"unlinked\":[],\"linked\":[\"C00002\"]}");
	test_free(tried);
}

static void
leaves_alone_what_no_rule_concerns(void **state)
{
	struct rule draft[] = {
		{ .id = 1, .place = 1, .action = "ignore", .where = "subject = nothing" },
	};
	struct world *world = *state;
	struct tried *tried = test_calloc(1, sizeof *tried);
	int64_t eve;

	fill(world);
	eve = world_row(world, world->inbox, 1003).id;
	world_person(world, "Eve", "eve@z.example"); /* whose mail a run would capture */
	assert_ok(capture_try_rules(world->capture, draft, 1, &world->err));
	try_all(world, tried);
	assert_true(world_reapply_row(world, eve, true).changed);
	assert_null(told_of(tried, eve));
	assert_int_equal(tried->messages, MAILS);
	test_free(tried);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(tells_what_a_run_would_do),
		TEST(tells_links_templates_and_levels_that_change),
		TEST(tells_links_that_come_back_without_a_rule_of_today),
		TEST(leaves_alone_what_no_rule_concerns),
	};

	return cmocka_run_group_tests_name("try", tests, NULL, NULL);
}
