/* npz.c - see npz.h. Numbers in a ZIP archive are little-endian; offsets below are those of its specification. */
#include "load/npz.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include "load/npy.h"

enum { END_SIZE = 22, DIRECTORY_SIZE = 46, LOCAL_SIZE = 30, LONGEST_COMMENT = 65535, STORED = 0, DEFLATED = 8 };
#define MAX_UNPACKED ((uint64_t)4 << 30)
enum { ALWAYS_UNPACKED = 64 << 20, MAX_UNPACKED_TIMES = 64 }; /* only what wants to fill memory is packed better than that */

typedef struct Entry {
  const char *name; /* of the file in the archive */
  uint32_t flags, method, sum, packed, unpacked, local;
  size_t data; /* in the archive */
} Entry;

typedef struct Reader {
  Arena *arena;
  const unsigned char *bytes;
  size_t length;
  const char **error;
} Reader;

static bool fail(Reader *r, size_t at, const char *format, ...) __attribute__((format(printf, 3, 4)));
static bool fail(Reader *r, size_t at, const char *format, ...) {
  Text text = text_new(r->arena);
  va_list arguments;
  va_start(arguments, format);
  text_vaddf(&text, format, arguments);
  va_end(arguments);
  text_addf(&text, " (byte %zu)", at);
  *r->error = text_string(&text);
  return false;
}

static uint32_t get2(const unsigned char *p) { return (uint32_t)p[0] | (uint32_t)p[1] << 8; }
static uint32_t get4(const unsigned char *p) { return get2(p) | get2(p + 2) << 16; }

/* The end record: the last place where its signature stands and its comment ends with the file. */
static bool find_end(Reader *r, size_t *at) {
  if (r->length < END_SIZE) return fail(r, r->length, "this is not a .npz file");
  size_t first = r->length > END_SIZE + LONGEST_COMMENT ? r->length - END_SIZE - LONGEST_COMMENT : 0;
  for (size_t i = r->length - END_SIZE + 1; i-- > first;)
    if (get4(r->bytes + i) == 0x06054b50u && i + END_SIZE + get2(r->bytes + i + 20) == r->length) {
      *at = i;
      return true;
    }
  return fail(r, r->length, "the archive is cut off: it has no directory at its end");
}

static bool read_directory_entry(Reader *r, size_t at, size_t end, Entry *entry, size_t *next) {
  const unsigned char *p = r->bytes + at;
  if (end - at < DIRECTORY_SIZE || get4(p) != 0x02014b50u) return fail(r, at, "the archive's directory is malformed");
  size_t name = get2(p + 28), rest = get2(p + 30) + get2(p + 32);
  if (end - at - DIRECTORY_SIZE < name + rest) return fail(r, at, "the archive's directory is malformed");
  *entry = (Entry){.flags = get2(p + 8),
                   .method = get2(p + 10),
                   .sum = get4(p + 16),
                   .packed = get4(p + 20),
                   .unpacked = get4(p + 24),
                   .local = get4(p + 42)};
  entry->name = arena_strndup(r->arena, (const char *)p + DIRECTORY_SIZE, name);
  *next = at + DIRECTORY_SIZE + name + rest;
  for (size_t i = 0; i < name; i++)
    if (p[DIRECTORY_SIZE + i] < 0x20 || p[DIRECTORY_SIZE + i] >= 0x7f) return fail(r, at, "an entry's name is not plain text");
  const char *shown = shown_name(r->arena, entry->name);
  if (strstr(entry->name, "..") || entry->name[0] == '/' || strchr(entry->name, '\\'))
    return fail(r, at, "`%s` is not a name of an array", shown);
  if (name < 5 || strcmp(entry->name + name - 4, ".npy")) return fail(r, at, "`%s` is not a .npy file", shown);
  if (entry->flags & 1) return fail(r, at, "`%s` is encrypted", shown);
  if (entry->packed == UINT32_MAX || entry->unpacked == UINT32_MAX || entry->local == UINT32_MAX)
    return fail(r, at, "`%s` needs ZIP64, which is not read", shown);
  if (entry->method != STORED && entry->method != DEFLATED)
    return fail(r, at, "`%s` is packed by method %u; only deflate is read", shown, entry->method);
  return true;
}

/* The entry's own header must say what the directory says. (Streaming writers leave zeros and set bit 3.) */
static bool check_local(Reader *r, Entry *entry, size_t directory) {
  size_t at = entry->local, name = strlen(entry->name);
  const char *shown = shown_name(r->arena, entry->name);
  if (at > directory || directory - at < LOCAL_SIZE || get4(r->bytes + at) != 0x04034b50u)
    return fail(r, at, "`%s` is not where the directory says", shown);
  const unsigned char *p = r->bytes + at;
  size_t header = LOCAL_SIZE + get2(p + 26) + get2(p + 28);
  if (directory - at < header || get2(p + 26) != name || memcmp(p + LOCAL_SIZE, entry->name, name))
    return fail(r, at, "the name of `%s` differs from the directory's", shown);
  bool streamed = entry->flags & 8;
  /* numpy writes the sizes of a streamed entry in a ZIP64 field, as all ones here. */
  bool packed_left_out = (streamed && !get4(p + 18)) || get4(p + 18) == UINT32_MAX,
       unpacked_left_out = (streamed && !get4(p + 22)) || get4(p + 22) == UINT32_MAX;
  bool agrees = get2(p + 8) == entry->method && (packed_left_out || get4(p + 18) == entry->packed) &&
                (unpacked_left_out || get4(p + 22) == entry->unpacked) && ((streamed && !get4(p + 14)) || get4(p + 14) == entry->sum);
  if (!agrees) return fail(r, at, "the header of `%s` contradicts the directory", shown);
  entry->data = at + header;
  if (directory - entry->data < entry->packed) return fail(r, at, "the archive is cut off in `%s`", shown);
  return true;
}

