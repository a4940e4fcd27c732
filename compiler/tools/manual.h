/* manual.h - cnnc(1), for `cnnc help --man`. */
#ifndef CNNC_TOOLS_MANUAL_H
#define CNNC_TOOLS_MANUAL_H
#include "support/text.h"

void print_manual(Text *out);
#endif
