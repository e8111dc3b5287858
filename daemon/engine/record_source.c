#include <stdio.h>
#include <string.h>

#include "liaison/capture/retention.h"
#include "liaison/capture/source.h"
#include "feed.h"
#include "health.h"

/* The record of a source: what the database knows and what the loop sees, read under the board. */

struct folder_view {
	const char *name, *error, *state;
	bool known;
	uint32_t uidvalidity, cursor, exists;
	int64_t stream, last_complete, last_byte, next_try;
	int64_t written_ms;
	struct tally tally;
	bool moving; /* slices of its source are under way */
	enum folder_mode mode;
	const char *doubt; /* NULL: none */
	char doubt_words[240];
};

struct source_view {
	const char *kind, *state, *error, *capabilities;
	int64_t last_complete, next_try, poll;
	uint64_t backlog;
	struct folder_view *folders;
	unsigned count;
};

const char *
folder_state_name(const struct folder *folder)
{
	const char *backfill = job_state_name(&folder->job);

	if (folder->error != NULL)
		return "error";
	if (!folder->known)
		return "opening";
	if (strcmp(backfill, "done") != 0)
		return strcmp(backfill, "paused") == 0 ? "backfill-paused" : "backfill";
	return folder->mode == FOLDER_IDLE ? "idle" : "polled";
}

static void
view_folder(const struct folder *folder, struct arena *arena, struct folder_view *out)
{
	*out = (struct folder_view){
		.name = arena_text(arena, folder->name),
		.error = arena_text(arena, folder->error),
		.known = folder->known,
		.uidvalidity = folder->uidvalidity,
		.cursor = folder->cursor,
		.exists = folder->exists,
		.stream = folder->stream,
		.last_complete = folder->last_complete,
		.last_byte = folder->last_byte,
		.next_try = folder->next_try,
		.written_ms = folder->written_ms,
		.tally = folder->tally,
		.moving = folder->mailbox->slices > 0,
		.mode = folder->mode,
		.state = folder_state_name(folder),
	};
}

/* false: the configuration does not name it. */
static bool
view_source(
	struct pipeline *pipeline, struct arena *arena, const char *name, struct source_view *out)
{
	const struct mailbox *mailbox = mailbox_by_name(pipeline, name);
	unsigned count = 0;

	if (mailbox == NULL)
		return false;
	for (const struct folder *folder = mailbox->folders; folder != NULL; folder = folder->next)
		count++;
	out->kind = config_kind_words[mailbox->kind];
	out->state = source_state_name(mailbox);
	out->error = arena_text(
		arena, mailbox->error != NULL ? mailbox->error : feed_error(mailbox));
	out->capabilities = arena_text(arena, mailbox->capabilities);
	out->last_complete = mailbox->last_complete;
	out->next_try = mailbox->next_try;
	out->poll = mailbox->poll;
	out->backlog = mailbox_backlog(mailbox);
	out->folders = arena_array(arena, count + 1, sizeof *out->folders);
	out->count = 0;
	for (const struct folder *folder = mailbox->folders; folder != NULL;
		folder = folder->next) {
		if (folder->listed && folder->mode != FOLDER_UNWATCHED)
			view_folder(folder, arena, &out->folders[out->count++]);
	}
	return true;
}

static void
write_time(struct json_out *out, const char *name, int64_t time, const struct zone *zone)
{
	if (time == 0)
		json_null_(out, name);
	else
		json_time(out, name, time, zone == NULL ? 0 : zone_offset(zone, time));
}

/* The last count holds when nothing was written since long before it, as a reader may see the
 * database of a while ago. While slices are written it holds for a while that grows with it, so that
 * whoever asks again and again has a thread count for half a percent of the time. */
static bool
tally_holds(const struct folder_view *folder, int64_t now_ms)
{
	enum { SETTLED_MS = 5000, ROWS_A_MS = 30000, SHARE = 200 };
	const struct tally *tally = &folder->tally;

	if (tally->stream != folder->stream)
		return false;
	if (tally->begun_ms > folder->written_ms + SETTLED_MS)
		return true;
	return folder->moving && now_ms - tally->begun_ms < tally->count * SHARE / ROWS_A_MS;
}

static void
note_tally(struct pipeline *pipeline, const char *source, const struct tally *tally)
{
	const struct mailbox *mailbox;

	pthread_mutex_lock(&pipeline->engine->board);
	mailbox = mailbox_by_name(pipeline, source);
	for (struct folder *folder = mailbox == NULL ? NULL : mailbox->folders; folder != NULL;
		folder = folder->next) {
		if (folder->stream == tally->stream)
			folder->tally = *tally;
	}
	pthread_mutex_unlock(&pipeline->engine->board);
}

