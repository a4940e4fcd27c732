# places.awk - puts before each line of emitted C the place it belongs to, so that two versions can be compared by place.
#
# Places: `table` (offsets and strides), `totals` (sizes of the whole), `kernel` (shared inner kernels, with the types,
# macros and functions that they share), `weights X` (declaration of what X owns), `run X` (the lines of run that call X and tell of it;
# the borders that run zeroes count as `table`), `X` (the function of layer X), `rest`. Needs -v net=PREFIX.
function flush_lines(place, i) {
  for (i = 1; i <= held; i++) print place "\t" lines[i]
  held = 0
}
function short(name) {
  sub("^" net "_", "", name)
  return name ~ /^(kernel_.*|math_.*|zero_border)$/ ? "kernel" : name
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
!inside && (/^(typedef|#)/ || /^static const / || going_on) { # forms shared by kernels; macros go on after a backslash
  flush_lines("kernel")
  print "kernel\t" $0
  going_on = /\\$/
  next
}
!inside && $0 ~ "^(static .*[ *]|const .*[ *]|" net "_[a-z]+ )" net "_[A-Za-z0-9_]+\\(" {
  name = $0
  sub(/\(.*/, "", name)
  sub(/.* \*?/, "", name)
  place = short(name)
  inside = 1
}
!inside { lines[++held] = $0; next }
held { flush_lines(place) }
{
  where = place
  if (place == "run") {
    if ($0 ~ "^ +" net "_[a-z0-9_]*\\(") {
      called = $0
      sub(/^ +/, "", called)
      sub(/\(.*/, "", called)
      called = short(called)
      if (called == "kernel") called = "border"
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
