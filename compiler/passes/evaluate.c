/* evaluate.c - walks expressions; see evaluate.h. Arithmetic stands in number.c, functions in functions.c. */
#include "passes/evaluate.h"

#include <math.h>
#include <string.h>

#include "ops/explain_shape.h"
#include "ops/ops.h"

/* Deeper trees come from very long sums only; the limit keeps the stack small. */
enum { MAX_DEPTH = 1000 };

typedef struct Evaluator {
  Compilation *c;
  Arena *arena;
  const Scope *scope;
  int depth;
} Evaluator;

static const Datum *walk(Evaluator *e, const AstExpr *expr);

static const Datum *poisoned_after(Evaluator *e, Diagnostic *d) {
  (void)d;
  return datum_poisoned(e->arena);
}

static const Datum *placed(Evaluator *e, const Datum *datum, Span span) {
  if (datum->span.start) return datum;
  Datum *copy = ARENA_NEW(e->arena, Datum);
  *copy = *datum;
  copy->span = span;
  return copy;
}

/* The value of a literal as written: exact where the digits fit, since 0.1 means one tenth. */
static const Datum *literal_real(Evaluator *e, const AstExpr *expr) {
  int64_t digits = 0, scale = 1;
  bool fraction = false, exact = expr->text != NULL;
  for (const char *p = expr->text; exact && *p; p++) {
    if (*p == '.') fraction = true;
    else if (*p >= '0' && *p <= '9' && digits < INT64_C(1) << 49 && scale < INT64_C(1) << 49) {
      digits = 10 * digits + (*p - '0');
      if (fraction) scale *= 10;
    } else if (*p == 'e' || *p == 'E') {
      bool negative = p[1] == '-';
      int exponent = 0;
      for (p += p[1] == '-' || p[1] == '+' ? 2 : 1; *p >= '0' && *p <= '9' && exponent < 100; p++) exponent = 10 * exponent + (*p - '0');
      for (; exponent > 0 && exact; exponent--) {
        int64_t *grown = negative ? &scale : &digits;
        exact = *grown < INT64_C(1) << 49;
        if (exact) *grown *= 10;
      }
      exact = exact && *p == '\0';
      break;
    } else {
      exact = false;
    }
  }
  const char *why;
  if (!exact) return datum_real(e->arena, expr->real);
  return compute_number(e->arena, AST_DIV, datum_number(e->arena, digits, 1), datum_number(e->arena, scale, 1), &why);
}

/* Operations, blocks and choices are values too. */
static const Datum *word(Evaluator *e, const char *text) {
  Datum *datum = ARENA_NEW(e->arena, Datum);
  datum->kind = DATUM_WORD;
  datum->denominator = 1;
  datum->text = text;
  datum->module = e->scope->module;
  return datum;
}

static const Datum *from_entry(Evaluator *e, const Entry *entry, const AstExpr *expr) {
  switch (entry->kind) {
  case ENTRY_DATUM:
  case ENTRY_DIM: return entry->datum;
  case ENTRY_BLOCK: return word(e, expr->text);
  case ENTRY_TENSORS:
  case ENTRY_SHARED: break;
  }
  if (find_operator(expr->text) || is_attribute_word(expr->text)) return word(e, expr->text);
  Diagnostic *d = report(e->c->diagnostics, CODE_E0406, expr->span, "`%s` is a %s, not a value that is known while compiling", expr->text,
                         entry->kind == ENTRY_SHARED ? "shared layer" : "tensor");
  add_label(d, entry->span, "defined here");
  if (entry->kind == ENTRY_TENSORS) add_help(d, "name its sizes where the block takes it: `block %s: [c, h, w] -> ..`", expr->text);
  return poisoned_after(e, d);
}

static const Datum *name(Evaluator *e, const AstExpr *expr) {
  const Entry *entry = find_entry(e->scope, e->arena, expr->text);
  if (entry) return from_entry(e, entry, expr);
  if (find_operator(expr->text) || is_attribute_word(expr->text)) return word(e, expr->text);
  return poisoned_after(e, report_unknown_name(e->c, e->scope, expr->text, expr->span));
}

