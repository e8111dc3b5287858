#ifndef LIAISON_MAIN_POST_H
#define LIAISON_MAIN_POST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <uv.h>

#include "channel.h"
#include "crew.h"

/* One post of the crew, and the child that fills it. Private to crew. */

struct post;

struct child {
	struct post *post; /* NULL once the post has forgotten it */
	uint32_t id; /* never used twice */
	pid_t pid;
	struct channel channel;
	uv_poll_t poll;
	uint64_t started; /* uv_now, ms */
	bool ready;
	bool doomed; /* we ended it ourselves: no failure of its own */
	bool fatal; /* it said FRAME_FATAL */
	int fatal_status;
	unsigned silent; /* ticks since it gave a sign of life */
};

struct post {
	struct post *next;
	struct crew *crew;
	enum child_kind kind;
	uint32_t only; /* the source an isolated fetch has; else 0 */
	struct child *child; /* NULL: vacant */
	unsigned failures; /* in a row */
	unsigned deaths; /* all */
	bool dismissed; /* vacant for good once the child has ended */
	uv_timer_t restart;
};

struct crew {
	uv_loop_t *loop;
	struct crew_places places;
	struct crew_events events;
	const struct config *config;
	struct post *posts; /* the engine's first */
	uint32_t last_id;
	bool stopping, was_ready, told;
};

const char *post_name(const struct post *post);

struct post *post_new(struct crew *crew, enum child_kind kind, uint32_t only);
/* Closes the timer and frees the post in a later turn of the loop. */
void post_close(struct post *post);
/* Fills a vacant post. A child that cannot be started counts as one that died. */
void post_fill(struct post *post);
void post_fill_after(struct post *post, uint64_t delay_ms);
/* Its child has ended: vacant again. Returns the delay after which it should be filled, ms. */
uint64_t post_vacate(struct post *post, int status);
void post_kill(struct post *post, const char *reason); /* logged unless NULL */
/* Sends frames; a child that does not take them is killed. passed as in channel_send. */
void post_send(struct post *post, const struct text *frames, int passed);

/* In crew.c. */
struct post *crew_engine(const struct crew *crew);
struct post *crew_isolated(const struct crew *crew, uint32_t source); /* its own fetch, or NULL */
struct post *crew_child(const struct crew *crew, uint32_t id); /* whose child that is */
/* A new child is told what it must know, the engine who it is. */
void crew_introduce(struct post *post, int engine_end);

/* In hear.c: what a child says, read until nothing is left. */
void crew_hear(struct post *post);

/* In say.c: what children are told. */
void say_config(struct post *post);
void say_channel(struct post *post, int engine_end);
/* status: as waitpid gave it. */
void say_gone(struct post *post, uint32_t id, int status, const char *how);
void say_ping(struct post *post);
void say_stop(struct post *post, unsigned within_ms);

#endif
