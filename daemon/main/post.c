#include "post.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "liaison/base/log.h"
#include "spawn.h"

enum {
	STEADY_MS = 10 * 1000, /* who has run this long starts with a clean record */
	RECYCLED_MS = 1000, /* who ends well after this long was not in trouble */
	BACKOFF_FIRST_MS = 1000,
	BACKOFF_MAX_MS = 60 * 1000,
};

const char *
post_name(const struct post *post)
{
	switch (post->kind) {
	case CHILD_ENGINE:
		return "engine";
	case CHILD_FETCH:
		return "fetch";
	case CHILD_PARSE:
		return "parse";
	}
	return "child";
}

/* Who was ready can do the work, and died of what it was fed, which the engine sets aside: the
 * rest of the mail shall not wait for a minute. An isolated fetch delays nobody else. */
static uint64_t
backoff_max(const struct post *post, const struct child *child)
{
	if (!child->ready || post->only != 0)
		return BACKOFF_MAX_MS;
	switch (post->kind) {
	case CHILD_PARSE:
		return 2 * 1000;
	case CHILD_ENGINE:
		return 5 * 1000;
	case CHILD_FETCH:
		return 10 * 1000;
	}
	return BACKOFF_MAX_MS;
}

static void
restart_due(uv_timer_t *timer)
{
	post_fill(timer->data);
}

struct post *
post_new(struct crew *crew, enum child_kind kind, uint32_t only)
{
	struct post *post = mem_zero(1, sizeof *post);
	struct post **at = &crew->posts;

	post->crew = crew;
	post->kind = kind;
	post->only = only;
	post->restart.data = post;
	uv_timer_init(crew->loop, &post->restart);
	while (*at != NULL)
		at = &(*at)->next;
	*at = post;
	return post;
}

static void
post_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void
post_close(struct post *post)
{
	uv_close((uv_handle_t *)&post->restart, post_closed);
}

static void
child_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void watch(struct child *child);

/* Killing makes the process end, and its end makes the post vacant: nothing else does. */
void
post_kill(struct post *post, const char *reason)
{
	struct child *child = post->child;

	if (child == NULL)
		return;
	if (reason != NULL)
		log_write(LOG_WARNING, "%s (pid %d): %s: it is replaced", post_name(post),
			(int)child->pid, reason);
	kill(child->pid, SIGKILL);
}

/* A child that is gone is told of when its end is noticed. */
static const char *
why(const struct err *err)
{
	return err->code == ERR_REFUSED ? err->message : NULL;
}

static void
channel_moved(uv_poll_t *poll, int status, int events)
{
	struct child *child = poll->data;
	struct err err;

	if (child->post == NULL)
		return;
	if ((events & UV_WRITABLE) != 0 && channel_flush(&child->channel, &err) < 0) {
		uv_poll_stop(&child->poll);
		post_kill(child->post, why(&err));
		return;
	}
	if (status < 0 || (events & (UV_READABLE | UV_DISCONNECT)) != 0)
		crew_hear(child->post);
	if (child->post != NULL && child->channel.descriptor >= 0)
		watch(child);
}

static void
watch(struct child *child)
{
	int events = UV_READABLE | (channel_waits(&child->channel) ? UV_WRITABLE : 0);

	uv_poll_start(&child->poll, events, channel_moved);
}

void
post_send(struct post *post, const struct text *frames, int passed)
{
	struct child *child = post->child;
	struct err err;

	if (child == NULL || child->channel.descriptor < 0) {
		if (passed >= 0)
			close(passed);
		return;
	}
	if (channel_send(&child->channel, frames, passed, &err) < 0) {
		if (!child->doomed && !post->crew->stopping)
			post_kill(post, why(&err));
		return;
	}
	watch(child);
}

static const char *
program(const struct post *post)
{
	switch (post->kind) {
	case CHILD_ENGINE:
		return post->crew->places.engine;
	case CHILD_FETCH:
		return post->crew->places.fetch;
	case CHILD_PARSE:
		return post->crew->places.parse;
	}
	return NULL;
}

