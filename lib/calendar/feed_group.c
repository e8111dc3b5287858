#include <stdlib.h>
#include <string.h>

#include "feed_scan.h"

/* Events of one UID are found by sorting, whose time no choice of UIDs can spoil. */
struct key {
	uint64_t hash; /* of the UID, so that most comparisons are of numbers */
	const char *uid;
	unsigned event;
};

enum { NO_EVENT = UINT32_MAX, ZONE_SLOTS = 1024 };

_Static_assert((int)ZONE_SLOTS > (int)FEED_ZONES_MAX, "a slot stays empty");

struct grouping {
	const struct feed_scan *scan;
	struct arena *arena;
	const char **uids; /* own, as all arrays here: of each event */
	uint32_t *next; /* the next event of the same UID, or NO_EVENT */
	bool *follows; /* an event before it has the same UID */
	unsigned items;
	uint16_t slots[ZONE_SLOTS]; /* zones by calendar and hash of TZID, counted from 1 */
	unsigned taken_by[FEED_ZONES_MAX]; /* the newest item that names the zone, counted from 1 */
	uint16_t taken[FEED_ZONES_MAX]; /* the zones that the item under way names */
	unsigned taken_count;
	struct text digests; /* of its parts */
};

static int
compare_keys(const void *a, const void *b)
{
	const struct key *one = a, *other = b;
	int order;

	if (one->hash != other->hash)
		return one->hash < other->hash ? -1 : 1;
	order = strcmp(one->uid, other->uid);
	if (order != 0)
		return order;
	return one->event < other->event ? -1 : one->event > other->event;
}

static void
name_events(struct grouping *to, struct key *keys)
{
	const struct feed_scan *scan = to->scan;

	for (unsigned i = 0; i < scan->event_count; i++) {
		const struct feed_component *event = &scan->events[i];

		to->uids[i] = event->uid;
		if (event->uid == NULL)
			to->uids[i] = hex_encode(
				to->arena, event->digest, sizeof(((struct feed_item *)0)->digest));
		keys[i] = (struct key){ hash64(to->uids[i], strlen(to->uids[i])), to->uids[i], i };
	}
}

/* Chains the events of each UID in their order. */
static void
chain_events(struct grouping *to)
{
	unsigned count = to->scan->event_count;
	struct key *keys = mem_zero(count, sizeof *keys);

	name_events(to, keys);
	qsort(keys, count, sizeof *keys, compare_keys);
	for (unsigned i = 0; i < count; i++) {
		bool follows = i > 0 && keys[i].hash == keys[i - 1].hash &&
			       strcmp(keys[i].uid, keys[i - 1].uid) == 0;

		to->next[keys[i].event] = NO_EVENT;
		to->follows[keys[i].event] = follows;
		if (follows)
			to->next[keys[i - 1].event] = keys[i].event;
		to->items += !follows;
	}
	free(keys);
}

/* ---- zones ------------------------------------------------------------------------------------- */

/* The slot of the calendar's zone of that name, or the empty one where it belongs. */
static unsigned
zone_slot(const struct grouping *to, unsigned calendar, uint64_t name)
{
	unsigned slot = (unsigned)(name ^ calendar * UINT64_C(0x9e3779b97f4a7c15)) % ZONE_SLOTS;

	while (to->slots[slot] != 0) {
		const struct feed_component *zone = &to->scan->zones[to->slots[slot] - 1];

		if (zone->calendar == calendar && zone->zone == name)
			break;
		slot = (slot + 1) % ZONE_SLOTS;
	}
	return slot;
}

/* The first definition of a name in a calendar counts. */
static void
place_zones(struct grouping *to)
{
	for (unsigned i = 0; i < to->scan->zone_count; i++) {
		const struct feed_component *zone = &to->scan->zones[i];
		unsigned slot = zone_slot(to, zone->calendar, zone->zone);

		if (to->slots[slot] == 0)
			to->slots[slot] = (uint16_t)(i + 1);
	}
}

