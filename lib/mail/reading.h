#ifndef LIAISON_MAIL_READING_H
#define LIAISON_MAIL_READING_H

#include "liaison/mail/header.h"
#include "structure.h"

/* A message being read. */
struct reading {
	struct charsets *charsets;
	struct arena *arena;
	struct event *event;
	struct header header;
	const char *block; /* the header's bytes; borrowed */
	size_t block_size;
	int internal_offset;
	unsigned party_room;
	struct text keywords;
	const char *names[EVENT_HEADER_NAMES_MAX]; /* of headers that are asked for */
	unsigned name_count;
	struct structure structure;
};

/* message_party.c: who it is from and to; flags what is doubtful about them. */
void reading_parties(struct reading *reading);

#endif
