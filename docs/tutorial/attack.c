/* Looks for the least noise by which LeNet-5 misreads a digit, and counts what noise of the same size does that is random:
 *   attack DIRECTORY 0-a.pgm 0-b.pgm ..    (28x28 gray bytes each; the name begins with the digit)
 * Writes each digit with its noise to DIRECTORY. Prints lines `kind amount right of`, then how each digit is misread. The
 * network is compiled without softmax: for a digit that is read surely, probabilities hardly move. */

#include "digits.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 28, PIXELS = SIDE * SIDE, CLASSES = DIGITS_SCORES_SIZE, MOST = 100, NOISES = 8, STEP = 8, LARGEST = 64 };

typedef struct digit {
    const char *name;
    int answer, fooled_at, read_as; /* fooled_at: an amount; over LARGEST: never */
    unsigned char pixels[PIXELS];
} digit;

static digit digits[MOST];
static int digit_count;
static float scores[CLASSES];

static void fail(const char *path, const char *why)
{
    fprintf(stderr, "attack: %s %s\n", path, why);
    exit(1);
}

static void read_digit(const char *path)
{
    const char *slash = strrchr(path, '/');
    digit *read = &digits[digit_count++];
    FILE *file = fopen(path, "rb");
    int end = 0;

    if (!file || fscanf(file, "P5 28 28 255%n", &end) != 0 || end == 0 || fgetc(file) == EOF ||
        fread(read->pixels, 1, PIXELS, file) != PIXELS)
        fail(path, "is not a gray picture of 28x28 bytes");
    fclose(file);
    read->name = slash ? slash + 1 : path;
    read->answer = read->name[0] - '0';
}

static void write_digit(const char *directory, const char *name, const float *image)
{
    char path[4096];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", directory, name);
    file = fopen(path, "wb");
    if (!file || fprintf(file, "P5\n28 28\n255\n") < 0)
        fail(path, "cannot be written");
    for (int i = 0; i < PIXELS; i++)
        fputc((int)(image[i] * 255 + 0.5f), file);
    if (fclose(file))
        fail(path, "cannot be written");
}

/* The class with the highest score; `scores` has all. */
static int read_by_network(const float *image)
{
    static _Alignas(DIGITS_WORKSPACE_ALIGN) unsigned char workspace[DIGITS_WORKSPACE_BYTES];
    digits_inputs in = {image};
    digits_outputs out = {scores};
    digits_env env = {workspace, sizeof workspace, NULL, 0};
    digits_status status = digits_run(&in, &out, &env);
    int best = 0;

    if (status != DIGITS_OK)
        fail("digits_run", digits_status_text(status));
    for (int i = 1; i < CLASSES; i++)
        if (scores[i] > scores[best])
            best = i;
    return best;
}

/* How far the score of the answer is ahead of the next. */
static float lead(const float *image, int answer)
{
    float next = -1e30f;

    read_by_network(image);
    for (int i = 0; i < CLASSES; i++)
        if (i != answer && scores[i] > next)
            next = scores[i];
    return scores[answer] - next;
}

/* The picture with so much noise, as bytes can hold it. */
static void add_noise(const digit *from, const int *noise, float *image)
{
    for (int i = 0; i < PIXELS; i++) {
        int value = from->pixels[i] + noise[i];

        image[i] = (float)(value < 0 ? 0 : value > 255 ? 255 : value) / 255.0f;
    }
}

/* Each pixel is made a little brighter, alone, to see which way the lead goes; then all are moved against it at once. */
static void step_down(const digit *from, int *noise)
{
    float image[PIXELS], before;

    add_noise(from, noise, image);
    before = lead(image, from->answer);
    for (int i = 0; i < PIXELS; i++) {
        float pixel = image[i];

        image[i] = pixel + 0.0625f;
        noise[i] += lead(image, from->answer) > before ? -STEP : STEP;
        image[i] = pixel;
    }
}

static void attack(digit *from, const char *directory)
{
    int noise[PIXELS] = {0};
    float image[PIXELS];

    from->read_as = from->answer;
    while (from->read_as == from->answer && from->fooled_at <= LARGEST) {
        step_down(from, noise);
        from->fooled_at += STEP;
        add_noise(from, noise, image);
        from->read_as = read_by_network(image);
    }
    write_digit(directory, from->name, image);
}

/* Of NOISES pictures of each digit, whose pixels all move by the amount, up or down as chance has it. */
static int count_random(int amount)
{
    uint32_t state = 1; /* the same numbers on every machine */
    int noise[PIXELS], right = 0;
    float image[PIXELS];

    for (int d = 0; d < digit_count; d++) {
        for (int n = 0; n < NOISES; n++) {
            for (int i = 0; i < PIXELS; i++) {
                state = state * 1664525u + 1013904223u;
                noise[i] = state >> 31 ? amount : -amount;
            }
            add_noise(&digits[d], noise, image);
            right += read_by_network(image) == digits[d].answer;
        }
    }
    return right;
}

int main(int argument_count, char **arguments)
{
    for (int i = 2; i < argument_count && i < MOST + 2; i++)
        read_digit(arguments[i]);
    for (int d = 0; d < digit_count; d++)
        attack(&digits[d], arguments[1]);
    for (int amount = 0; amount <= LARGEST; amount += STEP) {
        int right = 0;

        for (int d = 0; d < digit_count; d++)
            right += digits[d].fooled_at > amount;
        printf("aimed  %2d %3d of %d\n", amount, right, digit_count);
        printf("random %2d %3d of %d\n", amount, count_random(amount), digit_count * NOISES);
    }
    for (int d = 0; d < digit_count; d++)
        printf("%s read as %d at %2d\n", digits[d].name, digits[d].read_as, digits[d].fooled_at);
    return 0;
}
