/* map_resize.c - enlarging by whole factors. Every way in which ONNX finds the place of a pixel is followed exactly, and
 * refused where the result is another than that of our upsample. */
#include <math.h>
#include <string.h>
#include "import/importer.h"

typedef struct ResizeModes {
  const char *mode, *coordinates, *nearest;
} ResizeModes;

/* Where output x of `out` lies on the axis of `in`. NaN: the way is not known. */
static double place_of(const char *way, double x, double in, double out, double scale) {
  if (!strcmp(way, "half_pixel")) return (x + 0.5) / scale - 0.5;
  if (!strcmp(way, "pytorch_half_pixel")) return out > 1 ? (x + 0.5) / scale - 0.5 : 0;
  if (!strcmp(way, "align_corners")) return out > 1 ? x * (in - 1) / (out - 1) : 0;
  if (!strcmp(way, "asymmetric")) return x / scale;
  if (!strcmp(way, "half_pixel_symmetric")) return in / 2 * (1 - out / (in * scale)) + (x + 0.5) / scale - 0.5;
  return NAN;
}

static double nearest_of(const char *way, double place) {
  if (!strcmp(way, "floor")) return floor(place);
  if (!strcmp(way, "ceil")) return ceil(place);
  if (!strcmp(way, "round_prefer_floor")) return ceil(place - 0.5);
  return !strcmp(way, "round_prefer_ceil") ? floor(place + 0.5) : NAN;
}

/* Whether output x is pixel floor(x / scale), for every x; of sizes that vary, for the first ones, as the pattern repeats. */
static bool is_plain_nearest(const ResizeModes *modes, int64_t size, int64_t scale) {
  for (int64_t x = 0; x < size * scale; x++) {
    double place = place_of(modes->coordinates, (double)x, (double)size, (double)(size * scale), (double)scale);
    double pixel = nearest_of(modes->nearest, place);
    if (!(fmin(fmax(pixel, 0), (double)(size - 1)) == (double)(x / scale))) return false;
  }
  return true;
}

static bool is_linear(const char *mode) { return !strcmp(mode, "linear") || !strcmp(mode, "bilinear"); }

static bool read_modes(Importer *m, ResizeModes *modes) {
  bool old = m->model->opset < 11; /* Upsample, and the first Resize */
  modes->mode = string_attribute(m, "mode", "nearest");
  modes->coordinates = string_attribute(m, "coordinate_transformation_mode", old ? "asymmetric" : "half_pixel");
  modes->nearest = string_attribute(m, "nearest_mode", old ? "floor" : "round_prefer_floor");
  const char *policy = string_attribute(m, "keep_aspect_ratio_policy", "stretch");
  bool nearest = !strcmp(modes->mode, "nearest");
  if (!nearest && !is_linear(modes->mode))
    return refuse(m, "its attribute mode is `%s`; cnnc has nearest and linear", shown_name(m->arena, modes->mode));
  if (!strcmp(modes->coordinates, "tf_crop_and_resize"))
    return refuse(m, "its attribute coordinate_transformation_mode is tf_crop_and_resize");
  if (int_attribute(m, "antialias", 0)) return refuse(m, "its attribute antialias is set");
  if (strcmp(policy, "stretch")) return refuse(m, "its attribute keep_aspect_ratio_policy is `%s`", shown_name(m->arena, policy));
  ignore_attribute(m, "cubic_coeff_a");       /* of mode cubic */
  ignore_attribute(m, "extrapolation_value"); /* of tf_crop_and_resize */
  ignore_attribute(m, "exclude_outside");     /* of mode cubic */
  return true;
}

