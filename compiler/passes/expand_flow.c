/* expand_flow.c - flows, stages and statements: branch, repeat, if, labels, unpacking. */
#include <string.h>

#include "ops/ops.h"
#include "passes/builder.h"
#include "passes/evaluate.h"
#include "passes/resolve_files.h"

static void report_label_twice(Builder *b, const char *name, Span span, const Entry *old) {
  if (old->span.start == span.start) {
    Diagnostic *d = report(b->diagnostics, CODE_E0205, span, "the label `%s` is used once in each repetition", name);
    add_help(d, "give the repeat a label, which becomes a part of the path: `layers: repeat ..`");
    add_help(d, "or number the label: `repeat i in 1..n { %s{i}: .. }`", name);
    return;
  }
  Span later = old->span.start > span.start ? old->span : span, earlier = old->span.start > span.start ? span : old->span;
  Diagnostic *d = report(b->diagnostics, CODE_E0205, later, "the label `%s` is used twice", name);
  set_label(d, "again here");
  add_label(d, earlier, "first here");
  add_help(d, "to share the weights on purpose, write `shared %s = ..`; otherwise rename one", name);
}

/* For whoever looks on. */
static void show(const Builder *b, Span place, Tensors tensors) {
  if (b->c->watch) b->c->watch(b->c->watch_context, place, tensors.items, tensors.count);
}

void define_tensors(Builder *b, Scope *scope, const char *name, Span span, const char *what, Tensors tensors) {
  show(b, span, tensors);
  Entry *old = find_name(&scope->names, name);
  if (old && strcmp(what, "label") == 0 && strcmp(old->what, "label") == 0) {
    report_label_twice(b, name, span, old);
    return;
  }
  if (old) {
    Diagnostic *d = report_twice(b->c, arena_printf(b->arena, "the %s", what), name, old->span, span);
    if (strcmp(old->what, "label") == 0) add_help(d, "a label names its tensor: give the statement another name");
    return;
  }
  Entry *entry = ARENA_NEW(b->arena, Entry);
  *entry = (Entry){.kind = ENTRY_TENSORS, .what = what, .span = span, .tensors = tensors};
  put_name(&scope->names, name, entry);
}

/* The label with `{i}` filled in, within the labelled repeats around it; NULL: reported. */
static const char *label_path(Builder *b, const Scope *scope, AstName label) {
  Text text = text_new(b->arena);
  for (const char *p = label.text; *p; p++) {
    const char *close = *p == '{' ? strchr(p, '}') : NULL;
    if (!close) {
      text_add_char(&text, *p, 1);
      continue;
    }
    const char *variable = arena_strndup(b->arena, p + 1, (size_t)(close - p - 1));
    const Loop *loop = scope->loops;
    while (loop && strcmp(loop->variable, variable) != 0) loop = loop->outer;
    if (!loop) {
      Diagnostic *d = report(b->diagnostics, CODE_E0202, label.span, "`{%s}` is no variable of a `repeat` around this", variable);
      add_help(d, "`repeat %s in 1..4 { %s: .. }` sets it", variable, label.text);
      return NULL;
    }
    if (loop->value < 0) {
      report(b->diagnostics, CODE_E0701, label.span, "`{%s}` is %lld here, and a label cannot have a minus sign", variable,
             (long long)loop->value);
      return NULL;
    }
    text_addf(&text, "%lld", (long long)loop->value);
    p = close;
  }
  return join_path(b->arena, scope->prefix, text_string(&text));
}

/* Tensors that this statement or label made, and that no label of their own names, are called after it. */
static void name_result(Builder *b, const Scope *scope, const char *name, Tensors tensors, int first_node) {
  if (tensors.count != 1) return;
  Value *value = tensors.items[0];
  if (value->producer && value->producer->id >= first_node && !value->producer->label) value->name = join_path(b->arena, scope->path, name);
}

