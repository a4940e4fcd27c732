/* rename_stub.h - rename rules that make a weights file fit a net. */
#ifndef CNNC_TOOLS_RENAME_STUB_H
#define CNNC_TOOLS_RENAME_STUB_H
#include "passes/weights_report.h"

/* Adds the lines. A layer gets a tensor's name only where shapes, roles and names leave one way; everything else becomes
 * a comment. Returns how many parameters are left without a tensor. */
int write_rename_stub(Text *out, const WeightsReport *report);
#endif
