#include "feed.h"

#include <stdlib.h>
#include <string.h>

#include "liaison/base/log.h"

/* parse's share: the feed divided into items, and those that changed read. */

enum { PIECE_SIZE = 256 * 1024, SNIPPET_TEXT = 8 * 1024 };

static struct ask *
ask_new(struct feed_run *run, enum frame_type type)
{
	struct ask *ask = mem_zero(1, sizeof *ask);

	ask->type = type;
	ask->feed = run;
	return ask;
}

/* ---- dividing ---------------------------------------------------------------------------------- */

/* The whole feed is one ask of several messages; its bytes stay with the run. */
void
feed_divide(struct feed_run *run)
{
	run->step = FEED_DIVIDING;
	run->now = clock_now();
	feed_window(run->source, run->now, &run->from, &run->until);
	parsing_add(run->mailbox->pipeline, ask_new(run, FRAME_PARSE_FEED));
	parsing_pump(run->mailbox->pipeline);
}

static void
put_pieces(const struct feed_run *run, uint32_t token, struct text *out)
{
	size_t at = 0;

	do {
		size_t left = run->bytes.size - at;
		size_t size = left < PIECE_SIZE ? left : PIECE_SIZE;
		struct frame_writer writer;

		frame_begin(&writer, out, FRAME_PARSE_FEED, 0, token);
		if (at == 0)
			frame_put_u64(&writer, TAG_SIZE, run->bytes.size);
		frame_put(&writer, TAG_BYTES, run->bytes.bytes + at, size);
		at += size;
		if (at == run->bytes.size)
			frame_put_flag(&writer, TAG_LAST);
		frame_end(&writer);
	} while (at < run->bytes.size);
}

/* Once a feed: the system's zone is read from a file. */
static const char *
own_zone(const struct feed_run *run)
{
	struct zone *zone;
	struct err err;
	const char *name;

	if (run->settings->config.timezone != NULL)
		return run->settings->config.timezone;
	zone = zone_load(NULL, &err);
	name = arena_text(run->arena, zone == NULL ? "UTC" : zone_name(zone));
	zone_free(zone);
	return name;
}

static int
take_items(struct feed_run *run, const struct frame *frame, bool *last, struct err *err)
{
	if (feed_decode(frame, run->arena, run->size, &run->feed, last, err) < 0)
		return -1;
	if (!*last)
		return 0;
	run->zone = own_zone(run);
	feed_compare_begin(run);
	return 0;
}

/* ---- reading ----------------------------------------------------------------------------------- */

/* A rule may want more of it than its source. */
static size_t
text_wanted(const struct feed_run *run)
{
	enum config_level level = run->mailbox->pipeline->engine->rule_level;

	switch (level > run->source->level ? level : run->source->level) {
	case LEVEL_METADATA:
		return 0;
	case LEVEL_SNIPPET:
		return SNIPPET_TEXT;
	case LEVEL_TEXT:
		return MEETING_TEXT_MAX;
	}
	return 0;
}

static void
put_question(
	const struct feed_run *run, const struct feed_item *item, uint32_t token, struct text *out)
{
	struct frame_writer writer;

	frame_begin(&writer, out, FRAME_PARSE_MEETING, 0, token);
	frame_put_i64(&writer, TAG_LOW, run->from);
	frame_put_i64(&writer, TAG_HIGH, run->until);
	frame_put_i64(&writer, TAG_NUMBER, run->now);
	frame_put_text(&writer, TAG_NAME, item->zone);
	frame_put_text(&writer, TAG_NAME, run->zone);
	frame_put_u64(&writer, TAG_SIZE, text_wanted(run));
	if (run->source->match_text)
		frame_put_flag(&writer, TAG_MENTIONED);
	for (unsigned i = 0; i < item->range_count; i++)
		frame_put(&writer, TAG_BYTES, run->bytes.bytes + item->ranges[i].offset,
			item->ranges[i].size);
	frame_end(&writer);
}

