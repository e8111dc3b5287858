#include "listen.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "liaison/base/log.h"
#include "liaison/base/text.h"

enum { BACKLOG = 1024, PASSED_FIRST = 3, PASSED_MAX = 16 };

static bool
is_listening_unix(int descriptor)
{
	struct sockaddr_un address = { 0 };
	socklen_t size = sizeof address;
	int listening = 0;
	socklen_t listening_size = sizeof listening;

	return getsockname(descriptor, (struct sockaddr *)&address, &size) == 0 &&
	       address.sun_family == AF_UNIX &&
	       getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listening, &listening_size) ==
		       0 &&
	       listening != 0;
}

/* sd_listen_fds(3) by hand: the socket passed to this very process, or -1. */
static int
take_passed(void)
{
	const char *pid_text = getenv("LISTEN_PID"), *count_text = getenv("LISTEN_FDS");
	int64_t pid = 0, count = 0;
	int found = -1;

	if (pid_text != NULL && count_text != NULL && text_to_int64(pid_text, &pid) == 0 &&
		text_to_int64(count_text, &count) == 0 && pid == getpid()) {
		for (int i = 0; i < count && i < PASSED_MAX; i++) {
			fcntl(PASSED_FIRST + i, F_SETFD, FD_CLOEXEC);
			if (found < 0 && is_listening_unix(PASSED_FIRST + i))
				found = PASSED_FIRST + i;
		}
	}
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	if (found >= 0)
		fcntl(found, F_SETFL, fcntl(found, F_GETFL) | O_NONBLOCK);
	return found;
}

static int
set_address(const char *path, struct sockaddr_un *address, struct err *err)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof address->sun_path)
		return fail(err, ERR_CONFIG, "the socket path '%s' is longer than %zu bytes", path,
			sizeof address->sun_path - 1);
	memcpy(address->sun_path, path, strlen(path));
	return 0;
}

/* A socket nobody listens on is what a killed liaisond leaves; anything else stays where it is. */
static int
remove_stale(const char *path, const struct sockaddr_un *address, struct err *err)
{
	struct stat status;
	int probe;
	bool answers;

	if (lstat(path, &status) < 0)
		return errno == ENOENT ? 0
				       : fail(err, ERR_STORAGE, "the socket '%s': %s", path,
						 strerror(errno));
	if (!S_ISSOCK(status.st_mode))
		return fail(err, ERR_CONFIG, "'%s' is there and is not a socket", path);
	probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (probe < 0)
		return fail(err, ERR_INTERNAL, "there is no socket to be had: %s", strerror(errno));
	answers = connect(probe, (const struct sockaddr *)address, sizeof *address) == 0 ||
		  errno == EAGAIN || errno == EACCES;
	close(probe);
	if (answers)
		return fail(err, ERR_UNAVAILABLE, "another program listens on '%s'", path);
	if (unlink(path) < 0 && errno != ENOENT)
		return fail(err, ERR_STORAGE, "the stale socket '%s' cannot be removed: %s", path,
			strerror(errno));
	return 0;
}

/* The socket is made for our user alone and opened up afterwards. A service that may not chown
 * runs with the right group already. */
static void
open_up(const struct listen_how *how, const struct stat *status)
{
	const struct group *group = how->group == NULL ? NULL : getgrnam(how->group);
	mode_t mode = how->everybody ? 0666 : 0660;

	if (how->group == NULL)
		return;
	if (group == NULL && !how->everybody) {
		log_write(LOG_WARNING,
			"%s: there is no group '%s', so only our own user may connect", how->path,
			how->group);
		return;
	}
	if (group != NULL && group->gr_gid != status->st_gid &&
		chown(how->path, (uid_t)-1, group->gr_gid) < 0 && !how->everybody) {
		log_write(LOG_WARNING, "%s: cannot be given to group '%s': %s", how->path,
			how->group, strerror(errno));
		return;
	}
	if (chmod(how->path, mode) < 0)
		log_write(LOG_WARNING, "%s: mode %o cannot be set: %s", how->path, mode,
			strerror(errno));
}

/* For our own user alone, whatever the umask. */
static int
bind_private(int descriptor, const struct sockaddr_un *address)
{
	mode_t before = umask(0177);
	int result = bind(descriptor, (const struct sockaddr *)address, sizeof *address);

	umask(before);
	return result;
}

static int
bind_path(const struct listen_how *how, struct listener *out, struct err *err)
{
	struct sockaddr_un address;
	struct stat status;
	int descriptor;

	if (set_address(how->path, &address, err) < 0 || remove_stale(how->path, &address, err) < 0)
		return -1;
	descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (descriptor < 0 || bind_private(descriptor, &address) < 0 ||
		lstat(how->path, &status) < 0 || listen(descriptor, BACKLOG) < 0) {
		fail(err, ERR_STORAGE, "the socket '%s' cannot be opened: %s", how->path,
			strerror(errno));
		if (descriptor >= 0)
			close(descriptor);
		return -1;
	}
	open_up(how, &status);
	*out = (struct listener){ descriptor, how->path, status.st_dev, status.st_ino };
	return 0;
}

int
listen_open(const struct listen_how *how, struct listener *out, struct err *err)
{
	int passed = take_passed();

	if (passed < 0)
		return bind_path(how, out, err);
	*out = (struct listener){ .descriptor = passed };
	return 0;
}

void
listen_close(struct listener *listener)
{
	struct stat status;

	if (listener->path != NULL && lstat(listener->path, &status) == 0 &&
		status.st_dev == listener->device && status.st_ino == listener->inode)
		unlink(listener->path);
	if (listener->descriptor >= 0)
		close(listener->descriptor);
	listener->descriptor = -1;
}
