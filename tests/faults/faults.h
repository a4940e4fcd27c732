/* faults.h - cnnc under faults that a machine may have: the whole program in this process or in a child, with one call
 * of the system, or one allocation, that goes wrong.
 *
 * world.c makes the directory that cnnc works in and looks at it afterwards; system_calls.c stands between cnnc and the
 * system; allocations.c and calls.c try every fault in turn. */
#ifndef CNNC_TESTS_FAULTS_H
#define CNNC_TESTS_FAULTS_H
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

int cnnc_main(int argc, char **argv); /* main.c's */

enum { MOST_WORDS = 16, MOST_FILES = 24, PATH_SIZE = 512 };

/* A directory's files, by name. */
typedef struct Snapshot {
  char names[MOST_FILES][PATH_SIZE];
  char *bytes[MOST_FILES];
  size_t lengths[MOST_FILES];
  int count;
} Snapshot;

Snapshot take_snapshot(const char *directory);
void free_snapshot(Snapshot *snapshot);
/* The index of the file; -1: there is none. */
int find_file(const Snapshot *snapshot, const char *name);
bool same_snapshot(const Snapshot *a, const Snapshot *b);
/* Whether every file of `now` is that of one or of the other, or a temporary one. */
bool is_mixture(const Snapshot *now, const Snapshot *a, const Snapshot *b);
/* Leaves out the files whose names begin so. */
void forget_files(Snapshot *snapshot, const char *beginning);
/* The name of a file of `now` that neither has. */
const char *stray_file(const Snapshot *now, const Snapshot *a, const Snapshot *b);
/* Makes the directory hold exactly these files. */
void restore_snapshot(const char *directory, const Snapshot *snapshot);
void write_file(const char *path, const char *bytes, size_t length);
char *read_file(const char *path, size_t *length);
/* What cnnc said on standard error since the last call. */
const char *messages(void);
/* From now on standard output and error go to files in this directory. */
void redirect_output(const char *directory);
void fail_test(const char *format, ...) __attribute__((format(printf, 1, 2)));

typedef enum Call {
  CALL_OPEN,
  CALL_READ,
  CALL_WRITE,
  CALL_FSYNC,
  CALL_CLOSE,
  CALL_LINK,
  CALL_RENAME,
  CALL_UNLINK,
  CALL_FCHMOD,
  CALL_FSTAT,
  CALLS
} Call;
extern const char *const call_names[CALLS];

typedef enum FaultKind { FAULT_NONE, FAULT_ERROR, FAULT_SHORT, FAULT_SIGNAL } FaultKind;

typedef struct Fault {
  FaultKind kind;
  Call call;
  long nth;      /* counted from 1 */
  int number;    /* errno or signal */
  bool for_ever; /* this call and all later ones of its kind */
  bool no_links; /* beside it: a file system that has no hard links */
} Fault;

/* Applies to this process from now on; how often each call is made is counted in counts, which children share. */
void set_fault(const Fault *fault);
extern long *call_counts;

/* Every allocation of each input, or every `step`-th where there are many. Returns how many were failed. */
long fail_allocations(const char *directory, char **inputs, int count, long most_each);
/* Every call of every scenario, or every `step`-th. Returns how many faults were tried. */
long fail_calls(const char *directory, const char *model, long step);
#endif
