/* bind_operands.c - see bind_operands.h. Names of pointers say roles, not layers, so that a function's text does not
 * change when its neighbours are renamed. */
#include "passes/bind_operands.h"

#include <string.h>

#include "ir/operator.h"
#include "passes/plan_steps.h"

const char *c_name(Arena *arena, const char *path) {
  char *name = arena_strdup(arena, path);
  for (char *p = name; *p; p++)
    if (*p == '.') *p = '_';
  return name;
}

static const char *upper(Arena *arena, const char *path) {
  char *name = arena_strdup(arena, c_name(arena, path));
  for (char *p = name; *p; p++)
    if (*p >= 'a' && *p <= 'z') *p = (char)(*p - 'a' + 'A');
  return name;
}

Expr *buffer_constant(LoopProgram *program, Arena *arena, const char *kind, const char *name, const Size *value) {
  const char *constant = arena_printf(arena, "%s_%s", kind, upper(arena, name));
  const Size *known = find_name(&program->constants, constant);
  if (known && !size_equal(known, value)) program->fault = arena_printf(arena, "two buffers are called %s", name);
  if (!known) put_name(&program->constants, constant, (void *)value);
  return expr_constant(arena, constant, value);
}

Type element_type(const BoundOperand *operand) { return operand->value ? type_of_dtype(operand->view.buffer->dtype) : type_f32; }

/* The largest int32 is no float: it goes by the next one, 2^31 (see ops/cast.c). */
Expr *stored_value(const StepBinding *b, Expr *value) {
  Arena *a = b->plan->arena;
  Type type = element_type(&b->output);
  Expr *converted = expr_cast(a, type, value);
  if (type.scalar != SCALAR_I32 || value->type.scalar != SCALAR_F32) return converted;
  Expr *fits = expr_binary(a, OP_LT, value, expr_float(a, 2147483648.0));
  return expr_select(a, fits, converted, expr_cast(a, type, expr_int(a, INT32_MAX)));
}

/* Where the value of an index expression lies when all variables are 0: the constant part of o * stride + k - padding. */
static const Size *constant_part(Arena *a, const Expr *e) {
  if (e->kind == EXPR_SIZE) return e->value;
  if (e->kind != EXPR_BINARY || (e->op != OP_ADD && e->op != OP_SUB)) return size_of(a, e->kind == EXPR_INT ? e->integer : 0);
  const Size *left = constant_part(a, e->left), *right = constant_part(a, e->right);
  return e->op == OP_ADD ? size_add(a, left, right) : size_sub(a, left, right);
}

/* Of each operand, the least row, column and channel that is read; NULL: not seen. */
typedef struct LowestIndex {
  Arena *arena;
  const Size *(*lowest)[MAX_RANK];
} LowestIndex;

/* The smaller one; where that depends on the dims, a number below both. */
static const Size *smaller(Arena *a, const Size *x, const Size *y) {
  const Size *difference = size_sub(a, x, y);
  if (size_maximum(difference) <= 0) return x;
  if (size_minimum(difference) >= 0) return y;
  int64_t low = size_minimum(x), other = size_minimum(y);
  return size_of(a, low < other ? low : other);
}

static Expr *find_lowest(void *context, Expr *e) {
  LowestIndex *low = context;
  if (e->kind != EXPR_ACCESS) return e;
  const Size **lowest = low->lowest[e->operand];
  for (int d = 0; d < MAX_RANK && d < e->rank; d++) {
    const Size *part = constant_part(low->arena, e->index[d]);
    lowest[d] = lowest[d] ? smaller(low->arena, lowest[d], part) : part;
  }
  return e;
}

static LowestIndex lowest_of_step(const StepBinding *b) {
  LowestIndex low = {.arena = b->plan->arena};
  low.lowest = arena_alloc_array(low.arena, (size_t)b->step->operand_count + 1, sizeof *low.lowest);
  for (const Nest *nest = b->step->nest; nest; nest = nest->next) visit_nest(low.arena, nest, find_lowest, &low);
  return low;
}

/* The pointer points to the first element of the window in the border, so that no index is negative; not further back
 * than the border, for windows that are clipped instead. */
