#include "place.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "liaison/base/user.h"

#ifndef LIAISON_SYSCONFDIR
#define LIAISON_SYSCONFDIR "/etc"
#endif
#ifndef LIAISON_LIBEXEC
#define LIAISON_LIBEXEC "/usr/local/libexec/liaison"
#endif

static const char SYSTEM_FILE[] = LIAISON_SYSCONFDIR "/liaison/liaison.conf";
static const char FILE_NAME[] = "liaison.conf";

/* An empty variable counts as unset (XDG base directory specification). */
static const char *
environment(const char *name)
{
	const char *value = getenv(name);

	return value == NULL || *value == '\0' ? NULL : value;
}

static const char *
user_file(struct arena *arena)
{
	const char *config = environment("XDG_CONFIG_HOME");
	const char *home = user_home(arena);

	if (config != NULL && config[0] == '/')
		return arena_printf(arena, "%s/liaison/%s", config, FILE_NAME);
	if (home != NULL)
		return arena_printf(arena, "%s/.config/liaison/%s", home, FILE_NAME);
	return NULL;
}

const char *
place_absolute(struct arena *arena, const char *path)
{
	char here[PATH_MAX];

	if (path[0] == '/' || getcwd(here, sizeof here) == NULL)
		return arena_text(arena, path);
	return arena_printf(arena, "%s/%s", here, path);
}

const char *
place_directory(struct arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return ".";
	return slash == path ? "/" : arena_text_n(arena, path, (size_t)(slash - path));
}

/* One step from folder, which is real, to what is not there yet. */
static const char *
join(struct arena *arena, const char *folder, const char *name)
{
	if (*name == '\0' || strcmp(name, ".") == 0)
		return folder;
	if (strcmp(name, "..") == 0)
		return place_directory(arena, folder);
	return arena_printf(arena, "%s/%s", strcmp(folder, "/") == 0 ? "" : folder, name);
}

const char *
place_real(struct arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/'), *out;
	char *real;

	if (strlen(path) >= PATH_MAX || strcmp(path, "/") == 0)
		return path;
	real = realpath(path, NULL);
	if (real == NULL && strcmp(path, ".") == 0)
		return path;
	out = real != NULL ? arena_text(arena, real)
			   : join(arena, place_real(arena, place_directory(arena, path)),
				     slash != NULL ? slash + 1 : path);
	free(real);
	return out;
}

static bool
is_named_as_ours(const char *path)
{
	const char *slash = strrchr(path, '/');

	return strcmp(slash == NULL ? path : slash + 1, FILE_NAME) == 0;
}

static void
set_given(struct arena *arena, const char *path, struct place *out)
{
	const char *mine = user_file(arena);

	out->file = place_absolute(arena, path);
	out->with_conf_d = is_named_as_ours(out->file);
	out->user_mode = geteuid() != 0 && strcmp(out->file, SYSTEM_FILE) != 0;
	if (mine != NULL && strcmp(out->file, mine) == 0)
		out->user_mode = true;
}

int
place_find(struct arena *arena, const char *flag, struct place *out, struct err *err)
{
	const char *given = flag != NULL ? flag : environment("LIAISON_CONFIG");
	const char *mine = user_file(arena);

	if (given != NULL) {
		set_given(arena, given, out);
		return 0;
	}
	if (mine != NULL && access(mine, F_OK) == 0) {
		*out = (struct place){ mine, true, true };
		return 0;
	}
	if (access(SYSTEM_FILE, F_OK) == 0) {
		*out = (struct place){ SYSTEM_FILE, false, true };
		return 0;
	}
	return fail(err, ERR_CONFIG, "there is no configuration: neither '%s' nor '%s' exists",
		mine != NULL ? mine : "~/.config/liaison/liaison.conf", SYSTEM_FILE);
}

int
place_program(struct arena *arena, const char *name, const char **out, struct err *err)
{
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
	const char *candidates[3] = { NULL };
	const char *folder;

	self[length > 0 ? length : 0] = '\0';
	folder = place_directory(arena, self);
	candidates[0] = arena_printf(arena, "%s/%s", folder, name);
	candidates[1] = arena_printf(arena, "%s/../libexec/liaison/%s", folder, name);
	candidates[2] = arena_printf(arena, "%s/%s", LIAISON_LIBEXEC, name);
	for (int i = 0; i < 3; i++) {
		if (access(candidates[i], X_OK) == 0) {
			*out = candidates[i];
			return 0;
		}
	}
	return fail(err, ERR_CONFIG, "the program '%s' is neither beside liaisond nor in '%s'",
		name, LIAISON_LIBEXEC);
}
