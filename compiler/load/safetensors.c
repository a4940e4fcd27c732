/* safetensors.c - see safetensors.h.
 *
 * json_scan.h has already refused every header that a JSON library could misread; cJSON then builds the tree, which is
 * only ever walked from child to child (its lookups ignore case and take quadratic time). */
#include "load/safetensors.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>
#include "load/json_scan.h"
#include "support/checked.h"

typedef struct Extent { /* where the data of a tensor lie, counted from the end of the header */
  int64_t begin, end;
  int tensor;
  size_t key_offset;
} Extent;

typedef struct Reader {
  Arena *arena;
  const unsigned char *data; /* after the header */
  int64_t data_length;
  size_t data_offset;
  WeightTable *table;
  Extent *extents;
  const char **error;
} Reader;

#define NAME(tensor) shown_name(r->arena, (tensor)->name)

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

/* A tree that is deleted once, on whichever way the reader is left. */
typedef struct JsonTree {
  cJSON *root;
} JsonTree;

static void delete_tree(void *object) {
  JsonTree *tree = object;
  cJSON_Delete(tree->root);
  tree->root = NULL;
}

/* A whole number that the scan has let through: at most 2^53, so the double is exact. */
static bool whole_number(const cJSON *item, int64_t *value) {
  if (!cJSON_IsNumber(item)) return false;
  *value = (int64_t)item->valuedouble;
  return true;
}

static bool read_dtype(Reader *r, const cJSON *item, WeightTensor *tensor, size_t at) {
  if (!cJSON_IsString(item)) return fail(r, at, "the dtype of tensor `%s` is not a string", NAME(tensor));
  if (tensor_dtype_from_name(item->valuestring, &tensor->dtype)) return true;
  return fail(r, at, "tensor `%s` has the dtype `%s`, which cnnc does not read", NAME(tensor), shown_name(r->arena, item->valuestring));
}

static bool read_shape(Reader *r, const cJSON *item, WeightTensor *tensor, size_t at) {
  if (!cJSON_IsArray(item)) return fail(r, at, "the shape of tensor `%s` is not a list", NAME(tensor));
  bool empty = false;
  tensor->rank = 0;
  tensor->elements = 1;
  for (const cJSON *size = item->child; size; size = size->next) {
    int64_t value;
    if (!whole_number(size, &value)) return fail(r, at, "a size in the shape of tensor `%s` is not a number", NAME(tensor));
    tensor->sizes[tensor->rank++] = value;
    if (!value) empty = true;
    else if (!checked_mul(tensor->elements, value, &tensor->elements))
      return fail(r, at, "the shape of tensor `%s` overflows", NAME(tensor));
  }
  if (empty) tensor->elements = 0;
  return true;
}

static bool read_extent(Reader *r, const cJSON *item, const WeightTensor *tensor, Extent *extent, size_t at) {
  const cJSON *first = cJSON_IsArray(item) ? item->child : NULL, *second = first ? first->next : NULL;
  if (!second || second->next) return fail(r, at, "the data_offsets of tensor `%s` are not a list of two numbers", NAME(tensor));
  if (!whole_number(first, &extent->begin) || !whole_number(second, &extent->end))
    return fail(r, at, "the data_offsets of tensor `%s` are not numbers", NAME(tensor));
  if (extent->begin > extent->end) return fail(r, at, "the data of tensor `%s` end before they begin", NAME(tensor));
  return true;
}

static bool read_tensor(Reader *r, const cJSON *entry, size_t at) {
  WeightTensor *tensor = &r->table->tensors[r->table->count];
  Extent *extent = &r->extents[r->table->count];
  tensor->name = arena_strdup(r->arena, entry->string);
  *extent = (Extent){.tensor = r->table->count, .key_offset = at};
  if (!cJSON_IsObject(entry)) return fail(r, at, "the entry of tensor `%s` is not an object", NAME(tensor));
  bool dtype = false, shape = false, offsets = false;
  for (const cJSON *item = entry->child; item; item = item->next) {
    if (!strcmp(item->string, "dtype")) {
      if (!read_dtype(r, item, tensor, at)) return false;
      dtype = true;
    } else if (!strcmp(item->string, "shape")) {
      if (!read_shape(r, item, tensor, at)) return false;
      shape = true;
    } else if (!strcmp(item->string, "data_offsets")) {
      if (!read_extent(r, item, tensor, extent, at)) return false;
      offsets = true;
    } else {
      return fail(r, at, "the entry of tensor `%s` has an unknown key `%s`", NAME(tensor), shown_name(r->arena, item->string));
    }
  }
  if (!dtype || !shape || !offsets)
    return fail(r, at, "the entry of tensor `%s` has no `%s`", NAME(tensor), !dtype ? "dtype" : !shape ? "shape" : "data_offsets");
  int64_t bytes, given = extent->end - extent->begin;
  if (!checked_mul(tensor->elements, tensor_dtype_bytes(tensor->dtype), &bytes))
    return fail(r, at, "the shape of tensor `%s` overflows", NAME(tensor));
  if (bytes != given)
    return fail(r, at, "tensor `%s` has %lld bytes of data where its shape %s of %s needs %lld", NAME(tensor), (long long)given,
                sizes_text(r->arena, tensor->sizes, tensor->rank), tensor_dtype_name(tensor->dtype), (long long)bytes);
  r->table->count++;
  return true;
}

