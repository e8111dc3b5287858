#include "test.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel.h"
#include "liaison/base/text.h"

/* What liaisond hears of a child that ends. */

static void
make_frame(struct text *out, enum frame_type type)
{
	struct frame_writer writer;

	frame_begin(&writer, out, type, 0, 0);
	frame_end(&writer);
}

static void
hears_the_last_words_of_a_child_that_did_not_listen_any_more(void **state)
{
	struct text said = { 0 }, unheard = { 0 };
	struct channel channel;
	struct frame frame;
	struct err err;
	int theirs;

	(void)state;
	assert_int_equal(channel_open(&channel, &theirs, &err), 0);
	make_frame(&said, FRAME_FATAL);
	make_frame(&unheard, FRAME_PING);
	assert_int_equal(channel_send(&channel, &unheard, -1, &err), 0);
	assert_int_equal(send(theirs, said.bytes, said.size, 0), said.size);
	close(theirs);
	assert_int_equal(channel_receive(&channel, &frame, &err), 1);
	assert_int_equal(frame.type, FRAME_FATAL);
	assert_int_equal(channel_receive(&channel, &frame, &err), -1);
	channel_close(&channel);
	text_clear(&said);
	text_clear(&unheard);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hears_the_last_words_of_a_child_that_did_not_listen_any_more),
	};

	return cmocka_run_group_tests_name("channel", tests, NULL, NULL);
}
