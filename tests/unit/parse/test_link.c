#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "liaison/sandbox/sandbox.h"
#include "liaison/wire/event.h"
#include "liaison/wire/meeting.h"

#include "link.h"

/* After our headers: it makes a macro of fail. */
#include <cmocka.h>

/* A parse of its own, as liaisond starts it: sandboxed, with the two channels. */
struct child {
	pid_t pid;
	int crew, engine;
	struct frame_reader reader;
	struct rusage usage;
};

static void
be_parse(int crew, int engine)
{
	struct parser parser;
	struct link link;
	struct err err;
	int status = 0;

	/* cmocka catches these in the parent, and the child would go on as a second parent. */
	signal(SIGILL, SIG_DFL);
	signal(SIGSEGV, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	if (budget_start() < 0)
		_exit(99);
	parser_init(&parser);
	if (link_init(&link, &parser, crew, engine, &err) < 0 ||
		sandbox_enter(SANDBOX_PARSE, NULL, 0, 0, &err) < 0 ||
		parser_check(&parser, &err) < 0)
		_exit(98);
	link_ready(&link);
	if (link_run(&link, &err) < 0) {
		link_fatal(&link, err.message, 70);
		status = 70;
	}
	_exit(status);
}

static void
expect_crew(struct child *child, enum frame_type type)
{
	struct frame_reader reader = { 0 };
	struct pollfd on = { child->crew, POLLIN, 0 };
	char packet[1024];
	struct frame frame;
	struct err err;
	ssize_t size;

	assert_int_equal(poll(&on, 1, 20000), 1);
	size = read(child->crew, packet, sizeof packet);
	assert_true(size > 0);
	frame_reader_feed(&reader, packet, (size_t)size);
	assert_int_equal(frame_reader_next(&reader, &frame, &err), 1);
	assert_int_equal(frame.type, type);
	frame_reader_clear(&reader);
}

static void
start(struct child *child)
{
	int crew[2], engine[2];

	*child = (struct child){ 0 };
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, crew), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, engine), 0);
	child->pid = fork();
	assert_true(child->pid >= 0);
	if (child->pid == 0) {
		close(crew[0]);
		close(engine[0]);
		be_parse(crew[1], engine[1]);
	}
	close(crew[1]);
	close(engine[1]);
	child->crew = crew[0];
	child->engine = engine[0];
	expect_crew(child, FRAME_READY);
}

