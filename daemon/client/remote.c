#include "remote.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "liaison/base/text.h"
#include "socket.h"

enum { PIECE_SIZE = 64 * 1024 };

/* ssh hands its words to a shell over there, so the path is quoted for it. */
static char *
remote_command(struct arena *arena, const struct options *options)
{
	struct text text = { 0 };
	char *out;

	text_add(&text, "liaison --bridge");
	if (options->socket != NULL) {
		text_add(&text, " --socket '");
		for (const char *p = options->socket; *p != '\0'; p++)
			*p == '\'' ? text_add(&text, "'\\''") : text_add_char(&text, *p);
		text_add(&text, "'");
	}
	out = arena_text_n(arena, text.bytes, text.size);
	text_clear(&text);
	return out;
}

__attribute__((noreturn)) static void
become_ssh(const struct options *options, int input, int output)
{
	struct arena *arena = arena_new();
	char *words[] = { arena_text(arena, "ssh"), arena_text(arena, "-T"),
		arena_text(arena, options->host), remote_command(arena, options), NULL };
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGINT, SIG_IGN); /* Ctrl-C is ours: it cancels, it does not cut the line */
	dup2(input, STDIN_FILENO);
	dup2(output, STDOUT_FILENO);
	execvp(words[0], words);
	_exit(127);
}

int
remote_open(const struct options *options, int *in, int *out, pid_t *ssh, struct err *err)
{
	int there[2], back[2];
	pid_t pid;

	if (options->host[0] == '-' || options->host[0] == '\0')
		return fail(err, ERR_USAGE, "'%s' is not the name of a host", options->host);
	if (pipe2(there, O_CLOEXEC) < 0 || pipe2(back, O_CLOEXEC) < 0 || (pid = fork()) < 0)
		return fail(err, ERR_UNAVAILABLE, "ssh cannot be started: %s", strerror(errno));
	if (pid == 0)
		become_ssh(options, there[0], back[1]);
	close(there[0]);
	close(back[1]);
	*in = back[0];
	*out = there[1];
	*ssh = pid;
	return 0;
}

/* 1: moved something; 0: from has ended; -1: to has. */
static int
move_piece(int from, int to)
{
	static char piece[PIECE_SIZE];
	ssize_t got = read(from, piece, sizeof piece);

	if (got < 0 && errno == EINTR)
		return 1;
	if (got <= 0)
		return 0;
	return write_all(to, piece, (size_t)got) < 0 ? -1 : 1;
}

int
remote_bridge(const struct options *options, struct err *err)
{
	struct arena *arena = arena_new();
	int daemon;
	int result = socket_connect(socket_find(arena, options->socket), &daemon, err);

	arena_free(arena);
	if (result < 0)
		return -1;
	signal(SIGPIPE, SIG_IGN);
	for (;;) {
		struct pollfd polled[2] = { { .fd = STDIN_FILENO, .events = POLLIN },
			{ .fd = daemon, .events = POLLIN } };

		if (poll(polled, 2, -1) < 0 && errno != EINTR)
			break;
		if (polled[0].revents != 0 && move_piece(STDIN_FILENO, daemon) <= 0)
			break;
		if (polled[1].revents != 0 && move_piece(daemon, STDOUT_FILENO) <= 0)
			break;
	}
	close(daemon);
	return 0;
}
