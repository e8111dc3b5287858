#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calendar.h"
#include "liaison/base/clock.h"
#include "liaison/base/log.h"

/* The driver of calendars: when one is looked at, and what the engine is told of it. */

struct fetch *
calendar_fetch(const struct calendar *calendar)
{
	return calendar->source->fetch;
}

struct feed_memory *
calendar_memory(const struct calendar *calendar)
{
	return calendar->source->memory;
}

static void
serve_at(struct calendar *calendar, int64_t at)
{
	alarm_set(calendar_fetch(calendar)->alarms, &calendar->alarm, at);
}

/* ---- what the engine is told ---- */

/* A calendar has one folder without a name. error: nothing is complete. */
static void
tell_fresh(struct calendar *calendar, const char *error)
{
	struct frame_writer writer;

	link_begin(calendar_fetch(calendar)->link, &writer, FRAME_FRESH, calendar->source->number,
		calendar->sync);
	frame_put_text(&writer, TAG_FOLDER, "");
	link_put_error(&writer, error);
	if (!error)
		frame_put_i64(&writer, TAG_LAST_COMPLETE, calendar->last_complete);
	if (calendar->last_byte > 0)
		frame_put_i64(&writer, TAG_LAST_BYTE, calendar->last_byte);
	frame_put_u64(&writer, TAG_MODE, FOLDER_POLLED);
	frame_end(&writer);
	if (calendar->sync == calendar->sync_wanted)
		calendar->sync_wanted = 0;
	calendar->sync = 0;
}

/* ---- when ---- */

static bool
may_look(const struct calendar *calendar)
{
	const struct feed_memory *memory = calendar_memory(calendar);

	return calendar->source->watched && memory && memory->known && memory->feed_token == 0 &&
	       !calendar->look && !calendar->held && !calendar->gone;
}

static void
serve(struct calendar *calendar)
{
	int64_t now = clock_monotonic_ms();

	if (!may_look(calendar))
		return;
	if (now < calendar->next_look) {
		serve_at(calendar, calendar->next_look);
		return;
	}
	calendar->sync = calendar->sync_wanted;
	calendar->look_again = false;
	if (calendar->last_complete == 0 && !calendar->source->error)
		source_tell(calendar->source, SOURCE_CONNECTING, NULL, 0);
	calendar->look = look_new(calendar, false, 0);
}

/* The engine may have died of it, or its disk is full: others need not wait for that. */
static void
give_up_waiting(struct calendar *calendar)
{
	struct fetch *fetch = calendar_fetch(calendar);

	if (fetch->calendars.sending != calendar)
		return;
	log_write(LOG_WARNING, "%s: the engine has not recorded it for %d minutes",
		calendar->source->config->name, CALENDAR_ANSWER_MS / 60 / 1000);
	fetch->calendars.sending = NULL;
	calendars_send_next(fetch);
}

static void
ring(struct alarm *alarm)
{
	struct calendar *calendar = alarm->owner;

	if (calendar->unanswered)
		give_up_waiting(calendar);
	else
		serve(calendar);
}

void
calendars_send_next(struct fetch *fetch)
{
	for (struct source *source = fetch->sources; source; source = source->next)
		if (source->work && source->driver == &source_ical_driver)
			feed_send(source->work);
}

/* ---- what came of a look ---- */

static void
plan(struct calendar *calendar, int64_t delay)
{
	int64_t now = clock_monotonic_ms();

	calendar->next_look = calendar->look_again ? now : now + delay;
	if (calendar->next_look < calendar->rest_until)
		calendar->next_look = calendar->rest_until;
	serve_at(calendar, calendar->next_look);
}

static void
fresh(struct calendar *calendar)
{
	calendar->last_complete = clock_now();
	calendar->failures = calendar->denials = 0;
	source_tell(calendar->source, SOURCE_POLLING, NULL, 0);
	tell_fresh(calendar, NULL);
	plan(calendar, calendar_poll_ms(calendar));
}

