/* test_npz.c - the ways in which readers of .npz have failed, and what cnnc writes itself. */
#include <criterion/criterion.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include "load/npz.h"
#include "load/tensor_file.h"
#include "load/write_tensors.h"
#include "npy_fixture.h"

static Arena arena;

static void finish(void) { arena_free(&arena); }
TestSuite(npz, .fini = finish);

/* A ZIP archive, with every number of its records in reach of the tests. */
typedef struct Zip {
  Text bytes, directory;
  int count;
} Zip;

static void put(Text *text, uint32_t value, int size) {
  for (int i = 0; i < size; i++) text_add_char(text, (char)(value >> (8 * i) & 255), 1);
}

static void add(Zip *zip, const char *name, Text data, bool deflated) {
  uint32_t sum = (uint32_t)crc32(0, (const Bytef *)data.data, (uInt)data.length), place = (uint32_t)zip->bytes.length;
  char *packed = data.data;
  size_t packed_length = data.length;
  if (deflated) {
    uLong most = compressBound((uLong)data.length) + 64;
    packed = arena_alloc(&arena, most);
    z_stream stream = {.next_in = (Bytef *)data.data, .avail_in = (uInt)data.length, .next_out = (Bytef *)packed, .avail_out = (uInt)most};
    cr_assert_eq(deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
    cr_assert_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
    packed_length = stream.total_out;
    deflateEnd(&stream);
  }
  Text *records[] = {&zip->bytes, &zip->directory};
  for (int central = 0; central < 2; central++) {
    Text *out = records[central];
    put(out, central ? 0x02014b50 : 0x04034b50, 4);
    if (central) put(out, 20, 2);
    put(out, 20, 2), put(out, 0, 2), put(out, deflated ? 8 : 0, 2), put(out, 0, 4), put(out, sum, 4);
    put(out, (uint32_t)packed_length, 4), put(out, (uint32_t)data.length, 4), put(out, (uint32_t)strlen(name), 2), put(out, 0, 2);
    if (central) put(out, 0, 2), put(out, 0, 2), put(out, 0, 2), put(out, 0, 4), put(out, place, 4);
    text_add(out, name);
  }
  text_add_bytes(&zip->bytes, packed, packed_length);
  zip->count++;
}

static Text close_zip(Zip *zip) {
  Text out = zip->bytes;
  uint32_t place = (uint32_t)out.length;
  text_add_bytes(&out, text_string(&zip->directory), zip->directory.length);
  put(&out, 0x06054b50, 4), put(&out, 0, 4), put(&out, (uint32_t)zip->count, 2), put(&out, (uint32_t)zip->count, 2);
  put(&out, (uint32_t)zip->directory.length, 4), put(&out, place, 4), put(&out, 0, 2);
  return out;
}

static Zip new_zip(void) { return (Zip){text_new(&arena), text_new(&arena), 0}; }
static Text floats(void) { return npy_of(&arena, 1, HEADER("<f4", "False", "(2,)"), "\0\0\x80\x3f\0\0\0\x40", 8); }

static Text two_arrays(bool deflated) {
  Zip zip = new_zip();
  add(&zip, "in_x.npy", floats(), deflated);
  add(&zip, "b.npy", floats(), deflated);
  return close_zip(&zip);
}

/* Where the text stands in the bytes, or their length. */
static size_t place_of(Text bytes, const char *part) {
  size_t at = 0, length = strlen(part);
  while (at + length <= bytes.length && memcmp(bytes.data + at, part, length)) at++;
  return at + length <= bytes.length ? at : bytes.length;
}

static void expect_bad_zip(Text bytes, const char *part) {
  WeightTable table;
  const char *error = NULL;
  char *exact = malloc(bytes.length ? bytes.length : 1);
  memcpy(exact, bytes.data, bytes.length);
  cr_assert_not(load_npz(&arena, exact, bytes.length, &table, &error));
  cr_assert(strstr(error, part), "expected `%s`, got `%s`", part, error);
  free(exact);
}

/* The archive with one byte changed. */
static Text patched(Text bytes, size_t at, char value) {
  Text copy = text_new(&arena);
  text_add_bytes(&copy, bytes.data, bytes.length);
  copy.data[at] = value;
  return copy;
}

Test(npz, reads_stored_and_deflated) {
  for (int deflated = 0; deflated < 2; deflated++) {
    Text bytes = two_arrays(deflated);
    WeightTable table;
    const char *error = NULL;
    cr_assert(load_npz(&arena, bytes.data, bytes.length, &table, &error), "%s", error);
    cr_assert_eq(table.count, 2);
    cr_assert_str_eq(table.tensors[0].name, "b");
    cr_assert_eq(tensor_element(find_tensor(&table, "in_x"), 1), 2);
  }
  Zip empty = new_zip();
  Text bytes = close_zip(&empty);
  WeightTable table;
  const char *error = NULL;
  cr_assert(load_npz(&arena, bytes.data, bytes.length, &table, &error), "%s", error);
}

/* 24 */
Test(npz, names) {
  static const struct {
    const char *name, *part;
  } cases[] = {{"../x.npy", "not a name"}, {"/x.npy", "not a name"}, {"a\\b.npy", "not a name"},
               {"x.txt", "not a .npy"},    {".npy", "not a .npy"},   {"a\x1b.npy", "plain text"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    Zip zip = new_zip();
    add(&zip, cases[i].name, floats(), false);
    expect_bad_zip(close_zip(&zip), cases[i].part);
  }
  Zip zip = new_zip();
  add(&zip, "a.npy", floats(), false);
  add(&zip, "a.npy", floats(), true);
  expect_bad_zip(close_zip(&zip), "two arrays `a`");
}

Test(npz, contradictions) {
  Text bytes = two_arrays(false);
  size_t end = bytes.length - 22, directory = (unsigned char)bytes.data[end + 16] | (size_t)(unsigned char)bytes.data[end + 17] << 8;
  expect_bad_zip(patched(bytes, 18, 1), "contradicts"); /* packed size of the first entry */
  expect_bad_zip(patched(bytes, 8, 8), "contradicts");  /* its method */
  expect_bad_zip(patched(bytes, 14, 1), "contradicts"); /* its sum */
  expect_bad_zip(patched(bytes, 30, 'X'), "differs");   /* its name */
  expect_bad_zip(patched(bytes, directory + 8, 1), "encrypted");
  expect_bad_zip(patched(bytes, directory + 10, 12), "method 12");
  expect_bad_zip(patched(bytes, directory + 42, 1), "not where");
  expect_bad_zip(patched(bytes, directory, 0), "malformed");
  expect_bad_zip(patched(bytes, end + 8, 3), "several parts");
  expect_bad_zip(patched(bytes, end + 16, 0), "not where it should be");
  expect_bad_zip(patched(bytes, 30 + 8 + 100, 1), ""); /* a byte of the data */
  Text same = patched(bytes, directory, bytes.data[directory]);
  size_t second = directory + 46 + 8;
  memcpy(same.data + second + 42, same.data + directory + 42, 4); /* two entries at one place */
  expect_bad_zip(same, "differs");
  text_add_char(&bytes, 0, 1); /* behind a comment that is empty */
  expect_bad_zip(bytes, "cut off");
}

/* An array whose data are an entry of their own. */
Test(npz, entries_do_not_overlap) {
  Zip inner = new_zip(), zip = new_zip();
  add(&inner, "b.npy", floats(), false);
  add(&zip, "a.npy", inner.bytes, false);
  inner.directory.data[42] = 30 + 5; /* where the first one's data begin */
  text_add_bytes(&zip.directory, inner.directory.data, inner.directory.length);
  zip.count++;
  expect_bad_zip(close_zip(&zip), "overlap");
}

/* More than deflate can make of so little is not even tried. */
Test(npz, sizes_that_cannot_be_true) {
  Text bytes = two_arrays(true);
  size_t directory = place_of(bytes, "PK\1\2");
  bytes.data[22 + 2] = bytes.data[directory + 24 + 2] = 2; /* 131072 bytes more */
  expect_bad_zip(bytes, "cannot be true");
}

Test(npz, sums_are_checked) {
  for (int deflated = 0; deflated < 2; deflated++) {
    Zip zip = new_zip();
    add(&zip, "a.npy", floats(), deflated);
    size_t data = zip.bytes.length - 3;
    Text bytes = close_zip(&zip);
    expect_bad_zip(patched(bytes, data, (char)(bytes.data[data] ^ 0x20)), deflated ? "" : "check sum");
  }
}

/* 22: the header of the array promises more than the entry holds. */
Test(npz, array_shorter_than_it_says) {
  Zip zip = new_zip();
  add(&zip, "a.npy", npy_of(&arena, 1, HEADER("<f4", "False", "(1000000,)"), "1234", 4), true);
  expect_bad_zip(close_zip(&zip), "needs 4000000");
}

Test(npz, cut_anywhere) {
  Text bytes = two_arrays(true);
  for (size_t length = 0; length < bytes.length; length++) {
    Text cut = text_new(&arena);
    text_add_bytes(&cut, bytes.data, length);
    expect_bad_zip(cut, "");
  }
}

/* Two arrays in 8 MB of packed nothing: the second has almost 4 GiB, it says, the first so many 16 MiB. */
static Text two_large_arrays(char first) {
  enum { PACKED = 4200000 };
  Zip zip = new_zip();
  for (int i = 0; i < 2; i++) {
    Text nothing = text_new(&arena);
    nothing.data = arena_alloc(&arena, PACKED + 1);
    nothing.length = PACKED;
    add(&zip, i ? "b.npy" : "a.npy", nothing, false);
    for (int central = 0; central < 2; central++) {
      Text *out = central ? &zip.directory : &zip.bytes;
      char *record = out->data + out->length - (central ? 46 + 5 : PACKED + 30 + 5) + (central ? 2 : 0);
      record[8] = 8;
      memset(record + 22, 0, 3);
      record[25] = i ? '\xf0' : first;
    }
  }
  return close_zip(&zip);
}

/* 24: sizes are added before anything is inflated. */
Test(npz, arrays_too_large_together) {
  expect_bad_zip(two_large_arrays(0x1f), "larger than 4 GiB together");
  expect_bad_zip(two_large_arrays(0x01), "more than 64 times as large");
}

/* 24: the sizes agree with each other but not with the shape: refused when the start alone was inflated. */
Test(npz, shape_and_size_disagree) {
  static char zeros[1 << 20];
  Zip zip = new_zip();
  add(&zip, "a.npy", npy_of(&arena, 1, HEADER("<f4", "False", "(2,)"), zeros, sizeof zeros), true);
  long before = arena.allocations;
  Text bytes = close_zip(&zip);
  expect_bad_zip(bytes, "needs 8");
  cr_assert_lt(arena.allocations - before, 40);
}

/* An array longer than the longest header is inflated in two steps. */
Test(npz, long_arrays) {
  enum { COUNT = 20000 };
  static unsigned char data[4 * COUNT];
  for (int i = 0; i < COUNT; i++) data[4 * i + 3] = 0x40, data[4 * i + 2] = (unsigned char)(i % 50);
  for (int deflated = 0; deflated < 2; deflated++) {
    Zip zip = new_zip();
    add(&zip, "a.npy", npy_of(&arena, 2, HEADER("<f4", "False", "(20000,)"), data, sizeof data), deflated);
    Text bytes = close_zip(&zip);
    WeightTable table;
    const char *error = NULL;
    cr_assert(load_npz(&arena, bytes.data, bytes.length, &table, &error), "%s", error);
    cr_assert_eq(memcmp(table.tensors[0].data, data, sizeof data), 0);
  }
}

/* 24: packed data that end early or late, and a stream that goes on behind the promised size. */
Test(npz, packed_data_end_where_they_should) {
  static const struct { int field, change; } cases[] = {{18, -1}, {18, 1}, {22, -4}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    Zip zip = new_zip();
    add(&zip, "a.npy", floats(), true);
    if (cases[i].change > 0) text_add_char(&zip.bytes, 0, 1);
    Text *records[] = {&zip.bytes, &zip.directory};
    for (int central = 0; central < 2; central++) records[central]->data[cases[i].field + 2 * central] += (char)cases[i].change;
    expect_bad_zip(close_zip(&zip), "damaged");
  }
}

/* 24: limit - 1, the limit, and one more, which is the mark of ZIP64. */
Test(npz, number_of_entries) {
  for (int count = MAX_NPZ_ENTRIES - 1; count <= MAX_NPZ_ENTRIES + 1; count++) {
    Zip zip = new_zip();
    for (int i = 0; i < count; i++) add(&zip, arena_printf(&arena, "%d.npy", i), floats(), false);
    Text bytes = close_zip(&zip);
    WeightTable table;
    const char *error = NULL;
    bool good = load_npz(&arena, bytes.data, bytes.length, &table, &error);
    cr_assert_eq(good, count <= MAX_NPZ_ENTRIES, "%d: %s", count, error);
    if (good) cr_assert_eq(table.count, count);
    else cr_assert(strstr(error, "ZIP64"), "%s", error);
    arena_free(&arena);
  }
}

/* ZIP64 in the directory; and all ones in the local header alone, as numpy writes them. */
Test(npz, zip64) {
  Text bytes = two_arrays(false);
  size_t end = bytes.length - 22, directory = (unsigned char)bytes.data[end + 16] | (size_t)(unsigned char)bytes.data[end + 17] << 8;
  for (size_t field = 20; field <= 42; field += field == 24 ? 18 : 4) {
    Text wide = patched(bytes, directory, bytes.data[directory]);
    memset(wide.data + directory + field, 0xff, 4);
    expect_bad_zip(wide, "ZIP64");
  }
  memset(bytes.data + 18, 0xff, 8);
  WeightTable table;
  const char *error = NULL;
  cr_assert(load_npz(&arena, bytes.data, bytes.length, &table, &error), "%s", error);
}

/* Every allocation fails once; nothing leaks (seen by the sanitizer), nothing crashes. */
Test(npz, memory_that_runs_out) {
  Text bytes = two_arrays(true);
  for (volatile long fail = 1; fail < 200; fail++) {
    Arena small = {.fail_after = fail};
    jmp_buf out_of_memory;
    small.out_of_memory = &out_of_memory;
    volatile bool finished = false;
    if (!setjmp(out_of_memory)) {
      WeightTable table;
      const char *error = NULL;
      finished = load_npz(&small, bytes.data, bytes.length, &table, &error);
    }
    arena_free(&small);
    if (finished) return;
  }
  cr_assert_fail("never enough memory");
}

/* What cnnc writes itself, in both formats, through the reader that tells them apart. */
Test(npz, written_files_are_read) {
  static const float values[] = {0.5f, -1, 2, 3, 4, 5};
  const NewTensor tensors[] = {{"b/kernel:0", 2, (const int64_t[]){2, 3}, values}, {"a.\"q\\", 0, NULL, values}};
  for (int npz = 0; npz < 2; npz++) {
    Text bytes = text_new(&arena);
    /* a backslash is no part of a name in an archive */
    cr_assert((npz ? write_npz : write_safetensors)(&bytes, tensors, npz ? 1 : 2, "made by a test"));
    cr_assert_lt(place_of(bytes, "made by a test"), 4096);
    WeightTable table;
    const char *error = NULL;
    cr_assert(load_tensor_file(&arena, "x", bytes.data, bytes.length, &table, &error), "%s", error);
    cr_assert_eq(table.kind, npz ? WEIGHTS_NPZ : WEIGHTS_SAFETENSORS);
    cr_assert_eq(table.count, npz ? 1 : 2);
    const WeightTensor *kernel = find_tensor(&table, "b/kernel:0");
    cr_assert_eq(kernel->sizes[1], 3);
    for (int i = 0; i < 6; i++) cr_assert_eq(tensor_element(kernel, i), (double)values[i]);
    if (!npz) cr_assert_eq(tensor_element(find_tensor(&table, "a.\"q\\"), 0), 0.5);
  }
}

/* Any one byte changed: an error or the same arrays, never a crash. */
Test(npz, any_byte_changed) {
  Text bytes = two_arrays(true);
  for (size_t at = 0; at < bytes.length; at++)
    for (int bit = 0; bit < 8; bit++) {
      Text changed = patched(bytes, at, (char)(bytes.data[at] ^ 1 << bit));
      WeightTable table;
      const char *error = NULL;
      (void)load_npz(&arena, changed.data, changed.length, &table, &error);
    }
}
