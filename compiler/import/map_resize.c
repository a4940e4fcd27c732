/* map_resize.c - Resize and Upsample: `upsample` where pixels repeat a whole number of times or lie between in PyTorch's way,
 * else `resize`, which has ONNX's coordinates for sizes that do not vary. */
#include <math.h>
#include <string.h>
#include "import/importer.h"

typedef struct Resizing {
  const char *mode, *coordinates, *rounding;
  double scales[MAX_TENSOR_RANK]; /* of each axis of the value, by which places are computed */
  const Size *sizes[MAX_TENSOR_RANK];
} Resizing;

static bool is_one_of(const char *word, const char *const *words) {
  for (; *words; words++)
    if (!strcmp(word, *words)) return true;
  return false;
}

static bool read_modes(Importer *m, Resizing *r) {
  static const char *const coordinates[] = {"half_pixel", "pytorch_half_pixel",   "align_corners",
                                            "asymmetric", "half_pixel_symmetric", NULL};
  static const char *const roundings[] = {"floor", "ceil", "round_prefer_floor", "round_prefer_ceil", NULL};
  bool old = m->model->opset < 11; /* Upsample, and the first Resize */
  const char *mode = string_attribute(m, "mode", "nearest");
  r->coordinates = string_attribute(m, "coordinate_transformation_mode", old ? "asymmetric" : "half_pixel");
  r->rounding = string_attribute(m, "nearest_mode", old ? "floor" : "round_prefer_floor");
  bool linear = !strcmp(mode, "linear") || !strcmp(mode, "bilinear");
  r->mode = linear ? "bilinear" : !strcmp(mode, "cubic") ? "bicubic" : !strcmp(mode, "nearest") ? "nearest" : NULL;
  if (!r->mode) return refuse(m, "its attribute mode is `%s`", shown_name(m->arena, mode));
  if (!is_one_of(r->coordinates, coordinates))
    return refuse(m, "its attribute coordinate_transformation_mode is `%s`", shown_name(m->arena, r->coordinates));
  if (!is_one_of(r->rounding, roundings)) return refuse(m, "its attribute nearest_mode is `%s`", shown_name(m->arena, r->rounding));
  if (int_attribute(m, "antialias", 0)) return refuse(m, "its attribute antialias is set");
  bool cubic = !strcmp(r->mode, "bicubic");
  if (float_attribute(m, "cubic_coeff_a", -0.75) != -0.75 && cubic) return refuse(m, "its attribute cubic_coeff_a is not -0.75");
  if (int_attribute(m, "exclude_outside", 0) && cubic) return refuse(m, "its attribute exclude_outside is set");
  ignore_attribute(m, "extrapolation_value"); /* of tf_crop_and_resize */
  return true;
}

typedef struct ResizeLists {
  const Value *scales, *sizes;
  const OnnxAttribute *given; /* scales of the first Upsample */
  int64_t axes[MAX_TENSOR_RANK * 2];
  int count;
} ResizeLists;

static bool read_lists(Importer *m, const Value *const *in, int count, ResizeLists *l) {
  bool some = has_attribute(m, "axes");
  int rank = in[0]->rank;
  *l = (ResizeLists){.given = any_attribute(m, "scales"), .count = rank};
  if (some && !numbers_of(m, NULL, "axes", l->axes, &l->count)) return false;
  if (m->model->opset < 11) l->scales = count > 1 ? in[1] : NULL;
  else {
    l->scales = count > 2 && in[2] && value_elements(in[2]) ? in[2] : NULL;
    l->sizes = count > 3 && in[3] && value_elements(in[3]) ? in[3] : NULL;
  }
  const Value *list = l->sizes ? l->sizes : l->scales;
  if (list && !is_constant(list)) return refuse(m, "its scales or sizes are computed at run time");
  int64_t length = list ? value_elements(list) : l->given && l->given->kind == ONNX_FLOATS ? l->given->count : -1;
  if (length != l->count) return refuse(m, "it has %lld scales or sizes for %d axes", (long long)length, l->count);
  for (int i = 0; i < l->count; i++) {
    l->axes[i] = some ? normal_axis(m, l->axes[i], rank) : i;
    if (l->axes[i] < 0) return false;
  }
  return true;
}

