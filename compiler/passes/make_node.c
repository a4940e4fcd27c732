/* make_node.c - one operation applied to tensors: attributes, inference, parameters, a provisional name. */
#include <string.h>

#include "passes/builder.h"
#include "passes/visit_names.h"

typedef struct DeclaredParameter {
  Parameter *parameter;
  const SharedUse *use; /* the first; NULL: the layer is not shared */
  const Instance *instance;
} DeclaredParameter;

/* What declare_node_parameter must know of the node that is being inferred. */
typedef struct Declaring {
  Builder *b;
  const Scope *scope;
  const NodeRequest *request;
  const SharedUse *use;
  const char *part; /* of a call that expands into several nodes; NULL: it goes by the call's own name */
  bool reported;
  bool unnamed; /* reported; the layer's shape is known all the same */
} Declaring;

Tensors one_tensor(Builder *b, Value *value) {
  Value **items = ARENA_ARRAY(b->arena, Value *, 1);
  items[0] = value;
  return (Tensors){items, 1, NULL};
}

Tensors poisoned_tensors(Builder *b, Span span) {
  Value *value = ARENA_NEW(b->arena, Value); /* not in the graph, which is thrown away */
  *value = (Value){.name = "?", .poisoned = true, .span = span};
  return one_tensor(b, value);
}

bool any_poisoned(Tensors tensors) {
  for (int i = 0; i < tensors.count; i++)
    if (tensors.items[i]->poisoned) return true;
  return false;
}

Diagnostic *stop_expansion(Builder *b, Span span, const char *message) {
  b->stopped = true;
  return report(b->diagnostics, CODE_E0603, span, "%s", message);
}

/* A path that ends in digits joins them with `_`, so that the derived name can be written as a label:
 * downsample.1 -> downsample_1_add. Digits alone become layer0_add. */
static const char *base_of(Builder *b, const char *path) {
  const char *dot = strrchr(path, '.'), *last = dot ? dot + 1 : path;
  if (*last < '0' || *last > '9') return path;
  if (!dot) return arena_printf(b->arena, "layer%s", path);
  return arena_printf(b->arena, "%.*s_%s", (int)(dot - path), path, last);
}

const char *derive_name(Builder *b, const Scope *scope, const char *op) {
  if (scope->nearest) return arena_printf(b->arena, "%s_%s", base_of(b, scope->nearest), op);
  return join_path(b->arena, join_path(b->arena, scope->path, scope->prefix), op);
}

static void note_definition(void *context, AstName name) { put_name(context, name.text, context); }

/* As find_definition, for many names of one body. */
static bool is_defined_in(Builder *b, const AstDecl *body, const char *name) {
  if (b->defining != body) {
    b->defining = body;
    b->defined = name_table(b->arena);
    visit_names(body, &(NameVisitor){.context = &b->defined, .define = note_definition});
  }
  return find_name(&b->defined, name);
}

/* "conv3": the first free name after the operation. */
static const char *free_label(Builder *b, const Scope *scope, const char *op) {
  if (errors_are_hidden(b->diagnostics)) return op; /* looking for names takes time */
  int *last = find_name(&b->offered, op);
  if (!last) put_name(&b->offered, op, last = ARENA_NEW(b->arena, int));
  for (;;) {
    const char *name = arena_printf(b->arena, "%s%d", op, ++*last);
    if (!scope->body || (!is_defined_in(b, scope->body, name) && !find_name(&scope->names, name))) return name;
  }
}

static const char *part_path(const Declaring *d, const char *path) { return d->part ? join_path(d->b->arena, path, d->part) : path; }

static void report_unnamed(Declaring *d, const Node *node, const char *role) {
  if (d->unnamed) return;
  d->unnamed = true;
  Builder *b = d->b;
  const char *op = d->request->op->name;
  Diagnostic *e = report(b->diagnostics, CODE_E0203, node->span, "this `%s` has weights, so it needs a name", op);
  const char *label = free_label(b, d->scope, op), *text = written_text(b->c, b->arena, node->span);
  if (d->part) role = join_path(b->arena, d->part, role);
  add_note(e, "the name finds `<name>.%s` in the weights file and names the C function", role);
  add_help(e, "`%s: %s`", label, text);
  add_fix(e, (Span){node->span.start, node->span.start}, arena_printf(b->arena, "%s: ", label));
}