/* Tensors that flow together, in an array that grows. */
static void append_tensors(Builder *b, Tensors *all, Tensors more, Span span) {
  if (all->count + more.count > MAX_TENSORS && !b->stopped)
    stop_expansion(b, span, arena_printf(b->arena, "more than %d tensors flow together", MAX_TENSORS));
  if (b->stopped) return;
  Span *places = all->places;
  for (int i = 0; i < more.count; i++) {
    int count = all->count;
    ARENA_PUSH(b->arena, places, count, more.places ? more.places[i] : ((Span){0, 0}));
    ARENA_PUSH(b->arena, all->items, all->count, more.items[i]);
  }
  all->places = places;
}

static Tensors expand_branch(Builder *b, Scope *scope, const AstStage *stage, Tensors in) {
  Tensors all = {NULL, 0, NULL};
  int arms = 0;
  for (const AstArm *arm = stage->arms; arm; arm = arm->next, arms++) {
    int first = b->graph->node_count;
    const char *name = arm->name.text ? label_path(b, scope, arm->name) : NULL;
    if (name) scope->nearest = join_path(b->arena, scope->path, name);
    Tensors out = expand_chain(b, scope, arm->chain, in);
    if (name) {
      define_tensors(b, scope, name, arm->name.span, "arm", out);
      name_result(b, scope, name, out, first);
    }
    append_tensors(b, &all, out, arm->span);
  }
  if (b->stopped) return poisoned_tensors(b, stage->span);
  if (arms >= 2) return all;
  Diagnostic *d = report(b->diagnostics, CODE_E0601, stage->span, "a branch needs at least two arms");
  add_help(d, "`branch(.., identity)` keeps the input itself as an arm");
  return poisoned_tensors(b, stage->span);
}

/* Layers that a chain has at least, without looking into blocks: enough to refuse a repeat of repeats at once. */
static int64_t least_layers(const Scope *scope, const AstStage *chain, int depth) {
  int64_t sum = 0;
  for (; chain && depth < 64; chain = chain->next) {
    int64_t inner = chain->body ? least_layers(scope, chain->body, depth + 1) : 0;
    if (chain->kind == AST_STAGE_CALL && chain->call.name.text)
      sum += find_operator(chain->call.name.text) && !find_name(&scope->module->names, chain->call.name.text) &&
             !find_name(&scope->names, chain->call.name.text);
    else if (chain->kind == AST_STAGE_REPEAT && chain->from && chain->from->kind == AST_INT)
      sum += inner > MAX_LAYERS || chain->from->integer > MAX_LAYERS ? (inner && chain->from->integer ? MAX_LAYERS + 1 : 0)
                                                                     : inner * chain->from->integer;
    if (sum > MAX_LAYERS) return MAX_LAYERS + 1;
  }
  return sum;
}

static bool repeat_fits(Builder *b, const Scope *scope, const AstStage *stage, int64_t count) {
  int64_t layers = least_layers(scope, stage->body, 0);
  if (count == 0 || layers == 0 || (count <= MAX_LAYERS && count * layers <= MAX_LAYERS - b->graph->node_count)) return true;
  Diagnostic *d = stop_expansion(b, stage->span, arena_printf(b->arena, "the network has more than %d layers", MAX_LAYERS));
  set_label(d, "repeated %lld times, with %s%lld layer%s each time", (long long)count, layers > MAX_LAYERS ? "more than " : "",
            (long long)(layers > MAX_LAYERS ? MAX_LAYERS : layers), layers == 1 ? "" : "s");
  return false;
}

/* A count of 0 that a parameter gives is meant; one that is written is not. */
static void lint_empty_repeat(Builder *b, const AstStage *stage) {
  bool written = stage->from->kind == AST_INT && (!stage->to || stage->to->kind == AST_INT);
  if (!written) return;
  Diagnostic *d = report(b->diagnostics, CODE_W_empty_repeat, stage->from->span, "this `repeat` repeats nothing: %s",
                         stage->to ? "its range is empty" : "its count is 0");
  add_note(d, "the tensor passes unchanged");
  add_help(d, stage->to ? "a range runs upwards, both ends included" : "remove it, or write `-> identity`");
}

