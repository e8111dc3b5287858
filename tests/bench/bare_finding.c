/* What the daemon's answers about contacts are measured against: the same calls of the library, in one
 * thread without a socket. bare_finding DATABASE reads lines "find TEXT", "show NUMBER",
 * "timeline NUMBER" and prints the microseconds of each, and those of the processor. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "liaison/crm/contact.h"
#include "liaison/crm/contact_find.h"
#include "liaison/crm/interaction.h"

enum { PAGE = 100, HITS = 1000 };

struct bench {
	struct store *store;
	struct arena *arena;
	struct text text;
	struct json_out out;
	struct err err;
};

static double
now_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int
find(struct bench *bench, const char *text)
{
	struct contact_finding found;

	if (contact_find(bench->store, bench->arena, text, HITS, &found, &bench->err) < 0)
		return -1;
	for (unsigned i = 0; i < found.count && i < PAGE; i++) {
		if (contact_write(bench->store, bench->arena, found.hits[i].id, &bench->out,
			    &bench->err) < 0)
			return -1;
	}
	return 0;
}

static int
show(struct bench *bench, const char *no)
{
	int64_t id;

	if (contact_resolve(bench->store, bench->arena, no, &id, &bench->err) < 0)
		return -1;
	return contact_write(bench->store, bench->arena, id, &bench->out, &bench->err);
}

static int
timeline(struct bench *bench, const char *no)
{
	struct timeline_page page;
	int64_t id;

	if (contact_resolve(bench->store, bench->arena, no, &id, &bench->err) < 0 ||
		interaction_timeline(bench->store, bench->arena, id, NULL, NULL, NULL, 0, PAGE,
			NULL, &page, &bench->err) < 0)
		return -1;
	for (unsigned i = 0; i < page.count; i++) {
		if (interaction_write(
			    bench->store, bench->arena, page.ids[i], &bench->out, &bench->err) < 0)
			return -1;
	}
	return 0;
}

static int
run(struct bench *bench, const char *line)
{
	if (strncmp(line, "find ", 5) == 0)
		return find(bench, line + 5);
	if (strncmp(line, "show ", 5) == 0)
		return show(bench, line + 5);
	if (strncmp(line, "timeline ", 9) == 0)
		return timeline(bench, line + 9);
	return fail(&bench->err, ERR_USAGE, "'%.40s' is nothing to measure", line);
}

int
main(int count, char **words)
{
	struct bench bench = { 0 };
	char *line = NULL;
	size_t room = 0;
	ssize_t size;

	if (count != 2)
		return 2;
	bench.arena = arena_new();
	bench.store = store_open(words[1], STORE_READER, &bench.err);
	if (bench.store == NULL) {
		fprintf(stderr, "bare_finding: %s\n", bench.err.message);
		return 1;
	}
	json_out_init(&bench.out, &bench.text);
	while ((size = getline(&line, &room, stdin)) > 0) {
		double begun = now_us(CLOCK_MONOTONIC), used = now_us(CLOCK_PROCESS_CPUTIME_ID);

		line[size - 1] = '\0';
		json_array_begin(&bench.out, NULL);
		if (store_begin(bench.store, &bench.err) < 0 || run(&bench, line) < 0 ||
			store_commit(bench.store, &bench.err) < 0) {
			fprintf(stderr, "bare_finding: %s: %s\n", line, bench.err.message);
			return 1;
		}
		json_array_end(&bench.out);
		printf("%.1f %.1f\n", now_us(CLOCK_MONOTONIC) - begun,
			now_us(CLOCK_PROCESS_CPUTIME_ID) - used);
		text_reset(&bench.text);
		json_out_init(&bench.out, &bench.text);
		arena_reset(bench.arena);
	}
	free(line);
	text_clear(&bench.text);
	store_close(bench.store);
	arena_free(bench.arena);
	return 0;
}
