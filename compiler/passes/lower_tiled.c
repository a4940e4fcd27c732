/* lower_tiled.c - a nest as loops over tiles, each computed by a kernel that keeps its results in registers.
 *
 * A kernel computes `tile` points along the tile axis by one block of channels: named accumulators, one scalar of the
 * input broadcast to a vector of weights at a time. Kernels know no layer: distances and extents are parameters, so
 * that layers share them. Measurements behind the form: docs/decisions/0002-schedules.md. */
#include <string.h>

#include "ir/operator.h"
#include "passes/lower_nest.h"

enum { MAX_PARAMS = 48, WEIGHTS_KEPT_IN_CACHE = 600 * 1024 /* bytes: above, each block of weights is used for all rows first */ };

/* One use of an operand in the kernel. */
typedef struct KernelOperand {
  const BoundOperand *bound; /* NULL for those that the nest never reads */
  Expr *origin;              /* offset of the tile's first element from the layer's pointer, in axis variables */
  Expr *step_tile;           /* distance between neighbours along the tile axis, as the kernel knows it, */
  Expr *step_reduction[MAX_AXES]; /* and along each reduction axis */
  bool along_lanes;          /* neighbours along the lane axis are neighbours in memory */
  bool streamed;             /* packed numbers, read once from front to back */
} KernelOperand;

typedef struct Tiling {
  const StepBinding *b;
  Arena *arena;
  const Nest *nest;
  const Axis *lane, *tile; /* tile: NULL, there is none or it has one point */
  Axis reductions[MAX_AXES];
  int reduction_count;
  KernelOperand *operands;
  KernelOperand output;
  /* of the kernel being built: */
  int points, vectors, lanes;
  int64_t channels; /* that are stored */
  LoopParam params[MAX_PARAMS];
  Expr *arguments[MAX_PARAMS];
  int param_count;
} Tiling;

static Expr *mul(const Tiling *t, Expr *x, Expr *y) { return expr_binary(t->arena, OP_MUL, x, y); }
static Expr *add(const Tiling *t, Expr *x, Expr *y) { return expr_binary(t->arena, OP_ADD, x, y); }
static Expr *number(const Tiling *t, int64_t n) { return expr_int(t->arena, n); }

static const Axis *result_axis(const Nest *nest, const char *name) {
  for (int i = 0; name && i < nest->result_count; i++)
    if (strcmp(nest->result_axes[i].var, name) == 0) return &nest->result_axes[i];
  return NULL;
}

/* ---- what the nest reads, as affine functions of its axes ---- */

typedef struct CollectAccess {
  Tiling *tiling;
} CollectAccess;

static int64_t packed_per_lane(const PackedTensor *packed) { /* numbers for one step along the lane axis */
  int64_t elements = 1;
  bool inside = false;
  for (int i = 0; i < packed->axis_count; i++) {
    if (inside) elements *= size_value(packed->axes[i].extent);
    inside = inside || strcmp(packed->axes[i].var, packed->lane_axis) == 0;
  }
  return elements;
}

/* Offset of a block's first number: earlier result axes, then whole blocks. */
static Expr *packed_origin(const Tiling *t, const PackedTensor *packed) {
  Expr *origin = number(t, 0);
  for (int i = 0; i < packed->axis_count; i++) {
    Expr *var = expr_index(t->arena, packed->axes[i].var);
    if (strcmp(packed->axes[i].var, packed->lane_axis) == 0) {
      int64_t padded = 0;
      for (int k = 0; k < packed->block_kinds; k++) padded += packed->blocks[k][0] * packed->blocks[k][1];
      int64_t per_lane = packed_per_lane(packed);
      return add(t, mul(t, origin, number(t, padded * per_lane)), mul(t, var, number(t, per_lane)));
    }
    origin = add(t, mul(t, origin, expr_size(t->arena, packed->axes[i].extent)), var);
  }
  return origin;
}

static Expr *at_zero(const Tiling *t, Expr *e, const Axis *axes, int count) {
  for (int i = 0; i < count; i++) e = substitute_var(t->arena, e, axes[i].var, number(t, 0));
  return e;
}

static Expr *without_single_axes(const Tiling *t, Expr *e) {
  for (int i = 0; i < t->nest->result_count; i++)
    if (size_is(t->nest->result_axes[i].extent, 1)) e = substitute_var(t->arena, e, t->nest->result_axes[i].var, number(t, 0));
  return e;
}

