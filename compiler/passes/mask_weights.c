/* mask_weights.c - zeros where `connections` says that a convolution has no weights. */
#include <string.h>

#include "passes/passes.h"

/* Numbers of the file that are dropped. */
static int64_t mask(Parameter *parameter) {
  int64_t pairs = parameter->sizes[0] * parameter->sizes[1], taps = parameter_elements(parameter) / pairs, dropped = 0;
  for (int64_t i = 0; i < pairs * taps; i++) {
    if (parameter->connected[i / taps]) continue;
    dropped += parameter->data[i] != 0;
    parameter->data[i] = 0;
  }
  return dropped;
}

void mask_weights(Compilation *c, Graph *graph) {
  bool random = c->options->weights && strncmp(c->options->weights, "random:", 7) == 0;
  for (int i = 0; i < graph->parameter_count; i++) {
    Parameter *parameter = graph->parameters[i];
    int64_t dropped = parameter->connected && parameter->data ? mask(parameter) : 0;
    if (!dropped || random) continue;
    Diagnostic *d = report(c->diagnostics, CODE_W_masked_weights, parameter->span,
                           "%lld numbers of `%s` are not 0 where nothing is connected", (long long)dropped, parameter->path);
    add_note(d, "`connections` has a 0 there, so they are taken as 0");
    add_help(d, "look whether the rows of the table are the output channels; `transpose(..)` turns it");
  }
}
