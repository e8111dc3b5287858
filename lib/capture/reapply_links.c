#include "reapply.h"

/* Which contacts a captured message would lose and get. */

static const char SELECT_LINKS[] =
	"SELECT c.id, c.no, x.email, x.via = 'manual' FROM interaction_contact x JOIN contact c ON "
	"c.id = x.contact_id WHERE x.interaction_id = ? ORDER BY c.no";

static bool
is_wanted(const struct view *view, int64_t contact_id)
{
	for (unsigned i = 0; i < view->link_count; i++) {
		if (view->links[i].contact_id == contact_id)
			return true;
	}
	return false;
}

static int
write_unlinked(const struct again *it, struct json_out *out, struct err *err)
{
	struct stmt *q = sql_prepare(it->turn.store, SELECT_LINKS);

	stmt_bind_int(q, it->interaction_id);
	json_array_begin(out, "unlinked");
	while (stmt_row(q)) {
		int64_t contact = stmt_int(q);
		const char *no = stmt_text(q);
		bool goes = again_unlinks(it, stmt_text(q)), by_hand = stmt_int(q) != 0;

		if (goes && !by_hand && !is_wanted(&it->view, contact))
			json_text(out, NULL, no);
	}
	json_array_end(out);
	return stmt_end(q, err);
}

static const char SELECT_NEW[] =
	"SELECT c.no FROM contact c WHERE c.id = ?1 AND NOT EXISTS (SELECT 1 FROM "
	"interaction_contact x WHERE x.interaction_id = ?2 AND x.contact_id = ?1)";

static int
write_linked(const struct again *it, struct json_out *out, struct err *err)
{
	json_array_begin(out, "linked");
	for (unsigned i = 0; i < it->view.link_count; i++) {
		struct stmt *q = sql_prepare(it->turn.store, SELECT_NEW);

		stmt_bind_int(q, it->view.links[i].contact_id);
		stmt_bind_int(q, it->interaction_id);
		if (stmt_row(q))
			json_text(out, NULL, stmt_text(q));
		if (stmt_end(q, err) < 0)
			return -1;
	}
	json_array_end(out);
	return 0;
}

int
capture_try_links(struct store *store, struct capture *capture, struct arena *arena, int64_t row,
	const struct unread_folders *unread, int64_t now, struct json_out *out, struct err *err)
{
	struct capture_result result = { 0 };
	struct again it = { .unread = *unread };

	if (turn_begin(&it.turn, store, capture, arena, now, &result, err) < 0 ||
		again_load(&it, row, err) < 0)
		return -1;
	if (it.main == NULL)
		return 0;
	return write_unlinked(&it, out, err) < 0 ? -1 : write_linked(&it, out, err);
}
