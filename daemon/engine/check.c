#include <stdlib.h>

#include "engine.h"
#include "liaison/base/log.h"
#include "liaison/crm/classify.h"
#include "liaison/crm/contact.h"
#include "liaison/crm/contact_find.h"
#include "liaison/store/file.h"
#include "system.h"

/* system.check: first the pages and references on the thread for the background, then the contacts'
 * totals, what they are found by and what they were classified by, found again in short turns of the
 * writer that are always undone. */

enum { TOTALS_AT_A_TIME = 50 };

struct check {
	struct work work; /* first */
	struct loop_call *call;
	struct engine *engine;
	struct settings *settings; /* held */
	struct arena *arena;
	int64_t *ids;
	size_t count, next;
	unsigned findings;
	char first[200];
	struct err err;
	bool failed;
};

static void
complain(void *context, const char *what)
{
	struct check *check = context;

	log_write(LOG_ERROR, "database: %s", what);
	if (check->findings++ == 0)
		text_copy(check->first, sizeof check->first, what);
}

static void
check_pages(struct work *work, struct worker *worker)
{
	struct check *check = (struct check *)work;

	if (store_check(worker->store, false, complain, check, &check->err) < 0)
		check->failed = check->findings == 0;
	if (!check->failed)
		check->failed = file_check(worker->store, complain, check, &check->err) < 0;
	if (!check->failed)
		check->failed = query_ids(worker->store, check->arena, &contact_noun, NULL, 0,
					&check->ids, &check->count, &check->err) < 0;
}

static int
check_one(struct check *check, struct store *store, int64_t id)
{
	char what[120];
	bool changed;

	if (contact_recount(store, id, &changed, &check->err) < 0)
		return check->err.code == ERR_NOT_FOUND ? 0 : -1; /* it was removed meanwhile */
	if (changed) {
		snprintf(what, sizeof what, "the totals of contact %lld do not add up",
			(long long)id);
		complain(check, what);
	}
	if (contact_index_check(store, id, &changed, &check->err) < 0)
		return -1;
	if (changed) {
		snprintf(what, sizeof what, "contact %lld is not found by what it says",
			(long long)id);
		complain(check, what);
	}
	if (classify_check(store, check->settings->zone, id, &changed, &check->err) < 0)
		return -1;
	if (changed) {
		snprintf(what, sizeof what,
			"contact %lld is not classified by what it has values of", (long long)id);
		complain(check, what);
	}
	return 0;
}

static void
check_totals(struct work *work, struct worker *worker)
{
	struct check *check = (struct check *)work;

	if (store_begin(worker->store, &check->err) < 0) {
		check->failed = true;
		return;
	}
	for (int i = 0; !check->failed && i < TOTALS_AT_A_TIME && check->next < check->count; i++)
		check->failed = check_one(check, worker->store, check->ids[check->next++]) < 0;
	store_rollback(worker->store);
}

static void
answer(struct check *check)
{
	struct loop_call *call = check->call;

	if (check->findings > 0) {
		fail(&check->err, ERR_STORAGE, "the database is wrong in %u places",
			check->findings);
		err_hint(&check->err, "the first: %.180s", check->first);
		check->failed = true;
	}
	if (check->failed) {
		loop_call_fail(call, &check->err);
	} else {
		json_object_begin(call->call.out, NULL);
		json_bool(call->call.out, "ok", true);
		json_int(call->call.out, "contacts", (int64_t)check->count);
		json_object_end(call->call.out);
		loop_call_answer(call);
	}
	arena_free(check->arena);
	settings_release(check->settings);
	free(check);
}

static void
turn_done(struct work *work)
{
	struct check *check = (struct check *)work;

	if (check->call->cancelled && !check->failed)
		check->failed = fail(&check->err, ERR_UNAVAILABLE, "cancelled") < 0;
	if (check->failed || check->next >= check->count) {
		answer(check);
		return;
	}
	if (check->next % 1000 == 0)
		loop_call_progress(
			check->call, (int64_t)check->next, (int64_t)check->count, "contacts");
	work->run = check_totals;
	work->priority = WORK_BACKGROUND;
	writer_add(check->engine->writer, work);
}

int
run_check_database(struct loop_call *call, struct err *err)
{
	struct check *check = mem_zero(1, sizeof *check);

	(void)err;
	check->call = call;
	check->engine = call->call.engine;
	check->settings = settings_hold(check->engine->settings);
	check->arena = arena_new();
	check->work.run = check_pages;
	check->work.done = turn_done;
	pool_add(check->engine->background, &check->work);
	return 0;
}
