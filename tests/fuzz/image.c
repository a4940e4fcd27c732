/* image.c - fuzz target: PNG, PGM and PPM. What was read and written as PGM or PPM again is the same picture. */
#include <string.h>
#include "fuzz.h"
#include "load/image.h"

static void run_image(FuzzRun *run, const char *bytes, size_t length) {
  Image image, again;
  const char *error = NULL;
  bool good = load_image(run->arena, bytes, length, &image, &error);
  fuzz_expect_result(run, good, error);
  if (!good) return;
  Text written = text_new(run->arena);
  write_netpbm(&written, &image);
  size_t size = (size_t)image.height * (size_t)image.width * (size_t)image.channels;
  good = load_image(run->arena, text_string(&written), written.length, &again, &error) && again.height == image.height &&
         again.width == image.width && again.channels == image.channels && !memcmp(again.pixels, image.pixels, size);
  fuzz_expect(run, good, "the written picture is another");
  text_add_bytes(&run->out, (const char *)image.pixels, size);
}

const FuzzTarget image_target = {"image", run_image, NULL};
