#include <string.h>

#include "liaison/base/address.h"
#include "liaison/mail/mailbox.h"
#include "liaison/mail/word.h"

static bool
is_plain_ascii(const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i] <= ' ' || bytes[i] >= 0x7f)
			return false;
	return true;
}

/* As written; blanks for controls, so that no control can hide in an address. */
static const char *
clean_email(struct charsets *charsets, struct arena *arena, const char *bytes, size_t size,
	unsigned *flags)
{
	struct text text = { 0 };
	bool changed = false;
	const char *email;

	if (size > EVENT_EMAIL_MAX)
		size = EVENT_EMAIL_MAX;
	if (is_plain_ascii(bytes, size)) {
		email = arena_text_n(arena, bytes, size);
		if (address_mixed_script(email))
			*flags |= EVENT_MIXED_SCRIPT;
		return email;
	}
	charset_guess(charsets, bytes, size, &text);
	email = text_clean(arena, text.bytes, text.size, EVENT_EMAIL_MAX, false, &changed);
	text_clear(&text);
	if (changed)
		*flags |= EVENT_CLEANED;
	if (address_mixed_script(email))
		*flags |= EVENT_MIXED_SCRIPT;
	return email;
}

/* Outlook wraps names in single quotes; a name that only repeats the address is none. */
static const char *
useful_name(struct arena *arena, const char *name, const char *email)
{
	size_t size = strlen(name);

	if (size > 2 && name[0] == '\'' && name[size - 1] == '\'')
		name = arena_text_n(arena, name + 1, size - 2);
	return *name == '\0' || text_equal_nocase(name, email) ? NULL : name;
}

void
mailbox_party(struct charsets *charsets, struct arena *arena, const struct mailbox *mailbox,
	struct event_party *out, unsigned *flags)
{
	struct err err;
	char *address;

	*out = (struct event_party){ 0 };
	out->email = clean_email(charsets, arena, mailbox->spec, mailbox->spec_size, flags);
	if (mailbox->name_size > 0)
		out->name = useful_name(arena,
			words_text(charsets, arena, mailbox->name, mailbox->name_size,
				EVENT_NAME_MAX, flags),
			out->email);
	if (out->name != NULL && address_mixed_script(out->name))
		*flags |= EVENT_MIXED_SCRIPT;
	if (mailbox->spec_size <= EVENT_EMAIL_MAX &&
		address_canonical(arena, out->email, &address, &err) == 0)
		out->address = address;
}
