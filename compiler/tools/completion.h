/* completion.h - what can stand behind an option or a verb; the scripts of the shells say it in their ways. */
#ifndef CNNC_TOOLS_COMPLETION_H
#define CNNC_TOOLS_COMPLETION_H
#include "tools/options.h"

/* The words that the option's value is one of, with a space between; NULL: anything, mostly a file. */
const char *words_of_option(Arena *arena, const OptionRow *row);
/* The same of the operands of a verb; NULL: files. */
const char *words_of_verb(Arena *arena, Verb verb);
/* The next of the names of an option, "-w, --weights": its length, and *at moves to it; 0: there are no more. */
size_t next_option_name(const char **at);
/* Whether a value follows: none does where it is only taken behind an equals sign. */
bool takes_value(const OptionRow *row);

void print_bash_completion(Text *out);
void print_zsh_completion(Text *out);
void print_fish_completion(Text *out);
#endif
