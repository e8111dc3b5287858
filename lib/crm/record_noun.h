#ifndef LIAISON_CRM_RECORD_NOUN_H
#define LIAISON_CRM_RECORD_NOUN_H

#include "liaison/crm/record.h"

/* Makes a noun of a list of fields (crm/record.h): its statements, table of fields and query noun. */

#define RECORD_ROW_(N, name, type, flags, max, words, summary) \
	{ #name, RECORD_##type, flags, max, words },
#define RECORD_COLUMN_(N, name, ...) ", \"" #name "\""
#define RECORD_MARK_(...)            ", ?"
#define RECORD_SET_(N, name, ...)    ", \"" #name "\" = ?"

#define RECORD_QUERY_TEXT    QUERY_TEXT
#define RECORD_QUERY_CODE    QUERY_TEXT
#define RECORD_QUERY_ENUM    QUERY_TEXT
#define RECORD_QUERY_FLAG    QUERY_BOOL
#define RECORD_QUERY_INTEGER QUERY_NUMBER
#define RECORD_QUERY_MINUTES QUERY_NUMBER
#define RECORD_QUERY_MONEY   QUERY_MONEY
#define RECORD_QUERY_PERCENT QUERY_MONEY /* two places, too */
#define RECORD_QUERY_DECIMAL QUERY_NUMBER
#define RECORD_QUERY_FORMULA QUERY_TEXT
#define RECORD_QUERY_DATE    QUERY_TIME
#define RECORD_QUERY_CONTACT QUERY_TEXT
#define RECORD_BEFORE_TEXT
#define RECORD_BEFORE_CODE
#define RECORD_BEFORE_ENUM
#define RECORD_BEFORE_FLAG
#define RECORD_BEFORE_INTEGER
#define RECORD_BEFORE_MINUTES
#define RECORD_BEFORE_MONEY
#define RECORD_BEFORE_PERCENT
#define RECORD_BEFORE_DECIMAL
#define RECORD_BEFORE_FORMULA
#define RECORD_BEFORE_DATE
#define RECORD_BEFORE_CONTACT "(SELECT o.no FROM contact o WHERE o.id = "
/* Codes and words are ASCII and compared as they are, so that an index serves. */
#define RECORD_ORDER_TEXT    ""
#define RECORD_ORDER_CODE    " COLLATE NOCASE"
#define RECORD_ORDER_ENUM    " COLLATE NOCASE"
#define RECORD_ORDER_FLAG    ""
#define RECORD_ORDER_INTEGER ""
#define RECORD_ORDER_MINUTES ""
#define RECORD_ORDER_MONEY   ""
#define RECORD_ORDER_PERCENT ""
#define RECORD_ORDER_DECIMAL " / 1000000.0"
#define RECORD_ORDER_FORMULA " COLLATE NOCASE"
#define RECORD_ORDER_DATE    ""
#define RECORD_ORDER_CONTACT ")"
#define RECORD_QUERY_(N, name, type, ...) \
	{ #name, RECORD_QUERY_##type, RECORD_BEFORE_##type "t.\"" #name "\"" RECORD_ORDER_##type, \
		NULL, true },

#define RECORD_WORDS_TEXT(words)    NULL
#define RECORD_WORDS_CODE(words)    NULL
#define RECORD_WORDS_ENUM(words)    words
#define RECORD_WORDS_FLAG(words)    NULL
#define RECORD_WORDS_INTEGER(words) NULL
#define RECORD_WORDS_MINUTES(words) NULL
#define RECORD_WORDS_MONEY(words)   NULL
#define RECORD_WORDS_PERCENT(words) NULL
#define RECORD_WORDS_DECIMAL(words) NULL
#define RECORD_WORDS_FORMULA(words) NULL
#define RECORD_WORDS_DATE(words)    NULL
#define RECORD_WORDS_CONTACT(words) NULL
#define RECORD_WORD_(N, name, type, flags, max, words, summary) \
	{ #name, RECORD_WORDS_##type(words) },

#define RECORD_NOT_ASKED()

/* Defines N_fields, N_query and N_noun; table and key are the names of the table and the key's
 * column. What follows sets more members of N_noun. */
#define RECORD_NOUN(N, table, key, FIELDS, ...) \
	RECORD_NOUN_ASKED(N, table, key, FIELDS, RECORD_NOT_ASKED, __VA_ARGS__)
/* The same with more rows for conditions, a macro whose rows each end with a comma. */
#define RECORD_NOUN_ASKED(N, table, key, FIELDS, ASKED, ...) \
	RECORD_DEFINE_(N, #N, table, key, "\"" key "\" = ? COLLATE NOCASE", FIELDS, ASKED, false, \
		__VA_ARGS__)
/* The same of what belongs to a contact: title is what people call it, its first field is contact. */
#define RECORD_PART(N, title, table, key, FIELDS, ...) \
	RECORD_DEFINE_(N, title, table, key, "contact = ? AND \"" key "\" = ? COLLATE NOCASE", \
		FIELDS, RECORD_NOT_ASKED, true, __VA_ARGS__)

#define RECORD_DEFINE_(N, title, table, key, found, FIELDS, ASKED, is_part, ...) \
	static const struct record_field N##_fields[] = { FIELDS(RECORD_ROW_, N){ 0 } }; \
	static const struct query_field N##_query_fields[] = { { "id", QUERY_NUMBER, "t.id", NULL, \
								       true }, \
		{ "version", QUERY_NUMBER, "t.version", NULL, true }, \
		FIELDS(RECORD_QUERY_, N) ASKED(){ 0 } }; \
	static const struct query_words N##_words[] = { FIELDS(RECORD_WORD_, N){ 0 } }; \
	const struct query_noun N##_query = { .name = title, \
		.from = table " t", \
		.id = "t.id", \
		.fields = N##_query_fields, \
		.words = N##_words, \
		.sort = key }; \
	const struct record_noun N##_noun = { .name = title, \
		.fields = N##_fields, \
		.count = N##_count, \
		.query = &N##_query, \
		.part = is_part, \
		.select = "SELECT id, version" FIELDS(RECORD_COLUMN_, N) " FROM " table \
									 " WHERE id = ?", \
		.insert = "INSERT INTO " table " (version" FIELDS( \
			RECORD_COLUMN_, N) ") VALUES (1" FIELDS(RECORD_MARK_, N) ")", \
		.restore = "INSERT INTO " table " (id, version" FIELDS( \
			RECORD_COLUMN_, N) ") VALUES (?, ?" FIELDS(RECORD_MARK_, N) ")", \
		.update = "UPDATE " table \
			  " SET version = version + 1" FIELDS(RECORD_SET_, N) " WHERE id = ?", \
		.remove = "DELETE FROM " table " WHERE id = ?", \
		.find = "SELECT id FROM " table " WHERE " found, \
		__VA_ARGS__ }

#endif
