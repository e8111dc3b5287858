#include <string.h>
#include <strings.h>

#include "liaison/mail/header.h"

static const char *const spellings[FIELD_NAMES] = {
	[FIELD_NONE] = "",
	[FIELD_FROM] = "From",
	[FIELD_SENDER] = "Sender",
	[FIELD_REPLY_TO] = "Reply-To",
	[FIELD_TO] = "To",
	[FIELD_CC] = "Cc",
	[FIELD_BCC] = "Bcc",
	[FIELD_DATE] = "Date",
	[FIELD_SUBJECT] = "Subject",
	[FIELD_MESSAGE_ID] = "Message-ID",
	[FIELD_IN_REPLY_TO] = "In-Reply-To",
	[FIELD_REFERENCES] = "References",
	[FIELD_LIST_ID] = "List-Id",
	[FIELD_LIST_UNSUBSCRIBE] = "List-Unsubscribe",
	[FIELD_LIST_POST] = "List-Post",
	[FIELD_PRECEDENCE] = "Precedence",
	[FIELD_AUTO_SUBMITTED] = "Auto-Submitted",
	[FIELD_RETURN_PATH] = "Return-Path",
	[FIELD_X_AUTOREPLY] = "X-Autoreply",
	[FIELD_X_AUTORESPOND] = "X-Autorespond",
	[FIELD_CONTENT_TYPE] = "Content-Type",
	[FIELD_SENSITIVITY] = "Sensitivity",
	[FIELD_AUTHENTICATION_RESULTS] = "Authentication-Results",
	[FIELD_X_AUTO_RESPONSE_SUPPRESS] = "X-Auto-Response-Suppress",
	[FIELD_X_MS_INBOX_RULES_LOOP] = "X-MS-Exchange-Inbox-Rules-Loop",
};

/* The fields of one length; most fields of most messages are told apart by their length alone. */
struct names_of_length {
	enum field_name names[3];
};

static const struct names_of_length by_length[] = {
	[2] = { { FIELD_TO, FIELD_CC } },
	[3] = { { FIELD_BCC } },
	[4] = { { FIELD_FROM, FIELD_DATE } },
	[6] = { { FIELD_SENDER } },
	[7] = { { FIELD_SUBJECT, FIELD_LIST_ID } },
	[8] = { { FIELD_REPLY_TO } },
	[9] = { { FIELD_LIST_POST } },
	[10] = { { FIELD_MESSAGE_ID, FIELD_REFERENCES, FIELD_PRECEDENCE } },
	[11] = { { FIELD_IN_REPLY_TO, FIELD_RETURN_PATH, FIELD_X_AUTOREPLY } },
	[12] = { { FIELD_CONTENT_TYPE } },
	[13] = { { FIELD_X_AUTORESPOND } },
	[14] = { { FIELD_AUTO_SUBMITTED } },
	[16] = { { FIELD_LIST_UNSUBSCRIBE } },
	[22] = { { FIELD_AUTHENTICATION_RESULTS } },
	[24] = { { FIELD_X_AUTO_RESPONSE_SUPPRESS } },
	[30] = { { FIELD_X_MS_INBOX_RULES_LOOP } },
};

struct scan {
	struct arena *arena;
	const char *at, *end;
	struct header *out;
	struct header_field *last[FIELD_NAMES];
};

const char *
field_spelling(enum field_name name)
{
	return spellings[name];
}

static enum field_name
name_of(const char *name, size_t size)
{
	if (size == 11 && strncasecmp(name, spellings[FIELD_SENSITIVITY], size) == 0)
		return FIELD_SENSITIVITY;
	if (size >= sizeof by_length / sizeof *by_length)
		return FIELD_NONE;
	for (unsigned i = 0; i < 3; i++) {
		enum field_name candidate = by_length[size].names[i];

		if (candidate != FIELD_NONE && strncasecmp(name, spellings[candidate], size) == 0)
			return candidate;
	}
	return FIELD_NONE;
}

/* The end of the physical line at start, its line end left out; *next is the start of the next. */
static const char *
line_end(const char *start, const char *end, const char **next)
{
	const char *lf = memchr(start, '\n', (size_t)(end - start));

	*next = lf == NULL ? end : lf + 1;
	if (lf == NULL)
		lf = end;
	return lf > start && lf[-1] == '\r' ? lf - 1 : lf;
}

static bool
is_continuation(const struct scan *scan, const char *at)
{
	return at < scan->end && (*at == ' ' || *at == '\t');
}

/* The field at scan->at with its continuations: *stop is where its last line ends. */
static bool
next_field(struct scan *scan, const char **start, const char **stop, bool *folded)
{
	const char *next;

	if (scan->at >= scan->end)
		return false;
	*start = scan->at;
	*stop = line_end(*start, scan->end, &next);
	*folded = false;
	if (*stop == *start)
		return false; /* the empty line that ends the header */
	while (is_continuation(scan, next)) {
		*folded = true;
		*stop = line_end(next, scan->end, &next);
	}
	scan->at = next;
	return true;
}

