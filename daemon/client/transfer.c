#include "transfer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "liaison/base/crypt.h"
#include "socket.h"

enum { PIECE_SIZE = 48 * 1024 };

void
transfer_init(struct transfer *transfer, const struct options *options)
{
	*transfer = (struct transfer){ .options = options, .input = -1, .output = -1 };
}

static void
close_input(struct transfer *transfer)
{
	if (transfer->input > STDIN_FILENO)
		close(transfer->input);
	transfer->input = -1;
	free(transfer->input_path);
	transfer->input_path = NULL;
}

static void
close_output(struct transfer *transfer)
{
	if (transfer->output > STDOUT_FILENO)
		close(transfer->output);
	transfer->output = -1;
}

void
transfer_clear(struct transfer *transfer)
{
	close_input(transfer);
	close_output(transfer);
	if (transfer->partial != NULL)
		unlink(transfer->partial);
	free(transfer->partial);
	free(transfer->path);
	transfer->partial = transfer->path = NULL;
}

static void
give_up(struct transfer *transfer, enum err_code code, const char *path, const char *what,
	const char *why)
{
	transfer->failed = true;
	fail(&transfer->err, code, "'%s' %s%s%s", path, what, why != NULL ? ": " : "",
		why != NULL ? why : "");
	close_input(transfer);
	close_output(transfer);
}

/* The path is one of our words, or stands in one as --name=path. */
static bool
is_among_words(const struct options *options, const char *path)
{
	for (size_t i = 0; i < options->count; i++) {
		const char *value = strchr(options->words[i], '=');

		if (strcmp(options->words[i], path) == 0)
			return true;
		if (strncmp(options->words[i], "--", 2) == 0 && value != NULL &&
			strcmp(value + 1, path) == 0)
			return true;
	}
	return false;
}

/* A path that is wrong is a mistake of the words. */
static void
open_input(struct transfer *transfer, const char *path)
{
	struct stat status;

	close_input(transfer);
	transfer->input_path = mem_text(path);
	if (strcmp(path, "-") == 0)
		transfer->input = STDIN_FILENO;
	else
		transfer->input = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (transfer->input < 0 || fstat(transfer->input, &status) < 0)
		give_up(transfer, ERR_USAGE, path, "cannot be read", strerror(errno));
	else if (S_ISDIR(status.st_mode))
		give_up(transfer, ERR_USAGE, path, "cannot be read", strerror(EISDIR));
}

/* A new or ordinary file is written beside its name first; a device or pipe is written straight. */
static bool
is_ordinary(const char *path)
{
	struct stat status;

	return stat(path, &status) < 0 || S_ISREG(status.st_mode);
}

static int
open_partial(struct transfer *transfer, const char *path)
{
	size_t size = strlen(path) + 32;

	transfer->partial = mem_alloc(size);
	snprintf(transfer->partial, size, "%s.%ld.part", path, (long)getpid());
	return open(transfer->partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
}

static void
open_output(struct transfer *transfer, const char *path)
{
	transfer_clear(transfer);
	transfer->path = mem_text(path);
	transfer->to_stdout = strcmp(path, "-") == 0;
	if (transfer->to_stdout)
		transfer->output = STDOUT_FILENO;
	else if (is_ordinary(path))
		transfer->output = open_partial(transfer, path);
	else
		transfer->output = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	if (transfer->output < 0)
		give_up(transfer, ERR_STORAGE, path, "cannot be written", strerror(errno));
}

void
transfer_open(struct transfer *transfer, const json_t *params)
{
	const char *path = json_string_value(json_object_get(params, "path"));
	const char *mode = json_string_value(json_object_get(params, "mode"));

	if (path == NULL || mode == NULL || transfer->failed)
		return;
	if (!is_among_words(transfer->options, path))
		give_up(transfer, ERR_PERMISSION, path, "is asked for but not among the words",
			NULL);
	else if (strcmp(mode, "read") == 0)
		open_input(transfer, path);
	else
		open_output(transfer, path);
}

void
transfer_write(struct transfer *transfer, const json_t *params)
{
	const json_t *chunk = json_object_get(params, "chunk");
	const char *path = transfer->path != NULL ? transfer->path : "-";
	struct arena *arena;
	uint8_t *bytes;
	size_t size = 0;

	if (transfer->output < 0 || transfer->failed || !json_is_string(chunk))
		return;
	arena = arena_new();
	bytes = base64_decode(arena, json_string_value(chunk), json_string_length(chunk), &size);
	if (bytes == NULL)
		give_up(transfer, ERR_FORMAT, path, "gets what is not base64", NULL);
	else if (write_all(transfer->output, bytes, size) < 0)
		give_up(transfer, ERR_STORAGE, path, "cannot be written", strerror(errno));
	arena_free(arena);
}

int
transfer_input(const struct transfer *transfer)
{
	return transfer->input;
}

static void
add_piece(int64_t id, const uint8_t *bytes, size_t size, struct text *out)
{
	struct arena *arena = arena_new();
	struct json_out json;

	json_out_init(&json, out);
	json_object_begin(&json, NULL);
	json_text(&json, "jsonrpc", "2.0");
	json_text(&json, "method", "data");
	json_object_begin(&json, "params");
	json_int(&json, "id", id);
	json_text(&json, "chunk", base64_encode(arena, bytes, size));
	json_bool(&json, "last", size == 0);
	json_object_end(&json);
	json_object_end(&json);
	text_add_char(out, '\n');
	arena_free(arena);
}

void
transfer_read(struct transfer *transfer, int64_t id, struct text *out)
{
	static uint8_t piece[PIECE_SIZE]; /* the client has one thread */
	ssize_t got = read(transfer->input, piece, sizeof piece);

	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (got < 0) {
		give_up(transfer, ERR_STORAGE, transfer->input_path, "cannot be read",
			strerror(errno));
		return;
	}
	add_piece(id, piece, (size_t)got, out);
	if (got == 0)
		close_input(transfer);
}

void
transfer_cancel(struct transfer *transfer)
{
	transfer->cancelled = true;
	close_input(transfer);
}

int
transfer_finish(struct transfer *transfer, bool ok, struct err *err)
{
	bool written = transfer->output > STDOUT_FILENO;
	int result = 0;

	if (ok && written && transfer->partial != NULL &&
		(fsync(transfer->output) < 0 || rename(transfer->partial, transfer->path) < 0))
		result = fail(err, ERR_STORAGE, "'%s' cannot be written: %s", transfer->path,
			strerror(errno));
	if (ok && written && result == 0) {
		free(transfer->partial);
		transfer->partial = NULL;
	}
	transfer_clear(transfer);
	return result;
}

int
transfer_error(const struct transfer *transfer, struct err *err)
{
	*err = transfer->err;
	return -1;
}