/* A calendar's is always counted: its rows change without slices. */
static int
count_decided(struct pipeline *pipeline, const char *source, const struct folder_view *folder,
	struct store *store, int64_t *out, struct err *err)
{
	struct tally tally = { .stream = folder->stream, .begun_ms = store_begun_ms(store) };

	if (!folder->known)
		return 0;
	if (folder->name[0] != '\0' && tally_holds(folder, clock_monotonic_ms())) {
		*out = folder->tally.count;
		return 0;
	}
	if (ledger_count(store, folder->stream, &tally.count, err) < 0)
		return -1;
	note_tally(pipeline, source, &tally);
	*out = tally.count;
	return 0;
}

static void
write_folder(const struct folder_view *folder, int64_t decided, const struct zone *zone,
	struct json_out *out)
{
	json_object_begin(out, NULL);
	if (folder->name[0] != '\0') {
		json_text(out, "name", folder->name);
		json_int(out, "uidvalidity", folder->uidvalidity);
		json_int(out, "cursor", folder->cursor);
	} else { /* of a calendar */
		json_null_(out, "name");
		json_null_(out, "uidvalidity");
		json_null_(out, "cursor");
	}
	json_int(out, "server", folder->exists);
	json_int(out, "decided", decided);
	json_text(out, "state", folder->state);
	json_text(out, "watched", folder->mode == FOLDER_IDLE ? "idle" : "polled");
	write_time(out, "last_complete", folder->last_complete, zone);
	write_time(out, "last_byte", folder->last_byte, zone);
	write_time(out, "next_try", folder->next_try, zone);
	json_text(out, "error", folder->error != NULL ? folder->error : folder->doubt);
	json_object_end(out);
}

/* Mail that left the folder at once, which somebody is to say something to. */
static int
view_doubt(struct store *store, const char *source, struct folder_view *folder, struct err *err)
{
	int64_t count = 0;

	if (folder->stream == 0 || gone_doubted(store, folder->stream, &count, err) < 0)
		return folder->stream == 0 ? 0 : -1;
	if (count > 0)
		snprintf(folder->doubt_words, sizeof folder->doubt_words,
			"%lld captured mails left it at once, which is not believed; 'source "
			"sync %.80s --accept' believes it",
			(long long)count, source);
	folder->doubt = count > 0 ? folder->doubt_words : NULL;
	return 0;
}

/* What happens next to a source, by its state; when is 0 where that is nothing of the clock's. */
static const char *
next_words(const struct source_view *view, int64_t complete, int64_t *when)
{
	static const struct {
		const char *state, *words;
		bool tried; /* at next_try */
	} next[] = {
		{ "offline", "tries to connect", true },
		{ "no-secret", "asks for its secret again", true },
		{ "auth-failed", "tries to log in again", true },
		{ "error", "tries again", true },
		{ "syncing", "fetches new mail", false },
		{ "backfill", "fetches what is older", false },
		{ "idle", "waits for news", false },
		{ "paused", "waits to be resumed", false },
	};

	*when = 0;
	for (size_t i = 0; i < sizeof next / sizeof *next; i++) {
		if (strcmp(view->state, next[i].state) != 0)
			continue;
		*when = next[i].tried ? view->next_try : 0;
		return next[i].words;
	}
	if (strcmp(view->state, "polling") != 0)
		return NULL;
	*when = complete > 0 ? complete + view->poll : 0;
	return "looks for news";
}

static int
write_outlook(const struct source *source, const struct source_view *view, int64_t complete,
	struct store *store, const struct zone *zone, struct json_out *out, struct err *err)
{
	int64_t quarantined = 0, wants = 0, when;
	const char *next = next_words(view, complete, &when);

	if (source->id != 0 && source_waiting(store, source->id, &quarantined, &wants, err) < 0)
		return -1;
	if (complete > 0)
		json_int(out, "age", clock_now() - complete);
	else
		json_null_(out, "age");
	json_int(out, "backlog", (int64_t)view->backlog);
	json_int(out, "wants", wants);
	json_int(out, "quarantined", quarantined);
	json_text(out, "next", next);
	write_time(out, "next_at", when, zone);
	return 0;
}

static int
write_source(struct pipeline *pipeline, const struct source *source, const struct source_view *view,
	struct store *store, const struct zone *zone, struct json_out *out, struct err *err)
{
	int64_t complete = view->last_complete > source->last_complete ? view->last_complete
								       : source->last_complete;

