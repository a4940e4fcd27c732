/* run_nets.c - runs compiled nets and compares them with what emit_nets wrote; prints failures and a last line.
 *
 *   run_nets DIR [hash]
 *
 * Every buffer has its exact size and stands against a red zone (ASan) or a page that must not be touched (mmap; the
 * first run at its end, the second at its start). Each sample runs twice over different dirt and must give the same
 * bits; inputs must stay as they are; wrong arguments must give the right status. Nets that say so must give the bits of the one before. With `hash`, prints the FNV-1a
 * hash of all output bits instead of comparing. */
#include "run_nets.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__arm__)
#include <malloc.h>
#define GUARD_PAGES 0
#elif defined(__SANITIZE_ADDRESS__) || defined(__wasm__)
#define GUARD_PAGES 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define GUARD_PAGES 0
#endif
#endif
#ifndef GUARD_PAGES
#define GUARD_PAGES 1
#include <sys/mman.h>
#endif

#define NET(name) extern const Net net_##name;
#include "table.inc"
#undef NET
#define NET(name) &net_##name,
static const Net *const nets[] = {
#include "table.inc"
    0};

enum { MAX_TENSORS = 8, PAGE = 4096 };

typedef struct Block {
  unsigned char *data;
  size_t bytes;
  void *memory; /* what to release */
  size_t memory_bytes;
} Block;

typedef struct Shape {
  uint32_t bytes, is_float, is_signed, elements;
} Shape;

typedef struct Case {
  const Net *net;
  Shape in[MAX_TENSORS], out[MAX_TENSORS];
  uint32_t samples;
  size_t workspace_bytes;
  unsigned long size[8];
  uint64_t bits; /* of all outputs */
  Block weights;
  char problem[400]; /* the first one; "" none */
} Case;

static const unsigned char *data;
static size_t data_left;
static uint64_t fnv = UINT64_C(0xcbf29ce484222325);

static void give_up(const char *what) {
  printf("FAIL %s\n0 passed, 1 failed\n", what);
  exit(1);
}

static uint32_t word(void) {
  if (data_left < 4) give_up("data.bin ends too early");
  uint32_t w = (uint32_t)data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 | (uint32_t)data[3] << 24;
  data += 4;
  data_left -= 4;
  return w;
}