/* One turn of a repeat. false: there was an error, which the other turns would repeat. */
static bool expand_turn(Builder *b, Scope *scope, const AstStage *stage, Tensors *tensors) {
  int errors = b->diagnostics->errors;
  if (++b->steps > MAX_STEPS && !b->stopped) stop_expansion(b, stage->span, "the network takes too many steps to expand");
  if (!b->stopped) *tensors = expand_chain(b, scope, stage->body, *tensors);
  return !b->stopped && b->diagnostics->errors == errors;
}

/* label: repeat n {..} opens label.0, label.1, ..; without a label the layers join the scope around. */
static Tensors expand_repeat(Builder *b, Scope *scope, const AstStage *stage, const char *label, Tensors in) {
  int64_t count;
  if (!evaluate_whole(b->c, scope, stage->from, "a count", 0, INT64_MAX, &count) || !repeat_fits(b, scope, stage, count))
    return poisoned_tensors(b, stage->span);
  if (count == 0) lint_empty_repeat(b, stage);
  const char *outer = scope->prefix;
  for (int64_t i = 0; i < count; i++) {
    int first = b->graph->node_count;
    const char *turn = label ? arena_printf(b->arena, "%s.%lld", label, (long long)i) : NULL;
    if (label) {
      scope->prefix = turn;
      scope->nearest = NULL;
    }
    bool good = expand_turn(b, scope, stage, &in);
    scope->prefix = outer;
    if (!good) return poisoned_tensors(b, stage->span);
    if (!label) continue;
    name_result(b, scope, turn, in, first);
    define_tensors(b, scope, turn, stage->label.span, "label", in);
  }
  return in;
}

static Tensors expand_repeat_in(Builder *b, Scope *scope, const AstStage *stage, const char *label, Tensors in) {
  int64_t from, to;
  bool good = evaluate_whole(b->c, scope, stage->from, "a count", -INT32_MAX, INT32_MAX, &from);
  if (!evaluate_whole(b->c, scope, stage->to, "a count", -INT32_MAX, INT32_MAX, &to) || !good || !stage->variable.text)
    return poisoned_tensors(b, stage->span);
  if (to < from) lint_empty_repeat(b, stage);
  else if (!repeat_fits(b, scope, stage, to - from + 1)) return poisoned_tensors(b, stage->span);
  const Loop *outer_loops = scope->loops;
  const char *outer = scope->prefix;
  if (label) {
    scope->prefix = label;
    scope->nearest = NULL;
  }
  for (int64_t i = from; i <= to && good; i++) {
    Loop *loop = ARENA_NEW(b->arena, Loop);
    *loop = (Loop){stage->variable.text, i, outer_loops};
    scope->loops = loop;
    good = expand_turn(b, scope, stage, &in);
  }
  scope->loops = outer_loops;
  scope->prefix = outer;
  return good ? in : poisoned_tensors(b, stage->span);
}

static Tensors expand_if(Builder *b, Scope *scope, const AstStage *stage, Tensors in) {
  bool truth;
  if (!evaluate_condition(b->c, scope, stage->from, &truth)) return poisoned_tensors(b, stage->span);
  if (truth) return expand_chain(b, scope, stage->body, in);
  return stage->otherwise ? expand_chain(b, scope, stage->otherwise, in) : in;
}

static Tensors expand_stage(Builder *b, Scope *scope, const AstStage *stage, Tensors in) {
  const char *label = stage->label.text ? label_path(b, scope, stage->label) : NULL;
  if (stage->label.text && !label) return poisoned_tensors(b, stage->span);
  int first = b->graph->node_count;
  Tensors out = in;
  switch (stage->kind) {
  case AST_STAGE_CALL: out = expand_call(b, scope, &stage->call, label, stage->label.span, in); break;
  case AST_STAGE_BRANCH: out = expand_branch(b, scope, stage, in); break;
  case AST_STAGE_REPEAT: out = expand_repeat(b, scope, stage, label, in); break;
  case AST_STAGE_REPEAT_IN: out = expand_repeat_in(b, scope, stage, label, in); break;
  case AST_STAGE_IF: out = expand_if(b, scope, stage, in); break;
  }
  show(b, stage->span, out);
  if (!label) return out;
  define_tensors(b, scope, label, stage->label.span, "label", out);
  name_result(b, scope, label, out, first);
  scope->nearest = join_path(b->arena, scope->path, label);
  return out;
}

