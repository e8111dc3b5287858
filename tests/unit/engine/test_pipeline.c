#include <fcntl.h>

#include "scene.h"

/* The mail pipeline: what a child that is somebody else by now may make the engine hold, and who is
 * blamed when one ends. */

enum { UIDVALIDITY = 7 };

static int
open_work(void **state)
{
	static const struct config_source work = { .number = 1,
		.kind = SOURCE_IMAP,
		.name = "work",
		.connections = 1,
		.since = -1,
		.poll = 300 };

	*state = scene_open(&work, NULL);
	return 0;
}

static int
close_work(void **state)
{
	scene_close(*state);
	return 0;
}

static struct mailbox *
work(struct scene *scene)
{
	return scene_mailbox(scene);
}

/* ---- what fetch says --------------------------------------------------------------------------- */

static void
say(struct scene *scene, struct text *frames)
{
	scene_say(scene, scene->fetch, frames);
}

static struct folder *
inbox(struct scene *scene)
{
	return folder_by_name(work(scene), "INBOX");
}

static void
say_inbox(struct scene *scene, uint32_t uidnext)
{
	struct frame_writer writer;
	struct text out = { 0 };

	frame_begin(&writer, &out, FRAME_STATE, 1, 0);
	frame_put_u64(&writer, TAG_STATE, SOURCE_IDLE);
	frame_end(&writer);
	frame_begin(&writer, &out, FRAME_FOLDERS, 1, 0);
	frame_put_text(&writer, TAG_FOLDER, "INBOX");
	frame_put_u64(&writer, TAG_WATCHED, FOLDER_IDLE);
	frame_end(&writer);
	frame_begin(&writer, &out, FRAME_OPENED, 1, 0);
	frame_put_text(&writer, TAG_FOLDER, "INBOX");
	frame_put_u64(&writer, TAG_UIDVALIDITY, UIDVALIDITY);
	frame_put_u64(&writer, TAG_UIDNEXT, uidnext);
	frame_put_u64(&writer, TAG_EXISTS, uidnext - 1);
	frame_end(&writer);
	say(scene, &out);
}

static void
tell_inbox(struct scene *scene, uint32_t uidnext)
{
	RUN_UNTIL(scene, work(scene)->watched);
	say_inbox(scene, uidnext);
	RUN_UNTIL(scene, inbox(scene) != NULL && inbox(scene)->known);
}

static void
put_slice(struct text *out, uint32_t token, uint32_t first, uint32_t last)
{
	struct uid_set uids = { 0 };
	struct frame_writer writer;

	uid_set_add_range(&uids, first, last);
	frame_begin(&writer, out, FRAME_SLICE, 1, token);
	frame_put_text(&writer, TAG_FOLDER, "INBOX");
	frame_put_u64(&writer, TAG_UIDVALIDITY, UIDVALIDITY);
	frame_put_u64(&writer, TAG_SLICE_KIND, SLICE_NEW);
	frame_put_u64(&writer, TAG_LOW, first - 1);
	frame_put_uids(&writer, TAG_UIDS, &uids);
	frame_end(&writer);
	uid_set_clear(&uids);
}

static void
put_uids(struct text *out, enum frame_type type, uint32_t token, enum frame_tag tag, uint32_t first,
	uint32_t last)
{
	struct uid_set uids = { 0 };
	struct frame_writer writer;

	uid_set_add_range(&uids, first, last);
	frame_begin(&writer, out, type, 1, token);
	frame_put_text(&writer, TAG_FOLDER, "INBOX");
	frame_put_uids(&writer, tag, &uids);
	frame_end(&writer);
	uid_set_clear(&uids);
}

static void
put_item(struct text *out, uint32_t token, uint32_t uid)
{
	static const char header[] = "From: ada@x.example\r\nSubject: one\r\n\r\n";
	struct frame_writer writer;

	frame_begin(&writer, out, FRAME_ITEM, 1, token);
	frame_put_u64(&writer, TAG_UID, uid);
	frame_put(&writer, TAG_HEADER, header, strlen(header));
	frame_end(&writer);
}

/* ---- tests: counts ----------------------------------------------------------------------------- */

enum { TOKEN = 0x80000001 };

static void
takes_no_more_folders_than_a_server_may_have(void **state)
{
	struct scene *scene = *state;
	struct frame_writer writer;
	struct text out = { 0 };

	RUN_UNTIL(scene, work(scene)->watched);
	frame_begin(&writer, &out, FRAME_FOLDERS, 1, 0);
	for (unsigned i = 0; i <= FOLDERS_LISTED_MAX; i++) {
		char name[16];

		snprintf(name, sizeof name, "f%u", i);
		frame_put_text(&writer, TAG_FOLDER, name);
	}
	frame_end(&writer);
	say(scene, &out);
	scene_expect_kill(scene, "more than 5000 folders");
	assert_int_equal(work(scene)->folder_count, FOLDERS_LISTED_MAX);
}

