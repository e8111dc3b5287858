#include "liaison/base/log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "liaison/base/text.h"
#include "liaison/base/utf8.h"

/* Under PIPE_BUF, so that a line goes out whole or not at all. */
enum { LINE_MAX_SIZE = 2000 };

static atomic_int log_level = LOG_INFO;
static const char *_Atomic log_program = "liaison";
static atomic_uint dropped;
static atomic_int log_journal = -1;

static const struct {
	const char *name;
	enum log_level level;
} LEVELS[] = {
	{ "error", LOG_ERROR },
	{ "warning", LOG_WARNING },
	{ "notice", LOG_NOTICE },
	{ "info", LOG_INFO },
	{ "debug", LOG_DEBUG },
};

void
log_set_level(enum log_level level)
{
	atomic_store(&log_level, (int)level);
}

enum log_level
log_get_level(void)
{
	return (enum log_level)atomic_load(&log_level);
}

int
log_level_by_name(const char *name)
{
	for (size_t i = 0; i < sizeof LEVELS / sizeof LEVELS[0]; i++)
		if (strcmp(LEVELS[i].name, name) == 0)
			return (int)LEVELS[i].level;
	return -1;
}

void
log_set_program(const char *name)
{
	atomic_store(&log_program, name);
}

/* A pipe that poll calls writable takes PIPE_BUF bytes without blocking; a socket is asked not to. */
static ssize_t
write_now(const char *line, size_t size)
{
	struct pollfd ready = { .fd = STDERR_FILENO, .events = POLLOUT };
	ssize_t sent = send(STDERR_FILENO, line, size, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (sent >= 0 || errno != ENOTSOCK)
		return sent;
	if (poll(&ready, 1, 0) != 1 || !(ready.revents & POLLOUT))
		return -1;
	return write(STDERR_FILENO, line, size);
}

/* What was said may hold foreign words: one event stays one line. */
static size_t
escape(const char *from, size_t size, char *out, size_t room)
{
	size_t used = 0;

	for (size_t i = 0; i < size;) {
		uint32_t code;
		size_t length = utf8_read(from + i, size - i, &code);
		bool bad = code == UTF8_INVALID || utf8_unclean(code) || code < 0x20;

		if (used + 4 * length + 1 > room)
			break;
		for (size_t k = 0; k < length; k++) {
			if (bad)
				used += (size_t)snprintf(
					out + used, 5, "\\x%02x", (unsigned char)from[i + k]);
			else
				out[used++] = from[i + k];
		}
		i += length;
	}
	return used;
}

/* ---- the journal ---- */

static size_t
put_field(char *out, size_t used, size_t room, const char *name, const char *value)
{
	size_t head = strlen(name) + 1;

	if (value == NULL || used + head + 2 > room)
		return used;
	memcpy(out + used, name, head - 1);
	out[used + head - 1] = '=';
	used += head;
	used += escape(value, strlen(value), out + used, room - used - 1);
	out[used++] = '\n';
	return used;
}

/* line: as for standard error, "<4>fetch: …" and its newline. */
static int
send_to_journal(
	enum log_level level, const struct log_subject *subject, const char *line, size_t size)
{
	char out[2 * LINE_MAX_SIZE], number[16];
	int journal = atomic_load(&log_journal);
	size_t used;

	if (journal < 0)
		return -1;
	used = (size_t)snprintf(
		out, 80, "PRIORITY=%d\nSYSLOG_IDENTIFIER=liaisond\nMESSAGE=", (int)level);
	memcpy(out + used, line + 3, size - 3);
	used += size - 3;
	if (subject != NULL) {
		snprintf(number, sizeof number, "%u", subject->uid);
		used = put_field(out, used, sizeof out, "MESSAGE_ID", subject->id);
		used = put_field(out, used, sizeof out, "LIAISON_SOURCE", subject->source);
		used = put_field(out, used, sizeof out, "LIAISON_FOLDER", subject->folder);
		used = put_field(
			out, used, sizeof out, "LIAISON_UID", subject->uid != 0 ? number : NULL);
	}
	return send(journal, out, used, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -1 : 0;
}

int
log_to_journal(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int descriptor;

	if (strlen(path) >= sizeof address.sun_path)
		return -1;
	memcpy(address.sun_path, path, strlen(path));
	descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (descriptor < 0)
		return -1;
	if (connect(descriptor, (struct sockaddr *)&address, sizeof address) < 0) {
		close(descriptor);
		return -1;
	}
	descriptor = atomic_exchange(&log_journal, descriptor);
	if (descriptor >= 0)
		close(descriptor);
	return 0;
}

void
log_find_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM"), *path = getenv("LIAISON_TEST_JOURNAL");
	struct stat here;
	char name[64];

	if (stream == NULL || fstat(STDERR_FILENO, &here) < 0)
		return;
	snprintf(name, sizeof name, "%llu:%llu", (unsigned long long)here.st_dev,
		(unsigned long long)here.st_ino);
	if (strcmp(name, stream) == 0)
		log_to_journal(path != NULL ? path : "/run/systemd/journal/socket");
}

/* ---- lines ---- */

static void
send_line(enum log_level level, const struct log_subject *subject, const char *message, size_t size)
{
	char line[LINE_MAX_SIZE + 8];
	int head = snprintf(line, 80, "<%d>%s: ", (int)level, atomic_load(&log_program));
	size_t used = head > 0 && head < 80 ? (size_t)head : 0;

	used += escape(message, size, line + used, LINE_MAX_SIZE - used);
	line[used++] = '\n';
	if (send_to_journal(level, subject, line, used) == 0)
		return;
	if (write_now(line, used) < 0)
		atomic_fetch_add(&dropped, 1);
}

static void
tell_dropped(void)
{
	char message[80];
	unsigned count = atomic_exchange(&dropped, 0);
	int size;

	if (count == 0)
		return;
	size = snprintf(message, sizeof message, "%u log lines could not be written", count);
	send_line(LOG_WARNING, NULL, message, (size_t)size);
	if (atomic_load(&dropped) > 0) /* this one could not either */
		atomic_fetch_add(&dropped, count - 1);
}

__attribute__((format(printf, 3, 0))) static void
write_words(
	enum log_level level, const struct log_subject *subject, const char *format, va_list args)
{
	char message[LINE_MAX_SIZE];
	int kept = errno, size;

	size = vsnprintf(message, sizeof message, format, args);
	if (size < 0)
		size = 0;
	if ((size_t)size >= sizeof message)
		size = (int)text_cut(message, sizeof message - 1, sizeof message - 1);
	tell_dropped();
	send_line(level, subject, message, (size_t)size);
	errno = kept;
}

void
log_write(enum log_level level, const char *format, ...)
{
	va_list args;

	if ((int)level > atomic_load(&log_level))
		return;
	va_start(args, format);
	write_words(level, NULL, format, args);
	va_end(args);
}

void
log_about(enum log_level level, const struct log_subject *subject, const char *format, ...)
{
	va_list args;

	if ((int)level > atomic_load(&log_level))
		return;
	va_start(args, format);
	write_words(level, subject, format, args);
	va_end(args);
}
