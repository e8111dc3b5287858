#include "inside.h"
#include "liaison/capture/retention.h"

/* on-delete: what becomes of captured messages that left a mailbox. A message has left when no row of it,
 * in any source, is of a mail that may still be there. Rows of a former UIDVALIDITY count until the folder
 * has the message under the current one. */

enum { SETTLED_MAX = 40, MOVED_MAX = 500, DOUBT_FROM = 6 };

#define LIVES \
	"EXISTS (SELECT 1 FROM ledger r JOIN stream u ON u.id = r.stream_id WHERE r.message_id = " \
	"l.message_id AND NOT EXISTS (SELECT 1 FROM gone h WHERE h.stream_id = r.stream_id AND " \
	"h.uid = r.uid) AND (u.current OR NOT EXISTS (SELECT 1 FROM ledger s JOIN stream v ON " \
	"v.id " \
	"= s.stream_id WHERE s.message_id = r.message_id AND v.source_id = u.source_id AND " \
	"v.folder = u.folder AND v.current)))"

#define LEFT_MAIL \
	"FROM gone g JOIN ledger l ON l.stream_id = g.stream_id AND l.uid = g.uid WHERE " \
	"g.stream_id = ?1 AND g.settled = 0 AND g.at < ?2 AND NOT " LIVES

/* ---- is it believed? --------------------------------------------------------------------------- */

static const char COUNT_LEFT[] = "SELECT count(DISTINCT l.message_id) " LEFT_MAIL
				 " AND l.interaction_id IS NOT NULL";
static const char COUNT_THERE[] =
	"SELECT count(*) FROM ledger l WHERE l.stream_id = ?1 AND l.interaction_id IS NOT NULL AND "
	"NOT EXISTS (SELECT 1 FROM gone g WHERE g.stream_id = l.stream_id AND g.uid = l.uid)";
static const char SELECT_DOUBTED[] = "SELECT doubted FROM stream WHERE id = ?";
static const char SET_DOUBTED[] = "UPDATE stream SET doubted = ?2 WHERE id = ?1";

static int
ask(struct store *store, const char *sql, int64_t stream, const int64_t *before, int64_t *out,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, sql);
	bool found;

	*out = 0;
	stmt_bind_int(q, stream);
	if (before != NULL)
		stmt_bind_int(q, *before);
	return sql_get_int(q, out, &found, err);
}

int
gone_doubted(struct store *store, int64_t stream_id, int64_t *count, struct err *err)
{
	return ask(store, SELECT_DOUBTED, stream_id, NULL, count, err);
}

static int
set_doubted(struct store *store, int64_t stream, int64_t count, struct err *err)
{
	struct stmt *q = sql_prepare(store, SET_DOUBTED);

	stmt_bind_int(q, stream);
	stmt_bind_int(q, count);
	return stmt_run(q, err);
}

/* Only a doubt that is not there yet asks for what the folder still has. */
static int
find_doubt(struct store *store, int64_t stream, int64_t before, bool doubted, int64_t *out,
	struct err *err)
{
	int64_t left, there = 0;

	*out = 0;
	if (ask(store, COUNT_LEFT, stream, &before, &left, err) < 0)
		return -1;
	if (!doubted && left < DOUBT_FROM)
		return 0;
	if (!doubted && ask(store, COUNT_THERE, stream, NULL, &there, err) < 0)
		return -1;
	if (left > there)
		*out = left;
	return 0;
}

/* Half of what a folder had, but for a handful, is not deleted at once as a rule. A doubt stays until somebody
 * accepts it, or the mail is there again. */
static int
judge(struct store *store, int64_t stream, int64_t before, bool accept, int64_t *doubted,
	struct err *err)
{
	int64_t was;

	*doubted = 0;
	if (gone_doubted(store, stream, &was, err) < 0 ||
		(!accept && find_doubt(store, stream, before, was > 0, doubted, err) < 0))
		return -1;
	return *doubted == was ? 0 : set_doubted(store, stream, *doubted, err);
}

/* ---- what is done ------------------------------------------------------------------------------ */

struct left {
	int64_t stream, uid, message_id, interaction_id;
};

static const char SELECT_LEFT[] = "SELECT g.uid, l.message_id, l.interaction_id " LEFT_MAIL
				  " LIMIT ?3";

static const char SETTLE[] =
	"UPDATE gone SET settled = 1 WHERE (stream_id, uid) IN (SELECT stream_id, uid FROM ledger "
	"WHERE message_id = ?1)";
static const char SETTLE_ONE[] = "UPDATE gone SET settled = 1 WHERE stream_id = ?1 AND uid = ?2";
static const char CLEAR_HEADER[] =
	"UPDATE quarantine SET header = NULL WHERE stream_id = ?1 AND uid = ?2";

static int
settle_two(struct store *store, const char *sql, const struct left *left, struct err *err)
{
	struct stmt *q = sql_prepare(store, sql);

	stmt_bind_int(q, left->stream);
	stmt_bind_int(q, left->uid);
	return stmt_run(q, err);
}

static int
settle_rows(struct store *store, const struct left *left, struct err *err)
{
	struct stmt *q;

	if (left->message_id == 0)
		return settle_two(store, CLEAR_HEADER, left, err) < 0
			       ? -1
			       : settle_two(store, SETTLE_ONE, left, err);
	q = sql_prepare(store, SETTLE);
	stmt_bind_int(q, left->message_id);
	return stmt_run(q, err);
}

