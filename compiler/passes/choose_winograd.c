/* choose_winograd.c - which convolutions are computed in Winograd's form, with tiles of what size, how many at a time.
 *
 * Costs are counted in multiply-adds for one pair of channels: products, the transforms' share, and the stream of transformed
 * weights, which are larger than the kernels. Measurements behind the numbers: docs/decisions/0012-winograd.md, 0022-more-forms.md. */
#include <math.h>
#include <string.h>

#include "passes/cost.h"
#include "passes/plan_steps.h"
#include "passes/schedules.h"
#include "passes/winograd.h"

enum {
  LEAST_CHANNELS = 16, /* fewer, of the input or the output, and the transforms cost more than they save */
  /* What it costs to read a number of the weights from the second cache, the third and from memory, in multiply-adds of a core
   * with vectors of 16. */
  READ_NEAR = 4,
  READ_FAR = 14,
  READ_MEMORY = 25,
  THIRD_CACHE = 16 << 20,    /* bytes of weights that stay there from one run of the net to the next: others use it, too */
  LEAST_SCRATCH = 128 << 10, /* bytes of a chunk, if that is more than a quarter of the second cache */
  LEAST_TILES = 8,
  MANY_CHUNKS = 32,
  PART_TERMS = 64, /* of sums over channels */
  MOST_TILES = 64  /* of a chunk that is larger than that, so that its weights are read less often */
};

/* Of the transforms, for each point of a tile of the input, and for each product and each result of a tile. */
static const double INPUT_POINT = 8.2, OUTPUT_PRODUCT = 2.2, OUTPUT_RESULT = 11.3;

/* The larger kernels of larger tiles must be worth their memory. */
static const double FOR_MORE_MEMORY = 7.0 / 8;

static bool is_plain(const Correlation *c) {
  for (int i = 0; i < 2; i++)
    if (c->stride[i] != 1 || c->dilation[i] != 1) return false;
  return true;
}

typedef struct Reads { /* of all but the correlation itself */
  const Plan *plan;
  const Step *step;
  bool strange;
} Reads;

/* Besides, a nest may read numbers for each channel and values at the place that it computes. */
static Expr *look_at_read(void *context, Expr *e) {
  Reads *r = context;
  const Nest *nest = r->step->nest;
  if (e->kind != EXPR_ACCESS || e->operand == nest->correlation->input || e->operand == nest->correlation->weight) return e;
  bool numbers = r->step->operands[e->operand].parameter != NULL;
  for (int d = 0; d < e->rank; d++)
    for (int i = 0; i < nest->result_count; i++) {
      const char *var = nest->result_axes[i].var;
      if (expr_uses_var(e->index[d], var) && (numbers || d == 0) && strcmp(var, nest->lane_axis) != 0) r->strange = true;
    }
  if (!numbers && expr_uses_var(e->index[0], nest->lane_axis) &&
      !expr_is_int(coefficient_of(r->plan->arena, e->index[0], nest->lane_axis), 1))
    r->strange = true;
  return e;
}

static bool reads_plainly(const Plan *plan, const Step *step) {
  const Nest *nest = step->nest;
  Reads reads = {plan, step, false};
  rewrite_expr(plan->arena, nest->initial, look_at_read, &reads);
  rewrite_expr(plan->arena, nest->result, look_at_read, &reads);
  for (int i = 0; i < nest->epilogue_count; i++) rewrite_expr(plan->arena, nest->epilogue[i], look_at_read, &reads);
  return !reads.strange;
}

/* Vectors along the channels of the input. Beyond the last channel of a caller's tensor nothing may be read. 0: none fits. */
static int input_lanes(const Plan *plan, const Step *step, int64_t channels, int widest) {
  const View *view = &plan->views[step->operands[step->nest->correlation->input].value->id];
  if (view->buffer->kind == BUFFER_WORKSPACE) return choose_lanes(channels, widest);
  for (int lanes = widest; lanes >= 4; lanes /= 2)
    if (channels % lanes == 0) return lanes;
  return 0;
}

static bool sizes_are_known(const Nest *nest) {
  for (int i = 0; i < nest->result_count; i++)
    if (!size_is_const(nest->result_axes[i].extent, NULL)) return false;
  return true;
}

