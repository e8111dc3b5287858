#ifndef LIAISON_WIRE_FRAME_H
#define LIAISON_WIRE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "liaison/base/err.h"
#include "liaison/base/text.h"

/* Frames between liaison's programs: a message of one type and its fields, bounded, never believed.
 *
 * On the stream a message is one or more chunks: u32 size of the chunk's payload (at most 64 KiB),
 * u16 type, u16 flags (1: more chunks of this message follow), u32 source, u32 token; all host
 * order, as both ends are one machine. A message's payload is a run of fields: u16 tag, u16 zero,
 * u32 size, bytes. A message is at most 1 MiB. Anything else is ERR_FORMAT, and the sender is
 * killed. Chunks of two messages never mix. */

enum { FRAME_CHUNK_MAX = 64 * 1024, FRAME_MESSAGE_MAX = 1024 * 1024, FRAME_HEADER_SIZE = 16 };

enum { FRAME_CREDIT_FIRST = 8 * 1024 * 1024 };

enum { RELOAD_LINES_MAX = 256 * 1024 };

enum frame_type {
	/* liaisond <-> children, over the crew channel (SOCK_SEQPACKET, one chunk a packet) */
	FRAME_CONFIG = 1, /* a piece of the configuration; fields of config.h */
	FRAME_CONFIG_END, /* all pieces were sent: adopt them */
	FRAME_CHANNEL, /* a new child's channel for the engine; its descriptor travels along */
	FRAME_CHILD_GONE, /* a child ended; TAG_KIND, TAG_ID, TAG_NUMBER its exit status (none: a
	                      * signal ended it), TAG_TEXT says how */
	FRAME_KILL, /* engine: kill the child TAG_KIND TAG_ID, TAG_TEXT says why */
	FRAME_ISOLATE, /* engine: give the source a fetch of its own */
	FRAME_READY, /* child: initialised and sandboxed; engine: database open, socket heard */
	FRAME_STATUS, /* engine: a line for sd_notify STATUS */
	FRAME_ALIVE, /* engine: a full turn of loop and writer; feeds the watchdog */
	FRAME_RELOAD, /* engine: somebody asked for a reload; answer: lines of TAG_ERROR, the mistakes
	                      * or none, and of TAG_TEXT, the remarks; RELOAD_LINES_MAX bytes each */
	FRAME_STOP, /* liaisond: end within the time TAG_NUMBER ms */
	FRAME_SECRET_ASK, /* fetch: the secret of source, now */
	FRAME_SECRET, /* liaisond: TAG_BYTES the secret, or TAG_ERROR why not; of one that was refused
	                      * also the fields of FRAME_SECRET_REFUSED */
	FRAME_FATAL, /* child: ends for TAG_ERROR; TAG_NUMBER is an exit status */
	FRAME_SECRET_REFUSED, /* fetch: of the secret of source that it got last: TAG_NUMBER times in a
	                      * row a server refused it (0: it was accepted), TAG_SINCE (clock_monotonic_ms): when it
	                      * may be tried again */

