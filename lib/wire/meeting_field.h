#ifndef LIAISON_WIRE_MEETING_FIELD_PRIVATE_H
#define LIAISON_WIRE_MEETING_FIELD_PRIVATE_H

#include "liaison/wire/meeting.h"

/* Fields of a meeting; each party opens a group. */
enum meeting_tag {
	MT_UID = TAG_MEETING,
	MT_FORM,
	MT_OVERRIDE,
	MT_SEQUENCE,
	MT_STAMP,
	MT_MODIFIED,
	MT_STATUS,
	MT_SENSITIVITY,
	MT_SUMMARY,
	MT_LOCATION,
	MT_TEXT,
	MT_ZONE,
	MT_REMARK,
	MT_FLAGS,
	MT_PARTY,
	MT_PARTY_NAME,
	MT_PARTY_EMAIL,
	MT_PARTY_ADDRESS,
	MT_PARTY_RESPONSE,
	MT_PARTY_TOTAL,
	MT_OCCURRENCE, /* struct packed_occurrence */
};

/* An occurrence as it travels: without padding. */
struct packed_occurrence {
	int64_t recurrence, start, end, offset_min;
};

#endif
