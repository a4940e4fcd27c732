/* nest_interpreter.c - runs lowerings of operators; see nest_interpreter.h. */
#include "nest_interpreter.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "ops/attributes.h"
#include "ops/dense.h"

enum { MOST_VARIABLES = 64 };

typedef struct Interpreter {
  Lowering lowering;
  const Node *node;
  const double *const *inputs;
  TensorData extra;
  double *output;
  const Value *target;       /* what output is: the node's result or a stage's, */
  Value *stages[MAX_STAGES]; /* and the earlier stages' */
  double *stage_data[MAX_STAGES];
  int stage_count;
  const char *names[MOST_VARIABLES];
  double values[MOST_VARIABLES];
  int variable_count;
  bool padded;
  int padding_mode;
} Interpreter;

static double value_of(Interpreter *in, const Expr *e);

static double *variable(Interpreter *in, const char *name) {
  for (int i = in->variable_count - 1; i >= 0; i--)
    if (strcmp(in->names[i], name) == 0) return &in->values[i];
  cr_assert_fail("%s: variable %s is not bound", in->node->op->name, name);
  return NULL;
}

static void bind(Interpreter *in, const char *name, double value) {
  cr_assert_lt(in->variable_count, MOST_VARIABLES);
  in->names[in->variable_count] = name;
  in->values[in->variable_count++] = value;
}

static double parameter_element(Interpreter *in, const Parameter *p, const Expr *e) {
  int64_t offset = 0;
  for (int i = 0; i < p->rank; i++) {
    int64_t index = (int64_t)value_of(in, e->index[i]);
    cr_assert(index >= 0 && index < p->sizes[i], "%s.%s: index %d is %lld", in->node->op->name, p->role, i, (long long)index);
    offset = offset * p->sizes[i] + index;
  }
  return (double)p->data[offset];
}

/* The border that a plan makes: zeros, or what padding_mode says. -1: zero. */
static int64_t through_border(Interpreter *in, int64_t t, int64_t n, bool may_leave) {
  if (t >= 0 && t < n) return t;
  cr_assert(may_leave && in->padded, "%s reads %lld of %lld", in->node->op->name, (long long)t, (long long)n);
  switch ((PaddingMode)in->padding_mode) {
  case PADDING_ZEROS: return -1;
  case PADDING_REFLECT: return t < 0 ? -t : 2 * n - 2 - t;
  case PADDING_REPLICATE: return t < 0 ? 0 : n - 1;
  case PADDING_CIRCULAR: return (t + n) % n;
  }
  return -1;
}

static double tensor_at(Interpreter *in, const Value *value, const Expr *e) {
  const double *data = value == in->extra.value ? in->extra.data : value == in->node->output ? in->output : NULL;
  for (int i = 0; i < in->node->input_count; i++)
    if (in->node->inputs[i] == value) data = in->inputs[i];
  for (int i = 0; i < in->stage_count; i++)
    if (in->stages[i] == value) data = in->stage_data[i];
  cr_assert_not_null(data);
  Dense d = dense_of(&value->type);
  bool border = in->node->input_count > 0 && value == in->node->inputs[0];
  int64_t c = through_border(in, (int64_t)value_of(in, e->index[0]), d.channels, false);
  int64_t y = through_border(in, (int64_t)value_of(in, e->index[1]), d.height, border);
  int64_t x = through_border(in, (int64_t)value_of(in, e->index[2]), d.width, border);
  return y < 0 || x < 0 ? 0 : data[dense_index(d, c, y, x)];
}

static double binary(Interpreter *in, const Expr *e) {
  double a = value_of(in, e->left), b = value_of(in, e->right);
  bool index = e->left->type.scalar == SCALAR_INDEX;
  if (index && e->op != OP_ADD && e->op != OP_SUB && e->op != OP_MUL)
    cr_assert(a >= 0 && b >= 0, "%s: negative index in a division or comparison", in->node->op->name);
  switch (e->op) {
  case OP_ADD: return a + b;
  case OP_SUB: return a - b;
  case OP_MUL: return a * b;
  case OP_DIV: return index ? floor(a / b) : a / b;
  case OP_LT: return a < b;
  case OP_LE: return a <= b;
  case OP_GT: return a > b;
  case OP_GE: return a >= b;
  case OP_EQ: return a == b;
  case OP_NE: return a != b;
  case OP_AND: return a != 0 && b != 0;
  case OP_OR: return a != 0 || b != 0;
  case BINARY_OP_COUNT: break;
  }
  return 0;
}

