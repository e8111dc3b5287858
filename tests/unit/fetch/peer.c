#include "test.h"

#include "peer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "liaison/base/arena.h"

static void
close_peer(struct server *server, struct peer *peer)
{
	close(peer->descriptor);
	peer->descriptor = -1;
	server->said = peer->said;
	text_clear(&peer->in);
	text_clear(&peer->out);
}

/* How much of what it has to say it says now. */
static size_t
may_say(const struct peer *peer, int64_t now)
{
	size_t size = peer->out.size;

	if (peer->silent || peer->descriptor < 0)
		return 0;
	if (peer->drips && size > 0)
		size = now >= peer->next_byte;
	if (peer->cut > 0 && size > peer->cut - peer->said)
		size = peer->cut - peer->said;
	return size;
}

static bool
pump(struct server *server, struct peer *peer, int64_t now)
{
	size_t size = may_say(peer, now);
	ssize_t n;

	if (size == 0)
		return false;
	n = send(peer->descriptor, peer->out.bytes, size, MSG_NOSIGNAL);
	if (n < 0 && (errno == EPIPE || errno == ECONNRESET)) {
		close_peer(server, peer);
		return true;
	}
	assert_int_equal(n, size);
	text_drop_front(&peer->out, size);
	peer->said += size;
	peer->next_byte = now + BYTE_MS;
	if (peer->out.size == 0)
		peer->drips = false;
	if (peer->cut > 0 && peer->said == peer->cut)
		close_peer(server, peer);
	return true;
}

/* Whether the answer to word meets the fault. */
static bool
meets_fault(struct server *server, const char *word)
{
	if (server->fault_count == 0 || !server->fault_at || strcmp(server->fault_at, word) != 0)
		return false;
	server->fault_count--;
	return true;
}

static size_t
stall_place(const struct server *server, size_t size)
{
	if (server->stall_at == 0)
		return size / 2;
	if (server->stall_at < 0)
		return size - (size_t)-server->stall_at;
	return (size_t)server->stall_at;
}

static void
say(struct server *server, struct peer *peer, const char *word, const char *tag, const char *words,
	int64_t now)
{
	if (!meets_fault(server, word)) {
		text_add(&peer->out, words);
		return;
	}
	switch (server->fault) {
	case PEER_WELL:
		break;
	case PEER_STALLS:
		text_add_n(&peer->out, words, stall_place(server, strlen(words)));
		pump(server, peer, now);
		peer->silent = true;
		break;
	case PEER_DRIPS:
		peer->drips = true;
		peer->next_byte = now;
		text_add(&peer->out, words);
		break;
	case PEER_REFUSES:
		text_printf(&peer->out, "%s NO it is broken\r\n", tag);
		break;
	case PEER_ENDS:
		close_peer(server, peer);
		break;
	}
}

static void
greet(struct server *server, struct peer *peer, int64_t now)
{
	struct text words = { 0 };

	if (server->greets_without)
		text_add(&words, "* OK how do you do, and be welcome here\r\n");
	else
		text_printf(&words, "* OK [CAPABILITY %s] hi\r\n", server->capabilities);
	say(server, peer, "GREETING", "*", words.bytes, now);
	text_clear(&words);
}

int
server_accept(struct server *server, int64_t now)
{
	struct peer *peer;
	int descriptors[2];

	server->peers = mem_resize(server->peers, (server->peer_count + 1) * sizeof(*peer));
	peer = &server->peers[server->peer_count++];
	memset(peer, 0, sizeof(*peer));
	server->accepted++;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, descriptors), 0);
	peer->descriptor = descriptors[1];
	peer->cut = server->cut;
	server->cut = 0;
	greet(server, peer, now);
	return descriptors[0];
}

static void
hear(struct server *server, const struct peer *peer, const char *word, int64_t now)
{
	struct heard *heard;

	if ((server->heard_count & (server->heard_count - 1)) == 0)
		server->heard = mem_resize(
			server->heard, (server->heard_count * 2 + 1) * sizeof(*heard));
	heard = &server->heard[server->heard_count++];
	heard->at = now;
	heard->peer = (size_t)(peer - server->peers);
	snprintf(heard->word, sizeof(heard->word), "%s", word);
}

static void
put_counts(const struct server *server, struct text *out)
{
	text_printf(out, "* %u EXISTS\r\n* OK [UIDVALIDITY 7] v\r\n* OK [UIDNEXT %u] n\r\n",
		server->messages, server->messages + 1);
}

