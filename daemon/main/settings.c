#include "settings.h"

#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "referred.h"
#include "words.h"

enum { FILE_SIZE_MAX = 4 << 20 };

/* A file of the configuration, and whether others can read it. */
struct file {
	const char *path;
	bool exposed;
};

struct reading {
	struct arena *arena;
	struct ini ini;
	struct file *files;
	size_t file_count;
	struct mistakes *mistakes;
};

void
mistakes_clear(struct mistakes *mistakes)
{
	text_clear(&mistakes->lines);
	text_clear(&mistakes->remarks);
	mistakes->count = 0;
}

void
mistakes_remark(struct mistakes *mistakes, const char *format, ...)
{
	char line[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	text_printf(&mistakes->remarks, "%s\n", line);
}

static void
complain(void *context, const char *file, int line, const char *message)
{
	struct mistakes *mistakes = context;

	mistakes->count++;
	text_printf(&mistakes->lines, "%s:%d: %s\n", file, line, message);
}

static void
complain_system(struct reading *reading, const char *path)
{
	char *message = arena_printf(reading->arena, "cannot be read: %s", strerror(errno));

	complain(reading->mistakes, path, 0, message);
}

static char *
read_all(struct reading *reading, int descriptor, size_t room, size_t *size)
{
	char *bytes = arena_alloc(reading->arena, room + 1);
	ssize_t got;

	*size = 0;
	while (*size < room && (got = read(descriptor, bytes + *size, room - *size)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return NULL;
		*size += (size_t)got;
	}
	return bytes;
}

static void
note_file(struct reading *reading, const char *path, const struct stat *status)
{
	struct file *files = arena_array(reading->arena, reading->file_count + 1, sizeof *files);

	if (reading->file_count > 0)
		memcpy(files, reading->files, reading->file_count * sizeof *files);
	files[reading->file_count++] = (struct file){ path,
		(status->st_mode & (S_IRGRP | S_IROTH)) != 0 };
	reading->files = files;
}

/* Opened without blocking, so that a FIFO cannot hold up the start. */
static void
read_file(struct reading *reading, const char *path)
{
	int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;
	char *bytes = NULL;
	size_t size = 0;

	if (descriptor < 0 || fstat(descriptor, &status) < 0) {
		complain_system(reading, path);
	} else if (!S_ISREG(status.st_mode)) {
		complain(reading->mistakes, path, 0, "is not a file");
	} else if (status.st_size > FILE_SIZE_MAX) {
		complain(reading->mistakes, path, 0, "is larger than 4 MiB");
	} else if ((bytes = read_all(reading, descriptor, FILE_SIZE_MAX, &size)) == NULL) {
		complain_system(reading, path);
	} else {
		note_file(reading, path, &status);
		ini_parse(reading->arena, path, bytes, size, &reading->ini, complain,
			reading->mistakes);
	}
	if (descriptor >= 0)
		close(descriptor);
}

static int
is_conf(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return entry->d_name[0] != '.' && length > 5 &&
	       strcmp(entry->d_name + length - 5, ".conf") == 0;
}

/* conf.d/ *.conf, in the order of their names. */
static void
read_conf_d(struct reading *reading, const char *file)
{
	const char *folder = arena_printf(
		reading->arena, "%s/conf.d", place_directory(reading->arena, file));
	struct dirent **entries;
	int count = scandir(folder, &entries, is_conf, alphasort);

	if (count < 0) {
		if (errno != ENOENT)
			complain_system(reading, folder);
		return;
	}
	for (int i = 0; i < count; i++) {
		read_file(
			reading, arena_printf(reading->arena, "%s/%s", folder, entries[i]->d_name));
		free(entries[i]);
	}
	free(entries);
}

static bool
is_exposed(const struct reading *reading, const char *path)
{
	for (size_t i = 0; i < reading->file_count; i++) {
		if (strcmp(reading->files[i].path, path) == 0)
			return reading->files[i].exposed;
	}
	return false;
}

static bool
is_literal_secret(const struct ini_entry *entry)
{
	return entry->key != NULL && strcmp(entry->key, "password") == 0;
}

static bool
is_command(const struct ini_entry *entry)
{
	size_t length = entry->key == NULL ? 0 : strlen(entry->key);

	return length > 8 && strcmp(entry->key + length - 8, "-command") == 0;
}

/* What only liaisond can check: it alone sees the files and runs the commands. */
static void
check_secrets(struct reading *reading)
{
	for (size_t i = 0; i < reading->ini.count; i++) {
		const struct ini_entry *entry = &reading->ini.entries[i];
		struct err err;
		char **words;

		if (is_literal_secret(entry) && is_exposed(reading, entry->file))
			complain(reading->mistakes, entry->file, entry->line,
				"the file holds a secret and others can read it: make it chmod "
				"600");
		if (is_command(entry) && words_split(reading->arena, entry->raw, &words, &err) < 0)
			complain(reading->mistakes, entry->file, entry->line,
				arena_printf(reading->arena, "%s: %s", entry->key, err.message));
	}
}

/* Settings and sections of versions to come: read, and without effect. liaison.conf(5) has them too. */
static const char *const LATER[] = { "provider-profiles", "key-file", "budget", "oauth2",
	"client-id", "client-secret-file", "client-secret-command" };

static bool
is_for_later(const struct ini_entry *entry)
{
	if (entry->key == NULL)
		return strcmp(entry->kind, "maildir") == 0;
	for (size_t i = 0; i < sizeof LATER / sizeof *LATER; i++) {
		if (strcmp(entry->key, LATER[i]) == 0)
			return true;
	}
	return false;
}

static void
remark_later(const struct reading *reading)
{
	for (size_t i = 0; i < reading->ini.count; i++) {
		const struct ini_entry *entry = &reading->ini.entries[i];

		if (is_for_later(entry))
			mistakes_remark(reading->mistakes,
				"%s:%d: '%s' has no effect in this version", entry->file,
				entry->line, entry->key != NULL ? entry->key : entry->kind);
	}
}

/* What only its owner sees, and nobody owns. */
static void
remark_nobodys(const struct config *config, struct mistakes *mistakes)
{
	for (size_t i = 0; i < config->source_count; i++) {
		const struct config_source *source = &config->sources[i];

		if (source->visibility == VISIBLE_OWNER && source->salesperson == NULL)
			mistakes_remark(mistakes,
				"'%s' has 'visibility = owner' and no 'salesperson': only root and "
				"the daemon's user see what its messages say",
				source->name);
	}
}

/* A database behind a link is the one it leads to: its lock and its journal lie beside that. */
static void
resolve_database(struct config *config)
{
	config->database = place_real(config->arena, config->database);
}

int
settings_load(const struct place *place, struct config *out, struct mistakes *mistakes)
{
	struct reading reading = { .arena = arena_new(), .mistakes = mistakes };
	struct config config = { 0 };

	read_file(&reading, place->file);
	if (place->with_conf_d)
		read_conf_d(&reading, place->file);
	check_secrets(&reading);
	if (config_build(&reading.ini, place->user_mode, &config, complain, mistakes) < 0 ||
		mistakes->count > 0) {
		config_free(&config);
		arena_free(reading.arena);
		return -1;
	}
	resolve_database(&config);
	remark_later(&reading);
	remark_nobodys(&config, mistakes);
	referred_remark(&config, mistakes);
	arena_free(reading.arena);
	*out = config;
	return 0;
}
