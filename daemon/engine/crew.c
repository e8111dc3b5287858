#include "crew.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine.h"
#include "liaison/base/log.h"
#include "loop_call.h"
#include "pipeline.h"

enum { PACKET_MAX = FRAME_HEADER_SIZE + FRAME_CHUNK_MAX, OUT_MAX_BYTES = 4 << 20 };

static void
take_passed(struct crew *crew, struct msghdr *message)
{
	for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL;
		part = CMSG_NXTHDR(message, part)) {
		if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
			continue;
		if (crew->passed >= 0)
			close(crew->passed);
		memcpy(&crew->passed, CMSG_DATA(part), sizeof crew->passed);
	}
}

/* One packet into the reader. 1; 0: nothing now; -1: liaisond is gone. */
static int
receive(struct crew *crew, int flags)
{
	static uint8_t packet[PACKET_MAX]; /* the loop's thread alone */
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec part = { packet, sizeof packet };
	struct msghdr message = { .msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof control.bytes };
	ssize_t got = recvmsg(CREW_DESCRIPTOR, &message, flags | MSG_CMSG_CLOEXEC);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (got <= 0)
		return -1;
	take_passed(crew, &message);
	frame_reader_feed(&crew->reader, packet, (size_t)got);
	return 1;
}

static int
next_frame(struct crew *crew, int flags, struct frame *out, struct err *err)
{
	int found;

	while ((found = frame_reader_next(&crew->reader, out, err)) == 0) {
		int got = receive(crew, flags);

		if (got < 0)
			return fail(err, ERR_UNAVAILABLE, "liaisond is gone");
		if (got == 0)
			return 0;
	}
	return found;
}

static int
take_config(struct crew *crew, const struct frame *frame, struct err *err)
{
	if (crew->decoder == NULL)
		crew->decoder = config_decoder_new();
	return config_decode(crew->decoder, frame, err);
}

static int
adopt(struct crew *crew, struct config *out, struct err *err)
{
	struct config_decoder *decoder = crew->decoder;

	crew->decoder = NULL;
	if (decoder == NULL)
		return fail(err, ERR_FORMAT, "liaisond sent no configuration");
	return config_adopt(decoder, out, err);
}

int
crew_first_config(struct crew *crew, struct config *out, struct err *err)
{
	struct pollfd wait = { .fd = CREW_DESCRIPTOR, .events = POLLIN };
	struct frame frame;
	int found;

	crew->passed = -1;
	for (;;) {
		found = next_frame(crew, MSG_DONTWAIT, &frame, err);
		if (found < 0)
			return -1;
		if (found == 0)
			poll(&wait, 1, -1);
		else if (frame.type == FRAME_STOP)
			return fail(err, ERR_UNAVAILABLE, "stopped before it began");
		else if (frame.type == FRAME_CONFIG && take_config(crew, &frame, err) < 0)
			return -1;
		else if (frame.type == FRAME_CONFIG_END)
			return adopt(crew, out, err);
	}
}

static void listen_for(struct crew *crew);

