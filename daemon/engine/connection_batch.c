#include "connection.h"

#include <string.h>

#include "engine.h"
#include "input.h"

/* A connection's requests on their way to the threads and back. */

enum { FLYING_MAX = 3 };

static bool
begin(struct connection *connection, struct batch *batch)
{
	if (connection->holding > 0 || input_is_open(batch))
		return false;
	switch (batch->lane) {
	case LANE_READ:
		if (connection->writing > 0 || connection->reading >= FLYING_MAX)
			return false;
		connection->reading++;
		break;
	case LANE_WRITE:
		if (connection->reading > 0 || connection->writing >= FLYING_MAX)
			return false;
		connection->writing++;
		break;
	case LANE_LOOP:
		if (connection->reading > 0 || connection->writing > 0)
			return false;
		connection->looping++;
		connection->holding += (batch->requests[0].command->traits & COMMAND_IN_ORDER) != 0;
		break;
	}
	connection->first = batch->next;
	if (connection->first == NULL)
		connection->last = NULL;
	batch->next = NULL;
	connection->waiting -= batch->count - batch->next_request;
	connection->held -= batch->size;
	return true;
}

static void
work_done(struct work *work)
{
	connection_batch_done((struct batch *)work);
}

static void
dispatch(struct connection *connection, struct batch *batch)
{
	batch->settings = settings_hold(connection->engine->settings);
	batch->caller = connection->peer.caller;
	batch->work.priority = WORK_COMMAND;
	batch->work.weight = batch->count;
	batch->work.done = work_done;
	batch->work.undone = batch_undone;
	batch->work.run = batch->lane == LANE_READ ? batch_run_reads : batch_run_writes;
	if (batch->lane == LANE_READ)
		pool_add(connection->engine->readers, &batch->work);
	else if (batch->lane == LANE_WRITE)
		writer_add(connection->engine->writer, &batch->work);
	else
		loop_call_run(batch);
}

/* What is answered waits in memory for clients that read slowly: one batch at a time for them, and
 * none while they are many. */
static bool
has_room(const struct connection *connection)
{
	enum { OUT_SLOW = 256 * 1024, OUT_ALL = 32 << 20 };
	size_t backlog = connection_backlog(connection);

	if (backlog == 0)
		return true;
	return backlog <= OUT_SLOW && connection->reading == 0 &&
	       connection->control->queued <= OUT_ALL;
}

/* A connection's requests take effect in order: reads wait for its writes, writes for its reads, and
 * all for a command of COMMAND_IN_ORDER. */
void
connection_pump(struct connection *connection)
{
	struct batch *batch;

	if (connection->pumping)
		return;
	connection->pumping = true;
	while (!connection->closing && (batch = connection->first) != NULL &&
		has_room(connection) && begin(connection, batch))
		dispatch(connection, batch);
	connection->pumping = false;
	if (!connection->closing)
		connection_listen(connection);
}

/* The rest of it comes first when there is room for more answers. */
static void
put_back(struct connection *connection, struct batch *batch)
{
	settings_release(batch->settings);
	batch->settings = NULL;
	text_reset(&batch->out);
	connection->waiting += batch->count - batch->next_request;
	connection->held += batch->size;
	batch->next = connection->first;
	connection->first = batch;
	if (connection->last == NULL)
		connection->last = batch;
}

static void
forget_lasting(struct connection *connection, struct batch *batch)
{
	struct batch **place = &connection->lasting;

	while (*place != NULL && *place != batch)
		place = &(*place)->next;
	if (*place == batch)
		*place = batch->next;
	batch->next = NULL;
	batch->lasting = false;
}

/* A write that takes several transactions goes to the writer again, behind others' commands and as new
 * mail does, so that neither waits for all of it. Whoever asked for it and is gone wants no more. */
static void
go_on(struct connection *connection, struct batch *batch)
{
	struct request *request = &batch->requests[batch->reached];
	struct text out = { 0 };

	connection_send(connection, batch->out.bytes, batch->out.size);
	text_reset(&batch->out);
	batch->next_request = batch->reached;
	if (!batch->lasting) {
		batch->lasting = true;
		batch->next = connection->lasting;
		connection->lasting = batch;
	}
	batch->lasting_id = request->id;
	request->cancelled = batch->unwanted || connection->closing;
	if (request->id != NULL) {
		text_printf(&out,
			"{\"jsonrpc\":\"2.0\",\"method\":\"progress\",\"params\":{\"id\":%s,"
			"\"done\":%lld,\"total\":%lld,\"unit\":\"%s\"}}\n",
			request->id, (long long)request->turns.done,
			(long long)request->turns.total, request->turns.unit);
		connection_send(connection, out.bytes, out.size);
		text_clear(&out);
	}
	batch->work.priority = WORK_NEW;
	writer_add(connection->engine->writer, &batch->work);
}

bool
connection_cancel_write(struct connection *connection, const char *id)
{
	for (struct batch *batch = connection->lasting; batch != NULL; batch = batch->next) {
		if (batch->lasting_id != NULL && strcmp(batch->lasting_id, id) == 0) {
			batch->unwanted = true;
			return true;
		}
	}
	return false;
}

void
connection_batch_done(struct batch *batch)
{
	struct connection *connection = batch->connection;

	if (batch->lane == LANE_WRITE && batch->reached < batch->count) {
		go_on(connection, batch);
		return;
	}
	if (batch->lasting)
		forget_lasting(connection, batch);
	if (batch->lane == LANE_READ)
		connection->reading--;
	else
		connection->writing--;
	connection_send(connection, batch->out.bytes, batch->out.size);
	if (batch->lane == LANE_READ && batch->next_request < batch->count && !connection->closing)
		put_back(connection, batch);
	else
		control_return(connection->control, batch);
	if (connection->closing) {
		connection_release(connection);
		return;
	}
	connection_pump(connection);
	connection_close_if_over(connection);
}

void
connection_loop_done(struct connection *connection, const struct command *command)
{
	connection->looping--;
	connection->holding -= (command->traits & COMMAND_IN_ORDER) != 0;
	if (connection->closing) {
		connection_release(connection);
		return;
	}
	connection_pump(connection);
	connection_close_if_over(connection);
}
