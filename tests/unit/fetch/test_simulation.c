#include "test.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crew.h"
#include "dial.h"
#include "liaison/base/clock.h"
#include "liaison/base/log.h"
#include "liaison/net/http.h"
#include "sim.h"

/* Months of fetch's life in seconds: its sources, sessions, looks, alarms and limits are the program's
 * own; its clocks, its chance, its way to servers and to secrets are those below. A seed is a life. */

#ifdef LIAISON_SANITIZED
enum { SEEDS = 12 };
#else
enum { SEEDS = 200 };
#endif
enum {
	DAYS = 30,
	LIFE_SECONDS = 50,
	RESOLVING = 19 * SIM_SECOND,
	CONNECTING = 20 * SIM_SECOND,
	LIVES_MAX = 64
};

static struct sim *sim;

/* ---- clocks and chance ---- */

int64_t
clock_awake_ms(void)
{
	return sim->awake;
}

int64_t
clock_monotonic_ms(void)
{
	return sim_now(sim);
}

int64_t
clock_now(void)
{
	return INT64_C(1795000000) + sim_now(sim) / 1000 + sim->wall;
}

/* Libraries roll dice before there is a world. */
ssize_t
getrandom(void *out, size_t size, unsigned flags)
{
	uint8_t *at = out;

	if (!sim)
		return syscall(SYS_getrandom, out, size, flags);
	for (size_t i = 0; i < size; i++)
		at[i] = (uint8_t)sim_between(sim, 0, 255);
	return (ssize_t)size;
}

/* Bytes move: whoever may be concerned is looked after. */
ssize_t
send(int descriptor, const void *bytes, size_t size, int flags)
{
	if (sim)
		sim->moves++;
	return sendto(descriptor, bytes, size, flags, NULL, 0);
}

ssize_t
recv(int descriptor, void *bytes, size_t size, int flags)
{
	ssize_t n = recvfrom(descriptor, bytes, size, flags, NULL, NULL);

	if (sim && n >= 0)
		sim->moves++;
	return n;
}

/* It takes long, and has no part in the story. */
int
malloc_trim(size_t pad)
{
	(void)pad;
	return 0;
}

void
crew_ask_secret(struct crew *crew, uint32_t source, uint32_t token)
{
	(void)crew;
	sim_ask_secret(sim, source, token);
}

/* liaisond remembers it. */
void
crew_tell_refusal(struct crew *crew, uint32_t source, const struct refusal *refusal)
{
	(void)crew;
	sim->sources[source - 1].refusal = *refusal;
}

/* ---- connects ---- */

struct dial {
	struct alarm alarm;
	struct alarms *alarms;
	struct sim_server *server;
	const char *why; /* NULL: it succeeds */
	dial_done *done;
	void *context;
};

static bool
has_peer(struct sim_server *server)
{
	for (size_t i = 0; i < SIM_PEERS; i++)
		server->peers[i].readable = true; /* perhaps it hears that one hung up */
	sim_server_serve(server);
	for (size_t i = 0; i < SIM_PEERS; i++)
		if (server->peers[i].descriptor >= 0 && !server->peers[i].silent)
			return true;
	return false;
}

static void
answer_dial(struct alarm *alarm)
{
	struct dial dial = *(struct dial *)alarm->owner;
	struct err err = { 0 };

	free(alarm->owner);
	if (dial.why) {
		fail(&err, ERR_NETWORK, "%s", dial.why);
		dial.done(dial.context, -1, &err);
	} else
		dial.done(dial.context, sim_server_accept(dial.server), NULL);
}

/* How long it takes, and what comes of it. */
static int64_t
decide_dial(struct dial *dial)
{
	switch (dial->server->fault) {
	case SIM_REFUSED:
		dial->why = "connection refused";
		break;
	case SIM_ONE_CONNECTION:
		dial->why = has_peer(dial->server) ? "connection refused" : NULL;
		break;
	case SIM_NO_NAME:
		dial->why = "no such name";
		return sim_between(sim, 1, RESOLVING);
	case SIM_NO_ANSWER:
		dial->why = "no answer";
		return CONNECTING;
	default:
		break;
	}
	return sim_between(sim, 1, 200);
}

