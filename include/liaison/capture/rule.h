#ifndef LIAISON_CAPTURE_RULE_H
#define LIAISON_CAPTURE_RULE_H

#include "liaison/capture/capture.h"

/* Rules: an ordered list of conditions over messages. Of each kind the first one that matches counts,
 * those after it are not asked: of ignore, keep and private it decides the decision, of level how much
 * text is asked for, of template the interaction's template. A rule about a link (link) is asked of
 * each party alone, ignore or keep being a kind of their own there: it leaves out that party's contact
 * and not the mail. A message declared private by its sender stays so whatever rules say; keep lets
 * bulk and automatic mail through to its contacts, and makes no contact of a colleague. */

enum { RULES_MAX = 1000 };

struct rule {
	int64_t id, version, place, hits, last_hit; /* last_hit 0: never */
	const char *action, *where, *value; /* value NULL: none */
	bool link;
};

/* Fields id, version, place, action, where, value, link, hits, last_hit. */
extern const struct query_noun rule_noun;
/* What conditions of rules are about: messages with their first capture record l. */
extern const struct query_noun message_noun;

/* Whether link is what is meant when nobody says: ignore about whoever takes part (any_address). */
int rule_links(struct arena *arena, const struct rule *rule, bool *link, struct err *err);
/* Checks rule and stores it at its place (0 or above all: last), those behind move on; sets id, version
 * and place. ERR_USAGE with the column of a mistake in the condition; ERR_REFUSED: too many rules, or
 * headers that they name. */
int
rule_add(struct store *store, struct arena *arena, struct rule *rule, int64_t now, struct err *err);
int
rule_get(struct store *store, struct arena *arena, int64_t id, struct rule *out, struct err *err);
int rule_move(struct store *store, int64_t id, int64_t place, int64_t now, struct err *err);
int rule_remove(struct store *store, int64_t id, struct err *err);
int rule_write(struct store *store, struct arena *arena, int64_t id, struct json_out *out,
	struct err *err);

/* What has to be asked for so that rules can be judged and obeyed. */
struct rule_needs {
	const char *headers[EVENT_HEADER_NAMES_MAX]; /* arena; lower case */
	unsigned header_count;
	enum config_level level; /* the highest that a rule sets */
};
int rule_needs(struct store *store, struct arena *arena, struct rule_needs *out, struct err *err);

/* A list of rules as it is written: "ACTION [VALUE]: CONDITION" a line, or "ACTION link: CONDITION";
 * "#" begins a comment, of a line. ERR_USAGE names the line. */
int rules_read(
	struct arena *arena, const char *text, struct rule **out, unsigned *count, struct err *err);
/* From now on capture judges by these, in place of those of the database. */
int capture_try_rules(
	struct capture *capture, const struct rule *rules, unsigned count, struct err *err);

/* ---- the past judged again --------------------------------------------------------------------- */

/* What became, or would become, of a message. */
struct reapplied {
	int64_t row; /* of the ledger: the first one of the message; 0: nothing is to be judged */
	int64_t at; /* of the message */
	const char *before, *after; /* decisions */
	int64_t rule; /* that decides after, or what else changes; 0: none */
	bool unknown; /* evidence is missing that a rule asks for: it stays as it is */
	bool by_hand; /* people decided: it stays as it is */
	bool changed; /* decision, links, direction or template */
	bool relinked, retemplated; /* of what stays captured */
	const char *template; /* that it gets if it is retemplated; of the rules, NULL: none */
	/* Of a draft alone: how much text of what stays captured is asked for now, and would be; static. */
	const char *level_before, *level_after;
};
/* A folder that is there and not read, by what its source is configured to. */
struct unread_folder {
	const char *source, *folder;
};
struct unread_folders {
	const struct unread_folder *items;
	size_t count;
};
/* Rows that a run is about. A message of which it has a copy alone is judged, too; one that was seen in no
 * other folder than unread ones is ignored. */
