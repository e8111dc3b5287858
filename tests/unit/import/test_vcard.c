#include "reader.h"

#include <stdlib.h>

/* vCards as programs write them. */

static const char *
one(struct reader *reader, const char *lines)
{
	read_text(reader, arena_printf(reader->arena, "BEGIN:VCARD\r\n%sEND:VCARD\r\n", lines));
	assert_int_equal(reader->count, 1);
	assert_int_equal(reader->type, IMPORT_VCARD);
	return row_text(reader, 0);
}

static void
a_person_has_a_name_and_its_parts(void **state)
{
	assert_string_equal(
		one(*state, "VERSION:4.0\r\nN:Lovelace;Ada;Byron;;\r\nFN:Ada Love\r\n lace\r\n"
			    "ORG:Acme\\, Ltd;Sales\r\nTITLE:Analyst\r\n"),
		"type=person|name=Ada Lovelace|first_name=Ada|middle_name=Byron|surname=Lovelace|"
		"company_name=Acme, Ltd|job_title=Analyst");
}

static void
an_organization_is_a_company(void **state)
{
	assert_string_equal(one(*state, "FN:Acme\nORG:Acme\n"), "type=company|name=Acme");
	assert_string_equal(one(*state, "KIND:org\nFN:Acme\n"), "type=company|name=Acme");
	assert_string_equal(
		one(*state, "X-ABShowAs:COMPANY\nORG:Acme\nN:;;;;\n"), "type=company|name=Acme");
	assert_string_equal(one(*state, "KIND:individual\nFN:Acme\nORG:Acme\n"),
		"type=person|name=Acme|company_name=Acme");
}

static void
phones_and_addresses_go_by_their_kinds(void **state)
{
	struct reader *reader = *state;

	assert_string_equal(
		one(reader,
			"FN:A\nTEL;CELL:1\nitem1.TEL;type=\"work,voice\":2\nTEL;TYPE=home:3\n"
			"TEL;FAX:4\nTEL;VALUE=uri:tel:5\nADR;TYPE=work:;Flat 1;Main St 2;London;"
			"Kent;N1;GB\nADR:;;Other;;;;\n"),
		"type=person|name=A|mobile=1|phone=2|fax=4|street_2=Flat 1|street=Main St "
		"2|city=London|"
		"county=Kent|post_code=N1|country=GB");
	assert_int_equal(reader->left_out, 3);
}

static void
the_preferred_address_comes_first_and_signs_of_lists_are_escaped(void **state)
{
	assert_string_equal(one(*state, "FN:A\nEMAIL;INTERNET;HOME:a@x.example\nEMAIL;TYPE=work;"
					"PREF=1:mailto:b@x.example\n"
					"NOTE:x|y\\;z\\nend\\\\\nCATEGORIES:Big One,b\\,c\n"),
		"type=person|name=A|tags=Big-One|tags=b,c|emails=b@x.example|kind=work|"
		"emails=a@x.example|kind=home|notes=x\\|y\\;z\nend\\\\");
	assert_string_equal(one(*state, "FN:A\nEMAIL;PREF=1:a@x.example\nEMAIL;PREF=2:b@x.example\n"
					"EMAIL:c@x.example\n"),
		"type=person|name=A|emails=a@x.example|emails=b@x.example|emails=c@x.example");
	assert_string_equal(
		one(*state, "FN:A\nEMAIL;PREF=9x:a@x.example\nEMAIL;PREF=100:b@x.example\n"
			    "EMAIL;TYPE=pref:c@x.example\n"),
		"type=person|name=A|emails=c@x.example|emails=b@x.example|emails=a@x.example");
}

static void
quoted_printable_goes_on_after_a_soft_end(void **state)
{
	assert_string_equal(one(*state, "VERSION:2.1\r\nFN;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:"
					"J=C3=BCr=\r\ngen=0D=0AX\r\n"
					"TITLE;QUOTED-PRINTABLE:50=25 =\r\n=zz=\r\n\r\n"),
		"type=person|name=J\xc3\xbcrgen X|job_title=50% =zz");
}

