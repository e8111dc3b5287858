/* Time zones from TZif files (RFC 8536), version 2 and later, with the rule in the footer for times
 * past the table. */
#include "liaison/base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "liaison/base/text.h"
#include "zone_rule.h"

enum { ZONE_FILE_MAX = 256 * 1024, TZIF_HEADER = 44 };

struct zone {
	char name[64];
	size_t count;
	int64_t *times; /* when it changes, ascending */
	int32_t *offsets; /* to what, seconds; own, as times */
	int32_t first; /* before the first change */
	struct zone_rule rule;
	bool has_rule;
};

struct tzif {
	uint32_t isut, isstd, leap, times, types, chars;
};

static uint32_t
be32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static int64_t
be64(const uint8_t *at)
{
	return (int64_t)((uint64_t)be32(at) << 32 | be32(at + 4));
}

static int
read_header(const uint8_t *at, size_t size, struct tzif *out)
{
	if (size < TZIF_HEADER || memcmp(at, "TZif", 4) != 0 || at[4] < '2')
		return -1;
	*out = (struct tzif){ be32(at + 20), be32(at + 24), be32(at + 28), be32(at + 32),
		be32(at + 36), be32(at + 40) };
	if (out->times > 5000 || out->types == 0 || out->types > 256 || out->chars > 1000 ||
		out->leap > 1000 || out->isut > 256 || out->isstd > 256)
		return -1;
	return 0;
}

static size_t
body_size(const struct tzif *head, size_t width)
{
	return head->times * (width + 1) + head->types * 6 + head->chars +
	       head->leap * (width + 4) + head->isstd + head->isut;
}

static int
read_offset(const uint8_t *types, const struct tzif *head, unsigned type, int32_t *out)
{
	if (type >= head->types)
		return -1;
	*out = (int32_t)be32(types + 6 * type);
	return *out > -26 * 3600 && *out < 26 * 3600 ? 0 : -1;
}

static int
read_table(struct zone *zone, const uint8_t *at, const struct tzif *head)
{
	const uint8_t *kinds = at + (size_t)head->times * 8;
	const uint8_t *types = kinds + head->times;

	free(zone->times);
	free(zone->offsets);
	zone->count = head->times;
	zone->times = mem_zero(head->times, sizeof *zone->times);
	zone->offsets = mem_zero(head->times, sizeof *zone->offsets);
	for (size_t i = 0; i < head->times; i++) {
		zone->times[i] = be64(at + 8 * i);
		if (i > 0 && zone->times[i] <= zone->times[i - 1])
			return -1;
		if (read_offset(types, head, kinds[i], &zone->offsets[i]) < 0)
			return -1;
	}
	return read_offset(types, head, 0, &zone->first);
}

static void
read_footer(struct zone *zone, const uint8_t *at, size_t size)
{
	char footer[128];
	const uint8_t *end;

	if (size < 2 || at[0] != '\n' || (end = memchr(at + 1, '\n', size - 1)) == NULL)
		return;
	size = (size_t)(end - at) - 1;
	if (size == 0 || size >= sizeof footer)
		return;
	memcpy(footer, at + 1, size);
	footer[size] = '\0';
	zone->has_rule = zone_rule_parse(footer, &zone->rule) == 0;
}

/* The first block has 32-bit times and is passed over for the second. */
static int
read_zone(struct zone *zone, const uint8_t *bytes, size_t size)
{
	struct tzif head;
	size_t skip, body;

	if (read_header(bytes, size, &head) < 0)
		return -1;
	skip = TZIF_HEADER + body_size(&head, 4);
	if (skip > size || read_header(bytes + skip, size - skip, &head) < 0)
		return -1;
	body = body_size(&head, 8);
	skip += TZIF_HEADER;
	if (body > size - skip || read_table(zone, bytes + skip, &head) < 0)
		return -1;
	read_footer(zone, bytes + skip + body, size - skip - body);
	return 0;
}

