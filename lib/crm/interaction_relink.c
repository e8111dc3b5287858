#include <string.h>

#include "interaction_hand.h"

/* The links of a recorded meeting follow its parties, but for those that people made or changed. */

struct links {
	struct interaction_link *items;
	unsigned count, room;
};

static const char SELECT_LINKS[] =
	"SELECT contact_id, role, email, via, ambiguous, response FROM interaction_contact"
	" WHERE interaction_id = ?";

static int
load_links(struct store *store, struct arena *arena, int64_t id, struct links *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_LINKS);

	memset(out, 0, sizeof *out);
	stmt_bind_int(q, id);
	while (stmt_row(q)) {
		struct interaction_link *link;

		if (out->count == out->room) {
			out->room = out->room * 2 + 8;
			link = arena_array(arena, out->room, sizeof *link);
			if (out->count > 0)
				memcpy(link, out->items, out->count * sizeof *link);
			out->items = link;
		}
		link = &out->items[out->count++];
		link->contact_id = stmt_int(q);
		link->role = stmt_text_copy(q, arena);
		link->email = stmt_text_copy(q, arena);
		link->via = stmt_text_copy(q, arena);
		link->ambiguous = stmt_int(q) != 0;
		link->response = stmt_text_copy(q, arena);
	}
	return stmt_end(q, err);
}

static const struct interaction_link *
link_of(const struct interaction_link *links, unsigned count, int64_t contact_id)
{
	for (unsigned i = 0; i < count; i++) {
		if (links[i].contact_id == contact_id)
			return &links[i];
	}
	return NULL;
}

static const char UPDATE_LINK[] =
	"UPDATE interaction_contact SET role = ?3, email = ?4, via = ?5, ambiguous = ?6,"
	" response = ?7 WHERE interaction_id = ?1 AND contact_id = ?2";

static int
update_link(struct store *store, int64_t id, const struct interaction_link *link, struct err *err)
{
	struct stmt *q = sql_prepare(store, UPDATE_LINK);

	stmt_bind_int(q, id);
	stmt_bind_int(q, link->contact_id);
	stmt_bind_text(q, link->role);
	stmt_bind_text(q, link->email);
	stmt_bind_text(q, link->via);
	stmt_bind_int(q, link->ambiguous);
	stmt_bind_text(q, link->response);
	return stmt_run(q, err);
}

static bool
same_link(const struct interaction_link *a, const struct interaction_link *b)
{
	return text_same(a->role, b->role) && text_same(a->email, b->email) &&
	       text_same(a->via, b->via) && a->ambiguous == b->ambiguous &&
	       text_same(a->response, b->response);
}

/* One that was made by hand keeps how it was made. */
static int
put_link(struct store *store, int64_t id, const struct interaction_link *is,
	const struct interaction_link *wanted, int64_t now, bool *changed, struct err *err)
{
	struct interaction_link to = *wanted;
	bool added;

	if (is == NULL) {
		*changed = true;
		return interaction_link_add(store, id, wanted, now, &added, err);
	}
	if (strcmp(is->via, "manual") == 0) {
		to = *is;
		to.response = wanted->response;
	}
	if (same_link(is, &to))
		return 0;
	*changed = true;
	return update_link(store, id, &to, err);
}

static bool
is_invited(const char *email, const char *const *invited, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (text_same(email, invited[i]))
			return true;
	}
	return false;
}

static const char DROP_LINK[] =
	"DELETE FROM interaction_contact WHERE interaction_id = ? AND contact_id = ?";

static int
drop_link(struct store *store, int64_t id, int64_t contact_id, struct err *err)
{
	struct stmt *q = sql_prepare(store, DROP_LINK);

	stmt_bind_int(q, id);
	stmt_bind_int(q, contact_id);
	return stmt_run(q, err);
}

int
interaction_relink(struct store *store, struct arena *arena, int64_t id,
	const struct interaction_link *links, unsigned count, const char *const *invited,
	unsigned invited_count, int64_t now, bool *changed, struct err *err)
{
	struct links are;
	unsigned by_hand;

	*changed = false;
	if (interaction_by_hand(store, id, &by_hand, err) < 0)
		return -1;
	if (by_hand & HAND_CONTACTS)
		return 0;
	if (load_links(store, arena, id, &are, err) < 0)
		return -1;
	for (unsigned i = 0; i < count; i++) {
		if (put_link(store, id, link_of(are.items, are.count, links[i].contact_id),
			    &links[i], now, changed, err) < 0)
			return -1;
	}
	for (unsigned i = 0; invited != NULL && i < are.count; i++) {
		const struct interaction_link *link = &are.items[i];

		if (strcmp(link->via, "manual") == 0 ||
			link_of(links, count, link->contact_id) != NULL ||
			is_invited(link->email, invited, invited_count))
			continue;
		*changed = true;
		if (drop_link(store, id, link->contact_id, err) < 0)
			return -1;
	}
	return 0;
}
