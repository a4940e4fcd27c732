/* window.h - kernels, strides and padding in all their forms, and the sizes that they lead to (docs/language.md). */
#ifndef TESTS_WINDOW_H
#define TESTS_WINDOW_H
#include "net.h"

typedef struct Axis {
  int n, k, s, d, before, after, out;
} Axis;

typedef enum Form {
  FORM_VALID,
  FORM_SAME,
  FORM_SAME_UPPER,
  FORM_SAME_LOWER,
  FORM_FULL,
  FORM_CAUSAL,
  FORM_NUMBER,
  FORM_PAIR,
  FORM_NAMED
} Form;

typedef struct Window {
  Axis y, x; /* of a sequence x alone */
  Form form;
  int top, bottom, left, right; /* NUMBER, PAIR, NAMED */
  bool ceil;
} Window;

typedef enum WindowUse { FOR_CONV, FOR_POOL, FOR_TRANSPOSE } WindowUse;

int span(const Axis *a);
/* A window that fits the tensor. false: none was found. */
bool some_window(const Tensor *t, Window *w, WindowUse use);
/* Sizes anew for a tensor of other height and width. false: it does not fit. */
bool fit_window(const Tensor *t, Window *w, WindowUse use);
/* One that keeps rows and columns. */
Window same_window(const Tensor *t, int kernel);
/* The last windows reach beyond the padding. */
bool hangs_over(const Window *w);
bool is_padded(const Window *w);
/* Whether what is mirrored or repeated exists. */
bool allows_mode(const Window *w, const char *mode);
const char *some_mode(const Window *w);

/* "3x5" as an argument; the other attributes, where they differ from the defaults: stride 1, or the kernel's for pooling. */
void kernel_argument(Net *net, const Window *w, int rank);
void window_arguments(Net *net, const Window *w, int rank, WindowUse use);
Tensor window_result(const Tensor *t, const Window *w, int channels);
#endif
