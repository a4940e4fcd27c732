/* infer.h - what an operator's `infer` may ask and say while the graph is built. */
#ifndef CNNC_OPS_INFER_H
#define CNNC_OPS_INFER_H
#include "ir/operator.h"
#include "support/diagnostics.h"

typedef struct Window Window;

/* One of the nodes for which an operation stands that expands into others. */
typedef struct Part {
  const Operator *op;
  const void *attributes; /* complete, as `infer` of that operator expects them */
  const char *name;       /* "depthwise": the node is <label>.depthwise; NULL: it goes by the call's own name */
  Value **inputs;
  int input_count;
  bool follows_call; /* its attributes that have the name of one of the call are those: given if they are, and errors point there */
} Part;

/* The tensors that an expanded call yields. */
typedef struct Expansion {
  Value **outputs;
  int output_count;
} Expansion;

/* Of one size, and of the elements of one tensor. */
#define MAX_SIZE ((INT64_C(1) << 31) - 1)
#define MAX_ELEMENTS (INT64_C(1) << 40)

struct Inference {
  Arena *arena;
  Diagnostics *diagnostics;
  Graph *graph;
  /* Returns the parameter `role` of the node, which is new unless the node is a use of a shared layer. */
  Parameter *(*declare)(Inference *inference, Node *node, const char *role, ParameterKind kind, int rank, const int64_t *sizes);
  Value *(*make)(Inference *inference, const Node *call, const Part *part);
  void *context; /* of whoever builds the graph */
};

/* An error at the node's call; it carries the block instance and the chain of shapes that led to the node's inputs. */
Diagnostic *shape_error(Inference *inference, const Node *node, Code code, const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The same, at the place where attribute `name` was written if it was (else at the call). */
Diagnostic *attribute_error(Inference *inference, const Node *node, Code code, const char *attribute, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Adds parameter `role` of the given sizes to the node at position `slot`. */
void declare_parameter(Inference *inference, Node *node, int slot, const char *role, ParameterKind kind, int rank, const int64_t *sizes);
/* The same for numbers given in the source. */
void declare_constant(Inference *inference, Node *node, int slot, const char *role, int rank, const int64_t *sizes, const double *numbers);
/* Whether all numbers of an attribute's constant are finite as floats, else E0402. */
bool check_constant(Inference *inference, const Node *node, const char *attribute, const ConstantArray *array);
/* "3x3" of a constant, "5" of a list. */
const char *constant_sizes(Arena *arena, const ConstantArray *array);
/* A constant bias has a number for each of the channels, else E0313. */
bool check_bias(Inference *inference, const Node *node, const Bias *bias, int64_t channels);
/* Learned or given; nothing if there is none. */
void declare_bias(Inference *inference, Node *node, int slot, const Bias *bias, int64_t channels);
/* Whether the attribute was written, here or by a `default` declaration. */
bool attribute_given(const Node *node, const char *name);

/* For `expand`: adds a node to the graph and infers it. Returns its output; NULL: errors were reported. */
Value *make_part(Inference *inference, const Node *call, const Part *part);

/* Numbers of the attribute table within their limits: INT, PAIR and SIDES from the table's minimum to 2^31 - 1, explicit
 * padding from 0, REAL finite as a float. false: E0402 was reported. */
bool check_attributes(Inference *inference, const Node *node);
/* `eps` is 0 or more: else E0402. `added_to` says what it keeps from 0. */
bool check_eps(Inference *inference, const Node *node, double eps, const char *added_to);
/* Two dimensions or one, not a vector: else E0305. */
bool require_spatial(Inference *inference, const Node *node);
/* The same sizes in all inputs; except along axis `free_axis` (-1: none), and a literal 1 stretches if `stretch`.
 * false: E0301 or E0304 was reported. *type is the shape that the inputs stretch to. */
bool require_equal_shapes(Inference *inference, const Node *node, int free_axis, bool stretch, TensorType *type);
/* Whether numbers of these sizes stay within the limits, else E0307. */
bool parameter_fits(Inference *inference, const Node *node, int rank, const int64_t *sizes);
/* For operators of one tensor that keep its shape: the attributes within their limits, a float32 output. */
bool infer_same_shape(Inference *inference, Node *node);
/* "12 has the divisors 1, 2, 3, 4, 6, 12", where something does not divide it. */
void help_divisors(Inference *inference, Diagnostic *d, int64_t number);
/* Sets the output's type if its sizes are within the limits, else E0307. */
bool set_output_type(Inference *inference, Node *node, TensorType type);

/* Channels as a number. Channels must not vary: reports and returns false if they do. */
bool known_channels(Inference *inference, const Node *node, const Value *input, int64_t *channels);

/* A spatial window over an input (convolution and pooling), per axis: index 0 is height, 1 is width. For 1D inputs
 * height is 1 with kernel 1, stride 1, no padding. */
struct Window {
  const Size *input[2], *output[2];
  int64_t kernel[2], stride[2], dilation[2];
  const Size *before[2], *after[2]; /* padding; a number unless `same` meets a symbolic size */
};

/* Padding and output sizes after docs/language.md, Windows and padding. false: E0302, E0303 or E0402 was reported. Also
 * warns asymmetric_same. */
bool infer_window(Inference *inference, const Node *node, Pair kernel, Pair stride, Pair dilation, Padding padding, bool ceil_mode,
                  Window *window);
/* Mirrored or repeated pixels must exist, else E0402. */
bool check_padding_mode(Inference *inference, const Node *node, int padding_mode, const Window *window);
/* The window of a node whose shapes were inferred without errors (for evaluation and lowering): reports nothing. */
Window window_of(Arena *arena, const TensorType *input, Pair kernel, Pair stride, Pair dilation, Padding padding, bool ceil_mode);
bool is_padded(const Window *window);
/* The larger padding of an axis; where `same` meets a size that varies, the largest that it can be. */
int64_t most_padding(const Window *window, int axis);
/* The type of a window's result with the given channels: [channels, OH, OW], or [channels, OL] for a 1D input. */
TensorType window_type(Arena *arena, const TensorType *input, const Window *window, int64_t channels);
#endif
