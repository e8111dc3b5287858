#ifndef LIAISON_TESTS_MEMORY_DUMP_H
#define LIAISON_TESTS_MEMORY_DUMP_H

#include <string.h>

#include "liaison/base/text.h"
#include "liaison/store/sql.h"

/* All that is in a database, as text. */

static inline int
dump_rows(struct store *store, const char *select, struct text *out, struct err *err)
{
	struct stmt *q = sql_prepare_once(store, select, strlen(select));

	while (stmt_row(q)) {
		const char *text = stmt_text(q);

		text_printf(out, "%s\n", text == NULL ? "-" : text);
	}
	return stmt_end(q, err);
}

/* A SELECT for each table but those of the search index, which are binary. The numbers of threads
 * have gaps where something was rolled back: which interactions share one stands for them. */
static const char DUMP_TABLES[] =
	"SELECT 'SELECT ''' || t.name || ': '' || ' || (SELECT group_concat('quote(\"' || c.name "
	"|| "
	"'\")', ' || '' '' || ') FROM pragma_table_info(t.name) c WHERE c.name <> 'thread') || "
	"' FROM \"' || t.name || '\" ORDER BY 1' FROM sqlite_schema t WHERE t.type = 'table' AND "
	"t.sql NOT LIKE 'CREATE VIRTUAL%' AND t.name NOT LIKE '%search%' AND t.name <> 'setup' "
	"ORDER BY t.name";

static const char DUMP_THREADS[] =
	"SELECT 'thread of ' || group_concat(id) FROM interaction GROUP BY thread ORDER BY min(id)";

static inline int
dump_store(struct store *store, struct text *out, struct err *err)
{
	struct text selects = { 0 };
	int result = dump_rows(store, DUMP_THREADS, out, err);

	if (result == 0)
		result = dump_rows(store, DUMP_TABLES, &selects, err);
	for (char *line = selects.bytes; result == 0 && *line != '\0';) {
		char *end = strchr(line, '\n');

		*end = '\0';
		result = dump_rows(store, line, out, err);
		line = end + 1;
	}
	text_clear(&selects);
	return result;
}

#endif
