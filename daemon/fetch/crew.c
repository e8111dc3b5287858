#include "crew.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "liaison/base/crypt.h"
#include "liaison/base/log.h"
#include "source.h"

enum { PACKET_MAX = FRAME_CHUNK_MAX + FRAME_HEADER_SIZE };

struct crew {
	struct fetch *fetch;
	int descriptor;
	uv_poll_t poll;
	struct frame_reader reader;
	struct config_decoder *decoder; /* own, while a configuration comes */
	struct text out; /* chunks that did not leave yet */
	bool adopted;
};

/* A chunk a packet. */
static void
flush(struct crew *crew)
{
	while (crew->out.size > 0) {
		uint32_t size;
		ssize_t n;

		memcpy(&size, crew->out.bytes, sizeof(size));
		n = send(crew->descriptor, crew->out.bytes, size + FRAME_HEADER_SIZE,
			MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return; /* full: the next message tries again */
		text_drop_front(&crew->out, size + FRAME_HEADER_SIZE);
	}
}

static int
adopt(struct crew *crew, struct err *err)
{
	struct fetch *fetch = crew->fetch;
	struct config config = { 0 };
	bool new_places;

	if (!crew->decoder)
		crew->decoder = config_decoder_new();
	if (config_adopt(crew->decoder, &config, err) < 0)
		return -1;
	crew->decoder = NULL;
	log_set_level(log_level_by_name(config.log_level) < 0
			      ? LOG_INFO
			      : (enum log_level)log_level_by_name(config.log_level));
	rate_limit(fetch->rate, config.connect_rate, config.connect_rate_host);
	sources_adopt(fetch, &config);
	fetch_load_trust(fetch);
	new_places = fetch_learn_places(fetch);
	if (crew->adopted && (new_places || !fetch_trusts_all(fetch))) {
		log_write(LOG_NOTICE, "a new file is configured: begins anew to read it, for the "
				      "sandbox is closed");
		fetch_stop(fetch);
	}
	crew->adopted = true;
	return 0;
}

static int
take_secret(struct crew *crew, const struct frame *frame, struct err *err)
{
	struct refusal refusal = { 0 };
	struct frame_field field;
	const char *bytes = NULL;
	char why[300] = "";
	size_t cursor = 0, size = 0;
	uint64_t count;
	int got;

	while ((got = frame_field_next(frame, &cursor, &field, err)) > 0) {
		if (field.tag == TAG_BYTES) {
			bytes = (const char *)field.bytes;
			size = field.size;
		} else if (field.tag == TAG_ERROR)
			snprintf(why, sizeof(why), "%.*s", (int)field.size,
				(const char *)field.bytes);
		else if (field.tag == TAG_NUMBER && field_u64(&field, UINT32_MAX, &count, err) == 0)
			refusal.count = (uint32_t)count;
		else if (field.tag == TAG_SINCE)
			field_i64(&field, &refusal.until, err);
	}
	if (got == 0 && bytes)
		sources_refusal(crew->fetch, frame->source, &refusal);
	if (got == 0)
		sources_secret(crew->fetch, frame, bytes, size, why[0] ? why : "there is none");
	wipe((void *)(uintptr_t)frame->bytes, frame->size);
	return got;
}

static int
take_frame(struct crew *crew, const struct frame *frame, struct err *err)
{
	struct frame_writer writer;

	switch (frame->type) {
	case FRAME_CONFIG:
		if (!crew->decoder)
			crew->decoder = config_decoder_new();
		return config_decode(crew->decoder, frame, err);
	case FRAME_CONFIG_END:
		return adopt(crew, err);
	case FRAME_SECRET:
		return take_secret(crew, frame, err);
	case FRAME_PING:
		frame_begin(&writer, &crew->out, FRAME_PONG, frame->source, frame->token);
		frame_end(&writer);
		flush(crew);
		return 0;
	case FRAME_STOP:
		fetch_stop(crew->fetch);
		return 0;
	default:
		return fail(err, ERR_FORMAT, "liaisond sent a frame of type %u", frame->type);
	}
}

/* One packet; 1, 0 at the end of the channel, -1. */
static int
take_packet(struct crew *crew, struct err *err)
{
	static char buffer[PACKET_MAX];
	struct frame frame;
	int got;
	ssize_t n = recv(crew->descriptor, buffer, sizeof(buffer), MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 1 : 0;
	if (n == 0)
		return 0;
	frame_reader_feed(&crew->reader, buffer, (size_t)n);
	while ((got = frame_reader_next(&crew->reader, &frame, err)) > 0)
		if (take_frame(crew, &frame, err) < 0)
			return -1;
	wipe(buffer, (size_t)n);
	return got < 0 ? -1 : 1;
}

static void
take_events(uv_poll_t *poll, int status, int events)
{
	struct crew *crew = poll->data;
	struct err err = { 0 };
	int result;

	(void)status;
	(void)events;
	flush(crew);
	result = take_packet(crew, &err);
	if (result > 0)
		return;
	if (result < 0)
		log_write(LOG_ERROR, "%s", err.message);
	fetch_stop(crew->fetch); /* without liaisond there is nothing to do */
}

struct crew *
crew_new(struct fetch *fetch, int descriptor)
{
	struct crew *crew = mem_zero(1, sizeof(*crew));

	crew->fetch = fetch;
	crew->descriptor = descriptor;
	return crew;
}

int
crew_first_config(struct crew *crew, struct err *err)
{
	while (!crew->adopted && !crew->fetch->stopping) {
		struct pollfd wait = { .fd = crew->descriptor, .events = POLLIN };
		int result;

		poll(&wait, 1, -1);
		result = take_packet(crew, err);

		if (result < 0)
			return -1;
		if (result == 0)
			return fail(
				err, ERR_INTERNAL, "liaisond went away before it told anything");
	}
	return 0;
}

void
crew_join_loop(struct crew *crew)
{
	struct frame_writer writer;

	crew->poll.data = crew;
	uv_poll_init(&crew->fetch->loop, &crew->poll, crew->descriptor);
	uv_poll_start(&crew->poll, UV_READABLE, take_events);
	frame_begin(&writer, &crew->out, FRAME_READY, 0, 0);
	frame_end(&writer);
	flush(crew);
}

void
crew_ask_secret(struct crew *crew, uint32_t source, uint32_t token)
{
	struct frame_writer writer;

	frame_begin(&writer, &crew->out, FRAME_SECRET_ASK, source, token);
	frame_end(&writer);
	flush(crew);
}

void
crew_tell_refusal(struct crew *crew, uint32_t source, const struct refusal *refusal)
{
	struct frame_writer writer;

	frame_begin(&writer, &crew->out, FRAME_SECRET_REFUSED, source, 0);
	frame_put_u64(&writer, TAG_NUMBER, refusal->count);
	frame_put_i64(&writer, TAG_SINCE, refusal->until);
	frame_end(&writer);
	flush(crew);
}

void
crew_fatal(struct crew *crew, const char *message, int status)
{
	struct frame_writer writer;

	frame_begin(&writer, &crew->out, FRAME_FATAL, 0, 0);
	frame_put_text(&writer, TAG_ERROR, message);
	frame_put_u64(&writer, TAG_NUMBER, (uint64_t)status);
	frame_end(&writer);
	flush(crew);
}
