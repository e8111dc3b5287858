#include "test.h"

#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { QUIET_ROUNDS = 3 };

struct world *world;

int64_t
world_awake_ms(void)
{
	return world->awake;
}

int64_t
world_monotonic_ms(void)
{
	return world->awake + world->slept;
}

int64_t
world_now(void)
{
	return 1790000000 + world_monotonic_ms() / 1000;
}

/* ---- the way to the server, and secrets ---- */

struct dial {
	struct alarm alarm;
	dial_done *done;
	void *context;
	bool away;
};

static void
answer_dial(struct alarm *alarm)
{
	struct dial *dial = alarm->owner;
	dial_done *done = dial->done;
	void *context = dial->context;
	bool away = dial->away;
	struct err err = { 0 };

	free(dial);
	if (away || world->unreachable) {
		fail(&err, ERR_NETWORK, "it cannot be reached");
		done(context, -1, &err);
	} else
		done(context, server_accept(&world->server, world_monotonic_ms()), NULL);
}

struct dial *
world_dial(struct alarms *alarms, const char *host, dial_done *done, void *context)
{
	struct dial *dial = mem_zero(1, sizeof(*dial));

	assert_non_null(strstr(host, ".x.example"));
	dial->alarm.ring = answer_dial;
	dial->alarm.owner = dial;
	dial->done = done;
	dial->context = context;
	dial->away = world->away && strcmp(host, world->away) == 0;
	world->dials_away += dial->away;
	if ((world->dials & (world->dials - 1)) == 0)
		world->dialled = mem_resize(
			world->dialled, (world->dials * 2 + 1) * sizeof(*world->dialled));
	world->dialled[world->dials++] = world_monotonic_ms();
	alarm_set(alarms, &dial->alarm, world_monotonic_ms());
	return dial;
}

void
world_dial_cancel(struct dial *dial)
{
	if (!dial)
		return;
	alarm_stop(world->fetch.alarms, &dial->alarm);
	free(dial);
}

void
world_ask_secret(uint32_t source, uint32_t token)
{
	struct frame frame = { .source = source, .token = token };
	const struct told *told = &world->told[source - 1];
	enum config_secret kind = world->accounts[source - 1].secret;
	bool same = told->refused &&
		    (kind == SECRET_TOKEN_COMMAND || strcmp(told->refused, world->secret) == 0);

	sources_refusal(&world->fetch, source, same ? &told->refusal : &(struct refusal){ 0 });
	sources_secret(&world->fetch, &frame, world->secret, strlen(world->secret), NULL);
}

void
world_note_refusal(uint32_t source, const struct refusal *refusal)
{
	world->told[source - 1].refusal = *refusal;
	world->told[source - 1].refused = world->secret;
}

/* ---- the engine ---- */

static void
tell(struct text *out)
{
	assert_int_equal(send(world->engine, out->bytes, out->size, MSG_NOSIGNAL), out->size);
	text_clear(out);
}

static void
tell_cursor(uint32_t source)
{
	struct frame_writer writer;
	struct text out = { 0 };

	frame_begin(&writer, &out, FRAME_FOLDER, source, 0);
	frame_put_text(&writer, TAG_FOLDER, "INBOX");
	frame_put_u64(&writer, TAG_UIDVALIDITY, 7);
	frame_put_u64(&writer, TAG_CURSOR, world->told[source - 1].cursor);
	frame_end(&writer);
	tell(&out);
}

static void
tell_credit(uint64_t more)
{
	struct frame_writer writer;
	struct text out = { 0 };

	frame_begin(&writer, &out, FRAME_CREDIT, 0, 0);
	frame_put_u64(&writer, TAG_NUMBER, more);
	frame_end(&writer);
	tell(&out);
}

static void
take_item(struct told *told, const struct frame *frame)
{
	struct frame_field field;
	struct err err = { 0 };
	size_t cursor = 0;
	uint64_t uid;

	while (frame_field_next(frame, &cursor, &field, &err) > 0)
		if (field.tag == TAG_UID) {
			assert_int_equal(field_u64(&field, UINT32_MAX, &uid, &err), 0);
			assert_false(uid_set_has(&told->items, (uint32_t)uid));
			uid_set_add(&told->items, (uint32_t)uid);
			told->cursor = uid > told->cursor ? (uint32_t)uid : told->cursor;
		}
}

