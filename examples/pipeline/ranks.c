/* Runs LeNet-5 over pictures on all ranks of MPI:
 *   mpirun -n RANKS ranks PICTURE.pgm... >RESULTS
 * Rank 0 deals the pictures out, one at a time to whoever is free, and prints all results in their order at the end: a line of
 * ten probabilities each. Where a picture cannot be read, or mpirun finds a rank dead, all of them end and nothing is printed. */
#include <mpi.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include "lenet5.h"

enum { TAG_ASK, TAG_RESULT, TAG_WORK, NONE = -1 };

static void fail(const char *what, const char *name)
{
  fprintf(stderr, "ranks: %s: %s\n", name, what);
  MPI_Abort(MPI_COMM_WORLD, 1);
}

static void read_picture(const char *name, float *image)
{
  unsigned char bytes[LENET5_IMAGE_SIZE];
  int width = 0, height = 0, greatest = 0;
  FILE *file = fopen(name, "rb");
  if (!file) fail("cannot be opened", name);
  const int numbers = fscanf(file, "P5 %d %d %d", &width, &height, &greatest);
  if (numbers != 3 || width != LENET5_IMAGE_WIDTH || height != LENET5_IMAGE_HEIGHT || greatest != 255) fail("is no such picture", name);
  fgetc(file);
  if (fread(bytes, 1, sizeof bytes, file) != sizeof bytes) fail("is not complete", name);
  fclose(file);
  for (int i = 0; i < LENET5_IMAGE_SIZE; i++) image[i] = (float)bytes[i] / 255.0f;
}

static void classify(const char *name, float *probs)
{
  static unsigned char memory[LENET5_WORKSPACE_BYTES + LENET5_WORKSPACE_ALIGN];
  float image[LENET5_IMAGE_SIZE];
  const size_t excess = (size_t)((uintptr_t)memory % LENET5_WORKSPACE_ALIGN);
  const lenet5_inputs in = {image};
  const lenet5_outputs out = {probs};
  const lenet5_env env = {memory + (LENET5_WORKSPACE_ALIGN - excess), LENET5_WORKSPACE_BYTES, NULL, 0};
  read_picture(name, image);
  const lenet5_status status = lenet5_run(&in, &out, &env);
  if (status != LENET5_OK) fail(lenet5_status_text(status), name);
}

/* Asks for a picture, until there is none. */
static void work(char **names)
{
  float probs[LENET5_PROBS_SIZE];
  int index = NONE;
  MPI_Send(&index, 1, MPI_INT, 0, TAG_ASK, MPI_COMM_WORLD);
  for (;;) {
    MPI_Recv(&index, 1, MPI_INT, 0, TAG_WORK, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    if (index == NONE) return;
    classify(names[index], probs);
    MPI_Send(&index, 1, MPI_INT, 0, TAG_ASK, MPI_COMM_WORLD);
    MPI_Send(probs, LENET5_PROBS_SIZE, MPI_FLOAT, 0, TAG_RESULT, MPI_COMM_WORLD);
  }
}

/* Ten lines in all, as mpirun hands them on as they are. */
static void show_progress(int done, int count)
{
  if (done * 10 / count > (done - 1) * 10 / count) fprintf(stderr, "%d of %d pictures\n", done, count);
}

static void deal(int workers, int count, float *results)
{
  int next = 0, done = 0;
  while (workers > 0) {
    int index, give = NONE;
    MPI_Status from;
    MPI_Recv(&index, 1, MPI_INT, MPI_ANY_SOURCE, TAG_ASK, MPI_COMM_WORLD, &from);
    if (index != NONE) {
      float *to = results + (size_t)index * LENET5_PROBS_SIZE;
      MPI_Recv(to, LENET5_PROBS_SIZE, MPI_FLOAT, from.MPI_SOURCE, TAG_RESULT, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
      show_progress(++done, count);
    }
    if (next < count) give = next++;
    else workers--;
    MPI_Send(&give, 1, MPI_INT, from.MPI_SOURCE, TAG_WORK, MPI_COMM_WORLD);
  }
}

static void print_results(int count, const float *results)
{
  for (int i = 0; i < count * LENET5_PROBS_SIZE; i++)
    printf("%.9g%c", (double)results[i], (i + 1) % LENET5_PROBS_SIZE ? ' ' : '\n');
  if (fflush(stdout)) fail("cannot be written", "standard output");
}

int main(int argc, char **argv)
{
  int rank, ranks;
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  if (rank == 0) {
    const int count = argc - 1;
    float *results = malloc((size_t)(count + 1) * LENET5_PROBS_SIZE * sizeof *results);
    if (!results) fail("there is not enough memory", "results");
    if (ranks > 1) deal(ranks - 1, count, results);
    for (int i = 0; i < count && ranks == 1; i++) {
      classify(argv[i + 1], results + (size_t)i * LENET5_PROBS_SIZE);
      show_progress(i + 1, count);
    }
    print_results(count, results);
    free(results);
  } else {
    work(argv + 1);
  }
  MPI_Finalize();
  return 0;
}
