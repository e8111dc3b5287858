#include "unread.h"

#include "mailbox.h"
#include "pipeline.h"

static bool
is_unread(const struct folder *folder)
{
	return folder->listed && folder->mode == FOLDER_UNWATCHED;
}

static size_t
count_unread(const struct engine *engine)
{
	size_t count = 0;

	for (const struct mailbox *box = engine->pipeline->mailboxes; box != NULL; box = box->next)
		for (const struct folder *folder = box->folders; folder; folder = folder->next)
			count += is_unread(folder);
	return count;
}

struct unread_folders
unread_folders(struct engine *engine, struct arena *arena)
{
	struct unread_folder *items;
	size_t count = 0;

	items = arena_array(arena, count_unread(engine) + 1, sizeof *items);
	for (const struct mailbox *box = engine->pipeline->mailboxes; box != NULL;
		box = box->next) {
		for (const struct folder *folder = box->folders; folder; folder = folder->next) {
			if (!is_unread(folder))
				continue;
			items[count].source = arena_text(arena, box->name);
			items[count++].folder = arena_text(arena, folder->name);
		}
	}
	return (struct unread_folders){ items, count };
}
