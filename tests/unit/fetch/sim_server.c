#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "liaison/base/clock.h"
#include "sim.h"

/* An IMAP server with three folders and any number of faults. */

enum { DRIP_MS = 20 * SIM_SECOND, MIDDLE = 60 };

static const char HEADER[] = "From: a@x.example\r\nTo: me\r\n\r\n";

/* ---- folders ---- */

void
sim_folder_add(struct sim_folder *folder, uint32_t count, int64_t now)
{
	for (uint32_t i = 0; i < count; i++) {
		if (folder->count == folder->room) {
			folder->room = folder->room ? folder->room * 2 : 256;
			folder->mails = mem_resize(
				folder->mails, folder->room * sizeof(*folder->mails));
		}
		folder->mails[folder->count++] = (struct sim_mail){ .uid = folder->uidnext++,
			.at = now };
	}
}

/* UIDVALIDITY changes: all messages are new ones, for all that a client knows. */
void
sim_folder_renumber(struct sim_folder *folder, int64_t now)
{
	size_t count = folder->count;

	folder->uidvalidity++;
	folder->uidnext = 1;
	folder->count = folder->decided = 0;
	sim_folder_add(folder, (uint32_t)count, now);
}

static struct sim_folder *
folder_named(struct sim_server *server, const char *name)
{
	name += *name == '"';
	for (size_t i = 0; i < SIM_FOLDERS; i++)
		if (strncmp(name, server->folders[i].name, strlen(server->folders[i].name)) == 0)
			return &server->folders[i];
	sim_violated(server->sim, "there is no folder '%.100s'", name);
}

/* ---- peers ---- */

static void
close_peer(struct sim_peer *peer)
{
	close(peer->descriptor);
	text_clear(&peer->in);
	text_clear(&peer->out);
	memset(peer, 0, sizeof(*peer));
	peer->descriptor = -1;
}

static struct sim_peer *
free_peer(struct sim_server *server)
{
	struct sim_peer *oldest = &server->peers[0];

	for (size_t i = 0; i < SIM_PEERS; i++) {
		if (server->peers[i].descriptor < 0)
			return &server->peers[i];
		if (server->peers[i].silent && !oldest->silent)
			oldest = &server->peers[i];
	}
	close_peer(oldest);
	return oldest;
}

void
sim_server_begin(struct sim_server *server, struct sim *sim)
{
	static const char *const NAMES[SIM_FOLDERS] = { "INBOX", "Sent", "Archive" };

	server->sim = sim;
	for (size_t i = 0; i < SIM_PEERS; i++)
		server->peers[i].descriptor = -1;
	for (size_t i = 0; i < SIM_FOLDERS; i++) {
		server->folders[i].name = NAMES[i];
		server->folders[i].uidvalidity = 7;
		server->folders[i].uidnext = 1;
		sim_folder_add(&server->folders[i], (uint32_t)(5 + i), clock_monotonic_ms());
	}
}

int
sim_server_accept(struct sim_server *server)
{
	struct sim_peer *peer = free_peer(server);
	int64_t now = clock_monotonic_ms();
	int descriptors[2];

	sim_must(
		server->sim, socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, descriptors) == 0);
	peer->descriptor = descriptors[1];
	peer->out_at = now;
	peer->ends_at = INT64_MAX;
	if (server->fault == SIM_ENDS_SOON || server->fault == SIM_DROPS_SOON)
		peer->ends_at = now + sim_spread(server->sim, SIM_SECOND, 4 * SIM_MINUTE);
	if (server->fault == SIM_BYE_FIRST) {
		text_add(&peer->out, "* BYE not now\r\n");
		peer->leaving = true;
	} else if (server->fault == SIM_GARBAGE)
		text_add(&peer->out, "HTTP/1.1 400 what is this\r\n\r\n");
	else if (server->fault != SIM_MUTE)
		text_printf(&peer->out, "* OK [CAPABILITY IMAP4rev1%s] hi\r\n",
			server->idles ? " IDLE" : "");
	return descriptors[0];
}

void
sim_server_end_all(struct sim_server *server, bool silently)
{
	for (size_t i = 0; i < SIM_PEERS; i++) {
		struct sim_peer *peer = &server->peers[i];

		if (peer->descriptor < 0)
			continue;
		if (silently) {
			peer->silent = true;
			text_reset(&peer->out);
		} else
			close_peer(peer);
	}
}

/* ---- answers ---- */

/* words: "4:*", "1,3:5 (…": whether uid is in it; what ends in "*" has the last message always. */
static bool
set_has(const char *words, uint32_t uid, uint32_t last)
{
	for (;;) {
		char *end;
		uint32_t low = (uint32_t)strtoul(words, &end, 10), high = low;

		if (*end == ':' && end[1] == '*') {
			if (uid >= low || uid == last)
				return true;
			end += 2;
		} else if (*end == ':')
			high = (uint32_t)strtoul(end + 1, &end, 10);
		if (uid >= low && uid <= high)
			return true;
		if (*end != ',')
			return false;
		words = end + 1;
	}
}

