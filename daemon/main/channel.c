#include "channel.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "liaison/base/arena.h"
#include "liaison/base/crypt.h"

enum { QUEUED_MAX = 8 << 20, PACKET_MAX = FRAME_HEADER_SIZE + FRAME_CHUNK_MAX };

struct packet {
	struct packet *next;
	int passed;
	size_t size;
	uint8_t bytes[];
};

/* A whole chunk must fit the socket's buffer, or it could never be sent. */
static void
widen(int descriptor)
{
	int size = 4 * PACKET_MAX;

	setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
}

int
channel_open(struct channel *channel, int *theirs, struct err *err)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
		return fail(err, ERR_UNAVAILABLE, "there is no socket pair to be had: %s",
			strerror(errno));
	widen(pair[0]);
	widen(pair[1]);
	*channel = (struct channel){ .descriptor = pair[0] };
	*theirs = pair[1];
	return 0;
}

static void
drop_first(struct channel *channel)
{
	struct packet *packet = channel->first;

	channel->first = packet->next;
	if (channel->first == NULL)
		channel->last = NULL;
	channel->queued -= packet->size;
	if (packet->passed >= 0)
		close(packet->passed);
	wipe(packet->bytes, packet->size);
	free(packet);
}

void
channel_close(struct channel *channel)
{
	while (channel->first != NULL)
		drop_first(channel);
	frame_reader_clear(&channel->reader);
	if (channel->descriptor >= 0)
		close(channel->descriptor);
	channel->descriptor = -1;
}

/* 1: sent; 0: not now; -1: broken. */
static int
send_packet(int descriptor, const uint8_t *bytes, size_t size, int passed)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec part = { .iov_base = (void *)(uintptr_t)bytes, .iov_len = size };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

	if (passed >= 0) {
		message.msg_control = control.bytes;
		message.msg_controllen = sizeof control.bytes;
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.header), &passed, sizeof passed);
	}
	if (sendmsg(descriptor, &message, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
		return 1;
	return errno == EAGAIN || errno == EINTR || errno == ENOBUFS ? 0 : -1;
}

static void
queue_packet(struct channel *channel, const uint8_t *bytes, size_t size, int passed)
{
	struct packet *packet = mem_alloc(sizeof *packet + size);

	*packet = (struct packet){ .passed = passed, .size = size };
	memcpy(packet->bytes, bytes, size);
	if (channel->last != NULL)
		channel->last->next = packet;
	else
		channel->first = packet;
	channel->last = packet;
	channel->queued += size;
}

bool
channel_waits(const struct channel *channel)
{
	return channel->first != NULL;
}

static size_t
chunk_size(const uint8_t *bytes, size_t left)
{
	uint32_t payload;

	assert(left >= FRAME_HEADER_SIZE);
	memcpy(&payload, bytes, sizeof payload);
	assert(payload <= FRAME_CHUNK_MAX && payload + FRAME_HEADER_SIZE <= left);
	return payload + FRAME_HEADER_SIZE;
}

int
channel_send(struct channel *channel, const struct text *frames, int passed, struct err *err)
{
	const uint8_t *bytes = (const uint8_t *)frames->bytes;
	size_t size;

	for (size_t at = 0; at < frames->size; at += size) {
		size = chunk_size(bytes + at, frames->size - at);
		queue_packet(channel, bytes + at, size, passed);
		passed = -1;
	}
	return channel_flush(channel, err);
}

int
channel_flush(struct channel *channel, struct err *err)
{
	while (channel->first != NULL) {
		struct packet *packet = channel->first;
		int sent = channel->descriptor < 0 ? -1
						   : send_packet(channel->descriptor, packet->bytes,
							     packet->size, packet->passed);

		if (sent < 0)
			return fail(err, ERR_UNAVAILABLE, "its channel is closed");
		if (sent == 0)
			break;
		drop_first(channel);
	}
	if (channel->queued > QUEUED_MAX)
		return fail(err, ERR_REFUSED, "it does not read its channel");
	return 0;
}

int
channel_receive(struct channel *channel, struct frame *out, struct err *err)
{
	static uint8_t packet[PACKET_MAX + 1]; /* liaisond has one thread */
	int found;

	while ((found = frame_reader_next(&channel->reader, out, err)) == 0) {
		ssize_t got = recv(channel->descriptor, packet, sizeof packet, MSG_DONTWAIT);

		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			return 0;
		if (got < 0 && errno == ECONNRESET)
			continue; /* it ended without reading all; its last words come after this */
		if (got <= 0)
			return fail(err, ERR_UNAVAILABLE, "its channel is closed");
		frame_reader_feed(&channel->reader, packet, (size_t)got);
	}
	return found;
}
