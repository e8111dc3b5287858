#include <string.h>
#include <strings.h>

#include "read.h"

/* CSV (RFC 4180), with lines that end in LF, CR or CRLF, and commas, semicolons or tabs, which the
 * header tells. A quote counts where it opens a cell. Where quotes are at fault one line is refused, the one
 * with the quote that opens, and the next line is a row again: else a stray quote would take all that follows. */

enum place { AT_START, PLAIN, QUOTED, QUOTE_SEEN, CLOSED, BROKEN };

/* One step of the scanner: where it is after c. */
static enum place
step(enum place place, char c, char delimiter)
{
	switch (place) {
	case QUOTED:
		return c == '"' ? QUOTE_SEEN : QUOTED;
	case QUOTE_SEEN:
		if (c == '"')
			return QUOTED;
		return step(CLOSED, c, delimiter);
	case CLOSED:
		if (c == delimiter)
			return AT_START;
		return c == ' ' || c == '\t' ? CLOSED : BROKEN;
	case BROKEN:
		return BROKEN;
	case AT_START:
		if (c == '"')
			return QUOTED;
		return c == delimiter ? AT_START : PLAIN;
	case PLAIN:
		return c == delimiter ? AT_START : PLAIN;
	}
	return PLAIN;
}

static bool
is_end(char c)
{
	return c == '\n' || c == '\r';
}

/* Bytes of the line end at at; 0: whether LF follows its CR is not known yet. */
static size_t
end_size(const struct reading *reading, size_t at)
{
	if (reading->bytes[at] == '\n')
		return 1;
	if (at + 1 == reading->size)
		return reading->last ? 1 : 0;
	return reading->bytes[at + 1] == '\n' ? 2 : 1;
}

/* Line ends from one place to another: LF, CR, and CRLF once. */
static uint32_t
count_lines(const struct reading *reading, size_t from, size_t to)
{
	uint32_t lines = 0;

	for (size_t i = from; i < to; i++) {
		bool followed = i + 1 < reading->size && reading->bytes[i + 1] == '\n';

		lines += reading->bytes[i] == '\n' || (reading->bytes[i] == '\r' && !followed);
	}
	return lines;
}

struct span {
	size_t end, after; /* of the row, and of its line end */
	enum place place; /* where it was cut */
	size_t quote; /* where the last quote opened */
	enum { WHOLE, PARTIAL, TOO_LONG, UNCLOSED, TEXT_BEHIND } found;
};

/* From at to the end of the row. */
static struct span
find_end(const struct reading *reading, size_t at, enum place place, size_t max)
{
	char delimiter = reading->state->delimiter;
	struct span span = { .place = place };
	size_t start = at;

	for (; at < reading->size; at++) {
		char c = reading->bytes[at];

		if (span.place != QUOTED && is_end(c)) {
			size_t end = end_size(reading, at);

			span.end = at;
			span.after = at + end;
			span.found = end > 0 ? WHOLE : PARTIAL;
			return span;
		}
		if (at - start >= max) {
			span.end = span.after = at;
			span.found = TOO_LONG;
			return span;
		}
		if (c == '"' && span.place != QUOTED && span.place != QUOTE_SEEN)
			span.quote = at;
		span.place = step(span.place, c, delimiter);
		if (span.place == BROKEN) {
			span.found = TEXT_BEHIND;
			return span;
		}
	}
	span.end = span.after = at;
	span.found = !reading->last ? PARTIAL : span.place == QUOTED ? UNCLOSED : WHOLE;
	return span;
}

/* ---- cells ---- */

/* The cell at *at, without its quotes; *at moves behind the delimiter. False: it was the last one. */
static bool
take_cell(const struct reading *reading, size_t *at, size_t end, struct text *out)
{
	enum place place = AT_START;

	text_reset(out);
	for (; *at < end; ++*at) {
		char c = reading->bytes[*at];
		enum place next = step(place, c, reading->state->delimiter);

		if (next == AT_START) {
			++*at;
			return true;
		}
		if (next == PLAIN || (next == QUOTED && place != AT_START))
			text_add_char(out, c);
		place = next;
	}
	return false;
}

static void
add_cells(struct reading *reading, size_t at, size_t end)
{
	struct text cell = { 0 };
	bool more;

	do {
		more = take_cell(reading, &at, end, &cell);
		reading_add_cell(reading, NULL,
			reading_text(reading, cell.size > 0 ? cell.bytes : "", cell.size));
	} while (more);
	text_clear(&cell);
}

/* Of blanks and delimiters alone, as spreadsheets write rows that have nothing. */
static bool
is_blank(const struct reading *reading, size_t at, size_t end)
{
	char delimiter = reading->state->delimiter;

	while (at < end && (reading->bytes[at] == ' ' || reading->bytes[at] == '\t' ||
				   (delimiter != '\0' && reading->bytes[at] == delimiter)))
		at++;
	return at == end;
}

/* What a row has beyond the header is nothing if it is blank. */
static void
drop_blank_cells(struct import_row *row, unsigned columns)
{
	while (row->count > columns && row->cells[row->count - 1].value[0] == '\0')
		row->count--;
}

static void
add_row(struct reading *reading, size_t at, size_t end)
{
	struct state *state = reading->state;
	struct import_row *row = reading_add_row(reading, state->line);

	add_cells(reading, at, end);
	if (state->columns == 0) {
		state->columns = row->count;
		row->header = true;
		reading_end_row(reading);
		return;
	}
	drop_blank_cells(row, state->columns);
	if (row->count > state->columns)
		row->error = arena_printf(reading->arena, "it has %u cells, and the header has %u",
			row->count, state->columns);
	reading_end_row(reading);
}

