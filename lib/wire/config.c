#include "liaison/wire/config.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config_setting.h"
#include "liaison/base/user.h"

/* A section of the file: its own line and the lines that belong to it. */
struct section {
	const struct section_kind *kind;
	const struct ini_entry *entry; /* its own line */
	struct config_source *source;
};

struct builder {
	const struct ini *ini;
	struct config *config;
	struct arena *arena;
	struct section *sections; /* of sources, in file order; without "[account *]" */
	size_t count;
	ini_complain *complain;
	void *context;
	unsigned mistakes;
};

__attribute__((format(printf, 3, 4))) static void
mistake(struct builder *builder, const struct ini_entry *entry, const char *format, ...)
{
	char message[400];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof message, format, args);
	va_end(args);
	message[text_cut(message, strlen(message), sizeof message - 1)] = '\0';
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
		mistake(builder, entry, "there is no section '[%s]'; did you mean '[%s]'?",
			entry->kind, nearest);
	else
		mistake(builder, entry,
			"there is no section '[%s]': sections are liaison, retention, account "
			"NAME, "
			"maildir NAME and calendar NAME",
			entry->kind);
}

static void
add_section(struct builder *builder, const struct section_kind *kind, const struct ini_entry *entry)
{
	if (!name_valid(entry->name)) {
		mistake(builder, entry,
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
			mistake(builder, entry, "the source '%s' is there already, at %s:%d",
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
			mistake(builder, entry, "'[%s]' takes no name", entry->kind);
		else if (kind->source != 0 && strcmp(entry->name, "*") != 0)
			add_section(builder, kind, entry);
		else if (kind->source != 0 && kind->source != SOURCE_IMAP)
			mistake(builder, entry, "only '[account *]' gives defaults");
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
	if (nearest != NULL)
		mistake(builder, entry, "'%s' is no setting of [%s]; did you mean '%s'?",
			entry->key, entry->kind, nearest);
	else
		mistake(builder, entry, "'%s' is no setting of [%s]", entry->key, entry->kind);
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
			mistake(builder, entry, "'%s' is set already on line %d", entry->key,
				twin->line);
	}
}

/* A literal password must not be told again in a message. */
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
	if (setting->type == SETTING_SECRET || setting->type == SETTING_CLIENT)
		mistake(builder, entry, "the value of '%s' should be %s", entry->key, why);
	else
		mistake(builder, entry, "'%.100s' is no value of '%s': it should be %s",
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
				mistake(builder, entry,
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
	if (source->kind == SOURCE_IMAP)
		read_section(builder, "account", "*", IN_ACCOUNT, source, false);
	read_section(builder, section->kind->name, section->entry->name, section->kind->bit, source,
		true);
	if (source->kind == SOURCE_IMAP && source->port == 0)
		source->port = source->tls == TLS_IMPLICIT ? 993 : 143;
}

/* Defaults are judged once by themselves, not in every account that takes them. */
static void
check_defaults(struct builder *builder)
{
	struct config_source ignored = { 0 };

	read_section(builder, "account", "*", IN_ACCOUNT, &ignored, true);
}

static bool
is_loopback(const char *host)
{
	unsigned char address[16];
	static const unsigned char SIX[16] = { [15] = 1 };
	size_t size = strlen(host);

	if (inet_pton(AF_INET, host, address) == 1)
		return address[0] == 127;
	if (inet_pton(AF_INET6, host, address) == 1)
		return memcmp(address, SIX, sizeof SIX) == 0;
	return strcmp(host, "localhost") == 0 ||
	       (size > 10 && strcmp(host + size - 10, ".localhost") == 0);
}

static void
check_account(struct builder *builder, const struct section *section)
{
	const struct config_source *source = section->source;
	const struct ini_entry *entry = section->entry;

	if (source->host == NULL)
		mistake(builder, entry, "the account '%s' has no host", source->name);
	if (source->user == NULL)
		mistake(builder, entry, "the account '%s' has no user", source->name);
	if (source->secret == SECRET_NONE)
		mistake(builder, entry,
			"the account '%s' has no password-command, password-file, credential, "
			"token-command or oauth2",
			source->name);
	if (source->tls == TLS_NONE && source->host != NULL && !is_loopback(source->host))
		mistake(builder, entry,
			"the account '%s' has 'tls = none', which only a host on loopback may have",
			source->name);
	if (source->folders.count == 0)
		mistake(builder, entry, "the account '%s' has no folders", source->name);
}

static void
check_source(struct builder *builder, const struct section *section)
{
	const struct config_source *source = section->source;

	switch (source->kind) {
	case SOURCE_IMAP:
		check_account(builder, section);
		break;
	case SOURCE_MAILDIR:
		if (source->path == NULL)
			mistake(builder, section->entry, "the maildir '%s' has no path",
				source->name);
		break;
	case SOURCE_ICAL:
		if (source->url == NULL)
			mistake(builder, section->entry, "the calendar '%s' has no url",
				source->name);
		break;
	}
}

/* NULL: nothing tells where the user's files are. */
static const char *
user_database(struct arena *arena)
{
	const char *folder = getenv("XDG_STATE_HOME"), *home = user_home(arena);

	if (folder != NULL && folder[0] == '/')
		return arena_printf(arena, "%s/liaison/liaison.db", folder);
	return home == NULL ? NULL
			    : arena_printf(arena, "%s/.local/state/liaison/liaison.db", home);
}

static const char *
user_socket(struct arena *arena)
{
	const char *folder = user_runtime(arena);

	return folder == NULL ? NULL : arena_printf(arena, "%s/liaison/control", folder);
}

static void
set_places(struct builder *builder, bool user_mode)
{
	struct config *config = builder->config;
	struct arena *arena = builder->arena;

	if (user_mode) {
		config->database = user_database(arena);
		config->socket = user_socket(arena);
	} else {
		config->database = "/var/lib/liaison/liaison.db";
		config->socket = "/run/liaison/control";
		config->group = "liaison";
	}
}

/* A place that neither the file nor the environment tells. */
static void
check_unknown_place(
	struct builder *builder, const char *place, const char *key, const char *variable)
{
	static const struct ini_entry nowhere = { .file = "liaison.conf" };
	const struct ini *ini = builder->ini;

	if (place == NULL)
		mistake(builder, ini->count > 0 ? &ini->entries[0] : &nowhere,
			"there is no place for the %s: set %s, or '%s' in [liaison]", key, variable,
			key);
}

static void
check_places(struct builder *builder)
{
	static const char *const KEYS[] = { "database", "socket" };
	const unsigned before = builder->mistakes;

	for (size_t i = 0; i < builder->ini->count; i++) {
		const struct ini_entry *entry = &builder->ini->entries[i];

		if (entry->key == NULL || strcmp(entry->kind, "liaison") != 0 ||
			entry->value[0] != '\0')
			continue;
		for (size_t k = 0; k < 2; k++)
			if (strcmp(entry->key, KEYS[k]) == 0)
				mistake(builder, entry, "'%s' needs a path", entry->key);
	}
	if (builder->mistakes > before)
		return;
	check_unknown_place(builder, builder->config->database, "database", "HOME");
	check_unknown_place(builder, builder->config->socket, "socket", "XDG_RUNTIME_DIR");
}

static void
build(struct builder *builder, bool user_mode)
{
	struct config *config = builder->config;

	set_places(builder, user_mode);
	set_initial(builder, IN_LIAISON, config);
	set_initial(builder, IN_RETENTION, config);
	find_sections(builder);
	check_keys(builder);
	read_section(builder, "liaison", "", IN_LIAISON, config, true);
	read_section(builder, "retention", "", IN_RETENTION, config, true);
	check_places(builder);
	check_defaults(builder);
	config->source_count = builder->count;
	config->sources = arena_array(builder->arena, builder->count, sizeof *config->sources);
	for (size_t i = 0; i < builder->count; i++) {
		builder->sections[i].source = &config->sources[i];
		read_source(builder, &builder->sections[i]);
		check_source(builder, &builder->sections[i]);
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
