#include "play.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const COMMANDS[] = { "", "capability", "starttls", "login", "list", "examine",
	"status", "search", "fetch", "idle", "noop", "logout" };
static const char *const STATUSES[] = { "", "ok", "no", "bad" };

static void
take_output(struct play *play)
{
	size_t size;
	const char *bytes = imap_output(play->imap, &size);

	text_add_n(&play->sent, bytes, size);
	imap_sent(play->imap, size);
}

static void
give(struct play *play, char letter)
{
	struct imap *imap = play->imap;
	struct uid_set uids = { 0 };
	struct err err = { 0 };
	unsigned id = 1;

	uid_set_add_range(&uids, 1, 100);
	switch (letter) {
	case 'c':
		id = imap_capability(imap, &err);
		break;
	case 't':
		id = imap_starttls(imap, &err);
		break;
	case 'l':
		id = imap_login(imap, AUTH_AUTO, false, "u", "p", 1, &err);
		break;
	case 'o':
		id = imap_login(imap, AUTH_AUTO, true, "u", "tok", 3, &err);
		break;
	case 'L':
	case 'Y':
		id = imap_list(imap, letter == 'Y', &err);
		break;
	case 's':
		id = imap_examine(imap, "INBOX", &err);
		break;
	case 'T':
		id = imap_status(imap, "INBOX", &err);
		break;
	case 'S':
		id = imap_search(imap, 1, 0, INT64_MIN, &err);
		break;
	case 'F':
		id = imap_fetch(imap, &uids, IMAP_FETCH_HEADERS | IMAP_FETCH_STRUCTURE, &err);
		break;
	case 'P':
		id = imap_fetch_part(imap, &uids, "1", 4096, &err);
		break;
	case 'i':
		id = imap_idle(imap, &err);
		break;
	case 'n':
		id = imap_noop(imap, &err);
		break;
	case 'q':
		id = imap_logout(imap, &err);
		break;
	case 'd':
		imap_done(imap);
		break;
	case 'D':
		imap_done(imap);
		imap_search(imap, 3, 0, INT64_MIN, &err);
		imap_fetch_from(imap, 3, IMAP_FETCH_HEADERS, &err);
		id = imap_idle(imap, &err);
		break;
	}
	uid_set_clear(&uids);
	if (id == 0) {
		text_printf(&play->log, "refused: %s\n", err.message);
		play->given_up = true;
	}
}

static void
go_on(struct play *play)
{
	char letter = *play->plan;

	if (letter == '\0' || letter == 'D' || play->given_up)
		return;
	play->plan++;
	give(play, letter);
}

static void
log_message(struct play *play, const struct imap_message *m)
{
	text_printf(&play->log, "message uid %u", m->uid);
	if (m->has_date)
		text_printf(&play->log, " date %lld%+d", (long long)m->internal_date,
			m->internal_offset_min);
	if (m->has_size)
		text_printf(&play->log, " size %llu", (unsigned long long)m->size);
	for (size_t i = 0; m->has_flags && i < m->keyword_count; i++)
		text_printf(&play->log, " %s", m->keywords[i]);
	if (m->has_header && !m->header)
		text_add(&play->log, " header NIL");
	else if (m->has_header)
		text_printf(&play->log, " header %zu%s", m->header_size,
			m->header_truncated ? " cut" : "");
	if (m->has_body)
		text_printf(&play->log, " body[%s] %s%zu", m->section, m->body ? "" : "NIL ",
			m->body_size);
	if (m->structure_refused)
		text_add(&play->log, " structure refused");
	for (size_t i = 0; i < m->part_count; i++) {
		const struct imap_part *p = &m->parts[i];

		text_printf(&play->log, " (%s %s/%s", p->number, p->type, p->subtype);
		text_printf(&play->log, " %s %s %s %s %llu)", p->charset ? p->charset : "-",
			p->encoding ? p->encoding : "-", p->disposition ? p->disposition : "-",
			p->name ? p->name : "-", (unsigned long long)p->size);
	}
	text_add(&play->log, "\n");
}

