#include "link.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "liaison/base/log.h"
#include "source.h"

enum { OUT_MAX = 1024 * 1024, READ_SIZE = 64 * 1024, OUT_KEPT = 256 * 1024, ERROR_MAX = 390 };

struct link {
	struct fetch *fetch;
	int descriptor;
	uv_poll_t poll;
	uv_prepare_t prepare;
	struct frame_reader reader;
	struct text out;
	size_t sent;
	int64_t credit;
	bool blocked;
	int events;
};

static void
end(struct link *link, const char *why)
{
	if (!link->fetch->stopping)
		log_write(LOG_NOTICE, "%s", why);
	fetch_stop(link->fetch);
}

static size_t
waiting(const struct link *link)
{
	return link->out.size - link->sent;
}

static bool
should_block(const struct link *link)
{
	return link->credit <= 0 || waiting(link) > OUT_MAX;
}

/* Half of it must be gone before reading begins again, so that it is not one message a time. */
static void
maybe_resume(struct link *link)
{
	if (!link->blocked || link->credit <= 0 || waiting(link) > OUT_MAX / 2)
		return;
	link->blocked = false;
	sources_resume(link->fetch);
}

static void take_events(uv_poll_t *poll, int status, int events);

static void
poll_for(struct link *link, int events)
{
	if (link->events == events)
		return;
	link->events = events;
	uv_poll_start(&link->poll, events, take_events);
}

void
link_flush(struct link *link)
{
	while (waiting(link) > 0) {
		ssize_t n = send(link->descriptor, link->out.bytes + link->sent, waiting(link),
			MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
			end(link, "the engine is gone");
			return;
		}
		if (n < 0)
			break;
		link->sent += (size_t)n;
	}
	if (waiting(link) == 0) {
		if (link->out.room > OUT_KEPT)
			text_clear(&link->out);
		text_reset(&link->out);
		link->sent = 0;
	} else if (link->sent > OUT_KEPT) {
		text_drop_front(&link->out, link->sent);
		link->sent = 0;
	}
	poll_for(link, UV_READABLE | (waiting(link) > 0 ? UV_WRITABLE : 0));
}

static void
before_waiting(uv_prepare_t *prepare)
{
	struct link *link = prepare->data;

	if (waiting(link) > 0)
		link_flush(link);
	maybe_resume(link);
	if (waiting(link) > 0)
		link_flush(link);
}

static int
take_credit(struct link *link, const struct frame *frame, struct err *err)
{
	struct frame_field field;
	size_t cursor = 0;
	uint64_t more = 0;
	int got;

	while ((got = frame_field_next(frame, &cursor, &field, err)) > 0)
		if (field.tag == TAG_NUMBER && field_u64(&field, INT32_MAX, &more, err) < 0)
			return -1;
	link->credit += (int64_t)more;
	if (link->credit > FRAME_CREDIT_FIRST)
		link->credit = FRAME_CREDIT_FIRST;
	return got;
}

static int
take_frame(struct link *link, const struct frame *frame, struct err *err)
{
	struct frame_writer writer;

	if (frame->type == FRAME_CREDIT)
		return take_credit(link, frame, err);
	if (frame->type == FRAME_PING) {
		link_begin(link, &writer, FRAME_PONG, frame->source, frame->token);
		frame_end(&writer);
		return 0;
	}
	return sources_take(link->fetch, frame, err);
}

static int
take_frames(struct link *link, struct err *err)
{
	struct frame frame;
	int got;

	while ((got = frame_reader_next(&link->reader, &frame, err)) > 0)
		if (take_frame(link, &frame, err) < 0)
			return -1;
	return got;
}

static void
take_events(uv_poll_t *poll, int status, int events)
{
	struct link *link = poll->data;
	static char buffer[READ_SIZE];
	struct err err = { 0 };
	ssize_t n;

	if (status < 0) {
		end(link, "the engine is gone");
		return;
	}
	if (events & UV_WRITABLE)
		link_flush(link);
	if (!(events & (UV_READABLE | UV_DISCONNECT)) || link->fetch->stopping)
		return;
	n = recv(link->descriptor, buffer, sizeof(buffer), MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		end(link, "the engine is gone");
		return;
	}
	frame_reader_feed(&link->reader, buffer, (size_t)n);
	if (take_frames(link, &err) < 0)
		end(link, err.message);
}

struct link *
link_new(struct fetch *fetch, int descriptor)
{
	struct link *link = mem_zero(1, sizeof(*link));

	link->fetch = fetch;
	link->descriptor = descriptor;
	link->credit = FRAME_CREDIT_FIRST;
	link->poll.data = link->prepare.data = link;
	uv_poll_init(&fetch->loop, &link->poll, descriptor);
	uv_prepare_init(&fetch->loop, &link->prepare);
	uv_prepare_start(&link->prepare, before_waiting);
	poll_for(link, UV_READABLE);
	return link;
}

void
link_begin(struct link *link, struct frame_writer *writer, enum frame_type type, uint32_t source,
	uint32_t token)
{
	frame_begin(writer, &link->out, type, source, token);
}

void
link_put_error(struct frame_writer *writer, const char *words)
{
	struct arena *arena;

	if (!words)
		return;
	arena = arena_new();
	frame_put_text(writer, TAG_ERROR,
		text_clean(arena, words, strlen(words), ERROR_MAX, false, &(bool){ false }));
	arena_free(arena);
}

void
link_end_item(struct link *link, struct frame_writer *writer)
{
	size_t before = writer->start;

	frame_end(writer);
	/* Chunk heads are not payload: one for each started 64 KiB. */
	link->credit -= (int64_t)(link->out.size - before);
	for (size_t at = before; at < link->out.size;) {
		uint32_t size;

		memcpy(&size, link->out.bytes + at, sizeof(size));
		link->credit += FRAME_HEADER_SIZE;
		at += FRAME_HEADER_SIZE + size;
	}
}

bool
link_blocked(struct link *link)
{
	if (should_block(link))
		link->blocked = true;
	return link->blocked;
}
