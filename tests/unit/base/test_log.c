#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
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

/* ---- the journal ---- */

static int
listen_as_journal(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int descriptor = socket(AF_UNIX, SOCK_DGRAM, 0);

	unlink(path);
	memcpy(address.sun_path, path, strlen(path));
	assert_int_equal(bind(descriptor, (struct sockaddr *)&address, sizeof address), 0);
	return descriptor;
}

static const char *
heard(int journal)
{
	static char datagram[8192];
	ssize_t size = recv(journal, datagram, sizeof datagram - 1, MSG_DONTWAIT);

	datagram[size > 0 ? size : 0] = '\0';
	return datagram;
}

static void
tells_the_journal_in_fields(void **state)
{
	const struct log_subject subject = { "work", "IN\nBOX", 12, LOG_ID_QUARANTINED };
	char path[64];
	int journal;

	(void)state;
	snprintf(path, sizeof path, "/tmp/liaison-journal-%d", (int)getpid());
	journal = listen_as_journal(path);
	assert_int_equal(log_to_journal(path), 0);
	log_about(LOG_WARNING, &subject, "%s: UID %d is quarantined\nPRIORITY=0", "work/INBOX", 12);
	assert_string_equal(heard(journal),
		"PRIORITY=4\nSYSLOG_IDENTIFIER=liaisond\n"
		"MESSAGE=fetch: work/INBOX: UID 12 is quarantined\\x0aPRIORITY=0\n"
		"MESSAGE_ID=" LOG_ID_QUARANTINED "\nLIAISON_SOURCE=work\n"
		"LIAISON_FOLDER=IN\\x0aBOX\nLIAISON_UID=12\n");
	log_write(LOG_NOTICE, "plain");
	assert_string_equal(
		heard(journal), "PRIORITY=5\nSYSLOG_IDENTIFIER=liaisond\nMESSAGE=fetch: plain\n");
	log_about(LOG_DEBUG, &subject, "below the level");
	assert_string_equal(heard(journal), "");
	assert_string_equal(said(), "");
	close(journal); /* nobody hears there any more */
	log_about(LOG_WARNING, &subject, "still told");
	assert_string_equal(said(), "<4>fetch: still told\n");
	unlink(path);
}

static void
finds_no_journal_where_standard_error_is_none(void **state)
{
	(void)state;
	assert_int_equal(log_to_journal("/tmp/no/such/journal"), -1);
	setenv("JOURNAL_STREAM", "1:1", 1);
	log_find_journal();
	unsetenv("JOURNAL_STREAM");
	log_write(LOG_WARNING, "to standard error");
	assert_string_equal(said(), "<4>fetch: to standard error\n");
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
		cmocka_unit_test_setup_teardown(tells_the_journal_in_fields, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			finds_no_journal_where_standard_error_is_none, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			drops_and_counts_what_nobody_reads, set_up, tear_down),
		cmocka_unit_test_setup_teardown(never_blocks_on_a_socket, set_up, tear_down),
		cmocka_unit_test(knows_levels_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
