#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "imap_machine.h"
#include "liaison/base/crypt.h"

struct imap *
imap_new(enum config_tls tls, imap_listen *listen, void *context)
{
	struct imap *imap = mem_zero(1, sizeof(*imap));

	imap->tls = tls;
	imap->secured = tls == TLS_IMPLICIT;
	imap->listen = listen;
	imap->context = context;
	return imap;
}

static void
wipe_output(struct imap *imap)
{
	if (imap->out.bytes)
		wipe(imap->out.bytes, imap->out.room);
	if (imap->held.bytes)
		wipe(imap->held.bytes, imap->held.room);
	imap->wiping = false;
}

void
imap_free(struct imap *imap)
{
	if (!imap)
		return;
	auth_free(imap);
	wipe_output(imap);
	imap_trim(imap);
	mailbox_line_free(imap);
	fetch_free(imap);
	arena_free(imap->arena);
	text_clear(&imap->token);
	text_clear(&imap->out);
	text_clear(&imap->held);
	free(imap->err);
	free(imap);
}

void
imap_trim(struct imap *imap)
{
	if (imap->line == LINE_START) {
		fetch_free(imap);
		text_clear(&imap->token);
		arena_free(imap->arena);
		imap->arena = NULL;
	}
	if (imap->out.size == 0)
		text_clear(&imap->out);
	if (imap->held.size == 0)
		text_clear(&imap->held);
}

struct arena *
imap_arena(struct imap *imap)
{
	if (!imap->arena)
		imap->arena = arena_new();
	return imap->arena;
}

void
imap_tell(struct imap *imap, const struct imap_event *event)
{
	struct imap_event copy = *event;

	if (!copy.text)
		copy.text = "";
	imap->listen(imap->context, &copy);
}

int
imap_dead(struct imap *imap, enum err_code code, const char *format, ...)
{
	char message[sizeof(imap->err->message)];
	va_list list;

	va_start(list, format);
	vsnprintf(message, sizeof(message), format, list);
	va_end(list);
	if (auth_is_told(imap, message))
		snprintf(message, sizeof(message),
			"the server broke the protocol; its words hold the secret");
	imap->phase = PHASE_DEAD;
	auth_free(imap);
	wipe_output(imap);
	if (!imap->err)
		imap->err = mem_zero(1, sizeof(*imap->err));
	return fail(imap->err, code, "%s", message);
}

/* Decimal digits only, at most max; 0 or -1. */
int
parse_number(const char *bytes, size_t size, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;

	if (size == 0)
		return -1;
	for (size_t i = 0; i < size; i++) {
		unsigned digit = (unsigned char)bytes[i] - (unsigned)'0';

		if (digit > 9 || value > (max - digit) / 10)
			return -1;
		value = value * 10 + digit;
	}
	*out = value;
	return 0;
}

bool
word_is(const char *bytes, const char *word)
{
	return strcasecmp(bytes, word) == 0;
}

int
imap_feed(struct imap *imap, const void *bytes, size_t size, struct err *err)
{
	int result = 0;

	if (imap->phase == PHASE_TLS && size > 0)
		imap_dead(imap, ERR_REFUSED,
			"the server sent data between its STARTTLS answer and the handshake");
	if (imap->phase != PHASE_DEAD)
		result = imap_lex(imap, bytes, size);
	if (result == 0 && imap->phase != PHASE_DEAD)
		return 0;
	*err = *imap->err;
	return -1;
}

void
imap_tls_up(struct imap *imap)
{
	imap->secured = true;
	imap->phase = PHASE_OPEN;
	imap->capabilities = 0;
	imap->capabilities_known = false;
}

const char *
imap_output(const struct imap *imap, size_t *size)
{
	*size = imap->phase == PHASE_DEAD ? 0 : imap->out.size;
	return imap->out.bytes;
}

void
imap_sent(struct imap *imap, size_t count)
{
	if (count < imap->out.size) {
		text_drop_front(&imap->out, count);
		return;
	}
	if (imap->wiping && !imap->auth)
		wipe_output(imap);
	else if (imap->wiping && imap->out.bytes)
		wipe(imap->out.bytes, imap->out.room);
	text_reset(&imap->out);
}

unsigned
imap_capabilities(const struct imap *imap)
{
	return imap->capabilities;
}

bool
imap_capabilities_known(const struct imap *imap)
{
	return imap->capabilities_known;
}

const struct imap_mailbox *
imap_selected(const struct imap *imap)
{
	return &imap->selected;
}

size_t
imap_pending(const struct imap *imap)
{
	return imap->queue_count;
}

bool
imap_idling(const struct imap *imap)
{
	return imap->idle == IDLE_ASKED || imap->idle == IDLE_ON;
}