static void
add_fault(struct reading *reading, uint32_t line, const char *error)
{
	reading_add_row(reading, line)->error = error;
	reading_end_row(reading);
}

/* ---- the header ---- */

/* Excel's line "sep=;". */
static bool
says_delimiter(const struct reading *reading, size_t at, size_t end, char *out)
{
	if (end - at != 5 || strncasecmp(reading->bytes + at, "sep=", 4) != 0)
		return false;
	*out = reading->bytes[at + 4];
	return strchr(",;\t|", *out) != NULL && *out != '\0';
}

/* Whichever the line has most of outside quotes. */
static char
tell_delimiter(const struct reading *reading, size_t at)
{
	static const char SIGNS[] = { ',', ';', '\t', '\0' };
	size_t counts[3] = { 0 };
	bool quoted = false;
	unsigned best = 0;

	for (; at < reading->size && (quoted || !is_end(reading->bytes[at])); at++) {
		const char *sign = reading->bytes[at] == '\0' ? NULL
							      : strchr(SIGNS, reading->bytes[at]);

		if (reading->bytes[at] == '"')
			quoted = !quoted;
		else if (!quoted && sign != NULL)
			counts[sign - SIGNS]++;
	}
	for (unsigned i = 1; i < 3; i++)
		best = counts[i] > counts[best] ? i : best;
	return SIGNS[best];
}

/* ---- rows ---- */

/* To the end of the line that at is in, which may be in a later window. False: it is. */
static bool
skip_line(struct reading *reading, size_t at)
{
	struct state *state = reading->state;
	size_t end = 0;

	while (at < reading->size && !is_end(reading->bytes[at]))
		at++;
	if (at < reading->size)
		end = end_size(reading, at);
	state->skipping = end == 0 && !reading->last;
	state->line += count_lines(reading, reading->at, at + end);
	reading->at = at + end;
	return !state->skipping;
}

static bool
is_faulty(const struct span *span)
{
	return span->found == TOO_LONG || span->found == UNCLOSED || span->found == TEXT_BEHIND;
}

/* The line that is at fault, and from where on it is passed over. */
static void
refuse_row(struct reading *reading, const struct span *span)
{
	struct arena *arena = reading->arena;
	bool plain = span->found == TOO_LONG && span->place != QUOTED;
	uint32_t line = reading->state->line;
	const char *why = "a quote that opens here is not closed";

	if (!plain)
		line += count_lines(reading, reading->at, span->quote);
	if (plain)
		why = arena_printf(arena, "the row is over %d bytes long", IMPORT_ROW_MAX);
	else if (span->found == TOO_LONG)
		why = arena_printf(arena, "%s within %d bytes", why, IMPORT_ROW_MAX);
	else if (span->found == TEXT_BEHIND)
		why = "a quote that opens here closes in the middle of a cell: text follows it";
	add_fault(reading, line, why);
	skip_line(reading, plain ? span->after : span->quote);
}

/* False: there is no further row in the window. */
static bool
read_row(struct reading *reading)
{
	struct state *state = reading->state;
	size_t start = reading->at;
	struct span span = find_end(reading, start, AT_START, IMPORT_ROW_MAX);

	if (span.found == PARTIAL && reading->full && start == 0)
		span.found = TOO_LONG; /* in UTF-16 a window has fewer of our bytes */
	if (span.found == PARTIAL)
		return false;
	if (is_faulty(&span)) {
		refuse_row(reading, &span);
		return true;
	}
	if (!is_blank(reading, start, span.end)) {
		add_row(reading, start, span.end);
		if (reading_take_back(reading))
			return false;
	}
	state->line += count_lines(reading, start, span.after);
	reading->at = span.after;
	return true;
}

/* False: the header is not here yet. */
static bool
settle_delimiter(struct reading *reading)
{
	struct state *state = reading->state;

	while (state->delimiter == '\0' && reading->at < reading->size) {
		struct span span = find_end(reading, reading->at, PLAIN, SIZE_MAX);
		bool blank = is_blank(reading, reading->at, span.end);

		if (span.found == PARTIAL && reading->size < IMPORT_ROW_MAX && !reading->full)
			return false;
		if (!blank && !says_delimiter(reading, reading->at, span.end, &state->delimiter)) {
			state->delimiter = tell_delimiter(reading, reading->at);
			return true;
		}
		state->line++;
		reading->at = span.after;
	}
	return state->delimiter != '\0';
}

int
csv_read(struct reading *reading, struct err *err)
{
	struct state *state = reading->state;

	if (state->skipping > 1)
		return fail(err, ERR_FORMAT, "the state of a file is none");
	if (!settle_delimiter(reading))
		return reading->last ? fail(err, ERR_USAGE, "it is empty") : 0;
	while (reading->at < reading->size && reading_has_room(reading)) {
		bool first = state->columns == 0;

		if (state->skipping != 0 ? !skip_line(reading, reading->at) : !read_row(reading))
			break;
		if (first && reading->out->count > 0 && reading->out->rows[0].error != NULL)
			return fail(err, ERR_USAGE, "its header cannot be read: %s",
				reading->out->rows[0].error);
	}
	return 0;
}
