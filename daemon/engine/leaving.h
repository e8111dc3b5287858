#ifndef LIAISON_ENGINE_LEAVING_H
#define LIAISON_ENGINE_LEAVING_H

#include "liaison/capture/retention.h"
#include "mailbox.h"

/* What leaving.c, which goes through the folders, leaving_ask.c, which asks what they have, and
 * leaving_note.c, which compares and writes, share. */

/* What is asked of a folder: all UIDs, then for each keyword those that bear it, and whether the server
 * knows at all what a keyword is: one that bears it is asked for among those that do not. */
enum question { ASK_ALL, ASK_KEY, ASK_CHECK, ASK_NOTHING };

struct leaving {
	struct work work; /* first */
	struct mailbox *mailbox; /* NULL: it was lost, whoever comes back frees this */
	struct pipeline *pipeline;
	struct settings *settings;
	const struct config_source *source;
	struct folder *folder;
	enum question question;
	unsigned key; /* of skip-keyword, then of only-keyword */
	uint32_t token;
	bool flying, deletes, accept, whole, failed, any;
	bool held; /* something became private */
	int64_t begun; /* wall clock */
	int64_t source_id, stream;
	union {
		struct {
			struct uid_set all, found, check; /* the server's answers */
			struct uid_set skip, only; /* that bear such a keyword */
			struct uid_set gone, back;
		};
		struct uid_set sets[7]; /* the same, for who clears them */
	};
	bool has_all;
	struct arena *arena;
	int64_t *skip_rows, *only_rows;
	unsigned skip_count, only_count;
	struct gone_counts counts;
	unsigned wanted;
	bool more;
	const char **names; /* of all folders that the server has, when a round is accepted */
	unsigned name_count;
	struct err err;
};

/* leaving_ask.c */
/* Asks about the folder at hand, then calls leaving_asked. */
void leaving_ask(struct leaving *leaving);
/* leaving.c: nothing is left to ask; refused: not all of it was answered. */
void leaving_asked(struct leaving *leaving, bool refused);

/* leaving_note.c: on threads */
/* What the folder at hand has, beside the ledger. */
void run_compare(struct work *work, struct worker *worker);
/* Notes some of what was found or, without a stream, settles some of what left; more: there is more. */
void run_note(struct work *work, struct worker *worker);
/* All mail of folders that the server has no more was accepted as gone. */
void run_folders(struct work *work, struct worker *worker);

#endif
