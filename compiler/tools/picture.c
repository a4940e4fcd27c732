/* picture.c - see picture.h: from the layers of a net to boxes and arrows. */
#include "tools/report.h"

#include <string.h>
#include "ir/operator.h"

enum { LONGEST_CALL = 60 }; /* a filter may have hundreds of numbers */

const KindStyle kind_styles[KIND_COUNT] = {
    [KIND_CONVOLUTION] = {"convolution", "#fdd49e", "#c98a3c"},
    [KIND_DENSE] = {"fully connected", "#dcc2f2", "#8e62b8"},
    [KIND_POOLING] = {"pooling, reduction", "#f6b3ad", "#c25b52"},
    [KIND_NORMALISATION] = {"normalisation", "#c3e6ca", "#5b9e68"},
    [KIND_ACTIVATION] = {"activation, function", "#fff3b8", "#bfa63a"},
    [KIND_COMBINATION] = {"sum, concatenation", "#b3d5f7", "#4f86bd"},
    [KIND_SHAPE] = {"shape", "#e6e6e6", "#8c8c8c"},
    [KIND_BLOCK] = {"block", "#d5dbea", "#5d6b8c"},
};

static bool any_of(const char *name, const char *const *parts) {
  for (; *parts; parts++)
    if (strstr(name, *parts)) return true;
  return false;
}

LayerKind kind_of(const Operator *op) {
  if (any_of(op->name, (const char *const[]){"conv", "filter", "correlate", NULL})) return KIND_CONVOLUTION;
  if (!strcmp(op->name, "fc")) return KIND_DENSE;
  if (any_of(op->name, (const char *const[]){"_pool", "reduce_", "argmax", NULL})) return KIND_POOLING;
  if (any_of(op->name, (const char *const[]){"norm", "affine", "lrn", NULL})) return KIND_NORMALISATION;
  if (op->kind == OPERATOR_JOIN || op->min_inputs > 1) return op->kind == OPERATOR_SLICE ? KIND_SHAPE : KIND_COMBINATION;
  if (op->kind == OPERATOR_ELEMENTWISE || strstr(op->name, "softmax")) return KIND_ACTIVATION;
  return KIND_SHAPE;
}

/* "1,234,567", or the text of a size that varies. */
static const char *grouped(Arena *arena, const Size *size) {
  int64_t value;
  if (!size_is_const(size, &value)) return size_text(arena, size);
  return grouped_number(arena, value);
}

const char *counts_text(Arena *arena, int layers, int64_t parameters, const Size *macs) {
  Text text = text_new(arena);
  text_addf(&text, "%d layer%s", layers, layers == 1 ? "" : "s");
  if (parameters) text_addf(&text, ", %s parameters", grouped(arena, size_of(arena, parameters)));
  if (size_is_const(macs, NULL) && !size_is(macs, 0)) text_addf(&text, ", %s MACs", grouped(arena, macs));
  return text_string(&text);
}

/* "64×56×56", "uint8 3×H×W" */
static const char *shape_text(Arena *arena, const TensorType *type) {
  Text text = text_new(arena);
  const char *times = type_is_const(type) ? "\xc3\x97" : " \xc3\x97 ";
  if (type->dtype != DTYPE_F32) text_addf(&text, "%s ", dtype_name(type->dtype));
  for (int i = 0; i < type->rank; i++) text_addf(&text, "%s%s", i ? times : "", size_text(arena, type->sizes[i]));
  return text_string(&text);
}

static const char *shortened(Arena *arena, const char *call) {
  size_t length = LONGEST_CALL;
  if (strlen(call) <= length) return call;
  while (((unsigned char)call[length] & 0xc0) == 0x80) length--;
  return arena_printf(arena, "%.*s ..", (int)length, call);
}

typedef struct Drawing { /* while it is made */
  Arena *arena;
  Picture *picture;
  const Graph *graph;
  PictureGroup **group_of; /* by node */
  const char **shared;     /* by node: whose weights it has together with others */
  int *box_of;             /* by node */
  int *users;              /* by value: nodes and outputs that read it */
} Drawing;

static int add_box(Drawing *d, PictureBox box) {
  ARENA_PUSH(d->arena, d->picture->boxes, d->picture->box_count, box);
  return d->picture->box_count - 1;
}

static void add_row(Drawing *d, int box, PictureRow row) {
  PictureBox *b = &d->picture->boxes[box];
  ARENA_PUSH(d->arena, b->rows, b->row_count, row);
}

static int add_end(Drawing *d, BoxKind kind, const char *name, const Value *value) {
  int box = add_box(d, (PictureBox){.kind = kind});
  add_row(d, box, (PictureRow){name, shape_text(d->arena, &value->type), KIND_SHAPE});
  return box;
}

/* Without the paths of the frames around it. */
static const char *name_in(const PictureGroup *group, const char *name) {
  while (group && !*group->path) group = group->parent;
  size_t length = group ? strlen(group->path) : 0;
  return length && !strncmp(name, group->path, length) && name[length] == '.' ? name + length + 1 : name;
}

/* The box of its producer, if it changes no shape and nothing else reads what it does; -1: it has one of its own. */
static int box_below(const Drawing *d, const Node *node) {
  const Value *input = NULL;
  LayerKind kind = kind_of(node->op);
  for (int i = 0; i < node->input_count; i++) {
    if (node->inputs[i]->constant) continue;
    if (input) return -1;
    input = node->inputs[i];
  }
  bool keeps = input && type_equal_shape(&input->type, &node->output->type);
  bool small = node->op->kind == OPERATOR_VIEW || kind == KIND_ACTIVATION || kind == KIND_NORMALISATION || kind == KIND_COMBINATION;
  if (!keeps || !small || !input->producer || d->users[input->id] != 1) return -1;
  int below = input->producer->id;
  return d->group_of[below] == d->group_of[node->id] ? d->box_of[below] : -1;
}

