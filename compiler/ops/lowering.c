/* lowering.c - builders for the loop nests of the operators; see lowering.h. */
#include "ops/lowering.h"

static int operand_of(Lowering *l, Operand wanted) {
  for (int i = l->first_operand; i < l->operand_count; i++)
    if (l->operands[i].value == wanted.value && l->operands[i].parameter == wanted.parameter) return i;
  ARENA_PUSH(l->arena, l->operands, l->operand_count, wanted);
  return l->operand_count - 1;
}

static Expr *element_of(Lowering *l, const Value *value, Expr *c, Expr *y, Expr *x) {
  Expr *index[] = {c, y, x};
  return expr_access(l->arena, operand_of(l, (Operand){.value = value}), type_of_dtype(value->type.dtype), 3, index);
}

static Expr *constant_at(Lowering *l, const Parameter *constant, Expr *c, Expr *y, Expr *x) {
  if (constant->rank == 0) return expr_float(l->arena, (double)constant->data[0]);
  Expr *index[] = {c, constant->rank == 2 ? x : y, x};
  return expr_access(l->arena, operand_of(l, (Operand){.parameter = constant}), type_f32, constant->rank, index);
}

Expr *value_at(Lowering *l, const Value *value, Expr *c, Expr *y, Expr *x) {
  if (value->constant) return constant_at(l, value->constant, c, y, x);
  Expr *element = element_of(l, value, c, y, x);
  return value->type.dtype == DTYPE_F32 ? element : expr_cast(l->arena, type_f32, element);
}

Expr *input_at(Lowering *l, const Node *node, int i, Expr *c, Expr *y, Expr *x) { return value_at(l, node->inputs[i], c, y, x); }

Expr *stage_at(Lowering *l, int i, Expr *c, Expr *y, Expr *x) { return value_at(l, l->stages[i], c, y, x); }

Expr *parameter_at(Lowering *l, const Node *node, int i, Expr *i0, Expr *i1, Expr *i2, Expr *i3) {
  const Parameter *parameter = node->parameters[i];
  Expr *index[] = {i0, i1, i2, i3};
  return expr_access(l->arena, operand_of(l, (Operand){.parameter = parameter}), type_f32, parameter->rank, index);
}

Expr *output_at(Lowering *l, const Node *node, Expr *c, Expr *y, Expr *x) { return value_at(l, node->output, c, y, x); }

Stmt *store_output(Lowering *l, const Node *node, Expr *c, Expr *y, Expr *x, Expr *value) {
  return stmt_store(l->arena, NULL, element_of(l, node->output, c, y, x), value, 1);
}

Expr *channel_index(Lowering *l) { return l->channel; }

void add_result_axis(Nest *nest, const char *var, const Size *extent) {
  nest->result_axes[nest->result_count++] = (Axis){.var = var, .extent = extent};
}

void add_reduction_axis(Nest *nest, const char *var, const Size *extent, Expr *begin, Expr *end) {
  nest->reduction_axes[nest->reduction_count++] = (Axis){.var = var, .extent = extent, .begin = begin, .end = end};
}

void set_own_step(Nest *nest, Expr *step) { nest->epilogue[nest->epilogue_count++] = step; }

Expr *add_expr(Lowering *l, Expr *a, Expr *b) { return expr_binary(l->arena, OP_ADD, a, b); }
Expr *sub_expr(Lowering *l, Expr *a, Expr *b) { return expr_binary(l->arena, OP_SUB, a, b); }
Expr *mul_expr(Lowering *l, Expr *a, Expr *b) { return expr_binary(l->arena, OP_MUL, a, b); }
Expr *div_expr(Lowering *l, Expr *a, Expr *b) { return expr_binary(l->arena, OP_DIV, a, b); }

Expr *mean_expr(Lowering *l, Expr *x, Expr *count) {
  if (count->kind == EXPR_INT) return mul_expr(l, x, float_expr(l, 1.0 / (double)(float)count->integer));
  return mul_expr(l, x, div_expr(l, float_expr(l, 1), expr_cast(l->arena, type_f32, count)));
}

/* b != b ? b : b > a ? b : a. With a NaN in a nothing is greater and it stays; without one in b the second question is a
 * single instruction of many machines. */
static Expr *extreme_expr(Lowering *l, BinaryOp better, Expr *a, Expr *b) {
  a = named_expr(l, "other", a);
  b = named_expr(l, "value", b);
  Expr *extreme = expr_select(l->arena, expr_binary(l->arena, better, b, a), b, a);
  return b->kind == EXPR_FLOAT ? extreme : expr_select(l->arena, expr_binary(l->arena, OP_NE, b, b), b, extreme);
}

Expr *max_expr(Lowering *l, Expr *a, Expr *b) { return extreme_expr(l, OP_GT, a, b); }
Expr *min_expr(Lowering *l, Expr *a, Expr *b) { return extreme_expr(l, OP_LT, a, b); }

/* x > 0 ? x : 0 - x, which makes 0 of -0, too */
Expr *abs_expr(Lowering *l, Expr *x) {
  Expr *zero = float_expr(l, 0), *value = named_expr(l, "value", x);
  return expr_select(l->arena, expr_binary(l->arena, OP_GT, value, zero), value, sub_expr(l, zero, value));
}

Expr *clamp_expr(Lowering *l, Expr *x, double low, double high) {
  Expr *value = named_expr(l, "value", x), *least = float_expr(l, low), *most = float_expr(l, high);
  Expr *at_most = expr_select(l->arena, expr_binary(l->arena, OP_GT, value, most), most, value);
  return expr_select(l->arena, expr_binary(l->arena, OP_LT, value, least), least, at_most);
}

Expr *named_expr(Lowering *l, const char *name, Expr *x) { return expr_named(l->arena, name, x); }
Expr *int_expr(Lowering *l, int64_t value) { return expr_int(l->arena, value); }
Expr *size_expr(Lowering *l, const Size *size) { return expr_size(l->arena, size); }
Expr *var_expr(Lowering *l, const char *index) { return expr_index(l->arena, index); }
Expr *float_expr(Lowering *l, double value) { return expr_float(l->arena, value); }
Expr *accumulator(Lowering *l) { return expr_var(l->arena, "acc", type_f32); }

Expr *window_index(Lowering *l, const Window *w, int axis, Expr *out, Expr *tap) {
  Expr *start = mul_expr(l, out, int_expr(l, w->stride[axis]));
  Expr *index = add_expr(l, start, mul_expr(l, tap, int_expr(l, w->dilation[axis])));
  return sub_expr(l, index, size_expr(l, w->before[axis]));
}

void store_at_result_axes(Lowering *l, Nest *nest) {
  nest->output[0] = var_expr(l, "oc");
  nest->output[1] = var_expr(l, "oy");
  nest->output[2] = var_expr(l, "ox");
}
