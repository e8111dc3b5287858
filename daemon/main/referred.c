#include "referred.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "secret.h"
#include "words.h"

/* A certificate's file decides whom we believe: only its owner may change it. */
static void
remark_ca_file(const struct config_source *source, struct mistakes *mistakes)
{
	const char *path = source->ca_file;
	struct stat status;

	if (path == NULL)
		return;
	if (access(path, R_OK) < 0 || stat(path, &status) < 0)
		mistakes_remark(mistakes, "%s: the ca-file '%s' cannot be read: %s", source->name,
			path, strerror(errno));
	else if (!S_ISREG(status.st_mode))
		mistakes_remark(mistakes, "%s: the ca-file '%s' is not a file", source->name, path);
	else if ((status.st_mode & S_IWOTH) != 0)
		mistakes_remark(mistakes, "%s: the ca-file '%s' can be changed by others",
			source->name, path);
}

static void
remark_password_file(const struct config_source *source, struct mistakes *mistakes)
{
	char secret[SECRET_SIZE_MAX + 2];
	struct err err;
	size_t size;

	if (secret_read_file(source->secret_value, true, secret, &size, &err) < 0)
		mistakes_remark(mistakes, "%s: %s", source->name, err.message);
	explicit_bzero(secret, sizeof secret);
}

/* $CREDENTIALS_DIRECTORY is set for services only, so nothing can be said without it. */
static void
remark_credential(
	struct arena *arena, const struct config_source *source, struct mistakes *mistakes)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	const char *path;

	if (folder == NULL || *folder == '\0')
		return;
	path = arena_printf(arena, "%s/%s", folder, source->secret_value);
	if (access(path, R_OK) < 0)
		mistakes_remark(mistakes, "%s: the credential '%s' cannot be read: %s",
			source->name, source->secret_value, strerror(errno));
}

/* As execvp looks for it. */
static bool
is_program(struct arena *arena, const char *name)
{
	const char *path = getenv("PATH");

	if (strchr(name, '/') != NULL)
		return access(name, X_OK) == 0;
	while (path != NULL && *path != '\0') {
		int length = (int)strcspn(path, ":");

		if (access(arena_printf(arena, "%.*s/%s", length, path, name), X_OK) == 0)
			return true;
		path += length + (path[length] == ':');
	}
	return false;
}

static void
remark_command(struct arena *arena, const struct config_source *source, struct mistakes *mistakes)
{
	struct err err;
	char **words;

	if (words_split(arena, source->secret_value, &words, &err) == 0 &&
		!is_program(arena, words[0]))
		mistakes_remark(mistakes, "%s: there is no program '%s' to ask for the secret",
			source->name, words[0]);
}

static void
remark_secret(struct arena *arena, const struct config_source *source, struct mistakes *mistakes)
{
	switch (source->secret) {
	case SECRET_FILE:
		remark_password_file(source, mistakes);
		break;
	case SECRET_CREDENTIAL:
		remark_credential(arena, source, mistakes);
		break;
	case SECRET_COMMAND:
	case SECRET_TOKEN_COMMAND:
		remark_command(arena, source, mistakes);
		break;
	case SECRET_LITERAL:
		mistakes_remark(mistakes,
			"%s: the password stands in the configuration: password-command or "
			"credential is safer",
			source->name);
		break;
	case SECRET_OAUTH2:
	case SECRET_NONE:
		break;
	}
}

static void
remark_folder(const char *key, const char *folder, struct mistakes *mistakes)
{
	struct stat status;

	if (access(folder, W_OK | X_OK) < 0)
		mistakes_remark(mistakes, "%s: the folder '%s' cannot be written to: %s", key,
			folder, strerror(errno));
	else if (stat(folder, &status) == 0 && !S_ISDIR(status.st_mode))
		mistakes_remark(mistakes, "%s: '%s' is not a folder", key, folder);
}

void
referred_remark(const struct config *config, struct mistakes *mistakes)
{
	struct arena *arena = arena_new();

	if (config->backup_directory != NULL)
		remark_folder("backup-directory", config->backup_directory, mistakes);
	if (config->metrics_file != NULL)
		remark_folder(
			"metrics-file", place_directory(arena, config->metrics_file), mistakes);
	for (size_t i = 0; i < config->source_count; i++) {
		remark_ca_file(&config->sources[i], mistakes);
		remark_secret(arena, &config->sources[i], mistakes);
	}
	arena_free(arena);
}