struct reapply_scope {
	struct unread_folders unread;
	const struct query_node *where; /* over capture_noun; NULL: all rows */
	const char *viewer; /* for whom where is asked; or NULL */
};
/* Judges the message of that ledger row by the rules, addresses, domains and contacts of today; dry:
 * changes nothing. A row that is not its message's first of scope (NULL: of the ledger) is passed over
 * (row 0). What people linked by hand and is private now stays captured, but keeps nothing of what it
 * says: changed and by_hand are both true then. The totals of contacts
 * follow when capture_count is called, once for all rows of the transaction. */
int capture_reapply_row(struct store *store, struct capture *capture, struct arena *arena,
	int64_t row, const struct reapply_scope *scope, bool dry, int64_t now,
	struct capture_result *out, struct reapplied *told, struct err *err);
int capture_count(struct store *store, struct capture *capture, struct err *err);
/* Rows of the ledger from after (exclusive) to last whose message is of since or later. */
struct ledger_span {
	int64_t after, last, since;
};
struct trying {
	void *to;
	struct unread_folders unread;
	/* A decision of the span's messages, and how many more there are; copies do not count. */
	void (*tally)(void *to, const char *decision, int64_t count);
	/* A message that the rules in capture, or those that decided once, may concern. */
	int (*each)(void *to, const struct reapplied *told, struct err *err);
};
/* Judges the messages of the span as capture_reapply_row does, and changes nothing. scratch: of a row. */
int capture_try_span(struct store *store, struct capture *capture, struct arena *arena,
	struct arena *scratch, const struct ledger_span *span, int64_t now,
	const struct trying *trying, struct err *err);
/* Writes members unlinked and linked of the open object: numbers of the contacts that the message of the row,
 * which stays captured, would lose and get by the rules in capture. */
int
capture_try_links(struct store *store, struct capture *capture, struct arena *arena, int64_t row,
	const struct unread_folders *unread, int64_t now, struct json_out *out, struct err *err);
/* How many of them are withheld, or in part, from the store's viewer. */
int ledger_withheld(
	struct store *store, const struct ledger_span *span, int64_t *count, struct err *err);

/* What a run of capture.reapply is known by: its filter, the rules, who is us and what is not read. */
int reapply_key(struct store *store, const struct capture *capture, struct arena *arena,
	const char *filter, const struct unread_folders *unread, const char **key, struct err *err);
/* It notes how far it is, so that one with the same key goes on from there within a day: *cursor and
 * *batch are set then. Of one that differs by rules and by who is us alone, or is older, *found says that
 * the new one begins at the beginning. */
enum reapply_found { REAPPLY_NONE, REAPPLY_RESUMED, REAPPLY_OUTDATED };
int reapply_resume(struct store *store, const char *key, int64_t now, int64_t *cursor,
	int64_t *batch, enum reapply_found *found, struct err *err);
int reapply_note(struct store *store, const char *key, int64_t cursor, int64_t batch, bool done,
	struct err *err);

/* ---- by hand ----------------------------------------------------------------------------------- */

/* The message of a ledger row, and its copies, are ignored for good: their interaction goes. */
int capture_ignore(struct store *store, struct capture *capture, struct arena *arena, int64_t row,
	const char *user, int64_t now, struct capture_result *out, struct err *err);
/* It is linked to the contact whatever its addresses say; the interaction is made if there is none. */
int capture_link(struct store *store, struct capture *capture, struct arena *arena, int64_t row,
	int64_t contact, const char *user, int64_t now, struct capture_result *out,
	struct err *err);
/* The one address of the message that is not ours. ERR_REFUSED: it has none, or several. */
int capture_other_address(struct store *store, struct capture *capture, struct arena *arena,
	int64_t row, const char **address, struct err *err);
/* Whether any of what the record tells is withheld from the store's viewer. */
int capture_withheld(struct store *store, int64_t row, bool *withheld, struct err *err);
/* Its text is wanted again, by the level of today; *wanted false: nothing is to be had. */
int capture_refetch(struct store *store, struct capture *capture, struct arena *arena, int64_t row,
	int64_t now, bool *wanted, struct err *err);

#endif
