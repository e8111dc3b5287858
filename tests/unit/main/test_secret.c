#include "test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <uv.h>

#include "folder.h"
#include "secret.h"

/* What the last ask was answered, and how often. */
struct got {
	uv_loop_t *loop;
	char secret[SECRET_SIZE_MAX + 1];
	char error[400];
	unsigned count, wanted;
	bool waits;
};

static void
answered(void *context, const struct secret_asker *asker, const char *secret, size_t size,
	const struct err *err)
{
	struct got *got = context;

	assert_int_equal(asker->source, 7);
	got->count++;
	got->secret[0] = got->error[0] = '\0';
	if (secret != NULL) {
		memcpy(got->secret, secret, size);
		got->secret[size] = '\0';
	} else {
		memcpy(got->error, err->message, sizeof got->error);
	}
	if (got->count == got->wanted && got->waits)
		uv_stop(got->loop);
}

static struct secrets *secrets_under_test;

static void
child_ended(uv_signal_t *handle, int number)
{
	int status;
	pid_t pid;

	(void)handle, (void)number;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		secrets_reap(secrets_under_test, pid, status);
}

static void
close_handle(uv_handle_t *handle, void *context)
{
	(void)context;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

/* Asks count times at once and waits for the answers. */
static void
ask(enum config_secret kind, const char *value, unsigned count, struct got *got)
{
	struct config_source source = {
		.number = 7, .name = "work", .secret = kind, .secret_value = value
	};
	uv_signal_t signal;
	uv_loop_t loop;

	uv_loop_init(&loop);
	*got = (struct got){ .loop = &loop, .wanted = count };
	uv_signal_init(&loop, &signal);
	uv_signal_start(&signal, child_ended, SIGCHLD);
	secrets_under_test = secrets_new(&loop, answered, got);
	for (unsigned i = 0; i < count; i++)
		secret_ask(secrets_under_test, &source, &(struct secret_asker){ 1, 7, i });
	got->waits = got->count < count;
	if (got->waits)
		uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(got->count, count);
	secrets_stop(secrets_under_test);
	uv_walk(&loop, close_handle, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	secrets_free(secrets_under_test);
}

static void
takes_the_first_line(void **state)
{
	struct err err;
	size_t length;

	(void)state;
	assert_int_equal(secret_line("one\ntwo\n", 8, &length, &err), 0);
	assert_int_equal(length, 3);
	assert_int_equal(secret_line("one", 3, &length, &err), 0);
	assert_int_equal(length, 3);
	assert_int_equal(secret_line("one\r\n", 5, &length, &err), 0);
	assert_int_equal(length, 3);
}

static void
refuses_controls_and_emptiness(void **state)
{
	static char long_one[SECRET_SIZE_MAX + 1];
	struct err err;
	size_t length;

	(void)state;
	assert_int_equal(secret_line("a\rb\n", 4, &length, &err), -1);
	assert_int_equal(secret_line("a\0b\n", 4, &length, &err), -1);
	assert_int_equal(secret_line("\nb", 2, &length, &err), -1);
	assert_int_equal(secret_line("", 0, &length, &err), -1);
	memset(long_one, 'x', sizeof long_one);
	assert_int_equal(secret_line(long_one, sizeof long_one, &length, &err), -1);
	assert_int_equal(secret_line(long_one, SECRET_SIZE_MAX, &length, &err), 0);
}

static void
reads_a_file_that_only_we_can_read(void **state)
{
	struct got got;

	(void)state;
	folder_open();
	ask(SECRET_FILE, folder_file("good", "hunter2\nnote\n", 0600), 1, &got);
	assert_string_equal(got.secret, "hunter2");
	ask(SECRET_FILE, folder_file("open", "hunter2\n", 0644), 1, &got);
	assert_non_null(strstr(got.error, "can be read by others"));
	ask(SECRET_FILE, folder_path("missing"), 1, &got);
	assert_non_null(strstr(got.error, "missing"));
	ask(SECRET_FILE, folder_path(""), 1, &got);
	assert_non_null(strstr(got.error, "not a file"));
	folder_close();
}

static void
reads_a_credential_by_its_bare_name(void **state)
{
	struct got got;

	(void)state;
	setenv("CREDENTIALS_DIRECTORY", folder_open(), 1);
	folder_file("imap.work", "cred\n", 0440);
	ask(SECRET_CREDENTIAL, "imap.work", 1, &got);
	assert_string_equal(got.secret, "cred");
	ask(SECRET_CREDENTIAL, "../imap.work", 1, &got);
	assert_string_equal(got.secret, "");
	ask(SECRET_CREDENTIAL, "", 1, &got);
	assert_string_equal(got.secret, "");
	unsetenv("CREDENTIALS_DIRECTORY");
	ask(SECRET_CREDENTIAL, "imap.work", 1, &got);
	assert_non_null(strstr(got.error, "CREDENTIALS_DIRECTORY"));
	folder_close();
}

static void
runs_a_command_without_a_shell(void **state)
{
	struct got got;

	(void)state;
	ask(SECRET_COMMAND, "printf '%s\\n' 'a $HOME b'", 1, &got);
	assert_string_equal(got.secret, "a $HOME b");
	ask(SECRET_TOKEN_COMMAND, "sh -c 'cat; echo token'", 1, &got);
	assert_string_equal(got.secret, "token");
}

static void
tells_how_a_command_failed(void **state)
{
	struct got got;

	(void)state;
	ask(SECRET_COMMAND, "sh -c 'echo half; exit 3'", 1, &got);
	assert_string_equal(got.error, "the password command ended with status 3");
	ask(SECRET_COMMAND, "/there/is/no/such/program", 1, &got);
	assert_string_equal(got.error, "the password command could not be started");
	ask(SECRET_COMMAND, "sh -c 'kill -9 $$'", 1, &got);
	assert_non_null(strstr(got.error, "signal 9"));
	ask(SECRET_COMMAND, "true", 1, &got);
	assert_string_equal(got.error, "the secret is empty");
	ask(SECRET_COMMAND, "printf 'a\\rb\\n'", 1, &got);
	assert_string_equal(got.secret, "");
}

/* The file counts the runs: several who ask at once share one. */
static void
runs_one_command_for_all_who_wait(void **state)
{
	char command[256];
	struct stat status;
	struct got got;

	(void)state;
	folder_open();
	snprintf(command, sizeof command, "sh -c 'printf x >> %s; sleep 0.1; echo same'",
		folder_path("runs"));
	ask(SECRET_COMMAND, command, 3, &got);
	assert_string_equal(got.secret, "same");
	assert_int_equal(stat(folder_path("runs"), &status), 0);
	assert_int_equal(status.st_size, 1);
	ask(SECRET_COMMAND, command, 1, &got);
	stat(folder_path("runs"), &status);
	assert_int_equal(status.st_size, 2);
	folder_close();
}

static void
does_not_wait_for_what_a_command_left_behind(void **state)
{
	struct got got;

	(void)state;
	ask(SECRET_COMMAND, "sh -c 'sleep 20 & echo quick'", 1, &got);
	assert_string_equal(got.secret, "quick");
}

static void
drops_output_beyond_its_bound(void **state)
{
	struct got got;

	(void)state;
	ask(SECRET_COMMAND,
		"sh -c 'echo first; head -c 1000000 /dev/zero; yes words | head -c 100000 >&2'", 1,
		&got);
	assert_string_equal(got.secret, "first");
	ask(SECRET_COMMAND, "sh -c 'head -c 1000000 /dev/zero | tr \"\\\\0\" x; echo'", 1, &got);
	assert_non_null(strstr(got.error, "longer than"));
}

static void
answers_for_sources_without_a_secret(void **state)
{
	struct got got;

	(void)state;
	ask(SECRET_LITERAL, "plain", 1, &got);
	assert_string_equal(got.secret, "plain");
	ask(SECRET_NONE, NULL, 1, &got);
	assert_non_null(strstr(got.error, "'work'"));
	ask(SECRET_OAUTH2, "google", 1, &got);
	assert_non_null(strstr(got.error, "authorized"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_the_first_line),
		cmocka_unit_test(refuses_controls_and_emptiness),
		cmocka_unit_test(reads_a_file_that_only_we_can_read),
		cmocka_unit_test(reads_a_credential_by_its_bare_name),
		cmocka_unit_test(runs_a_command_without_a_shell),
		cmocka_unit_test(tells_how_a_command_failed),
		cmocka_unit_test(runs_one_command_for_all_who_wait),
		cmocka_unit_test(does_not_wait_for_what_a_command_left_behind),
		cmocka_unit_test(drops_output_beyond_its_bound),
		cmocka_unit_test(answers_for_sources_without_a_secret),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
