#include "forgotten_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "draft.h"

enum { LIST_MAX = 64 << 20 };

char *
forgotten_path(struct arena *arena, const char *database, const char *ending)
{
	const char *slash = strrchr(database, '/'), *name = slash ? slash + 1 : database;

	if (strcmp(name, "liaison.db") == 0)
		return arena_printf(
			arena, "%.*sforgotten%s", (int)(name - database), database, ending);
	return arena_printf(arena, "%s.forgotten%s", database, ending);
}

static int
fail_file(const char *path, const char *what, struct err *err)
{
	return fail(err, ERR_STORAGE, "the list of the forgotten '%s' cannot be %s: %s", path, what,
		errno == ENOSPC || errno == EDQUOT ? "the disk is full" : strerror(errno));
}

int
forgotten_file_write(
	struct arena *arena, const char *path, const char *bytes, size_t size, struct err *err)
{
	if (draft_put(arena, path, bytes, size) < 0)
		return fail_file(path, "written", err);
	return 0;
}

static int
read_all(int descriptor, struct text *out)
{
	char bytes[8192];
	ssize_t got;

	while ((got = read(descriptor, bytes, sizeof bytes)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 || out->size + (size_t)got > LIST_MAX)
			return -1;
		text_add_n(out, bytes, (size_t)got);
	}
	return 0;
}

int
forgotten_file_read(const char *path, bool secret, struct text *out, bool *there, struct err *err)
{
	int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK), result = 0;
	struct stat status;

	*there = descriptor >= 0;
	if (descriptor < 0)
		return errno == ENOENT ? 0 : fail_file(path, "read", err);
	if (fstat(descriptor, &status) < 0 || !S_ISREG(status.st_mode) ||
		read_all(descriptor, out) < 0)
		result = fail_file(path, "read", err);
	else if (secret && (status.st_mode & 077) != 0)
		result = fail(err, ERR_STORAGE,
			"'%s' can be read by others, who could try whose digests they are: chmod "
			"600",
			path);
	close(descriptor);
	return result;
}
