#include "liaison/store/idempotency.h"

#include <string.h>

static const char SELECT_KEY[] =
	"SELECT request, result FROM idempotency WHERE user = ? AND key = ? AND at > ?";

int
idempotency_find(struct store *store, struct arena *arena, const char *user, const char *key,
	const uint8_t digest[IDEMPOTENCY_DIGEST], int64_t now, const char **result, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_KEY);
	const char *found = NULL;
	const void *request;
	bool same = true;
	size_t size;

	stmt_bind_text(q, user);
	stmt_bind_text(q, key);
	stmt_bind_int(q, now - IDEMPOTENCY_SECONDS);
	if (stmt_row(q)) {
		request = stmt_blob(q, &size);
		same = size == IDEMPOTENCY_DIGEST && memcmp(request, digest, size) == 0;
		found = stmt_text_copy(q, arena);
	}
	if (stmt_end(q, err) < 0)
		return -1;
	if (!same)
		return fail_field(
			err, ERR_CONFLICT, "key", "the key '%s' was used for another request", key);
	*result = found;
	return 0;
}

/* A key that is over a day old is free again. */
static const char INSERT_KEY[] = "INSERT OR REPLACE INTO idempotency (user, key, at, request, "
				 "result) VALUES (?, ?, ?, ?, ?)";

int
idempotency_add(struct store *store, const char *user, const char *key,
	const uint8_t digest[IDEMPOTENCY_DIGEST], int64_t now, const char *result, size_t size,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, INSERT_KEY);

	stmt_bind_text(q, user);
	stmt_bind_text(q, key);
	stmt_bind_int(q, now);
	stmt_bind_blob(q, digest, IDEMPOTENCY_DIGEST);
	stmt_bind_text_n(q, result, size);
	return stmt_run(q, err);
}

static const char DELETE_OLD[] = "DELETE FROM idempotency WHERE at <= ?";

int
idempotency_prune(struct store *store, int64_t now, struct err *err)
{
	struct stmt *q = sql_prepare(store, DELETE_OLD);

	stmt_bind_int(q, now - IDEMPOTENCY_SECONDS);
	return stmt_run(q, err);
}