static void report_shared_mismatch(Declaring *d, const SharedUse *first) {
  if (d->reported) return;
  d->reported = true;
  Diagnostic *e = report(d->b->diagnostics, CODE_E0206, d->use->span, "`%s` is used with %s and %s", first->layer->name, first->input,
                         d->use->input);
  set_label(e, "%s", d->use->input);
  add_label(e, first->span, "%s", first->input);
  add_note(e, "shared weights need the same input channels");
}

static bool same_sizes(const Parameter *p, int rank, const int64_t *sizes) {
  if (p->rank != rank) return false;
  for (int i = 0; i < rank; i++)
    if (p->sizes[i] != sizes[i]) return false;
  return true;
}

/* Two calls of a block without labels of their own, or a label that spells the path of another layer; equal labels in
 * one body are reported there. */
static void report_same_weights(Builder *b, const Node *node, const DeclaredParameter *old, const char *path) {
  const Instance *here = node->instance, *there = old->instance;
  if (!here && !there) return;
  Diagnostic *d = report(b->diagnostics, CODE_E0205, here ? here->call : node->span, "two layers have the weights `%s`", path);
  if (!here || !there || here->call.start != there->call.start) add_label(d, there ? there->call : old->parameter->span, "the first");
  if (here) add_label(d, node->span, "this layer");
  if (here && !here->path[0]) add_help(d, "give each call of the block a label: `name: %s`", here->block);
  else add_help(d, "rename one label");
}

Parameter *declare_node_parameter(Inference *inference, Node *node, const char *role, ParameterKind kind, int rank, const int64_t *sizes) {
  Declaring *d = inference->context;
  Builder *b = d->b;
  bool loaded = kind == PARAMETER_LEARNED || kind == PARAMETER_STATISTIC;
  if (!d->request->parameter_path && loaded) report_unnamed(d, node, role);
  const char *layer = d->request->parameter_path ? part_path(d, d->request->parameter_path) : node->name;
  Parameter parameter = {.path = join_path(b->arena, layer, role),
                         .role = role,
                         .kind = kind,
                         .rank = rank,
                         .span = d->request->use ? d->request->use->layer->call->span : node->span};
  for (int i = 0; i < rank; i++) parameter.sizes[i] = sizes[i];
  DeclaredParameter *old = loaded && d->request->parameter_path && !d->reported ? find_name(&b->parameters, parameter.path) : NULL;
  if (old && old->use && d->use && old->use->layer == d->use->layer && old->parameter->span.start == parameter.span.start) {
    if (!same_sizes(old->parameter, rank, sizes)) report_shared_mismatch(d, old->use);
    return old->parameter;
  }
  if (old) {
    d->reported = true;
    report_same_weights(b, node, old, parameter.path);
  }
  Parameter *made = graph_add_parameter(b->graph, parameter);
  DeclaredParameter *declared = ARENA_NEW(b->arena, DeclaredParameter);
  *declared = (DeclaredParameter){made, d->use, node->instance};
  if (loaded && !old) put_name(&b->parameters, parameter.path, declared);
  return made;
}

static bool check_arity(Builder *b, const NodeRequest *request, Tensors in) {
  const Operator *op = request->op;
  if (in.count >= op->min_inputs && (op->max_inputs < 0 || in.count <= op->max_inputs)) return true;
  if (in.count < op->min_inputs) {
    static const char *const words[] = {"no", "one", "two", "three", "four"};
    Diagnostic *d = report(b->diagnostics, CODE_E0601, request->span, "`%s` needs %s%s inputs and gets %s", op->name,
                           op->max_inputs == op->min_inputs ? "" : "at least ", words[op->min_inputs < 4 ? op->min_inputs : 4],
                           words[in.count < 4 ? in.count : 4]);
    if (op->max_inputs < 0)
      add_help(d, "`[a, b] -> %s` joins two tensors; `branch(.., identity) -> %s` adds the input itself", op->name, op->name);
    else add_help(d, "`[a, b] -> %s`", op->name);
    return false;
  }
  Diagnostic *d;
  if (op->max_inputs == 1) d = report(b->diagnostics, CODE_E0601, request->span, "`%s` takes one tensor and gets %d", op->name, in.count);
  else
    d = report(b->diagnostics, CODE_E0601, request->span, "`%s` takes at most %d tensors and gets %d", op->name, op->max_inputs, in.count);
  if (op->max_inputs == 1) add_help(d, "join them first, `-> add` or `-> concat`, or take them apart: `[a, b] = ..`");
  return false;
}

