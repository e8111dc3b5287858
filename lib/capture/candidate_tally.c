#include "counting.h"

/* What the messages of one turn add to each person's figures, written once a person. */

struct tally {
	struct tally *next;
	const char *address; /* lasting, as all texts here */
	struct figures figures;
	int64_t message; /* counted last */
	int64_t first, last;
	const char *name; /* the best, or NULL */
	int64_t name_at;
	bool name_own;
};

void
tally_begin(struct counting *it)
{
	it->tallies = NULL;
	it->turn.capture->tally_turn++;
}

static struct tally *
tally_of(struct counting *it, struct known *known, int64_t at)
{
	uint64_t turn = it->turn.capture->tally_turn;
	struct tally *tally;

	if (known->tally_turn == turn)
		return known->tally;
	tally = arena_alloc(it->turn.lasting, sizeof *tally);
	tally->address = arena_text(it->turn.lasting, known->key);
	tally->first = tally->last = at;
	tally->next = it->tallies;
	it->tallies = tally;
	known->tally = tally;
	known->tally_turn = turn;
	return tally;
}

/* Who wrote the name himself knows it best, and the latest is the one in use. */
static void
take_name(struct counting *it, struct tally *tally, const char *name, bool own, int64_t at)
{
	if (tally->name != NULL &&
		(tally->name_own > own || (tally->name_own == own && tally->name_at > at)))
		return;
	tally->name = arena_text(it->turn.lasting, name);
	tally->name_own = own;
	tally->name_at = at;
}

void
tally_add(struct counting *it, struct known *known, const struct figures *figures, int64_t at,
	const char *name, bool own)
{
	struct tally *tally = tally_of(it, known, at);

	if (tally->message == it->message)
		return;
	tally->message = it->message;
	tally->figures.received += figures->received;
	tally->figures.sent += figures->sent;
	tally->figures.copied += figures->copied;
	tally->figures.meetings += figures->meetings;
	tally->first = at < tally->first ? at : tally->first;
	tally->last = at > tally->last ? at : tally->last;
	if (name != NULL)
		take_name(it, tally, name, own, at);
}

/* Of a new row; triggers follow what becomes of it. */
#define KNOWN \
	"(EXISTS (SELECT 1 FROM contact_email e WHERE e.address = ?1 AND e.state = 'active') " \
	"OR EXISTS (SELECT 1 FROM salesperson_email s WHERE s.address = ?1))"
/* Figures of another round are worth nothing. */
#define ADDED(column, number) \
	column " = CASE round WHEN ?2 THEN " column " ELSE 0 END + " number ", "
#define FIRST "min(CASE round WHEN ?2 THEN ifnull(first_at, ?7) ELSE ?7 END, ?7)"
#define LAST  "max(CASE round WHEN ?2 THEN ifnull(last_at, ?11) ELSE ?11 END, ?11)"
/* As in take_name. */
#define WORSE \
	"(?8 IS NULL OR (name IS NOT NULL AND (name_own > ?9 OR (name_own = ?9 AND name_at > " \
	"?12))))"
#define BETTER(column, number) column " = CASE WHEN " WORSE " THEN " column " ELSE " number " END, "

static const char COUNT[] =
	"INSERT INTO candidate (address, round, received, sent, copied, meetings, first_at, "
	"last_at, name, name_own, name_at, recency, ages_at, known) VALUES (?1, ?2, ?3, ?4, ?5, "
	"?6, ?7, ?11, ?8, ?9, ?12, " RECENCY("?11") ", " AGES_AT(
		"?11") ", " KNOWN ") "
		       "ON CONFLICT (address) DO UPDATE SET version = version + 1, " ADDED(
			       "received", "?3") ADDED("sent", "?4") ADDED("copied",
			       "?5") ADDED("meetings",
			       "?6") "first_at = " FIRST ", last_at = " LAST
				     ", recency = " RECENCY(
					     LAST) ", "
						   "ages_at = " AGES_AT(LAST) ", " BETTER(
							   "name", "?8") BETTER("name_own", "?9")
							   BETTER("name_at", "?12") "round = ?2";

static int
write_tally(struct counting *it, const struct tally *tally, struct err *err)
{
	struct stmt *q = sql_prepare(it->turn.store, COUNT);

	stmt_bind_text(q, tally->address);
	stmt_bind_int(q, it->state.round);
	stmt_bind_int(q, tally->figures.received);
	stmt_bind_int(q, tally->figures.sent);
	stmt_bind_int(q, tally->figures.copied);
	stmt_bind_int(q, tally->figures.meetings);
	stmt_bind_int(q, tally->first);
	stmt_bind_text(q, tally->name);
	stmt_bind_int(q, tally->name_own);
	stmt_bind_int(q, it->turn.now);
	stmt_bind_int(q, tally->last);
	stmt_bind_int_or_null(q, tally->name_at, tally->name == NULL);
	return stmt_run(q, err);
}

int
tally_end(struct counting *it, struct err *err)
{
	for (const struct tally *tally = it->tallies; tally != NULL; tally = tally->next) {
		if (write_tally(it, tally, err) < 0)
			return -1;
	}
	return 0;
}
