/* Conditions, sorts and cursors of strangers: what is read is compiled and run, and an authorizer sees
 * that it reads the tables the nouns name and nothing else. */
#include <stdlib.h>
#include <string.h>

#include "../../lib/store/handle.h"
#include "../unit/query/nouns.h"

#include "liaison/base/text.h"

const struct query_noun test_contacts = CONTACT_NOUN;
const struct query_noun test_persons = PERSON_NOUN;
const struct query_noun test_interactions = INTERACTION_NOUN;

static bool
is_one_of(const char *name, const char *const *names)
{
	for (; *names != NULL; names++)
		if (name != NULL && strcmp(name, *names) == 0)
			return true;
	return false;
}

static int
authorize(void *context, int action, const char *a, const char *b, const char *c, const char *d)
{
	static const char *const TABLES[] = { "contact", "contact_email", "interaction",
		"interaction_contact", NULL };
	static const char *const FUNCTIONS[] = { "fold", "glob_fold", "coalesce", "count", NULL };

	(void)context;
	(void)c;
	(void)d;
	if (action == SQLITE_SELECT || (action == SQLITE_READ && is_one_of(a, TABLES)) ||
		(action == SQLITE_FUNCTION && is_one_of(b, FUNCTIONS)))
		return SQLITE_OK;
	abort();
}

static struct store *
open_store(void)
{
	static const char INSERT[] =
		"INSERT INTO contact (no, type, name, name_fold, city, created, changed) VALUES"
		" ('C1', 'person', 'a', 'a', 'Praha', 0, 0), ('C2', 'person', 'b', 'b', NULL, 0, "
		"0),"
		" ('C3', 'company', 'c', 'c', 'Brno', 0, 0)";
	struct err err;
	struct store *store = store_open_memory(&err);

	if (store == NULL || stmt_run(sql_prepare(store, INSERT), &err) < 0)
		abort();
	sqlite3_set_authorizer(store->db, authorize, NULL);
	store_set_deadline(store, 2000);
	return store;
}

/* A mistake of the asker's is told with its place; nothing else may go wrong. */
static void
check_refusal(const struct err *err, bool parsed)
{
	if (err->code == ERR_UNAVAILABLE)
		return;
	if (err->code != ERR_USAGE || err->message[0] == '\0' ||
		!text_is_utf8(err->message, strlen(err->message)))
		abort();
	if (!parsed && strncmp(err->message, "column ", 7) != 0)
		abort();
}

static void
no_values(void *object, const char *field, bool (*each)(void *to, const char *value), void *to)
{
	(void)object;
	if (field[0] == 'c')
		each(to, "Praha");
}

static void
run(struct store *store, struct arena *arena, const char *condition, const char *sort,
	const char *after)
{
	struct query_context context = { .now = 1795262400, .me = "AL" };
	struct query_list list = { .noun = &test_contacts, .limit = 2, .count = true };
	struct query_values values = { .values = no_values };
	struct query_node *node = NULL;
	struct query_page page;
	struct err err;

	if (query_parse(arena, list.noun, &context, condition, &node, &err) < 0) {
		check_refusal(&err, false);
		return;
	}
	list.where = node;
	list.sort = *sort ? sort : NULL;
	list.after = *after ? after : NULL;
	if (query_run(store, arena, &list, &page, &err) < 0) {
		check_refusal(&err, true);
		return;
	}
	query_match(node, &values);
	list.after = page.next;
	if (list.after != NULL && query_run(store, arena, &list, &page, &err) < 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* The input is lines: sort, cursor, and the rest is the condition; a lone line is a condition. */
int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct store *store;
	struct arena *arena = arena_new();
	char *input = arena_text_n(arena, (const char *)bytes, size), *first, *second;

	if (store == NULL)
		store = open_store();
	first = strchr(input, '\n');
	second = first ? strchr(first + 1, '\n') : NULL;
	if (second != NULL) {
		*first = *second = '\0';
		run(store, arena, second + 1, input, first + 1);
	} else {
		run(store, arena, input, "", "");
	}
	arena_free(arena);
	return 0;
}
