#ifndef LIAISON_ENGINE_PIPELINE_H
#define LIAISON_ENGINE_PIPELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "liaison/store/sql.h"
#include "liaison/wire/config.h"
#include "liaison/wire/frame.h"
#include "liaison/wire/json.h"

/* Mail on its way: from fetch, through parse, to the writer. The loop's alone; what readers show of
 * it they read under engine->board. */

struct engine;
struct pipeline;
struct zone;

struct pipeline *pipeline_new(struct engine *engine);
/* Lets go of the children; nothing is given to the writer any more. */
void pipeline_free(struct pipeline *pipeline);
/* Notes the configured sources in the database before anybody asks for them. */
int pipeline_enrol(struct store *store, const struct config *config, struct err *err);
/* Whether the last try to note the configured sources in the database failed; it is made again. */
bool pipeline_is_behind(const struct pipeline *pipeline);
/* Sources were added, changed or left out. */
void pipeline_configure(struct pipeline *pipeline);
/* A child's channel is here (descriptor: own from now on); source: the only one it serves, 0: all
 * that have no fetch of their own. */
void pipeline_child(struct pipeline *pipeline, enum child_kind kind, uint32_t id, uint32_t source,
	int descriptor);
/* clean: it ended by itself, with status 0; how: in words. */
void pipeline_child_gone(
	struct pipeline *pipeline, enum child_kind kind, uint32_t id, bool clean, const char *how);
void pipeline_tick(struct pipeline *pipeline, int64_t now_ms); /* once a second */

/* Why nothing that is captured can be written; false: it can. Any thread. */
bool pipeline_waits(struct pipeline *pipeline, char *why, size_t size);
/* Members of system.status: sources and what happened to the children. Any thread. */
int pipeline_write_status(struct pipeline *pipeline, struct store *store, struct arena *arena,
	const struct zone *zone, struct json_out *out, struct err *err);
/* Text is wanted of mail that came long ago; as call_after_commit wants it. */
void wanting_look(struct engine *engine, int64_t number, const char *text);
/* One line for sd_notify. */
void pipeline_line(struct pipeline *pipeline, char *line, size_t size);

#endif
