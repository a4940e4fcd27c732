/* compare_nets.c - see compare_nets.h. What the old net says with names of layers is compared as if they had been renamed there. */
#include "tools/compare_nets.h"

#include <string.h>
#include "support/name_table.h"

typedef struct Comparison {
  Arena *arena;
  NetChanges *changes;
  const NetFacts *before, *after;
  NameTable names;       /* of layers and tensors of the old net -> in the new one */
  LayerFacts **partners; /* by layer of the new net: the same in the old one; NULL: it is new */
  bool *gone;            /* by layer of the old net: the new one has none such */
} Comparison;

static Fact words(const char *text) { return (Fact){.words = text}; }

/* A `dim` whose range changed is told once, not with every size in which it appears. */
static bool same_size(Arena *arena, const Size *a, const Size *b) {
  return size_equal(a, b) || strcmp(size_text(arena, a), size_text(arena, b)) == 0;
}

static bool same_fact(Arena *arena, const Fact *a, const Fact *b) {
  if (a->size && b->size) return same_size(arena, a->size, b->size);
  if (a->words && b->words) return strcmp(a->words, b->words) == 0;
  return !a->size && !b->size && !a->words && !b->words;
}

static void add_change(Comparison *c, const char *layer, const char *what, Fact before, Fact after) {
  Change change = {layer, what, before, after};
  ARENA_PUSH(c->arena, c->changes->layers, c->changes->layer_count, change);
}

/* What the new net calls what the old one calls so. */
static const char *new_name(const Comparison *c, const char *name) {
  const char *found = find_name(&c->names, name);
  return found ? found : name;
}

/* ---- which layer is which ---- */

static LayerFacts *find_layer(const NetFacts *facts, const char *name) {
  for (int i = 0; i < facts->layer_count; i++)
    if (strcmp(facts->layers[i].name, name) == 0) return &facts->layers[i];
  return NULL;
}

static bool same_reads(const Comparison *c, const LayerFacts *before, const LayerFacts *after) {
  if (before->read_count != after->read_count) return false;
  for (int i = 0; i < after->read_count; i++)
    if (strcmp(new_name(c, before->reads[i]), after->reads[i]) != 0) return false;
  return true;
}

static bool same_type(Arena *arena, const TensorType *a, const TensorType *b) {
  bool same = a->dtype == b->dtype && a->rank == b->rank;
  for (int i = 0; same && i < a->rank; i++) same = same_size(arena, a->sizes[i], b->sizes[i]);
  return same;
}

static bool is_renamed(const Comparison *c, const LayerFacts *before, const LayerFacts *after) {
  return strcmp(before->call, after->call) == 0 && same_type(c->arena, before->type, after->type) &&
         before->parameters == after->parameters && same_reads(c, before, after);
}

static void pair(Comparison *c, int before, int after) {
  LayerFacts *old = &c->before->layers[before];
  const LayerFacts *new = &c->after->layers[after];
  c->partners[after] = old;
  c->gone[before] = false;
  put_name(&c->names, old->name, (void *)(uintptr_t) new->name);
  if (strcmp(old->tensor, old->name) != 0) put_name(&c->names, old->tensor, (void *)(uintptr_t) new->tensor);
}

/* First by name. Then in order, so that what a layer reads has its new name when its turn comes. */
static void match_layers(Comparison *c) {
  int count = c->before->layer_count;
  c->names = name_table(c->arena);
  c->partners = ARENA_ARRAY(c->arena, LayerFacts *, (size_t)c->after->layer_count + 1);
  c->gone = ARENA_ARRAY(c->arena, bool, (size_t)count + 1);
  for (int i = 0; i < count; i++) c->gone[i] = true;
  for (int i = 0; i < c->after->layer_count; i++) {
    LayerFacts *old = find_layer(c->before, c->after->layers[i].name);
    if (old) pair(c, (int)(old - c->before->layers), i);
  }
  for (int i = 0; i < c->after->layer_count; i++)
    for (int k = 0; k < count && !c->partners[i]; k++)
      if (c->gone[k] && is_renamed(c, &c->before->layers[k], &c->after->layers[i])) pair(c, k, i);
}

/* ---- what is different ---- */

static const char *text_of_type(Arena *arena, const TensorType *type) {
  return arena_printf(arena, "%s%s", type->dtype == DTYPE_F32 ? "" : dtype_name(type->dtype), type_text(arena, type));
}

static const char *list(Arena *arena, const char *const *names, int count) {
  Text text = text_new(arena);
  for (int i = 0; i < count; i++) text_addf(&text, "%s%s", i ? ", " : "", names[i]);
  return text_string(&text);
}

static const char *text_of_function(const LayerFacts *layer) { return layer->function ? layer->function : "nothing to compute"; }

static const char *text_of_place(Arena *arena, const Place *place) {
  if (!place->words) return "never in memory";
  return arena_printf(arena, "%s%s%s", place->words, place->tensor ? place->tensor : "", place->at);
}

