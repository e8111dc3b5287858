#include <stdlib.h>
#include <string.h>

#include "liaison/base/clock.h"
#include "liaison/base/log.h"
#include "mailbox.h"

/* Folders in which IDLE is of no use, because it is refused or does not tell of new mail: they are
 * polled, and a day later it is tried again. */

void
folder_deafen(struct mailbox *box, struct folder *folder, const char *why)
{
	folder->deaf = true;
	if (folder->mode != FOLDER_IDLE)
		return;
	folder->deaf_until = clock_monotonic_ms() + DEAF_MS;
	folder->mode = FOLDER_POLLED;
	free(folder->deaf_why);
	folder->deaf_why = mem_text(why);
	log_write(LOG_WARNING, "%s/%s: %s", box_config(box)->name, folder->name, why);
	folder_show_deafness(box, folder);
	if (folder->idler)
		folder->idler->home = NULL;
	folder->idler = NULL;
	folder->next_poll = clock_monotonic_ms() + folder_interval(box, folder);
	box_serve_soon(box);
}

void
folder_try_hearing(struct mailbox *box, struct folder *folder)
{
	if (!folder->deaf || clock_monotonic_ms() < folder->deaf_until)
		return;
	folder->deaf = false;
	folder->missed = 0;
	free(folder->deaf_why);
	folder->deaf_why = NULL;
	folder_show_deafness(box, folder);
}

void
folder_show_deafness(struct mailbox *box, struct folder *folder)
{
	folder_show(box, folder, folder->deaf_why);
}
