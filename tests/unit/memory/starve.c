#include "memory/starve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "memory/refuse.h"

int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

/* A sanitized build is slower, and is asked for leaks rather than for each way back. */
#ifdef LIAISON_SANITIZED
enum { EVERY = 160, TRIES_MIN = 6, TRIES_MAX = 15, LIBRARY_MAX = 200 };
#else
enum { EVERY = 40, TRIES_MIN = 12, TRIES_MAX = 60, LIBRARY_MAX = 2000 };
#endif
enum { SAID_MAX = 8000, SHOWN = 300, OUT_OF_MEMORY = 71 };

static const char *const whose_names[] = { "nothing", "own allocation", "library's allocation",
	"uninterrupted call", "whole call" };

/* A scenario, and the allocations of somebody that are refused to it. */
struct trial {
	const struct scenario *scenario;
	void *world;
	struct text wanted; /* the result */
	enum whose whose;
	bool for_ever;
	unsigned long first, last, step, seen;
	unsigned long *nth; /* shared with the children: what they are at */
};

__attribute__((format(printf, 1, 2), noreturn)) static void
lament(const char *format, ...)
{
	va_list args;

	refuse_end();
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fflush(stderr);
	_exit(1);
}

static void
undo(struct trial *trial)
{
	if (trial->scenario->undo)
		trial->scenario->undo(trial->world);
}

/* Runs it without some memory, and notes the result with all of it. */
static int
run(struct trial *trial, enum whose whose, unsigned long nth, struct text *out, struct err *err)
{
	int result;

	refuse(whose, nth, trial->for_ever);
	result = trial->scenario->run(trial->world, out, err);
	trial->seen = refuse_end();
	if (result == 0 && trial->scenario->tell)
		result = trial->scenario->tell(trial->world, out, err);
	return result;
}

static void
must_be_wanted(const struct trial *trial, const struct text *out, const char *when)
{
	size_t same = 0, line = 0;

	while (same < out->size && same < trial->wanted.size &&
		out->bytes[same] == trial->wanted.bytes[same])
		if (out->bytes[same++] == '\n')
			line = same;
	if (same == out->size && same == trial->wanted.size)
		return;
	lament("%s, the result is, where it differs,\n%.*s\nnot\n%.*s\n", when, SHOWN,
		out->bytes ? out->bytes + line : "", SHOWN,
		trial->wanted.bytes ? trial->wanted.bytes + line : "");
}

/* Memory that runs out is nobody's mistake. */
static bool
blames_somebody(const struct err *err)
{
	switch (err->code) {
	case ERR_NETWORK:
	case ERR_STORAGE:
	case ERR_UNAVAILABLE:
	case ERR_INTERNAL:
		return false;
	case ERR_NONE:
	case ERR_USAGE:
	case ERR_NOT_FOUND:
	case ERR_AMBIGUOUS:
	case ERR_CONFLICT:
	case ERR_REFUSED:
	case ERR_FORMAT:
	case ERR_PERMISSION:
	case ERR_CONFIG:
		break;
	}
	return true;
}

/* Once without memory, once with it. */
static void
try_once(struct trial *trial)
{
	struct text out = { 0 }, again = { 0 };
	struct err err = { 0 };

	if (run(trial, trial->whose, *trial->nth, &out, &err) == 0)
		must_be_wanted(trial, &out, "without it");
	else if (trial->whose > LIBRARY)
		lament("it fails: %s\n", err.message);
	else if (blames_somebody(&err))
		lament("it fails as '%s': %s\n", err_name(err.code), err.message);
	undo(trial);
	err = (struct err){ 0 };
	if (run(trial, NOBODYS, 0, &again, &err) < 0)
		lament("with it again: %s\n", err.message);
	must_be_wanted(trial, &again, "with it again");
	undo(trial);
	text_clear(&out);
	text_clear(&again);
}

__attribute__((noreturn)) static void
be_child(struct trial *trial)
{
	for (*trial->nth = trial->first; *trial->nth <= trial->last; *trial->nth += trial->step)
		try_once(trial);
	trial->scenario->close(trial->world);
	trial->world = NULL;
	if (__lsan_do_recoverable_leak_check && __lsan_do_recoverable_leak_check())
		lament("memory is lost\n");
	_exit(0);
}

/* Returns the child's wait status; said gets what it said on its way. */
static int
run_child(struct trial *trial, char said[SAID_MAX])
{
	size_t size = 0;
	int status, ends[2];
	ssize_t got;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	fflush(NULL);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		dup2(ends[1], STDERR_FILENO);
		close(ends[0]);
		close(ends[1]);
		be_child(trial);
	}
	close(ends[1]);
	while ((got = read(ends[0], said + size, SAID_MAX - 1 - size)) > 0)
		size += (size_t)got;
	said[size] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static bool
