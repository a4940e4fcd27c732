/* build_kernel.c - a kernel: one tile of results, kept in registers.
 *
 * Named accumulators for `points` by `vectors`; in the innermost loop one vector of weights each and one scalar of the
 * input broadcast to them. Kernels know no layer: distances and extents are parameters, so that layers share them.
 * Beside the vector form each has a plain one (build_plain_kernel.c). */
#include <string.h>

#include "ir/operator.h"
#include "passes/limits.h"

/* What the kernel is told. The argument is what the layer passes. */
static void add_parameter(Tiling *t, const char *name, Expr *argument) {
  for (int i = 0; i < t->param_count; i++)
    if (strcmp(t->params[i].name, name) == 0) return;
  t->params[t->param_count] = (LoopParam){.name = name, .type = argument->type};
  t->arguments[t->param_count++] = argument;
}

/* A number that the kernel is told: a parameter, unless it is 0 or 1. */
static Expr *parameter(Tiling *t, const char *name, Expr *argument) {
  if (argument->kind == EXPR_INT && (argument->integer == 0 || argument->integer == 1)) return argument;
  add_parameter(t, name, argument);
  return expr_index(t->arena, name);
}

static const char *step_name(const Tiling *t, const KernelOperand *k, const char *axis) {
  return arena_printf(t->arena, "%s_%s", k->bound->name, axis);
}

static void add_pointer(Tiling *t, const KernelOperand *k, bool is_const) {
  t->params[t->param_count] = (LoopParam){.name = k->bound->name, .pointer = true, .is_const = is_const, .type = element_type(k->bound)};
  const char *here = k->bound->kept_in ? k->bound->kept_in : k->bound->name;
  t->arguments[t->param_count++] = add(t, add(t, expr_index(t->arena, here), k->origin), offset_outside(t, k));
}

static Expr *without_access(void *context, Expr *e) { return e->kind == EXPR_ACCESS ? expr_float(context, 0) : e; }

/* Whether the nest calculates with a variable, and does not only address with it. */
static bool calculates_with(const Tiling *t, const char *var) {
  const Nest *nest = t->nest;
  Arena *a = t->arena;
  bool found = expr_uses_var(rewrite_expr(a, nest->result, without_access, a), var);
  if (nest->update) found = found || expr_uses_var(rewrite_expr(a, nest->update, without_access, a), var);
  for (int i = 0; i < nest->epilogue_count; i++) found = found || expr_uses_var(rewrite_expr(a, nest->epilogue[i], without_access, a), var);
  return found;
}

static void step_by_columns(Tiling *t, KernelOperand *k) {
  t->slide.column = parameter(t, step_name(t, k, "column"), t->slide.column);
  k->step_tile = mul(t, number(t, t->slide.stride), t->slide.column);
  k->step_reduction[t->reduction_count - 1] = mul(t, number(t, t->slide.dilation), t->slide.column);
}

/* Whether the taps of a reduction axis are written out. */
static bool is_written_out(const Tiling *t, int r) { return t->slide.taps && r == t->reduction_count - 1; }

