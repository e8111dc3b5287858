#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calendar.h"
#include "crew.h"
#include "liaison/base/clock.h"
#include "liaison/net/url.h"

/* A look from its place among the downloads to its end. */

static void ring(struct alarm *alarm);

static struct calendars *
calendars_of(const struct look *look)
{
	return &calendar_fetch(look->calendar)->calendars;
}

static const struct config_source *
config_of(const struct look *look)
{
	return look->calendar->source->config;
}

static void
set_alarm(struct look *look, int64_t milliseconds)
{
	alarm_set(calendar_fetch(look->calendar)->alarms, &look->alarm,
		clock_monotonic_ms() + milliseconds);
}

/* ---- downloads ---- */

static void begin(struct look *look);

static void
serve_waiting(struct calendars *calendars)
{
	while (calendars->first_waiting && calendars->downloads < CALENDAR_DOWNLOADS_MAX) {
		struct look *look = calendars->first_waiting;

		calendars->first_waiting = look->next;
		if (!look->next)
			calendars->last_waiting = NULL;
		look->next = NULL;
		look->waiting = false;
		look->counted = true;
		calendars->downloads++;
		begin(look);
	}
}

static void
join_waiting(struct look *look)
{
	struct calendars *calendars = calendars_of(look);

	if (calendars->last_waiting)
		calendars->last_waiting->next = look;
	else
		calendars->first_waiting = look;
	calendars->last_waiting = look;
	look->waiting = true;
}

static void
leave_waiting(struct look *look)
{
	struct calendars *calendars = calendars_of(look);
	struct look *before = NULL;

	for (struct look *at = calendars->first_waiting; at; before = at, at = at->next) {
		if (at != look)
			continue;
		*(before ? &before->next : &calendars->first_waiting) = look->next;
		if (calendars->last_waiting == look)
			calendars->last_waiting = before;
		break;
	}
	look->waiting = false;
}

/* Later, and not within the caller's own affairs. */
static void
wake_waiting(struct fetch *fetch)
{
	struct calendars *calendars = &fetch->calendars;

	if (calendars->first_waiting && calendars->downloads < CALENDAR_DOWNLOADS_MAX)
		alarm_set(fetch->alarms, &calendars->first_waiting->alarm, clock_monotonic_ms());
}

void
look_release(struct look *look)
{
	struct calendars *calendars = calendars_of(look);

	if (look->phase == LOOK_DONE)
		text_clear(&look_answer(look)->body);
	if (!look->counted)
		return;
	look->counted = false;
	calendars->downloads--;
	wake_waiting(calendar_fetch(look->calendar));
}

/* ---- steps ---- */

void
look_end(struct look *look, const struct look_result *result)
{
	look->phase = LOOK_DONE;
	alarm_stop(calendar_fetch(look->calendar)->alarms, &look->alarm);
	calendar_looked(look, result);
}

static void
fail_with(struct look *look, enum source_state state, const char *error)
{
	struct look_result result = { .outcome = HTTP_WRONG, .state = state, .error = error };

	look_end(look, &result);
}

/* Of a feed the engine has: what its server may be asked by. */
static const char *
remembered(const struct look *look, struct arena *arena, bool etag)
{
	const struct feed_memory *memory = calendar_memory(look->calendar);

	if (look->checking || !memory->has_digest)
		return NULL;
	return memory_unmark(arena, config_of(look)->url, etag ? memory->etag : memory->modified);
}

static void
get(struct look *look, const char *secret)
{
	const struct config_source *config = config_of(look);
	struct arena *arena = arena_new();
	struct http_request request = { .url = config->url,
		.ca_file = config->ca_file,
		.user = config->secret == SECRET_TOKEN_COMMAND ? NULL : config->user,
		.secret = secret,
		.etag = remembered(look, arena, true),
		.modified = remembered(look, arena, false),
		.size_max = FEED_SIZE_MAX };
	struct err err = { 0 };

	look->phase = LOOK_GETTING;
	look->http = http_get(&request, &look_http_loop, look, &err);
	arena_free(arena);
	if (!look->http)
		fail_with(look, SOURCE_ERROR, err.message);
}

