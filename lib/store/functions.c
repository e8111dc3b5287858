#include "handle.h"

#include "liaison/base/text.h"

/* SQL functions of ours: the same folding and the same globs as everywhere else. */

static const char *
argument(sqlite3_value *value)
{
	return (const char *)sqlite3_value_text(value);
}

/* Most words are plain already, and their folding is what they are. */
static bool
is_folded(const char *text)
{
	for (; *text != '\0'; text++)
		if ((*text >= 'A' && *text <= 'Z') || (*text & 0x80))
			return false;
	return true;
}

static void
run_fold(sqlite3_context *context, int count, sqlite3_value **values)
{
	struct store *store = sqlite3_user_data(context);
	const char *text = argument(values[0]);

	(void)count;
	if (text == NULL)
		return;
	if (is_folded(text)) {
		sqlite3_result_text(context, text, -1, SQLITE_TRANSIENT);
		return;
	}
	sqlite3_result_text(context, text_fold(store->scratch, text), -1, SQLITE_TRANSIENT);
	arena_reset(store->scratch);
}

/* SQLite's own GLOB takes exponential time on patterns of many stars, and folds nothing. */
static void
run_glob_fold(sqlite3_context *context, int count, sqlite3_value **values)
{
	const char *text = argument(values[0]), *pattern = argument(values[1]);

	(void)count;
	if (text != NULL && pattern != NULL)
		sqlite3_result_int(context, text_glob(pattern, text, true));
}

int
store_add_functions(struct store *store)
{
	int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
	int result = sqlite3_create_function_v2(
		store->db, "fold", 1, flags, store, run_fold, NULL, NULL, NULL);

	if (result == SQLITE_OK)
		result = sqlite3_create_function_v2(
			store->db, "glob_fold", 2, flags, store, run_glob_fold, NULL, NULL, NULL);
	return result;
}
