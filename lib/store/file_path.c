#include "file_path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "draft.h"
#include "handle.h"
#include "liaison/base/crypt.h"

char *
file_folder_path(struct arena *arena, const char *database)
{
	const char *slash = strrchr(database, '/'), *name = slash ? slash + 1 : database;
	int length = (int)(name - database);

	if (strcmp(name, "liaison.db") == 0)
		return arena_printf(arena, "%.*sfiles", length, database);
	return arena_printf(arena, "%s.files", database);
}

void
file_digest(const void *bytes, size_t size, char out[FILE_DIGEST])
{
	struct arena *arena = arena_new();
	uint8_t digest[SHA256_SIZE];

	sha256(bytes, size, digest);
	text_copy(out, FILE_DIGEST, hex_encode(arena, digest, sizeof digest));
	arena_free(arena);
}

bool
file_is_digest(const char *name)
{
	return strlen(name) == FILE_DIGEST - 1 && name[strspn(name, "0123456789abcdef")] == '\0';
}

static int
fail_write(const char *digest, struct err *err)
{
	if (errno == ENOSPC || errno == EDQUOT)
		return fail(err, ERR_STORAGE, "the file '%.12s…' cannot be kept: the disk is full",
			digest);
	return fail(
		err, ERR_STORAGE, "the file '%.12s…' cannot be kept: %s", digest, strerror(errno));
}

/* What a power cut left short, or somebody altered, is written anew. */
static bool
is_whole(struct arena *arena, const char *folder, const char *digest, size_t size)
{
	struct text text = { 0 };
	struct err ignored;
	bool whole = file_load(arena, folder, digest, (int64_t)size, &text, &ignored) == 0;

	text_clear(&text);
	return whole;
}

int
file_write(struct arena *arena, const char *folder, const char *digest, const void *bytes,
	size_t size, struct err *err)
{
	const char *path = arena_printf(arena, "%s/%s", folder, digest);

	if (mkdir(folder, 0700) == 0 ? store_sync_folder(folder) < 0 : errno != EEXIST)
		return fail_write(digest, err);
	if (is_whole(arena, folder, digest, size) && utimensat(AT_FDCWD, path, NULL, 0) == 0)
		return 0;
	return draft_put(arena, path, bytes, size) < 0 ? fail_write(digest, err) : 0;
}

static int
get_bytes(int descriptor, struct text *out)
{
	char bytes[65536];
	ssize_t got;

	while ((got = read(descriptor, bytes, sizeof bytes)) != 0) {
		if (got < 0 && errno != EINTR)
			return -1;
		if (got > 0)
			text_add_n(out, bytes, (size_t)got);
	}
	return 0;
}

static int
fail_read(const char *digest, struct err *err)
{
	if (errno == ENOENT)
		return fail(err, ERR_STORAGE,
			"the file '%.12s…' is missing from the folder of files", digest);
	return fail(
		err, ERR_STORAGE, "the file '%.12s…' cannot be read: %s", digest, strerror(errno));
}

static int
load(int descriptor, const char *digest, int64_t size, struct text *out, struct err *err)
{
	char found[FILE_DIGEST];
	size_t begin = out->size;
	struct stat status;

	if (fstat(descriptor, &status) < 0)
		return fail_read(digest, err);
	if (S_ISREG(status.st_mode) && status.st_size == size) {
		if (get_bytes(descriptor, out) < 0)
			return fail_read(digest, err);
		file_digest(out->bytes != NULL ? out->bytes + begin : "", out->size - begin, found);
		if (strcmp(found, digest) == 0)
			return 0;
	}
	fail(err, ERR_STORAGE, "the file '%.12s…' was altered: it is not what was kept", digest);
	return err_hint(err, "a backup may have it as it was");
}

int
file_load(struct arena *arena, const char *folder, const char *digest, int64_t size,
	struct text *out, struct err *err)
{
	const char *path = arena_printf(arena, "%s/%s", folder, digest);
	int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK), result;

	if (descriptor < 0)
		return fail_read(digest, err);
	result = load(descriptor, digest, size, out, err);
	close(descriptor);
	return result;
}
