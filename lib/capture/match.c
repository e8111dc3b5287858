#include <string.h>

#include "inside.h"
#include "liaison/base/address.h"

/* Whom a message is with: every party looked up among the contacts at the message's time. */

static const char *const role_words[] = {
	[PARTY_FROM] = "from",
	[PARTY_SENDER] = "sender",
	[PARTY_REPLY_TO] = "reply-to",
	[PARTY_TO] = "to",
	[PARTY_CC] = "cc",
	[PARTY_BCC] = "bcc",
	[PARTY_ORGANIZER] = "organizer",
	[PARTY_ATTENDEE] = "attendee",
	[PARTY_MENTIONED] = "mentioned",
};

const char *
role_word(enum party_role role)
{
	return role_words[role];
}

enum party_role
role_by_word(const char *word)
{
	for (int role = PARTY_FROM; role <= PARTY_MENTIONED; role++) {
		if (strcmp(role_words[role], word) == 0)
			return (enum party_role)role;
	}
	return PARTY_MENTIONED;
}

static bool
folds(const struct config_source *source, const char *address)
{
	const char *domain = address_domain(address);

	if (source == NULL)
		return false;
	if (source->fold_subaddress)
		return true;
	for (size_t i = 0; domain != NULL && i < source->fold_domains.count; i++) {
		if (text_equal_nocase(source->fold_domains.items[i], domain))
			return true;
	}
	return false;
}

const char *
address_untagged(struct arena *arena, const char *address)
{
	const char *folded;

	if (strchr(address, '+') == NULL)
		return NULL;
	folded = address_fold_tag(arena, address);
	return strcmp(folded, address) == 0 ? NULL : folded;
}

const char *
address_folded(struct turn *turn, const char *address)
{
	if (strchr(address, '+') == NULL || !folds(turn->source, address))
		return NULL;
	return address_untagged(turn->arena, address);
}

/* What the configuration says is kept; a salesperson's address may be one for a time only. */
static enum side
known_side(struct turn *turn, const char *address, int64_t at)
{
	struct known *known = known_find(&turn->capture->known, address);

	if (known->side == SIDE_UNASKED)
		known->side = own_side(&turn->capture->own, address);
	if (known->side != SIDE_OURS && own_was_theirs(&turn->capture->own, address, at))
		return SIDE_OURS;
	return known->side;
}

static enum side
side_of(struct turn *turn, const char *address, int64_t at)
{
	enum side side = known_side(turn, address, at);
	const char *folded;

	if (side != SIDE_OTHER)
		return side;
	folded = address_folded(turn, address);
	return folded == NULL ? side : known_side(turn, folded, at);
}

static bool
is_recipient(enum party_role role)
{
	return role == PARTY_TO || role == PARTY_CC || role == PARTY_BCC;
}

void
view_init(struct turn *turn, const struct event *event, struct view *out)
{
	bool stranger = false, to_stranger = false, unreadable = false;
	enum side from = SIDE_UNASKED;

	*out = (struct view){ .event = event };
	out->sides = arena_array(turn->arena, event->party_count + 1, sizeof *out->sides);
	for (unsigned i = 0; i < event->party_count; i++) {
		const struct event_party *party = &event->parties[i];

		if (party->address == NULL) {
			unreadable = unreadable || party->role == PARTY_FROM;
			continue;
		}
		out->sides[i] = side_of(turn, party->address, event->at);
		out->any_address = true;
		if (party->role == PARTY_FROM && out->from == NULL) {
			out->from = party;
			from = out->sides[i];
		}
		if (out->sides[i] == SIDE_OTHER) {
			stranger = true;
			to_stranger = to_stranger || is_recipient(party->role);
		}
	}
	out->all_ours = out->any_address && !stranger;
	out->unknown_author = unreadable || out->from == NULL;
	if (out->all_ours && !out->unknown_author)
		out->direction = "none";
	else if ((from == SIDE_OURS || from == SIDE_COLLEAGUE) && to_stranger)
		out->direction = "outbound";
	else
		out->direction = "inbound";
}

