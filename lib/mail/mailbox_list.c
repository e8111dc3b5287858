#include <string.h>

#include "liaison/mail/header.h"
#include "liaison/mail/mailbox.h"

/* Where in a mailbox the walk is. */
struct place {
	size_t start; /* of this mailbox */
	unsigned comments; /* open parentheses */
	bool quoted, angle, bracket;
};

void
mailbox_list_init(struct mailbox_list *list, const char *bytes, size_t size)
{
	*list = (struct mailbox_list){ .bytes = bytes, .size = size };
	list->naive = field_is_deep(bytes, size);
}

/* A list's separators, where they are not part of a name, a comment or a route. */
static bool
ends_mailbox(const struct mailbox_list *list, const struct place *place, size_t at)
{
	char c = list->bytes[at];

	if (c != ',' && c != ';')
		return false;
	if (list->naive)
		return true;
	if (place->quoted || place->comments > 0)
		return false;
	if (!place->angle)
		return true;
	/* "<@one,@two:user@host>" is a route; "<a@b, c <d@e>" lacks its ">". */
	return at + 1 == list->size || list->bytes[at + 1] != '@';
}

static void
take_quotable(struct place *place, char c)
{
	if (c == '"' && place->comments == 0)
		place->quoted = !place->quoted;
	if (place->quoted)
		return;
	place->comments += c == '(';
	if (c == ')' && place->comments > 0)
		place->comments--;
}

static void
take_char(const struct mailbox_list *list, struct place *place, size_t at)
{
	char c = list->bytes[at];

	if (!list->naive)
		take_quotable(place, c);
	if (place->quoted || place->comments > 0)
		return;
	if (c == '<' || c == '>')
		place->angle = c == '<';
	if (c == '[' || c == ']')
		place->bracket = c == '[';
	if (c == ':' && !place->angle && !place->bracket)
		place->start = at + 1; /* what came before is a group's name */
}

/* The end of the mailbox at list->at. */
static size_t
walk(struct mailbox_list *list, struct place *place)
{
	size_t at;

	*place = (struct place){ .start = list->at };
	for (at = list->at; at < list->size; at++) {
		if (ends_mailbox(list, place, at))
			break;
		if (list->bytes[at] == '\\' && !list->naive && at + 1 < list->size &&
			(place->quoted || place->comments > 0))
			at++;
		else
			take_char(list, place, at);
	}
	return at;
}

bool
mailbox_list_next(struct mailbox_list *list, const char **bytes, size_t *size)
{
	while (list->at < list->size) {
		struct place place;
		size_t end = walk(list, &place);

		/* A quote or comment that never ends would swallow the rest of the list. */
		if (place.quoted || place.comments > 0) {
			list->naive = true;
			end = walk(list, &place);
		}
		list->at = end + 1;
		while (place.start < end && list->bytes[place.start] == ' ')
			place.start++;
		while (end > place.start && list->bytes[end - 1] == ' ')
			end--;
		if (end > place.start) {
			*bytes = list->bytes + place.start;
			*size = end - place.start;
			return true;
		}
	}
	return false;
}