static uint32_t
last_uid(const struct sim_folder *folder)
{
	return folder->count > 0 ? folder->mails[folder->count - 1].uid : 0;
}

static void
put_counts(const struct sim_server *server, const struct sim_folder *folder, struct text *out)
{
	text_printf(out, "* %zu EXISTS\r\n* OK [UIDVALIDITY %u] v\r\n", folder->count,
		folder->uidvalidity);
	if (server->tells_uidnext)
		text_printf(out, "* OK [UIDNEXT %u] n\r\n", folder->uidnext);
}

static void
put_found(const struct sim_folder *folder, const char *set, struct text *out)
{
	text_add(out, "* SEARCH");
	for (size_t i = 0; i < folder->count; i++)
		if (set_has(set, folder->mails[i].uid, last_uid(folder)))
			text_printf(out, " %u", folder->mails[i].uid);
	text_add(out, "\r\n");
}

static void
put_message(const struct sim_folder *folder, size_t place, bool headers, struct text *out)
{
	text_printf(out, "* %zu FETCH (UID %u", place + 1, folder->mails[place].uid);
	if (headers)
		text_printf(out,
			" INTERNALDATE \"21-Nov-2026 08:00:00 +0000\" RFC822.SIZE 99 FLAGS ()"
			" BODYSTRUCTURE (\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 5 1)"
			" BODY[HEADER] {%zu}\r\n%s",
			sizeof(HEADER) - 1, HEADER);
	text_add(out, ")\r\n");
}

static void
put_messages(const struct sim_folder *folder, const char *set, struct text *out)
{
	bool headers = strstr(set, "HEADER") != NULL;

	for (size_t i = 0; i < folder->count; i++)
		if (set_has(set, folder->mails[i].uid, last_uid(folder)))
			put_message(folder, i, headers, out);
}

static const char *
login_answer(const struct sim_server *server, struct sim_peer *peer)
{
	if (server->fault == SIM_LOGIN_REFUSED)
		return "NO [AUTHENTICATIONFAILED] no";
	if (server->fault == SIM_LOGIN_LATER)
		return "NO [UNAVAILABLE] later";
	peer->logged_in = true;
	return server->idles ? "OK [CAPABILITY IMAP4rev1 IDLE] in" : "OK [CAPABILITY IMAP4rev1] in";
}

/* Up to the middle of it; then nothing more, or the end. */
static void
break_off(const struct sim_server *server, struct sim_peer *peer, size_t before)
{
	if (peer->out.size <= before + MIDDLE)
		return;
	peer->out.size = before + MIDDLE;
	peer->leaving = server->fault == SIM_CUT;
	peer->silent = server->fault == SIM_STALL;
}

static const char *
examine(struct sim_server *server, struct sim_peer *peer, const char *name)
{
	peer->selected = NULL;
	if (server->fault == SIM_NO_EXAMINE)
		return "NO it is locked";
	peer->selected = folder_named(server, name);
	peer->told = peer->selected->count;
	put_counts(server, peer->selected, &peer->out);
	return "OK [READ-ONLY] done";
}

static const char *
status(struct sim_server *server, struct sim_peer *peer, const char *name)
{
	const struct sim_folder *folder = folder_named(server, name);

	if (server->fault == SIM_NO_STATUS)
		return "NO it is locked";
	text_printf(&peer->out, "* STATUS %s (MESSAGES %zu UIDNEXT %u UIDVALIDITY %u)\r\n",
		folder->name, folder->count, folder->uidnext, folder->uidvalidity);
	return "OK done";
}

/* The words of the tagged line. */
static const char *
answer(struct sim_server *server, struct sim_peer *peer, const char *words)
{
	size_t before = peer->out.size;

	if (strncmp(words, "LOGIN", 5) == 0) {
		if (server->fault == SIM_LOGIN_REFUSED)
			sim_note_time(&server->refused, clock_monotonic_ms());
		return login_answer(server, peer);
	}
	if (strcmp(words, "LOGOUT") == 0) {
		text_add(&peer->out, "* BYE bye\r\n");
		peer->leaving = true;
	} else if (strcmp(words, "CAPABILITY") == 0)
		text_printf(
			&peer->out, "* CAPABILITY IMAP4rev1%s\r\n", server->idles ? " IDLE" : "");
	else if (strncmp(words, "LIST", 4) == 0)
		for (size_t i = 0; i < SIM_FOLDERS; i++)
			text_printf(&peer->out, "* LIST () \"/\" %s\r\n", server->folders[i].name);
	else if (strncmp(words, "EXAMINE ", 8) == 0)
		return examine(server, peer, words + 8);
	else if (strncmp(words, "STATUS ", 7) == 0)
		return status(server, peer, words + 7);
	else if (!peer->selected)
		return "BAD nothing is selected";
	else if (strncmp(words, "UID SEARCH UID ", 15) == 0) {
		if (server->fault == SIM_NO_SEARCH)
			return "NO not now";
		put_found(peer->selected, words + 15, &peer->out);
	} else if (strncmp(words, "UID FETCH ", 10) == 0) {
		put_messages(peer->selected, words + 10, &peer->out);
		if (server->fault == SIM_CUT || server->fault == SIM_STALL)
			break_off(server, peer, before);
	} else if (strcmp(words, "FETCH * (UID)") == 0) {
		if (peer->selected->count > 0)
			put_message(peer->selected, peer->selected->count - 1, false, &peer->out);
	} else
		return "BAD what is that";
	return "OK done";
}

