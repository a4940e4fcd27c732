# places.awk - puts before each line of emitted C the place it belongs to, so that two versions can be compared by place.
#
# Places: `table` (offsets and strides), `totals` (sizes of the whole), `kernel` (shared inner kernels, with the types,
# macros and functions that they share), `weights X` (declaration of what X owns), `run X` (the lines of run that call X and tell of it;
# the borders that run zeroes count as `table`, loops over stripes as their last layer's), `X` (the function of layer X), `rest`. Needs -v net=PREFIX.
function flush_lines(place, i) {
  for (i = 1; i <= held; i++) print place "\t" lines[i]
  held = 0
}
function short(name) {
  sub("^" net "_", "", name)
  if (name ~ /^(workspace_bytes|check_sizes)$/) return "totals"
  return name ~ /^(kernel_.*|math_.*|zero_border|larger)$/ ? "kernel" : name
}
BEGIN { NET = toupper(net); place = "rest" }
# Between functions: wait until the function's name is known.
!inside && $0 == "" { flush_lines("rest"); lines[++held] = $0; next }
!inside && $0 ~ "^#define " NET "_(OFFSET|SLICE|WEIGHTS|[A-Z0-9]+_(ROW|COLUMN|CHANNEL))_" { flush_lines("rest"); print "table\t" $0; next }
!inside && $0 ~ "^#define " NET "_(WORKSPACE|WEIGHTS)_" || / multiply-adds for one sample/ { flush_lines("rest"); print "totals\t" $0; next }
!inside && /^extern const float / {
  flush_lines("rest")
  name = $4
  sub(/\[.*/, "", name)
  sub(/_(weight|bias)$/, "", name)
  print "weights " short(name) "\t" $0
  next
}
!inside && $0 ~ "^static const float " net "_" { # numbers that are given in the source
  flush_lines("rest")
  name = $4
  sub(/\[.*/, "", name)
  numbers = short(name)
}
numbers { print "weights " numbers "\t" $0; if (/;$/) numbers = ""; next }
!inside && (/^(typedef|#)/ || /^static const / || going_on) { # forms shared by kernels; macros go on after a backslash
  flush_lines("kernel")
  print "kernel\t" $0
  going_on = /\\$/
  next
}
!inside && $0 ~ "^(static .*[ *]|const .*[ *]|size_t |" net "_[a-z]+ )" net "_[A-Za-z0-9_]+\\(" {
  name = $0
  sub(/\(.*/, "", name)
  sub(/.* \*?/, "", name)
  place = short(name)
  inside = 1
}
!inside && held && lines[held] ~ /^static .*[a-z]$/ && $0 ~ "^ +" net "_[A-Za-z0-9_]+\\(" { # a long name has a line of its own
  name = $1
  sub(/\(.*/, "", name)
  place = short(name)
  inside = 1
}
!inside { lines[++held] = $0; next }
held { flush_lines(place) }
{
  where = place
  if (place == "run") {
    if ($0 ~ /^  \/\* Stripes of /) { # layers that are computed together, called like the last of them
      group = $7
      sub(/:.*/, "", group)
      gsub(/\./, "_", group)
    }
    if (group) where = "run " group
    if ($0 ~ /^ +size_t row_of_[a-z0-9_]* = 0;$/) {
      where = $2
      sub(/^row_of_/, "run ", where)
    }
    if ($0 == "  }") group = ""
    if ($0 ~ "^ +" net "_[a-z0-9_]*\\(") {
      called = $0
      sub(/^ +/, "", called)
      sub(/\(.*/, "", called)
      called = short(called)
      if (called == "kernel") called = "border"
      if (called ~ /^(move|zero)_rows$/ && group) called = group
      calling = 1
    }
    if ($0 ~ "^ +" NET "_AFTER_LAYER\\(") {
      called = $0
      gsub(/^.*\(|\).*/, "", called)
      calling = 1
    }
    if (calling) where = called == "border" ? "table" : "run " called
    if (/;$/) calling = 0
  }
  print where "\t" $0
}
/^}/ { inside = 0; place = "rest" }
END { flush_lines("rest") }
