#include "liaison/base/err.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "liaison/base/text.h"

#undef fail
#undef fail_field
#undef err_hint

static const struct {
	const char *name;
	int rpc;
	int exit;
} CODES[] = {
	[ERR_NONE] = { "none", 0, 0 },
	[ERR_USAGE] = { "usage", -32602, 2 },
	[ERR_NOT_FOUND] = { "not-found", 3, 3 },
	[ERR_AMBIGUOUS] = { "ambiguous", 4, 4 },
	[ERR_CONFLICT] = { "conflict", 5, 5 },
	[ERR_REFUSED] = { "refused", 6, 6 },
	[ERR_NETWORK] = { "network", 69, 1 },
	[ERR_FORMAT] = { "format", 65, 1 },
	[ERR_STORAGE] = { "storage", 74, 74 },
	[ERR_UNAVAILABLE] = { "unavailable", 75, 75 },
	[ERR_PERMISSION] = { "permission", 77, 77 },
	[ERR_INTERNAL] = { "internal", -32603, 70 },
	[ERR_CONFIG] = { "configuration", 78, 78 },
};

enum { CODE_COUNT = sizeof CODES / sizeof CODES[0] };

__attribute__((format(printf, 3, 0))) static void
put(char *out, size_t room, const char *format, va_list args)
{
	char line[sizeof((struct err *)NULL)->message]; /* args may point into out */

	if (vsnprintf(line, room < sizeof line ? room : sizeof line, format, args) < 0)
		line[0] = '\0';
	line[text_cut(line, strlen(line), strlen(line))] = '\0';
	text_mend(line);
	memcpy(out, line, strlen(line) + 1);
}

static void
put_word(char *out, size_t room, const char *word)
{
	snprintf(out, room, "%s", word ? word : "");
	out[text_cut(out, strlen(out), strlen(out))] = '\0';
	text_mend(out);
}

static void
begin(struct err *err, enum err_code code)
{
	err->code = code;
	err->field[0] = '\0';
	err->hint[0] = '\0';
	err->candidate_count = 0;
}

int
fail(struct err *err, enum err_code code, const char *format, ...)
{
	va_list args;

	if (err == NULL)
		return -1;
	va_start(args, format);
	put(err->message, sizeof err->message, format, args);
	va_end(args);
	begin(err, code);
	return -1;
}

int
fail_field(struct err *err, enum err_code code, const char *field, const char *format, ...)
{
	char name[sizeof err->field]; /* field may point into err */
	va_list args;

	if (err == NULL)
		return -1;
	put_word(name, sizeof name, field);
	va_start(args, format);
	put(err->message, sizeof err->message, format, args);
	va_end(args);
	begin(err, code);
	memcpy(err->field, name, sizeof name);
	return -1;
}

int
err_hint(struct err *err, const char *format, ...)
{
	va_list args;

	if (err == NULL)
		return -1;
	va_start(args, format);
	put(err->hint, sizeof err->hint, format, args);
	va_end(args);
	return -1;
}

void
err_add_candidate(struct err *err, const char *no, const char *name, const char *type)
{
	struct err_candidate *candidate;

	if (err == NULL || err->candidate_count == ERR_CANDIDATES_MAX)
		return;
	candidate = &err->candidates[err->candidate_count++];
	put_word(candidate->no, sizeof candidate->no, no);
	put_word(candidate->name, sizeof candidate->name, name);
	put_word(candidate->type, sizeof candidate->type, type);
}

const char *
err_name(enum err_code code)
{
	return (unsigned)code < CODE_COUNT ? CODES[code].name : CODES[ERR_INTERNAL].name;
}

int
err_rpc_code(enum err_code code)
{
	return (unsigned)code < CODE_COUNT ? CODES[code].rpc : CODES[ERR_INTERNAL].rpc;
}

int
err_exit_status(enum err_code code)
{
	return (unsigned)code < CODE_COUNT ? CODES[code].exit : CODES[ERR_INTERNAL].exit;
}

enum err_code
err_by_name(const char *name)
{
	for (size_t i = ERR_NONE + 1; name != NULL && i < CODE_COUNT; i++)
		if (strcmp(CODES[i].name, name) == 0)
			return (enum err_code)i;
	return ERR_INTERNAL;
}
