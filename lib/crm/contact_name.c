#include <string.h>
#include <strings.h>

#include "contact_row.h"
#include "liaison/base/text.h"

/* Names of persons: last word the surname, second-last of three the middle name, the rest the first
 * name; and back (reference 2.8). Titles before it belong to the name alone. */

struct name_parts {
	const char *first, *middle, *surname;
};

/* The last word of *text, cut off it; NULL when there is none. */
static const char *
take_last_word(struct arena *arena, char *text)
{
	char *blank;
	const char *word;
	size_t size = strlen(text);

	while (size > 0 && text[size - 1] == ' ')
		text[--size] = '\0';
	if (size == 0)
		return NULL;
	blank = strrchr(text, ' ');
	if (blank == NULL) {
		word = arena_text(arena, text);
		text[0] = '\0';
	} else {
		word = arena_text(arena, blank + 1);
		*blank = '\0';
	}
	return word;
}

static unsigned
count_words(const char *text)
{
	unsigned count = 0;

	for (bool inside = false; *text != '\0'; text++) {
		if (*text != ' ' && !inside)
			count++;
		inside = *text != ' ';
	}
	return count;
}

/* Those that may be names, too, bear their full stop; the others may. */
static const char *const titles[] = { "dr", "dr.-ing", "drs.", "prof", "mr", "mrs", "ms", "miss",
	"mx", "herr", "frau", "mme", "mlle", "dipl.", "dipl.-ing", "ing.", "mag.", "mgr.", "bc.",
	"dott.", "phdr", "mudr", "judr", "rndr", "rev.", "hon." };

static bool
is_title(const char *word, size_t size)
{
	size_t bare = size > 0 && word[size - 1] == '.' ? size - 1 : size;

	for (size_t i = 0; i < sizeof titles / sizeof *titles; i++) {
		size_t length = strlen(titles[i]);

		if ((length == size || (length == bare && titles[i][length - 1] != '.')) &&
			strncasecmp(titles[i], word, length) == 0)
			return true;
	}
	return false;
}

/* Bytes of the titles that a name begins with; its last word is none. */
static size_t
titles_size(const char *name)
{
	size_t at = strspn(name, " ");

	for (;;) {
		size_t size = strcspn(name + at, " "), next = at + size;

		next += strspn(name + next, " ");
		if (name[next] == '\0' || !is_title(name + at, size))
			return at;
		at = next;
	}
}

static struct name_parts
split_name(struct arena *arena, const char *name)
{
	char *rest = arena_text(arena, name + titles_size(name));
	unsigned words = count_words(rest);
	struct name_parts parts = { 0 };

	parts.surname = take_last_word(arena, rest);
	if (words > 2)
		parts.middle = take_last_word(arena, rest);
	if (words > 1)
		parts.first = text_trim(arena, rest, strlen(rest));
	return parts;
}

/* With the titles that the name had. */
static const char *
compose_name(struct arena *arena, const struct contact *contact)
{
	const char *parts[] = { contact->first_name, contact->middle_name, contact->surname };
	const char *name = "";

	if (contact->name != NULL)
		name = text_trim(arena, contact->name, titles_size(contact->name));
	for (size_t i = 0; i < 3; i++) {
		if (parts[i] != NULL && parts[i][0] != '\0')
			name = arena_printf(
				arena, "%s%s%s", name, name[0] != '\0' ? " " : "", parts[i]);
	}
	return name;
}

static bool
is_blank(const char *text)
{
	return text == NULL || text[0] == '\0';
}

/* Cuts part off the end of rest, where it stands as words of its own. */
static bool
cut_end(char *rest, const char *part)
{
	size_t size = strlen(rest), length = strlen(part);

	if (length > size || strcmp(rest + size - length, part) != 0 ||
		(length < size && rest[size - length - 1] != ' '))
		return false;
	rest[size - length] = '\0';
	return true;
}

static bool
cut_beginning(char *rest, const char *part)
{
	size_t size = strlen(rest), length = strlen(part);

	if (strncmp(rest, part, length) != 0 || (rest[length] != ' ' && rest[length] != '\0'))
		return false;
	memmove(rest, rest + length, size - length + 1);
	return true;
}

static const char *
trimmed(struct arena *arena, const char *rest)
{
	const char *text = text_trim(arena, rest, strlen(rest));

	return text[0] != '\0' ? text : NULL;
}

/* Parts that were not given are what of the name the given ones leave. */
static void
fill_parts(struct arena *arena, struct contact *contact)
{
	char *rest = arena_text(arena, contact->name + titles_size(contact->name));
	bool has_first = !is_blank(contact->first_name);
	bool begins = has_first && cut_beginning(rest, contact->first_name);
	const char *middle = NULL;

	if (is_blank(contact->surname))
		contact->surname = take_last_word(arena, rest);
	else if (!cut_end(rest, contact->surname))
		(void)take_last_word(arena, rest);
	rest = text_trim(arena, rest, strlen(rest));
	if (!is_blank(contact->middle_name))
		(void)cut_end(rest, contact->middle_name);
	else if (begins)
		middle = trimmed(arena, rest);
	else if (count_words(rest) > 1 && !(has_first && cut_end(rest, contact->first_name)))
		middle = take_last_word(arena, rest);
	if (middle != NULL)
		contact->middle_name = middle;
	if (!has_first)
		contact->first_name = trimmed(arena, rest);
}

static void
set_parts(struct contact *contact, const struct name_parts *parts)
{
	contact->first_name = parts->first;
	contact->middle_name = parts->middle;
	contact->surname = parts->surname;
}

void
contact_complete_name(struct arena *arena, struct contact *contact)
{
	if (strcmp(contact->type, "person") != 0)
		return;
	if (is_blank(contact->name)) {
		contact->name = compose_name(arena, contact);
		return;
	}
	fill_parts(arena, contact);
}

void
contact_settle_name(struct arena *arena, struct contact *contact, bool name_given, bool parts_given)
{
	struct name_parts parts;

	if (strcmp(contact->type, "person") != 0)
		return;
	if (name_given && !parts_given && !is_blank(contact->name)) {
		parts = split_name(arena, contact->name);
		set_parts(contact, &parts);
	} else if (parts_given && !name_given) {
		contact->name = compose_name(arena, contact);
	}
}
