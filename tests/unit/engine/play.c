#include "play.h"

#include <dirent.h>
#include <sys/socket.h>

#include "liaison/capture/source.h"

enum { TOKEN = 0x80000001, FEED_SIZE = 64, DAY = 86400 };

/* ---- beginning and end ------------------------------------------------------------------------- */

static void
connect_client(struct play *play)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	play->client = ends[1];
	play->connection = connection_new(&play->scene->engine.control, ends[0]);
	play->connection->peer.caller.access = MAY_ALL;
}

int
play_open(void **state)
{
	static const struct config_source team = { .number = 1,
		.kind = SOURCE_ICAL,
		.name = "team",
		.user = "me@own.example",
		.since = 365 * DAY,
		.until = 90 * DAY,
		.poll = 300 };
	struct play *play = mem_zero(1, sizeof *play);

	snprintf(play->folder, sizeof play->folder, "/tmp/liaison-feed-XXXXXX");
	assert_non_null(mkdtemp(play->folder));
	snprintf(play->database, sizeof play->database, "%s/liaison.db", play->folder);
	play->scene = scene_open(&team, play->database);
	play->token = TOKEN;
	connect_client(play);
	*state = play;
	return 0;
}

static void
remove_folder(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	char path[400];

	while ((entry = readdir(dir)) != NULL) {
		snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
		unlink(path);
	}
	closedir(dir);
	rmdir(folder);
}

int
play_close(void **state)
{
	struct play *play = *state;

	connection_close(play->connection);
	pipeline_tick(play->scene->engine.pipeline, clock_monotonic_ms());
	uv_run(&play->scene->engine.loop, UV_RUN_NOWAIT);
	close(play->client);
	scene_close(play->scene);
	remove_folder(play->folder);
	free(play);
	return 0;
}

/* ---- what is said ------------------------------------------------------------------------------ */

struct mailbox *
team(struct play *play)
{
	return scene_mailbox(play->scene);
}

static void
fetch_says(struct play *play, struct text *out)
{
	scene_say(play->scene, play->scene->fetch, out);
}

static void
parse_says(struct play *play, struct text *out)
{
	scene_say(play->scene, play->scene->parse, out);
}

void
say_state(struct play *play, enum source_state state, const char *error)
{
	struct frame_writer writer;
	struct text out = { 0 };

	frame_begin(&writer, &out, FRAME_STATE, 1, 0);
	frame_put_u64(&writer, TAG_STATE, state);
	frame_put_text(&writer, TAG_ERROR, error);
	frame_end(&writer);
	fetch_says(play, &out);
}

void
come_up(struct play *play)
{
	RUN_UNTIL(play->scene, play->scene->watches > 0);
	say_state(play, SOURCE_POLLING, NULL);
	RUN_UNTIL(play->scene, mailbox_is_up(team(play)));
}

void
say_fresh(struct play *play, const char *error)
{
	struct frame_writer writer;
	struct text out = { 0 };

	frame_begin(&writer, &out, FRAME_FRESH, 1, play->scene->sync);
	frame_put_text(&writer, TAG_ERROR, error);
	frame_end(&writer);
	fetch_says(play, &out);
}

/* A piece of a feed in two halves. */
void
say_piece(struct play *play, uint32_t source, enum piece piece, const char *error)
{
	static const char bytes[FEED_SIZE / 2], digest[32];
	struct frame_reader reader = { 0 };
	struct frame_writer writer;
	struct text out = { 0 };
	struct frame frame;
	struct err err;

	frame_begin(&writer, &out, FRAME_FEED, source, play->token);
	if (piece == FIRST) {
		frame_put_u64(&writer, TAG_SIZE, FEED_SIZE);
		frame_put(&writer, TAG_DIGEST, digest, sizeof digest);
	}
	if (error == NULL)
		frame_put(&writer, TAG_BYTES, bytes, sizeof bytes);
	frame_put_text(&writer, TAG_ERROR, error);
	if (piece == LAST)
		frame_put_flag(&writer, TAG_LAST);
	frame_end(&writer);
	frame_reader_feed(&reader, out.bytes, out.size);
	assert_int_equal(frame_reader_next(&reader, &frame, &err), 1);
	play->sent += frame.size;
	frame_reader_clear(&reader);
	fetch_says(play, &out);
}

void
say_feed(struct play *play)
{
	play->token++;
	say_piece(play, 1, FIRST, NULL);
	say_piece(play, 1, LAST, NULL);
}

bool
all_credit_is_back(struct play *play)
{
	return play->scene->credit == play->sent;
}

/* ---- what parse answers ------------------------------------------------------------------------ */

