#ifndef LIAISON_CALENDAR_EVENT_PRIVATE_H
#define LIAISON_CALENDAR_EVENT_PRIVATE_H

#include "liaison/wire/meeting.h"

#include "content.h"
#include "moment.h"
#include "party.h"

/* One VEVENT read by libical. It is single-threaded here, and only its parser and plain getters are
 * used: the rest of it has been seen to hang, to overflow and to open files. */

/* An RDATE. */
struct addition {
	struct moment start;
	struct span span; /* of a PERIOD */
	bool has_span;
};

struct calendar_event {
	struct moment start;
	struct span span; /* to its end */
	struct moment end; /* DTEND, with has_end */
	bool has_start, has_end, has_span;
	const char *start_fault; /* why DTSTART cannot be read */
	bool override; /* RECURRENCE-ID */
	struct moment recurrence;
	bool placed; /* RECURRENCE-ID is read: it is known what is overridden */
	bool future; /* RANGE=THISANDFUTURE */
	const char **rules;
	unsigned rule_count;
	struct addition *added;
	unsigned added_count;
	struct moment *removed; /* EXDATE */
	unsigned removed_count;
	int64_t sequence, stamp, modified;
	enum meeting_status status;
	const char *sensitivity;
	const char *summary, *location, *text; /* unescaped and clean */
	const char *rooms; /* attendees that are places, or NULL */
	struct party_list parties;
	unsigned refused; /* lines that cannot be read */
	unsigned flags; /* enum meeting_flag */
	struct text remark; /* own, until event_clear */
	const struct content_event *content;
};

/* ERR_USAGE: it has no start, or one of its times that say what it is cannot be read. */
int event_read(const struct places *places, const struct content_event *content,
	struct calendar_event *out, struct err *err);
void event_clear(struct calendar_event *event);
/* Adds to what is said of the event; a remark is kept short. */
void event_remark(struct calendar_event *event, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A property that libical found. */
struct property {
	enum field field;
	const char *value; /* borrowed from libical */
	const char *tzid, *range; /* or NULL; in the arena, as those of party */
	struct party_parameters party;
};
/* Takes one after the other, the organizer first; event_property.c. Only RECURRENCE-ID fails. */
int event_take(const struct places *places, const struct property *property,
	struct calendar_event *event, struct err *err);
/* After the last property: what the span, the zone and the place are; event_settle.c. */
int event_settle(const struct places *places, struct calendar_event *event, struct err *err);

#endif
