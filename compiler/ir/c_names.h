/* c_names.h - names that no layer, input or output can have in C. */
#ifndef CNNC_IR_C_NAMES_H
#define CNNC_IR_C_NAMES_H

#include <stdbool.h>

/* What the emitted C calls its own behind `NET_`: the interface, and the helpers beside the layers. A path's points are `_` in C. */
bool is_interface_name(const char *path);

/* Words that C or C++ keeps, and what generated code may find as a macro: members of a struct stand without prefix. */
bool is_c_word(const char *name);

#endif
