/* picture.h - a net as people draw it: boxes of layers, arrows with shapes, frames around blocks. Decides what is drawn, not how:
 * picture_dot.c and picture_mermaid.c spell it. Indices stand in the order of the source, so that the same net gives the same text. */
#ifndef CNNC_TOOLS_PICTURE_H
#define CNNC_TOOLS_PICTURE_H
#include "tools/net_facts.h"

/* What a layer is to the eye; each has a colour. */
typedef enum LayerKind {
  KIND_CONVOLUTION,
  KIND_DENSE,
  KIND_POOLING,
  KIND_NORMALISATION,
  KIND_ACTIVATION,
  KIND_COMBINATION,
  KIND_SHAPE,
  KIND_BLOCK,
  KIND_COUNT
} LayerKind;

typedef struct KindStyle {
  const char *name, *fill, *line; /* "#rrggbb" */
} KindStyle;
extern const KindStyle kind_styles[KIND_COUNT];
LayerKind kind_of(const Operator *op);

/* The layers of one call of a block, or of labels with a prefix: "layer1" of layer1.0 and layer1.1. */
typedef struct PictureGroup {
  const char *path;         /* "layer1.0"; "": the call has no label */
  const Instance *instance; /* NULL: only a prefix */
  struct PictureGroup *parent;
  const char *weights_of; /* "tower": whose weights it has together with others; NULL: it shares none, or the frame around it does */
  bool dropped;           /* a prefix of one group, or that others stand between: no frame */
  bool folded;            /* one box, or in one */
  int depth;              /* from 0, the frames around it */
  int layers;
  int64_t parameters;
  const Size *macs;
} PictureGroup;

typedef enum BoxKind { BOX_INPUT, BOX_OUTPUT, BOX_LAYERS, BOX_GROUP } BoxKind;

typedef struct PictureRow {
  const char *name; /* label, without the path of the frame; NULL: it has none */
  const char *text; /* "conv(64, 7, stride=2)" */
  LayerKind kind;
} PictureRow;

/* A convolution with what follows it alone and keeps its shape is one box of several rows, as in papers. */
typedef struct PictureBox {
  BoxKind kind;
  const PictureGroup *group; /* the frame around it; of a folded one, around that. NULL: none */
  const PictureGroup *folds; /* GROUP */
  PictureRow *rows;
  int row_count;
  int rank; /* of the longest way to it */
} PictureBox;

/* Of a net with levels, which is drawn as a U: its left side goes down, its right side up. */
typedef enum EdgeWay {
  WAY_DOWN,   /* of any other net all */
  WAY_UP,     /* `to` stands above `from` */
  WAY_ACROSS, /* beside each other */
  WAY_BESIDE, /* from the left side to the right one, anyhow */
} EdgeWay;

typedef struct PictureEdge {
  int from, to; /* boxes */
  const Value *value;
  const char *shape; /* "64\xc3\x9756\xc3\x9756" */
  bool skips;        /* what it leads around is drawn as well */
  EdgeWay way;
} PictureEdge;

typedef struct Picture {
  const NetFacts *facts;
  PictureGroup **groups;
  PictureBox *boxes;
  PictureEdge *edges;
  int group_count, box_count, edge_count;
  bool has_levels;
} Picture;

enum { ALL_DEPTHS = -1 };

/* The layers of facts and their graph, before planning. Frames deeper than `depth` are folded. */
Picture make_picture(Arena *arena, const Graph *graph, const NetFacts *facts, int64_t depth);
/* The frames; sets group_of[i] for each node of the graph, and what is in them. */
void find_groups(Arena *arena, Picture *picture, const Graph *graph, PictureGroup **group_of);
/* Sets weights_of of the frames; by node, whose weights a layer shares where no frame says so, else NULL. */
const char **find_shared_weights(Arena *arena, const Graph *graph, PictureGroup *const *group_of);
/* Sets the ways of the edges. */
void find_levels(Arena *arena, Picture *picture);
/* The nearest that has a frame. */
PictureGroup *framed(PictureGroup *group);
/* "basic(channels=64)"; "": of a prefix */
const char *group_call(Arena *arena, const PictureGroup *group);
/* "layer1.0: basic(channels=64)", "a_eye: tower, weights of eye" */
const char *group_title(Arena *arena, const PictureGroup *group);
/* "20 layers, 11,689,512 parameters, 1.81 G MACs" */
const char *counts_text(Arena *arena, int layers, int64_t parameters, const Size *macs);

void print_dot(Text *out, const Picture *picture);
void print_mermaid(Text *out, const Picture *picture);
/* With &, <, > and quotes as entities, and control characters as blanks. */
void add_xml(Text *out, const char *text);
/* In quotes of Mermaid. */
void add_mermaid(Text *out, const char *text);

typedef enum PictureFormat { PICTURE_SVG, PICTURE_PNG, PICTURE_DOT, PICTURE_MERMAID } PictureFormat;
/* SVG and PNG by Graphviz. NULL: it is missing or failed, which was reported. */
const char *draw_picture(Session *session, const Picture *picture, PictureFormat format, size_t *length);
#endif