/* Its exit status, or minus the signal that killed it. */
static int
end(struct child *child)
{
	int status;

	assert_int_equal(wait4(child->pid, &status, 0, &child->usage), child->pid);
	close(child->crew);
	close(child->engine);
	frame_reader_clear(&child->reader);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static void
send_all(int descriptor, const struct text *text)
{
	for (size_t at = 0; at < text->size;) {
		ssize_t size = write(descriptor, text->bytes + at, text->size - at);

		assert_true(size > 0);
		at += (size_t)size;
	}
}

static void
put_empty(struct text *out, enum frame_type type, uint32_t token)
{
	struct frame_writer writer;

	frame_begin(&writer, out, type, 3, token);
	frame_end(&writer);
}

static void
put_item(struct text *out, uint32_t token, const char *header)
{
	struct frame_writer writer;

	frame_begin(&writer, out, FRAME_PARSE_MESSAGE, 3, token);
	frame_put_i64(&writer, TAG_INTERNALDATE, 1714730400);
	frame_put_text(&writer, TAG_HEADER, header);
	frame_end(&writer);
}

static void
put_text(struct text *out, uint32_t token, const char *bytes)
{
	struct frame_writer writer;

	frame_begin(&writer, out, FRAME_PARSE_TEXT, 3, token);
	frame_put_text(&writer, TAG_BYTES, bytes);
	frame_put_text(&writer, TAG_ENCODING, "quoted-printable");
	frame_put_text(&writer, TAG_CHARSET, "utf-8");
	frame_put_text(&writer, TAG_SUBTYPE, "plain");
	frame_put_u64(&writer, TAG_SIZE, 5000);
	frame_end(&writer);
}

/* The next answer; false at the end of the stream. */
static bool
next(struct child *child, struct frame *out)
{
	struct err err;
	char bytes[65536];
	int r;

	while ((r = frame_reader_next(&child->reader, out, &err)) == 0) {
		struct pollfd on = { child->engine, POLLIN, 0 };
		ssize_t size;

		assert_int_equal(poll(&on, 1, 20000), 1);
		size = read(child->engine, bytes, sizeof bytes);
		if (size <= 0)
			return false;
		frame_reader_feed(&child->reader, bytes, (size_t)size);
	}
	assert_int_equal(r, 1);
	return true;
}

static void
expect(struct child *child, enum frame_type type, uint32_t token)
{
	struct frame frame;

	assert_true(next(child, &frame));
	assert_int_equal(frame.type, type);
	assert_int_equal(frame.source, 3);
	assert_int_equal(frame.token, token);
}

static void
stop(struct child *child)
{
	struct text packet = { 0 };

	put_empty(&packet, FRAME_STOP, 0);
	send_all(child->crew, &packet);
	text_clear(&packet);
	assert_int_equal(end(child), 0);
}

static const char HEADER[] =
	"From: Ada <a@b.example>\r\nSubject: hello\r\nMessage-ID: <1@b>\r\n\r\n";

static void
answers_in_the_order_it_was_asked(void **state)
{
	struct child child;
	struct text out = { 0 };

	(void)state;
	start(&child);
	for (uint32_t round = 0; round < 100; round++) {
		text_reset(&out);
		for (uint32_t i = 0; i < 30; i += 3) {
			put_item(&out, round * 30 + i, HEADER);
			put_text(&out, round * 30 + i + 1, "caf=C3=A9");
			put_empty(&out, FRAME_PING, round * 30 + i + 2);
		}
		send_all(child.engine, &out);
		for (uint32_t i = 0; i < 30; i += 3) {
			expect(&child, FRAME_EVENT, round * 30 + i);
			expect(&child, FRAME_TEXT, round * 30 + i + 1);
			expect(&child, FRAME_PONG, round * 30 + i + 2);
		}
	}
	text_clear(&out);
	stop(&child);
}

static void
answers_what_the_engine_can_decode(void **state)
{
	struct arena *arena = arena_new();
	struct child child;
	struct text out = { 0 };
	struct event event;
	struct frame frame;
	struct err err;

	(void)state;
	start(&child);
	put_item(&out, 1, HEADER);
	put_text(&out, 2, "caf=C3=A9");
	send_all(child.engine, &out);
	assert_true(next(&child, &frame));
	assert_int_equal(event_decode(&frame, arena, &event, &err), 0);
	assert_string_equal(event.subject, "hello");
	assert_string_equal(event.parties[0].address, "a@b.example");
	assert_true(next(&child, &frame));
	assert_int_equal(frame.size, 8 + 5);
	assert_memory_equal(frame.bytes + 8, "caf\xc3\xa9", 5);
	text_clear(&out);
	arena_free(arena);
	stop(&child);
}

static void
takes_items_in_several_chunks_and_pieces(void **state)
{
	struct text out = { 0 }, header = { 0 };
	struct child child;

	(void)state;
	start(&child);
	text_add(&header, HEADER);
	header.size -= 2;
	while (header.size < 250000)
		text_add(&header, "X-Filler: some text that nobody reads\r\n");
	put_item(&out, 5, header.bytes);
	put_item(&out, 6, HEADER);
	for (size_t at = 0; at < out.size; at += 10007) {
		struct text piece = { out.bytes + at, out.size - at < 10007 ? out.size - at : 10007,
			0 };

		send_all(child.engine, &piece);
	}
	expect(&child, FRAME_EVENT, 5);
	expect(&child, FRAME_EVENT, 6);
	text_clear(&out);
	text_clear(&header);
	stop(&child);
}

static void
rejects_an_item_without_header(void **state)
{
	struct child child;
	struct text out = { 0 };

	(void)state;
	start(&child);
	put_empty(&out, FRAME_PARSE_MESSAGE, 1);
	put_item(&out, 2, HEADER);
	send_all(child.engine, &out);
	expect(&child, FRAME_REJECT, 1);
	expect(&child, FRAME_EVENT, 2);
	text_clear(&out);
	stop(&child);
}

static void
ends_at_a_malformed_frame(void **state)
{
	static const uint32_t oversized[4] = { 0x7fffffff, 96, 0, 0 };
	struct text out = { 0 };
	struct child child;

	(void)state;
	start(&child);
	text_add_n(&out, oversized, sizeof oversized);
	send_all(child.engine, &out);
	expect_crew(&child, FRAME_FATAL);
	assert_int_equal(end(&child), 70);
	start(&child);
	text_reset(&out);
	put_empty(&out, FRAME_SECRET_ASK, 1); /* none that parse answers */
	send_all(child.engine, &out);
	expect_crew(&child, FRAME_FATAL);
	assert_int_equal(end(&child), 70);
	text_clear(&out);
}

static void
ends_with_whom_it_serves(void **state)
{
	struct child child;

	(void)state;
	start(&child);
	shutdown(child.engine, SHUT_RDWR);
	assert_int_equal(end(&child), 0);
	start(&child);
	shutdown(child.crew, SHUT_RDWR);
	assert_int_equal(end(&child), 0);
}

static void
tells_liaisond_that_it_lives(void **state)
{
	struct child child;
	struct text packet = { 0 };

	(void)state;
	start(&child);
	put_empty(&packet, FRAME_PING, 1);
	send_all(child.crew, &packet);
	expect_crew(&child, FRAME_PONG);
	text_clear(&packet);
	stop(&child);
}

static void
makes_place_for_a_fresh_process(void **state)
{
	struct child child;
	struct text out = { 0 };

	(void)state;
	start(&child);
	for (uint32_t done = 0; done <= LINK_ITEMS_MAX; done += 1000) {
		text_reset(&out);
		for (uint32_t i = 0; i < 1000; i++)
			put_empty(&out, FRAME_PING, done + i);
		send_all(child.engine, &out);
		for (uint32_t i = 0; i < 1000; i++)
			expect(&child, FRAME_PONG, done + i);
	}
	text_clear(&out);
	assert_int_equal(end(&child), 0);
}

static void
poison(struct child *child, const char *word)
{
	struct text out = { 0 }, header = { 0 };

	start(child);
	text_printf(&header, "Received: x\r\nX-Liaison-Test: %s\r\n%s", word, HEADER);
	put_item(&out, 1, HEADER);
	put_item(&out, 2, header.bytes);
	send_all(child->engine, &out);
	text_clear(&out);
	text_clear(&header);
}

static void
dies_of_poison_only_when_tests_ask(void **state)
{
	struct child child;

	(void)state;
	unsetenv("LIAISON_TEST_POISON");
	poison(&child, "crash");
	expect(&child, FRAME_EVENT, 1);
	expect(&child, FRAME_EVENT, 2);
	stop(&child);
	setenv("LIAISON_TEST_POISON", "1", 1);
	poison(&child, "crash");
	assert_int_not_equal(end(&child), 0);
	poison(&child, "hang");
	usleep(200000);
	assert_int_equal(waitpid(child.pid, NULL, WNOHANG), 0);
	kill(child.pid, SIGKILL);
	assert_int_equal(end(&child), -SIGKILL);
	unsetenv("LIAISON_TEST_POISON");
}

/* An event with these lines, within the year 2024. */
static void
put_event(struct text *out, uint32_t token, const char *lines)
{
	struct frame_writer writer;

	frame_begin(&writer, out, FRAME_PARSE_MEETING, 3, token);
	frame_put_text(&writer, TAG_BYTES, "BEGIN:VEVENT\r\nUID:a\r\nDTSTAMP:20240101T000000Z\r\n");
	frame_put_text(&writer, TAG_BYTES, lines);
	frame_put_text(&writer, TAG_BYTES, "END:VEVENT\r\n");
	frame_put_i64(&writer, TAG_LOW, 1704067200);
	frame_put_i64(&writer, TAG_HIGH, 1735689600);
	frame_end(&writer);
}

static const char LINES[] = "DTSTART;TZID=America/New_York:20240301T100000\r\n"
			    "RRULE:FREQ=DAILY;COUNT=3\r\nX-Liaison-Test:crash\r\n";

static void
put_feed(struct text *out, uint32_t token, const char *feed)
{
	struct frame_writer writer;

	frame_begin(&writer, out, FRAME_PARSE_FEED, 3, token);
	frame_put_u64(&writer, TAG_SIZE, strlen(feed));
	frame_put_text(&writer, TAG_BYTES, feed);
	frame_put_flag(&writer, TAG_LAST);
	frame_end(&writer);
}

static void
reads_calendars_in_the_sandbox(void **state)
{
	struct child child;
	struct text out = { 0 };

	(void)state;
	start(&child);
	put_feed(&out, 1, "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\nEND:VEVENT\nEND:VCALENDAR\n");
	put_event(&out, 2, LINES);
	put_item(&out, 3, HEADER);
	put_event(&out, 4, "DTSTART;TZID=/etc/passwd:20240301T100000\r\n");
	put_feed(&out, 5, "{}");
	send_all(child.engine, &out);
	expect(&child, FRAME_FEED_ITEMS, 1);
	expect(&child, FRAME_MEETING, 2);
	expect(&child, FRAME_EVENT, 3);
	expect(&child, FRAME_MEETING, 4);
	expect(&child, FRAME_REJECT, 5);
	text_clear(&out);
	stop(&child);
}

/* As many events as a feed may have, in about as many bytes. */
static void
divides_the_largest_feed(void **state)
{
	enum { PIECE = 256 * 1024 };
	struct text feed = { 0 }, out = { 0 };
	struct frame_writer writer;
	struct child child;
	struct frame frame;

	(void)state;
	text_add(&feed, "BEGIN:VCALENDAR\r\n");
	for (unsigned i = 0; i < FEED_ITEMS_MAX; i++)
		text_printf(&feed,
			"BEGIN:VEVENT\r\nUID:%08x@example\r\nDTSTART:20240101T100000Z\r\n"
			"SUMMARY:meeting\r\nEND:VEVENT\r\n",
			i);
	text_add(&feed, "END:VCALENDAR\r\n");
	assert_in_range(feed.size, FEED_SIZE_MAX / 10 * 8, FEED_SIZE_MAX);
	start(&child);
	for (size_t at = 0; at < feed.size; at += PIECE) {
		size_t left = feed.size - at;

		text_reset(&out);
		frame_begin(&writer, &out, FRAME_PARSE_FEED, 3, 1);
		if (at == 0)
			frame_put_u64(&writer, TAG_SIZE, feed.size);
		frame_put(&writer, TAG_BYTES, feed.bytes + at, left < PIECE ? left : PIECE);
		if (left <= PIECE)
			frame_put_flag(&writer, TAG_LAST);
		frame_end(&writer);
		send_all(child.engine, &out);
	}
	do {
		assert_true(next(&child, &frame));
		assert_int_equal(frame.type, FRAME_FEED_ITEMS);
	} while (!frame_has(&frame, TAG_LAST));
	text_clear(&feed);
	text_clear(&out);
	stop(&child);
#ifndef LIAISON_SANITIZED
	assert_true(child.usage.ru_maxrss < 128 * 1024);
#endif
}

/* The feed that holds the event is divided all the same: only the event is to blame. */
static void
dies_of_a_poisonous_event_alone(void **state)
{
	struct child child;
	struct text out = { 0 };

	(void)state;
	setenv("LIAISON_TEST_POISON", "1", 1);
	start(&child);
	put_feed(&out, 1,
		"BEGIN:VCALENDAR\nBEGIN:VEVENT\nX-Liaison-Test:crash\nEND:VEVENT\n"
		"END:VCALENDAR\n");
	send_all(child.engine, &out);
	expect(&child, FRAME_FEED_ITEMS, 1);
	text_reset(&out);
	put_event(&out, 2, LINES);
	send_all(child.engine, &out);
	assert_int_not_equal(end(&child), 0);
	unsetenv("LIAISON_TEST_POISON");
	text_clear(&out);
}

static void
is_stopped_when_an_item_takes_too_long(void **state)
{
	struct child child;

	(void)state;
#ifdef __SANITIZE_THREAD__ /* it holds signals back until the next system call, and a spin makes none */
	skip();
#endif
	setenv("LIAISON_TEST_POISON", "1", 1);
	poison(&child, "spin");
	assert_int_equal(end(&child), BUDGET_EXIT);
	assert_in_range(child.usage.ru_utime.tv_sec + child.usage.ru_stime.tv_sec,
		BUDGET_SECONDS - 1, BUDGET_SECONDS + 3);
	unsetenv("LIAISON_TEST_POISON");
}

/* Whatever comes, it stays far below 96 MiB. */
static void
stays_small(void **state)
{
	static const char *const pieces[] = { "a@b,", "=?utf-8?Q?a?= ", "(", "<a@b> ", "\"" };
	struct child child;

	(void)state;
	start(&child);
	for (unsigned i = 0; i < sizeof pieces / sizeof *pieces; i++) {
		struct text header = { 0 }, out = { 0 };

		text_add(&header, "To: ");
		while (header.size < 900000)
			text_add(&header, pieces[i]);
		put_item(&out, 1, header.bytes);
		put_text(&out, 2, header.bytes);
		send_all(child.engine, &out);
		expect(&child, FRAME_EVENT, 1);
		expect(&child, FRAME_TEXT, 2);
		text_clear(&header);
		text_clear(&out);
	}
	stop(&child);
#ifndef LIAISON_SANITIZED
	assert_true(child.usage.ru_maxrss < 48 * 1024);
#endif
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_in_the_order_it_was_asked),
		cmocka_unit_test(answers_what_the_engine_can_decode),
		cmocka_unit_test(takes_items_in_several_chunks_and_pieces),
		cmocka_unit_test(rejects_an_item_without_header),
		cmocka_unit_test(ends_at_a_malformed_frame),
		cmocka_unit_test(ends_with_whom_it_serves),
		cmocka_unit_test(tells_liaisond_that_it_lives),
		cmocka_unit_test(makes_place_for_a_fresh_process),
		cmocka_unit_test(dies_of_poison_only_when_tests_ask),
		cmocka_unit_test(reads_calendars_in_the_sandbox),
		cmocka_unit_test(divides_the_largest_feed),
		cmocka_unit_test(dies_of_a_poisonous_event_alone),
		cmocka_unit_test(is_stopped_when_an_item_takes_too_long),
		cmocka_unit_test(stays_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
