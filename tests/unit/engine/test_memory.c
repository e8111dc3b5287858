#include "asking.h"

#include "connection.h"
#include "control.h"
#include "input.h"
#include "liaison/base/clock.h"
#include "memory/dump.h"
#include "memory/starve.h"

/* Requests from their line to their answer when memory runs out: the answer is what it always is, or
 * says that there was no memory, and nothing is written by half. */

/* Time stands still. */
int64_t
clock_now(void)
{
	return 1800000000;
}

int64_t
clock_monotonic_ms(void)
{
	return 1000000;
}

int64_t
clock_awake_ms(void)
{
	return 1000000;
}

struct desk {
	struct asker *asker;
	const char *line; /* in the fields of JSON behind "id" */
};

static void
watched(struct asker *asker)
{
	/* As if somebody looked: what is told is written out. */
	atomic_store(&asker->engine.watch.count, 1);
}

static void *
open_desk(const char *line)
{
	struct desk *desk = mem_zero(1, sizeof *desk);
	void *state;

	asker_open(&state);
	desk->asker = state;
	desk->line = line;
	asked(desk->asker, "contact add 'Analytical Engines' --type company");
	asked(desk->asker, "contact add 'Ada Lovelace' --email ada@x.example --company C00001");
	asked(desk->asker, "interaction add C00002 --kind call --subject Looms");
	watch_forget(&desk->asker->worker);
	watched(desk->asker);
	return desk;
}

static void
close_desk(void *state)
{
	struct desk *desk = state;
	void *asker = desk->asker;

	asker_close(&asker);
	free(desk);
}

static struct batch *
batch_of(struct desk *desk, struct err *err)
{
	struct batch *batch = batch_new();
	char *line = arena_printf(batch->arena, "{\"jsonrpc\":\"2.0\",\"id\":1,%s}", desk->line);
	enum line_kind kind;
	int code;

	if (request_parse(
		    batch->arena, line, strlen(line), &batch->requests[0], &kind, &code, err) < 0) {
		batch_free(batch);
		return NULL;
	}
	batch->count = 1;
	batch->settings = settings_hold(desk->asker->settings);
	memcpy(batch->caller.user, "tester", 7);
	batch->caller.access = MAY_ALL;
	return batch;
}

/* An error that is answered is the scenario's. */
static int
take_answer(const struct batch *batch, struct text *out, struct err *err)
{
	json_t *answer = json_loadb(batch->out.bytes, batch->out.size, 0, NULL), *error;
	int result = 0;

	if (answer == NULL)
		return fail(err, ERR_FORMAT, "the answer is no JSON: %s", batch->out.bytes);
	error = json_object_get(answer, "error");
	if (error != NULL)
		result = fail(err, err_by_name(text_of(error, "data.name")), "%s",
			text_of(error, "message"));
	else
		text_add_n(out, batch->out.bytes, batch->out.size);
	json_decref(answer);
	return result;
}

static int
run_line(void *state, struct text *out, struct err *err)
{
	struct desk *desk = state;
	struct worker *worker = &desk->asker->worker;
	struct batch *batch = batch_of(desk, err);
	int result = 0;

	if (batch == NULL)
		return -1;
	if (command_lane(batch->requests[0].command) == LANE_READ)
		batch_run_reads(&batch->work, worker);
	else if ((result = store_begin(worker->store, err)) == 0)
		batch_run_writes(&batch->work, worker);
	if (result == 0)
		result = take_answer(batch, out, err);
	batch_free(batch);
	return result;
}

static int
dump(void *state, struct text *out, struct err *err)
{
	static const char *const SELECTS[] = {
		"SELECT no || ' ' || name || ' ' || interactions FROM contact ORDER BY id",
		"SELECT contact_id || ' ' || address FROM contact_email ORDER BY id",
		"SELECT id || ' ' || subject FROM interaction ORDER BY id",
		"SELECT id || ' ' || method || ' ' || noun FROM journal ORDER BY id",
		"SELECT key FROM idempotency",
	};
	struct desk *desk = state;

	for (unsigned i = 0; i < sizeof SELECTS / sizeof *SELECTS; i++)
		if (dump_rows(desk->asker->worker.store, SELECTS[i], out, err) < 0)
			return -1;
	return 0;
}

static void
roll_back(void *state)
{
	struct desk *desk = state;

	if (store_in_transaction(desk->asker->worker.store))
		store_rollback(desk->asker->worker.store);
	watch_forget(&desk->asker->worker);
	capture_contacts_changed(desk->asker->worker.capture);
}

/* ---- the file of a request --------------------------------------------------------------------- */

