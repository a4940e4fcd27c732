/* image.c - see image.h. PNG through libpng's simplified interface, which reports errors by value and so cannot jump
 * past us; the Netpbm formats by a reader of our own. */
#include "load/image.h"

#include <png.h>
#include <stdint.h>
#include <zlib.h>
#include <string.h>

static bool fail(const char **error, const char *text) {
  *error = text;
  return false;
}

static bool is_png(const char *bytes, size_t length) { return length >= 8 && !memcmp(bytes, "\x89PNG\r\n\x1a\n", 8); }
static bool is_netpbm(const char *bytes, size_t length) { return length >= 3 && bytes[0] == 'P' && bytes[1] && strchr("2356", bytes[1]); }
bool is_image(const char *bytes, size_t length) { return is_png(bytes, length) || is_netpbm(bytes, length); }

static void free_png(void *object) { png_image_free(object); }

static bool load_png(Arena *arena, const char *bytes, size_t length, Image *image, const char **error) {
  png_image *png = ARENA_NEW(arena, png_image);
  arena_defer(arena, free_png, png);
  png->version = PNG_IMAGE_VERSION;
  if (!png_image_begin_read_from_memory(png, bytes, length))
    return fail(error, arena_printf(arena, "the PNG cannot be read: %s", png->message));
  if (png->width > MAX_IMAGE_SIDE || png->height > MAX_IMAGE_SIDE) {
    png_image_free(png);
    return fail(error, "the picture is larger than 16384 pixels");
  }
  png->flags |= PNG_IMAGE_FLAG_16BIT_sRGB; /* as everybody writes 16 bits, against the letter of the simplified interface */
  image->channels = png->format & PNG_FORMAT_FLAG_COLOR ? 3 : 1;
  image->height = (int)png->height;
  image->width = (int)png->width;
  png->format = image->channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  unsigned char *pixels = arena_alloc(arena, PNG_IMAGE_SIZE(*png));
  png_color black = {0, 0, 0};
  int good = png_image_finish_read(png, &black, pixels, 0, NULL);
  image->pixels = pixels;
  if (good && !PNG_IMAGE_FAILED(*png)) return true;
  return fail(error, arena_printf(arena, "the PNG cannot be read: %s", png->message));
}

typedef struct Netpbm {
  const unsigned char *bytes;
  size_t at, length;
} Netpbm;

static bool is_blank(int c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f'; }

/* A decimal number after blanks and comments; -1: there is none, or it is above 65535. */
static int next_number(Netpbm *p) {
  while (p->at < p->length && (is_blank(p->bytes[p->at]) || p->bytes[p->at] == '#')) {
    if (p->bytes[p->at] == '#')
      while (p->at < p->length && p->bytes[p->at] != '\n') p->at++;
    else p->at++;
  }
  int value = -1;
  for (; p->at < p->length && p->bytes[p->at] >= '0' && p->bytes[p->at] <= '9'; p->at++) {
    value = (value < 0 ? 0 : value) * 10 + (p->bytes[p->at] - '0');
    if (value > 65535) return -1;
  }
  return value;
}

static bool load_netpbm(Arena *arena, const char *bytes, size_t length, Image *image, const char **error) {
  Netpbm p = {(const unsigned char *)bytes, 2, length};
  bool plain = bytes[1] == '2' || bytes[1] == '3';
  image->channels = bytes[1] == '3' || bytes[1] == '6' ? 3 : 1;
  if (!is_blank(p.bytes[2]) && p.bytes[2] != '#') return fail(error, "the header of the PGM or PPM is malformed");
  image->width = next_number(&p);
  image->height = next_number(&p);
  int greatest = next_number(&p);
  if (image->width < 1 || image->height < 1 || greatest < 1) return fail(error, "the header of the PGM or PPM is malformed");
  if (image->width > MAX_IMAGE_SIDE || image->height > MAX_IMAGE_SIDE) return fail(error, "the picture is larger than 16384 pixels");
  if (p.at >= length || !is_blank(p.bytes[p.at])) return fail(error, "the header of the PGM or PPM is malformed");
  p.at++;
  size_t count = (size_t)image->width * (size_t)image->height * (size_t)image->channels, width = greatest > 255 ? 2 : 1;
  /* Each plain number takes a digit and a blank at least: nothing is allocated for what cannot be there. */
  if (length - p.at < (plain ? 2 * count - 1 : count * width))
    return fail(error, arena_printf(arena, "the picture is cut off: %zu bytes of pixels are too few", length - p.at));
  unsigned char *pixels = arena_alloc(arena, count);
  for (size_t i = 0; i < count; i++) {
    int value = plain ? next_number(&p) : width == 1 ? p.bytes[p.at + i] : p.bytes[p.at + 2 * i] << 8 | p.bytes[p.at + 2 * i + 1];
    if (value < 0) return fail(error, "the picture is cut off or has a pixel that is not a number");
    if (value > greatest) return fail(error, "the picture has a pixel above its greatest value");
    pixels[i] = (unsigned char)((value * 255 + greatest / 2) / greatest & 255);
  }
  image->pixels = pixels;
  return true;
}

bool load_image(Arena *arena, const char *bytes, size_t length, Image *image, const char **error) {
  *image = (Image){0};
  if (is_png(bytes, length)) return load_png(arena, bytes, length, image, error);
  if (is_netpbm(bytes, length)) return load_netpbm(arena, bytes, length, image, error);
  return fail(error, "this is neither PNG nor PGM nor PPM");
}

bool write_png(Text *out, const Image *image, const char **error) {
  png_image png = {.version = PNG_IMAGE_VERSION,
                   .width = (png_uint_32)image->width,
                   .height = (png_uint_32)image->height,
                   .format = image->channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY};
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(png);
  char *bytes = arena_alloc(out->arena, size);
  if (!png_image_write_to_memory(&png, bytes, &size, 0, image->pixels, 0, NULL))
    return fail(error, arena_printf(out->arena, "the PNG cannot be written: %s", png.message));
  text_add_bytes(out, bytes, size);
  return true;
}

void write_netpbm(Text *out, const Image *image) {
  text_addf(out, "P%d\n%d %d\n255\n", image->channels == 3 ? 6 : 5, image->width, image->height);
  text_add_bytes(out, (const char *)image->pixels, (size_t)image->width * (size_t)image->height * (size_t)image->channels);
}

static void add_big_endian(Text *out, uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) text_add_char(out, (char)(number >> shift & 0xff), 1);
}

void mark_png(Text *out, const char *png, size_t length, const char *comment) {
  enum { SIGNATURE_AND_HEAD = 8 + 25 };
  Text chunk = text_new(out->arena);
  text_add_bytes(&chunk, "tEXtComment", sizeof "tEXtComment"); /* with its NUL */
  text_add(&chunk, comment);
  size_t head = length < SIGNATURE_AND_HEAD ? length : SIGNATURE_AND_HEAD;
  text_add_bytes(out, png, head);
  add_big_endian(out, (uint32_t)(chunk.length - 4));
  text_add_bytes(out, chunk.data, chunk.length);
  add_big_endian(out, (uint32_t)crc32(0, (const unsigned char *)chunk.data, (unsigned)chunk.length));
  text_add_bytes(out, png + head, length - head);
}
