/* layers.h - the layers of random nets. Each writes what it needs behind the tensor and adds its result.
 *
 * A new operator gets a function here and a row in the table of random_net.c: tests/coverage fails until then. */
#ifndef TESTS_LAYERS_H
#define TESTS_LAYERS_H
#include "net.h"

/* false: it does not fit that tensor, and nothing was written. */
typedef bool Layer(Net *net, Tensor *t);

Layer do_conv, do_shared_conv, do_depthwise, do_separable, do_transposed, do_filter, do_fc;
Layer do_pool, do_global_pool, do_reduce;
Layer do_unary, do_steep, do_affine, do_batch_norm, do_preprocess, do_softmax;
Layer do_several, do_stretch, do_concat, do_center_crop, do_correlate;
Layer do_split, do_crop, do_pad, do_flatten, do_reshape, do_permute, do_resize, do_upsample, do_shuffle, do_cast, do_argmax;
Layer do_branch, do_block, do_repeat, do_if;

/* A whole net, all of whose results are 0. */
void write_adjoint(Net *net);

/* A convolution that keeps rows and columns. */
Tensor *conv_same(Net *net, Tensor *t, int out);
/* A tensor made of t that stretches to it: one channel, one pixel, one row or column; NULL: none fits. */
Tensor *shrunk(Net *net, Tensor *t);
/* One pixel. */
Tensor *global_max(Net *net, Tensor *t);
/* Values of at least a quarter and not large, so that they may be divided by. */
Tensor *positive(Net *net, Tensor *t);
/* Values from -6 to 6 at most. */
Tensor *tamed(Net *net, Tensor *t);
#endif
