#include "health.h"
#include "liaison/capture/retention.h"
#include "mailbox.h"

/* Folders in one screen: a line for each that needs somebody, and for those that are well if there are few,
 * else their count. A calendar has no folders but itself. */

enum { WELL_SHOWN = 12 };

struct folder_line {
	const char *source, *name, *state, *error; /* arena */
	int64_t stream, last_complete;
	uint64_t backlog;
	bool well;
};

static bool
is_shown(const struct mailbox *mailbox, const struct folder *folder)
{
	return mailbox->configured && mailbox->kind != SOURCE_ICAL && folder->listed &&
	       folder->mode != FOLDER_UNWATCHED;
}

static void
view_line(const struct folder *folder, struct arena *arena, struct folder_line *out)
{
	*out = (struct folder_line){
		.source = arena_text(arena, folder->mailbox->name),
		.name = arena_text(arena, folder->name),
		.state = folder_state_name(folder),
		.error = arena_text(arena, folder->error),
		.stream = folder->stream,
		.last_complete = folder->last_complete,
		.backlog = uid_set_size(&folder->job.todo),
	};
	out->well = out->error == NULL && out->backlog == 0 && !folder_is_late(folder);
}

static unsigned
view_lines(struct pipeline *pipeline, struct arena *arena, struct folder_line **out)
{
	unsigned count = 0, room = 0;

	for (const struct mailbox *mailbox = pipeline->mailboxes; mailbox != NULL;
		mailbox = mailbox->next) {
		for (const struct folder *folder = mailbox->folders; folder != NULL;
			folder = folder->next) {
			if (!is_shown(mailbox, folder))
				continue;
			if (count == room)
				*out = arena_grow(arena, *out, count, &room, sizeof **out);
			view_line(folder, arena, &(*out)[count++]);
		}
	}
	return count;
}

static int
look_for_doubt(struct store *store, struct arena *arena, struct folder_line *line, struct err *err)
{
	int64_t count = 0;

	if (line->stream == 0 || line->error != NULL)
		return 0;
	if (gone_doubted(store, line->stream, &count, err) < 0)
		return -1;
	if (count > 0)
		line->error = arena_printf(arena,
			"%lld captured mails left it at once, which is not believed",
			(long long)count);
	line->well &= count == 0;
	return 0;
}

static void
write_line(const struct folder_line *line, const struct zone *zone, struct json_out *out)
{
	int64_t at = line->last_complete;

	json_object_begin(out, NULL);
	json_text(out, "source", line->source);
	json_text(out, "name", line->name);
	json_text(out, "state", line->state);
	if (at == 0)
		json_null_(out, "last_complete");
	else
		json_time(out, "last_complete", at, zone == NULL ? 0 : zone_offset(zone, at));
	json_int(out, "backlog", (int64_t)line->backlog);
	json_text(out, "error", line->error);
	json_object_end(out);
}

int
pipeline_write_folders(struct pipeline *pipeline, struct store *store, struct arena *arena,
	const struct zone *zone, struct json_out *out, struct err *err)
{
	struct folder_line *lines = NULL;
	unsigned count, well = 0;

	pthread_mutex_lock(&pipeline->engine->board);
	count = view_lines(pipeline, arena, &lines);
	pthread_mutex_unlock(&pipeline->engine->board);
	for (unsigned i = 0; i < count; i++) {
		if (look_for_doubt(store, arena, &lines[i], err) < 0)
			return -1;
		well += lines[i].well;
	}
	json_array_begin(out, "folders");
	for (unsigned i = 0; i < count; i++) {
		if (!lines[i].well || well <= WELL_SHOWN)
			write_line(&lines[i], zone, out);
	}
	json_array_end(out);
	json_int(out, "folders_well", well);
	return 0;
}
