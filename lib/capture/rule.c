#include "liaison/capture/rule.h"

#include <string.h>

#include "rules.h"

/* Rules as they are stored: checked, in their order. */

static const struct query_field fields[] = {
	{ "id", QUERY_NUMBER, "r.id", NULL, true },
	{ "version", QUERY_NUMBER, "r.version", NULL, true },
	{ "place", QUERY_NUMBER, "r.place", NULL, true },
	{ "action", QUERY_TEXT, "r.action COLLATE NOCASE", NULL, true },
	{ "where", QUERY_TEXT, "r.condition", NULL, true },
	{ "value", QUERY_TEXT, "r.value", NULL, true },
	{ "link", QUERY_BOOL, "r.link", NULL, true },
	{ "hits", QUERY_NUMBER, "r.hits", NULL, true },
	{ "last_hit", QUERY_TIME, "r.last_hit", NULL, true },
	{ 0 },
};

static const struct query_words words[] = {
	{ "action", "ignore|keep|private|level|template" },
	{ 0 },
};

const struct query_noun rule_noun = {
	.name = "rule",
	.from = "rule r",
	.id = "r.id",
	.fields = fields,
	.words = words,
	.sort = "place",
};

/* Whoever compiled them compares this; a number of a change that was undone does not come back. */
static const char CHANGE_STAMP[] = "UPDATE rule_state SET stamp = abs(random() / 2) + 1";

static int
change_stamp(struct store *store, struct err *err)
{
	return stmt_run(sql_prepare(store, CHANGE_STAMP), err);
}

/* ---- reading ----------------------------------------------------------------------------------- */

static void
read_rule(struct stmt *q, struct arena *arena, struct rule *out)
{
	out->id = stmt_int(q);
	out->version = stmt_int(q);
	out->place = stmt_int(q);
	out->action = stmt_text_copy(q, arena);
	out->where = stmt_text_copy(q, arena);
	out->value = stmt_text_copy(q, arena);
	out->link = stmt_int(q) != 0;
	out->hits = stmt_int(q);
	out->last_hit = stmt_int(q);
}

#define COLUMNS "id, version, place, action, condition, value, link, hits, last_hit"

static const char SELECT_RULES[] = "SELECT " COLUMNS " FROM rule ORDER BY place LIMIT ?";

int
rules_load(struct store *store, struct arena *arena, struct rule **out, unsigned *count,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_RULES);
	unsigned room = 0, found = 0;
	struct rule *list = NULL;

	stmt_bind_int(q, RULES_MAX);
	while (stmt_row(q)) {
		if (found == room) {
			struct rule *more = arena_array(arena, room = room * 2 + 8, sizeof *more);

			if (found > 0)
				memcpy(more, list, found * sizeof *more);
			list = more;
		}
		read_rule(q, arena, &list[found++]);
	}
	*out = list;
	*count = found;
	return stmt_end(q, err);
}

static const char SELECT_RULE[] = "SELECT " COLUMNS " FROM rule WHERE id = ?";

int
rule_get(struct store *store, struct arena *arena, int64_t id, struct rule *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_RULE);
	struct rule found = { 0 };

	stmt_bind_int(q, id);
	if (stmt_row(q))
		read_rule(q, arena, &found);
	if (stmt_end(q, err) < 0)
		return -1;
	if (found.id == 0) {
		fail_field(err, ERR_NOT_FOUND, "rule", "there is no rule '%lld'", (long long)id);
		return err_hint(err, "liaison rule list");
	}
	*out = found;
	return 0;
}

int
rule_write(
	struct store *store, struct arena *arena, int64_t id, struct json_out *out, struct err *err)
{
	struct rule rule;

	if (rule_get(store, arena, id, &rule, err) < 0)
		return -1;
	json_object_begin(out, NULL);
	json_int(out, "id", rule.id);
	json_int(out, "version", rule.version);
	json_int(out, "place", rule.place);
	json_text(out, "action", rule.action);
	json_text(out, "value", rule.value);
	json_bool(out, "link", rule.link);
	json_text(out, "where", rule.where);
	json_int(out, "hits", rule.hits);
	if (rule.last_hit != 0)
		json_time(out, "last_hit", rule.last_hit, 0);
	else
		json_null_(out, "last_hit");
	json_object_end(out);
	return 0;
}

