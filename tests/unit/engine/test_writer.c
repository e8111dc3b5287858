#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "engine.h"
#include "liaison/base/log.h"
#include "liaison/capture/capture.h"
#include "liaison/crm/contact.h"
#include "liaison/store/migrate.h"
#include "store/faulty.h"
#include "system.h"
#include "test.h"

/* Groups of requests on the writer's thread. */

enum { NOW = 1800000000 };

struct desk {
	struct engine engine;
	struct config config;
	struct config_source source;
	int64_t stream;
	char folder[60], path[80];
};

struct task {
	struct work work; /* first */
	struct desk *desk;
	struct err err;
	int result;
	bool undone, done;
};

static void
task_undone(struct work *work, const struct err *err)
{
	struct task *task = (struct task *)work;

	task->undone = true;
	task->err = *err;
}

static void
task_done(struct work *work)
{
	((struct task *)work)->done = true;
}

static void
run(struct desk *desk, struct task *task, unsigned weight,
	void (*work)(struct work *work, struct worker *worker))
{
	*task = (struct task){
		.work = { .weight = weight, .run = work, .undone = task_undone, .done = task_done },
		.desk = desk
	};
	writer_add(desk->engine.writer, &task->work);
	while (!task->done)
		uv_run(&desk->engine.loop, UV_RUN_ONCE);
}

static int
open_stream(struct store *store, struct desk *desk, struct err *err)
{
	struct arena *arena = arena_new();
	struct stream stream;
	int64_t id;
	bool fresh;
	int result = source_row(store, &desk->source, &id, err);

	if (result == 0)
		result = stream_open(
			store, arena, id, "INBOX", 7, "", 100, false, 0, &stream, &fresh, err);
	desk->stream = stream.id;
	arena_free(arena);
	return result;
}

static int
open_desk(void **state)
{
	struct desk *desk = calloc(1, sizeof *desk);
	struct engine *engine = &desk->engine;
	struct store *store;
	struct err err;

	log_set_level(LOG_ERROR);
	desk->source = (struct config_source){ .number = 1, .kind = SOURCE_IMAP, .name = "work" };
	desk->source.user = "me@own.example";
	desk->config.sources = &desk->source;
	desk->config.source_count = 1;
	assert_int_equal(uv_loop_init(&engine->loop), 0);
	assert_int_equal(done_init(&engine->done, &engine->loop, &err), 0);
	pthread_mutex_init(&engine->board, NULL);
	snprintf(desk->folder, sizeof desk->folder, "/tmp/liaison-writer-XXXXXX");
	assert_non_null(mkdtemp(desk->folder));
	snprintf(desk->path, sizeof desk->path, "%s/liaison.db", desk->folder);
	store = store_open(desk->path, STORE_WRITER, &err);
	assert_non_null(store);
	assert_int_equal(store_migrate(store, desk->path, &err), 0);
	assert_int_equal(open_stream(store, desk, &err), 0);
	engine->settings = settings_new(&desk->config);
	engine->writer = writer_new(engine, store, &engine->done);
	writer_configure(engine->writer, engine->settings);
	assert_int_equal(writer_start(engine->writer, &err), 0);
	*state = desk;
	return 0;
}

static int
close_desk(void **state)
{
	struct desk *desk = *state;
	struct engine *engine = &desk->engine;

	writer_stop(engine->writer);
	writer_close(engine->writer);
	free(engine->writer);
	settings_release(engine->settings);
	done_close(&engine->done);
	uv_run(&engine->loop, UV_RUN_DEFAULT);
	uv_loop_close(&engine->loop);
	pthread_mutex_destroy(&engine->board);
	unlink(desk->path); /* its log went with the last connection */
	rmdir(desk->folder);
	free(desk);
	return 0;
}

/* A contact with an address, by which the past is matched at once. */
static void
add_ada(struct work *work, struct worker *worker)
{
	struct task *task = (struct task *)work;
	struct contact contact = { .type = "person", .name = "Ada" };
	struct contact_email email = { .email = "ada@x.example" };
	struct capture_result result;
	int64_t count;

	task->result = contact_add(worker->store, worker->arena, &contact, NOW, &task->err);
	if (task->result == 0)
		task->result = contact_email_add(
			worker->store, worker->arena, contact.id, &email, &task->err);
	capture_contacts_changed(worker->capture);
	if (task->result == 0)
		task->result = capture_rematch_address(worker->store, worker->capture,
			worker->arena, email.email, NOW, &result, &count, &task->err);
}

/* A letter of hers. */
static int
take_letter(struct task *task, struct worker *worker)
{
	struct event_party parties[2] = {
		{ .role = PARTY_FROM, .email = "ada@x.example", .address = "ada@x.example" },
		{ .role = PARTY_TO, .email = "me@own.example", .address = "me@own.example" },
	};
	struct event event = { .at = NOW,
		.date = NOW,
		.internal_date = NOW,
		.subject = "hello",
		.parties = parties,
		.party_count = 2 };
	struct capture_item item = { .uid = 100, .event = &event };
	struct capture_slice slice = { .stream_id = task->desk->stream,
		.kind = CAPTURE_NEW,
		.items = &item,
		.count = 1,
		.cursor = 100 };
	struct capture_result result;

	return capture_slice(
		worker->store, worker->capture, worker->arena, &slice, NOW, &result, &task->err);
}

