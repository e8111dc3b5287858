#include "crew.h"
#include "liaison/base/clock.h"
#include "source.h"

/* Logins that a server refused. A password is tried three times in twenty minutes and then once a day,
 * which locks no account; liaisond remembers it, so that a fetch begun anew does not begin to count
 * anew, and another password is tried at once. A token is made afresh each time and locks nothing. */

enum { DAY_MS = 24 * 60 * 60 * 1000, WAIVED_MS = 60 * 1000, COUNT_MAX = 1000 };

static int64_t
delay_of(unsigned count, bool token)
{
	static const int64_t PASSWORD_MINUTES[] = { 5, 15, 24 * 60 };
	static const int64_t TOKEN_MINUTES[] = { 1, 5, 15, 60 };
	const int64_t *minutes = token ? TOKEN_MINUTES : PASSWORD_MINUTES;
	unsigned last = token ? 3 : 2;

	return minutes[count - 1 < last ? count - 1 : last] * 60 * 1000;
}

void
refusal_take(struct source *source, const struct refusal *refusal)
{
	int64_t now = clock_monotonic_ms();

	source->refusal = *refusal;
	if (source->refusal.count > COUNT_MAX)
		source->refusal.count = COUNT_MAX;
	if (source->refusal.until > now + DAY_MS)
		source->refusal.until = now + DAY_MS;
	if (source->refusal.until < 0)
		source->refusal.until = 0;
}

void
refusal_count(struct source *source, bool token)
{
	struct refusal *refusal = &source->refusal;

	if (refusal->count < COUNT_MAX)
		refusal->count++;
	refusal->until = clock_monotonic_ms() + delay_of(refusal->count, token);
	crew_tell_refusal(source->fetch->crew, source->number, refusal);
}

void
refusal_end(struct source *source)
{
	if (source->refusal.count == 0)
		return;
	source->refusal = (struct refusal){ 0 };
	crew_tell_refusal(source->fetch->crew, source->number, &source->refusal);
}

bool
refusal_holds(const struct source *source)
{
	return source->refusal.count > 0 && clock_monotonic_ms() < source->refusal.until;
}

bool
refusal_waived(struct source *source)
{
	int64_t now = clock_monotonic_ms();

	if (source->waived_at != 0 && now - source->waived_at < WAIVED_MS)
		return false;
	source->waived_at = now;
	return true;
}

bool
refusal_is_long(const struct source *source)
{
	return source->refusal.until - clock_monotonic_ms() > DAY_MS / 2;
}
