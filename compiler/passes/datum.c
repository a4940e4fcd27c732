/* datum.c - constructors, conversions and texts of compile-time values; see datum.h. */
#include "passes/datum.h"

#include <math.h>
#include <string.h>

#include "support/decimal.h"

static Datum *new_datum(Arena *arena, DatumKind kind) {
  Datum *datum = ARENA_NEW(arena, Datum);
  datum->kind = kind;
  datum->denominator = 1;
  return datum;
}

const Datum *datum_poisoned(Arena *arena) { return new_datum(arena, DATUM_POISONED); }

const Datum *datum_number(Arena *arena, int64_t numerator, int64_t denominator) {
  Datum *datum = new_datum(arena, DATUM_NUMBER);
  datum->numerator = numerator;
  datum->denominator = denominator;
  return datum;
}

const Datum *datum_real(Arena *arena, double value) {
  Datum *datum = new_datum(arena, DATUM_REAL);
  datum->real = value;
  return datum;
}

const Datum *datum_bool(Arena *arena, bool truth) {
  Datum *datum = new_datum(arena, DATUM_BOOL);
  datum->truth = truth;
  return datum;
}

static int64_t greatest_divisor(int64_t a, int64_t b) {
  while (b) {
    int64_t rest = a % b;
    a = b;
    b = rest;
  }
  return a < 0 ? -a : a;
}

const Datum *datum_size(Arena *arena, const Size *size, int64_t denominator) {
  int64_t value;
  if (size_is_const(size, &value)) {
    int64_t common = greatest_divisor(value, denominator);
    if (common > 1) {
      value /= common;
      denominator /= common;
    }
    if (denominator == 1 || (value < INT64_C(1) << 53 && value > -(INT64_C(1) << 53))) return datum_number(arena, value, denominator);
    return datum_real(arena, (double)value / (double)denominator);
  }
  const Size *down = size_floor_div(arena, size, denominator);
  if (denominator > 1 && size_equal(down, size_ceil_div(arena, size, denominator))) return datum_size(arena, down, 1);
  Datum *datum = new_datum(arena, DATUM_SIZE);
  datum->size = size;
  datum->denominator = denominator;
  return datum;
}

const Datum *datum_list(Arena *arena, const Datum **items, int count) {
  Datum *list = new_datum(arena, DATUM_LIST);
  list->items = items;
  list->count = count;
  list->depth = 1;
  for (int i = 0; i < count; i++) {
    bool nested = items[i]->kind == DATUM_LIST;
    list->leaves += nested ? items[i]->leaves : 1;
    if (nested && items[i]->depth >= list->depth) list->depth = items[i]->depth + 1;
  }
  return list->depth > MAX_LIST_DEPTH || list->leaves > MAX_LIST_LEAVES ? NULL : list;
}

bool datum_is_numeric(const Datum *datum) { return datum->kind == DATUM_NUMBER || datum->kind == DATUM_REAL || datum->kind == DATUM_SIZE; }

bool datum_is_whole(const Datum *datum, int64_t *value) {
  if (datum->kind == DATUM_REAL && datum->real == floor(datum->real) && fabs(datum->real) < 9.0e15) {
    *value = (int64_t)datum->real;
    return true;
  }
  *value = datum->numerator;
  return datum->kind == DATUM_NUMBER && datum->denominator == 1;
}

double datum_real_value(const Datum *datum) {
  return datum->kind == DATUM_REAL ? datum->real : (double)datum->numerator / (double)datum->denominator;
}

const Size *datum_whole_size(Arena *arena, const Datum *datum) {
  int64_t value;
  if (datum->kind == DATUM_SIZE && datum->denominator == 1) return datum->size;
  return datum_is_whole(datum, &value) ? size_of(arena, value) : NULL;
}

static bool equal_items(const Datum *a, const Datum *b) {
  if (a->count != b->count) return false;
  for (int i = 0; i < a->count; i++)
    if (!datum_equal(a->items[i], b->items[i])) return false;
  return true;
}

static bool equal_arguments(const Argument *a, const Argument *b) {
  for (; a && b; a = a->next, b = b->next) {
    if ((a->name.text == NULL) != (b->name.text == NULL)) return false;
    if (a->name.text && strcmp(a->name.text, b->name.text) != 0) return false;
    if (!datum_equal(a->value, b->value)) return false;
  }
  return a == b;
}

