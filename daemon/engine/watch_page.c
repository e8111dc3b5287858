#include <stdlib.h>
#include <string.h>

#include "liaison/crm/interaction.h"
#include "liaison/crm/salesperson.h"
#include "watcher.h"

/* The log of events, read back for one who asks for what was before. */

/* The interaction of an event that is written anew, 0: it stays as it is. Earlier versions logged some
 * whole, which only those who see all may have back. */
static int64_t
interaction_of(const struct store *store, const struct event_entry *entry)
{
	static const char WHOLE[] = "{\"id\":";
	int64_t id = 0;

	if (entry->record[0] == '@')
		text_to_int64(strrchr(entry->record, ' ') + 1, &id);
	else if (store_viewer(store) != NULL && strncmp(entry->kind, "interaction.", 12) == 0 &&
		 strncmp(entry->record, WHOLE, sizeof WHOLE - 1) == 0)
		id = strtoll(entry->record + sizeof WHOLE - 1, NULL, 10);
	return id;
}

static int
write_out(struct worker *worker, struct arena *arena, struct event_entry *entry, struct err *err)
{
	struct json_out json;
	int64_t id = interaction_of(worker->store, entry);

	if (id == 0)
		return 0;
	text_reset(&worker->record);
	json_out_init(&json, &worker->record);
	if (interaction_write(worker->store, arena, id, &json, err) < 0) {
		entry->record = "null"; /* it was removed since */
		return 0;
	}
	entry->record = arena_text_n(arena, worker->record.bytes, worker->record.size);
	return 0;
}

static int
view_as_asker(struct watch_page *page, struct store *store, struct err *err)
{
	const char *viewer = page->as;
	bool blocked = false;

	if (page->trusted)
		return 0;
	if (viewer != NULL && salesperson_is_blocked(store, viewer, &blocked, err) < 0)
		return -1;
	if (blocked)
		viewer = "";
	if (viewer == NULL && salesperson_of_user(store, page->arena, page->user, &viewer, err) < 0)
		return -1;
	store_set_viewer(store, viewer != NULL ? viewer : "");
	return 0;
}

static int
read_inside(struct watch_page *page, struct worker *worker, struct err *err)
{
	int64_t last;

	if (event_log_bounds(worker->store, &page->first, &last, err) < 0 ||
		event_log_list(worker->store, page->arena, page->from, page->most, &page->entries,
			&page->count, err) < 0 ||
		view_as_asker(page, worker->store, err) < 0)
		return -1;
	for (unsigned i = 0; i < page->count; i++) {
		if (write_out(worker, page->arena, &page->entries[i], err) < 0)
			return -1;
	}
	return 0;
}

void
watch_page_read(struct work *work, struct worker *worker)
{
	struct watch_page *page = (struct watch_page *)work;
	struct err err;

	if (store_begin(worker->store, &err) < 0) {
		page->failed = true;
		return;
	}
	page->failed = read_inside(page, worker, &err) < 0;
	store_set_viewer(worker->store, NULL);
	if (store_commit(worker->store, &err) < 0)
		store_rollback(worker->store);
}
