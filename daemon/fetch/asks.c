#include <string.h>

#include "liaison/base/clock.h"
#include "mailbox.h"
#include "recording.h"

/* The engine's frames about a mailbox. */

struct request {
	const char *folder;
	size_t folder_size;
	bool has_folder, has_uidvalidity;
	uint64_t uidvalidity, cursor, low, high, size, port;
	int64_t since;
	char part[200], host[256], key[256];
	struct uid_set uids; /* own */
	const char *own; /* of the frame: addresses of ours, for a recording; NULL: it is none */
	size_t own_size;
};

static int
read_part(const struct frame_field *field, struct request *request, struct err *err)
{
	if (field->size == 0 || field->size >= sizeof(request->part) ||
		memchr(field->bytes, 0, field->size))
		return fail(err, ERR_FORMAT, "the engine asks for a part with a strange number");
	memcpy(request->part, field->bytes, field->size);
	request->part[field->size] = '\0';
	return 0;
}

static int
read_key(const struct frame_field *field, struct request *request, struct err *err)
{
	if (field->size == 0 || field->size >= sizeof(request->key) ||
		memchr(field->bytes, 0, field->size))
		return fail(err, ERR_FORMAT, "the engine asks for a strange keyword");
	memcpy(request->key, field->bytes, field->size);
	request->key[field->size] = '\0';
	return 0;
}

/* What is too long for a name is no name either: the check says so. */
static void
read_host(const struct frame_field *field, struct request *request)
{
	size_t size = text_cut((const char *)field->bytes, field->size, sizeof(request->host) - 1);

	memcpy(request->host, field->bytes, size);
	request->host[size] = '\0';
}

static int
read_field(const struct frame_field *field, struct request *request, struct err *err)
{
	switch (field->tag) {
	case TAG_FOLDER:
		request->folder = (const char *)field->bytes;
		request->folder_size = field->size;
		request->has_folder = true;
		return 0;
	case TAG_UIDVALIDITY:
		request->has_uidvalidity = true;
		return field_u64(field, UINT32_MAX, &request->uidvalidity, err);
	case TAG_CURSOR:
		return field_u64(field, UINT32_MAX, &request->cursor, err);
	case TAG_LOW:
		return field_u64(field, UINT32_MAX, &request->low, err);
	case TAG_HIGH:
		return field_u64(field, UINT32_MAX, &request->high, err);
	case TAG_SIZE:
		return field_u64(field, UINT32_MAX, &request->size, err);
	case TAG_NUMBER:
		return field_u64(field, UINT16_MAX, &request->port, err);
	case TAG_SINCE:
		return field_i64(field, &request->since, err);
	case TAG_UIDS:
		return field_uids(field, &request->uids, err);
	case TAG_PART:
		return read_part(field, request, err);
	case TAG_NAME:
		read_host(field, request);
		return 0;
	case TAG_TEXT:
		request->own = (const char *)field->bytes;
		request->own_size = field->size;
		return 0;
	case TAG_KEY:
		return read_key(field, request, err);
	default:
		return 0;
	}
}

static int
read_request(const struct frame *frame, struct request *request, struct err *err)
{
	struct frame_field field;
	size_t cursor = 0;
	int got;

	request->since = INT64_MIN;
	while ((got = frame_field_next(frame, &cursor, &field, err)) > 0)
		if (read_field(&field, request, err) < 0)
			return -1;
	return got;
}

/* What the engine has of the folder; an answer to an older FRAME_OPENED says nothing. */
static void
take_folder(struct mailbox *box, struct folder *folder, const struct request *request)
{
	if (!folder->opened ||
		(request->has_uidvalidity && request->uidvalidity != folder->uidvalidity))
		return;
	folder->known = true;
	folder->cursor = (uint32_t)request->cursor;
	if (folder->cursor + UINT64_C(1) < folder->uidnext)
		folder->dirty = true;
	else if (!folder->dirty)
		folder_checked(box, folder);
	box_serve(box);
}

static enum job_kind
kind_of(const struct frame *frame)
{
	if (frame->type == FRAME_SEARCH)
		return JOB_SEARCH;
	return frame->type == FRAME_FETCH ? JOB_FETCH : JOB_PART;
}