Tensors expand_chain(Builder *b, Scope *scope, const AstStage *chain, Tensors in) {
  for (; chain && !b->stopped; chain = chain->next) in = expand_stage(b, scope, chain, in);
  return b->stopped ? poisoned_tensors(b, (Span){0, 0}) : in;
}

static Tensors tensors_of(Builder *b, const Entry *entry) {
  Tensors tensors = entry->tensors;
  tensors.places = ARENA_ARRAY(b->arena, Span, (size_t)tensors.count);
  for (int i = 0; i < tensors.count; i++) tensors.places[i] = entry->span;
  return tensors;
}

static Tensors named_source(Builder *b, Scope *scope, AstName name) {
  const Entry *entry = find_name(&scope->names, name.text);
  if (entry && entry->kind == ENTRY_TENSORS) return tensors_of(b, entry);
  entry = find_entry(scope, b->arena, name.text);
  if (!entry) {
    report_unknown_name(b->c, scope, name.text, name.span);
  } else if (entry->kind == ENTRY_DATUM || entry->kind == ENTRY_DIM) {
    return one_tensor(b, constant_value(b, scope, name.text, entry->datum, name.span));
  } else {
    Diagnostic *d = report(b->diagnostics, CODE_E0308, name.span, "`%s` is a %s, and only tensors flow along an arrow", name.text,
                           entry->kind == ENTRY_SHARED ? "shared layer" : "block");
    add_help(d, "it stands behind an arrow: `x -> %s`", name.text);
  }
  return poisoned_tensors(b, name.span);
}

static bool is_number_list(const AstFlow *flow);

static bool is_plain_number(const AstFlow *flow) {
  return !flow->stages && (flow->kind == AST_SOURCE_NUMBER || (flow->kind == AST_SOURCE_LIST && is_number_list(flow)));
}

static bool is_number_list(const AstFlow *flow) {
  const AstFlow *item = flow->items;
  while (item && is_plain_number(item)) item = item->next;
  return flow->items && !item;
}

static Tensors expand_source(Builder *b, Scope *scope, const AstFlow *flow) {
  if (flow->kind == AST_SOURCE_NAME && flow->name.text) return named_source(b, scope, flow->name);
  if (flow->kind == AST_SOURCE_NUMBER) {
    const Datum *number = evaluate(b->c, scope, flow->number);
    return one_tensor(b, constant_value(b, scope, datum_text(b->arena, number), number, flow->source_span));
  }
  if (is_number_list(flow)) { /* lists of tensors are flat, so it would not be what it looks like */
    const char *text = written_text(b->c, b->arena, flow->source_span);
    Diagnostic *d = report(b->diagnostics, CODE_E0308, flow->source_span, "a list of numbers needs a name before it can be a source");
    add_help(d, "`const k = %s`, and `k` here", strlen(text) > 40 ? ".." : text);
    return poisoned_tensors(b, flow->source_span);
  }
  Tensors all = {NULL, 0, NULL};
  for (const AstFlow *item = flow->items; item; item = item->next) append_tensors(b, &all, expand_flow(b, scope, item), item->span);
  return all.count ? all : poisoned_tensors(b, flow->source_span);
}

Tensors expand_flow(Builder *b, Scope *scope, const AstFlow *flow) {
  if (!flow || b->stopped) return poisoned_tensors(b, (Span){0, 0});
  return expand_chain(b, scope, flow->stages, expand_source(b, scope, flow));
}

