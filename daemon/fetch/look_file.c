#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "calendar.h"

/* A feed in a file: a regular one, at whatever end of symbolic links. */

static int
read_all(int descriptor, const char *path, struct text *out, struct err *err)
{
	char bytes[64 * 1024];
	ssize_t n;

	while ((n = read(descriptor, bytes, sizeof(bytes))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(err, ERR_NOT_FOUND, "the file '%s' cannot be read: %s", path,
				strerror(errno));
		if ((size_t)n > FEED_SIZE_MAX - out->size)
			return fail(err, ERR_REFUSED, "the file '%s' is larger than %d MiB", path,
				FEED_SIZE_MAX / (1024 * 1024));
		text_add_n(out, bytes, (size_t)n);
	}
	return 0;
}

/* In place of a server's: a file that is written anew has another one. */
static void
make_etag(const struct stat *status, struct http_answer *out)
{
	snprintf(out->etag, sizeof(out->etag), "file-%llu-%lld-%lld.%09ld",
		(unsigned long long)status->st_ino, (long long)status->st_size,
		(long long)status->st_mtim.tv_sec, status->st_mtim.tv_nsec);
}

static int
read_open(int descriptor, const char *path, const char *etag, struct http_answer *out,
	struct err *err)
{
	struct stat status;

	if (fstat(descriptor, &status) < 0 || !S_ISREG(status.st_mode))
		return fail(err, ERR_REFUSED, "'%s' is not a file", path);
	make_etag(&status, out);
	if (etag && strcmp(etag, out->etag) == 0) {
		out->outcome = HTTP_UNCHANGED;
		return 0;
	}
	out->outcome = HTTP_RECEIVED;
	return read_all(descriptor, path, &out->body, err);
}

int
look_file(const char *path, const char *etag, struct http_answer *out, struct err *err)
{
	int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int result;

	text_clear(&out->body);
	memset(out, 0, sizeof(*out));
	if (descriptor < 0)
		return fail(err, ERR_NOT_FOUND, "the file '%s' cannot be opened: %s", path,
			strerror(errno));
	result = read_open(descriptor, path, etag, out, err);
	close(descriptor);
	return result;
}
