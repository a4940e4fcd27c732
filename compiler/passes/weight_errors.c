/* weight_errors.c - the words of bind_weights: what is missing, unused, of the wrong size or in another order, and
 * what would mend it. One cause, one message. */
#include <string.h>
#include "ir/operator.h"
#include "ops/explain_shape.h"
#include "passes/weight_match.h"
#include "support/suggest.h"

enum { NAMES_SHOWN = 4 };

/* A fix that adds `option` to the parentheses of a weights statement. */
static void add_weights_option_fix(Binder *b, Diagnostic *d, const WeightsFile *file, const char *option) {
  if (b->overridden) return;
  Location place = source_locate(b->c->sources, file->span.start);
  if (!place.source) return;
  const char *text = place.source->text, *end = text + place.source->length;
  const char *quote = memchr(text + (file->span.start - place.source->base), '"',
                             (size_t)(end - text) - (file->span.start - place.source->base));
  if (!quote) return;
  const char *after = quote + 1;
  while (after < end && *after != '"' && *after != '\n') after++;
  if (after >= end || *after != '"') return;
  after++;
  const char *parenthesis = after;
  while (parenthesis < end && *parenthesis == ' ') parenthesis++;
  bool extend = parenthesis < end && *parenthesis == '(';
  uint32_t at = place.source->base + (uint32_t)((extend ? parenthesis + 1 : after) - text);
  add_fix(d, (Span){at, at}, arena_printf(b->c->arena, extend ? "%s, " : " (%s)", option));
}

/* What stands in a tensor's name before the path of the parameter, which may end in Keras's word. 0: another name. */
static size_t prefix_length(const NamedTensor *named, const Parameter *parameter) {
  size_t name = strlen(named->name), path = strlen(parameter->path), scope;
  const char *role = role_in_name(named->name, &scope);
  if (role && !strcmp(role, parameter->role) && path > strlen(role)) {
    name = scope;
    path -= strlen(role) + 1;
  }
  return name > path && !strncmp(named->name + name - path, parameter->path, path) ? name - path : 0;
}

/* The start that all tensors nobody has taken share with this one, if without it they are what is missing. */
static const char *prefix_of_all(const Binder *b, const Parameter *missing) {
  for (int i = 0; i < b->tensor_count; i++) {
    const NamedTensor *named = &b->tensors[i];
    /* In the file's own spelling, which the separators have not changed in length. */
    const char *written = named->tensor->name;
    size_t length = prefix_length(named, missing);
    if (named->taken_by || !length || strlen(written) < length || (written[length - 1] != '.' && written[length - 1] != '/')) continue;
    bool all = true;
    for (int k = 0; k < b->tensor_count; k++)
      if (!b->tensors[k].taken_by && strncmp(b->tensors[k].tensor->name, written, length)) all = false;
    if (all) return arena_strndup(b->c->arena, written, length);
  }
  return NULL;
}

static int unused_count(const Binder *b) {
  int unused = 0;
  for (int i = 0; i < b->tensor_count; i++) unused += !b->tensors[i].taken_by;
  return unused;
}

/* "`a`, `b`, `c`, `d`, .." */
static const char *list_unused(const Binder *b) {
  Text text = text_new(b->c->arena);
  int shown = 0;
  for (int i = 0; i < b->tensor_count; i++) {
    if (b->tensors[i].taken_by) continue;
    if (shown == NAMES_SHOWN) {
      text_add(&text, ", ..");
      break;
    }
    text_addf(&text, "%s`%s`", shown++ ? ", " : "", shown_name(b->c->arena, b->tensors[i].tensor->name));
  }
  return text_string(&text);
}

static const char *list_missing(const Binder *b) {
  Text text = text_new(b->c->arena);
  int shown = 0;
  for (int i = 0; i < b->graph->parameter_count; i++) {
    if (!needs_tensor(b->graph->parameters[i]) || b->found[i]) continue;
    if (shown == NAMES_SHOWN) {
      text_add(&text, ", ..");
      break;
    }
    text_addf(&text, "%s`%s`", shown++ ? ", " : "", b->graph->parameters[i]->path);
  }
  return text_string(&text);
}

