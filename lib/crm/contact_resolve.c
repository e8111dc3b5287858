#include <string.h>

#include "liaison/base/address.h"
#include "liaison/base/text.h"
#include "liaison/crm/contact.h"
#include "liaison/crm/contact_find.h"

/* From what people type to the one contact they mean. */

enum { CANDIDATES = ERR_CANDIDATES_MAX };

/* What a step found: nothing, one, or several of which the first ones are kept for the error. */
struct choice {
	int64_t id;
	unsigned count;
	struct err_candidate candidates[CANDIDATES];
};

static void
note_candidate(struct choice *choice, struct stmt *q, int64_t id)
{
	struct err_candidate *to = &choice->candidates[choice->count];

	text_copy(to->no, sizeof to->no, stmt_text(q));
	text_copy(to->name, sizeof to->name, stmt_text(q));
	text_copy(to->type, sizeof to->type, stmt_text(q));
	choice->id = id;
	choice->count++;
}

/* Runs a bound statement of id, no, name, type. */
static int
collect(struct stmt *q, struct choice *out, struct err *err)
{
	memset(out, 0, sizeof *out);
	while (out->count < CANDIDATES && stmt_row(q))
		note_candidate(out, q, stmt_int(q));
	return stmt_end(q, err);
}

static int
ambiguous(const char *words, const struct choice *choice, struct err *err)
{
	fail(err, ERR_AMBIGUOUS, "'%.100s' is more than one contact", words);
	for (unsigned i = 0; i < choice->count; i++)
		err_add_candidate(err, choice->candidates[i].no, choice->candidates[i].name,
			choice->candidates[i].type);
	return err_hint(err, "give the number");
}

static const char BY_NUMBER[] = "SELECT id, no, name, type FROM contact WHERE no = ?";

static int
by_number(struct store *store, const char *words, struct choice *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, BY_NUMBER);

	stmt_bind_text(q, words);
	return collect(q, out, err);
}

static const char BY_MERGED[] =
	"SELECT c.id, c.no, c.name, c.type FROM merge m JOIN contact c ON c.id = m.into_id"
	" WHERE m.no = ?";

/* The number of a contact that went up in another. */
static int
by_merged(struct store *store, const char *words, struct choice *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, BY_MERGED);

	stmt_bind_text(q, words);
	return collect(q, out, err);
}

static const char BY_ADDRESS[] =
	"SELECT DISTINCT c.id, c.no, c.name, c.type FROM contact_email e JOIN contact c"
	" ON c.id = e.contact_id WHERE e.address = ? AND e.state = 'active' ORDER BY c.id LIMIT 10";

/* What is no address is nobody's: not an error. */
static int
by_address(struct store *store, struct arena *arena, const char *words, struct choice *out,
	struct err *err)
{
	struct err ignored;
	struct stmt *q;
	char *canonical;

	memset(out, 0, sizeof *out);
	if (strchr(words, '@') == NULL || address_canonical(arena, words, &canonical, &ignored) < 0)
		return 0;
	q = sql_prepare(store, BY_ADDRESS);
	stmt_bind_text(q, canonical);
	return collect(q, out, err);
}

static const char BY_NAME[] =
	"SELECT id, no, name, type FROM contact WHERE name_fold = ? ORDER BY no LIMIT 10";

static int
by_name(struct store *store, const char *folded, struct choice *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, BY_NAME);

	stmt_bind_text(q, folded);
	return collect(q, out, err);
}

static const char BY_PREFIX[] =
	"SELECT id, no, name, type FROM contact WHERE name_fold >= ?1 AND name_fold < ?2"
	" ORDER BY name_fold LIMIT 10";

static int
by_prefix(struct store *store, struct arena *arena, const char *folded, struct choice *out,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, BY_PREFIX);

	stmt_bind_text(q, folded);
	stmt_bind_text(q, arena_printf(arena, "%s\xf4\x8f\xbf\xbf", folded));
	return collect(q, out, err);
}

static int
settle(const char *words, const struct choice *choice, int64_t *id, struct err *err)
{
	if (choice->count > 1)
		return ambiguous(words, choice, err);
	if (choice->count == 0)
		return fail(err, ERR_NOT_FOUND, "there is no contact '%.100s'", words);
	*id = choice->id;
	return 0;
}

/* Who cannot take it back means that one, and not the one that it went up in. */
static int
refuse_merged(struct store *store, const char *words, struct err *err)
{
	struct choice choice;

	if (by_merged(store, words, &choice, err) < 0)
		return -1;
	if (choice.count == 0)
		return 0;
	fail(err, ERR_NOT_FOUND, "'%.40s' was merged into '%s'", words, choice.candidates[0].no);
	return err_hint(err, "contact unmerge takes that back");
}

int
contact_resolve_exact(
	struct store *store, struct arena *arena, const char *words, int64_t *id, struct err *err)
{
	struct choice choice;

	if (by_number(store, words, &choice, err) < 0)
		return -1;
	if (choice.count == 0 && refuse_merged(store, words, err) < 0)
		return -1;
	if (choice.count == 0 && by_address(store, arena, words, &choice, err) < 0)
		return -1;
	if (settle(words, &choice, id, err) == 0)
		return 0;
	return err->code != ERR_NOT_FOUND
		       ? -1
		       : err_hint(err, "give the number or a whole address, not a name");
}

/* Nobody is meant by what is only like it, but whom it is like is told. */
static int
suggest(struct store *store, struct arena *arena, const char *words, struct err *err)
{
	struct contact_finding found;
	struct contact like;

	if (contact_find(store, arena, words, 1, &found, err) < 0)
		return -1;
	if (found.count > 0 && contact_get(store, arena, found.hits[0].id, &like, err) < 0)
		return -1;
	fail(err, ERR_NOT_FOUND, "there is no contact '%.100s'", words);
	if (found.count == 0)
		return -1;
	return err_hint(err, "did you mean '%s' (%.80s)?", like.no, like.name);
}

int
contact_resolve(
	struct store *store, struct arena *arena, const char *words, int64_t *id, struct err *err)
{
	struct choice choice;
	const char *folded;

	words = text_trim(arena, words, strlen(words));
	if (words[0] == '\0')
		return fail(
			err, ERR_USAGE, "a contact is a number, an address or a name, not nothing");
	if (by_number(store, words, &choice, err) < 0)
		return -1;
	if (choice.count == 0 && by_merged(store, words, &choice, err) < 0)
		return -1;
	if (choice.count == 0 && by_address(store, arena, words, &choice, err) < 0)
		return -1;
	folded = text_fold(arena, words);
	if (choice.count == 0 && by_name(store, folded, &choice, err) < 0)
		return -1;
	if (choice.count == 0 && by_prefix(store, arena, folded, &choice, err) < 0)
		return -1;
	if (choice.count == 0)
		return suggest(store, arena, words, err);
	return settle(words, &choice, id, err);
}
