#ifndef LIAISON_STORE_IDEMPOTENCY_H
#define LIAISON_STORE_IDEMPOTENCY_H

#include <stdint.h>

#include "liaison/store/sql.h"

/* Answers to requests that bear a key: per user, for 24 hours, committed with the write. */

enum { IDEMPOTENCY_DIGEST = 32, IDEMPOTENCY_SECONDS = 86400 };

/* *result gets the first answer's JSON (arena), or NULL when the key is new. ERR_CONFLICT: the key
 * was used for another request. */
int idempotency_find(struct store *store, struct arena *arena, const char *user, const char *key,
	const uint8_t digest[IDEMPOTENCY_DIGEST], int64_t now, const char **result,
	struct err *err);
int idempotency_add(struct store *store, const char *user, const char *key,
	const uint8_t digest[IDEMPOTENCY_DIGEST], int64_t now, const char *result, size_t size,
	struct err *err);
int idempotency_prune(struct store *store, int64_t now, struct err *err);

#endif
