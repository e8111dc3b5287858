#include "liaison/base/user.h"

#include <pwd.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *
absolute(const char *path)
{
	return path != NULL && path[0] == '/' ? path : NULL;
}

const char *
user_home(struct arena *arena)
{
	enum { ROOM = 16 << 10 };
	const char *home = absolute(getenv("HOME"));
	struct passwd entry, *found = NULL;
	char *room;

	if (home != NULL)
		return home;
	room = arena_alloc(arena, ROOM);
	if (getpwuid_r(getuid(), &entry, room, ROOM, &found) != 0 || found == NULL)
		return NULL;
	return absolute(found->pw_dir);
}

const char *
user_runtime(struct arena *arena)
{
	const char *folder = absolute(getenv("XDG_RUNTIME_DIR"));
	struct stat status;

	if (folder != NULL)
		return folder;
	folder = arena_printf(arena, "/run/user/%u", (unsigned)getuid());
	if (stat(folder, &status) < 0 || !S_ISDIR(status.st_mode) || status.st_uid != getuid())
		return NULL;
	return folder;
}
