#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "imap_machine.h"
#include "liaison/base/clock.h"

/* "* 12 FETCH (UID 7 FLAGS (\Seen) BODY[HEADER] {5} …)": items in any order, unknown ones skipped.
 * A line that makes no sense is dropped with what it told; its UID is asked for again then. */

static void
forget_message(struct fetch *fetch)
{
	memset(&fetch->message, 0, sizeof(fetch->message));
	text_reset(&fetch->header);
	text_reset(&fetch->body);
	structure_clear(&fetch->structure);
}

void
fetch_free(struct imap *imap)
{
	struct fetch *fetch = imap->fetch;

	if (!fetch)
		return;
	structure_clear(&fetch->structure);
	text_clear(&fetch->header);
	text_clear(&fetch->body);
	free(fetch->structure.parts);
	free(fetch->structure.frames);
	free(fetch);
	imap->fetch = NULL;
}

int
fetch_begin(struct imap *imap)
{
	if (!imap->fetch)
		imap->fetch = mem_zero(1, sizeof(*imap->fetch));
	forget_message(imap->fetch);
	arena_reset(imap_arena(imap));
	imap->fetch->state = FETCH_OPEN;
	imap->fetch->message.sequence = imap->number;
	return 0;
}

static enum item
name_item(struct imap *imap, struct fetch *fetch, const char *name)
{
	const char *end;

	if (word_is(name, "UID"))
		return ITEM_UID;
	if (word_is(name, "RFC822.SIZE"))
		return ITEM_SIZE;
	if (word_is(name, "INTERNALDATE"))
		return ITEM_DATE;
	if (word_is(name, "FLAGS"))
		return ITEM_FLAGS;
	if (word_is(name, "BODYSTRUCTURE"))
		return ITEM_STRUCTURE;
	if (word_is(name, "BODY[HEADER]") || word_is(name, "RFC822.HEADER"))
		return fetch->message.has_header ? ITEM_OTHER : ITEM_HEADER;
	if (strncasecmp(name, "BODY[", 5) != 0 || fetch->message.has_body)
		return ITEM_OTHER;
	end = strchr(name, ']');
	if (!end || end - name - 5 > IMAP_DEPTH_MAX * 4)
		return ITEM_OTHER;
	fetch->message.section = arena_text_n(imap_arena(imap), name + 5, (size_t)(end - name - 5));
	return ITEM_BODY;
}

static int
take_uid(struct imap *imap, struct fetch *fetch, const struct token *token)
{
	uint64_t uid;

	if (parse_number(token->bytes, token->size, UINT32_MAX, &uid) < 0 || uid == 0)
		return imap_dead(imap, ERR_FORMAT, "the server gave a message the UID '%.20s'",
			token->bytes);
	if (fetch->message.uid == 0)
		fetch->message.uid = (uint32_t)uid;
	return 0;
}

static int
two_digits(const char *s)
{
	if (s[0] < '0' || s[0] > '9' || s[1] < '0' || s[1] > '9')
		return -1;
	return (s[0] - '0') * 10 + (s[1] - '0');
}

static int
month_number(const char *name)
{
	static const char NAMES[] = "janfebmaraprmayjunjulaugsepoctnovdec";

	for (int i = 0; i < 12; i++)
		if (strncasecmp(NAMES + i * 3, name, 3) == 0)
			return i + 1;
	return -1;
}

