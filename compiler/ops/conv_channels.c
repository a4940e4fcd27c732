/* conv_channels.c - see conv_channels.h. */
#include "ops/conv_channels.h"

bool check_groups(Inference *inference, const Node *node, int64_t in_channels, int64_t out_channels, int64_t groups) {
  bool input = in_channels % groups != 0;
  if (!input && out_channels % groups == 0) return true;
  int64_t number = input ? in_channels : out_channels;
  Diagnostic *d = attribute_error(inference, node, CODE_E0311, "groups", "`groups=%lld` does not divide %lld %s channel%s",
                                  (long long)groups, (long long)number, input ? "input" : "output", number == 1 ? "" : "s");
  set_label(d, "%lld / %lld is not a whole number", (long long)number, (long long)groups);
  add_note(d, "each group has the same number of input channels (of %lld) and of output channels (of %lld)", (long long)in_channels,
           (long long)out_channels);
  help_divisors(inference, d, number);
  if (number > 1 && groups > number) add_help(d, "one group per channel is `groups=%lld`", (long long)number);
  return false;
}

Channels add_channel_axes(Lowering *l, Nest *nest, int64_t in_channels, int64_t out_channels, int64_t groups) {
  Expr *oc = var_expr(l, "oc"), *ic = var_expr(l, "ic");
  bool depthwise = groups > 1 && groups == in_channels && groups == out_channels;
  int64_t out_group = out_channels / groups, in_group = in_channels / groups;
  if (groups == 1 || depthwise) {
    add_result_axis(nest, "oc", size_of(l->arena, out_channels));
    return depthwise ? (Channels){oc, oc, int_expr(l, 0), int_expr(l, 0), 0} : (Channels){oc, ic, oc, ic, in_channels};
  }
  Expr *g = var_expr(l, "g");
  add_result_axis(nest, "g", size_of(l->arena, groups));
  add_result_axis(nest, "oc", size_of(l->arena, out_group));
  return (Channels){add_expr(l, mul_expr(l, g, int_expr(l, out_group)), oc), add_expr(l, mul_expr(l, g, int_expr(l, in_group)), ic), oc, ic,
                    in_group};
}

void add_channel_reduction(Lowering *l, Nest *nest, const Channels *channels) {
  if (channels->reduced) add_reduction_axis(nest, "ic", size_of(l->arena, channels->reduced), NULL, NULL);
}
