#include <string.h>
#include <strings.h>

#include "vcard.h"

/* A card that we wrote has its addresses twice: as EMAIL, and with all that is known of them in a list of
 * our own. An address book changes the former alone. */

/* An element of a list, up to the next ';' that is not escaped. */
struct element {
	const char *address; /* escaped */
	size_t size;
	bool removed;
};

static size_t
stretch(const char *at, const char *ends)
{
	size_t size = 0;

	while (at[size] != '\0' && strchr(ends, at[size]) == NULL)
		size += at[size] == '\\' && at[size + 1] != '\0' ? 2 : 1;
	return size;
}

static bool
next_element(const char **at, struct element *out)
{
	static const char REMOVED[] = "|removed";
	const char *end;

	if (**at == '\0')
		return false;
	*out = (struct element){ *at, stretch(*at, ";|"), false };
	end = *at + stretch(*at, ";");
	for (const char *part = *at + out->size; part < end; part += 1 + stretch(part + 1, ";|"))
		out->removed |= strncmp(part, REMOVED, sizeof REMOVED - 1) == 0;
	*at = end + (*end == ';');
	return true;
}

static bool
same(const struct element *a, const struct element *b)
{
	return a->size == b->size && strncasecmp(a->address, b->address, a->size) == 0;
}

static bool
has_own(const char *list, const struct element *wanted)
{
	struct element own;

	while (next_element(&list, &own))
		if (!own.removed && same(&own, wanted))
			return true;
	return false;
}

static bool
has_email(const struct card *card, const struct element *wanted)
{
	for (const struct card_cell *cell = card->emails.first; cell != NULL; cell = cell->next) {
		const char *at = cell->value;
		struct element email;

		if (next_element(&at, &email) && same(&email, wanted))
			return true;
	}
	return false;
}

bool
card_keeps_emails(const struct card *card)
{
	const char *list = card->own_emails;
	struct element own;

	if (list == NULL)
		return false;
	for (const struct card_cell *cell = card->emails.first; cell != NULL; cell = cell->next) {
		const char *at = cell->value;

		if (next_element(&at, &own) && !has_own(list, &own))
			return false;
	}
	while (next_element(&list, &own))
		if (!own.removed && !has_email(card, &own))
			return false;
	return true;
}
