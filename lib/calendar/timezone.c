#include "liaison/calendar/timezone.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "timezone_private.h"

extern const char data_calendar_windows_txt[];
extern const size_t data_calendar_windows_txt_size;

enum { TZID_MAX = 255, DEPTH_MAX = 3, NAME_SIZE = 128 };

static const char ZONEINFO[] = "/usr/share/zoneinfo";

/* A file that several names lead to is read once. */
struct source {
	dev_t device;
	ino_t inode;
	struct zone *zone;
};

/* What Windows calls a zone, and how it shows it: "Amsterdam, Berlin, Bern, …". */
struct windows_name {
	char *name, *shown;
	const struct timezone *zone;
};

struct timezones {
	struct timezone *zones; /* ascending by name, without case; own, and their names */
	size_t count, room;
	struct source *sources;
	size_t source_count, source_room;
	struct windows_name *windows;
	size_t windows_count, windows_room;
};

static void *
grow(void *items, size_t count, size_t *room, size_t size)
{
	if (count < *room)
		return items;
	*room = *room > 0 ? 2 * *room : 64;
	return mem_resize(items, *room * size);
}

static void
add_zone(struct timezones *zones, const char *name, const struct zone *system)
{
	zones->zones = grow(zones->zones, zones->count, &zones->room, sizeof *zones->zones);
	zones->zones[zones->count++] = (struct timezone){ .name = mem_text(name),
		.system = system };
}

static void
add_file(struct timezones *zones, const char *name, const struct stat *status)
{
	struct source *source;
	struct zone *zone;
	struct err err;

	for (size_t i = 0; i < zones->source_count; i++) {
		source = &zones->sources[i];
		if (source->device == status->st_dev && source->inode == status->st_ino) {
			add_zone(zones, name, source->zone);
			return;
		}
	}
	if ((zone = zone_load(name, &err)) == NULL)
		return; /* a table or a note among the zones */
	zones->sources = grow(
		zones->sources, zones->source_count, &zones->source_room, sizeof *zones->sources);
	zones->sources[zones->source_count++] = (struct source){ status->st_dev, status->st_ino,
		zone };
	add_zone(zones, name, zone);
}

/* Entries that are no zone of their own: other countings of seconds, this machine's own clock. */
static bool
passed_over(const char *name)
{
	static const char *const NAMES[] = { "posix", "right", "posixrules", "localtime",
		"Factory" };

	for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++)
		if (strcmp(name, NAMES[i]) == 0)
			return true;
	return name[0] == '.' || strchr(name, '.') != NULL;
}

static void load_folder(struct timezones *zones, const char *prefix, int depth);

static void
load_entry(struct timezones *zones, const char *name, int depth)
{
	char path[NAME_SIZE + sizeof ZONEINFO + 2], folder[NAME_SIZE + 1];
	struct stat status;

	snprintf(path, sizeof path, "%s/%s", ZONEINFO, name);
	if (stat(path, &status) < 0)
		return;
	if (S_ISREG(status.st_mode)) {
		add_file(zones, name, &status);
	} else if (S_ISDIR(status.st_mode) && depth < DEPTH_MAX) {
		snprintf(folder, sizeof folder, "%s/", name);
		load_folder(zones, folder, depth + 1);
	}
}

/* prefix is "" or "America/"; UTC is there without a file. */
static void
load_folder(struct timezones *zones, const char *prefix, int depth)
{
	char path[NAME_SIZE + sizeof ZONEINFO + 2], name[NAME_SIZE];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof path, "%s/%s", ZONEINFO, prefix);
	dir = opendir(path);
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		int length = snprintf(name, sizeof name, "%s%s", prefix, entry->d_name);

		if (length < NAME_SIZE && !passed_over(entry->d_name) && strcmp(name, "UTC") != 0)
			load_entry(zones, name, depth);
	}
	if (dir != NULL)
		closedir(dir);
}

static int
by_name(const void *left, const void *right)
{
	return strcasecmp(
		((const struct timezone *)left)->name, ((const struct timezone *)right)->name);
}

static const struct timezone *
find_name(const struct timezones *zones, const char *name)
{
	struct timezone wanted = { .name = name };

	return bsearch(&wanted, zones->zones, zones->count, sizeof wanted, by_name);
}

/* "W. Europe Standard Time|Europe/Berlin|Amsterdam, Berlin, …" */
static void
add_windows(struct timezones *zones, const char *line, size_t length)
{
	char *name = mem_zero(1, length + 1), *target, *shown;
	const struct timezone *zone;

	memcpy(name, line, length);
	target = strchr(name, '|');
	shown = target != NULL ? strchr(target + 1, '|') : NULL;
	if (name[0] == '#' || shown == NULL) {
		free(name);
		return;
	}
	*target = *shown = '\0';
	if ((zone = find_name(zones, target + 1)) == NULL) {
		free(name);
		return;
	}
	zones->windows = grow(
		zones->windows, zones->windows_count, &zones->windows_room, sizeof *zones->windows);
	zones->windows[zones->windows_count++] = (struct windows_name){ name, shown + 1, zone };
}

