/* functions.c - the functions of compile-time expressions, and arithmetic on lists. Reports nothing: says why not. */
#include <string.h>

#include "ops/ops.h"
#include "passes/evaluate.h"

const char *const function_names[] = {"min", "max", "ceil_div", "round", "int", "len", "at", "select", "outer", "transpose", NULL};

bool is_function(const char *name) {
  for (int i = 0; function_names[i]; i++)
    if (strcmp(function_names[i], name) == 0) return true;
  return false;
}

static const Datum *fail(const char **why, const char *reason) {
  *why = reason;
  return NULL;
}

static const Datum *limited_list(Arena *arena, const Datum **items, int count, const char **why) {
  const Datum *list = datum_list(arena, items, count);
  return list ? list : fail(why, "the list is too large or nested too deeply");
}

const Datum *compute_elementwise(Arena *arena, AstBinaryOp op, const Datum *a, const Datum *b, const char **why) {
  bool left = a->kind == DATUM_LIST, right = b->kind == DATUM_LIST;
  if (!left && !right) {
    if (datum_is_numeric(a) && datum_is_numeric(b)) return compute_number(arena, op, a, b, why);
    return fail(why, "it needs numbers");
  }
  if (left && right && a->count != b->count) return fail(why, "the lists differ in length");
  int count = left ? a->count : b->count;
  const Datum **items = ARENA_ARRAY(arena, const Datum *, (size_t)count);
  for (int i = 0; i < count; i++) {
    const Datum *item = compute_elementwise(arena, op, left ? a->items[i] : a, right ? b->items[i] : b, why);
    if (!item) return NULL;
    Datum *placed = ARENA_NEW(arena, Datum);
    *placed = *item;
    placed->span = left ? a->items[i]->span : b->items[i]->span;
    items[i] = placed;
  }
  return limited_list(arena, items, count, why);
}

static const Datum *extreme(Arena *arena, bool minimum, const Datum **args, int count, const char **why) {
  if (count == 1 && args[0]->kind == DATUM_LIST) {
    count = args[0]->count;
    args = args[0]->items;
  }
  if (count == 0) return fail(why, "it needs at least one number");
  for (int i = 0; i < count; i++)
    if (!datum_is_numeric(args[i])) return fail(why, "it needs numbers");
  const Datum *best = args[0];
  for (int i = 1; i < count; i++) {
    const Datum *better = compute_number(arena, minimum ? AST_LT : AST_GT, args[i], best, why);
    if (!better) return NULL;
    if (better->truth) best = args[i];
  }
  return best;
}

static const Datum *ceil_quotient(Arena *arena, const Datum *a, const Datum *b, const char **why) {
  int64_t divisor;
  if (!datum_is_numeric(a) || !datum_is_numeric(b)) return fail(why, "it needs two numbers");
  if (a->kind == DATUM_SIZE && a->denominator == 1 && datum_is_whole(b, &divisor) && divisor > 0 && divisor <= INT32_MAX)
    return datum_size(arena, size_ceil_div(arena, a->size, divisor), 1);
  const Datum *zero = datum_number(arena, 0, 1), *negative = compute_number(arena, AST_SUB, zero, a, why);
  const Datum *down = compute_number(arena, AST_FLOOR_DIV, negative, b, why);
  return compute_number(arena, AST_SUB, zero, down, why);
}

static const Datum *round_each(Arena *arena, const Datum *a, bool to_zero, const char **why) {
  if (a->kind != DATUM_LIST) return datum_is_numeric(a) ? round_number(arena, a, to_zero, why) : fail(why, "it needs a number");
  const Datum **items = ARENA_ARRAY(arena, const Datum *, (size_t)a->count);
  for (int i = 0; i < a->count; i++) {
    items[i] = round_each(arena, a->items[i], to_zero, why);
    if (!items[i]) return NULL;
  }
  return limited_list(arena, items, a->count, why);
}

