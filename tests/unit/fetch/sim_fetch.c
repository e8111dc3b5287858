#include "test.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "link.h"
#include "sim.h"

/* The life of a fetch within the world: begun, configured, killed. */

static void
woke(void *context, int64_t milliseconds)
{
	struct sim *sim = context;

	sim_trace(sim, "fetch notices that it slept for %lld s", (long long)(milliseconds / 1000));
	sources_woke(sim->fetch);
}

static void
configure_account(const struct sim *sim, struct config_source *source, size_t place)
{
	static const char *ALL[] = { "*" }, *INBOX[] = { "INBOX" };
	static const char *const NAMES[] = { "one", "two" };
	static const char *const HOSTS[] = { "imap.x.example", "imap.y.example" };

	*source = (struct config_source){ .number = (uint32_t)place + 1,
		.kind = SOURCE_IMAP,
		.name = NAMES[place],
		.host = HOSTS[sim->seed % 2 == 0 ? 0 : place],
		.port = (uint16_t)(1000 + place),
		.tls = TLS_NONE,
		.user = "me@own.example",
		.auth = AUTH_LOGIN,
		.secret = SECRET_LITERAL,
		.folders = { ALL, 1 },
		.idle = { INBOX, 1 },
		.poll = sim->sources[place].poll / SIM_SECOND,
		.connections = 1 + (unsigned)((sim->seed >> place) % 3) };
}

static void
configure_calendar(const struct sim *sim, struct config_source *source)
{
	*source = (struct config_source){ .number = SIM_CALENDAR + 1,
		.kind = SOURCE_ICAL,
		.name = "calendar",
		.url = "https://feed.x.example/calendar.ics",
		.user = "me",
		.secret = SECRET_LITERAL,
		.poll = sim->sources[SIM_CALENDAR].poll / SIM_SECOND };
}

void
sim_fetch_configure(struct sim *sim)
{
	struct config config = { .arena = arena_new(), .source_count = SIM_SOURCES };

	config.sources = arena_array(config.arena, SIM_SOURCES, sizeof(*config.sources));
	for (size_t i = 0; i < SIM_ACCOUNTS; i++)
		configure_account(sim, &config.sources[i], i);
	configure_calendar(sim, &config.sources[SIM_CALENDAR]);
	sources_adopt(sim->fetch, &config);
}

void
sim_fetch_begin(struct sim *sim)
{
	int descriptors[2];

	sim->fetch = mem_zero(1, sizeof(*sim->fetch));
	uv_loop_init(&sim->fetch->loop);
	sim->fetch->alarms = alarms_new(&sim->fetch->loop, woke, sim);
	sim->fetch->rate = rate_new(sim->fetch->alarms);
	sim_must(sim, socketpair(AF_UNIX, SOCK_STREAM, 0, descriptors) == 0);
	sim->link = descriptors[0];
	sim->fetch->link = link_new(sim->fetch, descriptors[0]);
	sim->engine.sim = sim;
	sim_engine_begin(&sim->engine, descriptors[1]);
	sim_fetch_configure(sim);
	sim_engine_tell_feed(&sim->engine, 0);
	for (uint32_t i = 1; i <= SIM_SOURCES; i++)
		sim_engine_send(&sim->engine, FRAME_WATCH, i, 0);
}

static void
close_handle(uv_handle_t *handle, void *context)
{
	(void)context;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

/* Its servers see their connections closed; the rest of its memory goes with the process. */
void
sim_fetch_kill(struct sim *sim)
{
	sim_engine_end(&sim->engine);
	sim->fetch->stopping = true;
	sources_stop(sim->fetch);
	for (size_t i = 0; i < SIM_ACCOUNTS; i++)
		sim_server_end_all(&sim->sources[i], false);
	uv_walk(&sim->fetch->loop, close_handle, NULL);
	uv_run(&sim->fetch->loop, UV_RUN_DEFAULT);
	sim_must(sim, uv_loop_close(&sim->fetch->loop) == 0);
	close(sim->link);
	sim->secret_count = 0;
}
