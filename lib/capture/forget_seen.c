#include <string.h>

#include "forget_work.h"
#include "liaison/base/address.h"
#include "liaison/store/forgotten.h"

/* Who is forgotten is not seen in what comes. */

static bool
is_in(const struct event *event, const char *text)
{
	for (unsigned i = 0; text != NULL && i < event->party_count; i++) {
		const struct event_party *party = &event->parties[i];

		if (party->address != NULL && address_is_in(text, strlen(text), party->address))
			return true;
	}
	return false;
}

/* Of headers that rules ask for, those that name a party which goes are as if they were not there. */
static void
take_words(struct event *event, const struct event *gone)
{
	for (unsigned i = 0; i < event->header_count; i++) {
		if (is_in(gone, event->headers[i].value))
			event->headers[i].value = NULL;
	}
	event->authentication_count = 0; /* they may tell the sender's address */
}

bool
forgotten_take(const struct turn *turn, struct event *event, const char **responses)
{
	struct event gone = { 0 };
	unsigned left = 0;

	if (!forgotten_any(turn->store))
		return false;
	gone.parties = arena_array(turn->arena, event->party_count + 1, sizeof *gone.parties);
	for (unsigned i = 0; i < event->party_count; i++) {
		if (forgotten_find(turn->store, event->parties[i].address, NULL)) {
			gone.parties[gone.party_count++] = event->parties[i];
			continue;
		}
		if (responses != NULL)
			responses[left] = responses[i];
		event->parties[left++] = event->parties[i];
	}
	event->party_count = left;
	if (gone.party_count == 0)
		return false;
	event->party_total = left;
	take_words(event, &gone);
	return true;
}

void
forgotten_judge(struct view *view)
{
	if (view->decision == DECIDED_CAPTURED)
		return;
	view->decision = view->plain = DECIDED_FORGOTTEN;
	view->reason = "whom it is with is forgotten";
	view->rule = NULL;
}