static bool check_metadata(Reader *r, const cJSON *metadata, size_t at) {
  if (!cJSON_IsObject(metadata)) return fail(r, at, "`__metadata__` is not an object");
  for (const cJSON *item = metadata->child; item; item = item->next)
    if (!cJSON_IsString(item)) return fail(r, at, "the entry `%s` of `__metadata__` is not a string", shown_name(r->arena, item->string));
  return true;
}

static int compare_extents(const void *a, const void *b) {
  const Extent *first = a, *second = b;
  if (first->begin != second->begin) return first->begin < second->begin ? -1 : 1;
  if (first->end != second->end) return first->end < second->end ? -1 : 1;
  return first->tensor - second->tensor;
}

/* The data are the tensors in some order, without hole, overlap or rest: nothing else can hide in the file. */
static bool check_extents(Reader *r) {
  int count = r->table->count;
  int64_t at = 0;
  if (count) qsort(r->extents, (size_t)count, sizeof *r->extents, compare_extents);
  for (int i = 0; i < count; i++) {
    const Extent *extent = &r->extents[i];
    WeightTensor *tensor = &r->table->tensors[extent->tensor];
    if (extent->begin > at)
      return fail(r, extent->key_offset, "%lld bytes before the data of tensor `%s` belong to no tensor", (long long)(extent->begin - at),
                  NAME(tensor));
    if (extent->begin < at) return fail(r, extent->key_offset, "the data of tensor `%s` overlap those of another", NAME(tensor));
    at = extent->end;
    if (at > r->data_length)
      return fail(r, r->data_offset + (size_t)r->data_length, "the file is cut off: the data of tensor `%s` should end at byte %lld",
                  NAME(tensor), (long long)r->data_offset + (long long)at);
    tensor->data = r->data + extent->begin;
  }
  if (at < r->data_length)
    return fail(r, r->data_offset + (size_t)at, "%lld bytes after the last tensor belong to nothing", (long long)(r->data_length - at));
  return true;
}

static bool read_entries(Reader *r, const cJSON *root, const size_t *key_offsets, int key_count) {
  r->table->tensors = ARENA_ARRAY(r->arena, WeightTensor, (size_t)key_count);
  r->extents = ARENA_ARRAY(r->arena, Extent, (size_t)key_count);
  int key = 0;
  for (const cJSON *entry = root->child; entry && key < key_count; entry = entry->next, key++) {
    bool metadata = !strcmp(entry->string, "__metadata__");
    if (!(metadata ? check_metadata : read_tensor)(r, entry, key_offsets[key])) return false;
  }
  return check_extents(r);
}

bool load_safetensors(Arena *arena, const char *bytes, size_t length, WeightTable *table, const char **error) {
  Reader r = {.arena = arena, .table = table, .error = error};
  *table = (WeightTable){0};
  if (length < 8) return fail(&r, length, "the file is cut off: a safetensors file has at least 10 bytes");
  uint64_t header = 0;
  for (int i = 0; i < 8; i++) header |= (uint64_t)(unsigned char)bytes[i] << (8 * i);
  if (header < 2) return fail(&r, 0, "the header has a length of %d, too short for `{}`", (int)header);
  if (header > MAX_SAFETENSORS_HEADER)
    return fail(&r, 0, "the header should be %llu bytes long; cnnc reads %d at most, so this is no safetensors file",
                (unsigned long long)header, MAX_SAFETENSORS_HEADER);
  if (header > length - 8)
    return fail(&r, length, "the file is cut off: the header should end at byte %llu", (unsigned long long)header + 8);

  const size_t *key_offsets;
  int key_count;
  if (!scan_json(arena, bytes + 8, (size_t)header, 8, &key_offsets, &key_count, error)) return false;
  JsonTree *tree = ARENA_NEW(arena, JsonTree);
  arena_defer(arena, delete_tree, tree);
  tree->root = cJSON_ParseWithLength(bytes + 8, (size_t)header);
  if (!tree->root) arena_fail(arena); /* the text is valid, so only memory can have run out */

  r.data_offset = 8 + (size_t)header;
  r.data = (const unsigned char *)bytes + r.data_offset;
  r.data_length = (int64_t)(length - r.data_offset);
  bool good = read_entries(&r, tree->root, key_offsets, key_count);
  delete_tree(tree);
  if (!good) table->count = 0;
  else sort_tensors(table);
  return good;
}
