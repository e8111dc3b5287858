#include "import.h"

#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "liaison/base/crypt.h"

/* parse's share of an import: windows of the file become rows. */

/* ---- asking ---- */

/* The file is known by its first bytes, and by what would read its rows in another way. */
static void
tell_file(struct import_run *run)
{
	enum { KNOWN_BY = 64 * 1024 };
	const struct call *call = &run->call->call;
	size_t size = run->bytes.size < KNOWN_BY ? run->bytes.size : KNOWN_BY;
	struct sha256_state *state = sha256_new();
	uint8_t options[] = { (uint8_t)run->rule.clear, (uint8_t)run->rule.raw };

	sha256_add(state, run->bytes.bytes, size);
	sha256_add(state, options, sizeof options);
	if (run->preset != NULL)
		sha256_add(state, run->preset, strlen(run->preset));
	for (unsigned i = 0; i < call_count(call, "map"); i++) {
		const char *map = call_text_at(call, "map", i);

		sha256_add(state, map, strlen(map) + 1);
	}
	sha256_end(state, run->file.digest);
}

static void
put_window(struct import_run *run, struct text *out)
{
	struct frame_writer writer;
	bool first = run->state_size == 0;

	frame_begin(&writer, out, FRAME_PARSE_IMPORT, 0, 0);
	frame_put_u64(&writer, TAG_KIND, run->type);
	if (!first)
		frame_put(&writer, TAG_DIGEST, run->state, run->state_size);
	frame_put(&writer, TAG_BYTES, run->bytes.bytes, run->asked);
	if (run->whole && run->asked == run->bytes.size)
		frame_put_flag(&writer, TAG_LAST);
	frame_end(&writer);
}

/* The fields alone, as an ask keeps them: its message is put in chunks when it is sent. */
static void
keep_payload(struct import_run *run, struct ask *ask)
{
	struct frame_reader reader = { 0 };
	struct text out = { 0 };
	struct frame frame;
	struct err err;

	put_window(run, &out);
	frame_reader_feed(&reader, out.bytes, out.size);
	if (frame_reader_next(&reader, &frame, &err) > 0) {
		ask->payload = mem_alloc(frame.size);
		memcpy(ask->payload, frame.bytes, frame.size);
		ask->size = frame.size;
	}
	frame_reader_clear(&reader);
	text_clear(&out);
}

void
import_ask(struct import_run *run)
{
	struct pipeline *pipeline = run->engine->pipeline;
	struct ask *ask = mem_zero(1, sizeof *ask);

	if (run->state_size == 0)
		tell_file(run);
	run->asked = run->bytes.size < IMPORT_WINDOW_MAX ? run->bytes.size : IMPORT_WINDOW_MAX;
	if (run->asked > run->need)
		run->asked = run->need;
	ask->type = FRAME_PARSE_IMPORT;
	ask->import = run;
	keep_payload(run, ask);
	run->ask = ask;
	pthread_mutex_lock(&run->engine->board);
	parsing_add(pipeline, ask);
	parsing_pump(pipeline);
	pthread_mutex_unlock(&run->engine->board);
}

/* Nobody waits for what parse is at. */
void
import_let_go(struct import_run *run)
{
	if (run->ask == NULL)
		return;
	pthread_mutex_lock(&run->engine->board);
	run->ask->import = NULL;
	run->ask->dropped = true;
	pthread_mutex_unlock(&run->engine->board);
	run->ask = NULL;
}

/* ---- answers ---- */

/* A window without a row is too short for the one it begins with; the largest never is. */
static int
check_progress(struct import_run *run, const struct import_rows *rows, bool last, struct err *err)
{
	if (rows->consumed > 0)
		return 0;
	if (last || run->asked >= IMPORT_WINDOW_MAX)
		return fail(err, ERR_FORMAT, "a window of a file is answered with nothing");
	run->need = run->asked * 2 < IMPORT_WINDOW_MAX ? run->asked * 2 : IMPORT_WINDOW_MAX;
	return 0;
}

static int
take_header(struct import_run *run, struct import_rows *rows, struct err *err)
{
	if (rows->count == 0 || !rows->rows[0].header || run->columns != NULL)
		return 0;
	run->delimiter = rows->delimiter;
	if (import_map(run, &rows->rows[0], err) < 0)
		return -1;
	rows->rows++;
	rows->count--;
	return 0;
}

static void
take_rows(struct import_run *run, struct arena *arena, const struct import_rows *rows)
{
	struct import_window_rows *window = mem_zero(1, sizeof *window);

	window->arena = arena;
	window->rows = *rows;
	run->read = window;
}

static void
take_left(struct import_run *run, const struct import_rows *rows)
{
	run->left_out += rows->left_out;
	for (unsigned i = 0; i < rows->left_count; i++)
		import_leave(run->left, &run->left_count, arena_text(run->arena, rows->left[i]));
}

int
import_answer(struct ask *ask, const struct frame *frame, struct err *err)
{
	struct import_run *run = ask->import;
	struct arena *arena = arena_new();
	bool last = run->whole && run->asked == run->bytes.size;
	struct import_rows rows;
	struct err why;

	if (import_decode(frame, arena, run->asked, &rows, err) < 0 ||
		check_progress(run, &rows, last, err) < 0) {
		arena_free(arena);
		return -1;
	}
	run->ask = NULL;
	if (rows.consumed > 0)
		run->need = IMPORT_WINDOW_MIN;
	text_drop_front(&run->bytes, rows.consumed);
	memcpy(run->state, rows.state, rows.state_size);
	run->state_size = rows.state_size;
	take_left(run, &rows);
	if (run->columns == NULL && run->type != rows.type)
		run->type = rows.type;
	if (strcmp(run->encoding, rows.encoding) != 0)
		run->encoding = arena_text(run->arena, rows.encoding);
	if (take_header(run, &rows, &why) < 0)
		import_fail(run, &why);
	take_rows(run, arena, &rows);
	import_step(run);
	return 0;
}

void
import_rejected(struct ask *ask, const char *error)
{
	struct import_run *run = ask->import;
	struct err err;

	run->ask = NULL;
	fail_field(&err, ERR_FORMAT, "file", "the file cannot be read: %s", error);
	import_fail(run, &err);
	import_step(run);
}
