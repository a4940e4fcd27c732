/* picture_mermaid.c - a picture in Mermaid's language, which pages of documents and pull requests draw themselves. */
#include <string.h>
#include "support/writer.h"
#include "tools/picture.h"

/* Mermaid writes entities with # for &. */
void add_mermaid(Text *out, const char *text) {
  for (; *text; text++) {
    if (strchr("#&<>\"'`;\\[]{}|", *text)) text_addf(out, "#%d;", *text);
    else text_add_char(out, (unsigned char)*text < ' ' || *text == 0x7f ? ' ' : *text, 1);
  }
}

static void indent(Text *out, int depth) { text_add_char(out, ' ', 2 * depth + 2); }

static void add_box(Text *out, const PictureBox *box, int id, int depth) {
  static const char *const classes[KIND_COUNT] = {"conv", "dense", "pool", "norm", "activation", "combination", "shape", "block"};
  static const char *const open[] = {"([\"", "([\"", "[\"", "[[\""}, *const close[] = {"\"])", "\"])", "\"]", "\"]]"};
  indent(out, depth);
  text_addf(out, "n%d%s", id, open[box->kind]);
  for (int i = 0; i < box->row_count; i++) {
    const PictureRow *row = &box->rows[i];
    if (i) text_add(out, "<br/>");
    if (row->name) {
      text_add(out, "<b>");
      add_mermaid(out, row->name);
      text_add(out, box->kind < BOX_LAYERS ? "</b><br/>" : "</b> ");
    }
    if (box->kind == BOX_GROUP && !i) text_add(out, "<b>");
    add_mermaid(out, row->text);
    if (box->kind == BOX_GROUP && !i) text_add(out, "</b>");
  }
  text_add(out, close[box->kind]);
  if (box->kind >= BOX_LAYERS) text_addf(out, ":::%s", classes[box->rows[0].kind]);
  text_add(out, "\n");
}

static void add_frame(Text *out, const Picture *picture, const PictureGroup *frame, int depth) {
  for (int i = 0; i < picture->box_count; i++)
    if (picture->boxes[i].group == frame) add_box(out, &picture->boxes[i], i, depth);
  for (int i = 0; i < picture->group_count; i++) {
    const PictureGroup *group = picture->groups[i];
    if (group->parent != frame || group->dropped || group->folded) continue;
    indent(out, depth);
    text_addf(out, "subgraph g%d[\"", i);
    add_mermaid(out, group_title(out->arena, group));
    text_add(out, "\"]\n");
    add_frame(out, picture, group, depth + 1);
    indent(out, depth);
    text_add(out, "end\n");
  }
}

void print_mermaid(Text *out, const Picture *picture) {
  static const char *const classes[KIND_COUNT] = {"conv", "dense", "pool", "norm", "activation", "combination", "shape", "block"};
  text_add(out, "%% " GENERATED_MARK "\nflowchart TB\n");
  for (int i = 0; i < KIND_COUNT; i++)
    text_addf(out, "  classDef %s fill:%s,stroke:%s,color:#222222\n", classes[i], kind_styles[i].fill, kind_styles[i].line);
  add_frame(out, picture, NULL, 0);
  for (int i = 0; i < picture->edge_count; i++) {
    const PictureEdge *edge = &picture->edges[i];
    text_addf(out, "  n%d %s|\"", edge->from, edge->skips ? "==>" : "-->");
    add_mermaid(out, edge->shape);
    text_addf(out, "\"| n%d\n", edge->to);
  }
}
