/* A configuration file: what is taken crosses to the children and comes out the same. */
#include <stdlib.h>
#include <string.h>

#include "liaison/base/arena.h"
#include "liaison/base/ini.h"
#include "liaison/wire/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
count(void *context, const char *file, int line, const char *message)
{
	if (file == NULL || line < 1 || !text_is_utf8(message, strlen(message)))
		abort();
	++*(unsigned *)context;
}

static void
decode(const struct text *bytes, struct config *out)
{
	struct config_decoder *decoder = config_decoder_new();
	struct frame_reader reader = { 0 };
	struct frame frame;
	struct err err;

	frame_reader_feed(&reader, bytes->bytes, bytes->size);
	while (frame_reader_next(&reader, &frame, &err) == 1)
		if (frame.type == FRAME_CONFIG && config_decode(decoder, &frame, &err) < 0)
			abort();
	if (config_adopt(decoder, out, &err) < 0)
		abort();
	frame_reader_clear(&reader);
}

static void
cross(const struct config *config)
{
	struct text first = { 0 }, second = { 0 };
	struct config back;

	config_encode(config, NULL, 0, &first);
	decode(&first, &back);
	config_encode(&back, NULL, 0, &second);
	if (first.size != second.size || memcmp(first.bytes, second.bytes, first.size) != 0)
		abort();
	config_free(&back);
	text_clear(&first);
	text_clear(&second);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct arena *arena = arena_new();
	struct ini ini = { 0 };
	struct config config;
	unsigned told = 0, parsed;

	parsed = ini_parse(arena, "f", (const char *)bytes, size, &ini, count, &told) < 0;
	if (parsed != (told > 0))
		abort();
	told = 0;
	if (ini.count < 2000) { /* twins are looked for line by line */
		if (config_build(&ini, false, &config, count, &told) == 0) {
			if (told > 0)
				abort();
			cross(&config);
			config_free(&config);
		} else if (told == 0) {
			abort();
		}
	}
	arena_free(arena);
	return 0;
}
