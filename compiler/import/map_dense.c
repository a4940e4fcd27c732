/* map_dense.c - products with a matrix of weights: an fc where what is multiplied is a vector, and where it is more, a
 * convolution by single points over what is not summed. */
#include <string.h>
#include "import/importer.h"

/* Weights [out, in] from a matrix [in, out] or, transposed, [out, in], times a factor. */
static const float *matrix_of(Importer *m, const Value *constant, bool transposed, double factor, int64_t outs, int64_t ins) {
  const float *numbers = weights_of(m, constant, "matrix");
  if (!numbers || (transposed && factor == 1)) return numbers;
  float *matrix = float_array(m, outs * ins);
  for (int64_t o = 0; o < outs; o++)
    for (int64_t i = 0; i < ins; i++) matrix[o * ins + i] = (float)(factor * (double)numbers[transposed ? o * ins + i : i * outs + o]);
  return matrix;
}

/* The axis that is summed comes first, others that are not 1 behind it. */
static int product_axes(const Value *value, int summed, int *axes) {
  int count = 1;
  axes[0] = summed;
  for (int i = 0; i < value->rank; i++)
    if (i != summed && value->axes[i] != AXIS_BATCH && !size_is(value->sizes[i], 1)) axes[count++] = i;
  return count;
}

typedef struct Product {
  const Value *matrix;
  bool transposed; /* [out, in] */
  double factor;
} Product;

/* The value with its axis `summed` replaced by the outputs, without bias. NULL: refused. */
static Value *multiply(Importer *m, const Value *x, int summed, const Product *p) {
  int axes[MAX_TENSOR_RANK], places[MAX_TENSOR_RANK], points = product_axes(x, summed, axes);
  if (points > MAX_CNN_RANK) refuse(m, "its input has more than three sizes");
  Layer *input = m->refused ? NULL : arrange(m, x, axes, points);
  if (!input) return NULL;
  int64_t outs = size_value(p->matrix->sizes[!p->transposed]), ins = size_value(p->matrix->sizes[p->transposed]);
  if (!size_is(input->sizes[0], ins)) {
    refuse(m, "its matrix needs %lld numbers and its input has %s", (long long)ins, size_text(m->arena, input->sizes[0]));
    return NULL;
  }
  const float *numbers = matrix_of(m, p->matrix, p->transposed, p->factor, outs, ins);
  if (!numbers) return NULL;
  const Size *sizes[MAX_TENSOR_RANK], *result[MAX_CNN_RANK] = {size_of(m->arena, outs)};
  for (int i = 1; i < points; i++) result[i] = input->sizes[i];
  Layer *layer = add_layer(&m->net, points == 1 ? "fc" : "conv", m->node, points, result);
  add_input(&m->net, layer, input);
  add_attribute(&m->net, layer, NULL, "%lld", (long long)outs);
  if (points > 1) add_attribute(&m->net, layer, NULL, "1");
  add_attribute(&m->net, layer, "bias", "false");
  add_parameter(layer, "weight", p->matrix->name, points == 1 ? 2 : points + 1, (const int64_t[]){outs, ins, 1, 1}, numbers);
  for (int i = 0; i < x->rank; i++) {
    sizes[i] = i == summed ? result[0] : x->sizes[i];
    places[i] = x->axes[i] == AXIS_BATCH ? AXIS_BATCH : AXIS_NONE;
  }
  for (int i = 0; i < points; i++) places[axes[i]] = i;
  return tensor_value(m, layer, x->rank, sizes, places);
}

/* C of Gemm along the outputs: one number for all, or one for each. NULL: neither. */
static const float *output_bias(Importer *m, const Value *c, double beta, int64_t outs) {
  int64_t count = value_elements(c), last = c->rank ? size_value(c->sizes[c->rank - 1]) : 1;
  if (c->rank > 2 || (count != 1 && (count != outs || last != outs))) return NULL;
  const float *given = weights_of(m, c, "bias");
  float *bias = given ? float_array(m, outs) : NULL;
  for (int64_t i = 0; bias && i < outs; i++) bias[i] = (float)(beta * (double)given[count == 1 ? 0 : i]);
  return bias;
}

/* Y = alpha A B + beta C, B a constant. */
bool map_gemm(Importer *m, const Value *const *in, int count, Value **out) {
  bool turned = int_attribute(m, "transA", 0) != 0;
  Product product = {in[1], int_attribute(m, "transB", 0) != 0, float_attribute(m, "alpha", 1)};
  double beta = float_attribute(m, "beta", 1);
  const Value *c = count > 2 && beta != 0 ? in[2] : NULL;
  if (!is_constant(in[1]) || in[1]->rank != 2) return refuse(m, "its matrix is not a constant of two sizes");
  if (is_constant(in[0]) || in[0]->rank != 2) return refuse(m, "its input has %d sizes", in[0]->rank);
  Value *result = multiply(m, in[0], turned ? 0 : 1, &product);
  if (!result) return false;
  if (turned) { /* the outputs are the columns of the result all the same */
    Value *other = value_like(m, result, result->layer);
    for (int i = 0; i < 2; i++) {
      other->axes[i] = result->axes[1 - i];
      other->sizes[i] = result->sizes[1 - i];
    }
    result = other;
  }
  out[0] = result;
  if (!c) return true;
  int64_t outs = size_value(result->layer->sizes[0]);
  const float *bias = is_constant(c) ? output_bias(m, c, beta, outs) : NULL;
  if (bias) {
    drop_attribute(result->layer, "bias");
    add_parameter(result->layer, "bias", c->name, 1, &outs, bias);
  } else if (beta == 1 && !m->refused) {
    out[0] = binary(m, "add", result, c);
  } else {
    return refuse(m, "its C is no bias, and its beta not 1");
  }
  return out[0] != NULL;
}

/* x [.., in] times a matrix, or a matrix times x [.., in, ..]; of two vectors their sum of products. */
bool map_matmul(Importer *m, const Value *const *in, int count, Value **out) {
  (void)count;
  bool left = is_constant(in[0]);
  const Value *x = in[left];
  Product product = {in[!left], left, 1};
  if (!left && !is_constant(in[1]) && in[0]->rank == 1 && in[1]->rank == 1 && size_equal(in[0]->sizes[0], in[1]->sizes[0])) {
    const Size *one = size_one();
    Layer *layer = add_layer(&m->net, "dot", m->node, 1, &one);
    add_input(&m->net, layer, in[0]->layer);
    add_input(&m->net, layer, in[1]->layer);
    out[0] = tensor_value(m, layer, 0, NULL, (const int[]){0});
    return true;
  }
  if (!is_constant(product.matrix)) return refuse(m, "both its inputs are computed at run time; cnnc multiplies by constant matrices");
  if (product.matrix->rank != 2 || x->rank < 1 || (left && x->rank < 2))
    return refuse(m, "its inputs have %d and %d sizes; cnnc multiplies by matrices, of two sizes", in[0]->rank, in[1]->rank);
  out[0] = multiply(m, x, left ? x->rank - 2 : x->rank - 1, &product);
  return out[0] != NULL;
}
