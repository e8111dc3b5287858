#include "person.h"

#include <string.h>

#include "liaison/base/address.h"
#include "liaison/base/crypt.h"

extern const char data_capture_robots_txt[];

enum { LOCAL_MAX = 330 };

bool
address_is_robot(const char *address)
{
	const char *at = strrchr(address, '@'), *line = data_capture_robots_txt;
	char local[LOCAL_MAX], pattern[LOCAL_MAX];
	size_t size = at == NULL ? 0 : (size_t)(at - address);

	if (size == 0 || size >= sizeof local)
		return false;
	memcpy(local, address, size);
	local[size] = '\0';
	while (*line != '\0') {
		size = strcspn(line, "\n");
		if (size > 0 && line[0] != '#' && size < sizeof pattern) {
			memcpy(pattern, line, size);
			pattern[size] = '\0';
			if (text_glob(pattern, local, false))
				return true;
		}
		line += size + (line[size] == '\n');
	}
	return false;
}

struct known *
person_find(struct turn *turn, const char *address)
{
	const char *folded = address_folded(turn, address);

	return known_find(&turn->capture->known, folded != NULL ? folded : address);
}

bool
person_is_stranger(struct turn *turn, struct known *known)
{
	if (known->person == PERSON_UNASKED) {
		if (known->side == SIDE_UNASKED)
			known->side = own_side(&turn->capture->own, known->key);
		known->person = known->side == SIDE_OTHER && !address_is_robot(known->key)
					? PERSON_STRANGER
					: PERSON_NONE;
	}
	return known->person == PERSON_STRANGER;
}

static void
add_list(struct text *text, const struct config_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		text_printf(text, "%s\n", list->items[i]);
	text_add_char(text, '\n');
}

int64_t
person_digest(const struct config *config)
{
	struct text text = { 0 };
	int64_t digest;

	add_list(&text, &config->own_addresses);
	add_list(&text, &config->own_domains);
	for (size_t i = 0; i < config->source_count; i++) {
		const struct config_source *source = &config->sources[i];

		text_printf(&text, "%s\n%s\n%d\n", source->name,
			source->user == NULL ? "" : source->user, source->fold_subaddress);
		add_list(&text, &source->addresses);
		add_list(&text, &source->fold_domains);
	}
	digest = (int64_t)hash64(text.bytes, text.size);
	text_clear(&text);
	return digest;
}
