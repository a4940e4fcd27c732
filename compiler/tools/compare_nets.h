/* compare_nets.h - what changed from one net to another, layer by layer, as rows that compare_nets.c finds and diff_report.c
 * prints. */
#ifndef CNNC_TOOLS_COMPARE_NETS_H
#define CNNC_TOOLS_COMPARE_NETS_H
#include "support/text.h"
#include "tools/net_facts.h"

/* A side of a change: a number where `size` is set, else words; both NULL: this net has no such thing. */
typedef struct Fact {
  const char *words;
  const Size *size;
} Fact;

typedef struct Change {
  const char *layer; /* its name in the new net, or in the old one where it was removed */
  const char *what;  /* "output", "parameters", "added", "renamed", .. */
  Fact before, after;
} Change;

typedef struct NetChanges {
  const NetFacts *before, *after;
  Change *layers; /* in the order of the new net */
  int layer_count;
  Change *totals; /* parameters, MACs, workspace, regions, weights; changed or not; those of plans only if there are two */
  int total_count;
  bool any;
} NetChanges;

/* Layers go by their names. One that has another name, and everything else as it was, is renamed. */
NetChanges compare_nets(Arena *arena, const NetFacts *before, const NetFacts *after);

void print_changes(Text *out, const NetChanges *changes, const char *target);
void print_changes_as_markdown(Text *out, const NetChanges *changes, const char *target);
void print_changes_as_json(Text *out, const NetChanges *changes, const char *target);
#endif
