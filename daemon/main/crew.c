#include "crew.h"

#include <stdlib.h>
#include <sys/wait.h>

#include "liaison/base/log.h"
#include "post.h"
#include "spawn.h"

enum {
	SILENT_MAX = 6, /* ticks without a sign of life */
	ENGINE_SILENT_MAX = 12, /* its writer may be at a long transaction */
	ENGINE_TRIES = 5, /* before it was ever ready */
	RECONNECT_MS = 1000,
	EXIT_INTERNAL = 70,
};

struct crew *
crew_new(uv_loop_t *loop, const struct crew_places *places, const struct crew_events *events)
{
	struct crew *crew = mem_zero(1, sizeof *crew);

	*crew = (struct crew){ .loop = loop, .places = *places, .events = *events };
	post_new(crew, CHILD_ENGINE, 0);
	post_new(crew, CHILD_PARSE, 0);
	post_new(crew, CHILD_FETCH, 0);
	return crew;
}

/* Whoever is still there when all is over. */
static void
end_child(struct post *post)
{
	int status = 0;

	if (post->child == NULL)
		return;
	post_kill(post, NULL);
	waitpid(post->child->pid, &status, 0);
	post_vacate(post, status);
}

void
crew_free(struct crew *crew)
{
	crew->stopping = true;
	while (crew->posts != NULL) {
		struct post *post = crew->posts;

		crew->posts = post->next;
		end_child(post);
		post_close(post);
	}
	uv_run(crew->loop, UV_RUN_NOWAIT);
	free(crew);
}

struct post *
crew_engine(const struct crew *crew)
{
	return crew->posts;
}

struct post *
crew_isolated(const struct crew *crew, uint32_t source)
{
	struct post *post = crew->posts;

	while (post != NULL && (post->only != source || post->dismissed))
		post = post->next;
	return post;
}

struct post *
crew_child(const struct crew *crew, uint32_t id)
{
	struct post *post = crew->posts;

	while (post != NULL && (post->child == NULL || post->child->id != id))
		post = post->next;
	return post;
}

void
crew_introduce(struct post *post, int engine_end)
{
	if (engine_end >= 0)
		say_channel(post, engine_end);
	if (post->kind != CHILD_PARSE)
		say_config(post);
	if (post->kind != CHILD_ENGINE)
		return;
	for (struct post *other = post->next; other != NULL; other = other->next) {
		if (other->child == NULL && !uv_is_active((uv_handle_t *)&other->restart))
			post_fill(other);
	}
}

void
crew_start(struct crew *crew, const struct config *config)
{
	crew->config = config;
	post_fill(crew_engine(crew));
}

/* An isolated fetch whose source is no longer configured goes. */
static void
dismiss_strays(struct crew *crew)
{
	for (struct post *post = crew->posts; post != NULL; post = post->next) {
		if (post->only == 0 || post->dismissed ||
			config_source_by_number(crew->config, post->only) != NULL)
			continue;
		post->dismissed = true;
		uv_timer_stop(&post->restart);
		if (post->child != NULL)
			post->child->doomed = true;
		post_kill(post, NULL);
	}
}

void
crew_configure(struct crew *crew, const struct config *config)
{
	crew->config = config;
	dismiss_strays(crew);
	for (struct post *post = crew->posts; post != NULL; post = post->next) {
		if (post->child != NULL && post->kind != CHILD_PARSE && !post->dismissed)
			say_config(post);
	}
}

/* An engine that is not ready yet may be at a migration, which takes what it takes. */
static void
tick(struct post *post)
{
	struct child *child = post->child;
	unsigned limit = post->kind == CHILD_ENGINE ? ENGINE_SILENT_MAX : SILENT_MAX;

	if (child == NULL || (post->kind == CHILD_ENGINE && !child->ready))
		return;
	if (++child->silent > limit)
		post_kill(post, "it gives no sign of life");
	else if (post->kind != CHILD_ENGINE)
		say_ping(post);
}

