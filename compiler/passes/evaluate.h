/* evaluate.h - expressions to compile-time values. */
#ifndef CNNC_PASSES_EVALUATE_H
#define CNNC_PASSES_EVALUATE_H
#include "passes/scope.h"

/* Never NULL; poisoned after an error, which was reported. A word that means nothing is E0202. */
const Datum *evaluate(Compilation *c, const Scope *scope, const AstExpr *expr);
/* The same for an argument: a lone name that means nothing becomes a DATUM_WORD without module, so that whoever knows
 * the attribute can say which words are legal. */
const Datum *evaluate_argument(Compilation *c, const Scope *scope, const AstExpr *expr);
Argument *evaluate_arguments(Compilation *c, const Scope *scope, const AstArg *args);
/* A whole number between minimum and maximum; reports E0405, E0402 or E0406 and returns false otherwise. `what` is
 * "a size", "a count". */
bool evaluate_whole(Compilation *c, const Scope *scope, const AstExpr *expr, const char *what, int64_t minimum, int64_t maximum,
                    int64_t *value);
/* A positive size, which may vary; NULL: reported. */
const Size *evaluate_size(Compilation *c, const Scope *scope, const AstExpr *expr);
/* true or false; returns false after a report. */
bool evaluate_condition(Compilation *c, const Scope *scope, const AstExpr *expr, bool *truth);

/* E0405 for a value that is not whole: the names involved and what `//` would give. */
Diagnostic *report_not_whole(Compilation *c, const Scope *scope, const AstExpr *expr, const Datum *value);

/* functions.c: min, max, ceil_div, round, int, len, at, select, outer, transpose. */
bool is_function(const char *name);
/* args holds count positional values. NULL: *why says what is wrong. */
const Datum *call_function(Arena *arena, const char *name, const Datum **args, int count, const char **why);
extern const char *const function_names[]; /* ends with NULL */
/* A binary operation where lists take part element by element. */
const Datum *compute_elementwise(Arena *arena, AstBinaryOp op, const Datum *a, const Datum *b, const char **why);
/* Whether some operation has an attribute that takes this word: `same`, `reflect`. */
bool is_attribute_word(const char *word);
#endif