/* " 7-Jul-1996 02:44:25 -0700" (RFC 3501 date-time); a day of one digit may lack its blank. */
static int
parse_date(const char *text, size_t size, int64_t *time, int *offset)
{
	struct civil civil;
	char s[27] = "0";
	int zone_hours, zone_minutes;

	if (size != 26 && size != 25)
		return -1;
	memcpy(s + (26 - size), text, size);
	if (s[0] == ' ')
		s[0] = '0';
	civil.day = two_digits(s);
	civil.month = month_number(s + 3);
	civil.year = two_digits(s + 7) * 100 + two_digits(s + 9);
	civil.hour = two_digits(s + 12);
	civil.minute = two_digits(s + 15);
	civil.second = two_digits(s + 18);
	zone_hours = two_digits(s + 22);
	zone_minutes = two_digits(s + 24);
	if (s[2] != '-' || s[6] != '-' || s[14] != ':' || s[17] != ':' || civil.year < 1900 ||
		zone_hours < 0 || zone_hours > 15 || zone_minutes < 0 || zone_minutes > 59 ||
		(s[21] != '+' && s[21] != '-') || two_digits(s + 7) < 0 || two_digits(s + 9) < 0 ||
		!civil_valid(&civil))
		return -1;
	*offset = (zone_hours * 60 + zone_minutes) * (s[21] == '-' ? -1 : 1);
	*time = civil_to_time(&civil) - *offset * 60;
	return 0;
}

static void
take_date(struct fetch *fetch, const struct token *token)
{
	struct imap_message *message = &fetch->message;

	if (token->kind == TOKEN_STRING && !message->has_date &&
		parse_date(token->bytes, token->size, &message->internal_date,
			&message->internal_offset_min) == 0)
		message->has_date = true;
}

static void
take_size(struct fetch *fetch, const struct token *token)
{
	if (token->kind == TOKEN_ATOM && !fetch->message.has_size &&
		parse_number(token->bytes, token->size, INT64_MAX, &fetch->message.size) == 0)
		fetch->message.has_size = true;
}

/* The token's memory is taken over, not copied: header blocks are what most bytes are. */
static void
take_bytes(struct imap *imap, struct fetch *fetch, const struct token *token)
{
	struct imap_message *message = &fetch->message;
	bool header = fetch->item == ITEM_HEADER;
	struct text *into = header ? &fetch->header : &fetch->body;
	bool nil = token->kind == TOKEN_ATOM;
	struct text swap = *into;

	if (!nil) {
		*into = imap->token;
		imap->token = swap;
		into->size = token->size;
	}
	if (header) {
		message->has_header = true;
		message->header = nil ? NULL : into->bytes;
		message->header_size = nil ? 0 : token->size;
		message->header_truncated = token->truncated;
	} else {
		message->has_body = true;
		message->body = nil ? NULL : into->bytes;
		message->body_size = nil ? 0 : token->size;
		message->body_truncated = token->truncated;
	}
}

static void
take_keyword(struct imap *imap, struct fetch *fetch, const struct token *token)
{
	struct imap_message *message = &fetch->message;

	if (token->kind == TOKEN_ATOM && message->keyword_count < IMAP_KEYWORDS_MAX &&
		token->size <= 200)
		fetch->keywords[message->keyword_count++] = text_clean(
			imap_arena(imap), token->bytes, token->size, 200, false, &(bool){ false });
}

/* A value that is one atom or string. */
static int
take_value(struct imap *imap, struct fetch *fetch, const struct token *token)
{
	fetch->state = FETCH_NAME;
	switch (fetch->item) {
	case ITEM_UID:
		return take_uid(imap, fetch, token);
	case ITEM_SIZE:
		take_size(fetch, token);
		return 0;
	case ITEM_DATE:
		take_date(fetch, token);
		return 0;
	case ITEM_HEADER:
	case ITEM_BODY:
		take_bytes(imap, fetch, token);
		return 0;
	case ITEM_STRUCTURE:
		fetch->message.structure_refused = true;
		return 0;
	case ITEM_FLAGS:
	case ITEM_OTHER:
		return 0;
	}
	return 0;
}

