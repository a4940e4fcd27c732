/* conv_channels.h - groups of channels: what conv and conv_transpose have in common.
 *
 * Output channel oc belongs to group oc / (out/groups) and sees the input channels of that group only. */
#ifndef CNNC_OPS_CONV_CHANNELS_H
#define CNNC_OPS_CONV_CHANNELS_H
#include "ops/lowering.h"

/* Whether `groups` divides both numbers of channels, else E0311. */
bool check_groups(Inference *inference, const Node *node, int64_t in_channels, int64_t out_channels, int64_t groups);

/* The loops of a convolution, which say what oc and ic stand for:
 *   groups=1   oc and ic count all channels
 *   grouped    oc and ic count within group g: output channel g*OCG + oc, input channel g*ICG + ic
 *   depthwise  output channel oc sees input channel oc; there is no ic */
typedef struct Channels {
  Expr *out, *in;             /* of the output and of the input */
  Expr *out_group, *in_group; /* within their group */
  int64_t reduced;            /* extent of ic; 0: there is no such axis */
} Channels;

/* Adds the result axes. */
Channels add_channel_axes(Lowering *l, Nest *nest, int64_t in_channels, int64_t out_channels, int64_t groups);
/* Adds the axis ic, if there is one. */
void add_channel_reduction(Lowering *l, Nest *nest, const Channels *channels);
#endif
