#include <stdlib.h>

#include "mailbox.h"

/* Commands that wait for fetch: each ends with an answer, its deadline, or the loss of the
 * connection. */

void *
asking_new(struct loop_call *call, struct mailbox *mailbox, size_t size, int64_t wait_ms)
{
	struct pipeline *pipeline = call->call.engine->pipeline;
	struct asking *asking = mem_zero(1, size);

	asking->call = call;
	asking->mailbox = mailbox;
	asking->deadline_ms = clock_monotonic_ms() + wait_ms;
	asking->next = pipeline->askings;
	pipeline->askings = asking;
	return asking;
}

/* NULL: the configuration does not name it. */
struct mailbox *
asking_source(struct loop_call *call, const char *name, struct err *err)
{
	struct mailbox *mailbox = mailbox_by_name(call->call.engine->pipeline, name);

	if (mailbox == NULL) {
		fail_field(err, ERR_NOT_FOUND, "source",
			"there is no source '%s' in the configuration", name);
		err_hint(err, "liaison source list");
	}
	return mailbox;
}

static struct asking **
place_of(struct asking *asking)
{
	struct asking **place = &asking->call->call.engine->pipeline->askings;

	while (*place != asking)
		place = &(*place)->next;
	return place;
}

void
asking_end(struct asking *asking)
{
	struct asking **place = place_of(asking);

	*place = asking->next;
	if (asking->clear != NULL)
		asking->clear(asking);
	free(asking);
}

void
asking_fail(struct asking *asking, const struct err *err)
{
	struct loop_call *call = asking->call;
	struct err copy = *err;

	asking_end(asking);
	loop_call_fail(call, &copy);
}

bool
asking_is_open(struct pipeline *pipeline, const struct asking *wanted)
{
	for (struct asking *asking = pipeline->askings; asking != NULL; asking = asking->next) {
		if (asking == wanted)
			return true;
	}
	return false;
}

int
asking_frame(struct pipeline *pipeline, const struct frame *frame, bool *taken, struct err *err)
{
	*taken = false;
	if (frame->token == 0 || (frame->type != FRAME_UIDS && frame->type != FRAME_CHECKED))
		return 0;
	for (struct asking *asking = pipeline->askings; asking != NULL; asking = asking->next) {
		if (asking->token == frame->token && asking->frame != NULL) {
			*taken = true;
			return asking->frame(asking, frame, err);
		}
	}
	return 0;
}

static void
expire(struct asking *asking)
{
	struct err err;

	if (asking->call->cancelled)
		fail(&err, ERR_UNAVAILABLE, "it was cancelled");
	else if (asking->mailbox != NULL)
		fail(&err, ERR_UNAVAILABLE, "the source '%s' did not answer in time",
			asking->mailbox->name);
	else
		fail(&err, ERR_UNAVAILABLE, "not all sources answered in time");
	asking_fail(asking, &err);
}

void
askings_tick(struct pipeline *pipeline, int64_t now_ms)
{
	struct asking *next;

	for (struct asking *asking = pipeline->askings; asking != NULL; asking = next) {
		next = asking->next;
		if (!asking->call->cancelled && now_ms >= asking->deadline_ms &&
			asking->late != NULL)
			asking->late(asking);
		else if (asking->call->cancelled || now_ms >= asking->deadline_ms)
			expire(asking);
		else if (asking->tick != NULL)
			asking->tick(asking, now_ms);
	}
}

void
askings_lost(struct pipeline *pipeline, const struct mailbox *mailbox)
{
	struct asking *next;

	for (struct asking *asking = pipeline->askings; asking != NULL; asking = next) {
		next = asking->next;
		if (asking->mailbox == mailbox && asking->lost != NULL)
			asking->lost(asking);
	}
}

/* ---- UIDs once more ---------------------------------------------------------------------------- */

void
retry_ask(struct retry *retry, struct folder *folder, struct uid_set *uids)
{
	while (uids->count > 0) {
		struct uid_set part = { 0 };
		struct slice *slice;

		uid_set_take_lowest(uids, SLICE_MAX, &part);
		slice = slice_ask(folder, PURPOSE_RETRY, &part);
		slice->retry = retry;
		retry->pending++;
		retry->asked += uid_set_size(&part);
		uid_set_clear(&part);
	}
}

void
retry_slice_done(struct slice *slice)
{
	struct retry *retry = slice->retry;

	if (retry == NULL)
		return;
	retry->cut += slice->cut;
	if (--retry->pending == 0)
		retry->done(retry);
}
