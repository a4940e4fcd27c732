/* lower.c - plan to loops: one function for each step, and the calls in order. */
#include <string.h>

#include "ir/operator.h"
#include "ir/stripes.h"
#include "ops/attributes.h"
#include "passes/lower_nest.h"
#include "passes/lower_stripes.h"
#include "passes/passes.h"
#include "passes/plan_steps.h"
#include "passes/schedules.h"
#include "passes/share_work.h"
#include "passes/winograd.h"

static Stmt *loop(Arena *a, const char *var, const Size *extent, Stmt *body) {
  if (size_is(extent, 1)) return body;
  return stmt_for_points(a, var, expr_int(a, 0), expr_size(a, extent), expr_int(a, 1), body);
}

static Expr *index_or_zero(Arena *a, const char *var, const Size *extent) {
  return size_is(extent, 1) ? expr_int(a, 0) : expr_index(a, var);
}

/* The row (or column) of the source that stands at position `at` of a copy with such borders before and after. */
static Expr *mirrored(Arena *a, int mode, Expr *at, int64_t before, int64_t after, const Size *size) {
  Expr *inner = expr_binary(a, OP_SUB, at, expr_int(a, before)), *end = expr_size(a, size_add_int(a, size, before));
  Expr *low = NULL, *high = NULL;
  if (mode == PADDING_REFLECT) {
    low = expr_binary(a, OP_SUB, expr_int(a, before), at);
    high = expr_binary(a, OP_SUB, expr_size(a, size_add_int(a, size_mul_int(a, size, 2), before - 2)), at);
  } else if (mode == PADDING_REPLICATE) {
    low = expr_int(a, 0);
    high = expr_size(a, size_add_int(a, size, -1));
  } else {
    low = expr_binary(a, OP_ADD, at, expr_size(a, size_add_int(a, size, -before)));
    high = expr_binary(a, OP_SUB, at, end);
  }
  Expr *below = expr_binary(a, OP_LT, at, expr_int(a, before)), *above = expr_binary(a, OP_GE, at, end);
  if (after) inner = expr_select(a, above, high, inner);
  return before ? expr_select(a, below, low, inner) : inner;
}

/* y[row][column] = x[row mirrored][column mirrored] over the whole bordered buffer; y points to its start. */
static Stmt *lower_mirrored_copy(const StepBinding *b) {
  Arena *a = b->plan->arena;
  const Buffer *out = b->output.view.buffer;
  Expr *oc = index_or_zero(a, "oc", out->channels);
  Expr *source[] = {oc, expr_index(a, "iy"), expr_index(a, "ix")}, *target[] = {oc, expr_index(a, "oy"), expr_index(a, "ox")};
  Expr *value = expr_load(a, "x", element_offset(b, expr_access(a, 0, type_f32, 3, source)), element_type(&b->operands[0]));
  Stmt *body = stmt_store(a, "y", output_offset(b, target), stored_value(b, value), 1);
  body = loop(a, "oc", out->channels, body);
  body = stmt_then(stmt_let(a, "ix", mirrored(a, b->step->padding_mode, target[2], out->border.left, out->border.right, out->width), true),
                   body);
  body = stmt_for_points(a, "ox", expr_int(a, 0), expr_size(a, size_add_int(a, out->width, out->border.left + out->border.right)),
                         expr_int(a, 1), body);
  body = stmt_then(stmt_let(a, "iy", mirrored(a, b->step->padding_mode, target[1], out->border.top, out->border.bottom, out->height), true),
                   body);
  return stmt_for_points(a, "oy", expr_int(a, 0), expr_size(a, size_add_int(a, out->height, out->border.top + out->border.bottom)),
                         expr_int(a, 1), body);
}

/* y[oc][oy][ox] = x[oc][oy][ox] */
static Stmt *lower_copy(const StepBinding *b) {
  if (b->step->padding_mode != PADDING_ZEROS) return lower_mirrored_copy(b);
  Arena *a = b->plan->arena;
  if (b->step->schedule.rows) return lower_transposed(b, nest_of_copy(a, b->step));
  const TensorType *type = &b->step->result->type;
  const Size *rows = b->step->stripe ? size_of_dim(a, b->step->stripe->row_count) : type_height(type);
  const Size *extents[] = {type_channels(type), rows, type_width(type)};
  Expr *index[] = {index_or_zero(a, "oc", extents[0]), index_or_zero(a, "oy", extents[1]), index_or_zero(a, "ox", extents[2])};
  Expr *value = expr_load(a, "x", element_offset(b, expr_access(a, 0, type_f32, 3, index)), element_type(&b->operands[0]));
  Stmt *body = stmt_store(a, "y", output_offset(b, index), stored_value(b, value), 1);
  body = loop(a, "oc", extents[0], body);
  body = loop(a, "ox", extents[2], body);
  return loop(a, "oy", extents[1], body);
}

