#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "complete.h"
#include "liaison/wire/json.h"
#include "options.h"
#include "problem.h"
#include "remote.h"
#include "run.h"

/* liaison: the words of a command line to the daemon, its records to the terminal. It knows no
 * command but help and completion. */

static int
print_script(const struct options *options)
{
	const char *script;
	struct err err;

	if (complete_script(options->words[1], &script, &err) < 0)
		return problem_own(options, &err);
	fputs(script, stdout);
	return 0;
}

static bool
starts_with(const struct options *options, const char *word)
{
	return options->count > 0 && strcmp(options->words[0], word) == 0;
}

static int
bridge(const struct options *options)
{
	struct err err;

	if (remote_bridge(options, &err) < 0)
		return problem_own(options, &err);
	return 0;
}

static int
run(struct arena *arena, const struct options *options)
{
	if (options->version) {
		printf("liaison %s\n", LIAISON_VERSION);
		return 0;
	}
	if (options->bridge)
		return bridge(options);
	if (options->complete) {
		complete_run(options);
		return 0;
	}
	if (options->help || starts_with(options, "help"))
		return run_help(arena, options);
	if (options->count == 0) {
		run_help(arena, options);
		return err_exit_status(ERR_USAGE);
	}
	if (starts_with(options, "completion"))
		return print_script(options);
	return run_command(arena, options);
}

int
main(int argc, char **argv)
{
	struct arena *arena = arena_new();
	struct options options;
	struct err err;
	int status;

	json_prepare();
	if (options_parse(arena, argc, argv, &options, &err) < 0)
		status = problem_own(&options, &err);
	else
		status = run(arena, &options);
	arena_free(arena);
	return status;
}
