/* options.c - see options.h. */
#include "tools/options.h"

#include <string.h>
#include "passes/targets.h"
#include "support/decimal.h"
#include "support/suggest.h"
#include "tools/option_file.h"
#include "tools/option_ids.h"
#include "tools/option_values.h"
#include "tools/region_options.h"

enum { MOST_RUNS = 1000000 };

typedef struct Parser {
  Arena *arena;
  Diagnostics *diagnostics;
  CommandLine *out;
  bool after_dashes;
  const OptionRow **used; /* to be checked against the verb */
  int used_count;
} Parser;

static Diagnostic *usage_error(Parser *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
static Diagnostic *usage_error(Parser *p, const char *format, ...) {
  Text text = text_new(p->arena);
  va_list arguments;
  va_start(arguments, format);
  text_vaddf(&text, format, arguments);
  va_end(arguments);
  return report(p->diagnostics, CODE_E0901, (Span){0, 0}, "%s", text_string(&text));
}

/* Whether the name is one of "-w, --weights". */
static bool row_has_name(const OptionRow *row, const char *name, size_t length) {
  for (const char *at = row->names;;) {
    const char *end = strchr(at, ',');
    size_t size = end ? (size_t)(end - at) : strlen(at);
    if (size == length && !strncmp(at, name, length)) return true;
    if (!end) return false;
    at = end + 2;
  }
}

static const char *last_name(Arena *arena, const OptionRow *row) {
  const char *comma = strchr(row->names, ',');
  return arena_strdup(arena, comma ? comma + 2 : row->names);
}

/* The row of an argument that begins with `-`, and what is attached to it: --name=value, -wvalue, -Dname=value. */
static const OptionRow *find_row(const char *argument, const char **attached) {
  *attached = NULL;
  size_t length = strlen(argument);
  const char *equals = strchr(argument, '=');
  bool is_long = argument[1] == '-';
  for (const OptionRow *row = option_rows; row->names; row++)
    if (row_has_name(row, argument, length)) return row;
  for (const OptionRow *row = option_rows; row->names; row++) {
    size_t name = is_long ? equals ? (size_t)(equals - argument) : length : argument[1] == 'M' ? 3 : 2;
    if (name > length || !row_has_name(row, argument, name)) continue;
    if (!is_long && !row->argument) continue;
    *attached = argument + name + (is_long && equals);
    return row;
  }
  return NULL;
}

/* What other programs call an option of ours. */
static const char *foreign_option(const char *name) {
  static const char *const names[][2] = {
      {"-i", "--input"}, {"--verbose", "-v"}, {"--quiet", "-q"}, {"--silent", "-q"}, {"-V", "--version"}};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (!strcmp(names[i][0], name)) return names[i][1];
  return NULL;
}

static void unknown_option(Parser *p, const char *argument) {
  const char *equals = strchr(argument, '=');
  const char *name = equals ? arena_strndup(p->arena, argument, (size_t)(equals - argument)) : argument;
  Suggestion suggestion = suggest_for(name);
  for (const OptionRow *row = option_rows; row->names; row++)
    if (row->help) suggest_candidate(&suggestion, last_name(p->arena, row));
  Diagnostic *d = usage_error(p, "there is no option `%s`", name);
  const char *near = foreign_option(name) ? foreign_option(name) : suggested(&suggestion);
  if (near) add_help(d, "did you mean `%s`?", near);
  else add_help(d, "`cnnc help` lists the verbs, `cnnc VERB --help` the options of each");
}

/* An option at a verb that does not have it: what is meant there, or who has it if those are few. */
static void misplaced_option(Parser *p, const VerbRow *verb, const OptionRow *row) {
  Diagnostic *d = usage_error(p, "`cnnc %s` has no option `%s`", verb->name, last_name(p->arena, row));
  Text owners = text_new(p->arena);
  int count = 0;
  for (int i = VERB_COMPILE; i < VERB_COUNT; i++)
    if (row->verbs & 1u << i) text_addf(&owners, "%s`cnnc %s`", count++ ? " and " : "", verb_rows[i].name);
  if (p->out->verb == VERB_RUN && row->id == OPTION_OUTPUT_FILE) add_help(d, "`--output FILE` says where a result goes");
  else if (count == 1 || count == 2)
    add_help(d, "%s %s it; `cnnc help %s` lists those of `cnnc %s`", text_string(&owners), count > 1 ? "have" : "has", verb->name,
             verb->name);
  else add_help(d, "`cnnc help %s` lists those it has", verb->name);
}

/* Index of the value among "fast|portable"; -1: an error was reported. */
static int choice(Parser *p, const OptionRow *row, const char *value) {
  int index = 0;
  for (const char *at = row->values;; index++) {
    size_t length = strcspn(at, "|");
    if (strlen(value) == length && !strncmp(at, value, length)) return index;
    if (!at[length]) break;
    at += length + 1;
  }
  const char *name = last_name(p->arena, row);
  Diagnostic *d = usage_error(p, "`%s` cannot be `%s`", name, value);
  Text text = text_new(p->arena);
  for (const char *at = row->values; *at; at++) text_add(&text, *at == '|' ? ", " : (char[]){*at, '\0'});
  add_help(d, "one of %s", text_string(&text));
  return -1;
}

static void add_binding(Parser *p, Binding **list, const char *option, const char *text) {
  const char *equals = strchr(text, '=');
  if (!equals || equals == text || !equals[1]) {
    usage_error(p, "`%s %s` should have the form NAME=VALUE", option, text);
    return;
  }
  Binding *binding = ARENA_NEW(p->arena, Binding);
  *binding = (Binding){arena_strndup(p->arena, text, (size_t)(equals - text)), equals + 1, NULL};
  while (*list) list = &(*list)->next;
  *list = binding;
}

static NamedFile named_file(Arena *arena, const char *text) {
  const char *equals = strchr(text, '='), *slash = strchr(text, '/');
  if (!equals || equals == text || (slash && slash < equals)) return (NamedFile){NULL, text, text};
  return (NamedFile){arena_strndup(arena, text, (size_t)(equals - text)), equals + 1, text};
}

static void unknown_lint(Parser *p, const char *name) {
  Suggestion suggestion = suggest_for(name);
  Text all = text_new(p->arena);
  for (int code = 0; code < CODE_COUNT; code++) {
    if (!is_lint((Code)code)) continue;
    suggest_candidate(&suggestion, code_name((Code)code));
    text_addf(&all, "%s%s", all.length ? ", " : "", code_name((Code)code));
  }
  Diagnostic *d = usage_error(p, "there is no lint `%s`", name);
  if (suggested(&suggestion)) add_help(d, "did you mean `%s`?", suggested(&suggestion));
  else add_help(d, "the lints are %s", text_string(&all));
}

/* -Werror, -Wno-error, -WNAME, -Wno-NAME, -Werror=NAME, -Wno-error=NAME */
static void set_lint(Parser *p, const char *text) {
  CommandLine *out = p->out;
  LintSetting setting = {.off = !strncmp(text, "no-", 3)};
  const char *name = text + (setting.off ? 3 : 0);
  if (!strcmp(name, "error")) {
    out->warnings_are_errors = !setting.off;
    return;
  }
  setting.of_error = !strncmp(name, "error=", 6);
  if (setting.of_error) name += 6;
  int code = 0;
  while (code < CODE_COUNT && !(is_lint((Code)code) && !strcmp(code_name((Code)code), name))) code++;
  if (code == CODE_COUNT) {
    unknown_lint(p, name);
    return;
  }
  setting.code = (Code)code;
  ARENA_PUSH(p->arena, out->lints, out->lint_count, setting);
}

static void set_target(Parser *p, const char *name) {
  if (!strcmp(name, "list")) {
    p->out->list_targets = true;
    return;
  }
  p->out->options.target = !strcmp(name, "native") ? host_target() : name;
  if (find_target(p->out->options.target)) return;
  Diagnostic *d = usage_error(p, "there is no target `%s`", name);
  Suggestion suggestion = suggest_for(name);
  const char *longer = NULL;
  for (const Target *target = all_targets; target->name; target++) {
    suggest_candidate(&suggestion, target->name);
    if (!longer && *name && !strncmp(target->name, name, strlen(name))) longer = target->name;
  }
  if (longer) add_help(d, "did you mean `%s`?", longer);
  else if (suggested(&suggestion)) add_help(d, "did you mean `%s`?", suggested(&suggestion));
  add_help(d, "`cnnc compile --target list` shows them all");
}

static void set_prefix(Parser *p, const char *name) {
  if (!is_prefix(name)) usage_error(p, "`--prefix` needs a name in C, a letter and up to 30 letters, digits and `_`, not `%s`", name);
  p->out->options.prefix = name;
}

static void set_stripes(Parser *p, const char *value) {
  int64_t *rows = &p->out->options.stripes;
  if (!strcmp(value, "none")) *rows = STRIPES_NONE;
  else if (!parse_count(value, rows))
    usage_error(p, "`--stripes` needs a whole number of rows from 1 to %d, or `none`, not `%s`", MOST_COUNT, value);
}

static void set_tolerance(Parser *p, const char *option, const char *value, double *out) {
  if (!read_double(value, strlen(value), out)) usage_error(p, "`%s` needs a number such as 1e-5, not `%s`", option, value);
}

/* none, openmp, openmp:N */
static void set_threads(Parser *p, const char *how) {
  enum { USUAL_THREADS = 4, MOST_THREADS = 64 };
  int64_t count = USUAL_THREADS;
  bool openmp = !strncmp(how, "openmp", 6) && (!how[6] || how[6] == ':');
  bool counted = openmp && (!how[6] || parse_count(how + 7, &count));
  bool none = !strcmp(how, "none"), good = counted && count >= 2 && count <= MOST_THREADS;
  p->out->options.threads = good ? (int)count : 0;
  if (!none && !good) usage_error(p, "`--threads` needs `none`, `openmp` or `openmp:N` with N from 2 to %d, not `%s`", MOST_THREADS, how);
}

/* Options of how a net is compiled. false: it is another. */
static bool set_compile_option(Parser *p, const OptionRow *row, const char *value, int index) {
  CommandLine *out = p->out;
  Options *options = &out->options;
  switch ((OptionId)row->id) {
  case OPTION_OUTPUT_FILE: out->output = value; return true;
  case OPTION_OUT_DIR: out->out_dir = value; return true;
  case OPTION_WEIGHTS: options->weights = value; return true;
  case OPTION_LAYOUT: options->layout = value; return true;
  case OPTION_NET: options->net = value; return true;
  case OPTION_PREFIX: set_prefix(p, value); return true;
  case OPTION_DEFINE: add_binding(p, &options->defines, "-D", value); return true;
  case OPTION_SIZE: add_binding(p, &options->sizes, "--size", value); return true;
  case OPTION_BATCH:
    if (!parse_count(value, &options->batch)) usage_error(p, "`--batch` needs a whole number from 1 to %d, not `%s`", MOST_COUNT, value);
    return true;
  case OPTION_WEIGHTS_AS: options->weights_as = index == 1 ? WEIGHTS_AS_FILE : WEIGHTS_AS_C; return true;
  case OPTION_TARGET: set_target(p, value); return true;
  case OPTION_WINOGRAD: options->winograd = (WinogradUse)index; return true;
  case OPTION_NUMERICS: options->numerics = index == 1 ? NUMERICS_PORTABLE : NUMERICS_FAST; return true;
  case OPTION_THREADS: set_threads(p, value); return true;
  case OPTION_STRIPES: set_stripes(p, value); return true;
  case OPTION_MAX_RAM: (void)parse_bytes(p->arena, p->diagnostics, "--max-ram", value, &options->max_ram); return true;
  case OPTION_MAX_FLASH: (void)parse_bytes(p->arena, p->diagnostics, "--max-flash", value, &options->max_flash); return true;
  case OPTION_RAM: add_region(p->arena, p->diagnostics, &options->ram, "--ram", value); return true;
  case OPTION_FLASH: add_region(p->arena, p->diagnostics, &options->flash, "--flash", value); return true;
  case OPTION_PLACE: add_binding(p, &options->places, "--place", value); return true;
  case OPTION_STANDALONE: options->standalone = true; return true;
  case OPTION_LINE_DIRECTIVES: options->line_directives = true; return true;
  case OPTION_SELFTEST: options->selftest = true; return true;
  case OPTION_EMIT_MAIN: options->emit_main = true; return true;
  case OPTION_DUMP: options->dump = (DumpLevel)(index + 1); return true;
  case OPTION_DUMP_AFTER: options->dump_after = value; return true;
  case OPTION_TIME_PASSES: options->time_passes = true; return true;
  case OPTION_FORCE: out->force = true; return true;
  case OPTION_IF_CHANGED: out->if_changed = true; return true;
  case OPTION_MD: out->depfile = true; return true;
  case OPTION_MF: out->depfile_path = value; return true;
  case OPTION_MT: out->depfile_target = value; return true;
  case OPTION_MP: out->phony_targets = true; return true;
  case OPTION_INPUT:
  case OPTION_OUTPUT:
  case OPTION_BIND:
  case OPTION_INTERPRET:
  case OPTION_COMPARE:
  case OPTION_COMPARE_LAYERS:
  case OPTION_FEATURES:
  case OPTION_CC:
  case OPTION_RUNS:
  case OPTION_COLD:
  case OPTION_CLOCK:
  case OPTION_PICTURE_FORMAT:
  case OPTION_DEPTH:
  case OPTION_HTML:
  case OPTION_BENCH:
  case OPTION_RENAME_STUB:
  case OPTION_RANDOM:
  case OPTION_ATOL:
  case OPTION_RTOL:
  case OPTION_JSON:
  case OPTION_FIX:
  case OPTION_MARKDOWN:
  case OPTION_MAN:
  case OPTION_CHECK:
  case OPTION_DIFF:
  case OPTION_LINT:
  case OPTION_STDIO:
  case OPTION_DIAGNOSTICS:
  case OPTION_COLOR:
  case OPTION_QUIET:
  case OPTION_VERBOSE:
  case OPTION_FROM_FILE:
  case OPTION_HELP:
  case OPTION_VERSION:
  case OPTION_LATER: return false;
  }
  return false;
}

static void set_cc(Parser *p, const char *value) {
  p->out->cc = value;
  if (!value[strspn(value, " ")]) usage_error(p, "`--cc` needs the name of a C compiler");
}

static void set_runs(Parser *p, const char *value) {
  if (!parse_count(value, &p->out->runs) || p->out->runs > MOST_RUNS)
    usage_error(p, "`--runs` needs a whole number from 1 to %d, not `%s`", MOST_RUNS, value);
}

static void set_depth(Parser *p, const char *value) {
  if (strcmp(value, "0") != 0 && !parse_count(value, &p->out->depth))
    usage_error(p, "`--depth` needs a whole number from 0 to %d, not `%s`", MOST_COUNT, value);
  else if (!strcmp(value, "0")) p->out->depth = 0;
}

static void set_option(Parser *p, const OptionRow *row, const char *value) {
  CommandLine *out = p->out;
  int index = row->values ? choice(p, row, value) : 0;
  if (index < 0 || set_compile_option(p, row, value, index)) return;
  OptionId id = (OptionId)row->id;
  if (id == OPTION_INPUT) ARENA_PUSH(p->arena, out->inputs, out->input_count, named_file(p->arena, value));
  else if (id == OPTION_OUTPUT) ARENA_PUSH(p->arena, out->outputs, out->output_count, named_file(p->arena, value));
  else if (id == OPTION_BIND) ARENA_PUSH(p->arena, out->binds, out->bind_count, named_file(p->arena, value));
  else if (id == OPTION_INTERPRET) out->interpret = true;
  else if (id == OPTION_COMPARE) out->compare = value;
  else if (id == OPTION_COMPARE_LAYERS) out->compare_layers = value ? value : "interpret";
  else if (id == OPTION_FEATURES) out->features = value;
  else if (id == OPTION_CC) set_cc(p, value);
  else if (id == OPTION_RUNS) set_runs(p, value);
  else if (id == OPTION_COLD) out->cold = true;
  else if (id == OPTION_CLOCK) out->cpu_time = index == 1;
  else if (id == OPTION_PICTURE_FORMAT) out->picture_format = index;
  else if (id == OPTION_DEPTH) set_depth(p, value);
  else if (id == OPTION_HTML) out->html = true;
  else if (id == OPTION_BENCH) out->bench = value;
  else if (id == OPTION_RENAME_STUB) out->rename_stub = true;
  else if (id == OPTION_RANDOM) out->random_seed = value;
  else if (id == OPTION_ATOL) set_tolerance(p, "--atol", value, &out->atol);
  else if (id == OPTION_RTOL) set_tolerance(p, "--rtol", value, &out->rtol);
  else if (id == OPTION_JSON) out->json = true;
  else if (id == OPTION_FIX) out->fix = true;
  else if (id == OPTION_MARKDOWN) out->markdown = true;
  else if (id == OPTION_MAN) out->manual = true;
  else if (id == OPTION_CHECK) out->only_check = true;
  else if (id == OPTION_DIFF) out->diff = true;
  else if (id == OPTION_LINT) set_lint(p, value);
  else if (id == OPTION_DIAGNOSTICS) out->format = (DiagnosticFormat)index;
  else if (id == OPTION_COLOR) out->color = (ColorMode)index;
  else if (id == OPTION_QUIET) out->quiet = true;
  else if (id == OPTION_VERBOSE) out->verbose = true;
  else if (id == OPTION_HELP) out->help = true;
  else if (id == OPTION_VERSION) out->verb = VERB_VERSION;
  else if (id == OPTION_LATER)
    add_help(usage_error(p, "`%s` is not available in this version", last_name(p->arena, row)), "the C compiler optimises: `cc %s`",
             last_name(p->arena, row));
}

/* Returns how many arguments it took. */
static int parse_option(Parser *p, int left, char **argument) {
  const char *attached;
  const OptionRow *row = find_row(argument[0], &attached);
  if (!row) {
    unknown_option(p, argument[0]);
    return 1;
  }
  ARENA_PUSH(p->arena, p->used, p->used_count, row);
  if (!row->argument || !strncmp(row->argument, "[=", 2)) {
    if (attached && !row->argument) usage_error(p, "`%s` takes no value", last_name(p->arena, row));
    else set_option(p, row, attached);
    return 1;
  }
  if (!attached && left < 2) {
    Diagnostic *d = usage_error(p, "`%s` needs a value", argument[0]);
    add_help(d, "`%s %s`", argument[0], row->argument);
    return 1;
  }
  set_option(p, row, attached ? attached : argument[1]);
  return attached ? 1 : 2;
}

/* Whatever is said of a line names it. */
static void parse_option_file(Parser *p, const char *path) {
  int count;
  const OptionLine *lines = read_option_file(p->arena, p->diagnostics, path, &count);
  if (!lines) return;
  ARENA_PUSH(p->arena, p->out->option_files, p->out->option_file_count, path);
  for (int i = 0; i < count; i++) {
    int before = p->diagnostics->count, taken = parse_option(p, lines[i].count, (char **)lines[i].words);
    if (taken < lines[i].count && p->diagnostics->count == before) usage_error(p, "`%s` takes no value", lines[i].words[0]);
    for (int k = before; k < p->diagnostics->count; k++) add_note(p->diagnostics->items[k], "in line %d of `%s`", lines[i].number, path);
  }
}

static bool looks_like_file(const char *word) {
  size_t length = strlen(word);
  return !strcmp(word, "-") || strchr(word, '/') || (length > 4 && !strcmp(word + length - 4, ".cnn"));
}

static void parse_verb(Parser *p, const char *word) {
  CommandLine *out = p->out;
  Suggestion suggestion = suggest_for(word);
  for (int verb = VERB_COMPILE; verb < VERB_COUNT; verb++) {
    suggest_candidate(&suggestion, verb_rows[verb].name);
    if (!p->after_dashes && !strcmp(verb_rows[verb].name, word)) {
      out->verb = (Verb)verb;
      return;
    }
  }
  if (p->after_dashes || looks_like_file(word)) {
    out->verb = VERB_COMPILE;
    ARENA_PUSH(p->arena, out->operands, out->operand_count, word);
    return;
  }
  Diagnostic *d = usage_error(p, "there is no verb `%s`", word);
  if (suggested(&suggestion)) add_help(d, "did you mean `cnnc %s`?", suggested(&suggestion));
  else add_help(d, "`cnnc help` lists the verbs; a network's file name ends in `.cnn`");
}

static void check_combination(Parser *p) {
  CommandLine *out = p->out;
  if (out->verb == VERB_NONE) {
    Diagnostic *d = usage_error(p, "what shall be done is missing");
    add_help(d, "`cnnc compile FILE.cnn`, or `cnnc help`");
    return;
  }
  const VerbRow *verb = &verb_rows[out->verb];
  for (int i = 0; i < p->used_count; i++)
    if (!(p->used[i]->verbs & 1u << out->verb)) {
      misplaced_option(p, verb, p->used[i]);
      return;
    }
  bool takes_one = out->verb == VERB_COMPILE || out->verb == VERB_RUN || out->verb == VERB_BENCH || out->verb == VERB_SUMMARY ||
                   out->verb == VERB_GRAPH || out->verb == VERB_WEIGHTS || out->verb == VERB_IMPORT || out->verb == VERB_EXPORT;
  bool any_number = out->verb == VERB_CHECK;
  if (out->help || out->list_targets || out->verb == VERB_HELP) return;
  if ((takes_one || any_number) && !out->operand_count) {
    Diagnostic *d = usage_error(p, "`cnnc %s` needs a file", verb->name);
    add_help(d, "`%s`", verb->usage);
  } else if (out->verb == VERB_DIFF && (!out->operand_count || out->operand_count > 2)) {
    Diagnostic *d = usage_error(p, "`cnnc diff` takes one network, to look at its files, or two, to compare them");
    add_help(d, "`%s`", verb->usage);
  } else if (takes_one && out->operand_count > 1) {
    Diagnostic *d = usage_error(p, "`cnnc %s` takes one file; `%s` is a second", verb->name, out->operands[1]);
    const char *ending = strrchr(out->operands[1], '.');
    if (ending && (!strcmp(ending, ".safetensors") || !strcmp(ending, ".npz")))
      add_help(d, "weights are named by `-w`: `-w %s`", out->operands[1]);
    else if (out->verb == VERB_RUN && out->input_count)
      add_help(d, "a run takes a picture for each input, or a batch of samples as one `.npy`; a loop of the shell runs many");
    else if (out->verb == VERB_RUN) add_help(d, "what a network reads is named by `--input`: `--input %s`", out->operands[1]);
  } else if (out->verb == VERB_VERSION && out->operand_count) {
    usage_error(p, "`cnnc version` takes no file");
  } else if (out->verb == VERB_INIT && out->operand_count > 1) {
    usage_error(p, "`cnnc init` takes one name; `%s` is a second", out->operands[1]);
  } else if (out->verb == VERB_LSP && out->operand_count) {
    Diagnostic *d = usage_error(p, "`cnnc lsp` takes no file");
    add_help(d, "an editor sends the files; `cnnc check %s` looks at one", out->operands[0]);
  }
  check_regions(p->arena, p->diagnostics, &out->options);
  if (out->options.layout && !out->options.weights) usage_error(p, "`--layout` says what `-w FILE` holds: it needs `-w`");
  if (out->output && out->out_dir) usage_error(p, "`-o` and `--out-dir` exclude each other");
  if (!out->depfile && (out->depfile_path || out->depfile_target || out->phony_targets))
    usage_error(p, "`-MF`, `-MT` and `-MP` need `-MD`");
}

bool parse_command_line(Arena *arena, Diagnostics *diagnostics, int argc, char **argv, CommandLine *out) {
  Parser p = {.arena = arena, .diagnostics = diagnostics, .out = out};
  *out = (CommandLine){.atol = 1e-5, .rtol = 1e-4, .picture_format = -1, .depth = -1};
  for (int i = 1; i < argc;) {
    const char *word = argv[i];
    if (!p.after_dashes && !strcmp(word, "--")) {
      p.after_dashes = true;
      i++;
    } else if (!p.after_dashes && word[0] == '@' && word[1]) {
      parse_option_file(&p, word + 1);
      i++;
    } else if (!p.after_dashes && word[0] == '-' && word[1]) {
      i += parse_option(&p, argc - i, argv + i);
    } else {
      if (out->verb == VERB_NONE && !diagnostics->errors) parse_verb(&p, word);
      else ARENA_PUSH(arena, out->operands, out->operand_count, word);
      i++;
    }
  }
  out->batch = out->options.batch;
  if (!out->batch) out->options.batch = 1;
  if (out->help && out->verb == VERB_NONE) out->verb = VERB_HELP;
  if (!diagnostics->errors) check_combination(&p);
  return !diagnostics->errors;
}
