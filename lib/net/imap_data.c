#include <stdlib.h>
#include <string.h>

#include "imap_machine.h"
#include "liaison/net/mutf7.h"
#include "liaison/net/special_use.h"

/* Untagged data of a line each: CAPABILITY, SEARCH, LIST, STATUS. */

static const struct {
	const char *word;
	unsigned bit;
} CAPABILITIES[] = {
	{ "STARTTLS", IMAP_CAN_STARTTLS },
	{ "IDLE", IMAP_CAN_IDLE },
	{ "LITERAL+", IMAP_CAN_LITERAL_PLUS },
	{ "LITERAL-", IMAP_CAN_LITERAL_PLUS },
	{ "SASL-IR", IMAP_CAN_SASL_IR },
	{ "AUTH=PLAIN", IMAP_CAN_AUTH_PLAIN },
	{ "AUTH=LOGIN", IMAP_CAN_AUTH_LOGIN },
	{ "AUTH=XOAUTH2", IMAP_CAN_AUTH_XOAUTH2 },
	{ "AUTH=OAUTHBEARER", IMAP_CAN_AUTH_OAUTHBEARER },
	{ "SPECIAL-USE", IMAP_CAN_SPECIAL_USE },
	{ "LIST-EXTENDED", IMAP_CAN_LIST_EXTENDED },
	{ "LOGINDISABLED", IMAP_LOGIN_DISABLED },
	{ "IMAP4REV1", IMAP_CAN_REV1 },
	{ "IMAP4REV2", IMAP_CAN_REV2 | IMAP_CAN_IDLE | IMAP_CAN_SASL_IR | IMAP_CAN_SPECIAL_USE |
			       IMAP_CAN_LIST_EXTENDED | IMAP_CAN_UIDPLUS | IMAP_CAN_LITERAL_PLUS |
			       IMAP_CAN_ESEARCH },
	{ "ID", IMAP_CAN_ID },
	{ "UIDPLUS", IMAP_CAN_UIDPLUS },
	{ "CONDSTORE", IMAP_CAN_CONDSTORE },
	{ "ESEARCH", IMAP_CAN_ESEARCH },
};

void
capability_word(struct imap *imap, const char *word)
{
	for (size_t i = 0; i < sizeof(CAPABILITIES) / sizeof(CAPABILITIES[0]); i++)
		if (word_is(word, CAPABILITIES[i].word))
			imap->capabilities |= CAPABILITIES[i].bit;
}

int
read_capability(struct imap *imap, const struct token *token)
{
	if (!imap->mailbox) { /* the first token of the line */
		imap->mailbox = mem_zero(1, sizeof(*imap->mailbox));
		imap->capabilities = 0;
		imap->capabilities_known = true;
	}
	if (token->kind == TOKEN_ATOM)
		capability_word(imap, token->bytes);
	if (token->kind == TOKEN_END)
		mailbox_line_free(imap);
	return 0;
}

/* Any number of UIDs on any number of lines; none is kept here. */
int
read_search(struct imap *imap, const struct token *token)
{
	const struct pending *open = imap_oldest(imap, IMAP_SEARCH);
	struct imap_event event = { .kind = IMAP_FOUND, .command = IMAP_SEARCH };
	uint64_t number;

	if (token->kind == TOKEN_END)
		return 0;
	if (token->kind != TOKEN_ATOM || !strchr("-0123456789", token->bytes[0])) {
		imap->ignore = true; /* "(MODSEQ 7)" and the like end the numbers */
		return 0;
	}
	if (parse_number(token->bytes, token->size, UINT32_MAX, &number) < 0 || number == 0)
		return imap_dead(imap, ERR_FORMAT,
			"the server found a message with the UID '%.20s'", token->bytes);
	imap->line_used = 0;
	if (!open)
		return 0;
	event.id = open->id;
	event.number = event.last = (uint32_t)number;
	imap_tell(imap, &event);
	return 0;
}

void
mailbox_line_free(struct imap *imap)
{
	if (!imap->mailbox)
		return;
	free(imap->mailbox->wire);
	free(imap->mailbox->key);
	free(imap->mailbox);
	imap->mailbox = NULL;
}

static struct mailbox_line *
mailbox_line(struct imap *imap)
{
	if (!imap->mailbox)
		imap->mailbox = mem_zero(1, sizeof(*imap->mailbox));
	return imap->mailbox;
}

/* Lines about names that we could not send back are as if they were not there. */
static bool
take_name(struct mailbox_line *line, const struct token *token)
{
	if (token->kind != TOKEN_ATOM && token->kind != TOKEN_STRING)
		return false;
	if (token->size == 0 || token->size > IMAP_NAME_MAX || token->truncated ||
		strlen(token->bytes) != token->size || strpbrk(token->bytes, "\r\n"))
		return false;
	line->wire = mem_text(token->bytes);
	return true;
}

