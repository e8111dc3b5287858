#include "test.h"

#include <string.h>

#include "mailbox.h"
#include "sim.h"

/* What befalls the world: mail, faults of servers, sleep, clocks that are set, reloads, kills. */

enum {
	QUIET_FOR = 30 * SIM_HOUR, /* in the end all is well for so long */
	RECOVERY = 30 * SIM_MINUTE, /* a silent connection is found out, and the longest backoff */
	DENIED_RECOVERY = 62 * SIM_MINUTE, /* a calendar: one try an hour */
	REFUSED_RECOVERY = SIM_DAY + SIM_HOUR, /* an account: one try a day */
	PASSWORD_RECOVERY = 24 * SIM_HOUR + 10 * SIM_MINUTE, /* one a day */
};

static const char *const FAULTS[] = { "well", "refuses connections", "has no name",
	"answers no connect", "gives no greeting", "says BYE at once", "refuses the login",
	"lets nobody in for now", "has no secret", "ends connections soon",
	"drops connections soon without a word", "takes one connection", "is slow",
	"says a byte now and then", "ends in the middle of messages",
	"stops in the middle of messages", "cannot EXAMINE", "cannot SEARCH", "cannot STATUS",
	"talks garbage", "is busy", "is gone" };

static const enum sim_fault FEED_FAULTS[] = { SIM_REFUSED, SIM_NO_NAME, SIM_NO_ANSWER,
	SIM_LOGIN_REFUSED, SIM_NO_SECRET, SIM_SLOW, SIM_CUT, SIM_GARBAGE, SIM_BUSY, SIM_BUSY,
	SIM_GONE };

static size_t
place_of(const struct sim *sim, const struct sim_server *server)
{
	return (size_t)(server - sim->sources);
}

static bool
is_calendar(const struct sim *sim, const struct sim_server *server)
{
	return place_of(sim, server) == SIM_CALENDAR;
}

/* From here on all must come right again. */
static void
disturbed(struct sim *sim, struct sim_server *server, int64_t recovery)
{
	int64_t now = sim_now(sim);

	if (server->well_since + server->recovery > now + recovery)
		recovery = server->well_since + server->recovery - now;
	server->well_since = now;
	server->recovery = recovery;
	sim_note_time(&server->excuses, now);
}

static int64_t
recovery_of(const struct sim *sim, const struct sim_server *server)
{
	return is_calendar(sim, server) ? DENIED_RECOVERY : RECOVERY;
}

/* ---- faults ---- */

static void
break_connections(struct sim *sim, struct sim_server *server)
{
	switch (server->fault) {
	case SIM_REFUSED:
	case SIM_MUTE:
		sim_server_end_all(server, false);
		return;
	case SIM_NO_ANSWER:
		sim_server_end_all(server, true);
		return;
	default:
		if (sim_one_in(sim, 2))
			sim_server_end_all(server, false);
		return;
	}
}

static void
begin_fault(struct sim *sim, struct sim_server *server)
{
	int64_t now = sim_now(sim);

	if (is_calendar(sim, server))
		server->fault = FEED_FAULTS[sim_between(
			sim, 0, (int64_t)(sizeof(FEED_FAULTS) / sizeof(*FEED_FAULTS)) - 1)];
	else
		server->fault = (enum sim_fault)sim_between(sim, 1, SIM_FAULTS - 1);
	server->fault_since = now;
	server->fault_until = now + sim_spread(sim, SIM_MINUTE, 2 * SIM_DAY);
	sim_trace(sim, "source %s %s", server->name, FAULTS[server->fault]);
	if (server->fault == SIM_LOGIN_REFUSED)
		sim_note_time(&server->resets, now);
	if (!is_calendar(sim, server))
		break_connections(sim, server);
}

