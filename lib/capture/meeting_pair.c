#include "meeting_work.h"

/* Occurrences that the versions at hand have no more: in a series whose rule moved, each is paired with
 * the one that came for it; the others are cancelled. */

enum { DAY = 86400 };

static bool
has_vanished(const struct work *work, const struct recorded *recorded)
{
	return !recorded->present && !recorded->gone && recorded->end_at > work->from->from &&
	       recorded->start_at < work->from->until;
}

static int64_t
date_of(int64_t at, int offset_min)
{
	int64_t local = at + (int64_t)offset_min * 60;

	return (local - (local % DAY + DAY) % DAY) / DAY;
}

/* The one that vanished on the day of this one. What is past is paired with nothing that is ahead;
 * where occurrences are left out only the same moment tells that it is the same. */
static struct recorded *
find_pair(struct work *work)
{
	const struct event *event = &work->reading.event;
	bool ahead = event->at > work->turn.now;

	for (unsigned i = 0; i < work->item.recorded_count; i++) {
		struct recorded *one = &work->item.recorded[i];

		if (has_vanished(work, one) &&
			date_of(one->start_at, event->offset_min) ==
				date_of(event->at, event->offset_min) &&
			(one->end_at > work->turn.now || !ahead) &&
			(!work->incomplete || one->start_at == event->at))
			return one;
	}
	return NULL;
}

/* *out: the occurrence that this one is by another name, or NULL. */
int
occurrence_pair(struct work *work, struct recorded **out, struct err *err)
{
	const struct meeting_facts *facts = &work->reading.facts;
	struct recorded *one = find_pair(work);
	bool done;

	*out = NULL;
	if (one == NULL)
		return 0;
	if (occurrence_rename(&work->turn, &work->reading, one->uid, one->message_id, &done, err) <
		0)
		return -1;
	if (!done)
		return 0;
	one->present = true;
	*out = one;
	if (one->end_at > work->turn.now)
		return 0;
	one->content = facts->content; /* it was as it was */
	one->sequence = facts->sequence;
	one->stamp = facts->stamp;
	return meeting_note_version(&work->turn, facts, one->message_id, err);
}

int
occurrences_cancel(struct work *work, bool *all, struct err *err)
{
	struct turn *turn = &work->turn;

	*all = true;
	if (work->incomplete)
		return 0;
	for (unsigned i = 0; i < work->item.recorded_count; i++) {
		const struct recorded *one = &work->item.recorded[i];

		if (!has_vanished(work, one))
			continue;
		if (work->budget == 0) {
			*all = false;
			return 0;
		}
		work->budget--;
		arena_reset(turn->arena);
		if (occurrence_set(turn, one->uid, one->start_at, true, err) < 0 ||
			meeting_gone(turn, one->message_id, one->start_at, err) < 0)
			return -1;
		turn_step(turn, "gone");
	}
	return 0;
}
