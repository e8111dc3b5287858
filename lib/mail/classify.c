#include <string.h>
#include <strings.h>

#include "liaison/base/text.h"
#include "liaison/mail/classify.h"
#include "liaison/mail/word.h"

enum { LIST_ID_MAX = 255 };

/* The first word of a field's value is word; comments and parameters may follow it. */
static bool
is_word(const struct header_field *field, const char *word)
{
	size_t size = strlen(word);

	if (field == NULL || field->size < size || strncasecmp(field->value, word, size) != 0)
		return false;
	return field->size == size || strchr(" ;(,", field->value[size]) != NULL;
}

static const struct header_field *
field_of(const struct header *header, enum field_name name)
{
	const struct header_field *field = header->first[name];

	return field == NULL || field->size == 0 ? NULL : field;
}

/* RFC 3834 section 5: anything but "no" was not sent by a person. */
static bool
says_yes(const struct header *header, enum field_name name)
{
	const struct header_field *field = field_of(header, name);

	return field != NULL && !is_word(field, "no") && !is_word(field, "false");
}

static bool
has_null_return_path(const struct header *header)
{
	const struct header_field *field = field_of(header, FIELD_RETURN_PATH);

	return field != NULL && field->size >= 2 && strncmp(field->value, "<>", 2) == 0;
}

extern const char data_mail_absence_txt[];

/* The subject begins as those of answers in absence do (data/absence.txt). */
static bool
tells_absence(const char *subject, struct arena *arena)
{
	const char *folded, *line = data_mail_absence_txt;

	if (subject == NULL)
		return false;
	folded = text_fold(arena, subject);
	while (*line != '\0') {
		size_t size = strcspn(line, "\n");

		if (size > 0 && line[0] != '#' && strncmp(folded, line, size) == 0)
			return true;
		line += size + (line[size] == '\n');
	}
	return false;
}

/* What programs add that answer by themselves, and nobody's letter needs; alone it proves nothing, as
 * mail of people who want no such answers bears the first. */
static bool
has_evidence(const struct header *header)
{
	return field_of(header, FIELD_X_AUTO_RESPONSE_SUPPRESS) != NULL ||
	       field_of(header, FIELD_X_MS_INBOX_RULES_LOOP) != NULL;
}

static enum field_name
automatic_reason(
	const struct header *header, bool report, const struct event *event, struct arena *arena)
{
	const struct header_field *type = field_of(header, FIELD_CONTENT_TYPE);

	if (event->flags & EVENT_CALENDAR)
		return FIELD_NONE;
	if (says_yes(header, FIELD_AUTO_SUBMITTED))
		return FIELD_AUTO_SUBMITTED;
	if (says_yes(header, FIELD_X_AUTOREPLY))
		return FIELD_X_AUTOREPLY;
	if (says_yes(header, FIELD_X_AUTORESPOND))
		return FIELD_X_AUTORESPOND;
	if (is_word(field_of(header, FIELD_PRECEDENCE), "auto_reply"))
		return FIELD_PRECEDENCE;
	if (report || is_word(type, "multipart/report"))
		return FIELD_CONTENT_TYPE;
	if (has_null_return_path(header))
		return FIELD_RETURN_PATH;
	if (has_evidence(header) && tells_absence(event->subject, arena))
		return FIELD_SUBJECT;
	return FIELD_NONE;
}

/* Invitations and answers to them stand in the message itself; a file of events is but attached. */
static bool
is_calendar(const struct event *event)
{
	for (unsigned i = 0; i < event->part_count; i++) {
		if (strcmp(event->parts[i].type, "text/calendar") == 0 &&
			!event->parts[i].attachment)
			return true;
	}
	return false;
}

static bool
is_to_many(const struct event *event)
{
	unsigned count = event->party_total > event->party_count
				 ? event->party_total - event->party_count
				 : 0;

	for (unsigned i = 0; i < event->party_count; i++) {
		enum party_role role = event->parties[i].role;

		count += role == PARTY_TO || role == PARTY_CC || role == PARTY_BCC;
	}
	return count > CLASSIFY_RECIPIENTS_MAX;
}

static enum field_name
bulk_reason(const struct header *header)
{
	static const enum field_name lists[] = { FIELD_LIST_ID, FIELD_LIST_UNSUBSCRIBE,
		FIELD_LIST_POST };
	const struct header_field *precedence = field_of(header, FIELD_PRECEDENCE);

	for (unsigned i = 0; i < sizeof lists / sizeof *lists; i++)
		if (field_of(header, lists[i]) != NULL)
			return lists[i];
	if (is_word(precedence, "bulk") || is_word(precedence, "list") ||
		is_word(precedence, "junk"))
		return FIELD_PRECEDENCE;
	return FIELD_NONE;
}

/* "Announcements <announce.lists.example>": the id is what stands in the angles (RFC 2919). */
static const char *
list_id(const struct header *header, struct arena *arena)
{
	const struct header_field *field = field_of(header, FIELD_LIST_ID);
	const char *start, *open;
	size_t size;
	bool changed;

	if (field == NULL)
		return NULL;
	start = field->value;
	size = field->size;
	open = memrchr(start, '<', size);
	if (open != NULL) {
		const char *close = memchr(open, '>', size - (size_t)(open - start));

		size = (size_t)((close == NULL ? start + size : close) - open - 1);
		start = open + 1;
	}
	start = text_trim(arena, start, size);
	return text_clean(arena, start, strlen(start), LIST_ID_MAX, false, &changed);
}

static const char *
sensitivity(const struct header *header)
{
	static const char *const words[] = { "private", "personal", "company-confidential" };
	const struct header_field *field = field_of(header, FIELD_SENSITIVITY);

	for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
		if (is_word(field, words[i]))
			return words[i];
	return NULL;
}

void
classify(const struct header *header, bool report, struct arena *arena, struct event *event)
{
	enum field_name reason;

	if (is_calendar(event))
		event->flags |= EVENT_CALENDAR;
	reason = automatic_reason(header, report, event, arena);
	event->class = reason == FIELD_NONE ? CLASS_PERSONAL : CLASS_AUTOMATIC;
	if (reason == FIELD_NONE && (reason = bulk_reason(header)) != FIELD_NONE)
		event->class = CLASS_BULK;
	event->class_reason = reason == FIELD_NONE ? NULL : field_spelling(reason);
	if (event->class == CLASS_PERSONAL && is_to_many(event)) {
		event->class = CLASS_BULK;
		event->class_reason = CLASSIFY_MANY;
	}
	event->list_id = list_id(header, arena);
	event->sensitivity = sensitivity(header);
}