static void
end_fault(struct sim *sim, struct sim_server *server)
{
	int64_t now = sim_now(sim), recovery = recovery_of(sim, server);

	sim_trace(sim, "source %s is well", server->name);
	if (server->fault == SIM_LOGIN_REFUSED)
		recovery = is_calendar(sim, server) ? DENIED_RECOVERY : PASSWORD_RECOVERY;
	if (server->rest_until > now)
		recovery += server->rest_until - now;
	if (server->fault == SIM_GONE)
		sim_engine_send(&sim->engine, FRAME_SYNC, (uint32_t)place_of(sim, server) + 1, 77);
	server->fault = SIM_WELL;
	for (size_t i = 0; i < SIM_PEERS; i++)
		server->peers[i].ends_at = INT64_MAX;
	disturbed(sim, server, recovery);
	server->next_fault = now + sim_spread(sim, SIM_HOUR, 3 * SIM_DAY);
}

static void
fate_of_server(struct sim *sim, struct sim_server *server)
{
	int64_t now = sim_now(sim);

	if (server->fault != SIM_WELL && (sim->quiet || now >= server->fault_until))
		end_fault(sim, server);
	else if (server->fault == SIM_WELL && !sim->quiet && now >= server->next_fault)
		begin_fault(sim, server);
}

/* ---- accounts and the calendar ---- */

static void
fate_of_account(struct sim *sim, struct sim_server *server)
{
	struct sim_folder *folder = &server->folders[sim_between(sim, 0, SIM_FOLDERS - 1)];
	int64_t now = sim_now(sim);

	if (now >= server->next_mail) {
		sim_folder_add(
			folder, (uint32_t)sim_between(sim, 1, sim_one_in(sim, 100) ? 700 : 3), now);
		server->next_mail = now + sim_spread(sim, SIM_MINUTE, 12 * SIM_HOUR);
	}
	if (now >= server->next_epoch && !sim->quiet) {
		sim_trace(sim, "source %s: UIDVALIDITY of %s changes", server->name, folder->name);
		sim_folder_renumber(folder, now);
		sim_server_end_all(server, false);
		disturbed(sim, server, RECOVERY);
		server->next_epoch = now + sim_spread(sim, 2 * SIM_DAY, INT64_C(60) * SIM_DAY);
	}
	if (now >= server->next_drop && !sim->quiet) {
		server->idles = !sim_one_in(sim, 6);
		server->tells = !sim_one_in(sim, 10);
		server->idles_since = now;
		sim_trace(sim, "source %s: connections drop", server->name);
		sim_server_end_all(server, sim_one_in(sim, 2));
		disturbed(sim, server, RECOVERY);
		server->next_drop = now + sim_spread(sim, SIM_HOUR, 6 * SIM_DAY);
	}
}

static void
fate_of_calendar(struct sim *sim, struct sim_server *server)
{
	int64_t now = sim_now(sim);

	if (now < server->next_version)
		return;
	server->version++;
	server->version_at = now;
	server->next_version = now + sim_spread(sim, SIM_MINUTE, 3 * SIM_DAY);
}

/* ---- the machine ---- */

