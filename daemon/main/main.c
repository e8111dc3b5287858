#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "liaison/base/log.h"
#include "options.h"
#include "service.h"
#include "settings.h"
#include "spawn.h"

/* liaisond: reads the configuration, starts the other programs and replaces them. It has neither the
 * database nor the network, and parses no foreign byte.
 *
 * What needs the database runs in liaison-engine: `liaison-engine --check-backup FILE` and
 * `liaison-engine --restore FILE DATABASE`; both print what they found and exit with a status of
 * spec section 1. Each program knows `--check-sandbox`. */

enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_CONFIG = 78 };

static int
complain(const struct err *err)
{
	fprintf(stderr, "liaisond: %s\n", err->message);
	if (err->hint[0] != '\0')
		fprintf(stderr, "liaisond: %s\n", err->hint);
	return service_exit_status(err);
}

/* Runs a program of ours to its end, with our own standard output. Returns its exit status. */
static int
run_program(struct arena *arena, const char *name, char *const *arguments, int lock)
{
	struct spawn spawn = { .environment = spawn_small_environment(arena),
		.descriptors = { -1, STDOUT_FILENO, STDERR_FILENO, -1, -1, lock },
		.count = 6 };
	char *words[5] = { arena_text(arena, name) };
	struct err err;
	int status;
	pid_t pid;

	for (int i = 0; i < 3 && arguments[i] != NULL; i++)
		words[i + 1] = arguments[i];
	spawn.words = words;
	if (place_program(arena, name, &spawn.path, &err) < 0)
		return complain(&err);
	pid = spawn_start(&spawn, &err);
	if (pid < 0)
		return complain(&err);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (WIFEXITED(status) && WEXITSTATUS(status) != SPAWN_FAILED)
		return WEXITSTATUS(status);
	fail(&err, ERR_INTERNAL, "%s %s", name, spawn_how_ended(arena, status));
	return complain(&err);
}

static int
check_sandbox(struct arena *arena)
{
	static const char *const programs[] = { "liaison-engine", "liaison-fetch",
		"liaison-parse" };
	char *arguments[] = { arena_text(arena, "--check-sandbox"), NULL };
	int result = EXIT_OK;

	for (int i = 0; i < 3; i++) {
		int status;

		printf("%s\n", programs[i]);
		fflush(stdout);
		status = run_program(arena, programs[i], arguments, -1);
		if (status != 0) {
			printf("%s: %d\n", programs[i], status);
			result = EXIT_FAILED;
		}
	}
	return result;
}

static int
check_backup(struct arena *arena, const char *file)
{
	char *arguments[] = { arena_text(arena, "--check-backup"),
		arena_text(arena, place_absolute(arena, file)), NULL };

	return run_program(arena, "liaison-engine", arguments, -1);
}

static int
restore(struct arena *arena, const struct place *place, const struct config *config,
	const char *file)
{
	char *arguments[] = { arena_text(arena, "--restore"),
		arena_text(arena, place_absolute(arena, file)), arena_text(arena, config->database),
		NULL };
	struct err err;
	int lock = service_prepare(place, config, &err);
	int status;

	if (lock < 0)
		return complain(&err);
	status = run_program(arena, "liaison-engine", arguments, lock);
	close(lock);
	return status;
}

/* Under a service manager the log's own form, at a prompt the plain lines. */
static void
print_lines(const struct options *options, enum log_level level, const char *line)
{
	while (line != NULL && *line != '\0') {
		int length = (int)strcspn(line, "\n");

		if (options->action == ACTION_RUN)
			log_write(level, "%.*s", length, line);
		else
			fprintf(stderr, "%s%.*s\n",
				level == LOG_WARNING ? "liaisond: warning: " : "", length, line);
		line += length + 1;
	}
}

/* Several programs of ours write there, and one that waits for room would be as good as hung: a pipe is
 * opened anew, so that it does not block us and stays as it was for others. */
static void
unblock_standard_error(void)
{
	struct stat status;
	int fresh;

	if (fstat(STDERR_FILENO, &status) < 0 || !S_ISFIFO(status.st_mode))
		return;
	fresh = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (fresh < 0)
		return;
	dup2(fresh, STDERR_FILENO);
	close(fresh);
}

static int
act(struct arena *arena, const struct options *options, const struct place *place,
	struct config *config)
{
	if (options->action == ACTION_RUN) {
		unblock_standard_error();
		return service_run(place, config); /* takes the configuration over */
	}
	if (options->action == ACTION_RESTORE) {
		int status = restore(arena, place, config, options->backup);

		config_free(config);
		return status;
	}
	config_free(config);
	return EXIT_OK;
}

static int
with_configuration(struct arena *arena, const struct options *options)
{
	struct mistakes mistakes = { 0 };
	struct place place;
	struct config config;
	struct err err;
	int status;

	if (place_find(arena, options->config, &place, &err) < 0)
		return complain(&err);
	if (settings_load(&place, &config, &mistakes) < 0) {
		print_lines(options, LOG_ERROR, mistakes.lines.bytes);
		status = EXIT_CONFIG;
	} else {
		if (options->action != ACTION_RESTORE)
			print_lines(options, LOG_WARNING, mistakes.remarks.bytes);
		status = act(arena, options, &place, &config);
	}
	mistakes_clear(&mistakes);
	return status;
}

static int
run(struct arena *arena, const struct options *options)
{
	switch (options->action) {
	case ACTION_VERSION:
		printf("liaisond %s\n", LIAISON_VERSION);
		return EXIT_OK;
	case ACTION_HELP:
		fputs(options_help, stdout);
		return EXIT_OK;
	case ACTION_CHECK_SANDBOX:
		return check_sandbox(arena);
	case ACTION_CHECK_BACKUP:
		return check_backup(arena, options->backup);
	case ACTION_RUN:
	case ACTION_CHECK_CONFIG:
	case ACTION_RESTORE:
		break;
	}
	return with_configuration(arena, options);
}

/* Secrets pass through us: nobody may look into our memory, and no core file is left of it. What we
 * open must not become standard input, output or error where one of these was closed. */
static void
close_up(void)
{
	struct rlimit none = { 0, 0 };
	int descriptor;

	do
		descriptor = open("/dev/null", O_RDWR);
	while (descriptor >= 0 && descriptor <= STDERR_FILENO);
	if (descriptor >= 0)
		close(descriptor);
	umask(077);
	prctl(PR_SET_DUMPABLE, 0);
	setrlimit(RLIMIT_CORE, &none);
}

int
main(int argc, char **argv)
{
	struct arena *arena = arena_new();
	struct options options;
	struct err err;
	int status;

	uv_replace_allocator(mem_alloc, mem_resize, mem_zero, free); /* it would abort instead */
	close_up();
	log_set_program("main");
	log_find_journal();
	if (options_parse(argc, argv, &options, &err) < 0) {
		complain(&err);
		fputs("Try 'liaisond --help'.\n", stderr);
		status = EXIT_USAGE;
	} else {
		status = run(arena, &options);
	}
	arena_free(arena);
	return status;
}
