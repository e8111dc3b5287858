#include "test.h"

#include "sim.h"

/* What must hold at each moment, whatever befell the world before. */

enum {
	CONNECTS_A_SECOND = 10, /* what fetch promises if nothing is configured */
	CONNECTS_A_HOST = 5,
	CONNECTS_AN_HOUR = 16, /* to a source that has been failing for some time, or is found to */
	CONNECTIONS_MAX = 3,
	/* An hour, to any: also as it falls ill and gets well, and twice at each of six messages that
	 * break the connection. */
	CONNECTS_EVER = 60,
	LINES_AN_HOUR = 1500,
	STEADY = 2 * SIM_HOUR,
	LOGINS_AN_HOUR =
		3, /* with a password that is refused: after 0, 5 and 20 minutes, then days */
	LOGINS_A_DAY = 4,
	LOOKS_AN_HOUR = 4, /* of a calendar: after 0, 1, 6 and 21 minutes, then hours */
	LOOKS_A_DAY = 27,
	IDLE_MAX = 29 * SIM_MINUTE, /* RFC 2177 */
	WOKEN = SIM_MINUTE,
	TOLD_MAX = 5 *
		   SIM_MINUTE, /* for mail that IDLE tells of, or that is polled for in its place */
	LISTED_MAX = 65 * SIM_MINUTE, /* what a server can is looked at with each LIST */
	FETCHED_MAX = 2 * SIM_MINUTE,
};

static int64_t
later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Since when all must be right; in the future: not yet. */
static int64_t
right_since(const struct sim_server *server)
{
	return server->fault == SIM_WELL ? server->well_since + server->recovery : INT64_MAX / 2;
}

static void
check_fresh(struct sim *sim, const struct sim_server *server, const char *name, int64_t fresh_at)
{
	int64_t silent = sim_now(sim) - later(fresh_at, right_since(server));

	if (silent > 2 * server->poll)
		sim_violated(sim, "source %s is well and %s was not checked for %lld s",
			server->name, name, (long long)(silent / 1000));
}

static void
check_mail(struct sim *sim, const struct sim_server *server, const struct sim_folder *folder)
{
	bool idles = folder == &server->folders[0] && server->idles && server->tells &&
		     sim_now(sim) - server->idles_since > LISTED_MAX;
	int64_t most = idles ? TOLD_MAX : 2 * server->poll + FETCHED_MAX;
	const struct sim_mail *mail = &folder->mails[folder->decided];

	if (folder->decided == folder->count)
		return;
	if (sim_now(sim) - later(mail->at, right_since(server)) > most)
		sim_violated(sim, "source %s is well and UID %u of %s was not fetched",
			server->name, mail->uid, folder->name);
}

static void
check_idle(struct sim *sim, const struct sim_server *server)
{
	int64_t now = sim_now(sim);

	for (size_t i = 0; i < SIM_PEERS; i++) {
		const struct sim_peer *peer = &server->peers[i];

		if (peer->descriptor < 0 || peer->silent || peer->idle_tag[0] == '\0' ||
			now - peer->idle_since <= IDLE_MAX)
			continue;
		if (sim->awake - sim->woken_at > WOKEN)
			sim_violated(sim, "IDLE of source %s is %lld s old", server->name,
				(long long)((now - peer->idle_since) / 1000));
	}
}

static void
check_logins(struct sim *sim, const struct sim_server *server)
{
	int64_t now = sim_now(sim);
	bool calendar = server == &sim->sources[SIM_CALENDAR];
	size_t hour = calendar ? LOOKS_AN_HOUR : LOGINS_AN_HOUR;
	size_t day = calendar ? LOOKS_A_DAY : LOGINS_A_DAY;

	hour += hour * sim_times_since(&server->resets, now - SIM_HOUR);
	if (sim_times_since(&server->excuses, now - SIM_HOUR) > 0)
		hour++; /* one that a fetch which was killed had not told of yet */
	day += hour * sim_times_since(&server->resets, now - SIM_DAY);
	if (sim_times_since(&server->refused, now - SIM_HOUR) > hour)
		sim_violated(sim, "source %s gets more than %zu wrong logins in an hour",
			server->name, hour);
	if (sim_times_since(&server->refused, now - SIM_DAY) > day)
		sim_violated(sim, "source %s gets more than %zu wrong logins in a day",
			server->name, day);
}

