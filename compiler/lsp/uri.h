/* uri.h - file paths as editors write them: file:///home/a%20b.cnn. */
#ifndef CNNC_LSP_URI_H
#define CNNC_LSP_URI_H
#include "support/arena.h"

/* The path, its `.` and `..` resolved; of what is no file, the URI itself. */
const char *path_of_uri(Arena *arena, const char *uri);
const char *uri_of_path(Arena *arena, const char *path);
#endif
