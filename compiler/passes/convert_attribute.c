/* convert_attribute.c - one attribute value: a compile-time value after the attribute's kind, or why it cannot be.
 *
 * Whole numbers are at most 2^31 - 1, so that operators can calculate with them freely. For a 1D input a pair is one
 * number, which stands in both members. */
#include <math.h>
#include <string.h>

#include "ops/explain_shape.h"
#include "passes/evaluate.h"
#include "passes/read_attributes.h"

typedef struct Conversion {
  Compilation *c;
  const Operator *op;
  const Attribute *attribute;
  const Argument *argument;
  int rank;
} Conversion;

static const char PADDINGS[] = "valid|same|same_upper|same_lower|full|causal";

const char *legal_values(Arena *arena, const Attribute *attribute, int rank) {
  long long least = (long long)attribute->minimum;
  switch (attribute->kind) {
  case ATTRIBUTE_INT: return arena_printf(arena, "a whole number from %lld to 2147483647", least);
  case ATTRIBUTE_REAL: return "a number";
  case ATTRIBUTE_BOOL: return "true or false";
  case ATTRIBUTE_PAIR:
    if (rank == 2) return arena_printf(arena, "one whole number of at least %lld, since the input is 1D", least);
    return arena_printf(arena, "a whole number of at least %lld, or (height, width)", least);
  case ATTRIBUTE_SIDES: return arena_printf(arena, "a whole number of at least %lld, or (before, after)", least);
  case ATTRIBUTE_PADDING:
    if (rank == 2) return "one of valid, same, same_upper, same_lower, full, causal, an integer, or (left=, right=)";
    return "one of valid, same, same_upper, same_lower, full, causal, an integer, (h, w), or "
           "(top=, bottom=, left=, right=)";
  case ATTRIBUTE_CHOICE: {
    Text text = text_new(arena);
    if (strchr(attribute->choices, '|')) text_add(&text, "one of ");
    for (const char *p = attribute->choices; *p; p++) {
      if (*p == '|') text_add(&text, ", ");
      else text_add_char(&text, *p, 1);
    }
    return text_string(&text);
  }
  case ATTRIBUTE_ARRAY: return "a number, or a list of numbers, or lists of lists";
  case ATTRIBUTE_BIAS: return "true, false or none, or a list of numbers, one for each output channel";
  case ATTRIBUTE_INTS: return arena_printf(arena, "a whole number of at least %lld, or a list of them", least);
  }
  return "";
}

static bool choice(const char *choices, const char *word, int *index) {
  size_t length = strlen(word);
  *index = 0;
  for (const char *start = choices;; (*index)++) {
    size_t here = strcspn(start, "|");
    if (here == length && strncmp(start, word, length) == 0) return true;
    if (!start[here]) return false;
    start += here + 1;
  }
}

/* "same", "3x3": a string that would be legal as a word or number; NULL: it would not. */
static const char *without_quotes(const Conversion *v, const Datum *value) {
  int index;
  if (v->attribute->kind == ATTRIBUTE_PADDING && choice(PADDINGS, value->text, &index)) return value->text;
  if (v->attribute->kind == ATTRIBUTE_CHOICE && choice(v->attribute->choices, value->text, &index)) return value->text;
  if (v->attribute->kind == ATTRIBUTE_CHOICE || !value->text[0]) return NULL;
  return strspn(value->text, v->attribute->kind == ATTRIBUTE_INT ? "0123456789" : "0123456789x") == strlen(value->text) ? value->text
                                                                                                                        : NULL;
}