struct timezones *
timezones_load(void)
{
	struct timezones *zones = mem_zero(1, sizeof *zones);
	const char *line = data_calendar_windows_txt, *end;
	struct err err;

	zones->sources = grow(NULL, 0, &zones->source_room, sizeof *zones->sources);
	zones->sources[zones->source_count++] = (struct source){ .zone = zone_load("UTC", &err) };
	add_zone(zones, "UTC", zones->sources[0].zone);
	load_folder(zones, "", 1);
	qsort(zones->zones, zones->count, sizeof *zones->zones, by_name);
	for (; (end = strchr(line, '\n')) != NULL; line = end + 1)
		add_windows(zones, line, (size_t)(end - line));
	return zones;
}

void
timezones_free(struct timezones *zones)
{
	if (zones == NULL)
		return;
	for (size_t i = 0; i < zones->count; i++)
		free((char *)zones->zones[i].name);
	for (size_t i = 0; i < zones->source_count; i++)
		zone_free(zones->sources[i].zone);
	for (size_t i = 0; i < zones->windows_count; i++)
		free(zones->windows[i].name);
	free(zones->zones);
	free(zones->sources);
	free(zones->windows);
	free(zones);
}

/* "(UTC+01:00) Amsterdam, Berlin, …": the text says which, the offset only how it was once. */
static const char *
shown_text(const char *name)
{
	const char *end;

	if (strncasecmp(name, "(UTC", 4) != 0 && strncasecmp(name, "(GMT", 4) != 0)
		return NULL;
	if ((end = strchr(name, ')')) == NULL)
		return NULL;
	for (end++; *end == ' '; end++)
		;
	return *end != '\0' ? end : NULL;
}

static const struct timezone *
find_windows(const struct timezones *zones, const char *name)
{
	const char *shown = shown_text(name);

	for (size_t i = 0; i < zones->windows_count; i++) {
		const struct windows_name *row = &zones->windows[i];

		if (shown != NULL ? strcasecmp(row->shown, shown) == 0
				  : strcasecmp(row->name, name) == 0)
			return row->zone;
	}
	return NULL;
}

static const struct timezone *
find_either(const struct timezones *zones, const char *name)
{
	const struct timezone *zone = find_name(zones, name);

	if (zone == NULL && strcasecmp(name, "Z") == 0)
		zone = find_name(zones, "UTC");
	return zone != NULL ? zone : find_windows(zones, name);
}

static bool
surrounds(char c)
{
	return c == ' ' || c == '\t' || c == '"' || c == '\'';
}

const struct timezone *
timezone_find(const struct timezones *zones, const char *tzid)
{
	char name[TZID_MAX + 1];
	const struct timezone *zone;
	const char *rest = name;
	size_t length;

	while (surrounds(*tzid))
		tzid++;
	length = strlen(tzid);
	while (length > 0 && surrounds(tzid[length - 1]))
		length--;
	if (length == 0 || length > TZID_MAX)
		return NULL;
	memcpy(name, tzid, length);
	name[length] = '\0';
	zone = find_either(zones, name);
	if (zone != NULL || (name[0] != '/' && strstr(name, "://") == NULL) ||
		strstr(name, "..") != NULL)
		return zone;
	while (zone == NULL && (rest = strchr(rest, '/')) != NULL)
		zone = find_either(zones, ++rest);
	return zone;
}

const char *
timezone_name(const struct timezone *zone)
{
	return zone->name;
}

static int64_t
offset_seconds(const struct timezone *zone, int64_t time)
{
	size_t low = 0, high = zone->change_count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (zone->changes[middle].time <= time)
			low = middle + 1;
		else
			high = middle;
	}
	return low == 0 ? zone->first : zone->changes[low - 1].offset;
}

int
timezone_offset(const struct timezone *zone, int64_t time)
{
	if (zone->system != NULL)
		return zone_offset(zone->system, time);
	return (int)(offset_seconds(zone, time) / 60);
}

/* As base's zone_time: in an overlap both offsets fit, in a gap neither does, and the smaller one,
 * which is that before the gap, gives the later time. */
static int64_t
own_time(const struct timezone *zone, int64_t wall)
{
	int64_t before = wall - offset_seconds(zone, wall - 86400);
	int64_t after = wall - offset_seconds(zone, wall + 86400);
	bool before_fits = before + offset_seconds(zone, before) == wall;
	bool after_fits = after + offset_seconds(zone, after) == wall;

	if (before_fits && after_fits)
		return before < after ? before : after;
	if (before_fits || after_fits)
		return before_fits ? before : after;
	return before > after ? before : after;
}

int64_t
timezone_time(const struct timezone *zone, const struct civil *local, int *offset_min)
{
	int64_t time = zone->system != NULL ? zone_time(zone->system, local)
					    : own_time(zone, civil_to_time(local));

	if (offset_min != NULL)
		*offset_min = timezone_offset(zone, time);
	return time;
}
