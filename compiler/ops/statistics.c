/* statistics.c - the nests of sums; see statistics.h. */
#include "ops/statistics.h"

static bool is_vector(const TensorType *type) { return size_is(type_height(type), 1) && size_is(type_width(type), 1); }

static Over effective(const Node *node, Over over) { return over == OVER_ALL && is_vector(&node->inputs[0]->type) ? OVER_CHANNELS : over; }

/* How many parts the channels of a pixel are added in: as many as a vector has lanes, and few, as they are added one
 * after the other. 1: no parts. */
static int64_t channel_parts(const TensorType *type) {
  int64_t channels;
  if (!size_is_const(type_channels(type), &channels)) return 1;
  if (channels >= 128 && channels % 16 == 0) return 16;
  if (channels >= 32 && channels % 8 == 0) return 8;
  return channels >= 16 && channels % 4 == 0 ? 4 : 1;
}

bool has_parts(const Node *node, Over over) {
  const TensorType *type = &node->inputs[0]->type;
  switch (effective(node, over)) {
  case OVER_CHANNELS: return channel_parts(type) > 1;
  case OVER_PIXELS: return !size_is(type_height(type), 1) && !size_is(type_width(type), 1);
  case OVER_ALL: return !size_is(type_width(type), 1);
  }
  return false;
}

const Size *summand_count(Arena *arena, const Node *node, Over over) {
  const TensorType *type = &node->inputs[0]->type;
  switch (over) {
  case OVER_CHANNELS: return type_channels(type);
  case OVER_PIXELS: return size_mul(arena, type_height(type), type_width(type));
  case OVER_ALL: return type_elements(arena, type);
  }
  return NULL;
}

static TensorType parts_type(Arena *arena, const Node *node, Over over) {
  const TensorType *in = &node->inputs[0]->type;
  TensorType type = {.dtype = DTYPE_F32, .rank = 3, .sizes = {type_channels(in), type_height(in), size_of(arena, 1)}};
  if (effective(node, over) == OVER_CHANNELS) {
    type.sizes[0] = size_of(arena, channel_parts(in));
    type.sizes[2] = type_width(in);
  }
  return type;
}

static TensorType sum_type(Arena *arena, const Node *node, Over over) {
  const TensorType *in = &node->inputs[0]->type;
  const Size *one = size_of(arena, 1);
  TensorType type = {.dtype = DTYPE_F32, .rank = 3, .sizes = {one, one, one}};
  if (over == OVER_PIXELS) type.sizes[0] = type_channels(in);
  if (over == OVER_CHANNELS) {
    type.sizes[1] = type_height(in);
    type.sizes[2] = type_width(in);
  }
  return type;
}

int add_parts_stage(Arena *arena, const Node *node, Over over, StageNest *parts, Stage *stages) {
  if (!has_parts(node, over)) return 0;
  stages[0] = (Stage){"parts", parts_type(arena, node, over), parts};
  return 1;
}

int add_sum_stages(Arena *arena, const Node *node, Over over, const char *name, StageNest *parts, StageNest *sum, Stage *stages,
                   int count) {
  if (has_parts(node, over)) stages[count++] = (Stage){arena_printf(arena, "%s_parts", name), parts_type(arena, node, over), parts};
  stages[count++] = (Stage){name, sum_type(arena, node, over), sum};
  return count;
}

static void add_up(Lowering *l, Nest *n, Expr *summand) {
  n->initial = float_expr(l, 0);
  n->update = add_expr(l, accumulator(l), summand);
  n->result = accumulator(l);
}

static void store_at(Nest *n, Expr *c, Expr *y, Expr *x) {
  n->output[0] = c;
  n->output[1] = y;
  n->output[2] = x;
}

/* over channels: part[oc][oy][ox] = sum over ic of summand[ic * parts + oc][oy][ox]
 * else:          part[oc][oy] = sum over kx of summand[oc][oy][kx] */
void nest_parts(Lowering *l, const Node *node, Nest *n, Over over, Summand *summand) {
  const TensorType *type = &node->inputs[0]->type;
  Expr *oc = var_expr(l, "oc"), *oy = var_expr(l, "oy"), *ox = var_expr(l, "ox"), *kx = var_expr(l, "kx");
  add_result_axis(n, "oy", type_height(type));
  n->lane_axis = "oc";
  if (effective(node, over) == OVER_CHANNELS) {
    int64_t parts = channel_parts(type);
    add_result_axis(n, "ox", type_width(type));
    add_result_axis(n, "oc", size_of(l->arena, parts));
    add_reduction_axis(n, "ic", size_floor_div(l->arena, type_channels(type), parts), NULL, NULL);
    Expr *channel = add_expr(l, mul_expr(l, var_expr(l, "ic"), int_expr(l, parts)), oc);
    add_up(l, n, summand(l, node, channel, oy, ox));
    store_at(n, oc, oy, ox);
    n->tile_axis = "ox";
    return;
  }
  add_result_axis(n, "oc", type_channels(type));
  add_reduction_axis(n, "kx", type_width(type), NULL, NULL);
  add_up(l, n, summand(l, node, oc, oy, kx));
  store_at(n, oc, oy, int_expr(l, 0));
  n->tile_axis = "oy";
}

/* sum = sum over the parts, or over the summands where there are none */
void nest_sum(Lowering *l, const Node *node, Nest *n, Over over, Summand *summand, int stage) {
  const TensorType *type = &node->inputs[0]->type;
  bool parts = has_parts(node, over);
  Expr *zero = int_expr(l, 0), *ic = var_expr(l, "ic"), *ky = var_expr(l, "ky"), *kx = var_expr(l, "kx");
  if (effective(node, over) == OVER_CHANNELS) {
    Expr *oy = var_expr(l, "oy"), *ox = var_expr(l, "ox");
    add_result_axis(n, "oy", type_height(type));
    add_result_axis(n, "ox", type_width(type));
    add_reduction_axis(n, "ic", parts ? size_of(l->arena, channel_parts(type)) : type_channels(type), NULL, NULL);
    add_up(l, n, parts ? stage_at(l, stage, ic, oy, ox) : summand(l, node, ic, oy, ox));
    store_at(n, zero, oy, ox);
    return;
  }
  Expr *c = over == OVER_PIXELS ? var_expr(l, "oc") : ic;
  add_reduction_axis(n, "ky", type_height(type), NULL, NULL);
  if (!parts) add_reduction_axis(n, "kx", type_width(type), NULL, NULL);
  if (over == OVER_ALL) add_reduction_axis(n, "ic", type_channels(type), NULL, NULL);
  add_up(l, n, parts ? stage_at(l, stage, c, ky, zero) : summand(l, node, c, ky, kx));
  store_at(n, over == OVER_PIXELS ? c : zero, zero, zero);
  if (over == OVER_ALL) return;
  add_result_axis(n, "oc", type_channels(type));
  n->lane_axis = "oc";
}

Expr *sum_at(Lowering *l, int stage, Over over, Expr *c, Expr *y, Expr *x) {
  Expr *zero = int_expr(l, 0);
  return stage_at(l, stage, over == OVER_PIXELS ? c : zero, over == OVER_CHANNELS ? y : zero, over == OVER_CHANNELS ? x : zero);
}
