/* test_loops.c - the loop level: folding, linear forms, and a verifier that must see what is wrong. */
#include <criterion/criterion.h>
#include <string.h>

#include "ir/loop.h"

static Arena arena;

static void tear_down(void) { arena_free(&arena); }

TestSuite(loops, .fini = tear_down);

static Expr *var(const char *name) { return expr_index(&arena, name); }
static Expr *number(int64_t n) { return expr_int(&arena, n); }
static Expr *add(Expr *a, Expr *b) { return expr_binary(&arena, OP_ADD, a, b); }
static Expr *mul(Expr *a, Expr *b) { return expr_binary(&arena, OP_MUL, a, b); }

static int64_t value_at(Expr *e, int64_t x) {
  const Size *value = expr_as_size(&arena, substitute_var(&arena, e, "x", number(x)));
  cr_assert_not_null(value);
  return size_value(value);
}

Test(loops, identities_of_indices_fold) {
  cr_assert_eq(add(var("x"), number(0))->kind, EXPR_VAR);
  cr_assert_eq(mul(var("x"), number(1))->kind, EXPR_VAR);
  cr_assert(expr_is_int(mul(var("x"), number(0)), 0));
  cr_assert(expr_is_int(add(number(2), number(3)), 5));
}

Test(loops, floats_keep_their_signed_zeros) {
  Expr *x = expr_var(&arena, "v", type_f32);
  cr_assert_eq(expr_binary(&arena, OP_ADD, x, expr_float(&arena, 0))->kind, EXPR_BINARY);
  cr_assert_eq(expr_binary(&arena, OP_MUL, x, expr_float(&arena, 0))->kind, EXPR_BINARY);
}

Test(loops, constants_of_a_sum_meet_at_its_end) {
  Expr *e = expr_binary(&arena, OP_SUB, add(mul(var("x"), number(2)), number(5)), number(3));
  cr_assert_eq(e->op, OP_ADD);
  cr_assert(expr_is_int(e->right, 2));
  for (int64_t x = 0; x < 5; x++) cr_assert_eq(value_at(e, x), 2 * x + 2);
}

Test(loops, sums_lean_left_without_changing_their_value) {
  Expr *e = add(mul(var("x"), number(3)), add(mul(var("x"), number(4)), add(var("x"), number(7))));
  for (int64_t x = 0; x < 5; x++) cr_assert_eq(value_at(e, x), 8 * x + 7);
}

Test(loops, coefficients_of_linear_forms) {
  Expr *e = add(mul(add(mul(var("oy"), number(2)), var("ky")), number(10)), var("ic"));
  cr_assert(size_is(expr_as_size(&arena, coefficient_of(&arena, e, "oy")), 20));
  cr_assert(size_is(expr_as_size(&arena, coefficient_of(&arena, e, "ky")), 10));
  cr_assert(expr_is_int(coefficient_of(&arena, e, "kx"), 0));
}

static const char *verify(Stmt *body) {
  LoopParam params[] = {{.name = "x", .pointer = true, .is_const = true, .type = type_f32},
                        {.name = "y", .pointer = true, .type = type_f32}};
  Function f = {.name = "layer", .params = params, .param_count = 2, .body = body}, *layers[] = {&f};
  LoopProgram program = {.layers = layers, .layer_count = 1};
  return verify_loops(&arena, &program);
}

static Stmt *copy_loop(const char *bound, const char *used) {
  Stmt *store = stmt_store(&arena, "y", var(used), expr_load(&arena, "x", var(used), type_f32), 1);
  return stmt_for(&arena, bound, number(0), number(4), number(1), store);
}

Test(loops, the_verifier_accepts_a_copy) { cr_assert_null(verify(copy_loop("i", "i"))); }
Test(loops, the_verifier_sees_an_unbound_index) { cr_assert(strstr(verify(copy_loop("i", "k")), "nothing defines k")); }

Test(loops, the_verifier_sees_a_variable_that_is_gone) {
  Stmt *inner = stmt_let(&arena, "p", expr_load(&arena, "x", number(0), type_f32), true);
  Stmt *body = stmt_for(&arena, "i", number(0), number(2), number(1), inner);
  body = stmt_then(body, stmt_store(&arena, "y", number(0), expr_var(&arena, "p", type_f32), 1));
  cr_assert(strstr(verify(body), "nothing defines p"));
}

Test(loops, the_verifier_sees_an_access_without_address) {
  Expr *index[] = {number(0), number(0), number(0)};
  cr_assert(strstr(verify(stmt_store(&arena, "y", number(0), expr_access(&arena, 0, type_f32, 3, index), 1)), "no address"));
}

Test(loops, the_verifier_sees_types_that_disagree) {
  Expr *sum = expr_binary(&arena, OP_ADD, expr_load(&arena, "x", number(0), type_f32), var("x"));
  cr_assert(strstr(verify(stmt_store(&arena, "y", number(0), sum, 1)), "types disagree"));
}