/* words: "UID SEARCH UID 4:*" or "UID FETCH 4,6:9 (…": where its set begins. */
static const char *
set_of(const char *words)
{
	return words + strcspn(words, "0123456789");
}

/* The next range of a set, and what follows it. */
static const char *
read_range(const struct server *server, const char *set, uint32_t *first, uint32_t *last)
{
	char *end;

	*first = *last = (uint32_t)strtoul(set, &end, 10);
	if (strncmp(end, ":*", 2) == 0) {
		*last = server->messages;
		end += 2;
	} else if (*end == ':')
		*last = (uint32_t)strtoul(end + 1, &end, 10);
	if (*last > server->messages)
		*last = server->messages;
	return *end == ',' ? end + 1 : NULL;
}

static void
put_found(const struct server *server, const char *words, struct text *out)
{
	uint32_t first, last;

	text_add(out, "* SEARCH");
	for (const char *set = set_of(words); set;) {
		set = read_range(server, set, &first, &last);
		for (uint32_t uid = first; uid <= last; uid++)
			text_printf(out, " %u", uid);
	}
	text_add(out, "\r\n");
}

static void
put_message(const struct server *server, uint32_t uid, struct text *out)
{
	struct text header = { 0 };

	text_add(&header, "To: me\r\n");
	while (header.size + 2 < server->header_size)
		text_printf(&header, "X-Line: %zu of message %u\r\n", header.size, uid);
	text_add(&header, "\r\n");
	text_printf(out,
		"* %u FETCH (UID %u INTERNALDATE \"21-Nov-2026 08:00:00 +0000\""
		" RFC822.SIZE 9 FLAGS () BODYSTRUCTURE (\"TEXT\" \"PLAIN\" NIL NIL NIL"
		" \"7BIT\" 5 1) BODY[HEADER] {%zu}\r\n%s)\r\n",
		uid, uid, header.size, header.bytes);
	text_clear(&header);
}

static bool
is_deadly(const struct server *server, uint32_t uid)
{
	for (const uint32_t *at = server->deadly; at && *at != 0; at++)
		if (*at == uid)
			return true;
	return false;
}

/* false: it came to one that it cannot read. */
static bool
put_messages(const struct server *server, const char *words, struct text *out)
{
	uint32_t first, last;

	for (const char *set = set_of(words); set;) {
		set = read_range(server, set, &first, &last);
		for (uint32_t uid = first; uid <= last; uid++) {
			if (is_deadly(server, uid))
				return false;
			put_message(server, uid, out);
		}
	}
	return true;
}

static bool
lets_in(const struct server *server, struct peer *peer)
{
	unsigned count = 0;

	for (size_t i = 0; i < server->peer_count; i++)
		count += server->peers[i].descriptor >= 0 && server->peers[i].logged_in;
	peer->logged_in = !server->refuses_logins &&
			  (server->logins_max == 0 || count < server->logins_max);
	return peer->logged_in;
}

static void
answer(struct server *server, struct peer *peer, const char *word, const char *tag,
	const char *words, int64_t now)
{
	bool login = strcmp(word, "LOGIN") == 0 || strcmp(word, "AUTHENTICATE") == 0;
	struct text out = { 0 };
	bool ends = false;

	if (strcmp(word, "LIST") == 0)
		text_add(&out, server->folders ? server->folders : "* LIST () \"/\" INBOX\r\n");
	else if (strcmp(word, "CAPABILITY") == 0)
		text_printf(&out, "* CAPABILITY %s\r\n", server->capabilities);
	else if (strcmp(word, "EXAMINE") == 0) {
		put_counts(server, &out);
		peer->told = server->messages;
	} else if (strcmp(word, "SEARCH") == 0)
		put_found(server, words, &out);
	else if (strcmp(word, "FETCH") == 0)
		ends = !put_messages(server, words, &out);
	if (login && !lets_in(server, peer))
		text_printf(&out, "%s NO [AUTHENTICATIONFAILED] no\r\n", tag);
	else if (login)
		text_printf(&out, "%s OK [CAPABILITY %s] done\r\n", tag, server->capabilities);
	else
		text_printf(&out, "%s OK done\r\n", tag);
	if (ends)
		close_peer(server, peer);
	else
		say(server, peer, word, tag, out.bytes, now);
	text_clear(&out);
}

