#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "calendar.h"
#include "memory/starve.h"
#include "stand_in.h"

/* fetch at its mailboxes and feeds when memory runs out: it ends and is begun again, or goes on. */

static void *
open_mailbox(void)
{
	world_begin(1, false);
	world_configure(5 * MINUTE);
	return world;
}

static void
close_mailbox(void *ignored)
{
	(void)ignored;
	world_end();
}

/* From the login to IDLE, and the two messages that come then. */
static int
run_mailbox(void *ignored, struct text *out, struct err *err)
{
	(void)ignored, (void)err;
	world->server.messages = 3;
	world_watch();
	pass(2 * SECOND);
	world->server.messages = 5;
	pass(10 * SECOND);
	uid_set_text(&world->told[0].items, out);
	text_printf(out, " state %d %s\n", world->told[0].state, world->told[0].complaint);
	return 0;
}

/* The same when the first connection breaks. */
static int
run_broken(void *ignored, struct text *out, struct err *err)
{
	world->server.fault_at = "FETCH";
	world->server.fault = PEER_ENDS;
	world->server.fault_count = 1;
	run_mailbox(ignored, out, err);
	pass(5 * MINUTE);
	uid_set_text(&world->told[0].items, out);
	return 0;
}

static void
let_go(void *ignored)
{
	(void)ignored;
	world_unwatch();
	world->server.fault_at = NULL;
}

/* ---- feeds ------------------------------------------------------------------------------------- */

struct shelf {
	struct arena *arena;
	char path[64];
	pid_t maker;
};

static void *
open_file(void)
{
	struct shelf *shelf = mem_zero(1, sizeof *shelf);
	FILE *file;
	int descriptor;

	shelf->arena = arena_new();
	shelf->maker = getpid();
	snprintf(shelf->path, sizeof shelf->path, "/tmp/liaison-feed-XXXXXX");
	descriptor = mkstemp(shelf->path);
	file = fdopen(descriptor, "w");
	assert_non_null(file);
	fputs("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", file);
	fclose(file);
	return shelf;
}

static void
close_file(void *state)
{
	struct shelf *shelf = state;

	if (shelf->maker == getpid())
		unlink(shelf->path);
	arena_free(shelf->arena);
	free(shelf);
}

static int
run_file(void *state, struct text *out, struct err *err)
{
	struct shelf *shelf = state;
	struct http_answer answer = { 0 };
	const char *marked;

	if (look_file(shelf->path, NULL, &answer, err) < 0)
		return -1;
	marked = memory_mark(shelf->arena, "https://a.example/x", "W/\"1\"");
	text_printf(out, "%s%s\n", answer.body.bytes,
		memory_unmark(shelf->arena, "https://a.example/x", marked));
	text_clear(&answer.body);
	return 0;
}

static const struct scenario SCENARIOS[] = {
	{ "watches_a_mailbox", open_mailbox, run_mailbox, NULL, let_go, close_mailbox, true },
	{ "comes_back_to_a_mailbox", open_mailbox, run_broken, NULL, let_go, close_mailbox, true },
	{ "looks_at_a_feed", open_file, run_file, NULL, NULL, close_file, false },
};

int
main(void)
{
	return STARVE_EACH(SCENARIOS);
}
