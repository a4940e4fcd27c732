/* reader.h - a whole file in memory. What cannot be a file of ours (a directory, a device, something endless) is
 * refused in words instead of hanging. Knows nothing of what is read. */
#ifndef CNNC_SUPPORT_READER_H
#define CNNC_SUPPORT_READER_H
#include <stddef.h>
#include <stdint.h>
#include "support/arena.h"

#define MAX_FILE_BYTES (UINT64_C(4) << 30)

#define NO_SUCH_FILE "No such file or directory" /* the *error of what is merely absent */

typedef enum ReadWhat {
  READ_FILES_ONLY, /* must be a regular file */
  READ_ANYTHING    /* named by the user: a pipe and "-", standard input, too */
} ReadWhat;

/* A standard stream that the caller has closed is taken, and stays useless: otherwise the next file that is opened gets its
 * number, and is read as standard input or gets messages. Comes before all else. */
void keep_standard_streams(void);
/* The bytes with a NUL after them; NULL: *error says why. */
const char *read_whole_file(Arena *arena, const char *path, ReadWhat what, size_t *length, const char **error);
/* A path that a source gave, beside the source: a regular file in the source's directory or below it. A path that is
 * absolute or has `..` or a backslash is refused, and so is a symbolic link on the way. `source` as in path_beside. */
const char *read_file_beside(Arena *arena, const char *path, const char *source, size_t *length, const char **error);
/* path, relative to the directory in which the file `relative_to` lies unless that is NULL or "-", standard input. */
const char *path_beside(Arena *arena, const char *path, const char *relative_to);
/* a/b for a/./b and a/x/../b, so that one file has one key. */
const char *normal_path(Arena *arena, const char *path);
#endif
