/* The bare loop that the daemon's backfill is measured against: bare_sqlite FROM TO copies the rows
 * that a backfill, or a calendar's first import, wrote into FROM, with plain prepared statements in one
 * thread, into a new database TO of the same schema and settings, 500 messages (or occurrences) a
 * transaction, and prints messages a second.
 * All rows are in memory before the clock starts; contacts and sources are there before it, too. */
#include <errno.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "liaison/store/migrate.h"

enum { SLICE = 500, CHECKPOINT_PAGES = 4096 };

struct cell {
	int type;
	int size;
	union {
		int64_t integer;
		double number;
		const char *bytes;
	} as;
};

/* A table in memory; rows of one key lie together and are found by it. */
struct table {
	const char *name, *order, *key;
	int columns, key_column;
	struct cell *cells;
	size_t count, room;
	size_t *first; /* by key: number of its first row, from 1; 0: none */
	int64_t top; /* highest key */
	sqlite3_stmt *insert;
};

enum {
	LEDGER,
	MESSAGE,
	PARTY,
	ADDRESS,
	INTERACTION,
	LINK,
	THREAD_REF,
	MEETING,
	OCCURRENCE,
	FEED_ITEM,
	EVENT,
	TABLES
};

static struct table tables[TABLES] = {
	[LEDGER] = { .name = "ledger", .order = "id", .key = "id" },
	[MESSAGE] = { .name = "message", .order = "id", .key = "id" },
	[PARTY] = { .name = "party", .order = "message_id, place", .key = "message_id" },
	[ADDRESS] = { .name = "address", .order = "id", .key = "id" },
	[INTERACTION] = { .name = "interaction", .order = "id", .key = "id" },
	[LINK] = { .name = "interaction_contact",
		.order = "interaction_id, contact_id",
		.key = "interaction_id" },
	[THREAD_REF] = { .name = "thread_ref", .order = "rowid", .key = NULL },
	[MEETING] = { .name = "meeting", .order = "message_id", .key = "message_id" },
	[OCCURRENCE] = { .name = "occurrence", .order = "uid", .key = "uid" },
	[FEED_ITEM] = { .name = "feed_item", .order = "item", .key = "item" },
	[EVENT] = { .name = "event", .order = "seq", .key = NULL },
};

static int wal_pages;

static void
stop(sqlite3 *db, const char *what)
{
	fprintf(stderr, "bare_sqlite: %s: %s\n", what, db ? sqlite3_errmsg(db) : strerror(errno));
	exit(1);
}

static void
run(sqlite3 *db, const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		stop(db, sql);
}

static sqlite3_stmt *
prepare(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement;

	if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) !=
		SQLITE_OK)
		stop(db, sql);
	return statement;
}

static void
step(sqlite3_stmt *statement)
{
	if (sqlite3_step(statement) != SQLITE_DONE)
		stop(sqlite3_db_handle(statement), sqlite3_sql(statement));
	sqlite3_reset(statement);
}

static struct cell
read_cell(sqlite3_stmt *row, int column)
{
	struct cell cell = { .type = sqlite3_column_type(row, column) };

	if (cell.type == SQLITE_INTEGER) {
		cell.as.integer = sqlite3_column_int64(row, column);
	} else if (cell.type == SQLITE_FLOAT) {
		cell.as.number = sqlite3_column_double(row, column);
	} else if (cell.type != SQLITE_NULL) {
		cell.size = sqlite3_column_bytes(row, column);
		cell.as.bytes = memcpy(mem_alloc((size_t)cell.size + 1),
			sqlite3_column_blob(row, column), (size_t)cell.size);
	}
	return cell;
}

static struct cell *
row_of(const struct table *table, size_t row)
{
	return &table->cells[row * (size_t)table->columns];
}

static void
load_row(struct table *table, sqlite3_stmt *row)
{
	if (table->count == table->room) {
		table->room = table->room * 2 + 1024;
		table->cells = mem_resize(
			table->cells, table->room * (size_t)table->columns * sizeof *table->cells);
	}
	for (int i = 0; i < table->columns; i++)
		row_of(table, table->count)[i] = read_cell(row, i);
	table->count++;
}

static int
column_of(sqlite3_stmt *row, const char *name)
{
	for (int i = 0; name != NULL && i < sqlite3_column_count(row); i++)
		if (strcmp(sqlite3_column_name(row, i), name) == 0)
			return i;
	return -1;
}