static void suggest_name(Binder *b, Diagnostic *d, const Parameter *parameter) {
  Suggestion suggestion = suggest_for(parameter->path);
  for (int i = 0; i < b->tensor_count; i++)
    if (!b->tensors[i].taken_by) suggest_candidate(&suggestion, b->tensors[i].name);
  const char *near = suggested(&suggestion);
  for (int i = 0; near && i < b->tensor_count; i++)
    if (!strcmp(b->tensors[i].name, near)) {
      const char *name = shown_name(b->c->arena, b->tensors[i].tensor->name);
      add_help(d, "is it `%s`? then write `rename \"%s\" = %s`", name, name, parameter->path);
      return;
    }
}

void report_missing(Binder *b) {
  const Parameter *first = NULL;
  for (int i = b->graph->parameter_count - 1; i >= 0; i--)
    if (needs_tensor(b->graph->parameters[i]) && !b->found[i]) first = b->graph->parameters[i];
  const WeightsFile *file = b->files[0].source;
  Diagnostic *d = b->file_count == 1
                      ? report(b->c->diagnostics, CODE_E0501, first->span, "`%s` has no tensor `%s`", file->path, first->path)
                      : report(b->c->diagnostics, CODE_E0501, first->span, "the weights files have no tensor `%s`", first->path);
  const char *prefix = prefix_of_all(b, first);
  if (prefix && !file->strip_prefix && b->file_count == 1) {
    const char *shown = shown_name(b->c->arena, prefix);
    add_note(d, "%d of %d names are missing and all tensors start with `%s`", b->missing, b->needed, shown);
    add_help(d, "`weights \"%s\" (strip_prefix=\"%s\")`", file->path, shown);
    if (!strcmp(shown, prefix) && !strpbrk(prefix, "\"\\"))
      add_weights_option_fix(b, d, file, arena_printf(b->c->arena, "strip_prefix=\"%s\"", prefix));
    return;
  }
  if (b->missing > 1) add_note(d, "%d of %d names are missing: %s", b->missing, b->needed, list_missing(b));
  int unused = unused_count(b);
  if (unused) add_note(d, "the file has %d tensor%s that the network does not use: %s", unused, unused > 1 ? "s" : "", list_unused(b));
  for (int f = 0; f < b->file_count; f++)
    for (int i = 0; i < b->files[f].source->rule_count; i++) {
      const WeightsRule *rule = &b->files[f].source->rules[i];
      if (!rule->rename && glob_fits(rule->pattern, first->path)) add_note_at(d, rule->span, "this rule would ignore it");
    }
  suggest_name(b, d, first);
}

/* "aux1.*" if the unused names share what stands before a separator. */
static const char *common_pattern(const Binder *b) {
  const char *common = NULL;
  size_t length = 0;
  for (int i = 0; i < b->tensor_count; i++) {
    const char *name = b->tensors[i].tensor->name;
    if (b->tensors[i].taken_by) continue;
    if (!common) {
      common = name;
      length = strlen(name);
    }
    size_t same = 0;
    while (same < length && name[same] && name[same] == common[same]) same++;
    length = same;
  }
  if (!common) return NULL;
  if (!common[length]) return shown_name(b->c->arena, common);
  while (length && common[length - 1] != '.' && common[length - 1] != '/') length--;
  if (!length) return NULL;
  const char *pattern = arena_printf(b->c->arena, "%.*s*", (int)length, common);
  for (int i = 0; i < b->tensor_count; i++)
    if (b->tensors[i].taken_by && glob_fits(pattern, b->tensors[i].tensor->name)) return NULL;
  return shown_name(b->c->arena, pattern);
}

void report_unused(Binder *b) {
  int unused = unused_count(b);
  if (!unused) return;
  const NamedTensor *first = NULL;
  for (int i = b->tensor_count - 1; i >= 0; i--)
    if (!b->tensors[i].taken_by) first = &b->tensors[i];
  Diagnostic *d = report(b->c->diagnostics, CODE_E0504, first->file->source->span,
                         "the file has %d tensor%s that the network does not use: %s", unused, unused > 1 ? "s" : "", list_unused(b));
  const char *pattern = common_pattern(b);
  add_help(d, "add `ignore \"%s\"` if that is intended", pattern ? pattern : shown_name(b->c->arena, first->tensor->name));
}

static bool is_scope_or_parameter(const Binder *b, const char *target) {
  size_t length = strlen(target);
  for (int i = 0; i < b->graph->parameter_count; i++) {
    const char *path = b->graph->parameters[i]->path;
    if (needs_tensor(b->graph->parameters[i]) && !strncmp(path, target, length) && (!path[length] || path[length] == '.')) return true;
  }
  return false;
}

