#include "fixture.h"

struct timezones *zones;
struct arena *arena;

int
fixture_open(void **state)
{
	(void)state;
	zones = timezones_load();
	arena = arena_new();
	return zones == NULL ? -1 : 0;
}

int
fixture_close(void **state)
{
	(void)state;
	timezones_free(zones);
	arena_free(arena);
	return 0;
}