static void
index_rows(struct table *table)
{
	if (table->key_column < 0)
		return;
	for (size_t i = 0; i < table->count; i++)
		if (row_of(table, i)[table->key_column].as.integer > table->top)
			table->top = row_of(table, i)[table->key_column].as.integer;
	table->first = mem_zero((size_t)table->top + 2, sizeof *table->first);
	for (size_t i = table->count; i > 0; i--)
		table->first[row_of(table, i - 1)[table->key_column].as.integer] = i;
}

static void
load(sqlite3 *db, struct table *table)
{
	char sql[200];
	sqlite3_stmt *row;

	snprintf(sql, sizeof sql, "SELECT * FROM %s ORDER BY %s", table->name, table->order);
	row = prepare(db, sql);
	table->columns = sqlite3_column_count(row);
	table->key_column = column_of(row, table->key);
	while (sqlite3_step(row) == SQLITE_ROW)
		load_row(table, row);
	sqlite3_finalize(row);
	index_rows(table);
}

static void
prepare_insert(sqlite3 *db, struct table *table)
{
	char sql[400];
	int at = snprintf(sql, sizeof sql, "INSERT INTO %s VALUES (?", table->name);

	for (int i = 1; i < table->columns; i++)
		at += snprintf(sql + at, sizeof sql - (size_t)at, ", ?");
	snprintf(sql + at, sizeof sql - (size_t)at, ")");
	table->insert = prepare(db, sql);
}

static void
bind(sqlite3_stmt *statement, int place, const struct cell *cell)
{
	switch (cell->type) {
	case SQLITE_INTEGER:
		sqlite3_bind_int64(statement, place, cell->as.integer);
		return;
	case SQLITE_FLOAT:
		sqlite3_bind_double(statement, place, cell->as.number);
		return;
	case SQLITE_TEXT:
		sqlite3_bind_text(statement, place, cell->as.bytes, cell->size, SQLITE_STATIC);
		return;
	case SQLITE_BLOB:
		sqlite3_bind_blob(statement, place, cell->as.bytes, cell->size, SQLITE_STATIC);
		return;
	default:
		sqlite3_bind_null(statement, place);
	}
}

static void
put_row(struct table *table, size_t row)
{
	for (int i = 0; i < table->columns; i++)
		bind(table->insert, i + 1, &row_of(table, row)[i]);
	step(table->insert);
}

/* Where each table has the columns that the loop looks at. */
static struct {
	int ledger_message, ledger_interaction, ledger_stream, ledger_uid;
	int party_address;
	int subject, snippet, parties, at, offset_min, initiated_by;
	int link_contact, link_company;
	int occurrence_item;
} at;

static int
named(sqlite3 *db, int table, const char *name)
{
	char sql[100];
	sqlite3_stmt *row;
	int column;

	snprintf(sql, sizeof sql, "SELECT * FROM %s", tables[table].name);
	row = prepare(db, sql);
	column = column_of(row, name);
	sqlite3_finalize(row);
	if (column < 0) {
		fprintf(stderr, "bare_sqlite: %s has no column %s\n", tables[table].name, name);
		exit(1);
	}
	return column;
}

static void
find_columns(sqlite3 *db)
{
	at.ledger_message = named(db, LEDGER, "message_id");
	at.ledger_interaction = named(db, LEDGER, "interaction_id");
	at.ledger_stream = named(db, LEDGER, "stream_id");
	at.ledger_uid = named(db, LEDGER, "uid");
	at.party_address = named(db, PARTY, "address_id");
	at.subject = named(db, INTERACTION, "subject");
	at.snippet = named(db, INTERACTION, "snippet");
	at.parties = named(db, INTERACTION, "parties");
	at.at = named(db, INTERACTION, "at");
	at.offset_min = named(db, INTERACTION, "offset_min");
	at.initiated_by = named(db, INTERACTION, "initiated_by");
	at.link_contact = named(db, LINK, "contact_id");
	at.link_company = named(db, LINK, "company_id");
	at.occurrence_item = named(db, OCCURRENCE, "item");
}

static struct {
	sqlite3_stmt *search, *totals, *progress, *begin, *commit;
} extra;

