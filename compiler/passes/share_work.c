/* share_work.c - marks what the threads of a team share in a step's function.
 *
 * The axis to share is the plan's choice (choose_threads.c). Here its loops are found, wherever they stand: inside other
 * loops over points every thread goes through those, and what no such loop holds is done by one thread. Nobody waits
 * before the end, for all statements of the function compute different points of one result. Sums are not touched: they
 * stand inside a point. */
#include <string.h>

#include "passes/share_work.h"
#include "passes/schedules.h"

static bool is_axis(const Stmt *s, const char *axis) {
  return s->kind == STMT_FOR && s->independent && (!axis || strcmp(s->var, axis) == 0);
}

/* What may hold the loops over the axis: other loops over points, or both forms of what is there with vectors and without. */
static bool may_hold(const Stmt *s) { return s->kind == STMT_VECTORS || (s->kind == STMT_FOR && s->independent); }

static bool holds_axis(const Stmt *s, const char *axis) {
  for (; s; s = s->next)
    if (is_axis(s, axis) || (may_hold(s) && holds_axis(s->body, axis))) return true;
  return false;
}

/* Whether these statements can run beside each other: they are loops, calls, or values that all may know. */
static bool can_be_shared(const Stmt *s, const char *axis) {
  for (; s; s = s->next) {
    if (s->kind == STMT_LET && s->is_const) continue;
    if (s->kind == STMT_VECTORS && !(holds_axis(s->body, axis) && holds_axis(s->plain, axis) && can_be_shared(s->plain, axis)))
      return false;
    if (!may_hold(s) && s->kind != STMT_FOR && s->kind != STMT_CALL) return false;
    if (may_hold(s) && !is_axis(s, axis) && holds_axis(s->body, axis) && !can_be_shared(s->body, axis)) return false;
  }
  return true;
}

static Stmt *share(Arena *a, const Stmt *s, const char *axis) {
  if (!s) return NULL;
  Stmt *copy = ARENA_NEW(a, Stmt);
  *copy = *s;
  if (is_axis(s, axis)) copy->share = SHARE_TURNS;
  else if (may_hold(s) && holds_axis(s->body, axis)) {
    copy->body = share(a, s->body, axis);
    copy->plain = share(a, s->plain, axis);
  } else if (s->kind != STMT_LET) copy->share = SHARE_ONE;
  copy->next = share(a, s->next, axis);
  return copy;
}

Stmt *share_work(const StepBinding *b, Stmt *body) {
  const char *axis = b->step->schedule.shared_axis;
  if (!axis || b->step->schedule.kind == SCHEDULE_WINOGRAD || has_rows(b->step))
    return body;                                              /* which deal out planes and rows themselves */
  if (b->step->kind == STEP_LOOPS && body->next) return body; /* what follows may need what comes before it */
  if (!holds_axis(body, axis)) axis = NULL;                   /* the schedule's loops run over something else: the outermost are taken */
  if (!holds_axis(body, axis) || !can_be_shared(body, axis)) return body;
  return stmt_parallel(b->plan->arena, share(b->plan->arena, body, axis));
}
