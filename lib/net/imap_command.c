#include <stdio.h>
#include <string.h>

#include "imap_machine.h"

/* Commands: words are checked before they are written, and the answers come in the order asked. */

const struct pending *
imap_oldest(const struct imap *imap, enum imap_command command)
{
	for (unsigned i = 0; i < imap->queue_count; i++) {
		const struct pending *open =
			&imap->queue[(imap->queue_first + i) % IMAP_PIPELINE_MAX];

		if (open->command == command)
			return open;
	}
	return NULL;
}

const struct pending *
imap_tagged(const struct imap *imap, const char *tag)
{
	for (unsigned i = 0; i < imap->queue_count; i++) {
		const struct pending *open =
			&imap->queue[(imap->queue_first + i) % IMAP_PIPELINE_MAX];
		char ours[16];

		snprintf(ours, sizeof(ours), "A%u", open->id);
		if (strcmp(ours, tag) == 0)
			return open;
	}
	return NULL;
}

unsigned
imap_push(struct imap *imap, enum imap_command command)
{
	struct pending *last =
		&imap->queue[(imap->queue_first + imap->queue_count++) % IMAP_PIPELINE_MAX];

	last->id = ++imap->last_id;
	last->command = command;
	last->extended = false;
	return last->id;
}

static bool
may_begin(struct imap *imap, enum imap_command command, struct err *err)
{
	bool login = command == IMAP_LOGIN;

	if (imap->phase == PHASE_DEAD)
		fail(err, ERR_REFUSED, "the connection is over");
	else if (imap->phase != PHASE_OPEN)
		fail(err, ERR_REFUSED, "the server has not greeted yet");
	else if (imap_idling(imap))
		fail(err, ERR_REFUSED, "the connection idles");
	else if (imap->queue_count == IMAP_PIPELINE_MAX)
		fail(err, ERR_UNAVAILABLE, "too many commands without an answer");
	else if (imap->auth || imap_oldest(imap, IMAP_STARTTLS) ||
		 ((login || command == IMAP_STARTTLS) && imap->queue_count > 0))
		fail(err, ERR_REFUSED, "a login or STARTTLS shares the connection with nothing");
	else if (login && imap->tls != TLS_NONE && !imap->secured)
		fail(err, ERR_REFUSED, "no login without TLS");
	else if (!login && !imap->authenticated && command != IMAP_CAPABILITY &&
		 command != IMAP_STARTTLS && command != IMAP_NOOP && command != IMAP_LOGOUT)
		fail(err, ERR_REFUSED, "not logged in");
	else
		return true;
	return false;
}

/* Where the bytes go: behind a DONE that waits for the server's "+", they wait too. */
static struct text *
destination(struct imap *imap)
{
	return imap->idle == IDLE_ENDING ? &imap->held : &imap->out;
}

/* Begins a command; NULL if it may not be given now. */
struct text *
imap_begin(struct imap *imap, enum imap_command command, unsigned *id, struct err *err)
{
	struct text *out = destination(imap);

	*id = 0;
	if (!may_begin(imap, command, err))
		return NULL;
	*id = imap_push(imap, command);
	text_printf(out, "A%u ", *id);
	return out;
}

int
imap_check_words(const char *what, const char *bytes, size_t size, size_t max, struct err *err)
{
	if (size > max)
		return fail(err, ERR_USAGE, "the %s is over %zu bytes long", what, max);
	for (size_t i = 0; i < size; i++)
		if (bytes[i] == '\r' || bytes[i] == '\n' || bytes[i] == '\0')
			return fail(err, ERR_USAGE, "the %s holds a line end or NUL", what);
	return 0;
}

void
imap_put_quoted(struct text *out, const char *bytes, size_t size)
{
	text_add_char(out, '"');
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] == '"' || bytes[i] == '\\')
			text_add_char(out, '\\');
		text_add_char(out, bytes[i]);
	}
	text_add_char(out, '"');
}