static void
prepare_extra(sqlite3 *db)
{
	extra.begin = prepare(db, "BEGIN IMMEDIATE");
	extra.commit = prepare(db, "COMMIT");
	extra.search = prepare(db, "INSERT INTO interaction_search (rowid, subject, body, parties)"
				   " VALUES (?, ?, ?, ?)");
	extra.totals = prepare(db, "UPDATE contact SET interactions = interactions + 1,"
				   " last_interaction_offset = CASE WHEN last_interaction IS NULL "
				   "OR last_interaction < ?2 THEN ?3"
				   " ELSE last_interaction_offset END,"
				   " last_interaction = max(coalesce(last_interaction, ?2), ?2),"
				   " last_attempt_offset = CASE WHEN ?4 AND (last_attempt IS NULL "
				   "OR last_attempt < ?2) THEN ?3"
				   " ELSE last_attempt_offset END,"
				   " last_attempt = CASE WHEN ?4 THEN max(coalesce(last_attempt, "
				   "?2), ?2) ELSE last_attempt END"
				   " WHERE id = ?1");
	extra.progress = prepare(db,
		"UPDATE stream SET low = min(low, ?2), backfill_done = backfill_done + ?3"
		" WHERE id = ?1");
}

static void
put_totals(const struct cell *interaction, const struct cell *contact)
{
	const struct cell *by = &interaction[at.initiated_by];

	if (contact->type == SQLITE_NULL)
		return;
	bind(extra.totals, 1, contact);
	bind(extra.totals, 2, &interaction[at.at]);
	bind(extra.totals, 3, &interaction[at.offset_min]);
	sqlite3_bind_int(extra.totals, 4, by->size == 2 && memcmp(by->as.bytes, "us", 2) == 0);
	step(extra.totals);
}

static void
put_search(int64_t id, const struct cell *interaction)
{
	sqlite3_bind_int64(extra.search, 1, id);
	bind(extra.search, 2, &interaction[at.subject]);
	bind(extra.search, 3, &interaction[at.snippet]);
	bind(extra.search, 4, &interaction[at.parties]);
	step(extra.search);
}

/* The rows of a key, each put once; returns how many. */
static size_t
take_rows(struct table *table, int64_t key, size_t *first)
{
	size_t count = 0;

	*first = key >= 0 && key <= table->top ? table->first[key] : 0;
	if (*first == 0)
		return 0;
	table->first[key] = 0;
	while (*first - 1 + count < table->count &&
		row_of(table, *first - 1 + count)[table->key_column].as.integer == key)
		count++;
	(*first)--;
	return count;
}

static void
put_message(int64_t id)
{
	size_t row, address, count = take_rows(&tables[MESSAGE], id, &row);

	if (count == 0)
		return;
	put_row(&tables[MESSAGE], row);
	count = take_rows(&tables[PARTY], id, &row);
	for (size_t i = row; i < row + count; i++) {
		const struct cell *cell = &row_of(&tables[PARTY], i)[at.party_address];

		if (cell->type != SQLITE_NULL &&
			take_rows(&tables[ADDRESS], cell->as.integer, &address) > 0)
			put_row(&tables[ADDRESS], address);
		put_row(&tables[PARTY], i);
	}
	if (take_rows(&tables[MEETING], id, &row) > 0)
		put_row(&tables[MEETING], row);
}

static void
put_occurrence(int64_t uid)
{
	size_t row, item;

	if (take_rows(&tables[OCCURRENCE], uid, &row) == 0)
		return;
	if (take_rows(&tables[FEED_ITEM],
		    row_of(&tables[OCCURRENCE], row)[at.occurrence_item].as.integer, &item) > 0)
		put_row(&tables[FEED_ITEM], item);
	put_row(&tables[OCCURRENCE], row);
}

static void
put_interaction(int64_t id)
{
	size_t row, link, count = take_rows(&tables[INTERACTION], id, &row);
	const struct cell *interaction;

	if (count == 0)
		return;
	interaction = row_of(&tables[INTERACTION], row);
	put_row(&tables[INTERACTION], row);
	count = take_rows(&tables[LINK], id, &link);
	for (size_t i = link; i < link + count; i++) {
		put_row(&tables[LINK], i);
		put_totals(interaction, &row_of(&tables[LINK], i)[at.link_contact]);
		put_totals(interaction, &row_of(&tables[LINK], i)[at.link_company]);
	}
	put_search(id, interaction);
}

static void
put_ledger(size_t row)
{
	const struct cell *cells = row_of(&tables[LEDGER], row);

	if (cells[at.ledger_message].type != SQLITE_NULL)
		put_message(cells[at.ledger_message].as.integer);
	if (cells[at.ledger_interaction].type != SQLITE_NULL)
		put_interaction(cells[at.ledger_interaction].as.integer);
	put_row(&tables[LEDGER], row);
	put_occurrence(cells[at.ledger_uid].as.integer);
}