static int
load_file(struct zone *zone, const char *path)
{
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	uint8_t *bytes;
	struct stat status;
	size_t size = 0;
	ssize_t got = 1;
	int result;

	if (file < 0)
		return -1;
	if (fstat(file, &status) < 0 || !S_ISREG(status.st_mode)) {
		close(file);
		return -1;
	}
	bytes = mem_alloc(ZONE_FILE_MAX);
	while (got > 0 && size < ZONE_FILE_MAX) {
		do
			got = read(file, bytes + size, ZONE_FILE_MAX - size);
		while (got < 0 && errno == EINTR);
		size += got > 0 ? (size_t)got : 0;
	}
	close(file);
	result = got == 0 ? read_zone(zone, bytes, size) : -1;
	free(bytes);
	return result;
}

/* ^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+){0,2}$: nothing that could leave the zoneinfo folder. */
static bool
name_valid(const char *name)
{
	unsigned slashes = 0;

	if (strlen(name) >= sizeof((struct zone *)NULL)->name)
		return false;
	for (size_t i = 0; name[i] != '\0'; i++) {
		char c = name[i], before = i > 0 ? name[i - 1] : '/';

		if (c == '/') {
			if (before == '/' || name[i + 1] == '\0' || ++slashes > 2)
				return false;
		} else if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
				   (c >= '0' && c <= '9') || c == '_' || c == '+' || c == '-')) {
			return false;
		}
	}
	return name[0] != '\0';
}

/* The name the system's zone goes by: $TZ, else what /etc/localtime points to, else UTC. */
static void
system_name(char *out, size_t room)
{
	char path[PATH_MAX];
	const char *name = getenv("TZ");
	ssize_t length;

	out[0] = '\0';
	if (name != NULL && name_valid(name + (name[0] == ':'))) {
		text_copy(out, room, name + (name[0] == ':'));
		return;
	}
	length = readlink("/etc/localtime", path, sizeof path - 1);
	if (length <= 0)
		return;
	path[length] = '\0';
	name = strstr(path, "/zoneinfo/");
	if (name != NULL && name_valid(name + strlen("/zoneinfo/")))
		text_copy(out, room, name + strlen("/zoneinfo/"));
}

static int
load_named(struct zone *zone, const char *name)
{
	char path[128] = "/usr/share/zoneinfo/";
	size_t start = strlen(path);

	text_copy(zone->name, sizeof zone->name, name);
	if (strcmp(name, "UTC") == 0)
		return 0;
	text_copy(path + start, sizeof path - start, name);
	return load_file(zone, path);
}

/* Without a name the clock of the system counts, whatever it is called; failing all, UTC. */
static int
load_system(struct zone *zone)
{
	char name[sizeof zone->name];

	system_name(name, sizeof name);
	if (name[0] != '\0' && load_named(zone, name) == 0)
		return 0;
	text_copy(zone->name, sizeof zone->name, "localtime");
	if (load_file(zone, "/etc/localtime") < 0)
		text_copy(zone->name, sizeof zone->name, "UTC");
	return 0;
}

struct zone *
zone_load(const char *name, struct err *err)
{
	struct zone *zone = mem_zero(1, sizeof *zone);
	int result;

	if (name == NULL || name[0] == '\0')
		result = load_system(zone);
	else
		result = name_valid(name) ? load_named(zone, name) : -1;
	if (result < 0) {
		zone_free(zone);
		fail(err, ERR_USAGE, "there is no time zone '%s'", name);
		return NULL;
	}
	return zone;
}

void
zone_free(struct zone *zone)
{
	if (zone == NULL)
		return;
	free(zone->times);
	free(zone->offsets);
	free(zone);
}

const char *
zone_name(const struct zone *zone)
{
	return zone->name;
}

static int64_t
offset_seconds(const struct zone *zone, int64_t time)
{
	size_t low = 0, high = zone->count;

	if (zone->has_rule && (high == 0 || time >= zone->times[high - 1]))
		return zone_rule_offset(&zone->rule, time);
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (zone->times[middle] <= time)
			low = middle + 1;
		else
			high = middle;
	}
	return low == 0 ? zone->first : zone->offsets[low - 1];
}

int
zone_offset(const struct zone *zone, int64_t time)
{
	return (int)(offset_seconds(zone, time) / 60);
}

/* Tries the offsets in force a day before and a day after: in an overlap both fit and the earlier
 * time wins, in a gap neither does and the later one is taken. */
int64_t
zone_time(const struct zone *zone, const struct civil *local)
{
	int64_t wall = civil_to_time(local);
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