static void
pictures_and_cards_within_are_left_out(void **state)
{
	struct reader *reader = *state;
	struct text lines = { 0 };

	text_add(&lines,
		"FN:A\r\nAGENT:\r\nBEGIN:VCARD\r\nFN:Nobody\r\nEND:VCARD\r\nPHOTO;ENCODING=b:");
	for (int i = 0; i < 7000; i++)
		text_add(&lines,
			"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2\r\n ");
	text_add(&lines, "\r\nTITLE:B\r\n");
	assert_string_equal(one(reader, lines.bytes), "type=person|name=A|job_title=B");
	text_clear(&lines);
}

static void
a_card_that_is_too_long_is_passed_over(void **state)
{
	struct reader *reader = *state;
	struct text file = { 0 };

	text_add(&file, "BEGIN:VCARD\nFN:A\n");
	for (int i = 0; i < 40000; i++)
		text_add(&file, "X-FILL:abcdefghijklmnopqrstuvwxyz0123456789\n");
	text_add(&file, "END:VCARD\nBEGIN:VCARD\nFN:B\nEND:VCARD\nBEGIN:VCARD\nFN:C\n");
	read_text(reader, file.bytes);
	assert_int_equal(reader->count, 3);
	assert_string_equal(row_text(reader, 0), "!the card is too long");
	assert_string_equal(row_text(reader, 1), "type=person|name=B");
	assert_string_equal(row_text(reader, 2), "!the card has no END:VCARD");
	assert_int_equal(reader->rows[1].line, 40004);
	text_clear(&file);
}

static void
a_card_that_has_lost_its_end_spoils_no_other(void **state)
{
	struct reader *reader = *state;

	read_text(reader, "BEGIN:VCARD\nFN:A\nBEGIN:VCARD\nFN:B\nEND:VCARD\n");
	assert_int_equal(reader->count, 2);
	assert_string_equal(row_text(reader, 0), "!the card has no END:VCARD");
	assert_string_equal(row_text(reader, 1), "type=person|name=B");
	assert_int_equal(reader->rows[1].line, 3);
}

static void
fields_of_ours_come_by_their_own_names(void **state)
{
	struct reader *reader = *state;

	assert_string_equal(
		one(reader, "FN:A\nX-LIAISON-LEAD-STATUS:won\nX-LIAISON-FIELD;X-NAME=size:5\n"
			    "X-LIAISON-EMAILS:a@x.example|kind=k\\;b@x.example\nEMAIL:a@x.example\n"
			    "EMAIL:b@x.example\nX-LIAISON-1:x\nX-OTHER:y\n"),
		"lead_status=won|field.size=5|type=person|name=A|emails=a@x.example|kind=k;"
		"b@x.example");
	assert_int_equal(reader->left_out, 2);
	assert_int_equal(reader->left_count, 2);
	assert_string_equal(reader->left[0], "X-LIAISON-1");
	assert_string_equal(reader->left[1], "X-OTHER");
}

static void
an_address_that_an_address_book_changed_wins_over_our_list(void **state)
{
	struct reader *reader = *state;

	assert_string_equal(one(reader, "FN:A\nEMAIL:b@x.example\nEMAIL:c@x.example\n"
					"X-LIAISON-EMAILS:a@x.example|kind=k\\;b@x.example\n"),
		"type=person|name=A|emails=b@x.example|emails=c@x.example");
	assert_string_equal(one(reader, "FN:A\nEMAIL:b@x.example\n"
					"X-LIAISON-EMAILS:a@x.example\\;b@x.example\n"),
		"type=person|name=A|emails=b@x.example");
	assert_string_equal(one(reader, "FN:A\nEMAIL:B@x.example\nX-LIAISON-EMAILS:a@x.example|"
					"kind=k|removed=true\\;b@x.example|kind=work\n"),
		"type=person|name=A|emails=a@x.example|kind=k|removed=true;b@x.example|kind=work");
}

