#include <string.h>

#include "liaison/base/clock.h"
#include "request.h"

/* Writes that take several transactions. The request keeps what its handler needs from one to the next;
 * the batch goes back to the loop in between, which tells the client how far it is. */

enum { TURN_MS = 60 }; /* of the 100 that a transaction may take, which has to be committed too */

void
turns_begin(struct call *call, struct request *request)
{
	struct turns *turns = &request->turns;

	turns->again = false;
	turns->begun_ms = clock_monotonic_ms();
	call->turns = turns;
	call->journal_batch = turns->journal_batch;
	if (turns->own != NULL) {
		arena_reset(turns->own);
		call->arena = turns->own;
	}
}

void
turns_end(struct call *call, struct request *request)
{
	request->turns.journal_batch = call->journal_batch;
	request->turns.number++;
	request->turns.stays = !call->dry_run && call->journal_batch != 0;
}

void *
call_keep(struct call *call, size_t size)
{
	struct turns *turns = call->turns;

	if (turns->state != NULL)
		return turns->state;
	turns->kept = arena_new();
	turns->own = arena_new();
	turns->state = arena_alloc(turns->kept, size);
	call->arena = turns->own;
	return turns->state;
}

struct arena *
call_keep_arena(struct call *call)
{
	return call->turns->kept;
}

int64_t
call_until(const struct call *call)
{
	return call->turns->begun_ms + TURN_MS;
}

bool
call_is_long(const struct call *call)
{
	return clock_monotonic_ms() > call_until(call);
}

void
call_must_end(struct call *call, bool must)
{
	call->turns->must_end = must;
}

void
call_continue(struct call *call, int64_t done, int64_t total, const char *unit)
{
	struct turns *turns = call->turns;

	turns->again = true;
	turns->done = done;
	turns->total = total;
	turns->unit = unit;
}