static struct considered *
consider(
	struct turn *turn, struct view *view, const struct event_party *party, enum outcome outcome)
{
	struct considered *more;

	if (view->considered_count == view->considered_room) {
		view->considered_room = view->considered_room * 2 + 8;
		more = arena_array(turn->arena, view->considered_room, sizeof *more);
		if (view->considered_count > 0)
			memcpy(more, view->considered, view->considered_count * sizeof *more);
		view->considered = more;
	}
	more = &view->considered[view->considered_count++];
	*more = (struct considered){ .party = party, .outcome = outcome };
	return more;
}

/* What a party answered to the invitation; an organizer may answer as an attendee. */
static const char *
response_of(const struct view *view, const struct event_party *party)
{
	if (view->meeting == NULL || view->meeting->responses == NULL)
		return NULL;
	return view->meeting->responses[party - view->event->parties];
}

/* One link a contact; the role of its first appearance stays. */
static void
link_contact(struct turn *turn, struct view *view, const struct considered *made)
{
	struct interaction_link *more;

	for (unsigned i = 0; i < view->link_count; i++) {
		if (view->links[i].contact_id != made->holder->contact_id)
			continue;
		if (view->links[i].response == NULL)
			view->links[i].response = response_of(view, made->party);
		return;
	}
	if (view->link_count == view->link_room) {
		view->link_room = view->link_room * 2 + 4;
		more = arena_array(turn->arena, view->link_room, sizeof *more);
		if (view->link_count > 0)
			memcpy(more, view->links, view->link_count * sizeof *more);
		view->links = more;
	}
	view->links[view->link_count++] = (struct interaction_link){
		.contact_id = made->holder->contact_id,
		.company_id = made->holder->company_id,
		.role = role_word(made->party->role),
		.email = made->party->address,
		.via = made->via,
		.ambiguous = made->sharers > 1,
		.response = response_of(view, made->party),
	};
}

/* A contact may hold one address in several spans of time. */
static bool
held_earlier(const struct known *known, unsigned i, int64_t at)
{
	for (unsigned j = 0; j < i; j++) {
		if (known->holders[j].contact_id == known->holders[i].contact_id &&
			holder_valid(&known->holders[j], at))
			return true;
	}
	return false;
}

static unsigned
count_holders(const struct known *known, int64_t at)
{
	unsigned count = 0;

	for (unsigned i = 0; i < known->holder_count; i++) {
		if (holder_valid(&known->holders[i], at) && !held_earlier(known, i, at))
			count++;
	}
	return count;
}

/* For privacy, but for what was recorded with it before. */
static bool
keeps_out(const struct turn *turn, const struct holder *holder)
{
	for (unsigned i = 0; i < turn->blocked_too_count; i++) {
		if (turn->blocked_too[i] == holder->contact_id)
			return false;
	}
	return holder->blocked;
}

static unsigned
match_holders(struct turn *turn, struct view *view, const struct event_party *party,
	const struct known *known, const char *via)
{
	int64_t at = view->event->at;
	unsigned sharers = count_holders(known, at);
	enum outcome outcome = sharers > 1            ? OUTCOME_AMBIGUOUS
			       : known->key[0] == '@' ? OUTCOME_DOMAIN
						      : OUTCOME_MATCHED;

	for (unsigned i = 0; i < known->holder_count; i++) {
		struct considered *made;

		if (!holder_valid(&known->holders[i], at) || held_earlier(known, i, at))
			continue;
		made = consider(turn, view, party, outcome);
		made->holder = &known->holders[i];
		made->via = via;
		made->sharers = sharers;
		if (!keeps_out(turn, made->holder))
			continue;
		made->outcome = OUTCOME_BLOCKED;
		made->sharers = 0;
		view->blocked = made->holder;
	}
	return sharers;
}

