#include <stdio.h>
#include <string.h>

#include "imap_machine.h"

/* Lines: the first tokens say what it is and who takes the rest. */

static const struct {
	const char *word;
	enum line_kind line;
} UNTAGGED[] = {
	{ "OK", LINE_STATUS_TEXT },
	{ "NO", LINE_STATUS_TEXT },
	{ "BAD", LINE_STATUS_TEXT },
	{ "BYE", LINE_STATUS_TEXT },
	{ "PREAUTH", LINE_STATUS_TEXT },
	{ "CAPABILITY", LINE_CAPABILITY },
	{ "SEARCH", LINE_SEARCH },
	{ "ESEARCH", LINE_ESEARCH },
	{ "LIST", LINE_LIST },
	{ "XLIST", LINE_LIST },
	{ "STATUS", LINE_STATUS },
};

static int
read_status_word(struct imap *imap, const char *word)
{
	imap->preauth = word_is(word, "PREAUTH");
	imap->bye = word_is(word, "BYE");
	if (word_is(word, "OK") || imap->preauth || imap->bye)
		imap->status = IMAP_OK;
	else if (word_is(word, "NO"))
		imap->status = IMAP_NO;
	else if (word_is(word, "BAD"))
		imap->status = IMAP_BAD;
	else
		return -1;
	return 0;
}

static void
remember_first(struct imap *imap, const struct token *token)
{
	snprintf(imap->first, sizeof(imap->first), "%s", token->bytes);
}

/* What is no greeting is read to the end of its line, to be shown. */
static int
begin_strange(struct imap *imap, const struct token *token)
{
	remember_first(imap, token);
	imap->line = LINE_STRANGE;
	imap->raw = true;
	return 0;
}

static int
begin_line(struct imap *imap, const struct token *token)
{
	if (token->kind == TOKEN_END && imap->phase != PHASE_GREETING)
		return 0;
	remember_first(imap, token);
	if (token->kind == TOKEN_ATOM && strcmp(token->bytes, "*") == 0) {
		imap->line = LINE_UNTAGGED;
		return 0;
	}
	if (imap->phase == PHASE_GREETING)
		return begin_strange(imap, token);
	if (token->kind != TOKEN_ATOM)
		return imap_dead(imap, ERR_FORMAT, "the server sent a line that is no answer");
	if (strcmp(token->bytes, "+") == 0) {
		imap->line = LINE_CONTINUE;
		imap->raw = true;
		return 0;
	}
	imap->line = LINE_TAGGED;
	return 0;
}

static int
begin_untagged(struct imap *imap, const struct token *token)
{
	if (token->kind == TOKEN_END)
		return 0;
	if (token->kind == TOKEN_ATOM)
		for (size_t i = 0; i < sizeof(UNTAGGED) / sizeof(UNTAGGED[0]); i++) {
			if (!word_is(token->bytes, UNTAGGED[i].word))
				continue;
			imap->line = UNTAGGED[i].line;
			imap->raw = imap->line == LINE_STATUS_TEXT;
			if (!imap->raw && imap->phase == PHASE_GREETING)
				return begin_strange(imap, token);
			imap->esearch = (struct esearch){ 0 };
			return imap->raw ? read_status_word(imap, token->bytes) : 0;
		}
	if (imap->phase == PHASE_GREETING)
		return begin_strange(imap, token);
	if (token->kind == TOKEN_ATOM && strchr("-0123456789", token->bytes[0])) {
		remember_first(imap, token);
		imap->line = LINE_NUMBER;
		return 0;
	}
	imap->line = LINE_IGNORED;
	imap->ignore = true;
	return 0;
}

static int
tell_number(struct imap *imap, enum imap_event_kind kind)
{
	struct imap_event event = { .kind = kind, .number = imap->number };
	struct imap_mailbox *box = &imap->selected;

	if (kind == IMAP_EXPUNGED)
		box->messages -= box->messages > 0;
	else {
		box->messages = imap->number;
		box->has_messages = true;
	}
	imap->line = LINE_IGNORED;
	imap->ignore = true;
	imap_tell(imap, &event);
	return 0;
}