static double math(const Expr *e, double x) {
  switch (e->function) {
  case MATH_EXP: return exp(x);
  case MATH_LOG: return log(x);
  case MATH_TANH: return tanh(x);
  case MATH_SIGMOID: return 1 / (1 + exp(-x));
  case MATH_ERF: return erf(x);
  case MATH_SQRT: return sqrt(x);
  case MATH_ROUND: return nearbyint(x) + 0.0;
  case MATH_COUNT: break;
  }
  return 0;
}

static double value_of(Interpreter *in, const Expr *e) {
  switch (e->kind) {
  case EXPR_INT: return (double)e->integer;
  case EXPR_FLOAT: return e->real;
  case EXPR_SIZE:
  case EXPR_CONSTANT: return (double)size_value(e->value);
  case EXPR_VAR: return *variable(in, e->text);
  case EXPR_ACCESS: {
    Operand operand = in->lowering.operands[e->operand];
    return operand.parameter ? parameter_element(in, operand.parameter, e) : tensor_at(in, operand.value, e);
  }
  case EXPR_BINARY: return binary(in, e);
  case EXPR_SELECT: return value_of(in, e->condition) != 0 ? value_of(in, e->left) : value_of(in, e->right);
  case EXPR_MATH: return math(e, value_of(in, e->left));
  case EXPR_CAST:
  case EXPR_NAMED: return value_of(in, e->left);
  case EXPR_LOAD:
  case EXPR_WEIGHTS:
  case EXPR_BROADCAST: break;
  }
  cr_assert_fail("an operator made an expression of kind %d", (int)e->kind);
  return 0;
}

static void run(Interpreter *in, const Stmt *s);

static void run_loop(Interpreter *in, const Stmt *s) {
  int mark = in->variable_count;
  for (double i = value_of(in, s->begin); i < value_of(in, s->end); i += value_of(in, s->step)) {
    bind(in, s->var, i);
    run(in, s->body);
    in->variable_count = mark;
  }
}

static void run(Interpreter *in, const Stmt *s) {
  for (; s; s = s->next) {
    switch (s->kind) {
    case STMT_FOR: run_loop(in, s); break;
    case STMT_LET: {
      double value = value_of(in, s->value);
      if (s->value->type.scalar == SCALAR_INDEX) cr_assert(value >= 0, "%s: %s is negative", in->node->op->name, s->var);
      bind(in, s->var, value);
      break;
    }
    case STMT_SET: *variable(in, s->var) = value_of(in, s->value); break;
    case STMT_STORE: {
      cr_assert(s->var == NULL && s->index->kind == EXPR_ACCESS && in->lowering.operands[s->index->operand].value == in->node->output);
      Dense d = dense_of(&in->node->output->type);
      const Expr *e = s->index;
      int64_t c = (int64_t)value_of(in, e->index[0]), y = (int64_t)value_of(in, e->index[1]), x = (int64_t)value_of(in, e->index[2]);
      in->output[dense_index(d, c, y, x)] = value_of(in, s->value);
      break;
    }
    case STMT_ARRAY:
    case STMT_POINTER:
    case STMT_ADVANCE:
    case STMT_CALL:
    case STMT_IF:
    case STMT_VECTORS:
    case STMT_PREFETCH:
    case STMT_PARALLEL:
    case STMT_MEET: cr_assert_fail("an operator made a statement of kind %d", (int)s->kind);
    }
  }
}

static void reduce(Interpreter *in, const Nest *nest, int axis) {
  if (axis == nest->reduction_count) {
    *variable(in, "acc") = value_of(in, nest->update);
    return;
  }
  const Axis *a = &nest->reduction_axes[axis];
  int mark = in->variable_count;
  double end = a->end ? value_of(in, a->end) : (double)size_value(a->extent);
  cr_assert(end <= (double)size_value(a->extent), "%s: %s runs beyond its extent", in->node->op->name, a->var);
  for (double i = a->begin ? value_of(in, a->begin) : 0; i < end; i++) {
    bind(in, a->var, i);
    reduce(in, nest, axis + 1);
    in->variable_count = mark;
  }
}

