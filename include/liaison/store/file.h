#ifndef LIAISON_STORE_FILE_H
#define LIAISON_STORE_FILE_H

#include "liaison/base/text.h"
#include "liaison/store/sql.h"

/* Files beside the database, in the folder "files" of liaison.db and "NAME.files" of another, each named
 * by the SHA-256 digest of its bytes. A row of table file tells of each, and other rows refer to that; which,
 * is in view file_use. A file that nothing refers to is kept for a while, so that what was taken away can
 * be had back, and then removed. */

enum { FILE_DIGEST = 65, FILE_GRACE_S = 30 * 86400 };

struct file {
	int64_t id, size;
	const char *digest, *type; /* arena; type: a media type */
};

/* Keeps the bytes, durably before it returns, in the open transaction of a writer; *id is their row's, an
 * old one when they are there already. tried: nothing is written to the disk. ERR_STORAGE: the disk is full,
 * the database is in memory. */
int file_put(struct store *store, const void *bytes, size_t size, const char *type, bool tried,
	int64_t *id, struct err *err);
/* ERR_NOT_FOUND: it is not kept any more. */
int file_find(struct store *store, const char *digest, int64_t *id, struct err *err);
int
file_get(struct store *store, struct arena *arena, int64_t id, struct file *out, struct err *err);
/* Adds its bytes to out. ERR_STORAGE: it is missing, cannot be read, or is not what was kept. */
int file_read(struct store *store, const struct file *file, struct text *out, struct err *err);

/* Complains of each file that is missing or altered. */
int file_check(struct store *store, void (*complain)(void *context, const char *what),
	void *context, struct err *err);

/* A turn of the writer, in a transaction of its own: notes which files nothing refers to, and removes at
 * most max that were so noted before now - FILE_GRACE_S. *more: there are others. */
int file_sweep(struct store *store, int64_t now, unsigned max, bool *more, struct err *err);
/* Removes the file of that digest at once, unless a row knows it, again perhaps. */
void file_unlink(struct store *store, const char *digest);
/* Another: looks at max names in the folder, and removes those older than the grace that no row knows, which
 * a crash leaves behind. *place NULL: from the beginning, and after the last. */
struct file_folder;
int file_sweep_folder(struct store *store, struct file_folder **place, int64_t now, unsigned max,
	struct err *err);
void file_folder_close(struct file_folder *place);

/* Backups: the files lie in the copy at path, in table backup_file. Missing ones are left out. */
int file_pack(struct store *store, const char *path, struct err *err);
/* Complains of each that the copy refers to and lacks, or that is altered in it. */
int file_check_packed(struct store *copy, void (*complain)(void *context, const char *what),
	void *context, struct err *err);
/* Writes them into the folder of database and drops the table of copy, which is open. */
int file_unpack(struct store *copy, const char *database, struct err *err);

#endif