static void set_base(BoundOperand *operand, const LowestIndex *low, int number) {
  Arena *a = low->arena;
  const Border *border = &operand->view.buffer->border;
  const int64_t limit[MAX_RANK] = {0, -border->top - operand->view.buffer->above, -border->left};
  for (int d = 0; d < MAX_RANK; d++) {
    const Size *lowest = low->lowest[number][d] ? low->lowest[number][d] : size_of(a, 0);
    int64_t least = size_minimum(lowest) > limit[d] ? size_minimum(lowest) : limit[d];
    bool in_border = size_maximum(lowest) <= 0 && size_minimum(lowest) >= limit[d];
    operand->base[d] = in_border ? lowest : size_of(a, least < 0 ? least : 0);
  }
}

/* A distance in a tensor as one function knows it: named after the function and its pointer, X_ROW_CONV2, so that its
 * text stays as it is when the layer before it gets another name or when one is put between them. */
static Expr *stride(const StepBinding *b, const BoundOperand *operand, const char *kind, const Size *value) {
  Arena *a = b->plan->arena;
  char *pointer = arena_strdup(a, operand->name);
  for (char *p = pointer; *p; p++)
    if (*p >= 'a' && *p <= 'z') *p = (char)(*p - 'a' + 'A');
  return buffer_constant(b->program, a, arena_printf(a, "%s_%s", pointer, kind), b->step->name, value);
}

static void bind_value(const StepBinding *b, BoundOperand *operand, const Value *value, View view) {
  Arena *a = b->plan->arena;
  const Buffer *buffer = view.buffer;
  operand->value = value;
  operand->view = view;
  for (int d = 0; d < MAX_RANK; d++) operand->base[d] = size_of(a, 0);
  operand->stride[0] = size_is(buffer->channel, 1) ? expr_int(a, 1) : stride(b, operand, "CHANNEL", buffer->channel);
  bool one_row = size_is(buffer->height, 1) && !buffer->border.top && !buffer->border.bottom &&
                 !buffer->striped; /* whose rows pass through one */
  bool one_column = size_is(buffer->width, 1) && !buffer->border.left && !buffer->border.right;
  operand->stride[1] = one_row ? expr_int(a, 0) : stride(b, operand, "ROW", buffer->row);
  operand->stride[2] = one_column ? expr_int(a, 0) : stride(b, operand, "COLUMN", buffer->column);
  if (b->step->all_samples) operand->sample = stride(b, operand, "SAMPLE", buffer->sample);
}

/* Axes of the nest on which an access to a parameter depends. */
static bool depends_on(const Expr *access, const char *var) {
  for (int d = 0; d < access->rank; d++)
    if (expr_uses_var(access->index[d], var)) return true;
  return false;
}

typedef struct FindAccess {
  int operand;
  const Expr *found;
} FindAccess;

static Expr *find_access(void *context, Expr *e) {
  FindAccess *find = context;
  if (e->kind == EXPR_ACCESS && e->operand == find->operand) find->found = e;
  return e;
}

/* The last vector of the last block reads on into the numbers that follow, and ignores them. */
static void set_blocks(PackedPart *part, const Schedule *schedule) {
  part->block_kinds = schedule_blocks(schedule, part->lane_extent, part->blocks);
  part->read_beyond = (schedule->lanes - part->lane_extent % schedule->lanes) % schedule->lanes;
}

static int64_t part_elements(const PackedPart *part) {
  int64_t elements = 1;
  for (int i = 0; i < part->axis_count; i++) elements *= size_value(part->axes[i].extent);
  return elements;
}

static bool same_order(const Parameter *parameter, const PackedPart *a, const PackedPart *b) {
  if (a->axis_count != b->axis_count || !a->lane_axis != !b->lane_axis || a->block_kinds != b->block_kinds) return false;
  for (int i = 0; i < a->axis_count; i++)
    if (strcmp(a->axes[i].var, b->axes[i].var) != 0 || !size_equal(a->axes[i].extent, b->axes[i].extent)) return false;
  for (int d = 0; d < parameter->rank; d++)
    if (!expr_equal(a->index[d], b->index[d])) return false;
  return memcmp(&a->winograd, &b->winograd, sizeof a->winograd) == 0 && memcmp(a->blocks, b->blocks, sizeof a->blocks) == 0;
}