static void visit(Interpreter *in, const Nest *nest, int axis) {
  int mark = in->variable_count;
  if (axis < nest->result_count) {
    for (int64_t i = 0; i < size_value(nest->result_axes[axis].extent); i++) {
      bind(in, nest->result_axes[axis].var, (double)i);
      visit(in, nest, axis + 1);
      in->variable_count = mark;
    }
    return;
  }
  run(in, nest->before);
  if (nest->update) {
    bind(in, "acc", value_of(in, nest->initial));
    reduce(in, nest, 0);
  }
  Dense d = dense_of(&in->target->type);
  int64_t c = (int64_t)value_of(in, nest->output[0]), y = (int64_t)value_of(in, nest->output[1]),
          x = (int64_t)value_of(in, nest->output[2]);
  cr_assert(c >= 0 && c < d.channels && y >= 0 && y < d.height && x >= 0 && x < d.width);
  if (!nest->update) bind(in, "acc", 0);
  *variable(in, "acc") = value_of(in, nest->result);
  for (int i = 0; i < nest->epilogue_count; i++) *variable(in, "acc") = value_of(in, nest->epilogue[i]);
  in->output[dense_index(d, c, y, x)] = *variable(in, "acc");
  in->variable_count = mark;
}

/* An elementwise operator, as a nest without a reduction. */
static Nest nest_of_apply(Lowering *l, const Node *node) {
  Nest nest = {0};
  Expr *inputs[16];
  l->channel = var_expr(l, "oc");
  l->row = var_expr(l, "oy");
  l->column = var_expr(l, "ox");
  for (int i = 0; i < node->input_count; i++) {
    Dense d = dense_of(&node->inputs[i]->type);
    Expr *zero = int_expr(l, 0);
    inputs[i] = input_at(l, node, i, d.channels == 1 ? zero : l->channel, d.height == 1 ? zero : l->row, d.width == 1 ? zero : l->column);
  }
  add_result_axis(&nest, "oy", type_height(&node->output->type));
  add_result_axis(&nest, "ox", type_width(&node->output->type));
  add_result_axis(&nest, "oc", type_channels(&node->output->type));
  nest.result = node->op->apply(l, node, inputs);
  store_at_result_axes(l, &nest);
  return nest;
}

/* What the operator computes before its own nest. */
static void run_stages(Interpreter *in) {
  Arena *arena = in->lowering.arena;
  Stage stages[MAX_STAGES];
  int count = in->node->op->stages ? in->node->op->stages(arena, in->node, stages) : 0;
  double *output = in->output;
  in->lowering.stages = in->stages;
  for (int i = 0; i < count; i++) {
    Value *value = ARENA_NEW(arena, Value);
    *value = (Value){.name = stages[i].name, .type = stages[i].type};
    in->target = value;
    in->output = ARENA_ARRAY(arena, double, (size_t)dense_elements(dense_of(&value->type)));
    Nest nest = {0};
    stages[i].nest(&in->lowering, in->node, &nest);
    visit(in, &nest, 0);
    in->stages[i] = value;
    in->stage_data[i] = in->output;
    in->stage_count = i + 1;
  }
  in->target = in->node->output;
  in->output = output;
}

bool has_lowering(const Node *node) { return node->op->nest || node->op->apply || node->op->loops; }

void interpret_node(Arena *arena, const Node *node, const double *const *inputs, TensorData extra, double *output) {
  Interpreter in = {.lowering = {.arena = arena}, .node = node, .inputs = inputs, .extra = extra, .output = output, .target = node->output};
  Window window;
  in.padded = node->op->borders && node->op->borders(arena, node, &window, &in.padding_mode);
  run_stages(&in);
  Nest nest = {0};
  if (node->op->loops) {
    run(&in, node->op->loops(&in.lowering, node));
    return;
  }
  if (node->op->nest) node->op->nest(&in.lowering, node, &nest);
  else nest = nest_of_apply(&in.lowering, node);
  for (const Nest *n = &nest; n; n = n->next) visit(&in, n, 0);
}
