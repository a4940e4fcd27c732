/* lower_winograd.c - the function of a layer in Winograd's form: for each chunk of tiles, transform them into V, multiply each
 * of V's planes by that of the kernels into M, transform M back and store.
 *
 * The products are a nest like any other, so lower_tiled makes them; the transforms' kernels stand in build_winograd_input.c
 * and build_winograd_output.c. */
#include <string.h>

#include "ir/operator.h"
#include "passes/lower_nest.h"
#include "passes/winograd.h"

Expr *winograd_constant(const StepBinding *b, const char *kind, int64_t value) {
  return buffer_constant(b->program, b->plan->arena, kind, b->step->name, size_of(b->plan->arena, value));
}

/* A matrix [plane][tile][channel] of the scratch; kernels know it as `name`. */
static BoundOperand bind_matrix(const StepBinding *b, const char *name, const char *kept_in, Expr *tile, Expr *plane) {
  Arena *a = b->plan->arena;
  BoundOperand matrix = {.name = name, .kept_in = kept_in, .stride = {expr_int(a, 1), plane, tile}};
  for (int d = 0; d < MAX_RANK; d++) matrix.base[d] = size_of(a, 0);
  return matrix;
}

static bool shares(const StepBinding *b, const char *axis) {
  const char *shared = b->step->schedule.shared_axis;
  return shared && strcmp(shared, axis) == 0;
}

/* M[plane][t][oc] = sum over ic of V[plane][t][ic] * weight[plane][oc][ic], for all planes */
static Stmt *products(const StepBinding *b, const WinogradShape *s, int64_t count) {
  static const Operator matrix_product = {.name = "matrix", .kind = OPERATOR_NEST};
  enum { V, WEIGHT };
  Arena *a = b->plan->arena;
  const Correlation *c = b->nest->correlation;
  const char *lane = b->nest->lane_axis;
  Nest *nest = ARENA_NEW(a, Nest);
  *nest = (Nest){.lane_axis = lane, .tile_axis = "t", .initial = expr_float(a, 0), .result = expr_var(a, "acc", type_f32)};
  nest->result_axes[nest->result_count++] = (Axis){.var = "t", .extent = size_of(a, count)};
  nest->result_axes[nest->result_count++] = (Axis){.var = lane, .extent = size_of(a, s->out_channels)};
  nest->reduction_axes[nest->reduction_count++] = (Axis){.var = c->channel, .extent = size_of(a, s->in_channels)};
  Expr *plane = expr_index(a, "plane"), *t = expr_index(a, "t"), *oc = expr_index(a, lane), *ic = expr_index(a, c->channel);
  Expr *v_index[] = {ic, plane, t}, *weight_index[] = {oc, ic}, *m_index[] = {oc, plane, t};
  Expr *product = expr_binary(a, OP_MUL, expr_access(a, V, type_f32, 3, v_index), expr_access(a, WEIGHT, type_f32, 2, weight_index));
  nest->update = expr_binary(a, OP_ADD, nest->result, product);
  memcpy(nest->output, m_index, sizeof m_index);

  Node *node = ARENA_NEW(a, Node);
  *node = (Node){.op = &matrix_product, .name = b->step->name};
  Step *step = ARENA_NEW(a, Step);
  *step = (Step){.kind = STEP_NEST, .name = b->step->name, .root = node, .nest = nest, .operand_count = 2, .schedule = b->step->schedule};
  step->schedule.kind = SCHEDULE_TILED;
  StepBinding product_binding = {.plan = b->plan, .program = b->program, .step = step, .nest = nest};
  product_binding.operands = ARENA_ARRAY(a, BoundOperand, 2);
  product_binding.operands[V] = bind_matrix(b, "x", "v", winograd_constant(b, "V_TILE", s->v_tile),
                                            winograd_constant(b, "V_PLANE", s->v_plane));
  product_binding.operands[WEIGHT] = b->operands[c->weight];
  product_binding.output = bind_matrix(b, "y", "m", winograd_constant(b, "M_TILE", s->m_tile), winograd_constant(b, "M_PLANE", s->m_plane));
  Stmt *planes = stmt_for_points(a, "plane", expr_int(a, 0), expr_int(a, winograd_planes(b->step->schedule.winograd)), expr_int(a, 1),
                                 lower_tiled(&product_binding));
  planes->share = shares(b, "plane") ? SHARE_TURNS : SHARE_ALL;
  return planes;
}

typedef struct Transforms { /* calls for any chunk */
  const Stmt *input, *output;
} Transforms;

/* The calls for `count` tiles of a chunk from its tile number t on; the chunk begins with tile number `tile`. */
static Stmt *for_tiles(const StepBinding *b, const WinogradShape *s, const Stmt *calls, Expr *tile, Expr *t, int64_t count) {
  Arena *a = b->plan->arena;
  Expr *v = expr_binary(a, OP_MUL, t, winograd_constant(b, "V_TILE", s->v_tile)),
       *m = expr_binary(a, OP_MUL, t, winograd_constant(b, "M_TILE", s->m_tile));
  Stmt *copies = NULL;
  for (; calls; calls = calls->next) {
    Stmt *copy = stmt_call(a, calls->var, calls->arguments, calls->argument_count);
    for (int i = 0; i < copy->argument_count; i++) {
      Expr *argument = substitute_var(a, copy->arguments[i], "tile", expr_binary(a, OP_ADD, tile, t));
      argument = substitute_var(a, argument, "v", expr_binary(a, OP_ADD, expr_index(a, "v"), v));
      argument = substitute_var(a, argument, "m", expr_binary(a, OP_ADD, expr_index(a, "m"), m));
      copy->arguments[i] = substitute_var(a, argument, "count", expr_int(a, count));
    }
    copies = stmt_then(copies, copy);
  }
  return copies;
}

