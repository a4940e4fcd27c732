/* weight_names.c - which tensor of the files is which parameter: prefixes, rules, and the two naming conventions.
 *
 * The layout of a file says how its sizes are ordered and nothing of names: PyTorch's and Keras's names, separated by
 * `.`, `/` or `_`, are found under either. Decides nothing about shapes. */
#include <stdlib.h>
#include <string.h>
#include "passes/weight_match.h"

static bool starts_with(const char *text, const char *prefix) { return !strncmp(text, prefix, strlen(prefix)); }

static bool ends_with(const char *text, const char *end) {
  size_t length = strlen(text), end_length = strlen(end);
  return length >= end_length && !strcmp(text + length - end_length, end);
}

bool glob_fits(const char *pattern, const char *text) {
  const char *star = NULL, *retry = NULL;
  while (*text) {
    if (*pattern == '*') {
      star = pattern++;
      retry = text;
    } else if (*pattern == *text) {
      pattern++;
      text++;
    } else if (star) {
      pattern = star + 1;
      text = ++retry;
    } else {
      return false;
    }
  }
  while (*pattern == '*') pattern++;
  return !*pattern;
}

/* `.` for `/`, and without the `:0` of TensorFlow's variables. */
static const char *plain_name(Arena *arena, const char *name) {
  char *plain = arena_strdup(arena, name);
  size_t length = strlen(plain);
  if (length > 2 && !strcmp(plain + length - 2, ":0")) plain[length - 2] = '\0';
  for (char *p = plain; *p; p++)
    if (*p == '/') *p = '.';
  return plain;
}

/* A pattern names a tensor or, before a separator, a prefix. Returns what follows it in the name; NULL: no match. */
static const char *after_pattern(const char *name, const char *pattern) {
  if (!starts_with(name, pattern)) return NULL;
  const char *rest = name + strlen(pattern);
  return !*rest || *rest == '.' || *rest == '/' ? rest : NULL;
}

static const char *apply_renames(Arena *arena, LoadedFile *file, const char *name) {
  int best = -1;
  for (int i = 0; i < file->source->rule_count; i++) {
    const WeightsRule *rule = &file->source->rules[i];
    if (!rule->rename || !after_pattern(name, rule->pattern)) continue;
    if (best < 0 || strlen(rule->pattern) > strlen(file->source->rules[best].pattern)) best = i;
  }
  if (best < 0) return name;
  file->rule_uses[best]++;
  const WeightsRule *rule = &file->source->rules[best];
  return arena_printf(arena, "%s%s", rule->target, after_pattern(name, rule->pattern));
}

const char *name_in_file(Arena *arena, const WeightsFile *source, const char *path) {
  const WeightsRule *best = NULL;
  for (int i = 0; i < source->rule_count; i++) {
    const WeightsRule *rule = &source->rules[i];
    if (!rule->rename || !after_pattern(path, rule->target)) continue;
    if (!best || strlen(rule->target) > strlen(best->target)) best = rule;
  }
  const char *prefix = source->strip_prefix ? source->strip_prefix : "";
  if (!best) return arena_printf(arena, "%s%s", prefix, path);
  return arena_printf(arena, "%s%s%s", prefix, best->pattern, after_pattern(path, best->target));
}

static NamedTensor name_tensor(Binder *b, LoadedFile *file, const WeightTensor *tensor) {
  Arena *arena = b->c->arena;
  const char *stripped = tensor->name, *prefix = file->source->strip_prefix;
  if (prefix && *prefix && starts_with(stripped, prefix) && strlen(stripped) > strlen(prefix)) {
    stripped += strlen(prefix);
    file->prefix_uses++;
  }
  NamedTensor named = {.stripped = stripped, .tensor = tensor, .file = file};
  named.name = plain_name(arena, apply_renames(arena, file, stripped));
  named.always_ignored = !strcmp(named.name, "num_batches_tracked") || ends_with(named.name, ".num_batches_tracked");
  for (int i = 0; i < file->source->rule_count; i++) {
    const WeightsRule *rule = &file->source->rules[i];
    if (rule->rename) continue;
    if (!glob_fits(rule->pattern, tensor->name) && !glob_fits(rule->pattern, stripped) && !glob_fits(rule->pattern, named.name)) continue;
    named.ignored = rule;
    file->rule_uses[i]++;
  }
  return named;
}

static int compare_named(const void *a, const void *b) {
  const NamedTensor *first = a, *second = b;
  int order = strcmp(first->name, second->name);
  return order ? order : strcmp(first->tensor->name, second->tensor->name);
}

