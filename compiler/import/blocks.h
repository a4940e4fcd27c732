/* blocks.h - the regions of a network that may become calls of a block; for find_blocks.c and block_parameters.c. */
#ifndef CNNC_IMPORT_BLOCKS_H
#define CNNC_IMPORT_BLOCKS_H
#include "import/net.h"

/* All layers with labels behind a scope, and what lies between them: one layer goes in, one comes out. */
typedef struct Region {
  const char *scope;
  Layer *entry;   /* not part of it */
  Layer **layers; /* the same order in regions of the same structure; the last is what comes out */
  int count;
  bool taken;
} Region;

/* Whether one text describes both, with parameters for numbers. */
bool is_like_region(const Region *a, const Region *b);
/* The parameters of a block for these regions: they stand in the layers of the first now. false: they are too many. */
bool make_parameters(Net *net, Region *const *regions, int count, Block *block);
#endif