static void describe_operand(Tiling *t, KernelOperand *k, const BoundOperand *bound, Expr *offset) {
  k->bound = bound;
  if (bound->packed && bound->packed->lane_axis) {
    k->along_lanes = true;
    k->streamed = t->reduction_count > 0 && packed_per_lane(bound->packed) > 1;
    k->origin = without_single_axes(t, packed_origin(t, bound->packed));
    k->step_tile = number(t, 0);
    for (int i = 0; i < t->reduction_count; i++) k->step_reduction[i] = number(t, 0);
    return;
  }
  k->along_lanes = expr_is_int(coefficient_of(t->arena, offset, t->lane->var), 1);
  k->step_tile = t->tile ? coefficient_of(t->arena, offset, t->tile->var) : number(t, 0);
  for (int i = 0; i < t->reduction_count; i++) k->step_reduction[i] = coefficient_of(t->arena, offset, t->reductions[i].var);
  k->origin = without_single_axes(t, at_zero(t, offset, t->nest->reduction_axes, t->nest->reduction_count));
}

static Expr *collect_visit(void *context, Expr *e) {
  Tiling *t = ((CollectAccess *)context)->tiling;
  if (e->kind == EXPR_ACCESS && !t->operands[e->operand].bound)
    describe_operand(t, &t->operands[e->operand], &t->b->operands[e->operand], element_offset(t->b, e));
  return e;
}

static void collect_operands(Tiling *t) {
  t->operands = ARENA_ARRAY(t->arena, KernelOperand, (size_t)t->b->step->operand_count + 1);
  CollectAccess context = {t};
  const Nest *nest = t->nest;
  if (nest->update) rewrite_expr(t->arena, nest->update, collect_visit, &context);
  if (nest->initial) rewrite_expr(t->arena, nest->initial, collect_visit, &context);
  rewrite_expr(t->arena, nest->result, collect_visit, &context);
  for (int i = 0; i < nest->epilogue_count; i++) rewrite_expr(t->arena, nest->epilogue[i], collect_visit, &context);
  describe_operand(t, &t->output, &t->b->output, output_offset(t->b, nest->output));
}

/* ---- reduction axes: single points are dropped, neighbours that form one run are merged ---- */

static bool runs_on(const Tiling *t, int outer, int inner) {
  int64_t extent = size_value(t->reductions[inner].extent);
  for (int i = 0; i < t->b->step->operand_count; i++) {
    const KernelOperand *k = &t->operands[i];
    int64_t far, near;
    if (!k->bound || k->streamed) continue;
    if (!expr_evaluate(k->step_reduction[outer], &far) || !expr_evaluate(k->step_reduction[inner], &near) || far != near * extent) return false;
  }
  return true;
}

static void drop_reduction(Tiling *t, int index) {
  t->reduction_count--;
  for (int r = index; r < t->reduction_count; r++) {
    t->reductions[r] = t->reductions[r + 1];
    for (int i = 0; i < t->b->step->operand_count; i++)
      if (t->operands[i].bound) t->operands[i].step_reduction[r] = t->operands[i].step_reduction[r + 1];
  }
}

static void merge_reductions(Tiling *t) {
  for (int r = t->reduction_count; r-- > 0;)
    if (size_is(t->reductions[r].extent, 1) && t->reduction_count > 1) drop_reduction(t, r);
  for (int r = t->reduction_count - 1; r > 0; r--)
    if (runs_on(t, r - 1, r)) {
      t->reductions[r].extent = size_mul(t->arena, t->reductions[r - 1].extent, t->reductions[r].extent);
      drop_reduction(t, r - 1);
    }
}

/* ---- the kernel ---- */

/* A number that the kernel is told: a parameter, unless it is 0 or 1. The argument is what the layer passes. */
static Expr *parameter(Tiling *t, const char *name, Expr *argument) {
  if (argument->kind == EXPR_INT && (argument->integer == 0 || argument->integer == 1)) return argument;
  for (int i = 0; i < t->param_count; i++)
    if (strcmp(t->params[i].name, name) == 0) return expr_index(t->arena, name);
  t->params[t->param_count] = (LoopParam){.name = name, .type = type_index};
  t->arguments[t->param_count++] = argument;
  return expr_index(t->arena, name);
}

