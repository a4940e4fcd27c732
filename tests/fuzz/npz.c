/* npz.c - fuzz target: .npz archives. The mutator takes an archive apart, changes an entry and writes all lengths, sums and
 * places anew, so that what is inside is read. */
#include "load/npz.h"

#include <string.h>
#include <zlib.h>
#include "mutate.h"
#include "tables.h"

enum { LOCAL = 30, DIRECTORY = 46, END = 22, MOST_ENTRIES = 16, MOST_UNPACKED = 1 << 14, LONGEST_NAME = 64 };

static void run_npz(FuzzRun *run, const char *bytes, size_t length) {
  WeightTable table = {0};
  const char *error = NULL;
  bool good = load_npz(run->arena, bytes, length, &table, &error);
  fuzz_expect_result(run, good, error);
  if (good) fuzz_table(run, &table);
}

typedef struct Entry {
  char name[LONGEST_NAME];
  size_t name_length, length;
  bool deflated;
  uint8_t *bytes; /* room for MOST_UNPACKED */
} Entry;

static size_t get(const uint8_t *bytes, int count) {
  size_t number = 0;
  for (int i = count; i-- > 0;) number = number << 8 | bytes[i];
  return number;
}

static bool unpack(Entry *entry, const uint8_t *packed, size_t length) {
  if (!entry->deflated) {
    entry->length = length < MOST_UNPACKED ? length : MOST_UNPACKED;
    memcpy(entry->bytes, packed, entry->length);
    return true;
  }
  z_stream stream = {.next_in = (Bytef *)(uintptr_t)packed, .avail_in = (uInt)length, .next_out = entry->bytes, .avail_out = MOST_UNPACKED};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) return false;
  (void)inflate(&stream, Z_SYNC_FLUSH);
  entry->length = stream.total_out;
  (void)inflateEnd(&stream);
  return true;
}

/* The entries one after the other, as their own headers have them. */
static int read_entries(Arena *arena, const uint8_t *bytes, size_t length, Entry *entries) {
  int count = 0;
  for (size_t at = 0; count < MOST_ENTRIES && length - at >= LOCAL && !memcmp(bytes + at, "PK\3\4", 4);) {
    size_t packed = get(bytes + at + 18, 4), name = get(bytes + at + 26, 2), extra = get(bytes + at + 28, 2);
    if (LOCAL + name + extra > length - at || packed > length - at - LOCAL - name - extra || name > LONGEST_NAME) break;
    Entry *entry = &entries[count];
    *entry = (Entry){.name_length = name, .deflated = get(bytes + at + 8, 2) == 8, .bytes = arena_alloc(arena, MOST_UNPACKED)};
    memcpy(entry->name, bytes + at + LOCAL, name);
    at += LOCAL + name + extra;
    if (!unpack(entry, bytes + at, packed)) break;
    at += packed;
    count++;
  }
  return count;
}

static void put(Text *out, size_t number, int count) {
  for (int i = 0; i < count; i++) text_add_char(out, (char)(number >> (8 * i) & 255), 1);
}

static Text packed_bytes(Arena *arena, const Entry *entry) {
  Text out = text_new(arena);
  uint8_t *packed = arena_alloc(arena, 2 * MOST_UNPACKED);
  z_stream stream = {.next_in = entry->bytes, .avail_in = (uInt)entry->length, .next_out = packed, .avail_out = 2 * MOST_UNPACKED};
  if (!entry->deflated || deflateInit2(&stream, 6, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    text_add_bytes(&out, (const char *)entry->bytes, entry->length);
    return out;
  }
  (void)deflate(&stream, Z_FINISH);
  text_add_bytes(&out, (const char *)packed, stream.total_out);
  (void)deflateEnd(&stream);
  return out;
}

/* What an entry's own header and the directory have in common. */
static void put_fields(Text *out, const Entry *entry, size_t packed) {
  put(out, 20, 2); /* version */
  put(out, 0, 2);
  put(out, entry->deflated ? 8 : 0, 2);
  put(out, 0, 4); /* time */
  put(out, crc32(0, entry->bytes, (uInt)entry->length), 4);
  put(out, packed, 4);
  put(out, entry->length, 4);
  put(out, entry->name_length, 2);
  put(out, 0, 2);
}

static Text write_archive(Arena *arena, const Entry *entries, int count) {
  Text out = text_new(arena), directory = text_new(arena);
  for (int i = 0; i < count; i++) {
    Text packed = packed_bytes(arena, &entries[i]);
    text_add_bytes(&directory, "PK\1\2\24\0", 6);
    put_fields(&directory, &entries[i], packed.length);
    text_add_char(&directory, 0, 10);
    put(&directory, out.length, 4);
    text_add_bytes(&directory, entries[i].name, entries[i].name_length);
    text_add_bytes(&out, "PK\3\4", 4);
    put_fields(&out, &entries[i], packed.length);
    text_add_bytes(&out, entries[i].name, entries[i].name_length);
    text_add_bytes(&out, text_string(&packed), packed.length);
  }
  size_t start = out.length;
  text_add_bytes(&out, text_string(&directory), directory.length);
  text_add_bytes(&out, "PK\5\6\0\0\0\0", 8);
  put(&out, (size_t)count, 2);
  put(&out, (size_t)count, 2);
  put(&out, directory.length, 4);
  put(&out, start, 4);
  put(&out, 0, 2);
  return out;
}

static int change_entries(Entry *entries, int count, uint64_t *state) {
  int at = (int)fuzz_below(state, (uint64_t)count);
  Entry *entry = &entries[at];
  switch (fuzz_below(state, 8)) {
  case 0: entry->deflated = !entry->deflated; return count;
  case 1: /* once more, under a name of its own or not */
    if (count == MOST_ENTRIES) return count;
    entries[count] = *entry;
    if (entry->name_length && fuzz_below(state, 2)) entries[count].name[0]++;
    return count + 1;
  case 2:
    if (count > 1) *entry = entries[count - 1];
    return count > 1 ? count - 1 : count;
  case 3: entry->name_length = LLVMFuzzerMutate((uint8_t *)entry->name, entry->name_length, LONGEST_NAME); return count;
  default: entry->length = mutate_npy(entry->bytes, entry->length, MOST_UNPACKED, fuzz_random(state)); return count;
  }
}

static size_t mutate_npz(uint8_t *bytes, size_t length, size_t most, uint64_t seed) {
  Arena arena = {0};
  Entry entries[MOST_ENTRIES];
  size_t result = 0;
  int count = read_entries(&arena, bytes, length, entries);
  if (count) {
    Text archive = write_archive(&arena, entries, change_entries(entries, count, &seed));
    if (archive.length <= most) memcpy(bytes, archive.data, result = archive.length);
  }
  arena_free(&arena);
  return result ? result : LLVMFuzzerMutate(bytes, length, most);
}

const FuzzTarget npz_target = {"npz", run_npz, mutate_npz};
