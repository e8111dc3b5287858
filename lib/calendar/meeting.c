#include "liaison/calendar/meeting.h"

#include <string.h>

#include "liaison/base/crypt.h"
#include "liaison/base/text.h"

#include "series.h"

enum {
	UID_DIGEST_SIZE = 16,
	PARTY_ROWS_MAX = 50000, /* of an item: the parties of its occurrences */
	PARTIES_MIN = PARTY_ROWS_MAX / MEETING_OCCURRENCES_MAX,
};

/* An item being read. */
struct item {
	struct places places;
	struct content content;
	struct calendar_event *events; /* those that could be read */
	unsigned event_count;
	struct err fault; /* of the first override that could not */
	unsigned faults;
	const char *uid;
	unsigned flags; /* of every version */
	unsigned parties_max; /* of each */
	struct series series;
};

static void
init_places(struct item *item, const struct timezones *zones, const struct timezone *home,
	struct arena *arena)
{
	const struct content *content = &item->content;

	item->places = (struct places){
		.system = zones,
		.utc = timezone_find(zones, "UTC"),
		.home = home,
		.zones = content->zones,
		.zone_count = content->zone_count,
		.read = arena_array(arena, content->zone_count, sizeof *item->places.read),
		.tried = arena_array(arena, content->zone_count, sizeof *item->places.tried),
		.arena = arena,
	};
}

static void
name_item(struct item *item, struct arena *arena)
{
	const struct content_event *first = &item->content.events[0];
	uint8_t digest[SHA256_SIZE];

	item->uid = item->content.uid;
	if (item->content.uid_cleaned)
		item->flags |= MEETING_CLEANED;
	if (item->uid != NULL)
		return;
	sha256(first->bytes, first->size, digest);
	item->uid = hex_encode(arena, digest, UID_DIGEST_SIZE);
	item->flags |= MEETING_UID_MISSING;
}

/* An override at fault of which it is known what it overrides stands there and says no more. */
static bool
keep_place(struct calendar_event *event)
{
	if (!event->placed)
		return false;
	event->start = event->recurrence;
	event->span = (struct span){ 0 };
	event->flags |= MEETING_UNREADABLE;
	return true;
}

/* What is at fault is said. A master at fault is the end of the item, as overrides alone would pass
 * for all there is; so are overrides of which none can be read. */
static int
read_events(struct item *item, struct err *err)
{
	const struct content *content = &item->content;
	unsigned readable = 0;

	item->events = arena_array(item->places.arena, content->event_count, sizeof *item->events);
	for (unsigned i = 0; i < content->event_count; i++) {
		struct calendar_event *event = &item->events[item->event_count];

		if (event_read(&item->places, &content->events[i], event, err) == 0) {
			item->event_count++;
			readable++;
			continue;
		}
		if (item->faults++ == 0)
			item->fault = *err;
		if (keep_place(event)) {
			item->event_count++;
			continue;
		}
		event_clear(event);
		if (!event->override)
			return -1;
		item->series.incomplete = true;
	}
	return readable > 0 ? 0 : -1;
}

static const char *
zone_of(const struct item *item, const struct calendar_event *event)
{
	const char *name = event->start.name;
	bool changed;

	if (name == NULL)
		return NULL;
	return text_clean(
		item->places.arena, name, strlen(name), MEETING_ZONE_MAX, false, &changed);
}

static const char *
remark_of(const struct item *item, const struct calendar_event *event)
{
	bool changed;

	if (event->remark.size == 0)
		return NULL;
	return text_clean(item->places.arena, event->remark.bytes, event->remark.size,
		MEETING_REMARK_MAX, false, &changed);
}

static void
set_text(const struct item *item, const struct calendar_event *event, struct meeting *out)
{
	size_t max = item->series.window->text_max;
	size_t size = event->text == NULL ? 0 : strlen(event->text);

	if (size == 0 || max == 0)
		return;
	out->text = event->text;
	if (size <= max)
		return;
	out->text = arena_text_n(item->places.arena, event->text, text_cut(event->text, size, max));
	out->flags |= MEETING_CUT;
}

static unsigned
least(unsigned one, unsigned other)
{
	return one < other ? one : other;
}

/* What is private is not searched for addresses. */
static void
mention(const struct item *item, struct calendar_event *event)
{
	struct party_list *list = &event->parties;
	struct arena *arena = item->places.arena;

	if (!item->series.window->mentioned || event->sensitivity != NULL)
		return;
	party_mention(list, arena, event->summary);
	party_mention(list, arena, event->location);
	party_mention(list, arena, event->text);
}

/* Each occurrence is recorded with its parties: how many that makes with at most max of each. */
static uint64_t
party_rows(const struct series *series, unsigned max)
{
	const struct series_version *master = series->master;
	uint64_t rows = 0;

	if (master != NULL)
		rows += (uint64_t)master->count * least(master->event->parties.count, max);
	for (unsigned i = 0; i < series->override_count; i++) {
		const struct series_version *version = &series->overrides[i];

		rows += (uint64_t)version->count * least(version->event->parties.count, max);
	}
	return rows;
}

