#include "liaison/net/scrub.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "liaison/base/utf8.h"

/* ---- words that tell of nobody ---- */

static const char *const PROTOCOL[] = { "7bit", "8bit", "alert", "all", "alternative", "answered",
	"append", "appendlimit", "appenduid", "application", "archive", "attachment", "auth",
	"authenticate", "authenticationfailed", "auto-generated", "auto-notified", "auto-replied",
	"bad", "base64", "before", "big5", "binary", "binarymime", "body", "bodystructure",
	"boundary", "bulk", "bye", "calendar", "cancelupdate", "capability", "catenate",
	"changedsince", "charset", "check", "children", "close", "closed", "company-confidential",
	"compress", "condstore", "confidential", "context", "convert", "copy", "copyuid", "count",
	"cram-md5", "create-special-use", "csv", "deflate", "delayed", "deleted", "delivery-status",
	"digest-md5", "display", "disposition-notification", "done", "dovecot", "draft", "drafts",
	"earlier", "emailid", "enable", "envelope", "esearch", "esort", "examine", "exists",
	"expunge", "expunged", "external", "fetch", "fields", "filename", "filters", "flagged",
	"flags", "flowed", "format", "forwarded", "fuzzy", "gb18030", "gb2312", "gif", "gssapi",
	"haschildren", "hasnochildren", "header", "high", "highestmodseq", "html", "i18nlevel",
	"id", "idle", "image", "imap4rev1", "imap4rev2", "important", "inbox", "inline",
	"inprogress", "internaldate", "iso-2022-jp", "iso-8859-1", "iso-8859-15", "iso-8859-2",
	"iso-8859-9", "jmapaccess", "jpeg", "junk", "keyword", "koi8-r", "larger", "limit", "list",
	"list-extended", "list-metadata", "list-myrights", "list-status", "literal", "literal2",
	"login", "login-referrals", "logindisabled", "logout", "low", "lsub", "mailbox-referrals",
	"mailboxes", "mailboxid", "marked", "mdnsent", "message", "messagelimit", "messages",
	"metadata", "metadata-server", "method", "micalg", "mime", "mixed", "modseq", "move",
	"msword", "multiappend", "multipart", "multisearch", "name", "namespace", "nil", "no",
	"noinferiors", "nomodseq", "none", "nonexistent", "noop", "normal", "noselect", "notify",
	"notjunk", "ntlm", "oauthbearer", "objectid", "octet-stream", "ok", "oof", "orderedsubject",
	"partial", "pdf", "peek", "permanentflags", "personal", "pgp-signature", "pkcs7-signature",
	"plain", "png", "preauth", "preview", "private", "protocol", "qresync", "quota",
	"quoted-printable", "read-only", "read-write", "ready", "recent", "references", "refs",
	"related", "remote", "rename", "rendition", "reply", "report", "report-type", "request",
	"return", "rfc822", "rfc822-headers", "rights", "sasl-ir", "savedate", "savelimit",
	"scram-sha-1", "scram-sha-1-plus", "scram-sha-256", "scram-sha-256-plus", "search",
	"searchres", "seen", "select", "sent", "sentbefore", "sentsince", "shift_jis", "signed",
	"since", "size", "smaller", "sort", "spam", "special-use", "starttls", "status", "store",
	"structure", "subscribe", "subscribed", "tag", "text", "thread", "threadid", "throttled",
	"trash", "trycreate", "type", "uid", "uidbatches", "uidnext", "uidonly", "uidplus",
	"uidvalidity", "unanswered", "unauthenticate", "unavailable", "unchangedsince", "undeleted",
	"undraft", "unflagged", "unkeyword", "unmarked", "unseen", "unselect", "unsubscribe",
	"urgent", "url-partial", "urlauth", "us-ascii", "utf-16", "utf-7", "utf-8", "utf8",
	"vanished", "video", "windows-1250", "windows-1251", "windows-1252", "windows-1254",
	"within", "x-gm-ext-1", "x-gm-labels", "x-gm-msgid", "x-gm-raw", "x-gm-thrid",
	"xapplepushservice", "xlist", "xml", "xoauth2", "zip" };

static const char *const CALENDAR[] = { "apr", "aug", "cdt", "cest", "cet", "cst", "dec", "edt",
	"est", "feb", "fri", "gmt", "jan", "jul", "jun", "mar", "may", "mdt", "mon", "mst", "nov",
	"oct", "pdt", "pst", "sat", "sep", "sun", "thu", "tue", "ut", "utc", "wed" };

enum value { VALUE_PERSONAL, VALUE_STRUCTURE, VALUE_DATE };

