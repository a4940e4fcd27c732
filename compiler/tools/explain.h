/* explain.h - the long texts of diagnostics, embedded when cnnc is built, and of operations. */
#ifndef CNNC_TOOLS_EXPLAIN_H
#define CNNC_TOOLS_EXPLAIN_H
#include "ir/operator.h"
#include "tools/session.h"

/* tools/explain/NAME.md: sections that begin with `## CODE`; about is what stands before them in the document. */
#define EXPLAINED(name) extern const char template_explain_##name[];
EXPLAINED(about)
EXPLAINED(syntax)
EXPLAINED(names)
EXPLAINED(shapes)
EXPLAINED(values)
EXPLAINED(weights)
EXPLAINED(structure)
EXPLAINED(output)
EXPLAINED(onnx)
EXPLAINED(outside)
EXPLAINED(lints)
#undef EXPLAINED

/* Signature, formula, attributes, weights and foreign names, all from the descriptor. */
void explain_operation(Text *out, const Operator *op);
/* One attribute; false: the operation has none of that name. */
bool explain_attribute(Text *out, const Operator *op, const char *name);
#endif
