#include <stdlib.h>

#include "liaison/base/log.h"
#include "mailbox.h"

/* What another release of the program could not read is tried once more by this one, part by part,
 * when its folder is open. Who cannot read it again says so in the row, which is left alone then. */

enum { TRIED_AT_ONCE = 100 };

/* What is to be tried, as a reader finds it. */
struct search {
	struct work work; /* first */
	struct folder *folder;
	struct uid_set uids; /* own */
	int64_t stream;
	uint32_t after;
	unsigned opening;
	struct err err;
	bool failed;
};

static bool
is_of_this_opening(const struct folder *folder, unsigned opening)
{
	return folder->known && folder->opening == opening && mailbox_is_up(folder->mailbox);
}

static void
run_search(struct work *work, struct worker *worker)
{
	struct search *search = (struct search *)work;

	search->failed = quarantine_of_others(worker->store, search->stream, search->after,
				 TRIED_AT_ONCE, &search->uids, &search->err) < 0;
}

static void
tried(struct retry *retry)
{
	struct second_try *second = (struct second_try *)((char *)retry -
							  offsetof(struct second_try, retry));

	second->busy = false;
}

static void
ask(struct folder *folder, struct uid_set *uids)
{
	struct second_try *second = &folder->second;

	log_write(LOG_NOTICE,
		"%s/%s: %llu messages that another version could not read are tried again",
		folder->mailbox->name, folder->name, (unsigned long long)uid_set_size(uids));
	second->after = uids->ranges[uids->count - 1].last;
	second->busy = true;
	second->retry.done = tried;
	retry_ask(&second->retry, folder, uids);
}

static void
search_done(struct work *work)
{
	struct search *search = (struct search *)work;
	struct folder *folder = search->folder;
	struct pipeline *pipeline = folder->mailbox->pipeline;

	pthread_mutex_lock(&pipeline->engine->board);
	folder->second.busy = false;
	if (is_of_this_opening(folder, search->opening)) {
		folder->second.done = search->failed || search->uids.count == 0;
		if (!folder->second.done)
			ask(folder, &search->uids);
	}
	pthread_mutex_unlock(&pipeline->engine->board);
	uid_set_clear(&search->uids);
	free(search);
}

void
second_try_tick(struct folder *folder)
{
	struct second_try *second = &folder->second;
	struct pipeline *pipeline = folder->mailbox->pipeline;
	struct search *search;

	if (second->busy || folder->mailbox->kind == SOURCE_ICAL)
		return;
	if (second->opening != folder->opening)
		*second = (struct second_try){ .opening = folder->opening };
	if (second->done || !is_of_this_opening(folder, second->opening))
		return;
	second->busy = true;
	search = mem_zero(1, sizeof *search);
	search->folder = folder;
	search->stream = folder->stream;
	search->after = second->after;
	search->opening = folder->opening;
	search->work.run = run_search;
	search->work.done = search_done;
	pool_add(pipeline->engine->readers, &search->work);
}