static const char *step_name(const Tiling *t, const KernelOperand *k, const char *axis) {
  return arena_printf(t->arena, "%s_%s", k->bound->name, axis);
}

static void add_pointer(Tiling *t, const KernelOperand *k, bool is_const) {
  t->params[t->param_count] = (LoopParam){.name = k->bound->name, .pointer = true, .is_const = is_const, .type = element_type(k->bound)};
  t->arguments[t->param_count++] = add(t, expr_index(t->arena, k->bound->name), k->origin);
}

/* Declares pointers and steps; replaces each step by what the kernel calls it. */
static void add_params(Tiling *t) {
  t->param_count = 0;
  for (int i = 0; i <= t->b->step->operand_count; i++) {
    bool is_output = i == t->b->step->operand_count;
    KernelOperand *k = is_output ? &t->output : &t->operands[i];
    if (!k->bound) continue;
    add_pointer(t, k, !is_output);
    if (t->tile && t->points > 1) k->step_tile = parameter(t, step_name(t, k, t->tile->var), k->step_tile);
    for (int r = 0; r < t->reduction_count; r++)
      if (!k->streamed) k->step_reduction[r] = parameter(t, step_name(t, k, t->reductions[r].var), k->step_reduction[r]);
  }
  for (int r = 0; r < t->reduction_count; r++)
    parameter(t, arena_printf(t->arena, "%s_count", t->reductions[r].var), expr_size(t->arena, t->reductions[r].extent));
}

static Expr *reduction_end(const Tiling *t, int r) {
  if (size_is(t->reductions[r].extent, 1)) return number(t, 1);
  return expr_index(t->arena, arena_printf(t->arena, "%s_count", t->reductions[r].var));
}

/* Offset in the kernel of an operand at the current point of the reductions. */
static Expr *kernel_offset(const Tiling *t, const KernelOperand *k, Expr *point) {
  Expr *offset = mul(t, point, k->step_tile);
  for (int r = 0; r < t->reduction_count && !k->streamed; r++)
    offset = add(t, offset, mul(t, expr_index(t->arena, t->reductions[r].var), k->step_reduction[r]));
  return offset;
}

/* Whether the operand differs between the points of a tile. */
static bool moves_with_tile(const KernelOperand *k) { return !expr_is_int(k->step_tile, 0); }

/* Lanes of vector v that hold channels of the layer. */
static int valid_lanes(const Tiling *t, int v) {
  int64_t left = t->channels - (int64_t)v * t->lanes;
  return left < t->lanes ? (int)left : t->lanes;
}

static Expr *load(const Tiling *t, const KernelOperand *k, int point, int v) {
  Expr *offset = kernel_offset(t, k, number(t, point));
  if (!k->along_lanes) return expr_load(t->arena, k->bound->name, offset, element_type(k->bound));
  Expr *e = expr_load(t->arena, k->bound->name, add(t, offset, number(t, (int64_t)v * t->lanes)), (Type){SCALAR_F32, t->lanes});
  bool padded = k->bound->packed || k->bound->view.buffer->kind == BUFFER_WORKSPACE;
  e->integer = padded ? 0 : valid_lanes(t, v) % t->lanes; /* 0: the whole vector may be read */
  return e;
}

static const char *hoisted_name(const Tiling *t, const KernelOperand *k, int point, int v) {
  const char *name = k->bound->name;
  if (k->along_lanes && moves_with_tile(k)) return arena_printf(t->arena, "%s%d_%d", name, point, v);
  if (k->along_lanes) return arena_printf(t->arena, "%s%d", name, v);
  return arena_printf(t->arena, "%s%d", name, point);
}

typedef struct Vectorise { /* rewrites an expression of the nest for one point and vector */
  const Tiling *t;
  int point, v;
} Vectorise;

static Expr *vector_visit(void *context, Expr *e) {
  const Vectorise *z = context;
  Arena *a = z->t->arena;
  if (e->kind == EXPR_VAR && strcmp(e->text, "acc") == 0)
    return expr_var(a, arena_printf(a, "acc%d_%d", z->point, z->v), (Type){SCALAR_F32, z->t->lanes});
  if (e->kind == EXPR_ACCESS) {
    const KernelOperand *k = &z->t->operands[e->operand];
    return expr_var(a, hoisted_name(z->t, k, z->point, z->v), (Type){SCALAR_F32, k->along_lanes ? z->t->lanes : 1});
  }
  if (e->kind == EXPR_SELECT && e->condition->type.lanes > 1)
    return expr_select(a, e->condition, expr_broadcast(a, e->left, z->t->lanes), expr_broadcast(a, e->right, z->t->lanes));
  return e;
}

