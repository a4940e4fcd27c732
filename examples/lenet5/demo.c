/* Reads pictures of digits with the compiled network and shows, side by side,
 * each picture and the network's ten probabilities:
 *   demo PICTURE.png...        (28x28 pixels, named after the digit: 7-a.png)
 * Exit status: 0 all digits right, 1 some wrong or the network refused to run,
 * 2 usage, 3 input or output. */

#define _POSIX_C_SOURCE 200112L

#include "classify.h"
#include "lenet5.h"

#include <png.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SIDE = 28, PANEL_ROWS = SIDE / 2, TEXT_COLUMNS = 10, BAR_COLUMNS = TEXT_COLUMNS - 2 };
enum { FIRST_BAR_ROW = 1, ANSWER_ROW = 12, VERDICT_ROW = 13 };
enum { EXIT_USAGE = 2, EXIT_IO = 3 };

/* One picture and what the network says about it. */
typedef struct panel {
    const char *name;
    unsigned expected;
    unsigned answer;
    unsigned char pixels[LENET5_IMAGE_SIZE];
    float probabilities[LENET5_PROBS_SIZE];
} panel;

static void fail(const char *subject, const char *reason, int exit_status)
{
    fprintf(stderr, "demo: %s: %s\n", subject, reason);
    exit(exit_status);
}

static void read_picture(const char *path, unsigned char *pixels)
{
    png_image image = {.version = PNG_IMAGE_VERSION};

    if (!png_image_begin_read_from_file(&image, path))
        fail(path, image.message, EXIT_IO);
    if (image.width != SIDE || image.height != SIDE) {
        png_image_free(&image);
        fail(path, "not a picture of 28x28 pixels", EXIT_IO);
    }
    image.format = PNG_FORMAT_GRAY;
    memset(pixels, 0, LENET5_IMAGE_SIZE); /* what transparent pixels are laid over */
    if (!png_image_finish_read(&image, NULL, pixels, SIDE, NULL))
        fail(path, image.message, EXIT_IO);
}

static panel make_panel(const char *path)
{
    panel result;
    const char *slash = strrchr(path, '/');

    result.name = slash ? slash + 1 : path;
    if (result.name[0] < '0' || result.name[0] > '9')
        fail(path, "the file name must start with the digit in the picture", EXIT_USAGE);
    result.expected = (unsigned)(result.name[0] - '0');
    read_picture(path, result.pixels);
    lenet5_status status = classify(result.pixels, result.probabilities, &result.answer);
    if (status != LENET5_OK)
        fail("lenet5_run", lenet5_status_text(status), EXIT_FAILURE);
    return result;
}

/* The grey of the terminals' 256 colours nearest to a pixel. */
static unsigned terminal_grey(unsigned pixel)
{
    enum { BLACK = 16, WHITE = 231, RAMP_START = 232, RAMP_LENGTH = 24 };
    unsigned step = (pixel * (RAMP_LENGTH + 1) + 127) / 255;

    if (step == 0)
        return BLACK;
    return step > RAMP_LENGTH ? WHITE : RAMP_START + step - 1;
}

/* One line of text for two rows of pixels. */
static void print_picture_row(const panel *shown, unsigned row, bool rich)
{
    static const char shades[] = " .:-=+*#%@";
    const unsigned char *upper = shown->pixels + 2 * row * SIDE;
    const unsigned char *lower = upper + SIDE;

    for (unsigned x = 0; x < SIDE; x++) {
        if (rich)
            printf("\033[38;5;%u;48;5;%um\xE2\x96\x80", terminal_grey(upper[x]),
                   terminal_grey(lower[x]));
        else
            putchar(shades[(upper[x] + lower[x]) * (sizeof shades - 2) / (2 * 255)]);
    }
    if (rich)
        fputs("\033[0m", stdout);
}

/* A bar of BAR_COLUMNS for probability 1, in eighths of a column where possible. */
static void print_bar(float probability, bool rich)
{
    static const char *const partial_blocks[] = {
        " ", "\xE2\x96\x8F", "\xE2\x96\x8E", "\xE2\x96\x8D", "\xE2\x96\x8C",
        "\xE2\x96\x8B", "\xE2\x96\x8A", "\xE2\x96\x89", "\xE2\x96\x88",
    };
    unsigned eighths = (unsigned)(probability * 8 * BAR_COLUMNS + 0.5f);

    for (unsigned column = 0; column < BAR_COLUMNS; column++) {
        unsigned filled = eighths > 8 * column ? eighths - 8 * column : 0;
        if (filled > 8)
            filled = 8;
        if (rich)
            fputs(partial_blocks[filled], stdout);
        else
            putchar(filled >= 4 ? '#' : ' ');
    }
}

/* The text beside a picture: its name, the ten bars, the answer and the verdict. */
static void print_text_row(const panel *shown, unsigned row, bool rich)
{
    bool right = shown->answer == shown->expected;
    bool coloured = rich && (row == FIRST_BAR_ROW + shown->answer || row == VERDICT_ROW);

    if (coloured)
        fputs(right ? "\033[32m" : "\033[31m", stdout);
    if (row >= FIRST_BAR_ROW && row < FIRST_BAR_ROW + LENET5_PROBS_SIZE) {
        unsigned digit = row - FIRST_BAR_ROW;
        printf("%u%c", digit, digit == shown->answer ? '>' : ' ');
        print_bar(shown->probabilities[digit], rich);
    } else if (row == 0) {
        printf("%-*.*s", TEXT_COLUMNS, TEXT_COLUMNS, shown->name);
    } else if (row == ANSWER_ROW) {
        printf("read as %u ", shown->answer);
    } else if (row == VERDICT_ROW) {
        printf("%s %3.0f%%", right ? "right" : "WRONG",
               100.0 * (double)shown->probabilities[shown->answer]);
    } else {
        printf("%*s", TEXT_COLUMNS, "");
    }
    if (coloured)
        fputs("\033[0m", stdout);
}

static void print_panels(const panel *panels, unsigned count, bool rich)
{
    for (unsigned row = 0; row < PANEL_ROWS; row++) {
        for (unsigned i = 0; i < count; i++) {
            fputs(i == 0 ? "" : "  ", stdout);
            print_picture_row(&panels[i], row, rich);
            putchar(' ');
            print_text_row(&panels[i], row, rich);
        }
        putchar('\n');
    }
    putchar('\n');
}

int main(int argc, char **argv)
{
    const char *no_color = getenv("NO_COLOR");
    bool rich = isatty(STDOUT_FILENO) && !(no_color && no_color[0]);
    int right = 0;

    if (argc < 2) {
        fputs("usage: demo PICTURE.png...\n", stderr);
        return EXIT_USAGE;
    }
    for (int next = 1; next < argc;) {
        panel panels[2];
        unsigned count = 0;
        for (; count < 2 && next < argc; count++, next++) {
            panels[count] = make_panel(argv[next]);
            right += panels[count].answer == panels[count].expected;
        }
        print_panels(panels, count, rich);
    }
    printf("%d of %d digits right\n", right, argc - 1);
    if (fflush(stdout) != 0 || ferror(stdout))
        fail("standard output", "cannot write", EXIT_IO);
    return right == argc - 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}
