#define _GNU_SOURCE
#include "folder.h"

#include <assert.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

const char *
folder_open(void)
{
	snprintf(folder, sizeof folder, "/tmp/liaison-test-XXXXXX");
	assert(mkdtemp(folder) != NULL);
	return folder;
}

static int
remove_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
	(void)status, (void)kind, (void)where;
	return remove(path);
}

void
folder_close(void)
{
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *
folder_path(const char *name)
{
	static char paths[4][256];
	static unsigned next;
	char *out = paths[next++ % 4];

	snprintf(out, sizeof paths[0], "%s/%s", folder, name);
	return out;
}

const char *
folder_file(const char *name, const char *content, unsigned mode)
{
	const char *path = folder_path(name);
	FILE *file = fopen(path, "w");

	assert(file != NULL);
	fputs(content, file);
	fclose(file);
	chmod(path, mode);
	return path;
}