static Expr *vectorised(const Tiling *t, Expr *e, int point, int v) {
  Vectorise context = {t, point, v};
  return rewrite_expr(t->arena, e, vector_visit, &context);
}

typedef struct Reads {
  int operand;
  bool found;
} Reads;

static Expr *reads_visit(void *context, Expr *e) {
  Reads *r = context;
  if (e->kind == EXPR_ACCESS && e->operand == r->operand) r->found = true;
  return e;
}

static bool reads(Expr *e, Arena *a, int operand) {
  Reads r = {operand, false};
  rewrite_expr(a, e, reads_visit, &r);
  return r.found;
}

/* LETs for the loads of one operand at a point of the tile. */
static Stmt *hoist_operand(const Tiling *t, int operand, int point) {
  const KernelOperand *k = &t->operands[operand];
  Stmt *lets = NULL;
  for (int v = 0; v < (k->along_lanes ? t->vectors : 1); v++) {
    Expr *loaded = load(t, k, point, v);
    loaded = expr_cast(t->arena, (Type){SCALAR_F32, loaded->type.lanes}, loaded);
    lets = stmt_then(lets, stmt_let(t->arena, hoisted_name(t, k, point, v), loaded, true));
  }
  return lets;
}

/* The same for all operands of an expression: those that are the same for all points of the tile, or the others. */
static Stmt *hoist_loads(const Tiling *t, Expr *e, int point, bool same_for_all) {
  Stmt *lets = NULL;
  for (int i = 0; i < t->b->step->operand_count; i++)
    if (t->operands[i].bound && reads(e, t->arena, i) && same_for_all == !moves_with_tile(&t->operands[i]))
      lets = stmt_then(lets, hoist_operand(t, i, point));
  return lets;
}

static Stmt *set_all(const Tiling *t, Expr *e, bool declare) {
  Stmt *body = hoist_loads(t, e, 0, true);
  for (int p = 0; p < t->points; p++) {
    body = stmt_then(body, hoist_loads(t, e, p, false));
    for (int v = 0; v < t->vectors; v++) {
      Expr *value = expr_broadcast(t->arena, vectorised(t, e, p, v), t->lanes);
      const char *acc = arena_printf(t->arena, "acc%d_%d", p, v);
      body = stmt_then(body, declare ? stmt_let(t->arena, acc, value, false) : stmt_set(t->arena, acc, value));
    }
  }
  return body;
}

static Stmt *advance_streams(const Tiling *t) {
  Stmt *body = NULL;
  for (int i = 0; i < t->b->step->operand_count; i++)
    if (t->operands[i].bound && t->operands[i].streamed)
      body = stmt_then(body, stmt_advance(t->arena, t->operands[i].bound->name, number(t, (int64_t)t->vectors * t->lanes)));
  return body;
}

static Stmt *wrap_reductions(const Tiling *t, Stmt *body) {
  for (int r = t->reduction_count; r-- > 0;)
    body = stmt_for(t->arena, t->reductions[r].var, number(t, 0), reduction_end(t, r), number(t, 1), body);
  return body;
}

/* Whether the accumulators' initial value read the operand: its loads then stand in variables already. */
static bool is_hoisted(const Tiling *t, int operand) {
  Expr *first = t->nest->update ? t->nest->initial : t->nest->result;
  return reads(first, t->arena, operand);
}

/* LETs for what the result and the epilogues read. */
static Stmt *load_epilogue(const Tiling *t) {
  const Nest *nest = t->nest;
  Stmt *body = NULL;
  for (int i = 0; i < t->b->step->operand_count; i++) {
    bool wanted = nest->update && reads(nest->result, t->arena, i);
    for (int e = 0; e < nest->epilogue_count; e++) wanted = wanted || reads(nest->epilogue[e], t->arena, i);
    if (wanted && !is_hoisted(t, i))
      for (int p = 0; p < (moves_with_tile(&t->operands[i]) ? t->points : 1); p++) body = stmt_then(body, hoist_operand(t, i, p));
  }
  return body;
}

