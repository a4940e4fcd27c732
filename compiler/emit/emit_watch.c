/* emit_watch.c - for programs that look at the result of each layer when NET_AFTER_LAYER comes: where it lies, and what is
 * called then. A layer whose result cannot be looked at says why. */
#include "emit/emit_watch.h"

#include "emit/writer.h"
#include "support/decimal.h"

static const char *const type_codes[] = {
    [DTYPE_F32] = "F32", [DTYPE_U8] = "U8", [DTYPE_I8] = "I8", [DTYPE_I16] = "I16", [DTYPE_I32] = "I32"};

static void add_numbers(Text *out, const int64_t numbers[3]) {
  text_addf(out, "{%lld, %lld, %lld}", (long long)numbers[0], (long long)numbers[1], (long long)numbers[2]);
}

static void add_floats(Text *out, const float *numbers, int count) {
  for (int i = 0; i < count; i++) {
    char digits[DECIMAL_MAX];
    print_float(digits, numbers[i]);
    text_addf(out, "%s%sf", i ? ", " : "{", digits);
  }
  text_add(out, "}");
}

const char *watched_tensor(const Emitter *e, const char *name, const ResultPlace *place, const ExpectedSum *sum, int sets) {
  Text out = text_new(e->arena);
  text_addf(&out, "\"%s\", %s_SELFTEST_%s, %lld, ", name, e->upper, type_codes[place->buffer->dtype], (long long)place->first);
  add_numbers(&out, place->sizes);
  text_add(&out, ", ");
  add_numbers(&out, place->distances);
  text_addf(&out, ", %lld", (long long)place->sample);
  if (sum) {
    text_add(&out, ", ");
    add_floats(&out, sum->sum, sets);
    text_add(&out, ", ");
    add_floats(&out, sum->bound, sets);
  }
  return text_string(&out);
}

/* "ws", "ws_dtcm", "out_probs": as the variables of run are called. */
static const char *memory_of(const Emitter *e, const Plan *plan, const Buffer *buffer) {
  if (buffer->kind == BUFFER_WORKSPACE) return region_variable(e->arena, buffer->region);
  return arena_printf(e->arena, "out_%s", flat_name(e->arena, plan->graph->outputs[buffer->caller_index].name));
}

static void watch(const Emitter *e, Text *lines, const Plan *plan, const ResultPlace *place, const ExpectedSum *sum, int sets) {
  const char *layer = flat_name(e->arena, place->layer), *samples = "0, 1";
  if (plan->batch > 1) samples = place->all_samples ? arena_printf(e->arena, "0, %s_BATCH", e->upper) : "n, n + 1";
  text_addf(lines, "static const %s_selftest_tensor %s_selftest_of_%s = {\n  %s\n};\n", e->prefix, e->prefix, layer,
            watched_tensor(e, place->layer, place, sum, sets));
  const char *look = arena_printf(e->arena, "%s_selftest_look(env, &%s_selftest_of_%s, %s, %s)", e->prefix, e->prefix, layer,
                                  memory_of(e, plan, place->buffer), samples);
  if (place->rows_done) look = arena_printf(e->arena, "(%s == %lld ? %s : (void)0)", place->rows_done, (long long)place->rows, look);
  text_addf(lines, "#define %s_SELFTEST_AFTER_%s %s\n", e->upper, layer, look);
}

void emit_watched_layers(Text *out, const Plan *plan, const EmitOptions *options, const SizeSample *dims, const SelfTest *test) {
  Emitter e = new_emitter(out, plan, options);
  Text lines = text_new(e.arena);
  for (int k = 0; k < plan->step_count; k++) {
    ResultPlace place;
    const char *why;
    bool found = find_result_place(e.arena, plan, k, dims, &place, &why);
    const ExpectedSum *sum = found && test && place.value->id < test->count ? &test->sums[place.value->id] : NULL;
    if (found && test && (!sum || !sum->known)) {
      found = false;
      why = "it has numbers that are not finite";
    }
    if (found) {
      watch(&e, &lines, plan, &place, sum, test ? test->sets : 0);
      continue;
    }
    text_addf(&lines, "#define %s_SELFTEST_AFTER_%s ((void)0) /* %s */\n", e.upper, flat_name(e.arena, plan->steps[k]->name), why);
  }
  write_lines(out, text_string(&lines));
}
