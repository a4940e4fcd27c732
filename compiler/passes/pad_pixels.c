/* pad_pixels.c - which tensors have unused floats after each pixel.
 *
 * A cache of 32 KiB with 8 ways holds only 8 lines whose addresses are equal modulo 4 KiB. A window of single channels
 * reads one line of each of its pixels, 24 at a time; where a pixel is a multiple of 2 KiB these would share two places.
 * One line more per pixel gives each its own (docs/decisions/0014-windows-and-lanes.md). */
#include "passes/passes.h"
#include "passes/plan_steps.h"
#include "passes/targets.h"

enum { LINE = 64, CROWDED = 2048 }; /* bytes */

/* Whether the step is a depthwise convolution that reads the buffer. Pooling was not faster. */
static bool slides_over(const Plan *plan, const Step *step, const Buffer *buffer) {
  bool reads = false, weighs = false;
  if (step->kind != STEP_NEST || !step->nest->update || !step->nest->tile_axis || !keeps_channels(plan, step)) return false;
  for (int i = 0; i < step->operand_count; i++) {
    const Operand *operand = &step->operands[i];
    reads = reads || (operand->value && plan->views[lies_in(operand->value)->id].buffer == buffer);
    weighs = weighs || operand->parameter;
  }
  return reads && weighs;
}

void pad_pixels(Compilation *c, Plan *plan) {
  const Target *target = find_target(c->options->target);
  if (plan->portable || target->lanes == 1) return;
  for (int i = 0; i < plan->buffer_count; i++) {
    Buffer *buffer = plan->buffers[i];
    int64_t channels;
    const Target *machine = imagine_machine(plan->arena, target, c->options->any_plan, buffer->name);
    bool crowded = buffer->kind == BUFFER_WORKSPACE && size_is_const(buffer->channels, &channels) &&
                   (channels * (int64_t)sizeof(float) % CROWDED == 0 || (machine->whim && draw_by_whim(machine, LINE, 2)));
    for (int k = 0; crowded && k < plan->step_count; k++)
      if (slides_over(plan, plan->steps[k], buffer)) buffer->gap = LINE / (int64_t)sizeof(float);
  }
}
