/* describe.c - attributes in words; see describe.h. */
#include "ops/describe.h"

#include "ops/attributes.h"

void print_kernel(Text *out, Pair kernel, bool one_dimensional) {
  if (one_dimensional) text_addf(out, "%lld", (long long)kernel.w);
  else text_addf(out, "%lldx%lld", (long long)kernel.h, (long long)kernel.w);
}

void print_pair(Text *out, Pair pair, bool one_dimensional) { print_kernel(out, pair, one_dimensional || pair.h == pair.w); }

void print_padding(Text *out, Padding padding, bool one_dimensional) {
  switch (padding.kind) {
  case PADDING_VALID: text_add(out, "valid"); return;
  case PADDING_SAME: text_add(out, "same"); return;
  case PADDING_SAME_UPPER: text_add(out, "same_upper"); return;
  case PADDING_SAME_LOWER: text_add(out, "same_lower"); return;
  case PADDING_FULL: text_add(out, "full"); return;
  case PADDING_CAUSAL: text_add(out, "causal"); return;
  case PADDING_EXPLICIT: break;
  }
  bool even = padding.left == padding.right && (one_dimensional || padding.top == padding.bottom);
  if (even) {
    print_pair(out, (Pair){padding.top, padding.left}, one_dimensional);
    return;
  }
  if (!one_dimensional) text_addf(out, "top %lld bottom %lld ", (long long)padding.top, (long long)padding.bottom);
  text_addf(out, "left %lld right %lld", (long long)padding.left, (long long)padding.right);
}

static bool is_one(Pair pair, bool one_dimensional) { return pair.w == 1 && (one_dimensional || pair.h == 1); }

static bool is_unpadded(Padding p, bool one_dimensional) {
  if (p.kind != PADDING_EXPLICIT) return p.kind == PADDING_VALID;
  return p.left == 0 && p.right == 0 && (one_dimensional || (p.top == 0 && p.bottom == 0));
}

void describe_window(Text *out, const Node *node, Pair kernel, Pair stride, Padding padding, Pair dilation) {
  bool one_dimensional = node->inputs[0]->type.rank == 2;
  text_add(out, " ");
  print_kernel(out, kernel, one_dimensional);
  if (!is_one(stride, one_dimensional)) {
    text_add(out, ", stride ");
    print_pair(out, stride, one_dimensional);
  }
  if (!is_unpadded(padding, one_dimensional)) {
    text_add(out, ", padding ");
    print_padding(out, padding, one_dimensional);
  }
  if (!is_one(dilation, one_dimensional)) {
    text_add(out, ", dilation ");
    print_pair(out, dilation, one_dimensional);
  }
}

void describe_padding_mode(Text *out, int padding_mode) {
  static const char *const modes[] = {"zeros", "reflect", "replicate", "circular"};
  if (padding_mode != PADDING_ZEROS) text_addf(out, ", padding_mode %s", modes[padding_mode]);
}
