/* Texts of a net in pictures: whatever they hold, they stay texts. */
#include <criterion/criterion.h>
#include <string.h>
#include "tools/picture.h"

static const char hostile[] = "a\"b'c<d>&e;f#g`h\\i[j]{k}|l\nm--n%%o\x7f";

Test(picture, text_in_labels_of_dot_has_no_markup) {
  Arena arena = {0};
  Text out = text_new(&arena);
  add_xml(&out, hostile);
  cr_assert_str_eq(text_string(&out), "a&quot;b&#39;c&lt;d&gt;&amp;e;f#g`h\\i[j]{k}|l m--n%%o ");
  arena_free(&arena);
}

Test(picture, text_in_quotes_of_mermaid_does_not_end_them) {
  Arena arena = {0};
  Text out = text_new(&arena);
  add_mermaid(&out, hostile);
  cr_assert_null(strpbrk(text_string(&out), "\"'<>&`\\[]{}|\n\x7f"));
  cr_assert_not_null(strstr(text_string(&out), "a#34;b#39;c#60;d#62;#38;e#59;f#35;g"));
  arena_free(&arena);
}
