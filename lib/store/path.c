#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "handle.h"

/* Names in the file system. */

static char *
folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = mem_text(slash ? path : ".");

	if (slash != NULL)
		folder[slash == path ? 1 : slash - path] = '\0';
	return folder;
}

char *
store_real_path(const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	char *folder = folder_of(path), *real = realpath(folder, NULL), *joined = NULL;
	size_t size;

	if (real == NULL) {
		fail(err, ERR_STORAGE, "the folder '%s' cannot be opened: %s", folder,
			strerror(errno));
	} else {
		size = strlen(real) + strlen(name) + 2;
		joined = mem_alloc(size);
		snprintf(joined, size, "%s/%s", strcmp(real, "/") == 0 ? "" : real, name);
	}
	free(folder);
	free(real);
	return joined;
}

static int
sync_path(const char *path, int flags)
{
	int fd = open(path, flags | O_RDONLY | O_CLOEXEC), result;

	if (fd < 0)
		return -1;
	result = fsync(fd);
	close(fd);
	return result;
}

int
store_sync_folder(const char *path)
{
	char *folder = folder_of(path);
	int result = sync_path(folder, O_DIRECTORY);

	free(folder);
	return result;
}

int
store_sync_file(const char *path)
{
	return sync_path(path, 0);
}
