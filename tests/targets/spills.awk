# spills.awk - vectors that the innermost loops of kernels keep on the stack, in assembly by gcc or clang: prints each
# such line, and at last the number of loops. A loop is a block that ends with a branch to its label and in which at least
# eight vectors are multiplied.
/^[A-Za-z_.].*:/ {
  label = $1
  sub(/:.*/, "", label)
  products = 0
  stack = ""
}
/^[ \t]+(j|b|cb|tb)[a-z.]*[ \t]/ {
  if ($NF == label && products >= 8) {
    loops++
    printf "%s", stack
  }
  label = ""
}
/^[ \t]+(fmla|vfma|vmla|vfmadd[0-9]*ps|mulps|vmulps)/ { products++ }
/\[sp/ && /[ \t,{][vqd][0-9]+/ || /^[ \t]+v?mov[au]ps.*\(%rsp\)/ { stack = stack FILENAME ": " $0 "\n" }
END { print loops + 0 " loops" }
