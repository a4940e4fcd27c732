/* worked.c - the classic examples of text books through compiled C and through the evaluator.
 *
 *   worked CNNC DIR FILE.json..
 *
 * An example has x, w and y (y = x cross-correlated with w; stride, pad, dilation), or op, a transposed convolution or a
 * pooling. Each becomes a net
 * with its weights and input in DIR; `cnnc run` does the rest, once with --interpret and once without. */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 1024 };

typedef struct Array {
  double values[MOST];
  int sizes[4], rank, count;
} Array;

static const char *directory, *cnnc;
static int passed, failed, skipped;

static void give_up(const char *what) {
  printf("FAIL %s\n0 passed, 1 failed\n", what);
  exit(1);
}

static void flatten(const cJSON *item, Array *array, int depth) {
  if (!cJSON_IsArray(item)) {
    if (array->count == MOST || depth > 4) give_up("an example is too large");
    array->values[array->count++] = item->valuedouble;
    return;
  }
  if (depth == array->rank) array->sizes[array->rank++] = cJSON_GetArraySize(item);
  const cJSON *element;
  cJSON_ArrayForEach(element, item) flatten(element, array, depth + 1);
}

static Array read_array(const cJSON *example, const char *name) {
  Array array = {.count = 0};
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(example, name);
  if (!item) give_up("an example lacks an array");
  flatten(item, &array, 0);
  return array;
}

static double number_or(const cJSON *example, const char *name, double otherwise) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(example, name);
  return item ? item->valuedouble : otherwise;
}

static FILE *open_file(const char *name, const char *mode) {
  char path[1024];
  snprintf(path, sizeof path, "%s/%s", directory, name);
  FILE *file = fopen(path, mode);
  if (!file) give_up(path);
  return file;
}

static void write_floats(FILE *file, const Array *array) {
  for (int i = 0; i < array->count; i++) {
    float value = (float)array->values[i];
    fwrite(&value, 4, 1, file);
  }
  if (fclose(file)) give_up("a file cannot be written");
}

static void print_sizes(char out[64], const Array *array, const char *first) {
  int length = snprintf(out, 64, "%s", first);
  for (int i = 0; i < array->rank; i++) length += snprintf(out + length, 64 - (size_t)length, "%s%d", length ? ", " : "", array->sizes[i]);
}

static void write_npy(const Array *x, const char *sizes) {
  FILE *file = open_file("x.npy", "wb");
  char header[118];
  int length = snprintf(header, sizeof header, "{'descr': '<f4', 'fortran_order': False, 'shape': (%s), }", sizes);
  memset(header + length, ' ', sizeof header - (size_t)length);
  header[117] = '\n';
  fwrite("\x93NUMPY\x01\x00\x76\x00", 1, 10, file);
  fwrite(header, 1, 118, file);
  write_floats(file, x);
}

static void write_weights(const Array *w, const char *sizes) {
  FILE *file = open_file("net.safetensors", "wb");
  char header[200];
  size_t length = (size_t)snprintf(header, sizeof header, "{\"c.weight\":{\"dtype\":\"F32\",\"shape\":[%s],\"data_offsets\":[0,%d]}}",
                                   sizes, 4 * w->count);
  for (int i = 0; i < 8; i++) fputc((int)(length >> (8 * i) & 255), file);
  fwrite(header, 1, length, file);
  write_floats(file, w);
}

static int read_npy(float *out, int most) {
  FILE *file = open_file("y.npy", "rb");
  unsigned char head[10];
  if (fread(head, 1, 10, file) != 10 || fseek(file, 10 + head[8] + 256 * head[9], SEEK_SET)) give_up("y.npy");
  int count = (int)fread(out, 4, (size_t)most, file);
  fclose(file);
  return count;
}

static void check_run(const char *name, const char *how, const Array *y, double tolerance) {
  static float got[MOST];
  char command[4096], output[1024];
  snprintf(command, sizeof command, "'%s' run '%s/net.cnn' %s --input '%s/x.npy' --output '%s/y.npy' > '%s/log' 2>&1", cnnc, directory, how,
           directory, directory, directory);
  snprintf(output, sizeof output, "%s/y.npy", directory);
  remove(output);
  bool good = system(command) == 0;
  int count = good ? read_npy(got, MOST) : 0, wrong = count == y->count ? -1 : 0;
  for (int i = 0; good && i < count && wrong < 0; i++)
    if (!(fabs((double)got[i] - y->values[i]) <= tolerance)) wrong = i;
  if (good && wrong < 0) {
    passed++;
    return;
  }
  failed++;
  if (!good) printf("FAIL %s %s: cnnc run failed\n", name, how);
  else if (count != y->count) printf("FAIL %s %s: %d values instead of %d\n", name, how, count, y->count);
  else printf("FAIL %s %s: [%d] is %g instead of %g\n", name, how, wrong, (double)got[wrong], y->values[wrong]);
}

