/* check_places.c - see check_places.h. A name of --place is that of a layer or tensor where its region is RAM, and of a
 * table of weights where it is flash. */
#include "passes/check_places.h"

#include <string.h>

#include "passes/place_regions.h"
#include "support/suggest.h"

enum { MOST_LISTED = 12 };

static bool names_buffer(const Plan *plan, const char *name, const Buffer *buffer) {
  if (strcmp(buffer->name, name) == 0) return true;
  for (int i = 0; i < plan->value_count; i++)
    if (strcmp(plan->values[i]->name, name) == 0 && plan->views[i].buffer == buffer) return true;
  return false;
}

/* "conv1_weight", as its table is called, or "conv1.weight". */
static bool names_table(const char *name, const PackedTensor *packed) {
  const char *at = packed->name;
  while (*at && (*name == *at || (*name == '.' && *at == '_'))) at++, name++;
  return !*at && !*name;
}

static const MemoryRegion *find_region(MemoryRegion *const *regions, int count, const char *name) {
  for (int i = 0; i < count; i++)
    if (strcmp(regions[i]->name, name) == 0) return regions[i];
  return NULL;
}

const char *wanted_for_buffer(const Compilation *c, const Plan *plan, const Buffer *buffer) {
  for (const Binding *place = c->options->places; place; place = place->next)
    if (!find_region(plan->flash, plan->flash_count, place->value) && names_buffer(plan, place->name, buffer)) return place->value;
  return NULL;
}

const char *wanted_for_table(const Compilation *c, const PackedTensor *packed) {
  for (const Binding *place = c->options->places; place; place = place->next)
    if (names_table(place->name, packed)) return place->value;
  return NULL;
}

/* ---- names ---- */

typedef struct Listing { /* of names that could have been meant */
  Text names;
  int count;
  Suggestion near;
} Listing;

static Listing new_listing(Arena *arena, const char *name) { return (Listing){text_new(arena), 0, suggest_for(name)}; }

static void list_name(Listing *l, const char *name) {
  suggest_candidate(&l->near, name);
  if (l->count++ < MOST_LISTED) text_addf(&l->names, "%s%s", l->names.length ? ", " : "", name);
}

static void report_unknown(Compilation *c, const Plan *plan, const Binding *place, const char *what, Listing *l) {
  Diagnostic *d = report(c->diagnostics, CODE_E0708, plan->graph->span, "`--place %s=%s`: there is no %s `%s`", place->name, place->value,
                         what, place->name);
  if (suggested(&l->near)) add_help(d, "did you mean `%s`?", suggested(&l->near));
  if (l->count) add_note(d, "there are %s%s", text_string(&l->names), l->count > MOST_LISTED ? ", .. (all stand in `--dump=plan`)" : "");
}

static bool has_room(const Buffer *b) { return b->kind == BUFFER_WORKSPACE && b->first >= 0; }

/* ---- RAM ---- */

/* What else --place puts into the region while this buffer lives: " + conv1 1024 + conv2 512". */
static int64_t list_live(const Compilation *c, const Plan *plan, const MemoryRegion *region, const Buffer *buffer, Text *sum) {
  int64_t bytes = 0;
  for (int i = 0; i < plan->buffer_count; i++) {
    const Buffer *b = plan->buffers[i];
    if (b == buffer || !b->offset || b->region != region || b->first > buffer->last || b->last < buffer->first) continue;
    if (!wanted_for_buffer(c, plan, b)) continue;
    text_addf(sum, " + %s %lld", b->name, (long long)b->greatest_bytes);
    bytes += b->greatest_bytes;
  }
  return bytes;
}

static void report_misplaced(Compilation *c, const Plan *plan, const Binding *place, const Buffer *buffer) {
  const MemoryRegion *region = find_region(plan->ram, plan->ram_count, place->value);
  const char *other = wanted_for_buffer(c, plan, buffer);
  if (strcmp(other, place->value) != 0) {
    Diagnostic *d = report(c->diagnostics, CODE_E0708, plan->graph->span,
                           "`%s` cannot lie in `%s`: its memory is that of `%s`, which is placed in `%s`", place->name, place->value,
                           buffer->name, other);
    add_help(d, "place both in the same region");
    return;
  }
  Diagnostic *d = report(c->diagnostics, CODE_E0708, plan->graph->span, "`%s` does not fit into `%s`", place->name, place->value);
  if (buffer->greatest_bytes >= SIZE_LIMIT) {
    add_note(d, "its size grows with a `dim` without end");
    add_help(d, "give the range of the `dim` an end");
    return;
  }
  Text sum = text_new(plan->arena);
  int64_t others = list_live(c, plan, region, buffer, &sum);
  if (buffer->greatest_bytes > region->most) sum = text_new(plan->arena), others = 0;
  int64_t all = buffer->greatest_bytes + others;
  if (!others) add_note(d, "it needs %lld bytes, `%s` has %lld", (long long)all, region->name, (long long)region->most);
  else
    add_note(d, "with what is placed there and lives at the same time, %s %lld%s = %lld bytes, `%s` has %lld", buffer->name,
             (long long)buffer->greatest_bytes, text_string(&sum), (long long)all, region->name, (long long)region->most);
  if (all <= region->most) add_note(d, "tensors that do not live equally long leave gaps between them");
  add_help(d, "a larger `--ram %s=..`, or fewer tensors placed in it", region->name);
}

static void report_no_room(Compilation *c, const Plan *plan, const Binding *place, const Buffer *buffer) {
  Diagnostic *d = report(c->diagnostics, CODE_E0708, plan->graph->span, "`--place %s=%s`: `%s` has no memory of its own", place->name,
                         place->value, place->name);
  if (buffer && buffer->kind != BUFFER_WORKSPACE)
    add_note(d, "it lies in the caller's %s `%s`", buffer->kind == BUFFER_INPUT ? "input" : "output", buffer->name);
  else add_note(d, "the layer that reads it computes it on the way, or a stripe of it at a time: see `--dump=plan`");
}

