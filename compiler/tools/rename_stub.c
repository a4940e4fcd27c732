/* rename_stub.c - see rename_stub.h.
 *
 * Parameters and tensors that have found nobody are gathered into groups: what stands under one name up to the role, as
 * a layer's weight and bias do. Groups of the same roles and shapes are paired if the tensors' name ends with the layer's;
 * or if there is one on each side; or one after the other, if there are equally many and the tensors' names differ in
 * numbers only. Last, single tensors are paired whose shape occurs once. */
#include "tools/rename_stub.h"

#include <stdlib.h>
#include <string.h>

typedef struct Group {
  const char *name; /* of the layer, or as in the file, up to the separator before the role */
  const WeightRow **rows;
  int count;
  const char *signature; /* "bias [6];weight [6, 5, 5];": sizes of 1 do not count */
  const char *series;    /* the name without its numbers */
  bool by_prefix;        /* a rule for the name reaches the rows and nothing else */
  bool tried;            /* with all others of its signature */
  struct Group *partner;
} Group;

typedef struct Groups {
  Group *items;
  int count;
} Groups;

typedef struct Stub {
  Arena *arena;
  const WeightsReport *report;
  Groups layers, tensors;
  /* By row. */
  const char **roles, **shapes; /* a role is NULL where none is known */
  bool *taken, *asked;
} Stub;