/* Declares pointers and steps; replaces each step by what the kernel calls it. */
static void add_params(Tiling *t) {
  t->param_count = 0;
  for (int i = 0; i <= t->b->step->operand_count; i++) {
    bool is_output = i == t->b->step->operand_count;
    KernelOperand *k = is_output ? &t->output : &t->operands[i];
    if (!k->bound) continue;
    add_pointer(t, k, !is_output);
    if (k == asked_ahead(t)) {
      add_parameter(t, "ahead", first_ahead(t));
      add_parameter(t, "ahead_step", step_ahead(t));
    }
    bool slides = t->slide.taps && i == t->slide.operand;
    if (slides) step_by_columns(t, k);
    else if (t->tile && t->points > 1) k->step_tile = parameter(t, step_name(t, k, t->tile->var), k->step_tile);
    for (int r = 0; r < t->reduction_count - slides; r++)
      if (!k->streamed) k->step_reduction[r] = parameter(t, step_name(t, k, t->reductions[r].var), k->step_reduction[r]);
  }
  for (int r = 0; r < t->reduction_count; r++) {
    const Axis *axis = &t->reductions[r];
    if (is_written_out(t, r)) continue;
    if (is_clipped(axis)) add_parameter(t, tap_count_name(t->arena, axis), tap_count(t->arena, axis)); /* of each tile its own */
    else parameter(t, tap_count_name(t->arena, axis), tap_count(t->arena, axis));
  }
  if (sums_in_parts(t)) add_parameter(t, PART, terms_of_part(t));
  if (t->outside) {
    add_parameter(t, t->outside->var, expr_index(t->arena, t->outside->var));
    add_parameter(t, tap_count_name(t->arena, t->outside), expr_size(t->arena, t->outside->extent));
  }
  for (const Stmt *limit = t->nest->before; limit; limit = limit->next)
    if (calculates_with(t, limit->var)) add_parameter(t, limit->var, expr_var(t->arena, limit->var, limit->value->type));
}

Expr *reduction_end(const Tiling *t, int r) {
  if (is_written_out(t, r)) return number(t, t->slide.taps);
  if (size_is(t->reductions[r].extent, 1) && !is_clipped(&t->reductions[r])) return number(t, 1);
  return expr_index(t->arena, tap_count_name(t->arena, &t->reductions[r]));
}

static Expr *reduction_index(const Tiling *t, int r) {
  return t->tap >= 0 && is_written_out(t, r) ? number(t, t->tap) : expr_index(t->arena, t->reductions[r].var);
}

/* Which a point reads with the tap that is being written. */
static int column_of(const Tiling *t, int point) { return point * t->slide.stride + t->tap * t->slide.dilation; }

/* Offset in the kernel of an operand: at the current point of the reductions, or before and after them at their start. */
Expr *kernel_offset(const Tiling *t, const KernelOperand *k, Expr *point) {
  bool slides = t->tap >= 0 && k == &t->operands[t->slide.operand];
  Expr *offset = slides ? mul(t, number(t, column_of(t, (int)point->integer)), t->slide.column) : mul(t, point, k->step_tile);
  for (int r = 0; t->reducing && r < t->reduction_count - slides && !k->streamed; r++)
    offset = add(t, offset, mul(t, reduction_index(t, r), k->step_reduction[r]));
  return offset;
}

/* Lanes of vector v that hold channels of the layer. */
static int valid_lanes(const Tiling *t, int v) {
  int64_t left = t->channels - (int64_t)v * t->lanes;
  return left < t->lanes ? (int)left : t->lanes;
}

bool reads_whole_vectors(const Tiling *t, const KernelOperand *k) {
  if (k->bound->packed) return true;
  bool written = t->b->step->in_place && t->b->step->schedule.shared_axis && k->bound->view.buffer == t->b->output.view.buffer;
  return k->bound->view.buffer->kind == BUFFER_WORKSPACE && !written;
}

static Expr *load(const Tiling *t, const KernelOperand *k, int point, int v) {
  Expr *offset = kernel_offset(t, k, number(t, point));
  if (k->streamed && t->tap >= 0) offset = add(t, offset, number(t, t->tap * t->channels));
  if (!k->along_lanes) return expr_load(t->arena, k->bound->name, offset, element_type(k->bound));
  Expr *e = expr_load(t->arena, k->bound->name, add(t, offset, number(t, (int64_t)v * t->lanes)), (Type){SCALAR_F32, t->lanes});
  e->integer = reads_whole_vectors(t, k) ? 0 : valid_lanes(t, v) % t->lanes; /* 0: the whole vector may be read */
  return e;
}

Expr *load_float(const Tiling *t, const KernelOperand *k, int point, int v) {
  Expr *loaded = load(t, k, point, v);
  return expr_cast(t->arena, (Type){SCALAR_F32, loaded->type.lanes}, loaded);
}

