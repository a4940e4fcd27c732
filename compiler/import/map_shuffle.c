/* map_shuffle.c - channels to pixels and back. */
#include <string.h>
#include "import/importer.h"

static Layer *with_factor(Importer *m, const char *op, Layer *input, int64_t factor, const Size *const *sizes) {
  Layer *layer = add_layer(&m->net, op, m->node, input->rank, sizes);
  add_input(&m->net, layer, input);
  add_attribute(&m->net, layer, NULL, "%lld", (long long)factor);
  return layer;
}

static Value *image(Importer *m, const Value *from, Layer *layer) {
  const Size *sizes[4] = {from->sizes[0], layer->sizes[0], layer->sizes[1], layer->sizes[2]};
  int axes[] = {from->axes[0] == AXIS_BATCH ? AXIS_BATCH : AXIS_NONE, 0, 1, 2};
  return tensor_value(m, layer, 4, sizes, axes);
}

Value *depth_to_space(Importer *m, const Value *value, int64_t r, bool by_blocks) {
  int64_t channels;
  Layer *input = arrange_sample(m, value, 4, 4);
  if (!input) return NULL;
  if (r < 1 || r > 1024 || !size_is_const(input->sizes[0], &channels) || channels % (r * r)) {
    refuse(m, "blocks of %lld do not fit its %s channels", (long long)r, size_text(m->arena, input->sizes[0]));
    return NULL;
  }
  const Size *sizes[] = {size_of(m->arena, channels / (r * r)), size_mul_int(m->arena, input->sizes[1], r),
                         size_mul_int(m->arena, input->sizes[2], r)};
  Layer *layer = with_factor(m, "pixel_shuffle", input, r, sizes);
  if (by_blocks && channels != r * r) add_attribute(&m->net, layer, "order", "dcr");
  return image(m, value, layer);
}

bool map_depth_to_space(Importer *m, const Value *const *in, int count, Value **out) {
  (void)count;
  const char *mode = string_attribute(m, "mode", "DCR");
  if (strcmp(mode, "DCR") && strcmp(mode, "CRD")) return refuse(m, "its attribute mode is `%s`", shown_name(m->arena, mode));
  out[0] = depth_to_space(m, in[0], int_attribute(m, "blocksize", 0), !strcmp(mode, "DCR"));
  return out[0] != NULL;
}

bool map_space_to_depth(Importer *m, const Value *const *in, int count, Value **out) {
  (void)count;
  int64_t r = int_attribute(m, "blocksize", 0), channels, height, width;
  const char *mode = string_attribute(m, "mode", "DCR");
  Layer *input = arrange_sample(m, in[0], 4, 4);
  if (!input) return false;
  if (strcmp(mode, "DCR") && strcmp(mode, "CRD")) return refuse(m, "its attribute mode is `%s`", shown_name(m->arena, mode));
  bool known = size_is_const(input->sizes[0], &channels) && size_is_const(input->sizes[1], &height) &&
               size_is_const(input->sizes[2], &width);
  if (r < 1 || r > 1024 || !known || height % r || width % r) return refuse(m, "blocks of %lld do not fit its input", (long long)r);
  const Size *sizes[] = {size_of(m->arena, channels * r * r), size_of(m->arena, height / r), size_of(m->arena, width / r)};
  Layer *layer = with_factor(m, "pixel_unshuffle", input, r, sizes);
  if (!strcmp(mode, "DCR") && channels > 1) add_attribute(&m->net, layer, "order", "dcr");
  out[0] = image(m, in[0], layer);
  return true;
}
