#include "secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "liaison/base/arena.h"
#include "liaison/base/crypt.h"

enum { ASKERS_MAX = 16 };

/* A source whose command runs, and who waits for it. */
struct wait {
	struct wait *next;
	uint32_t source;
	struct secret_asker askers[ASKERS_MAX];
	size_t count;
	struct secrets *secrets;
	struct secret_command *command;
};

struct secrets {
	uv_loop_t *loop;
	secret_answer *answer;
	void *context;
	struct wait *waits;
};

struct secrets *
secrets_new(uv_loop_t *loop, secret_answer *answer, void *context)
{
	struct secrets *secrets = mem_zero(1, sizeof *secrets);

	*secrets = (struct secrets){ .loop = loop, .answer = answer, .context = context };
	return secrets;
}

void
secrets_stop(struct secrets *secrets)
{
	while (secrets->waits != NULL) {
		struct wait *wait = secrets->waits;

		secrets->waits = wait->next;
		secret_command_abandon(wait->command);
		free(wait);
	}
}

void
secrets_free(struct secrets *secrets)
{
	free(secrets);
}

int
secret_line(const char *bytes, size_t size, size_t *length, struct err *err)
{
	const char *end = memchr(bytes, '\n', size);
	size_t line = end == NULL ? size : (size_t)(end - bytes);

	if (end != NULL && line > 0 && bytes[line - 1] == '\r')
		line--;
	if (line == 0)
		return fail(err, ERR_CONFIG, "the secret is empty");
	if (line > SECRET_SIZE_MAX)
		return fail(err, ERR_CONFIG, "the secret is longer than %d bytes", SECRET_SIZE_MAX);
	if (memchr(bytes, '\r', line) != NULL || memchr(bytes, '\0', line) != NULL)
		return fail(err, ERR_CONFIG, "the secret holds a CR or NUL");
	*length = line;
	return 0;
}

/* A group may read a file that root keeps for it; nobody else's file may be read by anyone else. */
static bool
is_exposed(const struct stat *status)
{
	if ((status->st_mode & S_IRWXO) != 0)
		return true;
	return (status->st_mode & S_IRWXG) != 0 && (status->st_uid != 0 || geteuid() == 0);
}

static int
read_line(int descriptor, const char *path, char *out, size_t *size, struct err *err)
{
	size_t got = 0;
	ssize_t step;

	while (got < SECRET_SIZE_MAX + 2 &&
		(step = read(descriptor, out + got, SECRET_SIZE_MAX + 2 - got)) != 0) {
		if (step < 0 && errno == EINTR)
			continue;
		if (step < 0)
			return fail(err, ERR_CONFIG, "the secret's file '%s' cannot be read: %s",
				path, strerror(errno));
		got += (size_t)step;
	}
	return secret_line(out, got, size, err);
}

int
secret_read_file(const char *path, bool checked, char *out, size_t *size, struct err *err)
{
	int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;
	int result;

	if (descriptor < 0)
		return fail(err, ERR_CONFIG, "the secret's file '%s' cannot be opened: %s", path,
			strerror(errno));
	if (fstat(descriptor, &status) < 0 || !S_ISREG(status.st_mode))
		result = fail(err, ERR_CONFIG, "the secret's file '%s' is not a file", path);
	else if (checked && is_exposed(&status))
		result = fail(err, ERR_CONFIG,
			"the secret's file '%s' can be read by others: make it chmod 600", path);
	else
		result = read_line(descriptor, path, out, size, err);
	close(descriptor);
	return result;
}

static int
read_credential(const char *name, char *out, size_t *size, struct err *err)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	struct arena *arena;
	int result;

	if (folder == NULL || *folder == '\0')
		return fail(err, ERR_CONFIG,
			"there is no $CREDENTIALS_DIRECTORY to read the credential '%s' from",
			name);
	if (*name == '\0' || *name == '.' || strchr(name, '/') != NULL)
		return fail(err, ERR_CONFIG, "'%s' is not the name of a credential", name);
	arena = arena_new();
	result = secret_read_file(
		arena_printf(arena, "%s/%s", folder, name), false, out, size, err);
	arena_free(arena);
	return result;
}

