#include "scene.h"

/* Text that is wanted while the engine looks what is wanted. */

struct bench {
	struct scene *scene;
	char folder[40], database[80];
};

static int
open_bench(void **state)
{
	static const struct config_source work = { .number = 1,
		.kind = SOURCE_IMAP,
		.name = "work",
		.connections = 1,
		.since = -1,
		.poll = 300 };
	struct bench *bench = mem_zero(1, sizeof *bench);

	snprintf(bench->folder, sizeof bench->folder, "/tmp/liaison-test-XXXXXX");
	assert_non_null(mkdtemp(bench->folder));
	snprintf(bench->database, sizeof bench->database, "%s/liaison.db", bench->folder);
	bench->scene = scene_open(&work, bench->database);
	*state = bench;
	return 0;
}

static int
close_bench(void **state)
{
	static const char *const ENDS[] = { "", "-wal", "-shm" };
	struct bench *bench = *state;
	char path[100];

	scene_close(bench->scene);
	for (size_t i = 0; i < sizeof ENDS / sizeof *ENDS; i++) {
		snprintf(path, sizeof path, "%s%s", bench->database, ENDS[i]);
		unlink(path);
	}
	rmdir(bench->folder);
	free(bench);
	return 0;
}

/* The one reader is held up while its lock is. */
struct gate {
	struct work work; /* first */
	pthread_mutex_t lock;
};

static void
wait_at(struct work *work, struct worker *worker)
{
	struct gate *gate = (struct gate *)work;

	(void)worker;
	pthread_mutex_lock(&gate->lock);
	pthread_mutex_unlock(&gate->lock);
}

static void
close_gate(struct gate *gate, struct scene *scene)
{
	*gate = (struct gate){ .work = { .run = wait_at }, .lock = PTHREAD_MUTEX_INITIALIZER };
	pthread_mutex_lock(&gate->lock);
	pool_add(scene->engine.readers, &gate->work);
}

/* ---- tests ------------------------------------------------------------------------------------- */

static void
what_is_wanted_while_a_reader_looks_is_looked_for_again(void **state)
{
	static struct gate first, second;
	struct scene *scene = ((struct bench *)*state)->scene;
	struct mailbox *work = scene_mailbox(scene);

	RUN_UNTIL(scene, work->watched && work->wanting == NULL);
	close_gate(&first, scene);
	work->wanted = true;
	wanting_begin(work);
	assert_non_null(work->wanting);
	close_gate(&second, scene);
	wanting_look(&scene->engine, 0, NULL);
	pthread_mutex_unlock(&first.lock);
	RUN_UNTIL(scene, !work->wanted);
	assert_non_null(work->wanting);
	pthread_mutex_unlock(&second.lock);
	RUN_UNTIL(scene, work->wanting == NULL);
	assert_false(work->wanted);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			what_is_wanted_while_a_reader_looks_is_looked_for_again, open_bench,
			close_bench),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
