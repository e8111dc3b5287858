#include "faulty.h"

#include <sqlite3.h>

#include "shim.h"

static enum fault kind;
static unsigned countdown;
static bool stays, happened;
static void (*on_read)(void);

static const char *const NAMES[FAULTS] = {
	[FAULT_NONE] = "nothing",
	[FAULT_WRITE] = "a write that fails",
	[FAULT_FULL] = "a full disk",
	[FAULT_SYNC] = "a sync that fails",
	[FAULT_OPEN] = "a file that cannot be opened",
	[FAULT_READ] = "a read that fails",
	[FAULT_SHORT] = "a read that is cut short",
	[FAULT_LOCK] = "a lock that somebody else has",
	[FAULT_ANY] = "any call that fails",
};

/* Which call is struck by which fault, and what it answers then. */
static const struct {
	enum shim_call call;
	enum fault fault;
	int result;
} STRIKES[] = {
	{ SHIM_WRITE, FAULT_WRITE, SQLITE_IOERR_WRITE },
	{ SHIM_TRUNCATE, FAULT_WRITE, SQLITE_IOERR_TRUNCATE },
	{ SHIM_WRITE, FAULT_FULL, SQLITE_FULL },
	{ SHIM_SYNC, FAULT_SYNC, SQLITE_IOERR_FSYNC },
	{ SHIM_OPEN, FAULT_OPEN, SQLITE_CANTOPEN },
	{ SHIM_READ, FAULT_READ, SQLITE_IOERR_READ },
	{ SHIM_READ, FAULT_SHORT, SQLITE_IOERR_SHORT_READ },
	{ SHIM_LOCK, FAULT_LOCK, SQLITE_BUSY },
	{ SHIM_WRITE, FAULT_ANY, SQLITE_IOERR_WRITE },
	{ SHIM_TRUNCATE, FAULT_ANY, SQLITE_IOERR_TRUNCATE },
	{ SHIM_SYNC, FAULT_ANY, SQLITE_IOERR_FSYNC },
	{ SHIM_OPEN, FAULT_ANY, SQLITE_CANTOPEN },
	{ SHIM_READ, FAULT_ANY, SQLITE_IOERR_READ },
	{ SHIM_SIZE, FAULT_ANY, SQLITE_IOERR_FSTAT },
	{ SHIM_LOCK, FAULT_ANY, SQLITE_IOERR_LOCK },
	{ SHIM_MAP, FAULT_ANY, SQLITE_IOERR_SHMMAP },
	{ SHIM_DELETE, FAULT_ANY, SQLITE_IOERR_DELETE },
	{ SHIM_ACCESS, FAULT_ANY, SQLITE_IOERR_ACCESS },
};

void
faulty_set(enum fault fault, unsigned nth, bool for_ever)
{
	kind = fault;
	countdown = nth;
	stays = for_ever;
	happened = false;
}

void
faulty_on_read(void (*run)(void))
{
	on_read = run;
}

bool
faulty_happened(void)
{
	return happened;
}

const char *
faulty_name(enum fault fault)
{
	return NAMES[fault];
}

static bool
is_due(void)
{
	if (countdown == 0 && !stays)
		return false;
	if (countdown > 0 && --countdown > 0)
		return false;
	return happened = true;
}

static int
refuse(enum shim_call call)
{
	if (call == SHIM_READ && on_read != NULL)
		on_read();
	for (unsigned i = 0; i < sizeof STRIKES / sizeof STRIKES[0]; i++) {
		if (STRIKES[i].call == call && STRIKES[i].fault == kind)
			return is_due() ? STRIKES[i].result : SQLITE_OK;
	}
	return SQLITE_OK;
}

void
faulty_install(void)
{
	static const struct shim SHIM = { .refuse = refuse };

	shim_install(&SHIM);
}