static bool same_packing(const PackedTensor *a, const PackedTensor *b) {
  if (a->parameter != b->parameter || a->part_count != b->part_count) return false;
  for (int i = 0; i < a->part_count; i++)
    if (!same_order(a->parameter, &a->parts[i], &b->parts[i])) return false;
  return true;
}

static bool is_constant(const PackedTensor *packed) { return packed->parameter->kind == PARAMETER_CONSTANT; }

/* The parameter's path; for a second order of the same numbers, the reader's name before it. */
static const char *packed_name(Arena *arena, const NameTable *taken, const Parameter *parameter, const Step *step) {
  const char *name = c_name(arena, parameter->path);
  if (find_name(taken, name)) name = c_name(arena, arena_printf(arena, "%s_%s", step->name, parameter->path));
  const char *wanted = name;
  for (int i = 2; find_name(taken, name); i++) name = arena_printf(arena, "%s_%d", wanted, i);
  return name;
}

/* Two layers that share weights share the packed numbers if they read them in the same order. */
static PackedTensor *add_packed(Plan *plan, PackedTensor packed, const Step *step) {
  PackedTensor ***list = is_constant(&packed) ? &plan->constants : &plan->packed;
  int *count = is_constant(&packed) ? &plan->constant_count : &plan->packed_count;
  NameTable *names = is_constant(&packed) ? &plan->constant_names : &plan->packed_names;
  PackedTensor **others = &plan->packed_of[packed.parameter->id];
  for (PackedTensor *other = *others; other; other = other->next_order)
    if (same_packing(other, &packed)) return other;
  PackedTensor *copy = ARENA_NEW(plan->arena, PackedTensor);
  *copy = packed;
  copy->name = packed_name(plan->arena, names, packed.parameter, step);
  copy->next_order = *others;
  *others = copy;
  put_name(names, copy->name, copy);
  for (int i = 0; i < copy->part_count; i++) {
    copy->parts[i].start = copy->elements;
    copy->elements += copy->parts[i].elements = part_elements(&copy->parts[i]);
    if (copy->parts[i].read_beyond > copy->read_beyond) copy->read_beyond = copy->parts[i].read_beyond;
  }
  ARENA_PUSH(plan->arena, *list, *count, copy);
  return copy;
}

/* Order of the packed numbers: result axes outside, then blocks of the lane axis, then reduction axes, then lanes; in
 * a scalar schedule the lane axis is one of the result axes. */
static PackedPart order_of_nest(const Nest *nest, const Schedule *schedule, const Expr *access, int64_t *per_result) {
  PackedPart part = {.axis_count = 0};
  for (int d = 0; d < access->rank; d++) part.index[d] = access->index[d];
  for (int i = 0; i < nest->result_count; i++) {
    if (!depends_on(access, nest->result_axes[i].var)) continue;
    part.axes[part.axis_count++] = nest->result_axes[i];
    if (schedule->kind == SCHEDULE_SCALAR || strcmp(nest->result_axes[i].var, nest->lane_axis) != 0) continue;
    part.lane_axis = nest->lane_axis;
    part.lane_extent = size_value(nest->result_axes[i].extent);
    set_blocks(&part, schedule);
  }
  *per_result = 1;
  for (int i = 0; i < nest->reduction_count; i++) {
    if (!depends_on(access, nest->reduction_axes[i].var)) continue;
    part.axes[part.axis_count++] = nest->reduction_axes[i];
    *per_result *= size_value(nest->reduction_axes[i].extent);
  }
  return part;
}

/* Winograd's form multiplies transformed tiles by transformed kernels, of which each number stands in a plane of its own. */
static void transform_kernels(Arena *arena, PackedPart *part, const Nest *nest, WinogradForm form) {
  int kept = 0;
  Axis axes[MAX_AXES] = {{.var = "plane", .extent = size_of(arena, winograd_planes(form))}};
  for (int i = 0; i < part->axis_count; i++) {
    bool tap = false;
    for (int t = 0; t < 2; t++) {
      if (strcmp(part->axes[i].var, nest->correlation->tap[t]) != 0) continue;
      part->taps[t] = part->axes[i];
      tap = true;
    }
    if (!tap) axes[++kept] = part->axes[i];
  }
  part->axis_count = kept + 1;
  memcpy(part->axes, axes, sizeof axes);
  part->winograd = form;
}

