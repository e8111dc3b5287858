#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "liaison/base/text.h"

enum { HIGH_DESCRIPTOR = 64 };

/* Between fork and exec only async-signal-safe calls. First all go up out of the way, then down. */
static int
take_descriptors(const struct spawn *spawn, int null)
{
	int high[SPAWN_DESCRIPTORS_MAX];

	for (size_t i = 0; i < spawn->count; i++) {
		int from = spawn->descriptors[i] < 0 ? null : spawn->descriptors[i];

		high[i] = fcntl(from, F_DUPFD_CLOEXEC, HIGH_DESCRIPTOR);
		if (high[i] < 0)
			return -1;
	}
	for (size_t i = 0; i < spawn->count; i++) {
		if (dup2(high[i], (int)i) < 0)
			return -1;
	}
	return close_range((unsigned)spawn->count, ~0U, 0);
}

static void
default_signals(void)
{
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

__attribute__((noreturn)) static void
become(const struct spawn *spawn, int null, pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(SPAWN_FAILED);
	if (spawn->group)
		setpgid(0, 0);
	if (spawn->root && chdir("/") < 0)
		_exit(SPAWN_FAILED);
	if (take_descriptors(spawn, null) < 0)
		_exit(SPAWN_FAILED);
	default_signals();
	if (spawn->search)
		execvpe(spawn->path, spawn->words, spawn->environment);
	else
		execve(spawn->path, spawn->words, spawn->environment);
	_exit(SPAWN_FAILED);
}

/* Signals are held back meanwhile, so that none is taken by our own code in the child. */
pid_t
spawn_start(const struct spawn *spawn, struct err *err)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	pid_t parent = getpid();
	sigset_t all, before;
	pid_t pid;

	if (null < 0)
		return fail(err, ERR_UNAVAILABLE, "'%s' cannot be started: /dev/null: %s",
			spawn->path, strerror(errno));
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (pid == 0)
		become(spawn, null, parent);
	sigprocmask(SIG_SETMASK, &before, NULL);
	close(null);
	if (pid < 0)
		return fail(err, ERR_UNAVAILABLE, "'%s' cannot be started: %s", spawn->path,
			strerror(errno));
	if (spawn->group)
		setpgid(pid, pid);
	return pid;
}

static bool
is_one_of(const char *variable, const char *const *names)
{
	for (; *names != NULL; names++) {
		size_t length = strlen(*names);

		if (strncmp(variable, *names, length) == 0 &&
			((*names)[length - 1] == '_' || variable[length] == '='))
			return true;
	}
	return false;
}

static char **
filter_environment(struct arena *arena, const char *const *names, bool keep)
{
	size_t count = 0, kept = 0;
	char **out;

	while (environ[count] != NULL)
		count++;
	out = arena_array(arena, count + 1, sizeof *out);
	for (size_t i = 0; i < count; i++) {
		if (is_one_of(environ[i], names) == keep)
			out[kept++] = arena_text(arena, environ[i]);
	}
	return out;
}

char **
spawn_small_environment(struct arena *arena)
{
	static const char *const names[] = { "LANG", "TZ", "JOURNAL_STREAM", "LIAISON_TEST_",
#ifdef LIAISON_SANITIZED
		"ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS", "PATH",
#endif
		NULL };

	return filter_environment(arena, names, true);
}

char **
spawn_full_environment(struct arena *arena)
{
	static const char *const names[] = { "NOTIFY_SOCKET", "WATCHDOG_", "LISTEN_", NULL };

	return filter_environment(arena, names, false);
}

const char *
spawn_how_ended(struct arena *arena, int status)
{
	if (WIFSIGNALED(status))
		return arena_printf(arena, "was killed by signal %d (%s)", WTERMSIG(status),
			strsignal(WTERMSIG(status)));
	if (WEXITSTATUS(status) == SPAWN_FAILED)
		return "could not be started";
	return arena_printf(arena, "ended with status %d", WEXITSTATUS(status));
}