static void
names_of_what_is_left_out_are_bounded(void **state)
{
	struct reader *reader = *state;
	struct text card = { 0 };

	text_add(&card, "FN:A\nX-\xff:1\n");
	for (int i = 0; i < 2 * IMPORT_LEFT_MAX; i++)
		text_printf(&card, "X-%d:1\nX-%d:2\n", i, i);
	one(reader, card.bytes);
	text_clear(&card);
	assert_int_equal(reader->left_out, 4 * IMPORT_LEFT_MAX + 1);
	assert_int_equal(reader->left_count, IMPORT_LEFT_MAX);
	assert_string_equal(reader->left[1], "X-1");
}

/* A set of one's own, in which every byte is a letter more. */
static bool
decode_shifted(void *data, const char *name, const char *bytes, size_t size, struct text *out)
{
	(void)data;
	if (strcmp(name, "shifted") != 0)
		return false;
	for (size_t i = 0; i < size; i++)
		text_add_char(out, (char)(bytes[i] - 1));
	return true;
}

static void
values_are_read_in_the_set_that_the_card_names_or_the_card_is_refused(void **state)
{
	static const struct import_charsets CHARSETS = { decode_shifted, NULL };
	struct reader *reader = *state;

	reader->charsets = &CHARSETS;
	assert_string_equal(one(reader, "FN;CHARSET=shifted:Beb\n"), "type=person|name=Ada");
	assert_string_equal(one(reader, "FN;ENCODING=QUOTED-PRINTABLE;CHARSET=shifted:=42eb\n"),
		"type=person|name=Ada");
	assert_string_equal(
		one(reader, "FN;CHARSET=UTF-8:Ad\xc3\xa4\n"), "type=person|name=Ad\xc3\xa4");
	assert_string_equal(one(reader, "FN;CHARSET=klingon:Ada\n"), "type=person|name=Ada");
	assert_string_equal(one(reader, "FN;CHARSET=klingon:Ad\xe4\n"),
		"!its character set 'klingon' is unknown: save the cards in UTF-8");
	assert_string_equal(one(reader, "FN;CHARSET=k\xff\n:Ad\xe4\nFN;CHARSET=k\xff:\xff\n"),
		"!its character set 'k\xc3\xbf' is unknown: save the cards in UTF-8");
}

static void
windows_change_nothing(void **state)
{
	static const char FILE_[] =
		"BEGIN:VCARD\r\nFN:Ada\r\n  L\r\nEND:VCARD\r\n\r\nBEGIN:VCARD\r\nFN:Bob\r\n"
		"END:VCARD\r\n";
	struct reader *reader = *state;

	for (reader->step = 16; reader->step < sizeof FILE_; reader->step++) {
		assert_int_equal(read_file(reader, IMPORT_VCARD, FILE_, sizeof FILE_ - 1), 0);
		assert_int_equal(reader->count, 2);
		assert_string_equal(row_text(reader, 0), "type=person|name=Ada L");
		assert_string_equal(row_text(reader, 1), "type=person|name=Bob");
		assert_int_equal(reader->rows[1].line, 6);
	}
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, reader_open, reader_close)
	const struct CMUnitTest tests[] = {
		TEST(a_person_has_a_name_and_its_parts),
		TEST(an_organization_is_a_company),
		TEST(phones_and_addresses_go_by_their_kinds),
		TEST(the_preferred_address_comes_first_and_signs_of_lists_are_escaped),
		TEST(quoted_printable_goes_on_after_a_soft_end),
		TEST(pictures_and_cards_within_are_left_out),
		TEST(an_address_that_an_address_book_changed_wins_over_our_list),
		TEST(names_of_what_is_left_out_are_bounded),
		TEST(values_are_read_in_the_set_that_the_card_names_or_the_card_is_refused),
		TEST(a_card_that_is_too_long_is_passed_over),
		TEST(a_card_that_has_lost_its_end_spoils_no_other),
		TEST(fields_of_ours_come_by_their_own_names),
		TEST(windows_change_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
