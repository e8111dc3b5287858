#ifndef LIAISON_WIRE_EVENT_H
#define LIAISON_WIRE_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "liaison/base/arena.h"
#include "liaison/wire/frame.h"

/* What parse made of one message: clean UTF-8, bounded, in the sender's order. It crosses from
 * parse to engine as FRAME_EVENT and is checked again on arrival. */

enum {
	EVENT_PARTIES_MAX = 1000,
	EVENT_REFERENCES_MAX = 100,
	EVENT_PARTS_MAX = 200,
	EVENT_SUBJECT_MAX = 2000, /* bytes, as all below */
	EVENT_ID_MAX = 998,
	EVENT_NAME_MAX = 250, /* display and file names */
	EVENT_EMAIL_MAX = 320,
	EVENT_WORD_MAX = 127, /* types, charsets, encodings, reasons */
	EVENT_KEYWORDS_MAX = 2000,
	EVENT_HEADER_NAMES_MAX = 16, /* that are asked for */
	EVENT_HEADERS_MAX = 64, /* of one message */
	EVENT_HEADER_NAME_MAX = 76,
	EVENT_HEADER_MAX = 1000,
	EVENT_AUTHENTICATIONS_MAX = 8,
	EVENT_AUTHENTICATION_MAX = 400,
};

enum party_role {
	PARTY_FROM = 1,
	PARTY_SENDER,
	PARTY_REPLY_TO,
	PARTY_TO,
	PARTY_CC,
	PARTY_BCC,
	PARTY_ORGANIZER,
	PARTY_ATTENDEE,
	PARTY_MENTIONED,
};

struct event_party {
	enum party_role role;
	const char *name; /* display name, or NULL */
	const char *email; /* as written, cleaned */
	const char *address; /* canonical (base/address.h); NULL if it is no usable address */
};

/* A leaf of the message's structure. */
struct event_part {
	const char *part; /* IMAP part number */
	const char *type; /* "text/plain", lower case */
	const char *name; /* decoded file name, or NULL */
	const char *charset, *encoding;
	uint64_t size; /* octets as encoded */
	bool attachment;
};

/* A header that was asked for by name; one that stands several times is several. */
struct event_header {
	const char *name; /* lower case */
	const char *value; /* decoded; NULL: the message has none of that name */
};

/* Whether the domain of the sender's address is vouched for. */
enum verdict { VERDICT_UNVERIFIED, VERDICT_VERIFIED, VERDICT_FAILED };

/* What one server says of it, or somebody in its name. */
struct event_authentication {
	const char *server; /* its authserv-id (RFC 8601) */
	enum verdict verdict;
	const char *words; /* "dmarc=pass header.from=x.example", or NULL */
};

enum event_flag {
	EVENT_TRUNCATED = 1 << 0, /* header block, fields or parties were cut */
	EVENT_CLEANED = 1 << 1, /* controls, NUL or invalid bytes were replaced */
	EVENT_AMBIGUOUS_FROM = 1 << 2, /* several From fields or addresses */
	EVENT_NO_FROM = 1 << 3,
	EVENT_DATE_MISSING = 1 << 4, /* no sane Date: at is the INTERNALDATE */
	EVENT_DATE_FUTURE = 1 << 5, /* Date over a day after INTERNALDATE; at is the INTERNALDATE */
	EVENT_NO_STRUCTURE = 1 << 6,
	EVENT_MIXED_SCRIPT = 1 << 7,
	EVENT_SPOOFED_NAME = 1 << 8, /* the display name is another address */
	EVENT_UNKNOWN_CHARSET = 1 << 9,
	EVENT_CALENDAR = 1 << 10, /* an invitation, or an answer to one (RFC 6047) */
	/* Set by the engine, which knows contacts: */
	EVENT_KNOWN_NAME = 1 << 11, /* a contact's name with an address that is not his */
};

enum event_class { CLASS_PERSONAL, CLASS_BULK, CLASS_AUTOMATIC };

struct event {
	int64_t at; /* when it was written: Date if sane, else INTERNALDATE */
	int offset_min; /* of Date, or of INTERNALDATE */
	int64_t date; /* Date as read, 0 if missing or insane */
	int64_t internal_date; /* 0 if the server gave none */
	uint64_t size; /* RFC822.SIZE, 0 unknown */
	const char *message_id; /* without <>, or NULL */
	const char *in_reply_to; /* first id, or NULL */
	const char **references; /* oldest first */
	unsigned reference_count;
	const char *subject; /* decoded; NULL if there is none */
	struct event_party *parties;
	unsigned party_count;
	unsigned party_total; /* as in the message, when more than EVENT_PARTIES_MAX */
	struct event_part *parts;
	unsigned part_count;
	struct event_header *headers; /* of the names that were asked for, in their order */
	unsigned header_count;
	struct event_authentication *authentications; /* the topmost of each server */
	unsigned authentication_count;
	const char *text_part; /* the part to read as the message's text, or NULL */
	unsigned flags; /* enum event_flag */
	enum event_class class;
	const char *class_reason; /* "List-Id", "Auto-Submitted", … or NULL */
	const char *list_id; /* or NULL */
	const char *sensitivity; /* "private", "personal", "company-confidential" or NULL */
	const char *keywords; /* the server's flags and keywords, blank-separated, or NULL */
	uint8_t identity[16]; /* digest by which copies are known: Message-ID, From, Date, decoded
	                          * subject; without a Message-ID the whole header block instead */
};

/* Writes event's fields into the open message; what is over a limit above is cut, and parties that
 * would not fit into a message are left out: then EVENT_TRUNCATED is set and party_total is true. */
void event_encode(struct frame_writer *writer, const struct event *event);
/* Reads and checks them; all memory in arena. ERR_FORMAT: out of bounds, unclean text. */
int
event_decode(const struct frame *frame, struct arena *arena, struct event *out, struct err *err);

#endif
