/* templates.h - the .in files of real C, embedded when cnnc is built. */
#ifndef CNNC_EMIT_TEMPLATES_H
#define CNNC_EMIT_TEMPLATES_H
#define TEMPLATE(name) extern const char template_##name[];
TEMPLATE(header_h)
TEMPLATE(vector_lanes_c)
TEMPLATE(noinline_c)
TEMPLATE(noinline_512_c)
TEMPLATE(vector_width_c)
TEMPLATE(vector_select_c)
TEMPLATE(vector_max_c)
TEMPLATE(vector_min_c)
TEMPLATE(vector_splat_c)
TEMPLATE(vector_parts_c)
TEMPLATE(prefetch_c)
TEMPLATE(prefetch_later_c)
TEMPLATE(numerics_fast_c)
TEMPLATE(numerics_neon_c)
TEMPLATE(numerics_portable_c)
TEMPLATE(larger_c)
TEMPLATE(parallel_c)
TEMPLATE(meet_c)
TEMPLATE(run_c)
TEMPLATE(weights_check_c)
TEMPLATE(run_main_c)
TEMPLATE(bench_main_c)
/* The texts of runtime/functions, for --standalone. */
TEMPLATE(function_scalar)
TEMPLATE(function_vector)
TEMPLATE(function_exp)
TEMPLATE(function_log)
TEMPLATE(function_tanh)
TEMPLATE(function_sigmoid)
TEMPLATE(function_erf)
TEMPLATE(function_sqrt)
TEMPLATE(function_round)
TEMPLATE(function_undefine)
#undef TEMPLATE
#endif
