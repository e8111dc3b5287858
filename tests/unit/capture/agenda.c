#include "agenda.h"

#include "liaison/base/address.h"
#include "liaison/base/crypt.h"

static void
make_sources(struct agenda *agenda)
{
	static const char *const NAMES[] = { "team", "side" };

	for (unsigned i = 0; i < 2; i++) {
		agenda->sources[i] = (struct config_source){
			.number = i + 1,
			.kind = SOURCE_ICAL,
			.name = NAMES[i],
			.user = "me@own.example",
			.since = 365 * DAY,
			.until = 90 * DAY,
		};
	}
	agenda->world->config.sources = agenda->sources;
	agenda->world->config.source_count = 2;
}

static int64_t
open_stream(struct agenda *agenda, const struct config_source *source)
{
	struct world *world = agenda->world;
	struct feed_known known;
	int64_t id;

	assert_ok(source_row(world->store, source, &id, &world->err));
	assert_ok(feed_known(
		world->store, world->arena, id, source, agenda->now, &known, &world->err));
	return known.stream_id;
}

void
agenda_configure(struct agenda *agenda)
{
	world_configure(agenda->world);
	agenda->team = open_stream(agenda, &agenda->sources[0]);
	agenda->side = open_stream(agenda, &agenda->sources[1]);
}

int
agenda_open(void **state)
{
	struct agenda *agenda = calloc(1, sizeof *agenda);
	void *world = NULL;

	world_open(&world);
	agenda->world = world;
	agenda->now = NOW;
	agenda->max = 400;
	make_sources(agenda);
	agenda_configure(agenda);
	*state = agenda;
	return 0;
}

int
agenda_close(void **state)
{
	struct agenda *agenda = *state;
	void *world = agenda->world;

	world_close(&world);
	free(agenda);
	return 0;
}

void
agenda_party(struct agenda *agenda, struct meeting *meeting, enum party_role role,
	const char *email, enum meeting_response response)
{
	struct event_party *party = &meeting->parties[meeting->party_count];
	struct err ignored;
	char *address;

	assert_true(meeting->party_count < 64);
	*party = (struct event_party){ .role = role, .email = email };
	if (address_canonical(agenda->world->arena, email, &address, &ignored) == 0)
		party->address = address;
	meeting->responses[meeting->party_count++] = (uint8_t)response;
	meeting->party_total = meeting->party_count;
}

void
agenda_add(struct agenda *agenda, struct meeting *meeting, int64_t recurrence, int64_t start)
{
	(void)agenda;
	assert_true(meeting->occurrence_count < 2000);
	meeting->occurrences[meeting->occurrence_count++] = (struct occurrence){
		.recurrence = recurrence,
		.start = start,
		.end = start + HOUR,
		.offset_min = 60,
	};
}

static struct meeting *
new_meeting(struct agenda *agenda, const char *uid)
{
	struct arena *arena = agenda->world->arena;
	struct meeting *meeting = arena_alloc(arena, sizeof *meeting);

	meeting->uid = uid;
	meeting->stamp = NOW - 30 * DAY;
	meeting->summary = "Review";
	meeting->location = "Room 4";
	meeting->zone = "Europe/Berlin";
	meeting->parties = arena_array(arena, 64, sizeof *meeting->parties);
	meeting->responses = arena_array(arena, 64, sizeof *meeting->responses);
	meeting->occurrences = arena_array(arena, 2000, sizeof *meeting->occurrences);
	agenda_party(agenda, meeting, PARTY_ORGANIZER, "me@own.example", RESPONSE_NONE);
	agenda_party(agenda, meeting, PARTY_ATTENDEE, "ada@x.example", RESPONSE_ACCEPTED);
	return meeting;
}

struct meeting *
agenda_event(struct agenda *agenda, const char *uid, int64_t start)
{
	struct meeting *meeting = new_meeting(agenda, uid);

	agenda_add(agenda, meeting, 0, start);
	return meeting;
}

