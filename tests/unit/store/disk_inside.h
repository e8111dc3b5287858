#ifndef STORE_DISK_INSIDE_H
#define STORE_DISK_INSIDE_H

#include <stddef.h>
#include <stdint.h>

/* What disk.c has recorded, and disk_cut.c lays out again. */

enum { DISK_FILES_MAX = 64, DISK_NAME_SIZE = 64 };

enum deed_kind {
	DEED_MAKE,
	DEED_WRITE,
	DEED_TRUNCATE,
	DEED_SYNC,
	DEED_RENAME,
	DEED_REMOVE,
	DEED_SYNC_FOLDER
};

struct deed {
	enum deed_kind kind;
	int file; /* of DEED_MAKE to DEED_SYNC */
	int64_t at; /* or the size after DEED_TRUNCATE */
	size_t size;
	uint8_t *bytes; /* own */
	char from[DISK_NAME_SIZE], to[DISK_NAME_SIZE]; /* the only name is in from */
};

struct disk_bytes {
	uint8_t *bytes; /* own */
	size_t size, room;
};

struct disk_names {
	struct {
		char name[DISK_NAME_SIZE];
		int file;
	} list[DISK_FILES_MAX];
	unsigned count;
};

/* All that was done since the beginning, and what there was then, by file. */
struct disk_story {
	struct deed *deeds;
	unsigned count, room;
	struct disk_bytes start[DISK_FILES_MAX];
	int files;
	struct disk_names names;
};

extern struct disk_story disk_story;

void disk_resize(struct disk_bytes *bytes, size_t size);
void disk_apply_name(struct disk_names *names, const struct deed *deed);
/* What was laid out before is of another story. */
void disk_rewind(void);

#endif
