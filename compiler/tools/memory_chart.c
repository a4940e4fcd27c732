/* memory_chart.c - see report.h: the plan of memory as rectangles, from the first to the last step that needs a tensor by the
 * addresses that it has. Where two would overlap, the plan is wrong. */
#include <string.h>
#include "tools/report.h"

enum { WIDTH = 1000, HEIGHT = 360, LEFT = 90, BOTTOM = 130, TOP = 14, MARKS = 4, NAMED_STEPS = 70, LETTER = 7, LONGEST_NAME = 20 };

typedef struct Chart {
  const Plan *plan;
  const MemoryRegion *region; /* NULL: the workspace */
  int64_t bytes;
} Chart;

/* Of at least 0, with one digit behind the point. */
static const char *number(Arena *arena, double value) {
  long long tenths = (long long)(value * 10 + 0.5);
  return arena_printf(arena, "%lld.%lld", tenths / 10, tenths % 10);
}

/* The end of a long one, which tells it from its neighbours. */
static const char *short_name(Arena *arena, const char *name) {
  size_t length = strlen(name);
  return length <= LONGEST_NAME ? name : arena_printf(arena, "..%s", name + length - LONGEST_NAME);
}

static double x_of(const Chart *chart, int step) { return LEFT + (double)step / chart->plan->step_count * (WIDTH - LEFT); }
static double y_of(const Chart *chart, int64_t address) { return TOP + HEIGHT - (double)address / (double)chart->bytes * HEIGHT; }

static void add_axes(Text *out, const Chart *chart) {
  Arena *arena = out->arena;
  for (int i = 0; i <= MARKS; i++) {
    int64_t address = chart->bytes / MARKS * i;
    if (i == MARKS) address = chart->bytes;
    const char *y = number(arena, y_of(chart, address));
    text_addf(out, "<line x1=\"%d\" x2=\"%d\" y1=\"%s\" y2=\"%s\" class=\"grid\"/>", LEFT, WIDTH, y, y);
    text_addf(out, "<text x=\"%d\" y=\"%s\" text-anchor=\"end\" dominant-baseline=\"middle\">%s</text>\n", LEFT - 6, y,
              grouped_number(arena, address));
  }
  int steps = chart->plan->step_count, every = 1 + (steps - 1) / NAMED_STEPS;
  for (int k = 0; k < steps; k += every) {
    const char *x = number(arena, (x_of(chart, k) + x_of(chart, k + 1)) / 2);
    text_addf(out, "<text transform=\"translate(%s,%d) rotate(-60)\" text-anchor=\"end\">", x, TOP + HEIGHT + 14);
    add_xml(out, short_name(arena, chart->plan->steps[k]->name));
    text_add(out, "</text>\n");
  }
}

static void add_buffer(Text *out, const Chart *chart, const Buffer *buffer, int64_t offset, int64_t bytes) {
  static const char *const fills[] = {"#fdd49e", "#b3d5f7", "#c3e6ca", "#dcc2f2", "#f6b3ad", "#fff3b8", "#cfe8e6", "#e8d9c5"};
  Arena *arena = out->arena;
  const Plan *plan = chart->plan;
  double left = x_of(chart, buffer->first), right = x_of(chart, buffer->last + 1);
  double top = y_of(chart, offset + bytes), bottom = y_of(chart, offset);
  text_add(out, "<g><title>");
  add_xml(out, buffer->name);
  text_addf(out, ": %s bytes at %s, from %s to %s</title>", grouped_number(arena, bytes), grouped_number(arena, offset),
            plan->steps[buffer->first]->name, plan->steps[buffer->last]->name);
  text_addf(out, "<rect x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" fill=\"%s\" class=\"buffer\"/>", number(arena, left),
            number(arena, top), number(arena, right - left), number(arena, bottom - top < 1 ? 1 : bottom - top),
            fills[(size_t)buffer->id % (sizeof fills / sizeof *fills)]);
  double letters = (double)strlen(buffer->name);
  if (letters * LETTER < right - left && bottom - top > 13) {
    text_addf(out, "<text x=\"%s\" y=\"%s\" text-anchor=\"middle\" dominant-baseline=\"middle\">", number(arena, (left + right) / 2),
              number(arena, (top + bottom) / 2));
    add_xml(out, buffer->name);
    text_add(out, "</text>");
  }
  text_add(out, "</g>\n");
}

static void add_chart(Text *out, const Chart *chart) {
  text_addf(out, "<svg class=\"memory\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"live ranges\">\n", WIDTH + 4,
            TOP + HEIGHT + BOTTOM);
  add_axes(out, chart);
  for (int i = 0; i < chart->plan->buffer_count; i++) {
    const Buffer *buffer = chart->plan->buffers[i];
    int64_t offset, bytes;
    if (buffer->kind != BUFFER_WORKSPACE || buffer->region != chart->region) continue;
    if (size_is_const(buffer->offset, &offset) && size_is_const(buffer->bytes, &bytes) && bytes)
      add_buffer(out, chart, buffer, offset, bytes);
  }
  text_add(out, "</svg>\n");
}

void add_memory_charts(Text *out, const Plan *plan) {
  Chart chart = {.plan = plan};
  if (!size_is_const(plan->workspace_bytes, &chart.bytes)) {
    text_add(out, "<p>Sizes vary, and so does the place of each tensor: <code>--size NAME=N</code> shows them for one size.</p>\n");
    return;
  }
  text_addf(out, "<p>workspace: %s bytes</p>\n", grouped_number(out->arena, chart.bytes));
  if (chart.bytes && plan->step_count) add_chart(out, &chart);
  for (int i = 0; i < plan->ram_count; i++) {
    chart.region = plan->ram[i];
    chart.bytes = plan->ram[i]->bytes;
    text_add(out, "<p>");
    add_xml(out, plan->ram[i]->name);
    text_addf(out, ": %s bytes</p>\n", grouped_number(out->arena, chart.bytes));
    if (chart.bytes && plan->step_count) add_chart(out, &chart);
  }
}
