#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "liaison/base/arena.h"
#include "liaison/base/crypt.h"
#include "liaison/base/log.h"
#include "liaison/base/text.h"
#include "secret.h"
#include "spawn.h"
#include "words.h"

enum { STDERR_LOGGED_MAX = 1024 };

/* One of the two pipes we read. */
struct pipe_end {
	uv_poll_t poll;
	int descriptor;
	struct secret_command *command;
	size_t room;
	size_t size;
	char *bytes;
	bool ended;
};

struct secret_command {
	char *name;
	pid_t pid;
	bool reaped, timed_out, told;
	int status;
	struct pipe_end output, complaint;
	uv_timer_t deadline;
	unsigned open_handles;
	secret_command_done *done;
	void *context;
};

static void
release(uv_handle_t *handle)
{
	struct secret_command *command = handle->data;

	if (--command->open_handles > 0)
		return;
	wipe(command->output.bytes, command->output.room);
	free(command->output.bytes);
	free(command->complaint.bytes);
	free(command->name);
	free(command);
}

static void
close_pipe(struct pipe_end *end)
{
	if (end->descriptor < 0)
		return;
	uv_poll_stop(&end->poll);
	close(end->descriptor);
	end->descriptor = -1;
	end->ended = true;
	uv_close((uv_handle_t *)&end->poll, release);
}

/* Closing the handles frees the command in the loop's next turn. */
static void
close_all(struct secret_command *command)
{
	if (!command->reaped)
		kill(-command->pid, SIGKILL);
	close_pipe(&command->output);
	close_pipe(&command->complaint);
	uv_close((uv_handle_t *)&command->deadline, release);
}

static void
log_complaint(const struct secret_command *command)
{
	struct arena *arena = arena_new();
	size_t size = command->complaint.size;

	while (size > 0 && command->complaint.bytes[size - 1] == '\n')
		size--;
	if (size > 0)
		log_write(LOG_NOTICE, "%s: the password command says: %s", command->name,
			text_escape(arena, command->complaint.bytes, size, STDERR_LOGGED_MAX));
	arena_free(arena);
}

static int
judge(const struct secret_command *command, size_t *size, struct err *err)
{
	if (command->timed_out)
		return fail(err, ERR_UNAVAILABLE, "the password command did not end within %d s",
			SECRET_TIMEOUT_MS / 1000);
	if (!WIFEXITED(command->status) || WEXITSTATUS(command->status) != 0) {
		struct arena *arena = arena_new();

		fail(err, ERR_UNAVAILABLE, "the password command %s",
			spawn_how_ended(arena, command->status));
		arena_free(arena);
		return -1;
	}
	return secret_line(command->output.bytes, command->output.size, size, err);
}

static void
finish(struct secret_command *command)
{
	struct err err = { 0 };
	size_t size = 0;

	if (command->told)
		return;
	command->told = true;
	log_complaint(command);
	if (judge(command, &size, &err) < 0)
		command->done(command->context, NULL, 0, &err);
	else
		command->done(command->context, command->output.bytes, size, NULL);
	close_all(command);
}

static bool
has_whole_line(const struct pipe_end *end)
{
	return memchr(end->bytes, '\n', end->size) != NULL;
}

/* A grandchild may hold the pipe open for ever (an agent it started): a whole line is enough. */
static void
finish_if_over(struct secret_command *command)
{
	if (command->reaped && (command->output.ended || has_whole_line(&command->output)))
		finish(command);
}

/* What does not fit is read and dropped, so that the command is not held up. */
static void
pipe_readable(uv_poll_t *poll, int status, int events)
{
	struct pipe_end *end = (struct pipe_end *)((char *)poll - offsetof(struct pipe_end, poll));
	struct secret_command *command = end->command;
	char dropped[512];
	bool full = end->size == end->room;
	ssize_t got = read(end->descriptor, full ? dropped : end->bytes + end->size,
		full ? sizeof dropped : end->room - end->size);

	(void)events;
	wipe(dropped, sizeof dropped);
	if (got > 0 && !full)
		end->size += (size_t)got;
	if (got == 0 || status < 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
		close_pipe(end);
	finish_if_over(command);
}

static void
deadline_passed(uv_timer_t *timer)
{
	struct secret_command *command = timer->data;

	command->timed_out = true;
	finish(command);
}

static void
watch_pipe(uv_loop_t *loop, struct pipe_end *end, struct secret_command *command, int descriptor,
	size_t room)
{
	end->command = command;
	end->descriptor = descriptor;
	end->room = room;
	end->bytes = mem_zero(1, room);
	end->poll.data = command;
	fcntl(descriptor, F_SETFL, O_NONBLOCK);
	uv_poll_init(loop, &end->poll, descriptor);
	uv_poll_start(&end->poll, UV_READABLE, pipe_readable);
	command->open_handles++;
}

static int
open_pipes(int output[2], int complaint[2], struct err *err)
{
	if (pipe2(output, O_CLOEXEC) < 0)
		return fail(
			err, ERR_UNAVAILABLE, "there is no pipe to be had: %s", strerror(errno));
	if (pipe2(complaint, O_CLOEXEC) < 0) {
		close(output[0]);
		close(output[1]);
		return fail(
			err, ERR_UNAVAILABLE, "there is no pipe to be had: %s", strerror(errno));
	}
	return 0;
}

/* The pid, or -1; the command's ends of the pipes are closed either way. */
static pid_t
start_process(const char *line, int output, int complaint, struct err *err)
{
	struct arena *arena = arena_new();
	struct spawn spawn = {
		.descriptors = { -1, output, complaint }, .count = 3, .search = true, .group = true
	};
	char **words;
	pid_t pid = -1;

	if (words_split(arena, line, &words, err) == 0) {
		spawn.path = words[0];
		spawn.words = words;
		spawn.environment = spawn_full_environment(arena);
		pid = spawn_start(&spawn, err);
	}
	close(output);
	close(complaint);
	arena_free(arena);
	return pid;
}

static struct secret_command *
command_new(uv_loop_t *loop, const char *name, pid_t pid, int output, int complaint)
{
	struct secret_command *command = mem_zero(1, sizeof *command);

	command->name = mem_text(name);
	command->pid = pid;
	watch_pipe(loop, &command->output, command, output, SECRET_SIZE_MAX + 2);
	watch_pipe(loop, &command->complaint, command, complaint, STDERR_LOGGED_MAX);
	command->deadline.data = command;
	uv_timer_init(loop, &command->deadline);
	uv_timer_start(&command->deadline, deadline_passed, SECRET_TIMEOUT_MS, 0);
	command->open_handles++;
	return command;
}

struct secret_command *
secret_command_start(uv_loop_t *loop, const char *name, const char *line, secret_command_done *done,
	void *context, struct err *err)
{
	int output[2], complaint[2];
	struct secret_command *command;
	pid_t pid;

	if (open_pipes(output, complaint, err) < 0)
		return NULL;
	pid = start_process(line, output[1], complaint[1], err);
	if (pid < 0) {
		close(output[0]);
		close(complaint[0]);
		return NULL;
	}
	command = command_new(loop, name, pid, output[0], complaint[0]);
	command->done = done;
	command->context = context;
	return command;
}

bool
secret_command_reap(struct secret_command *command, pid_t pid, int status)
{
	if (command->reaped || command->pid != pid)
		return false;
	command->reaped = true;
	command->status = status;
	finish_if_over(command);
	return true;
}

void
secret_command_abandon(struct secret_command *command)
{
	command->told = true;
	close_all(command);
}
