/* build_graph.c - tree to graph: chooses the net, sets its parameters and expands its lines in order.
 *
 * The graph is handed on only if nothing was reported. Knows no operator; what an operation does to shapes its file in
 * ops/ says through `infer`. */
#include <string.h>

#include "passes/builder.h"
#include "passes/evaluate.h"
#include "passes/passes.h"
#include "passes/resolve_files.h"

static Span end_of(const Ast *ast) {
  uint32_t end = ast->source->base + ast->source->length;
  return (Span){end, end};
}

/* The net that was asked for, or the only one; NULL: E0207. */
static const AstDecl *choose_net(Compilation *c, const Ast *ast) {
  const AstDecl *chosen = NULL, *first = NULL;
  const char *wanted = c->options->net;
  int count = 0;
  Text names = text_new(c->arena);
  NameTable seen = name_table(c->arena);
  for (const AstDecl *d = ast->declarations; d; d = d->next) {
    if (d->kind != AST_NET || !d->name.text) continue;
    const AstDecl *same = find_name(&seen, d->name.text);
    if (same) {
      report_twice(c, "the net", d->name.text, same->name.span, d->name.span);
      return NULL;
    }
    put_name(&seen, d->name.text, (void *)(uintptr_t)d);
    text_addf(&names, "%s%s", count++ ? ", " : "", d->name.text);
    if (!first) first = d;
    if (wanted ? strcmp(wanted, d->name.text) == 0 : !chosen) chosen = d;
  }
  if (chosen && (wanted || count == 1)) return chosen;
  Diagnostic *d;
  if (count == 0) {
    d = report(c->diagnostics, CODE_E0207, end_of(ast), "`%s` has no net", ast->source->name);
    add_help(d, "`net name { input x: [..] output y = x -> .. }` describes one");
  } else if (wanted) {
    d = report(c->diagnostics, CODE_E0207, first->name.span, "`%s` has no net `%s`", ast->source->name, wanted);
    add_help(d, "it has %s", text_string(&names));
  } else {
    d = report(c->diagnostics, CODE_E0207, chosen->name.span, "`%s` has %d nets and none was chosen", ast->source->name, count);
    add_help(d, "`--net NAME` chooses one of %s", text_string(&names));
  }
  return NULL;
}

/* The value of -D as if it were written in the source: a number, true, false, none, or a name. NULL: none of these. */
static const AstExpr *parse_define(Compilation *c, const char *text) {
  const char *name = arena_printf(c->arena, "-D %s", text);
  const char *wrapped = arena_printf(c->arena, "const value = %s\n", text);
  Diagnostics quiet = {.arena = c->arena, .sources = c->sources};
  if (!text[0] || strpbrk(text, "\n#")) return NULL;
  const Source *source = sources_add(c->sources, name, wrapped, strlen(wrapped));
  const Ast *ast = source ? parse_source(c->arena, &quiet, source) : NULL;
  bool good = ast && !ast->broken && !quiet.errors && ast->declarations && !ast->declarations->next;
  return good ? ast->declarations->value : NULL;
}

static void check_defines(Builder *b, const AstDecl *net) {
  for (const Binding *define = b->c->options->defines; define; define = define->next) {
    const AstParam *p = net->params;
    while (p && strcmp(p->name.text, define->name) != 0) p = p->next;
    if (p) continue;
    Diagnostic *d = report(b->diagnostics, CODE_E0901, (Span){0, 0}, "-D %s: net `%s` has no parameter `%s`", define->name, net->name.text,
                           define->name);
    Suggestion near = suggest_for(define->name);
    Text names = text_new(b->arena);
    for (p = net->params; p; p = p->next) {
      suggest_candidate(&near, p->name.text);
      text_addf(&names, "%s%s", p == net->params ? "" : ", ", p->name.text);
    }
    if (suggested(&near)) add_help(d, "did you mean `%s`?", suggested(&near));
    else add_help(d, names.length ? "it has %s" : "it has no parameters", text_string(&names));
  }
}

static const Datum *parameter_value(Builder *b, const Scope *scope, const AstDecl *net, const AstParam *p) {
  const char *defined = NULL;
  for (const Binding *define = b->c->options->defines; define; define = define->next)
    if (strcmp(define->name, p->name.text) == 0) defined = define->value; /* the last wins */
  if (defined) {
    const AstExpr *expr = parse_define(b->c, defined);
    if (expr) return evaluate(b->c, scope, expr);
    report(b->diagnostics, CODE_E0901, (Span){0, 0}, "-D %s=%s: that is no value", p->name.text, defined);
  } else if (p->value) {
    return evaluate(b->c, scope, p->value);
  } else {
    Diagnostic *d = report(b->diagnostics, CODE_E0403, p->name.span, "net `%s` needs `%s`", net->name.text, p->name.text);
    add_help(d, "`-D %s=..` gives it, or a default here: `%s=..`", p->name.text, p->name.text);
  }
  return datum_poisoned(b->arena);
}

