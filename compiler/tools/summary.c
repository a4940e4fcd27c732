/* summary.c - `cnnc summary`: the layers of a net with shapes, parameters and multiply-accumulates, how they are computed
 * for a target, and totals. */
#include <stdlib.h>
#include <string.h>
#include "ir/operator.h"
#include "support/table.h"
#include "tools/report.h"

typedef struct Summary {
  Session *session;
  NetFacts facts;
} Summary;

enum { COLUMNS = 8, BAR_WIDTH = 10 };
static const char sides[] = "lllrrlrl";

/* Whether the terminal shows more than ASCII, as the environment says. */
static bool speaks_unicode(void) {
  const char *locale = NULL;
  static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
  for (int i = 0; i < 3 && !(locale && *locale); i++) locale = getenv(names[i]);
  return locale && (strstr(locale, "UTF-8") || strstr(locale, "utf8") || strstr(locale, "UTF8") || strstr(locale, "utf-8"));
}

/* As long as the value is large beside the greatest; whatever is more than 0 can be seen. */
static const char *bar(Arena *arena, double value, double most, bool unicode) {
  Text text = text_new(arena);
  if (!(value > 0) || !(most > 0)) return "";
  int steps = unicode ? 8 : 1, length = (int)(value / most * BAR_WIDTH * steps + 0.5);
  if (length < 1) length = 1;
  for (int i = 0; i < length / steps; i++) text_add(&text, unicode ? "\xe2\x96\x88" : "#");
  char part[] = {'\xe2', '\x96', (char)(0x90 - length % steps), '\0'}; /* from an eighth to seven of a block */
  if (length % steps) text_add(&text, part);
  return text_string(&text);
}

static double number_of(const Size *size) {
  int64_t value;
  return size_is_const(size, &value) ? (double)value : 0;
}

static void print_layers(const Summary *s) {
  Arena *arena = s->session->arena;
  const NetFacts *facts = &s->facts;
  bool unicode = speaks_unicode();
  int rows = facts->layer_count + 2;
  const char *(*cells)[COLUMNS] = arena_alloc_array(arena, (size_t)rows, sizeof *cells);
  const char *titles[COLUMNS] = {"layer", "operation", "output", "parameters", "MACs", "", "bytes", ""};
  memcpy(cells[0], titles, sizeof titles);
  double most_macs = 0, most_bytes = 0;
  for (int i = 0; i < facts->layer_count; i++) {
    double macs = number_of(facts->layers[i].macs), bytes = number_of(type_bytes(arena, facts->layers[i].type));
    if (macs > most_macs) most_macs = macs;
    if (bytes > most_bytes) most_bytes = bytes;
  }
  for (int i = 0; i < facts->layer_count; i++) {
    const LayerFacts *layer = &facts->layers[i];
    const Size *bytes = type_bytes(arena, layer->type);
    const char *row[COLUMNS] = {layer->name,
                                layer->op,
                                type_text(arena, layer->type),
                                layer->parameters ? arena_printf(arena, "%lld", (long long)layer->parameters) : "",
                                size_is(layer->macs, 0) ? "" : size_text(arena, layer->macs),
                                bar(arena, number_of(layer->macs), most_macs, unicode),
                                size_text(arena, bytes),
                                bar(arena, number_of(bytes), most_bytes, unicode)};
    memcpy(cells[i + 1], row, sizeof row);
  }
  const char *total[COLUMNS] = {"total", "", "", arena_printf(arena, "%lld", (long long)facts->parameters), size_text(arena, facts->macs),
                                "",      "", ""};
  memcpy(cells[rows - 1], total, sizeof total);
  print_aligned(&s->session->out, cells[0], rows, COLUMNS, sides);
}

/* The first step of a group of steps that are computed in stripes, or NULL. */
static const Stripe *group_at(const Plan *plan, int k) {
  const Stripe *stripe = plan->steps[k]->stripe;
  return stripe && stripe->first == k ? stripe : NULL;
}

static void print_stripes(Text *out, const Plan *plan) {
  for (int k = 0; k < plan->step_count; k++) {
    const Stripe *group = group_at(plan, k);
    if (!group) continue;
    text_addf(out, "stripes of %lld row%s of %s:", (long long)group->rows, group->rows == 1 ? "" : "s", plan->steps[group->last]->name);
    for (int i = group->first; i <= group->last; i++) text_addf(out, "%s %s", i > group->first ? "," : "", plan->steps[i]->name);
    text_add(out, "; 0 more multiply-adds\n");
  }
}

static void json_stripes(Text *out, const Plan *plan) {
  bool first = true;
  text_add(out, ", \"stripes\": [");
  for (int k = 0; k < plan->step_count; k++) {
    const Stripe *group = group_at(plan, k);
    if (!group) continue;
    text_addf(out, "%s{\"rows\": %lld, \"steps\": [", first ? "" : ", ", (long long)group->rows);
    for (int i = group->first; i <= group->last; i++) text_addf(out, "%s\"%s\"", i > group->first ? ", " : "", plan->steps[i]->name);
    text_add(out, "]}");
    first = false;
  }
  text_add(out, "]");
}

