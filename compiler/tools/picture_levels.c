/* picture_levels.c - whether a net goes down to coarser maps and comes up again, and ways around lead across, from each level to
 * its own: U-Net and its kin. Such a net is drawn as the U that papers show. */
#include "tools/picture.h"

typedef struct Search {
  Arena *arena;
  Picture *picture;
  PictureEdge **across; /* from the outermost to the innermost */
  int across_count;
} Search;

/* Points of a map; sizes that vary have their least values. */
static double points(const PictureEdge *edge) {
  const SizeSample least = {.count = 0};
  double product = 1;
  for (int i = 1; i < edge->value->type.rank; i++) product *= (double)size_at(edge->value->type.sizes[i], &least);
  return product;
}

/* The boxes that lie behind `start`, or before it, and itself. Edges stand nearly in the order of computation. */
static bool *connected(const Search *s, int start, bool behind) {
  const Picture *picture = s->picture;
  bool *found = ARENA_ARRAY(s->arena, bool, (size_t)picture->box_count);
  found[start] = true;
  for (bool changed = true; changed;) {
    changed = false;
    for (int i = 0; i < picture->edge_count; i++) {
      const PictureEdge *edge = &picture->edges[behind ? i : picture->edge_count - 1 - i];
      int near = behind ? edge->from : edge->to, far = behind ? edge->to : edge->from;
      if (!found[near] || found[far]) continue;
      found[far] = changed = true;
    }
  }
  return found;
}

/* Of the steps that the edge leads around, the last one with the fewest points. NULL: none has fewer than the edge. Without a
 * look at what is connected, steps beside these count as well. */
static const PictureEdge *coarsest_step(const Search *s, const PictureEdge *around, bool look) {
  const PictureBox *boxes = s->picture->boxes;
  const PictureEdge *coarsest = around;
  const bool *behind = look ? connected(s, around->from, true) : NULL, *before = look ? connected(s, around->to, false) : NULL;
  for (int i = 0; i < s->picture->edge_count; i++) {
    const PictureEdge *edge = &s->picture->edges[i];
    if (boxes[edge->from].rank < boxes[around->from].rank || boxes[edge->to].rank > boxes[around->to].rank) continue;
    if ((look && (!behind[edge->from] || !before[edge->to])) || edge->value->type.rank != around->value->type.rank) continue;
    double more = points(edge) - points(coarsest);
    bool later = coarsest != around && boxes[edge->from].rank > boxes[coarsest->from].rank;
    if (more < 0 || (more == 0 && later)) coarsest = edge;
  }
  return coarsest == around ? NULL : coarsest;
}

static void add_across(Search *s, PictureEdge *edge) {
  ARENA_PUSH(s->arena, s->across, s->across_count, edge);
  const PictureBox *boxes = s->picture->boxes;
  for (int i = s->across_count - 1; i && boxes[s->across[i - 1]->from].rank > boxes[s->across[i]->from].rank; i--) {
    s->across[i] = s->across[i - 1];
    s->across[i - 1] = edge;
  }
}

/* One within the other, and the inner one at a coarser level. */
static bool are_nested(const Search *s) {
  for (int i = 1; i < s->across_count; i++) {
    const PictureEdge *outer = s->across[i - 1], *inner = s->across[i];
    if (outer->from == inner->from || outer->to == inner->to || points(outer) <= points(inner)) return false;
    if (!connected(s, outer->from, true)[inner->from] || !connected(s, inner->to, true)[outer->to]) return false;
  }
  return s->across_count > 1;
}

/* false: there are none, or so many that they are no levels. */
static bool find_across(Search *s) {
  enum { MOST_LEVELS = 20 };
  PictureEdge *maybe[MOST_LEVELS];
  int count = 0;
  for (int i = 0; i < s->picture->edge_count; i++) {
    PictureEdge *edge = &s->picture->edges[i];
    if (!edge->skips || !coarsest_step(s, edge, false)) continue;
    if (count == MOST_LEVELS) return false;
    maybe[count++] = edge;
  }
  for (int i = 0; i < count; i++)
    if (coarsest_step(s, maybe[i], true)) add_across(s, maybe[i]);
  return are_nested(s);
}

void find_levels(Arena *arena, Picture *picture) {
  Search s = {.arena = arena, .picture = picture};
  if (!find_across(&s)) return;
  int turn = coarsest_step(&s, s.across[s.across_count - 1], true)->from;
  const bool *rises = connected(&s, turn, true);
  for (int i = 0; i < picture->edge_count; i++) {
    PictureEdge *edge = &picture->edges[i];
    if (rises[edge->to] && edge->to != turn) edge->way = rises[edge->from] ? WAY_UP : WAY_BESIDE;
  }
  for (int i = 0; i < s.across_count; i++) s.across[i]->way = WAY_ACROSS;
  picture->has_levels = true;
}
