#include "liaison/base/arena.h"

#include <limits.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK_SIZE = 16 * 1024, ALIGN = 16, KEEP_MAX = 256 * 1024 };

struct block {
	struct block *next;
	size_t size, used;
	_Alignas(ALIGN) char bytes[];
};

struct arena {
	struct block *block; /* the one in use; fuller ones behind it */
	size_t used;
};

void
mem_exhausted(void)
{
	static const char MESSAGE[] = "<3>out of memory\n";
	ssize_t ignored = write(STDERR_FILENO, MESSAGE, sizeof MESSAGE - 1);

	(void)ignored;
	_exit(71);
}

void *
mem_alloc(size_t size)
{
	void *bytes = malloc(size ? size : 1);

	if (bytes == NULL)
		mem_exhausted();
	return bytes;
}

void *
mem_zero(size_t count, size_t size)
{
	void *bytes = calloc(count ? count : 1, size ? size : 1);

	if (bytes == NULL)
		mem_exhausted();
	return bytes;
}

void *
mem_resize(void *old, size_t size)
{
	void *bytes = realloc(old, size ? size : 1);

	if (bytes == NULL)
		mem_exhausted();
	return bytes;
}

char *
mem_text(const char *text)
{
	size_t size = strlen(text) + 1;

	return memcpy(mem_alloc(size), text, size);
}

static struct block *
block_new(size_t size, struct block *next)
{
	struct block *block = mem_alloc(sizeof *block + size);

	block->next = next;
	block->size = size;
	block->used = 0;
	return block;
}

struct arena *
arena_new(void)
{
	return mem_zero(1, sizeof(struct arena));
}

static void
free_blocks(struct block *block)
{
	while (block != NULL) {
		struct block *next = block->next;

		free(block);
		block = next;
	}
}

void
arena_free(struct arena *arena)
{
	if (arena == NULL)
		return;
	free_blocks(arena->block);
	free(arena);
}

void
arena_reset(struct arena *arena)
{
	struct block *kept = arena->block;

	arena->used = 0;
	if (kept == NULL)
		return;
	free_blocks(kept->next);
	kept->next = NULL;
	kept->used = 0;
	if (kept->size > KEEP_MAX) {
		free(kept);
		arena->block = NULL;
	}
}

size_t
arena_used(const struct arena *arena)
{
	return arena->used;
}

/* Blocks double, so that a big command costs few of them; an allocation that would waste most of a
 * block gets one of its own behind the one in use. */
static void *
take_from_new(struct arena *arena, size_t size)
{
	size_t room = arena->block ? arena->block->size : BLOCK_SIZE / 2;
	struct block *block;

	room = room < KEEP_MAX ? room * 2 : KEEP_MAX;
	if (arena->block != NULL && size > room / 4) {
		block = block_new(size, arena->block->next);
		arena->block->next = block;
	} else {
		block = block_new(size > room ? size : room, arena->block);
		arena->block = block;
	}
	block->used = size;
	return block->bytes;
}

static void *
take(struct arena *arena, size_t size)
{
	struct block *block = arena->block;
	void *bytes;

	if (size > SIZE_MAX / 4)
		mem_exhausted();
	size = (size + ALIGN - 1) / ALIGN * ALIGN;
	arena->used += size;
	if (block == NULL || block->size - block->used < size)
		return take_from_new(arena, size);
	bytes = block->bytes + block->used;
	block->used += size;
	return bytes;
}

void *
arena_alloc(struct arena *arena, size_t size)
{
	return memset(take(arena, size), 0, size);
}

void *
arena_array(struct arena *arena, size_t count, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(count, size, &total))
		mem_exhausted();
	return arena_alloc(arena, total);
}

void *
arena_grow(struct arena *arena, const void *items, unsigned count, unsigned *room, size_t size)
{
	void *more;

	if (count > (UINT_MAX - 8) / 2)
		mem_exhausted();
	*room = count * 2 + 8;
	more = arena_array(arena, *room, size);
	return count > 0 ? memcpy(more, items, count * size) : more;
}

char *
arena_text(struct arena *arena, const char *text)
{
	return text ? arena_text_n(arena, text, strlen(text)) : NULL;
}

char *
arena_text_n(struct arena *arena, const char *text, size_t length)
{
	char *copy = take(arena, length + 1);

	if (length > 0)
		memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

char *
arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args, again;
	char *text;
	int size;

	va_start(args, format);
	va_copy(again, args);
	size = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (size < 0)
		size = 0;
	text = take(arena, (size_t)size + 1);
	text[0] = '\0';
	vsnprintf(text, (size_t)size + 1, format, again);
	va_end(again);
	return text;
}
