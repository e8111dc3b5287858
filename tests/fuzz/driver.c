/* Runs a fuzz target over its corpus without libFuzzer: every file of every folder named, whole and
 * cut in half, so that "make check" covers what fuzzing once found. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static unsigned inputs;

static void
run_bytes(const uint8_t *bytes, size_t size)
{
	/* An allocation of exactly that size lets a sanitizer see a read past the end. */
	uint8_t *exact = malloc(size ? size : 1);

	if (exact == NULL)
		exit(71);
	memcpy(exact, bytes, size);
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
}

static void
run_file(const char *path)
{
	enum { MAX = 8 << 20 };
	uint8_t *bytes = malloc(MAX);
	FILE *file = fopen(path, "rb");
	size_t size;

	if (bytes == NULL || file == NULL) {
		fprintf(stderr, "%s cannot be read\n", path);
		exit(1);
	}
	size = fread(bytes, 1, MAX, file);
	fclose(file);
	run_bytes(bytes, size);
	run_bytes(bytes, size / 2);
	free(bytes);
	inputs++;
}

static void
run_folder(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	char path[4096];

	if (dir == NULL) {
		fprintf(stderr, "there is no corpus '%s'\n", folder);
		exit(1);
	}
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
		run_file(path);
	}
	closedir(dir);
}

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		run_folder(argv[i]);
	printf("%u inputs\n", inputs);
	return inputs == 0;
}
