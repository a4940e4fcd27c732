/* datum.h - values that exist while the graph is built: numbers, lists, words, operations.
 *
 * Whole and rational numbers are exact as long as they fit; sizes of tensors take part as numbers and may vary with
 * the dims. A datum is immutable. Knows neither scopes nor tensors. */
#ifndef CNNC_PASSES_DATUM_H
#define CNNC_PASSES_DATUM_H
#include "ir/ast.h"
#include "ir/size.h"

typedef enum DatumKind {
  DATUM_POISONED, /* an error was reported */
  DATUM_NUMBER,   /* numerator / denominator in lowest terms */
  DATUM_REAL,     /* real: what is no such fraction */
  DATUM_SIZE,     /* size / denominator, varies with the dims */
  DATUM_BOOL,     /* truth */
  DATUM_NONE,
  DATUM_STRING,      /* text */
  DATUM_WORD,        /* text: an operation, a block or a choice such as `same` */
  DATUM_OPERATION,   /* text and arguments: `leaky_relu(slope=0.1)` */
  DATUM_TUPLE,       /* items */
  DATUM_NAMED_TUPLE, /* arguments */
  DATUM_LIST         /* items */
} DatumKind;

typedef struct Datum Datum;
struct Scope;
struct Module;

/* An evaluated argument, with where and in which scope it was written. */
typedef struct Argument {
  AstName name; /* text NULL: positional */
  const Datum *value;
  const AstExpr *expr;       /* NULL: given on the command line */
  const struct Scope *scope; /* for messages */
  Span span;
  struct Argument *next;
} Argument;

struct Datum {
  DatumKind kind;
  Span span;                      /* of the expression that made it */
  int64_t numerator, denominator; /* NUMBER: denominator > 0, and both within 2^53 unless it is 1; SIZE: denominator */
  double real;
  const Size *size;
  bool truth;
  const char *text;
  const struct Module *module; /* WORD, OPERATION: the file in which the name was written */
  const Datum **items;
  int count;
  int depth;      /* LIST: 1 + the deepest item's */
  int64_t leaves; /* LIST: numbers in it, at all depths */
  Argument *arguments;
};

enum { MAX_LIST_DEPTH = 8, MAX_LIST_LEAVES = 1 << 22 };

const Datum *datum_poisoned(Arena *arena);
const Datum *datum_number(Arena *arena, int64_t numerator, int64_t denominator);
const Datum *datum_real(Arena *arena, double value);
const Datum *datum_bool(Arena *arena, bool truth);
/* A size as a number: exact if it does not vary. */
const Datum *datum_size(Arena *arena, const Size *size, int64_t denominator);
/* NULL: it would exceed the limits above. */
const Datum *datum_list(Arena *arena, const Datum **items, int count);

bool datum_is_numeric(const Datum *datum);
/* A whole number in *value. */
bool datum_is_whole(const Datum *datum, int64_t *value);
/* The nearest double of a NUMBER or REAL. */
double datum_real_value(const Datum *datum);
/* A whole number or a size without denominator as a size; NULL: it is neither. */
const Size *datum_whole_size(Arena *arena, const Datum *datum);
bool datum_equal(const Datum *a, const Datum *b);
/* For messages: "30", "15/8", "[1, 2, ..]", "`same`". */
const char *datum_text(Arena *arena, const Datum *datum);
/* "a number", "a list". */
const char *datum_kind_text(const Datum *datum);

/* Arithmetic on numbers. NULL: *why says what is wrong ("it divides by zero"). */
const Datum *compute_number(Arena *arena, AstBinaryOp op, const Datum *a, const Datum *b, const char **why);
const Datum *round_number(Arena *arena, const Datum *a, bool to_zero, const char **why);
#endif
