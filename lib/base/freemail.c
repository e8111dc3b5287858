#include <pthread.h>
#include <string.h>

#include "liaison/base/address.h"
#include "liaison/base/crypt.h"

/* Domains where anybody may have a mailbox. */

/* lib/base/data/freemail.txt, a domain a line. */
extern const char data_base_freemail_txt[];
extern const size_t data_base_freemail_txt_size;

enum { FREEMAIL_SLOTS = 4096 }; /* a power of two well above the number of lines */

static struct {
	const char *domain;
	size_t size;
} freemail[FREEMAIL_SLOTS];
static pthread_once_t freemail_once = PTHREAD_ONCE_INIT;

static size_t
freemail_slot(const char *domain, size_t size)
{
	size_t slot = hash64(domain, size) % FREEMAIL_SLOTS;

	while (freemail[slot].domain != NULL &&
		(freemail[slot].size != size || memcmp(freemail[slot].domain, domain, size) != 0))
		slot = (slot + 1) % FREEMAIL_SLOTS;
	return slot;
}

static void
load_freemail(void)
{
	const char *line = data_base_freemail_txt;
	size_t room = FREEMAIL_SLOTS / 2;

	while (*line != '\0' && room > 0) {
		size_t size = strcspn(line, "\n");

		if (size > 0 && line[0] != '#') {
			size_t slot = freemail_slot(line, size);

			freemail[slot].domain = line;
			freemail[slot].size = size;
			room--;
		}
		line += size + (line[size] == '\n');
	}
}

bool
domain_is_freemail(const char *canonical_domain)
{
	const char *dot = canonical_domain;

	pthread_once(&freemail_once, load_freemail);
	while (dot != NULL) {
		size_t size = strlen(dot);

		if (freemail[freemail_slot(dot, size)].domain != NULL)
			return true;
		dot = strchr(dot, '.');
		dot = dot ? dot + 1 : NULL;
	}
	return false;
}
