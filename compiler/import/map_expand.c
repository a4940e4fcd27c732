/* map_expand.c - repeating: of single rows and columns as an enlargement, of single channels by what stretches them anyway. */
#include <string.h>
#include "import/importer.h"

/* Of a size 1 in rows and columns, which repeat then; everything else must be there already. */
bool map_expand(Importer *m, const Value *const *in, int count, Value **out) {
  const Size *wanted[MAX_TENSOR_RANK * 2];
  int length;
  (void)count;
  const Value *value = in[0];
  if (!integers_of(m, in[1], NULL, wanted, &length)) return false;
  if (length > MAX_TENSOR_RANK) return refuse(m, "its shape has %d sizes", length);
  Value target = {.kind = VALUE_CONSTANT, .rank = length, .name = ""};
  memcpy(target.sizes, wanted, (size_t)length * sizeof *wanted);
  const Size *sizes[MAX_TENSOR_RANK];
  int rank, more;
  if (!broadcast_sizes(m, value, &target, &rank, sizes)) return false;
  more = rank - value->rank;
  Value *result = value_like(m, value, value->layer);
  int64_t scale[MAX_CNN_RANK] = {1, 1, 1};
  bool any = false;
  for (int i = rank - 1; i >= 0; i--) {
    result->axes[i] = i < more ? AXIS_NONE : value->axes[i - more];
    result->sizes[i] = sizes[i];
    if (i >= more && size_equal(sizes[i], value->sizes[i - more])) continue;
    if (i < more && size_is(sizes[i], 1)) continue;
    any = true;
    int64_t times;
    if (i < more) return refuse(m, "it repeats all of its input");
    if (result->axes[i] < 1 || !size_is_const(sizes[i], &times)) {
      result->expanded = true;
      result->sizes[i] = size_one();
      continue;
    }
    scale[result->axes[i]] = times;
  }
  result->rank = rank;
  memcpy(result->expanded_sizes, sizes, (size_t)rank * sizeof *sizes);
  if (result->expanded && scale[1] * scale[2] > 1) return refuse(m, "it repeats channels and pixels");
  if (any && !result->expanded) {
    Layer *input = value->layer;
    const Size *scaled[MAX_CNN_RANK];
    for (int k = 0; k < input->rank; k++) scaled[k] = size_mul_int(m->arena, input->sizes[k], scale[k]);
    Layer *layer = add_layer(&m->net, "upsample", m->node, input->rank, scaled);
    add_input(&m->net, layer, input);
    int64_t pair[2] = {scale[1], scale[input->rank - 1]};
    add_attribute(&m->net, layer, NULL, "%s", pair_text(m->arena, pair, input->rank));
    result->layer = layer;
  }
  out[0] = result;
  return true;
}

bool map_tile(Importer *m, const Value *const *in, int count, Value **out) {
  (void)count;
  const Size *repeats[MAX_TENSOR_RANK * 2];
  int length;
  if (!integers_of(m, in[1], NULL, repeats, &length)) return false;
  for (int i = 0; i < length; i++)
    if (!size_is(repeats[i], 1)) return refuse(m, "it repeats its input, which cnnc does only for single rows and columns (Expand)");
  out[0] = value_like(m, in[0], in[0]->layer);
  return true;
}