static void
note_outside(struct turn *turn, struct view *view, const struct event_party *party,
	const struct known *known)
{
	for (unsigned i = 0; i < known->holder_count; i++)
		consider(turn, view, party, OUTCOME_OUTSIDE_VALIDITY)->holder = &known->holders[i];
}

static int
match_key(struct turn *turn, struct view *view, const struct event_party *party, const char *key,
	const char *via, unsigned *found, struct err *err)
{
	struct known *known = known_find(&turn->capture->known, key);

	if (known_holders(turn, known, err) < 0)
		return -1;
	*found = match_holders(turn, view, party, known, via);
	if (*found == 0)
		note_outside(turn, view, party, known);
	return 0;
}

static int
match_domain(struct turn *turn, struct view *view, const struct event_party *party, unsigned *found,
	struct err *err)
{
	const char *domain = address_domain(party->address);
	char key[260];
	size_t size = domain == NULL ? 0 : strlen(domain);

	*found = 0;
	if (size == 0 || size + 2 > sizeof key)
		return 0;
	key[0] = '@';
	memcpy(key + 1, domain, size + 1);
	return match_key(turn, view, party, key, "domain", found, err);
}

static int
match_party(struct turn *turn, struct view *view, const struct event_party *party, struct err *err)
{
	const char *folded = address_folded(turn, party->address);
	unsigned found, before = view->considered_count;

	if (match_key(turn, view, party, party->address, "address", &found, err) < 0)
		return -1;
	if (found == 0 && folded != NULL &&
		match_key(turn, view, party, folded, "alias", &found, err) < 0)
		return -1;
	if (found == 0 && match_domain(turn, view, party, &found, err) < 0)
		return -1;
	if (view->considered_count == before)
		consider(turn, view, party, OUTCOME_NO_CONTACT);
	return 0;
}

/* Reply-To says something only if it is not the sender's own address. */
static bool
says_nothing(const struct view *view, const struct event_party *party)
{
	return party->role == PARTY_REPLY_TO && view->from != NULL &&
	       strcmp(party->address, view->from->address) == 0;
}

static int
look_at_party(struct turn *turn, struct view *view, unsigned i, struct err *err)
{
	const struct event_party *party = &view->event->parties[i];

	if (party->address == NULL) {
		consider(turn, view, party, OUTCOME_NO_ADDRESS);
		return 0;
	}
	if (says_nothing(view, party))
		return 0;
	/* Any number of From addresses can be claimed: one is believed. */
	if (party->role == PARTY_FROM && party != view->from)
		consider(turn, view, party, OUTCOME_NOT_BELIEVED);
	else if (view->sides[i] == SIDE_OURS)
		consider(turn, view, party, OUTCOME_OURS);
	else if (view->sides[i] == SIDE_COLLEAGUE)
		consider(turn, view, party, OUTCOME_COLLEAGUE);
	else
		return match_party(turn, view, party, err);
	return 0;
}

void
view_link(struct turn *turn, struct view *view)
{
	view->link_count = 0;
	view->first = NULL;
	for (unsigned i = 0; i < view->considered_count; i++) {
		const struct considered *seen = &view->considered[i];

		if (seen->sharers == 0 || seen->outcome == OUTCOME_LEFT_OUT)
			continue;
		if (view->first == NULL)
			view->first = seen;
		link_contact(turn, view, seen);
	}
}

int
view_match(struct turn *turn, struct view *view, struct err *err)
{
	const struct event *event = view->event;

	for (int role = PARTY_FROM; role <= PARTY_MENTIONED; role++) {
		for (unsigned i = 0; i < event->party_count && i < EVENT_PARTIES_MAX; i++) {
			if ((int)event->parties[i].role == role &&
				look_at_party(turn, view, i, err) < 0)
				return -1;
		}
	}
	view->matched = true;
	view_link(turn, view);
	view->plain = view->link_count > 0    ? DECIDED_CAPTURED
		      : view->blocked != NULL ? DECIDED_PRIVATE
					      : DECIDED_UNMATCHED;
	rules_leave_out(turn, view);
	return 0;
}
