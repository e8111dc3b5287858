#include <libetpan/libetpan.h>
#include <stdlib.h>
#include <string.h>

#include "etpan.h"

/* The library's hook has no context, so this pointer cannot be passed in. */
static struct charsets *used;

static int
convert(const char *to, const char *from, const char *bytes, size_t size, char *result,
	size_t *result_size)
{
	struct text out = { 0 };
	size_t kept = 0;

	(void)to;
	if (used == NULL)
		return MAIL_CHARCONV_ERROR_CONV;
	charset_decode(used, from, strlen(from), bytes, size, &out);
	if (out.bytes != NULL) {
		kept = text_cut(out.bytes, out.size, *result_size);
		memcpy(result, out.bytes, kept);
	}
	*result_size = kept;
	text_clear(&out);
	return MAIL_CHARCONV_NO_ERROR;
}

void
etpan_use_charsets(struct charsets *charsets)
{
	used = charsets;
	extended_charconv = convert;
}

/* Only blanks are left. */
static bool
is_rest_blank(const char *bytes, size_t size, size_t at)
{
	while (at < size && bytes[at] == ' ')
		at++;
	return at == size;
}

bool
etpan_mailbox(struct arena *arena, const char *bytes, size_t size, struct mailbox *out)
{
	struct mailimf_mailbox *mailbox = NULL;
	size_t at = 0;
	bool whole;

	if (size > ETPAN_SLICE_MAX ||
		mailimf_mailbox_parse(bytes, size, &at, &mailbox) != MAILIMF_NO_ERROR)
		return false;
	whole = is_rest_blank(bytes, size, at) && mailbox->mb_addr_spec != NULL;
	if (whole) {
		const char *name = mailbox->mb_display_name;

		*out = (struct mailbox){ 0 };
		out->name = arena_text(arena, name == NULL ? "" : name);
		out->name_size = strlen(out->name);
		out->spec = arena_text(arena, mailbox->mb_addr_spec);
		out->spec_size = strlen(out->spec);
	}
	mailimf_mailbox_free(mailbox);
	return whole;
}

bool
etpan_date(const char *bytes, size_t size, struct civil *out)
{
	struct mailimf_date_time *date = NULL;
	size_t at = 0;
	bool whole;

	if (size > ETPAN_SLICE_MAX ||
		mailimf_date_time_parse(bytes, size, &at, &date) != MAILIMF_NO_ERROR)
		return false;
	whole = is_rest_blank(bytes, size, at);
	if (whole)
		*out = (struct civil){ date->dt_year, date->dt_month, date->dt_day, date->dt_hour,
			date->dt_min, date->dt_sec };
	mailimf_date_time_free(date);
	return whole;
}

char *
etpan_words(struct arena *arena, const char *bytes, size_t size)
{
	char *text = NULL;
	char *copy;
	size_t at = 0;

	if (size > ETPAN_SLICE_MAX || mailmime_encoded_phrase_parse("utf-8", bytes, size, &at,
					      "utf-8", &text) != MAILIMF_NO_ERROR)
		return NULL;
	copy = arena_text(arena, text);
	free(text);
	return copy;
}