static int
read_left(struct store *store, int64_t stream, int64_t before, struct left *out, unsigned *count,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_LEFT);

	*count = 0;
	stmt_bind_int(q, stream);
	stmt_bind_int(q, before);
	stmt_bind_int(q, SETTLED_MAX);
	while (*count < SETTLED_MAX && stmt_row(q)) {
		struct left *left = &out[(*count)++];

		left->stream = stream;
		left->uid = stmt_int(q);
		left->message_id = stmt_int(q);
		left->interaction_id = stmt_int(q);
	}
	return stmt_end(q, err);
}

static int
drop(struct turn *turn, const struct left *left, struct gone_counts *counts, struct err *err)
{
	bool done;

	if (turn->source->on_delete == DELETE_REMOVE) {
		if (message_outlive(turn, left->message_id, left->interaction_id, REASON_LEFT,
			    &done, err) < 0)
			return -1;
		counts->mails++;
		return done ? 0
			    : interaction_erase(
				      turn->store, turn->arena, &left->interaction_id, 1, err);
	}
	if (wants_drop(turn, left->interaction_id, err) < 0 ||
		interaction_drop_text(turn->store, left->interaction_id, turn->now, &done, err) < 0)
		return -1;
	counts->texts += done;
	if (done)
		turn_tell(turn, left->interaction_id, CAPTURE_CHANGED);
	return 0;
}

/* Two rows of one message may stand in one list: the second finds nothing left of it. */
static int
settle(struct turn *turn, const struct left *list, unsigned count, struct gone_counts *counts,
	struct err *err)
{
	for (unsigned i = 0; i < count; i++) {
		bool again = false;

		for (unsigned j = 0; j < i && !again; j++)
			again = list[j].message_id != 0 && list[j].message_id == list[i].message_id;
		if (again)
			continue;
		if (list[i].interaction_id != 0 && drop(turn, &list[i], counts, err) < 0)
			return -1;
		if (settle_rows(turn->store, &list[i], err) < 0)
			return -1;
	}
	return 0;
}

/* Of what is elsewhere too that place tells when it leaves: nobody looks at these rows again. */
static const char SETTLE_MOVED[] =
	"UPDATE gone SET settled = 1 WHERE stream_id = ?1 AND uid IN (SELECT g.uid FROM gone g "
	"JOIN ledger l ON l.stream_id = g.stream_id AND l.uid = g.uid WHERE g.stream_id = ?1 AND "
	"g.settled = 0 AND g.at < ?2 AND " LIVES " LIMIT ?3)";

static int
settle_moved(struct store *store, int64_t stream, int64_t before, bool *more, struct err *err)
{
	struct stmt *q = sql_prepare(store, SETTLE_MOVED);

	stmt_bind_int(q, stream);
	stmt_bind_int(q, before);
	stmt_bind_int(q, MOVED_MAX);
	if (stmt_run(q, err) < 0)
		return -1;
	*more = *more || store_changes(store) == MOVED_MAX;
	return 0;
}

static int
settle_stream(struct turn *turn, int64_t stream, int64_t before, bool accept,
	struct gone_counts *counts, bool *more, struct err *err)
{
	struct left list[SETTLED_MAX];
	int64_t doubted;
	unsigned count;

	if (settle_moved(turn->store, stream, before, more, err) < 0)
		return -1;
	if (*more)
		return 0;
	if (judge(turn->store, stream, before, accept, &doubted, err) < 0)
		return -1;
	counts->doubted += (unsigned)doubted;
	if (doubted > 0)
		return 0;
	if (read_left(turn->store, stream, before, list, &count, err) < 0 ||
		settle(turn, list, count, counts, err) < 0)
		return -1;
	*more = *more || count == SETTLED_MAX;
	return 0;
}

static const char COUNT_OPEN[] =
	"SELECT count(*) FROM gone WHERE stream_id = ?1 AND settled = 0 AND at >= ?2";

int
gone_settle(struct store *store, struct capture *capture, struct arena *arena, int64_t source_id,
	int64_t before, bool accept, int64_t now, struct capture_result *result,
	struct gone_counts *counts, bool *more, struct err *err)
{
	struct capture_result told = { 0 };
	struct gone_counts sum = *counts;
	struct stream *streams;
	unsigned count;
	struct turn turn;
	int64_t open;

	*more = false;
	sum.doubted = sum.open = 0;
	if (turn_begin(&turn, store, capture, arena, now, &told, err) < 0 ||
		stream_list(store, arena, source_id, &streams, &count, err) < 0)
		return -1;
	for (unsigned i = 0; i < count && !*more; i++) {
		struct stream at;

		if (turn_at_stream(&turn, streams[i].id, &at, err) < 0)
			return -1;
		if (turn.source == NULL || turn.source->on_delete == DELETE_KEEP)
			continue;
		if (settle_stream(&turn, at.id, before, accept, &sum, more, err) < 0 ||
			ask(store, COUNT_OPEN, at.id, &before, &open, err) < 0)
			return -1;
		sum.open += (unsigned)open;
	}
	if (turn_end(&turn, err) < 0)
		return -1;
	*result = told;
	*counts = sum;
	return 0;
}