struct dial *
dial_host(uv_loop_t *loop, struct alarms *alarms, const char *host, int port, dial_done *done,
	void *context)
{
	struct dial *dial = mem_zero(1, sizeof(*dial));

	(void)loop;
	(void)host;
	dial->alarm.ring = answer_dial;
	dial->alarm.owner = dial;
	dial->alarms = alarms;
	dial->server = &sim->sources[port - 1000];
	dial->done = done;
	dial->context = context;
	sim_dialled(sim, dial->server);
	alarm_set(alarms, &dial->alarm, sim_now(sim) + decide_dial(dial));
	return dial;
}

void
dial_cancel(struct dial *dial)
{
	if (!dial)
		return;
	alarm_stop(dial->alarms, &dial->alarm);
	free(dial);
}

/* ---- the calendar's server ---- */

struct http {
	const struct http_loop *loop;
	void *context;
	bool current; /* the client has the newest version */
	struct http_answer answer;
};

static int64_t
fail_get(struct http_answer *answer, enum http_outcome outcome, int status, const char *why)
{
	answer->outcome = outcome;
	answer->status = status;
	snprintf(answer->error, sizeof(answer->error), "%s", why);
	return sim_between(sim, 1, 2 * SIM_SECOND);
}

static int64_t
ask_for_rest(struct http_answer *answer)
{
	if (!sim_one_in(sim, 4))
		answer->retry_after = sim_spread(sim, 10, HTTP_RETRY_MAX);
	return fail_get(answer, HTTP_UNREACHABLE, 503, "it is busy");
}

static int64_t
give_feed(struct http *http)
{
	const struct sim_server *server = &sim->sources[SIM_CALENDAR];

	http->answer.status = http->current ? 304 : 200;
	http->answer.outcome = http->current ? HTTP_UNCHANGED : HTTP_RECEIVED;
	snprintf(http->answer.etag, sizeof(http->answer.etag), "\"%u\"", server->version);
	if (!http->current)
		text_printf(&http->answer.body,
			"BEGIN:VCALENDAR\r\nX-VERSION:%u\r\nEND:VCALENDAR\r\n", server->version);
	return sim_between(sim, 1, server->fault == SIM_SLOW ? 100 * SIM_SECOND : SIM_SECOND);
}

static int64_t
decide_get(struct http *http)
{
	struct sim_server *server = &sim->sources[SIM_CALENDAR];
	struct http_answer *answer = &http->answer;

	switch (server->fault) {
	case SIM_REFUSED:
		return fail_get(answer, HTTP_UNREACHABLE, 0, "connection refused");
	case SIM_NO_NAME:
		return fail_get(answer, HTTP_UNREACHABLE, 0, "no such name");
	case SIM_NO_ANSWER:
		fail_get(answer, HTTP_UNREACHABLE, 0, "no answer");
		return CONNECTING;
	case SIM_LOGIN_REFUSED:
		sim_note_time(&server->refused, sim_now(sim));
		return fail_get(answer, HTTP_DENIED, 401, "it wants a password");
	case SIM_CUT:
		return fail_get(answer, HTTP_WRONG, 200, "it ended in the middle");
	case SIM_GARBAGE:
		return fail_get(answer, HTTP_UNREACHABLE, 500, "it has an error");
	case SIM_BUSY:
		return ask_for_rest(answer);
	case SIM_GONE:
		return fail_get(answer, HTTP_GONE, 410, "it is gone");
	default:
		return give_feed(http);
	}
}

struct http *
http_get(const struct http_request *request, const struct http_loop *loop, void *context,
	struct err *err)
{
	struct sim_server *server = &sim->sources[SIM_CALENDAR];
	struct http *http = mem_zero(1, sizeof(*http));
	char etag[20];

	(void)err;
	snprintf(etag, sizeof(etag), "\"%u\"", server->version);
	http->loop = loop;
	http->context = context;
	http->current = request->etag && strcmp(request->etag, etag) == 0;
	sim_dialled(sim, server);
	loop->alarm(context, decide_get(http));
	return http;
}

void
http_tick(struct http *http)
{
	if (http->answer.retry_after > 0)
		sim->sources[SIM_CALENDAR].rest_until = sim_now(sim) +
							http->answer.retry_after * SIM_SECOND;
	http->loop->done(http->context);
}

