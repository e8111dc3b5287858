#include <string.h>

#include "counting.h"

/* Counting who is seen: a message is in the figures of all its strangers or of none, as
 * candidate_state.counted says; what is decided or read anew afterwards is noted by triggers, and the
 * addresses it concerns are counted again from the beginning. */

enum { AGAIN_MAX = 20, LOOKED_MAX = 5000 };

/* A party of a message. */
struct seen {
	int64_t message, at, place;
	const char *direction, *role, *address, *name, *source; /* borrowed */
	bool meeting, cancelled;
};

/* ---- one party ---- */

static bool
is_recipient(const char *role)
{
	return strcmp(role, "to") == 0 || strcmp(role, "cc") == 0 || strcmp(role, "bcc") == 0;
}

/* Whom a text mentions is not seen, nor whoever is claimed as another sender. */
static struct figures
figures_of(const struct seen *seen)
{
	bool outbound = strcmp(seen->direction, "outbound") == 0, to = is_recipient(seen->role);
	bool invited = strcmp(seen->role, "organizer") == 0 || strcmp(seen->role, "attendee") == 0;

	if (seen->meeting)
		return (struct figures){ .meetings = invited && !seen->cancelled };
	return (struct figures){
		.received = !outbound && seen->place == 0 && strcmp(seen->role, "from") == 0,
		.sent = outbound && to,
		.copied = !outbound && to,
	};
}

/* The settings of the source whose reading of it is kept are what it is read by. */
static void
at_message(struct counting *it, const struct seen *seen)
{
	struct turn *turn = &it->turn;
	struct capture *capture = turn->capture;

	if (seen->message == it->message)
		return;
	it->message = seen->message;
	arena_reset(turn->arena);
	known_trim(&capture->known);
	if (seen->source != NULL && it->source != NULL && strcmp(seen->source, it->source) == 0)
		return;
	it->source = seen->source == NULL ? NULL : arena_text(turn->lasting, seen->source);
	turn->source = it->source == NULL ? NULL
					  : config_source_by_name(capture->config, it->source);
}

static void
look_at(struct counting *it, const struct seen *seen)
{
	struct figures figures = figures_of(seen);
	struct known *known;
	/* An address is no name. */
	bool named = seen->name != NULL && strchr(seen->name, '@') == NULL;

	if (!figures.received && !figures.sent && !figures.copied && !figures.meetings)
		return;
	known = person_find(&it->turn, seen->address);
	if ((it->only == NULL || strcmp(known->key, it->only) == 0) &&
		person_is_stranger(&it->turn, known))
		tally_add(it, known, &figures, seen->at, named ? seen->name : NULL,
			figures.received || strcmp(seen->role, "organizer") == 0);
}

static void
read_seen(struct stmt *q, struct seen *out)
{
	out->message = stmt_int(q);
	out->at = stmt_int(q);
	out->direction = stmt_text(q);
	out->place = stmt_int(q);
	out->role = stmt_text(q);
	out->address = stmt_text(q);
	out->name = stmt_text(q);
	out->source = stmt_text(q);
	out->meeting = stmt_int(q) != 0;
	out->cancelled = stmt_int(q) != 0;
}

static int
look_at_all(struct counting *it, struct stmt *q, struct err *err)
{
	struct seen seen;

	it->message = 0;
	tally_begin(it);
	while (stmt_row(q)) {
		read_seen(q, &seen);
		at_message(it, &seen);
		look_at(it, &seen);
		it->looked++;
	}
	if (stmt_end(q, err) < 0)
		return -1;
	return tally_end(it, err);
}

/* ---- new messages ---- */

#define SEEN \
	"SELECT m.id, m.at, m.direction, p.place, p.role, a.address, p.name, s.name, " \
	"g.message_id IS NOT NULL, g.status = 'cancelled' "
#define READ_BY \
	"LEFT JOIN source s ON s.id = m.source_id LEFT JOIN meeting g ON g.message_id = m.id "
#define WRITTEN_BY_PEOPLE \
	"m.class = 'personal' AND EXISTS (SELECT 1 FROM ledger l WHERE l.message_id = m.id " \
	"AND (l.decision = 'captured' OR l.decision = 'unmatched')) "
#define IN_ORDER "ORDER BY m.id, p.place"

static const char SELECT_NEW[] = SEEN
	"FROM message m CROSS JOIN party p ON p.message_id = m.id "
	"CROSS JOIN address a ON a.id = p.address_id " READ_BY
	"WHERE m.id > ?1 AND m.id <= ?2 AND " WRITTEN_BY_PEOPLE IN_ORDER;

/* The List-Id of a list's mail is its address with a dot for the "@" (RFC 2919). */
static const char NOTE_LISTS[] =
	"INSERT INTO candidate (address, list) SELECT a.address, 1 FROM message m "
	"CROSS JOIN party p ON p.message_id = m.id CROSS JOIN address a ON a.id = p.address_id "
	"WHERE m.id > ?1 AND m.id <= ?2 AND m.list_id IS NOT NULL "
	"AND replace(a.address, '@', '.') = lower(m.list_id) "
	"ON CONFLICT (address) DO UPDATE SET list = 1 WHERE list = 0";

static const char SELECT_END[] =
	"SELECT max(id) FROM (SELECT id FROM message WHERE id > ?1 ORDER BY id LIMIT ?2)";
static const char SELECT_NEWEST[] = "SELECT max(id) FROM message";

static const char SET_COUNTED[] = "UPDATE candidate_state SET counted = ?1 WHERE id = 1";

static int
note_lists(struct counting *it, int64_t end, struct err *err)
{
	struct stmt *q = sql_prepare(it->turn.store, NOTE_LISTS);

	stmt_bind_int(q, it->state.counted);
	stmt_bind_int(q, end);
	return stmt_run(q, err);
}