static void name_provisionally(const Declaring *d, Node *node) {
  const NodeRequest *request = d->request;
  node->label_span = request->label_span;
  if (request->label) node->name = node->label = part_path(d, request->label);
  else if (request->name) node->name = part_path(d, request->name);
  else node->name = derive_name(d->b, d->scope, request->op->name);
  node->instance = d->scope->instance;
}

static const SharedUse *use_of(const Scope *scope, const NodeRequest *request) { return request->use ? request->use : scope->use; }

static bool has_room(Builder *b, const Scope *scope, Span span) {
  if (b->graph->node_count < MAX_LAYERS) return true;
  Diagnostic *d = stop_expansion(b, span, arena_printf(b->arena, "the network has more than %d layers", MAX_LAYERS));
  add_instance_notes(d, scope->instance);
  return false;
}

static void set_inputs(Node *node, Value **inputs, int count) {
  node->inputs = inputs;
  node->input_count = count;
}

/* Its shape is unknown until it is inferred. */
static void add_output(const Declaring *d, Node *node) {
  TensorType unknown = node->input_count ? node->inputs[0]->type : (TensorType){0};
  node->output = graph_add_value(d->b->graph, node->name, unknown, node->label ? node->label_span : node->span);
  node->output->producer = node;
  node->output->poisoned = true;
}

static void follow_call(Builder *b, const Node *call, Node *node) {
  Span *spans = ARENA_ARRAY(b->arena, Span, MAX_ATTRIBUTES);
  for (int i = 0; node->op->attributes && node->op->attributes[i].name; i++)
    for (int k = 0; call->op->attributes && call->op->attributes[k].name; k++) {
      if (strcmp(node->op->attributes[i].name, call->op->attributes[k].name) != 0) continue;
      node->given |= (call->given >> k & 1) << i;
      spans[i] = call->attribute_spans[k];
    }
  node->attribute_spans = spans;
}

Value *make_node_part(Inference *inference, const Node *call, const Part *part) {
  Declaring *d = inference->context;
  Builder *b = d->b;
  if (b->stopped || !has_room(b, d->scope, call->span)) return NULL;
  d->part = part->name;
  Node *node = graph_add_node(b->graph, part->op, call->span);
  node->expanded_from = call->op;
  name_provisionally(d, node);
  node->attributes = arena_alloc(b->arena, part->op->attributes_size);
  if (part->op->attributes_size) memcpy(node->attributes, part->attributes, part->op->attributes_size);
  if (part->follows_call) follow_call(b, call, node);
  set_inputs(node, part->inputs, part->input_count);
  add_output(d, node);
  node->output->poisoned = !part->op->infer(inference, node) || d->reported;
  return node->output->poisoned ? NULL : node->output;
}

/* The nodes for which the call stands; the call itself stays outside the graph. */
static Tensors expand_operation(const Declaring *d, const Node *call) {
  Expansion expansion = {0};
  bool good = call->op->expand(&d->b->inference, call, &expansion) && !d->reported;
  return good ? (Tensors){expansion.outputs, expansion.output_count, NULL} : poisoned_tensors(d->b, call->span);
}

Tensors make_node(Builder *b, Scope *scope, const NodeRequest *request, Tensors in) {
  bool poisoned = any_poisoned(in), expands = request->op->kind == OPERATOR_EXPANDING;
  if (!has_room(b, scope, request->span)) return poisoned_tensors(b, request->span);
  Attributes attributes;
  AttributeRequest wanted = {request->op,
                             request->arguments,
                             &request->module->defaults,
                             poisoned || !in.count ? 0 : in.items[0]->type.rank,
                             request->use ? request->use->layer->call->span : request->span,
                             &b->missing};
  bool good = read_attributes(b->c, &wanted, &attributes);
  good = (poisoned || (check_arity(b, request, in) && check_constants(b, request->op, in, request->span))) && good;
  Declaring declaring = {b, scope, request, use_of(scope, request), NULL, false, false};
  Node call = {.op = request->op, .span = request->span}, *node = expands ? &call : graph_add_node(b->graph, request->op, request->span);
  name_provisionally(&declaring, node);
  node->attributes = attributes.values;
  node->given = attributes.given;
  node->attribute_spans = attributes.spans;
  set_inputs(node, in.items, in.count);
  node->input_places = in.places;
  b->inference.context = &declaring;
  if (expands) return good && !poisoned ? expand_operation(&declaring, node) : poisoned_tensors(b, request->span);
  add_output(&declaring, node);
  if (!good || poisoned) return one_tensor(b, node->output);
  node->output->poisoned = !request->op->infer(&b->inference, node) || declaring.reported;
  return one_tensor(b, node->output);
}
