/* write_tensors.c - see write_tensors.h. */
#include "load/write_tensors.h"

#include <string.h>
#include <zlib.h>
#include "ir/weights.h"
#include "load/npy.h"
#include "load/npz.h"
#include "load/safetensors.h"

static int64_t elements_of(const NewTensor *tensor) {
  int64_t elements = 1;
  for (int i = 0; i < tensor->rank; i++) elements *= tensor->sizes[i];
  return elements;
}

/* The numbers of a tensor, least byte first, into room that was reserved. */
static void put_floats(Text *out, const NewTensor *tensor) {
  enum { PIECE = 1024 };
  char bytes[4 * PIECE];
  for (int64_t i = 0, elements = elements_of(tensor); i < elements;) {
    int count = elements - i < PIECE ? (int)(elements - i) : PIECE;
    for (int k = 0; k < count; k++) {
      uint32_t bits;
      memcpy(&bits, &tensor->floats[i + k], sizeof bits);
      for (int byte = 0; byte < 4; byte++) bytes[4 * k + byte] = (char)(bits >> (8 * byte) & 255);
    }
    text_add_bytes(out, bytes, 4 * (size_t)count);
    i += count;
  }
}

static void put(Text *out, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; i++) text_add_char(out, (char)(value >> (8 * i) & 255), 1);
}

static void put_string(Text *out, const char *text) {
  text_add(out, "\"");
  for (; *text; text++) {
    if (*text == '"' || *text == '\\') text_add(out, "\\");
    text_add_char(out, *text, 1);
  }
  text_add(out, "\"");
}

bool write_safetensors(Text *out, const NewTensor *tensors, int count, const char *mark) {
  Text header = text_new(out->arena);
  text_add(&header, "{\"__metadata__\":{\"made\":");
  put_string(&header, mark);
  text_add(&header, "}");
  int64_t at = 0;
  for (int i = 0; i < count; i++) {
    text_add(&header, ",");
    put_string(&header, tensors[i].name);
    text_add(&header, ":{\"dtype\":\"F32\",\"shape\":");
    print_sizes(&header, tensors[i].sizes, tensors[i].rank);
    int64_t end = at + 4 * elements_of(&tensors[i]);
    text_addf(&header, ",\"data_offsets\":[%lld,%lld]}", (long long)at, (long long)end);
    at = end;
  }
  text_add(&header, "}");
  while (header.length % 8) text_add(&header, " ");
  text_reserve(out, 8 + header.length + (size_t)at);
  put(out, header.length, 8);
  text_add_bytes(out, header.data, header.length);
  for (int i = 0; i < count; i++) put_floats(out, &tensors[i]);
  return header.length <= MAX_SAFETENSORS_HEADER;
}

/* What the local header and the directory of a ZIP archive have in common, from the version on. */
static void put_entry(Text *out, const char *name, const Text *data, size_t extra) {
  put(out, 20, 2), put(out, 0, 2), put(out, 0, 2); /* version 2.0, no flags, stored */
  put(out, 0, 2), put(out, 0x21, 2);               /* the first of January 1980 */
  put(out, crc32(0, (const Bytef *)data->data, (uInt)data->length), 4);
  put(out, data->length, 4), put(out, data->length, 4);
  put(out, strlen(name), 2), put(out, extra, 2);
}

bool write_npz(Text *out, const NewTensor *tensors, int count, const char *mark) {
  enum { EXTRA_ID = 0xcccc }; /* of no known meaning */
  Text directory = text_new(out->arena);
  bool fits = count <= MAX_NPZ_ENTRIES;
  for (int i = 0; i < count && fits; i++) {
    const char *name = arena_printf(out->arena, "%s.npy", tensors[i].name);
    Text data = text_new(out->arena);
    size_t place = out->length, extra = i ? 0 : 4 + strlen(mark);
    write_npy_head(&data, TENSOR_F32, tensors[i].rank, tensors[i].sizes);
    text_reserve(&data, 4 * (size_t)elements_of(&tensors[i]));
    put_floats(&data, &tensors[i]);
    put(out, 0x04034b50, 4);
    put_entry(out, name, &data, extra);
    text_add(out, name);
    if (extra) put(out, EXTRA_ID, 2), put(out, strlen(mark), 2), text_add(out, mark);
    text_add_bytes(out, data.data, data.length);
    put(&directory, 0x02014b50, 4), put(&directory, 20, 2);
    put_entry(&directory, name, &data, 0);
    put(&directory, 0, 6), put(&directory, 0, 4), put(&directory, place, 4);
    text_add(&directory, name);
    fits = out->length <= UINT32_MAX / 2;
  }
  size_t start = out->length;
  text_add_bytes(out, text_string(&directory), directory.length);
  put(out, 0x06054b50, 4), put(out, 0, 4), put(out, (uint64_t)count, 2), put(out, (uint64_t)count, 2);
  put(out, directory.length, 4), put(out, start, 4), put(out, 0, 2);
  return fits;
}