/* In steps, so that it is the same when the window has moved by a day. The organizer comes first. */
static void
limit_parties(struct item *item, struct series_version *first)
{
	unsigned max = MEETING_PARTIES_MAX;

	while (max > PARTIES_MIN && party_rows(&item->series, max) > PARTY_ROWS_MAX)
		max = max / 2 > PARTIES_MIN ? max / 2 : PARTIES_MIN;
	item->parties_max = max;
	if (max < MEETING_PARTIES_MAX)
		event_remark(first->event,
			"only %u parties of each occurrence are read, as it has very many", max);
}

static void
set_parties(const struct item *item, const struct calendar_event *event, struct meeting *out)
{
	const struct party_list *list = &event->parties;

	out->parties = list->parties;
	out->responses = list->responses;
	out->party_count = least(list->count, item->parties_max);
	out->party_total = list->total;
	if (list->total > out->party_count)
		out->flags |= MEETING_CUT;
}

static void
mention_all(struct item *item)
{
	struct series *series = &item->series;

	if (series->master != NULL)
		mention(item, series->master->event);
	for (unsigned i = 0; i < series->override_count; i++)
		mention(item, series->overrides[i].event);
}

static void
fill(const struct item *item, const struct series_version *version, struct meeting *out)
{
	struct calendar_event *event = version->event;

	*out = (struct meeting){
		.uid = item->uid,
		.form = item->series.form,
		.override = event->override,
		.sequence = event->sequence,
		.stamp = event->stamp,
		.modified = event->modified,
		.status = event->status,
		.sensitivity = event->sensitivity,
		.summary = event->summary,
		.location = event->location,
		.zone = zone_of(item, event),
		.remark = remark_of(item, event),
		.flags = event->flags | item->flags,
		.occurrences = version->occurrences,
		.occurrence_count = version->count,
	};
	set_text(item, event, out);
	set_parties(item, event, out);
	if (version->count == 0)
		out->flags |= MEETING_OUTSIDE;
}

/* What is left out is said of the first version. */
static void
remark_faults(struct item *item, struct series_version *first)
{
	if (item->faults > 0)
		event_remark(first->event, "%u of its exceptions cannot be read: %s", item->faults,
			item->fault.message);
	if (item->series.master == NULL && first->event->future)
		event_remark(first->event, "the series it goes on from is not there");
}

/* Overrides of which nothing is within the window are not told, unless there is nothing else. */
static void
fill_all(struct item *item, struct meeting **out, unsigned *count)
{
	struct series *series = &item->series;
	struct series_version *first = series->master == NULL ? series->overrides : series->master;
	struct meeting *meetings = arena_array(item->places.arena,
		series->override_count + 1 < MEETING_VERSIONS_MAX ? series->override_count + 1
								  : MEETING_VERSIONS_MAX,
		sizeof *meetings);
	unsigned n = 0;

	remark_faults(item, first);
	mention_all(item);
	limit_parties(item, first);
	if (series->master != NULL)
		fill(item, series->master, &meetings[n++]);
	for (unsigned i = 0; i < series->override_count; i++) {
		if (series->overrides[i].count == 0)
			continue;
		if (n == MEETING_VERSIONS_MAX) {
			meetings[0].flags |= MEETING_CUT | MEETING_INCOMPLETE;
			break;
		}
		fill(item, &series->overrides[i], &meetings[n++]);
	}
	if (n == 0)
		fill(item, first, &meetings[n++]);
	if (series->more)
		meetings[0].flags |= MEETING_MORE;
	if (series->incomplete)
		meetings[0].flags |= MEETING_INCOMPLETE;
	*out = meetings;
	*count = n;
}

static int
read_item(struct item *item, const struct meeting_window *window, struct meeting **out,
	unsigned *count, struct err *err)
{
	if (read_events(item, err) < 0)
		return -1;
	item->series.places = &item->places;
	item->series.window = window;
	series_gather(&item->series, item->events, item->event_count);
	if (series_expand(&item->series, err) < 0)
		return -1;
	fill_all(item, out, count);
	return 0;
}

int
meeting_read(const struct timezones *zones, const char *bytes, size_t size,
	const struct meeting_window *window, struct arena *arena, struct meeting **out,
	unsigned *count, struct err *err)
{
	struct item item = { 0 };
	int r;

	if (content_read(bytes, size, arena, &item.content, err) < 0)
		return -1;
	init_places(&item, zones, window->zone, arena);
	name_item(&item, arena);
	r = read_item(&item, window, out, count, err);
	for (unsigned i = 0; i < item.event_count; i++)
		event_clear(&item.events[i]);
	return r;
}
