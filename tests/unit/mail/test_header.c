#include "liaison/mail/header.h"
#include "liaison/mail/identifier.h"

#include "fixture.h"

static struct header
scan(const char *bytes, size_t size)
{
	struct header header;

	header_scan(arena, bytes, size, &header);
	return header;
}

static const char *
value(const struct header *header, enum field_name name, unsigned i)
{
	const struct header_field *field = header->first[name];

	while (field != NULL && i-- > 0)
		field = field->next;
	return field == NULL ? NULL : arena_text_n(arena, field->value, field->size);
}

static struct header
scan_text(const char *text)
{
	return scan(text, strlen(text));
}

static void
splits_and_unfolds_fields(void **state)
{
	struct header header = scan_text("From: a@b\r\nSUBJECT:one\r\n two\r\n\tthree  \r\n"
					 "to  : x\r\nTo: y\r\nX-Other: z\r\n\r\nCc: body\r\n");

	(void)state;
	assert_text(value(&header, FIELD_FROM, 0), "a@b");
	assert_text(value(&header, FIELD_SUBJECT, 0), "one two three");
	assert_text(value(&header, FIELD_TO, 0), "x");
	assert_text(value(&header, FIELD_TO, 1), "y");
	assert_null(header.first[FIELD_CC]);
	assert_int_equal(header.field_count, 5);
	assert_false(header.truncated);
	assert_false(header.cleaned);
}

static void
takes_any_line_end_and_none(void **state)
{
	struct header header = scan_text("From: a@b\nSubject: one\n two\nTo: x");

	(void)state;
	assert_text(value(&header, FIELD_FROM, 0), "a@b");
	assert_text(value(&header, FIELD_SUBJECT, 0), "one two");
	assert_text(value(&header, FIELD_TO, 0), "x");
}

static void
skips_lines_that_are_no_fields(void **state)
{
	struct header header = scan_text(
		" folded first\r\nFrom x@y Fri May 3\r\nno colon\r\n more\r\n"
		": empty name\r\nFr om: z\r\nFrom: a@b\r\n");

	(void)state;
	assert_text(value(&header, FIELD_FROM, 0), "a@b");
	assert_text(value(&header, FIELD_FROM, 1), NULL);
	assert_int_equal(header.field_count, 1);
}

static void
makes_deletes_of_nul_bytes(void **state)
{
	static const char bytes[] = "Fr\0om: a@b\r\nSubject: a\0b\r\nFrom: x\0y@z\r\n\r\n";
	struct header header = scan(bytes, sizeof bytes - 1);

	(void)state;
	assert_true(header.cleaned);
	assert_text(value(&header, FIELD_SUBJECT, 0), "a\x7f"
						      "b");
	assert_text(value(&header, FIELD_FROM, 0), "x\x7fy@z");
	assert_text(value(&header, FIELD_FROM, 1), NULL);
}

static void
stops_at_its_limits(void **state)
{
	struct text flood = { 0 };
	struct header header;

	(void)state;
	for (unsigned i = 0; i < 300000; i++)
		text_add(&flood, "X: y\r\n");
	text_add(&flood, "From: a@b\r\n");
	header = scan(flood.bytes, flood.size);
	assert_true(header.truncated);
	assert_null(header.first[FIELD_FROM]);
	assert_in_range(header.field_count, HEADER_FIELDS_MAX, HEADER_FIELDS_MAX + 1);
	text_reset(&flood);
	text_add(&flood, "From: a@b\r\nSubject: ");
	while (flood.size < 1000000)
		text_add(&flood, "long ");
	header = scan(flood.bytes, flood.size);
	assert_true(header.truncated);
	assert_text(value(&header, FIELD_FROM, 0), "a@b");
	assert_true(header.first[FIELD_SUBJECT]->size < HEADER_SIZE_MAX);
	text_clear(&flood);
}

static void
knows_every_field_by_its_spelling(void **state)
{
	(void)state;
	for (unsigned name = FIELD_NONE + 1; name < FIELD_NAMES; name++) {
		char *block = arena_printf(arena, "%s: here\r\n", field_spelling(name));
		struct header header = scan_text(block);

		if (header.first[name] == NULL)
			fail_msg("'%s' is not found", field_spelling(name));
	}
}

