#include <string.h>

#include "reapply.h"

/* Folders that are not read any more: what was seen nowhere else is ignored as it would be now. */

static bool
is_unread(const struct again *it, const struct sighting *row)
{
	const char *source = row->source != NULL ? row->source : it->turn.source_name;
	const char *folder = row->folder != NULL ? row->folder : it->turn.folder;

	for (size_t i = 0; i < it->unread.count; i++) {
		if (strcmp(it->unread.items[i].folder, folder) == 0 &&
			strcmp(it->unread.items[i].source, source) == 0)
			return true;
	}
	return false;
}

bool
again_is_unread(const struct again *it)
{
	for (unsigned i = 0; it->unread.count > 0 && i < it->count; i++) {
		const struct sighting *row = &it->seen[i];

		if (strcmp(row->decision, "quarantined") != 0 &&
			strcmp(row->decision, "forgotten") != 0 && !is_unread(it, row))
			return false;
	}
	return it->unread.count > 0;
}

void
again_ignore_unread(struct again *it)
{
	struct view *view = &it->view;

	if (view->decision != DECIDED_CAPTURED && view->decision != DECIDED_UNMATCHED)
		return;
	view->decision = view->plain = DECIDED_IGNORED;
	view->rule = NULL;
	view->reason = REASON_UNREAD;
	view->unknown = false;
}
