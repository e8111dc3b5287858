#include "interaction_hand.h"

/* The template of a captured interaction is what the rules say, but where people said another. */

static const char SELECT_TEMPLATE[] = "SELECT template FROM interaction WHERE id = ?";

static const char SET_TEMPLATE[] = "UPDATE interaction SET template = ?2, version = version + 1, "
				   "changed = ?3 WHERE id = ?1";

static int
set_template(struct store *store, int64_t id, const char *template, int64_t now, struct err *err)
{
	struct stmt *q = sql_prepare(store, SET_TEMPLATE);

	stmt_bind_int(q, id);
	stmt_bind_text(q, template);
	stmt_bind_int(q, now);
	return stmt_run(q, err);
}

int
interaction_template(struct store *store, struct arena *arena, int64_t id, const char *template,
	bool dry, int64_t now, bool *changed, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_TEMPLATE);
	const char *is = NULL;
	unsigned by_hand;

	*changed = false;
	stmt_bind_int(q, id);
	if (sql_get_text(q, arena, &is, err) < 0)
		return -1;
	if (text_same(is, template))
		return 0;
	if (interaction_by_hand(store, id, &by_hand, err) < 0)
		return -1;
	*changed = (by_hand & HAND_TEMPLATE) == 0;
	return dry || !*changed ? 0 : set_template(store, id, template, now, err);
}
