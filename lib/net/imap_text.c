#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "imap_machine.h"

/* "[CODE arguments] words for people" after OK, NO, BAD, BYE, PREAUTH (RFC 3501 7.1, 5530). */

enum { TEXT_MAX = 300 };

static const struct {
	const char *word;
	enum imap_code code;
} CODES[] = {
	{ "ALERT", IMAP_CODE_ALERT },
	{ "AUTHENTICATIONFAILED", IMAP_CODE_AUTHENTICATIONFAILED },
	{ "AUTHORIZATIONFAILED", IMAP_CODE_AUTHORIZATIONFAILED },
	{ "EXPIRED", IMAP_CODE_EXPIRED },
	{ "PRIVACYREQUIRED", IMAP_CODE_PRIVACYREQUIRED },
	{ "UNAVAILABLE", IMAP_CODE_UNAVAILABLE },
	{ "OVERQUOTA", IMAP_CODE_OVERQUOTA },
	{ "THROTTLED", IMAP_CODE_THROTTLED },
	{ "LIMIT", IMAP_CODE_LIMIT },
	{ "INUSE", IMAP_CODE_INUSE },
	{ "SERVERBUG", IMAP_CODE_SERVERBUG },
	{ "CONTACTADMIN", IMAP_CODE_CONTACTADMIN },
	{ "NONEXISTENT", IMAP_CODE_NONEXISTENT },
	{ "NOPERM", IMAP_CODE_NOPERM },
	{ "BADCHARSET", IMAP_CODE_BADCHARSET },
	{ "CANNOT", IMAP_CODE_CANNOT },
};

/* What servers say when they want less of us; Gmail, Exchange Online, Yahoo, Dovecot. */
static const char *const THROTTLE_WORDS[] = {
	"throttl",
	"too many",
	"rate limit",
	"over quota",
	"overquota",
	"bandwidth",
	"try again later",
	"temporarily",
	"exceeded",
	"maximum number of connections",
	"server busy",
	"backoff",
};

static enum imap_code
code_by_word(const char *word, size_t size)
{
	for (size_t i = 0; i < sizeof(CODES) / sizeof(CODES[0]); i++)
		if (strlen(CODES[i].word) == size && strncasecmp(CODES[i].word, word, size) == 0)
			return CODES[i].code;
	return IMAP_CODE_OTHER;
}

static bool
sounds_throttled(const char *text)
{
	for (size_t i = 0; i < sizeof(THROTTLE_WORDS) / sizeof(THROTTLE_WORDS[0]); i++)
		if (strcasestr(text, THROTTLE_WORDS[i]))
			return true;
	return false;
}

/* "Suggested Backoff Time: 299961 milliseconds" (Exchange Online); at most a day. */
static int64_t
waiting_time(const char *text)
{
	const char *at = strcasestr(text, "backoff time:");
	const char *digits = at ? at + strlen("backoff time:") : NULL;
	uint64_t number;
	size_t size;

	if (!digits)
		return 0;
	digits += strspn(digits, " ");
	size = strspn(digits, "0123456789");
	if (parse_number(digits, size, 24 * 3600 * 1000, &number) < 0)
		return 0;
	return strcasestr(digits + size, "milli") ? (int64_t)number : (int64_t)number * 1000;
}

static uint32_t
code_number(const char *arguments, size_t size)
{
	uint64_t number;
	size_t digits = strspn(arguments, "0123456789");

	if (digits > size || parse_number(arguments, digits, UINT32_MAX, &number) < 0)
		return 0;
	return (uint32_t)number;
}

static void
read_capabilities(struct imap *imap, const char *words, size_t size)
{
	char word[64];
	size_t at = 0;

	imap->capabilities = 0;
	imap->capabilities_known = true;
	while (at < size) {
		size_t length = strcspn(words + at, " ");

		if (length > size - at)
			length = size - at;
		if (length > 0 && length < sizeof(word)) {
			memcpy(word, words + at, length);
			word[length] = '\0';
			capability_word(imap, word);
		}
		at += length + 1;
	}
}

static enum imap_code
read_code(struct imap *imap, const char *code, size_t size)
{
	size_t word = strcspn(code, " ]");
	const char *arguments;
	size_t rest;

	if (word > size)
		word = size;
	arguments = code + word + (word < size);
	rest = size - word - (word < size);
	if (word == 11 && strncasecmp(code, "UIDVALIDITY", word) == 0) {
		imap->selected.uidvalidity = code_number(arguments, rest);
		imap->selected.has_uidvalidity = imap->selected.uidvalidity != 0;
	} else if (word == 7 && strncasecmp(code, "UIDNEXT", word) == 0) {
		imap->selected.uidnext = code_number(arguments, rest);
		imap->selected.has_uidnext = imap->selected.uidnext != 0;
	} else if (word == 10 && strncasecmp(code, "CAPABILITY", word) == 0)
		read_capabilities(imap, arguments, rest);
	else
		return code_by_word(code, word);
	return IMAP_CODE_OTHER;
}

/* The "]" that closes the code; quoted strings may hold others. NULL: it is not closed. */
static const char *
code_end(const char *code)
{
	bool quoted = false;

	for (const char *p = code; *p; p++) {
		if (*p == '"')
			quoted = !quoted;
		else if (*p == '\\' && quoted && p[1])
			p++;
		else if (*p == ']' && !quoted)
			return p;
	}
	return strchr(code, ']');
}

void
read_status_text(struct imap *imap, const char *bytes, struct imap_event *event)
{
	const char *end, *words = bytes;

	event->code = IMAP_CODE_NONE;
	if (*bytes == '[') {
		end = code_end(bytes + 1);
		if (end) {
			event->code = read_code(imap, bytes + 1, (size_t)(end - bytes - 1));
			words = end + 1 + strspn(end + 1, " ");
		} else
			event->code = code_by_word(bytes + 1, strcspn(bytes + 1, " "));
	}
	event->text = auth_is_told(imap, words)
			      ? "(not shown: its words hold the secret)"
			      : text_escape(imap_arena(imap), words, strlen(words), TEXT_MAX);
	event->wait_ms = waiting_time(words);
	event->throttled = event->code == IMAP_CODE_THROTTLED || event->code == IMAP_CODE_LIMIT ||
			   event->code == IMAP_CODE_OVERQUOTA ||
			   event->code == IMAP_CODE_UNAVAILABLE || event->code == IMAP_CODE_INUSE ||
			   event->wait_ms > 0 || sounds_throttled(words);
}