/* true: nothing is wrong with it. */
static bool check_rule(Binder *b, const LoadedFile *file, int index) {
  const WeightsRule *rule = &file->source->rules[index];
  Diagnostics *diagnostics = b->c->diagnostics;
  for (int i = 0; i < index; i++) {
    const WeightsRule *before = &file->source->rules[i];
    if (before->rename != rule->rename || strcmp(before->pattern, rule->pattern)) continue;
    Diagnostic *d = report(diagnostics, CODE_E0508, rule->span, "there are two rules for `%s`", rule->pattern);
    add_label(d, before->span, "the other");
    return false;
  }
  if (!file->rule_uses[index]) {
    Diagnostic *d = report(diagnostics, CODE_E0508, rule->span, "no tensor of `%s` is called `%s`", file->source->path, rule->pattern);
    Suggestion suggestion = suggest_for(rule->pattern);
    for (int i = 0; i < file->table.count; i++) suggest_candidate(&suggestion, file->table.tensors[i].name);
    if (suggested(&suggestion)) add_help(d, "did you mean `%s`?", shown_name(b->c->arena, suggested(&suggestion)));
    else if (rule->rename) add_help(d, "`rename` takes a whole name or all of it before a `.`");
    return false;
  }
  if (rule->rename && !is_scope_or_parameter(b, rule->target)) {
    Diagnostic *d = report(diagnostics, CODE_E0508, rule->span, "the network has no weights at `%s`", rule->target);
    Suggestion suggestion = suggest_for(rule->target);
    for (int i = 0; i < b->graph->parameter_count; i++) {
      suggest_candidate(&suggestion, b->graph->parameters[i]->path);
      if (b->owners[i] && b->owners[i]->label) suggest_candidate(&suggestion, b->owners[i]->label);
    }
    if (suggested(&suggestion)) add_help(d, "did you mean `%s`?", suggested(&suggestion));
    return false;
  }
  return true;
}

bool report_dead_rules(Binder *b) {
  bool renames_wrong = false;
  for (int f = 0; f < b->file_count; f++) {
    const LoadedFile *file = &b->files[f];
    for (int i = 0; i < file->source->rule_count; i++)
      if (!check_rule(b, file, i) && file->source->rules[i].rename) renames_wrong = true;
    if (!file->source->strip_prefix || file->prefix_uses || !file->table.count) continue;
    Diagnostic *d = report(b->c->diagnostics, CODE_E0508, file->source->span, "no tensor of `%s` starts with `%s`", file->source->path,
                           file->source->strip_prefix);
    add_help(d, "leave out `strip_prefix`; the first tensor is `%s`", shown_name(b->c->arena, file->table.tensors[0].name));
    renames_wrong = true;
  }
  return renames_wrong;
}

/* The first argument of the layer's call if it is a plain name that the net's own parameter list has: the D of -D. */
static const char *size_parameter(const Binder *b, const Parameter *parameter, Span *place) {
  Location call = source_locate(b->c->sources, parameter->span.start), net = source_locate(b->c->sources, b->graph->span.start);
  if (!call.source || !net.source) return NULL;
  const char *letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
  const char *text = call.source->text + (parameter->span.start - call.source->base), *name = text + strcspn(text, "(\n");
  if (*name != '(') return NULL;
  size_t length = strspn(++name, letters);
  if (!length || (name[length] != ',' && name[length] != ')') || (*name >= '0' && *name <= '9')) return NULL;
  const char *head = net.source->text + (b->graph->span.start - net.source->base), *head_end = head + strcspn(head, "{");
  for (const char *p = memchr(head, '(', (size_t)(head_end - head)); p && p < head_end; p++) {
    size_t word = strspn(p, letters);
    if (word == length && !strncmp(p, name, length)) {
      place->start = net.source->base + (uint32_t)(p - net.source->text);
      place->end = place->start + (uint32_t)length;
      return arena_strndup(b->c->arena, name, length);
    }
    if (word) p += word - 1;
  }
  return NULL;
}

/* 5, or (3, 5) */
static const char *sizes_in_source(Arena *arena, const int64_t *sizes, int rank) {
  bool square = rank == 1 || sizes[0] == sizes[1];
  return square ? arena_printf(arena, "%lld", (long long)sizes[0])
                : arena_printf(arena, "(%lld, %lld)", (long long)sizes[0], (long long)sizes[1]);
}

