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
#include <sys/sysmacros.h>
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

/* The kernel knows who took it, whatever the file says: "7: FLOCK ADVISORY WRITE 123 fe:01:42 0 EOF".
 * 0: it does not tell, as where a service may see the processes alone in /proc. */
static int64_t
locker_of(int descriptor)
{
	FILE *locks = fopen("/proc/locks", "re");
	struct stat status;
	char line[256], kind[16];
	long long pid = 0, of, inode;
	unsigned major, minor;

	if (locks == NULL || fstat(descriptor, &status) < 0)
		status.st_ino = 0;
	while (locks != NULL && pid == 0 && fgets(line, sizeof line, locks) != NULL) {
		/* NOLINTNEXTLINE(cert-err34-c): the kernel writes numbers that fit */
		if (sscanf(line, "%*d: %15s %*s %*s %lld %x:%x:%lld", kind, &of, &major, &minor,
			    &inode) == 5 &&
			strcmp(kind, "FLOCK") == 0 && inode == (long long)status.st_ino &&
			makedev(major, minor) == status.st_dev)
			pid = of;
	}
	if (locks != NULL)
		fclose(locks);
	return pid;
}

/* A dead pid in a held lock is a liaisond that was killed and whose engine is about to end. */
static bool
lock_wait(int descriptor)
{
	int64_t pid;

	for (int i = 0; i < DYING_TRIES; i++) {
		if (flock(descriptor, LOCK_EX | LOCK_NB) == 0)
			return true;
		if (errno != EWOULDBLOCK)
			return false;
		pid = read_pid(descriptor);
		if (is_alive(pid != 0 ? pid : locker_of(descriptor)))
			return false;
		pause_ms(DYING_PAUSE_MS);
	}
	return false;
}

/* Names who has it. */
static int
is_taken(int descriptor, const char *database, struct err *err)
{
	int64_t written = read_pid(descriptor), locker = locker_of(descriptor);

	if (is_alive(written) && (locker == 0 || locker == written))
		return fail(err, ERR_UNAVAILABLE,
			"another liaisond has the database '%s': pid %lld", database,
			(long long)written);
	if (is_alive(locker))
		return fail(err, ERR_UNAVAILABLE,
			"another program has the lock of the database '%s': pid %lld", database,
			(long long)locker);
	if (written != 0)
		return fail(err, ERR_UNAVAILABLE,
			"the engine of a liaisond that is dead, pid %lld, still has the database "
			"'%s'",
			(long long)written, database);
	return fail(err, ERR_UNAVAILABLE, "another program has the lock of the database '%s'",
		database);
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

/* The lock is of a name: under another name somebody else could have the same database. */
static int
check_names(const char *database, struct err *err)
{
	struct stat status;

	if (lstat(database, &status) < 0)
		return 0;
	if (S_ISLNK(status.st_mode))
		return fail(err, ERR_CONFIG, "the database '%s' is a link that leads nowhere",
			database);
	if (S_ISREG(status.st_mode) && status.st_nlink > 1)
		return fail(err, ERR_CONFIG,
			"the database '%s' is known by %u names: remove the other links", database,
			(unsigned)status.st_nlink);
	return 0;
}

/* It is emptied to hold our pid, which is not done to a file that has another name, too. */
static bool
is_plain(int descriptor)
{
	struct stat status;

	return fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink == 1;
}

static int
open_lock(const char *path, struct err *err)
{
	int descriptor = open(
		path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK, 0600);

	if (descriptor < 0)
		return fail(err, ERR_STORAGE, "the lock '%s' cannot be opened: %s", path,
			strerror(errno));
	if (is_plain(descriptor))
		return descriptor;
	close(descriptor);
	return fail(err, ERR_CONFIG, "the lock '%s' is not a plain file of one name", path);
}

int
lock_take(const char *database, struct err *err)
{
	char path[PATH_MAX];
	int descriptor;

	if ((size_t)snprintf(path, sizeof path, "%s.lock", database) >= sizeof path)
		return fail(err, ERR_CONFIG, "the path '%s' is too long", database);
	if (check_names(database, err) < 0)
		return -1;
	descriptor = open_lock(path, err);
	if (descriptor < 0)
		return -1;
	if (!lock_wait(descriptor)) {
		is_taken(descriptor, database, err);
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
