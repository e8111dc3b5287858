#ifndef CAPTURE_OCCASION_H
#define CAPTURE_OCCASION_H

#include "inside.h"
#include "liaison/capture/meeting.h"

/* What the files about meetings share: a version as it was read, and an occurrence as it is
 * recorded. */

/* One version of an event, prepared for deciding about its occurrences one after the other. */
struct reading {
	const struct meeting *version;
	struct event event;
	struct meeting_facts facts;
	uint64_t hash; /* of what all its occurrences have in common */
	bool forgotten; /* somebody in it was, and was taken out */
};

/* An occurrence of the item at hand as the database has it. */
struct recorded {
	const char *recurrence;
	uint32_t uid;
	int64_t start_at, end_at, message_id, sequence, stamp, content;
	int64_t stream_id; /* the feed its content is from, or 0 */
	int64_t source_id; /* whose reading is kept, even when that feed has it no more; or 0 */
	bool gone, override;
	bool present; /* the versions at hand have it, too */
};

/* All that an item is recorded with. */
struct item_row {
	bool known, finished;
	int64_t item, bad_uid, bad_id;
	struct recorded *recorded; /* by recurrence */
	unsigned recorded_count;
};

/* meeting_read.c */
void reading_begin(
	struct turn *turn, struct arena *arena, const struct meeting *version, struct reading *out);
void
reading_at(struct reading *reading, const struct occurrence *occurrence, const char *recurrence);

/* meeting_row.c */
int item_load(struct turn *turn, const char *event_uid, struct item_row *out, struct err *err);
int item_make(struct turn *turn, const char *event_uid, struct item_row *out, struct err *err);
struct recorded *item_find(const struct item_row *item, const char *recurrence);
int meeting_put(struct turn *turn, const struct view *view, int64_t message_id, struct err *err);
/* Its parties with their responses, from place first on. */
int meeting_parties_put(struct turn *turn, const struct view *view, enum keep keep,
	int64_t message_id, unsigned first, struct err *err);
int meeting_replace(struct turn *turn, const struct view *view, enum keep keep, int64_t message_id,
	struct err *err);
int meeting_note_version(
	struct turn *turn, const struct meeting_facts *facts, int64_t message_id, struct err *err);
int
recorded_of_message(struct turn *turn, int64_t message_id, struct recorded *out, struct err *err);
int occurrence_put(struct turn *turn, const struct item_row *item, const char *recurrence,
	uint32_t uid, int64_t start_at, struct err *err);
int occurrence_set(struct turn *turn, uint32_t uid, int64_t start_at, bool gone, struct err *err);
/* In every calendar it begins when its newest version says. */
int occurrences_align(struct turn *turn, int64_t message_id, struct err *err);
int occurrence_rename(struct turn *turn, const struct reading *reading, uint32_t uid,
	int64_t message_id, bool *done, struct err *err);

#endif
