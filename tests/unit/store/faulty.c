#include "faulty.h"

#include <sqlite3.h>

struct wrapped {
	sqlite3_file base;
	sqlite3_file *real; /* behind this */
};

static sqlite3_vfs *system_vfs;
static enum fault kind;
static unsigned countdown;
static int stays, happened;

void
faulty_set(enum fault fault, unsigned nth, int for_ever)
{
	kind = fault;
	countdown = nth;
	stays = for_ever;
	happened = 0;
}

int
faulty_happened(void)
{
	return happened;
}

static int
is_due(enum fault fault)
{
	if (fault != kind || (countdown == 0 && !stays))
		return 0;
	if (countdown > 0 && --countdown > 0)
		return 0;
	happened = 1;
	return 1;
}

static sqlite3_file *
real(sqlite3_file *file)
{
	return ((struct wrapped *)file)->real;
}

static int
run_close(sqlite3_file *file)
{
	return real(file)->pMethods->xClose(real(file));
}

static int
run_read(sqlite3_file *file, void *to, int size, sqlite3_int64 at)
{
	return real(file)->pMethods->xRead(real(file), to, size, at);
}

static int
run_write(sqlite3_file *file, const void *from, int size, sqlite3_int64 at)
{
	if (is_due(FAULT_WRITE))
		return SQLITE_IOERR_WRITE;
	if (is_due(FAULT_FULL))
		return SQLITE_FULL;
	return real(file)->pMethods->xWrite(real(file), from, size, at);
}

static int
run_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	if (is_due(FAULT_WRITE))
		return SQLITE_IOERR_TRUNCATE;
	return real(file)->pMethods->xTruncate(real(file), size);
}

/* Nothing is really synced: tests do not pull the plug. */
static int
run_sync(sqlite3_file *file, int flags)
{
	(void)file;
	(void)flags;
	return is_due(FAULT_SYNC) ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}

static int
run_size(sqlite3_file *file, sqlite3_int64 *size)
{
	return real(file)->pMethods->xFileSize(real(file), size);
}

static int
run_lock(sqlite3_file *file, int level)
{
	return real(file)->pMethods->xLock(real(file), level);
}

static int
run_unlock(sqlite3_file *file, int level)
{
	return real(file)->pMethods->xUnlock(real(file), level);
}

static int
run_check_lock(sqlite3_file *file, int *out)
{
	return real(file)->pMethods->xCheckReservedLock(real(file), out);
}

static int
run_control(sqlite3_file *file, int op, void *argument)
{
	return real(file)->pMethods->xFileControl(real(file), op, argument);
}

static int
run_sector(sqlite3_file *file)
{
	return real(file)->pMethods->xSectorSize(real(file));
}

static int
run_device(sqlite3_file *file)
{
	return real(file)->pMethods->xDeviceCharacteristics(real(file));
}

static int
run_map(sqlite3_file *file, int page, int size, int extend, void volatile **out)
{
	return real(file)->pMethods->xShmMap(real(file), page, size, extend, out);
}

static int
run_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
	return real(file)->pMethods->xShmLock(real(file), offset, count, flags);
}

static void
run_barrier(sqlite3_file *file)
{
	real(file)->pMethods->xShmBarrier(real(file));
}

static int
run_unmap(sqlite3_file *file, int delete)
{
	return real(file)->pMethods->xShmUnmap(real(file), delete);
}

static const sqlite3_io_methods METHODS = {
	2,
	run_close,
	run_read,
	run_write,
	run_truncate,
	run_sync,
	run_size,
	run_lock,
	run_unlock,
	run_check_lock,
	run_control,
	run_sector,
	run_device,
	run_map,
	run_shm_lock,
	run_barrier,
	run_unmap,
	0,
	0,
};

static int
run_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
	struct wrapped *wrapped = (struct wrapped *)file;
	int result;

	(void)vfs;
	wrapped->base.pMethods = 0;
	if (is_due(FAULT_OPEN))
		return SQLITE_CANTOPEN;
	wrapped->real = (sqlite3_file *)(wrapped + 1);
	result = system_vfs->xOpen(system_vfs, name, wrapped->real, flags, out_flags);
	if (wrapped->real->pMethods != 0)
		wrapped->base.pMethods = &METHODS;
	return result;
}

void
faulty_install(void)
{
	static sqlite3_vfs faulty;

	system_vfs = sqlite3_vfs_find(0);
	faulty = *system_vfs;
	faulty.zName = "faulty";
	faulty.szOsFile = (int)sizeof(struct wrapped) + system_vfs->szOsFile;
	faulty.xOpen = run_open;
	sqlite3_vfs_register(&faulty, 1);
}