/* The share of a table without a key that goes with rows from to to of the ledger. */
static void
put_share(struct table *table, size_t from, size_t to)
{
	size_t count = tables[LEDGER].count;

	for (size_t i = from * table->count / count; i < to * table->count / count; i++)
		put_row(table, i);
}

static void
put_slice(size_t from, size_t to)
{
	const struct cell *last = row_of(&tables[LEDGER], to - 1);

	step(extra.begin);
	for (size_t i = from; i < to; i++)
		put_ledger(i);
	put_share(&tables[THREAD_REF], from, to);
	put_share(&tables[EVENT], from, to);
	bind(extra.progress, 1, &last[at.ledger_stream]);
	bind(extra.progress, 2, &last[at.ledger_uid]);
	sqlite3_bind_int64(extra.progress, 3, (int64_t)(to - from));
	step(extra.progress);
	step(extra.commit);
}

static void
put_all(sqlite3 *db)
{
	size_t count = tables[LEDGER].count, to;

	for (size_t from = 0; from < count; from = to) {
		to = from + SLICE < count ? from + SLICE : count;
		put_slice(from, to);
		if (wal_pages > CHECKPOINT_PAGES)
			sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	}
}

static int
note_wal(void *context, sqlite3 *db, const char *name, int pages)
{
	(void)context;
	(void)db;
	(void)name;
	wal_pages = pages;
	return SQLITE_OK;
}

static sqlite3 *
open_database(const char *path, int flags)
{
	sqlite3 *db;

	if (sqlite3_open_v2(path, &db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		stop(db, path);
	return db;
}

static void
make_schema(const char *path)
{
	struct err err = { 0 };
	struct store *store = store_open(path, STORE_WRITER, &err);

	if (store == NULL || store_migrate(store, path, &err) < 0) {
		fprintf(stderr, "bare_sqlite: %s\n", err.message);
		exit(1);
	}
	store_close(store);
}

/* What is there before a backfill begins. */
static void
copy_setting(sqlite3 *db, const char *from)
{
	static const char *const NAMES[] = { "source", "stream", "contact", "contact_email",
		"contact_domain", "feed" };
	sqlite3_stmt *attach = prepare(db, "ATTACH ? AS old");
	char sql[200];

	sqlite3_bind_text(attach, 1, from, -1, SQLITE_STATIC);
	step(attach);
	sqlite3_finalize(attach);
	run(db, "PRAGMA foreign_keys = OFF; BEGIN");
	for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
		snprintf(sql, sizeof sql, "INSERT INTO main.%s SELECT * FROM old.%s", NAMES[i],
			NAMES[i]);
		run(db, sql);
	}
	run(db, "UPDATE contact SET interactions = 0, last_interaction = NULL, last_attempt = NULL,"
		" last_interaction_offset = 0, last_attempt_offset = 0, cost = 0, duration_min = "
		"0");
	run(db, "UPDATE stream SET low = anchor, backfill_done = 0");
	run(db, "COMMIT; DETACH old");
	sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
}

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void
open_target(sqlite3 *db)
{
	run(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
		"PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0; PRAGMA temp_store = FILE;"
		"PRAGMA wal_autocheckpoint = 0; PRAGMA secure_delete = ON; PRAGMA cache_size = "
		"-12288;"
		"PRAGMA journal_size_limit = 16777216");
	sqlite3_wal_hook(db, note_wal, NULL);
	for (int i = 0; i < TABLES; i++)
		prepare_insert(db, &tables[i]);
	prepare_extra(db);
}

int
main(int argc, char **argv)
{
	sqlite3 *from, *to;
	double begun, took;

	if (argc != 3) {
		fprintf(stderr, "usage: bare_sqlite FROM TO\n");
		return 2;
	}
	from = open_database(argv[1], SQLITE_OPEN_READONLY);
	for (int i = 0; i < TABLES; i++)
		load(from, &tables[i]);
	find_columns(from);
	sqlite3_close(from);
	make_schema(argv[2]);
	to = open_database(argv[2], SQLITE_OPEN_READWRITE);
	copy_setting(to, argv[1]);
	open_target(to);
	begun = seconds();
	put_all(to);
	took = seconds() - begun;
	printf("{\"messages\":%zu,\"seconds\":%.3f,\"messages_per_second\":%.0f,\"interactions\":%"
	       "zu,"
	       "\"slice\":%d,\"synchronous\":\"full\"}\n",
		tables[LEDGER].count, took, (double)tables[LEDGER].count / took,
		tables[INTERACTION].count, SLICE);
	return 0;
}
