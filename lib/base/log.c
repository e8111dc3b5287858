#include "liaison/base/log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "liaison/base/text.h"
#include "utf8.h"

/* Under PIPE_BUF, so that a line goes out whole or not at all. */
enum { LINE_MAX_SIZE = 2000 };

static atomic_int log_level = LOG_INFO;
static const char *_Atomic log_program = "liaison";
static atomic_uint dropped;

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

static void
send_line(enum log_level level, const char *message, size_t size)
{
	char line[LINE_MAX_SIZE + 8];
	int head = snprintf(line, 80, "<%d>%s: ", (int)level, atomic_load(&log_program));
	size_t used = head > 0 && head < 80 ? (size_t)head : 0;

	used += escape(message, size, line + used, LINE_MAX_SIZE - used);
	line[used++] = '\n';
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
	send_line(LOG_WARNING, message, (size_t)size);
	if (atomic_load(&dropped) > 0) /* this one could not either */
		atomic_fetch_add(&dropped, count - 1);
}

void
log_write(enum log_level level, const char *format, ...)
{
	char message[LINE_MAX_SIZE];
	int kept = errno, size;
	va_list args;

	if ((int)level > atomic_load(&log_level))
		return;
	va_start(args, format);
	size = vsnprintf(message, sizeof message, format, args);
	va_end(args);
	if (size < 0)
		size = 0;
	if ((size_t)size >= sizeof message)
		size = (int)text_cut(message, sizeof message - 1, sizeof message - 1);
	tell_dropped();
	send_line(level, message, (size_t)size);
	errno = kept;
}
