#include <string.h>

#include "liaison/base/clock.h"
#include "liaison/net/special_use.h"
#include "mailbox.h"

/* What the engine is told of folders. */

enum { MESSAGE_ROOM = 900 * 1024 };

static const struct {
	unsigned bit;
	const char *word;
} CAPABILITY_WORDS[] = {
	{ IMAP_CAN_IDLE, "IDLE" },
	{ IMAP_CAN_SPECIAL_USE, "SPECIAL-USE" },
	{ IMAP_CAN_UIDPLUS, "UIDPLUS" },
	{ IMAP_CAN_CONDSTORE, "CONDSTORE" },
	{ IMAP_CAN_REV2, "IMAP4rev2" },
};

static void
put_capabilities(struct frame_writer *writer, unsigned capabilities)
{
	struct text words = { 0 };

	text_add(&words, "IMAP4rev1");
	for (size_t i = 0; i < sizeof(CAPABILITY_WORDS) / sizeof(CAPABILITY_WORDS[0]); i++)
		if (capabilities & CAPABILITY_WORDS[i].bit)
			text_printf(&words, " %s", CAPABILITY_WORDS[i].word);
	frame_put_text(writer, TAG_CAPABILITIES, words.bytes);
	text_clear(&words);
}

static void
put_folder(struct frame_writer *writer, const struct folder *folder)
{
	char delimiter[2] = { folder->delimiter, '\0' };
	struct text words = { 0 };

	frame_put_text(writer, TAG_FOLDER, folder->name);
	special_use_words(folder->attributes, &words);
	frame_put_text(writer, TAG_ATTRIBUTES, words.size > 0 ? words.bytes : "");
	if (folder->delimiter > ' ' && folder->delimiter < 0x7F)
		frame_put_text(writer, TAG_DELIMITER, delimiter);
	frame_put_u64(writer, TAG_WATCHED, folder->mode);
	if (folder->counted) {
		frame_put_u64(writer, TAG_UIDVALIDITY, folder->uidvalidity);
		frame_put_u64(writer, TAG_EXISTS, folder->exists);
		frame_put_u64(writer, TAG_NUMBER, folder->sampled);
	}
	if (folder->sample.size > 0)
		frame_put(writer, TAG_TEXT, folder->sample.bytes, folder->sample.size);
	text_clear(&words);
}

/* It is told, not taken from the engine's configuration: the two of us read a new one at different times. */
static void
put_server(struct frame_writer *writer, const struct config_source *config)
{
	struct text server = { 0 };

	config_server(config, &server);
	frame_put_text(writer, TAG_NAME, server.bytes);
	text_clear(&server);
}

void
folders_write(struct mailbox *box, unsigned capabilities, enum frame_type type, uint32_t token)
{
	struct frame_writer writer;
	size_t written = 0;

	link_begin(box_fetch(box)->link, &writer, type, box->source->number, token);
	if (type == FRAME_FOLDERS)
		put_server(&writer, box_config(box));
	put_capabilities(&writer, capabilities);
	for (size_t i = 0; i < box->folder_count && written < MESSAGE_ROOM; i++) {
		if (!box->folders[i]->listed)
			continue;
		put_folder(&writer, box->folders[i]);
		written += strlen(box->folders[i]->name) + box->folders[i]->sample.size + 200;
	}
	frame_end(&writer);
}

void
folder_tell_opened(struct mailbox *box, struct folder *folder)
{
	struct frame_writer writer;

	folder->opened = true;
	folder->known = false;
	link_begin(box_fetch(box)->link, &writer, FRAME_OPENED, box->source->number, 0);
	frame_put_text(&writer, TAG_FOLDER, folder->name);
	frame_put_u64(&writer, TAG_UIDVALIDITY, folder->uidvalidity);
	frame_put_u64(&writer, TAG_UIDNEXT, folder->uidnext);
	frame_put_u64(&writer, TAG_EXISTS, folder->exists);
	frame_end(&writer);
}

void
folder_tell_fresh(struct mailbox *box, struct folder *folder)
{
	struct frame_writer writer;

	link_begin(box_fetch(box)->link, &writer, FRAME_FRESH, box->source->number, folder->sync);
	frame_put_text(&writer, TAG_FOLDER, folder->name);
	if (!folder->complete)
		link_put_error(&writer, folder->error);
	frame_put_i64(&writer, TAG_LAST_COMPLETE, folder->last_complete);
	if (folder->last_byte > 0)
		frame_put_i64(&writer, TAG_LAST_BYTE, folder->last_byte);
	frame_put_u64(&writer, TAG_MODE, folder_mode_now(folder));
	frame_put_u64(&writer, TAG_EXISTS, folder->exists);
	frame_end(&writer);
	if (folder->sync == folder->sync_wanted)
		folder->sync_wanted = 0;
	folder->sync = 0;
}

void
folder_tell_state(struct mailbox *box, const struct folder *folder)
{
	struct frame_writer writer;

	link_begin(box_fetch(box)->link, &writer, FRAME_STATE, box->source->number, 0);
	frame_put_text(&writer, TAG_FOLDER, folder->name);
	link_put_error(&writer, folder->error);
	if (folder->error && folder->retry_at > 0)
		frame_put_i64(&writer, TAG_NEXT_TRY,
			clock_now() + (folder->retry_at - clock_monotonic_ms()) / 1000);
	frame_end(&writer);
}
