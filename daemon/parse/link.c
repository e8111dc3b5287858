#include "link.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum { READ_SIZE = 64 * 1024 + FRAME_HEADER_SIZE, GAUGE_EVERY = 1000, ANSWERS_KEEP = 1024 * 1024 };

static int
set_nonblocking(int descriptor)
{
	int flags = fcntl(descriptor, F_GETFL);

	return flags < 0 ? -1 : fcntl(descriptor, F_SETFL, flags | O_NONBLOCK);
}

int
link_init(struct link *link, struct parser *parser, int crew, int engine, struct err *err)
{
	*link = (struct link){ .crew = crew, .engine = engine, .parser = parser };
	gauge_open(&link->gauge);
	if (set_nonblocking(crew) < 0 || set_nonblocking(engine) < 0)
		return fail(
			err, ERR_INTERNAL, "parse is not started by liaisond: %s", strerror(errno));
	return 0;
}

void
link_clear(struct link *link)
{
	frame_reader_clear(&link->from_crew);
	frame_reader_clear(&link->from_engine);
	text_clear(&link->answers);
	if (link->gauge.descriptor >= 0)
		close(link->gauge.descriptor);
}

/* The crew channel keeps packets apart; what cannot be sent now is not worth waiting for. */
static void
send_crew(const struct link *link, const struct text *packet)
{
	ssize_t sent;

	do
		sent = write(link->crew, packet->bytes, packet->size);
	while (sent < 0 && errno == EINTR);
}

void
link_ready(struct link *link)
{
	struct text packet = { 0 };
	struct frame_writer writer;

	frame_begin(&writer, &packet, FRAME_READY, 0, 0);
	frame_end(&writer);
	send_crew(link, &packet);
	text_clear(&packet);
}

void
link_fatal(struct link *link, const char *why, int status)
{
	struct text packet = { 0 };
	struct frame_writer writer;

	frame_begin(&writer, &packet, FRAME_FATAL, 0, 0);
	frame_put_text(&writer, TAG_ERROR, why);
	frame_put_u64(&writer, TAG_NUMBER, (uint64_t)status);
	frame_end(&writer);
	send_crew(link, &packet);
	text_clear(&packet);
}

static void
take_crew_frame(struct link *link, const struct frame *frame)
{
	struct text packet = { 0 };
	struct frame_writer writer;

	if (frame->type == FRAME_STOP)
		link->ended = true;
	if (frame->type != FRAME_PING)
		return;
	frame_begin(&writer, &packet, FRAME_PONG, frame->source, frame->token);
	frame_end(&writer);
	send_crew(link, &packet);
	text_clear(&packet);
}

/* Reads once; 0: nothing there now, 1: something, -1: the other side is gone. */
static int
read_some(int descriptor, struct frame_reader *reader)
{
	static uint8_t buffer[READ_SIZE];
	ssize_t size;

	do
		size = read(descriptor, buffer, sizeof buffer);
	while (size < 0 && errno == EINTR);
	if (size < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
	if (size == 0)
		return -1;
	frame_reader_feed(reader, buffer, (size_t)size);
	return 1;
}

static int
hear_crew(struct link *link, struct err *err)
{
	struct frame frame;
	int r, more;

	while ((more = read_some(link->crew, &link->from_crew)) > 0) {
		while ((r = frame_reader_next(&link->from_crew, &frame, err)) > 0)
			take_crew_frame(link, &frame);
		if (r < 0)
			return -1;
	}
	if (more < 0)
		link->ended = true; /* liaisond is gone, and so must its children be */
	return 0;
}

/* Waits until the engine's channel is ready for events, serving the crew meanwhile. */
static int
wait_for(struct link *link, short events, int timeout, bool *ready, struct err *err)
{
	struct pollfd on[2] = { { link->engine, events, 0 }, { link->crew, POLLIN, 0 } };
	int count = poll(on, 2, timeout);

	*ready = count > 0 && on[0].revents != 0;
	if (count < 0 && errno != EINTR)
		return fail(err, ERR_INTERNAL, "cannot wait for items: %s", strerror(errno));
	if (count > 0 && on[1].revents != 0)
		return hear_crew(link, err);
	return 0;
}

static int
write_answers(struct link *link, struct err *err)
{
	bool ready;

	while (link->written < link->answers.size && !link->ended) {
		ssize_t size = write(link->engine, link->answers.bytes + link->written,
			link->answers.size - link->written);

		if (size > 0)
			link->written += (size_t)size;
		else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			if (wait_for(link, POLLOUT, -1, &ready, err) < 0)
				return -1;
		} else if (errno != EINTR)
			link->ended = true; /* the engine is gone */
	}
	if (link->answers.room > ANSWERS_KEEP)
		text_clear(&link->answers);
	text_reset(&link->answers);
	link->written = 0;
	return 0;
}

static int
answer_all(struct link *link, struct err *err)
{
	struct frame frame;
	int r;

	while ((r = frame_reader_next(&link->from_engine, &frame, err)) > 0) {
		budget_begin();
		r = item_take(link->parser, &frame, &link->answers, err);
		budget_end();
		if (r < 0 || (link->answers.size >= LINK_BATCH && write_answers(link, err) < 0))
			return -1;
		if (link->ended)
			return 0;
	}
	return r < 0 ? -1 : write_answers(link, err);
}

/* Libraries leak and fragment: a process that did much makes place for a fresh one, if it can
 * between two items, else (a tenth later) with items unanswered, which the engine sends again; never
 * with half a feed. */
static bool
is_spent(const struct link *link)
{
	uint64_t items = link->parser->items;
	uint64_t memory = 0;

#ifndef LIAISON_SANITIZED
	if (items % GAUGE_EVERY == 0 || link->drained)
		memory = gauge_read(&link->gauge);
#endif
	if (link->parser->feed.state == FEED_OPEN)
		return false;
	if (items > LINK_ITEMS_MAX / 10 * 11 || memory > LINK_MEMORY_MAX / 4 * 5)
		return true;
	return link->drained && (items > LINK_ITEMS_MAX || memory > LINK_MEMORY_MAX);
}

int
link_run(struct link *link, struct err *err)
{
	while (!link->ended) {
		bool ready;
		int more = read_some(link->engine, &link->from_engine);

		if (more < 0)
			return 0;
		link->drained = more == 0;
		if (more > 0 && answer_all(link, err) < 0)
			return -1;
		if (is_spent(link))
			return 0;
		if (wait_for(link, POLLIN, more == 0 ? -1 : 0, &ready, err) < 0)
			return -1;
	}
	return 0;
}