static void print_text(const Summary *s) {
  Text *out = &s->session->out;
  const Graph *graph = s->facts.graph;
  Arena *arena = s->session->arena;
  text_addf(out, "net %s, target %s\n", graph->name, s->session->line.options.target);
  for (int i = 0; i < graph->input_count; i++)
    text_addf(out, "input %s: %s%s\n", graph->inputs[i].value->name, dtype_name(graph->inputs[i].value->type.dtype),
              type_text(arena, &graph->inputs[i].value->type));
  text_add(out, "\n");
  print_layers(s);
  text_add(out, "\n");
  for (int i = 0; i < graph->output_count; i++)
    text_addf(out, "output %s: %s%s\n", graph->outputs[i].name, dtype_name(graph->outputs[i].value->type.dtype),
              type_text(arena, &graph->outputs[i].value->type));
  const Plan *plan = s->facts.plan;
  if (!plan) return;
  text_add(out, "\n");
  print_plan_steps(out, plan);
  text_add(out, "\n");
  print_plan_totals(out, plan);
  text_addf(out, "weights %lld bytes\n", (long long)plan->weights_bytes);
  print_regions(out, "flash", plan->flash, plan->flash_count);
  print_stripes(out, plan);
}

/* A number, or a string such as "H//2" for a size that varies. */
static void json_size(Text *out, Arena *arena, const Size *size) {
  int64_t value;
  if (size_is_const(size, &value)) text_addf(out, "%lld", (long long)value);
  else text_addf(out, "\"%s\"", size_text(arena, size));
}

static void json_shape(Text *out, Arena *arena, const TensorType *type) {
  text_add(out, "[");
  for (int i = 0; i < type->rank; i++) {
    if (i) text_add(out, ", ");
    json_size(out, arena, type->sizes[i]);
  }
  text_add(out, "]");
}

static void json_tensor(Text *out, Arena *arena, const char *name, const TensorType *type, bool first) {
  text_addf(out, "%s{\"name\": \"%s\", \"shape\": ", first ? "" : ", ", name);
  json_shape(out, arena, type);
  text_addf(out, ", \"dtype\": \"%s\"}", dtype_name(type->dtype));
}

static void json_regions(Text *out, const char *key, MemoryRegion *const *regions, int count) {
  if (count) text_addf(out, ", \"%s\": [", key);
  for (int i = 0; i < count; i++) {
    text_addf(out, "%s{\"name\": \"%s\", \"bytes\": %lld", i ? ", " : "", regions[i]->name, (long long)regions[i]->bytes);
    if (regions[i]->most < SIZE_LIMIT) text_addf(out, ", \"most\": %lld", (long long)regions[i]->most);
    text_addf(out, ", \"percent_of_accesses\": %d}", regions[i]->percent);
  }
  if (count) text_add(out, "]");
}

/* Names are labels of the source, so that nothing in them needs an escape. */
static void print_json(const Summary *s) {
  Text *out = &s->session->out;
  const Graph *graph = s->facts.graph;
  Arena *arena = s->session->arena;
  text_addf(out, "{\"schema\": 1, \"net\": \"%s\", \"target\": \"%s\",\n \"inputs\": [", graph->name, s->session->line.options.target);
  for (int i = 0; i < graph->input_count; i++) json_tensor(out, arena, graph->inputs[i].value->name, &graph->inputs[i].value->type, !i);
  text_add(out, "],\n \"outputs\": [");
  for (int i = 0; i < graph->output_count; i++) json_tensor(out, arena, graph->outputs[i].name, &graph->outputs[i].value->type, !i);
  text_add(out, "],\n \"layers\": [");
  for (int i = 0; i < s->facts.layer_count; i++) {
    const LayerFacts *layer = &s->facts.layers[i];
    text_addf(out, "%s\n  {\"name\": \"%s\", \"op\": \"%s\", \"output_shape\": ", i ? "," : "", layer->name, layer->op);
    json_shape(out, arena, layer->type);
    text_addf(out, ", \"parameters\": %lld, \"macs\": ", (long long)layer->parameters);
    json_size(out, arena, layer->macs);
    text_add(out, "}");
  }
  text_addf(out, "],\n \"totals\": {\"parameters\": %lld, \"macs\": ", (long long)s->facts.parameters);
  json_size(out, arena, s->facts.macs);
  const Plan *plan = s->facts.plan;
  if (plan) {
    text_add(out, ", \"workspace_bytes\": ");
    json_size(out, arena, plan->workspace_bytes);
    if (size_is_const(plan->workspace_bytes, NULL))
      text_addf(out, ", \"workspace_lower_bound_bytes\": %lld, \"workspace_bare_bound_bytes\": %lld", (long long)plan->lower_bound_bytes,
                (long long)plan->bare_bound_bytes);
    text_addf(out, ", \"weights_bytes\": %lld", (long long)plan->weights_bytes);
    json_regions(out, "ram", plan->ram, plan->ram_count);
    json_regions(out, "flash", plan->flash, plan->flash_count);
    if (plan->threads > 1) text_addf(out, ", \"shared_steps\": %d", shared_steps(plan));
    json_stripes(out, plan);
  }
  text_add(out, "}}\n");
}

int summary_verb(Session *session) {
  Summary s = {.session = session};
  CommandLine *line = &session->line;
  if (line->json && line->html) return wrong_use(session, "`--json` and `--html` exclude each other");
  if (!line->html && line->output) return wrong_use(session, "`-o` names the page of `--html`; the table goes to standard output");
  if (!line->html && line->bench) return wrong_use(session, "`--bench` is for the page of `--html`");
  if (!collect_net_facts(session, &session->line.options, &session->diagnostics, &s.facts)) return 0;
  if (line->html) return report_net(session, &s.facts);
  if (line->json) print_json(&s);
  else print_text(&s);
  return 0;
}
