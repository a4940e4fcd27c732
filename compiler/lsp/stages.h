/* stages.h - the stage that a place of the text belongs to, and what the graph has of it. */
#ifndef CNNC_LSP_STAGES_H
#define CNNC_LSP_STAGES_H
#include "lsp/model.h"

/* The stage whose label or called name stands at the place; NULL: there is none. */
const AstStage *stage_under(const Ast *ast, uint32_t place);

typedef struct StageFacts {
  int layers; /* of the graphs, in all instances */
  int64_t parameters;
  const Size *macs;
  const Parameter **weights; /* each once */
  int weight_count;
} StageFacts;

/* What the text between `span` makes, with all that blocks called there make. */
StageFacts facts_of_stage(Arena *arena, const Model *model, Span span);
#endif
