#include <string.h>

#include "forget_work.h"
#include "liaison/crm/forget.h"

/* What was had with the person: interactions that nobody else has a part in go, with what was read of their
 * messages; of the others the person is taken out. */

static int
run_with(struct erasing *it, const char *sql, int64_t id, struct err *err)
{
	struct stmt *q = sql_prepare(it->store, sql);

	stmt_bind_int(q, id);
	return stmt_run(q, err);
}

static bool
is_person(const struct erasing *it, int64_t contact)
{
	for (unsigned i = 0; i < it->contact_count; i++) {
		if (it->contacts[i] == contact)
			return true;
	}
	return false;
}

/* ---- all of a message -------------------------------------------------------------------------- */

static const char *const EMPTY[] = {
	("UPDATE ledger SET decision = 'forgotten', reason = NULL, rule = NULL, plain = NULL, "
	 "interaction_id = NULL, by_hand = 0, version = version + 1 WHERE message_id = ?1"),
	("UPDATE meeting SET location = NULL, remark = NULL, zone = NULL, content = 0 "
	 "WHERE message_id = ?1"),
	"DELETE FROM message_header WHERE message_id = ?1",
	"DELETE FROM party WHERE message_id = ?1",
	("UPDATE message SET message_id = NULL, message_id_hash = NULL, in_reply_to = NULL, "
	 "subject = NULL, class_reason = NULL, list_id = NULL, thread = 0, parts = NULL, "
	 "text_part = NULL, party_total = 0, authentication_reason = NULL, kept = 3 "
	 "WHERE id = ?1"),
};

static int
empty_message(struct erasing *it, int64_t message, struct err *err)
{
	for (size_t i = 0; i < sizeof EMPTY / sizeof *EMPTY; i++) {
		if (run_with(it, EMPTY[i], message, err) < 0)
			return -1;
	}
	return erasing_count(it, ERASED_MESSAGES, 1, err);
}

static const char *const LET_GO[] = {
	"UPDATE ledger SET interaction_id = NULL WHERE interaction_id = ?1 AND message_id IS NULL",
	"DELETE FROM want WHERE interaction_id = ?1",
	("UPDATE journal SET noun = 'forgotten', contact = NULL, before = NULL, after = NULL "
	 "WHERE noun = 'interaction' AND record = ?1"),
};

static int
erase_interaction(struct erasing *it, int64_t interaction, int64_t message, struct err *err)
{
	if (message != 0 && empty_message(it, message, err) < 0)
		return -1;
	if (interaction == 0)
		return 0;
	for (size_t i = message != 0; i < sizeof LET_GO / sizeof *LET_GO; i++) {
		if (run_with(it, LET_GO[i], interaction, err) < 0)
			return -1;
	}
	if (interaction_take(it->store, interaction, err) < 0)
		return -1;
	return erasing_count(it, ERASED_INTERACTIONS, 1, err);
}

/* ---- the person's part of one ------------------------------------------------------------------ */

static const char DROP_PARTY[] =
	"DELETE FROM party WHERE message_id = ?1 AND address_id = (SELECT id FROM address WHERE "
	"address = ?2)";
static const char DROP_NAMED[] =
	"DELETE FROM party WHERE message_id = ?1 AND address_id IS NULL AND name = ?2";
static const char DROP_LINK_EMAIL[] =
	"UPDATE interaction_contact SET email = NULL WHERE interaction_id = (SELECT id FROM "
	"interaction WHERE message_id = ?1) AND email = ?2";
static const char DROP_HEADER[] = "UPDATE message_header SET value = NULL "
				  "WHERE message_id = ?1 AND names(value, ?2)";

static int
run_words(struct erasing *it, const char *sql, int64_t message, const struct word_list *list,
	struct err *err)
{
	for (unsigned i = 0; i < list->count; i++) {
		struct stmt *q = sql_prepare(it->store, sql);

		stmt_bind_int(q, message);
		stmt_bind_text(q, list->items[i]);
		if (stmt_run(q, err) < 0)
			return -1;
	}
	return 0;
}

