/* file_kind.h - what a file is, by its first bytes, so that one that was meant for another place is called by its name
 * instead of by the first byte that is wrong in it. Decides nothing: readers look for themselves. */
#ifndef CNNC_SUPPORT_FILE_KIND_H
#define CNNC_SUPPORT_FILE_KIND_H
#include <stddef.h>

typedef enum FileUse {
  USE_UNKNOWN, /* perhaps text */
  USE_EMPTY,
  USE_NOTHING,   /* nothing of ours, and nothing that says what to do with it */
  USE_PICTURE,   /* an input of a network, as it is */
  USE_CONVERT,   /* a picture of another format */
  USE_TENSORS,   /* weights, or an array for an input */
  USE_ARCHIVE,   /* ZIP, with what in it is not seen here */
  USE_FRAMEWORK, /* weights as a framework keeps them */
  USE_ONNX,      /* for `cnnc import` */
  USE_UTF16,
  USE_LFS
} FileUse;

typedef struct FileKind {
  FileUse use;
  const char *what; /* "a JPEG picture": what stands behind "it is" */
} FileKind;

FileKind file_kind(const char *bytes, size_t length);
#endif
