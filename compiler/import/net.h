/* net.h - a network as import builds it: layers in the order of computation, with their attributes as text.
 *
 * It is less than a Graph: attributes are not checked, and names come later. The compiler itself checks the text that is made of it. */
#ifndef CNNC_IMPORT_NET_H
#define CNNC_IMPORT_NET_H
#include <stdbool.h>
#include "ir/onnx.h"
#include "ir/size.h"
#include "support/name_table.h"
#include "support/text.h"

enum { MAX_CNN_RANK = 3, MAX_LAYER_ATTRIBUTES = 12, MAX_LAYER_PARAMETERS = 4, MAX_MARGINS = 4, MAX_BLOCK_PARAMETERS = 8 };

typedef enum LayerKind {
  LAYER_INPUT,     /* of the network */
  LAYER_OPERATION, /* `op` */
  LAYER_NUMBER,    /* a number among the inputs of an operation, or a named constant: `text` */
  LAYER_PART       /* output `part` of a split */
} LayerKind;

typedef struct LayerAttribute {
  const char *name; /* NULL: positional */
  const char *value;
} LayerAttribute;

typedef struct LayerParameter {
  const char *role;     /* "weight" */
  const char *original; /* name of the tensor in the model; NULL: it is made of several */
  const char *name;     /* in the weights file */
  int rank;
  int64_t sizes[4];
  const float *numbers;
} LayerParameter;

typedef struct Layer Layer;
typedef struct Block Block;
struct Layer {
  LayerKind kind;
  const char *op;
  const Block *block; /* that it calls: `op` is its name; NULL: it is an operation */
  const char *text;   /* NUMBER */
  const char *name;   /* INPUT: as the model calls it; later the name in the source. Operations: of the statement that ends with it; NULL */
  const char *label;
  const OnnxNode *node; /* from which it comes */
  LayerAttribute attributes[MAX_LAYER_ATTRIBUTES];
  int attributes_count;
  LayerParameter parameters[MAX_LAYER_PARAMETERS];
  int parameters_count;
  Layer **inputs;
  int inputs_count;
  int rank; /* of its output: [C, H, W], [C, L] or [N] */
  const Size *sizes[MAX_CNN_RANK];
  int part;                     /* PART: which; split: how many */
  int64_t margins[MAX_MARGINS]; /* pad with zeros only, top, left, bottom, right: a convolution may take it over */
  bool only_margins;            /* it is such a pad */
  bool hwc;                     /* INPUT: layout=hwc */
  const char *dtype;            /* INPUT: "float32" */
  struct LayerView *views;      /* permutes and reshapes of it that exist already */
  int uses;                     /* by layers and outputs that are alive */
  Layer *branch;                /* where the ways into a join of several inputs part; NULL: nowhere, or it is no join */
  Layer *shared;                /* the first of several layers with the same weights, itself included; NULL: it has its own */
  bool nested;                  /* it lies between the ends of a branch */
  bool absorbed;                /* it is read several times, but by one branch */
  bool ends_statement;          /* though only one layer reads it */
  bool on_way;                  /* longest_ways() has met it */
  bool in_block;                /* it lies in a block, and a call of that stands for it */
};

typedef struct BlockParameter {
  const char *name;
  const char *word;      /* the name, but for what is counted: "channels" of channels_2 */
  const char *otherwise; /* its value where a call does not say it; NULL: all do */
  bool named;            /* calls say it with its name */
  const char **values;   /* by call */
} BlockParameter;

/* What several scopes of labels have in common: `block x -> NAME(parameters) { return .. }`. */
struct Block {
  const char *name;
  const char *scope; /* of the layers that it is written of */
  Layer **layers;    /* that it is written of, from an input called x; the last is its result */
  int layers_count;
  BlockParameter parameters[MAX_BLOCK_PARAMETERS];
  int parameters_count;
};

typedef struct LayerView {
  Layer *layer;
  struct LayerView *next;
} LayerView;

typedef struct NetOutput {
  const char *name;
  Layer *layer;
  bool hwc;
} NetOutput;

typedef struct Net {
  Arena *arena;
  const char *name;
  bool short_labels;
  Layer **layers; /* inputs, then operations */
  int layers_count;
  NetOutput *outputs;
  int outputs_count;
  const Dim **dims;
  int dims_count;
  Text constants; /* `const` lines */
  int constants_count;
  Block **blocks; /* inner ones first */
  int blocks_count;
  NameTable names;       /* that are taken, as C sees them */
  NameTable name_counts; /* of those that are counted: int */
  NameTable next_names;  /* int, by a name that is taken: the number to try next behind it */
} Net;

Layer *add_layer(Net *net, const char *op, const OnnxNode *node, int rank, const Size *const *sizes);
void add_input(Net *net, Layer *layer, Layer *input);
Layer *number_layer(Net *net, const char *text);
/* name NULL: positional. */
void add_attribute(Net *net, Layer *layer, const char *name, const char *format, ...) __attribute__((format(printf, 4, 5)));
/* NULL: it has none of that name. */
const char *layer_attribute(const Layer *layer, const char *name);
/* The type of its output, as the language says: "float32", or of integers that it gets, makes or moves. */
const char *layer_dtype(const Layer *layer);
void drop_attribute(Layer *layer, const char *name);
LayerParameter *add_parameter(Layer *layer, const char *role, const char *original, int rank, const int64_t *sizes, const float *numbers);
const LayerParameter *find_parameter(const Layer *layer, const char *role);

/* The shortest text of the float, without the point that C wants: "2", "0.1", "1e-5". */
const char *plain_number(Arena *arena, double value);
/* The same for an attribute, which may be computed: 1 / 255 where that is meant. */
const char *number_text(Arena *arena, double value);
/* "3", or "(3, 5)" when they differ; rank 2 is a sequence, which has the last one only. */
const char *pair_text(Arena *arena, const int64_t pair[2], int rank);

/* Counts the uses of layers by what reaches an output, and forgets the others. */
void count_layer_uses(Net *net);
/* Finds branches, after the uses are counted. */
void find_branches(Net *net);
/* A concat that begins like an earlier one reads that one's result. Before layers' uses are counted. */
void nest_concats(Net *net);

/* Stages one after another, a join with all that lies in its branch being one. */
typedef struct Way {
  Layer **stages;
  int count;
} Way;

/* NULL: it is a join without a branch, and first on its way. */
Layer *stage_before(const Layer *stage);
/* From a layer, which is not on it, to another; from NULL: as far as nothing else reads what lies on it. */
Way way_to(Arena *arena, Layer *end, const Layer *begin);
/* Those outside of branches; together they hold all layers. */
Way *longest_ways(Net *net, int *count);
/* Marks where statements end, after the labels are set. */
void split_ways(Net *net);
/* Finds layers that have the same parameters. */
void find_shared(Net *net);
/* Labels, then blocks, then the names of statements. */
void name_layers(Net *net);
/* Whether no name is the same, or the same in C. */
bool is_free_name(Net *net, const char *name);
/* The name, or with _2, _3 .. behind it, if it is taken. */
const char *unique_name(Net *net, const char *name);
/* Whether the word stands for something else in a flow or in C. */
bool is_reserved_name(const char *name);
/* "bn" of batch_norm. */
const char *short_op(const char *op);
/* Makes blocks of scopes that repeat, after the labels are set. */
void find_blocks(Net *net);
/* The network as text; the names of layers are set. */
void write_net(Net *net, const char *weights, Text *out);
#endif