static int
begin_numbered(struct imap *imap, const struct token *token)
{
	bool exists = token->kind == TOKEN_ATOM && word_is(token->bytes, "EXISTS");
	bool expunge = token->kind == TOKEN_ATOM && word_is(token->bytes, "EXPUNGE");
	bool fetch = token->kind == TOKEN_ATOM && word_is(token->bytes, "FETCH");
	uint64_t number;

	if (!exists && !expunge && !fetch) {
		imap->line = LINE_IGNORED;
		imap->ignore = true;
		return 0;
	}
	if (parse_number(imap->first, strlen(imap->first), UINT32_MAX, &number) < 0 ||
		(number == 0 && !exists))
		return imap_dead(imap, ERR_FORMAT, "the server counts to '%s' in %s", imap->first,
			token->bytes);
	imap->number = (uint32_t)number;
	if (!fetch)
		return tell_number(imap, exists ? IMAP_EXISTS : IMAP_EXPUNGED);
	imap->line = LINE_FETCH;
	return fetch_begin(imap);
}

/* A server may work on SEARCH and FETCH side by side and end the later one first (RFC 3501 5.5; Dovecot
 * does); nothing else is answered out of turn. */
static bool
may_overtake(enum imap_command command)
{
	return command == IMAP_SEARCH || command == IMAP_FETCH;
}

static bool
find_answered(struct imap *imap)
{
	bool in_turn = true;

	for (unsigned i = 0; i < imap->queue_count; i++) {
		const struct pending *open =
			&imap->queue[(imap->queue_first + i) % IMAP_PIPELINE_MAX];
		char tag[16];

		snprintf(tag, sizeof(tag), "A%u", open->id);
		if (strcmp(tag, imap->first) == 0 && (in_turn || may_overtake(open->command))) {
			imap->answered = i;
			return true;
		}
		if (!may_overtake(open->command))
			return false;
		in_turn = false;
	}
	return false;
}

static int
begin_tagged(struct imap *imap, const struct token *token)
{
	if (!find_answered(imap))
		return imap_dead(
			imap, ERR_FORMAT, "the server answered '%s' to nothing asked", imap->first);
	if (token->kind != TOKEN_ATOM || read_status_word(imap, token->bytes) < 0 ||
		imap->preauth || imap->bye)
		return imap_dead(imap, ERR_FORMAT, "the server answered neither OK, NO nor BAD");
	imap->line = LINE_TAGGED_TEXT;
	imap->raw = true;
	return 0;
}

static int
take_greeting(struct imap *imap, struct imap_event *event)
{
	if (imap->bye)
		return imap_dead(imap, ERR_NETWORK, "the server said: %s", event->text);
	if (imap->status != IMAP_OK)
		return imap_dead(
			imap, ERR_FORMAT, "the server greeted with an error: %s", event->text);
	if (imap->preauth && imap->tls != TLS_NONE)
		return imap_dead(imap, ERR_REFUSED,
			"the server logged us in before we said who we are (PREAUTH)");
	imap->phase = PHASE_OPEN;
	imap->authenticated = imap->preauth;
	event->kind = IMAP_READY;
	event->number = imap->preauth;
	imap_tell(imap, event);
	return 0;
}

static int
take_status_text(struct imap *imap, const struct token *token)
{
	struct imap_event event = { 0 };

	read_status_text(imap, token->bytes, &event);
	if (imap->phase == PHASE_GREETING)
		return take_greeting(imap, &event);
	event.status = imap->status;
	if (imap->bye || event.code == IMAP_CODE_ALERT) {
		event.kind = imap->bye ? IMAP_BYE : IMAP_ALERT;
		imap_tell(imap, &event);
	}
	return 0;
}

static int
take_tagged_text(struct imap *imap, const struct token *token)
{
	struct imap_event event = { 0 };

	read_status_text(imap, token->bytes, &event);
	event.status = imap->status;
	imap->responses = 0;
	imap->bytes = 0;
	return imap_finish(imap, &event);
}

/* The IDLE that a "+" may be for: nothing before it but what it may overtake. */
static const struct pending *
idle_in_turn(const struct imap *imap)
{
	for (unsigned i = 0; i < imap->queue_count; i++) {
		const struct pending *open =
			&imap->queue[(imap->queue_first + i) % IMAP_PIPELINE_MAX];

		if (open->command == IMAP_IDLE)
			return open;
		if (!may_overtake(open->command))
			return NULL;
	}
	return NULL;
}