static bool refuse(const Conversion *v, const Datum *value) {
  Arena *arena = v->c->arena;
  Span span = v->argument->expr ? v->argument->expr->span : v->argument->span;
  Diagnostic *d = report(v->c->diagnostics, CODE_E0402, span, "`%s` cannot be `%s`", v->attribute->name, datum_text(arena, value));
  const char *legal = legal_values(arena, v->attribute, v->rank), *near = NULL;
  if (value->kind == DATUM_SIZE) add_note(d, "attributes are decided while compiling, and this size is known at run time only");
  if (value->kind == DATUM_WORD && (v->attribute->kind == ATTRIBUTE_CHOICE || v->attribute->kind == ATTRIBUTE_PADDING)) {
    Suggestion suggestion = suggest_for(value->text);
    const char *choices = v->attribute->kind == ATTRIBUTE_PADDING ? PADDINGS : v->attribute->choices;
    for (const char *start = choices; start; start = strchr(start, '|') ? strchr(start, '|') + 1 : NULL)
      suggest_candidate(&suggestion, arena_strndup(arena, start, strcspn(start, "|")));
    near = suggested(&suggestion);
  }
  const char *unquoted = value->kind == DATUM_STRING ? without_quotes(v, value) : NULL;
  if (unquoted) {
    add_help(d, "it is written without quotes: `%s`", unquoted);
    if (v->argument->expr && v->argument->expr->kind == AST_STRING) add_fix(d, span, unquoted);
  } else if (v->attribute->kind == ATTRIBUTE_PADDING && value->kind == DATUM_NUMBER) {
    add_help(d, "it is at least 0");
  } else if (near) {
    add_help(d, "did you mean `%s`? %s", near, legal);
    if (v->argument->expr && v->argument->expr->kind == AST_NAME && value->span.start == span.start) add_guess(d, span, near);
  } else {
    add_help(d, "it is %s", legal);
  }
  if (v->argument->scope) add_instance_notes(d, v->argument->scope->instance);
  return false;
}

static bool whole(const Conversion *v, const Datum *value, int64_t minimum, int64_t *out) {
  if (!datum_is_numeric(value) || value->kind == DATUM_SIZE) return refuse(v, value);
  if (!datum_is_whole(value, out)) {
    if (value->kind == DATUM_REAL && fabs(value->real) >= 9.0e15) return refuse(v, value);
    report_not_whole(v->c, v->argument->scope, v->argument->expr, value);
    return false;
  }
  return (*out >= minimum && *out <= INT32_MAX) || refuse(v, value);
}

/* A limit that may be missing is infinite then, and its default is. */
static bool convert_real(const Conversion *v, const Datum *value, double *out) {
  double usual = *(const double *)((const char *)v->op->default_attributes + v->attribute->offset);
  if (value->kind == DATUM_NONE && isinf(usual)) {
    *out = usual;
    return true;
  }
  if (value->kind != DATUM_NUMBER && value->kind != DATUM_REAL) return refuse(v, value);
  *out = datum_real_value(value);
  return true;
}

static bool convert_pair(const Conversion *v, const Datum *value, Pair *out) {
  int64_t minimum = v->attribute->minimum;
  if (value->kind == DATUM_TUPLE && value->count == 2) {
    if (v->rank == 2) return refuse(v, value);
    return whole(v, value->items[0], minimum, &out->h) && whole(v, value->items[1], minimum, &out->w);
  }
  if (!whole(v, value, minimum, &out->w)) return false;
  out->h = out->w;
  return true;
}

static bool convert_sides(const Conversion *v, const Datum *value, Sides *out) {
  int64_t minimum = v->attribute->minimum;
  if (value->kind == DATUM_TUPLE && value->count == 2)
    return whole(v, value->items[0], minimum, &out->before) && whole(v, value->items[1], minimum, &out->after);
  if (!whole(v, value, minimum, &out->before)) return false;
  out->after = out->before;
  return true;
}

