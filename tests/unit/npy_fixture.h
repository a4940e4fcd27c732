/* npy_fixture.h - .npy files made by hand. */
#ifndef CNNC_TESTS_NPY_FIXTURE_H
#define CNNC_TESTS_NPY_FIXTURE_H
#include "support/text.h"

#define HEADER(descr, order, shape) "{'descr': '" descr "', 'fortran_order': " order ", 'shape': " shape ", }  \n"

/* A file of the given version around a header text, not padded, and the data. */
Text npy_of(Arena *arena, int version, const char *header, const void *data, size_t data_length);
#endif
