/* fit_flash.c - see fit_flash.h. The code itself is not counted: how large it becomes is up to the C compiler. */
#include "passes/fit_flash.h"

enum { MOST_NAMED = 4 };

typedef struct Share { /* of one layer */
  const char *name;
  int64_t bytes;
} Share;

static int64_t packed_bytes(const PackedTensor *packed) { return (packed->elements + packed->read_beyond) * (int64_t)sizeof(float); }

int64_t node_weight_bytes(const Plan *plan, const Node *node, bool *counted) {
  int64_t bytes = 0;
  for (int i = 0; i < node->parameter_count; i++) {
    const Parameter *parameter = node->parameters[i];
    bool in_file = parameter && parameter->kind != PARAMETER_CONSTANT;
    if (!in_file || counted[parameter->id]) continue;
    counted[parameter->id] = true;
    for (const PackedTensor *packed = plan->packed_of[parameter->id]; packed; packed = packed->next_order) bytes += packed_bytes(packed);
  }
  return bytes;
}

static int64_t constant_bytes(const Plan *plan) {
  int64_t bytes = 0;
  for (int i = 0; i < plan->constant_count; i++) bytes += packed_bytes(plan->constants[i]);
  return bytes;
}

/* Packed weights, and numbers that were given in the source; after `lower`. */
static int64_t flash_bytes(const Plan *plan) { return plan->weights_bytes + constant_bytes(plan); }

/* The largest first; returns how many have any. */
static int share_out(const Plan *plan, Share *shares) {
  const Graph *graph = plan->graph;
  bool *counted = ARENA_ARRAY(plan->arena, bool, (size_t)graph->parameter_count + 1);
  int count = 0;
  for (int i = 0; i < graph->node_count; i++) {
    Share share = {graph->nodes[i]->name, node_weight_bytes(plan, graph->nodes[i], counted)};
    if (!share.bytes) continue;
    int at = count++;
    for (; at > 0 && shares[at - 1].bytes < share.bytes; at--) shares[at] = shares[at - 1];
    shares[at] = share;
  }
  return count;
}

bool fits_flash(Compilation *c, const Plan *plan) {
  int64_t most = c->options->max_flash, bytes = flash_bytes(plan), rest = bytes;
  if (!most || bytes <= most) return true;
  Diagnostic *d = report(c->diagnostics, CODE_E0706, plan->graph->span, "the weights need %lld bytes, `--max-flash` allows %lld",
                         (long long)bytes, (long long)most);
  Share *shares = ARENA_ARRAY(plan->arena, Share, (size_t)plan->graph->node_count + 1);
  int count = share_out(plan, shares);
  Text sum = text_new(plan->arena);
  for (int i = 0; i < count && i < MOST_NAMED; i++) {
    text_addf(&sum, "%s%s %lld", i ? " + " : "", shares[i].name, (long long)shares[i].bytes);
    rest -= shares[i].bytes;
  }
  if (rest) text_addf(&sum, "%s%s %lld", sum.length ? " + " : "", count ? "the rest" : "numbers in the source", (long long)rest);
  add_note(d, "the layers with most: %s = %lld bytes; the code comes on top", text_string(&sum), (long long)bytes);
  if (has_form(plan, SCHEDULE_WINOGRAD)) add_help(d, "`--winograd none` keeps the kernels of convolutions as small as they are");
  if (count) add_help(d, "fewer channels in and out of `%s` save most", shares[0].name);
  return false;
}
