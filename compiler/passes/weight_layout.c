/* weight_layout.c - how frameworks order the sizes of a weight, and the way from one order to the other.
 *
 * PyTorch and ONNX: [out, in/groups, spatial..], as in a Parameter. Keras: [spatial.., in, out]; a depthwise kernel is
 * [spatial.., channels, multiplier], which lies in memory as [spatial.., 1, channels * multiplier] does. A transposed
 * convolution swaps in and out in both. The order is never guessed. */
#include "ops/infer.h"
#include "ops/ops.h"
#include "passes/weight_match.h"
#include "support/checked.h"

/* Channels of the depthwise convolution to which the weight belongs; 0: to another layer. */
static int64_t depthwise_channels(const Binder *b, const Parameter *parameter) {
  const Node *owner = b->owners[parameter->id];
  int64_t channels;
  if (!owner || owner->op != &op_conv || parameter->rank < 3 || parameter->sizes[1] != 1) return 0;
  if (!size_is_const(type_channels(&owner->inputs[0]->type), &channels) || channels < 2) return 0;
  return parameter->sizes[0] % channels ? 0 : channels;
}

int expected_sizes(const Binder *b, const Parameter *parameter, bool keras, int64_t sizes[MAX_PARAMETER_RANK]) {
  int rank = parameter->rank;
  for (int i = 0; i < rank; i++) sizes[i] = parameter->sizes[i];
  if (!keras || rank < 2) return rank;
  int64_t channels = depthwise_channels(b, parameter);
  for (int i = 2; i < rank; i++) sizes[i - 2] = parameter->sizes[i];
  sizes[rank - 2] = channels ? channels : parameter->sizes[1];
  sizes[rank - 1] = channels ? parameter->sizes[0] / channels : parameter->sizes[0];
  return rank;
}

/* Equal but for sizes of 1. */
static bool same_sizes(const int64_t *a, int a_rank, const int64_t *b, int b_rank) {
  int i = 0, k = 0;
  for (;;) {
    while (i < a_rank && a[i] == 1) i++;
    while (k < b_rank && b[k] == 1) k++;
    if (i == a_rank || k == b_rank) return i == a_rank && k == b_rank;
    if (a[i++] != b[k++]) return false;
  }
}

bool sizes_fit(const Binder *b, const Parameter *parameter, const WeightTensor *tensor, bool keras) {
  int64_t expected[MAX_PARAMETER_RANK];
  int rank = expected_sizes(b, parameter, keras, expected);
  if (same_sizes(expected, rank, tensor->sizes, tensor->rank)) return true;
  if (!keras || !depthwise_channels(b, parameter)) return false;
  expected[rank - 2] = 1;
  expected[rank - 1] = parameter->sizes[0];
  return same_sizes(expected, rank, tensor->sizes, tensor->rank);
}

int64_t element_in_file(const Parameter *parameter, bool keras, int64_t i) {
  if (!keras || parameter->rank < 2) return i;
  int64_t outer = parameter->sizes[0], inner = parameter->sizes[1], spatial = parameter_elements(parameter) / (outer * inner);
  return (i % spatial * inner + i / spatial % inner) * outer + i / spatial / inner;
}
