#ifndef LIAISON_STORE_HANDLE_H
#define LIAISON_STORE_HANDLE_H

#include <sqlite3.h>
#include <sys/types.h>

#include "liaison/store/sql.h"

/* What the files of this room share: the insides of a connection and of a statement. */

enum {
	APPLICATION_ID = 0x6c696169, /* "liai" */
	BUSY_MS = 5000,
	TERMS_MAX = 4096, /* bound values of one statement */
};

struct store {
	sqlite3 *db;
	enum store_mode mode;
	char *path; /* its folder's links resolved; NULL: in memory. Own */
	dev_t device; /* which file it is */
	ino_t inode;
	struct stmt **cache; /* open addressing by the address of the SQL; own */
	size_t cache_room, cache_count;
	unsigned active; /* statements between their first row and their end */
	unsigned savepoints;
	bool open; /* between begin and commit or rollback */
	int64_t begun_ms; /* when it was begun, monotonic */
	int (*before_commit)(struct store *store, struct err *err); /* or NULL */
	char lost[160]; /* why SQLite undid the open transaction by itself, or cannot, or "" */
	char poison[160]; /* why nothing may be believed until reopened, or "" */
	bool puts_off; /* see store_put_off */
	int64_t compared; /* see store_note_compared */
	const char **viewer; /* where viewer() looks, as this struct may move; the connection's */
	int64_t deadline_ms; /* for each statement; 0: none */
	int64_t started_ms; /* of the oldest active statement; 0: not looked yet */
	bool expired;
	int64_t wal_pages;
	struct arena *scratch; /* of one call of a function of ours */
	struct forgotten_list *forgotten; /* own; NULL: not read, and empty */
};

struct stmt {
	struct store *store;
	sqlite3_stmt *handle; /* NULL: could not be prepared */
	const char *key; /* NULL: not in the cache */
	bool in_use, started, done;
	bool counted; /* in store->active */
	int binds, params; /* bound so far, and how many there are */
	int column, columns;
	enum err_code code; /* sticky */
	char *message; /* own */
};

/* Judges a result code: sets *code, and text for the message; notes poison and lost transactions. */
enum err_code store_judge(struct store *store, int result, char *text, size_t size);
/* The same as an error value. */
int store_fail(struct store *store, int result, const char *what, struct err *err);
/* Runs SQL of ours that needs no cache: pragmas and schema files. */
int store_exec(struct store *store, const char *sql, const char *what, struct err *err);
int store_pragma_int(struct store *store, const char *sql, int64_t *out, struct err *err);
/* fold(x), glob_fold(x, pattern) and viewer(). */
int store_add_functions(struct store *store);
/* What each connection must be before anything is read, and after it proved to be ours. */
int store_harden(struct store *store, struct err *err);
int store_tune(struct store *store, struct err *err);
/* What SQLite calls while it works; again after the struct has moved. */
void store_set_hooks(struct store *store);
void store_drop_statements(struct store *store);
/* A connection to what is there; nothing is created. path: own from now on. same: a store whose file
 * it must be, or NULL. */
struct store *
store_open_existing(char *path, enum store_mode mode, const struct store *same, struct err *err);
/* The sentence for a schema that is not known, with advice. */
int store_refuse_newer(const char *path, int64_t version, size_t known, struct err *err);
/* A path with its folder's links resolved, so that only the file itself must not be one. */
char *store_real_path(const char *path, struct err *err);
/* Makes the entry of path durable in its folder. */
int store_sync_folder(const char *path);
int store_sync_file(const char *path);
/* The list of who is forgotten goes from memory. */
void store_drop_forgotten(struct store *store);
/* SQLite's global settings, once for the process. */
int store_prepare_library(struct err *err);

#endif
