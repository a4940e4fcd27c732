/* similar_file.c - see similar_file.h. */
#include "support/similar_file.h"

#include <dirent.h>
#include <string.h>
#include "support/reader.h"
#include "support/suggest.h"

enum { MOST_FILES = 4096 };

static void close_directory(void *object) { (void)closedir(object); }

static const char *similar_file(Arena *arena, const char *path) {
  const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
  const char *directory = slash ? arena_strndup(arena, path, (size_t)(slash - path + 1)) : ".";
  size_t length = strlen(name);
  DIR *stream = length ? opendir(directory) : NULL;
  if (!stream) return NULL;
  arena_defer(arena, close_directory, stream);
  Suggestion near = suggest_for(name);
  const char *longer = NULL;
  const struct dirent *entry;
  for (int i = 0; i < MOST_FILES && (entry = readdir(stream)) != NULL; i++) {
    if (entry->d_name[0] == '.') continue;
    const char *found = arena_strdup(arena, entry->d_name);
    suggest_candidate(&near, found);
    if (strncmp(found, name, length) || found[length] != '.') continue;
    if (!longer || !strcmp(found + length, ".cnn")) longer = found;
  }
  const char *meant = longer ? longer : suggested(&near);
  return !meant ? NULL : slash ? arena_printf(arena, "%s%s", directory, meant) : meant;
}

/* `random:SEED` stands for a file in many places. */
void add_similar_file(Arena *arena, Diagnostic *d, const char *path, const char *error) {
  const char *meant = strcmp(error, NO_SUCH_FILE) ? NULL : !strcmp(path, "random") ? "random:1" : similar_file(arena, path);
  if (meant) add_help(d, "did you mean `%s`?", meant);
}
