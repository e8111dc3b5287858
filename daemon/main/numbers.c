#include "numbers.h"

#include <stdlib.h>
#include <string.h>

static uint32_t
number_of(struct numbers *numbers, const char *name)
{
	for (size_t i = 0; i < numbers->count; i++) {
		if (strcmp(numbers->names[i], name) == 0)
			return (uint32_t)i + 1;
	}
	numbers->names = mem_resize(numbers->names, (numbers->count + 1) * sizeof *numbers->names);
	numbers->names[numbers->count++] = mem_text(name);
	return (uint32_t)numbers->count;
}

void
numbers_give(struct numbers *numbers, struct config *config)
{
	for (size_t i = 0; i < config->source_count; i++)
		config->sources[i].number = number_of(numbers, config->sources[i].name);
}

void
numbers_clear(struct numbers *numbers)
{
	for (size_t i = 0; i < numbers->count; i++)
		free(numbers->names[i]);
	free(numbers->names);
	*numbers = (struct numbers){ 0 };
}