static void
take_zones(struct grouping *to, const struct feed_component *event, unsigned item)
{
	for (unsigned i = 0; i < event->name_count; i++) {
		uint64_t name = to->scan->names[event->first_name + i];
		unsigned zone = to->slots[zone_slot(to, event->calendar, name)];

		if (zone == 0 || to->taken_by[zone - 1] == item)
			continue;
		to->taken_by[zone - 1] = item;
		to->taken[to->taken_count++] = (uint16_t)(zone - 1);
	}
}

/* ---- items ------------------------------------------------------------------------------------- */

static const char *
fault_text(struct arena *arena, const struct feed_component *event)
{
	switch (event->fault) {
	case FAULT_NONE:
		break;
	case FAULT_LINE_LONG:
		return arena_printf(
			arena, "line %u is over %d bytes long", event->fault_line, FEED_LINE_MAX);
	case FAULT_DEEP:
		return arena_printf(arena, "line %u is nested over %d levels deep",
			event->fault_line, FEED_DEPTH_MAX);
	case FAULT_NO_END:
		return arena_printf(arena, "the event that begins in line %u has no fitting end",
			event->fault_line);
	case FAULT_ZONES:
		return arena_printf(arena, "line %u names another time zone than the %d before it",
			event->fault_line, FEED_ZONES_NAMED_MAX);
	case FAULT_UID_LONG:
		return arena_printf(arena, "the UID in line %u is over %d bytes long",
			event->fault_line, MEETING_UID_MAX);
	}
	return NULL;
}

/* What its components come to. */
struct total {
	size_t size;
	unsigned ranges, versions;
	const struct feed_component *faulty; /* the first one, or NULL */
};

static void
add_component(struct total *total, const struct feed_component *component)
{
	total->size += component->size;
	total->ranges += component->range_count;
	if (total->faulty == NULL && component->fault != FAULT_NONE)
		total->faulty = component;
}

/* Events without a UID that are the same to the letter are one event. */
static bool
is_twin(const struct grouping *to, unsigned event)
{
	return to->scan->events[event].uid == NULL && to->follows[event];
}

static struct total
add_up(struct grouping *to, unsigned first, unsigned item)
{
	const struct feed_scan *scan = to->scan;
	struct total total = { 0 };

	to->taken_count = 0;
	for (unsigned i = first; i != NO_EVENT; i = to->next[i]) {
		if (is_twin(to, i))
			continue;
		add_component(&total, &scan->events[i]);
		take_zones(to, &scan->events[i], item);
		total.versions++;
	}
	for (unsigned i = 0; i < to->taken_count; i++)
		add_component(&total, &scan->zones[to->taken[i]]);
	return total;
}

static const char *
total_fault(struct arena *arena, const struct total *total)
{
	if (total->faulty != NULL)
		return fault_text(arena, total->faulty);
	if (total->versions > MEETING_VERSIONS_MAX)
		return arena_printf(arena, "there are %u events of this UID, over %d",
			total->versions, MEETING_VERSIONS_MAX);
	if (total->size > FEED_ITEM_BYTES_MAX)
		return arena_printf(arena, "it is %zu bytes long with its time zones, over %d",
			total->size, FEED_ITEM_BYTES_MAX);
	if (total->ranges > FEED_RANGES_MAX)
		return arena_printf(
			arena, "it lies in %u pieces, over %d", total->ranges, FEED_RANGES_MAX);
	return NULL;
}

/* Where the last range of an item that has one ends. */
static uint32_t
end_of(const struct feed_item *item)
{
	const struct feed_range *last = &item->ranges[item->range_count - 1];

	return last->offset + last->size;
}

/* Adds the component's ranges, joined to the one before where they touch; false once the item is
 * full. */
