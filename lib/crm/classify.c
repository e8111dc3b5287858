#include "liaison/crm/classify.h"

#include "classify_plan.h"
#include "liaison/base/text.h"

/* ---- what there is to do ---- */

struct waiting {
	bool asked; /* there are questions with a source */
	bool queue, passes, sweeping, today; /* today: the windows are of today */
	int64_t sweep; /* the contact that it came to */
};

static const char SELECT_WAITING[] =
	"SELECT EXISTS (SELECT 1 FROM question WHERE source IS NOT NULL),"
	" EXISTS (SELECT 1 FROM classify_queue), EXISTS (SELECT 1 FROM classify_pass),"
	" sweep IS NOT NULL, coalesce(sweep, 0), day = ?1 AND zone = ?2 FROM classify_state";

static const char *
zone_word(const struct zone *zone)
{
	return zone == NULL ? "UTC" : zone_name(zone);
}

static int
look(struct store *store, const struct zone *zone, int64_t day, struct waiting *out,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_WAITING);

	*out = (struct waiting){ 0 };
	stmt_bind_int(q, day);
	stmt_bind_text(q, zone_word(zone));
	if (stmt_row(q)) {
		out->asked = stmt_int(q) != 0;
		out->queue = stmt_int(q) != 0;
		out->passes = stmt_int(q) != 0;
		out->sweeping = stmt_int(q) != 0;
		out->sweep = stmt_int(q);
		out->today = stmt_int(q) != 0;
	}
	return stmt_end(q, err);
}

/* Where nothing is asked any more, what was noted is not needed. */
static bool
is_due(const struct waiting *waiting)
{
	return waiting->queue || waiting->passes || waiting->sweeping ||
	       (waiting->asked && !waiting->today);
}

int
classify_is_due(
	struct store *store, const struct zone *zone, int64_t now, bool *due, struct err *err)
{
	struct waiting waiting;

	if (look(store, zone, plan_day(zone, now), &waiting, err) < 0)
		return -1;
	*due = is_due(&waiting);
	return 0;
}

static const char COUNT_WAITING[] =
	"SELECT (SELECT count(*) FROM classify_queue) + (SELECT count(*) FROM contact, "
	"classify_state s"
	" WHERE contact.id > s.sweep AND s.sweep IS NOT NULL)";

int
classify_count_waiting(struct store *store, int64_t *count, struct err *err)
{
	*count = 0;
	return sql_get_int(sql_prepare(store, COUNT_WAITING), count, NULL, err);
}

/* ---- contacts ---- */

static const char SELECT_NOTED[] = "SELECT contact_id FROM classify_queue LIMIT ?";
static const char SELECT_SWEPT[] =
	"SELECT id FROM contact WHERE id > (SELECT sweep FROM classify_state) ORDER BY id LIMIT ?";

/* At most so many ids that the statement gives. */
static int
read_ids(struct stmt *q, int64_t *ids, unsigned most, unsigned *count, struct err *err)
{
	*count = 0;
	stmt_bind_int(q, most);
	while (*count < most && stmt_row(q))
		ids[(*count)++] = stmt_int(q);
	return stmt_end(q, err);
}

struct turn {
	struct store *store;
	struct plan plan;
	unsigned contacts; /* that may still be done */
	int64_t until_ms; /* 0: any time */
	bool no_passes; /* they are too much for now */
};

static bool
is_over(const struct turn *turn)
{
	return turn->contacts == 0 || (turn->until_ms != 0 && clock_awake_ms() >= turn->until_ms);
}

enum { AT_A_TIME = 50 };

static const char MOVE_SWEEP[] = "UPDATE classify_state SET sweep = ?";

static int
move_sweep(struct store *store, int64_t to, bool end, struct err *err)
{
	struct stmt *q = sql_prepare(store, MOVE_SWEEP);

	stmt_bind_int_or_null(q, to, end);
	return stmt_run(q, err);
}

/* Some of those noted, or of those a sweep comes to. *done: there were none. */
static int
do_some(struct turn *turn, bool swept, bool *done, struct err *err)
{
	struct stmt *q = sql_prepare(turn->store, swept ? SELECT_SWEPT : SELECT_NOTED);
	unsigned most = turn->contacts < AT_A_TIME ? turn->contacts : AT_A_TIME, count, i;
	int64_t ids[AT_A_TIME];
	bool changed;

	if (read_ids(q, ids, most, &count, err) < 0)
		return -1;
	for (i = 0; i < count && !is_over(turn); i++, turn->contacts--) {
		if (mark_contact(turn->store, &turn->plan, ids[i], &changed, err) < 0)
			return -1;
	}
	*done = count == 0;
	if (!swept || (i == 0 && count > 0))
		return 0;
	return move_sweep(turn->store, count == 0 ? 0 : ids[i - 1], count == 0, err);
}