static const Datum *function(Evaluator *e, const AstExpr *expr) {
  const Datum *args[64];
  int count = 0;
  bool poisoned = false;
  for (const AstArg *a = expr->args; a; a = a->next) {
    if (a->name.text || count == 64) {
      return poisoned_after(e, report(e->c->diagnostics, CODE_E0406, a->span,
                                      a->name.text ? "`%s` takes no named arguments" : "`%s` gets too many arguments", expr->text));
    }
    args[count] = walk(e, a->value);
    poisoned |= args[count++]->kind == DATUM_POISONED;
  }
  if (poisoned) return datum_poisoned(e->arena);
  const char *why = NULL;
  const Datum *result = call_function(e->arena, expr->text, args, count, &why);
  if (result) return result;
  return poisoned_after(e, report(e->c->diagnostics, CODE_E0406, expr->span, "`%s` cannot be computed: %s", expr->text, why));
}

/* A name with arguments that is no function is an operation or block, kept for a later `-> act`. */
static const Datum *call(Evaluator *e, const AstExpr *expr) {
  if (is_function(expr->text)) return function(e, expr);
  const Entry *entry = find_entry(e->scope, e->arena, expr->text);
  const Datum *word = entry && entry->kind == ENTRY_DATUM && entry->datum->kind == DATUM_WORD ? entry->datum : NULL;
  if (!find_operator(expr->text) && !word && !(entry && entry->kind == ENTRY_BLOCK)) {
    Suggestion near = suggest_for(expr->text);
    for (int i = 0; function_names[i]; i++) suggest_candidate(&near, function_names[i]);
    for (int i = 0; all_operators[i]; i++) suggest_candidate(&near, all_operators[i]->name);
    Diagnostic *d = report(e->c->diagnostics, CODE_E0201, expr->span, "there is no function, operation or block `%s`", expr->text);
    if (suggested(&near)) add_help(d, "did you mean `%s`?", suggested(&near));
    return poisoned_after(e, d);
  }
  Datum *datum = ARENA_NEW(e->arena, Datum);
  datum->kind = DATUM_OPERATION;
  datum->denominator = 1;
  datum->text = word ? word->text : expr->text;
  datum->module = word ? word->module : e->scope->module;
  datum->arguments = evaluate_arguments(e->c, e->scope, expr->args);
  return datum;
}

static const Datum *items(Evaluator *e, const AstExpr *expr) {
  const Datum **values = NULL;
  int count = 0;
  bool poisoned = false;
  for (const AstExpr *item = expr->items; item; item = item->next) {
    const Datum *value = walk(e, item);
    poisoned |= value->kind == DATUM_POISONED;
    ARENA_PUSH(e->arena, values, count, value);
  }
  if (poisoned) return datum_poisoned(e->arena);
  const Datum *list = datum_list(e->arena, values, count);
  if (!list) return poisoned_after(e, report(e->c->diagnostics, CODE_E0406, expr->span, "this list is too large or nested too deeply"));
  if (expr->kind == AST_LIST) return list;
  Datum *tuple = ARENA_NEW(e->arena, Datum);
  *tuple = *list;
  tuple->kind = DATUM_TUPLE;
  return tuple;
}

static const Datum *named_tuple(Evaluator *e, const AstExpr *expr) {
  Datum *tuple = ARENA_NEW(e->arena, Datum);
  tuple->kind = DATUM_NAMED_TUPLE;
  tuple->denominator = 1;
  tuple->arguments = evaluate_arguments(e->c, e->scope, expr->args);
  for (const Argument *a = tuple->arguments; a; a = a->next)
    if (a->value->kind == DATUM_POISONED) return datum_poisoned(e->arena);
  return tuple;
}

static const Datum *truth(Evaluator *e, const AstExpr *expr) {
  const Datum *value = walk(e, expr);
  if (value->kind == DATUM_BOOL || value->kind == DATUM_POISONED) return value;
  return poisoned_after(
      e, report(e->c->diagnostics, CODE_E0406, expr->span, "a condition is needed here, this is %s", datum_kind_text(value)));
}

static const Datum *logical(Evaluator *e, const AstExpr *expr) {
  const Datum *left = truth(e, expr->left);
  if (left->kind == DATUM_POISONED || left->truth == (expr->op == AST_OR)) return left;
  return truth(e, expr->right);
}

