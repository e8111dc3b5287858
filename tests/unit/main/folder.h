#ifndef TEST_MAIN_FOLDER_H
#define TEST_MAIN_FOLDER_H

/* A temporary folder for a test, removed with what lies in it. */
const char *folder_open(void);
void folder_close(void);
/* A path in it; static, four at a time. */
const char *folder_path(const char *name);
/* Writes a file there with that mode; returns its path. */
const char *folder_file(const char *name, const char *content, unsigned mode);

#endif
