#!/usr/bin/env python3
"""The tests are tested: each fault that mutants.txt lists, put into cnnc or its runtime, must fail some test program.

  mutants.py check              every fault still names text that is there, once, and none is listed twice
  mutants.py tree DIRECTORY     a copy of the sources with all faults in it, each behind a switch; nothing else changes
  mutants.py run DIRECTORY [--record] [--known] [--only WORDS]   builds the copy and runs the tests, with no fault and with each in turn

A fault is on when the variable CNNC_MUTANT holds its number, which is made of its text: cnnc reads it when it starts, and in
the C that includes the runtime it is a macro of the compiler that is called (DIRECTORY/cc). mutants.txt says for each
fault which program kills it: only that one is run, and the others, cheapest first, if it does not. --record writes them down."""
import argparse
import concurrent.futures
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zlib

HERE = os.path.dirname(os.path.realpath(__file__))
ROOT = os.path.realpath(os.path.join(HERE, "../.."))
LIST = os.path.join(HERE, "mutants.txt")
# Name and command, cheapest first; words after the name in mutants.txt are more arguments. Goldens are last: they see any change
# of the text, whether it is wrong or not, so that a fault which they alone see is tested weakly.
PROGRAMS = {
    "unit": "tests/unit/run", "runtime": "tests/runtime/run", "diff": "tests/diff/run", "worked": "tests/worked/run",
    "graph": "tests/graph/run", "report": "tests/report/run", "features": "tests/features/run",
    "weights": "tests/weights/run", "diagnostics": "tests/diagnostics/run", "import": "tests/import/run", "cli": "tests/cli/run", "progress": "tests/progress/run", "lsp": "tests/lsp/run",
    "filter": "tests/filter/run", "faults": "tests/faults/run", "names": "tests/names/run", "selftest": "tests/selftest/run",
    "threads": "tests/threads/run", "memory": "tests/memory/run", "numeric": "tests/numeric/run", "differential": "tests/differential/run",
    "export": "tests/export/run", "onnx_backend": "tests/onnx_backend/run", "roundtrip": "tests/roundtrip/run",
    "golden": "tests/run-golden",
}
SECONDS = 600  # what runs longer hangs


class Mutant:
    def __init__(self, file, what, killer, before, old, new, after):
        self.file, self.what, self.killer, self.before, self.old, self.new, self.after = file, what, killer, before, old, new, after
        self.number = zlib.crc32("\n".join((file, before, old, new, after)).encode())
        self.outcome = None

    def line(self, text):
        return self.before + text + self.after


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def write(path, text):
    """Leaves files alone that hold the text already, so that make builds what has changed."""
    if not os.path.exists(path) or read(path) != text:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)


