/* read_attributes.c - which argument is which attribute; see read_attributes.h. Values are read in
 * convert_attribute.c. */
#include "passes/read_attributes.h"

#include <string.h>

#include "ops/ops.h"
#include "passes/evaluate.h"

static int attribute_count(const Operator *op) {
  int count = 0;
  while (op->attributes && op->attributes[count].name) count++;
  return count;
}

static int attribute_index(const Operator *op, const char *name) {
  for (int i = 0; i < attribute_count(op); i++)
    if (strcmp(op->attributes[i].name, name) == 0) return i;
  return -1;
}

static const char *ordinal(int i) {
  static const char *const words[] = {"first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"};
  return i < 8 ? words[i] : "last";
}

static void list_attributes(Arena *arena, Diagnostic *d, const Operator *op) {
  Text text = text_new(arena);
  for (int i = 0; i < attribute_count(op); i++) text_addf(&text, "%s%s", i ? ", " : "", op->attributes[i].name);
  if (text.length) add_help(d, "`%s` has the attribute%s %s", op->name, attribute_count(op) > 1 ? "s" : "", text_string(&text));
  else add_help(d, "`%s` takes no attributes", op->name);
}

/* What other frameworks write there and cnnc elsewhere, or not at all; NULL: not known. */
static const char *said_elsewhere(const char *name) {
  static const char *const rows[][2] = {
      {"in_channels", "the input's size is inferred: leave it out"},
      {"in_features", "the input's size is inferred: leave it out"},
      {"input_dim", "the input's size is inferred: leave it out"},
      {"num_features", "the input's size is inferred: leave it out"},
      {"normalized_shape", "the input's size is inferred: leave it out"},
      {"input_shape", "the type of the `input` says it: leave it out"},
      {"activation", "an activation is a layer of its own: `-> relu`"},
      {"act", "an activation is a layer of its own: `-> relu`"},
      {"nonlinearity", "an activation is a layer of its own: `-> relu`"},
      {"name", "a layer's name stands before it: `name: ..`"},
      {"kernel_initializer", "weights come from a file or from `-w random:SEED`: leave it out"},
      {"bias_initializer", "weights come from a file or from `-w random:SEED`: leave it out"},
      {"weight_filler", "weights come from a file or from `-w random:SEED`: leave it out"},
      {"momentum", "only training uses it: leave it out"},
      {"track_running_stats", "only training uses it: leave it out"},
      {"training", "only training uses it: leave it out"},
      {"trainable", "only training uses it: leave it out"},
      {"inplace", "where tensors lie in memory is planned: leave it out"},
      {"start_dim", "all sizes of a sample are taken, and the batch is not one of them: leave it out"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (strcmp(rows[i][0], name) == 0) return rows[i][1];
  return NULL;
}

static void report_unknown_attribute(Compilation *c, const Operator *op, AstName name) {
  Diagnostic *d = report(c->diagnostics, CODE_E0401, name.span, "`%s` has no attribute `%s`", op->name, name.text);
  const char *own = foreign_attribute(op, name.text);
  int index = own ? attribute_index(op, own) : -1;
  if (index >= 0) {
    if (op->attributes_by_name) add_help(d, "it is `%s`", own);
    else add_help(d, "it is `%s`, the %s argument", own, ordinal(index));
    if (takes_other_values(name.text)) add_guess(d, name.span, own);
    else add_fix(d, name.span, own);
    return;
  }
  const char *elsewhere = said_elsewhere(name.text);
  if (elsewhere) {
    add_help(d, "%s", elsewhere);
    return;
  }
  Suggestion near = suggest_for(name.text);
  for (int i = 0; i < attribute_count(op); i++) suggest_candidate(&near, op->attributes[i].name);
  if (suggested(&near)) {
    add_help(d, "did you mean `%s`?", suggested(&near));
    add_guess(d, name.span, suggested(&near));
    return;
  }
  list_attributes(c->arena, d, op);
}

/* The first attribute in order that has no argument yet: what one without a name behind one with a name may mean. */
static const char *first_free(const Operator *op, const Argument *const *by_index) {
  for (int i = 0; i < attribute_count(op); i++)
    if (!by_index[i]) return op->attributes[i].name;
  return "name";
}

static void report_unnamed_argument(Compilation *c, const Argument *argument, const char *probably) {
  Diagnostic *d = report(c->diagnostics, CODE_E0401, argument->span, "an argument without a name follows one with a name");
  add_help(d, "name it as well: `%s=%s`", probably, written_text(c, c->arena, argument->span));
  add_guess(d, (Span){argument->span.start, argument->span.start}, arena_printf(c->arena, "%s=", probably));
}

/* The attribute that an argument sets; -1: reported. *position counts positional arguments. */
static int match_argument(Compilation *c, const Operator *op, const Argument *argument, int *position) {
  if (argument->name.text) {
    int index = attribute_index(op, argument->name.text);
    if (index < 0) report_unknown_attribute(c, op, argument->name);
    return index;
  }
  int count = attribute_count(op);
  if (*position < count && op->attributes_by_name) {
    Diagnostic *d = report(c->diagnostics, CODE_E0401, argument->span, "the arguments of `%s` need names", op->name);
    list_attributes(c->arena, d, op);
    *position = count + 1; /* say it once */
    return -1;
  }
  if (*position < count) return (*position)++;
  if (*position == count) {
    Diagnostic *d = report(c->diagnostics, CODE_E0401, argument->span,
                           count ? "`%s` has too many arguments: it takes %d at most" : "`%s` takes no arguments", op->name, count);
    if (count) list_attributes(c->arena, d, op);
    ++*position; /* say it once */
  }
  return -1;
}

static bool match_arguments(Compilation *c, const Operator *op, const Argument *arguments, const Argument **by_index) {
  int position = 0;
  bool good = true, named = false;
  for (const Argument *a = arguments; a; a = a->next) {
    if (!a->name.text && named) { /* after an unknown name, what stands where is not known either */
      if (good) report_unnamed_argument(c, a, first_free(op, by_index));
      return false;
    }
    int index = match_argument(c, op, a, &position);
    named |= a->name.text != NULL;
    good &= index >= 0;
    if (index < 0) continue;
    if (by_index[index]) {
      Diagnostic *d = report(c->diagnostics, CODE_E0401, a->span, "`%s` is given twice", op->attributes[index].name);
      add_label(d, by_index[index]->span, "first here");
      good = false;
    }
    by_index[index] = a;
  }
  return good;
}

/* The number of "alpha=1e-4, beta=0.75", or the first in "PyTorch uses 1e-5, Keras 1e-3": what most will want to write. */
static const char *usual_value(Arena *arena, const Attribute *attribute) {
  if (attribute->kind == ATTRIBUTE_BOOL) return "true";
  if (attribute->kind == ATTRIBUTE_CHOICE) return arena_strndup(arena, attribute->choices, strcspn(attribute->choices, "|"));
  const char *start = attribute->why, *named = start ? strstr(start, arena_printf(arena, "%s=", attribute->name)) : NULL;
  if (named) start = named + strlen(attribute->name) + 1;
  while (!named && start && *start && !(*start >= '0' && *start <= '9' && (start == attribute->why || start[-1] == ' '))) start++;
  size_t length = start ? strspn(start, "0123456789.e-") : 0;
  while (length && (start[length - 1] == '.' || start[length - 1] == '-')) length--;
  return length ? arena_strndup(arena, start, length) : "..";
}

/* "`alpha`, `beta` and `k`" */
static const char *name_all(Arena *arena, const Attribute *const *attributes, int count) {
  Text text = text_new(arena);
  for (int i = 0; i < count; i++) text_addf(&text, "%s`%s`", !i ? "" : i + 1 < count ? ", " : " and ", attributes[i]->name);
  return text_string(&text);
}

/* Values without a default of which something is to be said: what frameworks use, once each, and a line for the file. */
static void advise_defaults(Arena *arena, Diagnostic *d, const Operator *op, const Attribute *const *missing, int count) {
  Text line = text_new(arena);
  for (int i = 0; i < count; i++) {
    const char *why = missing[i]->why;
    if (!why) continue;
    bool said = false;
    for (int k = 0; k < i; k++) said |= missing[k]->why && strcmp(missing[k]->why, why) == 0;
    if (!said) add_note(d, "%s", why);
    text_addf(&line, "%s%s=%s", line.length ? ", " : "", missing[i]->name, usual_value(arena, missing[i]));
  }
  if (line.length) add_help(d, "once per file: `default %s(%s)`", op->name, text_string(&line));
}

static void report_missing(Compilation *c, const AttributeRequest *request, const Attribute *const *missing, int count) {
  const Operator *op = request->op;
  const char *names = name_all(c->arena, missing, count);
  bool advised = false;
  for (int i = 0; i < count; i++) advised |= missing[i]->why != NULL;
  if (advised && request->missing) {
    char *key = arena_printf(c->arena, "%s.%s", op->name, names);
    if (find_name(request->missing, key)) return;
    put_name(request->missing, key, request->missing);
  }
  Diagnostic *d = report(c->diagnostics, CODE_E0403, request->call, "`%s` needs %s", op->name, names);
  advise_defaults(c->arena, d, op, missing, count);
  if (!advised && count == 1) add_help(d, "it is the %s argument", ordinal((int)(missing[0] - op->attributes)));
  else if (!advised) add_help(d, "they are the first arguments");
}

bool read_attributes(Compilation *c, const AttributeRequest *request, Attributes *out) {
  const Operator *op = request->op;
  const Argument *by_index[MAX_ATTRIBUTES] = {0};
  *out = (Attributes){0};
  bool good = match_arguments(c, op, request->arguments, by_index);
  bool matched = good;
  int count = attribute_count(op);
  const DefaultAttributes *defaults = find_name(request->defaults, op->name);
  for (int i = 0; defaults && i < count; i++)
    if (!by_index[i]) by_index[i] = defaults->by_index[i];
  if (defaults) matched &= !defaults->broken;
  if (op->attributes_size == 0) return good;
  out->values = arena_alloc(c->arena, op->attributes_size);
  memcpy(out->values, op->default_attributes, op->attributes_size);
  Span *spans = ARENA_ARRAY(c->arena, Span, (size_t)count);
  out->spans = spans;
  const Attribute *missing[MAX_ATTRIBUTES];
  int missing_count = 0;
  for (int i = 0; i < count; i++) {
    const Attribute *attribute = &op->attributes[i];
    if (!by_index[i]) {
      if (attribute->required) missing[missing_count++] = attribute;
      continue;
    }
    out->given |= UINT64_C(1) << i;
    spans[i] = by_index[i]->span;
    good &= convert_attribute(c, op, attribute, by_index[i], request->rank, (char *)out->values + attribute->offset);
  }
  if (missing_count && matched) report_missing(c, request, missing, missing_count);
  return good && !missing_count;
}

/* Whether a `default` could be understood; its attributes are checked, too. */
static bool match_default(Compilation *c, const Operator *op, const Argument *arguments) {
  const Argument *by_index[MAX_ATTRIBUTES] = {0};
  for (const Argument *a = arguments; a; a = a->next)
    if (!a->name.text) {
      Diagnostic *d = report(c->diagnostics, CODE_E0401, a->span, "a `default` names its attributes");
      if (attribute_count(op)) add_help(d, "`default %s(%s=%s)`", op->name, op->attributes[0].name, written_text(c, c->arena, a->span));
      return false;
    }
  if (!match_arguments(c, op, arguments, by_index)) return false;
  void *scratch = op->attributes_size ? arena_alloc(c->arena, op->attributes_size) : NULL;
  for (int i = 0; scratch && i < attribute_count(op); i++)
    if (by_index[i]) convert_attribute(c, op, &op->attributes[i], by_index[i], 0, (char *)scratch + op->attributes[i].offset);
  return true;
}

void add_default_attributes(Compilation *c, const Operator *op, const Argument *arguments, DefaultAttributes *defaults) {
  bool good = match_default(c, op, arguments);
  defaults->broken |= !good;
  for (const Argument *a = arguments; a; a = a->next) {
    int index = a->name.text ? attribute_index(op, a->name.text) : -1;
    if (index < 0) continue;
    const Argument *earlier = defaults->by_index[index];
    if (!earlier) {
      defaults->by_index[index] = a;
    } else if (good) {
      Diagnostic *d = report(c->diagnostics, CODE_E0205, a->span, "the default of `%s` is set twice", a->name.text);
      add_label(d, earlier->span, "first here");
    }
  }
}

/* `Conv2d(3, 64, 3)`: PyTorch's form, with the input channels first. */
static void help_foreign(Compilation *c, Diagnostic *d, const char *own, AstName name, const AstCall *call) {
  int whole = 0;
  for (const AstArg *a = call ? call->args : NULL; a; a = a->next) whole += !a->name.text && a->value && a->value->kind == AST_INT;
  const Operator *op = find_operator(own);
  bool channels = op && op->attributes &&
                  (strcmp(op->attributes[0].name, "out_channels") == 0 || strcmp(op->attributes[0].name, "out_features") == 0);
  int with_input = channels && strcmp(op->attributes[0].name, "out_features") == 0 ? 2 : 3; /* Linear(400, 120), Conv2d(1, 6, 5) */
  bool drop_first = channels && whole >= with_input && !call->args->name.text && call->args->value->kind == AST_INT;
  if (!channels || !call || !call->args) {
    add_help(d, "cnnc calls it `%s`", own);
  } else {
    const AstArg *first = drop_first ? call->args->next : call->args, *last = first;
    while (last->next) last = last->next;
    add_help(d, "cnnc calls it `%s`; the input channels are inferred: `%s(%s)`", own, own,
             written_text(c, c->arena, span_join(first->span, last->span)));
    if (drop_first) add_fix(d, (Span){call->args->span.start, first->span.start}, "");
  }
  add_fix(d, name.span, own);
}

Diagnostic *report_unknown_operation(Compilation *c, const Scope *scope, AstName name, const AstCall *call) {
  const char *own = foreign_operator(name.text);
  bool hidden = errors_are_hidden(c->diagnostics);
  Diagnostic *d = report(c->diagnostics, CODE_E0201, name.span, "there is no operation or block `%s`", name.text);
  if (hidden) return d;
  if (own) {
    help_foreign(c, d, own, name, call);
    return d;
  }
  if (why_refused(name.text)) {
    add_help(d, "%s", why_refused(name.text));
    return d;
  }
  const Entry *entry = find_entry(scope, c->arena, name.text);
  if (entry && entry->kind == ENTRY_TENSORS) add_help(d, "`%s` is a tensor: tensors stand before the arrow", name.text);
  Suggestion near = suggest_for(name.text);
  for (int i = 0; all_operators[i]; i++) suggest_candidate(&near, all_operators[i]->name);
  for (int i = 0; i < scope->module->names.count; i++) {
    const Entry *other = scope->module->names.items[i].thing;
    if (other->kind == ENTRY_BLOCK) suggest_candidate(&near, scope->module->names.items[i].name);
  }
  for (int i = 0; i < scope->names.count; i++) {
    const Entry *other = scope->names.items[i].thing;
    if (other->kind == ENTRY_SHARED ||
        (other->kind == ENTRY_DATUM && (other->datum->kind == DATUM_WORD || other->datum->kind == DATUM_OPERATION)))
      suggest_candidate(&near, scope->names.items[i].name);
  }
  if (suggested(&near)) {
    add_help(d, "did you mean `%s`?", suggested(&near));
    add_guess(d, name.span, suggested(&near));
  } else if (!entry || entry->kind != ENTRY_TENSORS) {
    add_help(d, "`cnnc explain` lists the operations; one of your own is a `block x -> %s { .. }`", name.text);
  }
  return d;
}