/* The field's name ends before the colon; blanks may stand between (RFC 5322 section 4.5). */
static const char *
find_colon(const char *start, const char *stop, size_t *name_size)
{
	const char *at = start;

	while (at<stop && * at> ' ' && *at < 0x7f && *at != ':')
		at++;
	*name_size = (size_t)(at - start);
	while (at < stop && (*at == ' ' || *at == '\t'))
		at++;
	return at < stop && *at == ':' && *name_size > 0 ? at : NULL;
}

static bool
needs_copy(const struct header *header, const char *bytes, size_t size, bool folded)
{
	return folded || memchr(bytes, '\t', size) != NULL ||
	       (header->cleaned && memchr(bytes, '\0', size) != NULL);
}

/* Unfolds: line ends go, tabs become blanks. NUL becomes DEL, which no name or address may hold. */
static size_t
unfold(const char *bytes, size_t size, char *out)
{
	size_t kept = 0;

	for (size_t i = 0; i < size; i++) {
		char c = bytes[i];

		if (c == '\n' || (c == '\r' && i + 1 < size && bytes[i + 1] == '\n'))
			continue;
		out[kept++] = c == '\t' ? ' ' : c == '\0' ? 0x7f : c;
	}
	return kept;
}

static void
read_value(struct scan *scan, const char *value, size_t size, bool folded, struct header_field *out)
{
	if (needs_copy(scan->out, value, size, folded)) {
		char *copy = arena_alloc(scan->arena, size + 1);

		size = unfold(value, size, copy);
		value = copy;
	}
	while (size > 0 && *value == ' ')
		value++, size--;
	while (size > 0 && value[size - 1] == ' ')
		size--;
	out->value = value;
	out->size = size;
}

static void
add_field(struct scan *scan, enum field_name name, const char *value, size_t size, bool folded)
{
	struct header_field *field = arena_alloc(scan->arena, sizeof *field);

	field->name = name;
	read_value(scan, value, size, folded, field);
	if (scan->last[name] == NULL)
		scan->out->first[name] = field;
	else
		scan->last[name]->next = field;
	scan->last[name] = field;
}

void
header_scan(struct arena *arena, const char *bytes, size_t size, struct header *out)
{
	struct scan scan = { .arena = arena, .at = bytes, .out = out };
	const char *start, *stop;
	bool folded;

	*out = (struct header){ .truncated = size > HEADER_SIZE_MAX };
	scan.end = bytes + (out->truncated ? HEADER_SIZE_MAX : size);
	out->cleaned = memchr(bytes, '\0', (size_t)(scan.end - bytes)) != NULL;
	while (next_field(&scan, &start, &stop, &folded)) {
		size_t name_size;
		const char *colon = find_colon(start, stop, &name_size);
		enum field_name name = colon == NULL ? FIELD_NONE : name_of(start, name_size);

		if (colon != NULL && ++out->field_count > HEADER_FIELDS_MAX) {
			out->truncated = true;
			return;
		}
		if (name != FIELD_NONE)
			add_field(&scan, name, colon + 1, (size_t)(stop - colon - 1), folded);
	}
}

unsigned
header_find(struct arena *arena, const char *bytes, size_t size, const char *name,
	struct header_field *out, unsigned max)
{
	struct header ignored = { 0 };
	struct scan scan = { .arena = arena, .at = bytes, .out = &ignored };
	size_t length = strlen(name), name_size;
	const char *start, *stop;
	unsigned found = 0, looked = 0;
	bool folded;

	scan.end = bytes + (size > HEADER_SIZE_MAX ? HEADER_SIZE_MAX : size);
	ignored.cleaned = memchr(bytes, '\0', (size_t)(scan.end - bytes)) != NULL;
	while (found < max && looked++ < HEADER_FIELDS_MAX &&
		next_field(&scan, &start, &stop, &folded)) {
		const char *colon = find_colon(start, stop, &name_size);

		if (colon == NULL || name_size != length || strncasecmp(start, name, length) != 0)
			continue;
		out[found] = (struct header_field){ 0 };
		read_value(&scan, colon + 1, (size_t)(stop - colon - 1), folded, &out[found++]);
	}
	return found;
}

bool
field_is_deep(const char *bytes, size_t size)
{
	int depth = 0;

	for (size_t i = 0; i < size; i++) {
		depth += bytes[i] == '(';
		if (bytes[i] == ')' && depth > 0)
			depth--;
		if (depth > HEADER_COMMENT_DEPTH_MAX)
			return true;
	}
	return false;
}
