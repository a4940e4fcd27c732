/* axes.h - along which axes an operator works, by name: the choices of `axis` in reductions and softmax. */
#ifndef CNNC_OPS_AXES_H
#define CNNC_OPS_AXES_H
#include "ops/infer.h"

#define AXES "channels|height|width|pixels|all"
typedef enum NamedAxis { AXIS_CHANNELS, AXIS_HEIGHT, AXIS_WIDTH, AXIS_PIXELS, AXIS_ALL } NamedAxis;

typedef struct Axes {
  bool channels, height, width;
} Axes;

Axes axes_of(int axis);
/* Whether the input has that axis: a sequence has no height, a vector only channels. Else E0402 or E0305. */
bool check_axis(Inference *inference, const Node *node, int axis);
/* How many elements of the tensor differ in these axes alone. */
const Size *axes_size(Arena *arena, const TensorType *type, Axes axes);
/* " over channels" */
void print_axis(Text *out, int axis);
#endif
