#include "liaison/capture/retention.h"

#include <string.h>

#include "inside.h"

/* A pass looks through quarantine, interactions and the ledger, each by its key, and then merges the search
 * index, which else keeps the words of what is gone for long; what is kept for ever is passed by. */

enum step { STEP_QUARANTINE, STEP_INTERACTIONS, STEP_LEDGER, STEP_SEARCH, STEP_COUNT };

enum { HEADERS_MAX = 100, DROPS_MAX = 50, LOOKED_MAX = 500 };

struct passing {
	struct turn turn;
	struct retention_place *place;
	struct retention_counts *counts;
	const struct config *config;
};

/* The time before which what is kept for so many seconds is over; INT64_MIN: it is kept for ever. */
static int64_t
cutoff(const struct passing *passing, int64_t keep)
{
	return keep > 0 ? passing->turn.now - keep : INT64_MIN;
}

static void
next_step(struct passing *passing)
{
	*passing->place = (struct retention_place){ .step = passing->place->step + 1,
		.merges = passing->place->merges };
}

/* ---- what cannot be read ----------------------------------------------------------------------- */

static const char CLEAR_HEADERS[] =
	"UPDATE quarantine SET header = NULL WHERE (stream_id, uid) IN (SELECT stream_id, uid FROM "
	"quarantine WHERE at < ?1 AND header IS NOT NULL LIMIT ?2)";

static int
pass_quarantine(struct passing *passing, struct err *err)
{
	struct stmt *q = sql_prepare(passing->turn.store, CLEAR_HEADERS);
	int64_t count;

	stmt_bind_int(q, cutoff(passing, passing->config->retain_quarantine));
	stmt_bind_int(q, HEADERS_MAX);
	if (stmt_run(q, err) < 0)
		return -1;
	count = store_changes(passing->turn.store);
	passing->counts->headers += (uint64_t)count;
	if (count < HEADERS_MAX)
		next_step(passing);
	return 0;
}

/* ---- mail, its text, meetings ------------------------------------------------------------------ */

struct old {
	int64_t id, at, message_id, end_at;
	bool meeting, kept, text;
};

static const char SELECT_OLD[] =
	"SELECT i.id, i.at, i.message_id, coalesce(i.end_at, i.at), i.kind = 'meeting', m.kept < "
	"2, "
	"i.snippet IS NOT NULL OR EXISTS (SELECT 1 FROM interaction_text t WHERE t.interaction_id "
	"= "
	"i.id) FROM interaction i JOIN message m ON m.id = i.message_id "
	"WHERE (i.at, i.id) > (?1, ?2) AND i.at < ?3 ORDER BY i.at, i.id LIMIT ?4";

static int
read_old(struct passing *passing, int64_t before, struct old *out, unsigned *count, struct err *err)
{
	struct stmt *q = sql_prepare(passing->turn.store, SELECT_OLD);

	*count = 0;
	stmt_bind_int(q, passing->place->begun ? passing->place->at : INT64_MIN);
	stmt_bind_int(q, passing->place->id);
	stmt_bind_int(q, before);
	stmt_bind_int(q, LOOKED_MAX);
	while (*count < LOOKED_MAX && stmt_row(q)) {
		struct old *old = &out[(*count)++];

		old->id = stmt_int(q);
		old->at = stmt_int(q);
		old->message_id = stmt_int(q);
		old->end_at = stmt_int(q);
		old->meeting = stmt_int(q) != 0;
		old->kept = stmt_int(q) != 0;
		old->text = stmt_int(q) != 0;
	}
	return stmt_end(q, err);
}

static bool
is_over(const struct passing *passing, const struct old *old)
{
	int64_t keep = old->meeting ? passing->config->retain_meeting
				    : passing->config->retain_email;

	return old->kept && (old->meeting ? old->end_at : old->at) < cutoff(passing, keep);
}

static int
drop_old(struct passing *passing, const struct old *old, int64_t *erased, unsigned *erased_count,
	struct err *err)
{
	bool bared;

	if (message_outlive(&passing->turn, old->message_id, old->id, "retention", &bared, err) < 0)
		return -1;
	passing->counts->bared += bared;
	passing->counts->mails += !old->meeting;
	passing->counts->meetings += old->meeting;
	if (!bared)
		erased[(*erased_count)++] = old->id;
	return 0;
}

static int
drop_text(struct passing *passing, const struct old *old, struct err *err)
{
	struct turn *turn = &passing->turn;
	bool dropped;

	if (wants_drop(turn, old->id, err) < 0 ||
		interaction_drop_text(turn->store, old->id, turn->now, &dropped, err) < 0)
		return -1;
	passing->counts->texts += dropped;
	return 0;
}

