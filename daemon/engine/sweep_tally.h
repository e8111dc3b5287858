#ifndef LIAISON_ENGINE_SWEEP_TALLY_H
#define LIAISON_ENGINE_SWEEP_TALLY_H

#include <stdint.h>

#include "liaison/wire/json.h"

/* How many messages had and have each decision: what a sweep makes of the ledger, or would. */

struct sweep_count {
	const char *word; /* static */
	int64_t before, after;
};

struct sweep_tally {
	struct sweep_count of[16];
	unsigned count;
};

struct sweep_count *sweep_tally_of(struct sweep_tally *tally, const char *word);
/* Writes both as objects of these names. */
void sweep_tally_write(const struct sweep_tally *tally, const char *before, const char *after,
	struct json_out *out);

#endif
