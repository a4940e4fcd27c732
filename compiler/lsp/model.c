/* model.c - see model.h. */
#include "lsp/model.h"

#include <stdlib.h>
#include <string.h>
#include "ir/tokens.h"
#include "passes/resolve_files.h"
#include "support/reader.h"

typedef struct Reading {
  const ModelRequest *request;
  const Compilation *c;
} Reading;

/* Open documents come before files; weights are absent unless they are asked for. */
static const char *read_for_model(void *context, Arena *arena, const char *path, const char *relative_to, size_t *length,
                                  const char **resolved, const char **error) {
  const Reading *reading = context;
  const ModelRequest *request = reading->request;
  const char *full = path_beside(arena, path, relative_to);
  if (resolved) *resolved = full;
  *error = NO_SUCH_FILE;
  if (!relative_to) {
    *length = request->length;
    return request->text;
  }
  const char *text = request->open_text(request->context, arena, normal_path(arena, full), length);
  if (text) return text;
  if (!request->with_weights && reading->c->pass && !strcmp(reading->c->pass, "bind_weights")) return NULL;
  return read_file_beside(arena, path, relative_to, length, error);
}

static void watch(void *context, Span place, Value *const *tensors, int count) {
  Model *model = context;
  if (!place.start || !count) return;
  for (int i = 0; i < count; i++)
    if (tensors[i]->poisoned) return;
  Flow flow = {place, tensors, count, model->flow_count};
  ARENA_PUSH(&model->arena, model->flows, model->flow_count, flow);
}

static int compare_spans(Span a, Span b) {
  if (a.start != b.start) return a.start < b.start ? -1 : 1;
  return a.end < b.end ? -1 : a.end > b.end;
}

static int by_place(const void *left, const void *right) {
  const Flow *a = left, *b = right;
  int order = compare_spans(a->place, b->place);
  return order ? order : a->order - b->order;
}

/* The same of two nets of one file is said once. */
static void take_problems(Model *model, const Session *session, Diagnostics *diagnostics) {
  apply_lint_settings(session, diagnostics);
  const Diagnostic *const *items = diagnostics_in_order(diagnostics);
  for (int i = 0; i < diagnostics->count; i++) {
    bool known = false;
    for (int k = 0; k < model->problem_count && !known; k++) {
      const Diagnostic *old = model->problems[k];
      known = old->code == items[i]->code && old->primary.span.start == items[i]->primary.span.start &&
              !strcmp(old->message, items[i]->message);
    }
    if (!known) ARENA_PUSH(&model->arena, model->problems, model->problem_count, items[i]);
  }
}

static Compilation new_model_compilation(Model *model, const ModelRequest *request, const char *net, bool own_sources) {
  Arena *arena = &model->arena;
  Options *options = ARENA_NEW(arena, Options);
  *options = request->session->line.options;
  options->file = request->path;
  options->net = net;
  options->shapes_only = true;
  Sources *sources = own_sources ? ARENA_NEW(arena, Sources) : &model->sources;
  sources->arena = arena;
  Diagnostics *diagnostics = ARENA_NEW(arena, Diagnostics);
  *diagnostics = (Diagnostics){.arena = arena, .sources = sources};
  return (Compilation){.arena = arena,
                       .diagnostics = diagnostics,
                       .sources = sources,
                       .options = options,
                       .read_file = read_for_model,
                       .dump = text_new(arena),
                       .timings = text_new(arena)};
}

static void check_net(Model *model, const ModelRequest *request, const char *net) {
  Compilation c = new_model_compilation(model, request, net, true);
  Reading reading = {request, &c};
  c.read_context = &reading;
  c.watch = watch;
  c.watch_context = model;
  Graph *graph = compile_to_graph(&c);
  take_problems(model, request->session, c.diagnostics);
  if (graph) ARENA_PUSH(&model->arena, model->graphs, model->graph_count, graph);
  else model->complete = false;
}

