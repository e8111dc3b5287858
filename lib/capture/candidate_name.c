#include <string.h>

#include "liaison/base/text.h"
#include "liaison/capture/candidate.h"

/* From what mail says of a person to the contact it would be. */

/* Without what people write behind their names: "Ada Lovelace (Sales)", "Ada Lovelace | Engines". */
static const char *
bare_name(struct arena *arena, const char *name)
{
	static const char *const behind[] = { " (", " [", " | ", " / ", " via " };
	size_t size = strlen(name);

	for (size_t i = 0; i < sizeof behind / sizeof *behind; i++) {
		const char *at = strstr(name, behind[i]);

		if (at != NULL && at > name && (size_t)(at - name) < size)
			size = (size_t)(at - name);
	}
	return text_trim(arena, name, size);
}

/* "Lovelace, Ada" is sorted by its surname; "Engines, Inc." is not: a first name has no dot at its end
 * but as an initial. */
static const char *
turned_name(struct arena *arena, const char *name)
{
	const char *comma = strchr(name, ','), *first, *last;
	size_t size;

	if (comma == NULL || strchr(comma + 1, ',') != NULL)
		return name;
	first = text_trim(arena, comma + 1, strlen(comma + 1));
	last = text_trim(arena, name, (size_t)(comma - name));
	size = strlen(first);
	if (size == 0 || last[0] == '\0')
		return name;
	if (first[size - 1] == '.' && size > 2 && first[size - 3] != ' ')
		return name;
	return arena_printf(arena, "%s %s", first, last);
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80) != 0;
}

/* "ada.lovelace2@x.example" is "Ada Lovelace"; one without a letter is its own name. */
static const char *
name_of_address(struct arena *arena, const char *address)
{
	size_t size = strcspn(address, "@+");
	char *name = arena_alloc(arena, size + 1);
	size_t kept = 0;

	for (size_t i = 0; i < size; i++) {
		bool begins = kept == 0 || name[kept - 1] == ' ';
		char c = address[i];

		if (strchr("._-", c) != NULL && !begins)
			name[kept++] = ' ';
		else if (is_letter(c) || (c == '\'' && !begins))
			name[kept++] = begins && c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
	}
	while (kept > 0 && name[kept - 1] == ' ')
		kept--;
	name[kept] = '\0';
	return kept > 0 ? name : address;
}

void
candidate_contact(struct arena *arena, const struct candidate *candidate, struct contact *out)
{
	const char *name = candidate->name == NULL ? "" : bare_name(arena, candidate->name);

	*out = (struct contact){
		.type = "person",
		.name = name[0] == '\0' ? name_of_address(arena, candidate->address)
					: turned_name(arena, name),
		.company_id = candidate->company_id,
	};
}
