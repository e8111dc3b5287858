#include <string.h>

#include "liaison/base/address.h"
#include "liaison/mail/mailbox.h"

#include "reading.h"

/* The parties of a message, as its header names them. */

static struct event_party *
new_party(struct reading *reading)
{
	struct event *event = reading->event;

	if (event->party_count == reading->party_room)
		event->parties = arena_grow(reading->arena, event->parties, event->party_count,
			&reading->party_room, sizeof *event->parties);
	return &event->parties[event->party_count];
}

static void
add_party(struct reading *reading, enum party_role role, const char *bytes, size_t size)
{
	struct event *event = reading->event;
	struct mailbox mailbox;
	struct event_party *party;

	event->party_total++;
	if (event->party_count == EVENT_PARTIES_MAX)
		return;
	if (!mailbox_read(reading->arena, bytes, size, &mailbox)) {
		event->party_total--;
		return;
	}
	party = new_party(reading);
	mailbox_party(reading->charsets, reading->arena, &mailbox, party, &event->flags);
	party->role = role;
	event->party_count++;
}

static void
add_list(struct reading *reading, enum party_role role, const struct header_field *field)
{
	struct mailbox_list list;
	const char *bytes;
	size_t size;

	mailbox_list_init(&list, field->value, field->size);
	while (mailbox_list_next(&list, &bytes, &size))
		add_party(reading, role, bytes, size);
}

/* Only the first From counts: who adds a second one wants two readers to see two senders. */
static void
add_from(struct reading *reading)
{
	const struct header_field *from = reading->header.first[FIELD_FROM];
	struct event *event = reading->event;

	if (from != NULL) {
		add_list(reading, PARTY_FROM, from);
		if (from->next != NULL || event->party_total > 1)
			event->flags |= EVENT_AMBIGUOUS_FROM;
	}
	if (event->party_count == 0 || event->parties[0].address == NULL)
		event->flags |= EVENT_NO_FROM;
}

static void
add_parties(struct reading *reading)
{
	static const struct {
		enum field_name field;
		enum party_role role;
	} fields[] = {
		{ FIELD_SENDER, PARTY_SENDER },
		{ FIELD_REPLY_TO, PARTY_REPLY_TO },
		{ FIELD_TO, PARTY_TO },
		{ FIELD_CC, PARTY_CC },
		{ FIELD_BCC, PARTY_BCC },
	};
	struct event *event = reading->event;

	add_from(reading);
	for (unsigned i = 0; i < sizeof fields / sizeof *fields; i++)
		for (const struct header_field *f = reading->header.first[fields[i].field];
			f != NULL; f = f->next)
			add_list(reading, fields[i].role, f);
	if (event->party_total > event->party_count)
		event->flags |= EVENT_TRUNCATED;
}

/* The address that a display name shows, canonical; NULL if there is none ("me @ home" is none). */
static const char *
shown_address(struct arena *arena, const char *name)
{
	static const char around[] = " <>\"'()[],;:";
	const char *sign = strchr(name, '@');
	const char *start = sign;
	struct err err;
	char *address;

	if (sign == NULL)
		return NULL;
	while (start > name && strchr(around, start[-1]) == NULL)
		start--;
	start = arena_text_n(arena, start, (size_t)(sign - start) + strcspn(sign, around));
	if (address_canonical(arena, start, &address, &err) < 0 ||
		strchr(address_domain(address), '.') == NULL)
		return NULL;
	return address;
}

/* The display name is an address, and not the sender's: what a reader sees is a lie. */
static void
check_name(struct reading *reading)
{
	const struct event_party *from = reading->event->parties;
	const char *shown;

	if (reading->event->party_count == 0 || from->role != PARTY_FROM || from->name == NULL)
		return;
	shown = shown_address(reading->arena, from->name);
	if (shown != NULL && (from->address == NULL || strcmp(shown, from->address) != 0))
		reading->event->flags |= EVENT_SPOOFED_NAME;
}

void
reading_parties(struct reading *reading)
{
	add_parties(reading);
	check_name(reading);
}
