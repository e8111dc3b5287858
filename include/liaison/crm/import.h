#ifndef LIAISON_CRM_IMPORT_H
#define LIAISON_CRM_IMPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "liaison/base/arena.h"
#include "liaison/store/sql.h"

/* Files of contacts that were imported: which of their rows are recorded, and what rows refer to. */

enum { IMPORT_DIGEST = 32, IMPORT_ROW_DIGEST = 16 };

struct import_mark {
	uint32_t line; /* of the file, where the row begins */
	uint8_t digest[IMPORT_ROW_DIGEST]; /* of its cells */
};

struct import_file {
	uint8_t digest[IMPORT_DIGEST];
	const char *name, *user; /* name: NULL is none */
	int64_t at;
	int64_t id; /* 0: nothing of it is recorded yet */
	int64_t batch; /* of the journal */
	bool whole; /* all of it is recorded, or nothing stays: it is under way until import_end */
};

/* Whether the row is recorded by this or an earlier import of the file, and its contact still there. */
int import_row_known(struct store *store, const struct import_file *file,
	const struct import_mark *row, bool *known, struct err *err);
/* The last line that is recorded of the file, 0 for none: no row behind it is known. */
int import_last_line(
	struct store *store, const struct import_file *file, int64_t *line, struct err *err);
/* Records it; the first one records the file, and sets its id. batch: of the journal so far, or 0. */
int import_row_add(struct store *store, struct import_file *file, const struct import_mark *row,
	int64_t contact, int64_t batch, struct err *err);
/* An import that is undone: its file may come again. */
int import_forget(struct store *store, int64_t batch, struct err *err);
/* One that is to be whole is; or nothing of it stays. */
int import_end(struct store *store, int64_t id, struct err *err);
int import_drop(struct store *store, int64_t id, struct err *err);
/* The first that is under way; *id 0: there is none. */
int import_under_way(struct store *store, int64_t *id, int64_t *batch, struct err *err);

/* Notes a company that was made for its persons, as its own row may come yet. The file is recorded. */
int import_company_add(
	struct store *store, const struct import_file *file, int64_t company, struct err *err);
/* The one of exactly that name that was so noted for the file: from now on it has its row. *id 0: none. */
int import_company_take(struct store *store, struct arena *arena, const uint8_t *digest,
	const char *name, int64_t *id, struct err *err);
/* Gives a contact the number that its row has, and nobody else. Refused as contact_add does. */
int import_set_no(
	struct store *store, struct arena *arena, int64_t id, const char **no, struct err *err);

/* The contact of that number; *id 0: there is none. */
int import_find_no(struct store *store, const char *no, int64_t *id, struct err *err);
/* The one of that type that another program knows by it; *id 0: there is none. ERR_AMBIGUOUS. */
int import_find_external(
	struct store *store, const char *external, const char *type, int64_t *id, struct err *err);
/* Companies of that name: exactly, else in another case. *id 0: there is none. ERR_AMBIGUOUS. */
int import_find_company(
	struct store *store, struct arena *arena, const char *name, int64_t *id, struct err *err);
/* The contact has a note of that text. */
int
import_has_note(struct store *store, int64_t contact, const char *text, bool *has, struct err *err);

/* Which of these lists a contact has anything in, for whom reads them of many. */
enum contact_extra {
	EXTRA_LABELS = 1,
	EXTRA_RELATIONS = 2,
	EXTRA_LINKS = 4,
	EXTRA_FACTS = 8,
	EXTRA_CONSENTS = 16,
	EXTRA_ADDRESSES = 32,
	EXTRA_NOTES = 64,
	EXTRA_FIELDS = 128,
	EXTRA_ANSWERS = 256, /* also those it was classified by */
};
int contact_extras(struct store *store, int64_t id, unsigned *out, struct err *err);

#endif