static bool
put_ranges(const struct feed_scan *scan, const struct feed_component *component, size_t *size,
	unsigned room, struct feed_item *item)
{
	for (unsigned i = 0; i < component->range_count; i++) {
		struct feed_range range = scan->ranges[component->first_range + i];

		*size += range.size;
		if (*size > FEED_ITEM_BYTES_MAX)
			return false;
		if (item->range_count > 0 && range.offset == end_of(item))
			item->ranges[item->range_count - 1].size += range.size;
		else if (item->range_count == room)
			return false;
		else
			item->ranges[item->range_count++] = range;
	}
	return true;
}

static void
collect_ranges(const struct grouping *to, unsigned first, const struct total *total,
	struct feed_item *item)
{
	const struct feed_scan *scan = to->scan;
	unsigned room = total->ranges < FEED_RANGES_MAX ? total->ranges : FEED_RANGES_MAX;
	size_t size = 0;

	item->ranges = arena_array(to->arena, room, sizeof *item->ranges);
	for (unsigned i = 0; i < to->taken_count; i++)
		if (!put_ranges(scan, &scan->zones[to->taken[i]], &size, room, item))
			return;
	for (unsigned i = first; i != NO_EVENT; i = to->next[i])
		if (!is_twin(to, i) && !put_ranges(scan, &scan->events[i], &size, room, item))
			return;
}

/* One digest of those of its parts; an event that stands alone has its own. */
static void
digest_item(struct grouping *to, unsigned first, struct feed_item *item)
{
	const struct feed_scan *scan = to->scan;
	uint8_t digest[SHA256_SIZE];

	if (to->taken_count == 0 && item->zone == NULL && to->next[first] == NO_EVENT) {
		memcpy(item->digest, scan->events[first].digest, sizeof item->digest);
		return;
	}
	text_reset(&to->digests);
	for (unsigned i = 0; i < to->taken_count; i++)
		text_add_n(&to->digests, scan->zones[to->taken[i]].digest, SHA256_SIZE);
	for (unsigned i = first; i != NO_EVENT; i = to->next[i])
		if (!is_twin(to, i))
			text_add_n(&to->digests, scan->events[i].digest, SHA256_SIZE);
	if (item->zone != NULL)
		text_add(&to->digests, item->zone);
	sha256(to->digests.bytes, to->digests.size, digest);
	memcpy(item->digest, digest, sizeof item->digest);
}

static void
make_item(struct grouping *to, unsigned first, unsigned number, struct feed_item *item)
{
	struct total total = add_up(to, first, number);

	item->uid = to->uids[first];
	item->zone = to->scan->calendar_zones[to->scan->events[first].calendar];
	item->error = total_fault(to->arena, &total);
	collect_ranges(to, first, &total, item);
	digest_item(to, first, item);
}

static int
make_items(struct grouping *to, struct feed *out, struct err *err)
{
	struct feed feed = { 0 };

	if (to->items > FEED_ITEMS_MAX)
		return fail(err, ERR_USAGE, "it has %u events, over %d", to->items, FEED_ITEMS_MAX);
	feed.items = arena_array(to->arena, to->items, sizeof *feed.items);
	for (unsigned i = 0; i < to->scan->event_count; i++) {
		if (to->follows[i])
			continue;
		make_item(to, i, feed.item_count + 1, &feed.items[feed.item_count]);
		feed.item_count++;
	}
	*out = feed;
	return 0;
}

int
feed_group(const struct feed_scan *scan, struct arena *arena, struct feed *out, struct err *err)
{
	struct grouping to = { .scan = scan, .arena = arena };
	int r;

	to.uids = mem_zero(scan->event_count, sizeof *to.uids);
	to.next = mem_zero(scan->event_count, sizeof *to.next);
	to.follows = mem_zero(scan->event_count, sizeof *to.follows);
	chain_events(&to);
	place_zones(&to);
	r = make_items(&to, out, err);
	free(to.uids);
	free(to.next);
	free(to.follows);
	text_clear(&to.digests);
	return r;
}
