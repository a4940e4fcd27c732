/* net.c - see net.h. */
#include "net.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

const char *const type_names[] = {"float32", "uint8", "int8", "int16", "int32"};

/* ---- tensors ---- */

Tensor *add_tensor(Net *net, Tensor t) {
  Tensor *added = &net->tensors[net->tensor_count];
  *added = t;
  if (net->open) { /* one more stage of the statement, whose name moves on */
    memcpy(added->name, net->open->name, sizeof added->name);
    net->open->hidden = true;
  } else snprintf(added->name, sizeof added->name, "t%d", net->tensor_count);
  added->used = added->hidden = false;
  net->tensor_count++;
  net->open = added;
  return added;
}

Tensor *pick(Net *net) {
  int last = net->tensor_count - 1;
  Tensor *t = &net->tensors[chance(65) ? last : between(0, last)];
  while (t->hidden) t++; /* the last of a chain has a name */
  return t;
}

double magnitude(const Tensor *t) { return fmax(fabs(t->low), fabs(t->high)); }
int elements(const Tensor *t) { return t->c * t->h * t->w; }

bool in_range(const Net *net, double low, double high, double unit) {
  double most = fmax(fabs(low), fabs(high));
  return net->rounded ? most <= 1000 : most / unit <= LIMIT;
}

bool same_shape(const Tensor *a, const Tensor *b) { return a->rank == b->rank && a->c == b->c && a->h == b->h && a->w == b->w; }

Tensor with_range(const Tensor *t, double low, double high, double unit) {
  Tensor result = *t;
  result.low = low;
  result.high = high;
  result.unit = unit;
  result.type = FLOAT32;
  return result;
}

Tensor clipped(const Net *net, const Tensor *t, double low, double high, double unit) {
  if (!net->rounded) return with_range(t, fmin(t->low, low) - 1, fmax(t->high, isfinite(high) ? high : low) + 1, unit);
  return with_range(t, fmax(low, fmin(t->low, high)), fmin(high, fmax(t->high, low)), unit);
}

/* ---- text ---- */

void end_statement(Net *net) {
  if (net->open) fprintf(net->body, "\n");
  net->open = NULL;
}

const char *begin(Net *net, Tensor *t) {
  if (t->hidden) abort();
  static char label[16];
  snprintf(label, sizeof label, "l%d", net->tensor_count);
  bool goes_on = net->open == t && chance(60);
  if (!goes_on) end_statement(net);
  if (goes_on) fprintf(net->body, " -> ");
  else fprintf(net->body, "  t%d = %s -> ", net->tensor_count, t->name);
  t->used = true;
  net->layers++;
  return label;
}

void begin_list(Net *net, Tensor *const *arms, const char *const *texts, int count) {
  end_statement(net);
  fprintf(net->body, "  t%d = [", net->tensor_count);
  for (int i = 0; i < count; i++) {
    fprintf(net->body, "%s%s", i ? ", " : "", arms[i] ? arms[i]->name : texts[i]);
    if (!arms[i]) continue;
    if (arms[i]->hidden) abort();
    arms[i]->used = true;
  }
  fprintf(net->body, "] -> ");
  net->layers++;
}

void open_call(Net *net, const char *label, const char *operation) {
  if (label) fprintf(net->body, "%s: ", label);
  fputs(operation, net->body);
  net->arguments = 0;
}

static void next_argument(Net *net) { fputs(net->arguments++ ? ", " : "(", net->body); }

void argument(Net *net, const char *format, ...) {
  va_list list;
  next_argument(net);
  va_start(list, format);
  vfprintf(net->body, format, list);
  va_end(list);
}

void option(Net *net, bool differs, const char *format, ...) {
  va_list list;
  if (!differs && chance(60)) return;
  next_argument(net);
  va_start(list, format);
  vfprintf(net->body, format, list);
  va_end(list);
}

void close_call(Net *net) {
  if (net->arguments) fputs(")", net->body);
}

static const float *print_numbers(FILE *out, const float *data, int rank, const int *sizes) {
  fputs("[", out);
  for (int i = 0; i < sizes[0]; i++) {
    if (i) fputs(", ", out);
    if (rank > 1) data = print_numbers(out, data, rank - 1, sizes + 1);
    else fprintf(out, "%.9g", (double)*data++);
  }
  fputs("]", out);
  return data;
}

