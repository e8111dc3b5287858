#include "world.h"

/* Every table that can hold words about people is one that contact.forget knows: a new one has to be thought of
 * here, and in lib/capture/forget_*.c or lib/crm/forget.c. */

/* What they hold of a person goes. */
static const char *const ERASED[] = {
	"address",
	"candidate",
	"candidate_again",
	"candidate_past",
	"contact",
	"contact_address",
	"contact_consent",
	"contact_domain",
	"contact_email",
	"contact_fact",
	"contact_label",
	"contact_link",
	"contact_note",
	"contact_relation",
	"duplicate_content",
	"duplicate_pair",
	"erasure_word",
	"event",
	"field_value",
	"file",
	"find_entry",
	"find_tail",
	"find_word",
	"idempotency",
	"import",
	"import_row",
	"interaction",
	"interaction_contact",
	"interaction_search",
	"interaction_search_data",
	"interaction_search_idx",
	"interaction_text",
	"journal",
	"ledger",
	"meeting",
	"merge",
	"merge_row",
	"message",
	"message_header",
	"party",
	"quarantine",
	"reapply",
	"search_queue",
	"want",
};

/* What is no person's, and why. */
static const struct {
	const char *table, *why;
} SPARED[] = {
	{ "answer", "answers to choose from" },
	{ "classify_state", "a time zone" },
	{ "code", "codes to choose from" },
	{ "duplicate_round", "settings" },
	{ "erasure", "the receipt, without the name" },
	{ "feed", "of a calendar" },
	{ "feed_item", "event UIDs, which tell occurrences apart" },
	{ "field", "declared fields" },
	{ "forgotten_state", "a digest" },
	{ "interaction_search_config", "of the index itself" },
	{ "occurrence", "dates of occurrences" },
	{ "question", "questions" },
	{ "questionnaire", "questions" },
	{ "rule", "refused while one names it" },
	{ "salesperson", "who of us" },
	{ "salesperson_email", "who of us: refused" },
	{ "salutation_formula", "texts to choose from" },
	{ "series", "number series" },
	{ "series_line", "numbers" },
	{ "setup", "settings" },
	{ "source", "mailboxes and calendars of ours" },
	{ "sqlite_sequence", "row numbers" },
	{ "stream", "folders of ours" },
	{ "view", "refused while one names it" },
};

static bool
is_known(const char *table)
{
	for (size_t i = 0; i < sizeof ERASED / sizeof *ERASED; i++) {
		if (strcmp(ERASED[i], table) == 0)
			return true;
	}
	for (size_t i = 0; i < sizeof SPARED / sizeof *SPARED; i++) {
		if (strcmp(SPARED[i].table, table) == 0)
			return SPARED[i].why[0] != '\0';
	}
	return false;
}

/* Numbers tell nothing of whose they are. */
static const char SELECT_TABLES[] =
	"SELECT DISTINCT m.name FROM sqlite_schema m, pragma_table_info(m.name) c"
	" WHERE m.type = 'table' AND c.type <> 'INTEGER'";

static void
every_table_that_can_hold_words_is_thought_of(void **state)
{
	struct err err;
	struct store *store = store_open_memory(&err);
	struct stmt *q = sql_prepare(store, SELECT_TABLES);
	unsigned count = 0, unknown = 0;

	(void)state;
	while (stmt_row(q)) {
		const char *table = stmt_text(q);

		count++;
		if (!is_known(table)) {
			print_error("contact.forget does not know the table %s\n", table);
			unknown++;
		}
	}
	assert_int_equal(stmt_end(q, &err), 0);
	assert_true(count > 50);
	assert_int_equal(unknown, 0);
	store_close(store);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_table_that_can_hold_words_is_thought_of),
	};

	return cmocka_run_group_tests_name("forget", tests, NULL, NULL);
}
