/* region_options.c - see region_options.h. A region's name becomes part of names in C: of a member of the env, and of macros. */
#include "tools/region_options.h"

#include <string.h>
#include "ir/size.h"
#include "support/suggest.h"
#include "tools/option_values.h"

enum { LONGEST_NAME = 15 };

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c; }

/* Macros have capitals only. */
static bool same_in_macros(const char *a, const char *b) {
  for (; *a && lower(*a) == lower(*b); a++) b++;
  return !*a && !*b;
}

static bool is_name(const char *name) {
  static const char first[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
                    all[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
  size_t length = strlen(name);
  return length && length <= LONGEST_NAME && strchr(first, *name) && strspn(name, all) == length;
}

/* What other members and macros are called: workspace_bytes, NET_WORKSPACE_BYTES, NET_WEIGHTS_FINGERPRINT_LOW. */
static bool is_taken(const char *name) {
  size_t length = strlen(name);
  return same_in_macros(name, "workspace") || (length >= 5 && same_in_macros(name + length - 5, "bytes"));
}

static Diagnostic *usage_error(Diagnostics *diagnostics, const char *text) {
  return report(diagnostics, CODE_E0901, (Span){0, 0}, "%s", text);
}

void add_region(Arena *arena, Diagnostics *diagnostics, RegionOption **list, const char *option, const char *text) {
  const char *equals = strchr(text, '='), *name = equals ? arena_strndup(arena, text, (size_t)(equals - text)) : text;
  bool sized = strcmp(option, "--flash") != 0; /* RAM without an end would leave nothing to the workspace */
  RegionOption *region = ARENA_NEW(arena, RegionOption);
  *region = (RegionOption){.name = name, .bytes = SIZE_LIMIT};
  if (!is_name(name)) {
    Diagnostic *d = usage_error(diagnostics, arena_printf(arena, "`%s` cannot be the name of a region", name));
    add_help(d, "a letter and up to %d letters, digits and `_`, as in `%s dtcm=64K`", LONGEST_NAME - 1, option);
    return;
  }
  if (is_taken(name)) {
    Diagnostic *d = usage_error(diagnostics, arena_printf(arena, "the region `%s` would take a name that the emitted C has already", name));
    add_help(d, "any other name");
    return;
  }
  if (!equals && sized) {
    Diagnostic *d = usage_error(diagnostics, arena_printf(arena, "`--ram %s` does not say how many bytes it has", name));
    add_help(d, "`--ram %s=64K`; what regions have no room for lies in the workspace", name);
    return;
  }
  if (equals && !parse_bytes(arena, diagnostics, option, equals + 1, &region->bytes)) return;
  while (*list) list = &(*list)->next;
  *list = region;
}

/* Each name that comes twice, among both kinds, is told once. */
static void check_names(Arena *arena, Diagnostics *diagnostics, const Options *options) {
  const char **names = NULL;
  int count = 0;
  for (const RegionOption *r = options->ram; r; r = r->next) ARENA_PUSH(arena, names, count, r->name);
  for (const RegionOption *r = options->flash; r; r = r->next) ARENA_PUSH(arena, names, count, r->name);
  for (int i = 0; i < count; i++) {
    int before = 0;
    for (int k = 0; k < i; k++) before += same_in_macros(names[k], names[i]);
    if (before == 1) usage_error(diagnostics, arena_printf(arena, "two regions have the name `%s`", names[i]));
  }
}

static bool has_region(const RegionOption *list, const char *name, Suggestion *near) {
  for (; list; list = list->next) {
    suggest_candidate(near, list->name);
    if (strcmp(list->name, name) == 0) return true;
  }
  return false;
}

static void check_places(Arena *arena, Diagnostics *diagnostics, const Options *options) {
  for (const Binding *place = options->places; place; place = place->next) {
    Suggestion near = suggest_for(place->value);
    suggest_candidate(&near, "workspace");
    bool known = strcmp(place->value, "workspace") == 0 || has_region(options->ram, place->value, &near) ||
                 has_region(options->flash, place->value, &near);
    if (known) continue;
    Diagnostic *d = usage_error(diagnostics,
                                arena_printf(arena, "`--place %s=%s`: there is no region `%s`", place->name, place->value, place->value));
    if (suggested(&near)) add_help(d, "did you mean `%s`?", suggested(&near));
    else add_help(d, "`--ram %s=BYTES` or `--flash %s` says that there is one", place->value, place->value);
  }
}

void check_regions(Arena *arena, Diagnostics *diagnostics, const Options *options) {
  check_names(arena, diagnostics, options);
  check_places(arena, diagnostics, options);
  if (options->flash && options->weights_as == WEIGHTS_AS_FILE) {
    Diagnostic *d = usage_error(diagnostics, "`--flash` is for tables of C; with `--weights-as file` the program says where the file lies");
    add_help(d, "leave one of them away");
  }
}
