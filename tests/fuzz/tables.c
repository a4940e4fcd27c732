/* tables.c - see tables.h. */
#include "tables.h"

#include <string.h>

void fuzz_tensor(FuzzRun *run, const WeightTensor *tensor) {
  int64_t elements = 1;
  for (int i = 0; i < tensor->rank; i++) elements *= tensor->sizes[i];
  fuzz_expect(run, tensor->rank <= MAX_TENSOR_RANK && elements == tensor->elements, "sizes and elements of a tensor disagree");
  text_addf(&run->out, "%s %s %s ", tensor->name, tensor_dtype_name(tensor->dtype), sizes_text(run->arena, tensor->sizes, tensor->rank));
  float *floats = ARENA_ARRAY(run->arena, float, (size_t)tensor->elements);
  tensor_floats(tensor, floats);
  text_add_bytes(&run->out, (const char *)floats, sizeof *floats * (size_t)tensor->elements);
  for (int64_t i = 0; i < tensor->elements; i++) {
    float one = (float)tensor_element(tensor, i);
    fuzz_expect(run, !memcmp(&one, &floats[i], sizeof one) || (one != one && floats[i] != floats[i]), "an element has two values");
  }
}

void fuzz_table(FuzzRun *run, const WeightTable *table) {
  for (int i = 0; i < table->count; i++) {
    fuzz_tensor(run, &table->tensors[i]);
    fuzz_expect(run, !i || strcmp(table->tensors[i - 1].name, table->tensors[i].name) < 0, "two tensors of one name, or unsorted ones");
    fuzz_expect(run, find_tensor(table, table->tensors[i].name) == &table->tensors[i], "a tensor is not found by its name");
  }
}
