#include <string.h>

#include "imap_machine.h"

/* What SEARCH found as ranges (RFC 4731). They are told as they come, none is kept. */

/* Messages may come and go while it is answered; beyond that a few bytes could claim any number. */
enum { FOUND_SLACK = 1000 };

static void
read_tag(struct imap *imap, const struct token *token)
{
	struct esearch *line = &imap->esearch;
	const struct pending *open = imap_tagged(imap, token->bytes);

	line->tag = false;
	line->foreign = open == NULL || open->command != IMAP_SEARCH;
	line->id = line->foreign ? 0 : open->id;
}

/* "(TAG "A7")" and whatever else stands in parentheses. */
static void
read_inside(struct imap *imap, const struct token *token)
{
	struct esearch *line = &imap->esearch;

	if (token->kind == TOKEN_OPEN)
		line->depth++;
	else if (token->kind == TOKEN_CLOSE)
		line->depth--;
	else if (line->tag)
		read_tag(imap, token);
	else
		line->tag = !line->uids && line->depth == 1 && word_is(token->bytes, "TAG");
}

static int
parse_range(const char *bytes, uint32_t *first, uint32_t *last)
{
	size_t size = strcspn(bytes, ":");
	uint64_t low, high;

	if (parse_number(bytes, size, UINT32_MAX, &low) < 0)
		return -1;
	high = low;
	if (bytes[size] == ':' &&
		parse_number(bytes + size + 1, strlen(bytes + size + 1), UINT32_MAX, &high) < 0)
		return -1;
	*first = (uint32_t)(low < high ? low : high);
	*last = (uint32_t)(low < high ? high : low);
	return *first > 0 ? 0 : -1;
}

static int
tell_range(struct imap *imap, const struct token *token)
{
	const struct pending *oldest = imap_oldest(imap, IMAP_SEARCH);
	struct imap_event event = { .kind = IMAP_FOUND, .command = IMAP_SEARCH };
	struct esearch *line = &imap->esearch;

	if (parse_range(token->bytes, &event.number, &event.last) < 0)
		return imap_dead(imap, ERR_FORMAT,
			"the server found messages with the UIDs '%.30s'", token->bytes);
	line->found += (uint64_t)event.last - event.number + 1;
	if (line->found > 2 * (uint64_t)imap->selected.messages + FOUND_SLACK)
		return imap_dead(imap, ERR_FORMAT, "the server found more messages than there are");
	event.id = line->id != 0 ? line->id : oldest != NULL ? oldest->id : 0;
	imap->line_used = 0;
	if (event.id != 0)
		imap_tell(imap, &event);
	return 0;
}

int
read_esearch(struct imap *imap, const struct token *token)
{
	struct esearch *line = &imap->esearch;
	bool number = token->kind == TOKEN_ATOM && strchr("0123456789", token->bytes[0]) != NULL;

	if (token->kind == TOKEN_END)
		return 0;
	if (token->kind == TOKEN_OPEN || line->depth > 0) {
		read_inside(imap, token);
		return 0;
	}
	if (token->kind == TOKEN_CLOSE || line->foreign) {
		imap->ignore = true;
		return 0;
	}
	if (number)
		return line->all ? tell_range(imap, token) : 0;
	line->all = line->uids && word_is(token->bytes, "ALL");
	line->uids = line->uids || word_is(token->bytes, "UID");
	return 0;
}
