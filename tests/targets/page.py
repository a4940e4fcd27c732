"""docs/targets.md: what table.py measured, as text."""
import re
import subprocess

HEAD = """# Targets

What C that cnnc emitted takes on other machines, and that it computes the same there. `make targets-table` writes this
page: it compiles three networks with seeded weights for each machine of `tests/targets/machines.txt`, runs them there (under
an emulator where one is named), and measures. `make check` repeats the runs and looks at what must hold:

* The **self-test** that cnnc writes with `--selftest` passes: the numbers are those of the reference evaluator, within the
  bounds that it proves.
* With `--numerics portable` each network gives **the same bits** on all of these machines, with all of these compilers,
  at %s.
* The **elementary functions** give the same bits there as on the machine that compiles, over a large sample of all floats;
  there `tests/runtime/elementary --exhaustive` compares all 2^32 with exact results
  ([runtime/README.md](../runtime/README.md)).
* No run takes more **stack** than reported, where the stack is painted.

| network | bits of its outputs with `--numerics portable` (FNV-1a) |
|---|---|
"""

COLUMNS = """
`--target` as named, `--numerics fast`, `-O2`:

* **code**, **weights**: bytes of `NET.o` and `NET_weights.o`, code and constants together (`size`): flash.
* **workspace**: what the caller hands over: RAM, beside inputs and outputs.
* **stack**: of the deepest chain of calls from `NET_run` on, from gcc's own report of each function
  (`-fcallgraph-info=su`); on Cortex-M with functions of the compiler's library, for which their instructions are read;
  elsewhere without them (`memset`, `memcpy`, arithmetic where floats are a library). **painted**: what a run was seen to use.
* **instructions**: of one run, all that a plugin of QEMU counts in two runs less those in one; those of x86-64 by qemu-x86_64,
  which has no AVX-512.
* A dash: nothing tells.
"""


def table(titles, rows, numbers):
    marks = ["---:" if title in numbers else "---" for title in titles]
    return ["| " + " | ".join(row) + " |" for row in [titles, marks, *rows]]


def version_of(program):
    """"gcc 12.2.0", from the first line that says what version it is."""
    done = subprocess.run([program, "-v" if program == "tcc" else "--version"], capture_output=True, text=True, check=False)
    versions = re.findall(r"[0-9]+\.[0-9]+\.[0-9]+", (done.stdout or done.stderr or "\n").splitlines()[0])
    return " ".join([program, *versions[-1:]])


def number(value):
    return "{:,}".format(value) if value else "-"


def machine_rows(machines):
    for machine in machines:
        flags = " ".join(word for word in machine.compiler if word.startswith("-"))
        yield [machine.name, "`%s`" % machine.target, version_of(machine.compiler[0]), "`%s`" % flags if flags else "-",
               machine.emulator, number(0xFFFFFFFF // machine.stride)]


def net_rows(machines, net):
    for machine in machines:
        found = machine.found.get(net.name)
        if not found:
            continue
        yield [machine.name, *(number(found[key]) for key in ("code", "weights", "workspace", "stack", "painted", "instructions"))]


def write(path, machines, nets, wanted, levels):
    lines = (HEAD % ", ".join("`%s`" % level for level in levels)).splitlines()
    lines += ["| %s | `%s` |" % (net.title, wanted[net.name]) for net in nets]
    lines += ["", "## Machines", ""]
    lines += table(["machine", "target", "compiler", "flags", "run by", "floats tried for each function"], machine_rows(machines),
                   ["floats tried for each function"])
    emulators = {machine.emulator.split()[0] for machine in machines if machine.runner}
    lines += ["", "Emulators: %s." % ", ".join(version_of(program) for program in sorted(emulators))]
    lines += ["", "## Networks", *COLUMNS.splitlines()]
    for net in nets:
        lines += ["", "### " + net.title, ""]
        titles = ["machine", "code", "weights", "workspace", "stack", "painted", "instructions"]
        lines += table(titles, net_rows(machines, net), titles[1:])
        absent = [machine.name for machine in machines if net.name not in machine.found]
        if absent:
            lines += ["", "Too large for: %s." % "; ".join(absent)]
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