static void
add_ada_in_vain(struct work *work, struct worker *worker)
{
	add_ada(work, worker);
	faulty_set(FAULT_FULL, 1, true);
}

static void
add_letter(struct work *work, struct worker *worker)
{
	struct task *task = (struct task *)work;

	task->result = take_letter(task, worker);
}

static void
count_unmatched(struct work *work, struct worker *worker)
{
	static const char COUNT[] = "SELECT count(*) FROM ledger WHERE decision = 'unmatched'";
	struct task *task = (struct task *)work;
	int64_t count = 0;
	bool found;

	task->result = sql_get_int(sql_prepare(worker->store, COUNT), &count, &found, &task->err);
	if (task->result == 0)
		task->result = (int)count;
}

/* A contact that was never committed is nobody's match. */
static void
forgets_what_a_group_that_could_not_be_committed_had_learned(void **state)
{
	struct desk *desk = *state;
	struct task task;

	run(desk, &task, 1, add_ada_in_vain);
	assert_int_equal(task.result, 0);
	assert_true(task.undone);
	assert_string_equal(task.err.message, "the disk is full");
	faulty_set(FAULT_NONE, 0, false);
	run(desk, &task, 1, add_letter);
	if (task.result < 0)
		fail_msg("%s", task.err.message);
	assert_false(task.undone);
	run(desk, &task, 1, count_unmatched);
	assert_int_equal(task.result, 1);
}

enum { VALUE = 2 << 20 };

static const char PUT[] = "INSERT OR REPLACE INTO setup (key, value) VALUES ('a', ?)";

static void
put(struct work *work, struct worker *worker)
{
	struct task *task = (struct task *)work;
	struct stmt *q = sql_prepare(worker->store, PUT);
	char *value = arena_alloc(worker->arena, VALUE + 1);

	memset(value, 'x', VALUE);
	stmt_bind_text(q, value);
	task->result = stmt_run(q, &task->err);
}

static bool
can_put(struct desk *desk)
{
	struct task task;

	run(desk, &task, 1, put);
	return task.result == 0 && !task.undone;
}

/* In the middle of the copy. */
static int
fall_ill(void *context, int64_t done, int64_t total, struct err *err)
{
	struct desk *desk = context;

	assert_true(done < total);
	assert_int_equal(backup_may_go_on(&desk->engine, err), 0);
	faulty_set(FAULT_SYNC, 1, false);
	assert_false(can_put(desk));
	while (!writer_is_sick(desk->engine.writer))
		usleep(1000);
	return backup_may_go_on(&desk->engine, err);
}

static void
a_backup_makes_way_for_a_database_that_fell_ill(void **state)
{
	struct desk *desk = *state;
	char copy[100];
	struct store *reader;
	struct err err;

	snprintf(copy, sizeof copy, "%s/copy.db", desk->folder);
	desk->engine.background = pool_new(&desk->engine, &desk->engine.done);
	assert_true(can_put(desk));
	reader = store_open(desk->path, STORE_READER, &err);
	assert_non_null(reader);
	assert_int_equal(store_backup(reader, copy, fall_ill, desk, &err), -1);
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	assert_string_equal(
		err.message, "the backup made way for the database, which is opened again");
	for (int i = 0; i < 1000 && !can_put(desk); i++)
		usleep(10000);
	assert_true(can_put(desk));
	pool_stop(desk->engine.background);
	assert_int_equal(backup_may_go_on(&desk->engine, &err), -1);
	store_close(reader);
	pool_close(desk->engine.background);
	free(desk->engine.background);
}

static void
what_is_queued_at_the_end_is_known_piece_by_piece(void **state)
{
	struct engine *engine = &((struct desk *)*state)->engine;
	struct pool *pool = pool_new(engine, &engine->done);
	struct work *work[3];

	for (unsigned i = 0; i < 3; i++)
		pool_add(pool, work[i] = calloc(1, sizeof *work[i]));
	pool_stop(pool);
	assert_int_equal(engine->done.left_count, 3);
	for (unsigned i = 0; i < 3; i++) {
		assert_ptr_equal(engine->done.left[i], work[i]);
		free(work[i]);
	}
	free(engine->done.left);
	pool_close(pool);
	free(pool);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			forgets_what_a_group_that_could_not_be_committed_had_learned, open_desk,
			close_desk),
		cmocka_unit_test_setup_teardown(
			a_backup_makes_way_for_a_database_that_fell_ill, open_desk, close_desk),
		cmocka_unit_test_setup_teardown(
			what_is_queued_at_the_end_is_known_piece_by_piece, open_desk, close_desk),
	};

	faulty_install();
	return cmocka_run_group_tests_name("writer", tests, NULL, NULL);
}
