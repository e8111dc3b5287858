#include <string.h>

#include "forget_work.h"

/* What is kept of what was: the journal, what watchers were told, answers under keys, merges. */

/* ---- the journal ------------------------------------------------------------------------------- */

struct past_row {
	int64_t id;
	const char *before, *after;
};

static const char NEXT_ENTRY[] =
	"SELECT id, before, after, contact FROM journal WHERE id > ? ORDER BY id LIMIT 1";
static const char SET_ENTRY[] = "UPDATE journal SET before = ?2, after = ?3 WHERE id = ?1";
static const char CLOSE_ENTRY[] = "UPDATE journal SET noun = 'forgotten', contact = NULL, "
				  "before = NULL, after = NULL WHERE id = ?1";

static bool
is_own(const struct erasing *it, int64_t contact)
{
	for (unsigned i = 0; i < it->contact_count; i++) {
		if (it->contacts[i] == contact)
			return true;
	}
	return false;
}

static const char DROP_FILE[] =
	"DELETE FROM file WHERE digest = ?1 AND NOT EXISTS (SELECT 1 FROM file_use u WHERE u.file "
	"= file.id)";

/* A former picture lies in the folder for as long as it could be had back. */
static int
drop_file(struct erasing *it, const char *digest, struct err *err)
{
	struct stmt *q = sql_prepare(it->store, DROP_FILE);

	stmt_bind_text(q, digest);
	if (stmt_run(q, err) < 0)
		return -1;
	if (store_changes(it->store) == 0)
		return 0;
	if (erasing_count(it, ERASED_FILES, 1, err) < 0)
		return -1;
	return erasing_add_word(it, "file", digest, err);
}

static int
drop_files_in(struct erasing *it, const char *json, struct err *err)
{
	static const char DIGITS[] = "0123456789abcdef";

	while (json != NULL && *json != '\0') {
		size_t size = strspn(json, DIGITS);

		if (size == 64 && drop_file(it, arena_text_n(it->arena, json, size), err) < 0)
			return -1;
		json += size + (json[size] != '\0');
	}
	return 0;
}

static int
close_entry(struct erasing *it, const struct past_row *row, struct err *err)
{
	struct stmt *q;

	if (drop_files_in(it, row->before, err) < 0 || drop_files_in(it, row->after, err) < 0)
		return -1;
	q = sql_prepare(it->store, CLOSE_ENTRY);
	stmt_bind_int(q, row->id);
	if (stmt_run(q, err) < 0)
		return -1;
	return erasing_count(it, ERASED_JOURNAL, 1, err);
}

static int
clean_entry(struct erasing *it, struct past_row *row, struct err *err)
{
	bool before = erase_json(it->arena, row->before, it, &row->before);
	bool after = erase_json(it->arena, row->after, it, &row->after);
	struct stmt *q;

	if (!before && !after)
		return 0;
	q = sql_prepare(it->store, SET_ENTRY);
	stmt_bind_int(q, row->id);
	stmt_bind_text(q, row->before);
	stmt_bind_text(q, row->after);
	if (stmt_run(q, err) < 0)
		return -1;
	return erasing_count(it, ERASED_JOURNAL, 1, err);
}

int
erase_journal(struct erasing *it, bool *more, struct err *err)
{
	struct arena *whole = it->arena;
	int result = 0;

	*more = true;
	it->arena = arena_new();
	while (result == 0 && *more && !erasing_is_long(it)) {
		struct stmt *q = sql_prepare(it->store, NEXT_ENTRY);
		struct past_row row = { 0 };
		bool own = false;

		arena_reset(it->arena);
		stmt_bind_int(q, it->place);
		if (stmt_row(q)) {
			row.id = stmt_int(q);
			row.before = stmt_text_copy(q, it->arena);
			row.after = stmt_text_copy(q, it->arena);
			own = is_own(it, stmt_int(q));
		}
		result = stmt_end(q, err);
		*more = row.id != 0;
		if (result == 0 && *more) {
			it->place = row.id;
			result = own ? close_entry(it, &row, err) : clean_entry(it, &row, err);
		}
	}
	arena_free(it->arena);
	it->arena = whole;
	return result;
}

/* ---- events and answers ------------------------------------------------------------------------ */

static int
drop_where(struct erasing *it, const char *sql, const char *word, struct err *err)
{
	struct stmt *q = sql_prepare(it->store, sql);

	stmt_bind_text(q, word);
	if (stmt_run(q, err) < 0)
		return -1;
	return erasing_count(it, ERASED_OTHERS, store_changes(it->store), err);
}

/* Both are kept for a short while only, so that all of one that names the person may go. */
static const char *const DROP_NAMING[] = {
	"DELETE FROM event WHERE record NOT LIKE '@%' AND names(record, ?1)",
	"DELETE FROM idempotency WHERE names(result, ?1) OR names(key, ?1)",
	("UPDATE quarantine SET header = NULL, error = 'somebody in it is forgotten' "
	 "WHERE names(header, ?1) OR names(error, ?1)"),
	("UPDATE ledger SET reason = NULL WHERE decision = 'quarantined' AND (stream_id, uid) IN "
	 "(SELECT stream_id, uid FROM quarantine) AND names(reason, ?1)"),
	"UPDATE reapply SET filter = '', done = 1 WHERE names(filter, ?1)",
	"DELETE FROM candidate WHERE address = ?1",
	"DELETE FROM candidate_again WHERE address = ?1",
	"DELETE FROM candidate_past WHERE address = ?1",
	("INSERT INTO find_queue (contact_id) SELECT contact_id FROM contact_email "
	 "WHERE address = ?1 ON CONFLICT DO NOTHING"),
	"DELETE FROM contact_email WHERE address = ?1",
	("DELETE FROM address WHERE address = ?1 AND NOT EXISTS (SELECT 1 FROM party p WHERE "
	 "p.address_id = address.id)"),
};

