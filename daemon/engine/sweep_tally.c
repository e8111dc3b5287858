#include "sweep_tally.h"

#include <string.h>

struct sweep_count *
sweep_tally_of(struct sweep_tally *tally, const char *word)
{
	unsigned i = 0;

	while (i < tally->count && strcmp(tally->of[i].word, word) != 0)
		i++;
	if (i == tally->count && i < sizeof tally->of / sizeof *tally->of - 1)
		tally->of[tally->count++].word = word;
	return &tally->of[i];
}

void
sweep_tally_write(const struct sweep_tally *tally, const char *before, const char *after,
	struct json_out *out)
{
	json_object_begin(out, before);
	for (unsigned i = 0; i < tally->count; i++)
		json_int(out, tally->of[i].word, tally->of[i].before);
	json_object_end(out);
	json_object_begin(out, after);
	for (unsigned i = 0; i < tally->count; i++)
		json_int(out, tally->of[i].word, tally->of[i].after);
	json_object_end(out);
}
