/* diff.c - `cnnc diff`: whether the files on disk are what cnnc would write now, or what changed from one net to another. Writes
 * nothing. Exit status 1: there is a difference. */
#include <string.h>
#include "support/json.h"
#include "support/reader.h"
#include "support/unified_diff.h"
#include "tools/compare_nets.h"
#include "tools/outputs.h"

/* ---- files on disk ---- */

typedef enum FileState { FILE_SAME, FILE_CHANGED, FILE_MISSING, FILE_UNREADABLE } FileState;

typedef struct DiskFile {
  FileState state;
  const char *bytes;
  size_t length;
} DiskFile;

static DiskFile look_at(Session *session, const OutputFile *file) {
  const char *error;
  DiskFile old = {.state = FILE_CHANGED};
  old.bytes = read_whole_file(session->arena, file->path, READ_FILES_ONLY, &old.length, &error);
  if (old.bytes) {
    if (old.length == file->length && !memcmp(old.bytes, file->bytes, old.length)) old.state = FILE_SAME;
    return old;
  }
  if (strcmp(error, NO_SUCH_FILE) == 0) return (DiskFile){FILE_MISSING, "", 0};
  report(&session->diagnostics, CODE_E0902, (Span){0, 0}, "cannot read `%s`: %s", file->path, error);
  return (DiskFile){FILE_UNREADABLE, "", 0};
}

/* Weights are named alone: nobody reads a difference of numbers, and there may be millions. So are the sums of a self-test. */
static void show_file(Session *session, const OutputFile *file, const DiskFile *old, const char *numbers) {
  Text *out = &session->out;
  const char *before = old->state == FILE_MISSING ? "/dev/null" : file->path;
  if (session->line.only_check) text_addf(out, "%s\n", file->path);
  else if (numbers) text_addf(out, "%s: the %s %s\n", file->path, numbers, old->state == FILE_MISSING ? "are missing" : "would change");
  else add_unified_diff(out, (DiffText){before, old->bytes, old->length}, (DiffText){file->path, file->bytes, file->length});
}

/* Returns the exit status. */
static int compare_files(Session *session, const OutputFile *files, int count, const Outputs *out) {
  static const char *const words[] = {"same", "changed", "missing", "unreadable"};
  bool differ = false;
  Json json = json_document(session->arena);
  json_number(&json, json.root, "schema", 1);
  cJSON *list = json_array(&json, json.root, "files");
  for (int i = 0; i < count; i++) {
    DiskFile old = look_at(session, &files[i]);
    cJSON *entry = json_object(&json, list, NULL);
    json_text(&json, entry, "path", files[i].path);
    json_text(&json, entry, "state", words[old.state]);
    if (old.state == FILE_SAME || old.state == FILE_UNREADABLE) continue;
    differ = true;
    const char *numbers = files[i].bytes == text_string(&out->code) || files[i].bytes == text_string(&out->header) ||
                                  files[i].bytes == text_string(&out->main_code)
                              ? NULL
                              : "weights";
    if (files[i].bytes == text_string(&out->selftest_code)) numbers = "expected sums";
    if (!session->line.json) show_file(session, &files[i], &old, numbers);
  }
  if (session->line.json) json_print(&json, &session->out);
  return differ ? 1 : 0;
}

static int look_for_changes(Session *session) {
  CommandLine *line = &session->line;
  OutputNames names;
  if (line->markdown) return wrong_use(session, "`--markdown` is for two networks: `cnnc diff OLD.cnn NEW.cnn --markdown`");
  if (!name_outputs(session, &names)) return 2;
  if (names.only_code) return wrong_use(session, "`cnnc diff` compares with files; `-o` names none");
  line->options.shapes_only = true; /* without weights, the code is compared */
  Compilation c = new_compilation(session, &line->options, &session->diagnostics);
  Outputs out = {0};
  bool good = compile(&c, names.base, &out);
  take_texts(session, &c);
  if (!good && !session->diagnostics.errors)
    report(&session->diagnostics, CODE_E0999, (Span){0, 0}, "pass %s failed without a word; please report it with the input",
           c.pass ? c.pass : "?");
  apply_lint_settings(session, &session->diagnostics);
  if (!good || session->diagnostics.errors) return 0;
  if (out.without_weights && !c.weights_note)
    add_message(session, "note: %s: no weights are given, so the code alone is compared", line->options.file);
  OutputFile files[MAX_OUTPUTS];
  int count = list_outputs(session->arena, &names, &out, files);
  return compare_files(session, files, count, &out);
}

/* ---- two networks ---- */

static bool read_net(Session *session, const char *file, NetFacts *facts) {
  Options *options = ARENA_NEW(session->arena, Options);
  Diagnostics *diagnostics = ARENA_NEW(session->arena, Diagnostics);
  *options = session->line.options;
  options->file = file;
  options->no_weights = true; /* of the two nets of a change, one has none that fit it until it is trained */
  *diagnostics = new_diagnostics(session);
  bool good = collect_net_facts(session, options, diagnostics, facts);
  merge_diagnostics(&session->diagnostics, diagnostics);
  if (good && !facts->plan) add_message(session, "note: %s: there is no plan, so plans and memory are not compared", file);
  return good && !diagnostics->errors;
}

static int compare_two_nets(Session *session) {
  const CommandLine *line = &session->line;
  if (line->output || line->out_dir || line->only_check)
    return wrong_use(session, "`-o`, `--out-dir` and `--check` are for one network and its files");
  if (line->json && line->markdown) return wrong_use(session, "`--json` and `--markdown` exclude each other");
  if (!strcmp(line->operands[0], "-") && !strcmp(line->operands[1], "-"))
    return wrong_use(session, "standard input, `-`, can be one of the two networks, not both");
  NetFacts before, after;
  bool good = read_net(session, line->operands[0], &before);
  good = read_net(session, line->operands[1], &after) && good;
  if (!good) return 0;
  NetChanges changes = compare_nets(session->arena, &before, &after);
  const char *target = line->options.target;
  if (line->json) print_changes_as_json(&session->out, &changes, target);
  else if (line->markdown) print_changes_as_markdown(&session->out, &changes, target);
  else print_changes(&session->out, &changes, target);
  return changes.any ? 1 : 0;
}

int diff_verb(Session *session) { return session->line.operand_count == 2 ? compare_two_nets(session) : look_for_changes(session); }
