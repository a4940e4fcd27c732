/* report.c - see report.h: the page. Every text from the net or a file is escaped. */
#include "tools/report.h"

#include <string.h>
#include "emit/templates.h"
#include "support/decimal.h"
#include "support/writer.h"
#include "tools/workplace.h"

const char *grouped_number(Arena *arena, int64_t value) {
  const char *digits = arena_printf(arena, "%lld", (long long)value);
  Text text = text_new(arena);
  for (size_t left = strlen(digits); left; left--) text_addf(&text, "%c%s", *digits++, left > 1 && left % 3 == 1 ? "," : "");
  return text_string(&text);
}

static const char *size_number(Arena *arena, const Size *size) {
  int64_t value;
  return size_is_const(size, &value) ? grouped_number(arena, value) : size_text(arena, size);
}

static double number_of(const Size *size) {
  int64_t value;
  return size_is_const(size, &value) ? (double)value : 0;
}

static void add_fact(Text *out, const char *value, const char *what) {
  text_add(out, "<li><b>");
  add_xml(out, value);
  text_addf(out, "</b>%s</li>\n", what);
}

static void add_cell(Text *out, const char *class_name, const char *text) {
  text_addf(out, "<td%s>", class_name);
  add_xml(out, text);
  text_add(out, "</td>");
}

static void add_bar(Text *out, const char *what, double value, double most) {
  text_addf(out, "<td class=\"bar %s\">", what);
  int tenths = most > 0 ? (int)(value / most * 1000 + 0.5) : 0;
  if (value > 0) text_addf(out, "<i style=\"width:%d.%d%%\"></i>", tenths / 10, tenths % 10);
  text_add(out, "</td>");
}

static void add_layers(Text *out, const NetFacts *facts) {
  Arena *arena = out->arena;
  double most_macs = 0, most_bytes = 0;
  for (int i = 0; i < facts->layer_count; i++) {
    double macs = number_of(facts->layers[i].macs), bytes = number_of(type_bytes(arena, facts->layers[i].type));
    if (macs > most_macs) most_macs = macs;
    if (bytes > most_bytes) most_bytes = bytes;
  }
  text_add(out, "<table>\n<tr><th>layer</th><th>operation</th><th>output</th><th class=\"n\">parameters</th>"
                "<th class=\"n\">MACs</th><th></th><th class=\"n\">bytes</th><th></th></tr>\n");
  for (int i = 0; i < facts->layer_count; i++) {
    const LayerFacts *layer = &facts->layers[i];
    const Size *bytes = type_bytes(arena, layer->type);
    text_add(out, "<tr>");
    add_cell(out, "", layer->name);
    add_cell(out, "", layer->op);
    add_cell(out, "", type_text(arena, layer->type));
    add_cell(out, " class=\"n\"", layer->parameters ? grouped_number(arena, layer->parameters) : "");
    add_cell(out, " class=\"n\"", size_is(layer->macs, 0) ? "" : size_number(arena, layer->macs));
    add_bar(out, "macs", number_of(layer->macs), most_macs);
    add_cell(out, " class=\"n\"", size_number(arena, bytes));
    add_bar(out, "bytes", number_of(bytes), most_bytes);
    text_add(out, "</tr>\n");
  }
  text_add(out, "</table>\n");
}

/* With three digits behind the point. */
static const char *thousandths(Arena *arena, double value) {
  long long rounded = (long long)(value * 1000 + 0.5);
  return arena_printf(arena, "%lld.%03lld", rounded / 1000, rounded % 1000);
}

static void add_times(Text *out, const BenchTimes *times) {
  Arena *arena = out->arena;
  double most = 0;
  for (int i = 0; i < times->step_count; i++)
    if (times->steps[i].ms > most) most = times->steps[i].ms;
  bool small = times->ms < 1;
  double scale = small ? 1000 : 1;
  const char *unit = small ? "\xc2\xb5s" : "ms";
  text_addf(out, "<h2>Time</h2>\n<p>%s %s for one run, target ", thousandths(arena, times->ms * scale), unit);
  add_xml(out, times->target);
  text_add(out, ". The last column says how much of the time the machine could not have done without.</p>\n"
                "<table>\n<tr><th>step</th><th>operation</th>");
  text_addf(out, "<th class=\"n\">%s</th><th></th><th>bound by</th><th class=\"n\">of the bound</th></tr>\n", unit);
  for (int i = 0; i < times->step_count; i++) {
    const StepTime *step = &times->steps[i];
    text_add(out, "<tr>");
    add_cell(out, "", step->name);
    add_cell(out, "", step->op);
    add_cell(out, " class=\"n\"", thousandths(arena, step->ms * scale));
    add_bar(out, "ms", step->ms, most);
    add_cell(out, "", step->bound ? step->bound : "");
    add_cell(out, " class=\"n\"",
             step->percent_of_bound < 0 ? "" : arena_printf(arena, "%lld %%", (long long)(step->percent_of_bound + 0.5)));
    text_add(out, "</tr>\n");
  }
  text_add(out, "</table>\n");
}

