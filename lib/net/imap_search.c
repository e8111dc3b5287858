#include <string.h>

#include "imap_machine.h"
#include "liaison/base/clock.h"

/* The commands that search. */

/* Up to the key "UID"; RFC 4731 3.1: ranges, where the server offers them. */
static struct text *
begin_search(struct imap *imap, unsigned *id, struct err *err)
{
	struct text *out = imap_begin(imap, IMAP_SEARCH, id, err);
	bool extended = imap->capabilities & IMAP_CAN_ESEARCH;

	if (!out)
		return NULL;
	imap->queue[(imap->queue_first + imap->queue_count - 1) % IMAP_PIPELINE_MAX].extended =
		extended;
	text_printf(out, "UID SEARCH %sUID ", extended ? "RETURN (ALL) " : "");
	return out;
}

static struct text *
begin_search_of(struct imap *imap, uint32_t low, uint32_t high, unsigned *id, struct err *err)
{
	struct text *out = begin_search(imap, id, err);

	if (!out)
		return NULL;
	text_printf(out, "%u:", low > 0 ? low : 1);
	if (high > 0)
		text_printf(out, "%u", high);
	else
		text_add_char(out, '*');
	return out;
}

unsigned
imap_search(struct imap *imap, uint32_t low, uint32_t high, int64_t since, struct err *err)
{
	static const char MONTHS[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct civil civil;
	unsigned id;
	struct text *out = begin_search_of(imap, low, high, &id, err);

	if (!out)
		return 0;
	if (since >= TIME_MIN && since <= TIME_MAX) {
		time_to_civil(since, &civil);
		text_printf(out, " SINCE %d-%.3s-%04d", civil.day, MONTHS + (civil.month - 1) * 3,
			civil.year);
	}
	text_add(out, "\r\n");
	return id;
}

/* RFC 9051, 6.4.4: a system flag is a word of its own there, anything else a keyword. */
static const char *
flag_word(const char *flag)
{
	static const char *const words[] = { "ANSWERED", "DELETED", "DRAFT", "FLAGGED", "SEEN" };

	for (size_t i = 0; flag[0] == '\\' && i < sizeof words / sizeof *words; i++) {
		if (text_equal_nocase(flag + 1, words[i]))
			return words[i];
	}
	return NULL;
}

static bool
is_atom(const char *word)
{
	for (const char *c = word; *c != '\0'; c++) {
		if (*c <= ' ' || *c >= 0x7f || strchr("(){%*\"\\]", *c) != NULL)
			return false;
	}
	return word[0] != '\0';
}

unsigned
imap_search_key(struct imap *imap, uint32_t low, uint32_t high, const char *key, struct err *err)
{
	bool without = key[0] == '!';
	const char *flag = flag_word(key + without);
	struct text *out;
	unsigned id;

	if (flag == NULL && !is_atom(key + without)) {
		fail(err, ERR_USAGE, "'%s' is no keyword", key + without);
		return 0;
	}
	out = begin_search_of(imap, low, high, &id, err);
	if (!out)
		return 0;
	text_printf(out, " %s%s%s\r\n", without ? "UN" : "", flag != NULL ? flag : "KEYWORD ",
		flag != NULL ? "" : key + without);
	return id;
}

unsigned
imap_search_set(struct imap *imap, const struct uid_set *uids, struct err *err)
{
	unsigned id;
	struct text *out = begin_search(imap, &id, err);

	if (!out)
		return 0;
	uid_set_text(uids, out);
	text_add(out, "\r\n");
	return id;
}