/* Each name once; one that two nets have is reported by the first compilation. */
static int net_names(Model *model, const char ***names) {
  int count = 0;
  NameTable seen = name_table(&model->arena);
  for (const AstDecl *d = model->ast->declarations; d; d = d->next) {
    if (d->kind != AST_NET || !d->name.text || find_name(&seen, d->name.text)) continue;
    put_name(&seen, d->name.text, &seen);
    ARENA_PUSH(&model->arena, *names, count, d->name.text);
  }
  return count;
}

void build_model(Model *model, const ModelRequest *request) {
  Arena *arena = &model->arena;
  Compilation c = new_model_compilation(model, request, NULL, false);
  Reading reading = {request, &c};
  c.read_context = &reading;
  model->source = sources_add(&model->sources, request->path, request->text, request->length);
  if (!model->source || request->length > MAX_SOURCE_BYTES) {
    report(c.diagnostics, CODE_E0105, (Span){0, 0}, "the text is too large");
    take_problems(model, request->session, c.diagnostics);
    model->source = sources_add(&model->sources, request->path, "", 0);
    c = new_model_compilation(model, request, NULL, false);
  }
  model->ast = parse_source(arena, c.diagnostics, model->source);
  const char **nets = NULL;
  int net_count = net_names(model, &nets);
  Diagnostics quiet = {.arena = arena, .sources = &model->sources};
  Diagnostics *syntax = c.diagnostics;
  bool alone = model->ast->broken || !net_count; /* no compilation says what is wrong */
  if (!alone || model->ast->broken) c.diagnostics = &quiet;
  Files files = {.c = &c, .modules = name_table(arena), .open = name_table(arena)};
  Module *module = resolve_files(&files, model->ast);
  model->file_names = &module->names;
  model->complete = !syntax->errors;
  if (alone) take_problems(model, request->session, syntax);
  for (int i = 0; !alone && i < net_count; i++) check_net(model, request, nets[i]);
  if (model->flow_count) qsort(model->flows, (size_t)model->flow_count, sizeof *model->flows, by_place);
  collect_names(arena, &model->names, module);
  for (int i = 0; i < files.modules.count; i++) collect_names(arena, &model->names, files.modules.items[i].thing);
  sort_names(&model->names);
}

/* The flows at exactly this place: the first, and how many. */
static const Flow *flows_at(const Model *model, Span place, int *count) {
  int low = 0, high = model->flow_count;
  while (low < high) {
    int middle = low + (high - low) / 2;
    if (compare_spans(model->flows[middle].place, place) < 0) low = middle + 1;
    else high = middle;
  }
  for (*count = 0; low + *count < model->flow_count && !compare_spans(model->flows[low + *count].place, place);) ++*count;
  return model->flows + low;
}

static const char *flow_text(Arena *arena, const Flow *flow) {
  enum { MOST_TENSORS = 4 };
  Text text = text_new(arena);
  for (int i = 0; i < flow->count && i < MOST_TENSORS; i++) {
    if (i) text_add(&text, ", ");
    type_print(&text, &flow->tensors[i]->type);
  }
  if (flow->count > MOST_TENSORS) text_addf(&text, ", .. (%d tensors)", flow->count);
  return text_string(&text);
}

const char *shapes_at(Arena *arena, const Model *model, Span place) {
  enum { MOST_SHAPES = 3, MOST_INSTANCES = 1000 };
  int count, shown = 0;
  const Flow *flows = flows_at(model, place, &count);
  NameTable seen = name_table(arena);
  Text text = text_new(arena);
  for (int i = 0; i < count && i < MOST_INSTANCES && shown <= MOST_SHAPES; i++) {
    const char *shape = flow_text(arena, &flows[i]);
    if (find_name(&seen, shape)) continue;
    put_name(&seen, shape, &seen);
    text_addf(&text, "%s%s", shown ? " | " : "", shown < MOST_SHAPES ? shape : "..");
    shown++;
  }
  return shown ? text_string(&text) : NULL;
}
