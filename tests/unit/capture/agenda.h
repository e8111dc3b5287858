#ifndef LIAISON_TESTS_CAPTURE_AGENDA_H
#define LIAISON_TESTS_CAPTURE_AGENDA_H

#include "liaison/capture/meeting.h"
#include "liaison/capture/source.h"
#include "liaison/crm/interaction.h"
#include "world.h"

/* A world with two calendars, "team" and "side", whose feeds were never looked at. */

enum { HOUR = 3600, AHEAD = NOW + 10 * DAY, BEHIND = NOW - 10 * DAY };

struct agenda {
	struct world *world;
	struct config_source sources[2];
	int64_t team, side; /* streams */
	int64_t now;
	unsigned max; /* occurrences a call */
	struct capture_told told[64]; /* since the last agenda_record or agenda_look began */
	unsigned told_count;
};

int agenda_open(void **state);
int agenda_close(void **state);
/* The streams again, after the configuration was changed. */
void agenda_configure(struct agenda *agenda);

/* A version of an event of one hour: organized by us, ada@x.example has accepted. */
struct meeting *agenda_event(struct agenda *agenda, const char *uid, int64_t start);
/* A version of a series with count occurrences a week apart, from start on. */
struct meeting *
agenda_series(struct agenda *agenda, const char *uid, int64_t start, unsigned count);
void agenda_party(struct agenda *agenda, struct meeting *meeting, enum party_role role,
	const char *email, enum meeting_response response);
void agenda_add(struct agenda *agenda, struct meeting *meeting, int64_t recurrence, int64_t start);

/* Reads one event of a feed as these versions; count 0: it cannot be read. */
void agenda_record(struct agenda *agenda, int64_t stream, const char *uid,
	const struct meeting *versions, unsigned count);
/* The same with one version that is of its own UID. */
void agenda_read(struct agenda *agenda, int64_t stream, const struct meeting *meeting);
/* A complete look at a feed that has the events of these UIDs (blank-separated). */
void agenda_look(struct agenda *agenda, int64_t stream, const char *uids);
struct feed *agenda_feed(struct agenda *agenda, const char *uids);

/* Of the only interaction, or of the one at start. */
const char *agenda_status(struct agenda *agenda, int64_t start);
/* Of the row of stream whose occurrence begins at start: "captured: why". */
const char *agenda_decision(struct agenda *agenda, int64_t stream, int64_t start);

#define AGENDA_TEST(name) cmocka_unit_test_setup_teardown(name, agenda_open, agenda_close)

#endif