/* The part that has this order, which is new unless an earlier nest reads the same. */
static int add_part(Arena *arena, PackedTensor *packed, PackedPart part) {
  for (int i = 0; i < packed->part_count; i++)
    if (same_order(packed->parameter, &packed->parts[i], &part)) return i;
  ARENA_PUSH(arena, packed->parts, packed->part_count, part);
  return packed->part_count - 1;
}

/* Given numbers are written as they were: a line for each row. */
static int64_t constant_row(const PackedPart *part) {
  if (part->lane_axis || part->axis_count < 2) return part_elements(part);
  return size_value(part->axes[part->axis_count - 1].extent);
}

static void pack_for_nests(const StepBinding *b, BoundOperand *operand, const Parameter *parameter, int number) {
  Arena *arena = b->plan->arena;
  PackedTensor packed = {.parameter = parameter};
  int nests = 0;
  for (const Nest *nest = b->step->nest; nest; nest = nest->next) {
    FindAccess find = {.operand = number};
    visit_nest(arena, nest, find_access, &find);
    int64_t per_result = 1;
    PackedPart order = {0};
    if (find.found) order = order_of_nest(nest, &b->step->schedule, find.found, &per_result);
    if (b->step->schedule.kind == SCHEDULE_WINOGRAD && number == nest->correlation->weight)
      transform_kernels(arena, &order, nest, b->step->schedule.winograd);
    int part = find.found ? add_part(arena, &packed, order) : -1;
    if (find.found && !packed.paragraph) packed.paragraph = packed.parts[0].lane_axis ? packed.parts[0].blocks[0][1] : per_result;
    ARENA_PUSH(arena, operand->packed_part, nests, part);
  }
  if (is_constant(&packed)) packed.paragraph = constant_row(&packed.parts[0]);
  operand->packed = add_packed(b->plan, packed, b->step);
}

/* Operators with statements of their own read parameters in their natural order. */
static PackedTensor *pack_naturally(const StepBinding *b, const Parameter *parameter) {
  static const char *const names[] = {"i0", "i1", "i2", "i3"};
  PackedPart part = {.axis_count = parameter->rank};
  for (int d = 0; d < parameter->rank; d++) {
    part.axes[d] = (Axis){.var = names[d], .extent = size_of(b->plan->arena, parameter->sizes[d])};
    part.index[d] = expr_index(b->plan->arena, names[d]);
  }
  PackedTensor packed = {.parameter = parameter};
  add_part(b->plan->arena, &packed, part);
  packed.paragraph = parameter->rank ? parameter_elements(parameter) / parameter->sizes[0] : 1;
  return add_packed(b->plan, packed, b->step);
}

/* "layer1.0.bn1.weight" -> "bn1_weight" */
static const char *last_two_components(Arena *arena, const char *path) {
  const char *start = path;
  for (const char *dot = strchr(path, '.'); dot && strchr(dot + 1, '.'); dot = strchr(dot + 1, '.')) start = dot + 1;
  return c_name(arena, start);
}

/* What tells a further parameter of one role from the others of its function. */
static const char *further_parameter(const StepBinding *b, int number) {
  Arena *a = b->plan->arena;
  const char *path = b->step->operands[number].parameter->path, *name = last_two_components(a, path);
  bool taken = *name >= '0' && *name <= '9';
  for (int i = 0; i < number; i++) taken = taken || strcmp(b->operands[i].name, name) == 0;
  if (!taken) return name;
  return *path >= '0' && *path <= '9' ? arena_printf(a, "layer_%s", c_name(a, path)) : c_name(a, path);
}

static bool is_stage(const Step *step, const Value *value) {
  for (int i = 0; step->stages && i < MAX_STAGES; i++)
    if (value && step->stages[i] == value) return true;
  return false;
}

/* A pointer's name: a tensor is x, what is added to a result is skip, further ones are numbered; numbers go by role, and
 * what a stage computed by its name. */
