#include <string.h>

#include "inside.h"
#include "liaison/base/address.h"

/* Which messages of the past are matched again: those with an address, with a domain, with any
 * address of a contact, or all that nobody matched. */

struct past {
	struct turn turn;
	int64_t *ids; /* lasting */
	size_t count, room;
	int64_t made;
};

static void
past_add(struct past *past, int64_t id)
{
	int64_t *more;

	if (past->count == past->room) {
		past->room = past->room * 2 + 64;
		more = arena_array(past->turn.lasting, past->room, sizeof *more);
		if (past->count > 0)
			memcpy(more, past->ids, past->count * sizeof *more);
		past->ids = more;
	}
	past->ids[past->count++] = id;
}

static int
collect(struct past *past, struct stmt *q, struct err *err)
{
	past->count = 0;
	while (stmt_row(q))
		past_add(past, stmt_int(q));
	return stmt_end(q, err);
}

static int
rematch_all(struct past *past, struct err *err)
{
	struct turn *turn = &past->turn;
	bool counted;

	for (size_t i = 0; i < past->count; i++) {
		arena_reset(turn->arena);
		known_trim(&turn->capture->known);
		if (message_rematch(turn, past->ids[i], &counted, err) < 0)
			return -1;
		past->made += counted;
	}
	return 0;
}

#define WITH_OUTCOME \
	"AND EXISTS (SELECT 1 FROM ledger l WHERE l.message_id = p.message_id " \
	"AND l.decision IN ('captured', 'unmatched')) "

static const char SELECT_BY_ADDRESS[] =
	"SELECT DISTINCT p.message_id FROM address a JOIN party p ON p.address_id = a.id "
	"WHERE a.address = ? " WITH_OUTCOME "ORDER BY p.message_id";

static int
past_of_address(struct past *past, const char *address, struct err *err)
{
	struct stmt *q = sql_prepare(past->turn.store, SELECT_BY_ADDRESS);

	stmt_bind_text(q, address);
	if (collect(past, q, err) < 0)
		return -1;
	return rematch_all(past, err);
}

static bool
anybody_folds(const struct config *config)
{
	for (size_t i = 0; i < config->source_count; i++) {
		if (config->sources[i].fold_subaddress || config->sources[i].fold_domains.count > 0)
			return true;
	}
	return false;
}

/* "ada+crm@x.example" lies between "ada+" and "ada,": the characters follow each other. */
static const char SELECT_TAGGED[] =
	"SELECT DISTINCT p.message_id FROM address a JOIN party p ON p.address_id = a.id "
	"WHERE a.address >= ?1 || '+' AND a.address < ?1 || ',' AND substr(a.address, -length(?2)) "
	"= ?2 " WITH_OUTCOME "ORDER BY p.message_id";

static int
past_of_tagged(struct past *past, const char *address, struct err *err)
{
	const char *at = strrchr(address, '@');
	struct stmt *q;

	if (at == NULL || !anybody_folds(past->turn.capture->config))
		return 0;
	q = sql_prepare(past->turn.store, SELECT_TAGGED);
	stmt_bind_text_n(q, address, (size_t)(at - address));
	stmt_bind_text(q, at);
	if (collect(past, q, err) < 0)
		return -1;
	return rematch_all(past, err);
}

/* CROSS: the addresses are looked through first, they are fewer. */
static const char SELECT_BY_DOMAIN[] =
	"SELECT DISTINCT p.message_id FROM address a CROSS JOIN party p ON p.address_id = a.id "
	"WHERE substr(a.address, -length(?1) - 1) IN ('@' || ?1, '.' || ?1) " WITH_OUTCOME
	"ORDER BY p.message_id";

static int
past_of_domain(struct past *past, const char *domain, struct err *err)
{
	struct stmt *q;

	if (domain_is_freemail(domain))
		return 0;
	q = sql_prepare(past->turn.store, SELECT_BY_DOMAIN);
	stmt_bind_text(q, domain);
	if (collect(past, q, err) < 0)
		return -1;
	return rematch_all(past, err);
}