static const struct {
	const char *name;
	enum value value;
} FIELDS[] = {
	{ "auto-submitted", VALUE_STRUCTURE },
	{ "authentication-results", VALUE_PERSONAL },
	{ "bcc", VALUE_PERSONAL },
	{ "cc", VALUE_PERSONAL },
	{ "content-disposition", VALUE_STRUCTURE },
	{ "content-transfer-encoding", VALUE_STRUCTURE },
	{ "content-type", VALUE_STRUCTURE },
	{ "date", VALUE_DATE },
	{ "delivered-to", VALUE_PERSONAL },
	{ "from", VALUE_PERSONAL },
	{ "importance", VALUE_STRUCTURE },
	{ "in-reply-to", VALUE_PERSONAL },
	{ "list-id", VALUE_PERSONAL },
	{ "list-unsubscribe", VALUE_PERSONAL },
	{ "message-id", VALUE_PERSONAL },
	{ "mime-version", VALUE_STRUCTURE },
	{ "precedence", VALUE_STRUCTURE },
	{ "priority", VALUE_STRUCTURE },
	{ "received", VALUE_PERSONAL },
	{ "references", VALUE_PERSONAL },
	{ "reply-to", VALUE_PERSONAL },
	{ "resent-date", VALUE_DATE },
	{ "return-path", VALUE_PERSONAL },
	{ "sender", VALUE_PERSONAL },
	{ "sensitivity", VALUE_STRUCTURE },
	{ "subject", VALUE_PERSONAL },
	{ "to", VALUE_PERSONAL },
	{ "x-auto-response-suppress", VALUE_STRUCTURE },
	{ "x-priority", VALUE_STRUCTURE },
};

static bool
is_word(const char *bytes, size_t size, const char *word)
{
	return strlen(word) == size && strncasecmp(bytes, word, size) == 0;
}

static bool
is_among(const char *bytes, size_t size, const char *const *words, size_t count)
{
	for (size_t i = 0; size > 0 && i < count; i++)
		if (tolower((unsigned char)bytes[0]) == words[i][0] &&
			is_word(bytes, size, words[i]))
			return true;
	return false;
}

#define IS_AMONG(bytes, size, words) is_among(bytes, size, words, sizeof(words) / sizeof *(words))

/* ---- a word ---- */

static bool
in_word(char c)
{
	return isalnum((unsigned char)c) || c == '-' || c == '_' || (unsigned char)c >= 0x80;
}

static size_t
word_size(const char *bytes, size_t size)
{
	size_t length = 0;

	while (length < size && in_word(bytes[length]))
		length++;
	return length;
}

static bool
is_number(const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (!isdigit((unsigned char)bytes[i]))
			return false;
	return true;
}

/* A character beyond ASCII becomes one of the same number of bytes. */
static size_t
replace_wide(char *bytes, size_t size)
{
	static const char *const OF[] = { "?", "?", "\u00e4", "\u1ea1", "\U0001f600" };
	uint32_t code;
	size_t length = utf8_read(bytes, size, &code);

	if (code == UTF8_INVALID)
		memset(bytes, 0xe4, length); /* a letter of many other sets, and broken as it was */
	else
		memcpy(bytes, OF[length], length);
	return length;
}

static void
replace_word(const struct scrub *scrub, char *bytes, size_t size)
{
	uint8_t digest[SHA256_SIZE];
	char folded[256] = "";
	size_t known = size < sizeof folded ? size : sizeof folded;

	if (size == 0)
		return;
	for (size_t i = 0; i < known; i++)
		folded[i] = (char)tolower((unsigned char)bytes[i]);
	hmac_sha256(scrub->key, sizeof scrub->key, folded, known, digest);
	for (size_t i = 0; i < size;) {
		unsigned char c = (unsigned char)bytes[i];
		unsigned step = digest[i % SHA256_SIZE] + (unsigned)(i / SHA256_SIZE);

		if (c >= 0x80) {
			i += replace_wide(bytes + i, size - i);
			continue;
		}
		if (isupper(c))
			bytes[i] = (char)('A' + step % 26);
		else if (islower(c))
			bytes[i] = (char)('a' + step % 26);
		else if (isdigit(c))
			bytes[i] = (char)('0' + step % 10);
		i++;
	}
}

void
scrub_words(const struct scrub *scrub, char *bytes, size_t size)
{
	for (size_t at = 0; at < size;) {
		size_t length = word_size(bytes + at, size - at);

		replace_word(scrub, bytes + at, length);
		at += length > 0 ? length : 1;
	}
}

