#include "dump.h"

#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "liaison/store/journal.h"
#include "loop_call.h"

/* contact.dump: contacts are read slice by slice on a reader's thread, companies first, each by id, and
 * sent as the client takes them. What changes meanwhile is dumped as it is when its turn comes. */

enum { BACKLOG_MAX = 256 * 1024, SLICE_MS = 50, PROGRESS_MS = 250 };

struct dump {
	struct work work; /* first */
	struct loop_call *call;
	struct engine *engine;
	struct arena *arena; /* own: ids and columns */
	const char *type;
	int version;
	bool raw;
	struct dump_columns columns;
	int64_t *ids;
	size_t count, next;
	struct text out; /* to be sent */
	int64_t size, written;
	int64_t told_ms;
	bool noted, begun, working, failed;
	struct err err;
};

/* ---- on the writer's thread ---- */

/* Who reads all of it is noted before anything is sent. */
static void
run_note(struct work *work, struct worker *worker)
{
	struct dump *dump = (struct dump *)work;
	const struct call *call = &dump->call->call;
	struct journal_entry entry = {
		.user = call->user,
		.method = "contact.dump",
		.noun = "dump",
		.after = arena_printf(worker->arena, "{\"contacts\":%zu,\"type\":\"%s\"}",
			dump->count, dump->type),
	};
	int64_t id;

	dump->failed = journal_add(worker->store, &entry, &id, &dump->err) < 0;
}

/* ---- on a reader's thread ---- */

static int
find_type(struct dump *dump, struct call *call, const char *type, struct query_node *where,
	int64_t **ids, size_t *count, struct err *err)
{
	struct query_context context = call_query_context(call);
	struct query_node *of_type;

	if (query_compare(dump->arena, &contact_noun, &context, "type", QUERY_EQ, type, &of_type,
		    err) < 0)
		return -1;
	return query_ids(call->store, dump->arena, &contact_noun,
		query_and(dump->arena, of_type, where), 0, ids, count, err);
}

static int
begin(struct dump *dump, struct call *call, struct err *err)
{
	struct query_context context = call_query_context(call);
	const char *condition = call_text(call, "where");
	struct query_node *where = NULL;
	int64_t *companies, *persons;
	size_t company_count, person_count;

	if (condition != NULL &&
		query_parse(dump->arena, &contact_noun, &context, condition, &where, err) < 0)
		return -1;
	if (dump_columns(call->store, dump->arena, &dump->columns, err) < 0 ||
		find_type(dump, call, "company", where, &companies, &company_count, err) < 0 ||
		find_type(dump, call, "person", where, &persons, &person_count, err) < 0)
		return -1;
	dump->count = company_count + person_count;
	dump->ids = arena_array(dump->arena, dump->count + 1, sizeof *dump->ids);
	if (company_count > 0)
		memcpy(dump->ids, companies, company_count * sizeof *companies);
	if (person_count > 0)
		memcpy(dump->ids + company_count, persons, person_count * sizeof *persons);
	if (strcmp(dump->type, "csv") == 0)
		dump_csv_header(&dump->columns, dump->raw, &dump->out);
	return 0;
}

/* One that was removed meanwhile is none any more. */
static int
put_contact(struct dump *dump, struct worker *worker, int64_t id, struct err *err)
{
	const char **cells = arena_array(worker->arena, dump->columns.count, sizeof *cells);
	const char **rest = arena_array(worker->arena, dump->columns.count, sizeof *rest);
	bool more = true;

	if (dump_cells(worker->store, worker->arena, &dump->columns, id, cells, err) < 0)
		return err->code == ERR_NOT_FOUND ? 0 : -1;
	while (more) {
		const char **put = cells;

		more = dump_split(worker->arena, &dump->columns, cells, rest);
		if (strcmp(dump->type, "csv") == 0)
			dump_csv(&dump->columns, put, dump->raw, &dump->out);
		else
			dump_vcard(worker->arena, &dump->columns, put, dump->version, &dump->out);
		cells = rest;
		rest = put;
	}
	dump->written++;
	return 0;
}

static int
put_contacts(struct dump *dump, struct worker *worker, struct err *err)
{
	int64_t begun = clock_monotonic_ms();

	while (dump->next < dump->count && dump->out.size < BACKLOG_MAX &&
		clock_monotonic_ms() - begun < SLICE_MS) {
		arena_reset(worker->arena);
		if (put_contact(dump, worker, dump->ids[dump->next++], err) < 0)
			return -1;
	}
	return 0;
}

