#ifndef LIAISON_ENGINE_OFFLINE_H
#define LIAISON_ENGINE_OFFLINE_H

/* What liaisond asks for while the daemon is stopped; both print and return the exit status. */

/* liaisond --check-backup FILE */
int offline_check_backup(const char *path);
/* liaisond --restore FILE: copies it to database; the old one is kept aside. */
int offline_restore(const char *path, const char *database);

#endif