static void
log_mailbox(struct play *play, const char *what, const struct imap_mailbox *box)
{
	text_printf(&play->log, "%s '%s' as '%s'", what, box->wire, box->name);
	if (box->delimiter)
		text_printf(&play->log, " delimiter %c", box->delimiter);
	text_printf(&play->log, " attributes %x", box->attributes);
	if (box->has_messages)
		text_printf(&play->log, " messages %u", box->messages);
	if (box->has_uidnext)
		text_printf(&play->log, " uidnext %u", box->uidnext);
	if (box->has_uidvalidity)
		text_printf(&play->log, " uidvalidity %u", box->uidvalidity);
	text_add(&play->log, "\n");
}

static void
log_finished(struct play *play, const struct imap_event *event)
{
	text_printf(&play->log, "%s %s", COMMANDS[event->command], STATUSES[event->status]);
	if (event->code > IMAP_CODE_OTHER)
		text_printf(&play->log, " code %d", (int)event->code);
	if (event->throttled)
		text_printf(&play->log, " throttled %lld", (long long)event->wait_ms);
	text_add(&play->log, "\n");
	if (event->command == IMAP_EXAMINE && event->status == IMAP_OK) {
		struct imap_mailbox box = *imap_selected(play->imap);

		box.wire = box.name = "INBOX";
		log_mailbox(play, "opened", &box);
	}
}

static void
listen(void *context, const struct imap_event *event)
{
	struct play *play = context;

	switch (event->kind) {
	case IMAP_READY:
		text_printf(&play->log, "ready%s\n", event->number ? " preauth" : "");
		go_on(play);
		break;
	case IMAP_SECURE:
		text_add(&play->log, "secure\n");
		break;
	case IMAP_FINISHED:
		log_finished(play, event);
		if (imap_pending(play->imap) == 0)
			go_on(play);
		break;
	case IMAP_IDLING:
		text_add(&play->log, "idling\n");
		go_on(play);
		break;
	case IMAP_EXISTS:
		text_printf(&play->log, "exists %u\n", event->number);
		if (*play->plan == 'D' && imap_idling(play->imap))
			give(play, *play->plan++);
		break;
	case IMAP_EXPUNGED:
		text_printf(&play->log, "expunged %u\n", event->number);
		break;
	case IMAP_LISTED:
		log_mailbox(play, "listed", event->mailbox);
		break;
	case IMAP_COUNTED:
		log_mailbox(play, "counted", event->mailbox);
		break;
	case IMAP_FOUND:
		text_printf(&play->log, "found %u", event->number);
		if (event->last != event->number)
			text_printf(&play->log, ":%u", event->last);
		text_add(&play->log, event->id ? "\n" : " unasked\n");
		break;
	case IMAP_MESSAGE:
		log_message(play, event->message);
		break;
	case IMAP_ALERT:
		text_printf(&play->log, "alert %s\n", event->text);
		break;
	case IMAP_BYE:
		text_printf(&play->log, "bye %s\n", event->text);
		break;
	}
	take_output(play);
}

void
play_begin(struct play *play, enum config_tls tls, const char *plan)
{
	memset(play, 0, sizeof(*play));
	play->plan = plan;
	play->imap = imap_new(tls, listen, play);
}

void
play_feed(struct play *play, const char *bytes, size_t size, size_t step)
{
	struct err err = { 0 };

	for (size_t at = 0; at < size;) {
		size_t n = step == 0 || step > size - at ? size - at : step;

		if (imap_feed(play->imap, bytes + at, n, &err) < 0) {
			text_printf(&play->log, "error: %s\n", err.message);
			return;
		}
		take_output(play);
		at += n;
	}
}

void
play_end(struct play *play)
{
	imap_free(play->imap);
	text_clear(&play->log);
	text_clear(&play->sent);
}

char *
play_file(const char *name, size_t *size)
{
	char path[200];
	struct text text = { 0 };
	FILE *file;
	int c;

	snprintf(path, sizeof(path), "tests/data/imap/%s", name);
	file = fopen(path, "rb");
	while (file && (c = getc(file)) != EOF)
		text_add_char(&text, (char)c);
	if (file)
		fclose(file);
	*size = text.size;
	return text.bytes;
}