static void
take_done(struct server *server, struct peer *peer, const char *line, int64_t now)
{
	char done[32];

	assert_string_equal(line, "DONE");
	hear(server, peer, line, now);
	snprintf(done, sizeof(done), "%s OK done\r\n", peer->idle_tag);
	say(server, peer, "DONE", peer->idle_tag, done, now);
	peer->idle_tag[0] = '\0';
}

static void
take_line(struct server *server, struct peer *peer, char *line, int64_t now)
{
	char *words = strchr(line, ' '), word[16];
	bool refused = server->fault == PEER_REFUSES && server->fault_count > 0;

	if (!words) {
		take_done(server, peer, line, now);
		return;
	}
	*words++ = '\0';
	snprintf(word, sizeof(word), "%s", strncmp(words, "UID ", 4) == 0 ? words + 4 : words);
	word[strcspn(word, " ")] = '\0';
	hear(server, peer, word, now);
	if (strcmp(word, "IDLE") != 0) {
		answer(server, peer, word, line, words, now);
		return;
	}
	if (!refused || strcmp(server->fault_at, "IDLE") != 0)
		snprintf(peer->idle_tag, sizeof(peer->idle_tag), "%s", line);
	say(server, peer, "IDLE", line, "+ idling\r\n", now);
}

static void
tell_news(struct server *server, struct peer *peer)
{
	if (!server->tells || peer->idle_tag[0] == '\0' || peer->told == server->messages)
		return;
	peer->told = server->messages;
	text_printf(&peer->out, "* %u EXISTS\r\n", server->messages);
}

/* What came is answered line by line, until the connection ends or goes silent. */
static void
take_lines(struct server *server, struct peer *peer, int64_t now)
{
	char *end;

	while (peer->descriptor >= 0 && !peer->silent && peer->in.size > 0 &&
		(end = strstr(peer->in.bytes, "\r\n"))) {
		char *line;

		*end = '\0';
		line = mem_text(peer->in.bytes);
		text_drop_front(&peer->in, (size_t)(end + 2 - peer->in.bytes));
		take_line(server, peer, line, now);
		free(line);
	}
}

static bool
serve(struct server *server, struct peer *peer, int64_t now)
{
	char buffer[4096];
	ssize_t n;

	if (peer->descriptor < 0 || peer->silent)
		return false;
	tell_news(server, peer);
	if (pump(server, peer, now))
		return true;
	n = recv(peer->descriptor, buffer, sizeof(buffer), 0);
	if (n == 0 || (n < 0 && errno == ECONNRESET))
		close_peer(server, peer);
	if (n <= 0)
		return n == 0;
	text_add_n(&peer->in, buffer, (size_t)n);
	take_lines(server, peer, now);
	return true;
}

bool
server_serve(struct server *server, int64_t now)
{
	bool served = false;

	for (size_t i = 0; i < server->peer_count; i++)
		served = serve(server, &server->peers[i], now) || served;
	return served;
}

void
server_drop_silently(struct server *server)
{
	for (size_t i = 0; i < server->peer_count; i++)
		server->peers[i].silent = true;
}

void
server_close(struct server *server)
{
	for (size_t i = 0; i < server->peer_count; i++)
		if (server->peers[i].descriptor >= 0)
			close_peer(server, &server->peers[i]);
}

void
server_clear(struct server *server)
{
	server_close(server);
	for (size_t i = 0; i < server->peer_count; i++) {
		text_clear(&server->peers[i].in);
		text_clear(&server->peers[i].out);
	}
	free(server->peers);
	free(server->heard);
	server->peers = NULL;
	server->heard = NULL;
	server->peer_count = server->heard_count = 0;
}

bool
server_idles(const struct server *server)
{
	for (size_t i = 0; i < server->peer_count; i++)
		if (server->peers[i].descriptor >= 0 && server->peers[i].idle_tag[0] != '\0')
			return true;
	return false;
}

const struct heard *
server_heard(const struct server *server, const char *word, size_t from)
{
	for (size_t i = from; i < server->heard_count; i++)
		if (strcmp(server->heard[i].word, word) == 0)
			return &server->heard[i];
	return NULL;
}

size_t
server_count(const struct server *server, const char *word)
{
	size_t count = 0;

	for (size_t i = 0; i < server->heard_count; i++)
		count += strcmp(server->heard[i].word, word) == 0;
	return count;
}
