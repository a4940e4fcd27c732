/* map_pool.c - pools over windows and over whole channels. */
#include <string.h>
#include "import/importer.h"

static Value *pooled(Importer *m, const char *op, const Value *value, bool pads_count) {
  Layer *input = arrange_sample(m, value, 3, 4);
  WindowShape window;
  if (!input || !read_window(m, input->rank, NULL, &window)) return NULL;
  bool ceil_mode = int_attribute(m, "ceil_mode", 0) != 0, matters = false;
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
