/* stripes.c - see stripes.h. The verifier plays the stripes row by row; what a step reads it asks the nest. */
#include "ir/stripes.h"

#include "ir/row_reads.h"

int64_t stripe_reach(const Plan *plan, int k, int64_t end) {
  const Stripe *s = plan->steps[k]->stripe;
  if (k == s->last) return end;
  return (stripe_end(plan, k + 1, end) - 1) * s->stride + s->window - s->above;
}

int64_t stripe_end(const Plan *plan, int k, int64_t end) {
  int64_t reach = stripe_reach(plan, k, end), height = plan->steps[k]->stripe->height;
  return reach < height ? reach : height;
}

int first_together(const Plan *plan, int k) { return plan->steps[k]->stripe ? plan->steps[k]->stripe->first : k; }
int last_together(const Plan *plan, int k) { return plan->steps[k]->stripe ? plan->steps[k]->stripe->last : k; }

/* ---- verifier ---- */

enum { NOTHING = -2, ZEROS = -1 };

typedef struct Held {   /* what the rows of a buffer between two steps hold */
  int64_t *row;         /* of the tensor, or one of the above */
  int64_t count, begin; /* begin: rows of the tensor that are complete */
} Held;

static const char *hold(Arena *arena, const Plan *plan, int k, Held *held, int64_t place, int64_t row) {
  if (place < 0 || place >= held->count)
    return arena_printf(arena, "step %s stores row %lld outside of its stripe", plan->steps[k]->name, (long long)row);
  held->row[place] = row;
  return NULL;
}

/* Step k computes its rows from `begin` to `end`, and zeros up to `reach`. */
static const char *play_writes(Arena *arena, const Plan *plan, int k, Held *held, int64_t next_begin, int64_t end, int64_t reach) {
  const Stripe *s = plan->steps[k]->stripe;
  const char *fault = NULL;
  for (int64_t row = held->begin; !fault && row < reach; row++)
    if (row < end || row >= s->height) fault = hold(arena, plan, k, held, row - next_begin * s->stride + s->above, row < end ? row : ZEROS);
  return fault;
}

/* Whether row `row` of step k's result, which may be one of zeros, lies at `place`. */
static bool is_there(const Held *held, const Stripe *s, int64_t place, int64_t row) {
  int64_t there = place >= 0 && place < held->count ? held->row[place] : NOTHING;
  return there == (row < 0 || row >= s->height ? ZEROS : row);
}

/* What a step reads, and of it the rows. */
typedef struct Reads {
  const Buffer **buffers;
  RowReads *rows;
  int count;
} Reads;

/* A copy has no nest: it reads the rows that it writes. */
static Reads reads_of(Arena *arena, const Plan *plan, const Step *step) {
  size_t most = (size_t)step->operand_count + 1;
  Reads reads = {ARENA_ARRAY(arena, const Buffer *, most), ARENA_ARRAY(arena, RowReads, most), 0};
  if (step->kind == STEP_COPY) {
    reads.rows[0] = (RowReads){true, true, 1, 0, 0};
    reads.buffers[reads.count++] = plan->views[step->source->id].buffer;
    return reads;
  }
  for (int i = 0; i < step->operand_count; i++) {
    if (!step->operands[i].value) continue;
    reads.rows[reads.count] = rows_read(arena, step->nest, i, false);
    reads.buffers[reads.count++] = plan->views[step->operands[i].value->id].buffer;
  }
  return reads;
}

/* Step k + 1 computes its rows from `begin` to `end`: what it needs for them lies where its function looks for it. */
static const char *play_reads(Arena *arena, const Plan *plan, int k, const Reads *next, const Held *held, int64_t begin, int64_t end) {
  const Stripe *s = plan->steps[k]->stripe;
  for (int i = 0; i < next->count; i++) {
    const RowReads *reads = &next->rows[i];
    if (next->buffers[i] != plan->steps[k]->output.buffer) continue;
    for (int64_t row = begin * reads->stride + reads->low; row <= (end - 1) * reads->stride + reads->high; row++)
      if (!reads->known || !is_there(held, s, row - begin * s->stride + s->above, row))
        return arena_printf(arena, "step %s misses row %lld of %s", plan->steps[k + 1]->name, (long long)row, plan->steps[k]->name);
  }
  return NULL;
}

/* The last step may write where the group's input lies: not over rows that are still to be read. `begin` are the rows that
 * step k has computed in earlier stripes. */
static const char *play_overwrites(Arena *arena, const Plan *plan, int k, const Reads *reads, int64_t begin, int64_t overwritten) {
  const Step *step = plan->steps[k], *last = plan->steps[step->stripe->last];
  for (int i = 0; i < reads->count; i++) {
    if (reads->buffers[i] != last->output.buffer) continue;
    if (!reads->rows[i].known || (overwritten > 0 && begin * reads->rows[i].stride + reads->rows[i].low < overwritten))
      return arena_printf(arena, "step %s reads what %s has overwritten", step->name, last->name);
  }
  return NULL;
}

static void slide(Held *held, int64_t rows) {
  for (int64_t i = 0; rows > 0 && i < held->count; i++) held->row[i] = i + rows < held->count ? held->row[i + rows] : NOTHING;
}

static const char *play_group(Arena *arena, const Plan *plan, int first) {
  int last = plan->steps[first]->stripe->last, count = last - first + 1;
  const Stripe *group = plan->steps[last]->stripe;
  Held *held = ARENA_ARRAY(arena, Held, (size_t)count);
  Reads *reads = ARENA_ARRAY(arena, Reads, (size_t)count);
  for (int i = 0; i < count; i++) reads[i] = reads_of(arena, plan, plan->steps[first + i]);
  for (int i = 0; i < count - 1; i++) {
    const Stripe *s = plan->steps[first + i]->stripe;
    held[i].count = size_value(plan->steps[first + i]->output.buffer->height);
    held[i].row = ARENA_ARRAY(arena, int64_t, (size_t)held[i].count + 1);
    for (int64_t r = 0; r < held[i].count; r++) held[i].row[r] = r < s->above ? ZEROS : NOTHING;
  }
  const char *fault = NULL;
  for (int64_t row = 0; row < group->height; row += group->rows) {
    int64_t done = row + group->rows < group->height ? row + group->rows : group->height;
    for (int i = 0; !fault && i < count; i++)
      fault = play_overwrites(arena, plan, first + i, &reads[i], held[i].begin, held[count - 1].begin);
    for (int i = 0; !fault && i < count - 1; i++)
      fault = play_writes(arena, plan, first + i, &held[i], held[i + 1].begin, stripe_end(plan, first + i, done),
                          stripe_reach(plan, first + i, done));
    for (int i = 0; !fault && i < count - 1; i++) {
      int64_t next = stripe_end(plan, first + i + 1, done);
      fault = play_reads(arena, plan, first + i, &reads[i + 1], &held[i], held[i + 1].begin, next);
      slide(&held[i], (next - held[i + 1].begin) * plan->steps[first + i]->stripe->stride);
    }
    for (int i = 0; i < count; i++) held[i].begin = stripe_end(plan, first + i, done);
    if (fault) return fault;
  }
  return NULL;
}

const char *verify_stripes(Arena *arena, const Plan *plan) {
  for (int k = 0; k < plan->step_count; k++) {
    const Stripe *s = plan->steps[k]->stripe;
    if (!s) continue;
    if (k < s->first || k > s->last || s->last >= plan->step_count)
      return arena_printf(arena, "step %s is not in its group", plan->steps[k]->name);
    const char *fault = k == s->first ? play_group(arena, plan, k) : NULL;
    if (fault) return fault;
  }
  return NULL;
}