ends_with(const char *text, const char *end)
{
	size_t size = strlen(text), wanted = strlen(end);

	return size >= wanted && strcmp(text + size - wanted, end) == 0;
}

static bool
ended_cleanly(int status, const char *said)
{
	if (WIFSIGNALED(status))
		return false;
	if (WEXITSTATUS(status) == OUT_OF_MEMORY)
		return ends_with(said, "<3>out of memory\n");
	return WEXITSTATUS(status) == 0;
}

static unsigned long
number_of(const char *variable, unsigned long otherwise)
{
	const char *words = getenv(variable);

	return words == NULL || *words == '\0' ? otherwise : strtoul(words, NULL, 10);
}

/* Of few at least some are tried, and of very many not too many unless it is asked for; of a library's,
 * whose care for each of them is its own tests' to show, never more than LIBRARY_MAX. */
static void
choose(struct trial *trial, unsigned long count, unsigned long seed)
{
	unsigned long every = number_of("LIAISON_EVERY", 0);

	trial->step = every == 0 ? EVERY : every;
	if (trial->step > count / TRIES_MIN)
		trial->step = count / TRIES_MIN;
	if (every == 0 && trial->step < count / TRIES_MAX)
		trial->step = count / TRIES_MAX;
	if (trial->whose == LIBRARY && trial->step < count / LIBRARY_MAX)
		trial->step = count / LIBRARY_MAX;
	if (trial->step == 0)
		trial->step = 1;
	trial->first = 1 + seed % trial->step;
	trial->last = count;
}

/* A child goes on until an allocation ends it: the next one goes on behind that. */
static void
try_all(struct trial *trial, unsigned long count)
{
	unsigned long seed = number_of("LIAISON_SEED", (unsigned long)time(NULL));
	char said[SAID_MAX];

	choose(trial, count, seed);
	while (trial->first <= trial->last) {
		int status = run_child(trial, said);

		if (!ended_cleanly(status, said))
			fail_msg("without %s %lu of %lu%s: %s %d (LIAISON_SEED=%lu): %s",
				whose_names[trial->whose], *trial->nth, count,
				trial->for_ever ? " and all after it" : "",
				WIFSIGNALED(status) ? "signal" : "status",
				WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), seed,
				said);
		if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
			break;
		trial->first = *trial->nth + trial->step;
	}
}

/* What there is to refuse; the result is kept. */
static unsigned long
count_calls(struct trial *trial, enum whose whose)
{
	struct text out = { 0 };
	struct err err = { 0 };

	if (run(trial, whose, 0, &out, &err) < 0)
		fail_msg("%s: %s", trial->scenario->name, err.message);
	undo(trial);
	text_clear(&trial->wanted);
	trial->wanted = out;
	return trial->seen;
}

static void
outlives_each_refusal(void **state)
{
	static unsigned long *nth;
	static pid_t tester;
	struct trial trial = { .scenario = *state };
	enum whose last;

	if (tester != 0 && tester != getpid())
		_exit(1); /* an assertion failed in a child */
	tester = getpid();
	if (nth == NULL)
		nth = mmap(NULL, sizeof *nth, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
	assert_ptr_not_equal(nth, MAP_FAILED);
	trial.nth = nth;
	trial.world = trial.scenario->open();
	count_calls(&trial, NOBODYS); /* what is made once is there */
	last = trial.scenario->memory_only ? LIBRARY : SHORT;
	for (trial.whose = OWN; trial.whose <= last; trial.whose++) {
		unsigned long count = count_calls(&trial, trial.whose);

		print_message("%s: %lu times %s\n", trial.scenario->name, count,
			whose_names[trial.whose]);
		trial.for_ever = false;
		try_all(&trial, count);
		trial.for_ever = true;
		if (trial.whose == LIBRARY || trial.whose == SHORT)
			try_all(&trial, count);
	}
	trial.scenario->close(trial.world);
	text_clear(&trial.wanted);
}

int
starve_each(const struct scenario *scenarios, size_t count)
{
	struct CMUnitTest *tests = calloc(count, sizeof *tests);
	int failed;

	assert_non_null(tests);
	refuse_prepare();
	for (size_t i = 0; i < count; i++) {
		tests[i].name = scenarios[i].name;
		tests[i].test_func = outlives_each_refusal;
		tests[i].initial_state = (void *)&scenarios[i];
	}
	failed = _cmocka_run_group_tests("memory", tests, count, NULL, NULL);
	free(tests);
	return failed;
}
