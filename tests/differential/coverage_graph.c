/* coverage_graph.c - what must occur by the descriptors of operators, and what does in a graph: operations, kinds of values of
 * their attributes, ranks and types of inputs, operands that are constants or stretch. */
#include <string.h>

#include "coverage.h"
#include "ops/infer.h"
#include "ops/ops.h"

/* ---- attributes ---- */

/* What is told apart among the values of an attribute; each has at most one name in each set. */
static const char *values_of(const Attribute *a) {
  switch (a->kind) {
  case ATTRIBUTE_INT: return strcmp(a->name, "groups") == 0 ? "1|some|all channels" : "least|more";
  case ATTRIBUTE_REAL: return "negative|0|positive";
  case ATTRIBUTE_BOOL: return "false|true";
  case ATTRIBUTE_PAIR: return "least|more|of height and width";
  case ATTRIBUTE_SIDES: return "none|equal|different";
  case ATTRIBUTE_PADDING: return "valid|same|same_upper|same_lower|full|causal|number|(h, w)|named sides";
  case ATTRIBUTE_CHOICE: return a->choices;
  case ATTRIBUTE_ARRAY: return a->required ? "a number|a list" : "none|a number|a list";
  case ATTRIBUTE_BIAS: return "none|learned|given";
  case ATTRIBUTE_INTS: return a->minimum < 0 ? "a list|a list with -1" : "a number|a list";
  }
  return "";
}

static const char *int_value(const Attribute *a, int64_t value, const Node *node) {
  if (strcmp(a->name, "groups") != 0) return value == a->minimum ? "least" : "more";
  return value == 1 ? "1" : size_is(type_channels(&node->inputs[0]->type), value) ? "all channels" : "some";
}

static const char *pair_value(const Attribute *a, Pair p, const Node *node) {
  bool line = node->inputs[0]->type.rank == 2;
  if (!line && p.h != p.w) return "of height and width";
  return p.w == a->minimum ? "least" : "more";
}

static const char *padding_value(const Padding *p) {
  switch (p->kind) {
  case PADDING_VALID: return "valid";
  case PADDING_SAME: return "same";
  case PADDING_SAME_UPPER: return "same_upper";
  case PADDING_SAME_LOWER: return "same_lower";
  case PADDING_FULL: return "full";
  case PADDING_CAUSAL: return "causal";
  case PADDING_EXPLICIT: break;
  }
  return !p->per_axis ? "named sides" : p->top == p->left ? "number" : "(h, w)";
}

static const char *choice(const char *choices, int index) {
  for (; index > 0; index--) choices = strchr(choices, '|') + 1;
  return row_text(choices, strcspn(choices, "|"));
}

static const char *list_value(const Attribute *a, const ConstantArray *array) {
  if (!array) return "none";
  if (array->rank == 0) return "a number";
  for (int64_t i = 0; a->kind == ATTRIBUTE_INTS && i < array->sizes[0]; i++)
    if (array->data[i] < 0) return "a list with -1";
  return "a list";
}

static const char *value_of(const Attribute *a, const void *field, const Node *node) {
  switch (a->kind) {
  case ATTRIBUTE_INT: return int_value(a, *(const int64_t *)field, node);
  case ATTRIBUTE_REAL: return *(const double *)field < 0 ? "negative" : *(const double *)field > 0 ? "positive" : "0";
  case ATTRIBUTE_BOOL: return *(const bool *)field ? "true" : "false";
  case ATTRIBUTE_PAIR: return pair_value(a, *(const Pair *)field, node);
  case ATTRIBUTE_SIDES: {
    Sides s = *(const Sides *)field;
    return s.before != s.after ? "different" : s.before ? "equal" : "none";
  }
  case ATTRIBUTE_PADDING: return padding_value(field);
  case ATTRIBUTE_CHOICE: return choice(a->choices, *(const int *)field);
  case ATTRIBUTE_ARRAY:
  case ATTRIBUTE_INTS: return list_value(a, *(ConstantArray *const *)field);
  case ATTRIBUTE_BIAS: {
    const Bias *bias = field;
    return !bias->present ? "none" : bias->values ? "given" : "learned";
  }
  }
  return "";
}

static bool is_given(const Node *node, int index) { return node->given >> index & 1; }

/* ---- operations ---- */

static const char *const ranks[] = {"", "vector", "sequence", "image"};

static bool of_several(const Operator *op) { return op->max_inputs != op->min_inputs; }

