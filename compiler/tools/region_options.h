/* region_options.h - regions of memory on the command line: --ram, --flash, --place. */
#ifndef CNNC_TOOLS_REGION_OPTIONS_H
#define CNNC_TOOLS_REGION_OPTIONS_H
#include "passes/compilation.h"

/* Adds what `NAME=BYTES` says to the end of the list, or reports what is wrong with it. */
void add_region(Arena *arena, Diagnostics *diagnostics, RegionOption **list, const char *option, const char *text);
/* Reports what contradicts itself once all options are known. */
void check_regions(Arena *arena, Diagnostics *diagnostics, const Options *options);
#endif