/* The latest time that any of it may be over. */
static int64_t
latest_cutoff(const struct passing *passing)
{
	const int64_t keeps[] = { passing->config->retain_email, passing->config->retain_meeting,
		passing->config->retain_text };
	int64_t latest = INT64_MIN;

	for (size_t i = 0; i < sizeof keeps / sizeof *keeps; i++) {
		int64_t one = cutoff(passing, keeps[i]);

		latest = one > latest ? one : latest;
	}
	return latest;
}

static int
pass_interactions(struct passing *passing, struct err *err)
{
	struct turn *turn = &passing->turn;
	struct old *list = arena_array(turn->arena, LOOKED_MAX, sizeof *list);
	int64_t erased[DROPS_MAX], text_before = cutoff(passing, passing->config->retain_text);
	unsigned count, i, erased_count = 0, drops = 0;

	if (read_old(passing, latest_cutoff(passing), list, &count, err) < 0)
		return -1;
	for (i = 0; i < count && drops < DROPS_MAX; i++) {
		const struct old *old = &list[i];

		if (is_over(passing, old)) {
			if (drop_old(passing, old, erased, &erased_count, err) < 0)
				return -1;
			drops++;
		} else if (old->text && old->at < text_before) {
			if (drop_text(passing, old, err) < 0)
				return -1;
			drops++;
		}
		passing->place->begun = true;
		passing->place->at = old->at;
		passing->place->id = old->id;
	}
	if (i == count && count < LOOKED_MAX)
		next_step(passing);
	return interaction_erase(turn->store, turn->arena, erased, erased_count, err);
}

/* ---- evidence ---------------------------------------------------------------------------------- */

struct decided {
	int64_t id, at, message_id;
	bool strange; /* kept as long as unmatched-retention says */
};

/* What was captured keeps its evidence as long as its interaction is there. */
static const char SELECT_DECIDED[] =
	"SELECT l.id, l.at, l.message_id, l.decision = 'unmatched' OR l.decision = 'ignored', "
	"m.kept < 3 AND NOT EXISTS (SELECT 1 FROM interaction i WHERE i.message_id = m.id) "
	"FROM ledger l LEFT JOIN message m ON m.id = l.message_id "
	"WHERE l.id > ?1 ORDER BY l.id LIMIT ?2";

static int
read_decided(struct passing *passing, struct decided *out, unsigned *count, unsigned *looked,
	struct err *err)
{
	struct stmt *q = sql_prepare(passing->turn.store, SELECT_DECIDED);

	*count = *looked = 0;
	stmt_bind_int(q, passing->place->id);
	stmt_bind_int(q, LOOKED_MAX);
	while (*count < DROPS_MAX && stmt_row(q)) {
		struct decided *row = &out[*count];
		int64_t keep;

		++*looked;
		passing->place->id = row->id = stmt_int(q);
		row->at = stmt_int(q);
		row->message_id = stmt_int(q);
		row->strange = stmt_int(q) != 0;
		keep = passing->config->retain_ledger;
		if (row->strange && passing->config->unmatched_retention > 0 &&
			(keep == 0 || passing->config->unmatched_retention < keep))
			keep = passing->config->unmatched_retention;
		*count += stmt_int(q) != 0 && row->at < cutoff(passing, keep);
	}
	return stmt_end(q, err);
}

static const char SELECT_YOUNGER[] =
	"SELECT count(*) FROM ledger WHERE message_id = ?1 AND (at > ?2 OR (?3 AND decision <> "
	"'unmatched' AND decision <> 'ignored'))";

/* Another copy of it keeps what is known of it. */
static int
has_younger(struct passing *passing, const struct decided *row, bool *has, struct err *err)
{
	struct stmt *q = sql_prepare(passing->turn.store, SELECT_YOUNGER);
	int64_t count = 0, before = cutoff(passing, passing->config->retain_ledger);
	bool found, own = row->strange && row->at >= before;

	stmt_bind_int(q, row->message_id);
	stmt_bind_int(q, own ? cutoff(passing, passing->config->unmatched_retention) : before);
	stmt_bind_int(q, own);
	if (sql_get_int(q, &count, &found, err) < 0)
		return -1;
	*has = count > 0;
	return 0;
}

static const char EMPTY_MESSAGE[] =
	"UPDATE message SET message_id = NULL, message_id_hash = NULL, in_reply_to = NULL, "
	"class_reason = NULL, list_id = NULL, kept = 3 WHERE id = ?";
