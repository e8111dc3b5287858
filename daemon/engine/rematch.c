#include "rematch.h"

#include <string.h>

#include "liaison/base/address.h"
#include "record.h"
#include "request.h"

enum { TURN_MS = 60 }; /* of the 100 that a transaction may take, which has to be committed too */

/* What a command waits for. */
struct rematch {
	struct past_run *runs; /* kept */
	unsigned count, room;
};

int
rematch_some(
	struct call *call, struct past_run *run, struct capture_result *result, struct err *err)
{
	int64_t until_ms = store_begun_ms(call->store) + TURN_MS;

	*result = (struct capture_result){ 0 };
	if (capture_past(call->store, call_capture(call), call->arena, run, until_ms, call->now,
		    result, err) < 0)
		return -1;
	return tell_interactions(call, result, err);
}

static struct rematch *
waiting(const struct call *call)
{
	return call->turns == NULL ? NULL : call->turns->rematch;
}

/* The run of a key; a new one, if it has none yet. */
static struct past_run *
waited_run(struct call *call, const char *key)
{
	struct rematch *rematch = waiting(call);
	struct past_run *more;

	for (unsigned i = 0; i < rematch->count; i++) {
		if (strcmp(rematch->runs[i].key, key) == 0)
			return &rematch->runs[i];
	}
	if (rematch->count == rematch->room) {
		rematch->room = rematch->room * 2 + 4;
		more = arena_array(call_keep_arena(call), rematch->room, sizeof *more);
		if (rematch->count > 0)
			memcpy(more, rematch->runs, rematch->count * sizeof *more);
		rematch->runs = more;
	}
	more = &rematch->runs[rematch->count++];
	*more = (struct past_run){ .key = arena_text(call_keep_arena(call), key), .awaited = true };
	return more;
}

static int
rematch(struct call *call, const char *key, int64_t *count, struct err *err)
{
	struct past_run alone = { .key = key };
	struct past_run *run = waiting(call) == NULL ? &alone : waited_run(call, key);
	struct capture_result result;
	int64_t before = run->made;

	capture_contacts_changed(call_capture(call));
	if (!run->over && rematch_some(call, run, &result, err) < 0)
		return -1;
	*count += run->made - before;
	return 0;
}

int
rematch_address(struct call *call, const char *address, int64_t *count, struct err *err)
{
	char *canonical;

	if (address_canonical(call->arena, address, &canonical, err) < 0)
		return -1;
	return rematch(call, canonical, count, err);
}

int
rematch_domain(struct call *call, const char *domain, int64_t *count, struct err *err)
{
	char *canonical;

	if (domain_canonical(call->arena, domain, &canonical, err) < 0)
		return -1;
	return rematch(call, arena_printf(call->arena, "@%s", canonical), count, err);
}

/* ---- waiting for all of it --------------------------------------------------------------------- */

void
rematch_wait(struct call *call)
{
	struct turns *turns = call->turns;

	if (turns->rematch == NULL)
		turns->rematch = arena_alloc(call_keep_arena(call), sizeof *turns->rematch);
}

static struct past_run *
first_left(const struct rematch *rematch)
{
	for (unsigned i = 0; i < rematch->count; i++) {
		if (!rematch->runs[i].over)
			return &rematch->runs[i];
	}
	return NULL;
}

int
rematch_go_on(struct call *call, struct err *err)
{
	struct rematch *rematch = waiting(call);
	struct capture_result result;
	struct past_run *run;

	do {
		run = first_left(rematch);
		if (run != NULL && rematch_some(call, run, &result, err) < 0)
			return -1;
	} while (run != NULL && run->over && !call_is_long(call));
	return 0;
}

bool
rematch_continues(struct call *call)
{
	const struct past_run *run = first_left(waiting(call));

	if (run != NULL)
		call_continue(call, run->after, run->last, "messages");
	return run != NULL;
}

int64_t
rematch_made(const struct call *call)
{
	const struct rematch *rematch = waiting(call);
	int64_t made = 0;

	for (unsigned i = 0; i < rematch->count; i++)
		made += rematch->runs[i].made;
	return made;
}