/* Whole chunks only: a packet is a chunk. */
static void
flush(struct crew *crew)
{
	size_t sent = 0;

	while (sent < crew->out.size) {
		uint32_t payload;
		size_t size;

		memcpy(&payload, crew->out.bytes + sent, sizeof payload);
		size = FRAME_HEADER_SIZE + payload;
		if (send(CREW_DESCRIPTOR, crew->out.bytes + sent, size,
			    MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			break; /* full: later; gone: reading will tell */
		sent += size;
	}
	text_drop_front(&crew->out, sent);
	if (crew->out.size > OUT_MAX_BYTES)
		text_reset(&crew->out);
	listen_for(crew);
}

static void
send_simple(struct crew *crew, enum frame_type type, uint32_t source, uint32_t token)
{
	struct frame_writer writer;

	frame_begin(&writer, &crew->out, type, source, token);
	frame_end(&writer);
	flush(crew);
}

void
crew_ready(struct crew *crew)
{
	send_simple(crew, FRAME_READY, 0, 0);
}

void
crew_alive(struct crew *crew)
{
	send_simple(crew, FRAME_ALIVE, 0, 0);
}

void
crew_isolate(struct crew *crew, uint32_t source)
{
	send_simple(crew, FRAME_ISOLATE, source, 0);
}

void
crew_status(struct crew *crew, const char *line)
{
	struct frame_writer writer;

	frame_begin(&writer, &crew->out, FRAME_STATUS, 0, 0);
	frame_put_text(&writer, TAG_TEXT, line);
	frame_end(&writer);
	flush(crew);
}

void
crew_kill(struct crew *crew, enum child_kind kind, uint32_t id, const char *why)
{
	struct frame_writer writer;

	frame_begin(&writer, &crew->out, FRAME_KILL, 0, 0);
	frame_put_u64(&writer, TAG_KIND, kind);
	frame_put_u64(&writer, TAG_ID, id);
	frame_put_text(&writer, TAG_TEXT, why);
	frame_end(&writer);
	flush(crew);
}

void
crew_fatal(struct crew *crew, const char *why, int exit_status)
{
	struct frame_writer writer;

	frame_begin(&writer, &crew->out, FRAME_FATAL, 0, 0);
	frame_put_text(&writer, TAG_ERROR, why);
	frame_put_u64(&writer, TAG_NUMBER, (uint64_t)exit_status);
	frame_end(&writer);
	flush(crew);
}

void
crew_reload(struct crew *crew, struct loop_call *call)
{
	struct reload_asker *asker = mem_zero(1, sizeof *asker);

	asker->token = ++crew->tokens;
	asker->call = call;
	asker->next = crew->askers;
	crew->askers = asker;
	send_simple(crew, FRAME_RELOAD, 0, asker->token);
}

static void
reloaded(struct crew *crew, uint32_t token, const char *mistakes, const char *remarks)
{
	for (struct reload_asker **link = &crew->askers; *link != NULL; link = &(*link)->next) {
		struct reload_asker *asker = *link;

		if (asker->token != token)
			continue;
		*link = asker->next;
		reload_answer(asker->call, mistakes, remarks);
		free(asker);
		return;
	}
}

struct said {
	uint64_t kind, id, number;
	const char *text, *mistakes;
	bool has_number;
};

static int
read_said(const struct frame *frame, struct arena *arena, struct said *out, struct err *err)
{
	struct frame_field field;
	size_t cursor = 0;
	int found, result = 0;

	while (result == 0 && (found = frame_field_next(frame, &cursor, &field, err)) != 0) {
		if (found < 0)
			return -1;
		if (field.tag == TAG_KIND)
			result = field_u64(&field, CHILD_PARSE, &out->kind, err);
		else if (field.tag == TAG_ID)
			result = field_u64(&field, UINT32_MAX, &out->id, err);
		else if (field.tag == TAG_NUMBER) {
			/* an exit status, or milliseconds to stop in */
			result = field_u64(&field,
				frame->type == FRAME_CHILD_GONE ? UINT8_MAX : UINT32_MAX,
				&out->number, err);
			out->has_number = true;
		} else if (field.tag == TAG_TEXT)
			result = field_text(&field, arena, RELOAD_LINES_MAX, &out->text, err);
		else if (field.tag == TAG_ERROR)
			result = field_text(&field, arena, RELOAD_LINES_MAX, &out->mistakes, err);
	}
	return result;
}

static int
hear_channel(struct crew *crew, const struct frame *frame, const struct said *said, struct err *err)
{
	int descriptor = crew->passed;

	crew->passed = -1;
	if (descriptor < 0)
		return fail(err, ERR_FORMAT, "liaisond sent no descriptor along");
	fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK);
	pipeline_child(crew->engine->pipeline, (enum child_kind)said->kind, (uint32_t)said->id,
		frame->source, descriptor);
	return 0;
}

static int
hear_config(struct crew *crew, struct err *err)
{
	struct config config;

	if (adopt(crew, &config, err) < 0)
		return -1;
	engine_configure(crew->engine, &config);
	return 0;
}

static int
hear(struct crew *crew, const struct frame *frame, struct arena *arena, struct err *err)
{
	struct said said = { 0 };

	if (frame->type == FRAME_CONFIG)
		return take_config(crew, frame, err);
	if (frame->type == FRAME_CONFIG_END)
		return hear_config(crew, err);
	if (read_said(frame, arena, &said, err) < 0)
		return -1;
	if (frame->type == FRAME_CHANNEL)
		return hear_channel(crew, frame, &said, err);
	if (frame->type == FRAME_CHILD_GONE)
		pipeline_child_gone(crew->engine->pipeline, (enum child_kind)said.kind,
			(uint32_t)said.id, said.has_number && said.number == 0, said.text);
	else if (frame->type == FRAME_RELOAD)
		reloaded(crew, frame->token, said.mistakes, said.text);
	else if (frame->type == FRAME_STOP)
		engine_stop(crew->engine, 0);
	else if (frame->type == FRAME_PING)
		send_simple(crew, FRAME_PONG, 0, frame->token);
	return 0;
}

static void
on_ready(uv_poll_t *handle, int status, int events)
{
	struct crew *crew = handle->data;
	struct arena *arena = arena_new();
	struct frame frame;
	struct err err;
	int found = 0;

	(void)status;
	if (events & UV_WRITABLE)
		flush(crew);
	for (int i = 0; i < 256 && (found = next_frame(crew, MSG_DONTWAIT, &frame, &err)) > 0;
		i++) {
		if (hear(crew, &frame, arena, &err) < 0) {
			found = -1;
			break;
		}
		arena_reset(arena);
	}
	arena_free(arena);
	if (found < 0 && !crew->engine->stopping) {
		log_write(LOG_ERROR, "%s", err.message);
		engine_stop(crew->engine, EXIT_INTERNAL);
	}
}

static void
listen_for(struct crew *crew)
{
	if (crew->open)
		uv_poll_start(&crew->poll,
			crew->out.size > 0 ? UV_READABLE | UV_WRITABLE : UV_READABLE, on_ready);
}

int
crew_start(struct crew *crew, struct engine *engine, struct err *err)
{
	int flags = fcntl(CREW_DESCRIPTOR, F_GETFL);

	crew->engine = engine;
	if (flags < 0 || fcntl(CREW_DESCRIPTOR, F_SETFL, flags | O_NONBLOCK) < 0 ||
		uv_poll_init(&engine->loop, &crew->poll, CREW_DESCRIPTOR) != 0)
		return fail(err, ERR_INTERNAL, "descriptor %d is no crew channel", CREW_DESCRIPTOR);
	crew->poll.data = crew;
	crew->open = true;
	listen_for(crew);
	return 0;
}

void
crew_close(struct crew *crew)
{
	struct reload_asker *next;

	crew->open = false;
	uv_close((uv_handle_t *)&crew->poll, NULL);
	for (struct reload_asker *asker = crew->askers; asker != NULL; asker = next) {
		next = asker->next;
		free(asker);
	}
	crew->askers = NULL;
	frame_reader_clear(&crew->reader);
	text_clear(&crew->out);
}