struct desk_of_files {
	struct engine engine;
	struct control control;
	struct connection connection;
	struct zone *zone;
};

static void *
open_files(void)
{
	struct desk_of_files *desk = mem_zero(1, sizeof *desk);
	struct err err;

	desk->zone = zone_load("UTC", &err);
	desk->connection.control = &desk->control;
	desk->connection.engine = &desk->engine;
	desk->connection.closing = true; /* so that nothing is sent */
	return desk;
}

static void
close_files(void *state)
{
	struct desk_of_files *desk = state;

	zone_free(desk->zone);
	free(desk);
}

static int
give(struct desk_of_files *desk, const char *data, struct err *err)
{
	json_t *params;

	if (json_line_parse(data, strlen(data), &params, err) < 0)
		return -1;
	inputs_take(&desk->connection, params);
	json_decref(params);
	return 0;
}

static int
run_file(void *state, struct text *out, struct err *err)
{
	static const char LINE[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"contact.note\","
				   "\"params\":{\"contact\":\"C1\",\"file\":\"-\"}}";
	struct desk_of_files *desk = state;
	struct batch *batch = batch_new();
	struct request *request = &batch->requests[0];
	enum line_kind kind;
	const char *path;
	int code, result;

	batch->count = 1;
	result = request_parse(batch->arena, LINE, sizeof LINE - 1, request, &kind, &code, err);
	if (result == 0) {
		request->input = input_expected(batch->arena, request, MAY_ALL, desk->zone, &path);
		desk->connection.first = desk->connection.last = batch;
		result = give(desk, "{\"id\":1,\"chunk\":\"YWJj\",\"last\":false}", err);
	}
	if (result == 0)
		result = give(desk, "{\"id\":1,\"chunk\":\"ZGVm\",\"last\":true}", err);
	if (result == 0)
		text_add_n(out, request->input->bytes.bytes, request->input->bytes.size);
	desk->connection.first = desk->connection.last = NULL;
	batch_free(batch);
	return result;
}

/* ---- all --------------------------------------------------------------------------------------- */

#define LINES(X) \
	X(adds_a_contact, "\"method\":\"contact.add\",\"params\":{\"name\":\"Jo\",\"email\":[" \
			  "\"jo@y.example\"]}") \
	X(edits_a_contact, "\"method\":\"contact.edit\",\"params\":{\"contact\":\"C00002\"," \
			   "\"city\":\"London\"}") \
	X(removes_a_contact, \
		"\"method\":\"contact.remove\",\"yes\":true,\"params\":{\"contact\":\"C00002\"}") \
	X(asks_to_confirm_a_removal, "\"method\":\"contact.remove\",\"dry_run\":true,\"params\":{" \
				     "\"contact\":\"C00002\"}") \
	X(lists_contacts, "\"method\":\"contact.list\",\"params\":{\"where\":\"name ~ " \
			  "a*\",\"sort\":\"-name\"}") \
	X(shows_a_contact, "\"method\":\"contact.show\",\"params\":{\"contact\":\"C00002\"}") \
	X(finds_a_contact, "\"method\":\"contact.find\",\"params\":[\"lovelase\"]") \
	X(adds_an_address, \
		"\"method\":\"rpc.run\",\"params\":[\"contact\",\"email\",\"add\",\"C00002\"," \
		"\"ada@y.example\"]") \
	X(records_an_interaction, \
		"\"method\":\"interaction.add\",\"key\":\"once\",\"params\":{\"kind\":\"note\"," \
		"\"contact\":[\"C00002\"],\"subject\":\"Cards\"}") \
	X(lists_interactions, \
		"\"method\":\"interaction.list\",\"params\":{\"contact\":\"C00001\"}") \
	X(searches_interactions, \
		"\"method\":\"interaction.search\",\"params\":{\"text\":\"loom*\"}") \
	X(tells_the_audit, "\"method\":\"system.audit\"") \
	X(describes_itself, "\"method\":\"rpc.discover\"") \
	X(lists_the_setup, "\"method\":\"setup.show\"") \
	X(lists_series, "\"method\":\"series.list\"")

#define OPEN(name, line) \
	static void *open_##name(void) \
	{ \
		return open_desk(line); \
	}
#define SCENARIO(name, line) { #name, open_##name, run_line, dump, roll_back, close_desk, false },

LINES(OPEN)

static const struct scenario SCENARIOS[] = { LINES(SCENARIO){
	"takes_a_file", open_files, run_file, NULL, NULL, close_files, false } };

int
main(void)
{
	return STARVE_EACH(SCENARIOS);
}