static void
take_attribute(struct mailbox_line *line, const char *word)
{
	line->box.attributes |= special_use_by_word(word);
	if (word_is(word, "\\Noselect") || word_is(word, "\\NonExistent"))
		line->box.attributes |= IMAP_NOSELECT;
	else if (word_is(word, "\\HasChildren"))
		line->box.attributes |= IMAP_HAS_CHILDREN;
	else if (word_is(word, "\\HasNoChildren"))
		line->box.attributes |= IMAP_HAS_NO_CHILDREN;
	else if (word_is(word, "\\Inbox"))
		line->box.attributes |= IMAP_INBOX;
	else if (word_is(word, "\\AllMail"))
		line->box.attributes |= IMAP_ALL;
	else if (word_is(word, "\\Spam"))
		line->box.attributes |= IMAP_JUNK;
}

static void
tell_mailbox(struct imap *imap, enum imap_event_kind kind, enum imap_command command)
{
	struct mailbox_line *line = imap->mailbox;
	const struct pending *open = imap_oldest(imap, command);
	struct imap_event event = { .kind = kind, .command = command, .mailbox = &line->box };
	struct text name = { 0 };
	size_t size = strlen(line->wire);

	if (mutf7_decode(line->wire, size, &name) < 0 || !text_is_utf8(name.bytes, name.size)) {
		text_reset(&name);
		text_add_n(&name, line->wire, size);
	}
	line->box.wire = line->wire;
	line->box.name = text_clean(
		imap_arena(imap), name.bytes, name.size, IMAP_NAME_MAX, false, &(bool){ false });
	if (word_is(line->wire, "INBOX"))
		line->box.attributes |= IMAP_INBOX;
	event.id = open ? open->id : 0;
	imap_tell(imap, &event);
	text_clear(&name);
}

enum { LIST_OPEN, LIST_ATTRIBUTES, LIST_DELIMITER, LIST_NAME, LIST_COMPLETE };

static bool
list_step(struct imap *imap, struct mailbox_line *line, const struct token *token)
{
	switch (line->step) {
	case LIST_OPEN:
		return token->kind == TOKEN_OPEN;
	case LIST_ATTRIBUTES:
		if (token->kind == TOKEN_ATOM && token->bytes[0] == '\\')
			take_attribute(line, token->bytes);
		if (token->kind != TOKEN_CLOSE)
			line->step--; /* stays for the next attribute */
		return true;
	case LIST_DELIMITER:
		if (token->kind == TOKEN_STRING)
			line->box.delimiter = token->bytes[0];
		return token->kind == TOKEN_STRING || token->kind == TOKEN_ATOM;
	case LIST_NAME:
		imap->ignore = true;
		return take_name(line, token);
	}
	return true;
}

int
read_list(struct imap *imap, const struct token *token)
{
	struct mailbox_line *line = mailbox_line(imap);

	if (token->kind == TOKEN_END) {
		if (line->step == LIST_COMPLETE)
			tell_mailbox(imap, IMAP_LISTED, IMAP_LIST);
		mailbox_line_free(imap);
		return 0;
	}
	if (!list_step(imap, line, token)) {
		line->step = LIST_OPEN;
		imap->ignore = true;
		return 0;
	}
	line->step++;
	return 0;
}

enum { STATUS_NAME, STATUS_OPEN, STATUS_KEY, STATUS_VALUE, STATUS_COMPLETE };

static int
take_count(struct imap *imap, struct mailbox_line *line, const struct token *token)
{
	struct imap_mailbox *box = &line->box;
	bool messages = word_is(line->key, "MESSAGES");
	bool next = word_is(line->key, "UIDNEXT");
	uint64_t number;

	if (!messages && !next && !word_is(line->key, "UIDVALIDITY"))
		return 0;
	if (parse_number(token->bytes, token->size, UINT32_MAX, &number) < 0)
		return imap_dead(
			imap, ERR_FORMAT, "the server counts to '%.20s' in STATUS", token->bytes);
	if (messages) {
		box->has_messages = true;
		box->messages = (uint32_t)number;
	} else if (next) {
		box->has_uidnext = number != 0;
		box->uidnext = (uint32_t)number;
	} else {
		box->has_uidvalidity = number != 0;
		box->uidvalidity = (uint32_t)number;
	}
	return 0;
}

static int
take_status_pair(struct imap *imap, struct mailbox_line *line, const struct token *token)
{
	int result = 0;

	if (token->kind == TOKEN_CLOSE) {
		line->step = STATUS_COMPLETE;
		imap->ignore = true;
		return 0;
	}
	if (line->step == STATUS_KEY) {
		line->key = mem_text(token->bytes);
		line->step = STATUS_VALUE;
		return 0;
	}
	if (token->kind == TOKEN_ATOM)
		result = take_count(imap, line, token);
	free(line->key);
	line->key = NULL;
	line->step = STATUS_KEY;
	return result;
}

int
read_status(struct imap *imap, const struct token *token)
{
	struct mailbox_line *line = mailbox_line(imap);

	if (token->kind == TOKEN_END) {
		if (line->step == STATUS_COMPLETE)
			tell_mailbox(imap, IMAP_COUNTED, IMAP_STATUS);
		mailbox_line_free(imap);
		return 0;
	}
	if (line->step >= STATUS_KEY)
		return take_status_pair(imap, line, token);
	if (line->step == STATUS_NAME ? take_name(line, token) : token->kind == TOKEN_OPEN) {
		line->step++;
		return 0;
	}
	imap->ignore = true;
	return 0;
}
