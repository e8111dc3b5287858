#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "liaison/base/text.h"

/* How long the engine of a liaisond that was killed may take to end. */
enum { DYING_TRIES = 60, DYING_PAUSE_MS = 50 };

static int64_t
read_pid(int descriptor)
{
	char bytes[32] = { 0 };
	int64_t pid = 0;

	if (pread(descriptor, bytes, sizeof bytes - 1, 0) <= 0)
		return 0;
	bytes[strcspn(bytes, "\n")] = '\0';
	return text_to_int64(bytes, &pid) == 0 ? pid : 0;
}

static bool
is_alive(int64_t pid)
{
	return pid > 0 && pid <= INT_MAX && (kill((pid_t)pid, 0) == 0 || errno == EPERM);
}

static void
pause_ms(long ms)
{
	struct timespec pause = { .tv_nsec = ms * 1000000 };

	nanosleep(&pause, NULL);
}

/* A dead pid in a held lock is a liaisond that was killed and whose engine is about to end. */
static bool
lock_wait(int descriptor)
{
	for (int i = 0; i < DYING_TRIES; i++) {
		if (flock(descriptor, LOCK_EX | LOCK_NB) == 0)
			return true;
		if (errno != EWOULDBLOCK || is_alive(read_pid(descriptor)))
			return false;
		pause_ms(DYING_PAUSE_MS);
	}
	return false;
}

static int
write_pid(int descriptor)
{
	char bytes[32];
	int length = snprintf(bytes, sizeof bytes, "%ld\n", (long)getpid());

	if (ftruncate(descriptor, 0) < 0)
		return -1;
	return pwrite(descriptor, bytes, (size_t)length, 0) == length ? 0 : -1;
}

int
lock_take(const char *database, struct err *err)
{
	char path[PATH_MAX];
	int descriptor;

	if ((size_t)snprintf(path, sizeof path, "%s.lock", database) >= sizeof path)
		return fail(err, ERR_CONFIG, "the path '%s' is too long", database);
	descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);
	if (descriptor < 0)
		return fail(err, ERR_STORAGE, "the lock '%s' cannot be opened: %s", path,
			strerror(errno));
	if (!lock_wait(descriptor)) {
		fail(err, ERR_UNAVAILABLE, "another liaisond has the database '%s': pid %lld",
			database, (long long)read_pid(descriptor));
		close(descriptor);
		return -1;
	}
	if (write_pid(descriptor) < 0) {
		fail(err, ERR_STORAGE, "the lock '%s' cannot be written: %s", path,
			strerror(errno));
		close(descriptor);
		return -1;
	}
	return descriptor;
}

int
folder_make(const char *folder, unsigned mode, struct err *err)
{
	char path[PATH_MAX];
	char *slash;

	if (mkdir(folder, mode) == 0 || errno == EEXIST)
		return 0;
	if (errno == ENOENT && strlen(folder) < sizeof path) {
		memcpy(path, folder, strlen(folder) + 1);
		slash = strrchr(path, '/');
		if (slash != NULL && slash != path) {
			*slash = '\0';
			if (folder_make(path, 0700, err) < 0)
				return -1;
			if (mkdir(folder, mode) == 0 || errno == EEXIST)
				return 0;
		}
	}
	return fail(
		err, ERR_STORAGE, "the folder '%s' cannot be made: %s", folder, strerror(errno));
}