bool datum_equal(const Datum *a, const Datum *b) {
  if (a->kind != b->kind)
    return datum_is_numeric(a) && datum_is_numeric(b) && a->kind != DATUM_SIZE && b->kind != DATUM_SIZE &&
           datum_real_value(a) == datum_real_value(b);
  switch (a->kind) {
  case DATUM_POISONED:
  case DATUM_NONE: return true;
  case DATUM_NUMBER: return a->numerator == b->numerator && a->denominator == b->denominator;
  case DATUM_REAL: return a->real == b->real;
  case DATUM_SIZE: return a->denominator == b->denominator && size_equal(a->size, b->size);
  case DATUM_BOOL: return a->truth == b->truth;
  case DATUM_STRING:
  case DATUM_WORD: return strcmp(a->text, b->text) == 0;
  case DATUM_OPERATION: return strcmp(a->text, b->text) == 0 && equal_arguments(a->arguments, b->arguments);
  case DATUM_TUPLE:
  case DATUM_LIST: return equal_items(a, b);
  case DATUM_NAMED_TUPLE: return equal_arguments(a->arguments, b->arguments);
  }
  return false;
}

enum { SHOWN_ITEMS = 6 };

static void print_datum(Text *out, const Datum *datum, int level);

static void print_items(Text *out, const Datum *datum, int level) {
  text_add(out, datum->kind == DATUM_LIST ? "[" : "(");
  for (int i = 0; i < datum->count; i++) {
    if (i) text_add(out, ", ");
    if (i == SHOWN_ITEMS || level > 2) {
      text_add(out, "..");
      break;
    }
    print_datum(out, datum->items[i], level + 1);
  }
  text_add(out, datum->kind == DATUM_LIST ? "]" : ")");
}

static void print_arguments(Text *out, const Datum *datum, int level) {
  text_add(out, "(");
  for (const Argument *a = datum->arguments; a; a = a->next) {
    if (a->name.text) text_addf(out, "%s=", a->name.text);
    if (level > 2) text_add(out, "..");
    else print_datum(out, a->value, level + 1);
    if (a->next) text_add(out, ", ");
  }
  text_add(out, ")");
}

/* 3/2 is 1.5, but a third has no decimals that are all. */
static bool has_decimals(int64_t denominator) {
  while (denominator % 2 == 0) denominator /= 2;
  while (denominator % 5 == 0) denominator /= 5;
  return denominator == 1;
}

static void print_decimal(Text *out, double value) {
  char digits[DECIMAL_MAX];
  size_t length = print_double(digits, value);
  if (length > 2 && strcmp(digits + length - 2, ".0") == 0) length -= 2;
  text_add_bytes(out, digits, length);
}

static void print_fraction(Text *out, const Datum *datum) {
  if (datum->denominator != 1 && has_decimals(datum->denominator)) {
    print_decimal(out, datum_real_value(datum));
    return;
  }
  text_addf(out, "%lld", (long long)datum->numerator);
  if (datum->denominator != 1) text_addf(out, "/%lld", (long long)datum->denominator);
}

static void print_datum(Text *out, const Datum *datum, int level) {
  switch (datum->kind) {
  case DATUM_POISONED: text_add(out, "?"); break;
  case DATUM_NUMBER: print_fraction(out, datum); break;
  case DATUM_REAL:
    if (isfinite(datum->real)) print_decimal(out, datum->real);
    else text_add(out, isnan(datum->real) ? "not a number" : datum->real > 0 ? "infinity" : "-infinity");
    break;
  case DATUM_SIZE:
    if (datum->denominator != 1) text_add(out, "(");
    size_print(out, datum->size);
    if (datum->denominator != 1) text_addf(out, ")/%lld", (long long)datum->denominator);
    break;
  case DATUM_BOOL: text_add(out, datum->truth ? "true" : "false"); break;
  case DATUM_NONE: text_add(out, "none"); break;
  case DATUM_STRING: text_addf(out, "\"%.60s\"", datum->text); break;
  case DATUM_WORD: text_add(out, datum->text); break;
  case DATUM_OPERATION:
    text_add(out, datum->text);
    print_arguments(out, datum, level);
    break;
  case DATUM_NAMED_TUPLE: print_arguments(out, datum, level); break;
  case DATUM_TUPLE:
  case DATUM_LIST: print_items(out, datum, level); break;
  }
}

const char *datum_text(Arena *arena, const Datum *datum) {
  Text text = text_new(arena);
  print_datum(&text, datum, 0);
  return text_string(&text);
}

const char *datum_kind_text(const Datum *datum) {
  switch (datum->kind) {
  case DATUM_POISONED: return "nothing";
  case DATUM_NUMBER:
  case DATUM_REAL: return "a number";
  case DATUM_SIZE: return "a size that varies";
  case DATUM_BOOL: return "true or false";
  case DATUM_NONE: return "none";
  case DATUM_STRING: return "a text";
  case DATUM_WORD: return "a word";
  case DATUM_OPERATION: return "an operation";
  case DATUM_TUPLE:
  case DATUM_NAMED_TUPLE: return "a tuple";
  case DATUM_LIST: return "a list";
  }
  return "nothing";
}
