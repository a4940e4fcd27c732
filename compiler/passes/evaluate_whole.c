/* evaluate_whole.c - expressions where a whole number, a size or a condition is needed, and what is said when it is
 * none. */
#include <string.h>

#include "passes/evaluate.h"

static const AstExpr *without_group(const AstExpr *expr) {
  while (expr && expr->kind == AST_GROUP) expr = expr->left;
  return expr;
}

enum { MAX_NAMED = 4, MAX_LOOK = 200 };

/* Adds "`c` is 30" for each name in the expression, once. */
static void describe_names(Compilation *c, const Scope *scope, const AstExpr *expr, Text *text, const char **seen, int *count, int depth) {
  if (!expr || *count == MAX_NAMED || depth > MAX_LOOK) return;
  if (expr->kind == AST_NAME) {
    const Entry *entry = find_entry(scope, c->arena, expr->text);
    for (int i = 0; i < *count; i++)
      if (strcmp(seen[i], expr->text) == 0) return;
    if (!entry || !entry->datum || !datum_is_numeric(entry->datum) || strcmp(datum_text(c->arena, entry->datum), expr->text) == 0) return;
    text_addf(text, "%s`%s` is %s", *count ? ", " : "", expr->text, datum_text(c->arena, entry->datum));
    seen[(*count)++] = expr->text;
  }
  describe_names(c, scope, expr->left, text, seen, count, depth + 1);
  describe_names(c, scope, expr->right, text, seen, count, depth + 1);
  for (const AstArg *a = expr->args; a; a = a->next) describe_names(c, scope, a->value, text, seen, count, depth + 1);
}

Diagnostic *report_not_whole(Compilation *c, const Scope *scope, const AstExpr *expr, const Datum *value) {
  Arena *arena = c->arena;
  const AstExpr *inner = without_group(expr);
  bool divides = inner && scope && inner->kind == AST_BINARY && inner->op == AST_DIV;
  Span span = expr ? expr->span : value->span;
  const Datum *left = divides ? evaluate(c, scope, inner->left) : NULL, *right = divides ? evaluate(c, scope, inner->right) : NULL;
  Diagnostic *d;
  if (divides)
    d = report(c->diagnostics, CODE_E0405, span, "%s / %s is not a whole number%s", datum_text(arena, left), datum_text(arena, right),
               value->kind == DATUM_SIZE ? " for every size" : "");
  else d = report(c->diagnostics, CODE_E0405, span, "%s is not a whole number", datum_text(arena, value));
  if (scope && expr) {
    Text text = text_new(arena);
    const char *seen[MAX_NAMED];
    int count = 0;
    describe_names(c, scope, expr, &text, seen, &count, 0);
    bool inside = scope->instance && scope->instance->path[0];
    if (count) add_note(d, inside ? "%s in instance `%s`" : "%s", text_string(&text), inside ? scope->instance->path : "");
  }
  const char *why = NULL;
  if (divides) {
    const Datum *down = compute_number(arena, AST_FLOOR_DIV, left, right, &why);
    if (down)
      add_help(d, "`%s // %s` rounds down to %s", written_text(c, arena, inner->left->span), written_text(c, arena, inner->right->span),
               datum_text(arena, down));
  } else if (value->kind != DATUM_SIZE) {
    add_help(d, "`//` divides and rounds down; `int(..)` and `round(..)` make a number whole");
  }
  return d;
}

bool evaluate_whole(Compilation *c, const Scope *scope, const AstExpr *expr, const char *what, int64_t minimum, int64_t maximum,
                    int64_t *value) {
  const Datum *datum = evaluate(c, scope, expr);
  if (datum->kind == DATUM_POISONED) return false;
  if (!datum_is_numeric(datum)) {
    report(c->diagnostics, CODE_E0406, expr->span, "%s is needed here, this is %s", what, datum_kind_text(datum));
    return false;
  }
  if (datum->kind == DATUM_SIZE) {
    Diagnostic *d = report(c->diagnostics, CODE_E0406, expr->span, "%s is needed here, and `%s` is known at run time only", what,
                           datum_text(c->arena, datum));
    add_note(d, "what the network consists of is decided while compiling");
    return false;
  }
  if (!datum_is_whole(datum, value)) {
    report_not_whole(c, scope, expr, datum);
    return false;
  }
  if (*value >= minimum && *value <= maximum) return true;
  Diagnostic *d = report(c->diagnostics, CODE_E0406, expr->span, "%s cannot be %lld", what, (long long)*value);
  if (*value < minimum) add_help(d, "the smallest is %lld", (long long)minimum);
  else add_help(d, "the largest is %lld", (long long)maximum);
  return false;
}

const Size *evaluate_size(Compilation *c, const Scope *scope, const AstExpr *expr) {
  if (expr->kind == AST_NAME && (strcmp(expr->text, "None") == 0 || strcmp(expr->text, "null") == 0)) {
    Diagnostic *d = report(c->diagnostics, CODE_E0202, expr->span, "a size cannot be `%s`", expr->text);
    add_help(d, "a size that varies has a name, declared above the net: `dim H in 1..1024`");
    return NULL;
  }
  const Datum *datum = evaluate(c, scope, expr);
  if (datum->kind == DATUM_POISONED) return NULL;
  if (!datum_is_numeric(datum)) {
    Diagnostic *d = report(c->diagnostics, CODE_E0406, expr->span, "a size is needed here, this is %s", datum_kind_text(datum));
    if (datum->kind == DATUM_TUPLE) add_help(d, "sizes are separated by commas: `[3, 32, 32]`");
    return NULL;
  }
  const Size *size = datum_whole_size(c->arena, datum);
  if (!size) {
    report_not_whole(c, scope, expr, datum);
    return NULL;
  }
  if (size_minimum(size) >= 1 && size_minimum(size) <= INT32_MAX) {
    int64_t value;
    if (!size_is_const(size, &value) || value <= INT32_MAX) return size;
  }
  Diagnostic *d = report(c->diagnostics, CODE_E0307, expr->span, "a size cannot be %s", datum_text(c->arena, datum));
  if (datum->kind == DATUM_SIZE && size_minimum(size) < 1) add_note(d, "it can become %lld", (long long)size_minimum(size));
  add_help(d, "sizes are whole numbers from 1 to 2147483647");
  return NULL;
}

bool evaluate_condition(Compilation *c, const Scope *scope, const AstExpr *expr, bool *truth) {
  const Datum *datum = evaluate(c, scope, expr);
  *truth = datum->truth;
  if (datum->kind == DATUM_BOOL) return true;
  if (datum->kind == DATUM_POISONED) return false;
  Diagnostic *d = report(c->diagnostics, CODE_E0406, expr->span, "a condition is needed here, this is %s", datum_kind_text(datum));
  add_help(d, "compare it: `a == b`, `a > b`");
  return false;
}
