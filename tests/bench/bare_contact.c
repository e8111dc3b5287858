/* The bare loop that contact.import is measured against: bare_contact FROM TO copies the rows that an import
 * into an empty database wrote into FROM (contacts, their addresses, the journal, the rows recorded, and the
 * queue of what is to be indexed) with plain prepared statements in one thread into a new database TO of the
 * same schema and settings, 500 contacts a transaction, and prints contacts a second and CPU seconds. All rows
 * are in memory before the clock starts. */
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "liaison/store/migrate.h"

enum { SLICE = 500 };

struct table {
	const char *name, *select;
	int columns;
	sqlite3_value **cells;
	size_t count, room;
	sqlite3_stmt *insert;
};

static struct table tables[] = {
	{ .name = "contact", .select = "SELECT * FROM contact ORDER BY id" },
	{ .name = "contact_email", .select = "SELECT * FROM contact_email ORDER BY id" },
	{ .name = "journal", .select = "SELECT * FROM journal ORDER BY id" },
	{ .name = "import_row", .select = "SELECT * FROM import_row ORDER BY line" },
	{ .name = "find_queue", .select = "SELECT id FROM contact ORDER BY id" },
};
enum { TABLES = sizeof tables / sizeof *tables };

static void
stop(sqlite3 *db, const char *what)
{
	fprintf(stderr, "bare_contact: %s: %s\n", what, sqlite3_errmsg(db));
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

static void
load(sqlite3 *db, struct table *table)
{
	sqlite3_stmt *row = prepare(db, table->select);

	table->columns = sqlite3_column_count(row);
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

static void
prepare_insert(sqlite3 *db, struct table *table)
{
	char sql[600];
	int at = snprintf(sql, sizeof sql, "INSERT INTO %s VALUES (?", table->name);

	for (int i = 1; i < table->columns; i++)
		at += snprintf(sql + at, sizeof sql - (size_t)at, ", ?");
	snprintf(sql + at, sizeof sql - (size_t)at, ")");
	table->insert = prepare(db, sql);
}

static void
put_row(sqlite3 *db, struct table *table, size_t row)
{
	for (int i = 0; i < table->columns; i++)
		sqlite3_bind_value(table->insert, i + 1,
			table->cells[row * (size_t)table->columns + (size_t)i]);
	if (sqlite3_step(table->insert) != SQLITE_DONE)
		stop(db, table->name);
	sqlite3_reset(table->insert);
}

static void
copy(sqlite3 *db)
{
	for (size_t from = 0; from < tables[0].count; from += SLICE) {
		run(db, "BEGIN IMMEDIATE");
		for (size_t i = from; i < from + SLICE; i++) {
			for (size_t t = 0; t < TABLES; t++) {
				if (i < tables[t].count)
					put_row(db, &tables[t], i);
			}
		}
		run(db, "COMMIT");
	}
}

static void
make(const char *path)
{
	struct err err;
	struct store *store = store_open(path, STORE_WRITER, &err);

	if (store == NULL || store_migrate(store, path, &err) < 0) {
		fprintf(stderr, "bare_contact: %s\n", err.message);
		exit(1);
	}
	store_close(store);
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
	double begun, spent;
	sqlite3 *db;

	if (argc != 3)
		return 2;
	make(argv[2]);
	sqlite3_hard_heap_limit64(0); /* which the store has set, and the rows are more than that */
	if (sqlite3_open(argv[1], &db) != SQLITE_OK)
		return 2;
	for (size_t t = 0; t < TABLES; t++)
		load(db, &tables[t]);
	sqlite3_close(db);
	if (sqlite3_open(argv[2], &db) != SQLITE_OK)
		return 2;
	run(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -12288;"
		"PRAGMA foreign_keys = ON; PRAGMA cell_size_check = ON; PRAGMA secure_delete = ON;"
		"INSERT INTO import (id, digest, user, at, batch) VALUES (1, x'00', 'bare', 0, 0)");
	for (size_t t = 0; t < TABLES; t++)
		prepare_insert(db, &tables[t]);
	begun = seconds(CLOCK_MONOTONIC);
	spent = seconds(CLOCK_PROCESS_CPUTIME_ID);
	copy(db);
	begun = seconds(CLOCK_MONOTONIC) - begun;
	spent = seconds(CLOCK_PROCESS_CPUTIME_ID) - spent;
	printf("%.0f %.3f\n", (double)tables[0].count / begun, spent);
	return 0;
}
