/* Counts the digits that LeNet-5 reads rightly when they are shifted, turned, scaled or noisy:
 *   limits 0-a.pgm 0-b.pgm ..    (28x28 gray bytes each; the name begins with the digit)
 * Prints lines `change amount right of`. */

#include "lenet5.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 28, MOST = 100, NOISES = 8 };

typedef struct digit {
    int answer;
    unsigned char pixels[SIDE * SIDE];
} digit;

/* Where the pixel (x, y) of the changed picture comes from: a turn and a scale about the middle, then a shift. */
typedef struct change {
    double angle, scale, right, down, noise;
} change;

static digit digits[MOST];
static int digit_count;
static uint32_t noise_state;

static void read_digit(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    digit *read = &digits[digit_count];
    FILE *file = fopen(path, "rb");
    int end = 0;

    if (!file || fscanf(file, "P5 28 28 255%n", &end) != 0 || end == 0 || fgetc(file) == EOF ||
        fread(read->pixels, 1, SIDE * SIDE, file) != SIDE * SIDE) {
        fprintf(stderr, "limits: %s is not a gray picture of 28x28 bytes\n", path);
        exit(1);
    }
    fclose(file);
    read->answer = name[0] - '0';
    digit_count++;
}

static double pixel(const digit *from, int x, int y)
{
    return x < 0 || x >= SIDE || y < 0 || y >= SIDE ? 0.0 : from->pixels[y * SIDE + x] / 255.0;
}

/* Between four pixels: their mean, the nearer ones more. */
static double between(const digit *from, double x, double y)
{
    int left = (int)floor(x), top = (int)floor(y);
    double to_right = x - left, to_bottom = y - top;

    return (1 - to_bottom) * ((1 - to_right) * pixel(from, left, top) + to_right * pixel(from, left + 1, top)) +
           to_bottom * ((1 - to_right) * pixel(from, left, top + 1) + to_right * pixel(from, left + 1, top + 1));
}

/* From -1 to 1, the same numbers on every machine. */
static double random_number(void)
{
    noise_state = noise_state * 1664525u + 1013904223u;
    return (noise_state >> 8) / 8388608.0 - 1.0;
}

static void apply(const digit *from, change how, float *image)
{
    double middle = (SIDE - 1) / 2.0;
    double cosine = cos(how.angle * 3.14159265358979 / 180) / how.scale;
    double sine = sin(how.angle * 3.14159265358979 / 180) / how.scale;

    for (int y = 0; y < SIDE; y++) {
        for (int x = 0; x < SIDE; x++) {
            double across = x - how.right - middle, along = y - how.down - middle;
            double value = between(from, middle + cosine * across - sine * along, middle + sine * across + cosine * along);

            value += how.noise > 0 ? how.noise * random_number() : 0;
            image[y * SIDE + x] = (float)fmin(fmax(value, 0), 1);
        }
    }
}

static int read_by_network(const float *image)
{
    static _Alignas(LENET5_WORKSPACE_ALIGN) unsigned char workspace[LENET5_WORKSPACE_BYTES];
    float probs[LENET5_PROBS_SIZE];
    lenet5_inputs in = {image};
    lenet5_outputs out = {probs};
    lenet5_env env = {workspace, sizeof workspace, NULL, 0};
    lenet5_status status = lenet5_run(&in, &out, &env);
    int best = 0;

    if (status != LENET5_OK) {
        fprintf(stderr, "limits: %s\n", lenet5_status_text(status));
        exit(1);
    }
    for (int i = 1; i < LENET5_PROBS_SIZE; i++)
        if (probs[i] > probs[best])
            best = i;
    return best;
}

/* How many digits are read rightly, all changes taken together. */
static void count(const char *name, double amount, const change *changes, int change_count)
{
    float image[LENET5_IMAGE_SIZE];
    int right = 0;

    for (int d = 0; d < digit_count; d++) {
        for (int c = 0; c < change_count; c++) {
            apply(&digits[d], changes[c], image);
            right += read_by_network(image) == digits[d].answer;
        }
    }
    printf("%-5s %4g %3d of %d\n", name, amount, right, digit_count * change_count);
}

int main(int argument_count, char **arguments)
{
    for (int i = 1; i < argument_count && i <= MOST; i++)
        read_digit(arguments[i]);
    for (int shift = 0; shift <= 10; shift++) {
        change four[] = {{0, 1, shift, 0, 0}, {0, 1, -shift, 0, 0}, {0, 1, 0, shift, 0}, {0, 1, 0, -shift, 0}};
        count("shift", shift, four, 4);
    }
    for (int angle = 0; angle <= 90; angle += 10) {
        change two[] = {{angle, 1, 0, 0, 0}, {-angle, 1, 0, 0, 0}};
        count("turn", angle, two, 2);
    }
    for (int tenths = 3; tenths <= 17; tenths += 2) {
        change one = {0, tenths / 10.0, 0, 0, 0};
        count("scale", tenths / 10.0, &one, 1);
    }
    for (int tenths = 0; tenths <= 20; tenths += 2) {
        change same[NOISES];
        noise_state = 1;
        for (int i = 0; i < NOISES; i++)
            same[i] = (change){0, 1, 0, 0, tenths / 10.0};
        count("noise", tenths / 10.0, same, NOISES);
    }
    return 0;
}
