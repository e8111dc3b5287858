#include <string.h>
#include <strings.h>

#include "liaison/crm/doubt.h"
#include "liaison/crm/sight.h"
#include "explain.h"
#include "person.h"

/* Whether a mail's sender is who it seems: what the receiving server says of him, and whether he bears the
 * name of somebody we know. */

static const char *const verdict_words[] = {
	[VERDICT_UNVERIFIED] = "unverified",
	[VERDICT_VERIFIED] = "verified",
	[VERDICT_FAILED] = "failed",
};

/* Others' words count for nothing, as anybody can write them; mail of ours bears none. */
static void
authenticate(const struct turn *turn, struct view *view)
{
	const char *believed = turn->source == NULL ? NULL : turn->source->authserv_id;
	const struct event *event = view->event;

	if (strcmp(view->direction, "inbound") == 0)
		view->authentication = verdict_words[VERDICT_UNVERIFIED];
	for (unsigned i = 0; believed != NULL && i < event->authentication_count; i++) {
		const struct event_authentication *one = &event->authentications[i];

		if (strcasecmp(one->server, believed) != 0)
			continue;
		view->authentication = verdict_words[one->verdict];
		view->authentication_reason = one->words;
		return;
	}
}

/* A contact of that name without an address may well be him. */
static const char SELECT_NAMED[] =
	"SELECT 1 FROM contact c WHERE c.name_fold = ?1 AND c.type = 'person' AND EXISTS "
	"(SELECT 1 FROM contact_email e WHERE e.contact_id = c.id AND e.state = 'active') "
	"UNION ALL SELECT 1 FROM salesperson p WHERE fold(p.name) = ?1 LIMIT 1";

static struct known *
known_name(struct turn *turn, const char *folded)
{
	return known_find(&turn->capture->known, arena_printf(turn->arena, "\"%s\"", folded));
}

void
name_changed(struct turn *turn, const char *name)
{
	known_name(turn, text_fold(turn->arena, name))->generation = 0;
}

/* Looked up once a name, as addresses are; the count tells whether there is one. */
static int
is_somebodys_name(struct turn *turn, const char *folded, bool *taken, struct err *err)
{
	struct known *known = known_name(turn, folded);
	struct stmt *q;

	if (known->generation != turn->capture->generation) {
		q = sql_prepare(turn->store, SELECT_NAMED);
		stmt_bind_text(q, folded);
		if (sql_get_int(q, NULL, taken, err) < 0)
			return -1;
		known->generation = turn->capture->generation;
		known->holder_count = *taken;
	}
	*taken = known->holder_count > 0;
	return 0;
}

/* Nobody has the sender's address but perhaps a company its domain. */
static bool
is_foreign(const struct view *view)
{
	for (unsigned i = 0; i < view->considered_count; i++) {
		const struct considered *seen = &view->considered[i];

		if (seen->party == view->from)
			return seen->outcome == OUTCOME_NO_CONTACT ||
			       (seen->via != NULL && strcmp(seen->via, "domain") == 0);
	}
	return false;
}

/* A first name alone is anybody's. */
static int
check_name(struct turn *turn, struct view *view, struct err *err)
{
	struct candidate sender = { 0 };
	struct contact named;
	bool taken = false;

	if (view->from == NULL || view->from->name == NULL || !is_foreign(view))
		return 0;
	sender.address = view->from->address;
	sender.name = view->from->name;
	candidate_contact(turn->arena, &sender, &named);
	if (strchr(named.name, ' ') == NULL)
		return 0;
	if (is_somebodys_name(turn, text_fold(turn->arena, named.name), &taken, err) < 0)
		return -1;
	view->flags |= taken ? EVENT_KNOWN_NAME : 0;
	return 0;
}

int
view_doubt(struct turn *turn, struct view *view, struct err *err)
{
	view->flags = view->event->flags;
	authenticate(turn, view);
	if (view->event->class != CLASS_PERSONAL || strcmp(view->direction, "inbound") != 0)
		return 0;
	return check_name(turn, view, err);
}

static const char SELECT_SENDER[] =
	"SELECT m.authentication, m.authentication_reason, m.flags FROM message m WHERE m.id = ?1 "
	"AND (viewer() IS NULL OR " SIGHT_SEEN("m.id") ")";

int
explain_sender(struct story *story, struct err *err)
{
	struct stmt *q = sql_prepare(story->turn.store, SELECT_SENDER);
	bool seen;

	stmt_bind_int(q, story->message_count == 0 ? 0 : story->messages[0]);
	seen = stmt_row(q);
	json_text(story->out, "authentication", seen ? stmt_text(q) : NULL);
	json_text(story->out, "authentication_reason", seen ? stmt_text(q) : NULL);
	doubts_write(story->out, "flags", seen ? stmt_int(q) : 0);
	return stmt_end(q, err);
}
