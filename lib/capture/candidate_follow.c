#include "counting.h"
#include "liaison/base/clock.h"

/* A turn of counting: what has become of contacts, of our own addresses and of the calendar since the
 * last one, new messages, and whom watchers are to be told of. */

enum { AGED_MAX = 500, SWEPT_MAX = 1000, NEWS_MAX = 100, PAST_MS = 60, AWAITED_S = 5 };

/* ---- rounds, age, news ---- */

static const char SELECT_STATE[] = "SELECT counted, round, swept, ours FROM candidate_state";

static int
load_state(struct counting *it, struct err *err)
{
	struct stmt *q = sql_prepare(it->turn.store, SELECT_STATE);

	if (stmt_row(q)) {
		it->state.counted = stmt_int(q);
		it->state.round = stmt_int(q);
		it->state.swept = stmt_int(q);
		it->state.ours = stmt_int(q);
	}
	return stmt_end(q, err);
}

static const char BEGIN_ROUND[] =
	"UPDATE candidate_state SET counted = 0, round = round + 1, ours = ?1 WHERE id = 1";

/* Other addresses are ours now: all are counted once more, the old figures standing meanwhile. */
static int
begin_round(struct counting *it, struct err *err)
{
	struct capture *capture = it->turn.capture;
	struct stmt *q;

	if (capture->ours == 0)
		capture->ours = person_digest(capture->config);
	if (it->state.ours == capture->ours)
		return 0;
	q = sql_prepare(it->turn.store, BEGIN_ROUND);
	stmt_bind_int(q, capture->ours);
	if (stmt_run(q, err) < 0)
		return -1;
	return load_state(it, err);
}

static const char SWEEP[] =
	"DELETE FROM candidate WHERE id IN (SELECT id FROM candidate WHERE round < ?1 "
	"AND ignored = 0 AND list = 0 LIMIT ?2)";
static const char SWEEP_IGNORED[] =
	"UPDATE candidate SET received = 0, sent = 0, copied = 0, meetings = 0, round = ?1 "
	"WHERE round < ?1 AND (ignored = 1 OR list = 1)";
static const char SET_SWEPT[] = "UPDATE candidate_state SET swept = ?1 WHERE id = 1";

static int
run_round(struct counting *it, const char *sql, bool limited, struct err *err)
{
	struct stmt *q = sql_prepare(it->turn.store, sql);

	stmt_bind_int(q, it->state.round);
	if (limited)
		stmt_bind_int(q, SWEPT_MAX);
	return stmt_run(q, err);
}

/* Who was not seen again in the round that has ended is nobody's stranger. */
static int
sweep(struct counting *it, struct err *err)
{
	if (it->out->more || it->state.swept == it->state.round)
		return 0;
	if (run_round(it, SWEEP, true, err) < 0)
		return -1;
	if (store_changes(it->turn.store) == SWEPT_MAX) {
		it->out->more = true;
		return 0;
	}
	if (run_round(it, SWEEP_IGNORED, false, err) < 0)
		return -1;
	return run_round(it, SET_SWEPT, false, err);
}

/* ?10 is the time, as in COUNT. */
static const char AGE[] =
	"UPDATE candidate SET recency = " RECENCY("last_at") ", ages_at = " AGES_AT(
		"last_at") " WHERE id IN (SELECT id FROM candidate WHERE ages_at <= ?10 LIMIT ?1)";

static int
age(struct counting *it, struct err *err)
{
	struct stmt *q = sql_prepare(it->turn.store, AGE);

	stmt_bind_int(q, AGED_MAX);
	for (int i = 2; i < 10; i++)
		stmt_bind_null(q);
	stmt_bind_int(q, it->turn.now);
	if (stmt_run(q, err) < 0)
		return -1;
	it->out->more |= store_changes(it->turn.store) == AGED_MAX;
	return 0;
}

/* As the index candidate_news has it. */
static const char SELECT_NEWS[] =
	"SELECT id FROM candidate WHERE told = 0 AND shown = 1 AND recency = 4 AND weight >= 24 "
	"ORDER BY id LIMIT 100";
static const char SET_TOLD[] = "UPDATE candidate SET told = 1 WHERE id = ?";

static int
find_news(struct counting *it, struct err *err)
{
	struct candidate_result *out = it->out;
	struct stmt *q = sql_prepare(it->turn.store, SELECT_NEWS);

	out->fresh = arena_array(it->turn.lasting, NEWS_MAX, sizeof *out->fresh);
	while (out->fresh_count < NEWS_MAX && stmt_row(q))
		out->fresh[out->fresh_count++] = stmt_int(q);
	if (stmt_end(q, err) < 0)
		return -1;
	for (unsigned i = 0; i < out->fresh_count; i++) {
		q = sql_prepare(it->turn.store, SET_TOLD);
		stmt_bind_int(q, out->fresh[i]);
		if (stmt_run(q, err) < 0)
			return -1;
	}
	out->more |= out->fresh_count == NEWS_MAX;
	return 0;
}

/* ---- the past of contacts made meanwhile ---- */

static const char SELECT_PAST[] =
	"SELECT address, after_message FROM candidate_past ORDER BY address LIMIT 1";

static int
first_past(struct counting *it, struct past_run *out, struct err *err)
{
	struct stmt *q = sql_prepare(it->turn.store, SELECT_PAST);

	*out = (struct past_run){ 0 };
	if (stmt_row(q)) {
		out->key = stmt_text_copy(q, it->turn.lasting);
		out->after = stmt_int(q);
	}
	return stmt_end(q, err);
}

/* Whoever waits for it is at it again in a moment, unless he is gone. */
static bool
is_awaited(const struct counting *it)
{
	int64_t ago = it->turn.now - it->turn.capture->past_awaited;

	return ago >= 0 && ago < AWAITED_S;
}

/* *enough: the transaction has had its time. */
static int
match_past(struct counting *it, bool *enough, struct err *err)
{
	struct turn *turn = &it->turn;
	int64_t until_ms = store_begun_ms(turn->store) + PAST_MS;
	struct past_run run;

	*enough = false;
	if (is_awaited(it))
		return 0;
	if (first_past(it, &run, err) < 0)
		return -1;
	if (run.key == NULL)
		return 0;
	it->out->more = true;
	if (capture_past(turn->store, turn->capture, turn->lasting, &run, until_ms, turn->now,
		    &it->out->capture, err) < 0)
		return -1;
	*enough = clock_monotonic_ms() >= until_ms;
	return 0;
}

static int
follow(struct counting *it, unsigned max, struct err *err)
{
	bool enough;

	if (match_past(it, &enough, err) < 0)
		return -1;
	if (enough)
		return count_newest(it, err);
	if (load_state(it, err) < 0 || begin_round(it, err) < 0 || count_again(it, err) < 0 ||
		count_new(it, max, err) < 0 || sweep(it, err) < 0 || age(it, err) < 0)
		return -1;
	return find_news(it, err);
}

int
candidate_follow(struct store *store, struct capture *capture, struct arena *arena, unsigned max,
	int64_t now, struct candidate_result *out, struct err *err)
{
	struct candidate_result result = { 0 };
	struct counting it = {
		.turn = { .store = store, .capture = capture, .lasting = arena, .now = now },
		.out = &result,
	};
	int failed;

	it.turn.arena = arena_new();
	failed = follow(&it, max, err);
	arena_free(it.turn.arena);
	if (failed == 0)
		*out = result;
	return failed;
}
