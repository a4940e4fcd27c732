/* margins.h - what crop and pad share: how much goes away or is added at each side of each axis.
 *
 * Axes are those of a view: 0 channels, 1 height, 2 width (of a sequence: its length). */
#ifndef CNNC_OPS_MARGINS_H
#define CNNC_OPS_MARGINS_H
#include <stddef.h>

#include "ops/attributes.h"
#include "ops/infer.h"

/* clang-format off */
#define MARGIN_ATTRIBUTES(structure, member)                                                                         \
    {"top", ATTRIBUTE_INT, offsetof(structure, member top), NULL, false, NULL, 0},                                   \
    {"bottom", ATTRIBUTE_INT, offsetof(structure, member bottom), NULL, false, NULL, 0},                             \
    {"left", ATTRIBUTE_INT, offsetof(structure, member left), NULL, false, NULL, 0},                                 \
    {"right", ATTRIBUTE_INT, offsetof(structure, member right), NULL, false, NULL, 0},                               \
    {"channels", ATTRIBUTE_SIDES, offsetof(structure, member channels), NULL, false, NULL, 0}
/* clang-format on */

/* "height"; "length" for a sequence, "size" for a vector. */
const char *axis_noun(const TensorType *type, int axis);
/* Of the axis, 1 where a tensor of this rank has none. */
const Size *axis_size(const TensorType *type, int axis);
void set_axis_size(TensorType *type, int axis, const Size *size);
bool has_axis(const TensorType *type, int axis);

Sides margin_of(const Margins *margins, int axis);
/* The attribute that stands for a side of an axis. */
const char *margin_name(int axis, bool after);
/* Within the limits of the table, and none along an axis that the input lacks. false: reported. */
bool check_margins(Inference *inference, const Node *node, const Margins *margins);
/* " top 1 bottom 2 channels 0 3": what is not 0. */
void describe_margins(Text *out, const Margins *margins);
#endif