struct meeting *
agenda_series(struct agenda *agenda, const char *uid, int64_t start, unsigned count)
{
	struct meeting *meeting = new_meeting(agenda, uid);

	meeting->form = RECURRENCE_INSTANT;
	for (unsigned i = 0; i < count; i++) {
		int64_t at = start + (int64_t)i * 7 * DAY;

		agenda_add(agenda, meeting, at, at);
	}
	return meeting;
}

static void
note_told(struct agenda *agenda, const struct capture_result *result)
{
	for (unsigned i = 0; i < result->told_count && agenda->told_count < 64; i++)
		agenda->told[agenda->told_count++] = result->told[i];
}

void
agenda_record(struct agenda *agenda, int64_t stream, const char *uid,
	const struct meeting *versions, unsigned count)
{
	struct world *world = agenda->world;
	struct feed_item feed_item = { .uid = uid };
	struct meeting_item item = {
		.stream_id = stream,
		.item = &feed_item,
		.versions = versions,
		.count = count,
		.error = count == 0 ? "its DTSTART is no date" : NULL,
		.from = agenda->now - 365 * DAY,
		.until = agenda->now + 90 * DAY,
	};
	unsigned next = 0;

	memcpy(feed_item.digest, &world->serial, sizeof world->serial);
	world->serial++;
	agenda->told_count = 0;
	do {
		struct capture_result result;

		assert_ok(store_begin(world->store, &world->err));
		assert_ok(capture_meeting(world->store, world->capture, world->arena, &item, next,
			agenda->max, agenda->now, &result, &next, &world->err));
		assert_ok(store_commit(world->store, &world->err));
		note_told(agenda, &result);
	} while (next != 0);
}

void
agenda_read(struct agenda *agenda, int64_t stream, const struct meeting *meeting)
{
	agenda_record(agenda, stream, meeting->uid, meeting, 1);
}

struct feed *
agenda_feed(struct agenda *agenda, const char *uids)
{
	struct arena *arena = agenda->world->arena;
	struct feed *feed = arena_alloc(arena, sizeof *feed);

	feed->items = arena_array(arena, strlen(uids) + 1, sizeof *feed->items);
	while (*uids != '\0') {
		size_t size = strcspn(uids, " ");

		feed->items[feed->item_count++].uid = arena_text_n(arena, uids, size);
		uids += size + (uids[size] == ' ');
	}
	return feed;
}

void
agenda_look(struct agenda *agenda, int64_t stream, const char *uids)
{
	struct world *world = agenda->world;
	struct feed_look look = {
		.stream_id = stream,
		.feed = agenda_feed(agenda, uids),
		.etag = "\"1\"",
		.until = agenda->now + 90 * DAY,
	};
	bool more = true;

	agenda->told_count = 0;
	while (more) {
		struct capture_result result;

		assert_ok(store_begin(world->store, &world->err));
		assert_ok(feed_looked(world->store, world->capture, world->arena, &look,
			agenda->max, agenda->now, &result, &more, &world->err));
		assert_ok(store_commit(world->store, &world->err));
		note_told(agenda, &result);
	}
}

const char *
agenda_status(struct agenda *agenda, int64_t start)
{
	static const char STATUS[] = "SELECT status FROM interaction WHERE at = ?";
	const char *status = ask_text(agenda->world, STATUS, start);

	return status == NULL ? "none" : status;
}

static const char SELECT_DECISION[] =
	"SELECT l.decision, l.reason FROM occurrence o JOIN ledger l ON l.stream_id = o.stream_id "
	"AND l.uid = o.uid WHERE o.stream_id = ? AND o.start_at = ?";

const char *
agenda_decision(struct agenda *agenda, int64_t stream, int64_t start)
{
	struct world *world = agenda->world;
	struct stmt *q = sql_prepare(world->store, SELECT_DECISION);
	const char *words = "none";

	stmt_bind_int(q, stream);
	stmt_bind_int(q, start);
	if (stmt_row(q)) {
		const char *decision = stmt_text_copy(q, world->arena);

		words = arena_printf(world->arena, "%s: %s", decision, stmt_text(q));
	}
	assert_ok(stmt_end(q, &world->err));
	return words;
}