static int
take_continue(struct imap *imap)
{
	const struct pending *oldest = &imap->queue[imap->queue_first];
	const struct pending *idle = idle_in_turn(imap);
	struct imap_event event = { .kind = IMAP_IDLING, .command = IMAP_IDLE };

	if (imap->queue_count > 0 && oldest->command == IMAP_LOGIN)
		return auth_continue(imap);
	if (!idle || (imap->idle != IDLE_ASKED && imap->idle != IDLE_ENDING))
		return imap_dead(imap, ERR_FORMAT, "the server asked for more of nothing");
	imap->responses = 0;
	imap->bytes = 0;
	event.id = idle->id;
	if (imap->idle == IDLE_ENDING) {
		text_add(&imap->out, "DONE\r\n");
		text_add_n(&imap->out, imap->held.bytes, imap->held.size);
		text_reset(&imap->held);
		imap->idle = IDLE_OFF;
		return 0;
	}
	imap->idle = IDLE_ON;
	imap_tell(imap, &event);
	return 0;
}

static int
strange(struct imap *imap, const struct token *token)
{
	char *shown = text_escape(imap_arena(imap), token->bytes, token->size, 80);

	return imap_dead(imap, ERR_FORMAT,
		"the server does not greet as IMAP does, but with '%s%s%s'",
		text_escape(imap_arena(imap), imap->first, strlen(imap->first), 80),
		*shown ? " " : "", shown);
}

static int
take_raw(struct imap *imap, const struct token *token)
{
	if (token->kind == TOKEN_END)
		return 0;
	switch (imap->line) {
	case LINE_STRANGE:
		return strange(imap, token);
	case LINE_TAGGED_TEXT:
		return take_tagged_text(imap, token);
	case LINE_CONTINUE:
		return take_continue(imap);
	default:
		return take_status_text(imap, token);
	}
}

static int
route(struct imap *imap, const struct token *token)
{
	switch (imap->line) {
	case LINE_START:
		return begin_line(imap, token);
	case LINE_UNTAGGED:
		return begin_untagged(imap, token);
	case LINE_NUMBER:
		return begin_numbered(imap, token);
	case LINE_TAGGED:
		return begin_tagged(imap, token);
	case LINE_STRANGE:
	case LINE_TAGGED_TEXT:
	case LINE_CONTINUE:
	case LINE_STATUS_TEXT:
		return take_raw(imap, token);
	case LINE_CAPABILITY:
		return read_capability(imap, token);
	case LINE_SEARCH:
		return read_search(imap, token);
	case LINE_ESEARCH:
		return read_esearch(imap, token);
	case LINE_LIST:
		return read_list(imap, token);
	case LINE_STATUS:
		return read_status(imap, token);
	case LINE_FETCH:
		return fetch_token(imap, token);
	case LINE_IGNORED:
		return 0;
	}
	return 0;
}

int
imap_token(struct imap *imap, const struct token *token)
{
	int result = route(imap, token);

	if (result == 0 && imap->phase == PHASE_GREETING && token->kind == TOKEN_END)
		return strange(imap, token);
	if (token->kind != TOKEN_END)
		return result;
	imap->line = LINE_START;
	if (imap->idle == IDLE_ON) { /* thousands of connections are, most of the time */
		arena_free(imap->arena);
		imap->arena = NULL;
	} else if (imap->arena && arena_used(imap->arena) > ARENA_KEPT)
		arena_reset(imap->arena);
	if (result == 0 && ++imap->responses > RESPONSES_MAX)
		return imap_dead(imap, ERR_FORMAT, "the server does not stop answering");
	return result;
}

size_t
imap_literal_keep(struct imap *imap, uint64_t size)
{
	size_t most = IMAP_NAME_MAX;

	if (imap->line == LINE_FETCH) {
		const struct fetch *fetch = imap->fetch;

		most = 0;
		if (fetch->state == FETCH_STRUCTURE)
			most = fetch->structure.refused ? 0 : VALUE_MAX;
		else if (fetch->state == FETCH_VALUE && fetch->item == ITEM_HEADER)
			most = IMAP_HEADER_MAX;
		else if (fetch->state == FETCH_VALUE && fetch->item == ITEM_BODY)
			most = IMAP_BODY_MAX;
		else if (fetch->state == FETCH_VALUE)
			most = 64;
	}
	return size < most ? (size_t)size : most;
}

int
imap_line_long(struct imap *imap)
{
	struct fetch *fetch = imap->fetch;

	if (imap->ignore)
		return 1;
	if (imap->line != LINE_FETCH)
		return -1;
	if (fetch->state == FETCH_STRUCTURE) {
		fetch->structure.refused = true;
		return 1;
	}
	if (fetch->state == FETCH_SKIP || fetch->state == FETCH_DONE)
		return 1;
	return fetch->state == FETCH_VALUE && fetch->item == ITEM_OTHER ? 1 : -1;
}
