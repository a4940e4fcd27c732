/* fold_runtime.c - the texts of runtime/functions for one type: a float, or a vector of some lanes.
 *
 * The texts are written over placeholders (CNNC_REAL, ..; runtime/README.md); folding replaces them word by word, so
 * that a reviewer reads plain C. */
#include "emit/fold_runtime.h"

#include <ctype.h>
#include <string.h>

#include "emit/templates.h"
#include "emit/writer.h"

typedef struct Folding {
  const Emitter *e;
  Text *out; /* of the text being folded, before long lines are broken */
  int lanes;
  const char *word[6][2]; /* placeholder and what stands for it */
} Folding;

static const char *template_of(MathFunction function) {
  switch (function) {
  case MATH_EXP: return template_function_exp;
  case MATH_LOG: return template_function_log;
  case MATH_TANH: return template_function_tanh;
  case MATH_SIGMOID: return template_function_sigmoid;
  case MATH_ERF: return template_function_erf;
  case MATH_SQRT: return template_function_sqrt;
  case MATH_ROUND: return template_function_round;
  case MATH_COUNT: break;
  }
  return "";
}

static Folding new_folding(const Emitter *e, int lanes) {
  Arena *a = e->arena;
  Folding f = {e, NULL, lanes, {{"CNNC_REAL"}, {"CNNC_BITS"}, {"CNNC_BITS_OF"}, {"CNNC_REAL_OF"}, {"CNNC_MASK"}, {"inline"}}};
  const char *real = c_type(e, (Type){SCALAR_F32, lanes}), *bits = lanes == 1 ? "uint32_t" : arena_printf(a, "%s_u32x%d", e->prefix, lanes);
  f.word[0][1] = real;
  f.word[1][1] = bits;
  f.word[2][1] = lanes == 1 ? arena_printf(a, "%s_bits_of", e->runtime) : arena_printf(a, "(%s)", bits);
  f.word[3][1] = lanes == 1 ? arena_printf(a, "%s_real_of", e->runtime) : arena_printf(a, "(%s)", real);
  f.word[4][1] = lanes == 1 ? arena_printf(a, "%s_mask", e->runtime) : arena_printf(a, "(%s)", bits);
  f.word[5][1] = ""; /* static inline -> static: only what is used is folded in */
  return f;
}

/* CNNC_FUNCTION(tanh), CNNC_BEGIN, CNNC_RETURN(y): what spans more than a word. Returns what follows, or NULL. */
static const char *fold_construct(const Folding *f, const char *at, size_t length) {
  Text *out = f->out;
  const char *open = at + length, *close = *open == '(' ? strchr(open, ')') : NULL;
  int inner = close ? (int)(close - open - 1) : 0;
  if (length == 10 && memcmp(at, "CNNC_BEGIN", 10) == 0) {
    if (f->lanes > 1) text_addf(out, "const %s x = *lanes;", f->word[0][1]);
    return f->lanes > 1 ? open : open + strspn(open, "\n "); /* a scalar comes as x already */
  }
  if (length == 13 && memcmp(at, "CNNC_FUNCTION", 13) == 0 && close) {
    if (f->lanes == 1) text_addf(out, "static float %s_%.*sf(float x)", f->e->runtime, inner, open + 1);
    else /* a call takes as long as the function: its vectors go through memory */
      text_addf(out, "static inline void %s_%.*s_x%d(%s *lanes)", f->e->runtime, inner, open + 1, f->lanes, f->word[0][1]);
    return close + 1;
  }
  if (length == 11 && memcmp(at, "CNNC_RETURN", 11) == 0 && close) {
    text_addf(out, f->lanes == 1 ? "return %.*s" : "*lanes = %.*s", inner, open + 1);
    return close + 1;
  }
  return NULL;
}

static void fold_text(Folding *f, const char *text) {
  Text folded_text = text_new(f->e->arena);
  f->out = &folded_text;
  for (const char *at = strstr(text, "*/") + 3; *at;) { /* after the licence and what the file needs */
    size_t length = 0;
    while (isalnum((unsigned char)at[length]) || at[length] == '_') length++;
    if (!length) {
      text_add_bytes(f->out, at++, 1);
      continue;
    }
    const char *after = fold_construct(f, at, length);
    for (int i = 0; !after && i < 6; i++)
      if (strlen(f->word[i][0]) == length && memcmp(f->word[i][0], at, length) == 0) {
        text_add(f->out, f->word[i][1]);
        after = at + length + (i == 5);
      }
    if (!after) text_add_bytes(f->out, at, length);
    at = after ? after : at + length;
  }
  write_lines(f->e->out, text_string(&folded_text));
}

static void fold_functions(const Emitter *e, uint32_t functions, int lanes) {
  Folding f = new_folding(e, lanes);
  for (int function = 0; function < MATH_COUNT; function++)
    if (functions & (1u << function)) fold_text(&f, template_of((MathFunction)function));
}

/* Those that only the plain forms of kernels call are not there where no kernel takes its plain form. */
void emit_scalar_functions(const Emitter *e, const LoopUsage *usage) {
  static const int width_lanes[] = {4, 8, 16};
  uint32_t plain = usage->plain_math[0] | usage->plain_math[1] | usage->plain_math[2];
  if (!usage->math && !plain) return;
  if (!e->options->standalone) {
    text_add(e->out, "#include \"cnnc_runtime.h\" /* from cnnc; --standalone folds it in */\n");
    return;
  }
  Folding f = new_folding(e, 1);
  bool has_helpers = usage->math != 0;
  if (has_helpers) fold_text(&f, template_function_scalar);
  fold_functions(e, usage->math, 1);
  for (int w = 3; w-- > 0;) {
    if (!usage->plain_math[w]) continue;
    text_addf(e->out, "\n#if %s_LANES < %d", e->upper, width_lanes[w]);
    if (!has_helpers) fold_text(&f, template_function_scalar);
    has_helpers = true;
    fold_functions(e, usage->plain_math[w], 1);
    text_add(e->out, "#endif\n");
  }
}

void emit_vector_functions(const Emitter *e, const VectorUsage *usage, int lanes) {
  if (!usage->math) return;
  if (e->options->standalone) fold_functions(e, usage->math, lanes);
  else text_addf(e->out, "#define CNNC_LANES %d\n#include \"cnnc_runtime_vector.h\"\n", lanes);
}
