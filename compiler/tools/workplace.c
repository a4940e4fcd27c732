/* workplace.c - see workplace.h. */
#include "tools/workplace.h"

#include <string.h>
#include "support/progress.h"
#include "support/writer.h"
#include "tools/host_compiler.h"

const char this_machine[] = "-march=native";

bool host_error(Session *session, const char *what, const char *detail, const char *help) {
  Diagnostic *d = report(&session->diagnostics, CODE_E0905, (Span){0, 0}, "%s", what);
  if (detail && *detail) add_note(d, "%s", detail);
  if (help) add_help(d, "%s", help);
  return false;
}

static const char *fill(Arena *arena, const char *template_text, const Hole *holes) {
  Text out = text_new(arena);
  for (const char *at = template_text; *at;) {
    size_t plain = strcspn(at, "@");
    text_add_bytes(&out, at, plain);
    at += plain;
    if (!*at) break;
    const char *end = strchr(++at, '@');
    if (!end) return NULL;
    const Hole *hole = holes;
    while (hole->name && (strlen(hole->name) != (size_t)(end - at) || strncmp(hole->name, at, (size_t)(end - at)))) hole++;
    if (!hole->name) return NULL;
    text_add(&out, hole->text);
    at = end + 1;
  }
  return text_string(&out);
}

const char *fill_holes(Session *session, const char *template_text, const Hole *holes) {
  const char *text = fill(session->arena, template_text, holes);
  if (!text) report(&session->diagnostics, CODE_E0999, (Span){0, 0}, "a template has a hole that is not filled");
  return text;
}

const char *upper_case(Arena *arena, const char *name) {
  char *upper = arena_strdup(arena, name);
  for (char *p = upper; *p; p++)
    if (*p >= 'a' && *p <= 'z') *p = (char)(*p - 'a' + 'A');
  return upper;
}

bool compile_net(Session *session, WeightsAs weights_as, Outputs *out) {
  Options options = session->line.options;
  options.standalone = true;
  options.dump = DUMP_NONE;
  options.weights_as = weights_as;
  /* What is to be said about the input was said when the graph was made. */
  Diagnostics again = new_diagnostics(session);
  Compilation c = new_compilation(session, &options, &again);
  if (compile(&c, "net", out) && !again.errors) return true;
  merge_diagnostics(&session->diagnostics, &again);
  if (!again.errors) report(&session->diagnostics, CODE_E0999, (Span){0, 0}, "pass %s failed without a word", c.pass ? c.pass : "?");
  return false;
}

const char *set_regions(const Session *session, const char *prefix) {
  Arena *arena = session->arena;
  Text text = text_new(arena);
  for (const RegionOption *region = session->line.options.ram; region; region = region->next) {
    const char *member = arena_printf(arena, "env.workspace_%s", region->name);
    text_addf(&text, "  %s_bytes = %s_WORKSPACE_%s_BYTES;\n", member, upper_case(arena, prefix), upper_case(arena, region->name));
    text_addf(&text, "  %s = aligned(%s_bytes + 1);\n", member, member);
  }
  return text_string(&text);
}

bool make_workplace(Session *session, Workplace *w) {
  Arena *arena = session->arena;
  const char *error;
  *w = (Workplace){.session = session, .directory = make_private_directory(arena, &error)};
  if (!w->directory) {
    report(&session->diagnostics, CODE_E0903, (Span){0, 0}, "no temporary directory can be made: %s", error);
    return false;
  }
  w->code = private_file(arena, w->directory, "net.c");
  w->header = private_file(arena, w->directory, "net.h");
  w->weights_code = private_file(arena, w->directory, "net_weights.c");
  w->weights = private_file(arena, w->directory, "net.weights");
  w->main = private_file(arena, w->directory, "main.c");
  w->program = private_file(arena, w->directory, "program");
  w->input = private_file(arena, w->directory, "input");
  w->output = private_file(arena, w->directory, "output");
  w->log = private_file(arena, w->directory, "log");
  return true;
}

bool fill_workplace(const Workplace *w, const Outputs *out, const char *program, const Text *input) {
  OutputFile files[] = {
      {w->code, text_string(&out->code), out->code.length, NULL, 0},
      {w->header, text_string(&out->header), out->header.length, NULL, 0},
      {w->weights_code, text_string(&out->weights_code), out->weights_code.length, NULL, 0},
      {w->weights, (const char *)out->weights_blob, out->weights_blob_bytes, NULL, 0},
      {w->main, program, strlen(program), NULL, 0},
      {w->input, text_string(input), input->length, NULL, 0},
  };
  const char *error;
  bool refused;
  if (write_files(w->session->arena, files, (int)(sizeof files / sizeof *files), (WriteRules){0}, &error, &refused)) return true;
  report(&w->session->diagnostics, CODE_E0903, (Span){0, 0}, "%s", error);
  return false;
}

static HostProgram compile_c(const Workplace *w, const char *machine, const char *const *sources) {
  Arena *arena = w->session->arena;
  int extra = 9 + (int)strlen(machine) / 2, count; /* at most a flag for two characters */
  for (int i = 0; sources[i]; i++) extra++;
  const char **words = compiler_words(arena, w->session->line.cc, extra, &count);
  words[count++] = "-O2";
  if (w->session->line.options.threads) words[count++] = "-fopenmp";
  for (const char *at = machine; *at;) {
    size_t length = strcspn(at, " ");
    words[count++] = arena_strndup(arena, at, length);
    at += length + strspn(at + length, " ");
  }
  words[count++] = "-o";
  words[count++] = w->program;
  while (*sources) words[count++] = *sources++;
  words[count++] = "-lm";
  return run_program(arena, words, w->log);
}

bool build_program(const Workplace *w, const char *machine, const char *const *sources) {
  Session *session = w->session;
  Arena *arena = session->arena;
  progress_begin("the C compiler", 0);
  HostProgram compiler = compile_c(w, machine, sources);
  if (!compiler.error && compiler.status > 0 && machine == this_machine) compiler = compile_c(w, "", sources);
  int count;
  const char *name = compiler_words(arena, session->line.cc, 0, &count)[0];
  if (compiler.error)
    return host_error(session, arena_printf(arena, "the C compiler `%s` cannot be started: %s", name, compiler.error), NULL,
                      session->line.verb == VERB_RUN ? "set CC to a C compiler, or use `--interpret`" : "set CC to a C compiler");
  if (compiler.signal)
    return host_error(session, arena_printf(arena, "the C compiler `%s` was ended by signal %d", name, compiler.signal), NULL, NULL);
  if (compiler.status)
    return host_error(session, arena_printf(arena, "the C compiler `%s` failed with status %d", name, compiler.status), compiler.output,
                      NULL);
  return true;
}

bool start_program(const Workplace *w, const char *const *argv) {
  Session *session = w->session;
  HostProgram program = run_program(session->arena, argv, w->log);
  if (program.error)
    return host_error(session, "the compiled network cannot be started", program.error,
                      "is the temporary directory (TMPDIR) mounted noexec?");
  if (program.signal)
    return host_error(session, arena_printf(session->arena, "the compiled network was ended by signal %d", program.signal), NULL, NULL);
  if (program.status) return host_error(session, "the compiled network reported an error", program.output, NULL);
  return true;
}
