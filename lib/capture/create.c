#include <string.h>

#include "liaison/store/journal.h"
#include "person.h"

/* create-contacts: a contact is made of a stranger in the transaction that captures the mail, which then
 * is a contact's mail like any other. */

/* Who is written to with so many others is not corresponded with. */
enum { RECIPIENTS_MAX = 25 };

static bool
is_recipient(const struct event_party *party)
{
	return party->role == PARTY_TO || party->role == PARTY_CC || party->role == PARTY_BCC;
}

static unsigned
count_recipients(const struct event *event)
{
	unsigned count = 0;

	for (unsigned i = 0; i < event->party_count; i++)
		count += is_recipient(&event->parties[i]);
	return count;
}

static bool
is_judged(const struct view *view, const char *verdict)
{
	return view->authentication != NULL && strcmp(view->authentication, verdict) == 0;
}

/* Anybody can write that he is one of us: it is believed of what lies where only we put mail, or was
 * vouched for by the server that authserv-id names. */
static bool
is_ours(const struct turn *turn, const struct view *view)
{
	return (turn->sent && !is_judged(view, "failed")) || is_judged(view, "verified");
}

/* A sender is taken at his word only if he gives one word. */
static bool
is_believed(const struct view *view)
{
	const unsigned doubts = EVENT_AMBIGUOUS_FROM | EVENT_NO_FROM | EVENT_SPOOFED_NAME |
				EVENT_MIXED_SCRIPT | EVENT_KNOWN_NAME;

	return (view->flags & doubts) == 0 && !is_judged(view, "failed");
}

/* Whether mail such as this makes contacts at all. */
static bool
may_create(const struct turn *turn, const struct view *view)
{
	enum config_create create = turn->source == NULL ? CREATE_NEVER
							 : turn->source->create_contacts;

	if (create == CREATE_NEVER || view->meeting != NULL ||
		view->event->class != CLASS_PERSONAL ||
		(view->decision != DECIDED_CAPTURED && view->decision != DECIDED_UNMATCHED))
		return false;
	if (strcmp(view->direction, "outbound") == 0)
		return count_recipients(view->event) <= RECIPIENTS_MAX && is_ours(turn, view);
	return create == CREATE_ALL && is_believed(view);
}

/* Those we write to, or who writes to us. */
static bool
is_correspondent(const struct view *view, const struct event_party *party)
{
	return strcmp(view->direction, "outbound") == 0 ? is_recipient(party) : party == view->from;
}

/* A contact that once had the address, or whom a rule leaves out, was dealt with by somebody. */
static bool
is_unknown(const struct considered *seen)
{
	return seen->outcome == OUTCOME_NO_CONTACT ||
	       (seen->holder != NULL && seen->sharers > 0 && seen->outcome != OUTCOME_LEFT_OUT &&
		       strcmp(seen->via, "domain") == 0);
}

static const char IS_SPOKEN_FOR[] =
	"SELECT 1 FROM contact_email WHERE address = ?1 UNION ALL "
	"SELECT 1 FROM salesperson_email WHERE address = ?1 UNION ALL "
	"SELECT 1 FROM candidate WHERE address = ?1 AND (ignored = 1 OR list = 1)";

static int
is_spoken_for(struct turn *turn, const char *address, bool *spoken, struct err *err)
{
	struct stmt *q = sql_prepare(turn->store, IS_SPOKEN_FOR);

	stmt_bind_text(q, address);
	return sql_get_int(q, NULL, spoken, err);
}

static const char IS_KNOWN_MESSAGE[] =
	"SELECT 1 FROM message m WHERE m.identity = ? AND NOT (EXISTS (SELECT 1 FROM ledger l "
	"WHERE l.message_id = m.id) AND NOT EXISTS (SELECT 1 FROM ledger l WHERE l.message_id = "
	"m.id AND (l.decision <> 'unmatched' OR l.version > 1)))";

/* A copy of what was captured once makes nobody whom people may have removed since; what never was, as
 * it was not yet believed to be ours, may. */
static int
is_known_message(struct turn *turn, const struct event *event, bool *known, struct err *err)
{
	struct stmt *q = sql_prepare(turn->store, IS_KNOWN_MESSAGE);

	stmt_bind_blob(q, event->identity, sizeof event->identity);
	return sql_get_int(q, NULL, known, err);
}

