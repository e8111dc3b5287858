#include <string.h>

#include "forget_work.h"
#include "liaison/store/forgotten.h"

/* At a start: what is not done, and whom an older database brought back. */

static const char SELECT_OPEN[] =
	"SELECT id FROM erasure WHERE done IS NULL AND id > ? ORDER BY id LIMIT 1";

static int
next_open(struct store *store, int64_t after, int64_t *id, bool *found, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_OPEN);

	stmt_bind_int(q, after);
	return sql_get_int(q, id, found, err);
}

/* Nobody reads yet: a log that is held all the same is cleared later. */
static int
finish(struct store *store, struct capture *capture, int64_t id, int64_t now, struct err *err)
{
	struct arena *arena = arena_new();
	bool held = false, done = false;
	int result = 0;

	while (result == 0 && !held && !done) {
		arena_reset(arena);
		result = forget_slice(store, capture, arena, id, now, &held, &done, err);
	}
	arena_free(arena);
	return result;
}

static int
finish_open(struct store *store, struct capture *capture, int64_t now, unsigned *erased,
	struct err *err)
{
	int64_t id = 0;
	bool found;

	for (;;) {
		if (next_open(store, id, &id, &found, err) < 0)
			return -1;
		if (!found)
			return 0;
		if (finish(store, capture, id, now, err) < 0)
			return -1;
		++*erased;
	}
}

/* ---- who came back ----------------------------------------------------------------------------- */

static const char SELECT_STAMP[] = "SELECT stamp FROM forgotten_state WHERE id = 1";

static int
is_applied(struct store *store, bool *applied, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_STAMP);

	*applied = stmt_row(q) && text_same(stmt_text(q), forgotten_stamp(store));
	return stmt_end(q, err);
}

/* Contacts first: what they are called goes from words that stay, too. */
static const char SELECT_HOLDERS[] =
	"SELECT id, 'contact/' || no || '/' || created FROM contact "
	"UNION ALL SELECT c.id, 'holder/' || e.address || '/' || c.name_fold FROM contact c "
	"JOIN contact_email e ON e.contact_id = c.id "
	"UNION ALL SELECT contact_id, address FROM contact_email "
	"UNION ALL SELECT 0, address FROM address "
	"UNION ALL SELECT 0, address FROM candidate";

struct back {
	int64_t contact;
	const char *address;
	bool redact; /* as it was erased then */
};

static void
add_back(struct arena *arena, struct back **list, unsigned *count, unsigned *room, struct back one)
{
	if (*count == *room) {
		struct back *more = arena_array(arena, *room = *room * 2 + 16, sizeof *more);

		if (*count > 0)
			memcpy(more, *list, *count * sizeof *more);
		*list = more;
	}
	(*list)[(*count)++] = one;
}

static int
find_back(struct store *store, struct arena *arena, struct back **out, unsigned *count,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_HOLDERS);
	struct forgotten found;
	unsigned room = 0;

	*out = NULL;
	*count = 0;
	while (stmt_row(q)) {
		struct back one = { .contact = stmt_int(q), .address = stmt_text(q) };

		if (!forgotten_find(store, one.address, &found))
			continue;
		if (!found.mark) /* the address goes from whoever has it there */
			one.contact = 0;
		one.address = arena_text(arena, one.address);
		one.redact = found.redact;
		add_back(arena, out, count, &room, one);
	}
	return stmt_end(q, err);
}

static const char IS_THERE[] =
	"SELECT CASE WHEN ?1 <> 0 THEN EXISTS (SELECT 1 FROM contact WHERE id = ?1) ELSE EXISTS"
	" (SELECT 1 FROM address WHERE address = ?2) OR EXISTS (SELECT 1 FROM candidate WHERE"
	"  address = ?2) OR EXISTS (SELECT 1 FROM contact_email WHERE address = ?2) END";

/* An erasure before it may have taken this one along. */
static int
is_there(struct store *store, const struct back *one, int64_t *there, struct err *err)
{
	struct stmt *q = sql_prepare(store, IS_THERE);
	bool found;

	stmt_bind_int(q, one->contact);
	stmt_bind_text(q, one->address);
	return sql_get_int(q, there, &found, err);
}

static int
begin_one(struct store *store, struct arena *arena, const struct back *one, int64_t now,
	int64_t *id, struct err *err)
{
	struct forget_person person = { .contact = one->contact,
		.address = one->contact == 0 ? one->address : NULL };

	if (store_begin(store, err) < 0)
		return -1;
	if (forget_begin(store, arena, &person, "liaisond", one->redact, NULL, now, id, err) < 0 ||
		store_commit(store, err) < 0) {
		store_rollback(store);
		return -1;
	}
	return 0;
}

static int
erase_back(struct store *store, struct capture *capture, struct arena *arena, int64_t now,
	unsigned *erased, struct err *err)
{
	struct back *list;
	unsigned count;

	if (find_back(store, arena, &list, &count, err) < 0)
		return -1;
	for (unsigned i = 0; i < count; i++) {
		int64_t there = 0, id;

		if (is_there(store, &list[i], &there, err) < 0)
			return -1;
		if (there == 0)
			continue;
		if (begin_one(store, arena, &list[i], now, &id, err) < 0 ||
			finish(store, capture, id, now, err) < 0)
			return -1;
		++*erased;
	}
	return 0;
}

static const char SET_STAMP[] = "UPDATE forgotten_state SET stamp = ? WHERE id = 1";

static int
note_stamp(struct store *store, struct err *err)
{
	struct stmt *q = sql_prepare(store, SET_STAMP);

	stmt_bind_text(q, forgotten_stamp(store));
	return stmt_run(q, err);
}

static int
settle(struct store *store, struct capture *capture, int64_t now, unsigned *erased, struct err *err)
{
	struct arena *arena;
	bool applied;
	int result;

	if (forgotten_load(store, err) < 0 || finish_open(store, capture, now, erased, err) < 0 ||
		is_applied(store, &applied, err) < 0)
		return -1;
	if (applied)
		return 0;
	arena = arena_new();
	result = erase_back(store, capture, arena, now, erased, err);
	arena_free(arena);
	return result < 0 ? -1 : note_stamp(store, err);
}

int
forget_settle(struct store *store, const struct config *config, int64_t now, unsigned *erased,
	struct err *err)
{
	struct capture *capture = capture_new(config);
	int result;

	*erased = 0;
	result = settle(store, capture, now, erased, err);
	capture_free(capture);
	return result;
}
