#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine.h"
#include "liaison/base/log.h"
#include "liaison/store/migrate.h"
#include "system.h"

/* system.backup: a copy is made beside the database, streamed to the client, and removed. The daemon
 * opens no path that a client names. */

enum { CHUNK = 48 * 1024, BACKLOG_MAX = 256 * 1024, PROGRESS_MS = 250 };

struct backup {
	struct work work; /* first */
	struct loop_call *call;
	struct engine *engine;
	char *path;
	int descriptor;
	int64_t size, sent;
	int64_t told_ms;
	struct err err;
	bool failed, sending; /* the thread's until the copy is done, then the loop's */
	atomic_bool unwanted; /* cancelled: the copy is not made, or not to its end */
};

struct progress {
	struct work work; /* first */
	struct loop_call *call;
	int64_t done, total;
};

static void
progress_done(struct work *work)
{
	struct progress *progress = (struct progress *)work;

	loop_call_progress(progress->call, progress->done, progress->total, "pages");
	free(progress);
}

int
backup_may_go_on(struct engine *engine, struct err *err)
{
	if (pool_is_stopping(engine->background))
		return fail(err, ERR_UNAVAILABLE, "the backup is not whole, as liaisond stops");
	if (!writer_is_sick(engine->writer))
		return 0;
	fail(err, ERR_UNAVAILABLE, "the backup made way for the database, which is opened again");
	return err_hint(err, "try again; system status tells of the database");
}

static void
tell(struct backup *backup, int64_t done, int64_t total)
{
	struct progress *progress;

	progress = mem_zero(1, sizeof *progress);
	progress->work.done = progress_done;
	progress->call = backup->call;
	progress->done = done;
	progress->total = total;
	done_add(&backup->engine->done, &progress->work, &progress->work);
}

/* On the thread for the background; the loop tells the client. */
static int
report(void *context, int64_t done, int64_t total, struct err *err)
{
	struct backup *backup = context;
	int64_t now = clock_monotonic_ms();

	if (now - backup->told_ms >= PROGRESS_MS) {
		backup->told_ms = now;
		tell(backup, done, total);
	}
	if (atomic_load(&backup->unwanted))
		return fail(err, ERR_UNAVAILABLE, "cancelled");
	return backup_may_go_on(backup->engine, err);
}

static void
make_copy(struct work *work, struct worker *worker)
{
	struct backup *backup = (struct backup *)work;

	unlink(backup->path);
	if (atomic_load(&backup->unwanted))
		return;
	backup->failed = store_backup_whole(
				 worker->store, backup->path, report, backup, &backup->err) < 0;
}

static void
end(struct backup *backup)
{
	struct loop_call *call = backup->call;

	if (backup->descriptor >= 0)
		close(backup->descriptor);
	unlink(backup->path);
	if (backup->failed) {
		loop_call_fail(call, &backup->err);
	} else {
		json_object_begin(call->call.out, NULL);
		json_int(call->call.out, "size", backup->size);
		json_int(call->call.out, "schema", schema_version());
		json_object_end(call->call.out);
		loop_call_answer(call);
	}
	free(backup->path);
	free(backup);
}

static int
send_chunk(struct backup *backup)
{
	char bytes[CHUNK];
	ssize_t got = pread(backup->descriptor, bytes, sizeof bytes, backup->sent);

	if (got < 0 || (got == 0 && backup->sent < backup->size))
		return fail(&backup->err, ERR_STORAGE, "the backup cannot be read again: %s",
			strerror(errno));
	backup->sent += got;
	loop_call_data(backup->call, bytes, (size_t)got, backup->sent >= backup->size);
	return 0;
}

/* As much as the client takes. */
static void
send_some(struct loop_call *call)
{
	struct backup *backup = call->data;

	if (!backup->sending || backup->failed)
		return;
	while (!call->cancelled && backup->sent < backup->size &&
		loop_call_backlog(call) < BACKLOG_MAX) {
		if (send_chunk(backup) < 0) {
			backup->failed = true;
			break;
		}
	}
	if (backup->failed || backup->sent >= backup->size)
		end(backup);
}

static void
cancelled(struct loop_call *call)
{
	struct backup *backup = call->data;

	atomic_store(&backup->unwanted, true);
	if (!backup->sending)
		return; /* the copy ends soon */
	if (!backup->failed)
		backup->failed = fail(&backup->err, ERR_UNAVAILABLE, "cancelled") < 0;
	end(backup);
}

static void
copy_done(struct work *work)
{
	struct backup *backup = (struct backup *)work;

	if (backup->call->cancelled)
		backup->failed = fail(&backup->err, ERR_UNAVAILABLE, "cancelled") < 0;
	if (!backup->failed) {
		backup->descriptor = open(backup->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
		if (backup->descriptor < 0)
			backup->failed = fail(&backup->err, ERR_STORAGE,
						 "the backup cannot be read: %s",
						 strerror(errno)) < 0;
	}
	if (backup->failed) {
		end(backup);
		return;
	}
	backup->size = file_size(backup->path);
	backup->sending = true;
	loop_call_open(backup->call, "output", "write");
	send_some(backup->call);
}

void
backup_clean(const char *database)
{
	glob_t found;
	struct text pattern = { 0 };

	/* A path with wildcards in it is not worth the risk. */
	if (strpbrk(database, "*?[\\") != NULL)
		return;
	text_printf(&pattern, "%s.backup-[0-9]*", database);
	if (glob(pattern.bytes, GLOB_NOSORT, NULL, &found) == 0) {
		for (size_t i = 0; i < found.gl_pathc; i++)
			unlink(found.gl_pathv[i]);
		globfree(&found);
	}
	text_clear(&pattern);
}

int
run_backup_loop(struct loop_call *call, struct err *err)
{
	struct engine *engine = call->call.engine;
	static unsigned serial; /* the loop's alone */
	struct backup *backup;
	char *path = arena_printf(
		call->call.arena, "%s.backup-%u", call->call.config->database, ++serial);

	if (loop_call_id(call) == NULL)
		return fail(
			err, ERR_USAGE, "'system.backup' is not a notification: it needs an id");
	backup = mem_zero(1, sizeof *backup);
	backup->call = call;
	backup->engine = engine;
	backup->path = mem_text(path);
	backup->descriptor = -1;
	backup->work.run = make_copy;
	backup->work.done = copy_done;
	call->data = backup;
	call->cancel = cancelled;
	call->drained = send_some;
	pool_add(engine->background, &backup->work);
	return 0;
}