/* Words of the protocol, and numbers where they are kept, stay. */
static void
scrub_but_protocol(const struct scrub *scrub, char *bytes, size_t size, bool numbers)
{
	for (size_t at = 0; at < size;) {
		size_t length = word_size(bytes + at, size - at);

		if (length > 0 && !(numbers && is_number(bytes + at, length)) &&
			!IS_AMONG(bytes + at, length, PROTOCOL))
			replace_word(scrub, bytes + at, length);
		at += length > 0 ? length : 1;
	}
}

int
scrub_init(struct scrub *scrub)
{
	return random_bytes(scrub->key, sizeof scrub->key);
}

/* ---- headers ---- */

/* RFC 2047: =?charset?Q?text?= ; the size of its head, 0: it is none. */
static size_t
encoded_head(const char *bytes, size_t size)
{
	size_t at = 2;

	if (size < 8 || bytes[0] != '=' || bytes[1] != '?')
		return 0;
	at += word_size(bytes + at, size - at);
	if (at + 3 > size || bytes[at] != '?' || bytes[at + 2] != '?' ||
		strchr("bBqQ", bytes[at + 1]) == NULL)
		return 0;
	return at + 3;
}

static bool
is_code(const char *bytes, size_t size)
{
	return size >= 3 && bytes[0] == '=' && isxdigit((unsigned char)bytes[1]) &&
	       isxdigit((unsigned char)bytes[2]);
}

/* Codes such as =C3 that stand together, of what they stand for replaced; how many bytes they are. */
static size_t
replace_codes(const struct scrub *scrub, char *bytes, size_t size)
{
	char meant[64], code[4] = "";
	size_t count = 0;

	for (; count < sizeof meant && is_code(bytes + count * 3, size - count * 3); count++) {
		memcpy(code, bytes + count * 3 + 1, 2);
		meant[count] = (char)strtoul(code, NULL, 16);
	}
	scrub_words(scrub, meant, count);
	for (size_t i = 0; i < count; i++) {
		snprintf(code, sizeof code, "=%02X", (unsigned char)meant[i]);
		memcpy(bytes + i * 3, code, 3);
	}
	return count * 3;
}

static void
scrub_encoded(const struct scrub *scrub, char *bytes, size_t size)
{
	for (size_t at = 0; at < size;) {
		size_t length = word_size(bytes + at, size - at);

		replace_word(scrub, bytes + at, length);
		at += length > 0                       ? length
		      : is_code(bytes + at, size - at) ? replace_codes(scrub, bytes + at, size - at)
						       : 1;
	}
}

static void
scrub_personal(const struct scrub *scrub, char *bytes, size_t size)
{
	bool ends = true; /* somewhere behind */

	for (size_t at = 0; at < size;) {
		size_t head = ends ? encoded_head(bytes + at, size - at) : 0, length;
		const char *end = head > 0 ? memmem(bytes + at + head, size - at - head, "?=", 2)
					   : NULL;

		ends = ends && (head == 0 || end != NULL);
		if (end != NULL) {
			scrub_but_protocol(scrub, bytes + at + 2, head - 5, false);
			length = (size_t)(end - bytes) - at - head;
			scrub_encoded(scrub, bytes + at + head, length);
			at += head + length + 2;
			continue;
		}
		length = word_size(bytes + at, size - at);
		replace_word(scrub, bytes + at, length);
		at += length > 0 ? length : 1;
	}
}

static void
scrub_date(const struct scrub *scrub, char *bytes, size_t size)
{
	for (size_t at = 0; at < size;) {
		size_t length = word_size(bytes + at, size - at);
		size_t sign = length > 0 && bytes[at] == '-'; /* of the zone */

		if (!is_number(bytes + at + sign, length - sign) &&
			!IS_AMONG(bytes + at, length, CALENDAR))
			replace_word(scrub, bytes + at, length);
		at += length > 0 ? length : 1;
	}
}

/* Figures in parameters are of file names, too. */
static void
scrub_structure(const struct scrub *scrub, char *bytes, size_t size)
{
	const char *semicolon = memchr(bytes, ';', size);
	size_t plain = semicolon != NULL ? (size_t)(semicolon - bytes) : size;

	scrub_but_protocol(scrub, bytes, plain, true);
	scrub_but_protocol(scrub, bytes + plain, size - plain, false);
}