static void
failed(struct calendar *calendar, const struct look_result *result)
{
	int64_t delay = calendar_delay_ms(calendar, result);
	char sentence[500];

	/* Who asked in the middle of it may have brought it back by then. */
	calendar->gone = result->outcome == HTTP_GONE && !calendar->look_again;
	calendar->look_again = false;
	if (result->retry_ms > 0)
		calendar->rest_until = clock_monotonic_ms() + result->retry_ms;
	snprintf(sentence, sizeof(sentence), "%s%s", result->error,
		calendar->gone ? ": it is not asked again until a sync" : "");
	calendar->sync = calendar->sync_wanted; /* who asked in the middle of it need not wait */
	if (calendar->sync != 0)
		tell_fresh(calendar, sentence);
	plan(calendar, delay);
	source_tell(calendar->source, result->state, sentence,
		calendar->gone
			? 0
			: clock_now() + (calendar->next_look - clock_monotonic_ms() + 999) / 1000);
}

static void
received(struct calendar *calendar, struct look *look)
{
	struct feed_memory *memory = calendar_memory(calendar);
	const struct http_answer *answer = look_answer(look);
	uint8_t digest[SHA256_SIZE];

	sha256(answer->body.bytes ? answer->body.bytes : "", answer->body.size, digest);
	if (memory->has_digest && memcmp(memory->digest, digest, sizeof(digest)) == 0) {
		memory_rename(calendar->source, answer);
		look_free(look);
		fresh(calendar);
		return;
	}
	if (calendar->last_complete == 0)
		source_tell(calendar->source, SOURCE_SYNCING, NULL, 0);
	calendar->held = look;
	feed_send(calendar);
}

void
calendar_looked(struct look *look, const struct look_result *result)
{
	struct calendar *calendar = look->calendar;

	if (look->checking) {
		check_done(calendar, look, result);
		return;
	}
	calendar->look = NULL;
	if (look->http && http_answer(look->http)->status != 0)
		calendar->last_byte = clock_now();
	if (!result->error && result->outcome == HTTP_RECEIVED) {
		received(calendar, look);
		return;
	}
	if (result->error)
		failed(calendar, result);
	else if (calendar_memory(calendar)->has_digest)
		fresh(calendar);
	else { /* the engine wants all of it by now */
		calendar->look_again = true;
		plan(calendar, 0);
	}
	look_free(look);
}

/* ---- the engine's frames ---- */

/* The feed under way is recorded, or not for error. */
static void
settled(struct calendar *calendar, const char *error)
{
	struct fetch *fetch = calendar_fetch(calendar);
	bool mine = calendar->held != NULL;

	calendar_memory(calendar)->feed_token = 0;
	calendar->unanswered = true; /* also if not all of it was sent */
	feed_abandon(calendar);
	if (mine && !error)
		fresh(calendar);
	else {
		if (mine) {
			source_tell(calendar->source, SOURCE_POLLING, NULL, 0);
			tell_fresh(calendar, error);
		}
		plan(calendar, mine ? calendar_poll_ms(calendar) : 0);
	}
	calendars_send_next(fetch);
}

static int
take_known(struct calendar *calendar, const struct frame *frame, struct err *err)
{
	struct feed_memory *memory = calendar_memory(calendar);
	struct arena *arena = arena_new();
	const char *error = NULL;
	struct frame_field field;
	size_t cursor = 0;
	int got;

	while ((got = frame_field_next(frame, &cursor, &field, err)) > 0)
		if (field.tag == TAG_ERROR && field_text(&field, arena, 400, &error, err) < 0)
			break;
	if (got == 0 && frame->token == 0)
		serve(calendar);
	else if (got == 0 && memory && frame->token == memory->feed_token)
		settled(calendar, error);
	arena_free(arena);
	return got == 0 ? 0 : -1;
}

/* Whoever is said no to is not asked for at each sync, so that nobody is locked out. */
static bool
is_held_back(const struct calendar *calendar)
{
	return calendar->source->state == SOURCE_AUTH_FAILED && !calendar->look &&
	       !calendar->held && clock_monotonic_ms() < calendar->next_look;
}

