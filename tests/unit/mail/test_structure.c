#include "fixture.h"

struct part {
	const char *number, *type, *subtype, *disposition, *name;
	uint64_t size;
};

/* The parts as "number type name*" lines, "*" for an attachment; then the part to be read. */
static void
expect(const struct part *parts, const char *expected)
{
	struct text out = { 0 };
	struct event *event;
	struct item item;

	item_begin(&item);
	item_header(&item, "From: a@b.example\r\n", 19);
	for (; parts->number != NULL; parts++)
		item_part(&item, parts->number, parts->type, parts->subtype, parts->disposition,
			parts->name, parts->size);
	event = item_event(&item);
	for (unsigned i = 0; i < event->part_count; i++)
		text_printf(&out, "%s %s %s%s\n", event->parts[i].part, event->parts[i].type,
			event->parts[i].name == NULL ? "-" : event->parts[i].name,
			event->parts[i].attachment ? "*" : "");
	text_printf(&out, "> %s", event->text_part == NULL ? "-" : event->text_part);
	assert_string_equal(out.bytes, expected);
	text_clear(&out);
}

static void
reads_plain_text_before_html(void **state)
{
	static const struct part single[] = { { "1", "TEXT", "PLAIN", NULL, NULL, 10 }, { 0 } };
	static const struct part alternative[] = { { "1", "text", "html", NULL, NULL, 99 },
		{ "2", "text", "plain", NULL, NULL, 10 }, { 0 } };
	static const struct part html[] = { { "1.1", "text", "html", NULL, NULL, 10 },
		{ "1.2", "image", "png", "inline", "logo.png", 10 }, { 0 } };
	static const struct part hollow[] = { { "1", "text", "plain", NULL, NULL, 2 },
		{ "2", "text", "html", NULL, NULL, 900 }, { 0 } };

	(void)state;
	expect(single, "1 text/plain -\n> 1");
	expect(alternative, "1 text/html -\n2 text/plain -\n> 2");
	expect(html, "1.1 text/html -\n1.2 image/png logo.png\n> 1.1");
	expect(hollow, "1 text/plain -\n2 text/html -\n> 2");
}

static void
never_reads_attachments(void **state)
{
	static const struct part attached[] = { { "1", "text", "plain", "attachment", "a.txt", 10 },
		{ "2", "application", "pdf", NULL, "b.pdf", 10 },
		{ "3", "text", "csv", NULL, "c.csv", 10 }, { "4", "image", "jpeg", NULL, NULL, 10 },
		{ 0 } };
	static const struct part named[] = { { "1", "text", "plain", "inline", "notes.txt", 10 },
		{ 0 } };
	static const struct part signature[] = { { "1", "text", "plain", NULL, NULL, 10 },
		{ "2", "application", "pgp-signature", NULL, "signature.asc", 10 }, { 0 } };

	(void)state;
	expect(attached, "1 text/plain a.txt*\n2 application/pdf b.pdf*\n3 text/csv c.csv*\n"
			 "4 image/jpeg -*\n> -");
	expect(named, "1 text/plain notes.txt*\n> -");
	expect(signature, "1 text/plain -\n2 application/pgp-signature signature.asc\n> 1");
}

static void
does_not_look_into_messages_within(void **state)
{
	static const struct part forwarded[] = { { "1", "text", "plain", NULL, NULL, 10 },
		{ "2", "MESSAGE", "RFC822", NULL, NULL, 500 },
		{ "2.1", "text", "plain", NULL, NULL, 10 },
		{ "2.2.1", "application", "pdf", "attachment", "inner.pdf", 10 },
		{ "20", "application", "pdf", NULL, "outer.pdf", 10 }, { 0 } };
	static const struct part only[] = { { "1", "message", "rfc822", NULL, NULL, 500 },
		{ "1.1", "text", "plain", NULL, NULL, 10 }, { 0 } };

	(void)state;
	expect(forwarded,
		"1 text/plain -\n2 message/rfc822 -*\n20 application/pdf outer.pdf*\n> 1");
	expect(only, "1 message/rfc822 -*\n> -");
}

