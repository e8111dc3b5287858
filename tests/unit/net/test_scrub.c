#include "test.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "liaison/base/text.h"
#include "liaison/net/scrub.h"

/* A conversation of which nothing is left but its shape. */

static struct scrub scrub;

static int
set_up(void **state)
{
	(void)state;
	return scrub_init(&scrub);
}

static char *
scrubbed(const char *text)
{
	static char out[4096];

	memcpy(out, text, strlen(text) + 1);
	scrub_conversation(&scrub, out, strlen(out));
	assert_int_equal(strlen(out), strlen(text));
	return out;
}

static void
keeps_what_the_protocol_says(void **state)
{
	static const char *const KEPT[] = {
		"* OK [UIDVALIDITY 1234567] \r\n",
		"* UID FETCH 7 (UID BODY.PEEK[HEADER])\r\n",
		"* CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=OAUTHBEARER AUTH=SCRAM-SHA-256 ID SORT "
		"SORT=DISPLAY THREAD=REFERENCES THREAD=ORDEREDSUBJECT NOTIFY\r\n",
		"* LIST (\\HasNoChildren \\Sent) \"/\" \"Sent\"\r\n",
		"* 12 FETCH (UID 7 INTERNALDATE \"21-Nov-2026 08:00:00 +0000\" RFC822.SIZE 4711 "
		"FLAGS "
		"(\\Seen) BODYSTRUCTURE (\"TEXT\" \"PLAIN\" (\"CHARSET\" \"utf-8\") NIL NIL "
		"\"7BIT\" 5 "
		"1))\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof KEPT / sizeof *KEPT; i++)
		assert_string_equal(scrubbed(KEPT[i]), KEPT[i]);
}

static void
leaves_no_word_of_anybodys(void **state)
{
	static const char *const SAID[] = {
		"* OK Hello ada at canary.example 4711\r\n",
		"* LIST () \"/\" \"Projects/Canary 4711\"\r\n",
		"* 1 FETCH (BODY[HEADER] {62}\r\nFrom: Ada Canary <ada@canary.example>\r\n"
		"Subject: canary 4711\r\n\r\n)\r\n",
		"* 1 FETCH (BODY[HEADER] {48}\r\nX-Canary: 4711\r\nSubject: "
		"=?utf-8?Q?canary=20?=\r\n\r\n)"
		"\r\n",
		"* 1 FETCH (BODY[1] {14}\r\ncanary text 47)\r\n",
		"* 1 FETCH (BODYSTRUCTURE (\"TEXT\" \"PLAIN\" (\"NAME\" \"canary-4711.pdf\"))\r\n",
		"canary without an end",
		"* 1 FETCH (BODY[HEADER] {99999}\r\nSubject: canary",
	};

	(void)state;
	for (size_t i = 0; i < sizeof SAID / sizeof *SAID; i++) {
		char *left = scrubbed(SAID[i]);

		assert_null(strcasestr(left, "canary"));
		assert_null(strcasestr(left, "ada"));
		assert_null(strstr(left, "4711"));
	}
}

static void
replaces_a_word_alike_wherever_it_stands(void **state)
{
	char first[] = "ada@canary.example", second[] = "Ada@Canary.example", *header;
	char block[] = "To: <ada@canary.example>\r\nDate: Sat, 21 Nov 2026 07:00:00 -0100\r\n";

	(void)state;
	scrub_words(&scrub, first, strlen(first));
	scrub_words(&scrub, second, strlen(second));
	assert_int_equal(strcasecmp(first, second), 0);
	scrub_header(&scrub, block, strlen(block));
	header = strchr(block, '<') + 1;
	assert_memory_equal(header, first, strlen(first));
	assert_non_null(strstr(block, ">\r\nDate: Sat, 21 Nov 2026 07:00:00 -0100\r\n"));
}

static void
keeps_characters_as_wide_as_they_were(void **state)
{
	char text[] = "\u00fc \u20ac \U0001f4a9 \xff";

	(void)state;
	scrub_words(&scrub, text, strlen(text));
	assert_string_equal(text, "\u00e4 \u1ea1 \U0001f600 \xe4");
}

/* Codes, other character sets and numbers in parameters tell as much as letters. */
static void
leaves_no_name_in_codes(void **state)
{
	static const struct {
		const char *said, *told;
	} names[] = {
		{ "Subject: =?utf-8?Q?=D0=98=D0=B2=D0=B0=D0=BD?=\r\n", "=D0=98" },
		{ "Subject: =?utf-8?Q?=D0=98=D0=B2=D0=B0=D0=BD?=\r\n", "=B2" },
		{ "Subject: =?us-ascii?Q?=41=64=61=61=64=61?=\r\n", "=41=64=61=61=64=61" },
		{ "From: =?koi8-r?q?=E9=D7=C1=CE?= <a@b.example>\r\n", "=E9=D7" },
		{ "From: \xc8\xe2\xe0\xed <a@b.example>\r\n", "\xc8\xe2" },
		{ "Content-Type: text/plain; name=\"471147114711.pdf\"\r\n", "471147114711" },
		{ "Content-Disposition: attachment; filename*=us-ascii''%44%41%44%41\r\n",
			"%44%41%44%41" },
	};
	char kept[] = "X-Priority: 1\r\nSubject: =?utf-8?Q?=C3=9C_=20?=\r\n\r\n";

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char out[100];

		snprintf(out, sizeof out, "%s", names[i].said);
		scrub_header(&scrub, out, strlen(out));
		assert_int_equal(strlen(out), strlen(names[i].said));
		assert_null(strstr(out, names[i].told));
	}
	scrub_header(&scrub, kept, strlen(kept));
	assert_non_null(strstr(kept, "X-Priority: 1\r\n"));
	assert_non_null(strstr(kept, "?=C3=A4_=20?=\r\n\r\n"));
}

/* The process that scrubs serves all mailboxes. */
static void
does_not_look_for_the_same_end_again_and_again(void **state)
{
	static const char HEAD[] = "=?utf-8?Q?a ";
	struct text field = { 0 };
	clock_t begun = clock();

	(void)state;
	for (int i = 0; i < 40000; i++)
		text_add(&field, HEAD);
	scrub_header(&scrub, field.bytes, field.size);
	assert_true(clock() - begun < 2 * CLOCKS_PER_SEC);
	text_clear(&field);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(keeps_what_the_protocol_says, set_up),
		cmocka_unit_test_setup(leaves_no_word_of_anybodys, set_up),
		cmocka_unit_test_setup(replaces_a_word_alike_wherever_it_stands, set_up),
		cmocka_unit_test_setup(keeps_characters_as_wide_as_they_were, set_up),
		cmocka_unit_test_setup(leaves_no_name_in_codes, set_up),
		cmocka_unit_test_setup(does_not_look_for_the_same_end_again_and_again, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
