/* Text that contacts are looked for by, and that they bear: whoever is called so is found by it. */
#include <stdlib.h>
#include <string.h>

#include "liaison/base/text.h"
#include "liaison/crm/contact.h"
#include "liaison/crm/contact_find.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { TEXT_MAX = 2000, LIMIT = 20 };

static int64_t
add(struct store *store, struct arena *arena, const char *name, const char *phone)
{
	struct contact contact = { .type = "person", .name = name, .phone = phone };
	struct err err;

	return contact_add(store, arena, &contact, 0, &err) < 0 ? 0 : contact.id;
}

static struct store *
open_store(void)
{
	struct arena *arena = arena_new();
	struct err err;
	struct store *store = store_open_memory(&err);

	if (store == NULL || add(store, arena, "Ada Lovelace", "+420 2 1234567") == 0 ||
		add(store, arena, "Jos\303\251 O'Brien-M\303\274ller", NULL) == 0)
		abort();
	arena_free(arena);
	return store;
}

/* Nothing but an asker's mistake may go wrong, and whoever is found is told of with a reason. */
static bool
look(struct store *store, struct arena *arena, const char *text, int64_t id)
{
	struct contact_finding found;
	bool there = false;
	struct err err;

	if (contact_find(store, arena, text, LIMIT, &found, &err) < 0) {
		if (err.code != ERR_USAGE || err.message[0] == '\0')
			abort();
		return false;
	}
	if (found.count > LIMIT)
		abort();
	for (unsigned i = 0; i < found.count; i++) {
		if (found.hits[i].why_count == 0)
			abort();
		there = there || found.hits[i].id == id;
	}
	if (id != 0 && !there && found.count < LIMIT && found.cut == NULL)
		abort();
	return there;
}

static void
look_for_who_bears_it(struct store *store, struct arena *arena, const char *text)
{
	bool wrong;
	struct err err;
	int64_t id;

	if (store_begin(store, &err) < 0)
		abort();
	id = add(store, arena, text, NULL);
	if (id != 0) {
		if (contact_index_check(store, id, &wrong, &err) < 0 || wrong)
			abort();
		look(store, arena, text, id);
	}
	store_rollback(store);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct store *store;
	struct arena *arena = arena_new();
	const char *text;

	if (store == NULL)
		store = open_store();
	text = arena_text_n(arena, (const char *)bytes, size < TEXT_MAX ? size : TEXT_MAX);
	look(store, arena, text, 0);
	if (text_is_utf8(text, strlen(text)))
		look_for_who_bears_it(store, arena, text);
	arena_free(arena);
	return 0;
}