static void
lists_leaves_and_not_what_holds_them(void **state)
{
	static const struct part parts[] = { { "", "MULTIPART", "MIXED", NULL, NULL, 0 },
		{ "1", "multipart", "alternative", NULL, NULL, 0 },
		{ "1.1", "text", "plain", NULL, NULL, 10 },
		{ "1.2", "text", "html", NULL, NULL, 10 },
		{ "2", NULL, NULL, NULL, "x\x1b.bin", 10 }, { "3", "text", NULL, NULL, NULL, 10 },
		{ 0 } };

	(void)state;
	expect(parts, "1.1 text/plain -\n1.2 text/html -\n2 application/octet-stream x .bin*\n"
		      "3 text/plain -\n> 1.1");
}

static void
decodes_file_names(void **state)
{
	static const struct part parts[] = {
		{ "1", "application", "pdf", NULL,
			"filename*0*=utf-8''r%C3%A9;filename*1=\"s.pdf\"", 10 },
		{ "2", "application", "pdf", NULL, "=?utf-8?Q?r=C3=A9.pdf?=", 10 },
		{ "3", "application", "pdf", NULL, "../../r.pdf", 10 }, { 0 }
	};

	(void)state;
	expect(parts, "1 application/pdf r\xc3\xa9s.pdf*\n2 application/pdf r\xc3\xa9.pdf*\n"
		      "3 application/pdf r.pdf*\n> -");
}

static void
flags_a_structure_that_was_refused(void **state)
{
	struct event *event;
	struct item item;

	(void)state;
	item_begin(&item);
	item_header(&item, "From: a@b.example\r\n", 19);
	frame_put_flag(&item.writer, TAG_STRUCTURE_REFUSED);
	event = item_event(&item);
	assert_true(event->flags & EVENT_NO_STRUCTURE);
	assert_null(event->text_part);
}

static void
stops_listing_at_its_limit(void **state)
{
	struct event *event;
	struct item item;
	char deep[200];

	(void)state;
	item_begin(&item);
	item_header(&item, "From: a@b.example\r\n", 19);
	for (unsigned i = 0; i < sizeof deep - 1; i++)
		deep[i] = i % 2 == 0 ? '1' : '.';
	deep[sizeof deep - 1] = '\0';
	item_part(&item, deep, "text", "plain", NULL, NULL, 10);
	for (unsigned i = 1; i < 500; i++)
		item_part(&item, arena_printf(arena, "%u", i), "image", "png", NULL, NULL, 10);
	event = item_event(&item);
	assert_int_equal(event->part_count, EVENT_PARTS_MAX);
	assert_text(event->parts[0].part, "1");
	assert_null(event->text_part);
	assert_true(event->flags & EVENT_TRUNCATED);
}

static void
does_not_believe_part_numbers_that_are_none(void **state)
{
	static const char *const numbers[] = { "1.A", "1 BODY[]", "1\r\nx", "TEXT" };

	(void)state;
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		struct frame_reader reader = { 0 };
		struct event event;
		struct frame frame;
		struct err err = { 0 };
		struct item item;

		item_begin(&item);
		item_header(&item, "From: a@b.example\r\n", 19);
		item_part(&item, numbers[i], "text", "plain", NULL, NULL, 1);
		frame_end(&item.writer);
		frame_reader_feed(&reader, item.bytes.bytes, item.bytes.size);
		assert_int_equal(frame_reader_next(&reader, &frame, &err), 1);
		assert_int_equal(message_read(charsets, &frame, arena, &event, &err), -1);
		assert_int_equal(err.code, ERR_FORMAT);
		frame_reader_clear(&reader);
		text_clear(&item.bytes);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		MAIL_TEST(reads_plain_text_before_html),
		MAIL_TEST(never_reads_attachments),
		MAIL_TEST(does_not_look_into_messages_within),
		MAIL_TEST(lists_leaves_and_not_what_holds_them),
		MAIL_TEST(decodes_file_names),
		MAIL_TEST(flags_a_structure_that_was_refused),
		MAIL_TEST(stops_listing_at_its_limit),
		MAIL_TEST(does_not_believe_part_numbers_that_are_none),
	};

	return RUN_MAIL_TESTS(tests);
}