/* ---- functions ---- */

static const SizeStyle in_comments = {"*", "/", "max", NULL}; /* `//` begins a comment of C */

static void print_dims(Text *out, const TensorType *type) {
  for (int i = 0; i < type->rank; i++) {
    Text size = text_new(out->arena);
    size_print_as(&size, type->sizes[i], &in_comments);
    bool sum = strchr(text_string(&size), ' ') != NULL;
    text_addf(out, "%s%s%s%s", i ? "x" : "", sum ? "(" : "", text_string(&size), sum ? ")" : "");
  }
}

static void describe_step(Text *out, const Step *step) {
  if (!step->root) {
    text_addf(out, "copy, %s", step->note);
    return;
  }
  if (step->stage) text_addf(out, "%s of ", step->stage->name);
  if (step->root->op->describe) step->root->op->describe(out, step->root);
  else text_add(out, step->root->op->name);
}

/* "conv1: conv 5x5, padding 2, 1x28x28 -> 6x28x28, tanh; 117600 multiply-adds, 156 weights" */
static const char *headline(Arena *a, const Step *step) {
  Text line = text_new(a);
  text_addf(&line, "%s: ", step->name);
  describe_step(&line, step);
  text_add(&line, ", ");
  print_dims(&line, step->root ? &first_tensor(step->root)->type : &step->source->type);
  text_add(&line, " -> ");
  print_dims(&line, &step->result->type);
  for (int i = 0; i < step->fused_count; i++) {
    text_add(&line, ", ");
    if (step->fused[i]->op->describe) step->fused[i]->op->describe(&line, step->fused[i]);
    else text_add(&line, step->fused[i]->op->name);
  }
  int64_t weights = 0;
  for (int i = 0; i < step->operand_count; i++)
    if (step->operands[i].parameter) weights += parameter_connected(step->operands[i].parameter);
  if (step->root && step->root->op->macs) {
    text_add(&line, "; ");
    size_print_as(&line, step->root->op->macs(a, step->root), &in_comments);
    text_add(&line, " multiply-adds");
  }
  if (weights) text_addf(&line, "%s %lld weights", step->root && step->root->op->macs ? "," : ";", (long long)weights);
  return text_string(&line);
}

static void add_comment(Arena *a, Function *f, const char *line) { ARENA_PUSH(a, f->comment, f->comment_count, line); }

static void add_param(Arena *a, Function *f, const BoundOperand *operand, bool is_const) {
  LoopParam param = {.name = operand->name, .pointer = true, .is_const = is_const, .type = element_type(operand)};
  ARENA_PUSH(a, f->params, f->param_count, param);
}

static bool is_result(const Step *step, int operand) { return step->operands[operand].value == step->result; }

static Function *step_function(const StepBinding *b, Stmt *body) {
  Arena *a = b->plan->arena;
  const Step *step = b->step;
  Function *f = ARENA_NEW(a, Function);
  *f = (Function){.name = c_name(a, step->name), .span = step->root ? step->root->span : step->source->span};
  add_comment(a, f, headline(a, step));
  if (step->root && step->root->doc && !step->stage) add_comment(a, f, step->root->doc);
  for (int i = 0; i < step->fused_count; i++)
    if (step->fused[i]->doc) add_comment(a, f, step->fused[i]->doc);
  if (step->root && step->root->op->formula && !step->stage) add_comment(a, f, step->root->op->formula);
  if (step->schedule.flat) add_comment(a, f, "Rows lie one right after the other: ox runs over all of them.");
  if (step->schedule.kind == SCHEDULE_WINOGRAD) add_comment(a, f, winograd_comment(a, &step->schedule));
  if (step->stripe) add_comment(a, f, "Computes `rows` rows, where the pointers to tensors begin.");
  if (step->schedule.planar_input || step->schedule.planar_result)
    add_comment(a, f, "A row at a time, with its channels apart: a vector holds one channel of neighbouring pixels.");
  if (step->schedule.pixel_result) add_comment(a, f, "A row at a time, with its pixels together: a vector holds channels of one.");
  if (has_rows(step) && step->schedule.shared_axis) add_comment(a, f, "Each part of the rows has scratch memory of its own.");
  if (step->schedule.shared_axis && strcmp(step->schedule.shared_axis, "tile") == 0)
    add_comment(a, f, "Each part of the tiles has scratch memory of its own.");
  if (step->in_place) add_comment(a, f, "The result takes the place of an operand.");
  for (int i = 0; i < step->operand_count; i++)
    if (!is_result(step, i)) add_param(a, f, &b->operands[i], true);
  add_param(a, f, &b->output, false);
  if (step->scratch) {
    LoopParam scratch = {.name = "scratch", .pointer = true, .type = type_f32};
    ARENA_PUSH(a, f->params, f->param_count, scratch);
  }
  for (int i = 0; i < b->program->dim_count; i++) {
    const Dim *dim = b->program->dims[i];
    LoopParam param = {.name = dim_variable(a, dim), .type = type_index};
    if (stmts_use_dim(body, dim)) ARENA_PUSH(a, f->params, f->param_count, param);
  }
  f->body = body;
  if (step->stripe) add_row_params(b, f);
  return f;
}

