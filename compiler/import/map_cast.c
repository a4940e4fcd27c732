/* map_cast.c - casts, and what stands around them: whole numbers are floats in ONNX too until the last moment.
 *
 * Our cast rounds and clamps; ONNX's cuts off and leaves open what does not fit. So a cast is taken over only where the two
 * agree: of whole numbers that fit, and of Clip(Round(x)) within the type. Where(IsNaN(x), 0, Clip(Round(x))) with the
 * limits of a type, as export writes it, is our cast. Round and IsNaN stand as layers of no network until then. */
#include <math.h>
#include <string.h>
#include "import/importer.h"
#include "support/decimal.h"

typedef struct WholeType {
  const char *name; /* NULL: not known to be whole */
  int64_t onnx;
  double least, most;
} WholeType;

enum { TO_FLOAT = 1, TO_INT32 = 6, TO_INT64 = 7 };

static const WholeType whole_types[] = {
    {"uint8", 2, 0, 255}, {"int8", 3, -128, 127}, {"int16", 5, -32768, 32767}, {"int32", TO_INT32, INT32_MIN, INT32_MAX}};
enum { WHOLE_TYPES = sizeof whole_types / sizeof *whole_types };

static WholeType whole_type(const char *name) {
  for (int i = 0; i < WHOLE_TYPES; i++)
    if (!strcmp(whole_types[i].name, name)) return whole_types[i];
  return (WholeType){0};
}

static bool is_op(const Layer *layer, const char *op) { return layer->kind == LAYER_OPERATION && !strcmp(layer->op, op); }

/* "-128", as number_text writes it. */
static bool read_limit(const char *text, double *number) {
  bool negative = *text == '-';
  if (!read_double(text + negative, strlen(text + negative), number)) return false;
  if (negative) *number = -*number;
  return floor(*number) == *number;
}

/* x, if the layer is Clip(Round(x)) with whole limits. */
static Layer *rounded(const Layer *layer, double *least, double *most) {
  const char *low = layer_attribute(layer, "min"), *high = layer_attribute(layer, "max");
  if (is_op(layer, "relu6")) low = "0", high = "6";
  else if (!is_op(layer, "clip") || !low || !high) return NULL;
  return read_limit(low, least) && read_limit(high, most) && is_op(layer->inputs[0], "round") ? layer->inputs[0]->inputs[0] : NULL;
}

static Value *cast_of(Importer *m, const Value *value, Layer *x, const char *type) {
  Value *result = value_like(m, value, same_layer(m, "cast", x));
  add_attribute(&m->net, result->layer, NULL, "%s", type);
  return result;
}

/* The limits of int32 are 2^31 as floats. */
static bool is_limit(double number, double limit) { return (float)number == (float)limit; }

/* Only of constants, but for the pattern of a cast. */
bool map_where(Importer *m, const Value *const *in, int count, Value **out) {
  double zero, least, most;
  (void)count;
  bool numbers = in[0]->kind == VALUE_TENSOR && is_op(in[0]->layer, "isnan") && is_constant(in[1]) && is_single_number(in[1], &zero) &&
                 zero == 0 && in[2]->kind == VALUE_TENSOR;
  Layer *x = numbers ? rounded(in[2]->layer, &least, &most) : NULL;
  for (int i = 0; i < WHOLE_TYPES && x && x == in[0]->layer->inputs[0]; i++) {
    if (!is_limit(least, whole_types[i].least) || !is_limit(most, whole_types[i].most)) continue;
    out[0] = cast_of(m, in[2], x, whole_types[i].name);
    return true;
  }
  return refuse(m, "it is computed at run time; cnnc imports it only where its inputs are constants, or as a part of a cast");
}

/* A cast to an integer type. */
static bool cast_to(Importer *m, const Value *value, const WholeType *to, Value **out) {
  WholeType from = whole_type(layer_dtype(value->layer));
  double least, most;
  Layer *x = rounded(value->layer, &least, &most);
  out[0] = value_like(m, value, value->layer);
  out[0]->dtype = TENSOR_F32;
  if (x && least >= to->least && most <= to->most) {
    Layer *limited = same_layer(m, "clip", x);
    add_attribute(&m->net, limited, "min", "%s", number_text(m->arena, least));
    add_attribute(&m->net, limited, "max", "%s", number_text(m->arena, most));
    out[0] = cast_of(m, value, limited, to->name);
    return true;
  }
  if (!from.name || from.least < to->least || from.most > to->most)
    return refuse(m, "it casts to %s what may not be whole or not fit; cnnc imports that of Clip(Round(x)) alone", to->name);
  if (strcmp(from.name, to->name)) out[0] = cast_of(m, value, value->layer, to->name);
  return true;
}

/* Networks compute in float32: a cast to it from what an input may be is what happens anyway. int64 is a step on the way to
 * int32, from whole numbers that fit there. */
bool map_cast(Importer *m, const Value *const *in, int count, Value **out) {
  (void)count;
  int64_t to = int_attribute(m, "to", 0);
  ignore_attribute(m, "saturate");
  ignore_attribute(m, "round_mode");
  for (int i = 0; i < WHOLE_TYPES; i++)
    if (whole_types[i].onnx == to) return cast_to(m, in[0], &whole_types[i], out);
  bool wide = to == TO_INT64 && whole_type(layer_dtype(in[0]->layer)).name;
  if (to != TO_FLOAT && !wide) return refuse(m, "it casts at run time to type %lld, with which cnnc does not compute", (long long)to);
  out[0] = value_like(m, in[0], in[0]->layer);
  out[0]->dtype = wide ? TENSOR_I64 : TENSOR_F32;
  return true;
}

/* Of int64, only with what int32 never exceeds: export writes this before a cast to int32. */
bool map_min(Importer *m, const Value *const *in, int count, Value **out) {
  double limit;
  if (!in[0] || in[0]->kind != VALUE_TENSOR || in[0]->dtype != TENSOR_I64) return map_variadic(m, in, count, out);
  if (count != 2 || !is_constant(in[1]) || value_elements(in[1]) != 1 || !is_single_number(in[1], &limit) || limit < INT32_MAX)
    return refuse(m, "its input `%s` is of type int64, with which cnnc does not compute", shown_name(m->arena, in[0]->name));
  out[0] = value_like(m, in[0], in[0]->layer);
  return true;
}
