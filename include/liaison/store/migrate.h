#ifndef LIAISON_STORE_MIGRATE_H
#define LIAISON_STORE_MIGRATE_H

#include "liaison/store/sql.h"

/* Schema versions: numbered files in lib/store/schema, built in; PRAGMA user_version counts them. */

/* The newest version this build knows. */
int schema_version(void);
/* Brings store to the newest version, each step in a transaction of its own. When there is something
 * to do and the database is not new, it is first backed up beside itself as
 * "<path>.before-<newest version>" (".1" and so on after it when that name is taken by another).
 * ERR_STORAGE: the database is newer than this build. */
int store_migrate(struct store *store, const char *path, struct err *err);
/* Opens path read-only and judges it as a backup: readable, sound, not newer, ours
 * (PRAGMA application_id). *version is set. */
int backup_verify(const char *path, int *version, struct err *err);
/* The files that are in it: complains of each that is missing or altered. */
int backup_verify_files(const char *path, void (*complain)(void *context, const char *what),
	void *context, struct err *err);

#endif
