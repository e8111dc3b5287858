#include <assert.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "disk.h"
#include "disk_inside.h"

/* What is left of what was recorded, when the power goes. */

enum { SECTOR = 512 };

/* One file, under whatever name, as far as it was synced. */
struct file {
	struct disk_bytes safe;
	unsigned synced; /* deeds before this one are in safe */
};

static struct file files[DISK_FILES_MAX];
static struct disk_names safe_names; /* synced by deed `reached` */
static unsigned reached, names_synced;

static void
put(struct disk_bytes *bytes, const uint8_t *from, size_t size, size_t at)
{
	if (at + size > bytes->size)
		disk_resize(bytes, at + size);
	memcpy(bytes->bytes + at, from, size);
}

static void
copy(struct disk_bytes *to, const struct disk_bytes *from)
{
	disk_resize(to, 0);
	disk_resize(to, from->size);
	if (from->size > 0)
		memcpy(to->bytes, from->bytes, from->size);
}

static void
apply(struct disk_bytes *bytes, const struct deed *deed)
{
	if (deed->kind == DEED_WRITE)
		put(bytes, deed->bytes, deed->size, (size_t)deed->at);
	else if (deed->kind == DEED_TRUNCATE)
		disk_resize(bytes, (size_t)deed->at);
}

void
disk_rewind(void)
{
	for (int i = 0; i < DISK_FILES_MAX; i++) {
		copy(&files[i].safe, &disk_story.start[i]);
		files[i].synced = 0;
	}
	safe_names = disk_story.names;
	reached = names_synced = 0;
}

enum fate { LOST, KEPT, TORN, SCATTERED, FATES };

struct luck {
	uint64_t state;
};

static uint64_t
draw(struct luck *luck, uint64_t below)
{
	uint64_t z = luck->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (z ^ (z >> 31)) % below;
}

static void
sync_file(int number, unsigned until)
{
	struct file *file = &files[number];

	for (unsigned i = file->synced; i < until; i++) {
		if (disk_story.deeds[i].file == number)
			apply(&file->safe, &disk_story.deeds[i]);
	}
	file->synced = until;
}

static void
sync_names(unsigned until)
{
	for (; names_synced < until; names_synced++)
		disk_apply_name(&safe_names, &disk_story.deeds[names_synced]);
}

static void
go_to(unsigned count)
{
	if (count < reached)
		disk_rewind();
	for (; reached < count; reached++) {
		if (disk_story.deeds[reached].kind == DEED_SYNC &&
			disk_story.deeds[reached].file >= 0)
			sync_file(disk_story.deeds[reached].file, reached);
		else if (disk_story.deeds[reached].kind == DEED_SYNC_FOLDER)
			sync_names(reached);
	}
}

static void
put_some(struct disk_bytes *bytes, const struct deed *deed, struct luck *luck, size_t most)
{
	for (size_t at = 0; at < most; at += SECTOR) {
		size_t size = deed->size - at < SECTOR ? deed->size - at : SECTOR;

		if (most < deed->size || draw(luck, 2) == 0)
			put(bytes, deed->bytes + at, size, (size_t)deed->at + at);
	}
}

static bool
is_bytes(const struct deed *deed, int file)
{
	return deed->file == file && (deed->kind == DEED_WRITE || deed->kind == DEED_TRUNCATE);
}

static void
scatter(struct disk_bytes *bytes, const struct deed *deed, struct luck *luck)
{
	if (deed->kind == DEED_WRITE)
		put_some(bytes, deed, luck, deed->size);
	else if (draw(luck, 2) == 0)
		apply(bytes, deed);
}

static void
tear(struct disk_bytes *bytes, int file, unsigned count, struct luck *luck)
{
	unsigned pending = 0, left;

	for (unsigned i = files[file].synced; i < count; i++)
		pending += is_bytes(&disk_story.deeds[i], file);
	left = (unsigned)draw(luck, pending + 1);
	for (unsigned i = files[file].synced; i < count; i++) {
		if (!is_bytes(&disk_story.deeds[i], file))
			continue;
		if (left-- > 0) {
			apply(bytes, &disk_story.deeds[i]);
			continue;
		}
		if (disk_story.deeds[i].kind == DEED_WRITE && disk_story.deeds[i].size > SECTOR)
			put_some(bytes, &disk_story.deeds[i], luck,
				draw(luck, disk_story.deeds[i].size / SECTOR) * SECTOR);
		return;
	}
}

static void
what_is_left(int file, unsigned count, struct luck *luck, struct disk_bytes *out)
{
	enum fate fate = (enum fate)draw(luck, FATES);

	copy(out, &files[file].safe);
	if (fate == TORN)
		tear(out, file, count, luck);
	for (unsigned i = files[file].synced; i < count; i++) {
		if (is_bytes(&disk_story.deeds[i], file) && fate == KEPT)
			apply(out, &disk_story.deeds[i]);
		else if (is_bytes(&disk_story.deeds[i], file) && fate == SCATTERED)
			scatter(out, &disk_story.deeds[i], luck);
	}
}

static void
write_file(const char *path, const struct disk_bytes *bytes)
{
	int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert(descriptor >= 0);
	if (bytes->size > 0 && write(descriptor, bytes->bytes, bytes->size) != (ssize_t)bytes->size)
		abort();
	close(descriptor);
}

static unsigned
names_left(unsigned count, struct luck *luck)
{
	switch ((enum fate)draw(luck, FATES)) {
	case LOST:
		return names_synced;
	case KEPT:
		return count;
	case TORN:
	case SCATTERED:
	case FATES:
		break;
	}
	return names_synced + (unsigned)draw(luck, count - names_synced + 1);
}

void
disk_lay_out(const char *into, unsigned count, uint64_t seed)
{
	struct luck luck = { seed };
	struct disk_bytes bytes = { 0 };
	struct disk_names names;
	char path[300];
	unsigned last;

	assert(count <= disk_story.count);
	go_to(count);
	names = safe_names;
	last = names_left(count, &luck);
	for (unsigned i = names_synced; i < last; i++)
		disk_apply_name(&names, &disk_story.deeds[i]);
	for (unsigned i = 0; i < names.count; i++) {
		what_is_left(names.list[i].file, count, &luck, &bytes);
		snprintf(path, sizeof path, "%s/%s", into, names.list[i].name);
		write_file(path, &bytes);
	}
	free(bytes.bytes);
}