static void
take_failed(struct told *told, const struct frame *frame)
{
	struct uid_set failed = { 0 };
	struct frame_field field;
	struct err err = { 0 };
	size_t cursor = 0;

	while (frame_field_next(frame, &cursor, &field, &err) > 0)
		if (field.tag == TAG_FAILED && field_uids(&field, &failed, &err) == 0)
			uid_set_unite(&told->failed, &failed);
	uid_set_clear(&failed);
}

static void
take_state(struct told *told, const struct frame *frame)
{
	char error[sizeof(told->error)] = "";
	struct frame_field field;
	struct err err = { 0 };
	bool of_folder = false;
	size_t cursor = 0;
	uint64_t state;

	while (frame_field_next(frame, &cursor, &field, &err) > 0) {
		if (field.tag == TAG_STATE && field_u64(&field, UINT32_MAX, &state, &err) == 0)
			told->state = (enum source_state)state;
		else if (field.tag == TAG_ERROR)
			snprintf(error, sizeof(error), "%.*s", (int)field.size,
				(const char *)field.bytes);
		else if (field.tag == TAG_NEXT_TRY)
			field_i64(&field, &told->next_try, &err);
		of_folder = of_folder || field.tag == TAG_FOLDER;
	}
	memcpy(of_folder ? told->folder_error : told->error, error, sizeof(error));
	if (error[0] != '\0')
		memcpy(told->complaint, error, sizeof(error));
}

static void
take_frame(const struct frame *frame)
{
	struct told *told = &world->told[frame->source - 1];

	assert_in_range(frame->source, 1, world->account_count);
	if (frame->type == FRAME_OPENED)
		tell_cursor(frame->source);
	else if (frame->type == FRAME_ITEM)
		take_item(told, frame);
	if (frame->type == FRAME_ITEM)
		tell_credit(frame->size);
	else if (frame->type == FRAME_SLICE_END)
		take_failed(told, frame);
	else if (frame->type == FRAME_STATE)
		take_state(told, frame);
	else if (frame->type == FRAME_FRESH)
		told->fresh_at = world_monotonic_ms();
}

static bool
engine_serve(void)
{
	static char bytes[64 * 1024];
	struct err err = { 0 };
	struct frame frame;
	ssize_t n = recv(world->engine, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (n <= 0)
		return false;
	frame_reader_feed(&world->reader, bytes, (size_t)n);
	while (frame_reader_next(&world->reader, &frame, &err) > 0)
		take_frame(&frame);
	return true;
}

static void
send_to_all(enum frame_type type)
{
	struct err err = { 0 };

	for (uint32_t i = 1; i <= world->account_count; i++) {
		struct frame frame = { .type = type, .source = i };

		assert_int_equal(sources_take(&world->fetch, &frame, &err), 0);
	}
}

void
world_watch(void)
{
	send_to_all(FRAME_WATCH);
}

void
world_watch_anew(uint32_t source)
{
	struct frame frame = { .type = FRAME_UNWATCH, .source = source };
	struct err err = { 0 };

	assert_int_equal(sources_take(&world->fetch, &frame, &err), 0);
	frame.type = FRAME_WATCH;
	assert_int_equal(sources_take(&world->fetch, &frame, &err), 0);
}

void
world_unwatch(void)
{
	send_to_all(FRAME_UNWATCH);
	pass(1);
	for (size_t i = 0; i < world->account_count; i++) {
		uid_set_clear(&world->told[i].items);
		uid_set_clear(&world->told[i].failed);
		memset(&world->told[i], 0, sizeof(world->told[i]));
	}
}

void
world_sync(uint32_t source)
{
	struct frame frame = { .type = FRAME_SYNC, .source = source, .token = 1 };
	struct err err = { 0 };

	assert_int_equal(sources_take(&world->fetch, &frame, &err), 0);
}

void
world_check(uint32_t source)
{
	struct frame frame = { .type = FRAME_CHECK, .source = source, .token = 2 };
	struct err err = { 0 };

	assert_int_equal(sources_take(&world->fetch, &frame, &err), 0);
}

/* ---- time ---- */

/* What happens at one moment, until nothing more does. */
static void
settle(void)
{
	for (int quiet = 0; quiet < QUIET_ROUNDS; quiet++) {
		bool busy;

		world->turns++;
		alarms_ring(world->fetch.alarms);
		uv_run(&world->fetch.loop, UV_RUN_NOWAIT);
		busy = server_serve(&world->server, world_monotonic_ms());
		if (engine_serve() || busy)
			quiet = -1;
	}
}

void
pass(int64_t milliseconds)
{
	while (milliseconds > 0) {
		int64_t step = milliseconds < world->step ? milliseconds : world->step;

		world->awake += step;
		milliseconds -= step;
		settle();
	}
}

void
sleep_for(int64_t milliseconds)
{
	world->slept += milliseconds;
	settle();
}

int64_t
heard_after(const char *word, int64_t since)
{
	const struct server *server = &world->server;

	for (size_t i = 0; i < server->heard_count; i++)
		if (server->heard[i].at >= since && strcmp(server->heard[i].word, word) == 0)
			return server->heard[i].at - since;
	return -1;
}

/* ---- mailboxes ---- */

static void
woke(void *context, int64_t milliseconds)
{
	(void)context;
	assert_true(milliseconds > 0);
	sources_woke(&world->fetch);
}

void
world_configure(int64_t poll_ms)
{
	struct config config = { .arena = arena_new(), .source_count = world->account_count };

	config.sources = arena_alloc(config.arena, world->account_count * sizeof(*config.sources));
	for (size_t i = 0; i < world->account_count; i++) {
		world->accounts[i].poll = poll_ms / SECOND;
		config.sources[i] = world->accounts[i];
		config.sources[i].host = arena_text(config.arena, world->accounts[i].host);
	}
	sources_adopt(&world->fetch, &config);
}

static void
make_account(size_t place, bool hosts_differ)
{
	static const char *ALL[] = { "*" }, *INBOX[] = { "INBOX" };
	char host[40] = "imap.x.example";

	if (hosts_differ)
		snprintf(host, sizeof(host), "imap%zu.x.example", place);
	world->accounts[place] = (struct config_source){ .number = (uint32_t)place + 1,
		.kind = SOURCE_IMAP,
		.name = "work",
		.host = mem_text(host),
		.port = 143,
		.tls = TLS_NONE,
		.user = "me@own.example",
		.auth = AUTH_LOGIN,
		.secret = SECRET_LITERAL,
		.folders = { ALL, 1 },
		.idle = { INBOX, 1 },
		.connections = 1 };
}

static void
begin_fetch(void)
{
	int descriptors[2];

	memset(&world->fetch, 0, sizeof(world->fetch));
	uv_loop_init(&world->fetch.loop);
	world->fetch.alarms = alarms_new(&world->fetch.loop, woke, NULL);
	world->fetch.rate = rate_new(world->fetch.alarms);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, descriptors), 0);
	world->engine = descriptors[1];
	world->fetch.link = link_new(&world->fetch, descriptors[0]);
}

