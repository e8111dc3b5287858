/* The bare loop that re-matching the past is measured against: bare_rematch BEFORE AFTER writes into BEFORE,
 * a copy of the database as it was, the rows that AFTER has more: interactions with their links, the ledger's
 * rows that became theirs, what is wanted of them, what watchers are told, and what they are searched by. Plain
 * prepared statements in one thread and one transaction, with the triggers and indexes of the schema; all rows
 * are in memory before the clock starts. Prints rows, seconds and CPU seconds. */
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { COLUMNS_MAX = 64 };

struct table {
	const char *select, *write;
	int columns;
	sqlite3_value **cells;
	size_t count, room;
	sqlite3_stmt *statement;
};

/* ?1 is the last interaction of before, ?2 the last event; what writes names its values in their order. */
static struct table tables[] = {
	{ .select = "SELECT * FROM interaction WHERE id > ?1 AND ?2 ORDER BY id",
		.write = "INSERT INTO interaction VALUES " },
	{ .select = "SELECT * FROM interaction_contact WHERE interaction_id > ?1 AND ?2 "
		    "ORDER BY interaction_id",
		.write = "INSERT INTO interaction_contact VALUES " },
	{ .select = "SELECT id, at, decision, reason, interaction_id FROM ledger "
		    "WHERE interaction_id > ?1 AND ?2 ORDER BY interaction_id",
		.write = "UPDATE ledger SET at = ?2, decision = ?3, reason = ?4, interaction_id = "
			 "?5, version = version + 1 WHERE id = ?1" },
	{ .select = "SELECT x.contact_id, i.at, i.offset_min, i.initiated_by = 'us' FROM "
		    "interaction i "
		    "JOIN interaction_contact x ON x.interaction_id = i.id WHERE i.id > ?1 AND ?2 "
		    "ORDER BY i.id",
		.write = "UPDATE contact SET interactions = interactions + 1, last_interaction = "
			 "max(coalesce(last_interaction, ?2), ?2), last_interaction_offset = ?3, "
			 "last_attempt = iif(?4, max(coalesce(last_attempt, ?2), ?2), "
			 "last_attempt) WHERE id = ?1" },
	{ .select = "SELECT * FROM want WHERE interaction_id > ?1 AND ?2 ORDER BY interaction_id",
		.write = "INSERT INTO want VALUES " },
	{ .select = "SELECT * FROM event WHERE ?1 AND seq > ?2 ORDER BY seq",
		.write = "INSERT INTO event VALUES " },
	{ .select = "SELECT id, subject, snippet, parties FROM interaction WHERE id > ?1 AND ?2 "
		    "ORDER BY id",
		.write = "INSERT INTO interaction_search (rowid, subject, body, parties) VALUES " },
};
enum { TABLES = sizeof tables / sizeof *tables };

static void
stop(sqlite3 *db, const char *what)
{
	fprintf(stderr, "bare_rematch: %s: %s\n", what, sqlite3_errmsg(db));
	exit(1);
}

static sqlite3_stmt *
prepare(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement;

	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
		stop(db, sql);
	return statement;
}

static void
run(sqlite3 *db, const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		stop(db, sql);
}

static int64_t
number(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *row = prepare(db, sql);
	int64_t found = sqlite3_step(row) == SQLITE_ROW ? sqlite3_column_int64(row, 0) : 0;

	sqlite3_finalize(row);
	return found;
}

static void
load(sqlite3 *db, struct table *table, int64_t interaction, int64_t event)
{
	sqlite3_stmt *row = prepare(db, table->select);

	table->columns = sqlite3_column_count(row);
	sqlite3_bind_int64(row, 1, interaction);
	sqlite3_bind_int64(row, 2, event);
	while (sqlite3_step(row) == SQLITE_ROW) {
		if (table->count == table->room) {
			table->room = table->room * 2 + 1024;
			table->cells = realloc(table->cells,
				table->room * (size_t)table->columns * sizeof *table->cells);
			if (table->cells == NULL)
				stop(db, "no memory");
		}
		for (int i = 0; i < table->columns; i++)
			table->cells[table->count * (size_t)table->columns + (size_t)i] =
				sqlite3_value_dup(sqlite3_column_value(row, i));
		table->count++;
	}
	sqlite3_finalize(row);
}

/* What ends in VALUES takes as many as were read. */
static void
prepare_write(sqlite3 *db, struct table *table)
{
	char sql[600];
	int at = snprintf(sql, sizeof sql, "%s", table->write);

	if (sql[at - 1] == ' ') {
		at += snprintf(sql + at, sizeof sql - (size_t)at, "(?");
		for (int i = 1; i < table->columns && i < COLUMNS_MAX; i++)
			at += snprintf(sql + at, sizeof sql - (size_t)at, ", ?");
		snprintf(sql + at, sizeof sql - (size_t)at, ")");
	}
	table->statement = prepare(db, sql);
}

static void
write_row(sqlite3 *db, struct table *table, size_t row)
{
	for (int i = 0; i < table->columns; i++)
		sqlite3_bind_value(table->statement, i + 1,
			table->cells[row * (size_t)table->columns + (size_t)i]);
	if (sqlite3_step(table->statement) != SQLITE_DONE)
		stop(db, table->write);
	sqlite3_reset(table->statement);
}

/* Entries of the index together, as that costs a third of one after each row. */
static void
write_all(sqlite3 *db)
{
	struct table *search = &tables[TABLES - 1];

	run(db, "BEGIN IMMEDIATE");
	for (size_t i = 0; i < tables[0].count; i++) {
		for (size_t t = 0; t < TABLES - 1; t++) {
			if (i < tables[t].count)
				write_row(db, &tables[t], i);
		}
	}
	for (size_t i = 0; i < search->count; i++)
		write_row(db, search, i);
	run(db, "COMMIT");
}

static double
seconds(clockid_t of)
{
	struct timespec now;

	clock_gettime(of, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int
main(int argc, char **argv)
{
	int64_t interaction, event;
	double begun, spent;
	sqlite3 *before, *after;

	if (argc != 3 || sqlite3_open(argv[1], &before) != SQLITE_OK ||
		sqlite3_open(argv[2], &after) != SQLITE_OK)
		return 2;
	interaction = number(before, "SELECT coalesce(max(id), 0) FROM interaction");
	event = number(before, "SELECT coalesce(max(seq), 0) FROM event");
	for (size_t t = 0; t < TABLES; t++)
		load(after, &tables[t], interaction, event > 0 ? event : 1);
	sqlite3_close(after);
	/* Who is linked is there: the same contact, as the command has just added it. */
	run(before,
		"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -12288;"
		"PRAGMA foreign_keys = ON; PRAGMA cell_size_check = ON; PRAGMA secure_delete = ON;"
		"PRAGMA wal_autocheckpoint = 0");
	for (size_t t = 0; t < TABLES; t++)
		prepare_write(before, &tables[t]);
	begun = seconds(CLOCK_MONOTONIC);
	spent = seconds(CLOCK_PROCESS_CPUTIME_ID);
	write_all(before);
	begun = seconds(CLOCK_MONOTONIC) - begun;
	spent = seconds(CLOCK_PROCESS_CPUTIME_ID) - spent;
	printf("%zu %.3f %.3f\n", tables[0].count, begun, spent);
	return 0;
}
