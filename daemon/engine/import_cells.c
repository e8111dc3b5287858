#include "import.h"

#include <string.h>

#include "liaison/base/crypt.h"
#include "liaison/base/text.h"

/* The cells of a row: what they are of a contact, what the row is known by, and where it waits. */

/* What contact.dump put before a cell that a spreadsheet would run. */
static const char *
without_guard(const char *text)
{
	const char *at = text;

	while (*at == '\'')
		at++;
	return at > text && *at != '\0' && strchr("=+-@\t\r", *at) != NULL ? text + 1 : text;
}

/* Blanks around the elements of a list are none of them, unless they are escaped. */
static bool
is_list(const struct import_target *target)
{
	switch (target->kind) {
	case TARGET_EMAIL:
	case TARGET_DOMAIN:
	case TARGET_LABEL:
	case TARGET_PART:
	case TARGET_NOTE:
	case TARGET_ANSWER:
		return true;
	case TARGET_NONE:
	case TARGET_NO:
	case TARGET_PLAIN:
	case TARGET_COMPANY_NO:
	case TARGET_COMPANY_NAME:
	case TARGET_FIELD:
		return false;
	}
	return false;
}

unsigned
import_read_values(const struct import_run *run, struct arena *arena, const struct import_row *row,
	struct import_value *out)
{
	unsigned count = 0;

	for (unsigned i = 0; i < row->count; i++) {
		const struct import_cell *cell = &row->cells[i];
		struct import_target target = cell->name != NULL
						      ? import_target_find(arena, cell->name)
						      : run->columns[i];
		const char *text = cell->value;

		if (target.kind == TARGET_NONE)
			continue;
		if (cell->name == NULL && !run->rule.raw)
			text = without_guard(text);
		if (!is_list(&target))
			text = text_trim(arena, text, strlen(text));
		out[count++] = (struct import_value){ target, text };
	}
	return count;
}

struct import_mark
import_mark_row(const struct import_row *row)
{
	struct sha256_state *state = sha256_new();
	struct import_mark mark = { .line = row->line };
	uint8_t digest[SHA256_SIZE];

	for (unsigned i = 0; i < row->count; i++) {
		const struct import_cell *cell = &row->cells[i];

		if (cell->name != NULL)
			sha256_add(state, cell->name, strlen(cell->name) + 1);
		sha256_add(state, cell->value, strlen(cell->value) + 1);
	}
	sha256_end(state, digest);
	memcpy(mark.digest, digest, sizeof mark.digest);
	return mark;
}

/* ---- rows that wait ---- */

bool
import_is_full(const struct import_run *run)
{
	return arena_used(run->waiting.arena) > IMPORT_WAITING_MAX;
}

bool
import_wait(struct import_run *run, const struct import_row *row)
{
	struct import_window_rows *waiting = &run->waiting;
	struct import_row *copy;

	if (import_is_full(run))
		return false;
	if (waiting->rows.count == run->waiting_room) {
		unsigned room = run->waiting_room * 2 + 64;
		struct import_row *more = arena_array(waiting->arena, room, sizeof *more);

		if (waiting->rows.count > 0)
			memcpy(more, waiting->rows.rows, waiting->rows.count * sizeof *more);
		waiting->rows.rows = more;
		run->waiting_room = room;
	}
	copy = &waiting->rows.rows[waiting->rows.count++];
	*copy = *row;
	copy->cells = arena_array(waiting->arena, row->count + 1, sizeof *copy->cells);
	for (unsigned i = 0; i < row->count; i++)
		copy->cells[i] = (struct import_cell){ arena_text(
							       waiting->arena, row->cells[i].name),
			arena_text(waiting->arena, row->cells[i].value) };
	return true;
}
