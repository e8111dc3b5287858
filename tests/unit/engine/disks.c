/* The disks of the store's tests, for the rooms above it. */
#include "store/shim.c"

#include "store/faulty.c"