static Stmt *step_call(const StepBinding *b, const Function *f) {
  const Step *step = b->step;
  Expr **arguments = ARENA_ARRAY(b->plan->arena, Expr *, (size_t)f->param_count + 2);
  int count = 0;
  for (int i = 0; i < step->operand_count; i++)
    if (!is_result(step, i)) arguments[count++] = operand_argument(b, &b->operands[i]);
  arguments[count++] = output_argument(b);
  if (step->scratch) arguments[count++] = buffer_start(b, step->scratch);
  for (int i = 0; i < b->program->dim_count; i++)
    if (stmts_use_dim(f->body, b->program->dims[i]))
      arguments[count++] = expr_size(b->plan->arena, size_of_dim(b->plan->arena, b->program->dims[i]));
  return stmt_call(b->plan->arena, c_name(b->plan->arena, step->name), arguments, count);
}

static Stmt *lower_nest(const StepBinding *b) {
  switch (b->step->schedule.kind) {
  case SCHEDULE_SCALAR: return b->step->schedule.rows ? lower_transposed(b, b->nest) : lower_scalar(b);
  case SCHEDULE_TILED: return lower_tiled(b);
  case SCHEDULE_WINOGRAD: return lower_winograd(b);
  }
  return NULL;
}

/* One nest after the other: each computes other points of the result. */
static Stmt *lower_nests(const StepBinding *step) {
  StepBinding b = *step;
  Stmt *body = NULL;
  for (; b.nest; b.nest = b.nest->next, b.nest_number++) body = stmt_then(body, lower_nest(&b));
  return body;
}

static Stmt *step_body(const StepBinding *b) {
  const Step *step = b->step;
  if (step->kind == STEP_COPY) return vectorise_loops(b, lower_copy(b));
  if (step->kind == STEP_NEST) return lower_nests(b);
  return lower_loops(b);
}

enum { WEIGHTS_HEADER = 64, CACHE_LINE = 64, SHORT_TENSOR = 256, SHORT_ALIGNMENT = 16 }; /* bytes */

static int64_t aligned(int64_t bytes, int64_t alignment) { return (bytes + alignment - 1) / alignment * alignment; }

/* Where the packed numbers stand in a weights file. What a last vector reads beyond them belongs to the next ones; a few
 * numbers are not worth a cache line. */
static void place_weights(Plan *plan) {
  int64_t offset = WEIGHTS_HEADER, end = offset;
  for (int i = 0; i < plan->packed_count; i++) {
    PackedTensor *packed = plan->packed[i];
    int64_t bytes = packed->elements * (int64_t)sizeof(float), beyond = packed->read_beyond * (int64_t)sizeof(float);
    offset = packed->offset = aligned(offset, bytes < SHORT_TENSOR ? SHORT_ALIGNMENT : CACHE_LINE);
    offset += bytes;
    if (offset + beyond > end) end = offset + beyond;
  }
  plan->weights_bytes = aligned(end, CACHE_LINE);
}

