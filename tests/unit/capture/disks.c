/* The disks of the store's tests, for the rooms above it. */
#include "store/shim.c"

#include "store/disk.c"
#include "store/disk_cut.c"
#include "store/faulty.c"
