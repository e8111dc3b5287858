#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "liaison/base/log.h"

static int kept, ends[2];

/* Standard error becomes a pipe while a test looks. */
static int
set_up(void **state)
{
	(void)state;
	kept = dup(STDERR_FILENO);
	if (pipe(ends) < 0)
		return -1;
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	dup2(ends[1], STDERR_FILENO);
	log_set_level(LOG_INFO);
	log_set_program("fetch");
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	dup2(kept, STDERR_FILENO);
	close(kept);
	close(ends[0]);
	close(ends[1]);
	return 0;
}

static const char *
said(void)
{
	static char text[8192];
	ssize_t size = read(ends[0], text, sizeof text - 1);

	text[size > 0 ? size : 0] = '\0';
	return text;
}

static void
writes_priority_program_and_subject(void **state)
{
	(void)state;
	log_write(LOG_WARNING, "%s: the server closed the connection", "work/INBOX");
	assert_string_equal(said(), "<4>fetch: work/INBOX: the server closed the connection\n");
}

static void
is_silent_below_its_level(void **state)
{
	(void)state;
	log_write(LOG_DEBUG, "work: details");
	assert_string_equal(said(), "");
	log_set_level(LOG_DEBUG);
	assert_int_equal(log_get_level(), LOG_DEBUG);
	log_write(LOG_DEBUG, "work: details");
	assert_string_equal(said(), "<7>fetch: work: details\n");
}

static void
keeps_an_event_on_one_line(void **state)
{
	(void)state;
	log_write(LOG_ERROR, "a\nb\x1b[31m\xff grün");
	assert_string_equal(said(), "<3>fetch: a\\x0ab\\x1b[31m\\xff grün\n");
}

static void
cuts_what_is_longer_than_a_pipe_takes_whole(void **state)
{
	char longer[5000];
	const char *line;

	(void)state;
	memset(longer, 'x', sizeof longer);
	longer[sizeof longer - 1] = '\0';
	log_write(LOG_INFO, "%s", longer);
	line = said();
	assert_in_range(strlen(line), 1900, 2008);
	assert_int_equal(line[strlen(line) - 1], '\n');
	memset(longer, '\n', sizeof longer - 1);
	log_write(LOG_INFO, "%s", longer);
	line = said();
	assert_in_range(strlen(line), 1900, 2008);
	assert_int_equal(line[strlen(line) - 1], '\n');
}

static void
drops_and_counts_what_nobody_reads(void **state)
{
	const char *line;

	(void)state;
	for (int i = 0; i < 5000; i++)
		log_write(LOG_INFO, "line %d of many that fill the pipe", i);
	while (said()[0] != '\0')
		;
	log_write(LOG_INFO, "read again");
	line = said();
	assert_true(strncmp(line, "<4>fetch: ", 10) == 0);
	assert_non_null(strstr(line, " log lines could not be written\n<6>fetch: read again\n"));
}

static void
never_blocks_on_a_socket(void **state)
{
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	dup2(pair[1], STDERR_FILENO);
	for (int i = 0; i < 20000; i++)
		log_write(LOG_INFO, "line %d", i);
	close(pair[0]);
	log_write(LOG_INFO, "to nobody"); /* no SIGPIPE either */
	close(pair[1]);
}

static void
knows_levels_by_name(void **state)
{
	(void)state;
	assert_int_equal(log_level_by_name("error"), LOG_ERROR);
	assert_int_equal(log_level_by_name("debug"), LOG_DEBUG);
	assert_int_equal(log_level_by_name("loud"), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			writes_priority_program_and_subject, set_up, tear_down),
		cmocka_unit_test_setup_teardown(is_silent_below_its_level, set_up, tear_down),
		cmocka_unit_test_setup_teardown(keeps_an_event_on_one_line, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			cuts_what_is_longer_than_a_pipe_takes_whole, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			drops_and_counts_what_nobody_reads, set_up, tear_down),
		cmocka_unit_test_setup_teardown(never_blocks_on_a_socket, set_up, tear_down),
		cmocka_unit_test(knows_levels_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
