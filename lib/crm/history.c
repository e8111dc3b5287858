#include "liaison/crm/history.h"

static const struct query_field journal_fields[] = {
	{ "id", QUERY_NUMBER, "j.id", NULL, true },
	{ "at", QUERY_TIME, "j.at", NULL, true },
	{ "user", QUERY_TEXT, "j.user", NULL, true },
	{ "method", QUERY_TEXT, "j.method COLLATE NOCASE", NULL, true },
	{ "noun", QUERY_TEXT, "j.noun COLLATE NOCASE", NULL, true },
	{ "record", QUERY_NUMBER, "j.record", NULL, true },
	{ "batch", QUERY_NUMBER, "CASE j.batch WHEN 0 THEN j.id ELSE j.batch END", NULL, true },
	{ 0 },
};

const struct query_noun journal_noun = {
	.name = "audit",
	.from = "journal j",
	.id = "j.id",
	.fields = journal_fields,
	.sort = "-id",
};

static const char SELECT_FIELDS[] =
	"SELECT group_concat(key, ', ') FROM (SELECT DISTINCT f.key AS key FROM journal j,"
	" json_each(j.after) f WHERE j.noun = ?1 AND j.record = ?2"
	" AND json_extract(j.after, '$.version') > ?3 AND f.key <> 'version' ORDER BY f.key)";

int
history_changed_fields(struct store *store, struct arena *arena, const char *noun, int64_t record,
	int64_t version, const char **fields, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_FIELDS);
	const char *found = NULL;

	stmt_bind_text(q, noun);
	stmt_bind_int(q, record);
	stmt_bind_int(q, version);
	if (sql_get_text(q, arena, &found, err) < 0)
		return -1;
	*fields = found;
	return 0;
}
