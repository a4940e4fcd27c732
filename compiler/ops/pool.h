/* pool.h - what the poolings share: attributes, shape rule, description. The attribute structure begins with a
 * PoolAttributes. */
#ifndef CNNC_OPS_POOL_H
#define CNNC_OPS_POOL_H
#include <stddef.h>

#include "ops/attributes.h"
#include "ops/infer.h"

/* clang-format off */
#define POOL_KERNEL_SIZE {"kernel_size", ATTRIBUTE_PAIR, offsetof(PoolAttributes, kernel_size), NULL, true, NULL, 1}
#define POOL_MOTION                                                                                                  \
    {"stride", ATTRIBUTE_PAIR, offsetof(PoolAttributes, stride), NULL, false, NULL, 1},                              \
    {"padding", ATTRIBUTE_PADDING, offsetof(PoolAttributes, padding), NULL, false, NULL, 0},                         \
    {"dilation", ATTRIBUTE_PAIR, offsetof(PoolAttributes, dilation), NULL, false, NULL, 1},                          \
    {"ceil_mode", ATTRIBUTE_BOOL, offsetof(PoolAttributes, ceil_mode), NULL, false, NULL, 0}
#define POOL_ATTRIBUTES POOL_KERNEL_SIZE, POOL_MOTION
/* clang-format on */

extern const PoolAttributes pool_defaults;

/* Checks attributes and window; a stride that was not written becomes the kernel. false: errors were reported. */
bool infer_pool(Inference *inference, Node *node, Window *w);
bool set_pooled_type(Inference *inference, Node *node, const Window *w);
Window pool_window(Arena *arena, const Node *node);
void describe_pool(Text *out, const Node *node);
#endif
