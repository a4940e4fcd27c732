/* cleanup.h - files, directories and processes that must not outlive cnnc, whichever way it ends.
 *
 * Entries are removed by whoever made them, or all at once by cleanup_all or by the handler of SIGINT, SIGTERM, SIGHUP,
 * which then lets the signal end the process. The only mutable globals of cnnc live here and in progress.c, for handlers. */
#ifndef CNNC_SUPPORT_CLEANUP_H
#define CNNC_SUPPORT_CLEANUP_H
#include <stdbool.h>
#include <sys/types.h>

/* Call before the file or directory is made. false: too many entries, or the path is too long. */
bool cleanup_file(const char *path);
bool cleanup_directory(const char *path); /* must be empty by then: register it before its files */
void cleanup_forget(const char *path);
/* The process to end with cnnc, and its group, which it leads; 0: none. */
void cleanup_child(pid_t child);
void cleanup_all(void);
/* The handler calls this before all else; it must be async-signal-safe. */
void cleanup_first(void (*act)(void));
/* Between the two, the signals wait. */
void cleanup_hold_signals(void);
void cleanup_release_signals(void);
#endif
