#include <fcntl.h>

#include "play.h"

/* A calendar's feed between fetch, parse and the writer: what is left of it when one of them, or
 * whoever asked, is gone. */

static const char ROWS[] = "SELECT count(*) FROM ledger";
static const char QUARANTINED[] = "SELECT count(*) FROM ledger WHERE decision = 'quarantined'";

/* ---- events that nobody waits for -------------------------------------------------------------- */

/* Two events are at parse, and the first one is read, when the calendar is erased. */
static void
erase_in_the_middle(struct play *play)
{
	static struct work erase;

	come_up(play);
	deliver(play, "ab", 1);
	RUN_UNTIL(play->scene, play->scene->parsed == 3);
	erase = (struct work){ .run = run_erase };
	writer_add(play->scene->engine.writer, &erase);
	say_meeting(play, 1);
	await_answer(play);
	assert_null(team(play)->feed);
}

static void
passes_over_what_parse_answers_for_a_calendar_that_was_erased(void **state)
{
	struct play *play = *state;
	struct parsing *parsing = &play->scene->engine.pipeline->parsing;

	erase_in_the_middle(play);
	assert_int_equal(parsing->count, 1);
	assert_true(parsing->first->dropped);
	assert_null(parsing->first->feed);
	say_meeting(play, 2);
	RUN_UNTIL(play->scene, parsing->count == 0);
	assert_string_equal(play->scene->reason, "");
	assert_int_equal(count(play, ROWS), 0);
}

static void
asks_no_other_parse_for_a_calendar_that_was_erased(void **state)
{
	struct play *play = *state;
	struct pipeline *pipeline = play->scene->engine.pipeline;

	erase_in_the_middle(play);
	scene_renew_parse(play->scene, false);
	assert_int_equal(pipeline->parsing.count, 0);
	assert_int_equal(pipeline->quarantined, 0);
	assert_int_equal(count(play, ROWS), 0);
}

static void
takes_out_what_waits_for_a_parse_when_its_calendar_is_erased(void **state)
{
	static struct obstacle obstacle;
	static struct work erase;
	struct play *play = *state;
	struct scene *scene = play->scene;
	struct parsing *parsing = &scene->engine.pipeline->parsing;

	come_up(play);
	deliver(play, "abc", 1);
	RUN_UNTIL(scene, scene->parsed == 4);
	obstacle_put(&obstacle, scene);
	erase = (struct work){ .run = run_erase };
	writer_add(scene->engine.writer, &erase);
	say_meeting(play, 1);
	RUN_UNTIL(scene, parsing->count == 2);
	pipeline_child_gone(
		scene->engine.pipeline, CHILD_PARSE, scene->ids[CHILD_PARSE], true, "ended");
	obstacle_lift(&obstacle);
	await_answer(play);
	assert_int_equal(parsing->count, 0);
	assert_null(parsing->first);
	assert_null(parsing->last);
	assert_null(parsing->unsent);
}

/* ---- credit ------------------------------------------------------------------------------------ */

static void
gives_back_the_credit_of_a_calendar_that_nobody_knows(void **state)
{
	struct play *play = *state;

	come_up(play);
	say_piece(play, 99, FIRST, NULL);
	RUN_UNTIL(play->scene, all_credit_is_back(play));
	assert_null(team(play)->feed);
}

static void
gives_back_the_credit_of_a_calendar_that_is_paused(void **state)
{
	struct play *play = *state;

	come_up(play);
	mailbox_unwatch(team(play));
	team(play)->paused = true;
	say_piece(play, 1, FIRST, NULL);
	RUN_UNTIL(play->scene, all_credit_is_back(play));
	assert_null(team(play)->feed);
}

static void
gives_back_the_credit_of_a_calendar_of_which_nothing_is_known_yet(void **state)
{
	struct play *play = *state;

	come_up(play);
	feed_folder(team(play))->known = false;
	say_piece(play, 1, FIRST, NULL);
	RUN_UNTIL(play->scene, all_credit_is_back(play));
	assert_null(team(play)->feed);
}

static void
gives_back_the_credit_of_all_pieces(void **state)
{
	struct play *play = *state;

	come_up(play);
	record_feed(play, "a", 1);
	assert_true(all_credit_is_back(play));
	assert_int_equal(count(play, ROWS), 1);
}

/* ---- pieces that come too late ----------------------------------------------------------------- */

static void
drops_what_comes_after_a_look_has_failed(void **state)
{
	struct play *play = *state;

	come_up(play);
	say_piece(play, 1, FIRST, NULL);
	RUN_UNTIL(play->scene, team(play)->feed != NULL);
	say_piece(play, 1, LAST, "the server hung up");
	RUN_UNTIL(play->scene, team(play)->feed == NULL);
	say_piece(play, 1, LAST, NULL);
	RUN_UNTIL(play->scene, all_credit_is_back(play));
	assert_null(team(play)->feed);
	record_feed(play, "a", 1);
	assert_string_equal(play->scene->reason, "");
}