static void
queue(struct mailbox *box, struct job *job)
{
	struct job **at = &box->jobs;

	while (*at)
		at = &(*at)->next;
	*at = job;
	box_serve(box);
}

static struct job *
make_job(const struct frame *frame, struct folder *folder, struct request *request)
{
	struct job *job = job_new(kind_of(frame), folder);

	job->token = frame->token;
	job->has_uidvalidity = request->has_uidvalidity;
	job->uidvalidity = (uint32_t)request->uidvalidity;
	job->low = request->low > 0 ? (uint32_t)request->low : 1;
	job->high = (uint32_t)request->high;
	job->since = request->since;
	job->size = request->size < IMAP_BODY_MAX ? (uint32_t)request->size : IMAP_BODY_MAX;
	job->part = mem_text(request->part);
	job->key = request->key[0] != '\0' ? mem_text(request->key) : NULL;
	uid_set_unite(&job->asked, &request->uids);
	uid_set_unite(&job->rest, &request->uids);
	return job;
}

static int
take_job(struct mailbox *box, const struct frame *frame, struct folder *folder,
	struct request *request, struct err *err)
{
	struct folder nowhere = { .name = (char[]){ "" } };
	struct job *job;

	if (frame->type != FRAME_SEARCH && request->uids.count == 0)
		return fail(err, ERR_FORMAT, "the engine asks for no messages at all");
	if (frame->type == FRAME_PART && request->part[0] == '\0')
		return fail(err, ERR_FORMAT, "the engine asks for no part");
	if (folder && (folder->listed || !box->told_folders) &&
		!(folder->attributes & IMAP_NOSELECT)) {
		queue(box, make_job(frame, folder, request));
		return 0;
	}
	if (!folder && !box->told_folders && request->folder_size > 0) {
		queue(box,
			make_job(frame, folder_expect(box, request->folder, request->folder_size),
				request));
		return 0; /* LIST will tell if there is such a folder */
	}
	job = make_job(frame, folder ? folder : &nowhere, request);
	answer_refused(box, job, "there is no such folder on the server");
	job_free(job);
	return 0;
}

static void
take_sync(struct mailbox *box, uint32_t token)
{
	int64_t now = clock_monotonic_ms();

	if (box->source->state != SOURCE_AUTH_FAILED) {
		box->retry_at = now;
		box->spaced_at = 0;
	}
	box->sync_wanted = token;
	for (size_t i = 0; i < box->folder_count; i++) {
		struct folder *folder = box->folders[i];

		folder->next_poll = now;
		folder->sync_wanted = token;
		if (now < folder->retry_at)
			folder->retry_at = now;
	}
	box->next_list = now;
	box_serve(box);
}

static void
take_check(struct mailbox *box, const struct request *request, uint32_t token)
{
	struct recording *recording = request->own ? recording_new((unsigned)request->size,
							     request->own, request->own_size)
						   : NULL;
	struct connection *connection = connection_open_check(
		box, *request->host ? request->host : NULL, token, recording);

	connection->port = (int)request->port;
	rate_wait(box_fetch(box)->rate, &connection->turn);
}

static int
take(struct mailbox *box, const struct frame *frame, struct request *request, struct err *err)
{
	struct folder *folder = request->has_folder
					? folder_by_name(box, request->folder, request->folder_size)
					: NULL;

	switch (frame->type) {
	case FRAME_FOLDER:
		if (folder)
			take_folder(box, folder, request);
		return 0;
	case FRAME_SEARCH:
	case FRAME_FETCH:
	case FRAME_PART:
		return take_job(box, frame, folder, request, err);
	case FRAME_SYNC:
		take_sync(box, frame->token);
		return 0;
	case FRAME_CHECK:
		take_check(box, request, frame->token);
		return 0;
	default:
		return fail(err, ERR_FORMAT, "the engine sent a frame of type %u", frame->type);
	}
}

int imap_take(void *work, const struct frame *frame, struct err *err);

int
imap_take(void *work, const struct frame *frame, struct err *err)
{
	struct request request = { 0 };
	int result = read_request(frame, &request, err);

	if (result == 0)
		result = take(work, frame, &request, err);
	uid_set_clear(&request.uids);
	return result;
}
