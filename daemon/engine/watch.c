#include "watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "liaison/crm/interaction.h"
#include "liaison/store/event_log.h"
#include "watcher.h"

/* The writer's side, and what the loop does with what comes from there. */

static const char REFERENCE[] = "@interaction ";

static void
add_tell(struct worker *worker, int64_t seq, const char *kind, const char *record, size_t size)
{
	size_t kind_size = strlen(kind) + 1;
	struct tell *tell = mem_alloc(sizeof *tell + size + 1 + kind_size);

	*tell = (struct tell){ .seq = seq, .size = size };
	memcpy(tell->record, record, size);
	tell->record[size] = '\0';
	tell->kind = memcpy(tell->record + size + 1, kind, kind_size);
	if (worker->last_tell != NULL)
		worker->last_tell->next = tell;
	else
		worker->tells = tell;
	worker->last_tell = tell;
}

static bool
is_watched(const struct worker *worker)
{
	return worker->engine != NULL && atomic_load(&worker->engine->watch.count) > 0;
}

int
watch_note(
	struct worker *worker, int64_t now, const char *kind, const char *record, struct err *err)
{
	int64_t seq;

	if (event_log_add(worker->store, now, kind, record, &seq, err) < 0)
		return -1;
	if (is_watched(worker))
		add_tell(worker, seq, kind, record, strlen(record));
	return 0;
}

static int
note_told(struct worker *worker, int64_t now, const struct capture_told *told, struct err *err)
{
	const char *kind = capture_change_word(told->what);
	struct text *record = &worker->record;
	struct json_out json;
	char reference[48];
	int64_t seq;

	snprintf(reference, sizeof reference, "%s%lld", REFERENCE, (long long)told->interaction_id);
	if (event_log_add(worker->store, now, kind, reference, &seq, err) < 0)
		return -1;
	if (!is_watched(worker))
		return 0;
	text_reset(record);
	json_out_init(&json, record);
	if (interaction_write(worker->store, worker->arena, told->interaction_id, &json, err) < 0)
		return -1;
	add_tell(worker, seq, kind, record->bytes, record->size);
	return 0;
}

int
watch_note_result(
	struct worker *worker, int64_t now, const struct capture_result *result, struct err *err)
{
	for (unsigned i = 0; i < result->told_count; i++) {
		if (note_told(worker, now, &result->told[i], err) < 0)
			return -1;
	}
	return 0;
}

struct delivery {
	struct work work; /* first */
	struct engine *engine;
	struct tell *tells;
	struct after *afters;
};

static void
deliver(struct work *work)
{
	struct delivery *delivery = (struct delivery *)work;
	struct tell *tell, *next;
	struct after *after, *next_after;

	for (tell = delivery->tells; tell != NULL; tell = next) {
		next = tell->next;
		watchers_tell(&delivery->engine->watch, tell);
		free(tell);
	}
	for (after = delivery->afters; after != NULL; after = next_after) {
		next_after = after->next;
		after->run(delivery->engine, after->number, after->text);
		free(after->text);
		free(after);
	}
	free(delivery);
}

void
watch_send(struct worker *worker, struct done *done)
{
	struct delivery *delivery;

	if (worker->tells == NULL && worker->afters == NULL)
		return;
	delivery = mem_zero(1, sizeof *delivery);
	delivery->work.done = deliver;
	delivery->engine = worker->engine;
	delivery->tells = worker->tells;
	delivery->afters = worker->afters;
	worker->tells = worker->last_tell = NULL;
	worker->afters = worker->last_after = NULL;
	done_add(done, &delivery->work, &delivery->work);
}

void
watch_forget(struct worker *worker)
{
	struct tell *tell, *next;
	struct after *after, *next_after;

	for (tell = worker->tells; tell != NULL; tell = next) {
		next = tell->next;
		free(tell);
	}
	for (after = worker->afters; after != NULL; after = next_after) {
		next_after = after->next;
		free(after->text);
		free(after);
	}
	worker->tells = worker->last_tell = NULL;
	worker->afters = worker->last_after = NULL;
}
