#include <stdlib.h>
#include <string.h>

#include "liaison/base/clock.h"
#include "source.h"

/* Hosts that could not be connected to. Whoever waits for a far retry need not, once somebody has got
 * through: to the same host, or, once in its outage, to any other, for it may have been our network. */

struct outage {
	struct outage *next;
	char *host; /* own */
	int64_t since; /* monotonic ms */
};

static struct outage **
find(struct fetch *fetch, const char *host)
{
	struct outage **at = &fetch->outages;

	while (*at && strcmp((*at)->host, host) != 0)
		at = &(*at)->next;
	return at;
}

static void
end(struct fetch *fetch, struct outage **at)
{
	struct outage *outage = *at;

	*at = outage->next;
	sources_reachable(fetch, outage->host);
	free(outage->host);
	free(outage);
}

void
outage_begins(struct fetch *fetch, const char *host)
{
	struct outage **at = find(fetch, host);

	if (*at)
		return;
	*at = mem_zero(1, sizeof(**at));
	(*at)->host = mem_text(host);
	(*at)->since = clock_monotonic_ms();
}

void
outage_ends(struct fetch *fetch, const char *host)
{
	struct outage **own = find(fetch, host);

	if (*own)
		end(fetch, own);
	for (const struct outage *other = fetch->outages; other; other = other->next)
		if (other->since > fetch->reached_at)
			sources_reachable(fetch, other->host);
	fetch->reached_at = clock_monotonic_ms();
}