	/* engine -> fetch */
	FRAME_WATCH = 32, /* start working on source */
	FRAME_UNWATCH, /* let go of source: log out, close */
	FRAME_FOLDER, /* what the engine knows of TAG_FOLDER: TAG_UIDVALIDITY, TAG_CURSOR */
	FRAME_SEARCH, /* list UIDs of TAG_FOLDER in TAG_LOW..TAG_HIGH (0: no end), TAG_SINCE, or those
	                      * with the keyword TAG_KEY ("!" before it: without), or all */
	FRAME_FETCH, /* headers of TAG_FOLDER's TAG_UIDS (ranges); answered as a slice with the
	                      * same token; TAG_UIDVALIDITY: of these UIDs, another one is an error */
	FRAME_PART, /* TAG_FOLDER, TAG_UIDS, TAG_PART, TAG_SIZE bytes from the start;
	                      * TAG_UIDVALIDITY as above */
	FRAME_SYNC, /* look at all folders of source now. Each watched one answers one FRAME_FRESH
	                      * with the same token when a check that began afterwards is done, after the
	                      * FRAME_SLICE_ENDs of what that found; or with TAG_ERROR and the token when
	                      * the folder fails. A newer FRAME_SYNC takes an older one's place: its
	                      * token answers both, so compare "mine or a later one". Where there is no
	                      * connection FRAME_STATE says so, and the answers come after the next
	                      * login; a folder that the relisting finds new answers too; a throttled
	                      * server is looked at when it has had its rest. Token 0: no answers */
	FRAME_CHECK, /* log in on a fresh connection, list, say what would be watched; TAG_NAME: at
	                      * this host in place of the configured one (its certificate must be of it),
	                      * TAG_NUMBER: at this port of it, in place of the configured one; TAG_TEXT
	                      * (our own addresses, a line each) and TAG_SIZE: all that is said is recorded
	                      * meanwhile, with the headers of so many messages a folder, and answered instead,
	                      * scrubbed, in pieces: TAG_BYTES, TAG_LAST in the last one */
	FRAME_CREDIT, /* TAG_NUMBER more bytes of FRAME_ITEM payload (frame.size, nothing else
	                      * counts) may be sent; a channel begins with FRAME_CREDIT_FIRST */
	FRAME_PING, /* are you alive? any child answers FRAME_PONG with the same token */
	FRAME_FEED_KNOWN, /* what the engine has of a calendar: TAG_ETAG, TAG_MODIFIED (fetch's own
	                      * words, given back as they are), TAG_DIGEST (SHA-256 of the bytes); none of them:
	                      * the whole feed is wanted at the next look. Sent before FRAME_WATCH, and as
	                      * the answer to each FRAME_FEED, with its token, when that is recorded, or
	                      * with TAG_ERROR when it is not believed or given up: until then fetch sends
	                      * no other feed, and no FRAME_FRESH of this one (with an error: one with
	                      * TAG_ERROR and nothing complete) */

	/* fetch -> engine */
	FRAME_STATE = 64, /* of source: TAG_STATE, TAG_ERROR, TAG_NEXT_TRY (wall clock, s); with
	                      * TAG_FOLDER and no TAG_STATE: of that folder alone, no error: well again */
	FRAME_FOLDERS, /* all folders of source: TAG_NAME (config_server() of what it is connected to; all
	                      * that follows is of that server), TAG_CAPABILITIES (words), then repeated groups of
	                      * TAG_FOLDER, TAG_ATTRIBUTES (words: "\\Sent \\Noselect"), TAG_DELIMITER
	                      * (none: NIL), TAG_WATCHED */
	FRAME_OPENED, /* TAG_FOLDER examined: TAG_UIDVALIDITY (0 unknown), TAG_UIDNEXT, TAG_EXISTS */
	FRAME_SLICE, /* items follow: TAG_FOLDER, TAG_UIDVALIDITY, TAG_SLICE_KIND, TAG_UIDS asked,
	                      * and for SLICE_NEW TAG_LOW: the cursor these UIDs follow.
	                      * FRAME_SLICE, _ITEM and _SLICE_END bear the slice's token: that of the
	                      * FRAME_FETCH, or one of fetch's own with the top bit set for SLICE_NEW.
	                      * Slices of one source may overlap, as it may have several connections */
	FRAME_ITEM, /* one message; fields of item below */
	FRAME_SLICE_END, /* TAG_GONE ranges: not on the server any more; TAG_FAILED: never delivered;
	                      * TAG_ERROR: cut short, the rest of asked was not answered */
	FRAME_UIDS, /* answer to FRAME_SEARCH, in order, several: TAG_FOLDER, TAG_UIDVALIDITY,
	                      * TAG_UIDS; TAG_LAST set on the last one;
	                      * TAG_ERROR: refused */
	FRAME_PART_TEXT, /* answer to FRAME_PART, one a UID: TAG_FOLDER, TAG_PART, TAG_UID, then
	                      * TAG_BYTES (TAG_TRUNCATED: there are more) or TAG_GONE (empty) or TAG_ERROR;
	                      * TAG_LAST on the last of the request */
	FRAME_CHECKED, /* answer to FRAME_CHECK: a FRAME_FOLDERS payload or TAG_ERROR; of another host also
	                      * TAG_UIDVALIDITY, TAG_EXISTS, TAG_NUMBER (messages sampled) and TAG_TEXT (their
	                      * Message-IDs, a line each) in the group of each folder that would be watched */
	FRAME_FRESH, /* TAG_FOLDER: TAG_LAST_COMPLETE, TAG_LAST_BYTE, TAG_MODE, TAG_EXISTS;
	                      * TAG_ERROR: the check failed. The frame's token: of the newest FRAME_SYNC
	                      * before this check began that has no answer yet, or 0 */
	FRAME_PONG,
	FRAME_FEED, /* a calendar that changed, in pieces of one token: TAG_BYTES (at most 256 KiB,
	                      * all of them at most FEED_SIZE_MAX); in the first one also TAG_SIZE,
	                      * TAG_DIGEST, TAG_ETAG, TAG_MODIFIED; TAG_LAST in the last one. TAG_ERROR in
	                      * place of bytes: the rest could not be had, what came is void. An
	                      * unchanged one is a FRAME_FRESH. It counts against the credit */

