/* completion_scripts.c - the scripts that `cnnc completion` prints, one for each shell. They hold lists only: no shell
 * starts cnnc while somebody types. */
#include <string.h>
#include "tools/completion.h"

static bool is_offered(const OptionRow *row, Verb verb) {
  return row->help && row->names[0] == '-' && (verb == VERB_NONE || row->verbs & 1u << verb);
}

static void add_option_names(Text *out, const OptionRow *row, const char *between) {
  size_t length;
  bool first = true;
  for (const char *at = row->names; (length = next_option_name(&at)) > 0; at += length, first = false) {
    if (!first) text_add(out, between);
    text_add_bytes(out, at, length);
  }
}

static void add_verb_names(Text *out, const char *between) {
  for (int verb = VERB_COMPILE; verb < VERB_COUNT; verb++)
    text_addf(out, "%s%s", verb == VERB_COMPILE ? "" : between, verb_rows[verb].name);
}

/* bash: lists by the word before, then by the verb. Where none fits, readline completes names of files. */

static void add_bash_values(Text *out) {
  text_add(out, "  case $before in\n");
  for (const OptionRow *row = option_rows; row->names; row++) {
    if (!is_offered(row, VERB_NONE) || !takes_value(row)) continue;
    const char *words = words_of_option(out->arena, row);
    text_add(out, "  ");
    add_option_names(out, row, "|");
    if (words) text_addf(out, ") words='%s' known=1 ;;\n", words);
    else text_add(out, ") known=1 ;;\n");
  }
  text_add(out, "  esac\n");
}

static void add_bash_verbs(Text *out) {
  text_add(out, "  case $verb in\n  '') words='");
  add_verb_names(out, " ");
  text_add(out, " --help --version' ;;\n");
  for (int verb = VERB_COMPILE; verb < VERB_COUNT; verb++) {
    const char *operands = words_of_verb(out->arena, (Verb)verb);
    text_addf(out, "  %s)\n    words='%s' options='", verb_rows[verb].name, operands ? operands : "");
    for (const OptionRow *row = option_rows; row->names; row++) {
      if (!is_offered(row, (Verb)verb)) continue;
      add_option_names(out, row, " ");
      text_add(out, " ");
    }
    text_add(out, "' ;;\n");
  }
  text_add(out, "  esac\n");
}

void print_bash_completion(Text *out) {
  text_add(out, "# Completion of cnnc for bash; written by `cnnc completion bash`.\n"
                "_cnnc() {\n"
                "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
                "  local verb= words= options= known= i\n"
                "  if [[ $word == = ]]; then\n"
                "    word=\n"
                "  elif [[ $before == = ]]; then # --NAME=VALUE is three words\n"
                "    before=${COMP_WORDS[COMP_CWORD - 2]}\n"
                "  fi\n"
                "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
                "    case ${COMP_WORDS[i]} in\n"
                "    ");
  add_verb_names(out, "|");
  text_add(out, ") verb=${COMP_WORDS[i]}; break ;;\n"
                "    *.cnn) verb=compile; break ;;\n"
                "    esac\n"
                "  done\n");
  add_bash_values(out);
  text_add(out, "  if [[ $known ]]; then\n"
                "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
                "    return\n"
                "  fi\n");
  add_bash_verbs(out);
  text_add(out, "  [[ $word == -* && $verb ]] && words=$options\n"
                "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
                "}\n"
                "complete -o default -F _cnnc cnnc\n");
}

/* In a string of single quotes: zsh leaves those to put one in, fish has a backslash. */
static void add_quoted(Text *out, const char *text, const char *escaped, const char *quote) {
  for (; *text; text++) {
    if (*text == '\'') text_add(out, quote);
    else {
      if (strchr(escaped, *text)) text_add(out, "\\");
      text_add_char(out, *text, 1);
    }
  }
}

#define ZSH_ESCAPED "[]:\\"
#define ZSH_QUOTE "'\\''"

