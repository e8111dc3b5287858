#ifndef CAPTURE_RULES_H
#define CAPTURE_RULES_H

#include "inside.h"
#include "liaison/capture/rule.h"

/* Rules as they are judged, and what their files share. */

enum rule_action { RULE_IGNORE, RULE_KEEP, RULE_PRIVATE, RULE_LEVEL, RULE_TEMPLATE };

/* Of a kind the first one counts. */
enum rule_kind { KIND_DECISION, KIND_LINK, KIND_LEVEL, KIND_TEMPLATE };

struct compiled_rule {
	int64_t id, place, hits; /* hits: of the open turn */
	enum rule_action action;
	enum rule_kind kind;
	enum config_level level;
	const char *written, *value;
	const struct query_node *where;
	bool lasting; /* its condition asks for nothing that deciding the message anew may change */
};

/* What a rule was once judged to be of a message, which is decided more than once. */
struct rule_verdict {
	bool known;
	enum query_truth truth;
};

/* -1: no action of that name. */
int rule_action_by_word(const char *word);
const char *rule_action_word(enum rule_action action);
/* Conditions' fields for the addresses of a message of ledger row l: those of a role, and all. */
#define PARTY_FIELD(name, role) \
	{ \
		name, QUERY_TEXT, "a.address", \
			"SELECT 1 FROM party p JOIN address a ON a.id = p.address_id " \
			"WHERE p.message_id = l.message_id AND p.role = '" role "' AND", \
			false \
	}
#define PARTY_ANY \
	{ \
		"any_address", QUERY_TEXT, "a.address", \
			"SELECT 1 FROM party p JOIN address a ON a.id = p.address_id " \
			"WHERE p.message_id = l.message_id AND", \
			false \
	}
/* header(NAME) of a message of ledger row l; NULL: name is none. */
const struct query_field *header_field(struct arena *arena, const char *name);
/* Its name in lower case if it can be asked for ("header(X-Spam)": "x-spam"), else NULL. */
const char *field_header(const struct query_field *field, size_t *size);
/* Reads the condition; ERR_USAGE as query_parse. */
int rule_parse(struct arena *arena, const char *where, struct query_node **out, struct err *err);
int rule_check(struct arena *arena, struct rule *rule, struct err *err);
int rules_load(struct store *store, struct arena *arena, struct rule **out, unsigned *count,
	struct err *err);
void rules_compile(struct rules *rules, const struct rule *list, unsigned count);

/* rule_judge.c */
enum query_truth rule_judge(struct turn *turn, const struct view *view,
	const struct event_party *party, const struct compiled_rule *rule);
/* rule_former.c: of the rules that the draft at hand stands in place of */
/* Makes sure that they are those of the database. */
int rules_former(struct turn *turn, struct err *err);
/* One about links, levels or templates may be about it. */
bool rules_former_concern(struct turn *turn, const struct view *view);
enum config_level rules_former_level(struct turn *turn, const struct view *view);

/* "rule 3, ignore: from = …", cut. */
const char *rule_words(struct turn *turn, const struct compiled_rule *rule);

#endif