static const char SELECT_UNMATCHED[] =
	"SELECT DISTINCT message_id FROM ledger WHERE decision = 'unmatched' "
	"AND message_id IS NOT NULL ORDER BY message_id";

static int
past_unmatched(struct past *past, struct err *err)
{
	if (collect(past, sql_prepare(past->turn.store, SELECT_UNMATCHED), err) < 0)
		return -1;
	return rematch_all(past, err);
}

static const char SELECT_HELD[] =
	"SELECT DISTINCT address FROM contact_email WHERE contact_id = ?1 AND state = 'active' "
	"UNION ALL SELECT '@' || domain FROM contact_domain WHERE contact_id = ?1";

static int
held_keys(struct past *past, int64_t contact_id, const char **keys, unsigned max, unsigned *count,
	struct err *err)
{
	struct stmt *q = sql_prepare(past->turn.store, SELECT_HELD);

	*count = 0;
	stmt_bind_int(q, contact_id);
	while (*count < max && stmt_row(q))
		keys[(*count)++] = stmt_text_copy(q, past->turn.lasting);
	return stmt_end(q, err);
}

static int
past_of_key(struct past *past, const char *key, struct err *err)
{
	if (key[0] == '@')
		return past_of_domain(past, key + 1, err);
	if (past_of_address(past, key, err) < 0)
		return -1;
	return past_of_tagged(past, key, err);
}

static int
past_of_contact(struct past *past, int64_t contact_id, struct err *err)
{
	const char *keys[1000];
	unsigned count;

	if (held_keys(past, contact_id, keys, 1000, &count, err) < 0)
		return -1;
	for (unsigned i = 0; i < count; i++) {
		if (past_of_key(past, keys[i], err) < 0)
			return -1;
	}
	return 0;
}

static int
do_past(struct past *past, const char *key, int64_t contact_id, struct err *err)
{
	int failed;

	if (key != NULL)
		failed = past_of_key(past, key, err);
	else if (contact_id != 0)
		failed = past_of_contact(past, contact_id, err);
	else
		failed = past_unmatched(past, err);
	return failed < 0 ? -1 : turn_end(&past->turn, err);
}

/* What was looked up meanwhile may be undone with the command: it is forgotten at both ends. */
static int
run_past(struct store *store, struct capture *capture, struct arena *arena, const char *key,
	int64_t contact_id, int64_t now, struct capture_result *out, int64_t *count,
	struct err *err)
{
	struct capture_result result = { 0 };
	struct past past = { 0 };
	int failed;

	capture_contacts_changed(capture);
	if (turn_begin(&past.turn, store, capture, arena, now, &result, err) < 0)
		return -1;
	past.turn.arena = arena_new();
	failed = do_past(&past, key, contact_id, err);
	arena_free(past.turn.arena);
	capture_contacts_changed(capture);
	if (failed < 0)
		return -1;
	*out = result;
	*count = past.made;
	return 0;
}

int
capture_rematch_address(struct store *store, struct capture *capture, struct arena *arena,
	const char *address, int64_t now, struct capture_result *out, int64_t *count,
	struct err *err)
{
	char *canonical;

	if (address_canonical(arena, address, &canonical, err) < 0)
		return -1;
	return run_past(store, capture, arena, canonical, 0, now, out, count, err);
}

int
capture_rematch_domain(struct store *store, struct capture *capture, struct arena *arena,
	const char *domain, int64_t now, struct capture_result *out, int64_t *count,
	struct err *err)
{
	char *canonical;

	if (domain_canonical(arena, domain, &canonical, err) < 0)
		return -1;
	return run_past(store, capture, arena, arena_printf(arena, "@%s", canonical), 0, now, out,
		count, err);
}

int
capture_rematch(struct store *store, struct capture *capture, struct arena *arena,
	int64_t contact_id, int64_t now, struct capture_result *out, int64_t *count,
	struct err *err)
{
	return run_past(store, capture, arena, NULL, contact_id, now, out, count, err);
}
