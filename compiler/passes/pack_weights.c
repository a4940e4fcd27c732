/* pack_weights.c - fills the packed numbers, in the order in which the steps read them. */
#include <string.h>

#include "passes/passes.h"
#include "passes/winograd.h"

/* The place of an element in the parameter is linear in the axes: at + sum of factor * axis. */
typedef struct Packing {
  const PackedPart *part;
  const Parameter *parameter;
  int64_t factor[MAX_AXES], extent[MAX_AXES], at;
  int lane; /* number of the lane axis; -1: none */
  float *out;
} Packing;

static int64_t number_of(Arena *a, const Expr *e) {
  const Size *size = expr_as_size(a, e);
  return size ? size_value(size) : 0;
}

static int64_t evaluate_at_zero(Arena *a, Expr *e, const PackedPart *part) {
  for (int i = 0; i < part->axis_count; i++) e = substitute_var(a, e, part->axes[i].var, expr_int(a, 0));
  return number_of(a, e);
}

static void find_factors(Arena *a, Packing *packing) {
  const PackedPart *part = packing->part;
  int64_t stride = 1;
  for (int d = packing->parameter->rank; d-- > 0;) {
    Expr *index = part->index[d];
    packing->at += stride * evaluate_at_zero(a, index, part);
    for (int i = 0; i < part->axis_count; i++) packing->factor[i] += stride * number_of(a, coefficient_of(a, index, part->axes[i].var));
    stride *= packing->parameter->sizes[d];
  }
}

/* The innermost axis, `count` steps of `factor`, and at each of them the lanes. */
static void pack_run(Packing *packing, int64_t at, int64_t count, int64_t factor, int64_t lanes) {
  const float *data = packing->parameter->data + at;
  int64_t lane_factor = packing->lane < 0 ? 0 : packing->factor[packing->lane];
  float *out = packing->out;
  for (int64_t k = 0; k < count; k++, data += factor, out += lanes)
    for (int64_t i = 0; i < lanes; i++) out[i] = data[i * lane_factor];
  packing->out = out;
}

/* Axes `from`.. of the packed order, from place `at` of the parameter. The lane axis was taken out of the order: its
 * lanes come last. */
static void pack_axes(Packing *packing, int axis, int64_t at, int64_t lanes) {
  const PackedPart *part = packing->part;
  if (axis == part->axis_count) {
    pack_run(packing, at, 1, 0, lanes);
    return;
  }
  if (axis == part->axis_count - 1 && axis != packing->lane) {
    pack_run(packing, at, packing->extent[axis], packing->factor[axis], lanes);
    return;
  }
  if (axis == packing->lane) {
    int64_t start = 0;
    for (int kind = 0; kind < part->block_kinds; kind++)
      for (int64_t block = 0; block < part->blocks[kind][0]; block++) {
        pack_axes(packing, axis + 1, at + start * packing->factor[axis], part->blocks[kind][1]);
        start += part->blocks[kind][1];
      }
    return;
  }
  for (int64_t i = 0; i < packing->extent[axis]; i++) pack_axes(packing, axis + 1, at + i * packing->factor[axis], lanes);
}

static void pack_part(Compilation *c, const PackedTensor *packed, const PackedPart *part);

/* Packed as taps, each in a plane of its own, then transformed plane by plane. */
static void pack_winograd(Compilation *c, const PackedTensor *packed, const PackedPart *part) {
  int64_t planes = size_value(part->axes[0].extent), count = part->elements / planes;
  PackedPart taps = *part;
  taps.winograd = (WinogradForm){{0}, {0}};
  taps.start = 0;
  taps.axis_count++;
  memcpy(taps.axes, part->taps, sizeof part->taps);
  memcpy(taps.axes + 2, part->axes + 1, (size_t)(part->axis_count - 1) * sizeof *part->axes);
  PackedTensor plain = {.parameter = packed->parameter,
                        .data = ARENA_ARRAY(c->arena, float, (size_t)(part->winograd.taps[0] * part->winograd.taps[1] * count))};
  pack_part(c, &plain, &taps);
  transform_winograd_kernels(part->winograd, plain.data, count, packed->data + part->start);
}

static void pack_part(Compilation *c, const PackedTensor *packed, const PackedPart *part) {
  Packing packing = {.part = part, .parameter = packed->parameter, .lane = -1, .out = packed->data + part->start};
  if (part->winograd.taps[0]) {
    pack_winograd(c, packed, part);
    return;
  }
  find_factors(c->arena, &packing);
  for (int i = 0; i < part->axis_count; i++) {
    packing.extent[i] = size_value(part->axes[i].extent);
    if (part->lane_axis && strcmp(part->axes[i].var, part->lane_axis) == 0) packing.lane = i;
  }
  pack_axes(&packing, 0, packing.at, 1);
}

static void pack(Compilation *c, PackedTensor *packed, float *data) {
  packed->data = data;
  for (int i = 0; i < packed->part_count; i++) pack_part(c, packed, &packed->parts[i]);
}

void pack_weights(Compilation *c, Plan *plan) {
  plan->weights = arena_alloc(c->arena, (size_t)plan->weights_bytes);
  for (int i = 0; i < plan->packed_count; i++)
    if (plan->packed[i]->parameter->data) pack(c, plan->packed[i], (float *)(void *)(plan->weights + plan->packed[i]->offset));
  for (int i = 0; i < plan->constant_count; i++)
    pack(c, plan->constants[i], ARENA_ARRAY(c->arena, float, (size_t)plan->constants[i]->elements));
}