int
count_newest(struct counting *it, struct err *err)
{
	return sql_get_int(sql_prepare(it->turn.store, SELECT_NEWEST), &it->out->newest, NULL, err);
}

int
count_new(struct counting *it, unsigned max, struct err *err)
{
	struct stmt *q = sql_prepare(it->turn.store, SELECT_END);
	int64_t end = 0;

	stmt_bind_int(q, it->state.counted);
	stmt_bind_int(q, max);
	if (sql_get_int(q, &end, NULL, err) < 0 || count_newest(it, err) < 0)
		return -1;
	if (end <= it->state.counted)
		return 0;
	it->out->more = true;
	if (note_lists(it, end, err) < 0)
		return -1;
	q = sql_prepare(it->turn.store, SELECT_NEW);
	stmt_bind_int(q, it->state.counted);
	stmt_bind_int(q, end);
	if (look_at_all(it, q, err) < 0)
		return -1;
	q = sql_prepare(it->turn.store, SET_COUNTED);
	stmt_bind_int(q, end);
	return stmt_run(q, err);
}

/* ---- once more ---- */

static const char NOTE_CHANGED[] =
	"INSERT INTO candidate_message (message_id) VALUES (?) ON CONFLICT DO NOTHING";

int
parties_grew(struct turn *turn, int64_t message_id, struct err *err)
{
	struct stmt *q = sql_prepare(turn->store, NOTE_CHANGED);

	stmt_bind_int(q, message_id);
	return stmt_run(q, err);
}

static const char NOTE_MESSAGE[] =
	"INSERT OR IGNORE INTO candidate_again (address) SELECT a.address FROM party p "
	"JOIN address a ON a.id = p.address_id WHERE p.message_id = "
	"(SELECT min(message_id) FROM candidate_message)";
static const char DROP_MESSAGE[] = "DELETE FROM candidate_message WHERE message_id = "
				   "(SELECT min(message_id) FROM candidate_message)";

/* The addresses of messages that changed; those not yet counted come by themselves. */
static int
spread_messages(struct counting *it, struct err *err)
{
	struct store *store = it->turn.store;

	for (unsigned i = 0; i < AGAIN_MAX; i++) {
		if (stmt_run(sql_prepare(store, NOTE_MESSAGE), err) < 0 ||
			stmt_run(sql_prepare(store, DROP_MESSAGE), err) < 0)
			return -1;
		if (store_changes(store) == 0)
			return 0;
	}
	it->out->more = true;
	return 0;
}

static const char FORGET_FIGURES[] =
	"UPDATE candidate SET received = 0, sent = 0, copied = 0, meetings = 0, first_at = NULL, "
	"last_at = NULL, name = NULL, name_own = 0, name_at = NULL, round = 0 WHERE address = ?";
static const char DROP_UNSEEN[] =
	"DELETE FROM candidate WHERE address = ? AND points = 0 AND ignored = 0 AND list = 0";
static const char DROP_AGAIN[] = "DELETE FROM candidate_again WHERE address = ?";

int
counting_run(struct counting *it, const char *sql, const char *text, struct err *err)
{
	struct stmt *q = sql_prepare(it->turn.store, sql);

	stmt_bind_text(q, text);
	return stmt_run(q, err);
}

/* With those that fold to it, message by message: "ada+crm@x.example" lies between "ada+" and "ada,", as
 * the characters follow each other. */
static const char SELECT_AGAIN[] = SEEN
	"FROM address a CROSS JOIN party p ON p.address_id = a.id "
	"CROSS JOIN message m ON m.id = p.message_id " READ_BY
	"WHERE (a.address = ?2 OR (a.address >= ?3 || '+' AND a.address < ?3 || ',' "
	"AND substr(a.address, -length(?4)) = ?4)) AND m.id <= ?1 AND " WRITTEN_BY_PEOPLE IN_ORDER;

static int
count_address(struct counting *it, const char *address, struct err *err)
{
	struct stmt *q;

	it->only = address;
	if (counting_run(it, FORGET_FIGURES, address, err) < 0)
		return -1;
	q = sql_prepare(it->turn.store, SELECT_AGAIN);
	stmt_bind_int(q, it->state.counted);
	stmt_bind_text(q, address);
	stmt_bind_text_n(q, address, (size_t)(strrchr(address, '@') - address));
	stmt_bind_text(q, strrchr(address, '@'));
	if (look_at_all(it, q, err) < 0)
		return -1;
	it->only = NULL;
	return counting_run(it, DROP_UNSEEN, address, err);
}

static const char SELECT_AGAIN_FIRST[] =
	"SELECT address FROM candidate_again ORDER BY address LIMIT 1";

int
counting_first(struct counting *it, const char *sql, const char **out, struct err *err)
{
	struct stmt *q = sql_prepare(it->turn.store, sql);

	*out = stmt_row(q) ? stmt_text_copy(q, it->turn.lasting) : NULL;
	return stmt_end(q, err);
}

/* With its tag and without: which of them it counts for may have changed. */
int
count_again(struct counting *it, struct err *err)
{
	const char *address, *folded;

	if (spread_messages(it, err) < 0)
		return -1;
	for (unsigned i = 0; i < AGAIN_MAX && it->looked < LOOKED_MAX; i++) {
		if (counting_first(it, SELECT_AGAIN_FIRST, &address, err) < 0)
			return -1;
		if (address == NULL)
			return 0;
		folded = address_untagged(it->turn.lasting, address);
		if (count_address(it, address, err) < 0 ||
			(folded != NULL && count_address(it, folded, err) < 0) ||
			counting_run(it, DROP_AGAIN, address, err) < 0)
			return -1;
	}
	it->out->more = true;
	return 0;
}
