#include "liaison/capture/forget.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "forget_work.h"
#include "liaison/base/address.h"
#include "liaison/base/clock.h"
#include "liaison/crm/contact.h"
#include "liaison/crm/contact_find.h"
#include "liaison/crm/forget.h"
#include "liaison/crm/interaction.h"
#include "liaison/store/file.h"
#include "liaison/store/forgotten.h"
#include "liaison/store/scrub.h"

/* An erasure, step by step. */

enum { SLICE_MS = 60, SCRUB_PAGES = 2000 };

bool
erasing_is_long(const struct erasing *it)
{
	return clock_monotonic_ms() - it->begun_ms > SLICE_MS;
}

/* ---- its row and its words --------------------------------------------------------------------- */

static const char *const COUNTS[] = {
	[ERASED_CONTACTS] = "UPDATE erasure SET contacts = contacts + ?2 WHERE id = ?1",
	[ERASED_ADDRESSES] = "UPDATE erasure SET addresses = addresses + ?2 WHERE id = ?1",
	[ERASED_INTERACTIONS] = "UPDATE erasure SET interactions = interactions + ?2 WHERE id = ?1",
	[ERASED_SHARED_INTERACTIONS] = ("UPDATE erasure SET shared_interactions = "
					"shared_interactions + ?2 WHERE id = ?1"),
	[ERASED_MESSAGES] = "UPDATE erasure SET messages = messages + ?2 WHERE id = ?1",
	[ERASED_SHARED_MESSAGES] =
		"UPDATE erasure SET shared_messages = shared_messages + ?2 WHERE id = ?1",
	[ERASED_JOURNAL] = "UPDATE erasure SET journal = journal + ?2 WHERE id = ?1",
	[ERASED_FILES] = "UPDATE erasure SET files = files + ?2 WHERE id = ?1",
	[ERASED_OTHERS] = "UPDATE erasure SET others = others + ?2 WHERE id = ?1",
};

int
erasing_count(struct erasing *it, enum erased what, int64_t more, struct err *err)
{
	struct stmt *q;

	if (more == 0)
		return 0;
	q = sql_prepare(it->store, COUNTS[what]);
	stmt_bind_int(q, it->id);
	stmt_bind_int(q, more);
	return stmt_run(q, err);
}

static const char ADD_WORD[] = "INSERT INTO erasure_word (erasure_id, kind, word) VALUES (?, ?, ?) "
			       "ON CONFLICT DO NOTHING";

int
erasing_add_word(struct erasing *it, const char *kind, const char *word, struct err *err)
{
	struct stmt *q = sql_prepare(it->store, ADD_WORD);

	stmt_bind_int(q, it->id);
	stmt_bind_text(q, kind);
	stmt_bind_text(q, word);
	return stmt_run(q, err);
}

static void
keep_word(struct arena *arena, struct word_list *list, const char *word)
{
	if (list->count == list->room) {
		const char **more = arena_array(
			arena, list->room = list->room * 2 + 8, sizeof *more);

		if (list->count > 0)
			memcpy(more, list->items, list->count * sizeof *more);
		list->items = more;
	}
	list->items[list->count++] = word;
}

/* Names of so few letters are parts of anything. */
static const char *
list_of(const struct erasing *it)
{
	enum { SHORT_NAME = 2 };
	struct text text = { 0 };
	const char *list;

	for (unsigned i = 0; i < it->addresses.count; i++)
		text_printf(&text, "%s\n", it->addresses.items[i]);
	for (unsigned i = 0; i < it->texts.count; i++) {
		if (strlen(it->texts.items[i]) > SHORT_NAME)
			text_printf(&text, "%s\n", it->texts.items[i]);
	}
	list = arena_text(it->arena, text.bytes == NULL ? "" : text.bytes);
	text_clear(&text);
	return list;
}

static const char SELECT_WORDS[] =
	"SELECT kind, word FROM erasure_word WHERE erasure_id = ? ORDER BY kind, word";

static int
load_words(struct erasing *it, struct err *err)
{
	struct word_list numbers = { 0 };
	struct stmt *q = sql_prepare(it->store, SELECT_WORDS);

	stmt_bind_int(q, it->id);
	while (stmt_row(q)) {
		const char *kind = stmt_text_copy(q, it->arena);
		const char *word = stmt_text_copy(q, it->arena);

		keep_word(it->arena,
			strcmp(kind, "contact") == 0   ? &numbers
			: strcmp(kind, "no") == 0      ? &it->nos
			: strcmp(kind, "address") == 0 ? &it->addresses
			: strcmp(kind, "file") == 0    ? &it->files
			: strcmp(kind, "mark") == 0    ? &it->marks
						       : &it->texts,
			word);
	}
	it->list = list_of(it);
	it->contacts = arena_array(it->arena, numbers.count + 1, sizeof *it->contacts);
	it->contact_count = numbers.count;
	for (unsigned i = 0; i < numbers.count; i++)
		(void)text_to_int64(numbers.items[i], &it->contacts[i]);
	return stmt_end(q, err);
}

