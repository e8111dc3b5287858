/* A server that says anything: the first byte chooses what we ask and over what. Fed whole and in
 * small pieces, it must give the same events. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/net/play.c"

static const char *const PLANS[] = { "clYsSFPiD", "ctclLs", "slTSFidn", "oLsFPq", "sFFF", "siDidS",
	"LTTsSSn", "ltslq" };

static void
play_once(const uint8_t *data, size_t size, size_t step, struct play *play)
{
	static const enum config_tls TLS[] = { TLS_IMPLICIT, TLS_STARTTLS, TLS_NONE, TLS_NONE };

	play_begin(play, TLS[data[0] & 3], PLANS[data[0] >> 2 & 7]);
	play_feed(play, (const char *)data + 1, size - 1, step);
}

static void
must_be_same(const struct text *a, const struct text *b)
{
	if (a->size != b->size || (a->size > 0 && memcmp(a->bytes, b->bytes, a->size) != 0))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct play whole, pieces;

	if (size < 2 || size > IMAP_LINE_MAX)
		return 0;
	play_once(data, size, 0, &whole);
	play_once(data, size, 1 + data[0] % 5, &pieces);
	must_be_same(&whole.log, &pieces.log);
	if (!whole.log.bytes || !strstr(whole.log.bytes, "error:"))
		must_be_same(&whole.sent, &pieces.sent); /* what a dead machine still had is void */
	play_end(&whole);
	play_end(&pieces);
	return 0;
}
