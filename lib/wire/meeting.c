#include "liaison/wire/meeting.h"

#include <string.h>

#include "liaison/base/clock.h"

#include "bounded.h"
#include "meeting_field.h"

enum {
	WORDS_SIZE_MAX = MEETING_UID_MAX + EVENT_WORD_MAX + EVENT_SUBJECT_MAX +
			 MEETING_LOCATION_MAX + MEETING_TEXT_MAX + MEETING_ZONE_MAX +
			 MEETING_REMARK_MAX,
	PARTY_SIZE_MAX = 5 * 8 + 2 * 8 + EVENT_NAME_MAX + 2 * EVENT_EMAIL_MAX,
};

_Static_assert(32 * 16 + WORDS_SIZE_MAX + MEETING_PARTIES_MAX * PARTY_SIZE_MAX +
			       MEETING_OCCURRENCES_MAX * (8 + sizeof(struct packed_occurrence)) <
		       FRAME_MESSAGE_MAX,
	"a meeting fits into a message");

char *
recurrence_text(struct arena *arena, enum recurrence_form form, int64_t recurrence)
{
	char *text;

	switch (form) {
	case RECURRENCE_SINGLE:
		break;
	case RECURRENCE_INSTANT:
		return time_text(arena, recurrence, 0);
	case RECURRENCE_DATE:
		return date_text(arena, recurrence, 0);
	case RECURRENCE_LOCAL:
		text = time_text(arena, recurrence, 0);
		text[strlen(text) - 1] = '\0'; /* the Z of UTC */
		return text;
	}
	return NULL;
}

const char *
response_word(enum meeting_response response)
{
	switch (response) {
	case RESPONSE_NONE:
		break;
	case RESPONSE_NEEDS_ACTION:
		return "needs-action";
	case RESPONSE_ACCEPTED:
		return "accepted";
	case RESPONSE_DECLINED:
		return "declined";
	case RESPONSE_TENTATIVE:
		return "tentative";
	case RESPONSE_DELEGATED:
		return "delegated";
	}
	return NULL;
}

static void
put_number(struct frame_writer *writer, enum meeting_tag tag, int64_t value)
{
	if (value != 0)
		frame_put_i64(writer, (enum frame_tag)tag, value);
}

/* True: some were cut. */
static bool
put_words(struct frame_writer *writer, const struct meeting *meeting)
{
	unsigned cut = 0;

	cut += bounded_put(writer, MT_UID, meeting->uid, MEETING_UID_MAX);
	cut += bounded_put(writer, MT_SENSITIVITY, meeting->sensitivity, EVENT_WORD_MAX);
	cut += bounded_put(writer, MT_SUMMARY, meeting->summary, EVENT_SUBJECT_MAX);
	cut += bounded_put(writer, MT_LOCATION, meeting->location, MEETING_LOCATION_MAX);
	cut += bounded_put(writer, MT_TEXT, meeting->text, MEETING_TEXT_MAX);
	cut += bounded_put(writer, MT_ZONE, meeting->zone, MEETING_ZONE_MAX);
	cut += bounded_put(writer, MT_REMARK, meeting->remark, MEETING_REMARK_MAX);
	return cut > 0;
}

static bool
put_parties(struct frame_writer *writer, const struct meeting *meeting)
{
	bool cut = meeting->party_count > MEETING_PARTIES_MAX;
	unsigned count = cut ? MEETING_PARTIES_MAX : meeting->party_count;

	for (unsigned i = 0; i < count; i++) {
		const struct event_party *party = &meeting->parties[i];

		frame_put_u64(writer, (enum frame_tag)MT_PARTY, party->role);
		cut |= bounded_put(writer, MT_PARTY_NAME, party->name, EVENT_NAME_MAX);
		cut |= bounded_put(
			writer, MT_PARTY_EMAIL, party->email ? party->email : "", EVENT_EMAIL_MAX);
		cut |= bounded_put(writer, MT_PARTY_ADDRESS, party->address, EVENT_EMAIL_MAX);
		if (meeting->responses != NULL)
			put_number(writer, MT_PARTY_RESPONSE, meeting->responses[i]);
	}
	return cut;
}

static bool
put_occurrences(struct frame_writer *writer, const struct meeting *meeting)
{
	bool cut = meeting->occurrence_count > MEETING_OCCURRENCES_MAX;
	unsigned count = cut ? MEETING_OCCURRENCES_MAX : meeting->occurrence_count;

	for (unsigned i = 0; i < count; i++) {
		const struct occurrence *one = &meeting->occurrences[i];
		struct packed_occurrence packed = { one->recurrence, one->start, one->end,
			one->offset_min };

		frame_put(writer, (enum frame_tag)MT_OCCURRENCE, &packed, sizeof packed);
	}
	return cut;
}

void
meeting_encode(struct frame_writer *writer, const struct meeting *meeting)
{
	unsigned total = meeting->party_total;
	unsigned flags = meeting->flags;
	bool cut, left_out;

	if (total < meeting->party_count)
		total = meeting->party_count;
	put_number(writer, MT_FORM, meeting->form);
	if (meeting->override)
		frame_put_flag(writer, (enum frame_tag)MT_OVERRIDE);
	put_number(writer, MT_SEQUENCE, meeting->sequence);
	put_number(writer, MT_STAMP, meeting->stamp);
	put_number(writer, MT_MODIFIED, meeting->modified);
	put_number(writer, MT_STATUS, meeting->status);
	cut = put_words(writer, meeting);
	cut |= put_parties(writer, meeting);
	left_out = put_occurrences(writer, meeting);
	put_number(writer, MT_PARTY_TOTAL, total);
	flags |= cut || left_out ? MEETING_CUT : 0u;
	flags |= left_out ? MEETING_INCOMPLETE : 0u;
	put_number(writer, MT_FLAGS, flags);
}