static void
takes_no_new_folders_without_end(void **state)
{
	struct scene *scene = *state;
	unsigned name_number = 0;

	RUN_UNTIL(scene, work(scene)->watched);
	while (name_number <= FOLDERS_KNOWN_MAX) {
		struct frame_writer writer;
		struct text out = { 0 };

		frame_begin(&writer, &out, FRAME_FOLDERS, 1, 0);
		for (unsigned i = 0; i < FOLDERS_LISTED_MAX; i++) {
			char name[16];

			snprintf(name, sizeof name, "f%u", name_number++);
			frame_put_text(&writer, TAG_FOLDER, name);
		}
		frame_end(&writer);
		say(scene, &out);
	}
	scene_expect_kill(scene, "folders without end");
	assert_int_equal(work(scene)->folder_count, FOLDERS_KNOWN_MAX);
}

static void
takes_no_slice_of_all_uids(void **state)
{
	struct scene *scene = *state;
	struct text out = { 0 };

	tell_inbox(scene, 1);
	put_slice(&out, TOKEN, 1, UINT32_MAX);
	say(scene, &out);
	scene_expect_kill(scene, "a slice of more than 65536 messages");
	assert_int_equal(work(scene)->slices, 0);
}

static void
takes_no_slices_without_end(void **state)
{
	struct scene *scene = *state;
	struct text out = { 0 };

	tell_inbox(scene, 1);
	for (uint32_t i = 0; i <= ARRIVING_MAX / SLICE_UIDS_MAX; i++)
		put_slice(&out, TOKEN + i, i * SLICE_UIDS_MAX + 1, (i + 1) * SLICE_UIDS_MAX);
	say(scene, &out);
	scene_expect_kill(scene, "slices without end");
	assert_in_range(work(scene)->arriving, 1, ARRIVING_MAX);
}

static void
hears_of_no_message_that_was_not_asked(void **state)
{
	static const enum frame_tag tags[] = { TAG_GONE, TAG_FAILED };
	struct scene *scene = *state;
	struct text out = { 0 };

	tell_inbox(scene, 1);
	for (unsigned i = 0; i < 2; i++) {
		put_slice(&out, TOKEN, 1, 10);
		put_uids(&out, FRAME_SLICE_END, TOKEN, tags[i], 10, UINT32_MAX);
		say(scene, &out);
		scene_expect_kill(scene, "it tells of messages that were not asked");
		assert_int_equal(inbox(scene)->cursor, 0);
		scene_renew_fetch(scene);
		tell_inbox(scene, 1);
	}
}

static void
takes_a_list_of_uids_in_order_only(void **state)
{
	struct scene *scene = *state;
	struct text out = { 0 };

	tell_inbox(scene, 101);
	RUN_UNTIL(scene, scene->search != 0);
	put_uids(&out, FRAME_UIDS, scene->search, TAG_UIDS, 1, 50);
	put_uids(&out, FRAME_UIDS, scene->search, TAG_UIDS, 51, 60);
	say(scene, &out);
	RUN_UNTIL(scene, uid_set_size(&inbox(scene)->job.todo) == 60);
	put_uids(&out, FRAME_UIDS, scene->search, TAG_UIDS, 60, 70);
	say(scene, &out);
	scene_expect_kill(scene, "a list of UIDs that is not in order");
}

/* ---- tests: how much is decided ---------------------------------------------------------------- */

/* What is counted in a transaction is as old as that, however late it is counted. */
static void
a_count_is_of_the_time_when_its_transaction_began(void **state)
{
	struct scene *scene = *state;
	struct store *store = store_open_memory(&(struct err){ 0 });
	struct arena *arena = arena_new();
	struct text text = { 0 };
	struct json_out out;
	struct err err;
	int64_t begun_ms;

	tell_inbox(scene, 1);
	assert_int_equal(store_begin(store, &err), 0);
	begun_ms = store_begun_ms(store);
	while (clock_monotonic_ms() == begun_ms)
		continue;
	json_out_init(&out, &text);
	assert_int_equal(
		source_write(scene->engine.pipeline, store, arena, "work", NULL, &out, &err), 0);
	assert_int_equal(inbox(scene)->tally.stream, inbox(scene)->stream);
	assert_int_equal(inbox(scene)->tally.begun_ms, begun_ms);
	store_rollback(store);
	store_close(store);
	arena_free(arena);
	text_clear(&text);
}

/* ---- tests: what is lost with fetch ------------------------------------------------------------ */

