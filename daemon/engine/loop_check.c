#include <stdlib.h>
#include <string.h>

#include "mailbox.h"

/* source.check: what a server says to a fresh login. */

enum { CHECK_MS = 90000, SAMPLE_BYTES = 64 * 1024 };

static const char *
mode_name(uint64_t mode)
{
	if (mode == FOLDER_IDLE)
		return "idle";
	return mode == FOLDER_POLLED ? "polled" : "unwatched";
}

/* A folder as the server told of it. */
struct found {
	const char *name, *attributes, *delimiter, *sample;
	uint64_t mode, uidvalidity, exists, sampled;
	bool counted;
	int64_t recognised;
};

/* The answer, kept until a reader has looked what of it is known. */
struct check_answer {
	struct work work; /* first */
	struct checking *checking;
	uint64_t number; /* of its asking */
	struct pipeline *pipeline;
	struct arena *arena; /* own */
	const char *error, *capabilities;
	struct found *folders;
	unsigned count, room;
	struct err err;
	bool failed;
};

struct checking {
	struct asking asking; /* first */
	bool looks; /* of another host: what is there is compared with what is known */
};

static int
read_folder_field(struct check_answer *answer, const struct frame_field *field, struct err *err)
{
	struct found *folder = answer->count == 0 ? NULL : &answer->folders[answer->count - 1];

	if (field->tag == TAG_FOLDER) {
		if (answer->count == answer->room)
			answer->folders = arena_grow(answer->arena, answer->folders, answer->count,
				&answer->room, sizeof *folder);
		folder = &answer->folders[answer->count++];
		*folder = (struct found){ 0 };
		return field_text(field, answer->arena, 1024, &folder->name, err);
	}
	if (folder == NULL)
		return 0;
	switch (field->tag) {
	case TAG_ATTRIBUTES:
		return field_text(field, answer->arena, 1024, &folder->attributes, err);
	case TAG_DELIMITER:
		return field_text(field, answer->arena, 1024, &folder->delimiter, err);
	case TAG_WATCHED:
		return field_u64(field, FOLDER_IDLE, &folder->mode, err);
	case TAG_UIDVALIDITY:
		folder->counted = true;
		return field_u64(field, UINT32_MAX, &folder->uidvalidity, err);
	case TAG_EXISTS:
		return field_u64(field, UINT32_MAX, &folder->exists, err);
	case TAG_NUMBER:
		return field_u64(field, UINT32_MAX, &folder->sampled, err);
	case TAG_TEXT:
		return field_text(field, answer->arena, SAMPLE_BYTES, &folder->sample, err);
	default:
		return 0;
	}
}

static int
read_check(const struct frame *frame, struct check_answer *out, struct err *err)
{
	struct frame_field field;
	size_t cursor = 0;
	int got;

	while ((got = frame_field_next(frame, &cursor, &field, err)) > 0) {
		if (field.tag == TAG_ERROR &&
			field_text(&field, out->arena, 400, &out->error, err) < 0)
			return -1;
		if (field.tag == TAG_CAPABILITIES &&
			field_text(&field, out->arena, 8192, &out->capabilities, err) < 0)
			return -1;
		if (read_folder_field(out, &field, err) < 0)
			return -1;
	}
	return got;
}

/* ---- the record -------------------------------------------------------------------------------- */

static void
write_found(const struct found *folder, bool looks, struct json_out *out)
{
	json_object_begin(out, NULL);
	json_text(out, "name", folder->name);
	json_text(out, "attributes", folder->attributes);
	json_text(out, "delimiter", folder->delimiter);
	json_text(out, "watched", mode_name(folder->mode));
	if (looks && folder->counted) {
		json_int(out, "uidvalidity", (int64_t)folder->uidvalidity);
		json_int(out, "messages", (int64_t)folder->exists);
		json_int(out, "sampled", (int64_t)folder->sampled);
		json_int(out, "recognised", folder->recognised);
	}
	json_object_end(out);
}

static const struct found *
find_folder(const struct check_answer *answer, const char *name)
{
	for (unsigned i = 0; i < answer->count; i++) {
		if (strcmp(answer->folders[i].name, name) == 0)
			return &answer->folders[i];
	}
	return NULL;
}

/* What is watched here and is not there; and the sums. */
static void
write_outlook(
	const struct mailbox *mailbox, const struct check_answer *answer, struct json_out *out)
{
	int64_t messages = 0, sampled = 0, recognised = 0;

	json_array_begin(out, "missing");
	for (const struct folder *folder = mailbox->folders; folder != NULL;
		folder = folder->next) {
		if (folder_is_watched(folder) && find_folder(answer, folder->name) == NULL)
			json_text(out, NULL, folder->name);
	}
	json_array_end(out);
	for (unsigned i = 0; i < answer->count; i++) {
		messages += (int64_t)answer->folders[i].exists;
		sampled += (int64_t)answer->folders[i].sampled;
		recognised += answer->folders[i].recognised;
	}
	json_int(out, "messages", messages);
	json_int(out, "sampled", sampled);
	json_int(out, "recognised", recognised);
}

