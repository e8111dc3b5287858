#ifndef LIAISON_CLIENT_RECORD_H
#define LIAISON_CLIENT_RECORD_H

#include "table.h"

/* One record for a person: "key  value" lines, lists of records below as tables. Empty members are
 * left out unless all is wanted. */
void record_print(FILE *out, struct arena *arena, const json_t *record, bool all,
	const struct table_style *style);

#endif
