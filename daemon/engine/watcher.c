#include "watcher.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine.h"
#include "loop_call.h"

/* Telling watchers: at once, or from the log until they have caught up. */

enum { LAG_MAX = 1 << 20, PAGE = 200, ROOM = 256 * 1024 };

static const char *const KINDS[] = { "interaction.recorded", "interaction.changed",
	"interaction.moved", "interaction.cancelled", "candidate.new", "source.up", "source.down",
	"job.progress", "job.done" };

static bool
wants(const struct watcher *watcher, const char *kind)
{
	for (unsigned i = 0; i < watcher->kind_count; i++) {
		size_t size = strlen(watcher->kinds[i]);

		if (strncmp(kind, watcher->kinds[i], size) == 0 &&
			(kind[size] == '\0' || kind[size] == '.' || kind[size - 1] == '.'))
			return true;
	}
	return watcher->kind_count == 0;
}

static void
send_event(const struct watcher *watcher, int64_t seq, const char *kind, const char *record,
	size_t size)
{
	struct text out = { 0 };

	text_reserve(&out, size + 160);
	text_printf(&out,
		"{\"jsonrpc\":\"2.0\",\"method\":\"event\",\"params\":{\"id\":%s,\"seq\":%lld,"
		"\"kind\":\"%s\",\"record\":",
		watcher->id, (long long)seq, kind);
	text_add_n(&out, record, size);
	text_add(&out, "}}\n");
	connection_send(watcher->connection, out.bytes, out.size);
	text_clear(&out);
}

/* One of the owners' lines: "@ada", or "=AB" in any case. */
static bool
has_owner(const struct text *owners, char sign, const char *name)
{
	size_t size = strlen(name);

	for (const char *line = owners->bytes; *line != '\0'; line += strcspn(line, "\n") + 1) {
		bool same = sign == '@' ? strncmp(line + 1, name, size) == 0
					: strncasecmp(line + 1, name, size) == 0;

		if (line[0] == sign && same && line[size + 1] == '\n')
			return true;
	}
	return false;
}

/* As find_viewer says it of a command's caller. Who may act as another no more, sees as nobody. */
static bool
sees_whole(const struct watcher *watcher, const struct tell *tell)
{
	const struct caller *caller = &watcher->connection->peer.caller;

	if (tell->withheld.size == 0 || caller->trusted)
		return true;
	if (tell->owners.size == 0 || (watcher->as != NULL && !caller->proxy))
		return false;
	return watcher->as != NULL ? has_owner(&tell->owners, '=', watcher->as)
				   : has_owner(&tell->owners, '@', caller->user);
}

static void
tell_one(struct watcher *watcher, const struct tell *tell)
{
	const struct text *record;

	if (watcher->behind) {
		watcher->newest = tell->seq;
		return;
	}
	if (tell->seq <= watcher->seq)
		return;
	watcher->seq = tell->seq;
	if (!wants(watcher, tell->kind))
		return;
	if (watcher->lagged || connection_backlog(watcher->connection) > LAG_MAX) {
		watcher->lagged = true;
		return;
	}
	record = sees_whole(watcher, tell) ? &tell->record : &tell->withheld;
	send_event(watcher, tell->seq, tell->kind, record->bytes, record->size);
}

void
watchers_tell(struct watch *watch, const struct tell *tell)
{
	struct watcher *next;

	watch->last_seq = tell->seq;
	for (struct watcher *watcher = watch->watchers; watcher != NULL; watcher = next) {
		next = watcher->next;
		if (!watcher->gone)
			tell_one(watcher, tell);
	}
}

static void
free_watcher(struct watcher *watcher)
{
	for (unsigned i = 0; i < watcher->kind_count; i++)
		free(watcher->kinds[i]);
	free(watcher->kinds);
	free(watcher->as);
	free(watcher->id);
	free(watcher);
}

