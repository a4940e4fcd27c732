/* network_size.h - how large a network may be: passes refuse what is larger, and import does before it writes such a source. */
#ifndef CNNC_IR_NETWORK_SIZE_H
#define CNNC_IR_NETWORK_SIZE_H

enum {
  MAX_LAYERS = 8192,
  MAX_TENSORS = 8192 /* that flow together */
};
#endif
