/* similar_file.h - the file that was probably meant by a name that is not there. */
#ifndef CNNC_SUPPORT_SIMILAR_FILE_H
#define CNNC_SUPPORT_SIMILAR_FILE_H
#include "support/diagnostics.h"

/* Where path could not be read because it is not there (error is NO_SUCH_FILE), proposes a file of the same directory whose
 * name is nearly that, or that with an ending behind it. */
void add_similar_file(Arena *arena, Diagnostic *d, const char *path, const char *error);
#endif