/* One that waits for a page is freed when that comes. */
static void
remove_watcher(struct watch *watch, struct watcher **link)
{
	struct watcher *watcher = *link;

	*link = watcher->next;
	atomic_fetch_sub(&watch->count, 1);
	watcher->gone = true;
	if (!watcher->reading)
		free_watcher(watcher);
}

void
watch_drop(struct watch *watch, struct connection *connection)
{
	struct watcher **link = &watch->watchers;

	while (*link != NULL) {
		if ((*link)->connection == connection)
			remove_watcher(watch, link);
		else
			link = &(*link)->next;
	}
}

bool
watch_cancel(struct watch *watch, struct connection *connection, const char *id)
{
	for (struct watcher **link = &watch->watchers; *link != NULL; link = &(*link)->next) {
		if ((*link)->connection == connection && strcmp((*link)->id, id) == 0) {
			remove_watcher(watch, link);
			return true;
		}
	}
	return false;
}

bool
watch_has(const struct watch *watch, const struct connection *connection)
{
	for (const struct watcher *one = watch->watchers; one != NULL; one = one->next) {
		if (one->connection == connection)
			return true;
	}
	return false;
}

static void ask_page(struct watch *watch, struct watcher *watcher);

static void
send_lagged(struct watcher *watcher, int64_t seq)
{
	struct text out = { 0 };

	text_printf(&out,
		"{\"jsonrpc\":\"2.0\",\"method\":\"lagged\",\"params\":{\"id\":%s,\"seq\":%lld}}\n",
		watcher->id, (long long)seq);
	watcher->lagged = false;
	connection_send(watcher->connection, out.bytes, out.size);
	text_clear(&out);
}

static void
send_page(struct watch_page *page)
{
	struct watcher *watcher = page->watcher;

	if (page->first > page->from + 1 && page->from > 0)
		send_lagged(watcher, page->first - 1);
	for (unsigned i = 0; i < page->count && !watcher->gone; i++) {
		const struct event_entry *entry = &page->entries[i];

		watcher->seq = entry->seq;
		if (wants(watcher, entry->kind))
			send_event(watcher, entry->seq, entry->kind, entry->record,
				strlen(entry->record));
	}
}

static void
page_done(struct work *work)
{
	struct watch_page *page = (struct watch_page *)work;
	struct watcher *watcher = page->watcher;
	struct watch *watch = page->watch;
	unsigned count = page->count;

	if (!watcher->gone && !page->failed)
		send_page(page);
	arena_free(page->arena);
	free(page);
	watcher->reading = false;
	if (watcher->gone) {
		free_watcher(watcher);
		return;
	}
	if (count == 0 && watcher->newest <= watcher->seq)
		watcher->behind = false;
	else if (connection_backlog(watcher->connection) <= ROOM)
		ask_page(watch, watcher);
}

static void
ask_page(struct watch *watch, struct watcher *watcher)
{
	struct watch_page *page = mem_zero(1, sizeof *page);

	page->work.run = watch_page_read;
	page->work.done = page_done;
	page->watcher = watcher;
	page->watch = watch;
	page->from = watcher->seq;
	page->most = PAGE;
	page->arena = arena_new();
	page->trusted = watcher->connection->peer.caller.trusted;
	page->user = arena_text(page->arena, watcher->connection->peer.caller.user);
	if (watcher->as != NULL)
		page->as = watcher->connection->peer.caller.proxy
				   ? arena_text(page->arena, watcher->as)
				   : "";
	watcher->reading = true;
	pool_add(watch->engine->readers, &page->work);
}

void
watch_drained(struct watch *watch, struct connection *connection)
{
	struct watcher *next;

	for (struct watcher *one = watch->watchers; one != NULL; one = next) {
		next = one->next;
		if (one->connection != connection)
			continue;
		if (one->lagged)
			send_lagged(one, one->seq);
		else if (one->behind && !one->reading)
			ask_page(watch, one);
	}
}