static int
copy_literal(const char *value, char *out, size_t *size, struct err *err)
{
	size_t length = strlen(value);

	if (strchr(value, '\n') != NULL)
		return fail(err, ERR_CONFIG, "the secret holds an LF");
	if (secret_line(value, length, size, err) < 0)
		return -1;
	memcpy(out, value, *size);
	return 0;
}

/* Everything that needs no command. */
static int
read_now(const struct config_source *source, char *out, size_t *size, struct err *err)
{
	switch (source->secret) {
	case SECRET_FILE:
		return secret_read_file(source->secret_value, true, out, size, err);
	case SECRET_CREDENTIAL:
		return read_credential(source->secret_value, out, size, err);
	case SECRET_LITERAL:
		return copy_literal(source->secret_value, out, size, err);
	case SECRET_OAUTH2:
		return fail(err, ERR_CONFIG, "'%s' has not been authorized: use token-command",
			source->name);
	case SECRET_NONE:
	case SECRET_COMMAND:
	case SECRET_TOKEN_COMMAND:
		break;
	}
	return fail(err, ERR_CONFIG, "'%s' has no password-command, password-file or credential",
		source->name);
}

static void
answer_now(struct secrets *secrets, const struct config_source *source,
	const struct secret_asker *asker)
{
	char secret[SECRET_SIZE_MAX + 2];
	struct err err = { 0 };
	size_t size = 0;

	if (read_now(source, secret, &size, &err) < 0)
		secrets->answer(secrets->context, asker, NULL, 0, &err);
	else
		secrets->answer(secrets->context, asker, secret, size, NULL);
	wipe(secret, sizeof secret);
}

static void
answer_all(struct wait *wait, const char *secret, size_t size, const struct err *err)
{
	for (size_t i = 0; i < wait->count; i++)
		wait->secrets->answer(wait->secrets->context, &wait->askers[i], secret, size, err);
}

/* The command is over: takes the wait off the list, then tells those who wait. */
static void
command_done(void *context, const char *secret, size_t size, const struct err *err)
{
	struct wait *wait = context;

	for (struct wait **at = &wait->secrets->waits; *at != NULL; at = &(*at)->next) {
		if (*at == wait) {
			*at = wait->next;
			break;
		}
	}
	answer_all(wait, secret, size, err);
	free(wait);
}

static struct wait *
find_wait(const struct secrets *secrets, uint32_t source)
{
	struct wait *wait = secrets->waits;

	while (wait != NULL && wait->source != source)
		wait = wait->next;
	return wait;
}

static void
start_command(struct secrets *secrets, const struct config_source *source,
	const struct secret_asker *asker)
{
	struct wait *wait = mem_zero(1, sizeof *wait);
	struct err err;

	wait->source = source->number;
	wait->askers[wait->count++] = *asker;
	wait->secrets = secrets;
	wait->command = secret_command_start(
		secrets->loop, source->name, source->secret_value, command_done, wait, &err);
	if (wait->command == NULL) {
		secrets->answer(secrets->context, asker, NULL, 0, &err);
		free(wait);
		return;
	}
	wait->next = secrets->waits;
	secrets->waits = wait;
}

void
secret_ask(struct secrets *secrets, const struct config_source *source,
	const struct secret_asker *asker)
{
	struct wait *wait = find_wait(secrets, source->number);
	struct err err;

	if (source->secret != SECRET_COMMAND && source->secret != SECRET_TOKEN_COMMAND) {
		answer_now(secrets, source, asker);
	} else if (wait == NULL) {
		start_command(secrets, source, asker);
	} else if (wait->count < ASKERS_MAX) {
		wait->askers[wait->count++] = *asker;
	} else {
		fail(&err, ERR_UNAVAILABLE, "too many wait for the secret of '%s'", source->name);
		secrets->answer(secrets->context, asker, NULL, 0, &err);
	}
}

bool
secrets_reap(struct secrets *secrets, pid_t pid, int status)
{
	for (struct wait *wait = secrets->waits; wait != NULL; wait = wait->next) {
		if (secret_command_reap(wait->command, pid, status))
			return true;
	}
	return false;
}