def read_list():
    mutants, file, what, killer = [], None, None, None
    for number, line in enumerate(read(LIST).splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if not line.startswith(" "):
            file = line
        elif not line.startswith("    "):
            what, killer = re.fullmatch(r"  (.*?)(?: \[(.*)\])?", line).groups()
        else:
            parts = re.fullmatch(r"    (.*?)@(.*?) => (.*?)@(.*)", line)
            if not parts or not what:
                sys.exit(f"mutants.txt:{number}: not a fault: {line}")
            mutants.append(Mutant(file, what, killer, *parts.groups()))
            what = None
    return mutants


def check(mutants):
    """What is wrong with the list: it must not rot while the sources change."""
    wrong = []
    for m in mutants:
        found = read(os.path.join(ROOT, m.file)).count(m.line(m.old))
        if found != 1:
            wrong.append(f"{m.file}: {m.what}: found {found} times: {m.line(m.old)}")
    numbers = [m.number for m in mutants]
    return wrong + [f"{m.file}: {m.what}: listed twice" for m in mutants if numbers.count(m.number) > 1]


def switched(m):
    """The text of a fault's place: an expression, or a statement, where both forms stand."""
    if m.old.endswith(";"):
        return f"{{ if (CNNC_MUTANT == {m.number}u) {{ {m.new} }} else {{ {m.old} }} }}"
    return f"(CNNC_MUTANT == {m.number}u ? ({m.new}) : ({m.old}))"


def with_switches(file, mutants):
    """Places may share a line, but not overlap."""
    text = read(os.path.join(ROOT, file))
    places = []
    for m in mutants:
        begin = text.index(m.line(m.old)) + len(m.before)
        places.append((begin, begin + len(m.old), m))
    places.sort(key=lambda place: place[:2])
    for (_, end, m), (begin, _, other) in zip(places, places[1:]):
        if begin < end:
            sys.exit(f"{file}: `{m.what}` and `{other.what}` overlap")
    for begin, end, m in reversed(places):
        text = text[:begin] + switched(m) + text[end:]
    return text


# In every file of cnnc: the number of the fault that is on.
SWITCH_H = """#ifndef CNNC_MUTANT
extern unsigned cnnc_mutant;
#define CNNC_MUTANT cnnc_mutant
#endif
"""
SWITCH_C = """#include <stdlib.h>
unsigned cnnc_mutant;
__attribute__((constructor(101))) static void read_number(void) {
  const char *number = getenv("CNNC_MUTANT");
  if (number) cnnc_mutant = (unsigned)strtoul(number, NULL, 10);
}
"""
RUNTIME_SWITCH = "#ifndef CNNC_MUTANT\n#define CNNC_MUTANT 0\n#endif\n"
COMPILER = '#!/bin/sh\nexec {cc} -DCNNC_MUTANT="${{CNNC_MUTANT:-0}}u" "$@"\n'
# Of texts that cnnc emits: faults are other texts, which take their places when cnnc starts.
EMBED = """#!/bin/sh
exec {python} {script} embed "$0" "$@"
"""


def is_text(file):
    return file.endswith((".in", ".inc"))


def embed(mutants, header, files):
    """compiler/emit/embed, with each faulty form of a text behind its own."""
    strings = lambda names: subprocess.run(["sh", os.path.join(ROOT, "compiler/emit/embed"), header, *names], cwd=ROOT, check=True,
                                           capture_output=True, text=True).stdout
    changed = [m for m in mutants if is_text(m.file) and m.file in files]
    if not changed:
        return strings(files)
    lines = [line for line in strings(files).splitlines() if not line.startswith("#include")]
    text, choices = "\n".join(lines) + "\n", ""
    for m in changed:
        with tempfile.TemporaryDirectory() as where:
            own = os.path.join(where, os.path.basename(m.file))
            write(own, read(os.path.join(ROOT, m.file)).replace(m.line(m.old), m.line(m.new)))
            lines = strings([own]).splitlines()[1:]
        name = re.match(r"const char (\w+)\[\]", lines[0]).group(1)
        text += "\n".join([f"static const char mutant_{m.number}[] ="] + lines[1:]) + "\n"
        choices += f"  if (cnnc_mutant == {m.number}u) strcpy({name}, mutant_{m.number});\n"
        text = text.replace(f"const char {name}[] =", f"char {name}[sizeof {name}_text + 1000] =")
    # the room for a longer text: sizes come from the texts themselves
    for name in set(re.findall(r"sizeof (\w+)_text", text)):
        body = re.search(rf"char {name}\[sizeof {name}_text \+ 1000\] =\n(.*?)  ;\n", text, re.S).group(1)
        text = text.replace(f"sizeof {name}_text + 1000", str(len(body) + 1000))
    return ("#include <string.h>\nextern unsigned cnnc_mutant;\n" + text +
            "__attribute__((constructor(102))) static void choose_texts(void) {\n" + choices + "}\n")


def make_tree(directory, mutants):
    tree = os.path.join(directory, "tree")
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\n")
    by_file = {}
    for m in mutants:
        by_file.setdefault(m.file, []).append(m)
    for file in filter(None, files):
        source, copy = os.path.join(ROOT, file), os.path.join(tree, file)
        if file in by_file and not file.endswith(".in"):
            text = with_switches(file, by_file[file])
            write(copy, RUNTIME_SWITCH + text if file.startswith("runtime/") else text)
        elif file != "compiler/emit/embed" and os.path.exists(source) and \
                (not os.path.exists(copy) or os.stat(copy).st_mtime < os.stat(source).st_mtime):
            os.makedirs(os.path.dirname(copy), exist_ok=True)
            shutil.copy2(source, copy)
    write(os.path.join(tree, "compiler/support/switch.c"), SWITCH_C)
    write(os.path.join(tree, "switch.h"), SWITCH_H)
    write(os.path.join(tree, "compiler/emit/embed"), EMBED.format(python=sys.executable, script=os.path.realpath(__file__)))
    compiler = os.path.join(directory, "cc")
    write(compiler, COMPILER.format(cc=os.environ.get("CC") or "gcc"))
    os.chmod(compiler, 0o755)
    return tree


def build(tree):
    b = "build/mutants"
    own = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL")}
    subprocess.run(["make", "-s", "-C", tree, "CC=gcc", "VARIANT=mutants", f"CFLAGS=-O1 -w -DCNNC_TESTING -include {tree}/switch.h",
                    *(f"{b}/{program}" for program in ("cnnc", "unit-tests", "faults"))], check=True, stdout=subprocess.DEVNULL, env=own)
    emitter = f'CNNC={b}/cnnc CC=gcc EMITTER= here=tests/harness; . tests/harness/nets.sh; build_emitter; mv "$EMIT" {b}/emit_nets'
    subprocess.run(["sh", "-c", emitter], cwd=tree, check=True)


class Suite:
    def __init__(self, directory, tree):
        self.tree = tree
        b = os.path.join(tree, "build/mutants")
        self.environment = {**os.environ, "BUILD": b, "CNNC": os.path.join(b, "cnnc"), "CC": os.path.join(directory, "cc"),
                            "CRITERION_FAIL_FAST": "1", "EMITTER": os.path.join(b, "emit_nets")}

    def fails(self, words, number):
        """Why the program fails with this fault; None: it passes."""
        name, *words = words.split()
        arguments = [file for word in words for file in (glob.glob(os.path.join(self.tree, word)) if word.startswith("tests/") else [word])]
        with tempfile.TemporaryDirectory() as where:
            os.chmod(where, 0o755)  # tests/faults has a child that is nobody
            process = subprocess.Popen([*PROGRAMS[name].split(), *arguments], cwd=self.tree, stdin=subprocess.DEVNULL,
                                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                                       start_new_session=True, env={**self.environment, "CNNC_MUTANT": str(number), "TMPDIR": where})
            try:
                out, _ = process.communicate(timeout=SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)
                process.communicate()
                return f"no end in {SECONDS} s"
        last = out.strip().rsplit("\n", 1)[-1]
        if process.returncode == 0 and re.match(r"[1-9]\d* passed, 0 failed", last):
            return None
        return next((line.strip() for line in out.split("\n") if re.search("fail|error", line, re.I)), last) or "nothing said"

    def kill(self, m, known_only):
        """The words of the program that sees the fault, and what it says of it."""
        names = [m.killer] if m.killer else []
        for words in names + [name for name in PROGRAMS if name not in names and not known_only]:
            why = self.fails(words, m.number)
            if not why:
                continue
            net = re.search(r": FAIL (\w+?)(_at\d+)?:", why) if re.fullmatch(r"numeric \w+", words) else None
            alone = f"{words} {net.group(1)}" if net else ""
            return (alone if net and self.fails(alone, m.number) else words), why
        return None, None


def record(mutants):
    """Writes the programs that kill into mutants.txt."""
    killers = iter(mutants)
    lines = read(LIST).splitlines()
    for at, line in enumerate(lines):
        if re.match(r"  \S", line):
            m = next(killers)
            lines[at] = f"  {m.what}" + (f" [{m.killer}]" if m.killer else "")
    write(LIST, "\n".join(lines) + "\n")


def without_faults(mutants):
    """What must pass without a fault; nets of one file together."""
    together = {}
    for words in {m.killer for m in mutants if m.killer}:
        name, *rest = words.split()
        together.setdefault((name, *rest[:1]), set()).update(rest[1:])
    return sorted(" ".join([*words, ",".join(sorted(rest))] if words[0] == "numeric" else [*words, *rest]).strip()
                  for words, rest in together.items())


def run(mutants, arguments):
    directory = os.path.realpath(arguments.directory)
    tree = make_tree(directory, mutants)
    build(tree)
    suite = Suite(directory, tree)
    wanted = [m for m in mutants if all(word in m.file + m.what for word in arguments.only)]
    begin = time.time()

    def passes(words):
        why = suite.fails(words, 0)
        if why:
            print(f"FAILED: {words} fails without a fault: {why}", flush=True)
        return not why

    def one(m):
        start = time.time()
        m.outcome, why = suite.kill(m, arguments.known)
        m.killer = m.outcome or m.killer
        verdict = f"{m.outcome}: {why[:100]}" if m.outcome else "SURVIVES"
        if arguments.verbose or not m.outcome:
            print(f"{m.file}: {m.what}: {verdict} ({time.time() - start:.0f} s)", flush=True)
        if arguments.record:
            record(mutants)

    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        broken = 0 if arguments.known else list(pool.map(passes, without_faults(wanted))).count(False)
        list(pool.map(one, wanted))
    killed = [m for m in wanted if m.outcome]
    by_program = {}
    for m in killed:
        name = m.outcome.split()[0]
        by_program[name] = by_program.get(name, 0) + 1
    print(f"killed in {time.time() - begin:.0f} s by " + ", ".join(f"{name} {count}" for name, count in sorted(by_program.items())))
    print(f"{len(killed)} passed, {len(wanted) - len(killed) + broken} failed")
    return 1 if broken or len(killed) < len(wanted) else 0


def main():
    if sys.argv[1:2] == ["embed"]:  # of the copy's Makefile: the script's own name, then what embed is called with
        sys.stdout.write(embed(read_list(), sys.argv[3], sys.argv[4:]))
        return 0
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=["check", "tree", "run"])
    parser.add_argument("directory", nargs="?", default=os.path.join(ROOT, "build/mutants"))
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--known", action="store_true", help="only the programs that mutants.txt names")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--only", nargs="*", default=[])
    arguments = parser.parse_args()
    mutants = read_list()
    wrong = check(mutants)
    if wrong or arguments.verb == "check":
        print("\n".join(wrong + [f"{len(mutants) - len(wrong)} passed, {len(wrong)} failed"]))
        return 1 if wrong else 0
    if arguments.verb == "tree":
        make_tree(os.path.realpath(arguments.directory), mutants)
        return 0
    return run(mutants, arguments)


sys.exit(main())
