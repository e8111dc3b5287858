#include "liaison/wire/config.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config_build.h"

void
config_mistake(struct builder *builder, const struct ini_entry *entry, const char *format, ...)
{
	char message[400];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof message, format, args);
	va_end(args);
	message[text_cut(message, strlen(message), sizeof message - 1)] = '\0';
	text_mend(message);
	builder->mistakes++;
	builder->complain(builder->context, entry->file, entry->line, message);
}

static const struct section_kind *
kind_of(const char *name)
{
	for (size_t i = 0; i < config_section_count; i++)
		if (strcmp(config_sections[i].name, name) == 0)
			return &config_sections[i];
	return NULL;
}

static bool
name_valid(const char *name)
{
	static const char LETTERS[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	static const char REST[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	return strlen(name) <= 64 && strspn(name, LETTERS) > 0 && name[strspn(name, REST)] == '\0';
}

static void
check_unknown_kind(struct builder *builder, const struct ini_entry *entry)
{
	const char *names[8], *nearest;
	size_t count = 0;

	for (; count < config_section_count; count++)
		names[count] = config_sections[count].name;
	nearest = text_suggest(entry->kind, names, count);
	if (nearest != NULL)
		config_mistake(builder, entry, "there is no section '[%s]'; did you mean '[%s]'?",
			entry->kind, nearest);
	else
		config_mistake(builder, entry,
			"there is no section '[%s]': sections are liaison, retention, account "
			"NAME, "
			"maildir NAME and calendar NAME",
			entry->kind);
}

static void
add_section(struct builder *builder, const struct section_kind *kind, const struct ini_entry *entry)
{
	if (!name_valid(entry->name)) {
		config_mistake(builder, entry,
			entry->name[0]
				? "'%s' is no name of a source: letters, digits, '.', '_' and '-', "
				  "at most 64, a letter or digit first"
				: "the source has no name%s: write [account NAME]",
			entry->name);
		return;
	}
	for (size_t i = 0; i < builder->count; i++) {
		const struct ini_entry *other = builder->sections[i].entry;

		if (strcmp(other->name, entry->name) == 0) {
			config_mistake(builder, entry, "the source '%s' is there already, at %s:%d",
				entry->name, other->file, other->line);
			return;
		}
	}
	builder->sections[builder->count].kind = kind;
	builder->sections[builder->count++].entry = entry;
}

/* Finds the sources; all sections are judged here, so that no mistake is told twice. */
static void
find_sections(struct builder *builder)
{
	const struct ini *ini = builder->ini;

	builder->sections = arena_array(builder->arena, ini->count + 1, sizeof *builder->sections);
	for (size_t i = 0; i < ini->count; i++) {
		const struct ini_entry *entry = &ini->entries[i];
		const struct section_kind *kind;

		if (entry->key != NULL)
			continue;
		kind = kind_of(entry->kind);
		if (kind == NULL)
			check_unknown_kind(builder, entry);
		else if (kind->source == 0 && entry->name[0] != '\0')
			config_mistake(builder, entry, "'[%s]' takes no name", entry->kind);
		else if (kind->source != 0 && strcmp(entry->name, "*") != 0)
			add_section(builder, kind, entry);
		else if (kind->source == SOURCE_MAILDIR)
			config_mistake(builder, entry,
				"only '[account *]' and '[calendar *]' give defaults");
	}
}

/* The same setting twice in one section of one file; over files, the later one counts. */
static const struct ini_entry *
find_twin(const struct ini *ini, size_t place)
{
	const struct ini_entry *entry = &ini->entries[place];

	for (size_t i = place; i-- > 0;) {
		const struct ini_entry *other = &ini->entries[i];

		if (strcmp(other->file, entry->file) != 0)
			return NULL;
		if (other->key != NULL && strcmp(other->key, entry->key) == 0 &&
			strcmp(other->kind, entry->kind) == 0 &&
			strcmp(other->name, entry->name) == 0)
			return other;
	}
	return NULL;
}

static void
check_unknown_key(struct builder *builder, const struct ini_entry *entry, unsigned section)
{
	const char *names[64], *nearest;
	size_t count = 0;

	for (size_t i = 0; i < config_setting_count && count < 64; i++)
		if ((config_settings[i].sections & section) != 0)
			names[count++] = config_settings[i].key;
	nearest = text_suggest(entry->key, names, count);
	if (section == IN_CALENDAR && strcmp(entry->key, "tls-fingerprint") == 0)
		config_mistake(builder, entry,
			"a calendar's certificate cannot be named by 'tls-fingerprint': put it, "
			"or its authority's, into a 'ca-file'");
	else if (nearest != NULL)
		config_mistake(builder, entry, "'%s' is no setting of [%s]; did you mean '%s'?",
			entry->key, entry->kind, nearest);
	else
		config_mistake(
			builder, entry, "'%s' is no setting of [%s]", entry->key, entry->kind);
}

/* Every line once: unknown and repeated settings. */
static void
check_keys(struct builder *builder)
{
	for (size_t i = 0; i < builder->ini->count; i++) {
		const struct ini_entry *entry = &builder->ini->entries[i], *twin;
		const struct section_kind *kind = kind_of(entry->kind);

		if (entry->key == NULL || kind == NULL)
			continue;
		if (config_setting_find(entry->key, kind->bit) == NULL)
			check_unknown_key(builder, entry, kind->bit);
		else if ((twin = find_twin(builder->ini, i)) != NULL)
			config_mistake(builder, entry, "'%s' is set already on line %d", entry->key,
				twin->line);
	}
}

/* A literal password must not be told again in a message, nor a feed's address, which may hold one. */
static void
read_entry(struct builder *builder, const struct ini_entry *entry, unsigned section, void *base,
	bool tell)
{
	const struct setting *setting = config_setting_find(entry->key, section);
	char why[300];

	if (setting == NULL)
		return;
	if (config_setting_read(setting, builder->arena, entry->value, entry->raw, base, why,
		    sizeof why) == 0 ||
		!tell)
		return;
	if (setting->type == SETTING_SECRET || setting->type == SETTING_CLIENT ||
		setting->type == SETTING_URL)
		config_mistake(builder, entry, "the value of '%s' should be %s", entry->key, why);
	else
		config_mistake(builder, entry, "'%.100s' is no value of '%s': it should be %s",
			entry->value, entry->key, why);
}

static void
set_initial(struct builder *builder, unsigned section, void *base)
{
	for (size_t i = 0; i < config_setting_count; i++) {
		const struct setting *setting = &config_settings[i];
		char why[300];

		if ((setting->sections & section) != 0 && setting->initial != NULL)
			config_setting_read(setting, builder->arena, setting->initial,
				setting->initial, base, why, sizeof why);
	}
}

static bool
is_secret(const struct ini_entry *entry)
{
	const struct setting *setting = config_setting_find(entry->key, IN_SOURCES);

	return setting != NULL && setting->type == SETTING_SECRET;
}

/* Lines of one section in file order; a second kind of secret in it is a mistake. */
static void
read_section(struct builder *builder, const char *kind, const char *name, unsigned bit, void *base,
	bool tell)
{
	const struct ini_entry *secret = NULL;

	for (size_t i = 0; i < builder->ini->count; i++) {
		const struct ini_entry *entry = &builder->ini->entries[i];

		if (entry->key == NULL || strcmp(entry->kind, kind) != 0 ||
			strcmp(entry->name, name) != 0)
			continue;
		if ((bit & IN_SOURCES) != 0 && is_secret(entry)) {
			struct config_source *source = base;

			if (secret != NULL && strcmp(secret->key, entry->key) != 0 && tell)
				config_mistake(builder, entry,
					"the secret is given already by '%s' on line %d",
					secret->key, secret->line);
			secret = entry;
			source->secret_file = arena_text(builder->arena, entry->file);
			source->secret_line = entry->line;
		}
		read_entry(builder, entry, bit, base, tell);
	}
}

static void
read_source(struct builder *builder, struct section *section)
{
	struct config_source *source = section->source;

	*source = (struct config_source){
		.number = (uint32_t)(source - builder->config->sources) + 1,
		.kind = section->kind->source,
		.name = arena_text(builder->arena, section->entry->name),
		.create_contacts = builder->config->create_contacts,
		.connections = 1,
	};
	set_initial(builder, section->kind->bit, source);
	if (source->kind != SOURCE_MAILDIR)
		read_section(builder, section->kind->name, "*", section->kind->bit, source, false);
	read_section(builder, section->kind->name, section->entry->name, section->kind->bit, source,
		true);
	if (source->kind == SOURCE_IMAP && source->port == 0)
		source->port = source->tls == TLS_IMPLICIT ? 993 : 143;
}

/* Defaults are judged once by themselves, not in every account that takes them. */
static void
check_defaults(struct builder *builder)
{
	struct config_source ignored = { 0 }, too = { 0 };

	read_section(builder, "account", "*", IN_ACCOUNT, &ignored, true);
	read_section(builder, "calendar", "*", IN_CALENDAR, &too, true);
}

static void
build(struct builder *builder, bool user_mode)
{
	struct config *config = builder->config;

	config_set_places(builder, user_mode);
	set_initial(builder, IN_LIAISON, config);
	set_initial(builder, IN_RETENTION, config);
	find_sections(builder);
	check_keys(builder);
	read_section(builder, "liaison", "", IN_LIAISON, config, true);
	read_section(builder, "retention", "", IN_RETENTION, config, true);
	config_check_places(builder);
	check_defaults(builder);
	config->source_count = builder->count;
	config->sources = arena_array(builder->arena, builder->count, sizeof *config->sources);
	for (size_t i = 0; i < builder->count; i++) {
		builder->sections[i].source = &config->sources[i];
		read_source(builder, &builder->sections[i]);
		config_check_source(builder, &builder->sections[i]);
	}
}

int
config_build(const struct ini *ini, bool user_mode, struct config *out, ini_complain *complain,
	void *context)
{
	struct builder builder = {
		.ini = ini, .config = out, .complain = complain, .context = context
	};

	*out = (struct config){ .arena = arena_new() };
	builder.arena = out->arena;
	build(&builder, user_mode);
	if (builder.mistakes == 0)
		return 0;
	config_free(out);
	return -1;
}

void
config_free(struct config *config)
{
	arena_free(config->arena);
	*config = (struct config){ 0 };
}

enum config_staff
config_staff(const struct config *config)
{
	if (config->staff_reports == NULL || strcmp(config->staff_reports, "off") == 0)
		return STAFF_OFF;
	return strcmp(config->staff_reports, "person") == 0 ? STAFF_PERSON : STAFF_TEAM;
}

void
config_server(const struct config_source *source, struct text *out)
{
	text_printf(out, "%s:%u %s", source->host ? source->host : "", source->port,
		source->user ? source->user : "");
	for (size_t i = 0; i < out->size; i++)
		if (out->bytes[i] >= 'A' && out->bytes[i] <= 'Z')
			out->bytes[i] += 'a' - 'A';
}

const struct config_source *
config_source_by_number(const struct config *config, uint32_t number)
{
	for (size_t i = 0; i < config->source_count; i++)
		if (config->sources[i].number == number)
			return &config->sources[i];
	return NULL;
}

const struct config_source *
config_source_by_name(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->source_count; i++)
		if (strcmp(config->sources[i].name, name) == 0)
			return &config->sources[i];
	return NULL;
}
