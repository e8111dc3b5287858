#include "control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine.h"
#include "liaison/base/log.h"

enum { FREE_MAX = 64 };

struct batch *
control_batch(struct control *control)
{
	struct batch *batch = control->free_batches;

	if (batch == NULL)
		return batch_new();
	control->free_batches = batch->next;
	control->free_count--;
	batch->next = NULL;
	return batch;
}

void
control_return(struct control *control, struct batch *batch)
{
	if (control->free_count >= FREE_MAX) {
		batch_free(batch);
		return;
	}
	batch_reset(batch);
	batch->next = control->free_batches;
	control->free_batches = batch;
	control->free_count++;
}

static unsigned
count_of(const struct control *control, uid_t uid)
{
	unsigned count = 0;

	for (const struct connection *one = control->connections; one != NULL; one = one->next)
		count += one->peer.uid == uid && !one->closing;
	return count;
}

/* A connection of root or of our own user makes room for no others. */
static bool
makes_room(const struct connection *one, const struct connection *newcomer)
{
	return one != newcomer && connection_is_idle(one) &&
	       (newcomer->peer.caller.trusted || !one->peer.caller.trusted);
}

/* The one that has been idle for longest goes, when there is one. */
static bool
drop_idle(struct control *control, const struct connection *newcomer)
{
	struct connection *oldest = NULL;

	for (struct connection *one = control->connections; one != NULL; one = one->next) {
		if (makes_room(one, newcomer) &&
			(oldest == NULL || one->active_ms < oldest->active_ms))
			oldest = one;
	}
	if (oldest == NULL)
		return false;
	connection_close(oldest);
	return true;
}

bool
control_may_tell(struct control *control, uid_t uid)
{
	int64_t now_ms = clock_monotonic_ms();
	struct told *place = &control->told[0];

	for (struct told *one = control->told; one < control->told + TOLD_MAX; one++) {
		if (one->uid == uid && one->ms != 0) {
			place = one;
			break;
		}
		if (one->ms < place->ms)
			place = one;
	}
	if (place->ms != 0 && now_ms - place->ms < 1000)
		return false;
	*place = (struct told){ uid, now_ms };
	return true;
}

static void
refuse(struct control *control, struct connection *connection, enum err_code code,
	const char *message)
{
	struct text out = { 0 };
	struct err err;

	fail(&err, code, "%s", message);
	answer_error(&out, "null", 0, &err, NULL);
	connection_send(connection, out.bytes, out.size);
	text_clear(&out);
	control->refused++;
	connection_close(connection);
}

static void
refuse_one_more(struct control *control, struct connection *connection)
{
	const struct peer *peer = &connection->peer;

	if (control_may_tell(control, peer->uid))
		log_write(LOG_NOTICE, "control: '%s' (uid %u) has over %d connections",
			peer->caller.user, (unsigned)peer->uid, CONNECTIONS_PER_USER);
	refuse(control, connection, ERR_UNAVAILABLE, "you have too many connections");
}

static void
judge_newcomer(struct control *control, struct connection *connection)
{
	struct peer *peer = &connection->peer;
	unsigned max = CONNECTIONS_MAX;
	struct err err;

	if (peer_of(connection->descriptor, peer, &err) < 0) {
		refuse(control, connection, err.code, err.message);
		return;
	}
	peer_judge(control->engine->settings, peer);
	if (!peer->caller.trusted)
		max -= CONNECTIONS_RESERVED;
	if (!peer->caller.trusted && count_of(control, peer->uid) > CONNECTIONS_PER_USER)
		refuse_one_more(control, connection);
	else if (control->count > max && !drop_idle(control, connection))
		refuse(control, connection, ERR_UNAVAILABLE, "there are too many connections");
}

static int
open_spare(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void
turn_away(struct control *control, int newcomer)
{
	struct text out = { 0 };
	struct err err;

	fail(&err, ERR_UNAVAILABLE, "there are too many connections");
	answer_error(&out, "null", 0, &err, NULL);
	(void)send(newcomer, out.bytes, out.size, MSG_DONTWAIT | MSG_NOSIGNAL);
	text_clear(&out);
	close(newcomer);
	control->refused++;
}

/* Without a descriptor to spare nobody could be told so. When that is gone too, the listener rests
 * until the next tick, as the loop would spin. */
static void
out_of_descriptors(struct control *control)
{
	int newcomer = -1;

	if (control->spare >= 0) {
		close(control->spare);
		newcomer = accept4(control->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	}
	if (newcomer >= 0)
		turn_away(control, newcomer);
	else
		uv_poll_stop(&control->poll);
	control->spare = open_spare();
	if (!control->paused)
		log_write(LOG_WARNING, "control: there are no descriptors left for another client");
	control->paused = true;
}

static void
on_newcomers(uv_poll_t *poll, int status, int events)
{
	struct control *control = poll->data;

	(void)events;
	for (int i = 0; status == 0 && i < 64; i++) {
		int newcomer = accept4(control->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (newcomer < 0 && (errno == EMFILE || errno == ENFILE))
			out_of_descriptors(control);
		if (newcomer < 0)
			return;
		control->paused = false;
		control->accepted++;
		judge_newcomer(control, connection_new(control, newcomer));
	}
}

int
control_start(struct control *control, struct engine *engine, int listener, struct err *err)
{
	int flags = fcntl(listener, F_GETFL);

	control->engine = engine;
	control->listener = listener;
	control->spare = open_spare();
	if (flags < 0 || fcntl(listener, F_SETFL, flags | O_NONBLOCK) < 0 ||
		uv_poll_init(&engine->loop, &control->poll, listener) != 0)
		return fail(err, ERR_INTERNAL, "descriptor %d is no control socket", listener);
	control->poll.data = control;
	if (uv_poll_start(&control->poll, UV_READABLE, on_newcomers) != 0)
		return fail(err, ERR_INTERNAL, "the control socket cannot be heard");
	return 0;
}

void
control_stop(struct control *control)
{
	struct connection *next;

	uv_close((uv_handle_t *)&control->poll, NULL);
	for (struct connection *one = control->connections; one != NULL; one = next) {
		next = one->next;
		connection_close(one);
	}
	while (control->free_batches != NULL)
		batch_free(control_batch(control));
	if (control->spare >= 0)
		close(control->spare);
}

void
control_judge(struct control *control)
{
	for (struct connection *one = control->connections; one != NULL; one = one->next)
		peer_judge(control->engine->settings, &one->peer);
}

void
control_tick(struct control *control, int64_t now_ms)
{
	struct connection *next;

	for (struct connection *one = control->connections; one != NULL; one = next) {
		next = one->next;
		connection_tick(one, now_ms);
	}
	if (control->spare < 0)
		control->spare = open_spare();
	if (control->paused && !uv_is_active((uv_handle_t *)&control->poll))
		uv_poll_start(&control->poll, UV_READABLE, on_newcomers);
}
