#include <stdio.h>
#include <string.h>

#include "rules.h"

/* One rule asked of one message, or of one party of it. */

struct judged {
	const struct turn *turn;
	const struct view *view;
	const struct event_party *party; /* the only one there is; NULL: all are */
};

typedef bool each_value(void *to, const char *value);

/* What a field of rule_message.c is about; parties by their role. */
enum about {
	ABOUT_ROLES = PARTY_MENTIONED,
	ABOUT_ANY,
	ABOUT_HEADER,
	ABOUT_LISTED, /* from here on fields of one value; list_id and message_id */
	ABOUT_MESSAGE_ID,
	ABOUT_SUBJECT,
	ABOUT_FOLDER,
	ABOUT_SOURCE,
	ABOUT_SIZE,
	ABOUT_DIRECTION,
	ABOUT_DECISION,
};

/* Asked of all mail there is: the letters that differ are looked at, not the names compared. */
static int
about(const char *field)
{
	switch (field[0]) {
	case 'a':
		return field[1] == 'n' ? (int)ABOUT_ANY : (int)PARTY_ATTENDEE;
	case 'b':
		return PARTY_BCC;
	case 'c':
		return PARTY_CC;
	case 'd':
		return field[1] == 'i' ? ABOUT_DIRECTION : ABOUT_DECISION;
	case 'f':
		return field[1] == 'r' ? (int)PARTY_FROM : (int)ABOUT_FOLDER;
	case 'h':
		return ABOUT_HEADER;
	case 'l':
		return ABOUT_LISTED;
	case 'm':
		return ABOUT_MESSAGE_ID;
	case 'o':
		return PARTY_ORGANIZER;
	case 'r':
		return PARTY_REPLY_TO;
	case 's':
		return field[1] == 'e'   ? (int)PARTY_SENDER
		       : field[1] == 'i' ? (int)ABOUT_SIZE
		       : field[1] == 'o' ? (int)ABOUT_SOURCE
					 : (int)ABOUT_SUBJECT;
	default:
		return PARTY_TO;
	}
}

/* role: ABOUT_ANY: in whatever role. */
static void
tell_parties(const struct judged *it, int role, each_value *each, void *to)
{
	const struct event *event = it->view->event;

	for (unsigned i = 0; i < event->party_count && i < EVENT_PARTIES_MAX; i++) {
		const struct event_party *party = &event->parties[i];

		if (party->address == NULL || (it->party != NULL && party != it->party) ||
			(role != ABOUT_ANY && (int)party->role != role))
			continue;
		if (!each(to, party->address))
			return;
	}
}

static bool
is_of(const struct event_header *header, const char *field)
{
	size_t size = strlen(header->name);

	return strncmp(field + sizeof "header(" - 1, header->name, size) == 0 &&
	       field[sizeof "header(" - 1 + size] == ')';
}

static void
tell_headers(const struct event *event, const char *field, each_value *each, void *to)
{
	for (unsigned i = 0; i < event->header_count; i++) {
		if (is_of(&event->headers[i], field) && !each(to, event->headers[i].value))
			return;
	}
}

/* What single-valued fields say; size: of the room for numbers. */
static const char *
single(const struct judged *it, int field, char *room, size_t size)
{
	const struct event *event = it->view->event;

	switch (field) {
	case ABOUT_SUBJECT:
		return event->subject;
	case ABOUT_FOLDER:
		return it->turn->folder;
	case ABOUT_SOURCE:
		return it->turn->source_name;
	case ABOUT_LISTED:
		return event->list_id;
	case ABOUT_MESSAGE_ID:
		return event->message_id;
	case ABOUT_DIRECTION:
		return it->view->direction;
	case ABOUT_DECISION:
		return decision_word(it->view->plain);
	default:
		snprintf(room, size, "%llu", (unsigned long long)event->size);
		return room;
	}
}

static void
tell_values(void *object, const char *name, each_value *each, void *to)
{
	const struct judged *it = object;
	int field = about(name);
	char room[24];

	if (field == ABOUT_HEADER)
		tell_headers(it->view->event, name, each, to);
	else if (field > ABOUT_HEADER)
		each(to, single(it, field, room, sizeof room));
	else
		tell_parties(it, field, each, to);
}

static bool
has_header(const struct event *event, const char *name)
{
	for (unsigned i = 0; i < event->header_count; i++) {
		if (is_of(&event->headers[i], name))
			return true;
	}
	return false;
}

/* As the noun says it in SQL. */
static bool
is_known(void *object, const char *name)
{
	const struct judged *it = object;
	enum keep kept = it->view->kept;
	int field = about(name);

	if (field == ABOUT_HEADER)
		return has_header(it->view->event, name) || it->view->meeting != NULL;
	if (field == ABOUT_SUBJECT)
		return kept == KEEP_ALL;
	if (field == ABOUT_LISTED || field == ABOUT_MESSAGE_ID)
		return kept != KEEP_NOTHING;
	return field > ABOUT_HEADER || kept == KEEP_ALL || kept == KEEP_ADDRESSES;
}

static enum query_truth
judge(struct turn *turn, const struct view *view, const struct event_party *party,
	const struct compiled_rule *rule)
{
	struct judged it = { .turn = turn, .view = view, .party = party };
	const struct query_values values = { tell_values, &it, is_known };

	if (rule->where == NULL)
		return QUERY_UNKNOWN;
	return query_judge(rule->where, &values, turn->arena);
}

enum query_truth
rule_judge(struct turn *turn, const struct view *view, const struct event_party *party,
	const struct compiled_rule *rule)
{
	struct rule_verdict *verdict;

	if (party != NULL || view->verdicts == NULL || !rule->lasting)
		return judge(turn, view, party, rule);
	verdict = &view->verdicts[rule - turn->capture->rules.items];
	if (!verdict->known) {
		verdict->truth = judge(turn, view, NULL, rule);
		verdict->known = true;
	}
	return verdict->truth;
}

const char *
rule_words(struct turn *turn, const struct compiled_rule *rule)
{
	enum { SHOWN = 160 };
	size_t size = strlen(rule->written), kept = text_cut(rule->written, size, SHOWN);

	return arena_printf(turn->arena, "rule %lld, %s: %.*s%s", (long long)rule->id,
		rule_action_word(rule->action), (int)kept, rule->written, kept < size ? "…" : "");
}
