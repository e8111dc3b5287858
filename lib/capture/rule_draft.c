#include <string.h>

#include "rules.h"

/* A list of rules as people write it: one a line. */

static int
wrong(struct err *err, unsigned line, const char *why)
{
	return fail_field(err, ERR_USAGE, "file", "line %u: %s", line, why);
}

/* "level text" or "ignore link", of which the last word may be missing. */
static int
read_head(struct arena *arena, const char *head, struct rule *rule, bool *said, struct err *err)
{
	const char *blank = strchr(head, ' ');
	const char *rest = blank == NULL ? NULL : text_trim(arena, blank, strlen(blank));

	rule->action = blank == NULL ? head : arena_text_n(arena, head, (size_t)(blank - head));
	*said = rest != NULL && (strcmp(rest, "link") == 0 || strcmp(rest, "mail") == 0);
	rule->link = *said && strcmp(rest, "link") == 0;
	if (!*said)
		rule->value = rest;
	if (rule_action_by_word(rule->action) >= 0)
		return 0;
	return fail(err, ERR_USAGE,
		"'%.40s' is no action: expected ignore, keep, private, level or template",
		rule->action);
}

static int
read_line(struct arena *arena, const char *line, struct rule *out, struct err *err)
{
	const char *colon = strchr(line, ':');
	struct rule rule = { 0 };
	bool said;

	if (colon == NULL)
		return fail(err, ERR_USAGE, "expected ACTION [VALUE]: CONDITION");
	if (read_head(arena, text_trim(arena, line, (size_t)(colon - line)), &rule, &said, err) < 0)
		return -1;
	rule.where = text_trim(arena, colon + 1, strlen(colon + 1));
	if (rule_check(arena, &rule, err) < 0 ||
		(!said && rule_links(arena, &rule, &rule.link, err) < 0))
		return -1;
	*out = rule;
	return 0;
}

static unsigned
count_lines(const char *text)
{
	unsigned count = 1;

	for (; *text != '\0'; text++)
		count += *text == '\n';
	return count;
}

int
rules_read(
	struct arena *arena, const char *text, struct rule **out, unsigned *count, struct err *err)
{
	struct rule *list = arena_array(arena, count_lines(text), sizeof *list);
	unsigned line = 0, found = 0;
	struct err why;

	while (*text != '\0') {
		size_t size = strcspn(text, "\n");
		const char *one = text_trim(arena, text, size);

		text += size + (text[size] == '\n');
		line++;
		if (one[0] == '\0' || one[0] == '#')
			continue;
		if (found == RULES_MAX)
			return wrong(err, line, "there are more rules than may be");
		if (read_line(arena, one, &list[found], &why) < 0)
			return wrong(err, line, why.message);
		list[found].id = list[found].place = found + 1;
		found++;
	}
	*out = list;
	*count = found;
	return 0;
}
