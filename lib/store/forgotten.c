#include "liaison/store/forgotten.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forgotten_file.h"
#include "handle.h"
#include "liaison/base/address.h"
#include "liaison/base/crypt.h"
#include "liaison/base/text.h"

/* A line of the list: 64 digits, when, the number of the receipt, c for a contact's mark or a for an address, and r
 * behind it where words that others share went too. */

enum { KEY_SIZE = 32 };

struct forgotten_list {
	uint8_t key[KEY_SIZE];
	bool has_key;
	struct forgotten *items; /* own; sorted by digest */
	size_t count, room;
	char stamp[65];
};

/* ---- the list ---- */

static int
compare(const void *a, const void *b)
{
	return strcmp(((const struct forgotten *)a)->digest, ((const struct forgotten *)b)->digest);
}

static void
add_item(struct forgotten_list *list, const struct forgotten *item)
{
	if (list->count == list->room) {
		list->room = list->room * 2 + 16;
		list->items = mem_resize(list->items, list->room * sizeof *list->items);
	}
	list->items[list->count++] = *item;
}

static bool
read_line(const char *line, struct forgotten *out)
{
	long long since, receipt;
	int size = 0;
	char kind;
	bool redact;

	/* NOLINTNEXTLINE(cert-err34-c): the widths keep numbers within bounds */
	if (sscanf(line, "%64[0-9a-f] %18lld %18lld %c%n", out->digest, &since, &receipt, &kind,
		    &size) != 4 ||
		strlen(out->digest) != 64 || (kind != 'a' && kind != 'c'))
		return false;
	redact = line[size] == 'r';
	if (line[size + redact] != '\n')
		return false;
	out->mark = kind == 'c';
	out->redact = redact;
	out->since = since;
	out->receipt = receipt;
	return true;
}

static int
read_lines(struct forgotten_list *list, const char *path, const struct text *text, struct err *err)
{
	const char *line = text->size == 0 ? "" : text->bytes;

	for (unsigned number = 1; *line != '\0'; number++) {
		struct forgotten item;

		if (!read_line(line, &item)) {
			fail(err, ERR_STORAGE,
				"line %u of the list of the forgotten '%s' is damaged", number,
				path);
			return err_hint(err,
				"restore it from a backup: without it a restored database brings "
				"erased people back");
		}
		add_item(list, &item);
		line = strchr(line, '\n') + 1;
	}
	if (list->count > 0)
		qsort(list->items, list->count, sizeof *list->items, compare);
	return 0;
}

static void
set_stamp(struct forgotten_list *list)
{
	struct sha256_state *state = sha256_new();
	struct arena *arena = arena_new();
	uint8_t digest[SHA256_SIZE];

	for (size_t i = 0; i < list->count; i++) {
		sha256_add(state, list->items[i].digest, 64);
		if (list->items[i].redact)
			sha256_add(state, "r", 1);
	}
	sha256_end(state, digest);
	text_copy(list->stamp, sizeof list->stamp,
		list->count == 0 ? "" : hex_encode(arena, digest, sizeof digest));
	arena_free(arena);
}

static void
list_free(struct forgotten_list *list)
{
	if (list == NULL)
		return;
	wipe(list->key, sizeof list->key);
	free(list->items);
	free(list);
}

void
store_drop_forgotten(struct store *store)
{
	list_free(store->forgotten);
	store->forgotten = NULL;
}

static int
read_key(struct forgotten_list *list, const char *path, struct err *err)
{
	struct text text = { 0 };
	int result = forgotten_file_read(path, true, &text, &list->has_key, err);

	if (result == 0 && list->has_key && text.size != KEY_SIZE)
		result = fail(err, ERR_STORAGE, "the key of the forgotten '%s' is damaged", path);
	if (result == 0 && list->has_key)
		memcpy(list->key, text.bytes, KEY_SIZE);
	if (text.size > 0)
		wipe(text.bytes, text.size);
	text_clear(&text);
	return result;
}

static int
read_list(struct arena *arena, const char *database, struct forgotten_list *list, struct err *err)
{
	const char *path = forgotten_path(arena, database, ""),
		   *key = forgotten_path(arena, database, ".key");
	struct text text = { 0 };
	bool there;
	int result;

	if (read_key(list, key, err) < 0)
		return -1;
	result = forgotten_file_read(path, false, &text, &there, err);
	if (result == 0)
		result = read_lines(list, path, &text, err);
	text_clear(&text);
	if (result == 0 && list->count > 0 && !list->has_key) {
		fail(err, ERR_STORAGE, "the key of the forgotten '%s' is missing", key);
		result = err_hint(
			err, "restore it; removing '%s' too gives the forgotten up", path);
	}
	return result;
}

/* What the store goes by from now on; what could not be read or written is as it was. */
static int
take(struct store *store, struct forgotten_list *list, int result)
{
	if (result < 0) {
		list_free(list);
		return -1;
	}
	set_stamp(list);
	store_drop_forgotten(store);
	store->forgotten = list;
	return 0;
}

int
forgotten_load(struct store *store, struct err *err)
{
	struct forgotten_list *list = mem_zero(1, sizeof *list);
	struct arena *arena = arena_new();
	int result = store->path == NULL ? 0 : read_list(arena, store->path, list, err);

	arena_free(arena);
	return take(store, list, result);
}

/* ---- asking it ---- */