/* What may not be said to a server at all ends the test. */
static void
take_line(struct sim_server *server, struct sim_peer *peer, char *line)
{
	char *words = strchr(line, ' ');
	const char *tagged;

	sim_detail(server->sim, "source %s hears: %s", server->name, line);
	sim_check_line(server);
	if (!words) {
		if (strcmp(line, "DONE") != 0 || peer->idle_tag[0] == '\0')
			sim_violated(server->sim, "a server hears '%.100s'", line);
		text_printf(&peer->out, "%s OK done\r\n", peer->idle_tag);
		peer->idle_tag[0] = '\0';
		return;
	}
	*words++ = '\0';
	if (strcmp(words, "IDLE") == 0) {
		if (!peer->selected)
			sim_violated(server->sim, "IDLE where nothing is selected");
		snprintf(peer->idle_tag, sizeof(peer->idle_tag), "%s", line);
		peer->idle_since = clock_monotonic_ms();
		text_add(&peer->out, "+ idling\r\n");
		return;
	}
	tagged = answer(server, peer, words);
	if (!peer->silent && (!peer->leaving || server->fault != SIM_CUT))
		text_printf(&peer->out, "%s %s\r\n", line, tagged);
}

/* ---- bytes ---- */

static void
tell_news(const struct sim_server *server, struct sim_peer *peer)
{
	if (!server->tells || peer->idle_tag[0] == '\0' || peer->told == peer->selected->count)
		return;
	peer->told = peer->selected->count;
	text_printf(&peer->out, "* %zu EXISTS\r\n", peer->told);
}

static void
say(const struct sim_server *server, struct sim_peer *peer, int64_t now)
{
	size_t size = peer->out.size;
	ssize_t n;

	if (size == 0 || now < peer->out_at)
		return;
	if (server->fault == SIM_DRIP) {
		size = 1;
		peer->out_at = now + DRIP_MS;
	}
	n = send(peer->descriptor, peer->out.bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n > 0)
		text_drop_front(&peer->out, (size_t)n);
	else if (errno != EAGAIN)
		text_reset(&peer->out);
}

/* false: it hung up. */
static bool
hear(struct sim_server *server, struct sim_peer *peer, int64_t now)
{
	char buffer[64 * 1024], *end;
	ssize_t n = recv(peer->descriptor, buffer, sizeof(buffer), MSG_DONTWAIT);

	if (n <= 0)
		return n < 0 && errno == EAGAIN;
	if (peer->out.size == 0)
		peer->out_at = server->fault == SIM_SLOW
				       ? now + sim_between(server->sim, 0, 50 * SIM_SECOND)
				       : now;
	text_add_n(&peer->in, buffer, (size_t)n);
	while (peer->in.size > 0 && (end = strstr(peer->in.bytes, "\r\n"))) {
		size_t used = (size_t)(end + 2 - peer->in.bytes);

		*end = '\0';
		if (!peer->silent)
			take_line(server, peer, peer->in.bytes);
		text_drop_front(&peer->in, used);
	}
	return true;
}

static void
serve(struct sim_server *server, struct sim_peer *peer, int64_t now)
{
	bool ends = now >= peer->ends_at && server->fault == SIM_ENDS_SOON;

	if (now >= peer->ends_at) {
		peer->silent = true;
		peer->ends_at = INT64_MAX;
		text_reset(&peer->out);
	}
	if (ends || (peer->readable && !hear(server, peer, now))) {
		close_peer(peer);
		return;
	}
	peer->readable = false;
	if (!peer->silent)
		tell_news(server, peer);
	say(server, peer, now);
	if (peer->leaving && peer->out.size == 0)
		close_peer(peer);
}

void
sim_server_serve(struct sim_server *server)
{
	int64_t now = clock_monotonic_ms();

	for (size_t i = 0; i < SIM_PEERS; i++)
		if (server->peers[i].descriptor >= 0)
			serve(server, &server->peers[i], now);
}

int64_t
sim_server_next(const struct sim_server *server)
{
	int64_t next = INT64_MAX;

	for (size_t i = 0; i < SIM_PEERS; i++) {
		const struct sim_peer *peer = &server->peers[i];

		if (peer->descriptor < 0)
			continue;
		if (peer->out.size > 0 && peer->out_at < next)
			next = peer->out_at;
		if (peer->ends_at < next)
			next = peer->ends_at;
	}
	return next;
}