static Stmt *finish_all(const Tiling *t, Expr *e) {
  Stmt *body = NULL;
  for (int p = 0; p < t->points; p++)
    for (int v = 0; v < t->vectors; v++)
      body = stmt_then(body, stmt_set(t->arena, arena_printf(t->arena, "acc%d_%d", p, v),
                                      expr_broadcast(t->arena, vectorised(t, e, p, v), t->lanes)));
  return body;
}

static Stmt *vector_body(const Tiling *t) {
  const Nest *nest = t->nest;
  Stmt *body = set_all(t, nest->update ? nest->initial : nest->result, true);
  if (nest->update) {
    body = stmt_then(body, wrap_reductions(t, stmt_then(set_all(t, nest->update, false), advance_streams(t))));
  }
  body = stmt_then(body, load_epilogue(t));
  if (nest->update && has_result(nest)) body = stmt_then(body, finish_all(t, nest->result));
  for (int i = 0; i < nest->epilogue_count; i++) body = stmt_then(body, finish_all(t, nest->epilogue[i]));
  for (int p = 0; p < t->points; p++)
    for (int v = 0; v < t->vectors; v++) {
      Expr *offset = add(t, kernel_offset(t, &t->output, number(t, p)), number(t, (int64_t)v * t->lanes));
      Expr *acc = expr_var(t->arena, arena_printf(t->arena, "acc%d_%d", p, v), (Type){SCALAR_F32, t->lanes});
      body = stmt_then(body, stmt_store(t->arena, "y", offset, acc, valid_lanes(t, v)));
    }
  return body;
}

/* The same tile for compilers without vectors: plain loops over its points and channels. */
static Expr *plain_visit(void *context, Expr *e) {
  const Tiling *t = ((Vectorise *)context)->t;
  if (e->kind != EXPR_ACCESS) return e;
  const KernelOperand *k = &t->operands[e->operand];
  Expr *point = t->tile && t->points > 1 ? expr_index(t->arena, t->tile->var) : number(t, 0);
  Expr *offset = kernel_offset(t, k, point);
  if (k->streamed) {
    for (int r = 0; r < t->reduction_count; r++)
      offset = add(t, mul(t, offset, reduction_end(t, r)), expr_index(t->arena, t->reductions[r].var));
    offset = mul(t, offset, number(t, (int64_t)t->vectors * t->lanes));
  }
  if (k->along_lanes) offset = add(t, offset, expr_index(t->arena, t->lane->var));
  return expr_cast(t->arena, type_f32, expr_load(t->arena, k->bound->name, offset, element_type(k->bound)));
}

static Stmt *plain_body(const Tiling *t) {
  Vectorise context = {t, 0, 0};
  const Nest *nest = t->nest;
  Arena *a = t->arena;
  Stmt *body = stmt_let(a, "acc", rewrite_expr(a, nest->update ? nest->initial : nest->result, plain_visit, &context), false);
  if (nest->update) {
    body = stmt_then(body, wrap_reductions(t, stmt_set(a, "acc", rewrite_expr(a, nest->update, plain_visit, &context))));
    if (has_result(nest)) body = stmt_then(body, stmt_set(a, "acc", rewrite_expr(a, nest->result, plain_visit, &context)));
  }
  for (int i = 0; i < nest->epilogue_count; i++)
    body = stmt_then(body, stmt_set(a, "acc", rewrite_expr(a, nest->epilogue[i], plain_visit, &context)));
  Expr *point = t->tile && t->points > 1 ? expr_index(a, t->tile->var) : number(t, 0);
  Expr *offset = add(t, kernel_offset(t, &t->output, point), expr_index(a, t->lane->var));
  body = stmt_then(body, stmt_store(a, "y", offset, expr_var(a, "acc", type_f32), 1));
  body = stmt_for(a, t->lane->var, number(t, 0), number(t, t->channels), number(t, 1), body);
  if (t->tile && t->points > 1) body = stmt_for(a, t->tile->var, number(t, 0), number(t, t->points), number(t, 1), body);
  return body;
}

/* Whether each channel has weights of its own and reads one channel of the input. */
static bool is_depthwise(const Tiling *t) {
  bool streams = false, along = false;
  for (int i = 0; i < t->b->step->operand_count; i++) {
    const KernelOperand *k = &t->operands[i];
    if (!k->bound) continue;
    streams = streams || k->streamed;
    along = along || (k->bound->value && k->along_lanes && t->nest->update && reads(t->nest->update, t->arena, i));
  }
  return streams && along;
}

