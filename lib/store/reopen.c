#include <assert.h>

#include "handle.h"

/* A connection whose sync failed, or that met a damaged page, is replaced by another to the same file.
 * What the kernel could not write it has forgotten, though it still shows it: moving the whole log
 * into the database writes all of it once more. */

static void
note_damage(void *context, const char *what)
{
	bool *damaged = context;

	(void)what;
	*damaged = true;
}

/* A part that is left in the log was not written anew. */
static int
move_whole_log(struct store *fresh, struct err *err)
{
	int64_t left;

	if (store_checkpoint(fresh, true, &left, err) < 0)
		return -1;
	if (left > 0)
		return fail(err, ERR_UNAVAILABLE,
			"something that reads the database keeps its log from being written anew");
	return 0;
}

struct store *
store_reopen_begin(const struct store *store, struct err *err)
{
	struct store *fresh;

	assert(store->path != NULL && !store->open && store->active == 0);
	fresh = store_open_existing(mem_text(store->path), store->mode, store, err);
	if (fresh == NULL || move_whole_log(fresh, err) == 0)
		return fresh;
	store_close(fresh);
	return NULL;
}

int
store_reopen_check(struct store *fresh, struct err *err)
{
	bool damaged = false;

	if (store_check(fresh, true, note_damage, &damaged, err) == 0)
		return 0;
	if (damaged)
		err_hint(err, "stop liaisond and restore a backup: liaisond --restore FILE");
	return -1;
}

/* The struct stays where it is, as others know it. */
static void
trade_places(struct store *store, struct store *fresh)
{
	struct store old = *store;

	store_drop_statements(fresh);
	fresh->deadline_ms = old.deadline_ms;
	fresh->forgotten = old.forgotten;
	old.forgotten = NULL;
	*store = *fresh;
	*fresh = old;
	store_set_hooks(store);
}

void
store_reopen_end(struct store *store, struct store *fresh)
{
	trade_places(store, fresh);
	store_close(fresh); /* the old one: it does not move the log, as it is not the last */
}