static bool same_place(const Comparison *c, const Place *before, const Place *after) {
  if (!before->words || !after->words) return before->words == after->words;
  if (strcmp(before->words, after->words) != 0 || strcmp(before->at, after->at) != 0) return false;
  return before->tensor ? strcmp(new_name(c, before->tensor), after->tensor) == 0 : true;
}

static void compare_words(Comparison *c, const char *layer, const char *what, const char *before, const char *after) {
  if (strcmp(before, after) != 0) add_change(c, layer, what, words(before), words(after));
}

static void compare_sizes(Comparison *c, const char *layer, const char *what, const Size *before, const Size *after) {
  if (!same_size(c->arena, before, after)) add_change(c, layer, what, (Fact){.size = before}, (Fact){.size = after});
}

static void compare_plans(Comparison *c, const LayerFacts *before, const LayerFacts *after) {
  const char *name = after->name, *old = before->function ? new_name(c, before->function) : NULL;
  bool same_function = old && after->function ? strcmp(old, after->function) == 0 : old == after->function;
  if (!same_function) add_change(c, name, "computed in", words(text_of_function(before)), words(text_of_function(after)));
  else compare_words(c, name, "form", before->form, after->form);
  if (!same_place(c, &before->place, &after->place))
    add_change(c, name, "memory", words(text_of_place(c->arena, &before->place)), words(text_of_place(c->arena, &after->place)));
  compare_sizes(c, name, "weights bytes", size_of(c->arena, before->weight_bytes), size_of(c->arena, after->weight_bytes));
}

static bool both_planned(const Comparison *c) { return c->before->plan && c->after->plan; }

static void compare_layers(Comparison *c, const LayerFacts *before, const LayerFacts *after) {
  Arena *a = c->arena;
  const char *name = after->name;
  compare_words(c, name, "renamed", before->name, name);
  compare_words(c, name, "operation", before->call, after->call);
  if (!same_reads(c, before, after))
    add_change(c, name, "reads", words(list(a, before->reads, before->read_count)), words(list(a, after->reads, after->read_count)));
  if (!same_type(a, before->type, after->type))
    add_change(c, name, "output", words(text_of_type(a, before->type)), words(text_of_type(a, after->type)));
  compare_sizes(c, name, "parameters", size_of(a, before->parameters), size_of(a, after->parameters));
  compare_sizes(c, name, "MACs", before->macs, after->macs);
  if (both_planned(c)) compare_plans(c, before, after);
}

static Fact whole_layer(Arena *arena, const LayerFacts *layer) {
  Text text = text_new(arena);
  text_addf(&text, "%s: %s", layer->call, text_of_type(arena, layer->type));
  if (layer->parameters) text_addf(&text, ", %lld parameters", (long long)layer->parameters);
  if (!size_is(layer->macs, 0)) text_addf(&text, ", %s MACs", size_text(arena, layer->macs));
  return words(text_string(&text));
}

/* A layer that is gone stands where it stood. */
static void list_gone(Comparison *c, int *next, int end) {
  for (; *next < end; ++*next)
    if (c->gone[*next]) {
      const LayerFacts *layer = &c->before->layers[*next];
      add_change(c, layer->name, "removed", whole_layer(c->arena, layer), (Fact){0});
    }
}

static void compare_all_layers(Comparison *c) {
  int next = 0;
  for (int i = 0; i < c->after->layer_count; i++) {
    const LayerFacts *layer = &c->after->layers[i], *old = c->partners[i];
    if (old) {
      list_gone(c, &next, (int)(old - c->before->layers));
      compare_layers(c, old, layer);
    } else {
      add_change(c, layer->name, "added", (Fact){0}, whole_layer(c->arena, layer));
    }
  }
  list_gone(c, &next, c->before->layer_count);
}

/* ---- copies ---- */

/* Why the plan copies a tensor at this step, and which; NULL: it does not. */
static const char *copied(const Step *step, const char **why) {
  *why = step->note;
  if (!step->note) return NULL;
  return step->kind == STEP_COPY ? step->source->name : step->root->name;
}

/* Copies in `here` that `there` lacks. A tensor may be copied twice for the same reason. */
static void list_copies(Comparison *c, const Plan *here, const Plan *there, bool added) {
  bool *taken = ARENA_ARRAY(c->arena, bool, (size_t)there->step_count + 1);
  for (int i = 0; i < here->step_count; i++) {
    const char *why, *other_why, *name = copied(here->steps[i], &why);
    bool found = !name;
    for (int k = 0; k < there->step_count && !found; k++) {
      const char *other = copied(there->steps[k], &other_why);
      if (!other || taken[k] || strcmp(why, other_why) != 0) continue;
      const char *now = added ? name : new_name(c, name), *other_now = added ? new_name(c, other) : other;
      found = taken[k] = strcmp(now, other_now) == 0;
    }
    if (!found) add_change(c, name, added ? "now copied" : "copied no more", words(added ? NULL : why), words(added ? why : NULL));
  }
}