/* The factor of each axis; 0 where it is no whole one. */
static bool read_scales(Importer *m, const Value *const *in, int count, int64_t *factors) {
  const Value *value = in[0], *scales = NULL, *sizes = NULL;
  const OnnxAttribute *given = any_attribute(m, "scales");
  int64_t axes[MAX_TENSOR_RANK * 2];
  int listed = value->rank;
  bool some = has_attribute(m, "axes");
  if (some && !numbers_of(m, NULL, "axes", axes, &listed)) return false;
  if (m->model->opset < 11) scales = count > 1 ? in[1] : NULL;
  else {
    scales = count > 2 && in[2] && value_elements(in[2]) ? in[2] : NULL;
    sizes = count > 3 ? in[3] : NULL;
  }
  if (scales && !is_constant(scales)) return refuse(m, "its scales are computed at run time");
  if (sizes && !is_constant(sizes)) return refuse(m, "its sizes are computed at run time");
  const Value *list = sizes ? sizes : scales;
  int64_t length = list ? value_elements(list) : given && given->kind == ONNX_FLOATS ? given->count : -1;
  if (length != listed) return refuse(m, "it has %lld scales or sizes for %d axes", (long long)length, listed);
  for (int i = 0; i < value->rank; i++) factors[i] = 1;
  for (int i = 0; i < listed; i++) {
    int axis = some ? normal_axis(m, axes[i], value->rank) : i;
    int64_t old, new;
    if (axis < 0) return false;
    double scale = sizes ? 0 : scales ? number_at(scales, i) : (double)given->reals[i];
    const Size *size = sizes ? integer_at(m, sizes, i) : NULL;
    if (axis == 0 && sizes && m->batch_size > 1 && size_is(size, m->batch_size)) size = size_one();
    if (sizes && size_equal(size, value->sizes[axis])) scale = 1;
    else if (sizes && size_is_const(size, &new) && size_is_const(value->sizes[axis], &old)) scale = (double)new / (double)old;
    else if (sizes)
      for (int64_t k = 2; k <= 16 && scale == 0; k++)
        if (size_equal(size, size_mul_int(m->arena, value->sizes[axis], k))) scale = (double)k;
    if (!(scale >= 1 && scale <= 4096) || scale != floor(scale))
      return refuse(m, "it resizes axis %d by %s; cnnc enlarges by whole factors", axis, number_text(m->arena, scale));
    factors[axis] = (int64_t)scale;
  }
  return true;
}

bool map_resize(Importer *m, const Value *const *in, int count, Value **out) {
  ResizeModes modes;
  int64_t factors[MAX_TENSOR_RANK], pair[2] = {1, 1};
  if (!read_modes(m, &modes) || !read_scales(m, in, count, factors)) return false;
  const Value *value = in[0];
  bool any = false, nearest = !strcmp(modes.mode, "nearest");
  Value *result = value_like(m, value, value->layer);
  const Size *sizes[MAX_CNN_RANK];
  Layer *input = value->layer;
  for (int k = 0; k < input->rank; k++) sizes[k] = input->sizes[k];
  for (int i = 0; i < value->rank; i++) {
    if (factors[i] == 1) continue;
    int64_t size = 8;
    (void)size_is_const(value->sizes[i], &size);
    if (value->axes[i] < 1) return refuse(m, "it enlarges what is not rows or columns (axis %d)", i);
    if (nearest && !is_plain_nearest(&modes, size < 64 ? size : 64, factors[i]))
      return refuse(m, "its modes %s and %s take other pixels than cnnc's nearest", modes.coordinates, modes.nearest);
    bool half = !strcmp(modes.coordinates, "half_pixel") || !strcmp(modes.coordinates, "pytorch_half_pixel") ||
                !strcmp(modes.coordinates, "half_pixel_symmetric");
    if (!nearest && !half && strcmp(modes.coordinates, "align_corners"))
      return refuse(m, "its attribute coordinate_transformation_mode is `%s`", shown_name(m->arena, modes.coordinates));
    any = true;
    pair[input->rank == 2 ? 1 : value->axes[i] - 1] = factors[i];
    result->sizes[i] = sizes[value->axes[i]] = size_mul_int(m->arena, value->sizes[i], factors[i]);
  }
  out[0] = result;
  if (!any) return true;
  Layer *layer = add_layer(&m->net, "upsample", m->node, input->rank, sizes);
  add_input(&m->net, layer, input);
  add_attribute(&m->net, layer, NULL, "%s", pair_text(m->arena, pair, input->rank));
  if (!nearest) {
    add_attribute(&m->net, layer, "mode", "bilinear");
    add_attribute(&m->net, layer, "align_corners", strcmp(modes.coordinates, "align_corners") ? "false" : "true");
  }
  result->layer = layer;
  return true;
}