static const char EMPTY_REASONS[] = "UPDATE ledger SET reason = 'retention', version = version + 1 "
				    "WHERE message_id = ? AND reason IS NOT 'retention'";

static int
empty(struct passing *passing, const struct decided *row, struct err *err)
{
	struct turn *turn = &passing->turn;
	struct stmt *q;
	bool younger;

	if (has_younger(passing, row, &younger, err) < 0)
		return -1;
	if (younger)
		return 0;
	passing->counts->evidence++;
	if (message_strip(turn, row->message_id, err) < 0)
		return -1;
	q = sql_prepare(turn->store, EMPTY_MESSAGE);
	stmt_bind_int(q, row->message_id);
	if (stmt_run(q, err) < 0)
		return -1;
	q = sql_prepare(turn->store, EMPTY_REASONS);
	stmt_bind_int(q, row->message_id);
	return stmt_run(q, err);
}

static int
pass_ledger(struct passing *passing, struct err *err)
{
	struct decided *list = arena_array(passing->turn.arena, DROPS_MAX + 1, sizeof *list);
	unsigned count, looked;

	if (read_decided(passing, list, &count, &looked, err) < 0)
		return -1;
	for (unsigned i = 0; i < count; i++) {
		if (empty(passing, &list[i], err) < 0)
			return -1;
	}
	if (looked < LOOKED_MAX && count < DROPS_MAX)
		next_step(passing);
	return 0;
}

/* ---- the search index -------------------------------------------------------------------------- */

/* Words of what was dropped stay in older pieces of it until these are merged. */
static int
pass_search(struct passing *passing, struct err *err)
{
	bool more = false;

	if (passing->place->merges && interaction_merge_search(passing->turn.store, &more, err) < 0)
		return -1;
	if (!more)
		next_step(passing);
	return 0;
}

/* ---- a slice ----------------------------------------------------------------------------------- */

static int
pass(struct passing *passing, struct err *err)
{
	switch ((enum step)passing->place->step) {
	case STEP_QUARANTINE:
		return pass_quarantine(passing, err);
	case STEP_INTERACTIONS:
		return pass_interactions(passing, err);
	case STEP_LEDGER:
		return pass_ledger(passing, err);
	case STEP_SEARCH:
		return pass_search(passing, err);
	case STEP_COUNT:
		break;
	}
	return 0;
}

int
retention_turn(struct store *store, struct capture *capture, struct arena *arena,
	struct retention_place *place, int64_t now, struct retention_counts *counts, bool *more,
	struct err *err)
{
	struct capture_result result = { 0 };
	struct passing passing = { .config = capture->config };
	struct retention_place at = *place;
	struct retention_counts sum = *counts;

	passing.place = &at;
	passing.counts = &sum;
	if (turn_begin(&passing.turn, store, capture, arena, now, &result, err) < 0 ||
		pass(&passing, err) < 0 || turn_end(&passing.turn, err) < 0)
		return -1;
	*place = at;
	*counts = sum;
	*more = at.step < STEP_COUNT;
	return 0;
}

int64_t
retention_window(const struct config *config, const struct config_source *source)
{
	int64_t keep = source->kind == SOURCE_ICAL ? config->retain_meeting : config->retain_email;

	return keep > 0 && (source->since < 0 || source->since > keep) ? keep : source->since;
}

static const char SELECT_FIRST_MAIL[] =
	"SELECT i.at FROM interaction i JOIN message m ON m.id = i.message_id "
	"WHERE i.kind = 'email' AND m.kept < 2 ORDER BY i.at LIMIT 1";
static const char SELECT_FIRST_MEETING[] =
	"SELECT min(coalesce(i.end_at, i.at)) FROM (SELECT * FROM interaction WHERE kind = "
	"'meeting' "
	"AND message_id IS NOT NULL ORDER BY at LIMIT 100) i JOIN message m ON m.id = i.message_id "
	"WHERE m.kept < 2";

int
retention_next(struct store *store, const struct config *config, bool meetings, int64_t *at,
	struct err *err)
{
	int64_t keep = meetings ? config->retain_meeting : config->retain_email, first = 0;
	bool found = false;

	*at = 0;
	if (keep == 0)
		return 0;
	if (sql_get_int(sql_prepare(store, meetings ? SELECT_FIRST_MEETING : SELECT_FIRST_MAIL),
		    &first, &found, err) < 0)
		return -1;
	if (found && first != 0)
		*at = first + keep;
	return 0;
}
