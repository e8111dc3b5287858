#include <stdlib.h>
#include <string.h>

#include "inside.h"
#include "liaison/base/address.h"
#include "liaison/crm/salesperson.h"

/* Who we are: own-addresses, the accounts' users and addresses, and the salespeople's addresses, each
 * in its time; own-domains are colleagues. */

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What cannot be an address (a login name that is none) is not one of ours. */
static void
add_address(struct own *own, const char *words)
{
	struct err ignored;
	char *canonical;

	if (words == NULL)
		return;
	if (strchr(words, '*') != NULL)
		own->patterns[own->pattern_count++] = arena_text(own->memory, words);
	else if (address_canonical(own->memory, words, &canonical, &ignored) == 0)
		own->addresses[own->address_count++] = canonical;
}

static void
add_list(struct own *own, const struct config_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		add_address(own, list->items[i]);
}

static size_t
most_addresses(const struct config *config)
{
	size_t most = config->own_addresses.count;

	for (size_t i = 0; i < config->source_count; i++)
		most += config->sources[i].addresses.count + 1;
	return most;
}

static void
add_colleagues(struct own *own, const struct config_list *domains)
{
	struct err ignored;
	char *canonical;

	own->colleagues = arena_array(own->memory, domains->count + 1, sizeof *own->colleagues);
	for (size_t i = 0; i < domains->count; i++) {
		if (domain_canonical(own->memory, domains->items[i], &canonical, &ignored) == 0)
			own->colleagues[own->colleague_count++] = canonical;
	}
}

void
own_init(struct own *own, const struct config *config)
{
	size_t most = most_addresses(config);

	*own = (struct own){ .memory = arena_new(), .people = arena_new() };
	own->addresses = arena_array(own->memory, most + 1, sizeof *own->addresses);
	own->patterns = arena_array(own->memory, most + 1, sizeof *own->patterns);
	add_list(own, &config->own_addresses);
	for (size_t i = 0; i < config->source_count; i++) {
		add_list(own, &config->sources[i].addresses);
		add_address(own, config->sources[i].user);
	}
	add_colleagues(own, &config->own_domains);
	qsort(own->addresses, own->address_count, sizeof *own->addresses, compare_texts);
}

void
own_clear(struct own *own)
{
	arena_free(own->memory);
	arena_free(own->people);
}

static bool
is_ours(const struct own *own, const char *address)
{
	if (own->address_count > 0 && bsearch(&address, own->addresses, own->address_count,
					      sizeof address, compare_texts) != NULL)
		return true;
	for (size_t i = 0; i < own->pattern_count; i++) {
		if (text_glob(own->patterns[i], address, true))
			return true;
	}
	return false;
}

enum side
own_side(const struct own *own, const char *address)
{
	const char *domain = address_domain(address);

	if (is_ours(own, address))
		return SIDE_OURS;
	for (size_t i = 0; i < own->colleague_count; i++) {
		if (domain != NULL && strcmp(own->colleagues[i], domain) == 0)
			return SIDE_COLLEAGUE;
	}
	return SIDE_OTHER;
}

/* ---- salespeople: somebody who left was one of us all the same ---- */

int
own_learn(struct turn *turn, struct err *err)
{
	struct own *own = &turn->capture->own;

	if (own->generation == turn->capture->generation)
		return 0;
	own->their_count = 0;
	arena_reset(own->people);
	if (salesperson_addresses(turn->store, own->people, &own->theirs, &own->their_count, err) <
		0)
		return -1;
	own->generation = turn->capture->generation;
	return 0;
}

/* The first that is not less than address. */
static unsigned
first_of(const struct own *own, const char *address)
{
	unsigned low = 0, high = own->their_count;

	while (low < high) {
		unsigned middle = low + (high - low) / 2;

		if (strcmp(own->theirs[middle].email, address) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool
own_was_theirs(const struct own *own, const char *address, int64_t at)
{
	for (unsigned i = first_of(own, address);
		i < own->their_count && strcmp(own->theirs[i].email, address) == 0; i++) {
		const struct salesperson_email *email = &own->theirs[i];

		if ((!email->has_from || email->from <= at) &&
			(!email->has_until || email->until >= at))
			return true;
	}
	return false;
}
