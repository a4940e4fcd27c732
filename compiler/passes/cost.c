/* cost.c - see cost.h. The constants are those of docs/decisions/0013-direct-form.md and 0020-small-costs.md: a core that starts two
 * vector operations and two loads in a cycle, which is what large cores of the last ten years do; on smaller ones all costs
 * grow together. */
#include "passes/cost.h"

enum {
  CYCLE = 20,         /* parts of a cycle that the model counts */
  LATENCY = 4,        /* cycles until a sum can be added to */
  STREAM_TENTHS = 26, /* tenths of a cycle for a vector from the second cache */
  MEMORY_BYTES = 5,   /* from memory in a cycle, */
  NEAR_BYTES = 64,    /* of inputs from the second cache, for the most part beside the arithmetic */
  STEP = 8,           /* tenths of a cycle to go on to the next */
  CALL = 20,          /* cycles to call a kernel and to fill and empty the pipeline, */
  POINT = 4,          /* to find the addresses of a point, */
  VISIT = 2           /* for the first value, the epilogue and the store of a vector */
};

static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

/* What is left holds the input of a tile, and its results. */
bool streams_weights(const Target *target, int64_t bytes) { return bytes > (int64_t)target->l1 * 1024 * 3 / 4; }

/* One step of the reduction: weights are loaded and asked for ahead, each point is broadcast. */
static int64_t cost_of_step(const Target *target, const Work *work, int64_t points, int64_t vectors, int lanes) {
  int64_t arithmetic = points * vectors * CYCLE / (target->fma ? 2 : 1), loads = (points + 2 * vectors) * CYCLE / 2;
  int64_t block = work->steps * vectors * lanes * (int64_t)sizeof(float);
  int64_t stream = streams_weights(target, block) ? vectors * STREAM_TENTHS * CYCLE / 10 : 0;
  int64_t longest = larger(larger(arithmetic, loads), larger(stream, LATENCY * CYCLE));
  return longest + STEP * CYCLE / 10 + loads / 16;
}

/* A row for all channels, cut as evenly as lower_tiled.c does. */
static int64_t cost_of_row(const Target *target, const Work *work, const Schedule *schedule) {
  int64_t vectors = (work->channels + schedule->lanes - 1) / schedule->lanes, cost = 0;
  int64_t tiles = (work->points + schedule->tile - 1) / schedule->tile, blocks = (vectors + schedule->vectors - 1) / schedule->vectors;
  for (int large_tile = 0; large_tile < 2; large_tile++)
    for (int large_block = 0; large_block < 2; large_block++) {
      int64_t points = work->points / tiles + large_tile, width = vectors / blocks + large_block;
      int64_t point_count = large_tile ? work->points % tiles : tiles - work->points % tiles;
      int64_t block_count = large_block ? vectors % blocks : blocks - vectors % blocks;
      int64_t tile = work->steps * cost_of_step(target, work, points, width, schedule->lanes) +
                     (CALL + POINT * points + VISIT * points * width) * CYCLE;
      cost += point_count * block_count * tile;
    }
  return cost;
}

/* How often all weights are read, one block after the other. */
static int64_t passes_over_weights(const Work *work, const Schedule *schedule) {
  return schedule->flat ? work->rows * ((work->points + schedule->tile - 1) / schedule->tile) : work->rows;
}

/* Weights come from memory: once, beside the arithmetic, where each block is used for all points before the next one,
 * which reads the input again; else before it, and again for each row or tile if they do not stay in the cache. */
int64_t estimate_cost(const Target *target, const Work *work, const Schedule *schedule) {
  int64_t kept = (int64_t)target->l2 * 1024 * 6 / 10, fetch = work->weights * CYCLE / MEMORY_BYTES;
  int64_t width = (int64_t)schedule->lanes * schedule->vectors, blocks = (work->channels + width - 1) / width;
  int64_t cost = work->rows * cost_of_row(target, work, schedule);
  if (schedule->channels_outermost) {
    bool far = work->input > kept;
    int64_t again = (blocks - 1) * work->input * CYCLE / (far ? MEMORY_BYTES * 2 : NEAR_BYTES);
    return larger(cost, fetch) + fetch / blocks + again;
  }
  if (!schedule->flat) cost += (blocks - 1) * work->input * CYCLE / NEAR_BYTES; /* a flat tile's input stays in the first cache */
  return cost + fetch * (work->weights > kept ? passes_over_weights(work, schedule) : 1);
}
