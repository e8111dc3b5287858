#include <stdlib.h>

#include "mailbox.h"

/* Events for watchers that no transaction makes. */

struct telling {
	struct work work; /* first */
	const char *kind;
	char *record;
};

static void
run_telling(struct work *work, struct worker *worker)
{
	struct telling *telling = (struct telling *)work;
	struct err err;

	if (store_begin(worker->store, &err) < 0)
		return;
	if (watch_note(worker, clock_now(), telling->kind, telling->record, &err) == 0 &&
		store_commit(worker->store, &err) == 0) {
		watch_send(worker, &worker->engine->done);
		return;
	}
	store_rollback(worker->store);
	watch_forget(worker);
}

static void
telling_done(struct work *work)
{
	struct telling *telling = (struct telling *)work;

	free(telling->record);
	free(telling);
}

void
pipeline_tell(struct pipeline *pipeline, const char *kind, const char *record)
{
	struct telling *telling = mem_zero(1, sizeof *telling);

	telling->work.priority = WORK_BACKGROUND;
	telling->work.run = run_telling;
	telling->work.done = telling_done;
	telling->kind = kind;
	telling->record = mem_text(record);
	writer_add(pipeline->engine->writer, &telling->work);
}
