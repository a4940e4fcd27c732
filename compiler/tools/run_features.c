/* run_features.c - `cnnc run --features DIR`: what the layers have computed, and the filters of the first convolution, as sheets of
 * grey pictures side by side. Each map has its own black and white, so that structure is seen; a vector has one for all. */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include "load/image.h"
#include "support/writer.h"
#include "tools/run.h"

enum { GAP = 2, LEAST_SIDE = 64, CELL = 16, LONGEST_ROW = 32 };

typedef struct Tiles {   /* pictures of equal size */
  const double *numbers; /* [count][channels][height][width] */
  int64_t count, height, width;
  int channels;    /* 1, or 3 for colour */
  int64_t columns; /* 0: so that the sheet is nearly square */
  bool together;   /* black and white are those of all */
} Tiles;

typedef struct Sheet {
  Image image;
  unsigned char *pixels;
  int64_t columns, scale;
} Sheet;

typedef struct Range {
  double least, most;
} Range;

static Range range_of(const double *numbers, int64_t count) {
  Range range = {INFINITY, -INFINITY};
  for (int64_t i = 0; i < count; i++) {
    if (!isfinite(numbers[i])) continue;
    if (numbers[i] < range.least) range.least = numbers[i];
    if (numbers[i] > range.most) range.most = numbers[i];
  }
  return range;
}

/* Black, where all are equal. */
static unsigned char grey(Range range, double number) {
  double width = range.most - range.least;
  return width > 0 ? (unsigned char)((number - range.least) / width * 255 + 0.5) : 0;
}

static void draw_tile(Sheet *sheet, const Tiles *tiles, int64_t k, Range range) {
  static const unsigned char no_number[3] = {220, 30, 30};
  int64_t area = tiles->height * tiles->width;
  const double *numbers = tiles->numbers + k * tiles->channels * area;
  int64_t left = GAP + k % sheet->columns * (tiles->width * sheet->scale + GAP);
  int64_t top = GAP + k / sheet->columns * (tiles->height * sheet->scale + GAP);
  for (int64_t y = 0; y < tiles->height * sheet->scale; y++)
    for (int64_t x = 0; x < tiles->width * sheet->scale; x++) {
      int64_t at = y / sheet->scale * tiles->width + x / sheet->scale;
      unsigned char *pixel = sheet->pixels + 3 * ((top + y) * sheet->image.width + left + x);
      for (int c = 0; c < 3; c++) {
        double number = numbers[tiles->channels == 3 ? c * area + at : at];
        pixel[c] = isfinite(number) ? grey(range, number) : no_number[c];
      }
    }
}

static int64_t least_of(int64_t a, int64_t b) { return a < b ? a : b; }

/* As many as a picture can hold. false: not even one. */
static bool lay_out(Tiles *tiles, Sheet *sheet) {
  bool cells = tiles->height == 1 && tiles->width == 1;
  int64_t side = tiles->height > tiles->width ? tiles->height : tiles->width, least = cells ? CELL : LEAST_SIDE;
  if (side > MAX_IMAGE_SIDE - 2 * GAP) return false;
  sheet->scale = side < least ? (least + side - 1) / side : 1;
  int64_t height = tiles->height * sheet->scale + GAP, width = tiles->width * sheet->scale + GAP;
  sheet->columns = (int64_t)ceil(sqrt((double)tiles->count * (double)height / (double)width));
  if (cells && tiles->count <= LONGEST_ROW) sheet->columns = tiles->count;
  if (tiles->columns) sheet->columns = tiles->columns;
  sheet->columns = least_of(least_of(sheet->columns, tiles->count), (MAX_IMAGE_SIDE - GAP) / width);
  tiles->count = least_of(tiles->count, (MAX_IMAGE_SIDE - GAP) / height * sheet->columns);
  int64_t rows = (tiles->count + sheet->columns - 1) / sheet->columns;
  sheet->image = (Image){.height = (int)(GAP + rows * height), .width = (int)(GAP + sheet->columns * width), .channels = 3};
  return true;
}

static bool draw_sheet(Arena *arena, Tiles *tiles, Image *image) {
  static const unsigned char between[3] = {52, 72, 120};
  Sheet sheet = {0};
  if (!lay_out(tiles, &sheet)) return false;
  size_t pixels = (size_t)sheet.image.height * (size_t)sheet.image.width;
  sheet.pixels = arena_alloc(arena, 3 * pixels);
  for (size_t i = 0; i < pixels; i++) memcpy(sheet.pixels + 3 * i, between, 3);
  int64_t of_one = tiles->channels * tiles->height * tiles->width;
  Range all = range_of(tiles->numbers, tiles->count * of_one);
  for (int64_t k = 0; k < tiles->count; k++)
    draw_tile(&sheet, tiles, k, tiles->together ? all : range_of(tiles->numbers + k * of_one, of_one));
  sheet.image.pixels = sheet.pixels;
  *image = sheet.image;
  return true;
}

