/* explain_shape.c - notes of shape errors; see explain_shape.h. */
#include "ops/explain_shape.h"

#include <string.h>

#include "ir/operator.h"
#include "support/checked.h"

enum { MAX_INSTANCES_SHOWN = 4, MAX_CHAIN = 64, SHOWN_STEPS = 6 };

void add_instance_notes(Diagnostic *d, const Instance *instance) {
  for (int i = 0; instance && i < MAX_INSTANCES_SHOWN; instance = instance->parent, i++) {
    Text text = text_new(d->owner->arena);
    if (instance->path[0]) text_addf(&text, "in block instance `%s`", instance->path);
    else text_addf(&text, "in this call of block `%s`", instance->block);
    if (instance->arguments[0]) text_addf(&text, ", with %s", instance->arguments);
    add_note_at(d, instance->call, "%s", text_string(&text));
  }
}

/* Paths are told as the block itself writes them. */
static const char *local_name(const Value *value) {
  const Instance *instance = value->producer ? value->producer->instance : NULL;
  size_t length = instance ? strlen(instance->path) : 0;
  if (length && strncmp(value->name, instance->path, length) == 0 && value->name[length] == '.') return value->name + length + 1;
  return value->name;
}

static bool same_shape(const Value *a, const Value *b) { return type_equal_shape(&a->type, &b->type); }

/* "conv1 (conv 3x3, stride 2) [128, 28, 28]" */
static void print_step(Text *out, const Value *value) {
  const Node *node = value->producer;
  const char *label = node && node->label ? local_name(value) : NULL;
  if (!node) text_add(out, value->name);
  else if (label) text_add(out, label);
  else text_add(out, node->op->name);
  if (node && node->op->describe) {
    Text words = text_new(out->arena);
    node->op->describe(&words, node);
    const char *described = text_string(&words);
    size_t length = strlen(node->op->name);
    if (strncmp(described, node->op->name, length) == 0) described += length;
    while (*described == ' ' || *described == ',') described++;
    if (*described) text_addf(out, " (%s)", described);
  }
  text_add(out, " ");
  type_print(out, &value->type);
}

/* The values that led here, newest first: back to an input of the net or to a layer with several inputs. */
static int collect_chain(const Value *value, const Value **chain) {
  int count = 0;
  while (count < MAX_CHAIN) {
    chain[count++] = value;
    const Node *node = value->producer;
    if (!node || node->input_count != 1 || node->inputs[0]->poisoned) break;
    value = node->inputs[0];
  }
  return count;
}

/* Layers that change the shape are told, the first and last of them if there are many; ".." stands for the others. */
static int choose_steps(const Value *const *chain, int count, bool *shown) {
  int changes = 0, seen = 0;
  for (int i = count - 2; i >= 0; i--) changes += !same_shape(chain[i], chain[i + 1]);
  for (int i = count - 1; i >= 0; i--) {
    bool changed = i == count - 1 || !same_shape(chain[i], chain[i + 1]);
    if (changed && i != count - 1) seen++;
    bool far = changes > SHOWN_STEPS && seen > 1 && seen < changes - SHOWN_STEPS + 2;
    shown[i] = i == 0 || (changed && !far);
  }
  return changes;
}

void add_shape_chain(Diagnostic *d, Arena *arena, const Value *value) {
  const Value *chain[MAX_CHAIN];
  bool shown[MAX_CHAIN];
  if (value->poisoned || !value->producer) return;
  int count = collect_chain(value, chain);
  if (count < 2 || choose_steps(chain, count, shown) == 0) return;
  Text text = text_new(arena);
  bool skipped = false;
  for (int i = count - 1; i >= 0; i--) {
    if (!shown[i]) {
      skipped = true;
      continue;
    }
    if (i != count - 1) text_add(&text, skipped ? " -> .. -> " : " -> ");
    skipped = false;
    print_step(&text, chain[i]);
  }
  add_note(d, "`%s` is %s because\n  %s", local_name(value), type_text(arena, &value->type), text_string(&text));
}

enum { MOST_SAMPLES = 4096, MOST_MULTIPLE = 64 };

/* The smallest multiple of the dim for which all values in its range (MOST_SAMPLES at most) give equal sizes; 0: none. */
static int64_t proving_multiple(const Size *a, const Size *b, SizeSample sample, int which) {
  const Dim *dim = sample.dims[which];
  for (int64_t multiple = dim->multiple + 1; multiple <= MOST_MULTIPLE; multiple++) {
    int64_t value = ceil_div(dim->minimum, multiple) * multiple;
    bool equal = multiple % dim->multiple == 0 && (dim->maximum < 0 || value <= dim->maximum);
    for (int i = 0; equal && i < MOST_SAMPLES && (dim->maximum < 0 || value <= dim->maximum); i++, value += multiple) {
      sample.values[which] = value;
      equal = size_at(a, &sample) == size_at(b, &sample);
    }
    if (equal) return multiple;
  }
  return 0;
}

static bool help_multiple(Diagnostic *d, const Size *a, const Size *b, const SizeSample *sample, int which) {
  const Dim *dim = sample->dims[which];
  int64_t multiple = dim->offset == 0 ? proving_multiple(a, b, *sample, which) : 0;
  if (!multiple) return false;
  Text range = text_new(d->owner->arena);
  if (dim->maximum >= 0) text_addf(&range, "%lld", (long long)dim->maximum);
  add_help(d, "`dim %s in %lld..%s (multiple_of=%lld)`", dim->name, (long long)dim->minimum, text_string(&range), (long long)multiple);
  return true;
}

void add_size_difference(Diagnostic *d, const Size *a, const Size *b) {
  SizeSample sample;
  if (!size_difference(a, b, &sample)) return;
  Text values = text_new(d->owner->arena);
  for (int i = 0; i < sample.count; i++)
    text_addf(&values, "%s%s = %lld", i ? " and " : "", sample.dims[i]->name, (long long)sample.values[i]);
  add_note(d, "for %s they are %lld and %lld", text_string(&values), (long long)size_at(a, &sample), (long long)size_at(b, &sample));
  for (int i = 0; i < sample.count; i++)
    if (help_multiple(d, a, b, &sample, i)) return;
}