static struct watcher *
new_watcher(const struct loop_call *call)
{
	struct watcher *watcher = mem_zero(1, sizeof *watcher);
	const struct call *words = &call->call;

	watcher->connection = call->batch->connection;
	watcher->id = mem_text(loop_call_id(call));
	watcher->as = words->as == NULL ? NULL : mem_text(words->as);
	watcher->kind_count = call_count(words, "kind");
	watcher->kinds = mem_zero(watcher->kind_count + 1, sizeof *watcher->kinds);
	for (unsigned i = 0; i < watcher->kind_count; i++)
		watcher->kinds[i] = mem_text(call_text_at(words, "kind", i));
	return watcher;
}

/* "source.up", or all of a group: "source", "source.". */
static bool
is_kind(const char *word)
{
	size_t size = strlen(word);

	size -= size > 0 && word[size - 1] == '.';
	for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++) {
		if (strncmp(KINDS[i], word, size) == 0 &&
			(KINDS[i][size] == '.' || strcmp(KINDS[i], word) == 0))
			return true;
	}
	return false;
}

static int
check_kinds(const struct call *words, struct err *err)
{
	for (unsigned i = 0; i < call_count(words, "kind"); i++) {
		const char *word = call_text_at(words, "kind", i);
		const char *near = text_suggest(word, KINDS, sizeof KINDS / sizeof *KINDS);

		if (is_kind(word))
			continue;
		fail_field(err, ERR_USAGE, "kind", "there is no kind of event '%.60s'", word);
		return near == NULL ? -1 : err_hint(err, "did you mean '%s'?", near);
	}
	return 0;
}

static int
check_count(struct watch *watch, const struct connection *connection, struct err *err)
{
	unsigned count = 0;

	for (const struct watcher *one = watch->watchers; one != NULL; one = one->next)
		count += one->connection == connection;
	if (count >= WATCHES_MAX)
		return fail(err, ERR_UNAVAILABLE, "a connection may have %d watches", WATCHES_MAX);
	if (atomic_load(&watch->count) >= WATCHES_ALL)
		return fail(err, ERR_UNAVAILABLE, "there are too many watches");
	return 0;
}

static int
run_watch(struct loop_call *call, struct err *err)
{
	struct watch *watch = &call->call.engine->watch;
	struct watcher *watcher;

	if (loop_call_id(call) == NULL)
		return fail(err, ERR_USAGE, "'watch' is not a notification: it needs an id");
	if (call_int(&call->call, "from", 0) < 0)
		return fail_field(err, ERR_USAGE, "from", "'from' is not negative");
	if (check_kinds(&call->call, err) < 0 ||
		check_count(watch, call->batch->connection, err) < 0)
		return -1;
	watcher = new_watcher(call);
	watcher->seq = call_int(&call->call, "from", 0);
	watcher->behind = call_given(&call->call, "from");
	watcher->next = watch->watchers;
	watch->watchers = watcher;
	atomic_fetch_add(&watch->count, 1);
	json_object_begin(call->call.out, NULL);
	json_object_end(call->call.out);
	if (watcher->behind)
		ask_page(watch, watcher);
	loop_call_answer(call);
	return 0;
}

static const struct param watch_params[] = {
	{ "kind", PARAM_NAME, PARAM_POSITIONAL | PARAM_REPEATS,
		"only these: interaction, source, job, candidate, or one such as "
		"interaction.recorded",
		NULL, NULL },
	{ "from", PARAM_INTEGER, 0, "tell again what came after this seq", NULL, NULL },
	{ 0 },
};

const struct command watch_commands[] = {
	{ .name = "watch",
		.summary = "tell what happens, until cancelled",
		.params = watch_params,
		.access = ACCESS_READS,
		.traits = COMMAND_LOOP | COMMAND_TRIES,
		.run_loop = run_watch },
	{ 0 },
};
