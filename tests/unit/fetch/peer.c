#include "test.h"

#include "peer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void
say(struct peer *peer, const char *words)
{
	ssize_t n = send(peer->descriptor, words, strlen(words), MSG_NOSIGNAL);

	assert_true(n == (ssize_t)strlen(words) || (n < 0 && errno == EPIPE));
}

int
server_accept(struct server *server)
{
	struct peer *peer = &server->peers[server->peer_count++];
	int descriptors[2];

	assert_true(server->peer_count <= PEERS_MAX);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, descriptors), 0);
	peer->descriptor = descriptors[1];
	say(peer, "* OK [CAPABILITY IMAP4rev1 IDLE] hi\r\n");
	return descriptors[0];
}

static void
close_peer(struct peer *peer)
{
	close(peer->descriptor);
	peer->descriptor = -1;
	text_clear(&peer->in);
}

static void
hear(struct server *server, const struct peer *peer, const char *word, int64_t now)
{
	struct heard *heard = &server->heard[server->heard_count++];

	assert_true(server->heard_count <= HEARD_MAX);
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

/* words: "UID SEARCH UID 4:*" or "UID FETCH 4:6 (…": the range's ends. */
static void
read_range(const struct server *server, const char *words, uint32_t *first, uint32_t *last)
{
	const char *digits = words + strcspn(words, "0123456789");

	*last = 0;
	if (sscanf(digits, "%u:%u", first, last) == 1)
		*last = digits[strspn(digits, "0123456789")] == ':' ? server->messages : *first;
	if (*last > server->messages)
		*last = server->messages;
}

static void
put_found(const struct server *server, const char *words, struct text *out)
{
	uint32_t first, last;

	read_range(server, words, &first, &last);
	text_add(out, "* SEARCH");
	for (uint32_t uid = first; uid <= last; uid++)
		text_printf(out, " %u", uid);
	text_add(out, "\r\n");
}

static void
put_messages(const struct server *server, const char *words, struct text *out)
{
	uint32_t first, last;

	read_range(server, words, &first, &last);
	for (uint32_t uid = first; uid <= last; uid++)
		text_printf(out,
			"* %u FETCH (UID %u INTERNALDATE \"21-Nov-2026 08:00:00 +0000\""
			" RFC822.SIZE 9 FLAGS () BODYSTRUCTURE (\"TEXT\" \"PLAIN\" NIL NIL NIL"
			" \"7BIT\" 5 1) BODY[HEADER] {9}\r\nTo: me\r\n\r)\r\n",
			uid, uid);
}

static void
answer(struct server *server, struct peer *peer, const char *tag, const char *words)
{
	bool login = strncmp(words, "LOGIN", 5) == 0;
	struct text out = { 0 };

	if (strncmp(words, "LIST", 4) == 0)
		text_add(&out, "* LIST () \"/\" INBOX\r\n");
	else if (strncmp(words, "EXAMINE", 7) == 0) {
		put_counts(server, &out);
		peer->told = server->messages;
	} else if (strncmp(words, "UID SEARCH", 10) == 0)
		put_found(server, words, &out);
	else if (strncmp(words, "UID FETCH", 9) == 0)
		put_messages(server, words, &out);
	if (login && server->refuses_logins)
		text_printf(&out, "%s NO [AUTHENTICATIONFAILED] no\r\n", tag);
	else
		text_printf(
			&out, "%s OK %sdone\r\n", tag, login ? "[CAPABILITY IMAP4rev1 IDLE] " : "");
	say(peer, out.bytes);
	text_clear(&out);
}

static void
take_line(struct server *server, struct peer *peer, char *line, int64_t now)
{
	char *words = strchr(line, ' '), word[16];

	if (!words) {
		char done[32];

		assert_string_equal(line, "DONE");
		hear(server, peer, line, now);
		snprintf(done, sizeof(done), "%s OK done\r\n", peer->idle_tag);
		peer->idle_tag[0] = '\0';
		say(peer, done);
		return;
	}
	*words++ = '\0';
	snprintf(word, sizeof(word), "%s", strncmp(words, "UID ", 4) == 0 ? words + 4 : words);
	word[strcspn(word, " ")] = '\0';
	hear(server, peer, word, now);
	if (strcmp(word, "IDLE") != 0) {
		answer(server, peer, line, words);
		return;
	}
	snprintf(peer->idle_tag, sizeof(peer->idle_tag), "%s", line);
	say(peer, "+ idling\r\n");
}

static void
tell_news(struct server *server, struct peer *peer)
{
	char exists[40];

	if (!server->tells || peer->idle_tag[0] == '\0' || peer->told == server->messages)
		return;
	peer->told = server->messages;
	snprintf(exists, sizeof(exists), "* %u EXISTS\r\n", server->messages);
	say(peer, exists);
}

static bool
serve(struct server *server, struct peer *peer, int64_t now)
{
	char buffer[4096], *end;
	ssize_t n;

	if (peer->descriptor < 0 || peer->silent)
		return false;
	tell_news(server, peer);
	n = recv(peer->descriptor, buffer, sizeof(buffer), 0);
	if (n == 0)
		close_peer(peer);
	if (n <= 0)
		return n == 0;
	text_add_n(&peer->in, buffer, (size_t)n);
	while (peer->in.size > 0 && (end = strstr(peer->in.bytes, "\r\n"))) {
		*end = '\0';
		take_line(server, peer, peer->in.bytes, now);
		text_drop_front(&peer->in, (size_t)(end + 2 - peer->in.bytes));
	}
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
server_clear(struct server *server)
{
	for (size_t i = 0; i < server->peer_count; i++)
		if (server->peers[i].descriptor >= 0)
			close_peer(&server->peers[i]);
}

const struct heard *
server_heard(const struct server *server, const char *word, size_t from)
{
	for (size_t i = from; i < server->heard_count; i++)
		if (strcmp(server->heard[i].word, word) == 0)
			return &server->heard[i];
	return NULL;
}
