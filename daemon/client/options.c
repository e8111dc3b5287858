#include "options.h"

#include <string.h>

#include "liaison/base/text.h"

enum option_id {
	OPTION_SOCKET,
	OPTION_HOST,
	OPTION_AS,
	OPTION_JSON,
	OPTION_JSONL,
	OPTION_FORMAT,
	OPTION_FIELDS,
	OPTION_NO_PAGER,
	OPTION_COLOR,
	OPTION_DRY_RUN,
	OPTION_YES,
	OPTION_QUIET,
	OPTION_VERBOSE,
	OPTION_HELP,
	OPTION_VERSION,
	OPTION_BRIDGE,
	OPTION_COMPLETE,
};

const struct option_row option_rows[] = {
	[OPTION_SOCKET] = { "--socket", 0, "PATH", "the daemon's socket" },
	[OPTION_HOST] = { "--host", 'H', "[USER@]HOST",
		"ask the daemon of another machine, over ssh" },
	[OPTION_AS] = { "--as", 0, "CODE", "act as this salesperson (proxies only)" },
	[OPTION_JSON] = { "--json", 0, NULL, "the result as one JSON document" },
	[OPTION_JSONL] = { "--jsonl", 0, NULL, "a JSON document a line" },
	[OPTION_FORMAT] = { "--format", 0, "FORMAT", "table, json, jsonl, csv, tsv or ids" },
	[OPTION_FIELDS] = { "--fields", 0, "A,B", "only these fields, in this order" },
	[OPTION_NO_PAGER] = { "--no-pager", 0, NULL, "do not start a pager" },
	[OPTION_COLOR] = { "--color", 0, "WHEN", "auto, always or never" },
	[OPTION_DRY_RUN] = { "--dry-run", 'n', NULL, "tell what would change, change nothing" },
	[OPTION_YES] = { "--yes", 'y', NULL, "do not ask" },
	[OPTION_QUIET] = { "--quiet", 'q', NULL, "no progress, no remarks" },
	[OPTION_VERBOSE] = { "--verbose", 'v', NULL, "empty fields too" },
	[OPTION_HELP] = { "--help", 'h', NULL, "what the words before it can do" },
	[OPTION_VERSION] = { "--version", 0, NULL, "the version of liaison" },
	[OPTION_BRIDGE] = { "--bridge", 0, NULL, NULL },
	[OPTION_COMPLETE] = { "--complete", 0, NULL, NULL },
	{ NULL, 0, NULL, NULL },
};

const char options_usage[] = "usage: liaison [OPTIONS] NOUN [NOUN] VERB [WORDS]\n"
			     "       liaison help [NOUN [VERB]]\n"
			     "       liaison completion bash|zsh|fish\n";

char *
options_text(struct arena *arena)
{
	char *out = arena_text(arena, "");

	for (const struct option_row *row = option_rows; row->name != NULL; row++) {
		char letter[5] = "    ";
		const char *shown;

		if (row->summary == NULL)
			continue;
		if (row->letter != 0)
			memcpy(letter, (char[]){ '-', row->letter, ',', ' ' }, 4);
		shown = arena_printf(arena, "%s%s%s", row->name, row->value != NULL ? " " : "",
			row->value != NULL ? row->value : "");
		out = arena_printf(arena, "%s  %s%-20s %s\n", out, letter, shown, row->summary);
	}
	return out;
}

/* The place of word in words, which end with NULL; -1: it is none of them. */
static int
place_of(const char *word, const char *const *words)
{
	for (int i = 0; words[i] != NULL; i++) {
		if (strcmp(word, words[i]) == 0)
			return i;
	}
	return -1;
}

static int
set_choice(
	const char *option, const char *value, const char *const *names, int *out, struct err *err)
{
	int found = place_of(value, names);

	if (found < 0) {
		struct arena *arena = arena_new();
		char *list = arena_text(arena, names[0]);

		for (int i = 1; names[i] != NULL; i++)
			list = arena_printf(arena, "%s, %s", list, names[i]);
		fail(err, ERR_USAGE, "'%s' is no value of %s: it is one of %s", value, option,
			list);
		arena_free(arena);
		return -1;
	}
	*out = found;
	return 0;
}

static const char *const formats[] = { "table", "json", "jsonl", "csv", "tsv", "ids", NULL };
static const char *const colors[] = { "auto", "always", "never", NULL };

/* Where an option goes to. */
static const struct target {
	enum {
		TARGET_TEXT,
		TARGET_FLAG,
		TARGET_FORMAT,
		TARGET_FORMAT_WORD,
		TARGET_COLOR_WORD
	} kind;
	size_t offset; /* of a text or flag in struct options */
	enum format format;
} targets[] = {
#define TEXT(member) TARGET_TEXT, offsetof(struct options, member), 0
#define FLAG(member) TARGET_FLAG, offsetof(struct options, member), 0
	[OPTION_SOCKET] = { TEXT(socket) },
	[OPTION_HOST] = { TEXT(host) },
	[OPTION_AS] = { TEXT(as) },
	[OPTION_JSON] = { TARGET_FORMAT, 0, FORMAT_JSON },
	[OPTION_JSONL] = { TARGET_FORMAT, 0, FORMAT_JSONL },
	[OPTION_FORMAT] = { TARGET_FORMAT_WORD, 0, 0 },
	[OPTION_FIELDS] = { TEXT(fields) },
	[OPTION_NO_PAGER] = { FLAG(no_pager) },
	[OPTION_COLOR] = { TARGET_COLOR_WORD, 0, 0 },
	[OPTION_DRY_RUN] = { FLAG(dry_run) },
	[OPTION_YES] = { FLAG(yes) },
	[OPTION_QUIET] = { FLAG(quiet) },
	[OPTION_VERBOSE] = { FLAG(verbose) },
	[OPTION_HELP] = { FLAG(help) },
	[OPTION_VERSION] = { FLAG(version) },
	[OPTION_BRIDGE] = { FLAG(bridge) },
	[OPTION_COMPLETE] = { FLAG(complete) },
#undef TEXT
#undef FLAG
};

