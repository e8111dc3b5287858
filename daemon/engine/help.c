#include <stdio.h>
#include <string.h>

#include "discover.h"
#include "request.h"
#include "values.h"

/* help [noun [verb]], made from the table; each answer fits a screen. */

struct noun {
	const char *name, *summary;
};

static const struct noun NOUNS[] = {
	{ "system", "the daemon: status, backups, checks, the audit" },
	{ "source", "mailboxes: state, folders, sync" },
	{ "backfill", "reading the past of mailboxes" },
	{ "capture", "what was decided of each message, and why" },
	{ "rule", "what is ignored, kept, private, and how much is fetched" },
	{ "candidate", "unknown people seen in mail and meetings" },
	{ "contact", "persons and companies" },
	{ "interaction", "mail, calls, meetings, notes" },
	{ "code", "groups, territories, relations and other codes" },
	{ "salutation", "how contacts are greeted" },
	{ "questionnaire", "questions about contacts, and what classifies them" },
	{ "field", "fields of your own" },
	{ "view", "lists saved under a name" },
	{ "salesperson", "who of us looks after contacts, and which local user is who" },
	{ "series", "number series" },
	{ "setup", "settings of the records" },
	{ "watch", "tell what happens" },
	{ "help", "this" },
	{ NULL, NULL },
};

static size_t
noun_length(const char *name)
{
	return strcspn(name, ".");
}

static unsigned
count_verbs(const char *noun)
{
	const struct command *command;
	unsigned count = 0;
	size_t length = strlen(noun);

	for (unsigned i = 0; (command = command_at(i)) != NULL; i++)
		count += noun_length(command->name) == length &&
			 strncmp(command->name, noun, length) == 0;
	return count;
}

static void
list_nouns(struct text *text)
{
	const struct shorthand *shorthand;

	text_add(text, "usage: liaison NOUN [NOUN] VERB [words and --options]\n\n");
	for (const struct noun *noun = NOUNS; noun->name != NULL; noun++) {
		if (count_verbs(noun->name) > 0)
			text_printf(text, "  %-12s %s\n", noun->name, noun->summary);
	}
	text_add(text, "\nshort for ");
	for (unsigned i = 0; (shorthand = shorthand_at(i))->name != NULL; i++) {
		if (command_find(shorthand->name) != NULL)
			text_printf(text, "%s%s (%s)", i > 0 ? ", " : "", shorthand->name,
				shorthand->method);
	}
	text_add(text,
		"\n'liaison help NOUN' lists its verbs, 'liaison help NOUN VERB' tells of one\n");
}

/* Commands whose name is prefix or begins with "prefix."; returns how many. */
static unsigned
list_verbs(struct text *text, struct arena *arena, const char *prefix)
{
	const struct command *command;
	size_t length = strlen(prefix);
	unsigned count = 0;

	for (unsigned i = 0; (command = command_at(i)) != NULL; i++) {
		if (strncmp(command->name, prefix, length) != 0 ||
			(command->name[length] != '.' && command->name[length] != '\0'))
			continue;
		text_printf(text, "  %-28s %s\n", command_words(arena, command->name),
			command->summary);
		count++;
	}
	return count;
}

static void
describe_param(struct text *text, const struct param *param)
{
	char name[80], *at;

	if (param->flags & (PARAM_REQUIRED | PARAM_POSITIONAL))
		snprintf(name, sizeof name, "<%s>", param->name);
	else
		snprintf(name, sizeof name, "--%s", param->name);
	for (at = name + 1; *at != '\0'; at++) {
		if (*at == '_')
			*at = '-';
	}
	text_printf(text, "  %-22s %s", name, param->summary);
	if (param->values != NULL)
		text_printf(text, " (%s)", param->values);
	if (param->type == PARAM_INPUT || param->type == PARAM_OUTPUT)
		text_printf(text, " (a path; - is standard %s)",
			param->type == PARAM_INPUT ? "input" : "output");
	if (param->fallback != NULL)
		text_printf(text, "; else %s", param->fallback);
	text_add(text, param->flags & PARAM_REPEATS ? "; may repeat\n" : "\n");
}

static void
describe(struct text *text, struct arena *arena, const struct command *command)
{
	const struct param *param;

	text_printf(text, "%s: %s\n\nusage: liaison %s\n\n", command_words(arena, command->name),
		command->summary, usage_line(arena, command));
	for (unsigned i = 0; (param = command_param(command, i)) != NULL; i++)
		describe_param(text, param);
	if (command->traits & COMMAND_CONFIRM)
		text_add(text, "\nit asks before it acts; --yes answers, --dry-run only tells what "
			       "it would do\n");
}

static char *
asked_name(const struct call *call)
{
	struct text name = { 0 };
	char *out;

	text_add(&name, call_text(call, "noun"));
	for (unsigned i = 0; i < call_count(call, "verb"); i++) {
		text_add(&name, ".");
		text_add(&name, call_text_at(call, "verb", i));
	}
	out = arena_text_n(call->arena, name.bytes, name.size);
	text_clear(&name);
	return out;
}

static int
write_help(const struct call *call, struct text *text, struct err *err)
{
	const struct command *command;
	const char *name;

	if (call_text(call, "noun") == NULL) {
		list_nouns(text);
		return 0;
	}
	name = asked_name(call);
	command = command_find(name);
	if (command != NULL && (strchr(name, '.') != NULL || count_verbs(name) <= 1)) {
		describe(text, call->arena, command);
		return 0;
	}
	if (list_verbs(text, call->arena, name) > 0)
		return 0;
	return command_unknown(name, err);
}

static int
run_help(struct call *call, struct err *err)
{
	struct text text = { 0 };
	int result = write_help(call, &text, err);

	if (result == 0) {
		json_object_begin(call->out, NULL);
		json_text_n(call->out, "text", text.bytes, text.size);
		json_object_end(call->out);
	}
	text_clear(&text);
	return result;
}

static int
run_discover(struct call *call, struct err *err)
{
	(void)err;
	discover_write(call->out);
	return 0;
}

static const struct param help_params[] = {
	{ "noun", PARAM_NAME, PARAM_POSITIONAL, "what to tell of", NULL, NULL },
	{ "verb", PARAM_NAME, PARAM_POSITIONAL | PARAM_REPEATS, "which of its commands", NULL,
		NULL },
	{ 0 },
};

const struct command help_commands[] = {
	{ .name = "help",
		.summary = "tell what commands there are and what they take",
		.params = help_params,
		.run = run_help,
		.access = ACCESS_READS },
	{ .name = "rpc.discover",
		.summary = "all methods as an OpenRPC document",
		.run = run_discover,
		.access = ACCESS_READS },
	{ 0 },
};