static pid_t
start_program(const struct post *post, int crew_end, int fourth, struct err *err)
{
	struct arena *arena = arena_new();
	char *words[] = { arena_text(arena, program(post)), NULL };
	struct spawn spawn = {
		.path = program(post),
		.words = words,
		.environment = spawn_small_environment(arena),
		.descriptors = { -1, STDERR_FILENO, STDERR_FILENO, crew_end, fourth },
		.count = 5,
		.root = true,
	};
	pid_t pid;

	if (post->kind == CHILD_ENGINE)
		spawn.descriptors[spawn.count++] = post->crew->places.lock;
	pid = spawn_start(&spawn, err);
	arena_free(arena);
	return pid;
}

/* The stream between the engine and another child; the engine itself gets the control socket. */
static int
open_stream(const struct post *post, int stream[2], struct err *err)
{
	stream[0] = stream[1] = -1;
	if (post->kind == CHILD_ENGINE) {
		stream[0] = dup(post->crew->places.listener);
		return stream[0] >= 0 ? 0
				      : fail(err, ERR_UNAVAILABLE, "the control socket: %s",
						strerror(errno));
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, stream) < 0)
		return fail(err, ERR_UNAVAILABLE, "there is no socket pair to be had: %s",
			strerror(errno));
	return 0;
}

static struct child *
child_new(struct post *post, pid_t pid, const struct channel *channel)
{
	struct child *child = mem_zero(1, sizeof *child);

	*child = (struct child){ .post = post,
		.id = ++post->crew->last_id,
		.pid = pid,
		.channel = *channel,
		.started = uv_now(post->crew->loop) };
	child->poll.data = child;
	uv_poll_init(post->crew->loop, &child->poll, channel->descriptor);
	return child;
}

/* *engine_end is what the engine shall have. */
static int
start_child(struct post *post, int *engine_end, struct err *err)
{
	struct channel channel;
	int crew_end, stream[2];
	pid_t pid;

	if (channel_open(&channel, &crew_end, err) < 0)
		return -1;
	if (open_stream(post, stream, err) < 0) {
		channel_close(&channel);
		close(crew_end);
		return -1;
	}
	pid = start_program(post, crew_end, stream[0], err);
	close(crew_end);
	close(stream[0]);
	if (pid < 0) {
		channel_close(&channel);
		if (stream[1] >= 0)
			close(stream[1]);
		return -1;
	}
	post->child = child_new(post, pid, &channel);
	*engine_end = stream[1];
	return 0;
}

static uint64_t
next_delay(struct post *post, uint64_t max)
{
	uint64_t delay = post->failures == 0 ? 0 : BACKOFF_FIRST_MS;

	for (unsigned i = 1; i < post->failures && delay < max; i++)
		delay *= 2;
	post->failures++;
	return delay < max ? delay : max;
}

/* Without an engine nobody else has anything to do. */
static bool
is_wanted(const struct post *post)
{
	const struct crew *crew = post->crew;

	if (post->child != NULL || crew->stopping || post->dismissed)
		return false;
	return post->kind == CHILD_ENGINE || crew->posts->child != NULL;
}

void
post_fill_after(struct post *post, uint64_t delay)
{
	uv_timer_start(&post->restart, restart_due, delay, 0);
}

void
post_fill(struct post *post)
{
	int engine_end;
	struct err err;

	uv_timer_stop(&post->restart);
	if (!is_wanted(post))
		return;
	if (start_child(post, &engine_end, &err) < 0) {
		log_write(LOG_ERROR, "%s: %s", post_name(post), err.message);
		post->failures += post->failures == 0 ? 1 : 0;
		post_fill_after(post, next_delay(post, BACKOFF_MAX_MS));
		return;
	}
	log_write(LOG_DEBUG, "%s: pid %d", post_name(post), (int)post->child->pid);
	crew_introduce(post, engine_end);
	if (post->child != NULL)
		watch(post->child);
}

uint64_t
post_vacate(struct post *post, int status)
{
	struct child *child = post->child;
	uint64_t age = uv_now(post->crew->loop) - child->started;
	bool well = WIFEXITED(status) && WEXITSTATUS(status) == 0 && child->ready;
	uint64_t max = backoff_max(post, child);

	post->child = NULL;
	child->post = NULL;
	uv_poll_stop(&child->poll);
	channel_close(&child->channel);
	uv_close((uv_handle_t *)&child->poll, child_closed);
	if (child->doomed || (well && age >= RECYCLED_MS))
		return 0;
	post->deaths++;
	if (child->ready && age >= STEADY_MS)
		post->failures = 0;
	return next_delay(post, max);
}