static int
do_all(struct turn *turn, bool swept, struct err *err)
{
	bool done = false;

	while (!done && !is_over(turn)) {
		if (do_some(turn, swept, &done, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- a turn ---- */

static const char PUT_DAY[] =
	"UPDATE classify_state SET day = ?1, zone = ?2, sweep = 0 WHERE day <> ?1 OR zone <> ?2";

/* Windows move with the days: then all are found anew. */
static int
put_day(struct store *store, const struct zone *zone, int64_t day, struct err *err)
{
	struct stmt *q = sql_prepare(store, PUT_DAY);

	stmt_bind_int(q, day);
	stmt_bind_text(q, zone_word(zone));
	return stmt_run(q, err);
}

static const char EMPTY_QUEUE[] = "DELETE FROM classify_queue";

static int
give_up(struct store *store, struct err *err)
{
	return stmt_run(sql_prepare(store, EMPTY_QUEUE), err) < 0 ? -1
								  : move_sweep(store, 0, true, err);
}

/* What was noted before what a sweep comes to, and passes in between, so that none waits for all of the
 * others; passes note contacts again. */
static int
run_turn(struct turn *turn, struct err *err)
{
	enum { VALUES_A_CONTACT = 10 };
	struct waiting waiting;

	for (;;) {
		if (do_all(turn, false, err) < 0 || look(turn->store, NULL, 0, &waiting, err) < 0)
			return -1;
		waiting.passes = waiting.passes && !turn->no_passes;
		if (waiting.passes &&
			pass_turn(turn->store, &turn->plan, AT_A_TIME * VALUES_A_CONTACT, err) < 0)
			return -1;
		if (is_over(turn))
			return 0;
		if (waiting.sweeping && do_all(turn, true, err) < 0)
			return -1;
		if (!waiting.queue && !waiting.passes && !waiting.sweeping)
			return 0;
	}
}

static int
take_turn(struct turn *turn, const struct zone *zone, int64_t day, struct err *err)
{
	struct arena *arena = arena_new();
	int result = put_day(turn->store, zone, day, err);

	if (result == 0)
		result = plan_load(turn->store, arena, zone, day, &turn->plan, err);
	if (result == 0)
		result = run_turn(turn, err);
	arena_free(arena);
	return result;
}

int
classify_turn(struct store *store, const struct zone *zone, int64_t now, unsigned contacts,
	int64_t ms, bool *more, struct err *err)
{
	struct turn turn = { .store = store, .contacts = contacts };
	int64_t day = plan_day(zone, now);
	struct waiting waiting;

	if (look(store, zone, day, &waiting, err) < 0)
		return -1;
	*more = false;
	if (!is_due(&waiting))
		return 0;
	if (!waiting.asked)
		return give_up(store, err);
	if (ms != 0)
		turn.until_ms = clock_awake_ms() + ms;
	if (take_turn(&turn, zone, day, err) < 0 || look(store, zone, day, &waiting, err) < 0)
		return -1;
	*more = is_due(&waiting);
	return 0;
}

/* ---- at once ---- */

/* What a command may do on top of its own work: some contacts, whose interactions are not many, and
 * percentages of not many values. */
enum { LITTLE_CONTACTS = 20, LITTLE_ROWS = 5000, LITTLE_VALUES = 2000 };

static const char COUNT_LITTLE[] =
	"WITH waiting (id) AS (SELECT * FROM (SELECT contact_id FROM classify_queue LIMIT ?1)"
	" UNION SELECT * FROM (SELECT id FROM contact WHERE id >"
	"  (SELECT CASE WHEN ?2 THEN 0 ELSE sweep END FROM classify_state) LIMIT ?1))"
	" SELECT count(*), coalesce(sum(c.interactions), 0),"
	" (SELECT count(*) FROM (SELECT 1 FROM classify_value WHERE question_id IN"
	"  (SELECT id FROM question WHERE method <> 'defined-value') LIMIT ?3))"
	" FROM waiting w LEFT JOIN contact c ON c.id = w.id";

static int
is_little(struct store *store, const struct waiting *waiting, bool *little, bool *no_passes,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, COUNT_LITTLE);

	*little = false;
	stmt_bind_int(q, LITTLE_CONTACTS + 1);
	stmt_bind_int(q, !waiting->today);
	stmt_bind_int(q, LITTLE_VALUES + 1);
	if (stmt_row(q)) {
		*little = stmt_int(q) <= LITTLE_CONTACTS;
		*little = stmt_int(q) <= LITTLE_ROWS && *little;
		*no_passes = stmt_int(q) > LITTLE_VALUES;
	}
	return stmt_end(q, err);
}

int
classify_if_little(struct store *store, const struct zone *zone, int64_t now, struct err *err)
{
	struct turn turn = { .store = store, .contacts = 5 * LITTLE_CONTACTS };
	int64_t day = plan_day(zone, now);
	struct waiting waiting;
	bool little;

	if (look(store, zone, day, &waiting, err) < 0)
		return -1;
	if (!waiting.asked || !is_due(&waiting))
		return 0;
	if (is_little(store, &waiting, &little, &turn.no_passes, err) < 0)
		return -1;
	return little ? take_turn(&turn, zone, day, err) : 0;
}

/* ---- all again, and checking ---- */

int
classify_begin_again(struct store *store, struct err *err)
{
	return move_sweep(store, 0, false, err);
}

static const char SELECT_STATE[] = "SELECT day, zone = ?2, sweep IS NOT NULL AND sweep < ?1 OR"
				   " EXISTS (SELECT 1 FROM classify_queue WHERE contact_id = ?1)"
				   " FROM classify_state";

int
classify_check(struct store *store, const struct zone *zone, int64_t contact, bool *changed,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_STATE);
	bool waits = true;
	struct arena *arena;
	int64_t day = 0;
	struct plan plan;
	int result;

	*changed = false;
	stmt_bind_int(q, contact);
	stmt_bind_text(q, zone_word(zone));
	if (stmt_row(q)) {
		day = stmt_int(q);
		waits = stmt_int(q) == 0;
		waits = stmt_int(q) != 0 || waits;
	}
	if (stmt_end(q, err) < 0)
		return -1;
	if (waits)
		return 0;
	arena = arena_new();
	result = plan_load(store, arena, zone, day, &plan, err);
	if (result == 0)
		result = mark_contact(store, &plan, contact, changed, err);
	arena_free(arena);
	return result;
}