static void expect_operation(const Operator *op) {
  expect_all(op->name, "input", "vector|sequence|image|float32|integer");
  if (of_several(op)) expect_all(op->name, "inputs", "2|more");
  if (op->takes_constants) {
    expect_all(op->name, "constant", "a number|a list|the first input|a later input");
    expect_all(op->name, "stretched", "none|the first input|a later input|both of two");
  }
  for (const Attribute *a = op->attributes; a && a->name; a++) {
    if (!a->required) expect_all(op->name, a->name, "left out|written");
    expect_all(op->name, a->name, values_of(a));
  }
}

void expect_operations(void) {
  for (int i = 0; all_operators[i]; i++) expect_operation(all_operators[i]);
}

static void count_attributes(const Node *node) {
  int index = 0;
  for (const Attribute *a = node->op->attributes; a && a->name; a++, index++) {
    if (!a->required) count(node->op->name, a->name, is_given(node, index) ? "written" : "left out");
    count(node->op->name, a->name, value_of(a, (const char *)node->attributes + a->offset, node));
  }
}

static bool is_stretched(const Value *input, const Value *output) {
  if (input->constant && input->constant->rank == 0) return false;
  return !type_equal_shape(&input->type, &output->type);
}

static void count_inputs(const Node *node) {
  const char *name = node->op->name;
  int stretched = 0;
  for (int i = 0; i < node->input_count; i++) {
    const char *place = i ? "a later input" : "the first input";
    const Value *input = node->inputs[i];
    if (input->constant) count(name, "constant", input->constant->rank ? "a list" : "a number"), count(name, "constant", place);
    if (!is_stretched(input, node->output)) continue;
    count(name, "stretched", place);
    stretched++;
  }
  if (!stretched) count(name, "stretched", "none");
  if (stretched == 2 && node->input_count == 2) count(name, "stretched", "both of two");
}

/* A call as it is written: the node, or what stands for several. */
static void count_call(const Node *node) {
  const TensorType *type = &first_tensor(node)->type;
  count(node->op->name, "input", ranks[type->rank]);
  count(node->op->name, "input", type->dtype == DTYPE_F32 ? "float32" : "integer");
  if (of_several(node->op)) count(node->op->name, "inputs", node->input_count == 2 ? "2" : "more");
  if (node->op->takes_constants) count_inputs(node);
  count_attributes(node);
}

Value *__real_make_part(Inference *inference, const Node *call, const Part *part);
Value *__wrap_make_part(Inference *inference, const Node *call, const Part *part);

Value *__wrap_make_part(Inference *inference, const Node *call, const Part *part) {
  static const Node *last;
  if (call != last) count_call(call);
  last = call;
  return __real_make_part(inference, call, part);
}

/* ---- nets ---- */

#define DTYPES "float32|uint8|int8|int16|int32"
#define LAYOUTS "channels first|hwc"

void expect_nets(void) {
  expect_all("net", "input", DTYPES "|" LAYOUTS "|vector|sequence|image");
  expect_all("net", "output", DTYPES "|" LAYOUTS "|vector|sequence|image|an input|the same twice");
  expect_all("net", "inputs", "1|more");
  expect_all("net", "outputs", "1|more");
  expect_all("net", "weights", "none|some|shared");
}

static void count_interface(const char *what, const TensorType *type, bool hwc) {
  count("net", what, dtype_name(type->dtype));
  count("net", what, ranks[type->rank]);
  count("net", what, hwc ? "hwc" : "channels first");
}

static bool is_shared(const Graph *graph, const Parameter *parameter) {
  int users = 0;
  for (int i = 0; i < graph->node_count; i++)
    for (int k = 0; k < graph->nodes[i]->parameter_count; k++) users += graph->nodes[i]->parameters[k] == parameter;
  return users > 1;
}

void count_net(const Graph *graph) {
  count("net", "inputs", graph->input_count == 1 ? "1" : "more");
  count("net", "outputs", graph->output_count == 1 ? "1" : "more");
  for (int i = 0; i < graph->input_count; i++) count_interface("input", &graph->inputs[i].value->type, graph->inputs[i].hwc);
  for (int i = 0; i < graph->output_count; i++) {
    const Value *value = graph->outputs[i].value;
    count_interface("output", &value->type, graph->outputs[i].hwc);
    if (!value->producer) count("net", "output", "an input");
    for (int k = 0; k < i; k++)
      if (graph->outputs[k].value == value) count("net", "output", "the same twice");
  }
  bool shared = false;
  for (int i = 0; i < graph->parameter_count; i++) shared = shared || is_shared(graph, graph->parameters[i]);
  count("net", "weights", shared ? "shared" : graph->parameter_count ? "some" : "none");
  for (int i = 0; i < graph->node_count; i++)
    if (!graph->nodes[i]->expanded_from) count_call(graph->nodes[i]);
}
