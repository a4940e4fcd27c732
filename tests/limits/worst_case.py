"""worst_case.py CNNC DIRECTORY - the worst inputs of up to 1 MiB (worst.py), with the time and memory that cnnc takes for each.

`check` of any must end within 1 s and 256 MiB, `compile`, `import` and `fmt` within 5 s. That is promised of a release build
on a machine that does nothing else: a case fails at ten times the time, for tests share their machine. CPU time counts.
What takes most is printed, and written to DIRECTORY/worst for the record."""
import os
import resource
import sys

import worst

CNNC, WORK = os.path.abspath(sys.argv[1]), sys.argv[2]
SECONDS = {"check": 1, "fmt": 5, "compile": 5, "import": 5}
MOST_MIB, PATIENCE = 256, 10
passed = 0
failures, figures = [], []


def run(*arguments):
    """Status, seconds of processor time, MiB, the beginning of what is said. This process must be small: a child begins with its memory."""
    with open(os.path.join(WORK, "said"), "w+b") as said:
        child = os.fork()
        if not child:
            os.chdir(WORK)
            resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
            os.dup2(said.fileno(), 1)
            os.dup2(said.fileno(), 2)
            os.execv(CNNC, [CNNC, *arguments])
        status, usage = os.wait4(child, 0)[1:]
        said.seek(0)
        return os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, usage.ru_maxrss >> 10, said.read(2000).decode(errors="replace")


def case(name, *arguments):
    global passed
    status, seconds, mib, said = run(*arguments)
    verb = arguments[0]
    good = status in (0, 1) and (status == 0 or "error[" in said or verb == "fmt") and "E0999" not in said
    good = good and seconds <= PATIENCE * SECONDS[verb] and (verb != "check" or mib <= MOST_MIB)
    figures.append((seconds, mib, verb, name))
    if good:
        passed += 1
    else:
        failures.append(name)
        print(f"FAILED: {verb} of {name}: status {status}, {seconds:.2f} s, {mib} MiB: {said[:150]}")
    return status


def write(name, content):
    with open(os.path.join(WORK, name), "wb") as file:
        file.write(content if isinstance(content, bytes) else content.encode())


def make(kind, name):
    """Writes the input, in a process that goes again with its memory."""
    child = os.fork()
    if not child:
        table = {"n.cnn": worst.sources, "m.onnx": worst.models}.get(kind, worst.weights)()
        write(kind, table[name]())
        os._exit(0)
    if os.waitstatus_to_exitcode(os.wait4(child, 0)[1]):
        sys.exit(f"{name} cannot be made")


def main():
    for name in worst.sources():
        make("n.cnn", name)
        if case(name, "check", "n.cnn") == 0:
            for target in "generic", "x86-64-v3": # without and with vectors
                case(f"{name}, {target}", "compile", "n.cnn", "-w", "random:1", "--target", target, "-o", "o.c", "--force")
        case(name, "fmt", "--check", "n.cnn")
    for name in worst.weights():
        make(name, name)
        write("w.cnn", f'net n {{\n  input x: [4]\n  weights "{name}" (layout=pytorch)\n  output y = x -> fc: fc(2)\n}}\n')
        case(name, "check", "w.cnn")
        case(name, "compile", "w.cnn", "-o", "o.c", "--force")
        os.remove(os.path.join(WORK, name))
    for name in worst.models():
        make("m.onnx", name)
        if case(name, "import", "m.onnx", "-o", "m.cnn", "--force") == 0:
            case(name, "compile", "m.cnn", "-o", "o.c", "--force")
    for verb, limit in SECONDS.items():
        ran = [figure for figure in figures if figure[2] == verb]
        slowest, largest = max(ran), max(ran, key=lambda figure: figure[1])
        line = f"{verb}: {len(ran)} inputs; {slowest[0]:.2f} s ({slowest[3]}) of {limit} s; {largest[1]} MiB ({largest[3]})"
        print(line)
        with open(os.path.join(WORK, "worst"), "a", encoding="utf-8") as file:
            file.write(line + "\n")
    print(f"{passed} passed, {len(failures)} failed")
    return bool(failures)


sys.exit(main())
