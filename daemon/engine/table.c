#include <string.h>

#include "liaison/base/crypt.h"
#include "request.h"

/* All commands, by name. */

static const struct command *const TABLES[] = {
	system_commands,
	privacy_commands,
	undo_commands,
	source_commands,
	backfill_commands,
	capture_commands,
	rule_commands,
	candidate_commands,
	contact_commands,
	forget_commands,
	contact_part_commands,
	contact_address_commands,
	contact_import_commands,
	picture_commands,
	contact_merge_commands,
	contact_duplicate_commands,
	salutation_commands,
	questionnaire_commands,
	rating_commands,
	profile_commands,
	field_commands,
	view_commands,
	interaction_commands,
	salesperson_commands,
	series_commands,
	code_commands,
	setup_commands,
	watch_commands,
	help_commands,
};

static const struct shorthand SHORTHANDS[] = {
	{ "status", "system.status" },
	{ "log", "interaction.add" },
	{ "find", "contact.find" },
	{ "search", "interaction.search" },
	{ "sync", "source.sync" },
	{ NULL, NULL },
};

const struct command *
command_at(unsigned i)
{
	for (size_t table = 0; table < sizeof TABLES / sizeof TABLES[0]; table++) {
		for (const struct command *row = TABLES[table]; row->name != NULL; row++) {
			if (i-- == 0)
				return row;
		}
	}
	return NULL;
}

const struct shorthand *
shorthand_at(unsigned i)
{
	return &SHORTHANDS[i];
}

enum { SLOTS = 512 };

struct slot {
	const char *name;
	const struct command *command;
};

/* Filled once, before there are threads. */
static struct slot slots[SLOTS];

static struct slot *
slot_of(const char *name)
{
	size_t at = (size_t)hash64(name, strlen(name)) % SLOTS;

	while (slots[at].name != NULL && strcmp(slots[at].name, name) != 0)
		at = (at + 1) % SLOTS;
	return &slots[at];
}

__attribute__((constructor)) static void
fill_slots(void)
{
	const struct command *command;

	for (unsigned i = 0; (command = command_at(i)) != NULL; i++)
		*slot_of(command->name) = (struct slot){ command->name, command };
	for (const struct shorthand *row = SHORTHANDS; row->name != NULL; row++) {
		command = slot_of(row->method)->command;
		if (command != NULL)
			*slot_of(row->name) = (struct slot){ row->name, command };
	}
}

const struct command *
command_find(const char *method)
{
	return slot_of(method)->command;
}

const struct command *
command_find_words(const json_t *words, size_t *skip)
{
	enum { DEPTH_MAX = 4 };
	const struct command *found = NULL, *longer;
	char name[80] = "";
	size_t length = 0;

	for (size_t i = 0; i < DEPTH_MAX && i < json_array_size(words); i++) {
		const json_t *word = json_array_get(words, i);

		if (!json_is_string(word) || length + json_string_length(word) + 2 > sizeof name)
			break;
		if (i > 0)
			name[length++] = '.';
		memcpy(name + length, json_string_value(word), json_string_length(word) + 1);
		length += json_string_length(word);
		longer = command_find(name);
		if (longer != NULL) {
			found = longer;
			*skip = i + 1;
		}
	}
	return found;
}

/* "contact.add" as it is typed. */
static void
spell(const char *name, char *out, size_t room)
{
	text_copy(out, room, name);
	for (; *out != '\0'; out++) {
		if (*out == '.')
			*out = ' ';
	}
}

static bool
is_noun(const char *name)
{
	const struct command *command;
	size_t length = strcspn(name, ".");

	for (unsigned i = 0; (command = command_at(i)) != NULL; i++) {
		if (strncmp(command->name, name, length) == 0 && command->name[length] == '.')
			return true;
	}
	return false;
}

/* What may follow a noun, "add, email add", as far as there is room. */
static unsigned
list_verbs(const char *noun, char *out, size_t room)
{
	const struct command *command;
	size_t length = strlen(noun), used = 0;
	unsigned count = 0;

	for (unsigned i = 0; (command = command_at(i)) != NULL; i++) {
		if (strncmp(command->name, noun, length) != 0 || command->name[length] != '.')
			continue;
		count++;
		if (used + strlen(command->name + length + 1) + 2 >= room)
			continue;
		if (used > 0) {
			memcpy(out + used, ", ", 3);
			used += 2;
		}
		spell(command->name + length + 1, out + used, room - used);
		used += strlen(out + used);
	}
	return count;
}

int
command_unknown(const char *name, struct err *err)
{
	char verbs[160] = "";
	const char *names[SLOTS];
	size_t count = 0;
	const char *near;
	char words[80];

	for (size_t i = 0; i < SLOTS; i++) {
		if (slots[i].name != NULL && strncmp(slots[i].name, "rpc.", 4) != 0)
			names[count++] = slots[i].name;
	}
	near = text_suggest(name, names, count);
	spell(name, words, sizeof words);
	if (list_verbs(name, verbs, sizeof verbs) > 0) {
		fail_field(err, ERR_USAGE, "verb", "'%s' needs a verb", words);
		return err_hint(err, "its verbs are %s", verbs);
	}
	fail(err, ERR_USAGE, "there is no command '%s'", words);
	if (near != NULL) {
		spell(near, words, sizeof words);
		return err_hint(err, "did you mean '%s'?", words);
	}
	if (is_noun(name))
		return err_hint(err, "help %.*s lists its verbs", (int)strcspn(name, "."), name);
	return err_hint(err, "help lists the nouns");
}

enum lane
command_lane(const struct command *command)
{
	if (command->traits & COMMAND_LOOP)
		return LANE_LOOP;
	return command->access == ACCESS_READS || command->access == ACCESS_PRIVACY ? LANE_READ
										    : LANE_WRITE;
}

unsigned
command_needs(const struct command *command)
{
	switch (command->access) {
	case ACCESS_READS:
		return MAY_READ;
	case ACCESS_WRITES:
		return MAY_WRITE;
	case ACCESS_PRIVACY:
		return MAY_PRIVACY;
	case ACCESS_ADMIN:
		break;
	}
	return MAY_ADMIN;
}