static void
a_backfill_whose_last_slice_is_written_after_its_fetch_died_is_done(void **state)
{
	static struct obstacle obstacle;
	struct scene *scene = *state;
	struct frame_writer writer;
	struct text out = { 0 };

	tell_inbox(scene, 3);
	RUN_UNTIL(scene, scene->search != 0);
	put_uids(&out, FRAME_UIDS, scene->search, TAG_UIDS, 1, 2);
	frame_begin(&writer, &out, FRAME_UIDS, 1, scene->search);
	frame_put_flag(&writer, TAG_LAST);
	frame_end(&writer);
	say(scene, &out);
	RUN_UNTIL(scene, scene->asked != 0);
	obstacle_put(&obstacle, scene);
	put_uids(&out, FRAME_SLICE_END, scene->asked, TAG_GONE, 1, 2);
	say(scene, &out);
	RUN_UNTIL(scene, writer_waiting(scene->engine.writer, WORK_BACKFILL) == 1);
	scene_renew_fetch(scene);
	say_inbox(scene, 3);
	RUN_UNTIL(scene, writer_waiting(scene->engine.writer, WORK_NEW) == 1);
	obstacle_lift(&obstacle);
	RUN_UNTIL(scene, inbox(scene)->known && work(scene)->slices == 0);
	assert_int_equal(inbox(scene)->low, 0);
	assert_int_equal(inbox(scene)->job.state, JOB_DONE);
}

/* ---- tests: who is blamed ---------------------------------------------------------------------- */

static void
deliver_two(struct scene *scene)
{
	struct frame_writer writer;
	struct text out = { 0 };

	tell_inbox(scene, 1);
	put_slice(&out, TOKEN, 1, 2);
	put_item(&out, TOKEN, 1);
	put_item(&out, TOKEN, 2);
	frame_begin(&writer, &out, FRAME_SLICE_END, 1, TOKEN);
	frame_end(&writer);
	scene->parse = scene_child(scene, CHILD_PARSE);
	say(scene, &out);
	RUN_UNTIL(scene, scene->parsed > 0);
}

static void
blames_the_item_at_which_parse_after_parse_ends_well(void **state)
{
	struct scene *scene = *state;
	struct pipeline *pipeline = scene->engine.pipeline;

	deliver_two(scene);
	for (unsigned i = 0; i < 2; i++) {
		scene_renew_parse(scene, true);
		assert_int_equal(pipeline->quarantined, 0);
		RUN_UNTIL(scene, scene->parsed > 0);
	}
	assert_true(pipeline->parsing.alone);
	scene_renew_parse(scene, true);
	assert_int_equal(pipeline->quarantined, 1);
	assert_int_equal(pipeline->parsing.count, 1);
	assert_int_equal(
		pipeline->parsing.first->tries, 0); /* the other one is blamed for nothing */
}

static void
blames_no_item_that_a_recycled_parse_leaves(void **state)
{
	struct scene *scene = *state;
	struct pipeline *pipeline = scene->engine.pipeline;

	deliver_two(scene);
	for (unsigned i = 0; i < 5; i++) /* only the first one was given anything */
		parsing_lost(pipeline, true, "ended with status 0");
	assert_false(pipeline->parsing.alone);
	assert_int_equal(pipeline->parsing.first->exits, 1);
	assert_int_equal(pipeline->parsing.first->tries, 0);
}

static void
blames_the_item_at_which_parse_dies_twice(void **state)
{
	struct scene *scene = *state;
	struct pipeline *pipeline = scene->engine.pipeline;

	deliver_two(scene);
	scene_renew_parse(scene, false);
	assert_true(pipeline->parsing.alone);
	RUN_UNTIL(scene, scene->parsed > 0);
	scene_renew_parse(scene, false);
	assert_int_equal(pipeline->quarantined, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_work, close_work)

/* A thread's answer is for who asked, not for who came to lie where that one lay. */
static void
an_answer_is_for_nobody_who_asked_later(void **state)
{
	struct scene *scene = *state;
	struct mailbox *mailbox = work(scene);
	struct loop_call call = { .call.engine = mailbox->pipeline->engine };
	struct asking *first, *second;
	uint64_t number;

	RUN_UNTIL(scene, mailbox->id != 0);
	first = asking_new(&call, mailbox, sizeof *first, 1000);
	number = first->number;
	assert_true(asking_is_open(mailbox->pipeline, first, number));
	asking_end(first);
	second = asking_new(&call, mailbox, sizeof *second, 1000);
	assert_true(asking_is_open(mailbox->pipeline, second, second->number));
	assert_false(asking_is_open(mailbox->pipeline, second, number));
	asking_end(second);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(takes_no_more_folders_than_a_server_may_have),
		TEST(takes_no_new_folders_without_end),
		TEST(takes_no_slice_of_all_uids),
		TEST(takes_no_slices_without_end),
		TEST(hears_of_no_message_that_was_not_asked),
		TEST(takes_a_list_of_uids_in_order_only),
		TEST(a_count_is_of_the_time_when_its_transaction_began),
		TEST(a_backfill_whose_last_slice_is_written_after_its_fetch_died_is_done),
		TEST(blames_the_item_at_which_parse_after_parse_ends_well),
		TEST(blames_no_item_that_a_recycled_parse_leaves),
		TEST(blames_the_item_at_which_parse_dies_twice),
		TEST(an_answer_is_for_nobody_who_asked_later),
	};

	while (open("/dev/null", O_RDWR) <=
		CREW_DESCRIPTOR) /* whatever was there is not the crew's */
		continue;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
