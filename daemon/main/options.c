#include "options.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "liaison/base/text.h"

const char options_help[] =
	"usage: liaisond [-c FILE] [--check-config | --check-sandbox | --check-backup FILE |\n"
	"                --restore FILE | --version]\n"
	"\n"
	"Watches the mailboxes and calendars of its configuration and serves the control socket.\n"
	"\n"
	"  -c, --config FILE     the configuration; else $LIAISON_CONFIG, the user's, the "
	"system's\n"
	"  --check-config        print the configuration's mistakes; exit 0, or 78\n"
	"  --check-sandbox       try what the sandboxed programs must not do\n"
	"  --check-backup FILE   tell whether FILE is a whole database\n"
	"  --restore FILE        put FILE in the database's place; the old one is kept aside\n"
	"  --version, --help\n";

struct option {
	const char *name;
	enum action action;
	size_t value; /* where its value goes in struct options; 0: it has none */
};

static const struct option OPTIONS[] = {
	{ "-c", ACTION_RUN, offsetof(struct options, config) },
	{ "--config", ACTION_RUN, offsetof(struct options, config) },
	{ "--check-config", ACTION_CHECK_CONFIG, 0 },
	{ "--check-sandbox", ACTION_CHECK_SANDBOX, 0 },
	{ "--check-backup", ACTION_CHECK_BACKUP, offsetof(struct options, backup) },
	{ "--restore", ACTION_RESTORE, offsetof(struct options, backup) },
	{ "--version", ACTION_VERSION, 0 },
	{ "--help", ACTION_HELP, 0 },
	{ "-h", ACTION_HELP, 0 },
};

enum { OPTION_COUNT = sizeof OPTIONS / sizeof *OPTIONS };

static int
unknown(const char *word, struct err *err)
{
	const char *names[OPTION_COUNT];
	const char *nearest;

	for (size_t i = 0; i < OPTION_COUNT; i++)
		names[i] = OPTIONS[i].name;
	fail(err, ERR_USAGE, "there is no option '%s'", word);
	nearest = text_suggest(word, names, OPTION_COUNT);
	return nearest == NULL ? -1 : err_hint(err, "did you mean %s?", nearest);
}

/* "--name=value" is name and value; *value is NULL when the word holds none. */
static const struct option *
find(const char *word, const char **value)
{
	size_t length = strcspn(word, "=");

	*value = word[length] == '=' && word[1] == '-' ? word + length + 1 : NULL;
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		if (strlen(OPTIONS[i].name) == length &&
			strncmp(OPTIONS[i].name, word, length) == 0)
			return &OPTIONS[i];
	}
	return NULL;
}

static int
set_action(struct options *options, const struct option *option, struct err *err)
{
	if (option->action == ACTION_RUN)
		return 0;
	if (options->action != ACTION_RUN && options->action != option->action)
		return fail(err, ERR_USAGE, "'%s' cannot be asked for together with another check",
			option->name);
	options->action = option->action;
	return 0;
}

int
options_parse(int argc, char **argv, struct options *out, struct err *err)
{
	struct options options = { .action = ACTION_RUN };

	for (int i = 1; i < argc; i++) {
		const char *value;
		const struct option *option = find(argv[i], &value);

		if (option == NULL)
			return unknown(argv[i], err);
		if (option->value == 0 && value != NULL)
			return fail(err, ERR_USAGE, "'%s' takes no value", option->name);
		if (option->value != 0 && value == NULL && (value = argv[++i]) == NULL)
			return fail(err, ERR_USAGE, "'%s' needs a file", option->name);
		if (option->value != 0)
			memcpy((char *)&options + option->value, &value, sizeof value);
		if (set_action(&options, option, err) < 0)
			return -1;
	}
	*out = options;
	return 0;
}
