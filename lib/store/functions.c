#include "handle.h"

#include <stdlib.h>

#include "liaison/base/address.h"
#include "liaison/base/text.h"

/* SQL functions of ours: the same folding, globs and addresses as everywhere else. */

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
	struct arena *scratch = sqlite3_user_data(context);
	const char *text = argument(values[0]);

	(void)count;
	if (text == NULL)
		return;
	if (is_folded(text)) {
		sqlite3_result_text(context, text, -1, SQLITE_TRANSIENT);
		return;
	}
	sqlite3_result_text(context, text_fold(scratch, text), -1, SQLITE_TRANSIENT);
	arena_reset(scratch);
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

/* Of text or bytes. */
static void
run_names(sqlite3_context *context, int count, sqlite3_value **values)
{
	const char *text = sqlite3_value_blob(values[0]), *address = argument(values[1]);

	(void)count;
	if (text != NULL && address != NULL)
		sqlite3_result_int(context,
			address_is_in(text, (size_t)sqlite3_value_bytes(values[0]), address));
}

/* What is left of text without the words of a list. */
static void
run_without(sqlite3_context *context, int count, sqlite3_value **values)
{
	const char *text = argument(values[0]), *list = argument(values[1]);
	struct text left = { 0 };

	(void)count;
	if (text == NULL)
		return;
	if (list != NULL && address_take_out(text, list, &left))
		sqlite3_result_text(context, left.bytes, (int)left.size, SQLITE_TRANSIENT);
	else
		sqlite3_result_value(context, values[0]);
	text_clear(&left);
}

/* Constant while a statement runs, and not from one run to the next. */
static void
run_viewer(sqlite3_context *context, int count, sqlite3_value **values)
{
	const char **viewer = sqlite3_user_data(context);

	(void)count;
	(void)values;
	if (*viewer != NULL)
		sqlite3_result_text(context, *viewer, -1, SQLITE_TRANSIENT);
}

/* SQLite frees what it is given here when the connection is closed. */
static int
add_viewer(struct store *store)
{
	store->viewer = mem_zero(1, sizeof *store->viewer);
	return sqlite3_create_function_v2(store->db, "viewer", 0, SQLITE_UTF8 | SQLITE_INNOCUOUS,
		store->viewer, run_viewer, NULL, NULL, free);
}

int
store_add_functions(struct store *store)
{
	int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
	struct arena *scratch = store->scratch; /* the struct itself may move */
	int result = sqlite3_create_function_v2(
		store->db, "fold", 1, flags, scratch, run_fold, NULL, NULL, NULL);

	if (result == SQLITE_OK)
		result = sqlite3_create_function_v2(
			store->db, "glob_fold", 2, flags, scratch, run_glob_fold, NULL, NULL, NULL);
	if (result == SQLITE_OK)
		result = sqlite3_create_function_v2(
			store->db, "names", 2, flags, NULL, run_names, NULL, NULL, NULL);
	if (result == SQLITE_OK)
		result = sqlite3_create_function_v2(
			store->db, "without", 2, flags, NULL, run_without, NULL, NULL, NULL);
	if (result == SQLITE_OK)
		result = add_viewer(store);
	return result;
}
