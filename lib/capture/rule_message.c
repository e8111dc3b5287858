#include <string.h>

#include "rules.h"

/* What the conditions of rules are about: a message, as the ledger has it. */

static const struct query_field fields[] = {
	PARTY_FIELD("from", "from"),
	PARTY_FIELD("to", "to"),
	PARTY_FIELD("cc", "cc"),
	PARTY_FIELD("bcc", "bcc"),
	PARTY_FIELD("sender", "sender"),
	PARTY_FIELD("reply_to", "reply-to"),
	PARTY_FIELD("organizer", "organizer"),
	PARTY_FIELD("attendee", "attendee"),
	PARTY_ANY,
	{ "subject", QUERY_TEXT, "m.subject", NULL, true },
	{ "folder", QUERY_TEXT, "t.folder", NULL, true },
	{ "source", QUERY_TEXT, "s.name", NULL, true },
	{ "list_id", QUERY_TEXT, "m.list_id", NULL, true },
	{ "message_id", QUERY_TEXT, "m.message_id", NULL, true },
	{ "size", QUERY_NUMBER, "m.size", NULL, true },
	{ "direction", QUERY_TEXT, "m.direction", NULL, true },
	{ "decision", QUERY_TEXT, "coalesce(l.plain, l.decision)", NULL, true },
	{ 0 },
};

/* Of these headers the evidence has more than their text. */
static const struct {
	const char *header, *field;
} own_headers[] = {
	{ "from", "from" },
	{ "to", "to" },
	{ "cc", "cc" },
	{ "bcc", "bcc" },
	{ "sender", "sender" },
	{ "reply-to", "reply_to" },
	{ "subject", "subject" },
	{ "list-id", "list_id" },
	{ "message-id", "message_id" },
};

/* Of these nothing is ever missing. */
static const char *const always[] = { "folder", "source", "size", "direction", "decision" };

static const char *
known(struct arena *arena, const struct query_field *field)
{
	for (size_t i = 0; i < sizeof always / sizeof *always; i++) {
		if (strcmp(field->name, always[i]) == 0)
			return NULL;
	}
	if (text_starts(field->name, "header("))
		return arena_printf(arena,
			"EXISTS (%s 1) OR EXISTS (SELECT 1 FROM meeting g WHERE g.message_id = "
			"l.message_id)",
			field->exists);
	if (strcmp(field->name, "subject") == 0)
		return "coalesce(m.kept, 3) = 0";
	if (strcmp(field->name, "list_id") == 0 || strcmp(field->name, "message_id") == 0)
		return "coalesce(m.kept, 3) <= 2";
	return "coalesce(m.kept, 3) <= 1";
}

/* The name between the parentheses as it is kept: lower case, of letters, digits and "-" alone, so that
 * it may stand in a statement. NULL: it is none. */
static char *
header_name(struct arena *arena, const char *name)
{
	static const char prefix[] = "header(";
	size_t size = strlen(name), around = sizeof prefix;
	char *plain;

	if (!text_starts(name, prefix) || size <= around || size - around > EVENT_HEADER_NAME_MAX)
		return NULL;
	plain = arena_text_n(arena, name + around - 1, size - around);
	for (char *c = plain; *c != '\0'; c++) {
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	}
	return plain[strspn(plain, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0' ? plain : NULL;
}

static const struct query_field *
own_field(const char *header)
{
	const struct query_field *field = fields;
	const char *name = NULL;

	for (size_t i = 0; i < sizeof own_headers / sizeof *own_headers; i++) {
		if (strcmp(own_headers[i].header, header) == 0)
			name = own_headers[i].field;
	}
	while (name != NULL && strcmp(field->name, name) != 0)
		field++;
	return name == NULL ? NULL : field;
}

const struct query_field *
header_field(struct arena *arena, const char *name)
{
	const char *header = header_name(arena, name);
	struct query_field *field;

	if (header == NULL)
		return NULL;
	field = arena_alloc(arena, sizeof *field);
	field->name = arena_printf(arena, "header(%s)", header);
	field->type = QUERY_TEXT;
	field->sql = "h.value";
	field->exists = arena_printf(arena,
		"SELECT 1 FROM message_header h WHERE h.message_id = l.message_id AND h.name = "
		"'%s' AND",
		header);
	return field;
}

static const struct query_field *
message_field(struct arena *arena, const char *name)
{
	const char *header = header_name(arena, name);
	const struct query_field *own = header == NULL ? NULL : own_field(header);

	return own != NULL ? own : header_field(arena, name);
}

const struct query_noun message_noun = {
	.name = "message",
	.from = "ledger l JOIN stream t ON t.id = l.stream_id JOIN source s ON s.id = t.source_id "
		"LEFT JOIN message m ON m.id = l.message_id",
	.id = "l.id",
	.fields = fields,
	.words = decision_words,
	.sort = "-size",
	.find = message_field,
	.known = known,
};

const char *
field_header(const struct query_field *field, size_t *size)
{
	if (!text_starts(field->name, "header("))
		return NULL;
	*size = strlen(field->name) - sizeof "header()" + 1;
	return field->name + sizeof "header(" - 1;
}