static const char *operand_name(const StepBinding *b, int number) {
  const Operand *operand = &b->step->operands[number];
  if (is_stage(b->step, operand->value)) return operand->value->name + strlen(b->step->root->name) + 1;
  int same = 0;
  for (int i = 0; i < number; i++) {
    const Operand *other = &b->step->operands[i];
    if (operand->value) same += other->value && other->value != b->step->result && !is_stage(b->step, other->value);
    else same += other->parameter && strcmp(other->parameter->role, operand->parameter->role) == 0;
  }
  if (operand->parameter) return same ? further_parameter(b, number) : operand->parameter->role;
  if (operand->value == b->step->result) return "y";
  if (same == 0) return "x";
  bool fused = b->step->nest && b->step->nest->update && b->step->root->input_count == 1;
  const char *more = fused ? "skip" : "x";
  if (same == 1 && *more == 's') return more;
  return arena_printf(b->plan->arena, "%s%d", more, *more == 's' ? same : same + 1);
}

StepBinding bind_operands(Plan *plan, LoopProgram *program, const Step *step) {
  StepBinding b = {.plan = plan, .program = program, .step = step, .nest = step->nest, .one_sample = plan->batch > 1 && !step->all_samples};
  b.operands = ARENA_ARRAY(plan->arena, BoundOperand, (size_t)step->operand_count + 1);
  LowestIndex low = lowest_of_step(&b);
  for (int i = 0; i < step->operand_count; i++) {
    BoundOperand *operand = &b.operands[i];
    operand->name = operand_name(&b, i);
    if (step->operands[i].parameter) {
      if (step->nest) pack_for_nests(&b, operand, step->operands[i].parameter, i);
      else operand->packed = pack_naturally(&b, step->operands[i].parameter);
      continue;
    }
    bind_value(&b, operand, step->operands[i].value, plan->views[step->operands[i].value->id]);
    set_base(operand, &low, i);
  }
  b.output.name = "y";
  bind_value(&b, &b.output, step->result, step->output);
  return b;
}

static Expr *scaled(Arena *a, Expr *index, const Size *base, Expr *stride) {
  return expr_binary(a, OP_MUL, expr_binary(a, OP_ADD, index, expr_size(a, size_mul_int(a, base, -1))), stride);
}

static Expr *tensor_offset(Arena *a, const BoundOperand *operand, Expr *const index[MAX_RANK]) {
  Expr *rows = scaled(a, index[1], operand->base[1], operand->stride[1]);
  Expr *columns = scaled(a, index[2], operand->base[2], operand->stride[2]);
  Expr *channels = scaled(a, index[0], operand->base[0], operand->stride[0]);
  Expr *offset = expr_binary(a, OP_ADD, expr_binary(a, OP_ADD, rows, columns), channels);
  return operand->sample ? expr_binary(a, OP_ADD, expr_binary(a, OP_MUL, expr_index(a, "n"), operand->sample), offset) : offset;
}

const PackedPart *packed_part(const StepBinding *b, const BoundOperand *operand) {
  return &operand->packed->parts[operand->packed_part ? operand->packed_part[b->nest_number] : 0];
}

/* ((i0 * n1 + i1) * n2 + i2) ..: the numbers are packed in the order of the axes. */
static Expr *packed_offset(const StepBinding *b, const PackedPart *part, const Expr *access) {
  Arena *a = b->plan->arena;
  Expr *offset = expr_int(a, 0);
  for (int i = 0; i < part->axis_count; i++) {
    Expr *index = b->nest ? expr_index(a, part->axes[i].var) : access->index[i];
    offset = expr_binary(a, OP_ADD, expr_binary(a, OP_MUL, offset, expr_size(a, part->axes[i].extent)), index);
  }
  return expr_binary(a, OP_ADD, offset, expr_int(a, part->start));
}

Expr *element_offset(const StepBinding *b, const Expr *access) {
  const BoundOperand *operand = &b->operands[access->operand];
  if (operand->packed) return packed_offset(b, packed_part(b, operand), access);
  return tensor_offset(b->plan->arena, operand, access->index);
}

Expr *output_offset(const StepBinding *b, Expr *const index[MAX_RANK]) { return tensor_offset(b->plan->arena, &b->output, index); }

/* The sizes of inputs and outputs have names in the header. */
static Expr *callers_size(const StepBinding *b, const char *name, const Size *elements) {
  return expr_constant(b->plan->arena, arena_printf(b->plan->arena, "%s_SIZE", upper(b->plan->arena, name)), elements);
}

static Expr *sample_of(const StepBinding *b, Expr *start, Expr *distance) {
  Arena *a = b->plan->arena;
  return expr_binary(a, OP_ADD, start, expr_binary(a, OP_MUL, expr_index(a, "n"), distance));
}