/* A number may be as short as "7": it is the contact's where it stands in quotes, and mail knows none. */
static const char *const DROP_NUMBERED[] = {
	("DELETE FROM event WHERE record NOT LIKE '@%' AND (instr(lower(record), lower('\"' || ?1 "
	 "|| '\"')) > 0 OR instr(lower(record), lower('''' || ?1 || '''')) > 0)"),
	("DELETE FROM idempotency WHERE instr(lower(result), lower('\"' || ?1 || '\"')) > 0 OR "
	 "instr(lower(result), lower('''' || ?1 || '''')) > 0"),
};

enum {
	NAMING_COUNT = sizeof DROP_NAMING / sizeof *DROP_NAMING,
	NUMBERED_COUNT = sizeof DROP_NUMBERED / sizeof *DROP_NUMBERED,
};

int
erase_events(struct erasing *it, bool *more, struct err *err)
{
	size_t named = (size_t)it->addresses.count * NAMING_COUNT;
	size_t all = named + (size_t)it->nos.count * NUMBERED_COUNT;

	for (; (size_t)it->place < all && !erasing_is_long(it); it->place++) {
		size_t at = (size_t)it->place, no = at < named ? 0 : at - named;

		if ((at < named ? drop_where(it, DROP_NAMING[at % NAMING_COUNT],
					  it->addresses.items[at / NAMING_COUNT], err)
				: drop_where(it, DROP_NUMBERED[no % NUMBERED_COUNT],
					  it->nos.items[no / NUMBERED_COUNT], err)) < 0)
			return -1;
	}
	*more = (size_t)it->place < all;
	return 0;
}

/* ---- merges of others -------------------------------------------------------------------------- */

static const char NEXT_MERGE[] =
	"SELECT id, merged, before, after FROM merge WHERE id > ? ORDER BY id LIMIT 1";
static const char SET_MERGE[] =
	"UPDATE merge SET merged = ?2, before = ?3, after = ?4 WHERE id = ?1";
static const char SELECT_PARTS[] =
	"SELECT place, before, after FROM merge_row WHERE merge_id = ? ORDER BY place";
static const char SET_PART[] =
	"UPDATE merge_row SET before = ?3, after = ?4 WHERE merge_id = ?1 AND place = ?2";

static int
clean_part(struct erasing *it, int64_t merge, int64_t place, const char *before, const char *after,
	struct err *err)
{
	bool named = erase_json(it->arena, before, it, &before);
	struct stmt *q;

	named |= erase_json(it->arena, after, it, &after);
	if (!named)
		return 0;
	q = sql_prepare(it->store, SET_PART);
	stmt_bind_int(q, merge);
	stmt_bind_int(q, place);
	stmt_bind_text(q, before == NULL ? "{}" : before);
	stmt_bind_text(q, after);
	return stmt_run(q, err);
}

static int
clean_parts(struct erasing *it, int64_t merge, struct err *err)
{
	struct stmt *q = sql_prepare(it->store, SELECT_PARTS);
	int result = 0;

	stmt_bind_int(q, merge);
	while (result == 0 && stmt_row(q)) {
		int64_t place = stmt_int(q);
		const char *before = stmt_text_copy(q, it->arena);
		const char *after = stmt_text_copy(q, it->arena);

		result = clean_part(it, merge, place, before, after, err);
	}
	if (result < 0) {
		struct err ignored;

		(void)stmt_end(q, &ignored);
		return -1;
	}
	return stmt_end(q, err);
}

static int
clean_merge(struct erasing *it, int64_t id, const char *texts[3], struct err *err)
{
	bool named = false;
	struct stmt *q;

	for (unsigned i = 0; i < 3; i++)
		named |= erase_json(it->arena, texts[i], it, &texts[i]);
	if (clean_parts(it, id, err) < 0)
		return -1;
	if (!named)
		return 0;
	q = sql_prepare(it->store, SET_MERGE);
	stmt_bind_int(q, id);
	for (unsigned i = 0; i < 3; i++)
		stmt_bind_text(q, texts[i] == NULL ? "{}" : texts[i]);
	if (stmt_run(q, err) < 0)
		return -1;
	return erasing_count(it, ERASED_OTHERS, 1, err);
}

int
erase_merges(struct erasing *it, bool *more, struct err *err)
{
	*more = true;
	while (!erasing_is_long(it)) {
		struct stmt *q = sql_prepare(it->store, NEXT_MERGE);
		const char *texts[3] = { NULL, NULL, NULL };
		int64_t id = 0;

		stmt_bind_int(q, it->place);
		if (stmt_row(q)) {
			id = stmt_int(q);
			for (unsigned i = 0; i < 3; i++)
				texts[i] = stmt_text_copy(q, it->arena);
		}
		if (stmt_end(q, err) < 0)
			return -1;
		if (id == 0) {
			*more = false;
			return 0;
		}
		it->place = id;
		if (clean_merge(it, id, texts, err) < 0)
			return -1;
	}
	return 0;
}