/* The feed at parse has events of these UIDs, one letter each; serial: of their contents. */
void
say_events(struct play *play, const char *uids, uint8_t serial)
{
	struct feed_item items[8] = { 0 };
	struct feed_range range = { 0, FEED_SIZE };
	struct feed feed = { .items = items };
	struct text out = { 0 };
	char names[8][2];

	RUN_UNTIL(play->scene, play->scene->parsed == 1);
	for (; uids[feed.item_count] != '\0'; feed.item_count++) {
		unsigned i = feed.item_count;

		snprintf(names[i], sizeof names[i], "%c", uids[i]);
		items[i] = (struct feed_item){
			.uid = names[i], .digest = { serial }, .ranges = &range, .range_count = 1
		};
	}
	feed_encode(&feed, 0, play->scene->tokens[0], &out);
	parse_says(play, &out);
}

/* The answer to the number-th event that was asked for, from 1. */
void
say_meeting(struct play *play, unsigned number)
{
	struct occurrence once = { .start = clock_now() + DAY, .end = clock_now() + DAY + 3600 };
	struct meeting meeting = { .uid = "that of the question counts",
		.stamp = clock_now(),
		.summary = "Review",
		.occurrences = &once,
		.occurrence_count = 1 };
	struct frame_writer writer;
	struct text out = { 0 };

	RUN_UNTIL(play->scene, play->scene->parsed > number);
	frame_begin(&writer, &out, FRAME_MEETING, 0, play->scene->tokens[number]);
	meeting_encode(&writer, &meeting);
	frame_put_flag(&writer, TAG_LAST);
	frame_end(&writer);
	parse_says(play, &out);
}

void
reject_meeting(struct play *play, unsigned number)
{
	struct frame_writer writer;
	struct text out = { 0 };

	RUN_UNTIL(play->scene, play->scene->parsed > number);
	frame_begin(&writer, &out, FRAME_REJECT, 0, play->scene->tokens[number]);
	frame_put_text(&writer, TAG_ERROR, "its DTSTART is no date");
	frame_end(&writer);
	parse_says(play, &out);
}

/* A parse that was asked nothing yet. */
void
begin_parse(struct play *play)
{
	if (play->scene->parse == 0)
		play->scene->parse = scene_child(play->scene, CHILD_PARSE);
	else
		scene_renew_parse(play->scene, true);
}

/* A feed comes and is divided; what becomes of its events is up to the test. */
void
deliver(struct play *play, const char *uids, uint8_t serial)
{
	begin_parse(play);
	say_feed(play);
	say_events(play, uids, serial);
}

void
await_answer(struct play *play)
{
	RUN_UNTIL(play->scene, play->scene->answered == play->token);
}

void
record_feed(struct play *play, const char *uids, uint8_t serial)
{
	deliver(play, uids, serial);
	for (unsigned i = 1; i <= strlen(uids); i++)
		say_meeting(play, i);
	await_answer(play);
	assert_string_equal(play->scene->error, "");
}

/* ---- the database ------------------------------------------------------------------------------ */

int64_t
count(struct play *play, const char *sql)
{
	struct err err;
	struct store *store = store_open(play->database, STORE_READER, &err);
	struct stmt *q = sql_prepare(store, sql);
	int64_t number = -1;
	bool found;

	if (sql_get_int(q, &number, &found, &err) < 0)
		fail_msg("%s: %s", sql, err.message);
	store_close(store);
	return number;
}

struct change {
	struct work work; /* first */
	const char *sql;
	struct err err;
	bool failed, over;
};

static void
run_change(struct work *work, struct worker *worker)
{
	struct change *change = (struct change *)work;
	struct stmt *stmt = sql_prepare_once(worker->store, change->sql, strlen(change->sql));

	change->failed = stmt_run(stmt, &change->err) < 0;
}

static void
change_done(struct work *work)
{
	((struct change *)work)->over = true;
}

/* On the writer's thread, as only one may write. */
void
change(struct play *play, const char *sql)
{
	struct change change = { .work = { .run = run_change, .done = change_done }, .sql = sql };

	writer_add(play->scene->engine.writer, &change.work);
	RUN_UNTIL(play->scene, change.over);
	if (change.failed)
		fail_msg("%s: %s", sql, change.err.message);
}

/* Erases the calendar on the writer's thread, as source.remove does. */
void
run_erase(struct work *work, struct worker *worker)
{
	struct err err;

	(void)work;
	if (store_begin(worker->store, &err) < 0 ||
		source_erase(worker->store, worker->arena, 1, &err) < 0 ||
		store_commit(worker->store, &err) < 0)
		fail_msg("erase: %s", err.message);
}

/* ---- the client -------------------------------------------------------------------------------- */

void
ask(struct play *play, const char *method, const char *params)
{
	char line[400];
	int size = snprintf(line, sizeof line,
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":%s}\n", method, params);

	assert_int_equal(write(play->client, line, (size_t)size), size);
}

bool
was_told(struct play *play, const char *word)
{
	ssize_t got = read(
		play->client, play->answers + play->size, sizeof play->answers - 1 - play->size);

	play->size += got > 0 ? (size_t)got : 0;
	play->answers[play->size] = '\0';
	return strstr(play->answers, word) != NULL;
}
