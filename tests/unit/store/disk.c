#include "disk.h"

#include <assert.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk_inside.h"
#include "liaison/base/arena.h"
#include "shim.h"

struct disk_story disk_story;
static char folder[200];
static bool recording;
static struct disk_names live_names;

/* ---- names ------------------------------------------------------------------------------------- */

static int
find_name(const struct disk_names *names, const char *name)
{
	for (unsigned i = 0; i < names->count; i++) {
		if (strcmp(names->list[i].name, name) == 0)
			return (int)i;
	}
	return -1;
}

static void
drop_name(struct disk_names *names, const char *name)
{
	int place = find_name(names, name);

	if (place >= 0)
		names->list[place] = names->list[--names->count];
}

static void
put_name(struct disk_names *names, const char *name, int file)
{
	drop_name(names, name);
	assert(names->count < DISK_FILES_MAX);
	snprintf(names->list[names->count].name, DISK_NAME_SIZE, "%s", name);
	names->list[names->count++].file = file;
}

void
disk_apply_name(struct disk_names *names, const struct deed *deed)
{
	int place;

	if (deed->kind == DEED_MAKE)
		put_name(names, deed->from, deed->file);
	else if (deed->kind == DEED_REMOVE)
		drop_name(names, deed->from);
	else if (deed->kind == DEED_RENAME && (place = find_name(names, deed->from)) >= 0) {
		int file = names->list[place].file;

		drop_name(names, deed->from);
		put_name(names, deed->to, file);
	}
}

/* The name within the folder that is recorded, or NULL. */
static const char *
ours(const char *path)
{
	size_t size = strlen(folder);

	if (!recording || strncmp(path, folder, size) != 0 || path[size] != '/')
		return NULL;
	return path + size + 1;
}

/* ---- recording --------------------------------------------------------------------------------- */

static struct deed *
add(enum deed_kind kind, const char *from)
{
	struct deed *deed;
	int place;

	if (disk_story.count == disk_story.room) {
		disk_story.room = disk_story.room * 2 + 1024;
		disk_story.deeds = realloc(
			disk_story.deeds, disk_story.room * sizeof *disk_story.deeds);
		assert(disk_story.deeds != NULL);
	}
	deed = &disk_story.deeds[disk_story.count++];
	*deed = (struct deed){ .kind = kind, .file = -1 };
	snprintf(deed->from, DISK_NAME_SIZE, "%s", from);
	place = find_name(&live_names, from);
	if (place >= 0)
		deed->file = live_names.list[place].file;
	return deed;
}

static void
made(const char *path)
{
	const char *name = ours(path);
	struct deed *deed;

	if (name == NULL)
		return;
	assert(disk_story.files < DISK_FILES_MAX);
	deed = add(DEED_MAKE, name);
	deed->file = disk_story.files++;
	disk_apply_name(&live_names, deed);
}

static void
wrote(const char *path, const void *bytes, size_t size, int64_t at)
{
	const char *name = ours(path);
	struct deed *deed;

	if (name == NULL)
		return;
	deed = add(DEED_WRITE, name);
	deed->at = at;
	deed->size = size;
	deed->bytes = mem_alloc(size);
	memcpy(deed->bytes, bytes, size);
}

static void
cut_short(const char *path, int64_t size)
{
	const char *name = ours(path);

	if (name != NULL)
		add(DEED_TRUNCATE, name)->at = size;
}

static void
synced(const char *path, bool with_folder)
{
	const char *name = ours(path);

	if (name == NULL)
		return;
	add(DEED_SYNC, name);
	if (with_folder)
		add(DEED_SYNC_FOLDER, "");
}

static void
removed(const char *path, bool with_folder)
{
	const char *name = ours(path);

	if (name == NULL)
		return;
	if (find_name(&live_names, name) >= 0)
		disk_apply_name(&live_names, add(DEED_REMOVE, name));
	if (with_folder)
		add(DEED_SYNC_FOLDER, "");
}

/* The store names, removes and syncs files past SQLite: these stand before the C library's. */
int
rename(const char *from, const char *to)
{
	int result = renameat(AT_FDCWD, from, AT_FDCWD, to);
	const char *left = ours(from), *right = ours(to);
	struct deed *deed;

	if (result == 0 && left != NULL && right != NULL) {
		deed = add(DEED_RENAME, left);
		snprintf(deed->to, DISK_NAME_SIZE, "%s", right);
		disk_apply_name(&live_names, deed);
	}
	return result;
}

int
unlink(const char *path)
{
	int result = unlinkat(AT_FDCWD, path, 0);

	if (result == 0)
		removed(path,
			false); /* SQLite's own removals may come here too, before the shim's */
	return result;
}

int
fsync(int descriptor)
{
	char path[300], link[40];
	struct stat info;
	ssize_t size;

	snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
	size = readlink(link, path, sizeof path - 1);
	if (!recording || size < 0 || fstat(descriptor, &info) < 0)
		return 0;
	path[size] = '\0';
	if (S_ISDIR(info.st_mode) && strcmp(path, folder) == 0)
		add(DEED_SYNC_FOLDER, "");
	else
		synced(path, false);
	return 0;
}

/* ---- beginning and end ------------------------------------------------------------------------- */

void
disk_resize(struct disk_bytes *bytes, size_t size)
{
	if (size > bytes->room) {
		bytes->room = size * 2;
		bytes->bytes = realloc(bytes->bytes, bytes->room);
		assert(bytes->bytes != NULL);
	}
	if (size > bytes->size)
		memset(bytes->bytes + bytes->size, 0, size - bytes->size);
	bytes->size = size;
}

static void
read_file(const char *name, struct disk_bytes *out)
{
	char path[300];
	struct stat info;
	int descriptor;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	descriptor = open(path, O_RDONLY | O_CLOEXEC);
	assert(descriptor >= 0 && fstat(descriptor, &info) == 0);
	disk_resize(out, (size_t)info.st_size);
	if (info.st_size > 0 && read(descriptor, out->bytes, out->size) != info.st_size)
		abort();
	close(descriptor);
}

static void
forget(void)
{
	for (unsigned i = 0; i < disk_story.count; i++)
		free(disk_story.deeds[i].bytes);
	for (int i = 0; i < DISK_FILES_MAX; i++) {
		free(disk_story.start[i].bytes);
		disk_story.start[i] = (struct disk_bytes){ 0 };
	}
	disk_story.count = 0;
	disk_story.files = 0;
	disk_story.names.count = 0;
}

static bool
is_shared_memory(const char *name)
{
	size_t size = strlen(name);

	return size > 4 && strcmp(name + size - 4, "-shm") == 0;
}

void
disk_record(const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;

	forget();
	snprintf(folder, sizeof folder, "%s", path);
	assert(directory != NULL);
	while ((entry = readdir(directory)) != NULL) {
		if (entry->d_name[0] == '.' || is_shared_memory(entry->d_name))
			continue;
		assert(disk_story.files < DISK_FILES_MAX);
		read_file(entry->d_name, &disk_story.start[disk_story.files]);
		put_name(&disk_story.names, entry->d_name, disk_story.files++);
	}
	closedir(directory);
	live_names = disk_story.names;
	disk_rewind();
	recording = true;
}

unsigned
disk_count(void)
{
	return disk_story.count;
}

void
disk_stop(void)
{
	recording = false;
}

void
disk_install(void)
{
	static const struct shim SHIM = { .made = made,
		.wrote = wrote,
		.cut_short = cut_short,
		.synced = synced,
		.removed = removed };

	shim_install(&SHIM);
}