/* A value in parentheses. */
static int
open_value(struct imap *imap, struct fetch *fetch, const struct token *token)
{
	if (fetch->item == ITEM_UID)
		return imap_dead(imap, ERR_FORMAT, "the server gave a message a list for a UID");
	if (fetch->item == ITEM_FLAGS && !fetch->message.has_flags) {
		fetch->message.has_flags = true;
		fetch->state = FETCH_LIST;
	} else if (fetch->item == ITEM_STRUCTURE && !fetch->message.has_structure) {
		fetch->message.has_structure = true;
		fetch->state = FETCH_STRUCTURE;
		structure_begin(imap, &fetch->structure);
		structure_token(imap, &fetch->structure, token);
	} else {
		fetch->depth = 1;
		fetch->state = FETCH_SKIP;
	}
	return 0;
}

static void
skip_value(struct fetch *fetch, const struct token *token)
{
	if (token->kind == TOKEN_OPEN)
		fetch->depth++;
	else if (token->kind == TOKEN_CLOSE && --fetch->depth == 0)
		fetch->state = FETCH_NAME;
}

/* A line that ended inside its structure still gives the message it told before. */
static bool
told_enough(const struct fetch *fetch)
{
	return fetch->state == FETCH_DONE ||
	       (fetch->state == FETCH_STRUCTURE && fetch->message.uid != 0 &&
		       fetch->message.has_header);
}

static int
tell_message(struct imap *imap, struct fetch *fetch)
{
	const struct pending *open = imap_oldest(imap, IMAP_FETCH);
	struct imap_message *message = &fetch->message;
	struct imap_event event = { .kind = IMAP_MESSAGE,
		.command = IMAP_FETCH,
		.message = message,
		.id = open ? open->id : 0 };

	if (!told_enough(fetch))
		return 0;
	if (message->has_structure &&
		(fetch->structure.refused || structure_open(&fetch->structure)))
		message->structure_refused = true;
	if (message->has_structure && !message->structure_refused) {
		message->parts = fetch->structure.parts;
		message->part_count = fetch->structure.part_count;
	}
	message->keywords = fetch->keywords;
	imap_tell(imap, &event);
	return 0;
}

static int
fetch_line_end(struct imap *imap, struct fetch *fetch)
{
	int result = tell_message(imap, fetch);

	forget_message(fetch);
	return result;
}

int
fetch_token(struct imap *imap, const struct token *token)
{
	struct fetch *fetch = imap->fetch;

	if (token->kind == TOKEN_END)
		return fetch_line_end(imap, fetch);
	switch (fetch->state) {
	case FETCH_OPEN:
		fetch->state = token->kind == TOKEN_OPEN ? FETCH_NAME : FETCH_SKIP;
		fetch->depth = 0;
		imap->ignore = fetch->state == FETCH_SKIP;
		return 0;
	case FETCH_NAME:
		if (token->kind == TOKEN_CLOSE) {
			fetch->state = FETCH_DONE;
			imap->ignore = true;
		} else if (token->kind == TOKEN_ATOM) {
			fetch->item = name_item(imap, fetch, token->bytes);
			fetch->state = FETCH_VALUE;
		} else {
			fetch->state = FETCH_SKIP; /* no name: nothing can be read on */
			imap->ignore = true;
		}
		return 0;
	case FETCH_VALUE:
		if (token->kind == TOKEN_CLOSE) {
			fetch->state = FETCH_DONE;
			imap->ignore = true;
			return 0;
		}
		return token->kind == TOKEN_OPEN ? open_value(imap, fetch, token)
						 : take_value(imap, fetch, token);
	case FETCH_LIST:
		if (token->kind == TOKEN_CLOSE)
			fetch->state = FETCH_NAME;
		else
			take_keyword(imap, fetch, token);
		return 0;
	case FETCH_SKIP:
		skip_value(fetch, token);
		return 0;
	case FETCH_STRUCTURE:
		structure_token(imap, &fetch->structure, token);
		if (!structure_open(&fetch->structure))
			fetch->state = FETCH_NAME;
		return 0;
	case FETCH_DONE:
		return 0;
	}
	return 0;
}
