"""limits.py CNNC DIRECTORY - each limit on what cnnc reads, at one less, itself and one more.

Up to the limit the input is accepted or, where it says nothing sensible, at least not refused for its size; beyond it, it is
refused with these words. With THOROUGH=1 also those that take seconds: files of megabytes."""
import os
import resource
import subprocess
import sys

import worst

CNNC, WORK = os.path.abspath(sys.argv[1]), sys.argv[2]
THOROUGH = bool(os.environ.get("THOROUGH"))
passed = 0
failures = []


def write(name, content):
    path = os.path.join(WORK, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content if isinstance(content, bytes) else content.encode())


def source(text):
    write("n.cnn", text)
    return ["check", "n.cnn"]


def consts(lines):
    return source("".join(f"const {line}\n" for line in lines) + worst.net(""))


def uses(depth):
    """A file that uses one that uses one .., so deep."""
    for i in range(1, depth + 1):
        write(f"u{i}.cnn", f'use "u{i + 1}.cnn"\n' if i < depth else "const k = 1\n")
    return source('use "u1.cnn"\n' + worst.net(""))


def many_uses(count):
    for i in range(count):
        write(f"many/u{i}.cnn", f"const k{i} = 1\n")
    return source("".join(f'use "many/u{i}.cnn"\n' for i in range(count)) + worst.net(""))


def leaves(count):
    """A table of so many numbers, the product of two lists."""
    rows = next(i for i in range(2048, 0, -1) if count % i == 0)
    return consts([f"a = [{'1, ' * (rows - 1)}1]", f"b = [{'1, ' * (count // rows - 1)}1]", "c = outer(a, b)"])


