/* map_pool.c - pools over windows and over whole channels. */
#include <string.h>
#include "import/importer.h"

enum { VARIES = -1 };

static bool is_infinite_pad(const Layer *layer) { return layer->op && !strcmp(layer->op, "infinite_pad"); }

/* Its margins are top, left, bottom, right; what varies is known by the sizes alone. */
Value *infinite_pad(Importer *m, const Value *value, const Value *pads) {
  const Size *given[MAX_TENSOR_RANK * 2], *sizes[MAX_CNN_RANK];
  int length;
  Layer *input = arrange_sample(m, value, 3, 4);
  if (!input || !integers_of(m, pads, "pads", given, &length)) return NULL;
  if (length != 2 * value->rank) return refuse(m, "it has %d pads for %d axes", length, value->rank), NULL;
  Layer *layer = add_layer(&m->net, "infinite_pad", m->node, input->rank, input->sizes);
  Value *result = value_like(m, value, layer);
  for (int i = 0; i < value->rank; i++) {
    const Size *before = given[i], *after = given[i + value->rank];
    int64_t first = 0, last = VARIES;
    bool number = size_is_const(after, &last);
    bool good = size_is_const(before, &first) && first >= 0 && first <= INT32_MAX && (!number || (last >= 0 && last <= INT32_MAX));
    if (!good || (i < 2 && (first || last))) return refuse(m, "it pads with minus infinity other than a window of a MaxPool"), NULL;
    if (i < 2) continue;
    result->axes[i] = i - 1;
    result->sizes[i] = sizes[i - 1] = size_add(m->arena, size_add(m->arena, input->sizes[i - 1], before), after);
    layer->sizes[i - 1] = sizes[i - 1];
    layer->margins[i - 2] = first;
    layer->margins[i] = number ? last : VARIES;
  }
  add_input(&m->net, layer, input);
  return result;
}

/* Takes the pad over into the window. Where it varies, what it reaches is what ceil_mode reaches. */
static Layer *take_padding(Importer *m, Layer *padded, WindowShape *window, bool *ceil_mode) {
  Layer *input = padded->inputs[0];
  WindowShape own = *window;
  if (window->same || *ceil_mode) return refuse(m, "its input is padded with minus infinity, and it rounds sizes itself"), NULL;
  for (int i = 2 - own.axes; i < 2; i++) {
    int margin = i - (2 - own.axes);
    window->before[i] += padded->margins[margin];
    if (padded->margins[margin + 2] == VARIES) *ceil_mode = true;
    else window->after[i] += padded->margins[margin + 2];
  }
  for (int i = 1; i < input->rank; i++) {
    const Size *wanted = window_size(m, padded->sizes[i], &own, i - 1, false);
    const Size *size = wanted ? window_size(m, input->sizes[i], window, i - 1, *ceil_mode) : NULL;
    if (!size) return NULL;
    if (!size_equal(size, wanted)) return refuse_varying(m, "its input is padded with minus infinity by a size that varies"), NULL;
  }
  return input;
}

static Value *pooled(Importer *m, const char *op, const Value *value, bool pads_count) {
  Layer *input = arrange_sample(m, value, 3, 4);
  WindowShape window;
  if (!input || !read_window(m, input->rank, NULL, &window)) return NULL;
  bool ceil_mode = int_attribute(m, "ceil_mode", 0) != 0, matters = false;
  if (is_infinite_pad(input) && !strcmp(op, "max_pool") && !(input = take_padding(m, input, &window, &ceil_mode))) return NULL;
  const Size *sizes[MAX_CNN_RANK] = {input->sizes[0]};
  for (int i = 1; i < input->rank; i++) {
    sizes[i] = window_size(m, input->sizes[i], &window, i - 1, ceil_mode);
    if (!sizes[i]) return NULL;
    matters |= ceil_mode && !window.same && !size_equal(sizes[i], window_size(m, input->sizes[i], &window, i - 1, false));
  }
  bool padded = window.same || window.before[0] || window.before[1] || window.after[0] || window.after[1];
  Layer *layer = add_layer(&m->net, op, m->node, input->rank, sizes);
  add_input(&m->net, layer, input);
  add_window_attributes(m, layer, &window, true);
  if (matters) add_attribute(&m->net, layer, "ceil_mode", "true");
  if (!strcmp(op, "avg_pool") && padded) add_attribute(&m->net, layer, "count_include_pad", pads_count ? "true" : "false");
  Value *result = value_like(m, value, layer);
  for (int i = 1; i < result->rank; i++) {
    result->axes[i] = i - 1;
    result->sizes[i] = sizes[i - 1];
  }
  return result;
}

bool map_max_pool(Importer *m, const Value *const *in, int count, Value **out) {
  (void)count;
  ignore_attribute(m, "storage_order"); /* of the indices, which are refused */
  out[0] = pooled(m, "max_pool", in[0], false);
  return out[0] != NULL;
}

bool map_avg_pool(Importer *m, const Value *const *in, int count, Value **out) {
  (void)count;
  out[0] = pooled(m, "avg_pool", in[0], int_attribute(m, "count_include_pad", 0) != 0);
  return out[0] != NULL;
}

bool map_lp_pool(Importer *m, const Value *const *in, int count, Value **out) {
  (void)count;
  int64_t p = int_attribute(m, "p", 2);
  const Value *value = p == 2 ? in[0] : unary(m, "abs", in[0]);
  if (p < 1 || p > 1024) return refuse(m, "its attribute p is %lld", (long long)p);
  if (p > 2) {
    value = unary(m, "pow", value);
    add_attribute(&m->net, value->layer, NULL, "%lld", (long long)p);
  }
  out[0] = pooled(m, p == 2 ? "l2_pool" : "sum_pool", value, false);
  if (!out[0] || p <= 2) return out[0] != NULL;
  out[0] = unary(m, "pow", out[0]);
  add_attribute(&m->net, out[0]->layer, NULL, "1 / %lld", (long long)p);
  return true;
}

bool map_global_pool(Importer *m, const Value *const *in, int count, Value **out) {
  (void)count;
  Layer *input = arrange_sample(m, in[0], 3, 4);
  if (!input) return false;
  const Size *sizes[MAX_CNN_RANK] = {input->sizes[0], size_one(), size_one()};
  Layer *layer = add_layer(&m->net, find_onnx_operator(m->node->op_type)->op, m->node, input->rank, sizes);
  add_input(&m->net, layer, input);
  out[0] = value_like(m, in[0], layer);
  for (int i = 1; i < in[0]->rank; i++) {
    out[0]->axes[i] = i - 1;
    out[0]->sizes[i] = sizes[i - 1];
  }
  return true;
}
