#include "watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "liaison/crm/interaction.h"
#include "liaison/crm/sight.h"
#include "liaison/store/event_log.h"
#include "watcher.h"

/* The writer's side, and what the loop does with what comes from there. */

static const char REFERENCE[] = "@interaction ";

static struct tell *
new_tell(int64_t seq, const char *kind)
{
	size_t kind_size = strlen(kind) + 1;
	struct tell *tell = mem_zero(1, sizeof *tell + kind_size);

	tell->seq = seq;
	tell->kind = memcpy(tell + 1, kind, kind_size);
	return tell;
}

static void
add_tell(struct worker *worker, struct tell *tell)
{
	if (worker->last_tell != NULL)
		worker->last_tell->next = tell;
	else
		worker->tells = tell;
	worker->last_tell = tell;
}

static void
free_tell(struct tell *tell)
{
	text_clear(&tell->record);
	text_clear(&tell->withheld);
	text_clear(&tell->owners);
	free(tell);
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
	struct tell *tell;
	int64_t seq;

	if (event_log_add(worker->store, now, kind, record, &seq, err) < 0)
		return -1;
	if (!is_watched(worker))
		return 0;
	tell = new_tell(seq, kind);
	text_add(&tell->record, record);
	add_tell(worker, tell);
	return 0;
}

static int
write_for(struct worker *worker, const char *viewer, int64_t interaction, struct text *out,
	struct err *err)
{
	struct json_out json;
	int result;

	json_out_init(&json, out);
	store_set_viewer(worker->store, viewer);
	result = interaction_write(worker->store, worker->arena, interaction, &json, err);
	store_set_viewer(worker->store, NULL);
	return result;
}

/* The loop has no store to ask, so who may see what goes along. */
static int
write_tell(struct worker *worker, int64_t interaction, struct tell *tell, struct err *err)
{
	struct sight_owners owners;

	if (write_for(worker, NULL, interaction, &tell->record, err) < 0 ||
		sight_owners(worker->store, worker->arena, interaction, &owners, err) < 0)
		return -1;
	if (owners.all)
		return 0;
	for (unsigned i = 0; i < owners.count; i++) {
		text_printf(&tell->owners, "=%s\n", owners.codes[i]);
		if (owners.users[i] != NULL)
			text_printf(&tell->owners, "@%s\n", owners.users[i]);
	}
	return write_for(worker, "", interaction, &tell->withheld, err);
}

int
watch_note_interaction(
	struct worker *worker, int64_t now, const char *kind, int64_t interaction, struct err *err)
{
	struct tell *tell;
	char reference[48];
	int64_t seq;

	snprintf(reference, sizeof reference, "%s%lld", REFERENCE, (long long)interaction);
	if (event_log_add(worker->store, now, kind, reference, &seq, err) < 0)
		return -1;
	if (!is_watched(worker))
		return 0;
	tell = new_tell(seq, kind);
	if (write_tell(worker, interaction, tell, err) < 0) {
		free_tell(tell);
		return -1;
	}
	add_tell(worker, tell);
	return 0;
}

int
watch_note_result(
	struct worker *worker, int64_t now, const struct capture_result *result, struct err *err)
{
	for (unsigned i = 0; i < result->told_count; i++) {
		const struct capture_told *told = &result->told[i];

		if (watch_note_interaction(worker, now, capture_change_word(told->what),
			    told->interaction_id, err) < 0)
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
		free_tell(tell);
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
		free_tell(tell);
	}
	for (after = worker->afters; after != NULL; after = next_after) {
		next_after = after->next;
		free(after->text);
		free(after);
	}
	worker->tells = worker->last_tell = NULL;
	worker->afters = worker->last_after = NULL;
}