def size_parts(count):
    """A sum of quotients, each of which has two parts."""
    lines = ["c0 = h" if count % 2 else "c0 = h // 2"] + [f"c{i} = c{i - 1} + h // {i + 2}" for i in range(1, (count + 1) // 2)]
    return source("dim h in 1..\n" + "".join(f"const {line}\n" for line in lines) + worst.net(""))


def dims(count):
    head = "".join(f"dim d{i} in 1..9\n" for i in range(count))
    return source(head + "net n {\n" + "".join(f"  input x{i}: [d{i}]\n" for i in range(count)) + "  output y = x0 -> relu\n}\n")


def name_in_c(length):
    """The longest name that comes of the net's has 16 more letters: N_WORKSPACE_BYTES."""
    source(f"net {'a' * (length - 16)} {{\n  input x: [1]\n  output y = x -> relu\n}}\n")
    return ["compile", "n.cnn", "-o", "o.c", "--force"]


def weights(name, content):
    write(name, content)
    source(f'net n {{\n  input x: [4]\n  weights "{name}" (layout=pytorch)\n  output y = x -> fc: fc(2)\n}}\n')
    return ["check", "n.cnn"]


def header(length):
    return weights("w.safetensors", length.to_bytes(8, "little") + b"{}" + b" " * (length - 2))


def metadata(count):
    text = b'{"__metadata__":{' + b",".join(b'"%x":""' % i for i in range(count - 1)) + b"}}"
    return weights("w.safetensors", len(text).to_bytes(8, "little") + text)


def tensor_rank(rank):
    text = b'{"a":{"dtype":"F32","shape":[' + b",".join([b"1"] * rank) + b'],"data_offsets":[0,4]}}'
    return weights("w.safetensors", len(text).to_bytes(8, "little") + text + b"\0\0\0\0")


def npy_header(length):
    text = b"{'descr': '<f4', 'fortran_order': False, 'shape': (0,), }"
    text += b" " * (length - len(text) - 1) + b"\n"
    return weights("w.npz", worst.npz([("a", b"\x93NUMPY\x01\x00" + length.to_bytes(2, "little") + text)]))


def unpacked(excess):
    """An archive that is 64 MiB and `excess` bytes when it is unpacked, and far less before."""
    array = worst.npy("(1000,)", descr="|i1")
    count = (64 << 20) + excess - len(array)
    array = worst.npy(f"({count},)", descr="|i1")
    return weights("w.npz", worst.npz([("a", array + b"\0" * ((64 << 20) + excess - len(array)))], worst.zipfile.ZIP_DEFLATED))


def entries(count):
    return weights("w.npz", worst.npz([(f"t{i}", worst.npy("(0,)")) for i in range(count)]))


def imported(content):
    write("m.onnx", content)
    return ["import", "m.onnx", "-o", "m.cnn", "--force"]


def onnx_depth(levels):
    """Messages in messages: the model, in it 64, its graph, a node, an attribute, its graph, .."""
    body = b""
    for i in reversed(range(levels - 1)):
        body = worst.field((6, 1, 5)[i % 3] if i else 7, body)
    return imported(worst.field(1, 8) + body)


def weights_in_c(rows):
    """Rows of 4095 weights and a bias: those of 4096 are 64 MiB, and are padded besides."""
    source(worst.net("", output=f"x -> c: fc({rows})", shape="[4095]"))
    return ["compile", "n.cnn", "-w", "random:1", "-o", "o.c", "--force"]


def stream(length):
    source("#" * length)
    return ["check", "-"]


# name, limit, makes the input and gives the command, what is said beyond the limit, whether it takes seconds
LIMITS = [
    ("layers", 8192, lambda n: source(worst.net("", output=f"x -> repeat {n} {{ relu }}")), "the network has more than 8192 layers", False),
    ("tensors that flow together", 8192, lambda n: source(worst.net("", output="[" + "x, " * (n - 1) + "x] -> add")), "more than 8192 tensors flow together", False),
    ("brackets", 64, lambda n: consts(["a = " + "(" * n + "1" + ")" * n]), "brackets are nested more than 64 deep", False),
    ("signs", 255, lambda n: consts(["a = " + "-" * n + "1"]), "this expression is nested more than 256 deep", False),
    ("terms of a sum", 256, lambda n: consts(["a = 1" + "+1" * (n - 1)]), "this expression is nested more than 256 deep", False),
    ("lists in lists", 8, lambda n: consts(["a = " + "[" * n + "1" + "]" * n]), "this list is too large or nested too deeply", False),
    ("numbers of a list", 1 << 22, leaves, "the list is too large", True),
    ("parts of a size", 999, size_parts, "the size is made of too many parts", False),
    ("uses in uses", 16, uses, "files use each other more than 16 deep", False),
    ("used files", 1024, many_uses, "more than 1024 files are used", False),
    ("blocks in blocks", 64, lambda n: source(worst.blocks(n, 1)), "blocks are nested more than 64 deep", False),
    ("sizes that vary", 16, dims, "17 sizes that vary, 16 at most can", False),
    ("a size", 2**31 - 1, lambda n: source(worst.net("", shape=f"[{n}]")), "a size cannot be 2147483648", False),
    ("elements", 2**40, lambda n: source(worst.net("", shape={-1: "[3, 61681, 5941]", 0: "[1, 1048576, 1048576]", 1: "[257, 65537, 65281]"}[n - 2**40])), "is too large", False),
    ("sizes of a tensor", 3, lambda n: source(worst.net("", shape="[" + ", ".join(["1"] * n) + "]")), "a tensor has at most 3 sizes", False),
    ("letters of a name in C", 63, name_in_c, "too long in C", False),
    ("header of safetensors", 16 << 20, header, "cnnc reads 16777216 at most", True),
    ("names in safetensors", 1 << 20, metadata, "more than 1048576 names", True),
    ("sizes of a stored tensor", 8, tensor_rank, "a list of more than 8 values", False),
    ("header of npy", 10240, npy_header, "cnnc reads 10240 at most", False),
    ("archive, unpacked", 0, unpacked, "more than 64 times as large as the file", False),
    ("arrays of npz", 65534, entries, "ZIP64 archives are not read", True),
    ("nodes of ONNX", 1000000, lambda n: imported(worst.model(worst.field(1, b"") * n)), "cnnc reads 1000000 at most", True),
    ("inputs of a node", 8192, lambda n: imported(worst.model(worst.node("Concat", ["x"] * n, ["y"], worst.field(5, worst.field(1, "axis") + worst.field(3, 1) + worst.field(20, 2))))), "more than 8192 inputs", False),
    ("depth of ONNX", 65, onnx_depth, "messages are nested more than 64 deep", False),
    ("weights as C, rows", 4095, weights_in_c, "too much as C", True),
    ("a source", 16 << 20, lambda n: source("#" * n), "16 MiB", True),
    ("standard input", 64 << 20, stream, "more than 64 MiB from a pipe", True),
]


def run(arguments, standard_input=subprocess.DEVNULL, memory=None):
    limit = (lambda: resource.setrlimit(resource.RLIMIT_AS, (memory, memory))) if memory else None
    return subprocess.run([CNNC, *arguments], cwd=WORK, stdin=standard_input, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, preexec_fn=limit,
                          text=True, errors="replace", check=False)


def verdict(good, what):
    global passed
    if good:
        passed += 1
    else:
        failures.append(what)
        print("FAILED:", what)


def try_limit(name, limit, make, words):
    for n in (limit - 1, limit, limit + 1):
        arguments = make(n)
        with open(os.path.join(WORK, "n.cnn"), "rb") as file:
            pipe = subprocess.Popen(["cat"], stdin=file, stdout=subprocess.PIPE) if arguments[-1] == "-" else None
            done = run(arguments, pipe.stdout if pipe else subprocess.DEVNULL)
            if pipe:
                pipe.stdout.close()
                pipe.wait()
        refused = words in done.stdout and done.returncode in (1, 3)
        verdict(done.returncode in (0, 1, 3) and "E0999" not in done.stdout and refused == (n > limit),
                f"{name}, {n}: status {done.returncode}: {done.stdout[:200]}")


def try_file_size():
    """A sparse file of 4 GiB is read, if there is memory; one byte more is not even begun."""
    path = os.path.join(WORK, "w.safetensors")
    for size, words in (((4 << 30) + 1, "it is larger than 4 GiB"), (4 << 30, "there is not enough memory"), ((4 << 30) - 1, "there is not enough memory")):
        with open(path, "wb") as file:
            file.truncate(size)
        source('net n {\n  input x: [4]\n  weights "w.safetensors" (layout=pytorch)\n  output y = x -> fc: fc(2)\n}\n')
        done = run(["check", "n.cnn"], memory=1 << 30)
        verdict(words in done.stdout and done.returncode in (1, 3), f"a file of {size} bytes: {done.stdout[:200]}")
    os.remove(path)


def main():
    for name, limit, make, words, slow in LIMITS:
        if THOROUGH or not slow:
            try_limit(name, limit, make, words)
    if "asan" not in CNNC:  # which wants more addresses than that
        try_file_size()
    print(f"{passed} passed, {len(failures)} failed")
    return bool(failures)


sys.exit(main())