static int compare_text(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

static const char *shape_text(Arena *arena, const WeightRow *row) {
  int64_t sizes[MAX_TENSOR_RANK];
  int count = 0, rank = row->parameter ? row->rank : row->tensor->rank;
  for (int i = 0; i < rank; i++) {
    int64_t size = row->parameter ? row->expected[i] : row->tensor->sizes[i];
    if (size != 1) sizes[count++] = size;
  }
  return sizes_text(arena, sizes, count);
}

static size_t index_of(const Stub *stub, const WeightRow *row) { return (size_t)(row - stub->report->rows); }

static const char *signature_of(const Stub *stub, const Group *group) {
  const char **parts = ARENA_ARRAY(stub->arena, const char *, (size_t)group->count);
  for (int i = 0; i < group->count; i++) {
    size_t row = index_of(stub, group->rows[i]);
    parts[i] = arena_printf(stub->arena, "%s %s;", stub->roles[row], stub->shapes[row]);
  }
  qsort(parts, (size_t)group->count, sizeof *parts, compare_text);
  Text text = text_new(stub->arena);
  for (int i = 0; i < group->count; i++) text_add(&text, parts[i]);
  return text_string(&text);
}

/* Whether `rename "name" = ..` would touch a tensor that is not of the group. */
static bool reaches_others(const WeightsReport *report, const Group *group) {
  size_t length = strlen(group->name);
  for (int i = 0; i < report->count; i++) {
    const WeightRow *row = &report->rows[i];
    bool own = false;
    for (int k = 0; k < group->count; k++) own = own || group->rows[k] == row;
    if (own || !row->tensor || strncmp(row->name, group->name, length)) continue;
    if (!row->name[length] || strchr("./", row->name[length])) return true;
  }
  return false;
}

/* "conv2d_10" comes after "conv2d_9". */
static int compare_natural(const void *first, const void *second) {
  const char *a = ((const Group *)first)->name, *b = ((const Group *)second)->name;
  while (*a && *b) {
    size_t a_digits = strspn(a, "0123456789"), b_digits = strspn(b, "0123456789");
    if (a_digits && b_digits) {
      if (a_digits != b_digits) return a_digits < b_digits ? -1 : 1;
      int order = strncmp(a, b, a_digits);
      if (order) return order;
      a += a_digits, b += b_digits;
    } else {
      if (*a != *b) return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
      a++, b++;
    }
  }
  return *a ? 1 : *b ? -1 : 0;
}

/* "conv#d" for "conv2d" and "conv2d_10". */
static const char *without_numbers(Arena *arena, const char *name) {
  Text text = text_new(arena);
  while (*name) {
    size_t digits = strspn(name, "0123456789");
    size_t counter = *name == '_' ? strspn(name + 1, "0123456789") : 0;
    if (counter && !name[1 + counter]) break;
    text_add_char(&text, digits ? '#' : *name, 1);
    name += digits ? digits : 1;
  }
  return text_string(&text);
}

static Group *group_named(Stub *stub, Groups *groups, const char *name) {
  for (int i = groups->count - 1; i >= 0; i--)
    if (!strcmp(groups->items[i].name, name)) return &groups->items[i];
  Group group = {.name = name};
  ARENA_PUSH(stub->arena, groups->items, groups->count, group);
  return &groups->items[groups->count - 1];
}

/* Rows of one side that have found nobody, gathered under the name before their role. */
static void gather(Stub *stub) {
  for (int i = 0; i < stub->report->count; i++) {
    const WeightRow *row = &stub->report->rows[i];
    if (row->verdict != WEIGHT_MISSING && row->verdict != WEIGHT_UNUSED) continue;
    const char *whole = row->parameter ? row->parameter->path : row->name;
    size_t scope = 0;
    stub->shapes[i] = shape_text(stub->arena, row);
    stub->roles[i] = row->parameter ? row->parameter->role : role_in_name(whole, &scope);
    if (!stub->roles[i]) continue;
    if (row->parameter && strlen(whole) > strlen(row->parameter->role)) scope = strlen(whole) - strlen(row->parameter->role) - 1;
    Group *group = group_named(stub, row->parameter ? &stub->layers : &stub->tensors, arena_strndup(stub->arena, whole, scope));
    ARENA_PUSH(stub->arena, group->rows, group->count, row);
  }
}

static void describe_groups(Stub *stub) {
  for (int side = 0; side < 2; side++) {
    Groups *groups = side ? &stub->tensors : &stub->layers;
    for (int i = 0; i < groups->count; i++) {
      Group *group = &groups->items[i];
      group->signature = signature_of(stub, group);
      group->series = without_numbers(stub->arena, group->name);
      const char *whole = group->rows[0]->name;
      size_t length = strlen(group->name);
      group->by_prefix = side && length && strchr("./", whole[length]) && !reaches_others(stub->report, group);
    }
  }
  if (stub->tensors.count) qsort(stub->tensors.items, (size_t)stub->tensors.count, sizeof(Group), compare_natural);
}

static void pair(Group *layer, Group *tensors) {
  layer->partner = tensors;
  tensors->partner = layer;
}

static bool alike(const Group *layer, const Group *tensors) {
  return !layer->partner && !tensors->partner && !strcmp(layer->signature, tensors->signature);
}

/* Whether the name, `.` for `/`, ends with the layer's. */
static bool ends_with_name(const Group *tensors, const Group *layer) {
  size_t length = strlen(tensors->name), end = strlen(layer->name);
  if (length < end || (length > end && !strchr("./", tensors->name[length - end - 1]))) return false;
  for (size_t i = 0; i < end; i++) {
    char c = tensors->name[length - end + i];
    if ((c == '/' ? '.' : c) != layer->name[i]) return false;
  }
  return true;
}

static void pair_equal_names(Stub *stub) {
  for (int i = 0; i < stub->layers.count; i++) {
    Group *only = NULL;
    int found = 0;
    for (int k = 0; k < stub->tensors.count; k++) {
      Group *tensors = &stub->tensors.items[k];
      if (!alike(&stub->layers.items[i], tensors) || !ends_with_name(tensors, &stub->layers.items[i])) continue;
      only = tensors;
      found++;
    }
    if (found == 1) pair(&stub->layers.items[i], only);
  }
}

static void pair_alike(Stub *stub, const char *signature) {
  Group **layers = NULL, **tensors = NULL;
  int layer_count = 0, tensor_count = 0;
  bool one_series = true;
  for (int i = 0; i < stub->layers.count; i++) {
    Group *group = &stub->layers.items[i];
    if (group->partner || strcmp(group->signature, signature)) continue;
    group->tried = true;
    ARENA_PUSH(stub->arena, layers, layer_count, group);
  }
  for (int i = 0; i < stub->tensors.count; i++) {
    Group *group = &stub->tensors.items[i];
    if (!group->partner && !strcmp(group->signature, signature)) ARENA_PUSH(stub->arena, tensors, tensor_count, group);
  }
  if (layer_count != tensor_count) return;
  for (int i = 1; i < tensor_count; i++) one_series = one_series && !strcmp(tensors[0]->series, tensors[i]->series);
  for (int i = 0; i < layer_count && one_series; i++) pair(layers[i], tensors[i]);
}

static bool printable(const char *name) {
  for (; *name; name++)
    if (*name < 0x20 || *name == 0x7f || *name == '"' || *name == '\\') return false;
  return true;
}

static void write_rule(Text *out, const char *name, const char *target) {
  text_addf(out, "    %srename \"%s\" = %s\n", printable(name) ? "" : "# ", printable(name) ? name : shown_name(out->arena, name), target);
}

/* One rule for all of the group, or one for each tensor. */
static void write_pair(Stub *stub, Text *out, const Group *layer) {
  const Group *tensors = layer->partner;
  bool whole = tensors->by_prefix && *layer->name;
  if (whole) write_rule(out, tensors->name, layer->name);
  for (int i = 0; i < layer->count; i++)
    for (int k = 0; k < tensors->count; k++) {
      size_t parameter = index_of(stub, layer->rows[i]), tensor = index_of(stub, tensors->rows[k]);
      if (strcmp(stub->roles[parameter], stub->roles[tensor])) continue;
      if (!whole) write_rule(out, tensors->rows[k]->name, layer->rows[i]->parameter->path);
      stub->taken[parameter] = stub->taken[tensor] = true;
    }
}

/* Whether the tensor may be the parameter's, as far as shape and role tell. */
static bool could_be(Stub *stub, int parameter, int tensor) {
  const WeightRow *wanted = &stub->report->rows[parameter], *found = &stub->report->rows[tensor];
  if (wanted->verdict != WEIGHT_MISSING || found->verdict != WEIGHT_UNUSED || stub->taken[parameter] || stub->taken[tensor]) return false;
  const char *role = stub->roles[tensor];
  return (!role || !strcmp(role, wanted->parameter->role)) && !strcmp(stub->shapes[parameter], stub->shapes[tensor]);
}

/* The tensor that alone could be the parameter's, and nobody else's; -1: there is none, or several. */
static int only_tensor(Stub *stub, int parameter) {
  int only = -1;
  for (int i = 0; i < stub->report->count; i++) {
    if (!could_be(stub, parameter, i)) continue;
    if (only >= 0) return -1;
    only = i;
  }
  for (int i = 0; only >= 0 && i < stub->report->count; i++)
    if (i != parameter && could_be(stub, i, only)) return -1;
  return only;
}

/* "one of .., .." behind the rule that a person has to complete. */
typedef struct Question {
  Text *out;
  int shown;
} Question;

static Question ask(Text *out, const char *target) {
  text_addf(out, "    # rename \"?\" = %s", target);
  return (Question){out, 0};
}

static void offer(Question *question, const char *name) {
  enum { MOST = 4 };
  if (question->shown < MOST)
    text_addf(question->out, "%s\"%s\"", question->shown ? ", " : "  # one of ", shown_name(question->out->arena, name));
  else if (question->shown == MOST) text_add(question->out, ", ..");
  question->shown++;
}

/* A layer for whose tensors there are several candidates, or which is one of several for them. */
static void ask_for_layer(Stub *stub, Text *out, const Group *layer) {
  bool possible = false;
  for (int i = 0; i < stub->tensors.count; i++)
    possible = possible || (stub->tensors.items[i].by_prefix && alike(layer, &stub->tensors.items[i]));
  if (!possible || !*layer->name) return;
  Question question = ask(out, layer->name);
  for (int i = 0; i < stub->tensors.count; i++)
    if (alike(layer, &stub->tensors.items[i])) offer(&question, stub->tensors.items[i].name);
  text_add(out, "\n");
  for (int i = 0; i < layer->count; i++) stub->asked[index_of(stub, layer->rows[i])] = true;
}

static void ask_for_parameter(Stub *stub, Text *out, int parameter) {
  const WeightRow *row = &stub->report->rows[parameter];
  Question question = ask(out, row->parameter->path);
  for (int i = 0; i < stub->report->count; i++)
    if (could_be(stub, parameter, i)) offer(&question, stub->report->rows[i].name);
  if (!question.shown) text_addf(out, "  # no tensor is %s", sizes_text(stub->arena, row->expected, row->rank));
  text_add(out, "\n");
}

/* What nobody took, one line for each name. */
static void write_ignores(Stub *stub, Text *out) {
  for (int i = 0; i < stub->tensors.count; i++) {
    const Group *group = &stub->tensors.items[i];
    bool whole = group->by_prefix;
    for (int k = 0; k < group->count; k++) whole = whole && !stub->taken[index_of(stub, group->rows[k])];
    if (!whole) continue;
    text_addf(out, "    # ignore \"%s%c*\"\n", shown_name(stub->arena, group->name), group->rows[0]->name[strlen(group->name)]);
    for (int k = 0; k < group->count; k++) stub->taken[index_of(stub, group->rows[k])] = true;
  }
  for (int i = 0; i < stub->report->count; i++)
    if (stub->report->rows[i].verdict == WEIGHT_UNUSED && !stub->taken[i])
      text_addf(out, "    # ignore \"%s\"\n", shown_name(stub->arena, stub->report->rows[i].name));
}

int write_rename_stub(Text *out, const WeightsReport *report) {
  size_t count = (size_t)report->count;
  Stub stub = {.arena = out->arena,
               .report = report,
               .roles = ARENA_ARRAY(out->arena, const char *, count),
               .shapes = ARENA_ARRAY(out->arena, const char *, count),
               .taken = ARENA_ARRAY(out->arena, bool, count),
               .asked = ARENA_ARRAY(out->arena, bool, count)};
  gather(&stub);
  describe_groups(&stub);
  pair_equal_names(&stub);
  for (int i = 0; i < stub.layers.count; i++)
    if (!stub.layers.items[i].partner && !stub.layers.items[i].tried) pair_alike(&stub, stub.layers.items[i].signature);
  for (int i = 0; i < stub.layers.count; i++)
    if (stub.layers.items[i].partner) write_pair(&stub, out, &stub.layers.items[i]);
  for (int i = 0; i < report->count; i++) {
    int tensor = only_tensor(&stub, i);
    if (tensor < 0) continue;
    write_rule(out, report->rows[tensor].name, report->rows[i].parameter->path);
    stub.taken[i] = stub.taken[tensor] = true;
  }
  int left = 0;
  for (int i = 0; i < stub.layers.count; i++) {
    bool untouched = !stub.layers.items[i].partner;
    for (int k = 0; k < stub.layers.items[i].count; k++)
      untouched = untouched && !stub.taken[index_of(&stub, stub.layers.items[i].rows[k])];
    if (untouched) ask_for_layer(&stub, out, &stub.layers.items[i]);
  }
  for (int i = 0; i < report->count; i++) {
    if (report->rows[i].verdict != WEIGHT_MISSING || stub.taken[i]) continue;
    if (!stub.asked[i]) ask_for_parameter(&stub, out, i);
    left++;
  }
  write_ignores(&stub, out);
  return left;
}
