/* Preloaded into unpacked servers: paths that a server has compiled in and no setting moves
 * (Dovecot's TLS module) are looked for below RELOCATE_ROOT. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *
relocated(const char *path, char *buffer)
{
	static const char *const prefixes[] = { "/usr/lib/dovecot", "/usr/lib/cyrus",
		"/usr/lib/courier" };
	const char *root = getenv("RELOCATE_ROOT");

	if (path == NULL || root == NULL)
		return path;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++) {
		if (strncmp(path, prefixes[i], strlen(prefixes[i])) == 0) {
			snprintf(buffer, PATH_MAX, "%s%s", root, path);
			return buffer;
		}
	}
	return path;
}

DIR *
opendir(const char *path)
{
	static DIR *(*real)(const char *);
	char buffer[PATH_MAX];

	if (real == NULL)
		real = (DIR * (*)(const char *)) dlsym(RTLD_NEXT, "opendir");
	return real(relocated(path, buffer));
}

void *
dlopen(const char *path, int flags)
{
	static void *(*real)(const char *, int);
	char buffer[PATH_MAX];

	if (real == NULL)
		real = (void *(*)(const char *, int))dlsym(RTLD_NEXT, "dlopen");
	return real(relocated(path, buffer), flags);
}
