#include <stdlib.h>
#include <string.h>

#include "inside.h"
#include "liaison/base/address.h"
#include "liaison/base/clock.h"

/* Which messages of the past are matched again: those with an address, with a domain, with any
 * address of a contact, or all that nobody matched. It goes message by message, as far as a transaction
 * takes; where it left off stands in candidate_past. */

enum { LISTED_MAX = 2000 };

struct past {
	struct turn turn;
	struct past_run *run;
};

static void
list_add(struct past_list *list, int64_t id)
{
	if (list->count == list->room) {
		list->room = list->room * 2 + 64;
		list->ids = mem_resize(list->ids, list->room * sizeof *list->ids);
	}
	list->ids[list->count++] = id;
}

void
past_list_clear(struct past_list *list)
{
	free(list->ids);
	free(list->key);
	*list = (struct past_list){ 0 };
}

static bool
same_key(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* What the last slice of the same left over. */
static bool
list_fits(const struct past_list *list, const struct past_run *run)
{
	return run->after != 0 && list->next < list->count && list->after == run->after &&
	       same_key(list->key, run->key);
}

static int
collect(struct past *past, struct stmt *q, bool all, struct err *err)
{
	struct past_list *list = &past->turn.capture->past;

	stmt_bind_int(q, past->run->after);
	stmt_bind_int(q, all ? -1 : LISTED_MAX);
	while (stmt_row(q))
		list_add(list, stmt_int(q));
	list->more = !all && list->count == LISTED_MAX;
	return stmt_end(q, err);
}

#define WITH_OUTCOME \
	"AND EXISTS (SELECT 1 FROM ledger l WHERE l.message_id = p.message_id " \
	"AND l.decision IN ('captured', 'unmatched')) "

static const char SELECT_BY_ADDRESS[] =
	"SELECT DISTINCT p.message_id FROM address a JOIN party p ON p.address_id = a.id "
	"WHERE a.address = ? AND p.message_id > ? " WITH_OUTCOME "ORDER BY p.message_id LIMIT ?";

static int
list_address(struct past *past, const char *address, struct err *err)
{
	struct stmt *q = sql_prepare(past->turn.store, SELECT_BY_ADDRESS);

	stmt_bind_text(q, address);
	return collect(past, q, false, err);
}

static bool
anybody_folds(const struct config *config)
{
	for (size_t i = 0; i < config->source_count; i++) {
		if (config->sources[i].fold_subaddress || config->sources[i].fold_domains.count > 0)
			return true;
	}
	return false;
}

/* "ada+crm@x.example" lies between "ada+" and "ada,": the characters follow each other. */
static const char SELECT_TAGGED[] =
	"SELECT DISTINCT p.message_id FROM address a JOIN party p ON p.address_id = a.id "
	"WHERE (a.address = ?1 OR a.address >= ?2 || '+' AND a.address < ?2 || ',' "
	"AND substr(a.address, -length(?3)) = ?3) AND p.message_id > ?4 " WITH_OUTCOME
	"ORDER BY p.message_id LIMIT ?5";

static int
list_tagged(struct past *past, const char *address, const char *at, struct err *err)
{
	struct stmt *q = sql_prepare(past->turn.store, SELECT_TAGGED);

	stmt_bind_text(q, address);
	stmt_bind_text_n(q, address, (size_t)(at - address));
	stmt_bind_text(q, at);
	return collect(past, q, true, err);
}

/* CROSS: the addresses are looked through first, they are fewer. */
static const char SELECT_BY_DOMAIN[] =
	"SELECT DISTINCT p.message_id FROM address a CROSS JOIN party p ON p.address_id = a.id "
	"WHERE substr(a.address, -length(?1) - 1) IN ('@' || ?1, '.' || ?1) AND p.message_id > "
	"?2 " WITH_OUTCOME "ORDER BY p.message_id LIMIT ?3";

static int
list_domain(struct past *past, const char *domain, struct err *err)
{
	struct stmt *q;

	if (domain_is_freemail(domain))
		return 0;
	q = sql_prepare(past->turn.store, SELECT_BY_DOMAIN);
	stmt_bind_text(q, domain);
	return collect(past, q, true, err);
}

static const char SELECT_UNMATCHED[] =
	"SELECT DISTINCT message_id FROM ledger WHERE decision = 'unmatched' "
	"AND message_id > ? ORDER BY message_id LIMIT ?";

/* The messages after the one that was done last: all, or some. */
static int
list_fill(struct past *past, struct err *err)
{
	struct past_list *list = &past->turn.capture->past;
	const char *key = past->run->key, *at = key == NULL ? NULL : strrchr(key, '@');

	free(list->key);
	list->key = key == NULL ? NULL : mem_text(key);
	list->count = list->next = 0;
	list->more = false;
	if (key == NULL)
		return collect(past, sql_prepare(past->turn.store, SELECT_UNMATCHED), false, err);
	if (key[0] == '@')
		return list_domain(past, key + 1, err);
	if (at == NULL || !anybody_folds(past->turn.capture->config))
		return list_address(past, key, err);
	return list_tagged(past, key, at, err);
}

/* ---- slices ------------------------------------------------------------------------------------ */

/* One at least. */
static int
match_listed(struct past *past, int64_t until_ms, struct err *err)
{
	struct turn *turn = &past->turn;
	struct past_list *list = &turn->capture->past;
	bool counted, enough = false;

	while (list->next < list->count && !enough) {
		int64_t id = list->ids[list->next++];

		arena_reset(turn->arena);
		known_trim(&turn->capture->known);
		if (message_rematch(turn, id, &counted, err) < 0)
			return -1;
		past->run->made += counted;
		past->run->after = list->after = id;
		enough = until_ms != 0 && clock_monotonic_ms() >= until_ms;
	}
	past->run->over = list->next == list->count && !list->more;
	return 0;
}

static const char NOTE[] = "INSERT INTO candidate_past (address, after_message) VALUES (?1, ?2) "
			   "ON CONFLICT DO UPDATE SET after_message = excluded.after_message";
static const char DROP[] = "DELETE FROM candidate_past WHERE address = ?1";

/* What is left is found there whatever becomes of who began it. */
static int
note(struct past *past, struct err *err)
{
	const struct past_run *run = past->run;
	struct stmt *q;

	if (run->key == NULL)
		return 0;
	if (run->awaited && !run->over)
		past->turn.capture->past_awaited = past->turn.now;
	q = sql_prepare(past->turn.store, run->over ? DROP : NOTE);
	stmt_bind_text(q, run->key);
	if (!run->over)
		stmt_bind_int(q, run->after);
	return stmt_run(q, err);
}

static const char SELECT_LAST[] = "SELECT coalesce(max(id), 0) FROM message";

static int
begin_run(struct past *past, struct err *err)
{
	struct stmt *q = sql_prepare(past->turn.store, SELECT_LAST);
	bool found;

	return sql_get_int(q, &past->run->last, &found, err);
}

static int
match_some(struct past *past, int64_t until_ms, struct err *err)
{
	struct past_list *list = &past->turn.capture->past;

	if (past->run->after == 0 && begin_run(past, err) < 0)
		return -1;
	do {
		if (!list_fits(list, past->run) && list_fill(past, err) < 0)
			return -1;
		if (match_listed(past, until_ms, err) < 0)
			return -1;
	} while (!past->run->over && (until_ms == 0 || clock_monotonic_ms() < until_ms));
	return note(past, err);
}

static int
match_runs(
	struct past *past, struct past_run *runs, unsigned count, int64_t until_ms, struct err *err)
{
	for (unsigned i = 0; i < count; i++) {
		past->run = &runs[i];
		if (match_some(past, until_ms, err) < 0)
			return -1;
	}
	return turn_end(&past->turn, err);
}

/* What was looked up meanwhile may be undone with the command: it is forgotten at both ends. */
static int
run_past(struct store *store, struct capture *capture, struct arena *arena, struct past_run *runs,
	unsigned count, int64_t until_ms, int64_t now, struct capture_result *out, struct err *err)
{
	struct capture_result result = { 0 };
	struct past past = { 0 };
	int failed;

	capture_contacts_changed(capture);
	if (turn_begin(&past.turn, store, capture, arena, now, &result, err) < 0)
		return -1;
	past.turn.arena = arena_new();
	failed = match_runs(&past, runs, count, until_ms, err);
	arena_free(past.turn.arena);
	capture_contacts_changed(capture);
	if (failed == 0)
		*out = result;
	return failed;
}

static const char SELECT_MET[] = "SELECT 1 FROM address WHERE address = ?1 UNION ALL "
				 "SELECT 1 FROM candidate_past WHERE address = ?1 LIMIT 1";

/* Whether mail may be there that the key matches: for most addresses that an import brings there is none. */
static int
is_met(struct store *store, const struct capture *capture, const struct past_run *run, bool *met,
	struct err *err)
{
	struct stmt *q;

	*met = true;
	if (run->after != 0 || run->key == NULL || run->key[0] == '@' ||
		anybody_folds(capture->config))
		return 0;
	q = sql_prepare(store, SELECT_MET);
	stmt_bind_text(q, run->key);
	return sql_get_int(q, NULL, met, err);
}

int
capture_past(struct store *store, struct capture *capture, struct arena *arena,
	struct past_run *run, int64_t until_ms, int64_t now, struct capture_result *out,
	struct err *err)
{
	bool met;

	if (is_met(store, capture, run, &met, err) < 0)
		return -1;
	if (!met) {
		capture_contacts_changed(capture);
		*out = (struct capture_result){ 0 };
		run->over = true;
		return 0;
	}
	return run_past(store, capture, arena, run, 1, until_ms, now, out, err);
}

/* ---- all at once ------------------------------------------------------------------------------- */

static const char SELECT_HELD[] =
	"SELECT DISTINCT address FROM contact_email WHERE contact_id = ?1 AND state = 'active' "
	"UNION ALL SELECT '@' || domain FROM contact_domain WHERE contact_id = ?1";

int
past_runs(struct store *store, struct arena *arena, int64_t contact_id, struct past_run **out,
	unsigned *count, struct err *err)
{
	enum { KEYS_MAX = 1000 };
	struct past_run *runs = arena_array(arena, KEYS_MAX, sizeof *runs);
	struct stmt *q;

	*out = runs;
	*count = 0;
	if (contact_id == 0) {
		runs[(*count)++] = (struct past_run){ 0 };
		return 0;
	}
	q = sql_prepare(store, SELECT_HELD);
	stmt_bind_int(q, contact_id);
	while (*count < KEYS_MAX && stmt_row(q))
		runs[(*count)++] = (struct past_run){ .key = stmt_text_copy(q, arena) };
	return stmt_end(q, err);
}

int
capture_rematch_address(struct store *store, struct capture *capture, struct arena *arena,
	const char *address, int64_t now, struct capture_result *out, int64_t *count,
	struct err *err)
{
	struct past_run run = { 0 };
	char *canonical;

	if (address_canonical(arena, address, &canonical, err) < 0)
		return -1;
	run.key = canonical;
	if (capture_past(store, capture, arena, &run, 0, now, out, err) < 0)
		return -1;
	*count = run.made;
	return 0;
}

int
capture_rematch_domain(struct store *store, struct capture *capture, struct arena *arena,
	const char *domain, int64_t now, struct capture_result *out, int64_t *count,
	struct err *err)
{
	struct past_run run = { 0 };
	char *canonical;

	if (domain_canonical(arena, domain, &canonical, err) < 0)
		return -1;
	run.key = arena_printf(arena, "@%s", canonical);
	if (capture_past(store, capture, arena, &run, 0, now, out, err) < 0)
		return -1;
	*count = run.made;
	return 0;
}

int
capture_rematch(struct store *store, struct capture *capture, struct arena *arena,
	int64_t contact_id, int64_t now, struct capture_result *out, int64_t *count,
	struct err *err)
{
	struct past_run *runs;
	unsigned run_count;
	int64_t made = 0;

	if (past_runs(store, arena, contact_id, &runs, &run_count, err) < 0 ||
		run_past(store, capture, arena, runs, run_count, 0, now, out, err) < 0)
		return -1;
	for (unsigned i = 0; i < run_count; i++)
		made += runs[i].made;
	*count = made;
	return 0;
}