	/* engine -> parse and back; token pairs question and answer, answers come in order */
	FRAME_PARSE_MESSAGE =
		96, /* the payload of a FRAME_ITEM, and TAG_NAME repeated: headers to tell of */
	FRAME_EVENT, /* event.h */
	FRAME_PARSE_TEXT, /* TAG_BYTES raw, TAG_ENCODING, TAG_CHARSET, TAG_SUBTYPE, TAG_SIZE max */
	FRAME_TEXT, /* TAG_TEXT clean UTF-8, TAG_TRUNCATED */
	FRAME_REJECT, /* the item cannot be parsed: TAG_ERROR */
	FRAME_PARSE_FEED, /* a whole calendar in pieces of one token, one after the other: TAG_BYTES;
	                      * TAG_SIZE, of all of them, in the first one (a piece without one before it
	                      * is rejected), TAG_LAST in the last one; answered once, by FRAME_FEED_ITEMS
	                      * or FRAME_REJECT, which may come before the last piece */
	FRAME_FEED_ITEMS, /* meeting.h; several, TAG_LAST in the last one */
	FRAME_PARSE_MEETING, /* one item: TAG_BYTES repeated (its ranges), TAG_LOW and TAG_HIGH (i64: the
	                      * window), TAG_NUMBER (i64: now), TAG_NAME repeated: zones of floating times, the first that is
	                      * known; none: UTC; TAG_SIZE of text wanted, TAG_MENTIONED */
	FRAME_MEETING, /* meeting.h; one a version, TAG_LAST in the last one; or FRAME_REJECT */
	FRAME_PARSE_IMPORT, /* a window of a file of contacts: TAG_BYTES, TAG_KIND (enum import_type),
	                      * TAG_DIGEST (the state that the window before it was answered; none:
	                      * it is the first), TAG_LAST: nothing comes after it */
	FRAME_IMPORT_ROWS, /* import.h, with TAG_LAST; or FRAME_REJECT */
};

