/* nest.c - see nest.h. */
#include "ir/nest.h"

#include <string.h>

void visit_nest(Arena *arena, const Nest *nest, ExprVisit *visit, void *context) {
  Expr *parts[3 + MAX_FUSED + 1] = {nest->initial, nest->update, nest->result};
  memcpy(parts + 3, nest->epilogue, sizeof nest->epilogue);
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    if (parts[i]) rewrite_expr(arena, parts[i], visit, context);
}

const Axis *find_axis(const Nest *nest, const char *name) {
  for (int i = 0; name && i < nest->result_count; i++)
    if (nest->result_axes[i].var == name || strcmp(nest->result_axes[i].var, name) == 0) return &nest->result_axes[i];
  return NULL;
}

const Axis *axis_of_rows(const Nest *nest) {
  const Axis *tile = find_axis(nest, nest->tile_axis);
  if (!tile || tile == nest->result_axes) return NULL;
  return tile - 1 == find_axis(nest, nest->lane_axis) ? NULL : tile - 1;
}