static void add_facts(Text *out, const NetFacts *facts, const char *target) {
  Arena *arena = out->arena;
  add_fact(out, grouped_number(arena, facts->layer_count), "layers");
  add_fact(out, grouped_number(arena, facts->parameters), "parameters");
  add_fact(out, size_number(arena, facts->macs), "multiply-accumulates");
  if (facts->plan) {
    add_fact(out, size_number(arena, facts->plan->workspace_bytes), "bytes of workspace");
    add_fact(out, grouped_number(arena, facts->plan->weights_bytes), "bytes of weights");
  }
  add_fact(out, target, "target");
}

/* From a graph of its own, as the plan has rewritten that of the facts. NULL: it could not be drawn. */
static const char *draw_graph(Session *session) {
  Options options = session->line.options;
  Diagnostics again = new_diagnostics(session);
  options.shapes_only = true;
  Compilation c = new_compilation(session, &options, &again);
  Graph *graph = compile_to_graph(&c);
  if (!graph) return NULL; /* which was reported when the facts were collected */
  NetFacts facts = layer_facts(session->arena, options.file, graph);
  Picture picture = make_picture(session->arena, graph, &facts, session->line.depth);
  size_t length;
  const char *svg = draw_picture(session, &picture, PICTURE_SVG, &length);
  const char *begin = svg ? strstr(svg, "<svg") : NULL; /* without the head of an XML document */
  return begin ? begin : svg;
}

static const char *page_path(Session *session) {
  const CommandLine *line = &session->line;
  if (line->output) return line->output;
  if (strcmp(line->options.file, "-") != 0)
    return arena_printf(session->arena, "%s.html", without_ending(session->arena, line->options.file, ".cnn"));
  Diagnostic *d = report(&session->diagnostics, CODE_E0901, (Span){0, 0},
                         "the page of what is read from standard input needs a place to go");
  add_help(d, "`-o NAME.html`, or `-o -` for standard output");
  return NULL;
}

static bool write_page(Session *session, const char *path, const char *page) {
  const char *inputs[] = {session->line.options.file, session->line.bench}, *error;
  OutputFile file = {path, page, strlen(page), GENERATED_MARK, strlen(GENERATED_MARK)};
  WriteRules rules = {.force = session->line.force, .inputs = inputs, .input_count = session->line.bench ? 2 : 1};
  bool refused;
  if (write_files(session->arena, &file, 1, rules, &error, &refused)) {
    if (!session->line.output) add_message(session, "%s is written", path);
    return true;
  }
  report(&session->diagnostics, CODE_E0903, (Span){0, 0}, "%s", error);
  return false;
}

int report_net(Session *session, const NetFacts *facts) {
  Arena *arena = session->arena;
  const char *path = page_path(session), *bench = session->line.bench;
  BenchTimes times;
  if (!path) return 2;
  session->stdout_taken = !strcmp(path, "-");
  if (bench && !read_bench_times(session, bench, &times)) return 0;
  if (bench && strcmp(times.net, facts->graph->name) != 0) {
    report(&session->diagnostics, CODE_E0901, (Span){0, 0}, "`%s` has the times of another net, `%s`", bench, times.net);
    return 2;
  }
  const char *graph = draw_graph(session);
  if (!graph) return 0;
  Text title = text_new(arena), document = text_new(arena), facts_text = text_new(arena), layers = text_new(arena),
       memory = text_new(arena), time = text_new(arena);
  add_xml(&title, facts->graph->name);
  if (facts->graph->doc) {
    text_add(&document, "<p>");
    add_xml(&document, facts->graph->doc);
    text_add(&document, "</p>\n");
  }
  add_facts(&facts_text, facts, session->line.options.target);
  add_layers(&layers, facts);
  if (facts->plan) add_memory_charts(&memory, facts->plan);
  else text_add(&memory, "<p>There is no plan.</p>\n");
  if (bench) add_times(&time, &times);
  const Hole holes[] = {
      {"title", text_string(&title)},   {"document", text_string(&document)}, {"facts", text_string(&facts_text)}, {"graph", graph},
      {"layers", text_string(&layers)}, {"memory", text_string(&memory)},     {"time", text_string(&time)},        {NULL, NULL}};
  const char *page = fill_holes(session, template_report_html, holes);
  if (page) (void)write_page(session, path, page);
  return 0;
}