static const Datum *binary(Evaluator *e, const AstExpr *expr) {
  if (expr->op == AST_AND || expr->op == AST_OR) return logical(e, expr);
  const Datum *a = walk(e, expr->left), *b = walk(e, expr->right);
  if (a->kind == DATUM_POISONED || b->kind == DATUM_POISONED) return datum_poisoned(e->arena);
  const char *why = NULL;
  bool numeric = datum_is_numeric(a) && datum_is_numeric(b);
  if ((expr->op == AST_EQ || expr->op == AST_NE) && !numeric) return datum_bool(e->arena, datum_equal(a, b) == (expr->op == AST_EQ));
  bool compares = expr->op >= AST_LT && expr->op <= AST_GE;
  const Datum *result = compares && !numeric ? NULL : compute_elementwise(e->arena, expr->op, a, b, &why);
  if (result) return result;
  Diagnostic *d = report(e->c->diagnostics, CODE_E0406, expr->span, "this cannot be computed: %s",
                         why ? why : "only numbers can be compared");
  if (a->kind != DATUM_LIST && b->kind != DATUM_LIST) set_label(d, "%s and %s", datum_text(e->arena, a), datum_text(e->arena, b));
  if (a->kind == DATUM_SIZE || b->kind == DATUM_SIZE)
    add_note(d, "what the network consists of is decided while compiling; `--size %s=..` fixes a size", "H");
  return poisoned_after(e, d);
}

static const Datum *negative(Evaluator *e, const AstExpr *expr) {
  const Datum *value = walk(e, expr->left);
  if (value->kind == DATUM_POISONED) return value;
  const char *why = NULL;
  const Datum *result = compute_elementwise(e->arena, AST_MUL, value, datum_number(e->arena, -1, 1), &why);
  if (result) return result;
  return poisoned_after(e, report(e->c->diagnostics, CODE_E0406, expr->span, "this cannot be negated: %s", why));
}

static const Datum *walk_kind(Evaluator *e, const AstExpr *expr) {
  switch (expr->kind) {
  case AST_INT: return datum_number(e->arena, expr->integer, 1);
  case AST_FLOAT: return literal_real(e, expr);
  case AST_SIZE:
  case AST_TUPLE:
  case AST_LIST: return items(e, expr);
  case AST_STRING: {
    Datum *datum = ARENA_NEW(e->arena, Datum);
    *datum = (Datum){.kind = DATUM_STRING, .denominator = 1, .text = expr->text};
    return datum;
  }
  case AST_TRUE: return datum_bool(e->arena, true);
  case AST_FALSE: return datum_bool(e->arena, false);
  case AST_NONE: {
    Datum *datum = ARENA_NEW(e->arena, Datum);
    *datum = (Datum){.kind = DATUM_NONE, .denominator = 1};
    return datum;
  }
  case AST_NAME: return name(e, expr);
  case AST_CALL: return call(e, expr);
  case AST_NOT: {
    const Datum *value = truth(e, expr->left);
    return value->kind == DATUM_BOOL ? datum_bool(e->arena, !value->truth) : value;
  }
  case AST_NEGATE: return negative(e, expr);
  case AST_BINARY: return binary(e, expr);
  case AST_GROUP: return walk(e, expr->left);
  case AST_NAMED_TUPLE: return named_tuple(e, expr);
  }
  return datum_poisoned(e->arena);
}

static const Datum *walk(Evaluator *e, const AstExpr *expr) {
  if (!expr) return datum_poisoned(e->arena); /* left out after a syntax error */
  if (e->depth >= MAX_DEPTH)
    return poisoned_after(e, report(e->c->diagnostics, CODE_E0406, expr->span, "this expression is nested too deeply"));
  e->depth++;
  const Datum *datum = walk_kind(e, expr);
  e->depth--;
  return placed(e, datum, expr->span);
}

const Datum *evaluate(Compilation *c, const Scope *scope, const AstExpr *expr) {
  Evaluator e = {c, c->arena, scope, 0};
  return walk(&e, expr);
}

const Datum *evaluate_argument(Compilation *c, const Scope *scope, const AstExpr *expr) {
  Evaluator e = {c, c->arena, scope, 0};
  if (!expr || expr->kind != AST_NAME || find_entry(scope, c->arena, expr->text) || find_operator(expr->text) ||
      is_attribute_word(expr->text))
    return walk(&e, expr);
  Datum *unknown = ARENA_NEW(c->arena, Datum);
  *unknown = (Datum){.kind = DATUM_WORD, .span = expr->span, .denominator = 1, .text = expr->text};
  return unknown;
}

Argument *evaluate_arguments(Compilation *c, const Scope *scope, const AstArg *args) {
  Argument *first = NULL, **next = &first;
  for (const AstArg *a = args; a; a = a->next) {
    Argument *argument = ARENA_NEW(c->arena, Argument);
    *argument = (Argument){
        .name = a->name, .value = evaluate_argument(c, scope, a->value), .expr = a->value, .scope = scope, .span = a->span};
    *next = argument;
    next = &argument->next;
  }
  return first;
}
