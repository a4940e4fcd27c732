/* file_kind.c - see file_kind.h. Magic numbers stand in a table; formats that begin with a length or with fields of
 * their own are looked at one by one. */
#include "support/file_kind.h"

#include <stdbool.h>
#include <string.h>

enum { LOOKED_AT = 512, ENOUGH_CONTROLS = 4 };

typedef struct Magic {
  int at, length;
  const char *bytes;
  FileKind kind;
} Magic;

static const Magic magics[] = {
    {0, 8, "\x89PNG\r\n\x1a\n", {USE_PICTURE, "a PNG picture"}},
    {0, 3, "\xff\xd8\xff", {USE_CONVERT, "a JPEG picture"}},
    {0, 4, "GIF8", {USE_CONVERT, "a GIF picture"}},
    {0, 4, "II*\0", {USE_CONVERT, "a TIFF picture"}},
    {0, 4, "MM\0*", {USE_CONVERT, "a TIFF picture"}},
    {0, 6, "\x93NUMPY", {USE_TENSORS, "a NumPy array"}},
    {0, 8, "\x89HDF\r\n\x1a\n", {USE_FRAMEWORK, "an HDF5 file, as Keras writes it"}},
    {0, 2, "\x80\x02", {USE_FRAMEWORK, "a pickle, as Python and PyTorch's `torch.save` write it"}},
    {0, 2, "\x80\x03", {USE_FRAMEWORK, "a pickle of Python"}},
    {0, 2, "\x80\x04", {USE_FRAMEWORK, "a pickle of Python"}},
    {0, 2, "\x80\x05", {USE_FRAMEWORK, "a pickle of Python"}},
    {0, 4, "GGUF", {USE_FRAMEWORK, "a GGUF file"}},
    {0, 2, "\x1f\x8b", {USE_NOTHING, "compressed by gzip"}},
    {0,
     4,
     "\x7f"
     "ELF",
     {USE_NOTHING, "a program"}},
    {0, 4, "%PDF", {USE_NOTHING, "a PDF document"}},
    {0, 9, "<!DOCTYPE", {USE_NOTHING, "a page of HTML"}},
    {0, 9, "<!doctype", {USE_NOTHING, "a page of HTML"}},
    {0, 5, "<html", {USE_NOTHING, "a page of HTML"}},
    {0, 2, "\xff\xfe", {USE_UTF16, "text in UTF-16"}},
    {0, 2, "\xfe\xff", {USE_UTF16, "text in UTF-16"}},
    {0, 34, "version https://git-lfs.github.com", {USE_LFS, "a pointer of Git LFS, not the file that it stands for"}},
};

static bool contains(const char *bytes, size_t length, const char *word) {
  size_t n = strlen(word);
  for (size_t i = 0; i + n <= length; i++)
    if (!memcmp(bytes + i, word, n)) return true;
  return false;
}

/* Bytes that would be letters where a text has them stand beside zeros in these. */
static bool is_safetensors(const char *bytes, size_t length) { return length >= 10 && !memcmp(bytes + 4, "\0\0\0\0{", 5); }
static bool is_tflite(const char *bytes, size_t length) { return length >= 8 && !bytes[3] && !memcmp(bytes + 4, "TFL3", 4); }
static bool is_webp(const char *bytes, size_t length) { return length >= 12 && !memcmp(bytes, "RIFF", 4) && !memcmp(bytes + 8, "WEBP", 4); }

/* "BM", the size of the file, two numbers that are 0. */
static bool is_bmp(const char *bytes, size_t length) { return length > 26 && !memcmp(bytes, "BM", 2) && !memcmp(bytes + 6, "\0\0\0\0", 4); }

/* Netpbm's numbers come behind a blank. */
static bool is_netpbm(const char *bytes, size_t length) {
  return length > 3 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '6' && bytes[2] && strchr(" \t\r\n", bytes[2]);
}

/* ModelProto begins with its field ir_version; the producer, the opsets or the graph is next. */
static bool is_onnx(const char *bytes, size_t length) {
  return length > 3 && bytes[0] == 8 && bytes[1] > 0 && bytes[1] < 32 && bytes[2] && strchr("\x12\x3a\x42", bytes[2]);
}

static FileKind archive(const char *bytes, size_t length) {
  size_t looked = length < LOOKED_AT ? length : LOOKED_AT;
  if (contains(bytes, looked, "/data.pkl")) return (FileKind){USE_FRAMEWORK, "what PyTorch's `torch.save` wrote"};
  if (contains(bytes, looked, ".npy")) return (FileKind){USE_TENSORS, "a NumPy archive"};
  return (FileKind){USE_ARCHIVE, "a ZIP archive"};
}

/* Text has blanks, tabs and line ends; what has other control characters again and again is none. */
static bool is_binary(const char *bytes, size_t length) {
  int controls = 0;
  for (size_t i = 0; i < length && i < LOOKED_AT; i++)
    controls += (unsigned char)bytes[i] < 0x20 && !(bytes[i] && strchr("\t\n\v\f\r\x1b", bytes[i]));
  return controls >= ENOUGH_CONTROLS;
}

FileKind file_kind(const char *bytes, size_t length) {
  if (!length) return (FileKind){USE_EMPTY, "empty"};
  for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
    const Magic *m = &magics[i];
    if (length >= (size_t)(m->at + m->length) && !memcmp(bytes + m->at, m->bytes, (size_t)m->length)) return m->kind;
  }
  if (length >= 4 && !memcmp(bytes, "PK\3\4", 4)) return archive(bytes, length);
  if (is_safetensors(bytes, length)) return (FileKind){USE_TENSORS, "a safetensors file"};
  if (is_tflite(bytes, length)) return (FileKind){USE_FRAMEWORK, "a model of TensorFlow Lite"};
  if (is_webp(bytes, length)) return (FileKind){USE_CONVERT, "a WebP picture"};
  if (is_bmp(bytes, length)) return (FileKind){USE_CONVERT, "a BMP picture"};
  if (is_netpbm(bytes, length)) return (FileKind){USE_PICTURE, "a picture of Netpbm"};
  if (is_onnx(bytes, length)) return (FileKind){USE_ONNX, "an ONNX model"};
  if (is_binary(bytes, length)) return (FileKind){USE_NOTHING, "no text"};
  return (FileKind){USE_UNKNOWN, "text"};
}