static void
digest_of(const struct forgotten_list *list, const char *address, char out[65])
{
	static const char digits[] = "0123456789abcdef";
	uint8_t digest[SHA256_SIZE];

	hmac_sha256(list->key, sizeof list->key, address, strlen(address), digest);
	for (size_t i = 0; i < sizeof digest; i++) {
		out[i * 2] = digits[digest[i] >> 4];
		out[i * 2 + 1] = digits[digest[i] & 15];
	}
	out[64] = '\0';
}

static struct forgotten *
find(const struct forgotten_list *list, const char *address)
{
	struct forgotten wanted = { 0 };

	if (list->count == 0)
		return NULL;
	digest_of(list, address, wanted.digest);
	return bsearch(&wanted, list->items, list->count, sizeof wanted, compare);
}

bool
forgotten_any(const struct store *store)
{
	return store->forgotten != NULL && store->forgotten->count > 0;
}

bool
forgotten_find(const struct store *store, const char *address, struct forgotten *out)
{
	const struct forgotten *found;

	if (!forgotten_any(store) || address == NULL)
		return false;
	found = find(store->forgotten, address);
	if (found == NULL && strchr(address, '+') != NULL) {
		struct arena *arena = arena_new();

		found = find(store->forgotten, address_fold_tag(arena, address));
		arena_free(arena);
	}
	if (found != NULL && out != NULL)
		*out = *found;
	return found != NULL;
}

int64_t
forgotten_count(const struct store *store)
{
	return store->forgotten == NULL ? 0 : (int64_t)store->forgotten->count;
}

const char *
forgotten_stamp(const struct store *store)
{
	return store->forgotten == NULL ? "" : store->forgotten->stamp;
}

/* ---- changing it ---- */

static int
need_key(struct arena *arena, struct store *store, struct err *err)
{
	struct forgotten_list *list = store->forgotten;

	if (list->has_key)
		return 0;
	if (random_bytes(list->key, sizeof list->key) < 0)
		return fail(err, ERR_INTERNAL, "there are no random bytes for a key");
	if (store->path != NULL &&
		forgotten_file_write(arena, forgotten_path(arena, store->path, ".key"),
			(const char *)list->key, sizeof list->key, err) < 0)
		return -1;
	list->has_key = true;
	return 0;
}

static int
write_list(struct arena *arena, const char *database, const struct forgotten_list *list,
	struct err *err)
{
	struct text text = { 0 };
	int result;

	for (size_t i = 0; i < list->count; i++)
		text_printf(&text, "%s %lld %lld %c%s\n", list->items[i].digest,
			(long long)list->items[i].since, (long long)list->items[i].receipt,
			list->items[i].mark ? 'c' : 'a', list->items[i].redact ? "r" : "");
	result = forgotten_file_write(arena, forgotten_path(arena, database, ""),
		text.size == 0 ? "" : text.bytes, text.size, err);
	text_clear(&text);
	return result;
}

static int
settle(struct store *store, struct forgotten_list *changed, struct err *err)
{
	struct arena *arena = arena_new();
	int result = store->path == NULL ? 0 : write_list(arena, store->path, changed, err);

	arena_free(arena);
	return take(store, changed, result);
}

static struct forgotten_list *
copy_of(const struct forgotten_list *list)
{
	struct forgotten_list *copy = mem_zero(1, sizeof *copy);

	memcpy(copy->key, list->key, sizeof copy->key);
	copy->has_key = list->has_key;
	for (size_t i = 0; i < list->count; i++)
		add_item(copy, &list->items[i]);
	return copy;
}

static int
begin_change(struct store *store, struct err *err)
{
	struct arena *arena;
	int result;

	if (store->forgotten == NULL && forgotten_load(store, err) < 0)
		return -1;
	arena = arena_new();
	result = need_key(arena, store, err);
	arena_free(arena);
	return result;
}

int
forgotten_add(struct store *store, const char *const *addresses, unsigned count,
	const struct forgotten *as, struct err *err)
{
	struct forgotten_list *changed;

	if (begin_change(store, err) < 0)
		return -1;
	changed = copy_of(store->forgotten);
	for (unsigned i = 0; i < count; i++) {
		struct forgotten item = *as, *there = find(changed, addresses[i]);

		if (there != NULL) {
			there->redact |= as->redact;
			continue;
		}
		digest_of(changed, addresses[i], item.digest);
		add_item(changed, &item);
		qsort(changed->items, changed->count, sizeof *changed->items, compare);
	}
	return settle(store, changed, err);
}

/* What an erasure noted of its contact beside addresses: a mark that stayed would erase it again. */
static void
drop_marks(struct forgotten_list *list, const struct forgotten *of)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct forgotten *item = &list->items[i];

		if (!item->mark || item->receipt != of->receipt || item->since != of->since)
			list->items[kept++] = *item;
	}
	list->count = kept;
}

int
forgotten_remove(struct store *store, const char *address, bool *was, struct err *err)
{
	struct forgotten_list *changed;
	struct forgotten *item, gone;

	if (begin_change(store, err) < 0)
		return -1;
	item = find(store->forgotten, address);
	*was = item != NULL;
	if (item == NULL)
		return 0;
	changed = copy_of(store->forgotten);
	item = find(changed, address);
	gone = *item;
	*item = changed->items[--changed->count];
	drop_marks(changed, &gone);
	if (changed->count > 0)
		qsort(changed->items, changed->count, sizeof *changed->items, compare);
	return settle(store, changed, err);
}
