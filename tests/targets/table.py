#!/usr/bin/env python3
"""What nets take and give on the machines of machines.txt. usage: table.py docs/targets.md | table.py --check

Each net is compiled for each machine and runs there (measure.c). --check prints what is wrong and a line of counts: the
self-test passes, `--numerics portable` has one hash over all machines and levels of optimisation, elementary functions
have the bits that they have on the host, and no run takes more stack than stack.py finds. A machine that is not here is
skipped in a line. CNNC is the compiler; MACHINES="A;B" leaves the others out."""
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import tempfile

import page
from stack import stack_of

HERE = os.path.dirname(os.path.realpath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
CNNC = os.path.realpath(os.environ.get("CNNC") or os.path.join(ROOT, "build/release/cnnc"))
LEVELS = ["-O0", "-O2", "-O3", "-Os"]
FUNCTIONS = ["exp", "log", "tanh", "sigmoid", "erf", "sqrt", "round"]
WARNINGS = ("-std=c99 -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wcast-qual -Wmissing-prototypes "
            "-Wstrict-prototypes -Wdouble-promotion -Wundef -Werror").split()  # those of docs/generated-c.md


class Net:
    def __init__(self, name, title, file, source, sink):
        self.name, self.title, self.file, self.source, self.sink = name, title, os.path.join(ROOT, file), source, sink


NETS = [
    Net("pulse", "A small 1D network (tests/targets/pulse.cnn)", "tests/targets/pulse.cnn", "x", "y"),
    Net("lenet5", "LeNet-5 (examples/lenet5)", "examples/lenet5/lenet5.cnn", "image", "probs"),
    Net("dscnn", "DS-CNN, keyword spotting (examples/dscnn)", "examples/dscnn/dscnn.cnn", "mfcc", "probs"),
]


class Machine:
    """A line of machines.txt."""

    def __init__(self, line):
        self.name, self.target, compiler, self.link, runner, stride = (cell.strip() for cell in line.split("|"))
        self.compiler, self.link, self.stride = compiler.split(), self.link.split(), int(stride)
        self.needs = runner[len("native:"):].split(",") if runner.startswith("native:") else []
        self.runner = [] if self.needs else runner.split()
        self.found = {}  # by net: what was measured

    @property
    def emulator(self):
        if not self.runner:
            return "-"
        board = {"boards/run-cortex-m": "qemu-system-arm -M", "boards/run-avr": "simavr -m"}.get(self.runner[0])
        return " ".join([board, self.runner[1]]) if board else self.runner[0]

    @property
    def is_avr(self):
        return self.compiler[0] == "avr-gcc"

    @property
    def counter(self):
        """What runs a program and counts its instructions; None: nothing does."""
        if self.emulator.startswith("qemu"):
            return self.runner
        return ["qemu-x86_64", "-cpu", "max"] if self.target in ("generic", "x86-64", "x86-64-v3") and not self.runner else None

    @property
    def reports(self):
        """Whether the compiler says what stack functions take, and which call which."""
        return "gcc" in self.compiler[0] and not self.is_avr

    @property
    def tool_prefix(self):
        name = self.compiler[0]
        return name[: -len("gcc")] if name.endswith("-gcc") and not name.startswith("musl") else ""


class Failure(Exception):
    pass


def call(words, environment=None):
    done = subprocess.run(words, cwd=HERE, capture_output=True, text=True, check=False, env=environment, errors="replace")
    if done.returncode:
        raise Failure("%s: %s" % (" ".join(words)[:200], (done.stderr or done.stdout).strip()[-400:]))
    return done


def build(machine, folder, program, flags, files):
    """The program and, for each file, its object."""
    objects = []
    for file in files:
        objects.append(os.path.join(folder, os.path.basename(file)[:-2] + ".o"))
        call([*machine.compiler, *flags, "-I" + folder, "-I" + os.path.join(ROOT, "runtime"), "-I" + HERE, "-c", file, "-o", objects[-1]])
    call([*machine.compiler, *flags, "-o", program, *objects, *machine.link])
    return objects


def run(machine, program):
    return call([*machine.runner, program])


def instructions(machine, program, plugin):
    """Of a run of the net: those of a program with two less those with one."""
    counts = []
    for runs in ("1", "2"):
        done = call([*machine.counter, program, runs], dict(os.environ, QEMU_PLUGIN=plugin))
        counts.append(int(re.search(r"^instructions (\d+)$", done.stderr, re.M).group(1)))
    return counts[1] - counts[0]


def is_here(machine, folder):
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        flags = file.read().split()
    if not all(need in flags for need in machine.needs) or not shutil.which(machine.compiler[0]):
        return False
    source = os.path.join(folder, "there.c")
    with open(source, "w", encoding="ascii") as file:
        file.write('#include "boards/console.h"\nint main(void) { console_begin(); printf("there\\n"); console_end(); return 0; }\n')
    try:
        build(machine, folder, os.path.join(folder, "there"), [], [source])
        return run(machine, os.path.join(folder, "there")).stdout.strip() == "there"
    except (Failure, OSError):
        return False


def compile_net(machine, net, folder, numerics):
    os.makedirs(folder, exist_ok=True)
    call([CNNC, "compile", net.file, "-w", "random:1", "--target", machine.target, "--numerics", numerics, "--standalone", "--selftest",
          "-q", "-o", os.path.join(folder, net.name + ".c")])
    big, small = net.name.upper(), net.name
    with open(os.path.join(folder, "net.inc"), "w", encoding="ascii") as file:
        file.write('#include "%s.h"\n' % small)
        for name, value in [("RUN", small + "_run"), ("INPUT", "float"), ("OUTPUT", "float"), ("INPUTS", small + "_inputs"),
                            ("OUTPUTS", small + "_outputs"), ("ENV", small + "_env"), ("SELFTEST", small + "_selftest"),
                            ("INPUT_SIZE", "%s_%s_SIZE" % (big, net.source.upper())), ("OUTPUT_SIZE", "%s_%s_SIZE" % (big, net.sink.upper())),
                            ("MEMORY_BYTES", big + "_SELFTEST_BYTES"), ("ALIGN", big + "_WORKSPACE_ALIGN")]:
            file.write("#define NET_%s %s\n" % (name, value))


def number_in_header(net, folder, ending):
    with open(os.path.join(folder, net.name + ".h"), encoding="ascii") as file:
        return int(re.search(r"#define %s_%s (\d+)" % (net.name.upper(), ending), file.read()).group(1))


def build_net(machine, net, folder, level, more=()):
    files = [os.path.join(folder, net.name + ending) for ending in (".c", "_weights.c", "_selftest.c")]
    flags = [*WARNINGS, level, "-D%s_SELFTEST_LINKED" % net.name.upper()]
    program = os.path.join(folder, "measure")
    for file in files[1:]:  # tables: the same at each level
        if os.path.exists(file[:-2] + ".o"):
            files.remove(file)
    tables = [os.path.join(folder, net.name + ending) for ending in ("_weights.o", "_selftest.o")]
    for file in files:
        more_flags = [*(more if file == files[0] else ()), *machine.compiler[1:]]
        call([machine.compiler[0], *flags, *more_flags, "-I" + folder, "-c", file, "-o", file[:-2] + ".o"])
    measure = os.path.join(folder, "measure.o")
    call([*machine.compiler, "-std=gnu99", "-O1", "-I" + folder, "-I" + HERE, "-c", "measure.c", "-o", measure])
    call([*machine.compiler, "-O1", "-o", program, measure, os.path.join(folder, net.name + ".o"), *tables, *machine.link])
    return program


def told(machine, program):
    bits, painted, differs = run(machine, program).stdout.split(None, 2)
    return bits, int(painted), differs.strip()


def bytes_of(machine, file):
    """Of code and constants in an object; None: nothing tells."""
    if "wasm32" in " ".join(machine.compiler):
        return None
    text, data = call([machine.tool_prefix + "size", file]).stdout.splitlines()[1].split()[:2]
    return int(text) + int(data)


def measure_fast(machine, net, folder, plugin):
    compile_net(machine, net, folder, "fast")
    program = build_net(machine, net, folder, "-O2", ["-fcallgraph-info=su"] if machine.reports else [])
    bits, painted, differs = told(machine, program)
    found = {"bits": bits, "painted": painted, "selftest": differs, "workspace": number_in_header(net, folder, "WORKSPACE_BYTES"),
             "code": bytes_of(machine, os.path.join(folder, net.name + ".o")),
             "weights": bytes_of(machine, os.path.join(folder, net.name + "_weights.o")), "instructions": None, "stack": None}
    if machine.counter and plugin:
        found["instructions"] = instructions(machine, program, plugin)
    if machine.reports:
        listing = call([machine.tool_prefix + "objdump", "-d", program]).stdout if painted else ""
        found["stack"] = stack_of(os.path.join(folder, net.name + ".ci"), net.name + "_run", listing)
    return found


def measure_net(machine, net, folder, levels, plugin):
    """Of a net on a machine; a string says what is wrong."""
    try:
        found = measure_fast(machine, net, os.path.join(folder, "fast"), plugin)
        portable = os.path.join(folder, "portable")
        compile_net(machine, net, portable, "portable")
        found["portable"] = {}
        for level in levels:
            bits, _, differs = told(machine, build_net(machine, net, portable, level))
            found["portable"][level] = bits if differs == "ok" else "%s (self-test: %s)" % (bits, differs)
        return found
    except Failure as failure:
        return str(failure)


def hashes(machine, folder, stride):
    program = os.path.join(folder, "functions")
    build(machine, folder, program, ["-std=gnu99", "-O2", "-ffp-contract=off", "-DSTRIDE=%du" % stride], ["functions.c"])
    lines = [line.split() for line in run(machine, program).stdout.splitlines()]
    return {name: (bits, int(wrong)) for name, bits, wrong in lines}


def measure(machine, folder, checking, plugin):
    os.makedirs(folder)
    machine.here = is_here(machine, folder)
    if not machine.here:
        return machine
    for net in NETS:
        if machine.is_avr and net.name != "pulse":
            continue  # constants are in its 16 KB of RAM
        levels = LEVELS if net.name == "pulse" or not checking else ["-O2"]
        machine.found[net.name] = measure_net(machine, net, os.path.join(folder, net.name), levels, plugin)
    try:
        machine.functions = hashes(machine, folder, machine.stride)
    except Failure as failure:
        machine.functions = str(failure)
    return machine


def hosts_functions(folder, strides):
    host = Machine("host | generic | gcc | -lm | | 1")
    os.makedirs(folder)
    return {stride: hashes(host, folder, stride) for stride in strides}


def problems_of(machine, known, wanted):
    """One string for each check, empty where it passed."""
    for net, found in machine.found.items():
        if isinstance(found, str):
            yield "%s: %s" % (net, found)
            continue
        yield "" if found["selftest"] == "ok" else "%s: self-test: %s" % (net, found["selftest"])
        for level, bits in found["portable"].items():
            yield "" if bits == wanted[net] else "%s: portable, %s: bits %s, not %s" % (net, level, bits, wanted[net])
        if found["painted"] and found["stack"] is not None:
            said = "%s: takes %d bytes of stack, reported are %d" % (net, found["painted"], found["stack"])
            yield "" if 0 < found["painted"] <= found["stack"] else said
    if isinstance(machine.functions, str):
        yield machine.functions
        return
    for name in FUNCTIONS:
        bits, wrong = machine.functions[name]
        good = bits == known[machine.stride][name][0] and not wrong
        yield "" if good else "%s: bits %s, %d vectors differ" % (name, bits, wrong)


def check(machines, known, wanted):
    passed = failed = skipped = 0
    for machine in machines:
        if not machine.here:
            print("skipped: %s is not here" % machine.name)
            skipped += 1
            continue
        for problem in problems_of(machine, known, wanted):
            passed, failed = passed + (not problem), failed + bool(problem)
            if problem:
                print("FAIL %s: %s" % (machine.name, problem))
    print("%d passed, %d failed%s" % (passed, failed, ", %d skipped" % skipped if skipped else ""))
    return failed > 0 or passed == 0


def main():
    checking = sys.argv[1:] == ["--check"]
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(os.path.join(HERE, "machines.txt"), encoding="ascii") as file:
        machines = [Machine(line) for line in file if line.strip() and not line.startswith("#")]
    only = [name for name in os.environ.get("MACHINES", "").split(";") if name]
    machines = [machine for machine in machines if not only or machine.name in only]
    with tempfile.TemporaryDirectory() as work:
        plugin = None
        if not checking:
            plugin = os.path.join(work, "count.so")
            call(["gcc", "-shared", "-fPIC", "-O2", "-o", plugin, "boards/count_instructions.c"])
        folders = [os.path.join(work, str(i)) for i in range(len(machines))]
        with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            list(pool.map(lambda pair: measure(pair[0], pair[1], checking, plugin), zip(machines, folders)))
        known = hosts_functions(os.path.join(work, "host"), {machine.stride for machine in machines})
    wanted = {}
    for machine in machines:
        for net, found in machine.found.items():
            if not isinstance(found, str):
                wanted.setdefault(net, found["portable"]["-O2"])
    failed = check(machines, known, wanted)
    if not checking and not failed:
        page.write(sys.argv[1], [machine for machine in machines if machine.here], NETS, wanted, LEVELS)
    return failed


if __name__ == "__main__":
    sys.exit(main())