static bool named_padding(const Conversion *v, const Datum *value, Padding *out) {
  static const char *const sides[] = {"top", "bottom", "left", "right"};
  int64_t *const fields[] = {&out->top, &out->bottom, &out->left, &out->right};
  const Argument *seen[4] = {0};
  out->kind = PADDING_EXPLICIT;
  for (const Argument *a = value->arguments; a; a = a->next) {
    int side = 0;
    while (side < 4 && a->name.text && strcmp(a->name.text, sides[side]) != 0) side++;
    if (side == 4 || !a->name.text || seen[side] || (v->rank == 2 && side < 2)) {
      Diagnostic *d = report(v->c->diagnostics, CODE_E0402, a->span,
                             side < 4 && seen[side]     ? "`%s` is given twice"
                             : side < 4 && a->name.text ? "a 1D input has no `%s`"
                                                        : "padding has no side `%s`",
                             a->name.text ? a->name.text : "?");
      add_help(d, v->rank == 2 ? "padding=(left=, right=)" : "padding=(top=, bottom=, left=, right=)");
      return false;
    }
    seen[side] = a;
    if (!whole(v, a->value, 0, fields[side])) return false;
  }
  return true;
}

static bool convert_padding(const Conversion *v, const Datum *value, Padding *out) {
  *out = (Padding){0};
  int kind;
  if (value->kind == DATUM_WORD) {
    if (!choice(PADDINGS, value->text, &kind)) return refuse(v, value);
    out->kind = (PaddingKind)kind;
    return true;
  }
  if (value->kind == DATUM_NAMED_TUPLE) return named_padding(v, value, out);
  if (value->kind == DATUM_TUPLE && value->count == 4) {
    Span span = v->argument->expr ? v->argument->expr->span : v->argument->span;
    Diagnostic *d = report(v->c->diagnostics, CODE_E0402, span, "padding has no form with four numbers in a row");
    add_note(d, "ONNX, PyTorch and Keras order them in three ways");
    add_help(d, "name them: `padding=(top=, bottom=, left=, right=)`");
    return false;
  }
  Pair pair;
  if (!convert_pair(v, value, &pair)) return false;
  *out = (Padding){PADDING_EXPLICIT, true, pair.h, pair.h, pair.w, pair.w};
  return true;
}

/* The sizes of a list that is nested evenly; E0312 where it is not. */
static bool array_sizes(const Conversion *v, const Datum *list, ConstantArray *array, int level) {
  if (list->kind != DATUM_LIST) return true;
  if (level == MAX_PARAMETER_RANK || list->count == 0) return refuse(v, list);
  array->sizes[level] = list->count;
  if (level + 1 > array->rank) array->rank = level + 1;
  for (int i = 0; i < list->count; i++)
    if (!array_sizes(v, list->items[i], array, level + 1)) return false;
  return true;
}

static void report_ragged(const Conversion *v, const Datum *list, const Datum *odd) {
  Text counts = text_new(v->c->arena);
  for (int i = 0; i < list->count; i++) {
    const Datum *row = list->items[i];
    if (i) text_add(&counts, i + 1 == list->count ? " and " : ", ");
    if (i == 8) {
      text_add(&counts, "..");
      break;
    }
    text_addf(&counts, "%d", row->kind == DATUM_LIST ? row->count : 1);
  }
  Span at = odd->span.start ? odd->span : v->argument->span;
  Diagnostic *d = report(v->c->diagnostics, CODE_E0312, at, "the rows of this constant have %s values", text_string(&counts));
  if (at.start < v->argument->span.start || at.start >= v->argument->span.end) add_label(d, v->argument->span, "used here");
}

static bool check_rows(const Conversion *v, const Datum *list) {
  for (int i = 0; i < list->count; i++) {
    const Datum *row = list->items[i], *first = list->items[0];
    int count = row->kind == DATUM_LIST ? row->count : 0, wanted = first->kind == DATUM_LIST ? first->count : 0;
    if (count != wanted) {
      report_ragged(v, list, row);
      return false;
    }
    if (row->kind == DATUM_LIST && !check_rows(v, row)) return false;
  }
  return true;
}

static bool fill_array(const Conversion *v, const Datum *datum, double **next) {
  if (datum->kind == DATUM_LIST) {
    for (int i = 0; i < datum->count; i++)
      if (!fill_array(v, datum->items[i], next)) return false;
    return true;
  }
  if (datum->kind != DATUM_NUMBER && datum->kind != DATUM_REAL) return refuse(v, datum);
  *(*next)++ = datum_real_value(datum);
  return true;
}

