/* npy.c - see npy.h. The header's grammar: { 'key': value, .. } with descr, fortran_order and shape once each. */
#include "load/npy.h"

#include <string.h>
#include "support/checked.h"

enum { PREAMBLE_ALIGN = 64 };

typedef struct Reader {
  Arena *arena;
  const char *text; /* the whole file */
  size_t at, end;   /* of the header */
  WeightTensor *tensor;
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

static int peek(const Reader *r) { return r->at < r->end ? (unsigned char)r->text[r->at] : -1; }

static void skip_blanks(Reader *r) {
  while (peek(r) == ' ' || peek(r) == '\t' || peek(r) == '\n') r->at++;
}

static bool take(Reader *r, char c) {
  skip_blanks(r);
  if (peek(r) != c) return false;
  r->at++;
  return true;
}

static bool expect(Reader *r, char c) { return take(r, c) || fail(r, r->at, "expected `%c` in the header", c); }

/* A string without escapes, of at most 31 characters. */
static bool read_string(Reader *r, char out[32]) {
  skip_blanks(r);
  int quote = peek(r);
  if (quote != '\'' && quote != '"') return fail(r, r->at, "expected a string in the header");
  size_t start = ++r->at, length;
  while (peek(r) != quote) {
    if (peek(r) < 0x20 || peek(r) > 0x7e || peek(r) == '\\') return fail(r, r->at, "a string of the header is not plain text");
    r->at++;
  }
  length = r->at++ - start;
  if (length > 31) return fail(r, start, "a string of the header is too long");
  memcpy(out, r->text + start, length);
  out[length] = '\0';
  return true;
}

static bool read_descr(Reader *r) {
  static const struct {
    const char *name;
    TensorDType dtype;
  } kinds[] = {{"f8", TENSOR_F64}, {"f4", TENSOR_F32}, {"f2", TENSOR_F16}, {"i8", TENSOR_I64}, {"i4", TENSOR_I32}, {"i2", TENSOR_I16},
               {"i1", TENSOR_I8},  {"u8", TENSOR_U64}, {"u4", TENSOR_U32}, {"u2", TENSOR_U16}, {"u1", TENSOR_U8},  {"b1", TENSOR_BOOL}};
  char descr[32];
  skip_blanks(r);
  size_t at = r->at;
  if (peek(r) == '[' || peek(r) == '(') return fail(r, at, "structured arrays are not read");
  if (!read_string(r, descr)) return false;
  if (strchr(descr, 'O')) return fail(r, at, "arrays of Python objects are not read");
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    if (!descr[0] || strcmp(descr + 1, kinds[i].name)) continue;
    bool single = tensor_dtype_bytes(kinds[i].dtype) == 1;
    if (!strchr(single ? "<>|=" : "<>", descr[0])) break;
    r->tensor->dtype = kinds[i].dtype;
    r->tensor->big_endian = descr[0] == '>';
    return true;
  }
  return fail(r, at, "arrays of type `%s` are not read", descr);
}

static bool read_word(Reader *r, const char *word) {
  size_t length = strlen(word);
  if (r->end - r->at < length || memcmp(r->text + r->at, word, length)) return false;
  r->at += length;
  return true;
}

static bool read_order(Reader *r) {
  skip_blanks(r);
  if (read_word(r, "True")) r->tensor->column_major = true;
  else if (read_word(r, "False")) r->tensor->column_major = false;
  else return fail(r, r->at, "fortran_order is neither True nor False");
  return true;
}

static bool read_size(Reader *r, int64_t *size) {
  skip_blanks(r);
  size_t start = r->at;
  for (*size = 0; peek(r) >= '0' && peek(r) <= '9'; r->at++)
    if (!checked_mul(*size, 10, size) || !checked_add(*size, peek(r) - '0', size)) return fail(r, start, "a size is too large");
  if (r->at == start) return fail(r, start, "expected a size in the shape");
  if (peek(r) == 'L') r->at++; /* written by Python 2 */
  return true;
}

static bool read_shape(Reader *r) {
  WeightTensor *tensor = r->tensor;
  if (!expect(r, '(')) return false;
  for (tensor->rank = 0; !take(r, ')');) {
    if (tensor->rank == MAX_TENSOR_RANK) return fail(r, r->at, "more than %d sizes", MAX_TENSOR_RANK);
    if (!read_size(r, &tensor->sizes[tensor->rank++])) return false;
    if (take(r, ')')) break;
    if (!expect(r, ',')) return false;
  }
  bool empty = false;
  tensor->elements = 1;
  for (int i = 0; i < tensor->rank; i++) {
    if (!tensor->sizes[i]) empty = true;
    else if (!checked_mul(tensor->elements, tensor->sizes[i], &tensor->elements)) return fail(r, r->at, "the shape overflows");
  }
  if (empty) tensor->elements = 0;
  return true;
}

