#include "draft.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "handle.h"

static int
put_bytes(int descriptor, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t put = write(descriptor, bytes, size);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return -1;
		bytes += put;
		size -= (size_t)put;
	}
	return fsync(descriptor);
}

static int
put_draft(const char *draft, const void *bytes, size_t size)
{
	int descriptor, result, saved;

	unlink(draft);
	descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (descriptor < 0)
		return -1;
	result = put_bytes(descriptor, bytes, size);
	saved = errno;
	close(descriptor);
	errno = saved;
	return result;
}

int
draft_put(struct arena *arena, const char *path, const void *bytes, size_t size)
{
	const char *draft = arena_printf(arena, "%s.part", path);
	int saved;

	if (put_draft(draft, bytes, size) == 0 && rename(draft, path) == 0 &&
		store_sync_folder(path) == 0)
		return 0;
	saved = errno;
	unlink(draft);
	errno = saved;
	return -1;
}