/* What the file says of a conv or fc, in the words of the source; where its input has other channels, how it came to them. */
static void explain_sizes(Binder *b, Diagnostic *d, const Parameter *parameter, const WeightTensor *tensor, const int64_t *expected,
                          bool keras) {
  const Node *owner = b->owners[parameter->id];
  int rank = tensor->rank, out = keras ? rank - 1 : 0, in = keras ? rank - 2 : 1, first = keras ? 0 : 2;
  bool kernel = false;
  if (!owner || owner->expanded_from || strcmp(parameter->role, "weight") ||
      (strcmp(owner->op->name, "conv") && strcmp(owner->op->name, "fc")))
    return;
  for (int i = first; i < first + rank - 2; i++) kernel = kernel || tensor->sizes[i] != expected[i];
  if (tensor->sizes[in] != expected[in]) add_shape_chain(d, b->c->arena, owner->inputs[0]);
  else if (kernel && tensor->sizes[out] == expected[out])
    add_help(d, "`kernel_size=%s` fits the file", sizes_in_source(b->c->arena, tensor->sizes + first, rank - 2));
  else if (!kernel) add_help(d, "`%s=%lld` fits the file", rank == 2 ? "out_features" : "out_channels", (long long)tensor->sizes[out]);
}

void report_wrong_sizes(Binder *b, const Parameter *parameter, const NamedTensor *named) {
  const WeightTensor *tensor = named->tensor;
  Arena *arena = b->c->arena;
  int64_t expected[MAX_PARAMETER_RANK];
  int rank = expected_sizes(b, parameter, named->file->keras, expected);
  Diagnostic *d = report(b->c->diagnostics, CODE_E0502, parameter->span, "`%s` has shape %s in the file, the network needs %s",
                         shown_name(arena, tensor->name), sizes_text(arena, tensor->sizes, tensor->rank),
                         sizes_text(arena, expected, rank));
  int differing = -1, out = named->file->keras ? rank - 1 : 0;
  for (int i = 0; i < rank && tensor->rank == rank; i++)
    if (tensor->sizes[i] != expected[i]) differing = differing == -1 ? i : MAX_TENSOR_RANK;
  Span place;
  const Instance *instance = b->owners[parameter->id] ? b->owners[parameter->id]->instance : NULL;
  const char *name = differing == out && !instance ? size_parameter(b, parameter, &place) : NULL;
  if (!name) {
    if (tensor->rank == rank) explain_sizes(b, d, parameter, tensor, expected, named->file->keras);
    return;
  }
  set_label(d, "%s is %lld", name, (long long)expected[out]);
  add_label(d, place, "from here");
  add_help(d, "`-D %s=%lld`", name, (long long)tensor->sizes[out]);
}

void report_wrong_order(Binder *b, const Parameter *parameter, const NamedTensor *named, int count) {
  const WeightTensor *tensor = named->tensor;
  Arena *arena = b->c->arena;
  bool keras = named->file->keras;
  int64_t expected[MAX_PARAMETER_RANK];
  int rank = expected_sizes(b, parameter, keras, expected);
  Diagnostic *d = report(b->c->diagnostics, CODE_E0503, parameter->span, "`%s` is %s in the file; the network needs %s",
                         shown_name(arena, tensor->name), sizes_text(arena, tensor->sizes, tensor->rank),
                         sizes_text(arena, expected, rank));
  const Node *owner = b->owners[parameter->id];
  const char *channels = owner && !strcmp(owner->op->name, "conv_transpose") == keras ? "in, out" : "out, in";
  const char *spatial = rank == 2 ? "" : rank == 3 ? "length" : "height, width", *comma = rank == 2 ? "" : ", ";
  if (keras) add_note(d, "that is PyTorch's order (%s%s%s)", channels, comma, spatial);
  else add_note(d, "that is Keras's order (%s%s%s)", spatial, comma, channels);
  if (count > 1) add_note(d, "%d tensors of the file are in that order", count);
  const char *option = keras ? "layout=pytorch" : "layout=keras";
  if (b->overridden) add_help(d, "`--layout %s`", keras ? "pytorch" : "keras");
  else add_help(d, "`(%s)`", option);
  if (!named->file->source->layout) add_weights_option_fix(b, d, named->file->source, option);
}