static bool convert_array(const Conversion *v, const Datum *value, ConstantArray **out) {
  *out = NULL;
  if (value->kind == DATUM_NONE) return !v->attribute->required || refuse(v, value);
  if (value->kind != DATUM_LIST && (!datum_is_numeric(value) || value->kind == DATUM_SIZE)) return refuse(v, value);
  ConstantArray *array = ARENA_NEW(v->c->arena, ConstantArray);
  if (value->kind == DATUM_LIST && !check_rows(v, value)) return false;
  if (!array_sizes(v, value, array, 0)) return false;
  array->data = ARENA_ARRAY(v->c->arena, double, (size_t)(value->kind == DATUM_LIST ? value->leaves : 1));
  double *next = array->data;
  if (!fill_array(v, value, &next)) return false;
  *out = array;
  return true;
}

static bool convert_bias(const Conversion *v, const Datum *value, Bias *out) {
  *out = (Bias){.present = value->kind != DATUM_NONE && (value->kind != DATUM_BOOL || value->truth)};
  if (value->kind == DATUM_BOOL || value->kind == DATUM_NONE) return true;
  return value->kind == DATUM_LIST ? convert_array(v, value, &out->values) : refuse(v, value);
}

static bool convert_ints(const Conversion *v, const Datum *value, ConstantArray **out) {
  *out = NULL;
  if (value->kind == DATUM_NONE) return !v->attribute->required || refuse(v, value);
  int count = value->kind == DATUM_LIST ? value->count : 1;
  const Datum *const *items = value->kind == DATUM_LIST ? value->items : &value;
  ConstantArray *array = ARENA_NEW(v->c->arena, ConstantArray);
  array->rank = value->kind == DATUM_LIST;
  array->sizes[0] = count;
  array->data = ARENA_ARRAY(v->c->arena, double, (size_t)count);
  for (int i = 0; i < count; i++) {
    int64_t number;
    if (!whole(v, items[i], v->attribute->minimum, &number)) return false;
    array->data[i] = (double)number;
  }
  *out = array;
  return count > 0 || refuse(v, value);
}

static bool convert(const Conversion *v, const Datum *value, void *field) {
  switch (v->attribute->kind) {
  case ATTRIBUTE_INT: return whole(v, value, v->attribute->minimum, field);
  case ATTRIBUTE_REAL: return convert_real(v, value, field);
  case ATTRIBUTE_BOOL:
    if (value->kind != DATUM_BOOL) return refuse(v, value);
    *(bool *)field = value->truth;
    return true;
  case ATTRIBUTE_PAIR: return convert_pair(v, value, field);
  case ATTRIBUTE_SIDES: return convert_sides(v, value, field);
  case ATTRIBUTE_PADDING: return convert_padding(v, value, field);
  case ATTRIBUTE_CHOICE: {
    const char *word = value->kind == DATUM_NONE ? "none" : value->kind == DATUM_WORD ? value->text : NULL;
    return word && choice(v->attribute->choices, word, field) ? true : refuse(v, value);
  }
  case ATTRIBUTE_ARRAY: return convert_array(v, value, field);
  case ATTRIBUTE_BIAS: return convert_bias(v, value, field);
  case ATTRIBUTE_INTS: return convert_ints(v, value, field);
  }
  return false;
}

bool convert_attribute(Compilation *c, const Operator *op, const Attribute *attribute, const Argument *argument, int rank, void *field) {
  Conversion v = {c, op, attribute, argument, rank};
  const Datum *value = argument->value;
  if (value->kind == DATUM_POISONED) return false;
  bool takes_words = attribute->kind == ATTRIBUTE_CHOICE || attribute->kind == ATTRIBUTE_PADDING;
  if (value->kind == DATUM_WORD && !value->module && !takes_words) {
    report_unknown_name(c, argument->scope, value->text, value->span);
    return false;
  }
  return convert(&v, value, field);
}