static void
scrub_field(const struct scrub *scrub, char *bytes, size_t size)
{
	size_t name = word_size(bytes, size);

	for (size_t i = 0; name < size && bytes[name] == ':' && i < sizeof FIELDS / sizeof *FIELDS;
		i++) {
		if (!is_word(bytes, name, FIELDS[i].name))
			continue;
		switch (FIELDS[i].value) {
		case VALUE_PERSONAL:
			scrub_personal(scrub, bytes + name, size - name);
			return;
		case VALUE_STRUCTURE:
			scrub_structure(scrub, bytes + name, size - name);
			return;
		case VALUE_DATE:
			scrub_date(scrub, bytes + name, size - name);
			return;
		}
	}
	scrub_personal(scrub, bytes, size);
}

void
scrub_header(const struct scrub *scrub, char *bytes, size_t size)
{
	size_t begin = 0;

	for (size_t at = 0; at < size; at++) {
		if (bytes[at] != '\n' ||
			(at + 1 < size && (bytes[at + 1] == ' ' || bytes[at + 1] == '\t')))
			continue;
		scrub_field(scrub, bytes + begin, at + 1 - begin);
		begin = at + 1;
	}
	scrub_field(scrub, bytes + begin, size - begin);
}

/* ---- the conversation ---- */

/* "21-Nov-2026 08:00:00 +0000" */
static bool
is_internal_date(const char *bytes, size_t size)
{
	return size == 26 && bytes[2] == '-' && bytes[6] == '-' && bytes[11] == ' ' &&
	       bytes[14] == ':' && IS_AMONG(bytes + 3, 3, CALENDAR) && is_number(bytes + 7, 4) &&
	       is_number(bytes + 22, 4);
}

static size_t
quoted_size(const char *bytes, size_t size)
{
	size_t at = 1;

	while (at < size && bytes[at] != '"' && bytes[at] != '\r' && bytes[at] != '\n')
		at += bytes[at] == '\\' && at + 1 < size ? 2 : 1;
	return at < size ? at : size;
}

/* {123} before the end of the line: how many bytes follow it. */
static bool
announces_literal(const char *line, size_t size, size_t *literal)
{
	size_t at = size;

	if (at < 3 || line[--at] != '}')
		return false;
	at -= at > 0 && line[at - 1] == '+';
	while (at > 0 && isdigit((unsigned char)line[at - 1]))
		at--;
	if (at == 0 || line[at - 1] != '{')
		return false;
	*literal = strtoul(line + at, NULL, 10);
	return true;
}

struct line {
	bool free_text; /* behind OK, NO, BAD or BYE: words of the server's own */
	unsigned brackets;
};

static size_t
scrub_atom(const struct scrub *scrub, char *bytes, size_t size, struct line *line)
{
	size_t length = word_size(bytes, size);
	bool told = line->free_text && line->brackets == 0;

	if (length == 0) {
		line->brackets += *bytes == '[';
		line->brackets -= *bytes == ']' && line->brackets > 0;
		return 1;
	}
	scrub_but_protocol(scrub, bytes, length, !told);
	if (is_word(bytes, length, "OK") || is_word(bytes, length, "NO") ||
		is_word(bytes, length, "BAD") || is_word(bytes, length, "BYE"))
		line->free_text = true;
	return length;
}

/* A line without its literals; what they are of is told by what stands before them. */
static void
scrub_line(const struct scrub *scrub, char *bytes, size_t size, struct line *line)
{
	for (size_t at = 0; at < size;) {
		size_t length;

		if (bytes[at] != '"' || (line->free_text && line->brackets == 0)) {
			at += scrub_atom(scrub, bytes + at, size - at, line);
			continue;
		}
		length = quoted_size(bytes + at, size - at);
		if (!is_internal_date(bytes + at + 1, length - 1))
			scrub_but_protocol(scrub, bytes + at + 1, length - 1, false);
		at += length + 1;
	}
}

void
scrub_conversation(const struct scrub *scrub, char *bytes, size_t size)
{
	struct line line = { 0 };

	for (size_t at = 0; at < size;) {
		char *end = memchr(bytes + at, '\n', size - at);
		size_t length = end != NULL ? (size_t)(end - bytes) - at : size - at;
		size_t plain = length > 0 && bytes[at + length - 1] == '\r' ? length - 1 : length;
		size_t literal = 0;
		bool more = announces_literal(bytes + at, plain, &literal);
		bool header = more && memmem(bytes + at, plain, "HEADER", 6) != NULL;

		scrub_line(scrub, bytes + at, plain, &line);
		at += length + (end != NULL);
		if (!more) {
			line = (struct line){ 0 };
			continue;
		}
		if (literal > size - at)
			literal = size - at;
		if (header)
			scrub_header(scrub, bytes + at, literal);
		else
			scrub_words(scrub, bytes + at, literal);
		at += literal;
	}
}
