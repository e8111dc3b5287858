#include <string.h>

#include "meeting_work.h"

/* Which version of an occurrence counts, and what comes of it. */

/* RFC 5546 2.1.5: SEQUENCE, then DTSTAMP. */
static int
compare_versions(const struct meeting_facts *a, const struct recorded *b)
{
	if (a->sequence != b->sequence)
		return a->sequence > b->sequence ? 1 : -1;
	return (a->stamp > b->stamp) - (a->stamp < b->stamp);
}

/* An exception may have a lower SEQUENCE than the series it takes its occurrence from. */
enum standing
version_stand(const struct work *work, const struct recorded *recorded)
{
	const struct meeting_facts *facts = &work->reading.facts;
	int order = compare_versions(facts, recorded);
	bool own = recorded->stream_id == 0 || recorded->stream_id == work->turn.stream_id;

	if (facts->content == recorded->content)
		return order > 0 ? STANDS_NEWER : STANDS;
	if (order > 0 || (own && (order == 0 || facts->override != recorded->override)))
		return COUNTS;
	return order == 0 ? ADDS : STANDS;
}

/* Who sees the source that a version is of sees its text, so the text of another source goes. */
static int
drop_text(struct turn *turn, const struct recorded *recorded, struct err *err)
{
	int64_t id;

	if (recorded->source_id == turn->source_id)
		return 0;
	if (interaction_of(turn->store, recorded->message_id, &id, err) < 0)
		return -1;
	if (id == 0)
		return 0;
	return interaction_set_text(turn->store, turn->arena, id, "", true, false, err);
}

/* What another calendar lets us see is not taken back by one that keeps it private. */
static int
take_version(struct work *work, const struct view *view, const struct recorded *recorded,
	struct err *err)
{
	struct turn *turn = &work->turn;
	bool shown = false;

	if (view->decision == DECIDED_PRIVATE &&
		meeting_shown_elsewhere(turn, recorded->message_id, &shown, err) < 0)
		return -1;
	if (shown)
		return 0;
	if (meeting_replace(turn, view, keep_for(turn->capture->config, view->decision),
		    recorded->message_id, err) < 0 ||
		drop_text(turn, recorded, err) < 0)
		return -1;
	turn_step(turn, "version");
	return 0;
}

static bool
has_party(const struct event *event, const char *address)
{
	for (unsigned i = 0; i < event->party_count; i++) {
		if (event->parties[i].address != NULL &&
			strcmp(event->parties[i].address, address) == 0)
			return true;
	}
	return false;
}

/* stored gets the parties that only the version at hand has; how many it had is returned. */
static unsigned
merge_parties(struct work *work, struct stored *stored)
{
	const struct event *from = &work->reading.event;
	struct arena *arena = work->turn.arena;
	unsigned had = stored->event.party_count, room = had + from->party_count + 1;
	struct event_party *parties = arena_array(arena, room, sizeof *parties);
	const char **responses = arena_array(arena, room, sizeof *responses);

	for (unsigned i = 0; i < had; i++) {
		parties[i] = stored->event.parties[i];
		responses[i] = stored->meeting.responses[i];
	}
	stored->event.parties = parties;
	stored->meeting.responses = responses;
	for (unsigned i = 0; i < from->party_count; i++) {
		const char *address = from->parties[i].address;
		unsigned place = stored->event.party_count;

		if (address == NULL || place >= MEETING_PARTIES_MAX ||
			has_party(&stored->event, address))
			continue;
		responses[place] = work->reading.facts.responses[i];
		parties[place] = from->parties[i];
		stored->event.party_count++;
	}
	return had;
}

static int
add_parties(struct work *work, const struct recorded *recorded, struct err *err)
{
	struct turn *turn = &work->turn;
	struct stored stored;
	struct view view;
	unsigned had;

	if (message_load(turn->store, turn->arena, recorded->message_id, &stored, err) < 0)
		return -1;
	had = merge_parties(work, &stored);
	meeting_view(turn, &stored.event, &stored.meeting, &view);
	view.kept = stored.kept;
	if (meeting_decide(turn, &view, err) < 0)
		return -1;
	if (stored.event.party_count > had &&
		(meeting_parties_put(turn, &view, keep_for(turn->capture->config, view.decision),
			 recorded->message_id, had, err) < 0 ||
			parties_grew(turn, recorded->message_id, err) < 0))
		return -1;
	return meeting_settle(turn, &view, recorded->message_id, err);
}

static int
settle_reading(struct work *work, const struct view *view, const struct recorded *recorded,
	enum standing standing, struct err *err)
{
	struct turn *turn = &work->turn;

	if (standing == ADDS)
		return add_parties(work, recorded, err);
	if (standing == COUNTS && take_version(work, view, recorded, err) < 0)
		return -1;
	if (standing == STANDS_NEWER &&
		meeting_note_version(turn, view->meeting, recorded->message_id, err) < 0)
		return -1;
	if (meeting_settle(turn, view, recorded->message_id, err) < 0)
		return -1;
	turn_step(turn, "settled");
	return 0;
}

/* An older version says nothing of what is; what is recorded does. */
static int
settle_stored(struct work *work, int64_t message_id, struct err *err)
{
	struct turn *turn = &work->turn;
	struct stored stored;
	struct view view;

	if (message_load(turn->store, turn->arena, message_id, &stored, err) < 0)
		return -1;
	meeting_view(turn, &stored.event, &stored.meeting, &view);
	view.kept = stored.kept;
	if (meeting_decide(turn, &view, err) < 0)
		return -1;
	return meeting_settle(turn, &view, message_id, err);
}

/* Retention took it out, or would at once: what is said of it now is not kept either. */
static int
is_over(const struct work *work, int64_t message_id, bool *over, struct err *err)
{
	int64_t interaction = 0;

	*over = is_meeting_outlived(&work->turn, work->reading.facts.end_at);
	if (*over && interaction_of(work->turn.store, message_id, &interaction, err) < 0)
		return -1;
	*over = *over && interaction == 0;
	return 0;
}

int
version_settle(struct work *work, const struct view *view, const struct recorded *recorded,
	struct err *err)
{
	enum standing standing = version_stand(work, recorded);
	bool over;
	int failed;

	if (is_over(work, recorded->message_id, &over, err) < 0)
		return -1;
	if (over)
		failed = 0;
	else if (standing == STANDS && work->reading.facts.content != recorded->content)
		failed = settle_stored(work, recorded->message_id, err);
	else
		failed = settle_reading(work, view, recorded, standing, err);
	return failed < 0 ? -1 : occurrences_align(&work->turn, recorded->message_id, err);
}
