#include "zone.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "liaison/base/clock.h"

enum { NAME_MAX_SIZE = 80 };

/* "/usr/share/zoneinfo/Europe/Berlin" to "Europe/Berlin". */
static const char *
below_zoneinfo(const char *path)
{
	const char *found = strstr(path, "zoneinfo/");

	return found == NULL ? NULL : found + strlen("zoneinfo/");
}

static int
take(const char *name, char *out)
{
	struct err err;
	struct zone *zone;

	if (name == NULL || *name == '\0' || strlen(name) >= NAME_MAX_SIZE)
		return -1;
	zone = zone_load(name, &err);
	if (zone == NULL)
		return -1;
	zone_free(zone);
	memcpy(out, name, strlen(name) + 1);
	return 0;
}

static int
from_variable(char *out)
{
	const char *value = getenv("TZ");

	if (value != NULL && *value == ':')
		value++;
	if (value != NULL && *value == '/')
		value = below_zoneinfo(value);
	return take(value, out);
}

static int
from_localtime(char *out)
{
	char target[PATH_MAX];
	ssize_t length = readlink("/etc/localtime", target, sizeof target - 1);

	if (length <= 0)
		return -1;
	target[length] = '\0';
	return take(below_zoneinfo(target), out);
}

static int
from_timezone(char *out)
{
	char line[NAME_MAX_SIZE] = { 0 };
	int descriptor = open("/etc/timezone", O_RDONLY | O_CLOEXEC);
	ssize_t got = descriptor < 0 ? -1 : read(descriptor, line, sizeof line - 1);

	if (descriptor >= 0)
		close(descriptor);
	if (got <= 0)
		return -1;
	line[strcspn(line, "\n")] = '\0';
	return take(line, out);
}

/* POSIX turns the sign: Etc/GMT-1 is one hour east. */
static int
from_offset(char *out)
{
	time_t now = time(NULL);
	struct tm local;
	char name[NAME_MAX_SIZE];
	long hours;

	if (localtime_r(&now, &local) == NULL || local.tm_gmtoff % 3600 != 0)
		return -1;
	hours = local.tm_gmtoff / 3600;
	snprintf(name, sizeof name, hours == 0 ? "UTC" : "Etc/GMT%+ld", -hours);
	return take(name, out);
}

const char *
zone_own(void)
{
	static char name[NAME_MAX_SIZE];

	if (name[0] != '\0' || from_variable(name) == 0 || from_localtime(name) == 0 ||
		from_timezone(name) == 0 || from_offset(name) == 0)
		return name;
	return NULL;
}
