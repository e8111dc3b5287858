#ifndef LIAISON_ENGINE_DUMP_H
#define LIAISON_ENGINE_DUMP_H

#include "liaison/crm/contact.h"
#include "liaison/store/sql.h"

struct loop_call;

/* What contact.dump writes of a contact: cells by the names that contact.import knows, the same for CSV
 * and vCard. Lists within a cell are those of import.h. */

struct dump_columns {
	const char **names; /* arena */
	unsigned count, first_field; /* first_field: from there on those that people declared */
};

int
dump_columns(struct store *store, struct arena *arena, struct dump_columns *out, struct err *err);
/* One value a column; NULL: blank. */
int dump_cells(struct store *store, struct arena *arena, const struct dump_columns *columns,
	int64_t id, const char **out, struct err *err);

/* dump_list.c: the columns that are lists. */
const char *dump_list_name(unsigned place); /* NULL: there are no more */
/* extras: of contact_extras. *out NULL: it is blank. */
int dump_list(struct store *store, struct arena *arena, unsigned place, unsigned extras, int64_t id,
	const char **out, struct err *err);

void dump_csv_header(const struct dump_columns *columns, bool raw, struct text *out);
void
dump_csv(const struct dump_columns *columns, const char *const *cells, bool raw, struct text *out);
/* Notes for which a row has no room go into cells of their own, of the same contact: true, and those are
 * left in cells; to be asked again. rest: as many. */
bool dump_split(struct arena *arena, const struct dump_columns *columns, const char **cells,
	const char **rest);
/* version: 3 or 4. */
void dump_vcard(struct arena *arena, const struct dump_columns *columns, const char *const *cells,
	int version, struct text *out);

int run_dump_loop(struct loop_call *call, struct err *err);

#endif