static void
drops_what_comes_after_a_look_has_ended(void **state)
{
	struct play *play = *state;

	come_up(play);
	record_feed(play, "a", 1);
	say_piece(play, 1, LAST, NULL);
	RUN_UNTIL(play->scene, all_credit_is_back(play));
	assert_null(team(play)->feed);
	record_feed(play, "b", 2);
	assert_string_equal(play->scene->reason, "");
}

static void
drops_the_rest_of_a_feed_that_a_pause_broke_off(void **state)
{
	struct play *play = *state;

	come_up(play);
	say_piece(play, 1, FIRST, NULL);
	RUN_UNTIL(play->scene, team(play)->feed != NULL);
	play->scene->watches = 0;
	mailbox_unwatch(team(play));
	assert_null(team(play)->feed);
	mailbox_watch(team(play));
	come_up(play);
	say_piece(play, 1, LAST, NULL);
	RUN_UNTIL(play->scene, all_credit_is_back(play));
	record_feed(play, "a", 1);
	assert_string_equal(play->scene->reason, "");
}

static void
ends_a_fetch_that_sends_a_feed_before_the_last_one_was_answered(void **state)
{
	struct play *play = *state;

	come_up(play);
	deliver(play, "a", 1);
	RUN_UNTIL(play->scene, play->scene->parsed == 2);
	play->token++;
	say_piece(play, 1, FIRST, NULL);
	scene_expect_kill(play->scene, "a feed before the last one was answered");
}

/* ---- who waits for a look ---------------------------------------------------------------------- */

static void
begin_verify(struct play *play)
{
	uint32_t before = play->scene->sync;

	come_up(play);
	ask(play, "capture.verify", "{\"source\":\"team\"}");
	RUN_UNTIL(play->scene, play->scene->sync != before);
}

static void
a_verify_fails_with_the_look_it_waits_for(void **state)
{
	struct play *play = *state;

	begin_verify(play);
	say_fresh(play, "the server says 503");
	RUN_UNTIL(play->scene, was_told(play, "\"the server says 503\""));
	assert_true(was_told(play, "\"unavailable\""));
	assert_null(team(play)->check);
}

static void
a_verify_fails_with_the_state_of_its_calendar(void **state)
{
	struct play *play = *state;

	begin_verify(play);
	say_state(play, SOURCE_OFFLINE, "there is no route to it");
	RUN_UNTIL(play->scene, was_told(play, "\"there is no route to it\""));
	assert_null(team(play)->check);
}

static void
a_verify_fails_with_a_feed_that_is_broken_off(void **state)
{
	struct play *play = *state;

	begin_verify(play);
	play->token++;
	say_piece(play, 1, FIRST, NULL);
	say_piece(play, 1, LAST, "the server hung up");
	RUN_UNTIL(play->scene, was_told(play, "\"the server hung up\""));
	assert_null(team(play)->check);
}

/* One event is quarantined, and is asked for again. */
static void
begin_retry(struct play *play)
{
	uint32_t before;

	come_up(play);
	deliver(play, "ab", 1);
	say_meeting(play, 1);
	reject_meeting(play, 2);
	await_answer(play);
	assert_int_equal(count(play, QUARANTINED), 1);
	before = play->scene->sync;
	ask(play, "capture.retry", "{}");
	RUN_UNTIL(play->scene, play->scene->sync != before);
}

static void
a_retry_is_answered_when_the_look_it_waits_for_is_recorded(void **state)
{
	struct play *play = *state;

	begin_retry(play);
	record_feed(play, "ab", 1);
	RUN_UNTIL(play->scene, was_told(play, "{\"asked\":1,\"unavailable\":0}"));
	assert_int_equal(count(play, QUARANTINED), 0);
}

static void
a_retry_fails_with_the_look_it_waits_for(void **state)
{
	struct play *play = *state;

	begin_retry(play);
	say_fresh(play, "the server says 503");
	RUN_UNTIL(play->scene, was_told(play, "could be read again: the server says 503"));
	assert_true(was_told(play, "\"unavailable\""));
	assert_null(team(play)->retry);
	assert_int_equal(count(play, QUARANTINED), 1);
}

static void
a_retry_fails_with_its_fetch(void **state)
{
	struct play *play = *state;

	begin_retry(play);
	scene_renew_fetch(play->scene);
	RUN_UNTIL(play->scene, was_told(play, "could be read again: the connection was lost"));
	assert_null(team(play)->retry);
}

/* ---- a feed that a person accepts -------------------------------------------------------------- */

static void
begin_accepting_sync(struct play *play)
{
	uint32_t before = play->scene->sync;

	come_up(play);
	record_feed(play, "abc", 1);
	ask(play, "source.sync", "{\"source\":\"team\",\"accept\":true}");
	RUN_UNTIL(play->scene, play->scene->sync != before);
	assert_true(team(play)->accept);
}