static float word_as_float(void) {
  uint32_t bits = word();
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static double words_as_double(void) {
  uint64_t bits = (uint64_t)word() << 32;
  double value;
  bits |= word();
  memcpy(&value, &bits, sizeof value);
  return value;
}

static void problem(Case *c, const char *format, const char *what, long long a, double x, double y, double z) {
  if (!c->problem[0]) snprintf(c->problem, sizeof c->problem, format, what, a, x, y, z);
}

/* ---- memory ---- */

#if GUARD_PAGES
static size_t round_up(size_t n, size_t to) { return (n + to - 1) / to * to; }
#endif

static Block new_block(size_t bytes, size_t align, int at_end) {
  Block b = {0, bytes, 0, 0};
#if GUARD_PAGES
  size_t inside = round_up(bytes ? bytes : 1, PAGE);
  b.memory_bytes = inside + 2 * PAGE;
  b.memory = mmap(0, b.memory_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (b.memory == MAP_FAILED || mprotect((char *)b.memory + PAGE, inside, PROT_READ | PROT_WRITE)) give_up("no memory");
  b.data = (unsigned char *)b.memory + PAGE + (at_end ? (inside - bytes) / align * align : 0);
#else
  (void)at_end;
  size_t least = align < sizeof(void *) ? sizeof(void *) : align;
#if defined(__arm__)
  b.memory = memalign(least, bytes ? bytes : 1);
  if (!b.memory) give_up("no memory");
#else
  if (posix_memalign(&b.memory, least, bytes ? bytes : 1)) give_up("no memory");
#endif
  b.data = b.memory;
#endif
  return b;
}

static void free_block(Block *b) {
#if GUARD_PAGES
  if (b->memory) munmap(b->memory, b->memory_bytes);
#else
  free(b->memory);
#endif
  b->memory = 0;
}

/* 0xA5 bytes, or NaNs. */
static void dirty(Block *b, int with_nan) {
  memset(b->data, 0xA5, b->bytes);
  const float nan_value = nanf("");
  for (size_t i = 0; with_nan && i + 4 <= b->bytes; i += 4) memcpy(b->data + i, &nan_value, 4);
}

/* ---- running ---- */

typedef struct Memory { /* of one run */
  Block in[MAX_TENSORS], out[MAX_TENSORS], workspace, region[MOST_REGIONS];
  void *in_pointers[MAX_TENSORS], *out_pointers[MAX_TENSORS];
} Memory;

static size_t bytes_of(const Case *c, const Shape *s) { return (size_t)s->bytes * s->elements * c->net->batch; }

static Memory new_memory(const Case *c, int at_end) {
  Memory m;
  memset(&m, 0, sizeof m);
  for (int i = 0; i < c->net->inputs; i++) m.in_pointers[i] = (m.in[i] = new_block(bytes_of(c, &c->in[i]), c->in[i].bytes, at_end)).data;
  for (int i = 0; i < c->net->outputs; i++)
    m.out_pointers[i] = (m.out[i] = new_block(bytes_of(c, &c->out[i]), c->out[i].bytes, at_end)).data;
  m.workspace = new_block(c->workspace_bytes, c->net->align, at_end);
  for (int i = 0; i < MOST_REGIONS; i++) m.region[i] = new_block(c->net->regions[i], c->net->align, at_end);
  return m;
}

static void free_memory(const Case *c, Memory *m) {
  for (int i = 0; i < c->net->inputs; i++) free_block(&m->in[i]);
  for (int i = 0; i < c->net->outputs; i++) free_block(&m->out[i]);
  free_block(&m->workspace);
  for (int i = 0; i < MOST_REGIONS; i++) free_block(&m->region[i]);
}

static NetEnv env_of(const Case *c, const Memory *m) {
  NetEnv env = {m->workspace.data, c->workspace_bytes, c->weights.data, c->weights.bytes, {0}, {0}, c->size, {0}};
  for (int i = 0; i < MOST_REGIONS; i++) {
    env.region[i] = c->net->regions[i] ? m->region[i].data : 0; /* what is not used is not looked at */
    env.region_bytes[i] = c->net->regions[i];
  }
  return env;
}

static void expect(Case *c, const char *what, int status, int wanted) {
  if (status != wanted) problem(c, "%s: status %lld instead of %g", what, status, wanted, 0, 0);
}

static void run(Case *c, Memory *m, int with_nan) {
  dirty(&m->workspace, with_nan);
  for (int i = 0; i < MOST_REGIONS; i++) dirty(&m->region[i], with_nan);
  for (int i = 0; i < c->net->outputs; i++) dirty(&m->out[i], with_nan);
  NetEnv env = env_of(c, m);
  expect(c, "run", c->net->call(m->in_pointers, m->out_pointers, &env), 0);
}

static void put_element(unsigned char *at, const Shape *s, uint32_t bits) {
  uint8_t u8 = (uint8_t)bits;
  uint16_t u16 = (uint16_t)bits;
  memcpy(at, s->bytes == 1 ? (void *)&u8 : s->bytes == 2 ? (void *)&u16 : (void *)&bits, s->bytes);
}

static double element(const unsigned char *at, const Shape *s) {
  float f;
  int16_t i16;
  int32_t i32;
  if (s->bytes == 1) return s->is_signed ? (double)(signed char)*at : (double)*at;
  if (s->bytes == 2) {
    memcpy(&i16, at, 2);
    return i16;
  }
  memcpy(&f, at, 4);
  memcpy(&i32, at, 4);
  return s->is_float ? (double)f : (double)i32;
}

static void hash_bytes(uint64_t *hash, const Block *b) { /* as 32-bit words, so that the byte order makes no difference */
  for (size_t i = 0; i + 4 <= b->bytes; i += 4) {
    uint32_t w;
    memcpy(&w, b->data + i, 4);
    if ((w & 0x7fffffffu) > 0x7f800000u) w = 0x7fc00000u; /* any NaN */
    *hash = (*hash ^ w) * UINT64_C(0x100000001b3);
  }
}

/* Against the reference, unless its tolerance is no number: NaN where it is NaN, the same infinity, or within the tolerance. */
static void compare(Case *c, const Memory *m, uint32_t first) {
  char where[32];
  for (size_t n = 0; n < c->net->batch; n++)
    for (int i = 0; i < c->net->outputs; i++)
      for (uint32_t k = 0; k < c->out[i].elements; k++) {
        double wanted = words_as_double(), tolerance = (double)word_as_float();
        double got = element(m->out[i].data + (n * c->out[i].elements + k) * c->out[i].bytes, &c->out[i]);
        int same = isnan(tolerance) ? 1 : isnan(wanted) ? isnan(got) : isinf(wanted) ? got == wanted : fabs(got - wanted) <= tolerance;
        if (same) continue;
        snprintf(where, sizeof where, "sample %u output %d", (unsigned)(first + n), i);
        problem(c, "%s [%lld] is %.9g instead of %.9g (+- %.2g)", where, k, got, wanted, tolerance);
      }
}

/* The data of `batch` samples: all their inputs, then all outputs, sample by sample. */
static void read_inputs(Case *c, Memory *m, size_t n) {
  for (int i = 0; i < c->net->inputs; i++)
    for (uint32_t k = 0; k < c->in[i].elements; k++)
      put_element(m->in[i].data + (n * c->in[i].elements + k) * c->in[i].bytes, &c->in[i], word());
}

static void skip_outputs(const Case *c) {
  for (int i = 0; i < c->net->outputs; i++)
    for (uint32_t k = 0; k < 3 * c->out[i].elements; k++) word();
}

/* The workspace is as large as what is used of it: its last bytes are written, but for alignment and for what a
 * whole vector reads beyond a tensor. On machines that do not exist (LAST_GAP) also but for a gap behind the last pixel. */
static void check_high_water_of(Case *c, const char *what, const Block *first, const Block *second) {
  size_t gap = getenv("LAST_GAP") ? 64 : 0;
  size_t end = first->bytes, unused = c->net->align + 64 + gap, low = end > unused ? end - unused : 0;
  for (size_t i = end; i-- > low;)
    if (first->data[i] != 0xA5 || (second->data[i] == first->data[i])) return;
  if (end) problem(c, "%s: the last %lld bytes are never used", what, (long long)(end - low), 0, 0, 0);
}

static void check_high_water(Case *c, const Memory *first, const Memory *second) {
  check_high_water_of(c, "workspace", &first->workspace, &second->workspace);
  bool varies = c->net->sizes[0].value; /* regions have room for the greatest sizes */
  for (int i = 0; i < MOST_REGIONS && !varies; i++) check_high_water_of(c, "region", &first->region[i], &second->region[i]);
}

static void check_samples(Case *c, int hash_only) {
  Memory first = new_memory(c, 1), second = new_memory(c, 0);
  for (uint32_t s = 0; s < c->samples; s += (uint32_t)c->net->batch) {
    const unsigned char *start = data;
    size_t left = data_left;
    for (size_t n = 0; n < c->net->batch; n++, skip_outputs(c)) read_inputs(c, &first, n);
    for (int i = 0; i < c->net->inputs; i++) memcpy(second.in[i].data, first.in[i].data, first.in[i].bytes);
    run(c, &first, 0);
    run(c, &second, 1);
    for (int i = 0; i < c->net->inputs; i++)
      if (memcmp(first.in[i].data, second.in[i].data, first.in[i].bytes)) problem(c, "%sinput %lld was written", "", i, 0, 0, 0);
    for (int i = 0; i < c->net->outputs; i++) {
      if (memcmp(first.out[i].data, second.out[i].data, first.out[i].bytes)) problem(c, "%stwo runs differ in output %lld", "", i, 0, 0, 0);
      hash_bytes(&fnv, &first.out[i]);
      hash_bytes(&c->bits, &first.out[i]);
    }
    if (s == 0) check_high_water(c, &first, &second);
    data = start;
    data_left = left;
    for (size_t n = 0; n < c->net->batch; n++) { /* read again, this time for the outputs */
      for (int i = 0; i < c->net->inputs; i++)
        for (uint32_t k = 0; k < c->in[i].elements; k++) word();
      Memory view = first;
      for (int i = 0; i < c->net->outputs; i++) view.out[i].data += n * c->out[i].elements * c->out[i].bytes;
      Net one = *c->net;
      const Net *whole = c->net;
      one.batch = 1;
      c->net = &one;
      if (hash_only) skip_outputs(c);
      else compare(c, &view, s + (uint32_t)n);
      c->net = whole;
    }
  }
  free_memory(c, &first);
  free_memory(c, &second);
}

/* ---- wrong arguments ---- */

static void check_pointers(Case *c, Memory *m, NetEnv env) {
  const Net *net = c->net;
  expect(c, "inputs NULL", net->call(0, m->out_pointers, &env), net->error.null);
  expect(c, "outputs NULL", net->call(m->in_pointers, 0, &env), net->error.null);
  expect(c, "env NULL", net->call(m->in_pointers, m->out_pointers, 0), net->error.null);
  for (int i = 0; i < net->inputs + net->outputs; i++) {
    void **pointer = i < net->inputs ? &m->in_pointers[i] : &m->out_pointers[i - net->inputs], *old = *pointer;
    *pointer = 0;
    expect(c, "a tensor NULL", net->call(m->in_pointers, m->out_pointers, &env), net->error.null);
    *pointer = old;
  }
}

static void check_overlaps(Case *c, Memory *m, NetEnv env) {
  const Net *net = c->net;
  for (int i = 0; i < net->outputs; i++) {
    void *old = m->out_pointers[i];
    if (c->workspace_bytes) {
      m->out_pointers[i] = m->workspace.data + c->workspace_bytes - 4;
      expect(c, "output in the workspace", net->call(m->in_pointers, m->out_pointers, &env), net->error.alias);
    }
    m->out_pointers[i] = m->in[0].data;
    expect(c, "output is input", net->call(m->in_pointers, m->out_pointers, &env), net->error.alias);
    m->out_pointers[i] = i ? m->out[0].data + m->out[0].bytes - c->out[0].bytes : old;
    if (i) expect(c, "output overlaps output", net->call(m->in_pointers, m->out_pointers, &env), net->error.alias);
    m->out_pointers[i] = old;
  }
  if (c->workspace_bytes) {
    m->in_pointers[0] = m->workspace.data;
    expect(c, "input in the workspace", net->call(m->in_pointers, m->out_pointers, &env), net->error.alias);
    m->in_pointers[0] = m->in[0].data;
  }
}

static void check_workspace(Case *c, Memory *m, NetEnv env) {
  const Net *net = c->net;
  if (net->lower_bound > c->workspace_bytes)
    problem(c, "%sthe lower bound %lld is above the workspace", "", (long long)net->lower_bound, 0, 0, 0);
  if (!c->workspace_bytes) return;
  NetEnv wrong = env;
  wrong.workspace = 0;
  expect(c, "workspace NULL", net->call(m->in_pointers, m->out_pointers, &wrong), net->error.null);
  wrong = env;
  wrong.workspace_bytes--;
  expect(c, "workspace one byte short", net->call(m->in_pointers, m->out_pointers, &wrong), net->error.workspace);
  wrong = env;
  wrong.workspace = (unsigned char *)env.workspace + 4;
  expect(c, "workspace not aligned", net->call(m->in_pointers, m->out_pointers, &wrong), net->error.align);
}

/* As with the workspace, and none may overlap with it or with another. */
static void check_regions(Case *c, Memory *m, NetEnv env) {
  const Net *net = c->net;
  for (int i = 0; i < MOST_REGIONS; i++) {
    if (!net->regions[i]) continue;
    NetEnv wrong = env;
    wrong.region[i] = 0;
    expect(c, "region NULL", net->call(m->in_pointers, m->out_pointers, &wrong), net->error.null);
    wrong = env;
    wrong.region_bytes[i]--;
    expect(c, "region one byte short", net->call(m->in_pointers, m->out_pointers, &wrong), net->error.workspace);
    wrong = env;
    wrong.region[i] = (unsigned char *)env.region[i] + 4;
    expect(c, "region not aligned", net->call(m->in_pointers, m->out_pointers, &wrong), net->error.align);
    wrong = env;
    wrong.region[i] = env.workspace;
    if (c->workspace_bytes) expect(c, "region in the workspace", net->call(m->in_pointers, m->out_pointers, &wrong), net->error.alias);
    wrong.region[i] = env.region[!i];
    if (net->regions[!i]) expect(c, "region is another", net->call(m->in_pointers, m->out_pointers, &wrong), net->error.alias);
    void *old = m->out_pointers[0];
    m->out_pointers[0] = m->region[i].data + net->regions[i] - 4;
    expect(c, "output in a region", net->call(m->in_pointers, m->out_pointers, &env), net->error.alias);
    m->out_pointers[0] = old;
  }
}

static void check_weights(Case *c, Memory *m, NetEnv env) {
  const Net *net = c->net;
  if (c->weights.bytes <= 64) return; /* a header alone: the net has no weights, and looks at none */
  NetEnv wrong = env;
  wrong.weights = 0;
  expect(c, "weights NULL", net->call(m->in_pointers, m->out_pointers, &wrong), net->error.null);
  wrong = env;
  wrong.weights_bytes--;
  expect(c, "weights one byte short", net->call(m->in_pointers, m->out_pointers, &wrong), net->error.weights);
  for (int i = 0; i < 20; i++) { /* magic, version, fingerprint, size */
    c->weights.data[i] ^= 1;
    expect(c, "weights of another net", net->call(m->in_pointers, m->out_pointers, &env), net->error.weights);
    c->weights.data[i] ^= 1;
  }
  wrong = env;
  wrong.weights = c->weights.data + 1;
  expect(c, "weights not aligned", net->call(m->in_pointers, m->out_pointers, &wrong), net->error.align);
}

/* Sizes that the net cannot run at, at each limit. */
static void check_sizes(Case *c, Memory *m, NetEnv env) {
  const Net *net = c->net;
  for (int i = 0; net->sizes[i].value; i++) {
    const NetSize *s = &net->sizes[i];
    env.change[i] = (long)s->minimum - 1 - (long)s->value;
    expect(c, "a size below its range", net->call(m->in_pointers, m->out_pointers, &env), net->error.range);
    env.change[i] = -(long)s->value;
    expect(c, "a size of 0", net->call(m->in_pointers, m->out_pointers, &env), net->error.range);
    env.change[i] = -1 - (long)s->value;
    expect(c, "a size of SIZE_MAX", net->call(m->in_pointers, m->out_pointers, &env), net->error.range);
    env.change[i] = s->maximum + 1 - (long)s->value;
    if (s->maximum >= 0) expect(c, "a size above its range", net->call(m->in_pointers, m->out_pointers, &env), net->error.range);
    env.change[i] = s->value + 1 <= (unsigned long)s->maximum ? 1 : -1;
    if (s->multiple > 1 && s->value + 1 > s->minimum)
      expect(c, "a size between multiples", net->call(m->in_pointers, m->out_pointers, &env), net->error.multiple);
    env.change[i] = 0;
  }
}

static void check_status(Case *c) {
  Memory m = new_memory(c, 1);
  NetEnv env = env_of(c, &m);
  for (int i = 0; i < c->net->inputs; i++) memset(m.in[i].data, 0, m.in[i].bytes);
  for (int i = 0; i < c->net->outputs; i++) dirty(&m.out[i], 0);
  check_sizes(c, &m, env);
  check_pointers(c, &m, env);
  check_overlaps(c, &m, env);
  check_workspace(c, &m, env);
  check_regions(c, &m, env);
  check_weights(c, &m, env);
  for (int i = 0; i < c->net->outputs; i++)
    for (size_t k = 0; k < m.out[i].bytes; k++)
      if (m.out[i].data[k] != 0xA5) problem(c, "%soutput %lld was written by a refused run", "", i, 0, 0, 0);
  for (int status = 0; status <= c->net->error.weights + 1; status++)
    if (!c->net->status_text(status)) problem(c, "%sstatus %lld has no text", "", status, 0, 0, 0);
  free_memory(c, &m);
}

/* ---- */

static Block read_file(const char *directory, const char *name, const char *ending, size_t align) {
  char path[1024];
  Block none = {0, 0, 0, 0};
  snprintf(path, sizeof path, "%s/%s%s", directory, name, ending);
  FILE *file = fopen(path, "rb");
  if (!file || fseek(file, 0, SEEK_END)) return none;
  long length = ftell(file);
  rewind(file);
  Block b = new_block((size_t)length, align, 1);
  if (fread(b.data, 1, b.bytes, file) != b.bytes) give_up(path);
  fclose(file);
  return b;
}

static uint32_t hash_of(const char *text) { /* as emit_nets has it */
  uint64_t h = UINT64_C(0xcbf29ce484222325);
  for (; *text; text++) h = (h ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
  return (uint32_t)h;
}

static void read_shape(Shape *s) {
  s->bytes = word();
  s->is_float = word();
  s->is_signed = word();
  s->elements = word();
}

/* Goes to the net's data, behind those of nets that are not here. */
static void find_data(const Net *net) {
  for (;;) {
    int found = word() == hash_of(net->name) || net->follows;
    uint32_t length = word();
    if (found) return;
    if (data_left < length) give_up("data.bin is of other nets");
    data += length;
    data_left -= length;
  }
}

int main(int argc, char **argv) {
  int passed = 0, failed = 0, hash_only = argc > 2;
  const char *directory = argc > 1 ? argv[1] : ".";
  uint64_t bits = 0;
  const unsigned char *last = NULL; /* where the data of the net before begin */
  size_t last_left = 0;
  Block all = read_file(directory, "data", ".bin", 4);
  if (!all.data) give_up("data.bin cannot be read");
  data = all.data;
  data_left = all.bytes;
  for (const Net *const *net = nets; *net; net++) {
    Case c;
    memset(&c, 0, sizeof c);
    c.net = *net;
    if (c.net->follows) {
      data = last;
      data_left = last_left;
    }
    last = data;
    last_left = data_left;
    find_data(c.net);
    c.samples = word();
    for (int i = 0; i < c.net->inputs; i++) read_shape(&c.in[i]);
    for (int i = 0; i < c.net->outputs; i++) read_shape(&c.out[i]);
    for (int i = 0; c.net->sizes[i].value; i++) c.size[i] = c.net->sizes[i].value;
    c.workspace_bytes = c.net->workspace();
    c.weights = read_file(directory, c.net->prefix, ".weights", 4);
    check_samples(&c, hash_only);
    if (!hash_only) check_status(&c);
    if (c.net->follows == FOLLOWS_BITS && c.bits != bits) problem(&c, "%sother bits than the net before", "", 0, 0, 0, 0);
    bits = c.bits;
    free_block(&c.weights);
    if (c.problem[0]) printf("FAIL %s: %s\n", c.net->name, c.problem);
    c.problem[0] ? failed++ : passed++;
  }
  free_block(&all);
  if (hash_only) printf("%08lx%08lx\n", (unsigned long)(fnv >> 32), (unsigned long)(fnv & 0xffffffffu));
  else printf("%d passed, %d failed\n", passed, failed);
  return failed > 0;
}
