#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "liaison/capture/candidate.h"
#include "liaison/capture/rule.h"
#include "liaison/crm/contact.h"
#include "liaison/crm/contact_label.h"
#include "liaison/crm/contact_part.h"
#include "liaison/crm/duplicate.h"
#include "liaison/crm/interaction.h"
#include "liaison/crm/profile.h"

/* The manual of conditions and what conditions may say are the same. */

static char page[64 << 10];

static bool
read_page(void)
{
	FILE *file = fopen("contrib/man/liaison-conditions.7", "r");
	size_t size;

	if (file == NULL) /* not run from the top of the tree */
		return false;
	size = fread(page, 1, sizeof page - 1, file);
	page[size] = '\0';
	fclose(file);
	return true;
}

static const char *
type_word(enum query_type type)
{
	switch (type) {
	case QUERY_TEXT:
		return "text";
	case QUERY_NUMBER:
		return "number";
	case QUERY_MONEY:
		return "amount";
	case QUERY_TIME:
		return "time";
	case QUERY_BOOL:
		return "yes or no";
	case QUERY_CONTACT:
		return "contact";
	}
	return "";
}

/* From after title to the end of the list that follows. */
static char *
section_of(const char *title)
{
	char *from = strstr(page, title), *to = from == NULL ? NULL : strstr(from, "\n.El\n");

	if (to == NULL)
		fail_msg("the manual has no '%s'", title);
	return strndup(from + strlen(title), (size_t)(to - from) - strlen(title));
}

static void
tells_the_fields(const struct query_noun *noun)
{
	char title[64], line[128];
	unsigned fields = 0, told = 0;
	char *section;

	snprintf(title, sizeof title, ".Ss Fields of %s\n", noun->name);
	section = section_of(title);
	for (const struct query_field *field = noun->fields; field->name != NULL; field++) {
		snprintf(line, sizeof line, "\n.It Ic %s Pq %s%s\n", field->name,
			type_word(field->type), field->exists != NULL ? ", several" : "");
		if (strstr(section, line) == NULL)
			fail_msg("the manual's fields of %s lack:%s", noun->name, line);
		fields++;
	}
	for (const char *at = section; (at = strstr(at, "\n.It ")) != NULL; at++)
		told++;
	assert_int_equal(told, fields);
	free(section);
}

static void
the_manual_tells_every_field_and_no_other(void **state)
{
	(void)state;
	if (!read_page())
		skip();
	tells_the_fields(&contact_noun);
	tells_the_fields(&contact_email_noun);
	tells_the_fields(&contact_label_noun);
	tells_the_fields(&relation_query);
	tells_the_fields(&consent_query);
	tells_the_fields(&fact_query);
	tells_the_fields(&profile_query);
	tells_the_fields(&questionnaire_query);
	tells_the_fields(&duplicate_noun);
	tells_the_fields(&interaction_noun);
	tells_the_fields(&candidate_noun);
	tells_the_fields(&message_noun);
	tells_the_fields(&rule_noun);
	tells_the_fields(&capture_noun);
}

/* name stands in the section as a word of its own. */
static bool
has_word(const char *section, const char *name)
{
	static const char LETTERS[] = "abcdefghijklmnopqrstuvwxyz-";
	size_t length = strlen(name);

	for (const char *at = section; (at = strstr(at, name)) != NULL; at++) {
		if (at > section && strchr(LETTERS, at[-1]) == NULL &&
			strchr(LETTERS, at[length]) == NULL)
			return true;
	}
	return false;
}

static void
the_manual_tells_every_relation(void **state)
{
	const struct query_noun *const nouns[] = { &contact_noun, &interaction_noun,
		&capture_noun };
	char title[64];

	(void)state;
	if (!read_page())
		skip();
	for (size_t i = 0; i < sizeof nouns / sizeof *nouns; i++) {
		char *section, *end;

		snprintf(title, sizeof title, ".It Sy %s\n", nouns[i]->name);
		section = section_of(title);
		end = strstr(section, ".It Sy ");
		if (end != NULL)
			*end = '\0';
		for (const struct query_relation *r = nouns[i]->relations; r->name != NULL; r++) {
			if (!has_word(section, r->name))
				fail_msg("the manual's relations of %s lack '%s'", nouns[i]->name,
					r->name);
		}
		free(section);
	}
}

/* An apostrophe is written \(aq in a manual. */
static char *
as_in_manual(const char *text)
{
	struct text out = { 0 };

	for (; *text != '\0'; text++) {
		if (*text == '\'')
			text_add(&out, "\\(aq");
		else
			text_add_char(&out, *text);
	}
	return out.bytes;
}

static void
the_manual_has_the_grammar(void **state)
{
	const char *end = strstr(query_grammar, "\n\n");
	char *rules, *wanted;

	(void)state;
	if (!read_page())
		skip();
	assert_non_null(end);
	rules = strndup(query_grammar, (size_t)(end - query_grammar));
	wanted = as_in_manual(rules);
	assert_non_null(strstr(page, wanted));
	free(wanted);
	free(rules);
}

/* ---- fields of few words ----------------------------------------------------------------------- */

static bool
has_field(const struct query_noun *noun, const char *name)
{
	const struct query_field *field = noun->fields;

	while (field->name != NULL && strcmp(field->name, name) != 0)
		field++;
	return field->name != NULL;
}

static void
takes_its_words_alone(const struct query_noun *noun, const struct query_words *words)
{
	struct arena *arena = arena_new();
	char *list = arena_text(arena, words->words), *rest;
	struct query_node *node;
	struct err err;

	if (!has_field(noun, words->field))
		fail_msg("%s has no field '%s'", noun->name, words->field);
	for (char *word = strtok_r(list, "|", &rest); word != NULL;
		word = strtok_r(NULL, "|", &rest))
		assert_int_equal(
			query_parse(arena, noun, NULL,
				arena_printf(arena, "%s in (%s, \"%s\")", words->field, word, word),
				&node, &err),
			0);
	assert_int_equal(
		query_parse(arena, noun, NULL,
			arena_printf(arena, "not %s != nonsense", words->field), &node, &err),
		-1);
	assert_int_equal(err.code, ERR_USAGE);
	assert_non_null(strstr(err.message, words->field));
	assert_non_null(strstr(err.message, "'nonsense'"));
	arena_free(arena);
}

static void
a_field_of_few_words_takes_no_other(void **state)
{
	const struct query_noun *const nouns[] = { &contact_noun, &contact_email_noun,
		&contact_label_noun, &relation_query, &consent_query, &profile_query,
		&duplicate_noun, &interaction_noun, &message_noun, &rule_noun, &capture_noun };

	(void)state;
	for (size_t i = 0; i < sizeof nouns / sizeof *nouns; i++) {
		unsigned lists = 0;

		for (const struct query_words *w = nouns[i]->words; w->field != NULL; w++) {
			lists += w->words != NULL;
			if (w->words != NULL)
				takes_its_words_alone(nouns[i], w);
		}
		assert_true(lists > 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_manual_tells_every_field_and_no_other),
		cmocka_unit_test(the_manual_tells_every_relation),
		cmocka_unit_test(the_manual_has_the_grammar),
		cmocka_unit_test(a_field_of_few_words_takes_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