static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }
static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

/* Tiles of a chunk. If the weights stay in the second cache, so does its scratch; else they are read again for each chunk, and it
 * is as large as makes that, and reading the scratch from further away, cost the same. */
static int64_t choose_chunk(const Schedule *s, const WinogradShape *shape, const Target *target) {
  int64_t bytes = winograd_planes(s->winograd) * (int64_t)sizeof(float), second = (int64_t)target->l2 << 10;
  int64_t tile = bytes * (shape->v_tile + shape->m_tile), weights = bytes * shape->in_channels * shape->m_tile;
  int64_t most = larger(second / 4, LEAST_SCRATCH) / tile;
  if (weights > second / 4 * 3) most = larger(most, smaller(weights / (2 * tile), MOST_TILES));
  most = larger(most, LEAST_TILES);
  if (target->whim) most = 1 + draw_by_whim(target, MOST_TILES, shape->tiles);
  int64_t chunks = (shape->tiles + most - 1) / most;
  return (shape->tiles + chunks - 1) / chunks;
}

/* The tile in registers for the products of a chunk; all chunks but the last are full of such tiles. Weights that stay in the second cache
 * while many chunks are multiplied with them need not be asked for. */
static void choose_products(Schedule *s, const WinogradShape *shape, const Target *target) {
  int64_t chunk = choose_chunk(s, shape, target), weights = shape->in_channels * shape->m_tile * (int64_t)sizeof(float);
  int64_t all = winograd_planes(s->winograd) * weights, second = (int64_t)target->l2 << 10;
  Work plane = {.points = shape->tiles, .rows = 1, .channels = shape->out_channels, .steps = shape->in_channels}; /* all of it is near */
  choose_cheapest(target, &plane, shape->m_tile / s->lanes, s);
  s->flat = s->channels_outermost = s->reduction_outside = false;
  s->part = target->whim ? 4 + (int)draw_by_whim(target, PART_TERMS, PART_TERMS) : PART_TERMS;
  bool stays = all < second / 4 * 3 && shape->tiles > MANY_CHUNKS * chunk;
  s->ahead = chunk > s->tile && all > second / 16 && !stays;
  s->chunk = (int)smaller((chunk + s->tile - 1) / s->tile * s->tile, shape->tiles);
}

static Schedule winograd_schedule(const Nest *nest, const Target *target, Schedule direct, WinogradForm form, int lanes) {
  Schedule s = direct;
  s.kind = SCHEDULE_WINOGRAD;
  s.winograd = form;
  s.input_lanes = lanes;
  WinogradShape shape = winograd_shape(nest, &s);
  choose_products(&s, &shape, target);
  return s;
}

/* What it costs to read a number of weights that do not stay in the second cache. Memory is no faster for wide vectors. */
static double read_from_afar(const Plan *plan, const Target *target) {
  double bytes = 0;
  for (int i = 0; i < plan->graph->parameter_count; i++) bytes += (double)parameter_elements(plan->graph->parameters[i]) * sizeof(float);
  return bytes > THIRD_CACHE ? READ_MEMORY * target->lanes / 16.0 : READ_FAR;
}

typedef struct Costs {
  const Target *target;
  double afar;
} Costs;

/* Reading weights overlaps with multiplying, in part, or nearly all of it. */
static double with_reads(double products, double weights, const WinogradShape *s, const Costs *costs, bool evenly) {
  double bytes = weights * (double)s->in_channels * (double)s->m_tile * sizeof(float);
  double reads = weights * (bytes > costs->target->l2 * 1024.0 ? costs->afar : READ_NEAR);
  return fmax(products, reads) + fmin(products, reads) / (evenly ? 8 : 2);
}

static double direct_cost(double taps, const WinogradShape *s, const Costs *costs, const Schedule *direct) {
  return with_reads(taps * (double)(s->rows * s->columns), taps, s, costs, direct->reduction_outside);
}