static bool write_sheet(Run *run, Arena *arena, const char *path, Tiles tiles) {
  Image image;
  const char *error;
  bool refused;
  if (!draw_sheet(arena, &tiles, &image)) {
    add_message(run->session, "note: `%s` is left out: its maps have more than %d pixels in a row", path, MAX_IMAGE_SIDE);
    return true;
  }
  Text png = text_new(arena), marked = text_new(arena);
  bool good = write_png(&png, &image, &error);
  if (good) {
    mark_png(&marked, png.data, png.length, GENERATED_MARK);
    OutputFile file = {path, text_string(&marked), marked.length, GENERATED_MARK, strlen(GENERATED_MARK)};
    good = write_files(arena, &file, 1, (WriteRules){.force = run->session->line.force}, &error, &refused);
  }
  if (!good) report(&run->session->diagnostics, CODE_E0903, (Span){0, 0}, "%s", error);
  return good;
}

/* "DIR/03_layer1.0.conv1.png" */
static const char *sheet_path(const Run *run, Arena *arena, int number, const char *name, const char *what) {
  const char *directory = run->session->line.features, *slash = strchr(name, '/') ? "" : name;
  return arena_printf(arena, "%s/%0*d_%s%s.png", directory, run->layer_count > 99 ? 3 : 2, number, slash, what);
}

/* Of the first sample. */
static bool write_layer(Run *run, Arena *arena, int number, const RunLayer *layer) {
  const double *numbers = layer->data ? layer->data : layer->reference;
  const int64_t *sizes = layer->sizes;
  Tiles tiles = {.numbers = numbers, .count = layer->elements, .height = 1, .width = 1, .channels = 1, .together = true};
  if (layer->rank == 2) tiles = (Tiles){.numbers = numbers, .count = 1, .height = sizes[0], .width = sizes[1], .channels = 1};
  else if (layer->rank == 3 && sizes[1] * sizes[2] > 1)
    tiles = (Tiles){.numbers = numbers, .count = sizes[0], .height = sizes[1], .width = sizes[2], .channels = 1};
  return !numbers || write_sheet(run, arena, sheet_path(run, arena, number, layer->value->name, ""), tiles);
}

/* Weights [out, in, height, width]: in colour if they look at three channels, else a row for each result. */
static bool write_filters(Run *run, Arena *arena) {
  for (int i = 0; i < run->graph->node_count; i++) {
    const Node *node = run->graph->nodes[i];
    const Parameter *weight = node->parameter_count ? node->parameters[0] : NULL;
    if (!weight || weight->rank != 4 || strcmp(weight->role, "weight") != 0 || !weight->data) continue;
    const int64_t *sizes = weight->sizes, count = parameter_elements(weight);
    bool colour = sizes[1] == 3;
    double *numbers = ARENA_ARRAY(arena, double, (size_t)count);
    for (int64_t k = 0; k < count; k++) numbers[k] = (double)weight->data[k];
    Tiles tiles = {numbers, colour ? sizes[0] : sizes[0] * sizes[1], sizes[2], sizes[3], colour ? 3 : 1, 0, false};
    if (!colour && sizes[1] > 1) tiles.columns = sizes[1];
    return write_sheet(run, arena, sheet_path(run, arena, 0, node->name, "_filters"), tiles);
  }
  return true;
}

void find_all_layers(Run *run) {
  Arena *arena = run->session->arena;
  for (int i = 0; i < run->graph->node_count; i++) {
    const Node *node = run->graph->nodes[i];
    const TensorType *type = &node->output->type;
    RunLayer layer = {.name = node->name, .value = node->output, .rank = type->rank};
    for (int k = 0; k < type->rank; k++) layer.sizes[k] = size_at(type->sizes[k], &run->dims);
    layer.elements = size_at(type_elements(arena, type), &run->dims);
    ARENA_PUSH(arena, run->layers, run->layer_count, layer);
  }
}

static void free_arena(void *object) { arena_free(object); }

bool write_features(Run *run) {
  Session *session = run->session;
  const char *directory = session->line.features;
  if (mkdir(directory, 0777) && errno != EEXIST) {
    report(&session->diagnostics, CODE_E0903, (Span){0, 0}, "cannot make the directory `%s`: %s", directory, strerror(errno));
    return false;
  }
  Arena *scratch = ARENA_NEW(session->arena, Arena); /* of one sheet */
  scratch->out_of_memory = session->arena->out_of_memory;
  arena_defer(session->arena, free_arena, scratch);
  if (!write_filters(run, scratch)) return false;
  for (int i = 0; i < run->layer_count; i++) {
    arena_free(scratch);
    if (!write_layer(run, scratch, i + 1, &run->layers[i])) return false;
  }
  if (session->line.verbose) add_message(session, "cnnc: %s: sheets of %d layers", directory, run->layer_count);
  return true;
}