/* The size that one axis gets, and by which scale. */
static bool resize_axis(Importer *m, const Value *value, const ResizeLists *l, int i, Resizing *r) {
  int axis = (int)l->axes[i];
  int64_t old, new;
  const Size *size = value->sizes[axis];
  bool known = size_is_const(size, &old);
  if (l->sizes) {
    const Size *wanted = integer_at(m, l->sizes, i);
    if (axis == 0 && m->batch_size > 1 && size_is(wanted, m->batch_size)) wanted = size_one();
    r->sizes[axis] = wanted;
    r->scales[axis] = size_equal(wanted, size) ? 1 : 0;
    if (known && size_is_const(wanted, &new)) r->scales[axis] = (double)new / (double)old;
    for (int k = 2; k <= 16 && r->scales[axis] == 0; k++)
      if (size_equal(wanted, size_mul_int(m->arena, size, k))) r->scales[axis] = k;
  } else {
    double scale = r->scales[axis] = l->scales ? number_at(l->scales, i) : (double)l->given->reals[i];
    if (scale == floor(scale) && scale > 0 && scale < 65536) r->sizes[axis] = size_mul_int(m->arena, size, (int64_t)scale);
    else if (known && scale > 0 && scale < 65536) r->sizes[axis] = size_of(m->arena, (int64_t)floor((double)old * scale));
    else r->scales[axis] = 0;
  }
  if (!(r->scales[axis] > 0)) return refuse_varying(m, "it resizes axis %d by what depends on a size that varies", axis);
  if (size_minimum(r->sizes[axis]) < 1) return refuse(m, "it leaves nothing of axis %d", axis);
  return true;
}

/* One scale for all axes, so that the sizes that were asked for are the least or the greatest. */
static bool keep_ratio(Importer *m, const Value *value, const ResizeLists *l, Resizing *r) {
  const char *policy = string_attribute(m, "keep_aspect_ratio_policy", "stretch");
  bool larger = !strcmp(policy, "not_smaller");
  if (!strcmp(policy, "stretch") || !l->sizes) return true;
  if (!larger && strcmp(policy, "not_larger"))
    return refuse(m, "its attribute keep_aspect_ratio_policy is `%s`", shown_name(m->arena, policy));
  double scale = r->scales[l->axes[0]];
  for (int i = 1; i < l->count; i++) scale = larger ? fmax(scale, r->scales[l->axes[i]]) : fmin(scale, r->scales[l->axes[i]]);
  for (int i = 0; i < l->count; i++) {
    int64_t old;
    if (!size_is_const(value->sizes[l->axes[i]], &old)) return refuse_varying(m, "it keeps a ratio of sizes that vary");
    r->scales[l->axes[i]] = scale;
    r->sizes[l->axes[i]] = size_of(m->arena, (int64_t)floor((double)old * scale + 0.5));
  }
  return true;
}

/* Where output x lies among n pixels of which m are made. */
static double place_of(const Resizing *r, double x, double n, double m, double scale) {
  if (!strcmp(r->coordinates, "align_corners")) return m > 1 ? x * (n - 1) / (m - 1) : 0;
  if (!strcmp(r->coordinates, "asymmetric")) return x / scale;
  return (x + 0.5) / scale - 0.5;
}

/* Whether output x is pixel floor(x / scale), for every x. */
static bool repeats_pixels(const Resizing *r, int64_t size, int64_t scale) {
  for (int64_t x = 0; x < size * scale; x++) {
    double place = place_of(r, (double)x, (double)size, (double)(size * scale), (double)scale);
    double pixel = !strcmp(r->rounding, "floor")               ? floor(place)
                   : !strcmp(r->rounding, "ceil")              ? ceil(place)
                   : !strcmp(r->rounding, "round_prefer_ceil") ? floor(place + 0.5)
                                                               : ceil(place - 0.5);
    if (fmin(fmax(pixel, 0), (double)(size - 1)) != (double)(x / scale)) return false;
  }
  return true;
}

/* Whether `upsample` does it along this axis. */
static bool is_upsample(const Resizing *r, const Value *value, int axis) {
  enum { PATTERN = 64 }; /* pixels after which nothing new comes */
  int64_t size = PATTERN, scale = (int64_t)r->scales[axis];
  if (r->scales[axis] != (double)scale || scale > 4096) return false;
  if (size_is_const(value->sizes[axis], &size) && size > PATTERN) size = PATTERN;
  if (!strcmp(r->mode, "nearest")) return repeats_pixels(r, size, scale);
  return !strcmp(r->mode, "bilinear") && strcmp(r->coordinates, "asymmetric");
}