static bool read_header(Reader *r) {
  static const char *const keys[] = {"descr", "fortran_order", "shape"};
  static bool (*const readers[])(Reader *) = {read_descr, read_order, read_shape};
  bool seen[3] = {false, false, false};
  if (!expect(r, '{')) return false;
  while (!take(r, '}')) {
    char key[32];
    size_t at = r->at;
    if (!read_string(r, key)) return false;
    int index = 0;
    while (index < 3 && strcmp(keys[index], key)) index++;
    if (index == 3) return fail(r, at, "the header has an unknown key `%s`", key);
    if (seen[index]) return fail(r, at, "the header has `%s` twice", key);
    seen[index] = true;
    if (!expect(r, ':') || !readers[index](r)) return false;
    if (take(r, '}')) break;
    if (!expect(r, ',')) return false;
  }
  skip_blanks(r);
  if (r->at != r->end) return fail(r, r->at, "something stands after the header's closing `}`");
  for (int i = 0; i < 3; i++)
    if (!seen[i]) return fail(r, r->at, "the header has no `%s`", keys[i]);
  return true;
}

bool read_npy_header(Arena *arena, const char *bytes, size_t available, size_t length, WeightTensor *tensor, size_t *data,
                     const char **error) {
  Reader r = {.arena = arena, .text = bytes, .tensor = tensor, .error = error};
  *tensor = (WeightTensor){.name = ""};
  if (available < 10 || memcmp(bytes, "\x93NUMPY", 6)) return fail(&r, 0, "this is not a .npy file");
  int version = (unsigned char)bytes[6];
  if (version < 1 || version > 3 || bytes[7]) return fail(&r, 6, "version %d.%d of .npy is not read", version, (unsigned char)bytes[7]);
  size_t field = version == 1 ? 2 : 4;
  if (available < 8 + field) return fail(&r, available, "the file is cut off in its header");
  uint64_t header = 0;
  for (size_t i = 0; i < field; i++) header |= (uint64_t)(unsigned char)bytes[8 + i] << (8 * i);
  if (header > MAX_NPY_HEADER)
    return fail(&r, 8, "the header should be %llu bytes long; cnnc reads %d at most", (unsigned long long)header, MAX_NPY_HEADER);
  r.at = 8 + field;
  if (header > available - r.at) return fail(&r, available, "the file is cut off in its header");
  r.end = r.at + (size_t)header;
  if (!read_header(&r)) return false;
  int64_t size;
  if (!checked_mul(tensor->elements, tensor_dtype_bytes(tensor->dtype), &size)) return fail(&r, r.end, "the shape overflows");
  if ((uint64_t)size != length - r.end)
    return fail(&r, r.end, "%zu bytes of data where shape %s of %s needs %lld", length - r.end,
                sizes_text(arena, tensor->sizes, tensor->rank), tensor_dtype_name(tensor->dtype), (long long)size);
  *data = r.end;
  return true;
}

bool load_npy(Arena *arena, const char *bytes, size_t length, WeightTensor *tensor, const char **error) {
  size_t data;
  if (!read_npy_header(arena, bytes, length, length, tensor, &data, error)) return false;
  tensor->data = (const unsigned char *)bytes + data;
  return true;
}

static const char *descr_of(TensorDType dtype) {
  return dtype == TENSOR_U8 ? "|u1" : dtype == TENSOR_I8 ? "|i1" : dtype == TENSOR_I16 ? "<i2" : dtype == TENSOR_I32 ? "<i4" : "<f4";
}

void write_npy_head(Text *out, TensorDType dtype, int rank, const int64_t *sizes) {
  Text header = text_new(out->arena);
  text_addf(&header, "{'descr': '%s', 'fortran_order': False, 'shape': (", descr_of(dtype));
  for (int i = 0; i < rank; i++) text_addf(&header, i ? ", %lld" : "%lld", (long long)sizes[i]);
  text_add(&header, rank == 1 ? ",), }" : "), }");
  while ((10 + header.length + 1) % PREAMBLE_ALIGN) text_add_char(&header, ' ', 1);
  text_add_char(&header, '\n', 1);
  char preamble[10] = "\x93NUMPY\1";
  preamble[8] = (char)(header.length & 255);
  preamble[9] = (char)(header.length >> 8 & 255);
  text_add_bytes(out, preamble, sizeof preamble);
  text_add_bytes(out, header.data, header.length);
}

void write_npy(Text *out, TensorDType dtype, int rank, const int64_t *sizes, const double *values) {
  write_npy_head(out, dtype, rank, sizes);
  int size = tensor_dtype_bytes(dtype);
  int64_t elements = 1;
  for (int i = 0; i < rank; i++) elements *= sizes[i];
  for (int64_t i = 0; i < elements; i++) {
    uint32_t bits;
    float real = (float)values[i];
    if (dtype == TENSOR_F32) memcpy(&bits, &real, sizeof bits);
    else bits = (uint32_t)(int32_t)values[i];
    char encoded[4];
    for (int k = 0; k < 4; k++) encoded[k] = (char)(bits >> (8 * k) & 255);
    text_add_bytes(out, encoded, (size_t)size);
  }
}
