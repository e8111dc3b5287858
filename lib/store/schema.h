#ifndef LIAISON_STORE_SCHEMA_H
#define LIAISON_STORE_SCHEMA_H

#include "liaison/store/sql.h"

/* The numbered files of lib/store/schema, made into C by contrib/embed. */

struct schema_file {
	const char *name; /* "lib/store/schema/001_main.sql" */
	const char *sql;
};

extern const struct schema_file schema_files[];
extern const size_t schema_file_count;

/* store_migrate with a list of its own, for tests. */
int migrate_with(struct store *store, const char *path, const struct schema_file *files,
	size_t count, struct err *err);

#endif
