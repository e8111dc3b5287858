#include <string.h>

#include "inside.h"
#include "liaison/base/address.h"

/* The decision about a message nobody has seen before, and its reason in words. */

static const char *const words[DECISION_COUNT] = {
	[DECIDED_CAPTURED] = "captured",
	[DECIDED_UNMATCHED] = "unmatched",
	[DECIDED_INTERNAL] = "internal",
	[DECIDED_IGNORED] = "ignored",
	[DECIDED_BULK] = "bulk",
	[DECIDED_AUTOMATIC] = "automatic",
	[DECIDED_PRIVATE] = "private",
	[DECIDED_DUPLICATE] = "duplicate",
	[DECIDED_QUARANTINED] = "quarantined",
	[DECIDED_FORGOTTEN] = "forgotten",
};

const struct query_words decision_words[] = {
	{ "decision", "captured|unmatched|internal|ignored|bulk|automatic|private|duplicate|"
		      "quarantined|forgotten" },
	{ "direction", "inbound|outbound|none" },
	{ 0 },
};

const char *
decision_word(enum decision decision)
{
	return words[decision];
}

enum decision
decision_by_word(const char *word)
{
	int i = 0;

	while (i < DECISION_COUNT && strcmp(words[i], word) != 0)
		i++;
	return (enum decision)i;
}

/* What is not captured is kept as mail from strangers is; private mail keeps what tells copies of
 * it apart and nothing of what it says or to whom. */
enum keep
keep_for(const struct config *config, enum decision decision)
{
	if (decision == DECIDED_CAPTURED)
		return KEEP_ALL;
	if (config->unmatched == UNMATCHED_NONE || decision == DECIDED_FORGOTTEN)
		return KEEP_NOTHING;
	if (decision == DECIDED_PRIVATE)
		return KEEP_PRIVATE;
	return config->unmatched == UNMATCHED_ADDRESSES ? KEEP_ADDRESSES : KEEP_ALL;
}

static const char *
reason_class(struct turn *turn, const struct event *event)
{
	const char *header = event->class_reason;

	if (header == NULL)
		return event->class == CLASS_BULK ? "bulk mail by its headers"
						  : "automatic by its headers";
	if (event->list_id != NULL && text_equal_nocase(header, "List-Id"))
		return arena_printf(turn->arena, "List-Id: %.200s", event->list_id);
	return arena_printf(turn->arena, "%s by its %.200s",
		event->class == CLASS_BULK ? "bulk mail" : "automatic", header);
}

/* "ada@x.example, contact C00001" */
static const char *
linked_words(struct turn *turn, const struct considered *made)
{
	const char *address = made->party->address;

	if (made->sharers > 1)
		return arena_printf(turn->arena, "%s, one of %u contacts that share %s, %s",
			address, made->sharers,
			strcmp(made->via, "domain") == 0 ? "its domain" : "it", made->holder->no);
	if (strcmp(made->via, "domain") == 0)
		return arena_printf(turn->arena, "%s, by its domain %s", address, made->holder->no);
	if (strcmp(made->via, "alias") == 0)
		return arena_printf(
			turn->arena, "%s without its tag, contact %s", address, made->holder->no);
	return arena_printf(turn->arena, "%s, contact %s", address, made->holder->no);
}

const char *
reason_captured(struct turn *turn, const struct view *view)
{
	const char *role = role_word(view->first->party->role);
	const char *linked = linked_words(turn, view->first);

	if (view->link_count == 1)
		return arena_printf(turn->arena, "%s %s", role, linked);
	return arena_printf(turn->arena, "%s %s, and %u more", role, linked, view->link_count - 1);
}

struct strangers {
	const char *named[2];
	unsigned count;
	bool late; /* somebody held an address, but not at that time */
};

static void
find_strangers(const struct view *view, struct strangers *out)
{
	const struct event_party *last = NULL;

	*out = (struct strangers){ 0 };
	for (unsigned i = 0; i < view->considered_count; i++) {
		const struct considered *seen = &view->considered[i];

		if (seen->outcome == OUTCOME_OUTSIDE_VALIDITY)
			out->late = true;
		else if (seen->outcome != OUTCOME_NO_CONTACT)
			continue;
		if (seen->party == last)
			continue;
		last = seen->party;
		if (out->count < 2)
			out->named[out->count] = seen->party->address;
		out->count++;
	}
}

const char *
reason_unmatched(struct turn *turn, const struct view *view)
{
	struct strangers who;
	const char *when;

	find_strangers(view, &who);
	when = who.late ? " at that time" : "";
	if (who.count == 0)
		return view->any_address ? "who wrote it has no usable address"
					 : "nobody in it has a usable address";
	if (who.count == 1)
		return arena_printf(
			turn->arena, "no contact has %s or its domain%s", who.named[0], when);
	if (who.count == 2)
		return arena_printf(turn->arena, "no contact has %s or %s, or their domains%s",
			who.named[0], who.named[1], when);
	return arena_printf(turn->arena, "no contact has %s, %s or %u more, or their domains%s",
		who.named[0], who.named[1], who.count - 2, when);
}

static bool
any_colleague(const struct view *view)
{
	for (unsigned i = 0; i < view->event->party_count; i++) {
		if (view->sides[i] == SIDE_COLLEAGUE)
			return true;
	}
	return false;
}

/* Mail of our own is no mass mail, even among ourselves. */
static bool
is_classed(const struct view *view)
{
	const struct event *event = view->event;

	if (event->class == CLASS_PERSONAL || strcmp(view->direction, "outbound") == 0)
		return false;
	return event->class != CLASS_BULK || view->from == NULL ||
	       view->sides[view->from - event->parties] != SIDE_OURS;
}

/* The headers alone decide, before anybody is looked up. */
static bool
decide_by_headers(struct turn *turn, struct view *view)
{
	const struct event *event = view->event;

	if (view->held == HELD_PRIVATE && decide_by_keywords(turn, view))
		return true;
	if (is_classed(view)) {
		view->decision = event->class == CLASS_BULK ? DECIDED_BULK : DECIDED_AUTOMATIC;
		view->reason = reason_class(turn, event);
		return true;
	}
	if (event->sensitivity != NULL) {
		view->decision = DECIDED_PRIVATE;
		view->reason = arena_printf(turn->arena, "Sensitivity: %.100s", event->sensitivity);
		return true;
	}
	if (view->all_ours && !view->unknown_author) {
		view->decision = DECIDED_INTERNAL;
		view->reason = any_colleague(view) ? "only our own addresses and colleagues"
						   : "only our own addresses";
		return true;
	}
	return decide_by_keywords(turn, view);
}

void
view_settle(struct turn *turn, struct view *view)
{
	view->decision = view->link_count > 0    ? DECIDED_CAPTURED
			 : view->blocked != NULL ? DECIDED_PRIVATE
						 : DECIDED_UNMATCHED;
	if (view->link_count > 0)
		view->reason = reason_captured(turn, view);
	else if (view->blocked != NULL)
		view->reason = arena_printf(
			turn->arena, "contact %s is privacy-blocked", view->blocked->no);
	else if (view->meeting != NULL && view->event->party_count == 0)
		view->reason = "nobody is invited";
	else
		view->reason = reason_unmatched(turn, view);
}

int
view_decide(struct turn *turn, struct view *view, struct err *err)
{
	if (decide_by_headers(turn, view)) {
		view->plain = view->decision;
		return rules_decide(turn, view, err);
	}
	if (view_match(turn, view, err) < 0)
		return -1;
	view_settle(turn, view);
	return rules_decide(turn, view, err);
}
