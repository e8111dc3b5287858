#ifndef LIAISON_ENGINE_IMPORT_RECORD_H
#define LIAISON_ENGINE_IMPORT_RECORD_H

#include "import.h"

/* A row of a file into the open transaction, and what is counted of it. */

/* Under the caller's savepoint. 1: it waits for its company. */
int import_record_try(
	struct import_run *run, struct call *call, const struct import_row *row, struct err *err);
/* Under one of its own: a row at fault is undone alone, and told. -1: it ends the transaction. */
int import_record_row(struct import_run *run, struct call *call, struct worker *worker,
	const struct import_row *row, struct err *err);
void import_count_row(struct import_run *run, const struct import_row *row);
/* What is wrong is the row's, not the database's. */
bool import_is_fault(const struct err *err);

#endif
