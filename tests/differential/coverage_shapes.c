/* coverage_shapes.c - the shapes of graphs, sizes of tensors, and windows at the edges of what is possible. */
#include <stdio.h>
#include <string.h>

#include "coverage.h"
#include "ops/infer.h"
#include "ops/ops.h"

void expect_shapes(void) {
  expect_all("(graph)", "layers", "1|2 to 5|6 to 12|13 to 24|25 to 40");
  expect_all("(graph)", "inputs of an operation", "one twice|one from around the other|both of one conv");
  expect_all("(graph)", "a tensor", "used by several|an output that is used|used by nothing");
  expect_all("(graph)", "weights", "shared by places of other sizes");
  expect_all("(size)", "channels", "1|2|3|7|8|9|15|16|17|31|32|33|127|128|129|1025");
  expect_all("(size)", "plane", "1 x 1|1 x N|N x 1|N x N|N x M");
  expect_all("(window)", "kernel", "as large as the input|larger than the input|even|odd");
  expect_all("(window)", "stride", "1|below the kernel|the kernel|one more|more than the input");
  expect_all("(window)", "padding", "the kernel or more|all sides different");
  expect_all("(window)", "dilation", "with same|with full|with numbers|without padding");
}

/* ---- graphs ---- */

static const char *layer_range(int count) {
  return count == 1 ? "1" : count <= 5 ? "2 to 5" : count <= 12 ? "6 to 12" : count <= 24 ? "13 to 24" : "25 to 40";
}

/* Whether the value was computed from another, at most so many steps away. */
static bool comes_from(const Value *value, const Value *origin, int steps) {
  if (value == origin) return true;
  if (!value->producer || steps == 0) return false;
  for (int i = 0; i < value->producer->input_count; i++)
    if (comes_from(value->producer->inputs[i], origin, steps - 1)) return true;
  return false;
}

static void count_inputs_of(const Node *node) {
  if (node->input_count < 2) return;
  const Value *a = node->inputs[0], *b = node->inputs[1];
  if (a->constant || b->constant) return;
  if (a == b) count("(graph)", "inputs of an operation", "one twice");
  else if (comes_from(a, b, 4) || comes_from(b, a, 4)) count("(graph)", "inputs of an operation", "one from around the other");
  if (a != b && a->producer && b->producer && a->producer->op == &op_conv && b->producer->op == &op_conv &&
      a->producer->parameters[0] == b->producer->parameters[0])
    count("(graph)", "inputs of an operation", "both of one conv");
}

static int users_of(const Graph *graph, const Value *value) {
  int users = 0;
  for (int i = 0; i < graph->node_count; i++)
    for (int k = 0; k < graph->nodes[i]->input_count; k++) users += graph->nodes[i]->inputs[k] == value;
  return users;
}

static void count_users(const Graph *graph, const Value *value) {
  int users = users_of(graph, value), outputs = 0;
  for (int i = 0; i < graph->output_count; i++) outputs += graph->outputs[i].value == value;
  if (users > 1) count("(graph)", "a tensor", "used by several");
  if (users && outputs) count("(graph)", "a tensor", "an output that is used");
  if (!users && !outputs) count("(graph)", "a tensor", "used by nothing");
}

static void count_sharing(const Graph *graph, const Node *node) {
  for (int i = 0; node->parameter_count && node->parameters[0] && i < node->id; i++) {
    const Node *other = graph->nodes[i];
    if (other->parameter_count && other->parameters[0] == node->parameters[0] &&
        !type_equal_shape(&other->inputs[0]->type, &node->inputs[0]->type))
      count("(graph)", "weights", "shared by places of other sizes");
  }
}

/* ---- sizes ---- */

static void count_sizes(const TensorType *type) {
  static const int corners[] = {1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 127, 128, 129, 1025};
  int64_t channels, h, w;
  if (!size_is_const(type_channels(type), &channels)) return;
  for (size_t i = 0; i < sizeof corners / sizeof *corners; i++) {
    char text[16];
    snprintf(text, sizeof text, "%d", corners[i]);
    if (channels == corners[i]) count("(size)", "channels", text);
  }
  if (type->rank < 3 || !size_is_const(type_height(type), &h) || !size_is_const(type_width(type), &w)) return;
  count("(size)", "plane", h == 1 && w == 1 ? "1 x 1" : h == 1 ? "1 x N" : w == 1 ? "N x 1" : h == w ? "N x N" : "N x M");
}

/* ---- windows ---- */

static const void *attribute_of(const Node *node, const char *name) {
  for (const Attribute *a = node->op->attributes; a && a->name; a++)
    if (strcmp(a->name, name) == 0) return (const char *)node->attributes + a->offset;
  return NULL;
}

static void count_width(int64_t n, int64_t k, int64_t s) {
  if (k == n) count("(window)", "kernel", "as large as the input");
  if (k > n) count("(window)", "kernel", "larger than the input");
  count("(window)", "kernel", k % 2 ? "odd" : "even");
  if (s == 1) count("(window)", "stride", "1");
  else if (s <= k) count("(window)", "stride", s < k ? "below the kernel" : "the kernel");
  if (s == k + 1) count("(window)", "stride", "one more");
  if (s > n) count("(window)", "stride", "more than the input");
}

static void count_padding(const Padding *p, const Pair *kernel, bool dilated) {
  bool numbers = p->kind == PADDING_EXPLICIT;
  if (numbers && (p->left >= kernel->w || p->right >= kernel->w)) count("(window)", "padding", "the kernel or more");
  if (numbers && p->top != p->bottom && p->left != p->right && p->top != p->left && p->bottom != p->right)
    count("(window)", "padding", "all sides different");
  if (!dilated) return;
  count("(window)", "dilation",
        numbers                    ? "with numbers"
        : p->kind == PADDING_VALID ? "without padding"
        : p->kind == PADDING_FULL  ? "with full"
                                   : "with same");
}

static void count_window(const Node *node) {
  const Pair *kernel = attribute_of(node, "kernel_size"), *stride = attribute_of(node, "stride"),
             *dilation = attribute_of(node, "dilation");
  const Padding *padding = attribute_of(node, "padding");
  int64_t n;
  if (!kernel || !stride || !padding || !dilation || !size_is_const(type_width(&node->inputs[0]->type), &n)) return;
  count_width(n, kernel->w, stride->w);
  if (padding->kind != PADDING_CAUSAL) count_padding(padding, kernel, dilation->w > 1 || dilation->h > 1);
}

void count_shapes(const Graph *graph) {
  count("(graph)", "layers", layer_range(graph->node_count));
  for (int i = 0; i < graph->value_count; i++)
    if (!graph->values[i]->constant) count_users(graph, graph->values[i]);
  for (int i = 0; i < graph->input_count; i++) count_sizes(&graph->inputs[i].value->type);
  for (int i = 0; i < graph->node_count; i++) {
    const Node *node = graph->nodes[i];
    count_inputs_of(node);
    count_sharing(graph, node);
    count_sizes(&node->output->type);
    count_window(node);
  }
}