void
crew_tick(struct crew *crew)
{
	if (crew->stopping)
		return;
	for (struct post *post = crew->posts; post != NULL; post = post->next)
		tick(post);
}

static void
tell_end(struct crew *crew, int status)
{
	if (crew->told)
		return;
	crew->told = true;
	crew->events.ended(crew->events.context, status);
}

static void
end_if_empty(struct crew *crew)
{
	for (const struct post *post = crew->posts; post != NULL; post = post->next) {
		if (post->child != NULL)
			return;
	}
	tell_end(crew, 0);
}

/* Nothing that fetch or parse hold is worth keeping when the engine that asked for it is gone. */
static void
end_others(struct crew *crew)
{
	for (struct post *post = crew->posts->next; post != NULL; post = post->next) {
		uv_timer_stop(&post->restart);
		if (post->child != NULL)
			post->child->doomed = true;
		post_kill(post, NULL);
	}
}

static void
engine_ended(struct post *post, const struct child *was, uint64_t delay)
{
	struct crew *crew = post->crew;

	end_others(crew);
	if (!crew->was_ready && was->fatal)
		tell_end(crew, was->fatal_status);
	else if (!crew->was_ready && post->failures >= ENGINE_TRIES)
		tell_end(crew, EXIT_INTERNAL);
	else
		post_fill_after(post, delay);
}

static void
log_end(const struct post *post, const struct child *was, const char *how, uint64_t delay)
{
	const char *next = delay == 0 ? "a new one starts at once" : "a new one starts soon";

	if (was->doomed || post->crew->stopping)
		log_write(LOG_DEBUG, "%s (pid %d) %s", post_name(post), (int)was->pid, how);
	else
		log_write(LOG_WARNING, "%s (pid %d) %s: %s", post_name(post), (int)was->pid, how,
			next);
}

static void
child_ended(struct post *post, int status)
{
	struct arena *arena = arena_new();
	const char *how = spawn_how_ended(arena, status);
	struct crew *crew = post->crew;
	struct child was;
	uint64_t delay;

	crew_hear(post);
	was = *post->child;
	delay = post_vacate(post, status);
	log_end(post, &was, how, delay);
	if (crew->stopping) {
		end_if_empty(crew);
	} else if (post->kind == CHILD_ENGINE) {
		engine_ended(post, &was, delay);
	} else {
		if (!was.doomed)
			say_gone(post, was.id, status, how);
		post_fill_after(post, delay);
	}
	arena_free(arena);
}

bool
crew_reap(struct crew *crew, pid_t pid, int status)
{
	for (struct post *post = crew->posts; post != NULL; post = post->next) {
		if (post->child != NULL && post->child->pid == pid) {
			child_ended(post, status);
			return true;
		}
	}
	return false;
}

void
crew_stop(struct crew *crew, unsigned within_ms)
{
	crew->stopping = true;
	for (struct post *post = crew->posts; post != NULL; post = post->next) {
		uv_timer_stop(&post->restart);
		say_stop(post, within_ms);
	}
	end_if_empty(crew);
}

void
crew_kill(struct crew *crew)
{
	for (struct post *post = crew->posts; post != NULL; post = post->next)
		post_kill(post, NULL);
}

void
crew_reconnect(struct crew *crew)
{
	for (struct post *post = crew->posts; post != NULL; post = post->next) {
		if (post->kind == CHILD_FETCH)
			say_stop(post, RECONNECT_MS);
	}
}

void
crew_log_state(const struct crew *crew)
{
	for (const struct post *post = crew->posts; post != NULL; post = post->next) {
		const struct child *child = post->child;

		if (child == NULL)
			log_write(LOG_NOTICE, "%s: vacant, %u died", post_name(post), post->deaths);
		else
			log_write(LOG_NOTICE,
				"%s%s: pid %d, %s, runs for %llu s, %u died before it",
				post_name(post), post->only != 0 ? " (isolated)" : "",
				(int)child->pid, child->ready ? "ready" : "starting",
				(unsigned long long)(uv_now(crew->loop) - child->started) / 1000,
				post->deaths);
	}
}