static void add_upsample(Importer *m, Layer *layer, const Resizing *r, const double *scales) {
  int64_t pair[2] = {(int64_t)scales[1], (int64_t)scales[layer->rank - 1]};
  add_attribute(&m->net, layer, NULL, "%s", pair_text(m->arena, pair, layer->rank));
  if (!strcmp(r->mode, "nearest")) return;
  add_attribute(&m->net, layer, "mode", "bilinear");
  add_attribute(&m->net, layer, "align_corners", strcmp(r->coordinates, "align_corners") ? "false" : "true");
}

/* false: refused. */
static bool add_resize(Importer *m, Layer *layer, const Resizing *r, const double *scales) {
  int64_t sizes[2] = {1, 1}, old;
  bool scaled = false;
  for (int k = 1; k < layer->rank; k++) {
    int64_t *size = &sizes[layer->rank == 2 ? 1 : k - 1];
    if (!size_is_const(layer->sizes[k], size) || !size_is_const(layer->inputs[0]->sizes[k], &old))
      return refuse_varying(m, "it resizes what varies, and not by a whole factor");
    bool other = scales[k] != (double)*size / (double)old;
    scaled |= other;
    if (other && !strcmp(r->coordinates, "align_corners")) return refuse(m, "its scale and align_corners give no whole size");
    if (*size == 1 && old > 1 && !strcmp(r->coordinates, "pytorch_half_pixel"))
      return refuse(m, "pytorch_half_pixel of one pixel is another place");
  }
  add_attribute(&m->net, layer, NULL, "%s", pair_text(m->arena, sizes, layer->rank));
  if (strcmp(r->mode, "nearest")) add_attribute(&m->net, layer, "mode", "%s", r->mode);
  add_attribute(&m->net, layer, "coordinates", "%s", strcmp(r->coordinates, "pytorch_half_pixel") ? r->coordinates : "half_pixel");
  if (!strcmp(r->mode, "nearest")) add_attribute(&m->net, layer, "rounding", "%s", r->rounding);
  if (scaled && layer->rank == 2) add_attribute(&m->net, layer, "scale", "%s", number_text(m->arena, scales[1]));
  else if (scaled) add_attribute(&m->net, layer, "scale", "[%s, %s]", number_text(m->arena, scales[1]), number_text(m->arena, scales[2]));
  return true;
}

bool map_resize(Importer *m, const Value *const *in, int count, Value **out) {
  const Value *value = in[0];
  Resizing r;
  ResizeLists lists;
  if (!read_modes(m, &r) || !read_lists(m, in, count, &lists)) return false;
  for (int i = 0; i < value->rank; i++) {
    r.scales[i] = 1;
    r.sizes[i] = value->sizes[i];
  }
  for (int i = 0; i < lists.count; i++)
    if (!resize_axis(m, value, &lists, i, &r)) return false;
  if (!keep_ratio(m, value, &lists, &r)) return false;
  Value *result = value_like(m, value, value->layer);
  const Size *sizes[MAX_CNN_RANK];
  double scales[MAX_CNN_RANK] = {1, 1, 1};
  bool any = false, whole = true;
  for (int k = 0; k < value->layer->rank; k++) sizes[k] = value->layer->sizes[k];
  for (int i = 0; i < value->rank; i++) {
    if (r.scales[i] == 1 && size_equal(r.sizes[i], value->sizes[i])) continue;
    if (value->axes[i] < 1) return refuse(m, "it resizes what is not rows or columns (axis %d)", i);
    any = true;
    whole &= is_upsample(&r, value, i);
    scales[value->axes[i]] = r.scales[i];
    sizes[value->axes[i]] = result->sizes[i] = r.sizes[i];
  }
  out[0] = result;
  if (!any) return true;
  result->layer = add_layer(&m->net, whole ? "upsample" : "resize", m->node, value->layer->rank, sizes);
  add_input(&m->net, result->layer, value->layer);
  if (!whole) return add_resize(m, result->layer, &r, scales);
  add_upsample(m, result->layer, &r, scales);
  return true;
}