/* ---- changing ---------------------------------------------------------------------------------- */

static int
count_rules(struct store *store, int64_t *count, struct err *err)
{
	static const char COUNT[] = "SELECT count(*) FROM rule";

	return sql_get_int(sql_prepare(store, COUNT), count, NULL, err);
}

static const char MAKE_ROOM[] = "UPDATE rule SET place = place + 1 WHERE place >= ?";

static const char ADD_RULE[] =
	"INSERT INTO rule (place, action, condition, value, link, created, changed) "
	"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)";

static int
store_rule(struct store *store, struct rule *rule, int64_t now, struct err *err)
{
	struct stmt *q = sql_prepare(store, MAKE_ROOM);

	stmt_bind_int(q, rule->place);
	if (stmt_run(q, err) < 0)
		return -1;
	q = sql_prepare(store, ADD_RULE);
	stmt_bind_int(q, rule->place);
	stmt_bind_text(q, rule->action);
	stmt_bind_text(q, rule->where);
	stmt_bind_text(q, rule->value);
	stmt_bind_int(q, rule->link);
	stmt_bind_int(q, now);
	if (stmt_run(q, err) < 0)
		return -1;
	rule->id = store_last_id(store);
	rule->version = 1;
	return change_stamp(store, err);
}

int
rule_add(struct store *store, struct arena *arena, struct rule *rule, int64_t now, struct err *err)
{
	struct rule_needs needs;
	int64_t count = 0;

	if (rule_check(arena, rule, err) < 0 || count_rules(store, &count, err) < 0)
		return -1;
	if (count >= RULES_MAX)
		return fail(
			err, ERR_REFUSED, "there are %d rules, and more are not taken", RULES_MAX);
	if (rule->place < 1 || rule->place > count)
		rule->place = count + 1;
	if (store_rule(store, rule, now, err) < 0)
		return -1;
	return rule_needs(store, arena, &needs, err);
}

static const char MOVE_RULE[] =
	"UPDATE rule SET version = version + (id = ?1), changed = CASE WHEN id = ?1 THEN ?4 ELSE "
	"changed END, place = CASE WHEN id = ?1 THEN ?3 WHEN ?3 < ?2 THEN place + 1 ELSE place - 1 "
	"END WHERE place BETWEEN min(?2, ?3) AND max(?2, ?3)";

int
rule_move(struct store *store, int64_t id, int64_t place, int64_t now, struct err *err)
{
	static const char SELECT_PLACE[] = "SELECT place FROM rule WHERE id = ?";
	struct stmt *q = sql_prepare(store, SELECT_PLACE);
	int64_t from = 0, count = 0;

	stmt_bind_int(q, id);
	if (sql_get_int(q, &from, NULL, err) < 0 || count_rules(store, &count, err) < 0)
		return -1;
	if (place < 1)
		return fail_field(err, ERR_USAGE, "place", "the place %lld is not from 1 on",
			(long long)place);
	if (place > count)
		place = count;
	q = sql_prepare(store, MOVE_RULE);
	stmt_bind_int(q, id);
	stmt_bind_int(q, from);
	stmt_bind_int(q, place);
	stmt_bind_int(q, now);
	return stmt_run(q, err) < 0 ? -1 : change_stamp(store, err);
}

int
rule_remove(struct store *store, int64_t id, struct err *err)
{
	static const char CLOSE_GAP[] = "UPDATE rule SET place = place - 1 "
					"WHERE place > (SELECT r.place FROM rule r WHERE r.id = ?)";
	static const char REMOVE[] = "DELETE FROM rule WHERE id = ?";
	struct stmt *q = sql_prepare(store, CLOSE_GAP);

	stmt_bind_int(q, id);
	if (stmt_run(q, err) < 0)
		return -1;
	q = sql_prepare(store, REMOVE);
	stmt_bind_int(q, id);
	return stmt_run(q, err) < 0 ? -1 : change_stamp(store, err);
}
