#include "shim.h"

#include <sqlite3.h>
#include <string.h>

struct wrapped {
	sqlite3_file base;
	sqlite3_file *real; /* behind this */
	const char *name; /* NULL: a temporary one */
	bool folder_due; /* a new journal's or log's first sync covers its folder, as SQLite's own does */
};

static sqlite3_vfs *system_vfs;
static const struct shim *shim;

static struct wrapped *
wrapped(sqlite3_file *file)
{
	return (struct wrapped *)file;
}

static sqlite3_file *
real(sqlite3_file *file)
{
	return wrapped(file)->real;
}

static int
refused(enum shim_call call)
{
	return shim->refuse != NULL ? shim->refuse(call) : SQLITE_OK;
}

static int
run_close(sqlite3_file *file)
{
	return real(file)->pMethods->xClose(real(file));
}

static int
run_read(sqlite3_file *file, void *to, int size, sqlite3_int64 at)
{
	int result = refused(SHIM_READ);

	if (result == SQLITE_IOERR_SHORT_READ)
		memset(to, 0, (size_t)size);
	if (result != SQLITE_OK)
		return result;
	return real(file)->pMethods->xRead(real(file), to, size, at);
}

static int
run_write(sqlite3_file *file, const void *from, int size, sqlite3_int64 at)
{
	int result = refused(SHIM_WRITE);

	if (result == SQLITE_OK)
		result = real(file)->pMethods->xWrite(real(file), from, size, at);
	if (result == SQLITE_OK && wrapped(file)->name != NULL && shim->wrote != NULL)
		shim->wrote(wrapped(file)->name, from, (size_t)size, at);
	return result;
}

static int
run_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	int result = refused(SHIM_TRUNCATE);

	if (result == SQLITE_OK)
		result = real(file)->pMethods->xTruncate(real(file), size);
	if (result == SQLITE_OK && wrapped(file)->name != NULL && shim->cut_short != NULL)
		shim->cut_short(wrapped(file)->name, size);
	return result;
}

static int
run_sync(sqlite3_file *file, int flags)
{
	int result = refused(SHIM_SYNC);

	(void)flags;
	if (result != SQLITE_OK)
		return result;
	if (wrapped(file)->name != NULL && shim->synced != NULL)
		shim->synced(wrapped(file)->name, wrapped(file)->folder_due);
	wrapped(file)->folder_due = false;
	return SQLITE_OK;
}

static int
run_size(sqlite3_file *file, sqlite3_int64 *size)
{
	int result = refused(SHIM_SIZE);

	if (result != SQLITE_OK)
		return result;
	return real(file)->pMethods->xFileSize(real(file), size);
}

static int
run_lock(sqlite3_file *file, int level)
{
	int result = refused(SHIM_LOCK);

	if (result != SQLITE_OK)
		return result;
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

/* What might preallocate, or rename, is not known below; the rest is. */
static int
run_control(sqlite3_file *file, int op, void *argument)
{
	if (op == SQLITE_FCNTL_SIZE_HINT || op == SQLITE_FCNTL_CHUNK_SIZE)
		return SQLITE_NOTFOUND;
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
	int result = refused(SHIM_MAP);

	if (result != SQLITE_OK)
		return result;
	return real(file)->pMethods->xShmMap(real(file), page, size, extend, out);
}

static int
run_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
	int result = flags & SQLITE_SHM_LOCK ? refused(SHIM_LOCK) : SQLITE_OK;

	if (result != SQLITE_OK)
		return result;
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

static bool
is_there(const char *name)
{
	int there = 0;

	return name != NULL &&
	       system_vfs->xAccess(system_vfs, name, SQLITE_ACCESS_EXISTS, &there) == SQLITE_OK &&
	       there;
}

static int
run_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
	struct wrapped *opened = wrapped(file);
	bool fresh = flags & SQLITE_OPEN_CREATE && !is_there(name);
	int result = refused(SHIM_OPEN);

	(void)vfs;
	*opened = (struct wrapped){ .real = (sqlite3_file *)(opened + 1), .name = name };
	if (result != SQLITE_OK)
		return result;
	result = system_vfs->xOpen(system_vfs, name, opened->real, flags, out_flags);
	if (opened->real->pMethods != NULL)
		opened->base.pMethods = &METHODS;
	opened->folder_due = fresh && flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL);
	if (result == SQLITE_OK && fresh && name != NULL && shim->made != NULL)
		shim->made(name);
	return result;
}

static int
run_delete(sqlite3_vfs *vfs, const char *name, int folder)
{
	int result = refused(SHIM_DELETE);

	(void)vfs;
	if (result == SQLITE_OK)
		result = system_vfs->xDelete(system_vfs, name, 0);
	if (result == SQLITE_OK && shim->removed != NULL)
		shim->removed(name, folder != 0);
	return result;
}

static int
run_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
	int result = refused(SHIM_ACCESS);

	(void)vfs;
	if (result != SQLITE_OK)
		return result;
	return system_vfs->xAccess(system_vfs, name, flags, out);
}

static int
run_sleep(sqlite3_vfs *vfs, int microseconds)
{
	(void)vfs;
	return microseconds;
}

void
shim_install(const struct shim *hooks)
{
	static sqlite3_vfs vfs;

	shim = hooks;
	system_vfs = sqlite3_vfs_find(0);
	vfs = *system_vfs;
	vfs.zName = "shim";
	vfs.szOsFile = (int)sizeof(struct wrapped) + system_vfs->szOsFile;
	vfs.xOpen = run_open;
	vfs.xDelete = run_delete;
	vfs.xAccess = run_access;
	vfs.xSleep = run_sleep;
	sqlite3_vfs_register(&vfs, 1);
}