static void check_tensor(Compilation *c, const Plan *plan, const Binding *place) {
  const Buffer *found = NULL;
  bool known = false;
  for (int i = 0; i < plan->buffer_count && !(found && has_room(found)); i++)
    if (names_buffer(plan, place->name, plan->buffers[i])) found = plan->buffers[i];
  for (int i = 0; i < plan->value_count && !found; i++) known = known || strcmp(plan->values[i]->name, place->name) == 0;
  if (!found && !known) {
    Listing all = new_listing(plan->arena, place->name);
    for (int i = 0; i < plan->buffer_count; i++)
      if (has_room(plan->buffers[i])) list_name(&all, plan->buffers[i]->name);
    report_unknown(c, plan, place, "tensor", &all);
  } else if (!found || !has_room(found)) {
    report_no_room(c, plan, place, found);
  } else if (found->region ? strcmp(found->region->name, place->value) != 0 : strcmp(place->value, "workspace") != 0) {
    report_misplaced(c, plan, place, found);
  }
}

static void report_unused(Compilation *c, const Plan *plan, const MemoryRegion *region, const char *what, int64_t least) {
  Diagnostic *d = report(c->diagnostics, CODE_W_unused_regions, plan->graph->span, "nothing lies in the region `%s`", region->name);
  if (least < SIZE_LIMIT)
    add_note(d, "the smallest %s that is left needs %lld bytes, `%s` has %lld", what, (long long)least, region->name,
             (long long)region->most);
  else add_note(d, "no %s is left for it", what);
}

/* The region becomes a member `workspace_NAME` of the env, beside those that dims are. */
static void check_member(Compilation *c, const Plan *plan, const MemoryRegion *region) {
  enum { MAX_C_NAME = 63 }; /* which C tells apart */
  const char *prefix = c->options->prefix ? c->options->prefix : plan->graph->name;
  if (strlen(prefix) + strlen("_WORKSPACE_") + strlen(region->name) + strlen("_BYTES") > MAX_C_NAME) {
    Diagnostic *d = report(c->diagnostics, CODE_E0701, plan->graph->span,
                           "a macro for the region `%s` would have a name that is too long in C", region->name);
    add_help(d, "C tells the first %d characters apart: shorten the name of the region or of the net", MAX_C_NAME);
  }
  const char *member = arena_printf(plan->arena, "workspace_%s", region->name);
  for (int i = 0; i < plan->graph->dim_count; i++) {
    const Dim *dim = plan->graph->dims[i];
    if (strcmp(dim->name, member) != 0 && strcmp(dim->name, arena_printf(plan->arena, "%s_bytes", member)) != 0) continue;
    Diagnostic *d = report(c->diagnostics, CODE_E0701, dim->span, "the dim `%s` would take the name of a member for the region `%s`",
                           dim->name, region->name);
    add_help(d, "choose another name for the dim, or for the region");
  }
}

bool check_ram(Compilation *c, const Plan *plan) {
  int before = c->diagnostics->errors;
  for (const Binding *place = c->options->places; place; place = place->next)
    if (!find_region(plan->flash, plan->flash_count, place->value)) check_tensor(c, plan, place);
  for (int i = 0; i < plan->ram_count; i++) {
    int64_t least = SIZE_LIMIT;
    check_member(c, plan, plan->ram[i]);
    for (int k = 0; k < plan->buffer_count; k++) {
      const Buffer *b = plan->buffers[k];
      if (has_room(b) && !b->region && b->greatest_bytes < least) least = b->greatest_bytes;
    }
    if (!plan->ram[i]->bytes) report_unused(c, plan, plan->ram[i], "tensor", least);
  }
  return c->diagnostics->errors == before;
}

/* ---- flash ---- */

static void check_table(Compilation *c, const Plan *plan, const Binding *place, const MemoryRegion *region) {
  Listing all = new_listing(plan->arena, place->name);
  const PackedTensor *found = NULL;
  for (int i = 0; i < plan->packed_count; i++) {
    list_name(&all, plan->packed[i]->name);
    if (names_table(place->name, plan->packed[i])) found = plan->packed[i];
  }
  if (!found) {
    report_unknown(c, plan, place, "table of weights", &all);
    return;
  }
  if (found->region == region) return;
  Diagnostic *d = report(c->diagnostics, CODE_E0708, plan->graph->span, "`%s` does not fit into `%s`", place->name, region->name);
  add_note(d, "it needs %lld bytes, and `%s` has %lld, of which %lld are taken", (long long)table_bytes(found), region->name,
           (long long)region->most, (long long)region->bytes);
  add_help(d, "a larger `--flash %s=..`, or fewer tables placed in it", region->name);
}

bool check_flash(Compilation *c, const Plan *plan) {
  int before = c->diagnostics->errors;
  for (const Binding *place = c->options->places; place; place = place->next) {
    const MemoryRegion *region = find_region(plan->flash, plan->flash_count, place->value);
    if (region) check_table(c, plan, place, region);
  }
  for (int i = 0; i < plan->flash_count; i++) {
    int64_t least = SIZE_LIMIT;
    for (int k = 0; k < plan->packed_count; k++)
      if (!plan->packed[k]->region && table_bytes(plan->packed[k]) < least) least = table_bytes(plan->packed[k]);
    if (!plan->flash[i]->bytes) report_unused(c, plan, plan->flash[i], "table of weights", least);
  }
  return c->diagnostics->errors == before;
}