Value *expand_named_flow(Builder *b, Scope *scope, AstName name, const AstType *type, const AstFlow *flow, const char *doc) {
  int first = b->graph->node_count;
  scope->nearest = join_path(b->arena, scope->path, name.text);
  Tensors out = expand_flow(b, scope, flow);
  if (out.count != 1 && !any_poisoned(out)) {
    Diagnostic *d = report(b->diagnostics, CODE_E0601, name.span, "`%s` names one tensor and gets %d", name.text, out.count);
    add_help(d, "take them apart, `[%s_1, %s_2] = ..`, or join them: `-> concat`", name.text, name.text);
    out = poisoned_tensors(b, name.span);
  }
  if (any_poisoned(out)) out = poisoned_tensors(b, name.span);
  Value *value = out.items[0];
  define_tensors(b, scope, name.text, name.span, "name", out);
  scope->nearest = join_path(b->arena, scope->path, name.text);
  if (value->poisoned) return NULL;
  name_result(b, scope, name.text, out, first);
  if (doc && value->producer && value->producer->id >= first && !value->producer->doc) value->producer->doc = doc;
  if (type) check_declared_type(b, scope, type, value, name.text);
  return value;
}

static void expand_unpacking(Builder *b, Scope *scope, const AstStmt *stmt) {
  int wanted = 0, first = b->graph->node_count, i = 0;
  for (const AstNameList *n = stmt->names; n; n = n->next) wanted++;
  if (stmt->names && stmt->names->name.text) scope->nearest = join_path(b->arena, scope->path, stmt->names->name.text);
  Tensors out = expand_flow(b, scope, stmt->flow);
  bool poisoned = any_poisoned(out);
  if (!poisoned && out.count != wanted) {
    Span end = stmt->names->name.span;
    for (const AstNameList *n = stmt->names; n; n = n->next) end = n->name.span;
    Diagnostic *d = report(b->diagnostics, CODE_E0601, span_join(stmt->names->name.span, end), "%d names for %d tensor%s", wanted,
                           out.count, out.count == 1 ? "" : "s");
    if (out.count > 1) add_help(d, "name each of the %d, or join them first: `-> concat`", out.count);
    else add_help(d, "a branch, a list or a block that returns several gives more than one tensor");
    poisoned = true;
  }
  for (const AstNameList *n = stmt->names; n; n = n->next, i++) {
    if (!n->name.text) continue;
    Tensors one = poisoned ? poisoned_tensors(b, n->name.span) : one_tensor(b, out.items[i]);
    define_tensors(b, scope, n->name.text, n->name.span, "name", one);
    name_result(b, scope, n->name.text, one, first);
    scope->nearest = join_path(b->arena, scope->path, n->name.text);
  }
}

static void declare_shared(Builder *b, Scope *scope, const AstStmt *stmt) {
  AstName name = stmt->names->name;
  Entry *old = find_name(&scope->names, name.text);
  if (old) {
    report_twice(b->c, "the name", name.text, old->span, name.span);
    return;
  }
  SharedLayer *layer = ARENA_NEW(b->arena, SharedLayer);
  *layer = (SharedLayer){name.text, join_path(b->arena, scope->parameter_path, name.text), &stmt->call, scope, name.span, 0};
  Entry *entry = ARENA_NEW(b->arena, Entry);
  *entry = (Entry){.kind = ENTRY_SHARED, .what = "shared layer", .span = name.span, .shared = layer};
  put_name(&scope->names, name.text, entry);
  put_name(&b->shared, arena_printf(b->arena, "%u", (unsigned)name.span.start), layer);
}

void expand_statement(Builder *b, Scope *scope, const AstStmt *stmt) {
  if (!stmt->names || !stmt->names->name.text) return; /* left out after a syntax error */
  if (stmt->kind == AST_STMT_ASSIGN) expand_named_flow(b, scope, stmt->names->name, stmt->type, stmt->flow, stmt->doc);
  else if (stmt->kind == AST_STMT_UNPACK) expand_unpacking(b, scope, stmt);
  else if (stmt->kind == AST_STMT_SHARED) declare_shared(b, scope, stmt);
}
