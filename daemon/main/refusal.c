#include "refusal.h"

#include <stdlib.h>
#include <string.h>

#include "liaison/base/arena.h"
#include "liaison/base/crypt.h"
#include "liaison/base/text.h"

/* A source's number is given by liaisond, and there are few. */
static struct secret_mark *
mark_of(struct refusals *refusals, uint32_t source)
{
	if (refusals->count == 0)
		random_bytes(refusals->key, sizeof(refusals->key));
	if (source >= refusals->count) {
		size_t count = source + (size_t)1;

		refusals->marks = mem_resize(refusals->marks, count * sizeof(*refusals->marks));
		memset(refusals->marks + refusals->count, 0,
			(count - refusals->count) * sizeof(*refusals->marks));
		refusals->count = count;
	}
	return &refusals->marks[source];
}

/* A token is another one each time, and what is refused is the account it is for. */
static bool
is_token(const struct config_source *source)
{
	return source->secret == SECRET_TOKEN_COMMAND || source->secret == SECRET_OAUTH2;
}

/* Another user or server has not refused it. */
static uint64_t
mark(const struct refusals *refusals, const struct config_source *source, const char *secret,
	size_t size)
{
	struct text whole = { 0 };
	uint64_t result;

	text_reserve(&whole, size + 2048); /* so that growing leaves no copy behind */
	text_printf(&whole, "%.255s\n%d\n%.1000s\n", source->host ? source->host : "", source->port,
		source->user ? source->user : "");
	if (!is_token(source))
		text_add_n(&whole, secret, size);
	result = hash64_keyed(refusals->key, whole.bytes, whole.size);
	wipe(whole.bytes, whole.room);
	text_clear(&whole);
	return result | 1;
}

struct refusal
refusals_give(struct refusals *refusals, const struct config_source *source, const char *secret,
	size_t size)
{
	struct secret_mark *marks = mark_of(refusals, source->number);

	marks->given = mark(refusals, source, secret, size);
	return marks->given == marks->refused ? marks->refusal : (struct refusal){ 0 };
}

void
refusals_note(
	struct refusals *refusals, uint32_t source, const struct refusal *refusal, int64_t now_ms)
{
	struct secret_mark *marks = mark_of(refusals, source);

	marks->refused = refusal->count > 0 ? marks->given : 0;
	marks->refusal = *refusal;
	if (marks->refusal.count > REFUSALS_MAX)
		marks->refusal.count = REFUSALS_MAX;
	if (marks->refusal.until_ms > now_ms + REFUSAL_MAX_MS)
		marks->refusal.until_ms = now_ms + REFUSAL_MAX_MS;
}

void
refusals_clear(struct refusals *refusals)
{
	free(refusals->marks);
	*refusals = (struct refusals){ 0 };
}
