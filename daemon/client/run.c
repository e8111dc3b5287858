#include "run.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "discover.h"
#include "fields.h"
#include "follow.h"
#include "output.h"
#include "problem.h"
#include "progress.h"
#include "session.h"

enum { EXIT_INTERRUPTED = 130, RPC_UNKNOWN = -32601 };

/* One command while it runs. */
struct run {
	struct arena *arena;
	const struct options *options;
	struct session session;
	struct output output;
	const char *const *words;
	size_t count;
	json_t *document; /* discover's, when the output or --fields needs it */
	const json_t *method; /* of the words, or NULL */
	struct options whole; /* those given, without --fields */
};

static void
show_progress(void *context, const json_t *params)
{
	(void)context;
	progress_show(params);
}

static void
print_event(void *context, const char *method, const json_t *params)
{
	struct run *run = context;

	follow_print(&run->output, method, params);
}

/* Without it the output is plainer, so its failing is no failure of the command. */
static int
learn_method(struct run *run, struct err *err)
{
	struct reply reply;
	size_t used;

	if (!output_wants_method(&run->output) && run->options->fields == NULL)
		return 0;
	if (session_call(&run->session, "rpc.discover", NULL, 0, false, &reply, err) < 0)
		return -1;
	run->document = json_incref(reply.result);
	reply_clear(&reply);
	run->method = discover_method(run->document, run->words, run->count, &used);
	if (output_wants_method(&run->output))
		run->output.method = run->method;
	return 0;
}

/* The same words with "--after CURSOR", before a "--" that ends the options. */
static const char **
words_after(const struct run *run, const char *cursor, size_t *count)
{
	const char **words = arena_array(run->arena, run->count + 3, sizeof *words);
	bool added = false;

	*count = 0;
	for (size_t i = 0; i <= run->count; i++) {
		if (!added && (i == run->count || strcmp(run->words[i], "--") == 0)) {
			words[(*count)++] = "--after";
			words[(*count)++] = arena_text(run->arena, cursor);
			added = true;
		}
		if (i < run->count)
			words[(*count)++] = run->words[i];
	}
	return words;
}

static const char *
next_cursor(const struct run *run, const json_t *result)
{
	if (run->options->limited || !output_is_list(result))
		return NULL;
	return json_string_value(json_object_get(result, "next"));
}

static int
call(struct run *run, const char *const *words, size_t count, struct reply *reply, struct err *err)
{
	int result = session_call(&run->session, "rpc.run", words, count, false, reply, err);

	progress_clear();
	if (result == 0 && reply->error != NULL && ask_possible(run->options, reply->error) &&
		ask_agreed(reply->error)) {
		reply_clear(reply);
		result = session_call(&run->session, "rpc.run", words, count, true, reply, err);
		progress_clear();
	}
	return result;
}

/* A noun without its verb: what it can do is told where the mistake is. */
static void
tell_verbs(struct run *run, const json_t *error)
{
	const json_t *data = json_object_get(error, "data");
	const char *field = json_string_value(json_object_get(data, "field")), *text;
	const char **words = arena_array(run->arena, run->count + 2, sizeof *words);
	struct reply reply;
	struct err ignored;
	size_t count = 1;

	if (json_integer_value(json_object_get(error, "code")) != RPC_UNKNOWN || field == NULL ||
		strcmp(field, "verb") != 0 || run->options->format != FORMAT_TABLE)
		return;
	words[0] = "help";
	while (count <= run->count && run->words[count - 1][0] != '-') {
		words[count] = run->words[count - 1];
		count++;
	}
	if (session_call(&run->session, "rpc.run", words, count, false, &reply, &ignored) < 0)
		return;
	text = json_string_value(json_object_get(reply.result, "text"));
	if (text != NULL)
		fprintf(stderr, "\n%s", text);
	reply_clear(&reply);
}

/* What was written stays written, whatever is wrong with the words about its output. */
static bool
is_written(const struct run *run)
{
	return !run->options->dry_run && !discover_reads(run->method);
}

/* A mistake in --fields; of a write it is only told, and the record printed whole. */
static int
check_fields(struct run *run, const json_t *result)
{
	const char *fields = run->output.options->fields;
	json_t *error = fields_check(run->arena, fields, run->method, result);
	int status = error == NULL ? 0 : problem_answered(run->options, error);

	json_decref(error);
	if (status == 0 || !is_written(run))
		return status;
	run->whole = *run->options;
	run->whole.fields = NULL;
	run->output.options = &run->whole;
	return 0;
}

