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

static int
judge_fresh(struct store *fresh, struct err *err)
{
	bool damaged = false;
	int64_t left;

	if (store_checkpoint(fresh, true, &left, err) < 0)
		return -1;
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
	*store = *fresh;
	*fresh = old;
	store_set_hooks(store);
}

int
store_reopen(struct store *store, struct err *err)
{
	struct store *fresh;

	assert(store->path != NULL && !store->open && store->active == 0);
	fresh = store_open_existing(mem_text(store->path), store->mode, store, err);
	if (fresh == NULL)
		return -1;
	if (judge_fresh(fresh, err) < 0) {
		store_close(fresh);
		return -1;
	}
	trade_places(store, fresh);
	store_close(fresh); /* the old one: it does not move the log, as it is not the last */
	return 0;
}
