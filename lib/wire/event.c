#include <string.h>

#include "bounded.h"
#include "event_tag.h"

/* Events into frames; event_decode.c reads them. */

enum {
	/* A party's fields at their longest, and what follows the parties. */
	PARTY_SIZE_MAX = 4 * 8 + 8 + EVENT_NAME_MAX + 2 * EVENT_EMAIL_MAX,
	TAIL_SIZE = 64,
};

static void
put_number(struct frame_writer *writer, enum event_tag tag, uint64_t value)
{
	if (value != 0)
		frame_put_u64(writer, (enum frame_tag)tag, value);
}

static void
put_parts(struct frame_writer *writer, const struct event *event)
{
	for (unsigned i = 0; i < event->part_count && i < EVENT_PARTS_MAX; i++) {
		const struct event_part *part = &event->parts[i];

		bounded_put(writer, EV_PART, part->part, PART_NUMBER_MAX);
		bounded_put(writer, EV_PART_TYPE, part->type ? part->type : "", EVENT_WORD_MAX);
		bounded_put(writer, EV_PART_NAME, part->name, EVENT_NAME_MAX);
		bounded_put(writer, EV_PART_CHARSET, part->charset, EVENT_WORD_MAX);
		bounded_put(writer, EV_PART_ENCODING, part->encoding, EVENT_WORD_MAX);
		put_number(writer, EV_PART_SIZE, part->size);
		if (part->attachment)
			frame_put_flag(writer, (enum frame_tag)EV_PART_ATTACHMENT);
	}
}

static void
put_headers(struct frame_writer *writer, const struct event *event)
{
	for (unsigned i = 0; i < event->header_count && i < EVENT_HEADERS_MAX; i++) {
		const struct event_header *header = &event->headers[i];

		bounded_put(writer, EV_HEADER, header->name, EVENT_HEADER_NAME_MAX);
		bounded_put(writer, EV_HEADER_VALUE, header->value, EVENT_HEADER_MAX);
	}
}

static void
put_authentications(struct frame_writer *writer, const struct event *event)
{
	for (unsigned i = 0; i < event->authentication_count && i < EVENT_AUTHENTICATIONS_MAX;
		i++) {
		const struct event_authentication *one = &event->authentications[i];

		bounded_put(writer, EV_AUTHENTICATION, one->server, EVENT_WORD_MAX);
		put_number(writer, EV_AUTHENTICATION_VERDICT, one->verdict);
		bounded_put(writer, EV_AUTHENTICATION_WORDS, one->words, EVENT_AUTHENTICATION_MAX);
	}
}

/* Returns how many were written. */
static unsigned
put_parties(struct frame_writer *writer, const struct event *event)
{
	unsigned i;

	for (i = 0; i < event->party_count && i < EVENT_PARTIES_MAX; i++) {
		const struct event_party *party = &event->parties[i];
		size_t used = writer->out->size - writer->start;

		if (used + PARTY_SIZE_MAX + TAIL_SIZE > FRAME_MESSAGE_MAX)
			break;
		frame_put_u64(writer, (enum frame_tag)EV_PARTY, party->role);
		bounded_put(writer, EV_PARTY_NAME, party->name, EVENT_NAME_MAX);
		bounded_put(
			writer, EV_PARTY_EMAIL, party->email ? party->email : "", EVENT_EMAIL_MAX);
		bounded_put(writer, EV_PARTY_ADDRESS, party->address, EVENT_EMAIL_MAX);
	}
	return i;
}

static void
put_words(struct frame_writer *writer, const struct event *event)
{
	bounded_put(writer, EV_MESSAGE_ID, event->message_id, EVENT_ID_MAX);
	bounded_put(writer, EV_IN_REPLY_TO, event->in_reply_to, EVENT_ID_MAX);
	for (unsigned i = 0; i < event->reference_count && i < EVENT_REFERENCES_MAX; i++)
		bounded_put(writer, EV_REFERENCE, event->references[i], EVENT_ID_MAX);
	bounded_put(writer, EV_SUBJECT, event->subject, EVENT_SUBJECT_MAX);
	bounded_put(writer, EV_TEXT_PART, event->text_part, PART_NUMBER_MAX);
	bounded_put(writer, EV_CLASS_REASON, event->class_reason, EVENT_WORD_MAX);
	bounded_put(writer, EV_LIST_ID, event->list_id, EVENT_ID_MAX);
	bounded_put(writer, EV_SENSITIVITY, event->sensitivity, EVENT_WORD_MAX);
	bounded_put(writer, EV_KEYWORDS, event->keywords, EVENT_KEYWORDS_MAX);
}

void
event_encode(struct frame_writer *writer, const struct event *event)
{
	unsigned total = event->party_total, flags = event->flags, written;

	frame_put_i64(writer, (enum frame_tag)EV_AT, event->at);
	frame_put_i64(writer, (enum frame_tag)EV_OFFSET, event->offset_min);
	frame_put_i64(writer, (enum frame_tag)EV_DATE, event->date);
	frame_put_i64(writer, (enum frame_tag)EV_INTERNAL_DATE, event->internal_date);
	put_number(writer, EV_SIZE, event->size);
	put_number(writer, EV_CLASS, event->class);
	frame_put(writer, (enum frame_tag)EV_IDENTITY, event->identity, sizeof event->identity);
	put_words(writer, event);
	put_parts(writer, event);
	put_headers(writer, event);
	put_authentications(writer, event);
	written = put_parties(writer, event);
	if (written < event->party_count) {
		total = total > event->party_count ? total : event->party_count;
		flags |= EVENT_TRUNCATED;
	}
	put_number(writer, EV_PARTY_TOTAL, total);
	put_number(writer, EV_FLAGS, flags);
}
