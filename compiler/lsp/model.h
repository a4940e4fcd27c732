/* model.h - what is known of one text of a document: its tree, its names, the tensors that flow through it, what is wrong.
 *
 * Everything comes from the passes that `cnnc check` runs. All compilations of one text lay out their sources alike (the text
 * first, then what it uses in the order of use), so that spans of one are spans of all. */
#ifndef CNNC_LSP_MODEL_H
#define CNNC_LSP_MODEL_H
#include "compile.h"
#include "lsp/names.h"
#include "tools/session.h"

/* Tensors at a place: what leaves a stage, or what a name stands for; once for each instance of a block. */
typedef struct Flow {
  Span place;
  Value *const *tensors;
  int count, order;
} Flow;

typedef struct Model {
  Arena arena;
  Sources sources;
  const Source *source; /* the document; the first of `sources` */
  const Ast *ast;
  NameTable *file_names; /* Entry *: consts, dims and blocks, with those of used files */
  Names names;
  const Diagnostic **problems;
  int problem_count;
  Graph **graphs; /* of each net that has no errors */
  int graph_count;
  bool complete; /* nothing is missing: no errors */
  Flow *flows;   /* by place */
  int flow_count;
} Model;

typedef struct ModelRequest {
  const Session *session; /* options and lints */
  const char *path, *text;
  size_t length;
  bool with_weights; /* read weights files, too: they can be large */
  /* The text of another open document; NULL: there is none of that path. */
  const char *(*open_text)(void *context, Arena *arena, const char *path, size_t *length);
  void *context;
} ModelRequest;

/* The arena is to be new, and its owner frees it. */
void build_model(Model *model, const ModelRequest *request);
/* "[64, 56, 56]"; of several instances that differ, the first ones. NULL: nothing is known. */
const char *shapes_at(Arena *arena, const Model *model, Span place);
#endif
