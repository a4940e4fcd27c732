/* safetensors.c - fuzz target: safetensors files. The mutator keeps the header's length right and often the data's. */
#include "load/safetensors.h"

#include <stdio.h>
#include <string.h>
#include "load/write_tensors.h"
#include "tables.h"

/* What is written of the tensors is read again, bit by bit. */
static void write_again(FuzzRun *run, const WeightTable *table) {
  NewTensor *tensors = ARENA_ARRAY(run->arena, NewTensor, (size_t)table->count);
  for (int i = 0; i < table->count; i++) {
    const WeightTensor *from = &table->tensors[i];
    float *floats = ARENA_ARRAY(run->arena, float, (size_t)from->elements);
    tensor_floats(from, floats);
    tensors[i] = (NewTensor){.name = from->name, .rank = from->rank, .sizes = from->sizes, .floats = floats};
  }
  Text text = text_new(run->arena);
  WeightTable again = {0};
  const char *error = NULL;
  if (!write_safetensors(&text, tensors, table->count, "fuzz")) return;
  bool good = load_safetensors(run->arena, text_string(&text), text.length, &again, &error);
  fuzz_expect(run, good && again.count == table->count, "what was written cannot be read");
  for (int i = 0; good && i < table->count; i++)
    fuzz_expect(run, !memcmp(again.tensors[i].data, tensors[i].floats, sizeof(float) * (size_t)again.tensors[i].elements),
                "a number has changed on its way");
}

static void run_safetensors(FuzzRun *run, const char *bytes, size_t length) {
  WeightTable table = {0};
  const char *error = NULL;
  bool good = load_safetensors(run->arena, bytes, length, &table, &error);
  fuzz_expect_result(run, good, error);
  if (!good) return;
  fuzz_table(run, &table);
  write_again(run, &table);
}

/* The greatest second number of "data_offsets": how many bytes of data the header wants. */
static size_t wanted_data(const uint8_t *header, size_t length) {
  size_t most = 0;
  for (size_t i = 0; i + 1 < length; i++) {
    if (header[i] != ',' && header[i] != ' ') continue;
    size_t number = 0, k = i + 1;
    for (; k < length && header[k] >= '0' && header[k] <= '9' && number < 1 << 20; k++) number = 10 * number + (size_t)(header[k] - '0');
    if (k < length && header[k] == ']' && number > most) most = number;
  }
  return most;
}

static size_t mutate_safetensors(uint8_t *bytes, size_t length, size_t most, uint64_t seed) {
  enum { PREFIX = 8 };
  if (length < PREFIX + 2 || most < PREFIX + 2) return LLVMFuzzerMutate(bytes, length, most);
  size_t old = (size_t)bytes[0] | (size_t)bytes[1] << 8;
  if (old > length - PREFIX) old = length - PREFIX;
  size_t data = length - PREFIX - old, header;
  if (seed % 8 == 0 && data) { /* numbers only */
    return PREFIX + old + LLVMFuzzerMutate(bytes + PREFIX + old, data, most - PREFIX - old);
  }
  header = LLVMFuzzerMutate(bytes + PREFIX, old, most - PREFIX < 65535 ? most - PREFIX : 65535);
  for (int i = 0; i < PREFIX; i++) bytes[i] = (uint8_t)((uint64_t)header >> (8 * i) & 255);
  if (seed % 4) data = wanted_data(bytes + PREFIX, header);
  if (data > most - PREFIX - header) data = most - PREFIX - header;
  for (size_t i = 0; i < data; i++) bytes[PREFIX + header + i] = (uint8_t)fuzz_random(&seed);
  return PREFIX + header + data;
}

const FuzzTarget safetensors_target = {"safetensors", run_safetensors, mutate_safetensors};
