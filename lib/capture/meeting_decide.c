#include <string.h>

#include "inside.h"

/* The decision about an occurrence of a meeting: as about mail, but for what only meetings have. */

void
meeting_view(struct turn *turn, const struct event *event, const struct meeting_facts *facts,
	struct view *out)
{
	view_init(turn, event, out);
	out->meeting = facts;
	out->direction = "none";
}

static bool
is_our_side(enum side side)
{
	return side == SIDE_OURS || side == SIDE_COLLEAGUE;
}

/* Every invitation of ours was declined, and it is not our meeting. */
static bool
is_declined(const struct view *view)
{
	const struct event *event = view->event;
	unsigned declined = 0;

	for (unsigned i = 0; i < event->party_count; i++) {
		const char *response = view->meeting->responses == NULL
					       ? NULL
					       : view->meeting->responses[i];

		if (event->parties[i].role == PARTY_ORGANIZER && is_our_side(view->sides[i]))
			return false;
		if (event->parties[i].role != PARTY_ATTENDEE || view->sides[i] != SIDE_OURS)
			continue;
		if (response == NULL || strcmp(response, "declined") != 0)
			return false;
		declined++;
	}
	return declined > 0;
}

static bool
is_private(const struct turn *turn, const struct event *event)
{
	return event->sensitivity != NULL && (turn->source == NULL || !turn->source->private_busy);
}

static bool
decide_before_matching(struct turn *turn, struct view *view)
{
	if (is_private(turn, view->event)) {
		view->decision = DECIDED_PRIVATE;
		view->reason = arena_printf(turn->arena, "CLASS: %.100s", view->event->sensitivity);
	} else if (is_declined(view)) {
		view->decision = DECIDED_IGNORED;
		view->reason = "we declined it";
	} else if (view->all_ours) {
		view->decision = DECIDED_INTERNAL;
		view->reason = "only our own addresses and colleagues";
	} else {
		return false;
	}
	return true;
}

int
meeting_decide(struct turn *turn, struct view *view, struct err *err)
{
	if (decide_before_matching(turn, view)) {
		view->plain = view->decision;
		return rules_decide(turn, view, err);
	}
	if (view_match(turn, view, err) < 0)
		return -1;
	view_settle(turn, view);
	return rules_decide(turn, view, err);
}

static const char *
initiator_of(const struct view *view)
{
	for (unsigned i = 0; i < view->event->party_count; i++) {
		if (view->event->parties[i].role != PARTY_ORGANIZER ||
			view->sides[i] == SIDE_UNASKED)
			continue;
		return is_our_side(view->sides[i]) ? "us" : "them";
	}
	return "none";
}

void
meeting_interaction(const struct turn *turn, const struct view *view, struct interaction *out)
{
	const struct meeting_facts *facts = view->meeting;

	out->kind = "meeting";
	out->status = facts->status == MEETING_CANCELLED ? "cancelled"
		      : facts->end_at > turn->now        ? "planned"
							 : "held";
	out->direction = "none";
	out->initiated_by = initiator_of(view);
	out->end_at = facts->end_at;
	out->all_day = facts->all_day;
	out->location = facts->location;
	out->thread = 0;
	out->event_uid = facts->event_uid;
	out->recurrence_id = facts->recurrence[0] == '\0' ? NULL : facts->recurrence;
	out->duration_min = (facts->end_at - view->event->at) / 60;
}

const char *
copy_words(struct turn *turn, const struct view *view, const struct sighting *first)
{
	if (view->meeting != NULL)
		return arena_printf(turn->arena, "the same meeting as in %s", first->source);
	return arena_printf(turn->arena, "the same message as %s:%s:%u", first->source,
		first->folder, first->uid);
}

int
text_of_meeting(struct turn *turn, const struct view *view, int64_t id, struct err *err)
{
	enum config_level level = view_level(turn, view);

	if (view->meeting->text == NULL || level == LEVEL_METADATA)
		return 0;
	return interaction_set_text(
		turn->store, turn->arena, id, view->meeting->text, level == LEVEL_TEXT, false, err);
}
