#include "resume.h"

#include "contact_change.h"
#include "import.h"
#include "liaison/base/log.h"
#include "liaison/capture/capture.h"
#include "liaison/crm/following.h"
#include "liaison/crm/merge.h"
#include "request.h"

/* What takes several transactions and was broken off, with the engine or by a full disk. */

/* A command's call without a request, of as many transactions as the other one had before it. */
struct resumed {
	struct command command;
	struct turns turns;
	struct call call;
	struct following following;
	struct heirs heirs;
};

static int
follow_some(struct resumed *it, struct err *err)
{
	struct store *store = it->call.store;

	it->turns.begun_ms = clock_monotonic_ms();
	arena_reset(it->turns.own);
	if (store_begin(store, err) < 0)
		return -1;
	if (heirs_follow(&it->call, &it->heirs, err) < 0 || store_commit(store, err) < 0) {
		store_rollback(store);
		return -1;
	}
	return 0;
}

/* One that cannot follow for a rule's sake ends it, as it ends the command. */
static int
follow_all(struct resumed *it, struct err *err)
{
	struct store *store = it->call.store;

	while (it->heirs.next < it->heirs.count) {
		if (follow_some(it, err) == 0)
			continue;
		if (err->code == ERR_STORAGE || err->code == ERR_UNAVAILABLE)
			return -1;
		log_write(LOG_WARNING,
			"contacts: the persons of a changed company do not follow: %s",
			err->message);
		break;
	}
	return following_end(store, it->following.entry, err);
}

static int
find_heirs(struct resumed *it, struct err *err)
{
	struct call *call = &it->call;
	struct contact company;

	if (contact_get(call->store, call_keep_arena(call), it->following.company, &company, err) <
		0)
		return err->code == ERR_NOT_FOUND ? 0 : -1;
	if (heirs_note(call, &company, &it->heirs, err) < 0)
		return -1;
	it->heirs.before = company;
	it->heirs.noted = it->following.entry;
	return following_before(call_keep_arena(call), &it->following, &it->heirs.before, err);
}

static int
resume_following(struct store *store, const struct config *config, struct arena *arena,
	const struct following *following, struct err *err)
{
	struct resumed it = { .command = { .name = following->method },
		.turns = { .kept = arena, .own = arena_new() },
		.following = *following };
	int result;

	it.call = (struct call){ .store = store,
		.arena = it.turns.own,
		.command = &it.command,
		.config = config,
		.user = following->user,
		.now = clock_now(),
		.journal_batch = following->batch,
		.capture = capture_new(config),
		.turns = &it.turns };
	result = find_heirs(&it, err);
	if (result == 0)
		result = follow_all(&it, err);
	capture_free(it.call.capture);
	arena_free(it.turns.own);
	return result;
}

static int
resume_all_following(
	struct store *store, const struct config *config, unsigned *count, struct err *err)
{
	struct arena *arena = arena_new();
	struct following following;
	int result;

	*count = 0;
	while ((result = following_first(store, arena, &following, err)) == 0 &&
		following.entry != 0) {
		result = resume_following(store, config, arena, &following, err);
		if (result < 0)
			break;
		arena_reset(arena);
		++*count;
	}
	arena_free(arena);
	return result;
}

static void
tell(const char *what, int result, unsigned count, const struct err *err)
{
	if (result < 0)
		log_write(LOG_WARNING, "contacts: %s that was broken off is not finished: %s", what,
			err->message);
	if (count > 0)
		log_write(LOG_NOTICE, "contacts: %u %s%s that %s broken off %s finished", count,
			what, count == 1 ? "" : "s", count == 1 ? "was" : "were",
			count == 1 ? "is" : "are");
}

void
resume_contacts(struct store *store, const struct config *config)
{
	unsigned count = 0;
	struct err err;
	int result = contact_merges_end(store, clock_now(), &count, &err);

	tell("merge", result, count, &err);
	result = resume_all_following(store, config, &count, &err);
	tell("change", result, count, &err);
	result = import_take_back_all(store, config, &count, &err);
	tell("strict import", result, count, &err);
}