void declare_numbers(Net *net, char name[24], const float *data, int rank, const int *sizes) {
  snprintf(name, 24, "k%d", net->names++);
  fprintf(net->declarations, "const %s = ", name);
  print_numbers(net->declarations, data, rank, sizes);
  fputs("\n", net->declarations);
}

void numbers_argument(Net *net, const char *name, const float *data, int rank, const int *sizes) {
  next_argument(net);
  if (name) fprintf(net->body, "%s=", name);
  if (chance(50)) {
    print_numbers(net->body, data, rank, sizes);
    return;
  }
  char constant[24];
  declare_numbers(net, constant, data, rank, sizes);
  fputs(constant, net->body);
}

/* ---- weights ---- */

static size_t count_of(const Weights *w) {
  size_t count = 1;
  for (int i = 0; i < w->rank; i++) count *= (size_t)w->sizes[i];
  return count;
}

float *add_weights(Net *net, const char *label, const char *role, int rank, int a, int b, int c, int d) {
  Weights *w = &net->weights[net->weight_count++];
  *w = (Weights){.rank = rank, .sizes = {a, b, c, d}};
  snprintf(w->name, sizeof w->name, "%s.%s", label, role);
  w->data = calloc(count_of(w), sizeof *w->data);
  return w->data;
}

static double fill_rounded_rows(float *data, int rows, int length, double most) {
  double scale = sqrt(3.0 / length), greatest = 0;
  if (most * sqrt(length) > 100) scale *= 100 / (most * sqrt(length));
  for (int r = 0; r < rows; r++) {
    double sum = 0;
    for (int k = 0; k < length; k++) sum += fabs((double)(data[r * length + k] = (float)(chance(5) ? 0 : scale * fraction())));
    greatest = fmax(greatest, sum);
  }
  return greatest;
}

static double fill_some_rows(const Net *net, float *data, int rows, int length, const Tensor *input) {
  if (net->rounded) return fill_rounded_rows(data, rows, length, magnitude(input));
  double room = LIMIT / 2 / (magnitude(input) / input->unit), greatest = 1;
  int largest = room > 7.0 * length ? 7 : room > 2.0 * length ? 2 : 1;
  int most = room < length ? (int)room : length; /* that are not zero */
  for (int r = 0; r < rows; r++) {
    double sum = 0;
    for (int k = 0; k < most; k++) {
      int at = most < length ? between(0, length - 1) : k;
      if (data[r * length + at] != 0) continue;
      int value = between(-largest, largest);
      data[r * length + at] = (float)value;
      sum += abs(value);
    }
    greatest = fmax(greatest, sum);
  }
  return greatest;
}

double fill_rows(const Net *net, float *data, int rows, int length, const Tensor *input) {
  bool before = leave_given(true); /* too many to spend bytes on, which say what the net is */
  double greatest = fill_some_rows(net, data, rows, length, input);
  (void)leave_given(before);
  return greatest;
}

double fill_bias(const Net *net, float *data, int count, double most, double unit) {
  int largest = net->rounded || most / unit <= LIMIT / 4 ? 5 : 0;
  bool before = leave_given(true);
  for (int i = 0; i < count; i++) data[i] = (float)(net->rounded ? fraction() : between(-largest, largest));
  (void)leave_given(before);
  return net->rounded ? 1 : largest;
}

void write_safetensors(const Net *net, FILE *file) {
  static char header[1 << 16];
  size_t length = (size_t)snprintf(header, sizeof header, "{"), offset = 0;
  for (int i = 0; i < net->weight_count; i++) {
    const Weights *w = &net->weights[i];
    size_t bytes = 4 * count_of(w);
    length += (size_t)snprintf(header + length, sizeof header - length, "%s\"%s\":{\"dtype\":\"F32\",\"shape\":[", i ? "," : "", w->name);
    for (int k = 0; k < w->rank; k++)
      length += (size_t)snprintf(header + length, sizeof header - length, "%s%d", k ? "," : "", w->sizes[k]);
    length += (size_t)snprintf(header + length, sizeof header - length, "],\"data_offsets\":[%zu,%zu]}", offset, offset + bytes);
    offset += bytes;
  }
  length += (size_t)snprintf(header + length, sizeof header - length, "}");
  for (int i = 0; i < 8; i++) fputc((int)(length >> (8 * i) & 255), file);
  fwrite(header, 1, length, file);
  for (int i = 0; i < net->weight_count; i++) fwrite(net->weights[i].data, 4, count_of(&net->weights[i]), file);
}
