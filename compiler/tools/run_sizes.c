/* run_sizes.c - what the inputs of `cnnc run` make of sizes that vary: each dim gets the value for which the declared
 * shape is that of the array. */
#include "tools/run.h"

static int place(const RunTensor *tensor, int axis) { return tensor->hwc ? (axis + 2) % 3 : axis; }

static bool is_known(const SizeSample *dims, const Dim *dim) {
  for (int i = 0; i < dims->count; i++)
    if (dims->dims[i] == dim) return true;
  return false;
}

/* The dims of the size that are not known: how many, and one of them. */
static int unknown_dims(const Run *run, const Size *size, const Dim **one) {
  int count = 0;
  for (int i = 0; i < run->graph->dim_count; i++) {
    const Dim *dim = run->graph->dims[i];
    if (!size_uses_dim(size, dim) || is_known(&run->dims, dim)) continue;
    *one = dim;
    count++;
  }
  return count;
}

bool settle_sizes(const Run *run, RunTensor *tensor) {
  const Dim *open;
  for (int i = 0; i < tensor->rank; i++) {
    const Size *size = tensor->type->sizes[i];
    if (unknown_dims(run, size, &open)) return false;
    tensor->sizes[place(tensor, i)] = size_at(size, &run->dims);
  }
  tensor->elements = size_at(type_elements(run->session->arena, tensor->type), &run->dims);
  return true;
}

static int64_t size_with(const Run *run, const Size *size, const Dim *dim, int64_t value) {
  SizeSample dims = run->dims;
  dims.dims[dims.count] = dim;
  dims.values[dims.count++] = value;
  return size_at(size, &dims);
}

/* The least value of the dim, among all whole numbers, for which the size is at least `wanted`: sizes grow with dims. */
static int64_t solve(const Run *run, const Size *size, const Dim *dim, int64_t wanted) {
  int64_t low = 0, high = INT64_C(1) << 32; /* in steps of the multiple */
  while (low < high) {
    int64_t middle = (low + high) / 2;
    if (size_with(run, size, dim, dim->offset + middle * dim->multiple) >= wanted) high = middle;
    else low = middle + 1;
  }
  return dim->offset + low * dim->multiple;
}

static bool learn_dim(Run *run, const Size *size, int64_t wanted) {
  const Dim *dim = NULL;
  if (run->dims.count == MAX_SAMPLE_DIMS || unknown_dims(run, size, &dim) != 1) return false;
  int64_t value = solve(run, size, dim, wanted);
  if (size_with(run, size, dim, value) != wanted) return false;                 /* no value gives that */
  if (size_with(run, size, dim, value + dim->multiple) == wanted) return false; /* several do */
  if (value < dim->minimum || (dim->maximum >= 0 && value > dim->maximum)) return false;
  run->dims.dims[run->dims.count] = dim;
  run->dims.values[run->dims.count++] = value;
  return true;
}

bool learn_dims(Run *run, RunTensor *input, const int64_t *sizes) {
  int before = run->dims.count;
  for (bool learned = true; learned;) {
    learned = false;
    for (int i = 0; i < input->rank; i++) learned = learn_dim(run, input->type->sizes[i], sizes[place(input, i)]) || learned;
  }
  if (settle_sizes(run, input)) return true;
  run->dims.count = before;
  return false;
}

const char *run_shape(Arena *arena, const RunTensor *tensor) {
  if (tensor->elements) return sizes_text(arena, tensor->sizes, tensor->rank);
  TensorType type = *tensor->type;
  for (int i = 0; i < tensor->rank; i++) type.sizes[place(tensor, i)] = tensor->type->sizes[i];
  return type_text(arena, &type);
}

void explain_dims(const Run *run, Diagnostic *d, const RunTensor *input) {
  for (int i = 0; i < run->graph->dim_count; i++) {
    const Dim *dim = run->graph->dims[i];
    bool used = false;
    for (int k = 0; k < input->rank; k++) used = used || size_uses_dim(input->type->sizes[k], dim);
    if (!used) continue;
    const Size *size = size_of_dim(run->session->arena, dim);
    if (is_known(&run->dims, dim)) {
      add_note(d, "%s is %lld, as another input has it", dim->name, (long long)size_at(size, &run->dims));
      continue;
    }
    add_note_at(d, dim->span, "%s is %s", dim->name, dim_text(run->session->arena, dim));
  }
}

bool all_dims_known(Run *run) {
  for (int i = 0; i < run->graph->dim_count; i++) {
    const Dim *dim = run->graph->dims[i];
    if (is_known(&run->dims, dim)) continue;
    Diagnostic *d = report(&run->session->diagnostics, CODE_E0801, dim->span, "the inputs do not say what `%s` is", dim->name);
    add_help(d, "`--size %s=%lld` does", dim->name, (long long)dim_least(dim));
    return false;
  }
  return true;
}
