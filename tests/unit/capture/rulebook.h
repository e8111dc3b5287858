#ifndef LIAISON_TESTS_CAPTURE_RULEBOOK_H
#define LIAISON_TESTS_CAPTURE_RULEBOOK_H

#include "liaison/capture/rule.h"
#include "world.h"

/* Rules in the small world. */

/* Adds one at the end, about a link where it is about whoever takes part; returns its id. */
int64_t world_rule(struct world *world, const char *action, const char *value, const char *where);
/* All rows of the ledger are judged again; how many messages changed, or would (dry). */
unsigned world_reapply(struct world *world, bool dry);
/* The same of one row. */
struct reapplied world_reapply_row(struct world *world, int64_t row, bool dry);

#endif