/* kernel_conv_6x64_ky_ic_relu: operator, points by channels, loops, what is fused. Operators with numbers of their own
 * make it the layer's kernel. */
static const char *kernel_name(const Tiling *t, bool of_layer) {
  const Step *step = t->b->step;
  Text name = text_new(t->arena);
  text_addf(&name, "kernel_%s%s_%dx%lld", is_depthwise(t) ? "depthwise_" : "", of_layer ? c_name(t->arena, step->name) : step->root->op->name,
            t->points, (long long)t->channels);
  for (int r = 0; r < t->reduction_count; r++) text_addf(&name, "_%s", t->reductions[r].var);
  if (t->nest->initial && t->nest->initial->kind == EXPR_FLOAT && t->b->step->root->parameter_count) text_add(&name, "_no_bias");
  for (int i = 0; !of_layer && i < step->fused_count; i++) text_addf(&name, "_%s", step->fused[i]->op->name);
  return text_string(&name);
}

/* Whether the kernel's text holds numbers that come from attributes. */
static bool has_numbers(const Step *step) {
  bool found = step->root->op->kind == OPERATOR_ELEMENTWISE && step->root->op->attributes_size > 0;
  for (int i = 0; i < step->fused_count; i++) found = found || step->fused[i]->op->attributes_size > 0;
  return found;
}

static const char **kernel_comment(const Tiling *t, int *count) {
  const char **lines = ARENA_ARRAY(t->arena, const char *, 1);
  lines[0] = arena_printf(t->arena, "%s: %d point%s by %lld channel%s in registers", t->b->step->root->op->name, t->points, t->points == 1 ? "" : "s",
                          (long long)t->channels, t->channels == 1 ? "" : "s");
  *count = 1;
  return lines;
}

/* Adds the function unless it is there. false: another one has its name. */
static bool add_kernel(const Tiling *t, const Function *kernel) {
  LoopProgram *program = t->b->program;
  for (int i = 0; i < program->kernel_count; i++) {
    if (strcmp(program->kernels[i]->name, kernel->name) != 0) continue;
    Text mine = text_new(t->arena), other = text_new(t->arena);
    print_function(&mine, kernel);
    print_function(&other, program->kernels[i]);
    return strcmp(text_string(&mine), text_string(&other)) == 0;
  }
  Function *copy = ARENA_NEW(t->arena, Function);
  *copy = *kernel;
  ARENA_PUSH(t->arena, program->kernels, program->kernel_count, copy);
  return true;
}

/* The call for a tile of so many points at ox and so many channels at oc; makes the kernel if it is new. */
static Stmt *call_kernel(const Tiling *layer, int points, int vectors, int64_t channels, Expr *ox, Expr *oc) {
  Tiling tiling = *layer, *t = &tiling; /* a copy, because each kernel gives the steps names of its own */
  size_t operands = (size_t)t->b->step->operand_count;
  t->operands = arena_grow(t->arena, layer->operands, operands * sizeof(KernelOperand), (operands + 1) * sizeof(KernelOperand));
  t->points = points;
  t->vectors = vectors;
  t->channels = channels;
  add_params(t);
  for (int i = 0; i < t->param_count; i++) {
    t->arguments[i] = substitute_var(t->arena, t->arguments[i], t->lane->var, oc);
    if (t->tile) t->arguments[i] = substitute_var(t->arena, t->arguments[i], t->tile->var, ox);
  }
  Function kernel = {.name = kernel_name(t, has_numbers(t->b->step)), .kernel = true, .param_count = t->param_count};
  kernel.comment = kernel_comment(t, &kernel.comment_count);
  kernel.params = arena_grow(t->arena, t->params, (size_t)t->param_count * sizeof(LoopParam), (size_t)(t->param_count + 1) * sizeof(LoopParam));
  kernel.body = vector_body(t);
  kernel.plain_body = plain_body(t);
  if (!add_kernel(t, &kernel)) { /* the same in all that the name says, not in all */
    kernel.name = kernel_name(t, true);
    if (!add_kernel(t, &kernel)) t->b->program->fault = arena_printf(t->arena, "two kernels are called %s", kernel.name);
  }
  return stmt_call(t->arena, kernel.name, t->arguments, t->param_count);
}