static void
tell_held_back(struct calendar *calendar)
{
	int64_t wait = calendar->next_look - clock_monotonic_ms();
	char sentence[500];

	if (calendar->sync_wanted == 0)
		return;
	snprintf(sentence, sizeof(sentence), "%.400s: it is not asked again for %lld s",
		calendar->source->error, (long long)(wait + 999) / 1000);
	calendar->sync = calendar->sync_wanted;
	tell_fresh(calendar, sentence);
}

/* Where the server asked for a rest, it has that first. Token 0 takes no other one's answer. */
static void
take_sync(struct calendar *calendar, uint32_t token)
{
	if (token != 0)
		calendar->sync_wanted = token;
	calendar->gone = false;
	if (calendar->look || calendar->held)
		calendar->look_again = true;
	if (is_held_back(calendar)) {
		tell_held_back(calendar);
		return;
	}
	calendar->next_look = clock_monotonic_ms();
	if (calendar->next_look < calendar->rest_until)
		calendar->next_look = calendar->rest_until;
	serve(calendar);
}

static int
ical_take(void *work, const struct frame *frame, struct err *err)
{
	struct calendar *calendar = work;

	switch (frame->type) {
	case FRAME_FEED_KNOWN:
		return take_known(calendar, frame, err);
	case FRAME_SYNC:
		take_sync(calendar, frame->token);
		return 0;
	case FRAME_CHECK:
		return check_take(calendar, frame, err);
	default: /* types are numbers off the wire */
		return fail(err, ERR_FORMAT, "the engine sent a frame of type %u for a calendar",
			frame->type);
	}
}

/* ---- the driver ---- */

static void *
ical_start(struct source *source)
{
	struct calendar *calendar = mem_zero(1, sizeof(*calendar));

	calendar->source = source;
	calendar->alarm.ring = ring;
	calendar->alarm.owner = calendar;
	/* Before the engine has said what it knows there is nothing to tell, and it asks again. */
	if (source->watched && source->memory && source->memory->known)
		source_tell(source, SOURCE_CONNECTING, NULL, 0);
	serve_at(calendar, clock_monotonic_ms());
	return calendar;
}

static void
ical_stop(void *work)
{
	struct calendar *calendar = work;
	struct fetch *fetch = calendar_fetch(calendar);

	alarm_stop(fetch->alarms, &calendar->alarm);
	look_free(calendar->look);
	checks_stop(calendar);
	feed_abandon(calendar);
	calendar->source->work = NULL; /* the next to send is another one */
	free(calendar);
	if (!fetch->stopping)
		calendars_send_next(fetch);
}

static void
ical_secret(void *work, uint32_t token, const char *bytes, size_t size, const char *why)
{
	struct calendar *calendar = work;
	struct look *look = calendar->look;

	for (size_t i = 0; i < CALENDAR_CHECKS_MAX && (!look || look->secret_token != token); i++)
		look = calendar->checks[i];
	if (look && look->phase == LOOK_SECRET && look->secret_token == token)
		look_secret(look, bytes, size, why);
}

/* The connection is dead, and meetings may have moved. Rests and refusals go on while one sleeps. */
static void
ical_woke(void *work)
{
	struct calendar *calendar = work;
	bool held_back = is_held_back(calendar);

	if (calendar->look) {
		look_free(calendar->look);
		calendar->look = NULL;
	}
	if (!held_back)
		calendar->next_look = clock_monotonic_ms() + calendar_woke_ms();
	if (calendar->next_look < calendar->rest_until)
		calendar->next_look = calendar->rest_until;
	serve(calendar);
}

static void
ical_resume(void *work)
{
	feed_send(work);
}

const struct driver source_ical_driver = {
	.kind = SOURCE_ICAL,
	.start = ical_start,
	.stop = ical_stop,
	.take = ical_take,
	.secret = ical_secret,
	.woke = ical_woke,
	.resume = ical_resume,
};