/* The header says OFFSET_SIZE of an input `offset`, the table says it of a layer `size`. */
static bool is_macro_of(const Plan *plan, const char *tensor, const char *constant) {
  static const char *const sizes[] = {"CHANNELS", "HEIGHT", "WIDTH", "LENGTH", "SIZE", "LABELS"};
  size_t length = strlen(tensor);
  const char *name = c_name(plan->arena, tensor);
  for (size_t i = 0; i < length; i++) {
    char capital = name[i] >= 'a' && name[i] <= 'z' ? (char)(name[i] - 'a' + 'A') : name[i];
    if (constant[i] != capital) return false;
  }
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    if (constant[length] == '_' && strcmp(constant + length + 1, sizes[i]) == 0) return true;
  return false;
}

static void refuse_macro(Compilation *c, const char *tensor, Span span, const char *constant) {
  Diagnostic *d = report(c->diagnostics, CODE_E0701, span, "`%s` and a layer would share the macro `%s`", tensor, constant);
  add_help(d, "choose another name for `%s`", tensor);
}

static void check_macros(Compilation *c, const Plan *plan, const LoopProgram *program) {
  const Graph *graph = plan->graph;
  for (int k = 0; k < program->constants.count; k++) {
    const char *constant = program->constants.items[k].name;
    for (int i = 0; i < graph->input_count; i++)
      if (is_macro_of(plan, graph->inputs[i].value->name, constant))
        refuse_macro(c, graph->inputs[i].value->name, graph->inputs[i].span, constant);
    for (int i = 0; i < graph->output_count; i++)
      if (is_macro_of(plan, graph->outputs[i].name, constant)) refuse_macro(c, graph->outputs[i].name, graph->outputs[i].span, constant);
  }
}

static Stmt *for_each_sample(const StepBinding *b, Stmt *body) {
  Arena *a = b->plan->arena;
  return stmt_for(a, "n", expr_int(a, 0), expr_constant(a, "BATCH", size_of(a, b->plan->batch)), expr_int(a, 1), body);
}

typedef struct Run { /* the statements of run, a list that grows at its end: networks have thousands of steps */
  Stmt **end;
  Stmt *round; /* the loop over samples that is open, or NULL */
} Run;

static void add_to_run(Run *run, Stmt *more) {
  *run->end = more;
  while (*run->end) run->end = &(*run->end)->next;
}

/* What run does for a step. With --batch, steps that compute one sample stand in a loop, as many together as follow each
 * other: the round is the one that the last step stands in. */
static void add_calls(const StepBinding *b, Stmt *call, Run *run) {
  StepBinding of_one = *b;
  of_one.one_sample = b->plan->batch > 1;
  Stmt *border = lower_zero_border(&of_one), *both = stmt_then(b->step->all_samples ? NULL : border, call);
  if (b->one_sample && run->round) {
    stmt_then(run->round->body, both);
    return;
  }
  if (b->step->all_samples && border) add_to_run(run, for_each_sample(b, border));
  run->round = b->one_sample ? for_each_sample(b, both) : NULL;
  add_to_run(run, run->round ? run->round : both);
}

LoopProgram *lower(Compilation *c, Plan *plan) {
  LoopProgram *program = ARENA_NEW(c->arena, LoopProgram);
  program->constants = name_table(c->arena);
  plan->packed_of = ARENA_ARRAY(c->arena, PackedTensor *, (size_t)plan->graph->parameter_count + 1);
  plan->packed_names = name_table(c->arena);
  plan->constant_names = name_table(c->arena);
  program->dims = plan->graph->dims;
  program->dim_count = plan->graph->dim_count;
  Run run = {&program->run, NULL};
  Stmt *before = NULL; /* what comes before a group of steps */
  StepBinding *bindings = ARENA_ARRAY(c->arena, StepBinding, (size_t)plan->step_count + 1);
  for (int k = 0; k < plan->step_count; k++) {
    Step *step = plan->steps[k];
    if (step->kind == STEP_COPY) {
      Operand source = {.value = step->source};
      ARENA_PUSH(c->arena, step->operands, step->operand_count, source);
    }
    StepBinding *b = &bindings[k];
    *b = bind_operands(plan, program, step->stripe ? step_of_rows(plan, step) : step);
    Function *f = step_function(b, share_work(b, step_body(b)));
    ARENA_PUSH(c->arena, program->layers, program->layer_count, f);
    if (!step->stripe) {
      add_calls(b, step_call(b, f), &run);
      continue;
    }
    before = stmt_then(before, lower_zero_border(b));
    if (k < step->stripe->last) continue;
    int first = step->stripe->first;
    add_to_run(&run, lower_stripes(bindings + first, program->layers + first, k - first + 1, before));
    before = NULL;
  }
  place_weights(plan);
  check_macros(c, plan, program);
  return program;
}