/* The first `count` bytes of a deflated entry; if these are all, its packed data must end with them. */
static bool inflate_entry(Reader *r, const Entry *entry, unsigned char *out, uint32_t count) {
  const char *shown = shown_name(r->arena, entry->name);
  z_stream stream = {
      .next_in = (Bytef *)(uintptr_t)(r->bytes + entry->data), .avail_in = entry->packed, .next_out = out, .avail_out = count};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) arena_fail(r->arena);
  int result = inflate(&stream, Z_SYNC_FLUSH);
  bool started = (result == Z_OK || result == Z_STREAM_END) && stream.total_out == count;
  bool ended = count < entry->unpacked || (started && inflate(&stream, Z_FINISH) == Z_STREAM_END && !stream.avail_in);
  (void)inflateEnd(&stream);
  return (started && ended) || fail(r, entry->data, "the packed data of `%s` are damaged", shown);
}

/* Before anything is unpacked. */
static bool check_sizes(Reader *r, const Entry *entries, size_t count) {
  uint64_t all = 0;
  for (size_t i = 0; i < count; i++) {
    const Entry *entry = &entries[i];
    /* Deflate makes at most 1032 bytes of one. */
    if (entry->method == STORED ? entry->packed != entry->unpacked : entry->unpacked / 1032 > entry->packed)
      return fail(r, entry->local, "the sizes of `%s` cannot be true", shown_name(r->arena, entry->name));
    all += entry->unpacked;
    if (all > MAX_UNPACKED) return fail(r, entry->local, "the arrays are larger than 4 GiB together");
  }
  if (all <= ALWAYS_UNPACKED || all / MAX_UNPACKED_TIMES <= r->length) return true;
  return fail(r, 0, "the arrays would be more than %d times as large as the file", MAX_UNPACKED_TIMES);
}

static bool read_entry(Reader *r, const Entry *entry, WeightTensor *tensor) {
  const char *shown = shown_name(r->arena, entry->name), *error;
  bool stored = entry->method == STORED;
  unsigned char start[MAX_NPY_START];
  const unsigned char *bytes = stored ? r->bytes + entry->data : start;
  uint32_t available = stored || entry->unpacked < sizeof start ? entry->unpacked : (uint32_t)sizeof start;
  size_t data;
  if (!stored && !inflate_entry(r, entry, start, available)) return false;
  if (!read_npy_header(r->arena, (const char *)bytes, available, entry->unpacked, tensor, &data, &error))
    return fail(r, entry->data, "`%s`: %s", shown, error);
  if (!stored) {
    unsigned char *whole = arena_alloc(r->arena, entry->unpacked);
    if (!inflate_entry(r, entry, whole, entry->unpacked)) return false;
    bytes = whole;
  }
  if (crc32(0, bytes, entry->unpacked) != entry->sum) return fail(r, entry->data, "the check sum of `%s` is wrong", shown);
  tensor->data = bytes + data;
  tensor->name = arena_strndup(r->arena, entry->name, strlen(entry->name) - 4);
  return true;
}

static int compare_places(const void *a, const void *b) {
  const Entry *first = a, *second = b;
  return first->local < second->local ? -1 : first->local > second->local;
}

bool load_npz(Arena *arena, const char *bytes, size_t length, WeightTable *table, const char **error) {
  Reader r = {.arena = arena, .bytes = (const unsigned char *)bytes, .length = length, .error = error};
  size_t end = 0;
  *table = (WeightTable){0};
  if (!find_end(&r, &end)) return false;
  const unsigned char *p = r.bytes + end;
  size_t count = get2(p + 10), size = get4(p + 12), directory = get4(p + 16);
  if (get2(p + 4) || get2(p + 6) || get2(p + 8) != count) return fail(&r, end, "archives of several parts are not read");
  if (count == 0xffff || size == UINT32_MAX || directory == UINT32_MAX) return fail(&r, end, "ZIP64 archives are not read");
  if (directory > end || end - directory != size) return fail(&r, end, "the archive's directory is not where it should be");
  if (size / DIRECTORY_SIZE < count) return fail(&r, end, "the archive's directory is too short for its entries");

  Entry *entries = ARENA_ARRAY(arena, Entry, count);
  size_t at = directory;
  for (size_t i = 0; i < count; i++)
    if (!read_directory_entry(&r, at, end, &entries[i], &at) || !check_local(&r, &entries[i], directory)) return false;
  if (at != end) return fail(&r, at, "the archive's directory has more than its entries");
  if (count) qsort(entries, count, sizeof *entries, compare_places);
  for (size_t i = 1; i < count; i++)
    if (entries[i].local < entries[i - 1].data + entries[i - 1].packed)
      return fail(&r, entries[i].local, "`%s` and `%s` overlap", shown_name(arena, entries[i - 1].name),
                  shown_name(arena, entries[i].name));

  if (!check_sizes(&r, entries, count)) return false;
  table->tensors = ARENA_ARRAY(arena, WeightTensor, count);
  for (size_t i = 0; i < count; i++)
    if (!read_entry(&r, &entries[i], &table->tensors[i])) return false;
  table->count = (int)count;
  sort_tensors(table);
  for (int i = 1; i < table->count; i++)
    if (!strcmp(table->tensors[i - 1].name, table->tensors[i].name)) {
      table->count = 0;
      return fail(&r, directory, "the archive has two arrays `%s`", shown_name(arena, table->tensors[i].name));
    }
  return true;
}
