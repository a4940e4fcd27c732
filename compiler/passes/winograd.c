/* winograd.c - the matrices of winograd.h, and sizes that follow from a schedule. */
#include "passes/winograd.h"

#include <string.h>

/* Points 0, 1, -1, infinity. */
static const Winograd two = {.results = 2,
                             .points = 4,
                             .kernel = {{2, 0, 0}, {1, 1, 1}, {1, -1, 1}, {0, 0, 2}},
                             .divisor = 2,
                             .input = {{1, 0, -1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, 1, 0, -1}},
                             .output = {{1, 1, 1, 0}, {0, 1, -1, -1}},
                             .errors = "like those"};

/* Points 0, 3/4, -3/4, 3/2, -3/2, infinity: the errors are a third of those with the usual 1 and 2, and all numbers but the
 * kernels' are floats (docs/decisions/0012-winograd.md). */
static const Winograd four = {.results = 4,
                              .points = 6,
                              .kernel = {{192, 0, 0}, {-128, -96, -72}, {-128, 96, -72}, {32, 48, 72}, {32, -48, 72}, {0, 0, 243}},
                              .divisor = 243,
                              .input = {{81.0 / 64, 0, -45.0 / 16, 0, 1, 0},
                                        {0, -27.0 / 16, -9.0 / 4, 3.0 / 4, 1, 0},
                                        {0, 27.0 / 16, -9.0 / 4, -3.0 / 4, 1, 0},
                                        {0, -27.0 / 32, -9.0 / 16, 3.0 / 2, 1, 0},
                                        {0, 27.0 / 32, -9.0 / 16, -3.0 / 2, 1, 0},
                                        {0, 81.0 / 64, 0, -45.0 / 16, 0, 1}},
                              .output = {{1, 1, 1, 1, 1, 0},
                                         {0, 3.0 / 4, -3.0 / 4, 3.0 / 2, -3.0 / 2, 0},
                                         {0, 9.0 / 16, 9.0 / 16, 9.0 / 4, 9.0 / 4, 0},
                                         {0, 27.0 / 64, -27.0 / 64, 27.0 / 8, -27.0 / 8, 1}},
                              .errors = "about twice those"};

const Winograd *winograd_of(int results) { return results == 4 ? &four : &two; }

static int64_t round_up(int64_t value, int64_t multiple) { return (value + multiple - 1) / multiple * multiple; }

/* Planes are a cache line further apart than a power of two would have them: all are written at once. */
enum { LINE = 16 };

WinogradShape winograd_shape(const Nest *nest, const Schedule *schedule) {
  const Correlation *c = nest->correlation;
  int64_t m = schedule->winograd, planes = (m + 2) * (m + 2);
  WinogradShape s = {.rows = size_value(find_axis(nest, c->point[0])->extent), .columns = size_value(find_axis(nest, c->point[1])->extent)};
  for (int i = 0; i < nest->reduction_count; i++)
    if (strcmp(nest->reduction_axes[i].var, c->channel) == 0) s.in_channels = size_value(nest->reduction_axes[i].extent);
  s.out_channels = size_value(find_axis(nest, nest->lane_axis)->extent);
  s.tile_columns = (s.columns + m - 1) / m;
  s.tiles = (s.rows + m - 1) / m * s.tile_columns;
  s.v_tile = round_up(s.in_channels, schedule->input_lanes);
  s.m_tile = round_up(s.out_channels, schedule->lanes);
  s.v_plane = round_up(schedule->chunk * s.v_tile, LINE) + LINE;
  s.m_plane = round_up(schedule->chunk * s.m_tile, LINE) + LINE;
  s.v_elements = planes * s.v_plane;
  s.m_elements = planes * s.m_plane;
  return s;
}

const char *winograd_comment(Arena *arena, const Schedule *schedule) {
  const Winograd *w = winograd_of(schedule->winograd);
  return arena_printf(arena,
                      "Winograd's form F(%dx%d, 3x3): %d products for %d results of each pair of channels. Rounding errors are %s of the "
                      "direct form; an infinity may become a NaN, also in the other results of its tile.",
                      w->results, w->results, w->points * w->points, w->results * w->results, w->errors);
}