static void bind_parameters(Builder *b, Scope *scope, const AstDecl *net) {
  check_defines(b, net);
  for (const AstParam *p = net->params; p; p = p->next) {
    Entry *old = find_name(&scope->names, p->name.text);
    if (old) report_twice(b->c, "the parameter", p->name.text, old->span, p->name.span);
    Entry *entry = ARENA_NEW(b->arena, Entry);
    *entry = (Entry){.kind = ENTRY_DATUM, .what = "parameter", .span = p->name.span, .datum = parameter_value(b, scope, net, p)};
    put_name(&scope->names, p->name.text, entry);
  }
}

static void check_sizes(Builder *b, const Module *module) {
  for (const Binding *size = b->c->options->sizes; size; size = size->next) {
    const Entry *entry = find_name(&module->names, size->name);
    if (entry && entry->kind == ENTRY_DIM) continue;
    Diagnostic *d = report(b->diagnostics, CODE_E0901, (Span){0, 0}, "--size %s: there is no dim `%s`", size->name, size->name);
    Suggestion near = suggest_for(size->name);
    for (int i = 0; i < module->names.count; i++) {
      const Entry *other = module->names.items[i].thing;
      if (other->kind == ENTRY_DIM) suggest_candidate(&near, module->names.items[i].name);
    }
    if (suggested(&near)) add_help(d, "did you mean `%s`?", suggested(&near));
  }
}

static int64_t collect_dim(void *context, const Dim *dim) {
  Graph *graph = context;
  for (int i = 0; i < graph->dim_count; i++)
    if (graph->dims[i] == dim) return dim->minimum;
  ARENA_PUSH(graph->arena, graph->dims, graph->dim_count, dim);
  return dim->minimum;
}

/* Dims appear where an input has them: nothing else can bring one in. */
static void collect_dims(Graph *graph, const TensorType *type) {
  for (int i = 0; i < type->rank; i++) size_evaluate(type->sizes[i], collect_dim, graph);
}

static void check_dim_count(Builder *b) {
  const Graph *graph = b->graph;
  if (graph->dim_count <= MAX_SAMPLE_DIMS) return;
  report(b->diagnostics, CODE_E0703, graph->dims[MAX_SAMPLE_DIMS]->span, "net `%s` has %d sizes that vary, %d at most can", graph->name,
         graph->dim_count, MAX_SAMPLE_DIMS);
}

static void add_inputs(Builder *b, Scope *scope, const AstStmt *stmt) {
  TensorType type;
  bool hwc = false;
  if (!stmt->type) return;
  bool good = evaluate_type(b, scope, stmt->type, &type);
  for (const AstArg *arg = stmt->args; arg; arg = arg->next) {
    if (read_layout(b, scope, arg, &hwc)) {
      if (hwc && good && type.rank != 3)
        report(b->diagnostics, CODE_E0402, arg->span, "`layout=hwc` needs [channels, height, width], this is %s",
               type_text(b->arena, &type));
      continue;
    }
    Diagnostic *d = report(b->diagnostics, CODE_E0401, arg->span, "an input has no attribute `%s`",
                           arg->name.text ? arg->name.text : written_text(b->c, b->arena, arg->span));
    add_help(d, "it has layout");
  }
  if (good) collect_dims(b->graph, &type);
  for (const AstNameList *n = stmt->names; n; n = n->next) {
    if (!n->name.text) continue;
    Value *value = good ? graph_add_value(b->graph, n->name.text, type, n->name.span) : poisoned_tensors(b, n->name.span).items[0];
    define_tensors(b, scope, n->name.text, n->name.span, "input", one_tensor(b, value));
    GraphInput input = {value, hwc, n->name.span};
    ARENA_PUSH(b->arena, b->graph->inputs, b->graph->input_count, input);
  }
}

