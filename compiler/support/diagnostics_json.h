/* diagnostics_json.h - everything that was reported as one document for programs: cnnc's own form, and SARIF 2.1.0,
 * which code hosts and editors read. */
#ifndef CNNC_SUPPORT_DIAGNOSTICS_JSON_H
#define CNNC_SUPPORT_DIAGNOSTICS_JSON_H
#include "support/diagnostics.h"

void print_diagnostics_json(Text *out, const Diagnostics *all);
void print_diagnostics_sarif(Text *out, const Diagnostics *all);
#endif