enum frame_tag {
	TAG_END = 0,
	TAG_KIND,
	TAG_ID,
	TAG_TEXT,
	TAG_NUMBER,
	TAG_BYTES,
	TAG_ERROR,
	TAG_ERROR_CODE,
	TAG_STATE,
	TAG_NEXT_TRY,
	TAG_FOLDER,
	TAG_UIDVALIDITY,
	TAG_UIDNEXT,
	TAG_EXISTS,
	TAG_CURSOR,
	TAG_LOW,
	TAG_HIGH,
	TAG_SINCE,
	TAG_UIDS,
	TAG_UID,
	TAG_PART,
	TAG_SIZE,
	TAG_LAST,
	TAG_GONE,
	TAG_FAILED,
	TAG_SLICE_KIND,
	TAG_LAST_COMPLETE,
	TAG_LAST_BYTE,
	TAG_MODE,
	TAG_ATTRIBUTES,
	TAG_DELIMITER,
	TAG_SECTION,
	TAG_KEY,
	TAG_VALUE,
	TAG_TRUNCATED,
	TAG_ENCODING,
	TAG_CHARSET,
	TAG_SUBTYPE,
	TAG_WATCHED, /* u32 enum folder_mode, within a FRAME_FOLDERS group that a TAG_FOLDER opens */
	TAG_CAPABILITIES,
	TAG_NAME,
	TAG_ETAG,
	TAG_MODIFIED,
	TAG_DIGEST,
	TAG_MENTIONED,

	/* item: one message as the server described it */
	TAG_INTERNALDATE = 64, /* i64 UTC seconds */
	TAG_INTERNALDATE_OFFSET, /* i64 minutes */
	TAG_RFC822_SIZE, /* u64 */
	TAG_KEYWORD, /* repeated: flags and keywords */
	TAG_HEADER, /* bytes: the header block, at most 256 KiB */
	TAG_HEADER_TRUNCATED, /* present: it was longer */
	TAG_MESSAGE_PART, /* repeated, depth first; opens a group: the part's number "1.2" */
	TAG_PART_TYPE,
	TAG_PART_SUBTYPE,
	TAG_PART_CHARSET,
	TAG_PART_ENCODING,
	TAG_PART_SIZE, /* u64 octets */
	TAG_PART_NAME, /* as on the wire: RFC 2231 and 2047 not decoded; a continued name as
	                        * `filename*0*="...";filename*1="..."` */
	TAG_PART_DISPOSITION,
	TAG_STRUCTURE_REFUSED, /* present: no usable BODYSTRUCTURE */

	/* event: see event.h */
	TAG_EVENT = 128,
	/* meeting and feed: see meeting.h */
	TAG_MEETING = 192,
};

/* Values of TAG_KIND, TAG_SLICE_KIND, TAG_MODE, TAG_STATE. */
enum child_kind { CHILD_ENGINE = 1, CHILD_FETCH, CHILD_PARSE };
enum slice_kind { SLICE_NEW = 1, SLICE_ASKED };
enum folder_mode { FOLDER_UNWATCHED, FOLDER_POLLED, FOLDER_IDLE };
enum source_state {
	SOURCE_OFFLINE = 1,
	SOURCE_CONNECTING,
	SOURCE_IDLE,
	SOURCE_POLLING,
	SOURCE_SYNCING,
	SOURCE_NO_SECRET,
	SOURCE_ERROR,
	SOURCE_AUTH_FAILED,
	SOURCE_PAUSED,
};

struct frame {
	uint16_t type;
	uint32_t source; /* number liaisond gave the source; 0: none */
	uint32_t token;
	const uint8_t *bytes; /* the fields; borrowed until the next call on the reader */
	size_t size;
};

struct frame_field {
	uint16_t tag;
	const uint8_t *bytes; /* borrowed from the frame; not NUL-terminated */
	uint32_t size;
};

/* Puts chunks together. */
struct frame_reader {
	struct text in; /* bytes not taken yet */
	size_t taken;
	struct text message; /* a message in several chunks */
	struct frame open; /* its type, source, token while chunks come */
	bool partial;
};

