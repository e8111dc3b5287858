#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "liaison/base/text.h"
#include "liaison/crm/contact_picture.h"
#include "loop_call.h"
#include "record.h"

/* contact.picture: set, get, remove. */

/* ---- set and remove ---- */

static int
picture_text(struct call *call, int64_t id, const char **out, struct err *err)
{
	struct contact contact;
	struct json_doc doc;
	int result;

	if (contact_get(call->store, call->arena, id, &contact, err) < 0)
		return -1;
	json_doc_begin(&doc);
	json_object_begin(&doc.out, NULL);
	json_int(&doc.out, "version", contact.version);
	result = contact_picture_digest(call->store, id, "picture", &doc.out, err);
	json_object_end(&doc.out);
	return json_doc_end(&doc, call->arena, result, out);
}

/* The journal has the digest: the file stays long enough to be had back. */
static int
put_picture(struct call *call, int64_t id, int64_t file, struct err *err)
{
	const char *before, *after;

	if (picture_text(call, id, &before, err) < 0 ||
		contact_picture_put(call->store, id, file, call->now, err) < 0 ||
		picture_text(call, id, &after, err) < 0)
		return -1;
	return call_journal(call, "contact", id, before, after, err);
}

static int
run_set(struct call *call, struct err *err)
{
	size_t size = 0;
	const char *bytes = call_input(call, &size), *type;
	struct contact contact;
	int64_t id, file;

	if (bytes == NULL)
		return fail_field(err, ERR_USAGE, "file", "there is no file with the picture");
	if (call_contact(call, "contact", false, &id, err) < 0 ||
		picture_type(bytes, size, &type, err) < 0 ||
		file_put(call->store, bytes, size, type, call->dry_run, &file, err) < 0 ||
		contact_get(call->store, call->arena, id, &contact, err) < 0)
		return -1;
	if (contact.picture_id != file && put_picture(call, id, file, err) < 0)
		return -1;
	return answer_contact(call, id, err);
}

static int
run_remove(struct call *call, struct err *err)
{
	struct file file;
	int64_t id;

	if (call_contact(call, "contact", false, &id, err) < 0 ||
		contact_picture_get(call->store, call->arena, id, &file, err) < 0 ||
		put_picture(call, id, 0, err) < 0)
		return -1;
	return answer_contact(call, id, err);
}

/* ---- get: read on a thread, sent by the loop ---- */

enum { CHUNK = 48 * 1024, BACKLOG_MAX = 256 * 1024 };

struct sending {
	struct work work; /* first */
	struct loop_call *call;
	struct file file;
	struct text bytes;
	size_t sent;
	struct err err;
	bool failed, begun;
};

static int
read_picture(struct sending *sending, struct worker *worker)
{
	struct call *call = &sending->call->call;
	int64_t id;
	int result;

	call->store = worker->store;
	result = call_contact(call, "contact", false, &id, &sending->err);
	if (result == 0)
		result = contact_picture_get(
			call->store, call->arena, id, &sending->file, &sending->err);
	if (result == 0)
		result = file_read(call->store, &sending->file, &sending->bytes, &sending->err);
	call->store = NULL;
	return result;
}

static void
run_read(struct work *work, struct worker *worker)
{
	struct sending *sending = (struct sending *)work;

	sending->failed = store_begin(worker->store, &sending->err) < 0;
	if (sending->failed)
		return;
	sending->failed = read_picture(sending, worker) < 0;
	store_rollback(worker->store);
}

static void
end(struct sending *sending)
{
	struct loop_call *call = sending->call;

	if (sending->failed) {
		loop_call_fail(call, &sending->err);
	} else {
		json_object_begin(call->call.out, NULL);
		json_text(call->call.out, "type", sending->file.type);
		json_int(call->call.out, "size", sending->file.size);
		json_text(call->call.out, "digest", sending->file.digest);
		json_object_end(call->call.out);
		loop_call_answer(call);
	}
	text_clear(&sending->bytes);
	free(sending);
}

/* As much as the client takes. */
static void
send_some(struct loop_call *call)
{
	struct sending *sending = call->data;

	if (!sending->begun)
		return;
	while (!call->cancelled && sending->sent < sending->bytes.size &&
		loop_call_backlog(call) < BACKLOG_MAX) {
		size_t left = sending->bytes.size - sending->sent;
		size_t size = left < CHUNK ? left : CHUNK;

		loop_call_data(call, sending->bytes.bytes + sending->sent, size, size == left);
		sending->sent += size;
	}
	if (sending->sent == sending->bytes.size)
		end(sending);
}

static void
cancelled(struct loop_call *call)
{
	struct sending *sending = call->data;

	if (!sending->begun)
		return; /* it ends when it is read */
	sending->failed = fail(&sending->err, ERR_UNAVAILABLE, "cancelled") < 0;
	end(sending);
}

static void
read_done(struct work *work)
{
	struct sending *sending = (struct sending *)work;

	if (sending->call->cancelled && !sending->failed)
		sending->failed = fail(&sending->err, ERR_UNAVAILABLE, "cancelled") < 0;
	if (sending->failed) {
		end(sending);
		return;
	}
	sending->begun = true;
	loop_call_open(sending->call, "file", "write");
	send_some(sending->call);
}

static int
run_get(struct loop_call *call, struct err *err)
{
	struct sending *sending;

	if (loop_call_id(call) == NULL)
		return fail(err, ERR_USAGE,
			"'contact.picture.get' is not a notification: it needs an id");
	sending = mem_zero(1, sizeof *sending);
	sending->call = call;
	sending->work.run = run_read;
	sending->work.done = read_done;
	call->data = sending;
	call->cancel = cancelled;
	call->drained = send_some;
	pool_add(call->call.engine->readers, &sending->work);
	return 0;
}

/* ---- the table ---- */

#define CONTACT_PARAM \
	{ \
		"contact", PARAM_CONTACT, PARAM_REQUIRED, "a number, an address or a name", NULL, \
			NULL \
	}

static const struct param set_params[] = {
	CONTACT_PARAM,
	{ "file", PARAM_INPUT, PARAM_REQUIRED, "the picture: PNG, JPEG, GIF or WebP", NULL, NULL },
	{ 0 },
};
static const struct param get_params[] = {
	CONTACT_PARAM,
	{ "file", PARAM_OUTPUT, PARAM_REQUIRED, "the file to write", NULL, NULL },
	{ 0 },
};
static const struct param remove_params[] = { CONTACT_PARAM, { 0 } };

static const char COLUMNS[] = "no,name,picture.type,picture.size";

const struct command picture_commands[] = {
	{ .name = "contact.picture.set",
		.summary = "give a contact a picture, of at most 5 MiB",
		.params = set_params,
		.run = run_set,
		.access = ACCESS_WRITES,
		.key = "no",
		.columns = COLUMNS,
		.input_max = PICTURE_MAX },
	{ .name = "contact.picture.get",
		.summary = "write a contact's picture to a file",
		.params = get_params,
		.run_loop = run_get,
		.access = ACCESS_READS,
		.traits = COMMAND_LOOP,
		.columns = "type,size,digest" },
	{ .name = "contact.picture.remove",
		.summary = "take a contact's picture away",
		.params = remove_params,
		.run = run_remove,
		.access = ACCESS_WRITES,
		.key = "no",
		.columns = COLUMNS },
	{ 0 },
};
