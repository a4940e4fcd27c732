/* imagine_machine.c - machines that do not exist, to test plans with.
 *
 * What a step looks like depends on sizes beside caches and registers, and the nets of tests are small. On a machine with a cache
 * of 1 KiB and nine registers they take the forms that only large layers have on real ones. Choices stay those of
 * choose_*.c, so that every plan is legal that comes of it. */
#include "passes/targets.h"

static uint64_t mixed(uint64_t z) { /* splitmix64 */
  z += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}

int64_t draw_by_whim(const Target *machine, uint64_t what, int64_t count) {
  return (int64_t)(mixed(machine->whim ^ mixed(what)) % (uint64_t)count);
}

enum { MACHINES = 3 }; /* of a seed: steps of one kind that meet on one may share kernels */

enum { DRAW_LANES = 1, DRAW_REGISTERS, DRAW_WAITING, DRAW_L1, DRAW_L2 }; /* kinds of tiles have greater numbers */

const Target *imagine_machine(Arena *arena, const Target *target, uint64_t seed, const char *name) {
  static const int kib[] = {1, 2, 4, 16, 64, 1024}, waiting[] = {0, 0, 6};
  if (!seed) return target;
  Target *m = ARENA_NEW(arena, Target);
  uint64_t hash = seed;
  for (; *name; name++) hash = mixed(hash ^ (unsigned char)*name);
  *m = *target;
  m->whim = mixed(seed + hash % MACHINES);
  int half = target->lanes > 4 ? target->lanes / 2 : target->lanes, least = target->lanes > 4 ? 4 : target->lanes;
  const int lanes[] = {target->lanes, target->lanes, target->lanes, half, least, 1};
  m->lanes = lanes[draw_by_whim(m, DRAW_LANES, 6)];
  m->registers = 8 + (int)draw_by_whim(m, DRAW_REGISTERS, 33);
  m->waiting = waiting[draw_by_whim(m, DRAW_WAITING, 3)];
  m->l1 = kib[draw_by_whim(m, DRAW_L1, 4)];
  m->l2 = kib[draw_by_whim(m, DRAW_L2, 6)];
  return m;
}
