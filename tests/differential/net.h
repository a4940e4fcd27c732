/* net.h - a net while it is written: its tensors with the range of their values, its text, its weights.
 *
 * Exact nets compute with numbers that floats hold: of every tensor the unit is known of which its values are multiples,
 * and the greatest stays below 2^23 units. Rounded nets have no unit, and ranges in which no operator loses digits. */
#ifndef TESTS_NET_H
#define TESTS_NET_H
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "random.h"

enum { MAX_TENSORS = 200, MAX_WEIGHTS = 200, MAX_ELEMENTS = 60000, MOST_CHANNELS = 1030 };
#define LIMIT 8388608.0 /* of magnitude / unit: 2^23 */

typedef enum Type { FLOAT32, UINT8, INT8, INT16, INT32 } Type;
extern const char *const type_names[];

typedef struct Tensor {
  char name[24];
  int rank;    /* 1: vector, 2: sequence, 3: image */
  int c, h, w; /* a sequence has h = 1 */
  Type type;
  double low, high;  /* every value lies between, if no input is special */
  double unit;       /* exact nets: every value is a multiple of it */
  bool used, hidden; /* hidden: inside of a chain, without a name */
} Tensor;

typedef struct Weights {
  char name[64];
  int rank, sizes[4];
  float *data;
} Weights;

typedef struct Net {
  bool rounded;
  bool special;      /* values are moved and chosen, never calculated with */
  bool varies;       /* heights and widths are the least of a `dim` */
  bool has_defaults; /* of eps */
  Tensor tensors[MAX_TENSORS];
  int tensor_count, layers, names; /* names: given so far to constants and blocks */
  Weights weights[MAX_WEIGHTS];
  int weight_count;
  FILE *declarations, *body; /* write to: */
  char *declared, *written;
  size_t declared_bytes, written_bytes;
  Tensor *open;  /* the result of the statement that is being written, if more stages may follow; else NULL */
  int arguments; /* of the call that is being written */
} Net;

/* ---- tensors ---- */

/* Adds the result of the layer that was just written. */
Tensor *add_tensor(Net *net, Tensor t);
/* Rather a late one. */
Tensor *pick(Net *net);
double magnitude(const Tensor *t);
int elements(const Tensor *t);
/* Whether values in this range are exact, or, in a rounded net, keep their digits. */
bool in_range(const Net *net, double low, double high, double unit);
bool same_shape(const Tensor *a, const Tensor *b);
/* The tensor with other values: a float32 from -most to most. */
Tensor with_range(const Tensor *t, double low, double high, double unit);
/* The tensor with values that are clipped to this range. In exact nets it keeps its own: it is by what went into a value
 * that tests/harness judges whether it is exact. */
Tensor clipped(const Net *net, const Tensor *t, double low, double high, double unit);

/* ---- text ---- */

/* "t5 = t3 -> ", or now and then " -> " if t was just computed: then t has no name any more. Returns a label for a layer with
 * weights, which stays until the next call. */
const char *begin(Net *net, Tensor *t);
/* "t5 = [t3, t4] -> "; texts of operands, where NULL is the tensor's name. */
void begin_list(Net *net, Tensor *const *arms, const char *const *texts, int count);
/* Ends the statement that is being written. */
void end_statement(Net *net);
void open_call(Net *net, const char *label, const char *operation); /* label NULL: none */
void argument(Net *net, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Written if it differs from the default, else now and then. */
void option(Net *net, bool differs, const char *format, ...) __attribute__((format(printf, 3, 4)));
void close_call(Net *net);
/* An argument that is a list, or the name of a constant; name NULL: positional. */
void numbers_argument(Net *net, const char *name, const float *data, int rank, const int *sizes);
/* Declares a constant; name becomes its name. */
void declare_numbers(Net *net, char name[24], const float *data, int rank, const int *sizes);

/* ---- weights ---- */

/* Of the layer with that label; sizes after the rank are ignored. */
float *add_weights(Net *net, const char *label, const char *role, int rank, int a, int b, int c, int d);
/* Rows of `length` numbers: as many and as large ones as the magnitude allows. Returns the greatest sum of a row. */
double fill_rows(const Net *net, float *data, int rows, int length, const Tensor *input);
/* Returns the largest. */
double fill_bias(const Net *net, float *data, int count, double magnitude, double unit);
void write_safetensors(const Net *net, FILE *file);
#endif