void frame_reader_clear(struct frame_reader *reader);
void frame_reader_feed(struct frame_reader *reader, const void *bytes, size_t size);
/* 1: *out is the next message; 0: more bytes are needed; -1: ERR_FORMAT, give the sender up. */
int frame_reader_next(struct frame_reader *reader, struct frame *out, struct err *err);

/* Appends a message to out. Between begin and end only frame_put_ calls; a message over the limit
 * is an assert: whoever writes knows the bounds of what they write. */
struct frame_writer {
	struct text *out; /* borrowed */
	size_t start;
	uint16_t type;
	uint32_t source, token;
};

void frame_begin(struct frame_writer *writer, struct text *out, enum frame_type type,
	uint32_t source, uint32_t token);
void frame_put(struct frame_writer *writer, enum frame_tag tag, const void *bytes, size_t size);
void
frame_put_text(struct frame_writer *writer, enum frame_tag tag, const char *text); /* NULL: none */
void frame_put_u64(struct frame_writer *writer, enum frame_tag tag, uint64_t value);
void frame_put_i64(struct frame_writer *writer, enum frame_tag tag, int64_t value);
void frame_put_flag(struct frame_writer *writer, enum frame_tag tag);
/* All fields of another message, as they are. */
void frame_put_fields(struct frame_writer *writer, const uint8_t *bytes, size_t size);
void frame_end(struct frame_writer *writer);
/* Size of the first chunk in bytes with its header, 0 if it is not whole: a SOCK_SEQPACKET channel
 * takes one chunk a packet. */
size_t frame_chunk_size(const void *bytes, size_t size);

/* Walks fields: set cursor to 0 first. 1: *out filled; 0: the end; -1: ERR_FORMAT. */
int frame_field_next(
	const struct frame *frame, size_t *cursor, struct frame_field *out, struct err *err);
/* Whether it has a field of that tag before anything that is malformed. */
bool frame_has(const struct frame *frame, enum frame_tag tag);
/* Values of a field; ERR_FORMAT if the size is wrong, text holds NUL or invalid UTF-8, or is over max. */
int field_u64(const struct frame_field *field, uint64_t max, uint64_t *out, struct err *err);
int field_i64(const struct frame_field *field, int64_t *out, struct err *err);
int field_text(const struct frame_field *field, struct arena *arena, size_t max, const char **out,
	struct err *err);

/* UID sets as ranges, ascending, not touching; TAG_UIDS carries them as pairs of u32. */
struct uid_range {
	uint32_t first, last;
};

struct uid_set {
	struct uid_range *ranges; /* own */
	size_t count, room;
};

void uid_set_clear(struct uid_set *set);
void uid_set_reset(struct uid_set *set);
/* UIDs go from 1: a 0, or a range that ends before it begins, adds and removes nothing. */
void uid_set_add(struct uid_set *set, uint32_t uid); /* any order; ascending is fast */
void uid_set_add_range(struct uid_set *set, uint32_t first, uint32_t last);
void uid_set_remove(struct uid_set *set, uint32_t uid);
void uid_set_unite(struct uid_set *set, const struct uid_set *other);
void uid_set_subtract(struct uid_set *set, const struct uid_set *other);
bool uid_set_has(const struct uid_set *set, uint32_t uid);
uint64_t uid_set_size(const struct uid_set *set); /* number of UIDs */
/* Moves up to count of the highest (or lowest) UIDs from set to out. */
void uid_set_take_highest(struct uid_set *set, size_t count, struct uid_set *out);
void uid_set_take_lowest(struct uid_set *set, size_t count, struct uid_set *out);
/* IMAP sequence-set text, "1:5,9". */
void uid_set_text(const struct uid_set *set, struct text *out);
void frame_put_uids(struct frame_writer *writer, enum frame_tag tag, const struct uid_set *set);
/* Adds the field's ranges to out; ERR_FORMAT unless ascending, disjoint, 1..2^32-1. */
int field_uids(const struct frame_field *field, struct uid_set *out, struct err *err);

#endif