static double winograd_cost(WinogradForm form, const WinogradShape *s, const Costs *costs) {
  double planes = winograd_planes(form), tiles = (double)s->tiles;
  double input = INPUT_POINT * planes, output = OUTPUT_PRODUCT * planes + OUTPUT_RESULT * form.results[0] * form.results[1];
  double transforms = tiles * (input / (double)s->out_channels + output / (double)s->in_channels);
  return with_reads(tiles * planes, planes, s, costs, false) + transforms;
}

static bool may_be_in(const Plan *plan, WinogradForm form) {
  return form.taps[0] && (winograd_errors(form) > 1 ? plan->winograd.rounded : plan->winograd.exact);
}

bool choose_winograd(const Plan *plan, const Step *step, const Target *target, Schedule *schedule) {
  const Nest *nest = step->nest;
  Schedule direct = *schedule;
  if (!target->fma || target->lanes == 1 || plan->portable || !choose_tiled(plan, step, target, &direct)) return false;
  if (!nest->correlation || nest->next || !is_plain(nest->correlation) || !sizes_are_known(nest) || !reads_plainly(plan, step))
    return false;
  const int64_t *kernel = nest->correlation->kernel;
  WinogradShape shape = winograd_shape(nest, &(Schedule){.winograd = {{1, 1}, {1, 1}}, .lanes = 1, .input_lanes = 1});
  int lanes = input_lanes(plan, step, shape.in_channels, target->lanes);
  bool few = shape.in_channels < LEAST_CHANNELS || shape.out_channels < LEAST_CHANNELS, found = false;
  if (lanes == 0 || (few && !plan->winograd.always)) return false;
  Costs costs = {target, read_from_afar(plan, target)};
  double least = plan->winograd.always ? HUGE_VAL : direct_cost((double)(kernel[0] * kernel[1]), &shape, &costs, &direct);
  for (int results = 2; results <= 4; results += 2) {
    WinogradForm form = winograd_form(results, kernel);
    if (!may_be_in(plan, form) || shape.rows < form.results[0] || shape.columns < form.results[1]) continue;
    Schedule s = winograd_schedule(nest, target, direct, form, lanes);
    shape = winograd_shape(nest, &s);
    double cost = winograd_cost(form, &shape, &costs);
    if (cost >= least) continue;
    least = cost * FOR_MORE_MEMORY; /* the next one's kernels are larger */
    *schedule = s;
    found = true;
  }
  return found;
}

Buffer *winograd_scratch(Plan *plan, const Step *step) {
  Arena *a = plan->arena;
  WinogradShape shape = winograd_shape(step->nest, &step->schedule);
  const Size *elements = size_of(a, shape.v_elements + shape.m_elements), *one = size_of(a, 1), *none = size_of(a, 0);
  Buffer *buffer = ARENA_NEW(a, Buffer);
  *buffer = (Buffer){.id = plan->buffer_count,
                     .name = plan_free_name(plan, arena_printf(a, "%s_scratch", step->name)),
                     .kind = BUFFER_WORKSPACE,
                     .dtype = DTYPE_F32,
                     .channels = elements,
                     .height = one,
                     .width = one,
                     .row = elements,
                     .column = elements,
                     .channel = one,
                     .origin = none,
                     .elements = elements,
                     .first = -1,
                     .last = -1};
  ARENA_PUSH(a, plan->buffers, plan->buffer_count, buffer);
  return buffer;
}

int64_t winograd_part(const WinogradShape *shape) {
  enum { FLOATS_OF_A_LINE = 16 };
  int64_t elements = shape->v_elements + shape->m_elements;
  return (elements + FLOATS_OF_A_LINE - 1) / FLOATS_OF_A_LINE * FLOATS_OF_A_LINE;
}

void make_tiles_for_threads(Plan *plan, Step *step) {
  WinogradShape shape = winograd_shape(step->nest, &step->schedule);
  int64_t tiles = (shape.tiles + plan->threads - 1) / plan->threads, chunks = (tiles + step->schedule.chunk - 1) / step->schedule.chunk;
  step->schedule.chunk = (int)((tiles + chunks - 1) / chunks);
  shape = winograd_shape(step->nest, &step->schedule);
  const Size *elements = size_of(plan->arena, winograd_part(&shape) * plan->threads);
  step->scratch->channels = step->scratch->row = step->scratch->column = step->scratch->elements = elements;
}