/* '*--name=[help]:VALUE:(words)', each name on its own */
static void add_zsh_option(Text *out, const OptionRow *row) {
  size_t length;
  for (const char *at = row->names; (length = next_option_name(&at)) > 0; at += length) {
    bool is_long = at[1] == '-', attached = length == 2;
    text_add(out, "    '*");
    text_add_bytes(out, at, length);
    if (row->argument) text_add(out, !takes_value(row) ? "=-" : is_long ? "=" : attached ? "+" : "");
    text_add(out, "[");
    add_quoted(out, row->help, ZSH_ESCAPED, ZSH_QUOTE);
    text_add(out, "]");
    if (row->argument) {
      const char *words = words_of_option(out->arena, row);
      text_add(out, takes_value(row) ? ":" : "::");
      add_quoted(out, row->argument, ZSH_ESCAPED, ZSH_QUOTE);
      if (words) text_addf(out, ":(%s)", words);
      else text_add(out, ":_files");
    }
    text_add(out, "'\n");
  }
}

static void add_zsh_verb(Text *out, Verb verb) {
  const char *words = words_of_verb(out->arena, verb);
  text_addf(out, "  %s) _values=(\n", verb_rows[verb].name);
  for (const OptionRow *row = option_rows; row->names; row++)
    if (is_offered(row, verb)) add_zsh_option(out, row);
  if (!words) text_add(out, "    '*:file:_files'\n");
  else if (*words) text_addf(out, "    '*:name:(%s)'\n", words);
  text_add(out, "    ) ;;\n");
}

void print_zsh_completion(Text *out) {
  text_add(out, "#compdef cnnc\n"
                "# Completion of cnnc for zsh; written by `cnnc completion zsh`.\n"
                "_cnnc() {\n"
                "  local -a _verbs _values\n"
                "  local verb=${words[2]}\n"
                "  if (( CURRENT == 2 )); then\n"
                "    _verbs=(\n");
  for (int verb = VERB_COMPILE; verb < VERB_COUNT; verb++) {
    text_addf(out, "    '%s:", verb_rows[verb].name);
    add_quoted(out, verb_rows[verb].summary, "\\", ZSH_QUOTE);
    text_add(out, "'\n");
  }
  text_add(out, "    )\n"
                "    _describe verb _verbs\n"
                "    _files -g '*.cnn'\n"
                "    return\n"
                "  fi\n"
                "  if [[ $verb == *.cnn ]]; then\n"
                "    verb=compile\n"
                "  else\n"
                "    shift words\n"
                "    (( CURRENT-- ))\n"
                "  fi\n"
                "  case $verb in\n");
  for (int verb = VERB_COMPILE; verb < VERB_COUNT; verb++) add_zsh_verb(out, (Verb)verb);
  text_add(out, "  esac\n"
                "  _arguments -S \"${_values[@]}\"\n"
                "}\n"
                "if [[ $funcstack[1] == _cnnc ]]; then _cnnc \"$@\"; else compdef _cnnc cnnc; fi\n");
}

#define FISH_QUOTE "\\'"

static void add_fish_option(Text *out, const OptionRow *row) {
  size_t length;
  text_add(out, "complete -c cnnc -n '__fish_seen_subcommand_from");
  for (int verb = VERB_COMPILE; verb < VERB_COUNT; verb++)
    if (row->verbs & 1u << verb) text_addf(out, " %s", verb_rows[verb].name);
  text_add(out, "'");
  for (const char *at = row->names; (length = next_option_name(&at)) > 0; at += length) {
    bool is_long = at[1] == '-';
    text_add(out, is_long ? " -l " : length > 2 ? " -o " : " -s ");
    text_add_bytes(out, at + 1 + is_long, length - 1 - is_long);
  }
  const char *words = takes_value(row) ? words_of_option(out->arena, row) : NULL;
  if (words) text_addf(out, " -x -a '%s'", words);
  else if (takes_value(row)) text_add(out, " -r");
  text_add(out, " -d '");
  add_quoted(out, row->help, "\\", FISH_QUOTE);
  text_add(out, "'\n");
}

void print_fish_completion(Text *out) {
  text_add(out, "# Completion of cnnc for fish; written by `cnnc completion fish`.\n");
  for (int verb = VERB_COMPILE; verb < VERB_COUNT; verb++) {
    text_addf(out, "complete -c cnnc -n __fish_use_subcommand -a %s -d '", verb_rows[verb].name);
    add_quoted(out, verb_rows[verb].summary, "\\", FISH_QUOTE);
    text_add(out, "'\n");
    const char *words = words_of_verb(out->arena, (Verb)verb);
    if (words) text_addf(out, "complete -c cnnc -f -n '__fish_seen_subcommand_from %s' -a '%s'\n", verb_rows[verb].name, words);
  }
  for (const OptionRow *row = option_rows; row->names; row++)
    if (is_offered(row, VERB_NONE)) add_fish_option(out, row);
}
