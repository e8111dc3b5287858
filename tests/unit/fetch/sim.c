#include "test.h"

#include "sim.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Time passes from one moment at which something happens to the next, until all of it is lived. */

enum { ROUNDS_MAX = 20000, IDLE_TURNS_MAX = 1000, TURNS_AN_HOUR_MAX = 20000 };

/* ---- chance ---- */

/* Steele, Lea and Flood's SplitMix64: any seed will do. */
static uint64_t
roll(struct sim *sim)
{
	uint64_t z = sim->chance += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

int64_t
sim_between(struct sim *sim, int64_t low, int64_t high)
{
	return low + (int64_t)(roll(sim) % (uint64_t)(high - low + 1));
}

int64_t
sim_spread(struct sim *sim, int64_t low, int64_t high)
{
	int64_t most = low;

	for (int64_t steps = sim_between(sim, 0, 1000); steps > 0 && most < high; steps -= 100)
		most *= 2 + (high / low > 1024);
	return sim_between(sim, low, most < high ? most : high);
}

bool
sim_one_in(struct sim *sim, int64_t count)
{
	return sim_between(sim, 1, count) == 1;
}

/* ---- what happened ---- */

int64_t
sim_now(const struct sim *sim)
{
	return sim->awake + sim->slept;
}

void
sim_mix(struct sim *sim, uint64_t what)
{
	sim->digest = (sim->digest ^ what ^ (uint64_t)sim_now(sim)) * UINT64_C(0x100000001B3);
}

static void __attribute__((format(printf, 4, 0)))
write_line(const struct sim *sim, char *line, size_t room, const char *format, va_list arguments)
{
	int64_t now = sim_now(sim);
	int size = snprintf(line, room, "day %lld %02lld:%02lld:%02lld.%03lld ",
		(long long)(now / SIM_DAY), (long long)(now / SIM_HOUR % 24),
		(long long)(now / SIM_MINUTE % 60), (long long)(now / SIM_SECOND % 60),
		(long long)(now % SIM_SECOND));

	vsnprintf(line + size, room - (size_t)size, format, arguments);
	if (sim->loud)
		fprintf(stderr, "%s\n", line);
}

void
sim_trace(struct sim *sim, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	write_line(sim, sim->trace[sim->traced++ % SIM_TRACE], sizeof(sim->trace[0]), format,
		arguments);
	va_end(arguments);
	sim_mix(sim, sim->traced);
}

void
sim_detail(const struct sim *sim, const char *format, ...)
{
	char line[200];
	va_list arguments;

	if (!sim->loud)
		return;
	va_start(arguments, format);
	write_line(sim, line, sizeof(line), format, arguments);
	va_end(arguments);
}

void
sim_violated(struct sim *sim, const char *format, ...)
{
	size_t first = sim->traced > SIM_TRACE ? sim->traced - SIM_TRACE : 0;
	char words[400];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(words, sizeof(words), format, arguments);
	va_end(arguments);
	sim_trace(sim, "VIOLATED: %s", words);
	fprintf(stderr, "the world of LIAISON_SEED=%llu ends like this:\n",
		(unsigned long long)sim->seed);
	for (size_t i = first; i < sim->traced; i++)
		fprintf(stderr, "\t%s\n", sim->trace[i % SIM_TRACE]);
	fprintf(stderr, "\t%s\n", words);
	_exit(1);
}

void
sim_note_time(struct sim_times *times, int64_t now)
{
	times->at[times->count++ % SIM_TIMES] = now;
}

/* Of the last SIM_TIMES. */
size_t
sim_times_since(const struct sim_times *times, int64_t since)
{
	size_t held = times->count < SIM_TIMES ? times->count : SIM_TIMES, count = 0;

	for (size_t i = 0; i < held; i++)
		count += times->at[i] > since;
	return count;
}

void
sim_dialled(struct sim *sim, struct sim_server *server)
{
	int64_t now = sim_now(sim);

	sim_trace(sim, "source %s is connected to", server->name);
	sim_note_time(&sim->dials, now);
	sim_note_time(&server->dials, now);
	sim->connects++;
	sim_check_dial(sim, server);
}

/* ---- secrets ---- */

void
sim_ask_secret(struct sim *sim, uint32_t source, uint32_t token)
{
	sim_must(sim, sim->secret_count < SIM_SECRETS);
	sim->secrets[sim->secret_count++] = (struct sim_secret){
		.source = source,
		.token = token,
		.at = sim_now(sim) + sim_between(sim, 1, 500),
	};
}

static void
give_secrets(struct sim *sim)
{
	for (size_t i = 0; i < sim->secret_count;) {
		struct sim_secret secret = sim->secrets[i];
		struct frame frame = { .source = secret.source, .token = secret.token };
		bool none = sim->sources[secret.source - 1].fault == SIM_NO_SECRET;

		if (secret.at > sim_now(sim)) {
			i++;
			continue;
		}
		sim->secrets[i] = sim->secrets[--sim->secret_count];
		sources_refusal(
			sim->fetch, secret.source, &sim->sources[secret.source - 1].refusal);
		sources_secret(sim->fetch, &frame, none ? NULL : "secret", none ? 0 : 6,
			none ? "there is none now" : NULL);
	}
}

/* ---- time ---- */

static int64_t
sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static bool
timer_rings(const struct sim *sim)
{
	return sim->awake >= sim->rings_at || alarms_next(sim->fetch->alarms) != sim->rings_for;
}

static int64_t
next_moment(const struct sim *sim)
{
	int64_t next = sooner(sim->end, sim_fate_next(sim));

	if (timer_rings(sim))
		next = sooner(next, alarms_next(sim->fetch->alarms));
	else
		next = sooner(next, sim->rings_at + sim->slept);
	for (size_t i = 0; i < SIM_ACCOUNTS; i++)
		next = sooner(next, sim_server_next(&sim->sources[i]));
	for (size_t i = 0; i < sim->secret_count; i++)
		next = sooner(next, sim->secrets[i].at);
	if (sim->engine.feed_token != 0)
		next = sooner(next, sim->engine.feed_at);
	return next;
}

static void
count_turn(struct sim *sim, bool idle)
{
	int64_t hour = sim_now(sim) / SIM_HOUR;

	sim->idle_turns = idle ? sim->idle_turns + 1 : 0;
	sim->turns = hour == sim->hour ? sim->turns + 1 : 0;
	sim->hour = hour;
	if (sim->idle_turns > IDLE_TURNS_MAX || sim->turns > TURNS_AN_HOUR_MAX)
		sim_violated(sim, "it spins: what is due is never done");
}

static void
pass(struct sim *sim)
{
	int64_t now = sim_now(sim), next = next_moment(sim);

	if (next > now)
		sim->awake += next - now;
	count_turn(sim, next <= now);
}

/* One look at all descriptors is much cheaper than one at each. */
static size_t
list_peers(struct sim *sim, struct pollfd *polled, struct sim_peer **peers)
{
	size_t count = 0;

	for (size_t i = 0; i < SIM_ACCOUNTS * SIM_PEERS; i++) {
		struct sim_peer *peer = &sim->sources[i / SIM_PEERS].peers[i % SIM_PEERS];

		if (peer->descriptor < 0)
			continue;
		polled[count] = (struct pollfd){ .fd = peer->descriptor, .events = POLLIN };
		peers[count++] = peer;
	}
	return count;
}

static void
speak(struct sim *sim)
{
	for (size_t i = 0; i < SIM_ACCOUNTS; i++)
		sim_server_serve(&sim->sources[i]);
}

static void
serve(struct sim *sim)
{
	struct pollfd polled[SIM_ACCOUNTS * SIM_PEERS + 1];
	struct sim_peer *peers[SIM_ACCOUNTS * SIM_PEERS];
	size_t count = list_peers(sim, polled, peers);

	polled[count] = (struct pollfd){ .fd = sim->engine.descriptor, .events = POLLIN };
	if (poll(polled, count + 1, 0) < 0)
		return;
	for (size_t i = 0; i < count; i++)
		peers[i]->readable = polled[i].revents != 0;
	if (polled[count].revents != 0)
		sim_engine_serve(&sim->engine);
	speak(sim);
}

/* What happens at one moment, until no byte moves any more. */
static void
settle(struct sim *sim)
{
	unsigned rounds = 0;
	uint64_t moves;

	sim_engine_tick(&sim->engine);
	speak(sim);
	do {
		moves = sim->moves;
		if (timer_rings(sim))
			alarms_ring(sim->fetch->alarms);
		give_secrets(sim);
		uv_run(&sim->fetch->loop, UV_RUN_NOWAIT);
		if (sim->moves != moves)
			serve(sim);
		if (++rounds > ROUNDS_MAX)
			sim_violated(sim, "it spins: one moment does not end");
	} while (sim->moves != moves);
}

void
sim_begin(struct sim *sim, uint64_t seed, int64_t days)
{
	sim->seed = sim->chance = seed;
	sim->loud = getenv("LIAISON_TRACE") != NULL;
	sim->awake = sim_between(sim, SIM_MINUTE, 100 * SIM_HOUR);
	sim->end = sim->awake + days * SIM_DAY;
	sim_fate_begin(sim);
	sim_fetch_begin(sim);
}

void
sim_live(struct sim *sim)
{
	while (sim_now(sim) < sim->end) {
		pass(sim);
		sim_fate(sim);
		settle(sim);
		sim_check(sim);
	}
	sim_check_end(sim);
}