static const char SELECT_ERASURE[] =
	"SELECT at, shared = 'redact', step, place FROM erasure WHERE id = ? AND done IS NULL";

static int
load(struct erasing *it, bool *there, struct err *err)
{
	struct stmt *q = sql_prepare(it->store, SELECT_ERASURE);

	stmt_bind_int(q, it->id);
	*there = stmt_row(q);
	if (*there) {
		it->begun = stmt_int(q);
		it->redact = stmt_int(q) != 0;
		it->step = stmt_int(q);
		it->place = stmt_int(q);
	}
	if (stmt_end(q, err) < 0)
		return -1;
	return *there ? load_words(it, err) : 0;
}

static const char SAVE_PLACE[] = "UPDATE erasure SET step = ?2, place = ?3 WHERE id = ?1";

static int
save(struct erasing *it, struct err *err)
{
	struct stmt *q = sql_prepare(it->store, SAVE_PLACE);

	stmt_bind_int(q, it->id);
	stmt_bind_int(q, it->step);
	stmt_bind_int(q, it->place);
	return stmt_run(q, err);
}

/* ---- steps ------------------------------------------------------------------------------------- */

static const char SELECT_PICTURES[] =
	"SELECT f.digest FROM file f WHERE f.id IN (SELECT picture_id FROM contact WHERE id = ?1"
	" UNION SELECT picture_id FROM merge WHERE ?1 IN (into_id, merged_id, first_id)"
	" UNION SELECT other_picture_id FROM merge WHERE ?1 IN (into_id, merged_id, first_id))";
static const char DROP_FILE[] =
	"DELETE FROM file WHERE digest = ?1 AND NOT EXISTS (SELECT 1 FROM file_use u WHERE u.file "
	"= file.id)";

static int
find_pictures(struct erasing *it, int64_t contact, struct word_list *out, struct err *err)
{
	struct stmt *q = sql_prepare(it->store, SELECT_PICTURES);

	stmt_bind_int(q, contact);
	while (stmt_row(q))
		keep_word(it->arena, out, stmt_text_copy(q, it->arena));
	return stmt_end(q, err);
}

/* The rows go now; the files when that is committed. */
static int
drop_pictures(struct erasing *it, const struct word_list *pictures, struct err *err)
{
	for (unsigned i = 0; i < pictures->count; i++) {
		struct stmt *q = sql_prepare(it->store, DROP_FILE);

		stmt_bind_text(q, pictures->items[i]);
		if (stmt_run(q, err) < 0)
			return -1;
		if (store_changes(it->store) == 0)
			continue;
		if (erasing_add_word(it, "file", pictures->items[i], err) < 0 ||
			erasing_count(it, ERASED_FILES, 1, err) < 0)
			return -1;
	}
	return 0;
}

static const char HAS_CONTACT[] = "SELECT 1 FROM contact WHERE id = ?";

static int
erase_contacts(struct erasing *it, bool *more, struct err *err)
{
	for (unsigned i = 0; i < it->contact_count; i++) {
		struct stmt *q = sql_prepare(it->store, HAS_CONTACT);
		struct word_list pictures = { 0 };
		bool found;
		int64_t one;

		stmt_bind_int(q, it->contacts[i]);
		if (sql_get_int(q, &one, &found, err) < 0)
			return -1;
		if (!found)
			continue;
		if (find_pictures(it, it->contacts[i], &pictures, err) < 0 ||
			contact_erase(it->store, it->arena, it->contacts[i], err) < 0 ||
			drop_pictures(it, &pictures, err) < 0 ||
			erasing_count(it, ERASED_CONTACTS, 1, err) < 0)
			return -1;
	}
	*more = false;
	return 0;
}

/* Words that nothing has any more leave the indexes. */
static int
erase_index(struct erasing *it, bool *more, struct err *err)
{
	*more = true;
	while (it->place == 0 && *more && !erasing_is_long(it)) {
		if (contact_index_turn(it->store, more, err) < 0)
			return -1;
	}
	if (it->place == 0 && *more)
		return 0;
	it->place = 1;
	return interaction_merge_search(it->store, more, err);
}

static const char DROP_WORDS[] = "DELETE FROM erasure_word WHERE erasure_id = ?";

/* The last that knows whom it was about. */
static int
erase_words(struct erasing *it, bool *more, struct err *err)
{
	struct stmt *q;

	*more = false;
	for (unsigned i = 0; i < it->files.count; i++)
		file_unlink(it->store, it->files.items[i]);
	if (erasing_count(it, ERASED_ADDRESSES, it->addresses.count, err) < 0)
		return -1;
	q = sql_prepare(it->store, DROP_WORDS);
	stmt_bind_int(q, it->id);
	return stmt_run(q, err);
}