static void check_net(const cJSON *example, const char *name, const Array *x, const char *layer, const char *result, double tolerance) {
  char shape[64];
  bool has_channels = x->rank == 3;
  print_sizes(shape, x, has_channels ? "" : "1");
  FILE *file = open_file("net.cnn", "w");
  fprintf(file, "cnn 1\nnet worked {\n%s  input x: [%s]\n  output y = x -> %s\n}\n", *layer == 'c' ? "  weights \"net.safetensors\"\n" : "",
          shape, layer);
  if (fclose(file)) give_up("net.cnn");
  write_npy(x, shape);
  Array y = read_array(example, result);
  check_run(name, "--interpret", &y, tolerance);
  check_run(name, "", &y, tolerance);
  check_run(name, "--target generic --numerics portable", &y, tolerance);
}

/* op: conv, or conv_transpose, whose weight has the same sizes for one channel. */
static void check_convolution(const cJSON *example, const char *name, const char *op, double stride) {
  Array x = read_array(example, "x"), w = read_array(example, "w");
  char sizes[64], layer[160], kernel[32];
  int rank = x.rank == 1 ? 1 : 2;
  print_sizes(sizes, &w, w.rank > rank ? "1" : "1, 1");
  write_weights(&w, sizes);
  if (rank == 1) snprintf(kernel, sizeof kernel, "%d", w.sizes[w.rank - 1]);
  else snprintf(kernel, sizeof kernel, "%dx%d", w.sizes[w.rank - 2], w.sizes[w.rank - 1]);
  snprintf(layer, sizeof layer, "c: %s(1, %s, bias=false, stride=%d, padding=%d, dilation=%d)", op, kernel, (int)stride,
           (int)number_or(example, "pad", 0), (int)number_or(example, "dilation", 1));
  check_net(example, name, &x, layer, "y", number_or(example, "tolerance", 0));
}

static void check_example(const cJSON *example) {
  const cJSON *op = cJSON_GetObjectItemCaseSensitive(example, "op");
  const char *name = example->string, *kind = op ? op->valuestring : "conv";
  if (!strcmp(kind, "conv") || !strcmp(kind, "conv1d")) {
    check_convolution(example, name, "conv", number_or(example, "stride", 1));
    return;
  }
  if (!strncmp(kind, "convtranspose s", 15)) {
    check_convolution(example, name, "conv_transpose", atoi(kind + 15));
    return;
  }
  Array x = read_array(example, "x");
  if (!strcmp(kind, "maxpool 2x2 s2")) check_net(example, name, &x, "max_pool(2)", "y", 0);
  else if (!strcmp(kind, "avgpool1d 3 s2 ceil")) check_net(example, name, &x, "avg_pool(3, stride=2, ceil_mode=true)", "y", 1e-6);
  else if (!strcmp(kind, "avgpool 3x3 s1")) {
    check_net(example, name, &x, "avg_pool(3, stride=1)", "y", 0.051); /* rounded to one decimal */
    check_net(example, name, &x, "max_pool(3, stride=1)", "max", 0);
  } else {
    printf("skipped: %s needs `%s`\n", name, kind);
    skipped++;
  }
}

int main(int argc, char **argv) {
  static char text[1 << 16];
  if (argc < 4) give_up("usage: worked CNNC DIR FILE.json..");
  cnnc = argv[1];
  directory = argv[2];
  for (int i = 3; i < argc; i++) {
    FILE *file = fopen(argv[i], "r");
    if (!file) give_up(argv[i]);
    size_t length = fread(text, 1, sizeof text, file);
    fclose(file);
    cJSON *examples = cJSON_ParseWithLength(text, length);
    const cJSON *example;
    if (!examples) give_up(argv[i]);
    cJSON_ArrayForEach(example, examples) if (cJSON_IsObject(example)) check_example(example);
    cJSON_Delete(examples);
  }
  printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
  return failed > 0;
}
