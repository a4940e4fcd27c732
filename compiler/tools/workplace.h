/* workplace.h - a net and a program around it in a private directory, compiled by the host's C compiler and started. What
 * `cnnc run` and `cnnc bench` have in common. Whatever fails is reported. */
#ifndef CNNC_TOOLS_WORKPLACE_H
#define CNNC_TOOLS_WORKPLACE_H
#include "compile.h"
#include "tools/session.h"

typedef struct Workplace { /* the private directory and all its files */
  Session *session;
  const char *directory, *code, *header, *weights_code, *weights, *main, *program, *input, *output, *log;
} Workplace;

typedef struct Hole {
  const char *name, *text;
} Hole;

/* The template with its @holes@ filled; holes end with name NULL. NULL: it has a hole that nobody fills. */
const char *fill_holes(Session *session, const char *template_text, const Hole *holes);
const char *upper_case(Arena *arena, const char *name);

/* The net of the session's options as net.c, standalone; weights_as says where the weights go. */
bool compile_net(Session *session, WeightsAs weights_as, Outputs *out);

bool make_workplace(Session *session, Workplace *w);
/* The net, the program main.c and what that reads as its input. */
bool fill_workplace(const Workplace *w, const Outputs *out, const char *program, const Text *input);
/* `machine` holds flags, split at spaces. They are left out where they are those of this machine and the compiler does
 * not know them. Sources end with NULL. */
bool build_program(const Workplace *w, const char *machine, const char *const *sources);
extern const char this_machine[]; /* "-march=native" */
/* argv[0] is the program. */
bool start_program(const Workplace *w, const char *const *argv);
/* E0905; detail and help may be NULL. Returns false. */
bool host_error(Session *session, const char *what, const char *detail, const char *help);
/* What a program of ours sets in `env` for the regions of RAM that the options name: lines of C. */
const char *set_regions(const Session *session, const char *prefix);
#endif