/* `count` steps of `width` along an axis from `start`; a single one needs no loop. */
static Stmt *loop_or_once(const Tiling *t, const char *var, int64_t start, int64_t count, int64_t width, Stmt *body) {
  if (count == 1) return body;
  return stmt_for(t->arena, var, number(t, start), number(t, start + count * width), number(t, width), body);
}

static Expr *position(const Tiling *t, const char *var, int64_t start, int64_t count) {
  return count == 1 ? number(t, start) : expr_index(t->arena, var);
}

/* All tiles of a row: as few as possible, of nearly equal size. */
static Stmt *tiles_of_row(const Tiling *t, int vectors, int64_t channels, Expr *oc) {
  if (!t->tile) return call_kernel(t, 1, vectors, channels, NULL, oc);
  int64_t extent = size_value(t->tile->extent), most = t->b->step->schedule.tile;
  int64_t tiles = (extent + most - 1) / most, small = extent / tiles, large_count = extent % tiles;
  const char *var = t->tile->var;
  Stmt *row = NULL;
  if (large_count) {
    Stmt *call = call_kernel(t, (int)small + 1, vectors, channels, position(t, var, 0, large_count), oc);
    row = loop_or_once(t, var, 0, large_count, small + 1, call);
  }
  int64_t start = large_count * (small + 1);
  Stmt *call = call_kernel(t, (int)small, vectors, channels, position(t, var, start, tiles - large_count), oc);
  return stmt_then(row, loop_or_once(t, var, start, tiles - large_count, small, call));
}

static Stmt *outer_loops(const Tiling *t, Stmt *body) {
  for (int i = t->nest->result_count; i-- > 0;) {
    const Axis *axis = &t->nest->result_axes[i];
    if (axis == t->lane || axis == t->tile || size_is(axis->extent, 1)) continue;
    body = stmt_for(t->arena, axis->var, number(t, 0), expr_size(t->arena, axis->extent), number(t, 1), body);
  }
  return body;
}

static bool weights_are_large(const StepBinding *b) {
  int64_t elements = 0;
  for (int i = 0; i < b->step->operand_count; i++)
    if (b->operands[i].packed) elements += b->operands[i].packed->elements;
  return elements * (int64_t)sizeof(float) > WEIGHTS_KEPT_IN_CACHE;
}

/* Blocks of channels: `count` blocks of so many vectors; the very last may hold fewer channels than lanes. */
static Stmt *blocks_of_channels(const Tiling *t) {
  const Schedule *schedule = &t->b->step->schedule;
  int64_t extent = size_value(t->lane->extent), lanes = schedule->lanes;
  int64_t vectors = (extent + lanes - 1) / lanes, blocks = (vectors + schedule->vectors - 1) / schedule->vectors;
  int64_t small = vectors / blocks, large_count = vectors % blocks, start = 0;
  bool outermost = weights_are_large(t->b);
  Stmt *body = NULL;
  while (start < extent) {
    int64_t width = (large_count ? small + 1 : small) * lanes;
    int64_t count = large_count ? large_count : (extent - start) / width;
    if (count == 0) count = 1; /* the last block, partly filled */
    if (start + count * width > extent && count > 1) count--;
    int64_t channels = start + width > extent ? extent - start : width;
    Stmt *row = tiles_of_row(t, (int)(width / lanes), channels, position(t, t->lane->var, start, count));
    if (outermost) row = outer_loops(t, row);
    body = stmt_then(body, loop_or_once(t, t->lane->var, start, count, width, row));
    start += count * width;
    large_count = large_count > count ? large_count - count : 0;
  }
  return outermost ? body : outer_loops(t, body);
}

Stmt *lower_tiled(const StepBinding *b) {
  const Nest *nest = b->step->nest;
  Tiling t = {.b = b, .arena = b->plan->arena, .nest = nest, .lanes = b->step->schedule.lanes};
  t.lane = result_axis(nest, nest->lane_axis);
  t.tile = result_axis(nest, nest->tile_axis);
  if (t.tile && size_is(t.tile->extent, 1)) t.tile = NULL;
  t.reduction_count = nest->reduction_count;
  memcpy(t.reductions, nest->reduction_axes, sizeof t.reductions);
  collect_operands(&t);
  merge_reductions(&t);
  return blocks_of_channels(&t);
}