static bool skipped(const NamedTensor *named) { return named->ignored || named->always_ignored; }

bool name_tensors(Binder *b) {
  size_t count = 0;
  for (int i = 0; i < b->file_count; i++) count += (size_t)b->files[i].table.count;
  b->tensors = ARENA_ARRAY(b->c->arena, NamedTensor, count);
  for (int i = 0; i < b->file_count; i++)
    for (int k = 0; k < b->files[i].table.count; k++) {
      NamedTensor named = name_tensor(b, &b->files[i], &b->files[i].table.tensors[k]);
      if (skipped(&named)) b->ignored++;
      else b->tensors[b->tensor_count++] = named;
    }
  if (b->tensor_count) qsort(b->tensors, (size_t)b->tensor_count, sizeof *b->tensors, compare_named);
  for (int i = 1; i < b->tensor_count; i++) {
    const NamedTensor *first = &b->tensors[i - 1], *second = &b->tensors[i];
    if (strcmp(first->name, second->name)) continue;
    Arena *arena = b->c->arena;
    Diagnostic *d = report(b->c->diagnostics, CODE_E0508, second->file->source->span, "two tensors have the name `%s`",
                           shown_name(arena, first->name));
    add_note(d, "`%s` in `%s` and `%s` in `%s`", shown_name(arena, first->tensor->name), first->file->source->path,
             shown_name(arena, second->tensor->name), second->file->source->path);
    add_help(d, "name the one that is not wanted in an `ignore` rule, or give one another name with `rename`");
    return false;
  }
  return true;
}

static NamedTensor *find_named(const Binder *b, const char *name) {
  NamedTensor key = {.name = name};
  int low = 0, high = b->tensor_count;
  while (low < high) {
    int middle = low + (high - low) / 2, order = strcmp(key.name, b->tensors[middle].name);
    if (!order) return &b->tensors[middle];
    if (order < 0) high = middle;
    else low = middle + 1;
  }
  return NULL;
}

/* What Keras calls the end of a path; `depthwise.weight` before `weight`, because it is longer. */
static const struct {
  const char *ours, *keras;
} conventions[] = {
    {"depthwise.weight", "depthwise_kernel"},
    {"pointwise.weight", "pointwise_kernel"},
    {"pointwise.bias", "bias"},
    {"weight", "kernel"},
    {"weight", "gamma"},
    {"weight", "depthwise_kernel"},
    {"weight", "alpha"},
    {"bias", "beta"},
    {"running_mean", "moving_mean"},
    {"running_var", "moving_variance"},
};

/* Under a name as it is, or with `_` for each `.`, as MXNet, many converters and our own C write it. */
static void find_either(const Binder *b, const char *name, NamedTensor **found, NamedTensor **second) {
  char *joined = arena_strdup(b->c->arena, name);
  for (char *p = joined; *p; p++)
    if (*p == '.') *p = '_';
  const char *names[] = {name, joined};
  for (int i = 0; i < (strcmp(name, joined) ? 2 : 1); i++) {
    NamedTensor *other = find_named(b, names[i]);
    if (!other || other->taken_by) continue;
    if (*found) *second = other;
    else *found = other;
  }
}

NamedTensor *find_for_parameter(const Binder *b, const Parameter *parameter, NamedTensor **second) {
  NamedTensor *found = NULL;
  *second = NULL;
  find_either(b, parameter->path, &found, second);
  for (size_t i = 0; i < sizeof conventions / sizeof *conventions; i++) {
    const char *end = conventions[i].ours;
    if (!ends_with(parameter->path, end)) continue;
    size_t scope = strlen(parameter->path) - strlen(end);
    if (scope && parameter->path[scope - 1] != '.') continue;
    find_either(b, arena_printf(b->c->arena, "%.*s%s", (int)scope, parameter->path, conventions[i].keras), &found, second);
  }
  return found;
}

const char *role_in_name(const char *name, size_t *scope) {
  size_t length = strlen(name), longest = 0;
  if (ends_with(name, ":0")) length -= 2;
  const char *role = NULL;
  for (size_t i = 0; i < sizeof conventions / sizeof *conventions; i++)
    for (int keras = 0; keras < 2; keras++) {
      const char *end = keras ? conventions[i].keras : conventions[i].ours;
      size_t size = strlen(end), start = length - size;
      if (strchr(conventions[i].ours, '.') || size > length || size <= longest || strncmp(name + start, end, size)) continue;
      if (start && !strchr("./_", name[start - 1])) continue;
      longest = size;
      role = conventions[i].ours;
      *scope = start ? start - 1 : 0;
    }
  return role;
}