static int
read_slice(struct dump *dump, struct worker *worker, struct err *err)
{
	struct call call = dump->call->call;
	int result = 0;

	call.store = worker->store;
	call.arena = dump->arena;
	if (store_begin(worker->store, err) < 0)
		return -1;
	store_set_viewer(worker->store, call.viewer);
	if (!dump->begun)
		result = begin(dump, &call, err);
	dump->begun = true;
	if (result == 0)
		result = put_contacts(dump, worker, err);
	store_set_viewer(worker->store, NULL);
	store_rollback(worker->store);
	return result;
}

static void
run_slice(struct work *work, struct worker *worker)
{
	struct dump *dump = (struct dump *)work;

	arena_reset(worker->arena);
	dump->failed = read_slice(dump, worker, &dump->err) < 0;
}

/* ---- on the loop ---- */

static void
end(struct dump *dump)
{
	struct loop_call *call = dump->call;

	if (dump->failed) {
		loop_call_fail(call, &dump->err);
	} else {
		json_object_begin(call->call.out, NULL);
		json_int(call->call.out, "contacts", dump->written);
		json_text(call->call.out, "type", dump->type);
		json_int(call->call.out, "size", dump->size);
		json_object_end(call->call.out);
		loop_call_answer(call);
	}
	text_clear(&dump->out);
	arena_free(dump->arena);
	free(dump);
}

static bool
is_read(const struct dump *dump)
{
	return dump->begun && dump->next == dump->count;
}

static void
tell_progress(struct dump *dump)
{
	int64_t now = clock_monotonic_ms();

	if (now - dump->told_ms < PROGRESS_MS)
		return;
	dump->told_ms = now;
	loop_call_progress(dump->call, (int64_t)dump->next, (int64_t)dump->count, "contacts");
}

/* As much as the client takes. */
static void
go_on(struct loop_call *call)
{
	struct dump *dump = call->data;

	if (dump->working)
		return;
	if (call->cancelled && !dump->failed)
		dump->failed = fail(&dump->err, ERR_UNAVAILABLE, "cancelled") < 0;
	if (dump->failed) {
		end(dump);
		return;
	}
	if (dump->begun && !dump->noted) {
		dump->noted = dump->working = true;
		dump->work.run = run_note;
		writer_add(dump->engine->writer, &dump->work);
		return;
	}
	dump->work.run = run_slice;
	dump->size += loop_call_data_all(call, &dump->out);
	if (is_read(dump)) {
		loop_call_data(call, "", 0, true);
		end(dump);
		return;
	}
	if (loop_call_backlog(call) > BACKLOG_MAX)
		return; /* until it is drained */
	dump->working = true;
	pool_add(dump->engine->readers, &dump->work);
}

static void
slice_done(struct work *work)
{
	struct dump *dump = (struct dump *)work;

	dump->working = false;
	if (!dump->call->cancelled)
		tell_progress(dump);
	go_on(dump->call);
}

/* "people.vcf" is vCard without being told. */
static const char *
type_of(const struct call *call)
{
	const char *type = call_text(call, "type"), *path = call_text(call, "file");
	const char *end = path == NULL ? NULL : strrchr(path, '.');

	if (type != NULL)
		return type;
	return end != NULL && (strcmp(end, ".vcf") == 0 || strcmp(end, ".vcard") == 0) ? "vcard"
										       : "csv";
}

static int
check(const struct call *call, const char *type, struct err *err)
{
	if (call_flag(call, "raw") && strcmp(type, "csv") != 0)
		return fail_field(err, ERR_USAGE, "raw", "'raw' is for CSV, and this is vCard");
	return 0;
}

int
run_dump_loop(struct loop_call *call, struct err *err)
{
	const struct call *words = &call->call;
	const char *type = type_of(words);
	struct dump *dump;

	if (loop_call_id(call) == NULL)
		return fail(err, ERR_USAGE, "'contact.dump' is not a notification: it needs an id");
	if (check(words, type, err) < 0)
		return -1;
	dump = mem_zero(1, sizeof *dump);
	dump->call = call;
	dump->engine = words->engine;
	dump->arena = arena_new();
	dump->type = type;
	dump->version = strcmp(type, "vcard3") == 0 ? 3 : 4;
	dump->raw = call_flag(words, "raw");
	dump->work.priority = WORK_COMMAND;
	dump->work.done = slice_done;
	call->data = dump;
	call->cancel = go_on;
	call->drained = go_on;
	loop_call_open(call, "file", "write");
	go_on(call);
	return 0;
}
