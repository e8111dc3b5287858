#ifndef LIAISON_CALENDAR_PARTY_PRIVATE_H
#define LIAISON_CALENDAR_PARTY_PRIVATE_H

#include "liaison/wire/meeting.h"

/* Who takes part in an event: ORGANIZER and ATTENDEE (RFC 5545 3.8.4), each address once. */

struct party_parameters {
	const char *cn, *email, *partstat, *cutype; /* or NULL */
};

struct party_list {
	struct event_party *parties; /* in the arena */
	uint8_t *responses;
	unsigned count, room, total;
	bool cleaned;
};

/* The calendar address of a person; a room or a thing is no party. */
void party_add(struct party_list *list, struct arena *arena, enum party_role role,
	const char *value, const struct party_parameters *parameters);
/* CUTYPE says that it is a room or a resource. */
bool party_is_place(const struct party_parameters *parameters);
/* The name of a room, clean; NULL if it has none. */
const char *
party_place_name(struct arena *arena, const struct party_parameters *parameters, bool *cleaned);
/* Addresses in running text as PARTY_MENTIONED, unless they are parties already. */
void party_mention(struct party_list *list, struct arena *arena, const char *text);

#endif
