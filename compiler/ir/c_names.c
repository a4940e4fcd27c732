/* c_names.c - names that the emitted C has for itself, and those that C has. */
#include "ir/c_names.h"
#include <string.h>

/* Whether a path begins with a name, a point being `_`. The part of the path behind it, or NULL. */
static const char *behind(const char *path, const char *name) {
  for (; *name; name++, path++)
    if (*path != *name && !(*name == '_' && *path == '.')) return NULL;
  return path;
}

bool is_interface_name(const char *path) {
  static const char *const names[] = {"run",
                                      "inputs",
                                      "outputs",
                                      "env",
                                      "weights",
                                      "status",
                                      "status_text",
                                      "selftest",
                                      "workspace_bytes",
                                      "check",
                                      "overlap",
                                      "zero_border",
                                      "zero_border_of_slice",
                                      "weights_match",
                                      "larger",
                                      "check_sizes"};
  static const char *const beginnings[] = {"kernel_", "math_", "selftest_", "f32x", "u32x", "i32x", "zero4", "zero8", "zero16"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    const char *rest = behind(path, names[i]);
    if (rest && !*rest) return true;
  }
  for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
    if (behind(path, beginnings[i])) return true;
  return false;
}

bool is_c_word(const char *name) {
  static const char words[] =
      " alignas alignof and and_eq asm atomic_cancel atomic_commit atomic_noexcept auto bitand bitor bool break case"
      " catch char char8_t char16_t char32_t class compl concept const consteval constexpr constinit const_cast"
      " continue co_await co_return co_yield decltype default delete do double dynamic_cast else enum explicit"
      " export extern false float for friend goto if inline int long mutable namespace new noexcept not not_eq"
      " nullptr operator or or_eq private protected public register reinterpret_cast requires restrict return short"
      " signed sizeof static static_assert static_cast struct switch template this thread_local throw true try"
      " typedef typeid typename typeof union unsigned using virtual void volatile wchar_t while xor xor_eq NULL EOF"
      " INFINITY NAN I linux unix errno assert near far"
      " ";
  size_t length = strlen(name);
  for (const char *at = strstr(words, name); at; at = strstr(at + 1, name))
    if (at > words && at[-1] == ' ' && at[length] == ' ') return true;
  return name[0] == '_';
}