static int64_t
minimum(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* The timer of the loop stands still meanwhile: it rings when what is left of its time has passed. */
static void
suspend(struct sim *sim)
{
	int64_t now = sim_now(sim), next = alarms_next(sim->fetch->alarms);
	int64_t left = minimum(next > now ? next - now : 0, 15 * SIM_SECOND);
	int64_t length = sim_spread(sim, 30 * SIM_SECOND, 12 * SIM_HOUR);

	if (sim_one_in(sim, 10))
		length = sim_between(sim, SIM_HOUR, 3 * SIM_DAY);
	length = minimum(length, sim->end - QUIET_FOR - now); /* the end is awake */
	sim->slept += length;
	sim->suspends++;
	sim->woken_at = sim->awake;
	sim->rings_at = sim->awake + sim_between(sim, 0, left);
	sim->rings_for = next;
	sim_trace(sim, "the machine slept for %lld s", (long long)(length / 1000));
	for (size_t i = 0; i < SIM_SOURCES; i++) {
		struct sim_server *server = &sim->sources[i];

		if (i < SIM_ACCOUNTS && length > 10 * SIM_MINUTE && sim_one_in(sim, 2))
			sim_server_end_all(server, sim_one_in(sim, 2));
		if (server->rest_until > sim_now(sim))
			disturbed(sim, server,
				recovery_of(sim, server) + server->rest_until - sim_now(sim));
		else
			disturbed(sim, server, recovery_of(sim, server));
	}
	if (sim->naps == 0 && sim_one_in(sim, 10))
		sim->naps = (unsigned)sim_between(sim, 5, 60);
	else if (sim->naps > 0)
		sim->naps--;
	sim->next_suspend = sim_now(sim) +
			    (sim->naps > 0 ? sim_spread(sim, SIM_SECOND, 2 * SIM_MINUTE)
					   : sim_spread(sim, SIM_HOUR, 3 * SIM_DAY));
}

static void
jump(struct sim *sim)
{
	static const int64_t BY[] = { 3600, -3600, INT64_C(315576000), -INT64_C(315576000) };
	static const int64_t TO[] = { 0, INT64_C(2147483640), INT64_C(4294967290) };
	int64_t kind = sim_between(sim, 0, 9);

	if (kind < 4)
		sim->wall += BY[kind];
	else if (kind < 7)
		sim->wall = TO[kind - 4] - INT64_C(1795000000) - sim_now(sim) / 1000;
	else
		sim->wall = 0;
	sim_trace(
		sim, "the wall clock is set, %lld s from what it was first", (long long)sim->wall);
	sim->next_jump = sim_now(sim) + sim_spread(sim, SIM_MINUTE, 4 * SIM_DAY);
}

/* A source that changed begins anew; others do not notice. */
static void
reload(struct sim *sim)
{
	static const int64_t POLLS[] = { 5, 15, 30, 60, 60, 120 };
	struct sim_server *server = &sim->sources[sim_between(sim, 0, SIM_SOURCES - 1)];
	int64_t poll = server->poll;

	if (sim_one_in(sim, 3))
		poll = POLLS[sim_between(sim, 0, 5)] * SIM_MINUTE;
	if (poll != server->poll) {
		server->poll = poll;
		server->rest_until = 0;
		disturbed(sim, server, recovery_of(sim, server));
		if (is_calendar(sim, server))
			sim_note_time(&server->resets, sim_now(sim));
	}
	sim_trace(sim, "the configuration is read again");
	sim_fetch_configure(sim);
	if (sim->engine.feed_token == 0)
		sim_engine_tell_feed(&sim->engine, 0);
	sim->next_reload = sim_now(sim) + sim_spread(sim, SIM_MINUTE, 6 * SIM_DAY);
}

static void
kill_fetch(struct sim *sim)
{
	sim_trace(sim, "fetch is killed");
	sim_fetch_kill(sim);
	for (size_t i = 0; i < SIM_SOURCES; i++) {
		sim->sources[i].rest_until = 0;
		disturbed(sim, &sim->sources[i], recovery_of(sim, &sim->sources[i]));
		for (int loss = 1; loss < LOSSES_FORGIVEN; loss++) /* it knows of none before */
			sim_note_time(&sim->sources[i].excuses, sim_now(sim));
	}
	sim_note_time(&sim->sources[SIM_CALENDAR].resets, sim_now(sim));
	memset(&sim->dials, 0, sizeof(sim->dials));
	sim->rings_at = 0;
	sim_fetch_begin(sim);
	sim->next_kill = sim_now(sim) + sim_spread(sim, SIM_MINUTE, 10 * SIM_DAY);
}

static void
ask_sync(struct sim *sim)
{
	uint32_t place = (uint32_t)sim_between(sim, 0, SIM_SOURCES - 1);

	sim_trace(sim, "somebody wants source %u looked at", place + 1);
	sim_note_time(&sim->sources[place].excuses, sim_now(sim));
	sim_engine_send(&sim->engine, FRAME_SYNC, place + 1, (uint32_t)sim_between(sim, 1, 1000));
	sim->next_sync = sim_now(sim) + sim_spread(sim, SIM_MINUTE, 4 * SIM_DAY);
}

static void
fate_of_machine(struct sim *sim)
{
	int64_t now = sim_now(sim);

	if (now >= sim->next_suspend)
		suspend(sim);
	if (now >= sim->next_jump)
		jump(sim);
	if (now >= sim->next_reload)
		reload(sim);
	if (now >= sim->next_kill)
		kill_fetch(sim);
	if (now >= sim->next_sync)
		ask_sync(sim);
}

/* ---- all of it ---- */

void
sim_fate(struct sim *sim)
{
	sim->quiet = sim_now(sim) >= sim->end - QUIET_FOR;
	for (size_t i = 0; i < SIM_SOURCES; i++)
		fate_of_server(sim, &sim->sources[i]);
	for (size_t i = 0; i < SIM_ACCOUNTS; i++)
		fate_of_account(sim, &sim->sources[i]);
	fate_of_calendar(sim, &sim->sources[SIM_CALENDAR]);
	if (!sim->quiet)
		fate_of_machine(sim);
}

int64_t
sim_fate_next(const struct sim *sim)
{
	int64_t quiet = sim->end - QUIET_FOR, next = sim->quiet ? sim->end : quiet;

	for (size_t i = 0; i < SIM_SOURCES; i++) {
		const struct sim_server *server = &sim->sources[i];

		next = minimum(next, i == SIM_CALENDAR ? server->next_version : server->next_mail);
		if (sim->quiet)
			continue;
		next = minimum(
			next, server->fault == SIM_WELL ? server->next_fault : server->fault_until);
		if (i < SIM_ACCOUNTS)
			next = minimum(next, minimum(server->next_epoch, server->next_drop));
	}
	if (sim->quiet)
		return next;
	next = minimum(next, minimum(sim->next_suspend, sim->next_jump));
	next = minimum(next, minimum(sim->next_reload, sim->next_kill));
	return minimum(next, sim->next_sync);
}

void
sim_fate_begin(struct sim *sim)
{
	static const int64_t POLLS[] = { 5, 15, 30, 60, 60, 120 };
	static const char *const NAMES[SIM_SOURCES] = { "1", "2", "3" };
	int64_t now = sim_now(sim);

	for (size_t i = 0; i < SIM_SOURCES; i++) {
		struct sim_server *server = &sim->sources[i];

		server->name = NAMES[i];
		if (i < SIM_ACCOUNTS)
			sim_server_begin(server, sim);
		server->poll = POLLS[sim_between(sim, 0, 5)] * SIM_MINUTE;
		server->well_since = now;
		server->recovery = recovery_of(sim, server);
		server->idles = server->tells = true;
		server->tells_uidnext = !sim_one_in(sim, 4);
		server->next_fault = now + sim_spread(sim, SIM_MINUTE, 2 * SIM_DAY);
		server->next_mail = server->next_version = now + SIM_MINUTE;
		server->next_epoch = now + sim_spread(sim, SIM_DAY, INT64_C(60) * SIM_DAY);
		server->next_drop = now + sim_spread(sim, SIM_HOUR, 6 * SIM_DAY);
	}
	sim->sources[SIM_CALENDAR].version = 1;
	sim->next_suspend = now + sim_spread(sim, SIM_HOUR, 3 * SIM_DAY);
	sim->next_jump = now + sim_spread(sim, SIM_MINUTE, 3 * SIM_DAY);
	sim->next_reload = now + sim_spread(sim, SIM_MINUTE, 3 * SIM_DAY);
	sim->next_kill = now + sim_spread(sim, SIM_HOUR, 10 * SIM_DAY);
	sim->next_sync = now + sim_spread(sim, SIM_MINUTE, 4 * SIM_DAY);
}
