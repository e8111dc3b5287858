#include "notify.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "liaison/base/text.h"

/* A leading '@' is Linux's abstract namespace. */
static int
open_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t length = strlen(path);
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
	int descriptor;

	if ((path[0] != '/' && path[0] != '@') || length >= sizeof address.sun_path)
		return -1;
	memcpy(address.sun_path, path, length);
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (descriptor >= 0 && connect(descriptor, (struct sockaddr *)&address, size) < 0) {
		close(descriptor);
		return -1;
	}
	return descriptor;
}

static bool
watchdog_is_ours(void)
{
	const char *period = getenv("WATCHDOG_USEC"), *pid_text = getenv("WATCHDOG_PID");
	int64_t usec, pid;

	if (period == NULL || text_to_int64(period, &usec) < 0 || usec <= 0)
		return false;
	return pid_text == NULL || (text_to_int64(pid_text, &pid) == 0 && pid == getpid());
}

void
notify_open(struct notify *notify)
{
	const char *path = getenv("NOTIFY_SOCKET");

	notify->descriptor = path == NULL ? -1 : open_socket(path);
	notify->watchdog = watchdog_is_ours();
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

void
notify_close(struct notify *notify)
{
	if (notify->descriptor >= 0)
		close(notify->descriptor);
	notify->descriptor = -1;
}

void
notify_send(const struct notify *notify, const char *format, ...)
{
	char message[1024];
	va_list arguments;
	int length;

	if (notify->descriptor < 0)
		return;
	va_start(arguments, format);
	length = vsnprintf(message, sizeof message, format, arguments);
	va_end(arguments);
	if (length > 0 && (size_t)length < sizeof message)
		send(notify->descriptor, message, (size_t)length, MSG_NOSIGNAL | MSG_DONTWAIT);
}
