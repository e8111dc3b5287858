#include <string.h>

#include "rules.h"

/* What a rule may be, and what all of them together ask for. */

static const char *const action_words[] = {
	[RULE_IGNORE] = "ignore",
	[RULE_KEEP] = "keep",
	[RULE_PRIVATE] = "private",
	[RULE_LEVEL] = "level",
	[RULE_TEMPLATE] = "template",
};

int
rule_action_by_word(const char *word)
{
	for (size_t i = 0; i < sizeof action_words / sizeof *action_words; i++) {
		if (strcmp(action_words[i], word) == 0)
			return (int)i;
	}
	return -1;
}

const char *
rule_action_word(enum rule_action action)
{
	return action_words[action];
}

int
rule_parse(struct arena *arena, const char *where, struct query_node **out, struct err *err)
{
	return query_parse(arena, &message_noun, NULL, where, out, err);
}

static int
read_level(const char *word, enum config_level *out)
{
	for (unsigned i = 0; word != NULL && config_level_words[i] != NULL; i++) {
		if (strcmp(config_level_words[i], word) != 0)
			continue;
		*out = (enum config_level)i;
		return 0;
	}
	return -1;
}

/* A code is written in upper case. */
static int
check_template(struct arena *arena, struct rule *rule, struct err *err)
{
	static const char OF[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	char *code = arena_text(arena, rule->value == NULL ? "" : rule->value);

	for (char *c = code; *c != '\0'; c++) {
		if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - 'a' + 'A');
	}
	if (code[0] == '\0' || strlen(code) > 20 || code[strspn(code, OF)] != '\0')
		return fail_field(err, ERR_USAGE, "value",
			"'%.40s' is not the code of a template: 1 to 20 of A-Z 0-9 . _ -", code);
	rule->value = code;
	return 0;
}

static int
check_value(struct arena *arena, struct rule *rule, int action, struct err *err)
{
	enum config_level level;

	if (action == RULE_TEMPLATE)
		return check_template(arena, rule, err);
	if (action == RULE_LEVEL && read_level(rule->value, &level) < 0)
		return fail_field(err, ERR_USAGE, "value",
			"'%.40s' is not a level: expected metadata, snippet or text",
			rule->value == NULL ? "" : rule->value);
	if (action != RULE_LEVEL && rule->value != NULL)
		return fail_field(err, ERR_USAGE, "value", "a rule that says '%s' takes no value",
			rule->action);
	return 0;
}

int
rule_check(struct arena *arena, struct rule *rule, struct err *err)
{
	int action = rule_action_by_word(rule->action);
	struct query_node *where;

	if (action < 0)
		return fail_field(err, ERR_USAGE, "action",
			"'%.40s' is no action: expected ignore, keep, private, level or template",
			rule->action);
	if (check_value(arena, rule, action, err) < 0)
		return -1;
	if (rule->link && action != RULE_IGNORE && action != RULE_KEEP)
		return fail_field(err, ERR_USAGE, "link",
			"a rule about a link says ignore or keep, not '%s'", rule->action);
	return rule_parse(arena, rule->where, &where, err);
}

/* ---- whom it is about -------------------------------------------------------------------------- */

struct about {
	bool anybody, in_a_role;
};

static void
see_party_field(void *to, const struct query_field *field)
{
	struct about *about = to;

	if (strcmp(field->name, "any_address") == 0)
		about->anybody = true;
	else if (strcmp(field->sql, "a.address") == 0)
		about->in_a_role = true;
}

int
rule_links(struct arena *arena, const struct rule *rule, bool *link, struct err *err)
{
	struct about about = { 0 };
	struct query_node *where;

	if (rule_parse(arena, rule->where, &where, err) < 0)
		return -1;
	query_each_field(where, see_party_field, &about);
	*link = strcmp(rule->action, "ignore") == 0 && about.anybody && !about.in_a_role;
	return 0;
}

/* ---- what it needs ----------------------------------------------------------------------------- */

struct collecting {
	struct arena *arena;
	struct rule_needs *needs;
	unsigned too_many;
};

static void
see_header(void *to, const struct query_field *field)
{
	struct collecting *collecting = to;
	struct rule_needs *needs = collecting->needs;
	size_t size = 0;
	const char *name = field_header(field, &size);

	if (name == NULL)
		return;
	for (unsigned i = 0; i < needs->header_count; i++) {
		if (strlen(needs->headers[i]) == size && memcmp(needs->headers[i], name, size) == 0)
			return;
	}
	if (needs->header_count == EVENT_HEADER_NAMES_MAX)
		collecting->too_many++;
	else
		needs->headers[needs->header_count++] = arena_text_n(collecting->arena, name, size);
}

int
rule_needs(struct store *store, struct arena *arena, struct rule_needs *out, struct err *err)
{
	struct rule_needs needs = { .level = LEVEL_METADATA };
	struct collecting collecting = { .arena = arena, .needs = &needs };
	struct query_node *where;
	enum config_level level;
	struct rule *list;
	unsigned count;

	if (rules_load(store, arena, &list, &count, err) < 0)
		return -1;
	for (unsigned i = 0; i < count; i++) {
		struct err ignored;

		if (rule_parse(arena, list[i].where, &where, &ignored) < 0)
			continue;
		query_each_field(where, see_header, &collecting);
		if (strcmp(list[i].action, "level") == 0 &&
			read_level(list[i].value, &level) == 0 && level > needs.level)
			needs.level = level;
	}
	if (collecting.too_many > 0)
		return fail_field(err, ERR_REFUSED, "where", "the rules name more than %d headers",
			EVENT_HEADER_NAMES_MAX);
	*out = needs;
	return 0;
}

/* ---- compiling --------------------------------------------------------------------------------- */

static enum rule_kind
kind_of(enum rule_action action, bool link)
{
	switch (action) {
	case RULE_IGNORE:
	case RULE_KEEP:
		return link ? KIND_LINK : KIND_DECISION;
	case RULE_PRIVATE:
		break;
	case RULE_LEVEL:
		return KIND_LEVEL;
	case RULE_TEMPLATE:
		return KIND_TEMPLATE;
	}
	return KIND_DECISION;
}

/* Rules were checked when they were added; one that is no condition any more is one nobody can judge. */
static void
note_changing(void *to, const struct query_field *field)
{
	bool *lasting = to;

	if (strcmp(field->name, "decision") == 0 || strcmp(field->name, "direction") == 0)
		*lasting = false;
}

void
rules_compile(struct rules *rules, const struct rule *list, unsigned count)
{
	struct arena *arena = arena_new();
	struct compiled_rule *items = arena_array(arena, count + 1, sizeof *items);
	unsigned kinds = 0;

	for (unsigned i = 0; i < count; i++) {
		struct query_node *where = NULL;
		struct err ignored;

		if (rule_parse(arena, list[i].where, &where, &ignored) < 0)
			where = NULL;
		items[i].id = list[i].id;
		items[i].place = list[i].place;
		items[i].action = (enum rule_action)rule_action_by_word(list[i].action);
		items[i].kind = kind_of(items[i].action, list[i].link);
		items[i].written = arena_text(arena, list[i].where);
		items[i].value = arena_text(arena, list[i].value);
		read_level(list[i].value, &items[i].level);
		items[i].where = where;
		items[i].lasting = true;
		query_each_field(where, note_changing, &items[i].lasting);
		kinds |= 1u << items[i].kind;
	}
	rules_clear(rules);
	*rules = (struct rules){ .memory = arena, .items = items, .count = count, .kinds = kinds };
}