static unsigned
plain_command(struct imap *imap, enum imap_command command, const char *words, struct err *err)
{
	unsigned id;
	struct text *out = imap_begin(imap, command, &id, err);

	if (out)
		text_printf(out, "%s\r\n", words);
	return id;
}

static unsigned
name_command(struct imap *imap, enum imap_command command, const char *verb, const char *wire,
	const char *rest, struct err *err)
{
	size_t size = strlen(wire);
	struct text *out;
	unsigned id;

	if (imap_check_words("folder name", wire, size, IMAP_NAME_MAX, err) < 0)
		return 0;
	out = imap_begin(imap, command, &id, err);
	if (!out)
		return 0;
	text_printf(out, "%s ", verb);
	imap_put_quoted(out, wire, size);
	text_printf(out, "%s\r\n", rest);
	return id;
}

unsigned
imap_capability(struct imap *imap, struct err *err)
{
	return plain_command(imap, IMAP_CAPABILITY, "CAPABILITY", err);
}

unsigned
imap_noop(struct imap *imap, struct err *err)
{
	return plain_command(imap, IMAP_NOOP, "NOOP", err);
}

unsigned
imap_logout(struct imap *imap, struct err *err)
{
	return plain_command(imap, IMAP_LOGOUT, "LOGOUT", err);
}

unsigned
imap_starttls(struct imap *imap, struct err *err)
{
	if (imap->secured || imap->tls != TLS_STARTTLS)
		return fail(err, ERR_REFUSED, "STARTTLS is not what was configured"), 0;
	if (imap->capabilities_known && !(imap->capabilities & IMAP_CAN_STARTTLS))
		return fail(err, ERR_REFUSED, "the server does not offer TLS (STARTTLS)"), 0;
	return plain_command(imap, IMAP_STARTTLS, "STARTTLS", err);
}

unsigned
imap_list(struct imap *imap, bool special_use, struct err *err)
{
	return plain_command(imap, IMAP_LIST,
		special_use ? "LIST \"\" \"*\" RETURN (SPECIAL-USE)" : "LIST \"\" \"*\"", err);
}

unsigned
imap_examine(struct imap *imap, const char *wire, struct err *err)
{
	unsigned id = name_command(imap, IMAP_EXAMINE, "EXAMINE", wire, "", err);

	if (id != 0)
		memset(&imap->selected, 0, sizeof(imap->selected));
	return id;
}

unsigned
imap_status(struct imap *imap, const char *wire, struct err *err)
{
	return name_command(
		imap, IMAP_STATUS, "STATUS", wire, " (MESSAGES UIDNEXT UIDVALIDITY)", err);
}

static void
put_items(struct text *out, unsigned what)
{
	if (what & IMAP_FETCH_HEADERS)
		text_add(out, " (UID INTERNALDATE RFC822.SIZE FLAGS");
	else
		text_add(out, " (UID");
	if (what & IMAP_FETCH_STRUCTURE)
		text_add(out, " BODYSTRUCTURE");
	if (what & IMAP_FETCH_HEADERS)
		text_add(out, " BODY.PEEK[HEADER]");
	text_add(out, ")\r\n");
}

unsigned
imap_fetch_from(struct imap *imap, uint32_t low, unsigned what, struct err *err)
{
	unsigned id;
	struct text *out = imap_begin(imap, IMAP_FETCH, &id, err);

	if (!out)
		return 0;
	text_printf(out, "UID FETCH %u:*", low > 0 ? low : 1);
	put_items(out, what);
	return id;
}

unsigned
imap_fetch_last(struct imap *imap, struct err *err)
{
	return plain_command(imap, IMAP_FETCH, "FETCH * (UID)", err);
}

unsigned
imap_fetch(struct imap *imap, const struct uid_set *uids, unsigned what, struct err *err)
{
	unsigned id;
	struct text *out = imap_begin(imap, IMAP_FETCH, &id, err);

	if (!out)
		return 0;
	text_add(out, "UID FETCH ");
	uid_set_text(uids, out);
	put_items(out, what);
	return id;
}