static void
accepts_the_feed_of_the_sync_that_says_so(void **state)
{
	struct play *play = *state;

	begin_accepting_sync(play);
	deliver(play, "", 1);
	await_answer(play);
	assert_string_equal(play->scene->error, "");
}

static void
accepts_nothing_after_a_sync_that_ended_without_a_look(void **state)
{
	struct play *play = *state;

	begin_accepting_sync(play);
	ask(play, "cancel", "{\"id\":1}");
	RUN_UNTIL(play->scene, play->scene->engine.control.calls->cancelled);
	pipeline_tick(play->scene->engine.pipeline, clock_monotonic_ms());
	RUN_UNTIL(play->scene, was_told(play, "it was cancelled"));
	deliver(play, "", 1);
	await_answer(play);
	assert_non_null(
		strstr(play->scene->error, "the calendar has no event, where there were 3"));
}

static void
accepts_nothing_after_a_sync_whose_time_was_up(void **state)
{
	struct play *play = *state;

	begin_accepting_sync(play);
	pipeline_tick(play->scene->engine.pipeline, clock_monotonic_ms() + 3600000);
	RUN_UNTIL(play->scene, was_told(play, "'team' did not answer in time"));
	assert_false(team(play)->accept);
}

/* ---- an event that cannot be recorded ---------------------------------------------------------- */

/* The writer is held up until all are read, so that they would be recorded together. */
static void
quarantines_just_the_event_that_cannot_be_recorded(void **state)
{
	static struct obstacle obstacle;
	struct play *play = *state;

	come_up(play);
	change(play, "CREATE TRIGGER unlucky BEFORE INSERT ON meeting WHEN NEW.event_uid = 'c' "
		     "BEGIN SELECT raise(ABORT, 'no such luck'); END");
	obstacle_put(&obstacle, play->scene);
	deliver(play, "abcd", 1);
	for (unsigned i = 1; i <= 4; i++)
		say_meeting(play, i);
	RUN_UNTIL(play->scene, team(play)->feed->answered == 4);
	obstacle_lift(&obstacle);
	await_answer(play);
	assert_string_equal(play->scene->error, "");
	assert_int_equal(play->scene->engine.pipeline->quarantined, 1);
	assert_int_equal(count(play, ROWS), 4);
	assert_int_equal(count(play, QUARANTINED), 1);
	assert_int_equal(count(play, "SELECT count(*) FROM feed_item WHERE bad_uid IS NOT NULL "
				     "AND event_uid = 'c'"),
		1);
}

static void
gives_up_a_feed_of_which_not_even_the_quarantine_can_be_recorded(void **state)
{
	struct play *play = *state;

	come_up(play);
	change(play, "CREATE TRIGGER unlucky BEFORE INSERT ON feed_item WHEN NEW.event_uid = 'b' "
		     "BEGIN SELECT raise(ABORT, 'no such luck'); END");
	deliver(play, "abc", 1);
	for (unsigned i = 1; i <= 3; i++)
		say_meeting(play, i);
	await_answer(play);
	assert_string_equal(play->scene->error, "no such luck");
	assert_null(team(play)->feed);
	assert_int_equal(count(play, "SELECT count(*) FROM feed WHERE digest IS NOT NULL"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, play_open, play_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(passes_over_what_parse_answers_for_a_calendar_that_was_erased),
		TEST(asks_no_other_parse_for_a_calendar_that_was_erased),
		TEST(takes_out_what_waits_for_a_parse_when_its_calendar_is_erased),
		TEST(gives_back_the_credit_of_a_calendar_that_nobody_knows),
		TEST(gives_back_the_credit_of_a_calendar_that_is_paused),
		TEST(gives_back_the_credit_of_a_calendar_of_which_nothing_is_known_yet),
		TEST(gives_back_the_credit_of_all_pieces),
		TEST(drops_what_comes_after_a_look_has_failed),
		TEST(drops_what_comes_after_a_look_has_ended),
		TEST(drops_the_rest_of_a_feed_that_a_pause_broke_off),
		TEST(ends_a_fetch_that_sends_a_feed_before_the_last_one_was_answered),
		TEST(a_verify_fails_with_the_look_it_waits_for),
		TEST(a_verify_fails_with_the_state_of_its_calendar),
		TEST(a_verify_fails_with_a_feed_that_is_broken_off),
		TEST(a_retry_is_answered_when_the_look_it_waits_for_is_recorded),
		TEST(a_retry_fails_with_the_look_it_waits_for),
		TEST(a_retry_fails_with_its_fetch),
		TEST(accepts_the_feed_of_the_sync_that_says_so),
		TEST(accepts_nothing_after_a_sync_that_ended_without_a_look),
		TEST(accepts_nothing_after_a_sync_whose_time_was_up),
		TEST(quarantines_just_the_event_that_cannot_be_recorded),
		TEST(gives_up_a_feed_of_which_not_even_the_quarantine_can_be_recorded),
	};

	while (open("/dev/null", O_RDWR) <=
		CREW_DESCRIPTOR) /* whatever was there is not the crew's */
		continue;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