void
feed_put_ask(const struct ask *ask, struct text *out)
{
	const struct feed_run *run = ask->feed;

	if (ask->type == FRAME_PARSE_FEED)
		put_pieces(run, ask->token, out);
	else
		put_question(run, &run->feed.items[run->todo[ask->item]], ask->token, out);
}

static void
ask_item(struct feed_run *run)
{
	const struct feed_item *item = &run->feed.items[run->todo[run->asked]];
	struct feed_answer *answer = &run->answers[run->asked];
	struct ask *ask;

	answer->arena = arena_new();
	if (item->error != NULL) {
		answer->error = item->error;
		answer->complete = true;
		run->asked++;
		return;
	}
	ask = ask_new(run, FRAME_PARSE_MEETING);
	ask->item = run->asked++;
	parsing_add(run->mailbox->pipeline, ask);
}

static unsigned
at_parse(struct feed_run *run)
{
	while (run->answered < run->asked && run->answers[run->answered].complete)
		run->answered++;
	return run->asked - run->answered;
}

void
feed_pump(struct feed_run *run)
{
	while (run->asked < run->todo_count && at_parse(run) < FEED_ASKED_MAX &&
		run->asked - run->recorded < FEED_READ_MAX)
		ask_item(run);
	parsing_pump(run->mailbox->pipeline);
	at_parse(run);
	feed_record(run);
}

static struct meeting *
room_for_version(struct feed_answer *answer)
{
	if (answer->count == answer->room) {
		unsigned room = answer->room * 2 + 4;
		struct meeting *more = arena_array(answer->arena, room, sizeof *more);

		if (answer->count > 0)
			memcpy(more, answer->versions, answer->count * sizeof *more);
		answer->versions = more;
		answer->room = room;
	}
	return &answer->versions[answer->count++];
}

static int
take_version(struct feed_run *run, struct feed_answer *answer, const struct feed_item *item,
	const struct frame *frame, bool *last, struct err *err)
{
	struct meeting *version;

	if (answer->count == MEETING_VERSIONS_MAX)
		return fail(err, ERR_FORMAT, "more versions of a meeting than there may be");
	version = room_for_version(answer);
	if (meeting_decode(frame, answer->arena, version, err) < 0)
		return -1;
	version->uid = item->uid;
	*last = frame_has(frame, TAG_LAST);
	if (*last) {
		answer->complete = true;
		run->mailbox->pipeline->items++;
		feed_pump(run);
	}
	return 0;
}

int
feed_answer(struct ask *ask, const struct frame *frame, bool *last, struct err *err)
{
	struct feed_run *run = ask->feed;

	if (ask->type == FRAME_PARSE_FEED)
		return take_items(run, frame, last, err);
	return take_version(run, &run->answers[ask->item], &run->feed.items[run->todo[ask->item]],
		frame, last, err);
}

/* parse began to answer an ask and died: its answers come again from the first one. */
void
feed_restart(struct ask *ask)
{
	struct feed_run *run = ask->feed;

	if (ask->type == FRAME_PARSE_FEED) {
		arena_reset(run->arena);
		run->feed = (struct feed){ 0 };
		return;
	}
	run->answers[ask->item].count = 0;
}

void
feed_rejected(struct ask *ask, const char *error)
{
	struct feed_run *run = ask->feed;
	struct feed_answer *answer;
	struct err err;

	if (ask->type == FRAME_PARSE_FEED) {
		fail(&err, ERR_FORMAT, "%s", error);
		feed_end(run, &err);
		return;
	}
	answer = &run->answers[ask->item];
	answer->count = 0;
	answer->error = arena_text(answer->arena, error);
	answer->complete = true;
	run->mailbox->pipeline->items++;
	run->mailbox->pipeline->quarantined++;
	log_about(LOG_WARNING,
		&(struct log_subject){ .source = run->mailbox->name, .id = LOG_ID_QUARANTINED },
		"%s: the event '%s' is quarantined: %s", run->mailbox->name,
		run->feed.items[run->todo[ask->item]].uid, error);
	feed_pump(run);
}
