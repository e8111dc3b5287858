/* What children say to liaisond over their crew channels: packets, each with its size in two bytes before
 * it. The first byte says whose they are. Nobody is started or killed for it. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "liaison/base/log.h"
#include "post.h"
#include "spawn.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { SAYERS = 4, SOURCES = 3, PACKET_MAX = 70000 };

/* ---- instead of the real ones ------------------------------------------------------------------ */

static unsigned kills;

int
kill(pid_t pid, int signal)
{
	if (pid != getpid() || signal != SIGKILL)
		abort();
	kills++;
	return 0;
}

pid_t
spawn_start(const struct spawn *spawn, struct err *err)
{
	(void)spawn;
	return fail(err, ERR_UNAVAILABLE, "there are no programs");
}

char **
spawn_small_environment(struct arena *arena)
{
	(void)arena;
	return NULL;
}

char **
spawn_full_environment(struct arena *arena)
{
	(void)arena;
	return NULL;
}

const char *
spawn_how_ended(struct arena *arena, int status)
{
	(void)arena, (void)status;
	return "";
}

/* ---- what the service is told: of sources that are there, by those whose it is to say ----------- */

struct stage {
	uv_loop_t loop;
	struct crew *crew;
	struct post *sayer;
	int theirs[SAYERS];
};

static void
expect(const struct stage *stage, enum child_kind kind)
{
	if (stage->sayer->kind != kind)
		abort();
}

static void
engine_says(void *context)
{
	expect(context, CHILD_ENGINE);
}

static void
engine_says_line(void *context, const char *line)
{
	expect(context, CHILD_ENGINE);
	if (!text_is_utf8(line, strlen(line)))
		abort();
}

static void
engine_asks(void *context, uint32_t token)
{
	(void)token;
	expect(context, CHILD_ENGINE);
}

static void
fetch_may_name(const struct stage *stage, uint32_t source)
{
	expect(stage, CHILD_FETCH);
	if (stage->sayer->only != 0 && stage->sayer->only != source)
		abort();
}

static void
fetch_asks(void *context, const struct secret_asker *asker)
{
	fetch_may_name(context, asker->source);
}

static void
fetch_tells(void *context, uint32_t source, const struct refusal *refusal)
{
	(void)refusal;
	if (source == 0 || source > SOURCES)
		abort();
	fetch_may_name(context, source);
}

static void
ended(void *context, int status)
{
	(void)context, (void)status;
	abort();
}

/* ---- one input ---------------------------------------------------------------------------------- */

static void
fill(struct post *post, int *theirs)
{
	struct child *child = mem_zero(1, sizeof *child);
	struct err err;

	child->post = post;
	child->id = ++post->crew->last_id;
	child->pid = getpid();
	child->poll.data = child;
	if (channel_open(&child->channel, theirs, &err) < 0)
		abort();
	uv_poll_init(post->crew->loop, &child->poll, child->channel.descriptor);
	post->child = child;
}

static void
open_stage(struct stage *stage, const struct config *config, unsigned sayer)
{
	static const struct crew_places places = { "engine", "fetch", "parse", -1, -1 };
	const struct crew_events events = { stage, engine_says, engine_says, engine_says_line,
		engine_asks, fetch_asks, fetch_tells, ended };
	unsigned i = 0;

	uv_loop_init(&stage->loop);
	stage->crew = crew_new(&stage->loop, &places, &events);
	stage->crew->config = config;
	post_new(stage->crew, CHILD_FETCH, SOURCES);
	for (struct post *post = stage->crew->posts; post != NULL; post = post->next, i++) {
		fill(post, &stage->theirs[i]);
		if (i == sayer)
			stage->sayer = post;
	}
}

static void
close_stage(struct stage *stage)
{
	for (unsigned i = 0; i < SAYERS; i++)
		close(stage->theirs[i]);
	crew_free(stage->crew);
	uv_run(&stage->loop, UV_RUN_DEFAULT);
	if (uv_loop_close(&stage->loop) != 0)
		abort();
}

/* Whoever says what is none of it is killed, and its channel closed. */
static void
hear(struct stage *stage)
{
	unsigned before = kills;

	crew_hear(stage->sayer);
	if (stage->sayer->child->channel.descriptor < 0 && kills == before)
		abort();
}

static void
say(struct stage *stage, int theirs, const uint8_t *bytes, size_t size)
{
	while (size >= 2 && stage->sayer->child->channel.descriptor >= 0) {
		size_t packet = bytes[0] + bytes[1] * 256u;

		bytes += 2;
		size -= 2;
		if (packet > size)
			packet = size;
		if (packet > 0 && send(theirs, bytes, packet, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			return;
		bytes += packet;
		size -= packet;
		hear(stage);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct config_source sources[SOURCES] = { { .number = 1, .name = "one" },
		{ .number = 2, .name = "two" }, { .number = 3, .name = "three" } };
	static struct config config = { .sources = sources, .source_count = SOURCES };
	struct stage stage = { 0 };
	unsigned sayer = size > 0 ? bytes[0] % SAYERS : 0;

	log_set_level((enum log_level)0); /* nothing */
	open_stage(&stage, &config, sayer);
	if (size > 0)
		say(&stage, stage.theirs[sayer], bytes + 1, size - 1);
	close_stage(&stage);
	return 0;
}
