/* coverage.h - a table of what must occur in nets, and how often it does: see coverage.c. */
#ifndef TESTS_COVERAGE_H
#define TESTS_COVERAGE_H
#include "ir/graph.h"

/* Adds rows; values are separated by `|`. */
void expect_all(const char *operation, const char *attribute, const char *values);
/* One more of a row. */
void count(const char *operation, const char *attribute, const char *value);
/* A copy that lives as long as the table. */
const char *row_text(const char *text, size_t length);

void expect_operations(void);
void expect_nets(void);
void expect_syntax(void);
void count_net(const Graph *graph);
void expect_shapes(void);
void count_shapes(const Graph *graph);
#endif
