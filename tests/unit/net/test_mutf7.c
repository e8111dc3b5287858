#include "test.h"

#include <string.h>

#include "liaison/net/mutf7.h"
#include "liaison/net/special_use.h"

static const struct {
	const char *wire, *name;
} NAMES[] = {
	{ "INBOX", "INBOX" },
	{ "A&-B", "A&B" },
	{ "~peter/mail/&U,BTFw-/&ZeVnLIqe-", "~peter/mail/台北/日本語" }, /* RFC 3501 5.1.3 */
	{ "Entw&APw-rfe", "Entwürfe" },
	{ "&BB4EQgQ,BEAEMAQyBDsENQQ9BD0ESwQ1-", "Отправленные" },
	{ "&2D3cjA-", "💌" },
	{ "Hi &2D3ejA- there", "Hi 🚌 there" },
	{ "&AAo-", "\n" },
};

static const char *const WRONG[] = { "&", "&ZeVnLIqe", "&Jjo!", "&U,BTFw-&ZeVnLIqe-", "&AGE-",
	"&2D0-", "&3Iw-", "&AAAA-", "&AA-", "&ZeV-", "&=-", "a\nb" };

static void
decodes_and_encodes_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
		struct text out = { 0 };

		assert_int_equal(mutf7_decode(NAMES[i].wire, strlen(NAMES[i].wire), &out), 0);
		assert_string_equal(out.bytes, NAMES[i].name);
		text_reset(&out);
		mutf7_encode(NAMES[i].name, &out);
		assert_string_equal(out.bytes, NAMES[i].wire);
		text_clear(&out);
	}
}

static void
refuses_what_would_not_encode_to_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(WRONG) / sizeof(WRONG[0]); i++) {
		struct text out = { 0 };

		text_add(&out, "kept");
		assert_int_equal(mutf7_decode(WRONG[i], strlen(WRONG[i]), &out), -1);
		assert_string_equal(out.bytes, "kept");
		text_clear(&out);
	}
}

static void
knows_special_folders_by_names_in_many_languages(void **state)
{
	(void)state;
	assert_int_equal(special_use_by_name("Gesendete Objekte", '/'), IMAP_SENT);
	assert_int_equal(special_use_by_name("INBOX.Sent", '.'), IMAP_SENT);
	assert_int_equal(special_use_by_name("inbox/ENTWÜRFE", '/'), IMAP_DRAFTS);
	assert_int_equal(special_use_by_name("Отправленные", '/'), IMAP_SENT);
	assert_int_equal(special_use_by_name("[Gmail]/Spam", '/'), IMAP_JUNK);
	assert_int_equal(special_use_by_name("Projects/Sent", '/'), 0);
	assert_int_equal(special_use_by_name("Sent to me", '/'), 0);
}

static void
names_special_uses_by_words(void **state)
{
	struct text out = { 0 };

	(void)state;
	assert_int_equal(special_use_by_word("\\sent"), IMAP_SENT);
	assert_int_equal(special_use_by_word("Sent"), 0);
	special_use_words(IMAP_SENT | IMAP_HAS_CHILDREN | IMAP_INBOX, &out);
	assert_string_equal(out.bytes, "\\Sent \\HasChildren");
	text_clear(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decodes_and_encodes_names),
		cmocka_unit_test(refuses_what_would_not_encode_to_the_same),
		cmocka_unit_test(knows_special_folders_by_names_in_many_languages),
		cmocka_unit_test(names_special_uses_by_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