static Expr *callers_start(const StepBinding *b, const Buffer *buffer, const char *structure, const char *tensor) {
  Arena *a = b->plan->arena;
  Expr *start = expr_var(a, arena_printf(a, "%s_%s", structure, c_name(a, tensor)), type_index);
  return b->one_sample ? sample_of(b, start, callers_size(b, tensor, buffer->elements)) : start;
}

/* The first element inside the border, as the caller of a step sees it. */
Expr *buffer_start(const StepBinding *b, const Buffer *buffer) {
  Arena *a = b->plan->arena;
  const Graph *graph = b->plan->graph;
  if (buffer->kind == BUFFER_INPUT) return callers_start(b, buffer, "in", graph->inputs[buffer->caller_index].value->name);
  if (buffer->kind == BUFFER_OUTPUT) return callers_start(b, buffer, "out", graph->outputs[buffer->caller_index].name);
  const Size *offset = size_add(a, size_floor_div(a, buffer->offset, dtype_bytes(buffer->dtype)), buffer->origin);
  Expr *memory = expr_var(a, region_variable(a, buffer->region), type_index);
  Expr *start = expr_binary(a, OP_ADD, memory, buffer_constant(b->program, a, "OFFSET", buffer->name, offset));
  if (!b->one_sample || buffer->samples <= 1) return start;
  return sample_of(b, start, buffer_constant(b->program, a, "SAMPLE", buffer->name, buffer->sample));
}

/* Moved by that many rows or columns. */
static Expr *move(Arena *a, Expr *place, const Size *count, Expr *stride) {
  bool back = size_maximum(count) < 0 || (size_maximum(count) == 0 && !size_is(count, 0));
  if (size_is(count, 0)) return place;
  return expr_binary(a, back ? OP_SUB : OP_ADD, place, expr_binary(a, OP_MUL, expr_size(a, size_mul_int(a, count, back ? -1 : 1)), stride));
}

/* To where a slice begins, and from there by `rows`, which lead into the border: at once, unless that could be forwards
 * for some sizes and backwards for others. */
static Expr *move_both(Arena *a, Expr *place, const Size *begin, const Size *rows, Expr *stride) {
  const Size *sum = size_add(a, begin, rows);
  if (size_minimum(sum) >= 0 || size_maximum(sum) <= 0) return move(a, place, sum, stride);
  return move(a, move(a, place, begin, stride), rows, stride);
}

/* First element of the tensor, moved by `rows` and `columns`: negative ones lead into the border. A slice begins at a
 * channel of its own. */
static Expr *place_of(const StepBinding *b, const BoundOperand *operand, const Size *rows, const Size *columns) {
  Arena *a = b->plan->arena;
  const View *view = &operand->view;
  Expr *place = buffer_start(b, view->buffer);
  place = move_both(a, place, view->row, rows, operand->stride[1]);
  place = move_both(a, place, view->column, columns, operand->stride[2]);
  if (size_equal(view->buffer->channels, type_channels(&operand->value->type))) return place;
  Expr *channel = buffer_constant(b->program, a, "SLICE", operand->value->name, view->channel);
  return expr_binary(a, OP_ADD, place, expr_binary(a, OP_MUL, channel, operand->stride[0]));
}

Expr *operand_argument(const StepBinding *b, const BoundOperand *operand) {
  if (operand->packed) return expr_weights(b->plan->arena, operand->packed->name, is_constant(operand->packed));
  const Size *rows = size_add_int(b->plan->arena, operand->base[1], operand->view.buffer->above); /* a stripe's buffer begins above */
  return place_of(b, operand, rows, operand->base[2]);
}

Expr *border_argument(const StepBinding *b) {
  const Border *border = &b->output.view.buffer->border;
  BoundOperand output = b->output;
  output.view.row = output.view.column = size_of(b->plan->arena, 0);
  return place_of(b, &output, size_of(b->plan->arena, -border->top), size_of(b->plan->arena, -border->left));
}

Expr *output_argument(const StepBinding *b) {
  bool fills_border = b->step->kind == STEP_COPY && b->step->padding_mode != 0;
  return fills_border ? border_argument(b) : place_of(b, &b->output, size_of(b->plan->arena, 0), size_of(b->plan->arena, 0));
}
