#ifndef LIAISON_BASE_ARENA_H
#define LIAISON_BASE_ARENA_H

#include <stddef.h>

/* Memory that is freed all at once: one for a command, one for a slice.
 * No function here returns NULL: a program out of memory ends (exit 71) and is replaced. */

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *arena);
/* Forgets all that was allocated; keeps at most one block for reuse. */
void arena_reset(struct arena *arena);
/* Bytes handed out since the last reset. */
size_t arena_used(const struct arena *arena);

void *arena_alloc(struct arena *arena, size_t size); /* zeroed, aligned for anything */
void *arena_array(struct arena *arena, size_t count, size_t size); /* checks the product */
/* A copy of count items of size, the old ones left behind, with *room for over twice as many. */
void *
arena_grow(struct arena *arena, const void *items, unsigned count, unsigned *room, size_t size);
char *arena_text(struct arena *arena, const char *text); /* NULL stays NULL */
char *arena_text_n(struct arena *arena, const char *text, size_t length);
char *
arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* malloc, calloc, realloc and strdup that do not return NULL. */
void *mem_alloc(size_t size);
void *mem_zero(size_t count, size_t size);
void *mem_resize(void *old, size_t size);
char *mem_text(const char *text);
/* Ends the program as they do: for a library that had no memory and whose caller cannot fail. */
void mem_exhausted(void) __attribute__((noreturn));

#endif
