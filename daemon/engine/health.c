#include "health.h"

#include <string.h>
#include <sys/statvfs.h>

#include "feed.h"
#include "liaison/base/clock.h"
#include "liaison/capture/source.h"

enum { POLLS_MISSED = 3, POLL_LEAST_S = 20 };

uint64_t
mailbox_backlog(const struct mailbox *mailbox)
{
	uint64_t backlog = mailbox->arriving;

	for (const struct folder *folder = mailbox->folders; folder != NULL; folder = folder->next)
		backlog += uid_set_size(&folder->job.todo);
	return backlog;
}

/* ---- one source -------------------------------------------------------------------------------- */

static const char *
failure_of(const struct mailbox *mailbox)
{
	if (mailbox->renamed)
		return "error";
	switch (mailbox->state) {
	case SOURCE_NO_SECRET:
		return "no-secret";
	case SOURCE_AUTH_FAILED:
		return "auth-failed";
	case SOURCE_ERROR:
		return "error";
	case SOURCE_OFFLINE:
	case SOURCE_CONNECTING:
	case SOURCE_IDLE:
	case SOURCE_POLLING:
	case SOURCE_SYNCING:
	case SOURCE_PAUSED:
		break;
	}
	return mailbox->kind == SOURCE_ICAL && feed_error(mailbox) != NULL ? "error" : NULL;
}

/* A program that has just begun has not had the time yet. */
static bool
is_late(const struct source_health *source, int64_t started, int64_t older_than, int64_t now)
{
	int64_t last_complete = source->last_complete, allowed = older_than;

	if (allowed > 0)
		return (last_complete > 0 ? last_complete : started) + allowed < now;
	allowed = POLLS_MISSED * (source->poll > POLL_LEAST_S ? source->poll : POLL_LEAST_S);
	return last_complete + allowed < now && started + allowed < now;
}

bool
folder_is_late(const struct folder *folder)
{
	const struct mailbox *mailbox = folder->mailbox;
	const struct source_health folders = {
		.last_complete = folder->last_complete,
		.poll = mailbox->poll,
	};

	return mailbox_is_up(mailbox) &&
	       is_late(&folders, mailbox->pipeline->engine->started, 0, clock_now());
}

static const char *
reason_of(const struct source_health *source, int64_t started, int64_t older_than)
{
	if (source->rests)
		return NULL;
	if (source->failure != NULL && older_than == 0)
		return source->failure;
	if (!is_late(source, started, older_than, clock_now()))
		return NULL;
	if (source->failure != NULL)
		return source->failure;
	return source->up ? "stale" : "offline";
}

static void
read_mailbox(const struct mailbox *mailbox, struct arena *arena, struct source_health *out)
{
	const char *error = mailbox->error != NULL ? mailbox->error : feed_error(mailbox);

	*out = (struct source_health){
		.name = arena_text(arena, mailbox->name),
		.state = source_state_name(mailbox),
		.error = arena_text(arena, error),
		.last_complete = mailbox->last_complete,
		.backlog = mailbox_backlog(mailbox),
		.up = mailbox_is_up(mailbox),
		.failure = failure_of(mailbox),
		.poll = mailbox->poll,
		.rests = mailbox->paused || mailbox->retired,
	};
}

/* ---- all of them ------------------------------------------------------------------------------- */

static void
read_mailboxes(struct pipeline *pipeline, struct arena *arena, struct health *out)
{
	unsigned count = 0;

	for (const struct mailbox *mailbox = pipeline->mailboxes; mailbox != NULL;
		mailbox = mailbox->next)
		count += mailbox->configured;
	out->sources = arena_array(arena, count + 1, sizeof *out->sources);
	for (const struct mailbox *mailbox = pipeline->mailboxes; mailbox != NULL;
		mailbox = mailbox->next) {
		if (mailbox->configured)
			read_mailbox(mailbox, arena, &out->sources[out->count++]);
	}
}

static int
read_rows(struct store *store, struct arena *arena, struct health *health, struct err *err)
{
	for (unsigned i = 0; i < health->count; i++) {
		struct source_health *source = &health->sources[i];
		struct source row;
		struct err none;

		if (source_find(store, arena, source->name, &row, &none) < 0)
			continue; /* it is not noted yet */
		if (row.last_complete > source->last_complete)
			source->last_complete = row.last_complete;
		if (source_waiting(store, row.id, &source->quarantined, &source->wants, err) < 0)
			return -1;
	}
	return 0;
}

/* After the rows: since when a source is late is known of what an earlier process saw, too. */
static void
judge(struct health *health, int64_t started, int64_t older_than)
{
	for (unsigned i = 0; i < health->count; i++) {
		struct source_health *source = &health->sources[i];

		source->reason = reason_of(source, started, older_than);
		health->ailing += source->reason != NULL;
	}
}

int64_t
disk_free_beside(const char *path)
{
	struct statvfs disk;

	if (statvfs(path, &disk) < 0)
		return -1;
	return (int64_t)(disk.f_bavail * disk.f_frsize);
}

int
health_read(struct engine *engine, const char *database, struct store *store, struct arena *arena,
	int64_t older_than, struct health *out, struct err *err)
{
	*out = (struct health){ 0 };
	pthread_mutex_lock(&engine->board);
	read_mailboxes(engine->pipeline, arena, out);
	pthread_mutex_unlock(&engine->board);
	if (!writer_trouble(engine->writer, out->trouble, sizeof out->trouble) &&
		!pipeline_waits(engine->pipeline, out->trouble, sizeof out->trouble))
		out->trouble[0] = '\0';
	out->disk_free = disk_free_beside(database);
	if (read_rows(store, arena, out, err) < 0)
		return -1;
	judge(out, engine->started, older_than);
	return 0;
}

const char *
health_names(const struct health *health, struct arena *arena)
{
	const char *names = NULL;

	for (unsigned i = 0; i < health->count; i++) {
		const struct source_health *source = &health->sources[i];

		if (source->reason == NULL)
			continue;
		names = names == NULL ? source->name
				      : arena_printf(arena, "%s, %s", names, source->name);
		if (strlen(names) > 200)
			break;
	}
	return names;
}
