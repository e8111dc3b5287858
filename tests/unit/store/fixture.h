#ifndef STORE_FIXTURE_H
#define STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* cmocka's own "fail" is a macro: it comes after ours. */
#include "liaison/store/journal.h"
#include "liaison/store/migrate.h"
#include "liaison/store/sql.h"

#include <cmocka.h>

/* A folder of its own for each test: *state is its path. */
int make_folder(void **state);
int remove_folder(void **state);
/* "<folder>/name"; static, eight in turn. */
const char *in_folder(void **state, const char *name);
/* Nothing but "." and ".." is left in it. It is made when it is not there. */
void empty_folder(const char *path);
/* A number from the environment. */
unsigned long env_number(const char *name, unsigned long otherwise);
bool exists(const char *path);
long file_size(const char *path);
void write_bytes(const char *path, const char *bytes, size_t size);

struct store *must_open(const char *path, enum store_mode mode);
/* Opened and migrated. */
struct store *must_make(const char *path);
/* With the schema of an older version (0: none) and, from 1 on, rows that the first one could hold. */
struct store *must_make_old(const char *path, size_t version);
/* All steps at once. -1: it is as it was. */
int reopen(struct store *store, struct err *err);
void must_run(struct store *store, const char *sql);
int64_t must_get(struct store *store, const char *sql);
/* Runs sql, which must fail with code. */
void must_fail(struct store *store, const char *sql, enum err_code code, const char *part);
void must_say(const struct err *err, const char *part);

#endif
