#include "liaison/mail/parameter.h"

#include "fixture.h"

struct row {
	const char *value, *name;
};

static unsigned
check_row(const struct row *row)
{
	unsigned flags = 0;
	char *name = parameter_file_name(
		charsets, arena, row->value, strlen(row->value), 200, &flags);

	if ((name == NULL) != (row->name == NULL) || (name != NULL && strcmp(name, row->name) != 0))
		fail_msg("'%s' became '%s' instead of '%s'", row->value,
			name == NULL ? "none" : name, row->name == NULL ? "none" : row->name);
	return flags;
}

#define CHECK(rows) \
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) \
	check_row(&rows[i])

static void
reads_plain_and_encoded_names(void **state)
{
	static const struct row rows[] = {
		{ "report.pdf", "report.pdf" },
		{ "=?utf-8?Q?r=C3=A9sum=C3=A9.pdf?=", "r\xc3\xa9sum\xc3\xa9.pdf" },
		{ "utf-8''r%C3%A9sum%C3%A9.pdf", "r\xc3\xa9sum\xc3\xa9.pdf" },
		{ "UTF-8'en'a%20b.pdf", "a b.pdf" },
		{ "iso-8859-1''%e9.pdf", "\xc3\xa9.pdf" },
		{ "r\xc3\xa9sum\xc3\xa9.pdf", "r\xc3\xa9sum\xc3\xa9.pdf" },
		{ "r\xe9sum\xe9.pdf", "r\xc3\xa9sum\xc3\xa9.pdf" },
		{ "it's 'quoted'.pdf", "it's 'quoted'.pdf" },
		{ "100%25.pdf", "100%25.pdf" },
		{ "", NULL },
	};

	(void)state;
	CHECK(rows);
}

static void
puts_continuations_together(void **state)
{
	static const struct row rows[] = {
		{ "filename*0*=utf-8''r%C3%A9; filename*1*=sum%C3%A9; filename*2=.pdf",
			"r\xc3\xa9sum\xc3\xa9.pdf" },
		{ "filename*1=\"b.pdf\";filename*0=\"a;\"", "a;b.pdf" },
		{ "name*0=a;name*1=b;name*10=d;name*2=c", "abcd" },
		{ "filename=plain.pdf; filename*=utf-8''b%C3%A9tter.pdf", "b\xc3\xa9tter.pdf" },
		{ "filename*0*=utf-8''%C3;filename*1*=%A9.txt", "\xc3\xa9.txt" },
		{ "FILENAME*=UTF-8''x.txt", "x.txt" },
		{ "name*0=a;name*0=b", "a" },
		{ "name*99999999999=a", "a" },
	};

	(void)state;
	CHECK(rows);
}

static void
keeps_quoted_pairs(void **state)
{
	static const struct row row = { "name=\"in \\\"quotes\\\".pdf\"", "in \"quotes\".pdf" };

	(void)state;
	check_row(&row);
}

static void
drops_directories_and_controls(void **state)
{
	static const struct row rows[] = {
		{ "../../etc/passwd", "passwd" },
		{ "C:\\Users\\ada\\report.pdf", "report.pdf" },
		{ "utf-8''..%2F..%2Fetc%2Fpasswd", "passwd" },
		{ "a/b/", NULL },
		{ "..", NULL },
		{ "utf-8''a%0D%0Ab%00c", "a  b c" },
		{ "exe\xe2\x80\xae"
		  "fdp.txt",
			"exe fdp.txt" },
	};

	(void)state;
	CHECK(rows);
}

static void
flags_unknown_charsets(void **state)
{
	static const struct row row = { "filename*=x-klingon''a%e9.pdf", "a?.pdf" };

	(void)state;
	assert_int_equal(check_row(&row), EVENT_UNKNOWN_CHARSET);
}

static void
is_linear_in_fifty_thousand_continuations(void **state)
{
	struct text flood = { 0 };
	double start = cpu_ms();
	unsigned flags = 0;

	(void)state;
	for (unsigned i = 0; i < 50000; i++)
		text_printf(&flood, "filename*%u=a;", 50000 - i);
	parameter_file_name(charsets, arena, flood.bytes, flood.size, 200, &flags);
	text_reset(&flood);
	for (unsigned i = 0; i < 50000; i++)
		text_add(&flood, "filename*0*=\"");
	parameter_file_name(charsets, arena, flood.bytes, flood.size, 200, &flags);
	assert_true(cpu_ms() - start < 100);
	text_clear(&flood);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		MAIL_TEST(reads_plain_and_encoded_names),
		MAIL_TEST(puts_continuations_together),
		MAIL_TEST(keeps_quoted_pairs),
		MAIL_TEST(drops_directories_and_controls),
		MAIL_TEST(flags_unknown_charsets),
		MAIL_TEST(is_linear_in_fifty_thousand_continuations),
	};

	return RUN_MAIL_TESTS(tests);
}
