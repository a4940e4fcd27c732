/* Pictures: what is read, what is refused, and that a cut off file is never half a picture. */
#include <criterion/criterion.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>
#include "load/image.h"

static Arena arena;

static void finish(void) { arena_free(&arena); }
TestSuite(image, .fini = finish);

static const char *load(const char *bytes, size_t length, Image *image) {
  char *exact = malloc(length ? length : 1);
  memcpy(exact, bytes, length);
  const char *error = NULL;
  cr_assert_eq(load_image(&arena, exact, length, image, &error), error == NULL);
  free(exact); /* nothing may point into the file */
  return error;
}

static void expect_pixels(const char *bytes, size_t length, int height, int width, int channels, const unsigned char *pixels) {
  Image image;
  const char *error = load(bytes, length, &image);
  cr_assert_null(error, "%s", error);
  cr_assert_eq(image.height, height);
  cr_assert_eq(image.width, width);
  cr_assert_eq(image.channels, channels);
  for (int i = 0; i < height * width * channels; i++) cr_assert_eq(image.pixels[i], pixels[i], "pixel %d is %d", i, image.pixels[i]);
}

static void expect_error(const char *bytes, size_t length, const char *part) {
  Image image;
  const char *error = load(bytes, length, &image);
  cr_assert_not_null(error, "accepted");
  cr_assert(strstr(error, part), "expected `%s`, got `%s`", part, error);
}

#define TEXT(s) s, sizeof(s) - 1

Test(image, netpbm) {
  expect_pixels(TEXT("P2\n# a comment\n2 2\n255\n0 1\n2 255\n"), 2, 2, 1, (unsigned char[]){0, 1, 2, 255});
  expect_pixels(TEXT("P2 2 1 15 0 15"), 1, 2, 1, (unsigned char[]){0, 255});
  expect_pixels(TEXT("P3 1 2 255 1 2 3 4 5 6"), 2, 1, 3, (unsigned char[]){1, 2, 3, 4, 5, 6});
  expect_pixels(TEXT("P5 2 1 255 \x80\n"), 1, 2, 1, (unsigned char[]){0x80, 10});
  expect_pixels(TEXT("P5 1 1 65535 \xff\xff"), 1, 1, 1, (unsigned char[]){255});
  expect_pixels(TEXT("P6\n1 1\n255\nabc"), 1, 1, 3, (const unsigned char *)"abc");
}

Test(image, broken_netpbm) {
  expect_error(TEXT("P5 2 2 255 abc"), "cut off");
  expect_error(TEXT("P2 2 2 255 1 2 3 x"), "");
  expect_error(TEXT("P2 2 1 7 1 8"), "above its greatest");
  expect_error(TEXT("P5 16385 1 255 "), "larger than");
  expect_error(TEXT("P5 16384 16384 255 x"), "cut off");
  expect_error(TEXT("P5 99999999999 1 255 x"), "malformed");
  expect_error(TEXT("P5 0 1 255 x"), "malformed");
  expect_error(TEXT("P5 1 1 0 x"), "malformed");
  expect_error(TEXT("P5 1 1 65536 xx"), "malformed");
  expect_error(TEXT("P5 1 1 255"), "malformed");
  expect_error(TEXT("P5"), "neither");
  expect_error(TEXT("P5x"), "malformed");
  expect_error(TEXT("GIF89a"), "neither");
  expect_error(TEXT(""), "neither");
}

static char *png_of(png_uint_32 format, int height, int width, const void *pixels, size_t *length) {
  png_image png = {.version = PNG_IMAGE_VERSION, .width = (png_uint_32)width, .height = (png_uint_32)height, .format = format};
  png_alloc_size_t size = 0;
  cr_assert(png_image_write_to_memory(&png, NULL, &size, 0, pixels, 0, NULL), "%s", png.message);
  char *bytes = arena_alloc(&arena, size);
  cr_assert(png_image_write_to_memory(&png, bytes, &size, 0, pixels, 0, NULL), "%s", png.message);
  *length = size;
  return bytes;
}

Test(image, png) {
  static const unsigned char grey[] = {0, 1, 128, 254, 255, 7}, color[] = {1, 2, 3, 255, 128, 0};
  size_t length;
  const char *bytes = png_of(PNG_FORMAT_GRAY, 2, 3, grey, &length);
  expect_pixels(bytes, length, 2, 3, 1, grey);
  bytes = png_of(PNG_FORMAT_RGB, 1, 2, color, &length);
  expect_pixels(bytes, length, 1, 2, 3, color);
}

/* What is transparent is laid over black. */
Test(image, png_with_alpha) {
  static const unsigned char pixels[] = {200, 100, 50, 255, 200, 100, 50, 0};
  size_t length;
  const char *bytes = png_of(PNG_FORMAT_RGBA, 1, 2, pixels, &length);
  expect_pixels(bytes, length, 1, 2, 3, (unsigned char[]){200, 100, 50, 0, 0, 0});
  static const unsigned char grey[] = {77, 255, 99, 0};
  bytes = png_of(PNG_FORMAT_GA, 1, 2, grey, &length);
  expect_pixels(bytes, length, 1, 2, 1, (unsigned char[]){77, 0});
}

Test(image, broken_png) {
  unsigned char pixels[24 * 24];
  for (int i = 0; i < 24 * 24; i++) pixels[i] = (unsigned char)(i * 37);
  size_t length;
  char *bytes = png_of(PNG_FORMAT_GRAY, 24, 24, pixels, &length);
  size_t data_end = length - 12; /* before the end mark, which carries nothing */
  for (size_t cut = 0; cut < data_end; cut++) expect_error(bytes, cut, "");
  for (size_t at = 0; at < length; at++) { /* no crash and no leak, whatever is changed */
    char *changed = arena_alloc(&arena, length);
    memcpy(changed, bytes, length);
    changed[at] = (char)(changed[at] ^ 0x41);
    Image image;
    (void)load(changed, length, &image);
  }
}

Test(image, png_that_is_too_large) {
  unsigned char row[16385] = {0};
  size_t length;
  const char *bytes = png_of(PNG_FORMAT_GRAY, 1, 16385, row, &length);
  expect_error(bytes, length, "larger than");
}

/* What is written is read again. */
Test(image, written_pictures) {
  static const unsigned char grey[] = {0, 1, 128, 254, 255, 7}, color[] = {1, 2, 3, 255, 128, 0};
  const Image pictures[] = {{.height = 2, .width = 3, .channels = 1, .pixels = grey},
                            {.height = 1, .width = 2, .channels = 3, .pixels = color}};
  for (int i = 0; i < 2; i++) {
    const Image *p = &pictures[i];
    const char *error = NULL;
    Text png = text_new(&arena), netpbm = text_new(&arena);
    cr_assert(write_png(&png, p, &error), "%s", error);
    expect_pixels(text_string(&png), png.length, p->height, p->width, p->channels, p->pixels);
    write_netpbm(&netpbm, p);
    expect_pixels(text_string(&netpbm), netpbm.length, p->height, p->width, p->channels, p->pixels);
  }
  Text text = text_new(&arena);
  write_netpbm(&text, &pictures[0]);
  cr_assert(memcmp(text_string(&text), "P5\n3 2\n255\n", 11) == 0 && text.length == 17);
}