static void add_output(Builder *b, Scope *scope, const AstStmt *stmt) {
  if (!stmt->names || !stmt->names->name.text) return;
  AstName name = stmt->names->name;
  Value *value = expand_named_flow(b, scope, name, stmt->type, stmt->flow, stmt->doc);
  GraphOutput output = {.name = name.text, .value = value, .span = name.span};
  read_output_options(b, scope, stmt, &output);
  if (value && value->constant) {
    Diagnostic *d = report(b->diagnostics, CODE_E0308, name.span, "the output `%s` is a constant", name.text);
    add_note(d, "nothing computes it from an input of the net");
    return;
  }
  if (value) ARENA_PUSH(b->arena, b->graph->outputs, b->graph->output_count, output);
}

/* Text as written, unless it names something that the printed graph would not know. */
static void add_meta(Builder *b, const Scope *scope, AstName name, const AstExpr *expr) {
  if (!name.text || !expr) return;
  const Datum *value = evaluate(b->c, scope, expr);
  if (value->kind == DATUM_POISONED) return;
  const char *text = written_text(b->c, b->arena, expr->span);
  bool plain = expr->kind == AST_STRING || expr->kind == AST_INT || expr->kind == AST_FLOAT || expr->kind == AST_LIST;
  if (!plain || strpbrk(text, "\n#")) text = expr->kind == AST_STRING ? text : datum_text(b->arena, value);
  if (find_name(&b->metas, name.text)) {
    report(b->diagnostics, CODE_E0205, name.span, "the meta `%s` is defined twice", name.text);
    return;
  }
  put_name(&b->metas, name.text, b);
  Meta meta = {name.text, text};
  ARENA_PUSH(b->arena, b->graph->metas, b->graph->meta_count, meta);
}

static void expand_net(Builder *b, Scope *scope, const AstDecl *net) {
  for (const AstStmt *s = net->statements; s && !b->stopped; s = s->next) {
    switch (s->kind) {
    case AST_STMT_INPUT: add_inputs(b, scope, s); break;
    case AST_STMT_OUTPUT: add_output(b, scope, s); break;
    case AST_STMT_WEIGHTS: read_weights(b, scope, s); break;
    case AST_STMT_META:
      if (s->names) add_meta(b, scope, s->names->name, s->value);
      break;
    case AST_STMT_ASSIGN:
    case AST_STMT_UNPACK:
    case AST_STMT_SHARED: expand_statement(b, scope, s); break;
    }
  }
}

static void check_ends(Builder *b, const AstDecl *net) {
  bool has_input = false, has_output = false;
  for (const AstStmt *s = net->statements; s; s = s->next) {
    has_input |= s->kind == AST_STMT_INPUT;
    has_output |= s->kind == AST_STMT_OUTPUT;
  }
  if (!has_input)
    add_help(report(b->diagnostics, CODE_E0601, net->name.span, "net `%s` has no input", net->name.text),
             "`input x: float32[3, 32, 32]` is one");
  if (!has_output)
    add_help(report(b->diagnostics, CODE_E0601, net->name.span, "net `%s` has no output", net->name.text),
             "what it computes is named by `output y = ..` instead of `y = ..`");
}

static Builder new_builder(Compilation *c, const AstDecl *net) {
  Builder b = {.c = c, .arena = c->arena, .diagnostics = c->diagnostics, .graph = ARENA_NEW(c->arena, Graph)};
  b.parameters = b.metas = b.labelled = b.use_paths = b.missing = b.offered = b.shared = name_table(c->arena);
  b.graph->arena = c->arena;
  b.graph->name = net->name.text;
  b.graph->doc = net->doc;
  b.graph->span = net->name.span;
  b.inference = (Inference){
      .arena = c->arena, .diagnostics = c->diagnostics, .graph = b.graph, .declare = declare_node_parameter, .make = make_node_part};
  return b;
}

Graph *build_graph(Compilation *c, const Ast *ast) {
  int errors = c->diagnostics->errors;
  Files files = {.c = c, .modules = name_table(c->arena), .open = name_table(c->arena)};
  if (ast->broken) return NULL;
  const Module *module = resolve_files(&files, ast);
  const AstDecl *net = files.incomplete ? NULL : choose_net(c, ast);
  if (!net) return NULL;
  Builder b = new_builder(c, net);
  Scope scope = module_scope(module, c->arena);
  for (const AstDecl *d = ast->declarations; d; d = d->next)
    if (d->kind == AST_META) add_meta(&b, &scope, d->name, d->value);
  scope.body = net;
  check_sizes(&b, module);
  bind_parameters(&b, &scope, net);
  check_ends(&b, net);
  expand_net(&b, &scope, net);
  if (c->diagnostics->errors > errors) return NULL;
  check_dim_count(&b);
  name_nodes(&b);
  if (c->diagnostics->errors > errors) return NULL;
  lint_graph(&b, module, net);
  return b.graph;
}