/* The calls for all tiles of a chunk, where threads share the step in a piece for each. */
static Stmt *for_all_tiles(const StepBinding *b, const WinogradShape *s, const Stmt *calls, Expr *tile, int64_t count) {
  Arena *a = b->plan->arena;
  if (!shares(b, "plane")) return for_tiles(b, s, calls, tile, expr_int(a, 0), count);
  int64_t piece = (count + b->plan->threads - 1) / b->plan->threads, full = count / piece * piece;
  Stmt *pieces = stmt_for_points(a, "t", expr_int(a, 0), expr_int(a, full), expr_int(a, piece),
                                 for_tiles(b, s, calls, tile, expr_index(a, "t"), piece));
  pieces->share = SHARE_TURNS;
  Stmt *rest = full < count ? for_tiles(b, s, calls, tile, expr_int(a, full), count - full) : NULL;
  for (Stmt *call = rest; call; call = call->next) call->share = SHARE_ONE;
  return stmt_then(pieces, rest);
}

/* V is read when all of it is there, and so is M. When the next chunk's products are written all of M was read. */
static Stmt *chunk(const StepBinding *b, const WinogradShape *s, const Transforms *transforms, Expr *tile, int64_t count) {
  Arena *a = b->plan->arena;
  Stmt *body = for_all_tiles(b, s, transforms->input, tile, count);
  if (shares(b, "plane")) body = stmt_then(body, stmt_meet(a));
  body = stmt_then(body, products(b, s, count));
  if (shares(b, "plane")) body = stmt_then(body, stmt_meet(a));
  return stmt_then(body, for_all_tiles(b, s, transforms->output, tile, count));
}

/* v and m, in scratch memory. */
static Stmt *point_to_matrices(const StepBinding *b, const WinogradShape *s, Expr *scratch) {
  Arena *a = b->plan->arena;
  Expr *m = expr_binary(a, OP_ADD, scratch, winograd_constant(b, "M", s->v_elements));
  return stmt_then(stmt_pointer(a, "v", type_f32, false, scratch), stmt_pointer(a, "m", type_f32, false, m));
}

/* for part: its chunks, with scratch memory of its own. The last part has what is left of the tiles. */
static Stmt *in_parts(const StepBinding *b, const WinogradShape *s, const Transforms *transforms) {
  Arena *a = b->plan->arena;
  int64_t most = b->step->schedule.chunk, full = s->tiles / most * most, parts = b->plan->threads;
  int64_t chunks = ((s->tiles + parts - 1) / parts + most - 1) / most;
  Expr *part = expr_index(a, "part"), *tiles = expr_int(a, chunks * most), *one = expr_int(a, 1);
  Expr *scratch = expr_binary(a, OP_ADD, expr_index(a, "scratch"),
                              expr_binary(a, OP_MUL, part, winograd_constant(b, "PART", winograd_part(s))));
  Expr *begin = expr_binary(a, OP_MUL, part, tiles), *end = expr_binary(a, OP_MUL, expr_binary(a, OP_ADD, part, one), tiles);
  if (chunks * most * parts > full) end = expr_select(a, expr_binary(a, OP_LT, end, expr_int(a, full)), end, expr_int(a, full));
  Stmt *body = point_to_matrices(b, s, scratch);
  Stmt *whole = chunk(b, s, transforms, expr_index(a, "tile"), most);
  body = stmt_then(body, stmt_for(a, "tile", begin, end, expr_int(a, most), whole));
  if (full < s->tiles) {
    Stmt *rest = chunk(b, s, transforms, expr_int(a, full), s->tiles - full);
    body = stmt_then(body, stmt_if(a, expr_binary(a, OP_EQ, part, expr_int(a, parts - 1)), rest));
  }
  Stmt *all = stmt_for_points(a, "part", expr_int(a, 0), expr_int(a, parts), one, body);
  all->share = SHARE_TURNS;
  return stmt_parallel(a, all);
}

Stmt *lower_winograd(const StepBinding *b) {
  Arena *a = b->plan->arena;
  WinogradShape s = winograd_shape(b->nest, &b->step->schedule);
  Transforms transforms = {call_winograd_input(b), call_winograd_output(b)};
  int64_t most = b->step->schedule.chunk, full = s.tiles / most * most;
  if (shares(b, "tile")) return in_parts(b, &s, &transforms);
  Expr *tile = full > most ? expr_index(a, "tile") : expr_int(a, 0);
  Stmt *body = point_to_matrices(b, &s, expr_index(a, "scratch"));
  Stmt *whole = chunk(b, &s, &transforms, tile, most);
  if (full > most) whole = stmt_for(a, "tile", expr_int(a, 0), expr_int(a, full), expr_int(a, most), whole);
  body = stmt_then(body, whole);
  if (full < s.tiles) body = stmt_then(body, chunk(b, &s, &transforms, expr_int(a, full), s.tiles - full));
  return shares(b, "plane") ? stmt_parallel(a, body) : body;
}