static int
note_made(struct turn *turn, int64_t id, struct err *err)
{
	struct journal_entry entry = { .user = "liaisond",
		.method = "capture.create-contacts",
		.noun = "contact",
		.record = id,
		.contact = id };
	struct json_doc doc;
	int64_t row;

	json_doc_begin(&doc);
	if (json_doc_end(&doc, turn->arena,
		    contact_write(turn->store, turn->arena, id, &doc.out, err), &entry.after) < 0)
		return -1;
	return journal_add(turn->store, &entry, &row, err);
}

static const char WANT_PAST[] =
	"INSERT OR IGNORE INTO candidate_past (address) SELECT a.address FROM address a "
	"WHERE a.address = ?1 AND EXISTS (SELECT 1 FROM party p WHERE p.address_id = a.id)";

/* Mail seen earlier is matched soon, behind capture. */
static int
want_past(struct turn *turn, const char *address, struct err *err)
{
	struct stmt *q = sql_prepare(turn->store, WANT_PAST);

	stmt_bind_text(q, address);
	return stmt_run(q, err);
}

static int
make(struct turn *turn, const struct view *view, const struct event_party *party,
	const char *address, struct err *err)
{
	struct candidate candidate = { .address = address, .name = party->name };
	struct contact_email email = { .email = address,
		.learned_from = arena_printf(
			turn->arena, "mail in %s:%s", turn->source_name, turn->folder) };
	struct contact contact;
	const char *mine;

	if (candidate_guess_company(turn->store, turn->arena, &candidate, err) < 0 ||
		salesperson_of_mail(turn, view->event, &mine, err) < 0)
		return -1;
	candidate_contact(turn->arena, &candidate, &contact);
	if (contact_follow_company(turn->store, turn->arena, NULL, &contact, err) < 0 ||
		contact_fill_defaults(turn->store, turn->arena, &contact, mine, err) < 0 ||
		contact_add(turn->store, turn->arena, &contact, turn->now, err) < 0 ||
		contact_email_add(turn->store, turn->arena, contact.id, &email, err) < 0 ||
		want_past(turn, address, err) < 0)
		return -1;
	name_changed(turn, contact.name);
	return note_made(turn, contact.id, err);
}

/* What the contact refuses (a number series that is used up, say) keeps no mail from being captured. */
static int
try_make(struct turn *turn, const struct view *view, const struct event_party *party,
	struct known *known, bool *made, struct err *err)
{
	if (store_savepoint(turn->store, err) < 0)
		return -1;
	if (make(turn, view, party, known->key, err) < 0) {
		store_rollback_to(turn->store);
		return err->code == ERR_STORAGE || err->code == ERR_UNAVAILABLE ? -1 : 0;
	}
	known->generation = 0; /* who holds it is asked again */
	*made = true;
	return store_release(turn->store, err);
}

static bool
is_eligible(const struct view *view, const struct considered *seen)
{
	return is_unknown(seen) && is_correspondent(view, seen->party);
}

static bool
any_eligible(const struct view *view)
{
	for (unsigned i = 0; i < view->considered_count; i++) {
		if (is_eligible(view, &view->considered[i]))
			return true;
	}
	return false;
}

static int
consider_making(struct turn *turn, const struct view *view, const struct event_party *party,
	bool *made, struct err *err)
{
	struct known *known = person_find(turn, party->address);
	bool spoken;

	if (!person_is_stranger(turn, known))
		return 0;
	if (is_spoken_for(turn, known->key, &spoken, err) < 0)
		return -1;
	return spoken ? 0 : try_make(turn, view, party, known, made, err);
}

int
contacts_create(struct turn *turn, struct view *view, struct err *err)
{
	bool made = false, known;

	if (!may_create(turn, view) || !any_eligible(view))
		return 0;
	if (is_known_message(turn, view->event, &known, err) < 0)
		return -1;
	for (unsigned i = 0; i < view->considered_count && !known; i++) {
		const struct considered *seen = &view->considered[i];

		if (is_eligible(view, seen) &&
			consider_making(turn, view, seen->party, &made, err) < 0)
			return -1;
	}
	if (!made)
		return 0;
	view_init(turn, view->event, view);
	return view_decide(turn, view, err) < 0 ? -1 : view_doubt(turn, view, err);
}
