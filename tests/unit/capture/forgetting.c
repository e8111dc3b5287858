#include "forgetting.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "life.h"
#include "memory/dump.h"

enum { STEPS_BEFORE = 16, FORGETS = LIFE_STEPS - 1 }; /* by then there is mail of the person's */

struct forgetting {
	struct life life;
	char folder[60], database[80];
	char *begin; /* own: the database before */
	size_t size;
	pid_t owner; /* of the folder */
};

static void
remove_files(const struct forgetting *it)
{
	static const char *const NAMES[] = { "liaison.db", "liaison.db-wal", "liaison.db-shm",
		"forgotten", "forgotten.part" };
	char path[100];

	for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
		snprintf(path, sizeof path, "%s/%s", it->folder, NAMES[i]);
		unlink(path);
	}
}

static void
read_begin(struct forgetting *it)
{
	int file = open(it->database, O_RDONLY | O_CLOEXEC);
	struct stat status;

	assert_true(file >= 0);
	assert_int_equal(fstat(file, &status), 0);
	it->size = (size_t)status.st_size;
	it->begin = malloc(it->size);
	assert_non_null(it->begin);
	assert_int_equal(read(file, it->begin, it->size), it->size);
	close(file);
}

/* Calls are interrupted and cut short meanwhile. */
static int
write_begin(const struct forgetting *it)
{
	int file = open(it->database, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	size_t size = 0;

	while (file >= 0 && size < it->size) {
		size_t piece = it->size - size < 65536 ? it->size - size : 65536;
		ssize_t put = write(file, it->begin + size, piece);

		if (put < 0 && errno != EINTR)
			break;
		size += put > 0 ? (size_t)put : 0;
	}
	close(file);
	return size == it->size ? 0 : -1;
}

void *
forgetting_open(void)
{
	struct forgetting *it = calloc(1, sizeof *it);
	struct world *world = &it->life.world;

	assert_non_null(it);
	snprintf(it->folder, sizeof it->folder, "%s/liaison-forgetting-XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(it->folder));
	snprintf(it->database, sizeof it->database, "%s/liaison.db", it->folder);
	it->owner = getpid();
	life_init(&it->life, it->database);
	assert_ok(life_open(&it->life));
	for (int64_t done = 0; done < STEPS_BEFORE; done++)
		assert_ok(life_step(&it->life, done));
	life_close(&it->life);
	read_begin(it);
	return it;
}

int
forgetting_run(void *state, struct text *out, struct err *err)
{
	struct forgetting *it = state;
	int result;

	(void)out;
	remove_files(it);
	assert_int_equal(write_begin(it), 0);
	result = life_open(&it->life);
	if (result == 0)
		result = life_step(&it->life, FORGETS);
	if (result == 0)
		result = life_settle(&it->life);
	*err = it->life.world.err;
	return result;
}

int
forgetting_tell(void *state, struct text *out, struct err *err)
{
	struct forgetting *it = state;

	assert_int_equal(ask(&it->life.world, "SELECT count(*) FROM erasure WHERE done > 0", 0), 1);
	return dump_store(it->life.world.store, out, err);
}

void
forgetting_undo(void *state)
{
	struct forgetting *it = state;

	life_close(&it->life);
}

void
forgetting_close(void *state)
{
	struct forgetting *it = state;

	life_clear(&it->life);
	if (it->owner == getpid()) {
		remove_files(it);
		snprintf(it->database, sizeof it->database, "%s/forgotten.key", it->folder);
		unlink(it->database);
		rmdir(it->folder);
	}
	free(it->begin);
	free(it);
}
