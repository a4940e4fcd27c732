/* resident.c - maps the weights of a net, runs it once, and prints how many bytes of memory the process held at most,
 * those of weights, workspace, input and output, and the sum of the output. Compile with -DNET=.. -DINPUT=.. as tests/memory/resident does. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#include NET_HEADER

int main(int count, char **arguments) {
  static float input[INPUT_SIZE], output[OUTPUT_SIZE];
  int file = count == 2 ? open(arguments[1], O_RDONLY) : -1;
  void *weights = file < 0 ? MAP_FAILED : mmap(NULL, WEIGHTS_BYTES, PROT_READ, MAP_PRIVATE, file, 0);
  void *workspace = aligned_alloc(WORKSPACE_ALIGN, WORKSPACE_BYTES + WORKSPACE_ALIGN);
  if (weights == MAP_FAILED || !workspace) return 2;
  for (int i = 0; i < INPUT_SIZE; i++) input[i] = (float)(i % 255) / 255;
  const JOIN(NET, _inputs) in = {input};
  const JOIN(NET, _outputs) out = {output};
  const JOIN(NET, _env)
      env = {.workspace = workspace, .workspace_bytes = WORKSPACE_BYTES, .weights = weights, .weights_bytes = WEIGHTS_BYTES};
  if (JOIN(NET, _run)(&in, &out, &env)) return 3;
  struct rusage usage;
  if (getrusage(RUSAGE_SELF, &usage)) return 4;
  double sum = 0;
  for (int i = 0; i < OUTPUT_SIZE; i++) sum += (double)output[i];
  printf("%lld %lld %lld %lld %g\n", (long long)usage.ru_maxrss * 1024, (long long)WEIGHTS_BYTES, (long long)WORKSPACE_BYTES,
         (long long)(sizeof input + sizeof output), sum);
  return 0;
}
