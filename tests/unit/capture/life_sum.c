#include <sqlite3.h>

#include "liaison/base/crypt.h"
#include "life.h"

/* All that a database holds in one number, read past the store. */

static void
must(sqlite3 *db, int result)
{
	if (result != SQLITE_OK && result != SQLITE_ROW && result != SQLITE_DONE)
		fail_msg("%s", sqlite3_errmsg(db));
}

/* How the search index is divided into segments depends on how long transactions took; what it holds does not. */
static const char READ_INDEX[] =
	"CREATE VIRTUAL TABLE temp.said USING fts5vocab(main, interaction_search, instance)";

static void
add_table(sqlite3 *db, const char *name, struct sha256_state *state)
{
	sqlite3_stmt *rows;
	char *sql = sqlite3_mprintf("SELECT * FROM \"%w\"", name);
	int result;

	must(db, sqlite3_prepare_v2(db, sql, -1, &rows, NULL));
	sqlite3_free(sql);
	sha256_add(state, name, strlen(name) + 1);
	while ((result = sqlite3_step(rows)) == SQLITE_ROW) {
		for (int i = 0; i < sqlite3_column_count(rows); i++) {
			int type = sqlite3_column_type(rows, i);
			const void *bytes = sqlite3_column_blob(rows, i);
			int size = sqlite3_column_bytes(rows, i);

			sha256_add(state, &type, sizeof type);
			sha256_add(state, &size, sizeof size);
			if (size > 0)
				sha256_add(state, bytes, (size_t)size);
		}
	}
	must(db, result);
	sqlite3_finalize(rows);
}

void
life_sum(const char *path, uint8_t sum[LIFE_SUM])
{
	struct sha256_state *state = sha256_new();
	sqlite3_stmt *tables;
	sqlite3 *db;
	int result;

	must(NULL, sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL));
	must(db, sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL));
	must(db, sqlite3_prepare_v2(db,
			 "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE "
			 "'CREATE VIRTUAL%' AND name <> 'sqlite_sequence' AND name <> "
			 "'interaction_search_data' AND name <> 'interaction_search_idx' ORDER BY "
			 "name",
			 -1, &tables, NULL));
	while ((result = sqlite3_step(tables)) == SQLITE_ROW)
		add_table(db, (const char *)sqlite3_column_text(tables, 0), state);
	must(db, result);
	sqlite3_finalize(tables);
	must(db, sqlite3_exec(db, READ_INDEX, NULL, NULL, NULL));
	add_table(db, "said", state);
	must(db, sqlite3_close(db));
	sha256_end(state, sum);
}
