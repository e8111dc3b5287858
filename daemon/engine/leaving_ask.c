#include "leaving.h"

/* What a folder has, and which of it bears which keyword: asked one question after the other. */

static const char *
key_at_hand(const struct leaving *leaving)
{
	const struct config_list *skip = &leaving->source->skip_keyword;

	return leaving->key < skip->count
		       ? skip->items[leaving->key]
		       : leaving->source->only_keyword.items[leaving->key - skip->count];
}

static void
ask(struct leaving *leaving)
{
	struct mailbox *mailbox = leaving->mailbox;
	struct arena *scratch = leaving->pipeline->scratch;
	bool checks = leaving->question == ASK_CHECK;
	struct frame_writer writer;
	uint32_t first = checks ? leaving->found.ranges[0].first : 1;

	leaving->token = pipeline_token(mailbox->pipeline);
	frame_begin(&writer, &mailbox->link->out, FRAME_SEARCH, mailbox->number, leaving->token);
	frame_put_text(&writer, TAG_FOLDER, leaving->folder->name);
	frame_put_u64(&writer, TAG_UIDVALIDITY, leaving->folder->uidvalidity);
	frame_put_u64(&writer, TAG_LOW, first);
	frame_put_u64(&writer, TAG_HIGH, checks ? first : 0);
	if (leaving->question != ASK_ALL)
		frame_put_text(&writer, TAG_KEY,
			arena_printf(scratch, "%s%s", checks ? "!" : "", key_at_hand(leaving)));
	frame_end(&writer);
	link_flush(mailbox->link);
}

static void
ask_key(struct leaving *leaving)
{
	const struct config_source *source = leaving->source;

	uid_set_reset(&leaving->found);
	uid_set_reset(&leaving->check);
	leaving->question = ASK_KEY;
	if (leaving->key < source->skip_keyword.count + source->only_keyword.count)
		ask(leaving);
	else
		leaving_asked(leaving, false);
}

/* A server that answers with the same message to the opposite question does not know keywords. */
static void
take_key(struct leaving *leaving)
{
	bool skip = leaving->key < leaving->source->skip_keyword.count;

	if (leaving->check.count == 0)
		uid_set_unite(skip ? &leaving->skip : &leaving->only, &leaving->found);
	leaving->key++;
	ask_key(leaving);
}

static void
answered(struct leaving *leaving)
{
	switch (leaving->question) {
	case ASK_ALL:
		leaving->has_all = true;
		ask_key(leaving);
		return;
	case ASK_KEY:
		if (leaving->found.count == 0) {
			take_key(leaving);
			return;
		}
		leaving->question = ASK_CHECK;
		ask(leaving);
		return;
	case ASK_CHECK:
		take_key(leaving);
		return;
	case ASK_NOTHING:
		return;
	}
}

void
leaving_ask(struct leaving *leaving)
{
	leaving->key = 0;
	leaving->question = ASK_ALL;
	if (leaving->deletes)
		ask(leaving);
	else
		ask_key(leaving);
}

int
leaving_uids(struct mailbox *mailbox, const struct frame *frame, bool *taken, struct err *err)
{
	struct leaving *leaving = mailbox->leaving;
	struct uid_set *into;
	const char *error;
	bool last;

	*taken = leaving != NULL && frame->token != 0 && frame->token == leaving->token;
	if (!*taken)
		return 0;
	into = leaving->question == ASK_ALL   ? &leaving->all
	       : leaving->question == ASK_KEY ? &leaving->found
					      : &leaving->check;
	if (uid_list_read(frame, leaving->pipeline->scratch, into, &error, &last, err) < 0)
		return -1;
	if (error != NULL)
		leaving_asked(leaving, true);
	else if (last)
		answered(leaving);
	return 0;
}
