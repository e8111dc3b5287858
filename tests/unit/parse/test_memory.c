#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "item.h"
#include "memory/starve.h"

/* What parse does to an item when memory runs out in our own code: it ends, and is begun again. */

struct bench {
	struct parser parser;
	struct text in; /* frames */
};

static struct bench *
new_bench(void)
{
	struct bench *bench = mem_zero(1, sizeof *bench);

	parser_init(&bench->parser);
	return bench;
}

static void
close_bench(void *state)
{
	struct bench *bench = state;

	parser_clear(&bench->parser);
	text_clear(&bench->in);
	free(bench);
}

static int
run_items(void *state, struct text *out, struct err *err)
{
	struct bench *bench = state;
	struct frame_reader reader = { 0 };
	struct frame frame;
	int result;

	frame_reader_feed(&reader, bench->in.bytes, bench->in.size);
	while ((result = frame_reader_next(&reader, &frame, err)) > 0)
		if ((result = item_take(&bench->parser, &frame, out, err)) < 0)
			break;
	frame_reader_clear(&reader);
	return result;
}

static void *
open_message(void)
{
	static const char HEADER[] =
		"From: =?utf-8?q?J=C3=BCrgen?= <j@x.example>, \"A, B\" <ab@y.example>\r\n"
		"To: Friends: a@x.example, b@x.example;\r\nCc: me@bücher.example\r\n"
		"Date: Fri, 20 Nov 2026 10:00:00 +0100\r\nMessage-ID: <1@x.example>\r\n"
		"References: <a@x> <b@x>\r\nList-Id: News <news.x.example>\r\n"
		"Subject: =?iso-8859-1?b?R3L832U=?= and\r\n more\r\n\r\n";
	struct bench *bench = new_bench();
	struct frame_writer writer;

	frame_begin(&writer, &bench->in, FRAME_PARSE_MESSAGE, 7, 1);
	frame_put_i64(&writer, TAG_INTERNALDATE, 1800000000);
	frame_put_u64(&writer, TAG_RFC822_SIZE, 4711);
	frame_put(&writer, TAG_HEADER, HEADER, sizeof HEADER - 1);
	frame_put_text(&writer, TAG_MESSAGE_PART, "1");
	frame_put_text(&writer, TAG_PART_TYPE, "TEXT");
	frame_put_text(&writer, TAG_PART_SUBTYPE, "PLAIN");
	frame_put_text(&writer, TAG_PART_NAME, "filename*0*=utf-8''%C3%A4;filename*1=\".txt\"");
	frame_put_u64(&writer, TAG_PART_SIZE, 100);
	frame_end(&writer);
	return bench;
}

static void *
open_text(void)
{
	static const char BODY[] =
		"<html><body><p>Gr=FC=DFe</p><blockquote>old</blockquote><table><tr>"
		"<td>1</td><td>2</td></tr></table></body></html>";
	struct bench *bench = new_bench();
	struct frame_writer writer;

	frame_begin(&writer, &bench->in, FRAME_PARSE_TEXT, 7, 1);
	frame_put(&writer, TAG_BYTES, BODY, sizeof BODY - 1);
	frame_put_text(&writer, TAG_ENCODING, "quoted-printable");
	frame_put_text(&writer, TAG_CHARSET, "iso-8859-15");
	frame_put_text(&writer, TAG_SUBTYPE, "html");
	frame_put_u64(&writer, TAG_SIZE, 1000);
	frame_end(&writer);
	return bench;
}

static const char EVENT[] =
	"BEGIN:VEVENT\r\nUID:weekly\r\nDTSTAMP:20240101T000000Z\r\nSUMMARY:Weekly\r\n"
	"ORGANIZER;CN=Ada:mailto:ada@x.example\r\n"
	"ATTENDEE;PARTSTAT=ACCEPTED:mailto:me@own.example\r\n"
	"DTSTART;TZID=Europe/Berlin:20240325T100000\r\nDTEND;TZID=Europe/Berlin:20240325T110000\r\n"
	"RRULE:FREQ=WEEKLY;COUNT=30\r\nEXDATE;TZID=Europe/Berlin:20240401T100000\r\nEND:VEVENT\r\n";

static void *
open_feed(void)
{
	struct bench *bench = new_bench();
	struct frame_writer writer;
	struct text feed = { 0 };

	text_printf(&feed, "BEGIN:VCALENDAR\r\nX-WR-TIMEZONE:Europe/Berlin\r\n%sEND:VCALENDAR\r\n",
		EVENT);
	for (size_t at = 0; at < feed.size; at += 100) {
		size_t size = feed.size - at < 100 ? feed.size - at : 100;

		frame_begin(&writer, &bench->in, FRAME_PARSE_FEED, 7, 1);
		if (at == 0)
			frame_put_u64(&writer, TAG_SIZE, feed.size);
		frame_put(&writer, TAG_BYTES, feed.bytes + at, size);
		if (at + size == feed.size)
			frame_put_flag(&writer, TAG_LAST);
		frame_end(&writer);
	}
	text_clear(&feed);
	return bench;
}

static void *
open_meeting(void)
{
	struct bench *bench = new_bench();
	struct frame_writer writer;

	frame_begin(&writer, &bench->in, FRAME_PARSE_MEETING, 7, 1);
	frame_put(&writer, TAG_BYTES, EVENT, sizeof EVENT - 1);
	frame_put_i64(&writer, TAG_LOW, 1700000000);
	frame_put_i64(&writer, TAG_HIGH, 1720000000);
	frame_put_i64(&writer, TAG_NUMBER, 1710000000);
	frame_put_text(&writer, TAG_NAME, "Europe/Berlin");
	frame_end(&writer);
	return bench;
}

static const struct scenario SCENARIOS[] = {
	{ "reads_a_message", open_message, run_items, NULL, NULL, close_bench, false },
	{ "reads_a_text", open_text, run_items, NULL, NULL, close_bench, false },
	{ "splits_a_feed", open_feed, run_items, NULL, NULL, close_bench, false },
	{ "reads_a_meeting", open_meeting, run_items, NULL, NULL, close_bench, false },
};

int
main(void)
{
	return STARVE_EACH(SCENARIOS);
}
