/* onnx_tensor.c - see onnx_tensor.h. */
#include "load/onnx_tensor.h"

#include <string.h>
#include "support/checked.h"

bool onnx_error(OnnxReader *r, const char *format, ...) {
  Text text = text_new(r->arena);
  va_list arguments;
  va_start(arguments, format);
  text_vaddf(&text, format, arguments);
  va_end(arguments);
  *r->error = text_string(&text);
  return false;
}

/* By their numbers in onnx.proto; older versions of it lack the last ones. */
static const struct {
  const char *name;
  bool known;
  TensorDType dtype;
} dtypes[] = {
    {"no type", false, TENSOR_F32},
    {"float", true, TENSOR_F32},
    {"uint8", true, TENSOR_U8},
    {"int8", true, TENSOR_I8},
    {"uint16", true, TENSOR_U16},
    {"int16", true, TENSOR_I16},
    {"int32", true, TENSOR_I32},
    {"int64", true, TENSOR_I64},
    {"string", false, TENSOR_F32},
    {"bool", true, TENSOR_BOOL},
    {"float16", true, TENSOR_F16},
    {"double", true, TENSOR_F64},
    {"uint32", true, TENSOR_U32},
    {"uint64", true, TENSOR_U64},
    {"complex64", false, TENSOR_F32},
    {"complex128", false, TENSOR_F32},
    {"bfloat16", true, TENSOR_BF16},
    {"float8e4m3fn", false, TENSOR_F32},
    {"float8e4m3fnuz", false, TENSOR_F32},
    {"float8e5m2", false, TENSOR_F32},
    {"float8e5m2fnuz", false, TENSOR_F32},
    {"uint4", false, TENSOR_F32},
    {"int4", false, TENSOR_F32},
    {"float4e2m1", false, TENSOR_F32},
};

enum { DTYPES = sizeof dtypes / sizeof *dtypes };

bool onnx_dtype(int data_type, TensorDType *dtype) {
  if (data_type < 0 || data_type >= DTYPES || !dtypes[data_type].known) return false;
  *dtype = dtypes[data_type].dtype;
  return true;
}

const char *onnx_dtype_name(int data_type) { return data_type < 0 || data_type >= DTYPES ? "unknown" : dtypes[data_type].name; }

static bool read_sizes(OnnxReader *r, const Onnx__TensorProto *from, WeightTensor *to) {
  if (from->n_dims > MAX_TENSOR_RANK)
    return onnx_error(r, "the tensor `%s` has %zu sizes; cnnc reads %d at most", shown_name(r->arena, to->name), from->n_dims,
                      MAX_TENSOR_RANK);
  bool empty = false;
  to->rank = (int)from->n_dims;
  to->elements = 1;
  for (int i = 0; i < to->rank; i++) {
    int64_t size = to->sizes[i] = from->dims[i];
    if (size < 0) return onnx_error(r, "the tensor `%s` has a size of %lld", shown_name(r->arena, to->name), (long long)size);
    if (!size) empty = true;
    else if (!checked_mul(to->elements, size, &to->elements))
      return onnx_error(r, "the shape of the tensor `%s` overflows", shown_name(r->arena, to->name));
  }
  if (empty) to->elements = 0;
  return true;
}

static bool parse_number(const char *text, uint64_t *value) {
  *value = 0;
  for (; *text; text++) {
    unsigned digit = (unsigned)(*text - '0');
    if (digit > 9 || *value > (UINT64_MAX - digit) / 10) return false;
    *value = 10 * *value + digit;
  }
  return true;
}

typedef struct ExternalFile {
  const char *bytes;
  size_t length;
} ExternalFile;

static const ExternalFile *external_file(OnnxReader *r, const char *location, const char **why) {
  ExternalFile *file = find_name(&r->external, location);
  if (file) return file;
  file = ARENA_NEW(r->arena, ExternalFile);
  *why = "external data are not read here";
  if (r->files) file->bytes = r->files->read(r->files->context, r->arena, location, &file->length, why);
  if (!file->bytes) return NULL;
  put_name(&r->external, location, file);
  return file;
}

