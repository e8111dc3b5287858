#include "pager.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static bool
is_in_path(const char *name)
{
	const char *path = getenv("PATH");
	char candidate[4096];

	while (path != NULL && *path != '\0') {
		size_t length = strcspn(path, ":");
		int size = snprintf(
			candidate, sizeof candidate, "%.*s/%s", (int)length, path, name);

		if (size > 0 && (size_t)size < sizeof candidate && access(candidate, X_OK) == 0)
			return true;
		path += length + (path[length] == ':');
	}
	return false;
}

/* NULL: no pager. */
static const char *
command(void)
{
	const char *pager = getenv("PAGER");

	if (pager != NULL)
		return *pager == '\0' || strcmp(pager, "cat") == 0 ? NULL : pager;
	return is_in_path("less") ? "less -FRX" : NULL;
}

__attribute__((noreturn)) static void
become_pager(const char *line, int input)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGINT, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	dup2(input, STDIN_FILENO);
	setenv("LESS", "FRX", 0);
	execl("/bin/sh", "sh", "-c", line, (char *)NULL);
	_exit(127);
}

void
pager_start(pid_t *pager)
{
	const char *line = command();
	int pair[2];
	pid_t pid;

	if (*pager != 0 || line == NULL || pipe2(pair, O_CLOEXEC) < 0)
		return;
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		become_pager(line, pair[0]);
	if (pid > 0) {
		dup2(pair[1], STDOUT_FILENO);
		*pager = pid;
	}
	close(pair[0]);
	close(pair[1]);
}

void
pager_end(pid_t *pager)
{
	if (*pager == 0)
		return;
	fflush(stdout);
	close(STDOUT_FILENO);
	while (waitpid(*pager, NULL, 0) < 0 && errno == EINTR)
		continue;
	*pager = 0;
}