void
http_ready(struct http *http, int descriptor, bool in, bool out)
{
	(void)http, (void)descriptor, (void)in, (void)out;
}

void
http_resolved(struct http *http, const struct addrinfo *addresses, const char *why)
{
	(void)http, (void)addresses, (void)why;
}

struct http_answer *
http_answer(struct http *http)
{
	return &http->answer;
}

void
http_free(struct http *http)
{
	if (http)
		text_clear(&http->answer.body);
	free(http);
}

/* ---- lives ---- */

static int64_t
from_environment(const char *name, int64_t otherwise)
{
	const char *words = getenv(name);
	int64_t number;

	return words && text_to_int64(words, &number) == 0 && number > 0 ? number : otherwise;
}

struct life {
	uint64_t seed;
	pid_t child; /* 0: none */
};

/* In a process of its own, so that a life that ends badly ends alone. digest: of what happened. */
static pid_t
begin_life(uint64_t seed, int64_t days, int digest)
{
	pid_t child;

	fflush(NULL);
	child = fork();
	assert_true(child >= 0);
	if (child > 0)
		return child;
	signal(SIGSEGV, SIG_DFL); /* cmocka would go on */
	signal(SIGABRT, SIG_DFL);
	alarm(LIFE_SECONDS);
	log_set_level(LOG_ERROR);
	sim = mem_zero(1, sizeof(*sim));
	sim_begin(sim, seed, days);
	sim_live(sim);
	if (digest >= 0)
		sim_must(sim, write(digest, &sim->digest, sizeof(sim->digest)) > 0);
	if (getenv("LIAISON_TRACE"))
		fprintf(stderr, "seed %llu: %llu connects, %llu messages, %llu suspends\n",
			(unsigned long long)seed, (unsigned long long)sim->connects,
			(unsigned long long)sim->mails, (unsigned long long)sim->suspends);
	_exit(0);
}

/* One of those that were begun, which one its seed tells; 1: it ended badly. */
static unsigned
end_life(struct life *lives, size_t count)
{
	int status = 0;
	pid_t child = wait(&status);

	for (size_t i = 0; i < count; i++) {
		if (lives[i].child != child)
			continue;
		lives[i].child = 0;
		if (WIFSIGNALED(status))
			fprintf(stderr, "LIAISON_SEED=%llu ends by signal %d\n",
				(unsigned long long)lives[i].seed, WTERMSIG(status));
	}
	return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

static void
keeps_its_promises_for_months_whatever_befalls_it(void **state)
{
	int64_t seed = from_environment("LIAISON_SEED", 0);
	int64_t days = from_environment("LIAISON_DAYS", DAYS);
	int64_t last = seed > 0 ? seed : from_environment("LIAISON_SEEDS", SEEDS);
	int64_t at_once = from_environment("LIAISON_LIVES", sysconf(_SC_NPROCESSORS_ONLN));
	struct life lives[LIVES_MAX] = { 0 };
	unsigned failed = 0;

	(void)state;
	for (int64_t at = seed > 0 ? seed : 1, living = 0; at <= last || living > 0;) {
		struct life *free_place = lives;

		if (at > last || living == at_once || living == LIVES_MAX) {
			failed += end_life(lives, LIVES_MAX);
			living--;
			continue;
		}
		while (free_place->child != 0)
			free_place++;
		free_place->seed = (uint64_t)at++;
		free_place->child = begin_life(free_place->seed, days, -1);
		living++;
	}
	assert_int_equal(failed, 0);
}

static uint64_t
digest_of_life(uint64_t seed)
{
	struct life life = { .seed = seed };
	uint64_t digest = 0;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	life.child = begin_life(seed, 10, ends[1]);
	assert_int_equal(end_life(&life, 1), 0);
	assert_int_equal(read(ends[0], &digest, sizeof(digest)), sizeof(digest));
	close(ends[0]);
	close(ends[1]);
	return digest;
}

static void
lives_the_same_life_again_for_the_same_seed(void **state)
{
	(void)state;
	assert_true(digest_of_life(7) == digest_of_life(7));
	assert_true(digest_of_life(7) != digest_of_life(8));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_its_promises_for_months_whatever_befalls_it),
		cmocka_unit_test(lives_the_same_life_again_for_the_same_seed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
