#ifndef LIAISON_ENGINE_CONNECTION_H
#define LIAISON_ENGINE_CONNECTION_H

#include <uv.h>

#include "liaison/base/text.h"
#include "request.h"
#include "settings.h"

/* One client of the control socket: lines in, batches out to the threads, answers back in order of
 * what they did. */

struct control;
struct loop_call;

enum {
	OUT_MAX = 1 << 20, /* beyond it the client's requests are not read */
	WAITING_MAX = 1024, /* requests read and not begun */
	HELD_MAX = 2 << 20, /* bytes of their lines */
	STALLED_MS = 30000, /* an answer that the client does not take */
	PARTIAL_MS = 10000, /* for a whole line */
	STRANGER_LINE_MAX = 4096, /* of who may nothing and is told so */
};

struct connection {
	struct connection *next, *previous;
	struct control *control;
	struct engine *engine;
	int descriptor; /* -1: closed */
	uv_poll_t poll;
	int events; /* what poll waits for */
	struct peer peer;
	struct text in;
	size_t scanned; /* of in, without a newline */
	struct text out;
	size_t sent; /* of out */
	struct batch *first, *last; /* read, not begun */
	struct batch *lasting; /* writes that go on in another transaction */
	unsigned waiting; /* requests in these */
	size_t held; /* bytes of their lines */
	unsigned reading, writing; /* batches under way */
	unsigned looping; /* loop calls that have not ended */
	unsigned holding; /* those of COMMAND_IN_ORDER */
	unsigned clogged; /* those that have bytes of their files enough */
	int64_t active_ms; /* last byte either way */
	int64_t line_ms; /* since when a line is unfinished and read; 0: none is */
	int64_t stalled_ms; /* since when out waits; 0: it does not */
	int64_t input_ms; /* last bytes for an input, or since when they are waited for */
	bool ended; /* the client has sent its last */
	bool broken; /* could not be written to: closed on the next turn */
	bool closing; /* freed once nothing refers to it */
	bool pumping, handle_open;
	bool refused; /* a stranger, and the log says so */
	bool skipping; /* the rest of a line that is too long */
};

struct connection *connection_new(struct control *control, int descriptor);
/* Stops reading and writing, cancels what runs; it is freed when the last reference is gone. */
void connection_close(struct connection *connection);
bool connection_is_idle(const struct connection *connection);
/* Appends to what goes out and sends what the socket takes. */
void connection_send(struct connection *connection, const char *bytes, size_t size);
size_t connection_backlog(const struct connection *connection);
/* So much waits to be begun that no more is read. */
bool connection_is_full(const struct connection *connection);
/* The same, or a file comes faster than it is worked on. */
bool connection_is_clogged(const struct connection *connection);
/* Once a second. */
void connection_tick(struct connection *connection, int64_t now_ms);
/* Waits for what of reading and writing may be done now. */
void connection_listen(struct connection *connection);
/* Lets a client go that has sent its last and has all its answers. */
void connection_close_if_over(struct connection *connection);
/* Frees one that is closed once nothing refers to it. */
void connection_release(struct connection *connection);

/* connection_batch.c */
/* A write of that id that takes several transactions ends with the next; false: there is none. */
bool connection_cancel_write(struct connection *connection, const char *id);
/* A batch came back from its thread; a loop call ended. */
void connection_batch_done(struct batch *batch);
void connection_loop_done(struct connection *connection, const struct command *command);
/* Begins what may begin. */
void connection_pump(struct connection *connection);

/* incoming.c: takes what the socket has. */
void connection_read(struct connection *connection);

#endif