static void add_layer(Drawing *d, const Node *node) {
  PictureGroup *group = d->group_of[node->id], *folded = NULL;
  for (PictureGroup *at = group; at; at = at->parent)
    if (at->folded) folded = at;
  if (folded) {
    for (int i = 0; i < d->picture->box_count; i++)
      if (d->picture->boxes[i].folds == folded) {
        d->box_of[node->id] = i;
        return;
      }
    int box = d->box_of[node->id] = add_box(d, (PictureBox){.kind = BOX_GROUP, .group = folded->parent, .folds = folded});
    const char *call = group_call(d->arena, folded);
    if (*folded->path) add_row(d, box, (PictureRow){NULL, folded->path, KIND_BLOCK});
    if (*call) add_row(d, box, (PictureRow){NULL, shortened(d->arena, call), KIND_BLOCK});
    if (folded->weights_of) add_row(d, box, (PictureRow){NULL, arena_printf(d->arena, "weights of %s", folded->weights_of), KIND_BLOCK});
    add_row(d, box, (PictureRow){NULL, counts_text(d->arena, folded->layers, folded->parameters, folded->macs), KIND_BLOCK});
    return;
  }
  int box = box_below(d, node);
  if (box < 0) box = add_box(d, (PictureBox){.kind = BOX_LAYERS, .group = group});
  d->box_of[node->id] = box;
  Text call = text_new(d->arena);
  print_node_call(&call, node);
  const char *text = shortened(d->arena, text_string(&call));
  if (d->shared[node->id]) text = arena_printf(d->arena, "%s, weights of %s", text, d->shared[node->id]);
  const char *name = node->label ? name_in(group, node->name) : NULL;
  add_row(d, box, (PictureRow){name, text, kind_of(node->op)});
}

static void add_edge(Drawing *d, int from, int to, const Value *value) {
  Picture *picture = d->picture;
  if (from == to) return;
  for (int i = 0; i < picture->edge_count && picture->boxes[to].kind == BOX_GROUP; i++)
    if (picture->edges[i].to == to && picture->edges[i].value == value) return;
  PictureEdge edge = {from, to, value, shape_text(d->arena, &value->type), false, WAY_DOWN};
  ARENA_PUSH(d->arena, picture->edges, picture->edge_count, edge);
}

static int source_box(const Drawing *d, const Value *value) {
  if (value->producer) return d->box_of[value->producer->id];
  for (int i = 0; i < d->graph->input_count; i++)
    if (d->graph->inputs[i].value == value) return i;
  return -1;
}

static void rank_boxes(Picture *picture) {
  bool changed = true;
  for (int round = 0; changed && round <= picture->box_count; round++) {
    changed = false;
    for (int i = 0; i < picture->edge_count; i++) {
      const PictureEdge *edge = &picture->edges[i];
      int rank = picture->boxes[edge->from].rank + 1;
      if (picture->boxes[edge->to].rank >= rank) continue;
      picture->boxes[edge->to].rank = rank;
      changed = true;
    }
  }
}

/* A way around: others lead on from where it begins, step by step. */
static void mark_skips(Picture *picture) {
  for (int i = 0; i < picture->edge_count; i++) {
    PictureEdge *edge = &picture->edges[i];
    for (int k = 0; k < picture->edge_count && !edge->skips; k++)
      edge->skips = k != i && picture->edges[k].from == edge->from &&
                    picture->boxes[picture->edges[k].to].rank < picture->boxes[edge->to].rank;
  }
}

static void count_users(Drawing *d) {
  d->users = ARENA_ARRAY(d->arena, int, (size_t)d->graph->value_count + 1);
  for (int i = 0; i < d->graph->node_count; i++)
    for (int k = 0; k < d->graph->nodes[i]->input_count; k++) d->users[d->graph->nodes[i]->inputs[k]->id]++;
  for (int i = 0; i < d->graph->output_count; i++) d->users[d->graph->outputs[i].value->id]++;
}

Picture make_picture(Arena *arena, const Graph *graph, const NetFacts *facts, int64_t depth) {
  Picture picture = {.facts = facts};
  Drawing d = {.arena = arena, .picture = &picture, .graph = graph};
  d.group_of = ARENA_ARRAY(arena, PictureGroup *, (size_t)graph->node_count + 1);
  d.box_of = ARENA_ARRAY(arena, int, (size_t)graph->node_count + 1);
  count_users(&d);
  find_groups(arena, &picture, graph, d.group_of);
  d.shared = find_shared_weights(arena, graph, d.group_of);
  for (int i = 0; i < picture.group_count; i++) picture.groups[i]->folded = depth != ALL_DEPTHS && picture.groups[i]->depth >= depth;
  for (int i = 0; i < graph->input_count; i++) add_end(&d, BOX_INPUT, graph->inputs[i].value->name, graph->inputs[i].value);
  for (int i = 0; i < graph->node_count; i++) add_layer(&d, graph->nodes[i]);
  for (int i = 0; i < graph->node_count; i++)
    for (int k = 0; k < graph->nodes[i]->input_count; k++) {
      const Value *value = graph->nodes[i]->inputs[k];
      if (!value->constant) add_edge(&d, source_box(&d, value), d.box_of[i], value);
    }
  for (int i = 0; i < graph->output_count; i++) {
    const Value *value = graph->outputs[i].value;
    int box = add_end(&d, BOX_OUTPUT, graph->outputs[i].name, value);
    if (!value->constant) add_edge(&d, source_box(&d, value), box, value);
  }
  rank_boxes(&picture);
  mark_skips(&picture);
  find_levels(arena, &picture);
  return picture;
}