struct step {
	int (*run)(struct erasing *it, bool *more, struct err *err);
	bool begins; /* a transaction: what the steps before it did must be committed */
};

/* In an order in which each finds what it needs of the others. An interaction leaves its index when it is
 * committed, and files go when it is committed that nothing knows them. */
static const struct step STEPS[] = {
	{ erase_links, false },
	{ erase_messages, false },
	{ erase_contacts, false },
	{ erase_journal, false },
	{ erase_events, false },
	{ erase_merges, false },
	{ erase_index, true },
	{ erase_words, true },
};

enum { STEP_COUNT = sizeof STEPS / sizeof *STEPS };

static int
run_steps(struct erasing *it, struct err *err)
{
	int64_t first = it->step;

	it->begun_ms = clock_monotonic_ms();
	while (it->step < STEP_COUNT && !erasing_is_long(it)) {
		const struct step *step = &STEPS[it->step];
		bool more = false;

		if (step->begins && it->step > first)
			break;
		if (step->run(it, &more, err) < 0)
			return -1;
		if (more)
			continue;
		it->step++;
		it->place = 0;
		turn_step(&it->turn, "forget");
	}
	if (turn_end(&it->turn, err) < 0)
		return -1;
	return save(it, err);
}

static int
run_transaction(struct erasing *it, struct capture *capture, struct err *err)
{
	struct store *store = it->store;

	store_undo_in_memory(store, true);
	if (store_begin(store, err) < 0)
		return -1;
	if (turn_begin(&it->turn, store, capture, it->arena, it->now, &it->result, err) < 0 ||
		run_steps(it, err) < 0 || store_commit(store, err) < 0) {
		store_rollback(store);
		capture_contacts_changed(capture);
		return -1;
	}
	capture_contacts_changed(capture);
	known_flush(&capture->known);
	turn_step(&it->turn, "forget");
	return 0;
}

/* ---- the database's own unused space ----------------------------------------------------------- */

static const char FINISH[] = "UPDATE erasure SET done = ?2 WHERE id = ?1";
static const char APPLIED[] = "UPDATE forgotten_state SET stamp = ?1 WHERE NOT EXISTS "
			      "(SELECT 1 FROM erasure WHERE done IS NULL)";

static int
note_done(struct erasing *it, struct err *err)
{
	struct stmt *q = sql_prepare(it->store, FINISH);

	stmt_bind_int(q, it->id);
	stmt_bind_int(q, it->now);
	if (stmt_run(q, err) < 0)
		return -1;
	q = sql_prepare(it->store, APPLIED);
	stmt_bind_text(q, forgotten_stamp(it->store));
	return stmt_run(q, err);
}

static int
note(struct erasing *it, bool done, struct err *err)
{
	if (store_begin(it->store, err) < 0)
		return -1;
	if ((done ? note_done(it, err) : save(it, err)) < 0 || store_commit(it->store, err) < 0) {
		store_rollback(it->store);
		return -1;
	}
	return 0;
}

static int
clear_space(struct erasing *it, bool *held, bool *done, struct err *err)
{
	int64_t page = it->place == 0 ? 1 : it->place, left = 0;

	if (store_scrub(it->store, &page, SCRUB_PAGES, err) < 0) {
		*held = err->code == ERR_UNAVAILABLE;
		return *held ? 0 : -1;
	}
	it->place = page;
	*done = page == 0;
	if (note(it, *done, err) < 0)
		return -1;
	return *done ? store_checkpoint(it->store, true, &left, err) : 0;
}

/* Its addresses, and marks of the contact itself, are on the list before anything of it is erased. */
static int
enlist(struct erasing *it, const struct word_list *words, struct err *err)
{
	const struct forgotten as = {
		.since = it->begun,
		.receipt = it->id,
		.mark = words == &it->marks,
		.redact = it->redact,
	};
	struct forgotten found;
	bool lacks = false;

	for (unsigned i = 0; i < words->count; i++)
		lacks |= !forgotten_find(it->store, words->items[i], &found) ||
			 found.redact < it->redact;
	return lacks ? forgotten_add(it->store, words->items, words->count, &as, err) : 0;
}

static int
slice(struct erasing *it, struct capture *capture, bool *held, bool *done, struct err *err)
{
	bool there;

	if (load(it, &there, err) < 0)
		return -1;
	if (!there) {
		*done = true;
		return 0;
	}
	if (it->step == STEP_COUNT)
		return clear_space(it, held, done, err);
	if (enlist(it, &it->addresses, err) < 0 || enlist(it, &it->marks, err) < 0)
		return -1;
	return run_transaction(it, capture, err);
}

int
forget_slice(struct store *store, struct capture *capture, struct arena *arena, int64_t id,
	int64_t now, bool *held, bool *done, struct err *err)
{
	struct erasing it = { .store = store, .arena = arena, .id = id, .now = now };

	*held = *done = false;
	return slice(&it, capture, held, done, err);
}
