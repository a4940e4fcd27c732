/* Runs the compiled network over MNIST's test images and counts right answers:
 *   accuracy [--answers FILE] [--probabilities FILE] IMAGES LABELS
 * IMAGES and LABELS are idx files, gzipped or plain. FILE gets one digit a line,
 * or ten float32 for each image in this machine's byte order.
 * Exit status: 0 success, 1 the network refused to run, 2 usage, 3 input or output. */

#include "classify.h"
#include "lenet5.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { IMAGE_SIDE = 28, DIGIT_COUNT = 10, MAX_DIMENSIONS = 3 };
enum { EXIT_USAGE = 2, EXIT_IO = 3 };

typedef struct idx_file {
    const char *path;
    gzFile stream;
    uint32_t dimensions[MAX_DIMENSIONS];
} idx_file;

typedef struct output_file {
    const char *path;
    FILE *stream; /* NULL when this output was not asked for */
} output_file;

static void fail(const char *path, const char *reason)
{
    fprintf(stderr, "accuracy: %s: %s\n", path, reason);
    exit(EXIT_IO);
}

static void usage(void)
{
    fputs("usage: accuracy [--answers FILE] [--probabilities FILE] IMAGES LABELS\n", stderr);
    exit(EXIT_USAGE);
}

static void read_exactly(const idx_file *file, unsigned char *bytes, unsigned count)
{
    int error_code;
    int received = gzread(file->stream, bytes, count);

    if (received >= 0 && (unsigned)received == count)
        return;
    gzerror(file->stream, &error_code);
    if (error_code == Z_OK || error_code == Z_BUF_ERROR)
        fail(file->path, "truncated file");
    fail(file->path, error_code == Z_ERRNO ? strerror(errno) : "damaged gzip data");
}

static uint32_t read_big_endian(const idx_file *file)
{
    unsigned char bytes[4];

    read_exactly(file, bytes, sizeof bytes);
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* Opens an idx file of unsigned bytes and reads its header. */
static idx_file open_idx(const char *path, unsigned dimension_count)
{
    idx_file file = {path, NULL, {0, 0, 0}};

    errno = 0;
    file.stream = gzopen(path, "rb");
    if (!file.stream)
        fail(path, errno ? strerror(errno) : "out of memory");
    if (read_big_endian(&file) != (UINT32_C(0x0800) | dimension_count))
        fail(path, dimension_count == 1 ? "not idx labels" : "not idx images");
    for (unsigned i = 0; i < dimension_count; i++)
        file.dimensions[i] = read_big_endian(&file);
    return file;
}

/* Checks that nothing follows, which also makes zlib compare the checksum. */
static void close_idx(const idx_file *file)
{
    unsigned char extra;
    int received = gzread(file->stream, &extra, 1);

    if (received > 0)
        fail(file->path, "more data than the header announces");
    if (received < 0)
        fail(file->path, "damaged gzip data");
    if (gzclose(file->stream) != Z_OK)
        fail(file->path, "truncated file");
}

static output_file open_output(const char *path)
{
    output_file file = {path, NULL};

    if (path) {
        file.stream = fopen(path, "wb");
        if (!file.stream)
            fail(path, strerror(errno));
    }
    return file;
}

static void close_output(const output_file *file)
{
    if (!file->stream)
        return;
    int write_failed = ferror(file->stream);
    if (fclose(file->stream) != 0 || write_failed)
        fail(file->path, "cannot write");
}

static uint32_t count_right(const idx_file *images, const idx_file *labels,
                            const output_file *answers, const output_file *all_probabilities)
{
    uint32_t right = 0;

    for (uint32_t i = 0; i < images->dimensions[0]; i++) {
        unsigned char pixels[LENET5_IMAGE_SIZE];
        unsigned char label;
        float probabilities[LENET5_PROBS_SIZE];

        read_exactly(images, pixels, sizeof pixels);
        read_exactly(labels, &label, 1);
        if (label >= DIGIT_COUNT)
            fail(labels->path, "a label is not a digit");
        unsigned answer;
        lenet5_status status = classify(pixels, probabilities, &answer);
        if (status != LENET5_OK) {
            fprintf(stderr, "accuracy: lenet5_run: %s\n", lenet5_status_text(status));
            exit(EXIT_FAILURE);
        }
        right += answer == label;
        if (answers->stream)
            fprintf(answers->stream, "%u\n", answer);
        if (all_probabilities->stream)
            fwrite(probabilities, sizeof probabilities, 1, all_probabilities->stream);
    }
    return right;
}

int main(int argc, char **argv)
{
    const char *answers_path = NULL;
    const char *probabilities_path = NULL;
    int next = 1;

    for (; next + 1 < argc && strncmp(argv[next], "--", 2) == 0; next += 2) {
        if (strcmp(argv[next], "--answers") == 0)
            answers_path = argv[next + 1];
        else if (strcmp(argv[next], "--probabilities") == 0)
            probabilities_path = argv[next + 1];
        else
            usage();
    }
    if (argc - next != 2)
        usage();

    idx_file images = open_idx(argv[next], 3);
    idx_file labels = open_idx(argv[next + 1], 1);
    uint32_t count = images.dimensions[0];
    if (images.dimensions[1] != IMAGE_SIDE || images.dimensions[2] != IMAGE_SIDE)
        fail(images.path, "the images are not 28x28");
    if (count == 0)
        fail(images.path, "no images");
    if (labels.dimensions[0] != count)
        fail(labels.path, "not one label for each image");

    output_file answers = open_output(answers_path);
    output_file probabilities = open_output(probabilities_path);
    uint32_t right = count_right(&images, &labels, &answers, &probabilities);
    close_idx(&images);
    close_idx(&labels);
    close_output(&answers);
    close_output(&probabilities);

    printf("accuracy: %lu of %lu (%.2f %%)\n", (unsigned long)right, (unsigned long)count,
           100.0 * right / count);
    if (fflush(stdout) != 0)
        fail("standard output", strerror(errno));
    return EXIT_SUCCESS;
}