const char *hoisted_name(const Tiling *t, const KernelOperand *k, int point, int v) {
  const char *name = k->bound->name;
  if (t->tap >= 0) point = moves_with_tile(k) ? column_of(t, point) : t->tap;
  if (t->tap >= 0 && k->along_lanes) return arena_printf(t->arena, "%s_%d_%d", name, point, v);
  if (t->tap >= 0) return arena_printf(t->arena, "%s_%d", name, point);
  if (!moves_with_tile(k)) point = 0; /* one load serves all points */
  if (k->along_lanes && moves_with_tile(k)) return arena_printf(t->arena, "%s_%d_%d", name, point, v);
  if (k->along_lanes) return arena_printf(t->arena, "%s_%d", name, v);
  return arena_printf(t->arena, "%s_%d", name, moves_with_tile(k) ? point : 0);
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

bool reads_operand(const Tiling *t, Expr *e, int operand) {
  Reads r = {operand, false};
  rewrite_expr(t->arena, e, reads_visit, &r);
  return r.found;
}

/* Whether the reduction reads an operand of the first values again, where names stand for what it reads. */
static bool is_read_again(const Tiling *t, int operand) {
  return !t->reducing && t->nest->update && reads_operand(t, t->nest->update, operand);
}

typedef struct Vectorise { /* rewrites an expression of the nest for one point and vector */
  const Tiling *t;
  int point, v;
  bool direct; /* what differs between the points, or is read again, is read where it is used; all else has been read before */
} Vectorise;

static Expr *vector_visit(void *context, Expr *e) {
  const Vectorise *z = context;
  Arena *a = z->t->arena;
  if (e->kind == EXPR_VAR && strcmp(e->text, "acc") == 0)
    return expr_var(a, arena_printf(a, "acc%d_%d", z->point, z->v), (Type){SCALAR_F32, z->t->lanes});
  if (e->kind == EXPR_ACCESS) {
    const KernelOperand *k = &z->t->operands[e->operand];
    if (z->direct && (moves_with_tile(k) || is_read_again(z->t, e->operand))) return load_float(z->t, k, z->point, z->v);
    return expr_var(a, hoisted_name(z->t, k, z->point, z->v), (Type){SCALAR_F32, k->along_lanes ? z->t->lanes : 1});
  }
  if (e->kind == EXPR_CAST && e->left->type.scalar == SCALAR_F32) return e->left; /* the bytes of an input were read as floats */
  bool compares_scalars = e->kind == EXPR_BINARY && e->type.scalar == SCALAR_BOOL && e->type.lanes == 1 &&
                          e->left->type.scalar == SCALAR_F32;
  if (compares_scalars) return expr_binary(a, e->op, expr_broadcast(a, e->left, z->t->lanes), e->right); /* for a select of vectors */
  if (e->kind == EXPR_SELECT && e->condition->type.lanes > 1)
    return expr_select(a, e->condition, expr_broadcast(a, e->left, z->t->lanes), expr_broadcast(a, e->right, z->t->lanes));
  return e;
}

Expr *vectorised(const Tiling *t, Expr *e, int point, int v, bool direct) {
  Vectorise context = {t, point, v, direct};
  return rewrite_expr(t->arena, e, vector_visit, &context);
}

/* LETs for the loads of one operand at a point of the tile. */
static Stmt *hoist_operand(const Tiling *t, int operand, int point) {
  const KernelOperand *k = &t->operands[operand];
  Stmt *lets = NULL;
  for (int v = 0; v < (k->along_lanes ? t->vectors : 1); v++)
    lets = stmt_then(lets, stmt_let(t->arena, hoisted_name(t, k, point, v), load_float(t, k, point, v), true));
  return lets;
}

/* The same for all operands of an expression: those that are the same for all points of the tile, or the others. */
static Stmt *hoist_loads(const Tiling *t, Expr *e, int point, bool same_for_all) {
  Stmt *lets = NULL;
  for (int i = 0; i < t->b->step->operand_count; i++)
    if (t->operands[i].bound && reads_operand(t, e, i) && same_for_all == !moves_with_tile(&t->operands[i]) && !is_read_again(t, i))
      lets = stmt_then(lets, hoist_operand(t, i, point));
  return lets;
}

const char *acc_name(const Tiling *t, int point, int v) { return arena_printf(t->arena, "acc%d_%d", point, v); }

/* The accumulators' first values. */
static Stmt *declare_all(const Tiling *t, Expr *e) {
  Stmt *body = hoist_loads(t, e, 0, true);
  for (int p = 0; p < t->points; p++)
    for (int v = 0; v < t->vectors; v++)
      body = stmt_then(body,
                       stmt_let(t->arena, acc_name(t, p, v), expr_broadcast(t->arena, vectorised(t, e, p, v, true), t->lanes), false));
  return body;
}

/* One step of the reduction for all accumulators. */
static Stmt *update_all(const Tiling *t, Expr *e) {
  Stmt *body = hoist_loads(t, e, 0, true);
  for (int p = 0; p < t->points; p++) {
    body = stmt_then(body, hoist_loads(t, e, p, false));
    for (int v = 0; v < t->vectors; v++) body = stmt_then(body, stmt_set(t->arena, acc_name(t, p, v), vectorised(t, e, p, v, false)));
  }
  return body;
}

static Stmt *advance_streams(const Tiling *t) {
  Stmt *body = NULL;
  int64_t width = t->channels * (t->slide.taps ? t->slide.taps : 1);
  for (int i = 0; i < t->b->step->operand_count; i++) {
    if (!t->operands[i].bound || !t->operands[i].streamed) continue;
    const char *pointer = t->operands[i].bound->name;
    if (!t->slide.taps) body = stmt_then(body, prefetch_weights(t, &t->operands[i]));
    body = stmt_then(body, stmt_advance(t->arena, pointer, number(t, width)));
  }
  return body;
}

Stmt *wrap_reductions(const Tiling *t, Stmt *body, bool written_out) {
  for (int r = t->reduction_count; r-- > 0;)
    if (!written_out || !is_written_out(t, r))
      body = stmt_for(t->arena, t->reductions[r].var, number(t, 0), reduction_end(t, r), number(t, 1), body);
  return body;
}

/* Whether the accumulators' first values needed the operand, and left it in variables. */
static bool is_hoisted(const Tiling *t, int operand) {
  Expr *first = t->nest->update ? t->nest->initial : t->nest->result;
  return reads_operand(t, first, operand) && !moves_with_tile(&t->operands[operand]) && !is_read_again(t, operand);
}

/* LETs for what the result and the epilogues read. */
static Stmt *load_epilogue(const Tiling *t) {
  const Nest *nest = t->nest;
  Stmt *body = NULL;
  for (int i = 0; i < t->b->step->operand_count; i++) {
    bool wanted = nest->update && reads_operand(t, nest->result, i);
    for (int e = 0; e < nest->epilogue_count; e++) wanted = wanted || reads_operand(t, nest->epilogue[e], i);
    if (wanted && !is_hoisted(t, i))
      for (int p = 0; p < (moves_with_tile(&t->operands[i]) ? t->points : 1); p++) body = stmt_then(body, hoist_operand(t, i, p));
  }
  return body;
}

static Stmt *finish_all(const Tiling *t, Expr *e) {
  Stmt *body = NULL;
  for (int p = 0; p < t->points; p++)
    for (int v = 0; v < t->vectors; v++)
      body = stmt_then(body, stmt_set(t->arena, acc_name(t, p, v), expr_broadcast(t->arena, vectorised(t, e, p, v, false), t->lanes)));
  return body;
}

static Expr *find_function(void *context, Expr *e) {
  if (e->kind == EXPR_MATH) *(bool *)context = true;
  return e;
}

/* Whether the result is finished by functions, which compilers would copy to as many places as there are accumulators. */
static bool finishes_by_functions(const Tiling *t) {
  const Nest *nest = t->nest;
  bool found = false;
  rewrite_expr(t->arena, nest->result, find_function, &found);
  for (int i = 0; i < nest->epilogue_count; i++) rewrite_expr(t->arena, nest->epilogue[i], find_function, &found);
  return found;
}

static Stmt *finish_in_loops(const Tiling *t) {
  Stmt *body = stmt_array(t->arena, "acc", type_f32, (int64_t)t->points * t->vectors);
  for (int p = 0; p < t->points; p++)
    for (int v = 0; v < t->vectors; v++)
      body = stmt_then(body,
                       stmt_store(t->arena, "acc", number(t, p * t->vectors + v), expr_var(t->arena, acc_name(t, p, v), type_f32), 1));
  return stmt_then(body, store_results(t, expr_load(t->arena, "acc", place_in_array(t, t->vectors), type_f32)));
}

static Expr *place_of_result(const Tiling *t, int point, int v) {
  return add(t, kernel_offset(t, &t->output, number(t, point)), number(t, (int64_t)v * t->lanes));
}

static Stmt *store_all(const Tiling *t) {
  Stmt *body = NULL;
  for (int p = 0; p < t->points; p++)
    for (int v = 0; v < t->vectors; v++) {
      Expr *acc = expr_var(t->arena, acc_name(t, p, v), (Type){SCALAR_F32, t->lanes});
      body = stmt_then(body, stmt_store(t->arena, "y", place_of_result(t, p, v), acc, valid_lanes(t, v)));
    }
  return body;
}

static Expr *load_result(const Tiling *t, int point, int v) {
  Expr *sum = expr_load(t->arena, "y", place_of_result(t, point, v), (Type){SCALAR_F32, t->lanes});
  sum->integer = valid_lanes(t, v) % t->lanes;
  return sum;
}

static Stmt *load_earlier_sums(const Tiling *t) {
  Stmt *body = NULL;
  for (int p = 0; p < t->points; p++)
    for (int v = 0; v < t->vectors; v++) body = stmt_then(body, stmt_set(t->arena, acc_name(t, p, v), load_result(t, p, v)));
  return stmt_if(t->arena, follows_steps(t), body);
}

static Stmt *add_earlier_parts(const Tiling *t) {
  Stmt *body = NULL;
  for (int p = 0; p < t->points; p++)
    for (int v = 0; v < t->vectors; v++) {
      Expr *acc = expr_var(t->arena, acc_name(t, p, v), (Type){SCALAR_F32, t->lanes});
      body = stmt_then(body, stmt_set(t->arena, acc_name(t, p, v), expr_binary(t->arena, OP_ADD, acc, load_result(t, p, v))));
    }
  return stmt_if(t->arena, follows_parts(t), body);
}

static Stmt *body_in_parts(const Tiling *t) {
  Tiling inside = *t;
  inside.reducing = true;
  Stmt *update = stmt_then(update_all(&inside, t->nest->update), advance_streams(t));
  Stmt *parts = for_each_part(t, declare_all(t, t->nest->initial), update, stmt_then(add_earlier_parts(t), store_all(t)));
  return stmt_then(prefetch_results(t), stmt_then(begin_ahead(t), parts));
}

static Stmt *finish(const Tiling *t) {
  const Nest *nest = t->nest;
  Stmt *body = load_epilogue(t);
  if (nest->update && has_result(nest)) body = stmt_then(body, finish_all(t, nest->result));
  for (int i = 0; i < nest->epilogue_count; i++) body = stmt_then(body, finish_all(t, nest->epilogue[i]));
  return t->outside && body ? stmt_if(t->arena, is_last_step(t), body) : body;
}

static Stmt *vector_body(const Tiling *t) {
  const Nest *nest = t->nest;
  if (sums_in_parts(t)) return body_in_parts(t);
  Stmt *body = prefetch_results(t);
  if (t->slide.columns_first) body = stmt_then(body, reduce_columns(t));
  else body = stmt_then(body, declare_all(t, nest->update ? nest->initial : nest->result));
  if (nest->update && !t->slide.columns_first) {
    Tiling inside = *t;
    inside.reducing = true;
    Stmt *update = t->slide.taps ? update_sliding(&inside, nest->update) : update_all(&inside, nest->update);
    if (t->outside) body = stmt_then(body, load_earlier_sums(t));
    body = stmt_then(body, begin_ahead(t));
    body = stmt_then(body, wrap_reductions(t, stmt_then(update, advance_streams(t)), true));
  }
  if (t->lanes == 1 && nest->update && finishes_by_functions(t)) return stmt_then(body, finish_in_loops(t));
  return stmt_then(stmt_then(body, finish(t)), store_all(t));
}

bool add_kernel(Arena *a, LoopProgram *program, const Function *kernel) {
  for (int i = 0; i < program->kernel_count; i++) {
    if (strcmp(program->kernels[i]->name, kernel->name) != 0) continue;
    Text mine = text_new(a), other = text_new(a);
    print_function(&mine, kernel);
    print_function(&other, program->kernels[i]);
    return strcmp(text_string(&mine), text_string(&other)) == 0;
  }
  Function *copy = ARENA_NEW(a, Function);
  *copy = *kernel;
  ARENA_PUSH(a, program->kernels, program->kernel_count, copy);
  return true;
}

/* Sizes that the text names itself; to others its parameters give names. */
static void add_dims(Tiling *t, const Function *kernel) {
  for (int i = 0; i < t->b->program->dim_count; i++) {
    const Dim *dim = t->b->program->dims[i];
    if (!stmts_use_dim(kernel->body, dim) && !stmts_use_dim(kernel->plain_body, dim)) continue;
    t->params[t->param_count] = (LoopParam){.name = dim_variable(t->arena, dim), .type = type_index};
    t->arguments[t->param_count++] = expr_size(t->arena, size_of_dim(t->arena, dim));
  }
}

Stmt *call_kernel(const Tiling *layer, int points, int vectors, int64_t channels, Expr *ox, Expr *oc) {
  Tiling tiling = *layer, *t = &tiling; /* a copy, because each kernel gives the steps names of its own */
  size_t operands = (size_t)t->b->step->operand_count;
  t->operands = arena_grow(t->arena, layer->operands, operands * sizeof(KernelOperand), (operands + 1) * sizeof(KernelOperand));
  t->points = points;
  t->vectors = vectors;
  t->channels = channels;
  t->slide = t->lanes > 1 && !t->b->step->schedule.plain ? find_slide(t) : (Slide){0};
  if (t->slide.taps) t->nest = with_number_of_taps(t);
  t->tap = -1;
  add_params(t);
  for (int i = 0; i < t->param_count; i++) {
    t->arguments[i] = substitute_var(t->arena, t->arguments[i], t->lane->var, oc);
    if (t->tile) t->arguments[i] = substitute_var(t->arena, t->arguments[i], t->tile->var, ox);
    if (t->run) t->arguments[i] = with_limits(t, t->run, t->arguments[i]);
  }
  Function kernel = {.name = kernel_name(t, has_numbers(t->b->step)), .kernel = true};
  kernel.comment = kernel_comment(t, &kernel.comment_count);
  bool plain = t->b->step->schedule.plain;
  kernel.body = plain ? plain_body(t) : vector_body(t);
  kernel.plain_body = t->lanes > 1 && !plain ? plain_body(t) : NULL;
  add_dims(t, &kernel);
  kernel.param_count = t->param_count;
  kernel.params = arena_grow(t->arena, t->params, (size_t)t->param_count * sizeof(LoopParam),
                             (size_t)(t->param_count + 1) * sizeof(LoopParam));
  if (!add_kernel(t->arena, t->b->program, &kernel)) { /* the same in all that the name says, not in all */
    kernel.name = kernel_name(t, true);
    if (!add_kernel(t->arena, t->b->program, &kernel))
      t->b->program->fault = arena_printf(t->arena, "two kernels are called %s", kernel.name);
  }
  return stmt_call(t->arena, kernel.name, t->arguments, t->param_count);
}
