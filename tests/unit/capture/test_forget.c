#include "world.h"

/* Every column that can hold words about people has an answer to what contact.forget does with it: a new one has
 * to be thought of here, and in lib/capture/forget_*.c or lib/crm/forget.c. */

/* Columns, blank-separated, of which a person's words go (with their row, or alone), and those that stay: why. */
static const struct answer {
	const char *table, *goes, *stays, *why;
} ANSWERS[] = {
	{ "address", "address", "", "" },
	{ "answer", "", "questionnaire question answer priority", "questions" },
	{ "candidate", "address name", "", "" },
	{ "candidate_again", "address", "", "" },
	{ "candidate_past", "address", "", "" },
	{ "classify_state", "", "zone", "a time zone" },
	{ "code", "", "kind code text", "codes to choose from" },
	{ "contact",
		"no type name name_fold first_name middle_name surname job_title salesperson "
		"territory language country street city post_code phone mobile home_page "
		"correspondence lead_status lead_source format_region salutation "
		"organizational_level name_2 street_2 county fax extension pager initials currency "
		"vat_no registration_no external_id",
		"", "" },
	{ "contact_address",
		"code name street post_code city country phone email name_2 street_2 county mobile "
		"extension pager fax home_page",
		"", "" },
	{ "contact_consent", "purpose basis source", "", "" },
	{ "contact_domain", "domain", "", "" },
	{ "contact_email", "email address kind learned_from state", "", "" },
	{ "contact_fact", "kind reference", "", "" },
	{ "contact_label", "kind code word", "", "" },
	{ "contact_link", "url description", "", "" },
	{ "contact_note", "user note", "", "" },
	{ "contact_relation", "code kind no", "", "" },
	{ "duplicate_content", "content keys", "", "" },
	{ "duplicate_pair", "reasons", "", "" },
	{ "duplicate_round", "", "strings", "settings" },
	{ "erasure", "", "user shared backups", "the receipt, without the name" },
	{ "erasure_word", "kind word", "", "" },
	{ "event", "record", "kind", "what happened" },
	{ "feed", "", "reading etag modified digest", "of a calendar, as its server names it" },
	{ "feed_item", "", "event_uid digest bad_version",
		"event UIDs, which tell occurrences apart" },
	{ "field", "", "noun name type description", "declared fields" },
	{ "field_value", "value", "", "" },
	{ "file", "digest type", "", "" },
	{ "find_entry", "words", "", "" },
	{ "find_tail", "tail", "", "" },
	{ "find_word", "word", "", "" },
	{ "forgotten_state", "", "stamp", "a digest" },
	{ "idempotency", "key result", "user request", "who of us, and a digest" },
	{ "import", "name", "digest user", "a digest, and who of us" },
	{ "import_row", "digest", "", "" },
	{ "interaction",
		"subject snippet note location parties event_uid recurrence_id kind status "
		"direction initiated_by template interaction_group salesperson campaign segment "
		"opportunity task evaluation",
		"", "" },
	{ "interaction_contact", "role email via response", "", "" },
	{ "interaction_search", "subject body parties", "", "" },
	{ "interaction_search_config", "", "k v", "of the index itself" },
	{ "interaction_search_data", "block", "", "" },
	{ "interaction_search_idx", "segid term pgno", "", "" },
	{ "interaction_text", "text", "", "" },
	{ "journal", "before after", "user method noun", "who of us did what" },
	{ "ledger", "reason rule plain", "decision", "'forgotten'" },
	{ "meeting", "location zone remark", "event_uid recurrence status",
		"they tell occurrences apart" },
	{ "merge", "no merged before after", "user under_way", "who of us, and how far" },
	{ "merge_row", "before after", "part what", "names of our own" },
	{ "message",
		"message_id in_reply_to subject class_reason list_id parts text_part "
		"authentication_reason",
		"identity class sensitivity direction authentication",
		"a digest that tells copies apart, and words of our own" },
	{ "message_header", "name value", "", "" },
	{ "occurrence", "", "recurrence", "dates of occurrences" },
	{ "party", "role name email response", "", "" },
	{ "quarantine", "error header", "reader", "the version that read it" },
	{ "question", "", "questionnaire question source fact start end method sorting",
		"questions" },
	{ "questionnaire", "", "code description contact_type relation priority", "questions" },
	{ "reapply", "filter", "", "" },
	{ "rule", "", "action condition value", "refused while one names the person" },
	{ "salesperson", "", "code name job_title phone user", "who of us" },
	{ "salesperson_email", "", "email address", "who of us: refused" },
	{ "salutation_formula", "", "code language manner text", "texts to choose from" },
	{ "search_queue", "subject body parties", "", "" },
	{ "series", "", "code description", "number series" },
	{ "series_line", "", "start_no end_no warn_no last_no", "numbers" },
	{ "setup", "", "key value", "settings" },
	{ "source", "", "name kind error visibility salesperson",
		"mailboxes and calendars of ours" },
	{ "sqlite_sequence", "", "name seq", "row numbers" },
	{ "stream", "", "folder server backfill", "folders of ours" },
	{ "view", "", "name noun where sort description", "refused while one names the person" },
	{ "want", "part", "", "" },
};

enum { ANSWER_COUNT = sizeof ANSWERS / sizeof *ANSWERS };

static unsigned
count_word(const char *words, const char *word)
{
	size_t size = strlen(word);
	unsigned count = 0;

	while (*words != '\0') {
		size_t length = strcspn(words, " ");

		count += length == size && memcmp(words, word, size) == 0;
		words += length + (words[length] == ' ');
	}
	return count;
}

static unsigned
count_words(const char *words)
{
	unsigned count = *words != '\0';

	for (; *words != '\0'; words++)
		count += *words == ' ';
	return count;
}

static const struct answer *
answer_of(const char *table)
{
	for (size_t i = 0; i < ANSWER_COUNT; i++) {
		if (strcmp(ANSWERS[i].table, table) == 0)
			return &ANSWERS[i];
	}
	return NULL;
}

/* Numbers tell nothing of whose they are. */
static const char SELECT_COLUMNS[] =
	"SELECT m.name, c.name FROM sqlite_schema m, pragma_table_info(m.name) c"
	" WHERE m.type = 'table' AND c.type <> 'INTEGER'";

static void
every_column_that_can_hold_words_is_thought_of(void **state)
{
	struct err err;
	struct store *store = store_open_memory(&err);
	struct stmt *q = sql_prepare(store, SELECT_COLUMNS);
	unsigned there = 0, stated = 0, unknown = 0;

	(void)state;
	while (stmt_row(q)) {
		const char *table = stmt_text(q), *column = stmt_text(q);
		const struct answer *answer = answer_of(table);

		there++;
		if (answer != NULL &&
			count_word(answer->goes, column) + count_word(answer->stays, column) == 1)
			continue;
		print_error("contact.forget does not know the column %s.%s\n", table, column);
		unknown++;
	}
	assert_int_equal(stmt_end(q, &err), 0);
	assert_int_equal(unknown, 0);
	for (size_t i = 0; i < ANSWER_COUNT; i++) {
		stated += count_words(ANSWERS[i].goes) + count_words(ANSWERS[i].stays);
		assert_int_equal(*ANSWERS[i].stays == '\0', *ANSWERS[i].why == '\0');
	}
	assert_int_equal(stated, there); /* none that is no more */
	store_close(store);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_column_that_can_hold_words_is_thought_of),
	};

	return cmocka_run_group_tests_name("forget", tests, NULL, NULL);
}
