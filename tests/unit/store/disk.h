#ifndef STORE_DISK_H
#define STORE_DISK_H

#include <stdint.h>

/* A disk that loses power: all that is done in one folder is recorded, and what the disk may hold at
 * any moment of it can be laid out in another. What was synced is there. Of the rest, by the seed:
 * nothing, all of it (so it is when only the process dies), what came first up to a write that is torn
 * at a sector of 512 bytes, or any sectors at all; names that were not synced with their folder are
 * there up to one of them. */

/* Makes it the default file system; call before any store is opened. */
void disk_install(void);
/* Records from now on, of this folder; what is in it lies there safely. Its path must be a real one. */
void disk_record(const char *folder);
/* How many writes, truncations, syncs, creations, renames and removals there were. */
unsigned disk_count(void);
/* Records no more. What was recorded stays until the next disk_record. */
void disk_stop(void);
/* Lays out in another folder, which is empty, what may be left of the first after so many of them.
 * Fast when count is not smaller than at the last call. */
void disk_lay_out(const char *folder, unsigned count, uint64_t seed);

#endif