/* Of such a server as many connections are lost at a time as it lets in. */
static bool
lets_in(enum sim_fault fault)
{
	return fault == SIM_ENDS_SOON || fault == SIM_DROPS_SOON || fault >= SIM_SLOW;
}

static void
check_storm(struct sim *sim, const struct sim_server *server)
{
	int64_t now = sim_now(sim);
	size_t excuses = sim_times_since(&server->excuses, now - STEADY);
	size_t dials = sim_times_since(&server->dials, now - SIM_HOUR);
	bool steady = server->fault != SIM_WELL && now - server->fault_since > STEADY;
	size_t most = CONNECTS_AN_HOUR * (lets_in(server->fault) ? CONNECTIONS_MAX : 1);

	if (steady && excuses == 0 && dials > most)
		sim_violated(sim, "source %s fails and is connected to %zu times an hour",
			server->name, dials);
	if (dials > CONNECTS_EVER + excuses * 3)
		sim_violated(
			sim, "source %s is connected to %zu times an hour", server->name, dials);
}

void
sim_check_line(struct sim_server *server)
{
	int64_t hour = sim_now(server->sim) / SIM_HOUR;

	server->lines = hour == server->hour ? server->lines + 1 : 1;
	server->hour = hour;
	if (server->lines > LINES_AN_HOUR)
		sim_violated(server->sim, "source %s hears more than %d lines an hour",
			server->name, LINES_AN_HOUR);
}

void
sim_check_dial(struct sim *sim, const struct sim_server *server)
{
	int64_t second = sim_now(sim) - SIM_SECOND;
	size_t host = sim_times_since(&server->dials, second);

	if (sim_times_since(&sim->dials, second) > CONNECTS_A_SECOND)
		sim_violated(sim, "more than %d connects in a second", CONNECTS_A_SECOND);
	if (server != &sim->sources[SIM_CALENDAR] && sim->seed % 2 == 0)
		host = sim_times_since(&sim->sources[0].dials, second) +
		       sim_times_since(&sim->sources[1].dials, second);
	if (host > CONNECTS_A_HOST)
		sim_violated(sim, "more than %d connects to a host in a second", CONNECTS_A_HOST);
	if (sim_now(sim) < server->rest_until)
		sim_violated(sim, "source %s asked for a rest of %lld s more", server->name,
			(long long)(server->rest_until - sim_now(sim)) / 1000);
}

void
sim_check(struct sim *sim)
{
	const struct sim_server *calendar = &sim->sources[SIM_CALENDAR];

	for (size_t i = 0; i < SIM_SOURCES; i++) {
		check_logins(sim, &sim->sources[i]);
		check_storm(sim, &sim->sources[i]);
	}
	for (size_t i = 0; i < SIM_ACCOUNTS; i++) {
		const struct sim_server *server = &sim->sources[i];

		check_idle(sim, server);
		for (size_t j = 0; j < SIM_FOLDERS; j++) {
			check_fresh(
				sim, server, server->folders[j].name, server->folders[j].fresh_at);
			check_mail(sim, server, &server->folders[j]);
		}
	}
	check_fresh(sim, calendar, "the calendar", calendar->fresh_at);
}

void
sim_check_end(struct sim *sim)
{
	const struct sim_server *calendar = &sim->sources[SIM_CALENDAR];

	for (size_t i = 0; i < SIM_ACCOUNTS; i++)
		for (size_t j = 0; j < SIM_FOLDERS; j++) {
			const struct sim_folder *folder = &sim->sources[i].folders[j];

			if (folder->decided < folder->count &&
				sim->end - folder->mails[folder->decided].at > SIM_HOUR * 3)
				sim_violated(sim, "UID %u of %s was never fetched",
					folder->mails[folder->decided].uid, folder->name);
		}
	if (calendar->recorded != calendar->version &&
		sim->end - calendar->version_at > 3 * SIM_HOUR)
		sim_violated(
			sim, "version %u of the calendar was never fetched", calendar->version);
}
