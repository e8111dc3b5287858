/* The bare parse that a calendar's poll is measured against: bare_ical FILE gives the file to libical
 * once, as a string, and prints what that took. */
#include <libical/ical.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static char *
read_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	size_t size = 0, room = 16 << 20;
	char *bytes = malloc(room);

	if (file == NULL || bytes == NULL) {
		perror(path);
		exit(1);
	}
	size = fread(bytes, 1, room - 1, file);
	if (ferror(file) || !feof(file)) {
		fprintf(stderr, "bare_ical: %s cannot be read, or is too long\n", path);
		exit(1);
	}
	bytes[size] = '\0';
	fclose(file);
	return bytes;
}

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int
main(int argc, char **argv)
{
	icalcomponent *calendar;
	double begun, took;
	char *bytes;

	if (argc != 2) {
		fprintf(stderr, "usage: bare_ical FILE\n");
		return 2;
	}
	bytes = read_file(argv[1]);
	begun = seconds();
	calendar = icalparser_parse_string(bytes);
	took = seconds() - begun;
	if (calendar == NULL) {
		fprintf(stderr, "bare_ical: %s is no calendar\n", argv[1]);
		return 1;
	}
	printf("{\"events\":%d,\"seconds\":%.4f}\n",
		icalcomponent_count_components(calendar, ICAL_VEVENT_COMPONENT), took);
	icalcomponent_free(calendar);
	free(bytes);
	return 0;
}