static void
write_check(const struct checking *checking, const struct check_answer *answer)
{
	struct json_out *out = checking->asking.call->call.out;

	json_object_begin(out, NULL);
	json_text(out, "name", checking->asking.mailbox->name);
	json_bool(out, "ok", true);
	json_text(out, "capabilities", answer->capabilities);
	json_array_begin(out, "folders");
	for (unsigned i = 0; i < answer->count; i++)
		write_found(&answer->folders[i], checking->looks, out);
	json_array_end(out);
	if (checking->looks)
		write_outlook(checking->asking.mailbox, answer, out);
	json_object_end(out);
}

static void
answer_check(struct checking *checking, const struct check_answer *answer)
{
	struct loop_call *call = checking->asking.call;

	write_check(checking, answer);
	asking_end(&checking->asking);
	loop_call_answer(call);
}

/* ---- what of it is known ----------------------------------------------------------------------- */

static void
run_look(struct work *work, struct worker *worker)
{
	struct check_answer *answer = (struct check_answer *)work;

	for (unsigned i = 0; i < answer->count && !answer->failed; i++) {
		struct found *folder = &answer->folders[i];

		if (folder->sample != NULL)
			answer->failed = message_ids_known(worker->store, answer->arena,
						 folder->sample, &folder->recognised,
						 &answer->err) < 0;
	}
}

static void
free_answer(struct check_answer *answer)
{
	arena_free(answer->arena);
	free(answer);
}

static void
look_done(struct work *work)
{
	struct check_answer *answer = (struct check_answer *)work;
	struct pipeline *pipeline = answer->pipeline;

	pthread_mutex_lock(&pipeline->engine->board);
	if (asking_is_open(pipeline, &answer->checking->asking, answer->number)) {
		if (answer->failed)
			asking_fail(&answer->checking->asking, &answer->err);
		else
			answer_check(answer->checking, answer);
	}
	pthread_mutex_unlock(&pipeline->engine->board);
	free_answer(answer);
}

static int
take_checked(struct asking *asking, const struct frame *frame, struct err *err)
{
	struct checking *checking = (struct checking *)asking;
	struct check_answer *answer = mem_zero(1, sizeof *answer);

	answer->arena = arena_new();
	answer->checking = checking;
	answer->number = asking->number;
	answer->pipeline = asking->mailbox->pipeline;
	if (read_check(frame, answer, err) < 0) {
		free_answer(answer);
		return -1;
	}
	asking->token = 0;
	if (answer->error == NULL && checking->looks) {
		answer->work.run = run_look;
		answer->work.done = look_done;
		pool_add(answer->pipeline->engine->readers, &answer->work);
		return 0;
	}
	if (answer->error != NULL)
		asking_stop(asking, ERR_NETWORK, "%s", answer->error);
	else
		answer_check(checking, answer);
	free_answer(answer);
	return 0;
}

static void
check_lost(struct asking *asking)
{
	asking_stop(asking, ERR_UNAVAILABLE, "the check of '%s' was interrupted",
		asking->mailbox->name);
}

/* "HOST", "HOST:PORT", "[ADDRESS]:PORT"; an address of several colons is one. */
static int
read_host(struct call *call, const char **host, int64_t *port, struct err *err)
{
	const char *words = call_text(call, "host"), *colon;
	const char *end = words != NULL && words[0] == '[' ? strchr(words, ']') : NULL;

	*host = words;
	*port = 0;
	if (words == NULL)
		return 0;
	colon = end != NULL ? end + 1 : strchr(words, ':');
	if (end != NULL)
		*host = arena_text_n(call->arena, words + 1, (size_t)(end - words) - 1);
	if (colon == NULL || *colon == '\0' || (end == NULL && strchr(colon + 1, ':') != NULL))
		return 0;
	if (*colon != ':' || text_to_int64(colon + 1, port) < 0 || *port < 1 || *port > 65535)
		return fail_field(err, ERR_USAGE, "host",
			"'%s' is no host: expected HOST, HOST:PORT or [ADDRESS]:PORT", words);
	if (end == NULL)
		*host = arena_text_n(call->arena, words, (size_t)(colon - words));
	return 0;
}

static int
begin_check(struct loop_call *call, struct err *err)
{
	struct pipeline *pipeline = call->call.engine->pipeline;
	struct frame_writer writer;
	struct mailbox *mailbox = asking_source(call, call_text(&call->call, "source"), err);
	struct checking *checking;
	struct asking *asking;
	const char *host;
	int64_t port;

	if (mailbox == NULL || read_host(&call->call, &host, &port, err) < 0)
		return -1;
	if (mailbox->link == NULL)
		return fail(err, ERR_UNAVAILABLE, "the source '%s' is %s", mailbox->name,
			source_state_name(mailbox));
	checking = asking_new(call, mailbox, sizeof *checking, CHECK_MS);
	checking->looks = host != NULL && mailbox->kind == SOURCE_IMAP;
	asking = &checking->asking;
	asking->token = pipeline_token(pipeline);
	asking->frame = take_checked;
	asking->lost = check_lost;
	frame_begin(&writer, &mailbox->link->out, FRAME_CHECK, mailbox->number, asking->token);
	frame_put_text(&writer, TAG_NAME, host);
	if (port != 0)
		frame_put_u64(&writer, TAG_NUMBER, (uint64_t)port);
	frame_end(&writer);
	link_flush(mailbox->link);
	return 0;
}

int
run_check_loop(struct loop_call *call, struct err *err)
{
	int done;

	pthread_mutex_lock(&call->call.engine->board);
	done = begin_check(call, err);
	pthread_mutex_unlock(&call->call.engine->board);
	return done;
}
