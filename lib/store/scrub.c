#include "liaison/store/scrub.h"

#include <string.h>

#include "handle.h"

/* Pages of b-trees as the file format lays them out (https://www.sqlite.org/fileformat.html, section 1.6): a
 * header, pointers to cells, unused space, cells with free blocks among them. All other pages are whole in
 * use, or were overwritten when they were freed. */

enum {
	PAGE = 4096, /* of all databases of ours */
	FILE_HEADER = 100, /* before page 1's own */
	PAGES_MAX = 0x02000000, /* beyond, the number of a next page looks like a kind */
};

static unsigned
two_bytes(const uint8_t *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

/* The size of a page's header; 0: it is no page of a b-tree. */
static unsigned
header_size(const uint8_t *header)
{
	if (header[0] == 2 || header[0] == 5)
		return 12;
	return header[0] == 10 || header[0] == 13 ? 8 : 0;
}

static bool
any_set(const uint8_t *bytes, unsigned size)
{
	for (unsigned i = 0; i < size; i++) {
		if (bytes[i] != 0)
			return true;
	}
	return false;
}

struct file_place {
	sqlite3_file *file;
	int64_t offset; /* of the page */
	const uint8_t *page;
};

static int
blank(const struct file_place *at, unsigned from, unsigned size)
{
	static const uint8_t zeros[PAGE];

	if (!any_set(at->page + from, size))
		return SQLITE_OK;
	return at->file->pMethods->xWrite(at->file, zeros, (int)size, at->offset + from);
}

static int
blank_free_blocks(const struct file_place *at, unsigned block)
{
	int result = SQLITE_OK;

	while (result == SQLITE_OK && block != 0 && block + 4 <= PAGE) {
		unsigned next = two_bytes(at->page + block), size = two_bytes(at->page + block + 2);

		if (size < 4 || block + size > PAGE)
			break;
		result = blank(at, block + 4, size - 4);
		if (next <= block)
			break;
		block = next;
	}
	return result;
}

static int
scrub_page(const struct file_place *at)
{
	unsigned begin = at->offset == 0 ? FILE_HEADER : 0;
	const uint8_t *header = at->page + begin;
	unsigned size = header_size(header), pointers, cells;
	int result;

	if (size == 0)
		return SQLITE_OK;
	pointers = begin + size + 2 * two_bytes(header + 3);
	cells = two_bytes(header + 5);
	if (cells < pointers || cells > PAGE)
		return SQLITE_OK;
	result = blank(at, pointers, cells - pointers);
	return result == SQLITE_OK ? blank_free_blocks(at, two_bytes(header + 1)) : result;
}

static int
scrub_pages(sqlite3_file *file, int64_t *page, int64_t count, unsigned max)
{
	uint8_t bytes[PAGE];
	int result = SQLITE_OK;

	for (unsigned i = 0; i < max && *page <= count && result == SQLITE_OK; i++, ++*page) {
		struct file_place at = { file, (*page - 1) * PAGE, bytes };

		result = file->pMethods->xRead(file, bytes, PAGE, at.offset);
		if (result == SQLITE_OK)
			result = scrub_page(&at);
	}
	if (result == SQLITE_OK && *page > count)
		*page = 0;
	return result;
}

static int
check_format(struct store *store, int64_t *count, struct err *err)
{
	int64_t size = 0, vacuum = 0;

	if (store_pragma_int(store, "PRAGMA page_size", &size, err) < 0 ||
		store_pragma_int(store, "PRAGMA auto_vacuum", &vacuum, err) < 0 ||
		store_pragma_int(store, "PRAGMA page_count", count, err) < 0)
		return -1;
	if (size != PAGE || vacuum != 0 || *count > PAGES_MAX)
		return fail(err, ERR_STORAGE,
			"the database has pages of a kind whose unused space nobody can tell");
	return 0;
}

/* The log is empty, and nothing of the pages is kept in memory that could be written back. */
static int
scrub(struct store *store, int64_t *page, unsigned max, int64_t count, struct err *err)
{
	sqlite3_file *file = NULL;
	int result;

	sqlite3_db_release_memory(store->db);
	result = sqlite3_file_control(store->db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
	if (result == SQLITE_OK && (file == NULL || file->pMethods == NULL))
		result = SQLITE_ERROR;
	if (result == SQLITE_OK)
		result = scrub_pages(file, page, count, max);
	if (result == SQLITE_OK)
		result = file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
	sqlite3_db_release_memory(store->db);
	return result == SQLITE_OK
		       ? 0
		       : store_fail(store, result, "unused space cannot be overwritten", err);
}

int
store_scrub(struct store *store, int64_t *page, unsigned max, struct err *err)
{
	int64_t left = 0, count = 0;

	if (store->path == NULL) {
		*page = 0;
		return 0;
	}
	if (store_checkpoint(store, true, &left, err) < 0)
		return -1;
	if (left > 0 || store->wal_pages > 0)
		return fail(err, ERR_UNAVAILABLE,
			"something that reads the database holds an old state of it");
	if (check_format(store, &count, err) < 0)
		return -1;
	return scrub(store, page, max, count, err);
}
