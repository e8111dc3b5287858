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

static enum party_role
role_of_field(const char *field)
{
	static const char *const names[] = {
		[PARTY_FROM] = "from",
		[PARTY_SENDER] = "sender",
		[PARTY_REPLY_TO] = "reply_to",
		[PARTY_TO] = "to",
		[PARTY_CC] = "cc",
		[PARTY_BCC] = "bcc",
		[PARTY_ORGANIZER] = "organizer",
		[PARTY_ATTENDEE] = "attendee",
	};

	for (int role = PARTY_FROM; role <= PARTY_ATTENDEE; role++) {
		if (strcmp(names[role], field) == 0)
			return (enum party_role)role;
	}
	return PARTY_MENTIONED;
}

/* any: in whatever role. */
static void
tell_parties(const struct judged *it, const char *field, bool any, each_value *each, void *to)
{
	enum party_role role = any ? PARTY_MENTIONED : role_of_field(field);
	const struct event *event = it->view->event;

	for (unsigned i = 0; i < event->party_count && i < EVENT_PARTIES_MAX; i++) {
		const struct event_party *party = &event->parties[i];

		if (party->address == NULL || (it->party != NULL && party != it->party) ||
			(!any && party->role != role))
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
single(const struct judged *it, const char *field, char *room, size_t size)
{
	const struct event *event = it->view->event;

	if (strcmp(field, "subject") == 0)
		return event->subject;
	if (strcmp(field, "folder") == 0)
		return it->turn->folder;
	if (strcmp(field, "source") == 0)
		return it->turn->source_name;
	if (strcmp(field, "list_id") == 0)
		return event->list_id;
	if (strcmp(field, "message_id") == 0)
		return event->message_id;
	if (strcmp(field, "direction") == 0)
		return it->view->direction;
	if (strcmp(field, "decision") == 0)
		return decision_word(it->view->plain);
	snprintf(room, size, "%llu", (unsigned long long)event->size);
	return room;
}

static bool
is_single(const char *field)
{
	static const char *const names[] = { "subject", "folder", "source", "list_id", "message_id",
		"direction", "decision", "size" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (strcmp(names[i], field) == 0)
			return true;
	}
	return false;
}

static void
tell_values(void *object, const char *field, each_value *each, void *to)
{
	const struct judged *it = object;
	char room[24];

	if (text_starts(field, "header("))
		tell_headers(it->view->event, field, each, to);
	else if (is_single(field))
		each(to, single(it, field, room, sizeof room));
	else
		tell_parties(it, field, strcmp(field, "any_address") == 0, each, to);
}

/* As the noun says it in SQL. */
static bool
is_known(void *object, const char *field)
{
	const struct judged *it = object;
	const struct event *event = it->view->event;
	enum keep kept = it->view->kept;

	if (text_starts(field, "header(")) {
		for (unsigned i = 0; i < event->header_count; i++) {
			if (is_of(&event->headers[i], field))
				return true;
		}
		return it->view->meeting != NULL;
	}
	if (strcmp(field, "subject") == 0)
		return kept == KEEP_ALL;
	if (strcmp(field, "list_id") == 0 || strcmp(field, "message_id") == 0)
		return kept != KEEP_NOTHING;
	return is_single(field) || kept == KEEP_ALL || kept == KEEP_ADDRESSES;
}

enum query_truth
rule_judge(struct turn *turn, const struct view *view, const struct event_party *party,
	const struct compiled_rule *rule)
{
	struct judged it = { .turn = turn, .view = view, .party = party };
	const struct query_values values = { tell_values, &it, is_known };

	if (rule->where == NULL)
		return QUERY_UNKNOWN;
	return query_judge(rule->where, &values, turn->arena);
}

const char *
rule_words(struct turn *turn, const struct compiled_rule *rule)
{
	enum { SHOWN = 160 };
	size_t size = strlen(rule->written), kept = text_cut(rule->written, size, SHOWN);

	return arena_printf(turn->arena, "rule %lld, %s: %.*s%s", (long long)rule->id,
		rule_action_word(rule->action), (int)kept, rule->written, kept < size ? "…" : "");
}
