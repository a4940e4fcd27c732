/* image.h - pictures: PNG, PGM and PPM, as 8-bit grey or RGB. Knows nothing of networks. */
#ifndef CNNC_LOAD_IMAGE_H
#define CNNC_LOAD_IMAGE_H
#include <stdbool.h>
#include <stddef.h>
#include "support/arena.h"
#include "support/text.h"

enum { MAX_IMAGE_SIDE = 1 << 14 };

typedef struct Image {
  int height, width, channels; /* 1 or 3 */
  const unsigned char *pixels; /* [height][width][channels] */
} Image;

/* Palettes and 16 bits become 8 bits; what is transparent is laid over black. A PGM or PPM whose greatest value is not
 * 255 is scaled to it. false: *error, in the arena, says why. */
bool load_image(Arena *arena, const char *bytes, size_t length, Image *image, const char **error);
/* The bytes of a picture file: PNG, or PGM (P5) and PPM (P6) after its channels. false: *error says why. */
bool write_png(Text *out, const Image *image, const char **error);
/* A PNG with a comment in its head. */
void mark_png(Text *out, const char *png, size_t length, const char *comment);
void write_netpbm(Text *out, const Image *image);
/* By its first bytes. */
bool is_image(const char *bytes, size_t length);
#endif
