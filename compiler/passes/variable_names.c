/* variable_names.c - see variable_names.h. Numbers go by function, so that an edit elsewhere changes none. */
#include "passes/variable_names.h"

static void take(VariableNames *names, const char *name) {
  if (!find_name(&names->last, name)) put_name(&names->last, name, ARENA_NEW(names->last.arena, int));
}

static void take_variables(VariableNames *names, const Stmt *s) {
  for (; s; s = s->next) {
    if (s->kind == STMT_FOR || s->kind == STMT_LET || s->kind == STMT_ARRAY || s->kind == STMT_POINTER) take(names, s->var);
    take_variables(names, s->body);
    take_variables(names, s->plain);
  }
}

VariableNames names_in_function(Arena *arena, const Function *function, const Stmt *body) {
  VariableNames names = {name_table(arena)};
  for (int i = 0; i < function->param_count; i++) take(&names, function->params[i].name);
  take_variables(&names, body);
  return names;
}

const char *new_variable(VariableNames *names, const char *name) {
  const char *numbered = name;
  int *last = find_name(&names->last, name);
  if (last) {
    *last += *last ? 1 : 2;
    numbered = arena_printf(names->last.arena, "%s%d", name, *last);
    if (find_name(&names->last, numbered)) return new_variable(names, name);
  }
  take(names, numbered);
  return numbered;
}

VariableNames copy_names(Arena *arena, const VariableNames *names) {
  VariableNames copy = {name_table(arena)};
  for (int i = 0; i < names->last.count; i++) {
    int *last = ARENA_NEW(arena, int);
    *last = *(const int *)names->last.items[i].thing;
    put_name(&copy.last, names->last.items[i].name, last);
  }
  return copy;
}
