/* picture_dot.c - a picture in Graphviz's language. Every text from the net stands in an HTML label, escaped; identifiers are ours. */
#include "support/writer.h"
#include "tools/picture.h"

void add_xml(Text *out, const char *text) {
  for (; *text; text++) {
    switch (*text) {
    case '&': text_add(out, "&amp;"); break;
    case '<': text_add(out, "&lt;"); break;
    case '>': text_add(out, "&gt;"); break;
    case '"': text_add(out, "&quot;"); break;
    case '\'': text_add(out, "&#39;"); break;
    default: text_add_char(out, (unsigned char)*text < ' ' || *text == 0x7f ? ' ' : *text, 1);
    }
  }
}

static void add_heading(Text *out, const Picture *picture) {
  bool used[KIND_COUNT] = {false};
  int kinds = 0;
  for (int i = 0; i < picture->box_count; i++)
    for (int k = 0; k < picture->boxes[i].row_count; k++)
      if (picture->boxes[i].kind >= BOX_LAYERS) used[picture->boxes[i].rows[k].kind] = true;
  text_add(out, "  label=<<table border=\"0\" cellspacing=\"6\"><tr><td><font point-size=\"18\"><b>");
  add_xml(out, picture->facts->graph->name);
  text_add(out, "</b></font></td></tr><tr><td>");
  const NetFacts *facts = picture->facts;
  text_addf(out, "%s</td></tr>", counts_text(out->arena, facts->layer_count, facts->parameters, facts->macs));
  text_add(out, "<tr><td><table border=\"0\" cellspacing=\"4\" cellpadding=\"3\">");
  for (int i = 0; i < KIND_COUNT; i++) {
    if (!used[i]) continue;
    text_addf(out, "%s<td bgcolor=\"%s\" border=\"1\" color=\"%s\"><font point-size=\"10\">%s</font></td>",
              kinds % 4 ? ""
              : kinds   ? "</tr><tr>"
                        : "<tr>",
              kind_styles[i].fill, kind_styles[i].line, kind_styles[i].name);
    kinds++;
  }
  text_add(out, kinds ? "</tr></table></td></tr></table>>;\n" : "<tr><td></td></tr></table></td></tr></table>>;\n");
}

static void indent(Text *out, int depth) { text_add_char(out, ' ', 2 * depth + 2); }

static void add_box(Text *out, const PictureBox *box, int id, int depth) {
  indent(out, depth);
  text_addf(out, "n%d [label=<", id);
  if (box->kind < BOX_LAYERS) {
    text_add(out, "<b>");
    add_xml(out, box->rows[0].name);
    text_add(out, "</b><br/>");
    add_xml(out, box->rows[0].text);
    text_add(out, ">, shape=box, style=\"rounded,filled\", fillcolor=\"#ffffff\"];\n");
    return;
  }
  bool folded = box->kind == BOX_GROUP;
  text_addf(out, "<table border=\"%d\" cellborder=\"%d\" cellspacing=\"%d\" cellpadding=\"5\" color=\"%s\">", folded ? 2 : 0, !folded,
            folded ? 2 : 0, kind_styles[box->rows[0].kind].line);
  for (int i = 0; i < box->row_count; i++) {
    const PictureRow *row = &box->rows[i];
    text_addf(out, "<tr><td bgcolor=\"%s\">", kind_styles[row->kind].fill);
    if (row->name) {
      text_add(out, "<b>");
      add_xml(out, row->name);
      text_add(out, "</b>&#160;&#160;");
    }
    if (folded && !i) text_add(out, "<b>");
    add_xml(out, row->text);
    text_addf(out, "%s</td></tr>", folded && !i ? "</b>" : "");
  }
  text_add(out, "</table>>];\n");
}

/* Lines at the left, for the arrow into a block often comes down in its middle. */
static void add_frame_title(Text *out, const PictureGroup *group) {
  const char *call = group_call(out->arena, group);
  text_add(out, "label=<");
  if (*group->path) {
    text_add(out, "<b>");
    add_xml(out, group->path);
    text_addf(out, "</b>%s", *call ? "<br align=\"left\"/>" : "");
  }
  add_xml(out, call);
  if (group->weights_of) {
    text_add(out, "<br align=\"left\"/>weights of ");
    add_xml(out, group->weights_of);
  }
  text_addf(out, "%s>; ", *call && *group->path ? "<br align=\"left\"/>" : "");
}

static void add_frame(Text *out, const Picture *picture, const PictureGroup *frame, int depth) {
  static const char *const fills[] = {"#f5f7fa", "#ebeff5"};
  for (int i = 0; i < picture->box_count; i++)
    if (picture->boxes[i].group == frame) add_box(out, &picture->boxes[i], i, depth);
  for (int i = 0; i < picture->group_count; i++) {
    const PictureGroup *group = picture->groups[i];
    if (group->parent != frame || group->dropped || group->folded) continue;
    indent(out, depth);
    text_addf(out, "subgraph cluster_%d {\n", i);
    indent(out, depth + 1);
    add_frame_title(out, group);
    text_addf(out, "style=\"rounded,filled\"; color=\"#aab4c4\"; fillcolor=\"%s\"; labeljust=l; fontsize=10; fontcolor=\"#44506a\";\n",
              fills[depth % 2]);
    add_frame(out, picture, group, depth + 1);
    indent(out, depth);
    text_add(out, "}\n");
  }
}

/* For Graphviz arrows lead down: what leads up is an arrow down with its point at the other end. */
static void add_arrow(Text *out, const PictureEdge *edge) {
  bool up = edge->way == WAY_UP;
  if (edge->way == WAY_ACROSS) text_addf(out, "  {rank=same; n%d; n%d;}\n", edge->from, edge->to);
  text_addf(out, "  n%d -> n%d [label=<&#160;", up ? edge->to : edge->from, up ? edge->from : edge->to);
  add_xml(out, edge->shape);
  text_add(out, edge->skips ? ">, color=\"#1f6fb5\", fontcolor=\"#1f6fb5\", penwidth=1.6" : ">, weight=8");
  text_addf(out, "%s];\n", up ? ", dir=back" : edge->way == WAY_BESIDE ? ", constraint=false" : "");
}

void print_dot(Text *out, const Picture *picture) {
  text_add(out, "// " GENERATED_MARK "\ndigraph net {\n");
  text_add(out, "  graph [fontname=\"Helvetica,Arial,sans-serif\", fontsize=12, labelloc=t, nodesep=0.3, ranksep=0.35, pad=0.2];\n"
                "  node [fontname=\"Helvetica,Arial,sans-serif\", fontsize=11, shape=plain];\n"
                "  edge [fontname=\"Helvetica,Arial,sans-serif\", fontsize=9, color=\"#444444\", fontcolor=\"#444444\", arrowsize=0.6];\n");
  add_heading(out, picture);
  add_frame(out, picture, NULL, 0);
  if (picture->has_levels) text_add(out, "  newrank=true;\n"); /* rows across frames */
  for (int i = 0; i < picture->edge_count; i++) add_arrow(out, &picture->edges[i]);
  text_add(out, "}\n");
}
