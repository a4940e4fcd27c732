/* match_type.c - written types: those of inputs, those that are checked, and those of blocks, which bind names.
 *
 * Sizes agree when they are proved equal for every value of the dims; that they may differ is an error of its own. */
#include <string.h>

#include "ops/ops.h"
#include "passes/builder.h"
#include "passes/evaluate.h"

static int size_count(const AstType *type) {
  int count = 0;
  for (const AstExpr *size = type->sizes; size; size = size->next) count++;
  return count;
}

static bool read_dtype(Builder *b, const AstType *type, DType *dtype) {
  *dtype = DTYPE_F32;
  if (!type->dtype.text || dtype_from_name(type->dtype.text, dtype)) return true;
  Diagnostic *d = report(b->diagnostics, CODE_E0308, type->dtype.span, "there is no type `%s` here", type->dtype.text);
  static const char *const names[] = {"float32", "uint8", "int8", "int16", "int32"};
  Suggestion near = suggest_for(type->dtype.text);
  for (int i = 0; i < 5; i++) suggest_candidate(&near, names[i]);
  if (suggested(&near)) {
    add_help(d, "did you mean `%s`?", suggested(&near));
    add_guess(d, type->dtype.span, suggested(&near));
  }
  add_note(d, "the types are float32, uint8, int8, int16 and int32");
  return false;
}

bool evaluate_type(Builder *b, const Scope *scope, const AstType *type, TensorType *out) {
  *out = (TensorType){0};
  bool good = read_dtype(b, type, &out->dtype);
  if (size_count(type) > MAX_RANK) {
    Diagnostic *d = report(b->diagnostics, CODE_E0305, type->span, "a tensor has at most %d sizes", MAX_RANK);
    const AstExpr *batch = type->sizes, *rest = batch->next;
    const char *sample = arena_printf(b->arena, "[%s", written_text(b->c, b->arena, (Span){rest->span.start, type->span.end}));
    if (size_count(type) == MAX_RANK + 1 && batch->kind == AST_INT && batch->integer == 1) {
      add_help(d, "the batch is not written: `%s%s`", type->dtype.text ? type->dtype.text : "", sample);
      add_fix(d, (Span){batch->span.start, rest->span.start}, "");
    } else {
      add_help(d, "[channels, height, width], [channels, length] or [size]; the batch is not written");
    }
    return false;
  }
  for (const AstExpr *size = type->sizes; size; size = size->next) {
    out->sizes[out->rank] = evaluate_size(b->c, scope, size);
    good &= out->sizes[out->rank++] != NULL;
  }
  return good;
}

static const Attribute *find_attribute(const Node *node, const char *name, AttributeKind kind) {
  for (const Attribute *a = node->op->attributes; a && a->name; a++)
    if (a->kind == kind && strcmp(a->name, name) == 0) return a;
  return NULL;
}

static int64_t pair_side(const Node *node, const Attribute *attribute, bool width) {
  const Pair *pair = (const void *)((const char *)node->attributes + attribute->offset);
  return width ? pair->w : pair->h;
}

/* If the last layer has a window: what it made of the first size that is wrong, and the padding that would be right. */
static void explain_shape(Builder *b, Diagnostic *d, const Value *value, const TensorType *declared) {
  const Node *node = value->producer;
  if (!node || node->input_count != 1 || node->inputs[0]->type.rank != value->type.rank) return;
  const Attribute *kernel = find_attribute(node, "kernel_size", ATTRIBUTE_PAIR), *stride = find_attribute(node, "stride", ATTRIBUTE_PAIR);
  if (!kernel || !stride || !find_attribute(node, "padding", ATTRIBUTE_PADDING) || find_attribute(node, "output_padding", ATTRIBUTE_PAIR))
    return;
  const Attribute *dilation = find_attribute(node, "dilation", ATTRIBUTE_PAIR);
  for (int axis = 1; axis < value->type.rank; axis++) {
    bool width = axis == value->type.rank - 1;
    int64_t n, out, wanted, k = pair_side(node, kernel, width), s = pair_side(node, stride, width);
    if (!size_is_const(node->inputs[0]->type.sizes[axis], &n) || !size_is_const(value->type.sizes[axis], &out)) continue;
    if (!size_is_const(declared->sizes[axis], &wanted) || wanted == out) continue;
    add_note(d, "`%s` of %lld gives %lld", written_text(b->c, b->arena, node->span), (long long)n, (long long)out);
    if (dilation) k = pair_side(node, dilation, width) * (k - 1) + 1;
    for (int64_t p = 0; p < k && p < 1024; p++)
      if (n + 2 * p >= k && (n + 2 * p - k) / s + 1 == wanted) {
        add_help(d, "`padding=%lld` gives %lld", (long long)p, (long long)wanted);
        return;
      }
    return;
  }
}

