#ifndef LIAISON_MAIN_REFUSAL_H
#define LIAISON_MAIN_REFUSAL_H

#include <stddef.h>
#include <stdint.h>

#include "liaison/base/crypt.h"
#include "liaison/wire/config.h"

/* Secrets that servers refused: what fetch notes of one is given back with the same secret, or with any
 * token of the same account, also to a fetch that is begun anew, so that one that dies at each login locks
 * no account. Kept are marks, made with a key of this process, and never a secret. */

enum {
	REFUSALS_MAX = 1000, /* counted */
	REFUSAL_MAX_MS = 24 * 60 * 60 * 1000, /* longer no word of fetch keeps a source waiting */
};

struct refusal {
	uint32_t count; /* in a row; 0: none */
	int64_t until_ms; /* clock_monotonic_ms: not tried before; that clock is everybody's */
};

struct refusals {
	uint8_t key[HASH_KEY_SIZE];
	struct secret_mark {
		uint64_t given, refused; /* marks; 0: none */
		struct refusal refusal;
	} * marks; /* own; by source number */
	size_t count;
};

/* It is given to fetch now: what is known of this secret at this server. */
struct refusal refusals_give(struct refusals *refusals, const struct config_source *source,
	const char *secret, size_t size);
/* What was given last to source was refused, or with count 0 accepted. now_ms: clock_monotonic_ms. */
void refusals_note(
	struct refusals *refusals, uint32_t source, const struct refusal *refusal, int64_t now_ms);
void refusals_clear(struct refusals *refusals);

#endif