	json_object_begin(out, NULL);
	if (source->id != 0)
		json_int(out, "id", source->id);
	else
		json_null_(out, "id"); /* it could not be noted yet */
	json_int(out, "version", source->version);
	json_text(out, "name", source->name);
	json_text(out, "kind", source->kind);
	json_text(out, "state", view->state);
	json_array_begin(out, "folders");
	for (unsigned i = 0; i < view->count; i++) {
		struct folder_view *folder = &view->folders[i];
		int64_t decided = 0;

		if (view_doubt(store, source->name, folder, err) < 0 ||
			count_decided(pipeline, source->name, folder, store, &decided, err) < 0)
			return -1;
		write_folder(folder, decided, zone, out);
	}
	json_array_end(out);
	write_time(out, "last_complete", complete, zone);
	write_time(out, "next_try", view->next_try, zone);
	if (write_outlook(source, view, complete, store, zone, out, err) < 0)
		return -1;
	json_text(out, "error", view->error);
	json_text(out, "capabilities", view->capabilities);
	json_object_end(out);
	return 0;
}

int
source_write(struct pipeline *pipeline, struct store *store, struct arena *arena, const char *name,
	const struct zone *zone, struct json_out *out, struct err *err)
{
	struct source_view view = { .state = "retired" };
	struct source source = { .name = name };
	bool configured, noted = source_find(store, arena, name, &source, err) == 0;

	if (!noted && err->code != ERR_NOT_FOUND)
		return -1;
	pthread_mutex_lock(&pipeline->engine->board);
	configured = view_source(pipeline, arena, name, &view);
	pthread_mutex_unlock(&pipeline->engine->board);
	if (!noted && !configured)
		return -1;
	if (!noted)
		source = (struct source){ .name = name, .kind = view.kind };
	if (!configured && !source.retired)
		view.error = "the configuration does not name it";
	else if (source.retired)
		view.state = "retired";
	else if (source.paused)
		view.state = "paused";
	else if (strcmp(view.state, "paused") == 0 || strcmp(view.state, "retired") == 0)
		view.state = "offline"; /* resumed by this very transaction */
	return write_source(pipeline, &source, &view, store, zone, out, err);
}

static bool
is_among(const char *name, const struct source *sources, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (strcmp(sources[i].name, name) == 0)
			return true;
	}
	return false;
}

/* Sources of the configuration that have no row yet: they are not among those of the database. */
static int
write_unnoted(struct pipeline *pipeline, struct store *store, struct arena *arena,
	const struct source *sources, unsigned count, const struct zone *zone, struct json_out *out,
	struct err *err)
{
	int done = 0;

	pthread_mutex_lock(&pipeline->engine->board);
	for (const struct mailbox *mailbox = pipeline->mailboxes; mailbox != NULL && done == 0;
		mailbox = mailbox->next) {
		if (mailbox->configured && mailbox->id == 0 &&
			!is_among(mailbox->name, sources, count))
			done = source_write(pipeline, store, arena, mailbox->name, zone, out, err);
	}
	pthread_mutex_unlock(&pipeline->engine->board);
	return done;
}

static int
write_sources(struct pipeline *pipeline, struct store *store, struct arena *arena,
	const struct zone *zone, struct json_out *out, struct err *err)
{
	struct source *sources;
	unsigned count;

	if (source_list(store, arena, &sources, &count, err) < 0)
		return -1;
	json_array_begin(out, "sources");
	for (unsigned i = 0; i < count; i++) {
		if (source_write(pipeline, store, arena, sources[i].name, zone, out, err) < 0)
			return -1;
	}
	if (write_unnoted(pipeline, store, arena, sources, count, zone, out, err) < 0)
		return -1;
	json_array_end(out);
	return 0;
}

int
pipeline_write_status(struct pipeline *pipeline, struct store *store, struct arena *arena,
	const struct zone *zone, struct json_out *out, struct err *err)
{
	char why[400];
	bool waits = pipeline_waits(pipeline, why, sizeof why);

	if (write_sources(pipeline, store, arena, zone, out, err) < 0 ||
		pipeline_write_folders(pipeline, store, arena, zone, out, err) < 0)
		return -1;
	pthread_mutex_lock(&pipeline->engine->board);
	json_int(out, "items", (int64_t)pipeline->items);
	json_int(out, "items_waiting", pipeline->parsing.count);
	json_int(out, "quarantined_since_start", (int64_t)pipeline->quarantined);
	json_int(out, "parse_restarts", (int64_t)pipeline->parse_restarts);
	json_int(out, "fetch_restarts", (int64_t)pipeline->fetch_restarts);
	json_text(out, "capture_waits", waits ? why : NULL);
	pthread_mutex_unlock(&pipeline->engine->board);
	return 0;
}