static int
apply(struct options *options, enum option_id id, const char *value, struct err *err)
{
	const struct target *target = &targets[id];
	void *member = (char *)options + target->offset;
	int choice = 0, result = 0;

	switch (target->kind) {
	case TARGET_TEXT:
		*(const char **)member = value;
		break;
	case TARGET_FLAG:
		*(bool *)member = true;
		break;
	case TARGET_FORMAT:
		options->format = target->format;
		break;
	case TARGET_FORMAT_WORD:
		result = set_choice("--format", value, formats, &choice, err);
		if (result == 0)
			options->format = (enum format)choice;
		break;
	case TARGET_COLOR_WORD:
		result = set_choice("--color", value, colors, &choice, err);
		if (result == 0)
			options->color = (enum color)choice;
		break;
	}
	return result;
}

/* "--name" or "--name=value"; -1: it is not one of ours. */
static int
find_long(const char *word, const char **value)
{
	size_t length = strcspn(word, "=");

	*value = word[length] == '=' ? word + length + 1 : NULL;
	for (int i = 0; option_rows[i].name != NULL; i++) {
		if (strlen(option_rows[i].name) == length &&
			strncmp(option_rows[i].name, word, length) == 0)
			return i;
	}
	return -1;
}

static int
find_letter(char letter)
{
	for (int i = 0; option_rows[i].name != NULL; i++) {
		if (option_rows[i].letter == letter)
			return i;
	}
	return -1;
}

/* "-qy": only when every letter is an option without a value; "-Hhost" and "-H host". */
static bool
are_letters(const char *word)
{
	if (word[1] == 'H')
		return true;
	for (const char *p = word + 1; *p != '\0'; p++) {
		int id = find_letter(*p);

		if (id < 0 || option_rows[id].value != NULL)
			return false;
	}
	return word[1] != '\0';
}

struct walk {
	struct options *options;
	char **argv;
	int at;
};

static int
take_long(struct walk *walk, int id, const char *value, struct err *err)
{
	const struct option_row *row = &option_rows[id];

	if (row->value == NULL && value != NULL)
		return fail(err, ERR_USAGE, "%s takes no value", row->name);
	if (row->value != NULL && value == NULL && (value = walk->argv[++walk->at]) == NULL)
		return fail(err, ERR_USAGE, "%s needs a value: %s", row->name, row->value);
	return apply(walk->options, (enum option_id)id, value, err);
}

static int
take_letters(struct walk *walk, const char *word, struct err *err)
{
	if (word[1] == 'H')
		return take_long(walk, OPTION_HOST, word[2] != '\0' ? word + 2 : NULL, err);
	for (const char *p = word + 1; *p != '\0'; p++) {
		if (apply(walk->options, (enum option_id)find_letter(*p), NULL, err) < 0)
			return -1;
	}
	return 0;
}

static bool
limits(const char *word)
{
	static const char *const names[] = { "--limit", "--after", "--count" };

	for (int i = 0; i < 3; i++) {
		size_t length = strlen(names[i]);

		if (strncmp(word, names[i], length) == 0 &&
			(word[length] == '\0' || word[length] == '='))
			return true;
	}
	return false;
}

static int
keep_word(struct options *options, const char *word, struct err *err)
{
	if (!text_is_utf8(word, strlen(word)))
		return fail(err, ERR_USAGE, "word %zu is not UTF-8", options->count + 1);
	options->words[options->count++] = word;
	return 0;
}

static int
take_word(struct walk *walk, const char *word, struct err *err)
{
	const char *value;
	int id;

	if (word[0] == '-' && word[1] == '-' && (id = find_long(word, &value)) >= 0)
		return take_long(walk, id, value, err);
	if (word[0] == '-' && word[1] != '-' && are_letters(word))
		return take_letters(walk, word, err);
	walk->options->limited |= limits(word);
	return keep_word(walk->options, word, err);
}

int
options_parse(struct arena *arena, int argc, char **argv, struct options *out, struct err *err)
{
	struct walk walk = { .options = out, .argv = argv };
	bool literal = false;

	*out = (struct options){ .words = arena_array(arena, (size_t)argc + 1, sizeof(char *)) };
	for (walk.at = 1; walk.at < argc; walk.at++) {
		const char *word = argv[walk.at];
		int result;

		/* What is to be completed is not ours to take: it may be half an option. */
		literal |= out->complete || strcmp(word, "--") == 0;
		result = literal ? keep_word(out, word, err) : take_word(&walk, word, err);
		if (result < 0)
			return -1;
	}
	return 0;
}