/* ---- the interface ---- */

typedef struct Port { /* an input or an output */
  const char *name, *text;
} Port;

static Port *ports(Arena *arena, const Graph *graph, bool outputs, int *count) {
  *count = outputs ? graph->output_count : graph->input_count;
  Port *all = ARENA_ARRAY(arena, Port, (size_t)*count + 1);
  for (int i = 0; i < *count; i++) {
    const TensorType *type = outputs ? &graph->outputs[i].value->type : &graph->inputs[i].value->type;
    bool hwc = outputs ? graph->outputs[i].hwc : graph->inputs[i].hwc;
    all[i].name = outputs ? graph->outputs[i].name : graph->inputs[i].value->name;
    all[i].text = arena_printf(arena, "%s%s", text_of_type(arena, type), hwc ? " (layout=hwc)" : "");
  }
  return all;
}

static Fact text_of_port(const Port *all, int count, const char *name) {
  for (int i = 0; i < count; i++)
    if (strcmp(all[i].name, name) == 0) return words(all[i].text);
  return (Fact){0};
}

static void compare_ports(Comparison *c, bool outputs) {
  int before_count, after_count;
  const Port *before = ports(c->arena, c->before->graph, outputs, &before_count);
  const Port *after = ports(c->arena, c->after->graph, outputs, &after_count);
  const char *what = outputs ? "output of the net" : "input of the net";
  for (int i = 0; i < before_count; i++) {
    Fact old = words(before[i].text), new = text_of_port(after, after_count, before[i].name);
    if (!same_fact(c->arena, &old, &new)) add_change(c, before[i].name, what, old, new);
  }
  for (int i = 0; i < after_count; i++)
    if (!text_of_port(before, before_count, after[i].name).words) add_change(c, after[i].name, what, (Fact){0}, words(after[i].text));
}

static const Dim *find_dim(const Graph *graph, const char *name) {
  for (int i = 0; i < graph->dim_count; i++)
    if (strcmp(graph->dims[i]->name, name) == 0) return graph->dims[i];
  return NULL;
}

static void compare_dims(Comparison *c) {
  const Graph *before = c->before->graph, *after = c->after->graph;
  for (int i = 0; i < before->dim_count; i++) {
    const Dim *old = before->dims[i], *new = find_dim(after, old->name);
    if (new) compare_words(c, old->name, "dim", dim_text(c->arena, old), dim_text(c->arena, new));
    else add_change(c, old->name, "dim", words(dim_text(c->arena, old)), (Fact){0});
  }
  for (int i = 0; i < after->dim_count; i++) {
    const Dim *new = after->dims[i];
    if (!find_dim(before, new->name)) add_change(c, new->name, "dim", (Fact){0}, words(dim_text(c->arena, new)));
  }
}

static void add_total(Comparison *c, const char *what, const Size *before, const Size *after) {
  Change total = {"total", what, {.size = before}, {.size = after}};
  ARENA_PUSH(c->arena, c->changes->totals, c->changes->total_count, total);
}

/* Both plans have those of the options. */
static void add_regions_of(Comparison *c, const char *kind, MemoryRegion *const *before, MemoryRegion *const *after, int count) {
  for (int i = 0; i < count; i++)
    add_total(c, arena_printf(c->arena, "%s %s bytes", kind, after[i]->name), size_of(c->arena, before[i]->bytes),
              size_of(c->arena, after[i]->bytes));
}

NetChanges compare_nets(Arena *arena, const NetFacts *before, const NetFacts *after) {
  NetChanges changes = {.before = before, .after = after};
  Comparison c = {.arena = arena, .changes = &changes, .before = before, .after = after};
  match_layers(&c);
  compare_words(&c, after->graph->name, "net renamed", before->graph->name, after->graph->name);
  compare_dims(&c);
  compare_ports(&c, false);
  compare_all_layers(&c);
  compare_ports(&c, true);
  if (both_planned(&c)) {
    list_copies(&c, before->plan, after->plan, false);
    list_copies(&c, after->plan, before->plan, true);
  }
  add_total(&c, "parameters", size_of(arena, before->parameters), size_of(arena, after->parameters));
  add_total(&c, "MACs", before->macs, after->macs);
  if (both_planned(&c)) {
    add_total(&c, "workspace bytes", before->plan->workspace_bytes, after->plan->workspace_bytes);
    add_regions_of(&c, "ram", before->plan->ram, after->plan->ram, after->plan->ram_count);
    add_total(&c, "weights bytes", size_of(arena, before->plan->weights_bytes), size_of(arena, after->plan->weights_bytes));
    add_regions_of(&c, "flash", before->plan->flash, after->plan->flash, after->plan->flash_count);
  }
  changes.any = changes.layer_count > 0;
  for (int i = 0; i < changes.total_count; i++)
    changes.any = changes.any || !same_fact(arena, &changes.totals[i].before, &changes.totals[i].after);
  return changes;
}
