/* progress.h - one line on the terminal that says what takes so long, how much of it is done and since when.
 *
 * It appears after half a second, is drawn anew by a timer, and is gone before anything else is printed. Without
 * progress_allow nothing is ever shown. A signal handler draws: like those of cleanup.c, the variables are global. */
#ifndef CNNC_SUPPORT_PROGRESS_H
#define CNNC_SUPPORT_PROGRESS_H
#include <stdint.h>

/* Whoever runs cnnc wants to see it. Still nothing is shown unless standard error is a terminal that can go back in a line. */
void progress_allow(void);
/* What is done now, "pack_weights", a text that stays; `total`: of how many units, 0: nobody knows. */
void progress_begin(const char *stage, int64_t total);
/* So many units more are done. */
void progress_advance(int64_t units);
/* The stage is another program, which writes a file that will have so many bytes. */
void progress_follow(const char *stage, const char *path, int64_t bytes);
/* Takes the line away, until the next stage begins. */
void progress_end(void);
/* The same before somebody types: only what takes long after that is shown. */
void progress_wait(void);
#endif
