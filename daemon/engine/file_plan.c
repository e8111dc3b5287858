#include "liaison/base/log.h"
#include "liaison/store/file.h"
#include "schedule_slot.h"

/* Files that nothing refers to any more, in short turns of the writer. */

enum { FILES_MAX = 50, NAMES_MAX = 200 };

void
run_files(struct work *work, struct worker *worker)
{
	struct job_slot *slot = (struct job_slot *)work;
	struct file_folder **place = &slot->schedule->folder;
	int64_t now = clock_now();
	bool more = false;
	struct err err;

	if (store_is_poisoned(worker->store))
		return;
	if (file_sweep(worker->store, now, FILES_MAX, &more, &err) < 0 ||
		file_sweep_folder(worker->store, place, now, NAMES_MAX, &err) < 0) {
		if (!slot->failed)
			log_write(LOG_WARNING, "files: those without use stay: %s", err.message);
		slot->failed = true;
		return;
	}
	slot->failed = false;
	if (more || *place != NULL)
		slot->due = 0;
}
