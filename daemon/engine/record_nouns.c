#include "record_nouns.h"

#include <assert.h>
#include <string.h>

#include "request.h"

enum { NOUNS_MAX = 64 };

/* Filled once, before there are threads. */
static const struct record_noun *nouns[NOUNS_MAX + 1];

__attribute__((constructor)) static void
fill_nouns(void)
{
	const struct command *command;
	unsigned count = 0;

	for (unsigned i = 0; (command = command_at(i)) != NULL; i++) {
		unsigned at = 0;

		if (command->record == NULL)
			continue;
		while (at < count && nouns[at] != command->record)
			at++;
		assert(at < NOUNS_MAX);
		nouns[at] = command->record;
		count += at == count;
	}
}

const struct record_noun *
record_noun_at(unsigned i)
{
	return nouns[i];
}

const struct record_noun *
record_noun_named(const char *name)
{
	for (unsigned i = 0; nouns[i] != NULL; i++) {
		if (strcmp(nouns[i]->name, name) == 0)
			return nouns[i];
	}
	return NULL;
}