static const char *const SHARED[] = {
	("UPDATE ledger SET reason = 'somebody in it is forgotten', version = version + 1 "
	 "WHERE message_id = ?1"),
	"UPDATE message SET authentication_reason = NULL WHERE id = ?1",
};
static const char *const TAKE_OUT[] = {
	"UPDATE message SET subject = without(subject, ?2) WHERE id = ?1",
	("UPDATE message SET parts = (SELECT json_group_array(json_replace(value, '$.name', "
	 "without(json_extract(value, '$.name'), ?2))) FROM json_each(parts)) "
	 "WHERE id = ?1 AND json_valid(parts)"),
	("UPDATE meeting SET location = without(location, ?2), remark = without(remark, ?2) "
	 "WHERE message_id = ?1"),
	"UPDATE message_header SET value = without(value, ?2) WHERE message_id = ?1",
};
static const char *const SHARED_REDACT[] = {
	"UPDATE message SET subject = NULL, parts = NULL, text_part = NULL WHERE id = ?1",
	"DELETE FROM message_header WHERE message_id = ?1",
};

static int
leave_message(struct erasing *it, int64_t message, struct err *err)
{
	if (run_words(it, DROP_PARTY, message, &it->addresses, err) < 0 ||
		run_words(it, DROP_NAMED, message, &it->texts, err) < 0 ||
		run_words(it, DROP_LINK_EMAIL, message, &it->addresses, err) < 0 ||
		run_words(it, DROP_HEADER, message, &it->addresses, err) < 0)
		return -1;
	for (size_t i = 0; i < sizeof SHARED / sizeof *SHARED; i++) {
		if (run_with(it, SHARED[i], message, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < sizeof TAKE_OUT / sizeof *TAKE_OUT; i++) {
		struct stmt *q = sql_prepare(it->store, TAKE_OUT[i]);

		stmt_bind_int(q, message);
		stmt_bind_text(q, it->list);
		if (stmt_run(q, err) < 0)
			return -1;
	}
	for (size_t i = 0; it->redact && i < sizeof SHARED_REDACT / sizeof *SHARED_REDACT; i++) {
		if (run_with(it, SHARED_REDACT[i], message, err) < 0)
			return -1;
	}
	return erasing_count(it, ERASED_SHARED_MESSAGES, 1, err);
}

/* What the search index knows of those that are left. */
static int
parties_left(struct erasing *it, int64_t message, const char **out, struct err *err)
{
	struct stored stored;
	struct view view;

	*out = NULL;
	if (message == 0)
		return 0;
	if (message_load(it->store, it->arena, message, &stored, err) < 0)
		return -1;
	view_stored(&it->turn, &stored, &view);
	*out = parties_text(&it->turn, &view);
	return 0;
}

static const char DROP_LINK[] =
	"DELETE FROM interaction_contact WHERE interaction_id = ?1 AND contact_id = ?2";

static int
drop_own_links(struct erasing *it, int64_t interaction, struct err *err)
{
	for (unsigned i = 0; i < it->contact_count; i++) {
		struct stmt *q = sql_prepare(it->store, DROP_LINK);

		stmt_bind_int(q, interaction);
		stmt_bind_int(q, it->contacts[i]);
		if (stmt_run(q, err) < 0)
			return -1;
	}
	return 0;
}

static int
leave_interaction(struct erasing *it, int64_t interaction, int64_t message, struct err *err)
{
	const char *parties;

	if (message != 0 && leave_message(it, message, err) < 0)
		return -1;
	if (drop_own_links(it, interaction, err) < 0 ||
		parties_left(it, message, &parties, err) < 0 ||
		interaction_leave(
			it->store, interaction, parties, it->list, it->redact, it->now, err) < 0)
		return -1;
	return erasing_count(it, ERASED_SHARED_INTERACTIONS, 1, err);
}

/* ---- which of the two -------------------------------------------------------------------------- */

static const char SELECT_LINKED[] =
	"SELECT DISTINCT contact_id FROM interaction_contact WHERE interaction_id = ?";

static int
has_others(struct erasing *it, int64_t interaction, bool *others, struct err *err)
{
	struct stmt *q = sql_prepare(it->store, SELECT_LINKED);

	*others = false;
	stmt_bind_int(q, interaction);
	while (stmt_row(q))
		*others |= !is_person(it, stmt_int(q));
	return stmt_end(q, err);
}

/* A bare address that somebody has all the same came back with an older database: what they had by it is not
 * theirs. */
static const char DROP_HELD[] =
	"DELETE FROM interaction_contact WHERE interaction_id = (SELECT id FROM interaction WHERE "
	"message_id = ?1) AND email = ?2 AND EXISTS (SELECT 1 FROM contact_email e WHERE "
	"e.contact_id = interaction_contact.contact_id AND e.address = ?2 AND e.state = 'active')";

static int
drop_held(struct erasing *it, int64_t message, struct err *err)
{
	if (it->contact_count > 0 || message == 0)
		return 0;
	return run_words(it, DROP_HELD, message, &it->addresses, err);
}

static int
erase_one(struct erasing *it, int64_t interaction, int64_t message, struct err *err)
{
	bool others = false;

	if (interaction != 0 &&
		(turn_recount(&it->turn, interaction, err) < 0 || drop_held(it, message, err) < 0 ||
			has_others(it, interaction, &others, err) < 0))
		return -1;
	return others ? leave_interaction(it, interaction, message, err)
		      : erase_interaction(it, interaction, message, err);
}

static const char SELECT_LINK[] =
	"SELECT x.interaction_id, coalesce(i.message_id, 0) FROM interaction_contact x "
	"JOIN interaction i ON i.id = x.interaction_id WHERE x.contact_id = ? LIMIT 1";

static int
next_link(struct erasing *it, int64_t *interaction, int64_t *message, struct err *err)
{
	*interaction = *message = 0;
	for (unsigned i = 0; i < it->contact_count && *interaction == 0; i++) {
		struct stmt *q = sql_prepare(it->store, SELECT_LINK);

		stmt_bind_int(q, it->contacts[i]);
		if (stmt_row(q)) {
			*interaction = stmt_int(q);
			*message = stmt_int(q);
		}
		if (stmt_end(q, err) < 0)
			return -1;
	}
	return 0;
}

static const char DROP_COMPANY[] =
	"UPDATE interaction_contact SET company_id = NULL WHERE (contact_id, at, interaction_id) IN"
	" (SELECT contact_id, at, interaction_id FROM interaction_contact WHERE company_id = ?1"
	"  LIMIT 500)";

/* What persons of a company did stays theirs. */
static int
leave_company(struct erasing *it, bool *more, struct err *err)
{
	for (unsigned i = 0; i < it->contact_count; i++) {
		unsigned count = 1;

		while (count > 0 && !erasing_is_long(it)) {
			if (run_with(it, DROP_COMPANY, it->contacts[i], err) < 0)
				return -1;
			count = (unsigned)store_changes(it->store);
		}
		*more |= count > 0;
		count = 1;
		while (count > 0 && !erasing_is_long(it)) {
			if (contact_persons_free(
				    it->store, it->arena, it->contacts[i], 50, &count, err) < 0)
				return -1;
		}
		*more |= count > 0;
	}
	return 0;
}

int
erase_links(struct erasing *it, bool *more, struct err *err)
{
	int64_t interaction, message;

	*more = true;
	while (!erasing_is_long(it)) {
		if (next_link(it, &interaction, &message, err) < 0)
			return -1;
		if (interaction == 0) {
			*more = false;
			return leave_company(it, more, err);
		}
		if (erase_one(it, interaction, message, err) < 0)
			return -1;
	}
	return 0;
}

static const char SELECT_MESSAGE[] =
	"SELECT p.message_id, coalesce((SELECT i.id FROM interaction i WHERE i.message_id = "
	"p.message_id), 0) FROM party p JOIN address a ON a.id = p.address_id WHERE a.address = ? "
	"LIMIT 1";

static int
next_message(struct erasing *it, int64_t *interaction, int64_t *message, struct err *err)
{
	*interaction = *message = 0;
	for (unsigned i = 0; i < it->addresses.count && *message == 0; i++) {
		struct stmt *q = sql_prepare(it->store, SELECT_MESSAGE);

		stmt_bind_text(q, it->addresses.items[i]);
		if (stmt_row(q)) {
			*message = stmt_int(q);
			*interaction = stmt_int(q);
		}
		if (stmt_end(q, err) < 0)
			return -1;
	}
	return 0;
}

int
erase_messages(struct erasing *it, bool *more, struct err *err)
{
	int64_t interaction, message;

	*more = true;
	while (!erasing_is_long(it)) {
		if (next_message(it, &interaction, &message, err) < 0)
			return -1;
		if (message == 0) {
			*more = false;
			return 0;
		}
		if (erase_one(it, interaction, message, err) < 0)
			return -1;
	}
	return 0;
}