static void
tells_deep_comments_from_plain_ones(void **state)
{
	char deep[200];

	(void)state;
	memset(deep, '(', sizeof deep);
	assert_true(field_is_deep(deep, sizeof deep));
	assert_false(field_is_deep(deep, 32));
	assert_false(field_is_deep(
		"()()()()()()()()()()()()()()()()()()()()()()()()()()()()()()()()()()", 68));
	assert_false(field_is_deep("))))))))))))))))))))))))))))))))))))))))(", 41));
}

static void
expect_ids(const char *field, const char *expected)
{
	struct text out = { 0 };
	const char *id;
	size_t at = 0;

	while ((id = identifier_next(arena, field, strlen(field), &at)) != NULL)
		text_printf(&out, "%s%s", out.size > 0 ? " " : "", id);
	if (strcmp(out.bytes == NULL ? "" : out.bytes, expected) != 0)
		fail_msg("'%s' became '%s' instead of '%s'", field,
			out.bytes == NULL ? "" : out.bytes, expected);
	text_clear(&out);
}

static void
finds_identifiers_amid_whatever_stands_there(void **state)
{
	(void)state;
	expect_ids("<a@b>", "a@b");
	expect_ids("<a@b> <c@d>\t<e@f>", "a@b c@d e@f");
	expect_ids("<a@b><c@d>,<e@f>", "a@b c@d e@f");
	expect_ids("Your message of Fri <a@b> (Ada's message)", "a@b");
	expect_ids("<a @ b>", "a@b");
	expect_ids("a@b", "a@b");
	expect_ids("a@b, c@d", "a@b c@d");
	expect_ids("message from ada a@b", "a@b");
	expect_ids("no-sign", "no-sign");
	expect_ids("two words", "");
	expect_ids("<a@b", "a@b");
	expect_ids("<a@b <c@d>", "a@b c@d");
	expect_ids("<> <a@b>", "a@b");
	expect_ids("<<a@b>>", "a@b");
	expect_ids("", "");
	expect_ids("<a\x01"
		   "b@c>",
		"a b@c");
	expect_ids("<a\xff@c>", "a\xef\xbf\xbd@c");
}

static void
bounds_identifiers(void **state)
{
	struct text field = { 0 };
	size_t at = 0;

	(void)state;
	text_add(&field, "<");
	while (field.size < 5000)
		text_add(&field, "x");
	text_add(&field, ">");
	assert_int_equal(
		strlen(identifier_next(arena, field.bytes, field.size, &at)), EVENT_ID_MAX);
	text_clear(&field);
}

static void
is_linear_in_floods_of_identifiers(void **state)
{
	static const char *const pieces[] = { "<", ">", "<>", "<a@b> ", "a@b ", "<a ", " " };
	double start = cpu_ms();

	(void)state;
	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
		struct text flood = { 0 };
		size_t at = 0;
		unsigned count = 0;

		while (flood.size < 250000)
			text_add(&flood, pieces[i]);
		while (count++ < 1000 &&
			identifier_next(arena, flood.bytes, flood.size, &at) != NULL)
			arena_reset(arena);
		text_clear(&flood);
	}
	assert_true(cpu_ms() - start < 500);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		MAIL_TEST(splits_and_unfolds_fields),
		MAIL_TEST(takes_any_line_end_and_none),
		MAIL_TEST(skips_lines_that_are_no_fields),
		MAIL_TEST(makes_deletes_of_nul_bytes),
		MAIL_TEST(stops_at_its_limits),
		MAIL_TEST(knows_every_field_by_its_spelling),
		MAIL_TEST(tells_deep_comments_from_plain_ones),
		MAIL_TEST(finds_identifiers_amid_whatever_stands_there),
		MAIL_TEST(bounds_identifiers),
		MAIL_TEST(is_linear_in_floods_of_identifiers),
	};

	return RUN_MAIL_TESTS(tests);
}