/* Keys: location, offset, length, checksum (of no use to us: whoever changes the data changes it too). */
static bool read_external(OnnxReader *r, const Onnx__TensorProto *from, WeightTensor *to, uint64_t bytes) {
  const char *name = shown_name(r->arena, to->name), *location = NULL, *why = NULL;
  uint64_t offset = 0, length = bytes;
  for (size_t i = 0; i < from->n_external_data; i++) {
    const char *key = from->external_data[i]->key, *value = from->external_data[i]->value;
    if (!key || !value) return onnx_error(r, "an entry of the external data of the tensor `%s` lacks its key or value", name);
    bool known = !strcmp(key, "checksum");
    if (!strcmp(key, "location")) known = true, location = value;
    if (!strcmp(key, "offset")) known = parse_number(value, &offset);
    if (!strcmp(key, "length")) known = parse_number(value, &length);
    if (!known)
      return onnx_error(r, "the external data of the tensor `%s` have `%s=%s`", name, shown_name(r->arena, key),
                        shown_name(r->arena, value));
  }
  if (!location) return onnx_error(r, "the external data of the tensor `%s` have no location", name);
  const ExternalFile *file = external_file(r, location, &why);
  if (!file) return onnx_error(r, "the data of the tensor `%s` cannot be read from `%s`: %s", name, shown_name(r->arena, location), why);
  if (length != bytes)
    return onnx_error(r, "the tensor `%s` has %llu bytes of external data where its shape needs %llu", name, (unsigned long long)length,
                      (unsigned long long)bytes);
  if (length > file->length || offset > file->length - length)
    return onnx_error(r, "the data of the tensor `%s` end behind the end of `%s`, which has %zu bytes", name,
                      shown_name(r->arena, location), file->length);
  to->data = (const unsigned char *)file->bytes + offset;
  return true;
}

static void put_little_endian(unsigned char *to, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; i++) to[i] = (unsigned char)(value >> (8 * i));
}

/* Element i of the field that holds numbers of this type, as its bits. */
static uint64_t number_bits(const Onnx__TensorProto *from, TensorDType dtype, size_t i) {
  uint32_t bits = 0;
  uint64_t long_bits = 0;
  switch (dtype) {
  case TENSOR_F32: memcpy(&bits, &from->float_data[i], sizeof bits); return bits;
  case TENSOR_F64: memcpy(&long_bits, &from->double_data[i], sizeof long_bits); return long_bits;
  case TENSOR_I64: return (uint64_t)from->int64_data[i];
  case TENSOR_U32:
  case TENSOR_U64: return from->uint64_data[i];
  case TENSOR_F16:
  case TENSOR_BF16:
  case TENSOR_I32:
  case TENSOR_I16:
  case TENSOR_I8:
  case TENSOR_U8:
  case TENSOR_BOOL:
  case TENSOR_U16: break;
  }
  return (uint64_t)from->int32_data[i];
}

static size_t numbers_given(const Onnx__TensorProto *from, TensorDType dtype) {
  if (dtype == TENSOR_F32) return from->n_float_data;
  if (dtype == TENSOR_F64) return from->n_double_data;
  if (dtype == TENSOR_I64) return from->n_int64_data;
  return dtype == TENSOR_U32 || dtype == TENSOR_U64 ? from->n_uint64_data : from->n_int32_data;
}

bool read_onnx_tensor(OnnxReader *r, const Onnx__TensorProto *from, WeightTensor *to) {
  int64_t bytes;
  *to = (WeightTensor){.name = from->name ? from->name : ""};
  const char *name = shown_name(r->arena, to->name);
  if (!onnx_dtype(from->data_type, &to->dtype))
    return onnx_error(r, "the tensor `%s` is of type %s, which cnnc does not read", name, onnx_dtype_name(from->data_type));
  if (!read_sizes(r, from, to)) return false;
  if (!checked_mul(to->elements, tensor_dtype_bytes(to->dtype), &bytes))
    return onnx_error(r, "the shape of the tensor `%s` overflows", name);
  if (from->segment) return onnx_error(r, "the tensor `%s` is one segment of several, which cnnc does not join", name);
  if (from->has_data_location && from->data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL)
    return read_external(r, from, to, (uint64_t)bytes);
  size_t given = numbers_given(from, to->dtype);
  if (from->has_raw_data && !given) {
    to->data = from->raw_data.data;
    if (from->raw_data.len == (uint64_t)bytes) return true;
    return onnx_error(r, "the tensor `%s` has %zu bytes of data where its shape %s of %s needs %lld", name, from->raw_data.len,
                      sizes_text(r->arena, to->sizes, to->rank), onnx_dtype_name(from->data_type), (long long)bytes);
  }
  if (given != (uint64_t)to->elements || from->has_raw_data)
    return onnx_error(r, "the tensor `%s` has %zu numbers where its shape %s needs %lld", name, given,
                      sizes_text(r->arena, to->sizes, to->rank), (long long)to->elements);
  int size = tensor_dtype_bytes(to->dtype);
  unsigned char *data = arena_alloc(r->arena, (size_t)bytes);
  for (size_t i = 0; i < given; i++) put_little_endian(data + i * (size_t)size, number_bits(from, to->dtype, i), size);
  to->data = data;
  return true;
}