void
world_begin(size_t count, bool hosts_differ)
{
	world = mem_zero(1, sizeof(*world));
	world->awake = 5 * HOUR;
	world->step = SECOND;
	world->server.messages = 3;
	world->server.tells = true;
	world->server.capabilities = "IMAP4rev1 IDLE";
	world->secret = "secret";
	world->account_count = count;
	world->accounts = mem_zero(count, sizeof(*world->accounts));
	world->told = mem_zero(count, sizeof(*world->told));
	for (size_t i = 0; i < count; i++)
		make_account(i, hosts_differ);
	begin_fetch();
}

void
world_begin_mailbox(int64_t poll_ms)
{
	world_begin(1, false);
	world->told[0].cursor = world->server.messages;
	world_configure(poll_ms);
	world_watch();
	pass(2 * SECOND);
}

/* Loops, links and alarms live as long as a program: nothing frees them, and they stay reachable. */
static void
end_fetch(void)
{
	static struct fetch *kept[256];
	static size_t count;

	assert_true(count < sizeof(kept) / sizeof(*kept));
	sources_stop(&world->fetch);
	settle();
	server_close(&world->server);
	close(world->engine);
	frame_reader_clear(&world->reader);
	memset(&world->reader, 0, sizeof(world->reader));
	kept[count] = mem_zero(1, sizeof(world->fetch));
	*kept[count++] = world->fetch;
}

void
world_restart_fetch(void)
{
	end_fetch();
	begin_fetch();
}

void
world_end(void)
{
	static struct world *kept[64];
	static size_t count;

	assert_true(count < sizeof(kept) / sizeof(*kept));
	end_fetch();
	server_clear(&world->server);
	for (size_t i = 0; i < world->account_count; i++) {
		uid_set_clear(&world->told[i].items);
		uid_set_clear(&world->told[i].failed);
		free((char *)world->accounts[i].host);
	}
	free(world->told);
	free(world->accounts);
	free(world->dialled);
	world->told = NULL;
	world->accounts = NULL;
	world->dialled = NULL;
	kept[count++] = world;
}
