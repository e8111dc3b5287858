#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "liaison/base/log.h"
#include "mailbox.h"

/* A child's stream: frames in, frames out. A malformed one, or silence, is the child's end. */

enum { READ_SIZE = 256 * 1024, READS_MAX = 4 };

static const char *
kind_name(enum child_kind kind)
{
	return kind == CHILD_PARSE ? "parse" : "fetch";
}

void
link_kill(struct link *link, const char *why)
{
	if (link->dead)
		return;
	log_write(LOG_WARNING, "%s %u: is ended: %s", kind_name(link->kind), link->id, why);
	crew_kill(&link->pipeline->engine->crew, link->kind, link->id, why);
	link->dead = true;
	uv_poll_stop(&link->poll);
}

static void
take_frame(struct link *link, const struct frame *frame)
{
	struct err err;

	link->unanswered = 0;
	if (frame->type == FRAME_PONG)
		return;
	if (link->kind == CHILD_PARSE) {
		if (link != link->pipeline->parse)
			return;
		if (parsing_frame(link->pipeline, frame, &err) < 0)
			link_kill(link, err.message);
		return;
	}
	mailbox_frame(link, frame);
}

static void
take_frames(struct link *link)
{
	struct frame frame;
	struct err err;
	int got;

	while (!link->dead && (got = frame_reader_next(&link->reader, &frame, &err)) != 0) {
		if (got < 0) {
			link_kill(link, err.message);
			return;
		}
		take_frame(link, &frame);
	}
}

static void
read_some(struct link *link)
{
	static char buffer[READ_SIZE];

	for (unsigned i = 0; i < READS_MAX && !link->dead; i++) {
		ssize_t got = read(link->descriptor, buffer, sizeof buffer);

		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (got <= 0) { /* its death comes by liaisond, which knows how */
			uv_poll_stop(&link->poll);
			link->events = 0;
			return;
		}
		frame_reader_feed(&link->reader, buffer, (size_t)got);
		take_frames(link);
		if ((size_t)got < sizeof buffer)
			return;
	}
}

static void on_event(uv_poll_t *poll, int status, int events);

static void
listen_for(struct link *link)
{
	int events = UV_READABLE | (link->sent < link->out.size ? UV_WRITABLE : 0);

	if (link->dead || events == link->events)
		return;
	link->events = events;
	uv_poll_start(&link->poll, events, on_event);
}

void
link_flush(struct link *link)
{
	while (!link->dead && link->sent < link->out.size) {
		ssize_t put = send(link->descriptor, link->out.bytes + link->sent,
			link->out.size - link->sent, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			break;
		link->sent += (size_t)put;
	}
	if (link->sent == link->out.size || link->dead) {
		text_reset(&link->out);
		link->sent = 0;
	} else if (link->sent > READ_SIZE) {
		text_drop_front(&link->out, link->sent);
		link->sent = 0;
	}
	listen_for(link);
}

static void
on_event(uv_poll_t *poll, int status, int events)
{
	struct link *link = poll->data;
	struct pipeline *pipeline = link->pipeline;

	pthread_mutex_lock(&pipeline->engine->board);
	if (status == 0 && (events & UV_READABLE))
		read_some(link);
	if (link->events != 0)
		link_flush(link);
	job_pump(pipeline);
	parsing_pump(pipeline);
	pthread_mutex_unlock(&pipeline->engine->board);
}

struct link *
link_new(struct pipeline *pipeline, enum child_kind kind, uint32_t id, uint32_t source,
	int descriptor)
{
	struct link *link = mem_zero(1, sizeof *link);

	link->pipeline = pipeline;
	link->kind = kind;
	link->id = id;
	link->source = source;
	link->descriptor = descriptor;
	link->credit = FRAME_CREDIT_FIRST;
	uv_poll_init(&pipeline->engine->loop, &link->poll, descriptor);
	link->poll.data = link;
	link->next = pipeline->links;
	pipeline->links = link;
	listen_for(link);
	return link;
}

static void
on_close(uv_handle_t *handle)
{
	struct link *link = handle->data;

	close(link->descriptor);
	frame_reader_clear(&link->reader);
	text_clear(&link->out);
	free(link);
}

void
link_close(struct link *link)
{
	struct link **place = &link->pipeline->links;

	while (*place != link)
		place = &(*place)->next;
	*place = link->next;
	link->dead = true;
	uv_poll_stop(&link->poll);
	uv_close((uv_handle_t *)&link->poll, on_close);
}
