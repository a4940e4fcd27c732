/* explain.c - `cnnc explain`: texts of codes and lints from tools/explain, of operations from their descriptors. The
 * same texts make docs/diagnostics.md, and tests run their examples. */
#include "tools/explain.h"

#include <string.h>
#include <strings.h>
#include "ops/ops.h"
#include "support/suggest.h"

typedef struct Group {
  const char *title, *texts;
} Group;

static const Group groups[] = {
    {"Syntax", template_explain_syntax},
    {"Names", template_explain_names},
    {"Shapes", template_explain_shapes},
    {"Values", template_explain_values},
    {"Weights", template_explain_weights},
    {"Structure", template_explain_structure},
    {"Output", template_explain_output},
    {"ONNX", template_explain_onnx},
    {"Outside", template_explain_outside},
    {"Lints", template_explain_lints},
    {NULL, NULL},
};

/* What stands below `## NAME`, up to the next heading. NULL: there is none. */
static const char *find_text(const char *texts, const char *name, size_t *length) {
  size_t name_length = strlen(name);
  for (const char *at = texts; at; at = strstr(at, "\n## ")) {
    at += *at == '\n';
    const char *heading = at + strlen("## ");
    if (strncmp(heading, name, name_length) || heading[name_length] != '\n') continue;
    const char *start = heading + name_length + 2, *end = strstr(start, "\n## ");
    *length = end ? (size_t)(end - start) : strlen(start);
    return start;
  }
  return NULL;
}

/* The text of a code, which ends with a newline; NULL: the table is not complete. */
static const char *text_of(Code code, size_t *length, const Group **group) {
  for (*group = groups; (*group)->title; ++*group) {
    const char *text = find_text((*group)->texts, code_name(code), length);
    if (text) return text;
  }
  return NULL;
}

static bool explain_code(Session *session, const char *name) {
  for (int code = 0; code < CODE_COUNT; code++) {
    if (strcasecmp(code_name((Code)code), name)) continue;
    size_t length = 0;
    const Group *group;
    const char *text = text_of((Code)code, &length, &group);
    text_addf(&session->out, "%s: %s\n\n", code_name((Code)code), code_title((Code)code));
    if (text) text_add_bytes(&session->out, text, length);
    return true;
  }
  return false;
}

static void list_codes(Text *out, bool lints) {
  for (int code = 0; code < CODE_COUNT; code++)
    if (is_lint((Code)code) == lints) text_addf(out, "  %-*s  %s\n", lints ? 18 : 5, code_name((Code)code), code_title((Code)code));
}

static void list_all(Text *out) {
  text_add(out, "Errors:\n");
  list_codes(out, false);
  text_add(out, "\nLints, which -Wno-NAME silences and -Werror=NAME makes errors:\n");
  list_codes(out, true);
  text_add(out, "\nOperations:\n");
  for (int i = 0; all_operators[i]; i++) text_addf(out, "  %-18s  %s\n", all_operators[i]->name, all_operators[i]->summary);
  text_add(out, "\n`cnnc explain NAME` says more of each.\n");
}

/* docs/diagnostics.md */
static void print_markdown(Text *out) {
  text_add(out, template_explain_about);
  for (const Group *group = groups; group->title; group++) {
    text_addf(out, "\n## %s\n", group->title);
    for (int code = 0; code < CODE_COUNT; code++) {
      size_t length = 0;
      const char *text = find_text(group->texts, code_name((Code)code), &length);
      if (!text) continue;
      text_addf(out, "\n### %s: %s\n\n", code_name((Code)code), code_title((Code)code));
      text_add_bytes(out, text, length);
    }
  }
}

static void report_unknown(Session *session, const char *name) {
  Diagnostic *d = report(&session->diagnostics, CODE_E0901, (Span){0, 0}, "there is no diagnostic or operation `%s`", name);
  Suggestion near = suggest_for(name);
  const char *owner = NULL; /* the first operation with an attribute of that name */
  bool digits = *name && !name[strspn(name, "0123456789")];
  for (int code = 0; code < CODE_COUNT; code++)
    if (is_lint((Code)code) || strcspn(name, "0123456789") == 1) suggest_candidate(&near, code_name((Code)code));
  for (int i = 0; all_operators[i]; i++) {
    suggest_candidate(&near, all_operators[i]->name);
    for (const Attribute *a = all_operators[i]->attributes; !owner && a && a->name; a++)
      if (!strcmp(a->name, name)) owner = all_operators[i]->name;
  }
  if (owner) add_help(d, "it is an attribute: `cnnc explain %s.%s`", owner, name);
  else if (digits) add_help(d, "errors are numbered as in `cnnc explain E0301`");
  else if (suggested(&near)) add_help(d, "did you mean `cnnc explain %s`?", suggested(&near));
  else add_help(d, "`cnnc explain` lists them all");
}

/* OPERATION.ATTRIBUTE, in our names. false: it is no operation's. */
static bool explain_part(Session *session, const char *name) {
  const char *dot = strchr(name, '.');
  const Operator *op = dot ? find_operator(arena_strndup(session->arena, name, (size_t)(dot - name))) : NULL;
  if (!op) return false;
  if (explain_attribute(&session->out, op, dot + 1)) return true;
  Diagnostic *d = report(&session->diagnostics, CODE_E0901, (Span){0, 0}, "`%s` has no attribute `%s`", op->name, dot + 1);
  Suggestion near = suggest_for(dot + 1);
  for (const Attribute *a = op->attributes; a && a->name; a++) suggest_candidate(&near, a->name);
  if (suggested(&near)) add_help(d, "did you mean `cnnc explain %s.%s`?", op->name, suggested(&near));
  else add_help(d, "`cnnc explain %s` lists them", op->name);
  return true;
}

int explain_verb(Session *session) {
  const CommandLine *line = &session->line;
  Text *out = &session->out;
  if (line->markdown) print_markdown(out);
  else if (!line->operand_count) list_all(out);
  for (int i = 0; i < line->operand_count; i++) {
    const char *name = line->operands[i], *own = find_operator(name) ? NULL : foreign_operator(name);
    const Operator *op = find_operator(own ? own : name);
    if (i) text_add(out, "\n");
    if (op && own) text_addf(out, "`%s` is `%s` in cnnc.\n\n", name, own);
    if (op) explain_operation(out, op);
    else if (!explain_part(session, name) && !explain_code(session, name)) report_unknown(session, name);
  }
  return 0;
}