static void
get_file(struct look *look, struct arena *arena, const char *path)
{
	struct look_result result = { .state = SOURCE_ERROR };
	struct err err = { 0 };

	look->phase = LOOK_GETTING;
	if (look_file(path, remembered(look, arena, true), &look->file, &err) < 0) {
		fail_with(look, SOURCE_ERROR, err.message);
		return;
	}
	result.outcome = look->file.outcome;
	look_end(look, &result);
}

void
look_secret(struct look *look, const char *bytes, size_t size, const char *why)
{
	char sentence[400];
	char *secret;

	alarm_stop(calendar_fetch(look->calendar)->alarms, &look->alarm);
	look->secret_token = 0;
	if (!bytes) {
		snprintf(sentence, sizeof(sentence), "'%s' has no secret: %s",
			config_of(look)->name, why);
		fail_with(look, SOURCE_NO_SECRET, sentence);
		return;
	}
	secret = mem_alloc(size + 1);
	memcpy(secret, bytes, size);
	secret[size] = '\0';
	get(look, secret);
	wipe(secret, size);
	free(secret);
}

/* The secret is asked for anew each time: nothing of it stays here in between. */
static void
go(struct turn *turn)
{
	struct look *look = turn->owner;
	struct fetch *fetch = calendar_fetch(look->calendar);

	if (config_of(look)->secret == SECRET_NONE) {
		get(look, NULL);
		return;
	}
	look->phase = LOOK_SECRET;
	look->secret_token = fetch_token_next(fetch);
	set_alarm(look, CALENDAR_SECRET_MS);
	crew_ask_secret(fetch->crew, look->calendar->source->number, look->secret_token);
}

static void
begin(struct look *look)
{
	struct arena *arena = arena_new();
	const char *url = config_of(look)->url;
	const char *path = url_path(arena, url);
	struct url parts;
	struct err err = { 0 };

	if (path)
		get_file(look, arena, path);
	else if (url_read(arena, url, &parts, &err) < 0)
		fail_with(look, SOURCE_ERROR, err.message);
	else {
		look->host = mem_text(parts.host);
		look->turn.host = look->host;
		look->phase = LOOK_TURN;
		rate_wait(calendar_fetch(look->calendar)->rate, &look->turn);
	}
	arena_free(arena);
}

static void
ring(struct alarm *alarm)
{
	struct look *look = alarm->owner;

	switch (look->phase) {
	case LOOK_WAITING:
		serve_waiting(calendars_of(look));
		break;
	case LOOK_SECRET:
		look_secret(look, NULL, 0, "liaisond does not answer");
		break;
	case LOOK_GETTING:
		if (look->http)
			http_tick(look->http);
		break;
	case LOOK_TURN:
	case LOOK_DONE:
		break;
	}
}

/* ---- life ---- */

struct look *
look_new(struct calendar *calendar, bool checking, uint32_t token)
{
	struct look *look = mem_zero(1, sizeof(*look));

	look->calendar = calendar;
	look->checking = checking;
	look->check_token = token;
	look->alarm.ring = ring;
	look->alarm.owner = look;
	look->turn.go = go;
	look->turn.owner = look;
	join_waiting(look);
	set_alarm(look, 0);
	return look;
}

struct http_answer *
look_answer(struct look *look)
{
	return look->http ? http_answer(look->http) : &look->file;
}

void
look_free(struct look *look)
{
	struct fetch *fetch;

	if (!look)
		return;
	fetch = calendar_fetch(look->calendar);
	if (look->waiting)
		leave_waiting(look);
	look_release(look);
	rate_leave(fetch->rate, &look->turn);
	look_loop_close(look);
	alarm_stop(fetch->alarms, &look->alarm);
	text_clear(&look->file.body);
	free(look->host);
	free(look);
	wake_waiting(fetch);
}
