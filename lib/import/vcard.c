#include "vcard.h"

#include <string.h>
#include <strings.h>

/* vCards one after the other. Their lines are those of RFC 6350 section 3.2, and of vCard 2.1, where a
 * quoted-printable value goes on after "=" at a line's end. A card within a card (AGENT) is left out. */

/* A physical line without its end; *at moves behind that. */
static size_t
take_line(const struct reading *reading, size_t *at)
{
	size_t start = *at, end = start;

	while (end < reading->size && reading->bytes[end] != '\n' && reading->bytes[end] != '\r')
		end++;
	*at = end;
	if (*at < reading->size && reading->bytes[*at] == '\r')
		++*at;
	if (*at < reading->size && reading->bytes[*at] == '\n')
		++*at;
	return end - start;
}

static bool
is_line(const char *line, size_t size, const char *word)
{
	while (size > 0 && (line[size - 1] == ' ' || line[size - 1] == '\t'))
		size--;
	return size == strlen(word) && strncasecmp(line, word, size) == 0;
}

static bool
begins(const char *line, size_t size)
{
	return is_line(line, size, "BEGIN:VCARD");
}

static bool
ends(const char *line, size_t size)
{
	return is_line(line, size, "END:VCARD");
}

/* ---- where a card ends ---- */

struct extent {
	size_t after;
	uint32_t lines;
	enum { CARD_WHOLE, CARD_PARTIAL, CARD_BROKEN } found;
};

static bool
is_agent(const struct reading *reading, size_t at, size_t size)
{
	return size >= 6 && strncasecmp(reading->bytes + at, "AGENT", 5) == 0;
}

/* The last line of a window may be cut: it is left for the next one. */
static bool
is_cut(const struct reading *reading, size_t after)
{
	return after == reading->size && !reading->last && reading->bytes[after - 1] != '\n';
}

/* From its BEGIN on; one that another begins in, and is no agent's, has lost its END. */
static struct extent
find_extent(const struct reading *reading)
{
	struct extent extent = { .after = reading->at, .found = CARD_PARTIAL };
	unsigned depth = 0;
	bool agent = false;

	while (extent.after < reading->size) {
		size_t at = extent.after, size = take_line(reading, &extent.after);

		if (is_cut(reading, extent.after) && at > reading->at) {
			extent.after = at;
			return extent;
		}
		if (begins(reading->bytes + at, size) && depth > 0 && !agent) {
			extent.after = at;
			extent.found = CARD_BROKEN;
			return extent;
		}
		extent.lines++;
		if (begins(reading->bytes + at, size))
			depth++;
		else if (ends(reading->bytes + at, size) && --depth == 0) {
			extent.found = CARD_WHOLE;
			return extent;
		}
		if (size > 0)
			agent = is_agent(reading, at, size);
	}
	return extent;
}

/* ---- its lines ---- */

static bool
is_quoted(const char *bytes, size_t size)
{
	static const char WORD[] = "QUOTED-PRINTABLE";
	const char *colon = memchr(bytes, ':', size);
	size_t head = colon == NULL ? 0 : (size_t)(colon - bytes);

	for (size_t i = 0; i + sizeof WORD - 1 <= head; i++)
		if (strncasecmp(bytes + i, WORD, sizeof WORD - 1) == 0)
			return true;
	return false;
}

/* Unfolded into line. */
static void
take_content(const struct reading *reading, size_t *at, size_t end, struct text *line)
{
	size_t start = *at, size = take_line(reading, at);
	bool quoted = is_quoted(reading->bytes + start, size);

	text_reset(line);
	text_add_n(line, reading->bytes + start, size);
	while (*at < end) {
		bool soft = quoted && line->size > 0 && line->bytes[line->size - 1] == '=';
		bool folded = reading->bytes[*at] == ' ' || reading->bytes[*at] == '\t';

		if (!soft && !folded)
			return;
		if (soft)
			line->size--;
		start = *at;
		size = take_line(reading, at);
		if (folded && !soft && size > 0) {
			start++;
			size--;
		}
		text_add_n(line, reading->bytes + start, size);
	}
}

static void
take_lines(struct reading *reading, size_t end, struct card *card)
{
	struct text line = { 0 };
	unsigned depth = 0;

	while (reading->at < end) {
		struct property property;

		take_content(reading, &reading->at, end, &line);
		if (line.size == 0)
			continue;
		if (begins(line.bytes, line.size))
			depth++;
		else if (ends(line.bytes, line.size))
			depth--;
		else if (depth == 1 && property_read(reading, line.bytes, line.size, &property))
			card_take(card, &property);
	}
	text_clear(&line);
}

/* False: it is for the next window. */
static bool
read_card(struct reading *reading, const struct extent *extent)
{
	struct import_row *row = reading_add_row(reading, reading->state->line);
	struct card card = { .reading = reading };
	uint32_t left_out = reading->out->left_out;
	size_t start = reading->at;

	if (extent->found == CARD_BROKEN)
		row->error = "the card has no END:VCARD";
	else {
		take_lines(reading, extent->after, &card);
		row = &reading->out->rows[reading->out->count - 1];
		if (row->error == NULL && card.size > IMPORT_ROW_MAX)
			row->error = arena_printf(reading->arena,
				"the card is over %d bytes long, without pictures", IMPORT_ROW_MAX);
		else if (row->error == NULL)
			card_end(&card);
	}
	reading_end_row(reading);
	if (reading_take_back(reading)) {
		reading->out->left_out = left_out;
		reading->at = start;
		return false;
	}
	reading->at = extent->after;
	reading->state->line += extent->lines;
	return true;
}

/* One that does not fit any window is passed over up to its END. */
static void
refuse_card(struct reading *reading, const struct extent *extent, const char *why)
{
	reading_add_row(reading, reading->state->line)->error = why;
	reading_end_row(reading);
	reading->at = extent->after;
	reading->state->line += extent->lines;
}

/* ---- cards ---- */

/* To the END of a card that was refused. */
static bool
skip_card(struct reading *reading)
{
	while (reading->at < reading->size) {
		size_t at = reading->at, after = at, size = take_line(reading, &after);

		if (is_cut(reading, after) && (!reading->full || at > 0))
			return false;
		reading->at = after;
		reading->state->line++;
		if (ends(reading->bytes + at, size)) {
			reading->state->skipping = 0;
			return true;
		}
	}
	return false;
}

/* Lines between cards are nothing. */
static bool
find_card(struct reading *reading)
{
	while (reading->at < reading->size) {
		size_t at = reading->at, after = at, size = take_line(reading, &after);

		if (begins(reading->bytes + at, size))
			return true;
		if (is_cut(reading, after) && (!reading->full || at > 0))
			return false;
		reading->at = after;
		reading->state->line++;
	}
	return false;
}

void
vcard_read(struct reading *reading)
{
	while (reading_has_room(reading)) {
		struct extent extent;

		if (reading->state->skipping != 0 && !skip_card(reading))
			return;
		if (!find_card(reading))
			return;
		extent = find_extent(reading);
		if (extent.found == CARD_PARTIAL && !reading->last && !reading->full)
			return;
		if (extent.found != CARD_PARTIAL) {
			if (!read_card(reading, &extent))
				return;
		} else if (reading->last) {
			refuse_card(reading, &extent, "the card has no END:VCARD");
		} else if (reading->at > 0) {
			return; /* alone it may fit a window */
		} else {
			refuse_card(reading, &extent, "the card is too long");
			reading->state->skipping = 1;
		}
	}
}
