#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "liaison/net/special_use.h"
#include "mailbox.h"

/* Which folders the configuration means: globs, "!", special uses. */

/* Globs may be written with "/" whatever the server's delimiter is. */
static bool
glob_matches(const char *pattern, const struct folder *folder)
{
	char *with_slashes;
	bool matches;

	if (text_glob(pattern, folder->name, false))
		return true;
	if (text_equal_nocase(folder->name, "INBOX"))
		return text_equal_nocase(pattern, "INBOX");
	if (!folder->delimiter || folder->delimiter == '/')
		return false;
	with_slashes = mem_text(folder->name);
	for (char *p = with_slashes; *p; p++)
		if (*p == folder->delimiter)
			*p = '/';
	matches = text_glob(pattern, with_slashes, false);
	free(with_slashes);
	return matches;
}

static bool
pattern_matches(const char *pattern, const struct folder *folder)
{
	unsigned use = pattern[0] == '\\' ? special_use_by_word(pattern) : 0;

	if (use)
		return folder->attributes & use;
	if (text_equal_nocase(pattern, "\\Inbox"))
		return folder->attributes & IMAP_INBOX;
	return glob_matches(pattern, folder);
}

/* In order; the last pattern that matches decides. */
static bool
list_takes(const struct config_list *list, const struct folder *folder, unsigned *place)
{
	bool takes = false;

	for (size_t i = 0; i < list->count; i++) {
		bool excludes = list->items[i][0] == '!';

		if (pattern_matches(list->items[i] + excludes, folder))
			takes = !excludes;
		if (takes && place && *place > i)
			*place = (unsigned)i;
	}
	return takes;
}

enum folder_mode
folder_mode_by_config(const struct config_source *config, struct folder *folder)
{
	folder->idle_rank = UINT_MAX;
	if ((folder->attributes & IMAP_NOSELECT) || !folder->listed ||
		!list_takes(&config->folders, folder, NULL) ||
		list_takes(&config->skip_folders, folder, NULL))
		return FOLDER_UNWATCHED;
	return list_takes(&config->idle, folder, &folder->idle_rank) ? FOLDER_IDLE : FOLDER_POLLED;
}

void
folders_guess_uses(struct mailbox *box)
{
	unsigned told = 0;

	for (size_t i = 0; i < box->folder_count; i++)
		if (box->folders[i]->listed)
			told |= box->folders[i]->attributes & IMAP_SPECIAL_USES;
	for (size_t i = 0; i < box->folder_count; i++) {
		struct folder *folder = box->folders[i];

		if (folder->listed && !(folder->attributes & (IMAP_SPECIAL_USES | IMAP_INBOX)))
			folder->attributes |= special_use_by_name(folder->name, folder->delimiter) &
					      ~told;
	}
}
