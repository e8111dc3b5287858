#ifndef CAPTURE_MEETING_WORK_H
#define CAPTURE_MEETING_WORK_H

#include "occasion.h"

/* One item of a feed being recorded, as the files that do so share it. */
struct work {
	struct turn turn;
	const struct meeting_item *from;
	struct item_row item;
	const char **names; /* of the occurrences of all versions, one version after the other */
	unsigned total;
	bool incomplete; /* what the versions have not is not gone */
	struct reading reading; /* of the version at hand */
	uint32_t next_uid; /* 0: not asked yet */
	unsigned budget; /* what the transaction still takes */
};

/* meeting_sighting.c */
/* The next number in the ledger of the feed. */
int meeting_next_uid(struct work *work, uint32_t *uid, struct err *err);
int occurrence_first_seen(struct work *work, struct err *err);
/* By the feed at hand, at an earlier look. */
int occurrence_seen_before(struct work *work, struct recorded *recorded, struct err *err);

/* meeting_version.c: the version at hand beside what is recorded */
enum standing {
	STANDS, /* nothing new is said */
	STANDS_NEWER, /* the same is said by a newer version */
	COUNTS,
	ADDS, /* another calendar's copy of the version that is recorded */
};

enum standing version_stand(const struct work *work, const struct recorded *recorded);
/* Brings what is recorded up to the version that counts, and all calendars in line with it. */
int version_settle(struct work *work, const struct view *view, const struct recorded *recorded,
	struct err *err);

/* meeting_pair.c */
/* *out: the occurrence that this one is by another name, or NULL. */
int occurrence_pair(struct work *work, struct recorded **out, struct err *err);
/* Those that vanished, as far as the budget goes; *all: no more are left. */
int occurrences_cancel(struct work *work, bool *all, struct err *err);

#endif
