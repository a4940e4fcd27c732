/* resolve_files.h - the file-level names: const, dim, block, default, and what `use` brings in. */
#ifndef CNNC_PASSES_RESOLVE_FILES_H
#define CNNC_PASSES_RESOLVE_FILES_H
#include "passes/scope.h"

enum { MAX_USE_DEPTH = 16, MAX_USED_FILES = 1024 };

typedef struct Files {
  Compilation *c;
  NameTable modules; /* by resolved path; a module without `names` being complete is still open: a cycle */
  NameTable open;    /* resolved paths that are being read */
  int depth;
  bool incomplete; /* a used file could not be taken in: what it has would seem to be missing */
} Files;

/* The file-level names of the tree. Never NULL: what was wrong was reported and left out. */
Module *resolve_files(Files *files, const Ast *ast);
/* A scope in which file-level expressions are evaluated. */
Scope module_scope(const Module *module, Arena *arena);
/* E0205: `name` at both places; the later one is the error. */
Diagnostic *report_twice(Compilation *c, const char *what, const char *name, Span a, Span b);
#endif
