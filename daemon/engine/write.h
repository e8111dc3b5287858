#ifndef LIAISON_ENGINE_WRITE_H
#define LIAISON_ENGINE_WRITE_H

#include "mailbox.h"

/* A part of a slice, or the rest of two that follow each other, on its way through the writer. */

struct write {
	struct work work; /* first */
	struct write *next; /* of those that wait for room on the disk */
	struct slice *slice;
	struct slice *companion; /* the next slice, written with it to its end, or NULL */
	struct capture_slice capture;
	struct capture_item *items; /* own */
	unsigned count, done; /* done: items that are committed */
	unsigned wanted;
	size_t credit;
	int64_t row_us; /* what a row took in the last transaction of many; 0: there was none */
	struct err err;
	bool last, failed, single; /* single: items go one by one, to find the one that fails */
};

struct write *write_new(struct slice *slice, unsigned count);
void write_give(struct write *write);
/* That many rows are expected not to hold the pen for long. */
bool write_is_short(const struct pipeline *pipeline, unsigned rows);
/* Tries again what could not be written. */
void writes_tick(struct pipeline *pipeline, int64_t now_ms);
void writes_free(struct pipeline *pipeline);

/* slice.c: all of it is committed; write is freed by the caller afterwards. */
void slice_written(struct write *write);

#endif
