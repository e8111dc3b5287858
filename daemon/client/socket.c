#include "socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "liaison/base/ini.h"
#include "liaison/base/user.h"

#ifndef LIAISON_SYSCONFDIR
#define LIAISON_SYSCONFDIR "/etc"
#endif

enum { CONFIG_MAX = 1 << 20 };

static const char SYSTEM_CONFIG[] = LIAISON_SYSCONFDIR "/liaison/liaison.conf";
static const char SYSTEM_SOCKET[] = "/run/liaison/control";

static const char *
environment(const char *name)
{
	const char *value = getenv(name);

	return value == NULL || *value == '\0' ? NULL : value;
}

static const char *
user_config(struct arena *arena)
{
	const char *folder = environment("XDG_CONFIG_HOME"), *home = user_home(arena);

	if (folder != NULL && folder[0] == '/')
		return arena_printf(arena, "%s/liaison/liaison.conf", folder);
	return home == NULL ? NULL : arena_printf(arena, "%s/.config/liaison/liaison.conf", home);
}

/* NULL: nothing tells where a daemon of the user's own would listen. */
static const char *
user_socket(struct arena *arena)
{
	const char *folder = user_runtime(arena);

	return folder == NULL ? NULL : arena_printf(arena, "%s/liaison/control", folder);
}

static void
ignore(void *context, const char *file, int line, const char *message)
{
	(void)context, (void)file, (void)line, (void)message;
}

static const char *
socket_of(const struct ini *ini)
{
	const char *found = NULL;

	for (size_t i = 0; i < ini->count; i++) {
		const struct ini_entry *entry = &ini->entries[i];

		if (entry->key != NULL && strcmp(entry->kind, "liaison") == 0 &&
			strcmp(entry->key, "socket") == 0 && entry->value[0] == '/')
			found = entry->value;
	}
	return found;
}

/* The socket a configuration names, or NULL; one we may not read says nothing. */
static const char *
read_config(struct arena *arena, const char *path)
{
	int descriptor = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char *bytes;
	struct ini ini = { 0 };
	ssize_t got;

	if (descriptor < 0)
		return NULL;
	bytes = arena_alloc(arena, CONFIG_MAX + 1);
	got = read(descriptor, bytes, CONFIG_MAX);
	close(descriptor);
	if (got > 0)
		ini_parse(arena, path, bytes, (size_t)got, &ini, ignore, NULL);
	return socket_of(&ini);
}

static const char *
system_socket(struct arena *arena)
{
	const char *named = read_config(arena, SYSTEM_CONFIG);

	return named != NULL ? named : SYSTEM_SOCKET;
}

/* The same judgement as liaisond's: the system's file and root's are about the system. */
static const char *
configured_socket(struct arena *arena, const char *config)
{
	const char *named = read_config(arena, config), *own = user_socket(arena);

	if (named != NULL)
		return named;
	return own == NULL || geteuid() == 0 || strcmp(config, SYSTEM_CONFIG) == 0 ? SYSTEM_SOCKET
										   : own;
}

const char *
socket_find(struct arena *arena, const char *flag)
{
	const char *given = flag != NULL ? flag : environment("LIAISON_SOCKET");
	const char *config = environment("LIAISON_CONFIG");
	const char *named, *usual;

	if (given != NULL)
		return given;
	if (config != NULL)
		return configured_socket(arena, config);
	named = read_config(arena, user_config(arena));
	if (named != NULL)
		return named;
	usual = user_socket(arena);
	if (usual != NULL && access(usual, F_OK) == 0)
		return usual;
	return system_socket(arena);
}

static void
hint_place(struct err *err)
{
	struct arena *arena = arena_new();

	if (user_socket(arena) == NULL)
		err_hint(err,
			"XDG_RUNTIME_DIR is not set, so a daemon of your own was not looked for: "
			"set it, or --socket or LIAISON_SOCKET");
	else
		err_hint(err, "is it running? --socket or LIAISON_SOCKET names another place");
	arena_free(arena);
}

int
socket_connect(const char *path, int *descriptor, struct err *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int made;

	if (strlen(path) >= sizeof address.sun_path)
		return fail(err, ERR_UNAVAILABLE, "the socket path '%s' is too long", path);
	memcpy(address.sun_path, path, strlen(path));
	made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (made >= 0 && connect(made, (struct sockaddr *)&address, sizeof address) == 0) {
		*descriptor = made;
		return 0;
	}
	if (errno == EACCES || errno == EPERM) {
		fail(err, ERR_PERMISSION, "you may not use the socket '%s'", path);
		err_hint(err, "its group may: ask to be added to it");
	} else if (errno == ENOENT || errno == ECONNREFUSED) {
		fail(err, ERR_UNAVAILABLE, "no liaisond listens on '%s'", path);
		hint_place(err);
	} else {
		fail(err, ERR_UNAVAILABLE, "the socket '%s': %s", path, strerror(errno));
	}
	if (made >= 0)
		close(made);
	return -1;
}

int
write_all(int descriptor, const void *bytes, size_t size)
{
	const char *at = bytes;

	while (size > 0) {
		ssize_t wrote = write(descriptor, at, size);

		if (wrote < 0 && errno != EINTR)
			return -1;
		if (wrote > 0) {
			at += wrote;
			size -= (size_t)wrote;
		}
	}
	return 0;
}