/* Prints one answer; *cursor is where the list goes on, or NULL. Returns the exit status. */
static int
take_answer(struct run *run, const struct reply *reply, const char **cursor)
{
	const char *next;
	int status;

	*cursor = NULL;
	if (reply->interrupted)
		return EXIT_INTERRUPTED;
	if (reply->error != NULL) {
		status = problem_answered(run->options, reply->error);
		tell_verbs(run, reply->error);
		return status;
	}
	status = check_fields(run, reply->result);
	if (status != 0)
		return status;
	next = next_cursor(run, reply->result);
	if (run->session.transfer.to_stdout)
		return 0;
	output_result(&run->output, reply->result, next == NULL);
	*cursor = next == NULL ? NULL : arena_text(run->arena, next);
	return 0;
}

static int
call_all(struct run *run)
{
	const char *const *words = run->words;
	const char *cursor = NULL;
	size_t count = run->count;
	int status = 0;

	do {
		struct reply reply;
		struct err err;

		if (call(run, words, count, &reply, &err) < 0)
			return problem_own(run->options, &err);
		status = take_answer(run, &reply, &cursor);
		reply_clear(&reply);
		if (cursor != NULL)
			words = words_after(run, cursor, &count);
	} while (cursor != NULL && !ferror(stdout));
	return status;
}

/* Events come until Ctrl-C, which is how a watch ends well. */
static int
watch(struct run *run)
{
	struct reply reply;
	struct err err;
	int status = 0;

	run->session.event = print_event;
	run->session.ends_on_interrupt = true;
	if (session_call(&run->session, "rpc.run", run->words, run->count, false, &reply, &err) < 0)
		return problem_own(run->options, &err);
	if (reply.error != NULL)
		status = problem_answered(run->options, reply.error);
	else if (!reply.interrupted && session_listen(&run->session, &err) < 0)
		status = problem_own(run->options, &err);
	reply_clear(&reply);
	return status;
}

static bool
is_watch(const struct run *run)
{
	return run->count > 0 && strcmp(run->words[0], "watch") == 0;
}

static int
run_connected(struct run *run)
{
	struct err err;
	int status;

	run->session.context = run;
	if (!run->options->quiet && isatty(STDERR_FILENO))
		run->session.progress = show_progress;
	if (is_watch(run))
		return watch(run);
	if (learn_method(run, &err) < 0)
		return problem_own(run->options, &err);
	status = call_all(run);
	if (status == 0 && run->options->dry_run && !run->options->quiet)
		fprintf(stderr, "liaison: nothing was changed\n");
	return status;
}

static int
run_words(struct run *run, void (*after)(struct run *run))
{
	struct err err;
	int status;

	output_open(&run->output, run->arena, run->options);
	if (session_open(&run->session, run->options, &err) < 0)
		status = problem_own(run->options, &err);
	else
		status = run_connected(run);
	if (after != NULL)
		after(run);
	session_close(&run->session);
	if (output_close(&run->output, &err) < 0 && status == 0)
		status = problem_own(run->options, &err);
	json_decref(run->document);
	return status;
}

int
run_command(struct arena *arena, const struct options *options)
{
	struct run run = {
		.arena = arena, .options = options, .words = options->words, .count = options->count
	};

	return run_words(&run, NULL);
}

static void
add_own_options(struct run *run)
{
	bool told = run->session.in >= 0; /* the daemon has said how to use it */

	printf("%s\noptions of liaison itself:\n%s", told ? "" : options_usage,
		options_text(run->arena));
}

int
run_help(struct arena *arena, const struct options *options)
{
	const char **words = arena_array(arena, options->count + 2, sizeof *words);
	struct run run = { .arena = arena, .options = options, .words = words };
	size_t first = options->count > 0 && strcmp(options->words[0], "help") == 0;

	words[run.count++] = "help";
	for (size_t i = first; i < options->count; i++) {
		if (options->words[i][0] != '-')
			words[run.count++] = options->words[i];
	}
	return run_words(
		&run, run.count == 1 && options->format == FORMAT_TABLE ? add_own_options : NULL);
}