unsigned
imap_fetch_part(struct imap *imap, const struct uid_set *uids, const char *part, uint32_t size,
	struct err *err)
{
	unsigned id;
	struct text *out;

	if (part[0] == '\0' || strlen(part) > 200 || part[strspn(part, "0123456789.")] != '\0')
		return fail(err, ERR_USAGE, "'%.40s' is no part of a message", part), 0;
	out = imap_begin(imap, IMAP_FETCH, &id, err);
	if (!out)
		return 0;
	text_add(out, "UID FETCH ");
	uid_set_text(uids, out);
	text_printf(out, " (UID BODY.PEEK[%s]<0.%u>)\r\n", part, size > 0 ? size : 1);
	return id;
}

unsigned
imap_idle(struct imap *imap, struct err *err)
{
	unsigned id;

	if (!(imap->capabilities & IMAP_CAN_IDLE))
		return fail(err, ERR_REFUSED, "the server does not offer IDLE"), 0;
	if (imap->idle == IDLE_ENDING)
		return fail(err, ERR_UNAVAILABLE, "the last IDLE has not begun yet"), 0;
	id = plain_command(imap, IMAP_IDLE, "IDLE", err);
	if (id != 0)
		imap->idle = IDLE_ASKED;
	return id;
}

void
imap_done(struct imap *imap)
{
	if (imap->idle == IDLE_ON) {
		text_add(&imap->out, "DONE\r\n");
		imap->idle = IDLE_OFF;
	} else if (imap->idle == IDLE_ASKED)
		imap->idle = IDLE_ENDING;
}

static void
finish_idle(struct imap *imap, unsigned id)
{
	const struct pending *later = imap_oldest(imap, IMAP_IDLE);

	(void)id;
	if (later)
		return; /* a newer IDLE was given meanwhile, and imap->idle is of that one */
	if (imap->idle == IDLE_ENDING) {
		text_add_n(&imap->out, imap->held.bytes, imap->held.size);
		text_reset(&imap->held);
	}
	imap->idle = IDLE_OFF;
}

static int
finish_starttls(struct imap *imap, struct imap_event *event)
{
	if (event->status != IMAP_OK)
		return imap_dead(
			imap, ERR_REFUSED, "the server refuses TLS (STARTTLS): %s", event->text);
	imap->phase = PHASE_TLS;
	event->kind = IMAP_SECURE;
	imap_tell(imap, event);
	return 0;
}

/* Those before the answered one move up. */
static struct pending
take_answered(struct imap *imap)
{
	struct pending done = imap->queue[(imap->queue_first + imap->answered) % IMAP_PIPELINE_MAX];

	for (unsigned i = imap->answered; i > 0; i--)
		imap->queue[(imap->queue_first + i) % IMAP_PIPELINE_MAX] =
			imap->queue[(imap->queue_first + i - 1) % IMAP_PIPELINE_MAX];
	imap->queue_first = (imap->queue_first + 1) % IMAP_PIPELINE_MAX;
	imap->queue_count--;
	return done;
}

/* The tagged answer of a command. */
int
imap_finish(struct imap *imap, struct imap_event *event)
{
	struct pending done = take_answered(imap);

	event->id = done.id;
	event->command = done.command;
	event->kind = IMAP_FINISHED;
	if (done.command == IMAP_STARTTLS)
		return finish_starttls(imap, event);
	if (done.command == IMAP_IDLE)
		finish_idle(imap, done.id);
	if (done.extended && event->status == IMAP_BAD) {
		imap->capabilities &= ~(unsigned)IMAP_CAN_ESEARCH;
		event->plainly = true;
	}
	if (done.command == IMAP_LOGIN) {
		unsigned id = imap->auth ? imap->auth->id : done.id;

		if (auth_again(imap, event->status))
			return 0;
		event->id = id;
		imap->authenticated = event->status == IMAP_OK;
	}
	imap_tell(imap, event);
	return 0;
}
