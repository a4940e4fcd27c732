/* bench_times.c - see report.h: reads what `cnnc bench --json` printed. Whatever is not as it prints it is refused. */
#include <cjson/cJSON.h>
#include <string.h>
#include "support/reader.h"
#include "tools/report.h"

static void delete_tree(void *root) { cJSON_Delete(root); }

static const char *text_of(const cJSON *object, const char *name) {
  return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

/* Not negative and no NaN; -1: it is none. */
static double number_of(const cJSON *object, const char *name) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
  return cJSON_IsNumber(item) && item->valuedouble >= 0 && item->valuedouble < 1e15 ? item->valuedouble : -1;
}

static bool take_times(Arena *arena, const cJSON *root, BenchTimes *times) {
  const cJSON *layers = cJSON_GetObjectItemCaseSensitive(root, "layers"), *layer;
  times->net = text_of(root, "net");
  times->target = text_of(root, "target");
  times->ms = number_of(cJSON_GetObjectItemCaseSensitive(root, "totals"), "ms");
  if (number_of(root, "schema") != 1 || !times->net || !times->target || !cJSON_IsArray(layers) || times->ms < 0) return false;
  cJSON_ArrayForEach(layer, layers) {
    StepTime step = {.name = text_of(layer, "name"), .op = text_of(layer, "op"), .bound = text_of(layer, "bound")};
    step.ms = number_of(layer, "ms");
    step.percent_of_bound = number_of(layer, "percent_of_bound");
    if (!step.name || !step.op || step.ms < 0) return false;
    ARENA_PUSH(arena, times->steps, times->step_count, step);
  }
  return true;
}

bool read_bench_times(Session *session, const char *path, BenchTimes *times) {
  size_t length;
  const char *error, *bytes = read_whole_file(session->arena, path, READ_ANYTHING, &length, &error);
  *times = (BenchTimes){0};
  if (!bytes) {
    report(&session->diagnostics, CODE_E0902, (Span){0, 0}, "cannot read `%s`: %s", path, error);
    return false;
  }
  cJSON *root = cJSON_ParseWithLength(bytes, length);
  if (root) arena_defer(session->arena, delete_tree, root);
  if (root && take_times(session->arena, root, times)) return true;
  Diagnostic *d = report(&session->diagnostics, CODE_E0902, (Span){0, 0}, "`%s` is not what `cnnc bench --json` prints", path);
  add_help(d, "`cnnc bench %s --json >times.json`, then `--bench times.json`", session->line.options.file);
  return false;
}