static void report_not_proved(Builder *b, const Scope *scope, const AstType *type, const AstExpr *at, const char *name,
                              const Size *declared, const Size *found) {
  Text text = text_new(b->arena);
  size_print(&text, declared);
  text_add(&text, " and ");
  size_print(&text, found);
  Diagnostic *d = report(b->diagnostics, CODE_E0304, at ? at->span : type->span, "the declared size of `%s` may differ from the real one",
                         name);
  set_label(d, "%s", text_string(&text));
  add_size_difference(d, declared, found);
  add_instance_notes(d, scope->instance);
}

static bool surely_differ(Builder *b, const Size *a, const Size *c) {
  const Size *difference = size_sub(b->arena, a, c);
  return size_minimum(difference) > 0 || size_maximum(difference) < 0;
}

static void report_dtype(Builder *b, const AstType *type, const Value *value, const char *name) {
  Diagnostic *d = report(b->diagnostics, CODE_E0308, type->dtype.span, "`%s` is declared %s but is %s", name, type->dtype.text,
                         dtype_name(value->type.dtype));
  add_help(d, value->type.dtype == DTYPE_F32 ? "`-> cast(%s)` rounds half to even and clamps" : "`-> cast(%s)` converts it",
           type->dtype.text);
}

void check_declared_type(Builder *b, const Scope *scope, const AstType *type, const Value *value, const char *name) {
  TensorType declared;
  if (!evaluate_type(b, scope, type, &declared) || value->poisoned) return;
  if (type->dtype.text && declared.dtype != value->type.dtype) report_dtype(b, type, value, name);
  bool different = declared.rank != value->type.rank;
  int unproved = -1;
  const AstExpr *at = NULL, *size = type->sizes;
  for (int i = 0; i < declared.rank && !different; i++, size = size->next) {
    if (size_equal(declared.sizes[i], value->type.sizes[i])) continue;
    different = surely_differ(b, declared.sizes[i], value->type.sizes[i]);
    if (!different && unproved < 0) {
      unproved = i;
      at = size;
    }
  }
  if (different) {
    Diagnostic *d = report(b->diagnostics, CODE_E0306, type->span, "`%s` is declared %s but is %s", name, type_text(b->arena, &declared),
                           type_text(b->arena, &value->type));
    if (declared.rank == value->type.rank) explain_shape(b, d, value, &declared);
    else if (declared.rank == 1 && size_equal(declared.sizes[0], type_elements(b->arena, &value->type)))
      add_help(d, "`-> flatten` makes a vector");
    add_instance_notes(d, scope->instance);
  } else if (unproved >= 0) {
    report_not_proved(b, scope, type, at, name, declared.sizes[unproved], value->type.sizes[unproved]);
  }
}

/* A size in a block's tensor type that is not a free name: it must have the value that it says. */
static void check_size(Builder *b, const Scope *scope, const AstTensorParam *tensor, const AstExpr *expr, const Size *found, Span call) {
  const Size *declared = evaluate_size(b->c, scope, expr);
  if (!declared || size_equal(declared, found)) return;
  if (!surely_differ(b, declared, found)) {
    report_not_proved(b, scope, tensor->type, expr, tensor->name.text, declared, found);
    return;
  }
  Text here = text_new(b->arena), there = text_new(b->arena);
  size_print(&here, found);
  size_print(&there, declared);
  Diagnostic *d = report(b->diagnostics, CODE_E0306, call, "`%s` of `%s` is %s here", written_text(b->c, b->arena, expr->span),
                         scope->body->name.text, text_string(&here));
  add_label(d, expr->span, "it is %s", text_string(&there));
  add_instance_notes(d, scope->instance->parent);
}

void bind_tensor_type(Builder *b, Scope *scope, const AstTensorParam *tensor, const Value *value, Span call) {
  DType dtype;
  if (value->poisoned || !read_dtype(b, tensor->type, &dtype)) return;
  if (size_count(tensor->type) != value->type.rank) {
    Diagnostic *d = report(b->diagnostics, CODE_E0305, call, "`%s` needs `%s` with %d size%s, this is %s", scope->body->name.text,
                           tensor->name.text, size_count(tensor->type), size_count(tensor->type) == 1 ? "" : "s",
                           type_text(b->arena, &value->type));
    add_label(d, tensor->type->span, "declared here");
    add_instance_notes(d, scope->instance->parent);
    return;
  }
  if (tensor->type->dtype.text && dtype != value->type.dtype) {
    Diagnostic *d = report(b->diagnostics, CODE_E0308, call, "`%s` needs %s, this is %s", scope->body->name.text, dtype_name(dtype),
                           dtype_name(value->type.dtype));
    add_label(d, tensor->type->dtype.span, "declared here");
  }
  int i = 0;
  for (const AstExpr *size = tensor->type->sizes; size; size = size->next, i++) {
    if (size->kind != AST_NAME || find_entry(scope, b->arena, size->text)) {
      check_size(b, scope, tensor, size, value->type.sizes[i], call);
      continue;
    }
    Entry *entry = ARENA_NEW(b->arena, Entry);
    *entry = (Entry){.kind = ENTRY_DATUM, .what = "size", .span = size->span, .datum = datum_size(b->arena, value->type.sizes[i], 1)};
    put_name(&scope->names, size->text, entry);
  }
}
