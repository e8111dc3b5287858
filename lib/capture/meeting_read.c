#include <string.h>

#include "forget_work.h"
#include "liaison/base/crypt.h"
#include "occasion.h"

/* A version of an event as deciding sees it. */

static void
add_text(struct sha256_state *state, const char *text)
{
	uint32_t size = text == NULL ? UINT32_MAX : (uint32_t)strlen(text);

	sha256_add(state, &size, sizeof size);
	if (text != NULL)
		sha256_add(state, text, size);
}

/* What is said of the event counts, and how we look at it; its version numbers do not. */
static uint64_t
hash_of(const struct turn *turn, const struct reading *reading)
{
	const struct meeting_facts *facts = &reading->facts;
	const struct event *event = &reading->event;
	struct sha256_state *state = sha256_new();
	const bool busy = turn->source != NULL && turn->source->private_busy;
	const int32_t flags[] = { facts->status, facts->all_day, facts->zone_known,
		event->sensitivity != NULL && busy };
	uint8_t digest[SHA256_SIZE];
	uint64_t hash;

	sha256_add(state, flags, sizeof flags);
	add_text(state, event->subject);
	add_text(state, event->sensitivity);
	add_text(state, facts->location);
	add_text(state, facts->text);
	add_text(state, facts->zone);
	add_text(state, facts->remark);
	for (unsigned i = 0; i < event->party_count; i++) {
		add_text(state, role_word(event->parties[i].role));
		add_text(state, event->parties[i].name);
		add_text(state, event->parties[i].email);
		add_text(state, facts->responses[i]);
	}
	sha256_end(state, digest);
	memcpy(&hash, digest, sizeof hash);
	return hash;
}

/* Addresses in texts are looked at only where the calendar says so, and nobody said private. */
static void
take_parties(struct turn *turn, struct arena *arena, struct reading *out)
{
	const struct meeting *version = out->version;
	bool mentioned = turn->source != NULL && turn->source->match_text &&
			 version->sensitivity == NULL;
	struct event *event = &out->event;

	event->parties = arena_array(arena, version->party_count + 1, sizeof *event->parties);
	out->facts.responses = arena_array(
		arena, version->party_count + 1, sizeof *out->facts.responses);
	for (unsigned i = 0; i < version->party_count; i++) {
		if (version->parties[i].role == PARTY_MENTIONED && !mentioned)
			continue;
		if (version->responses != NULL)
			out->facts.responses[event->party_count] = response_word(
				(enum meeting_response)version->responses[i]);
		event->parties[event->party_count++] = version->parties[i];
	}
	event->party_total = version->party_total;
}

/* Of what is private no words are kept, whether its times are or not. */
static void
take_words(struct turn *turn, struct reading *out)
{
	const struct meeting *version = out->version;

	out->event.sensitivity = version->sensitivity;
	out->facts.zone = version->zone;
	out->facts.remark = version->remark;
	if (version->sensitivity != NULL)
		return;
	out->event.subject = version->summary;
	out->facts.location = version->location;
	if (turn->source != NULL && turn->source->level != LEVEL_METADATA)
		out->facts.text = version->text;
}

void
reading_begin(
	struct turn *turn, struct arena *arena, const struct meeting *version, struct reading *out)
{
	*out = (struct reading){
		.version = version,
		.facts = {
			.event_uid = version->uid,
			.sequence = version->sequence,
			.stamp = version->stamp,
			.all_day = (version->flags & MEETING_ALL_DAY) != 0,
			.override = version->override,
			.zone_known = (version->flags & MEETING_ZONE_UNKNOWN) == 0,
			.status = version->status,
		},
	};
	take_words(turn, out);
	take_parties(turn, arena, out);
	out->forgotten = forgotten_take(turn, &out->event, out->facts.responses);
	out->hash = hash_of(turn, out);
}

/* Copies of a meeting in other calendars have the same UID and name the same occurrence. */
static void
set_identity(struct reading *reading)
{
	static const char WHAT[] = "meeting";
	struct sha256_state *state = sha256_new();
	uint8_t digest[SHA256_SIZE];

	sha256_add(state, WHAT, sizeof WHAT);
	sha256_add(state, reading->facts.event_uid, strlen(reading->facts.event_uid) + 1);
	sha256_add(state, reading->facts.recurrence, strlen(reading->facts.recurrence));
	sha256_end(state, digest);
	memcpy(reading->event.identity, digest, sizeof reading->event.identity);
}

void
reading_at(struct reading *reading, const struct occurrence *occurrence, const char *recurrence)
{
	const uint64_t content[] = { reading->hash, (uint64_t)occurrence->start,
		(uint64_t)occurrence->end, (uint64_t)occurrence->offset_min,
		hash64(recurrence, strlen(recurrence)) };

	reading->event.at = occurrence->start;
	reading->event.offset_min = occurrence->offset_min;
	reading->facts.end_at = occurrence->end;
	reading->facts.recurrence = recurrence;
	reading->facts.content = (int64_t)hash64(content, sizeof content);
	set_identity(reading);
}