static const Datum *item_at(const Datum *list, const Datum *index, const char **why) {
  int64_t i;
  if ((list->kind != DATUM_LIST && list->kind != DATUM_TUPLE) || !datum_is_whole(index, &i))
    return fail(why, "it needs a list and a whole number");
  if (i < 0) i += list->count; /* from the end, as in Python */
  return i >= 0 && i < list->count ? list->items[i] : fail(why, "the list has no item of that number");
}

static const Datum *outer_product(Arena *arena, const Datum *a, const Datum *b, const char **why) {
  if (a->kind != DATUM_LIST || b->kind != DATUM_LIST || a->depth != 1 || b->depth != 1) return fail(why, "it needs two lists of numbers");
  if ((int64_t)a->count * b->count > MAX_LIST_LEAVES) return fail(why, "the list is too large");
  const Datum **rows = ARENA_ARRAY(arena, const Datum *, (size_t)a->count);
  for (int i = 0; i < a->count; i++) {
    rows[i] = compute_elementwise(arena, AST_MUL, a->items[i], b, why);
    if (!rows[i]) return NULL;
  }
  return limited_list(arena, rows, a->count, why);
}

static const Datum *transposed(Arena *arena, const Datum *a, const char **why) {
  if (a->kind != DATUM_LIST || a->count == 0 || a->items[0]->kind != DATUM_LIST) return fail(why, "it needs a list of lists");
  int rows = a->items[0]->count;
  for (int i = 0; i < a->count; i++)
    if (a->items[i]->kind != DATUM_LIST || a->items[i]->count != rows) return fail(why, "its rows differ in length");
  const Datum **items = ARENA_ARRAY(arena, const Datum *, (size_t)rows);
  for (int row = 0; row < rows; row++) {
    const Datum **columns = ARENA_ARRAY(arena, const Datum *, (size_t)a->count);
    for (int i = 0; i < a->count; i++) columns[i] = a->items[i]->items[row];
    items[row] = limited_list(arena, columns, a->count, why);
  }
  return limited_list(arena, items, rows, why);
}

const Datum *call_function(Arena *arena, const char *name, const Datum **args, int count, const char **why) {
  bool minimum = strcmp(name, "min") == 0;
  if (minimum || strcmp(name, "max") == 0) return extreme(arena, minimum, args, count, why);
  if (strcmp(name, "select") == 0) {
    if (count != 3 || args[0]->kind != DATUM_BOOL) return fail(why, "it needs a condition and two values");
    return args[args[0]->truth ? 1 : 2];
  }
  if (strcmp(name, "round") == 0 || strcmp(name, "int") == 0) {
    return count == 1 ? round_each(arena, args[0], name[0] == 'i', why) : fail(why, "it needs one number");
  }
  if (strcmp(name, "len") == 0) {
    if (count != 1 || (args[0]->kind != DATUM_LIST && args[0]->kind != DATUM_TUPLE)) return fail(why, "it needs one list");
    return datum_number(arena, args[0]->count, 1);
  }
  if (strcmp(name, "transpose") == 0) return count == 1 ? transposed(arena, args[0], why) : fail(why, "it needs one list");
  if (count != 2) return fail(why, "it needs two values");
  if (strcmp(name, "ceil_div") == 0) return ceil_quotient(arena, args[0], args[1], why);
  if (strcmp(name, "at") == 0) return item_at(args[0], args[1], why);
  if (strcmp(name, "outer") == 0) return outer_product(arena, args[0], args[1], why);
  return fail(why, "there is no such function");
}

static bool has_choice(const char *choices, const char *word) {
  size_t length = strlen(word);
  while (choices && *choices) {
    const char *end = strchr(choices, '|');
    size_t here = end ? (size_t)(end - choices) : strlen(choices);
    if (here == length && strncmp(choices, word, length) == 0) return true;
    choices = end ? end + 1 : NULL;
  }
  return false;
}

bool is_attribute_word(const char *word) {
  DType dtype;
  if (has_choice("valid|same|same_upper|same_lower|full|causal", word) || dtype_from_name(word, &dtype)) return true;
  for (int i = 0; all_operators[i]; i++)
    for (const Attribute *a = all_operators[i]->attributes; a && a->name; a++)
      if (has_choice(a->choices, word)) return true;
  return false;
}
