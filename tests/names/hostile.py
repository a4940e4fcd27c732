"""hostile.py CNNC DIRECTORY COUNT - so many hostile names in sources, weights and ONNX models never become code.

Names stand where users write what they like: doc comments, meta, labels of classes, tensors of a weights file, nodes and
tensors of a model. The C of a net with hostile names must have the tokens of the C with plain ones, where identifiers of
imported layers and the text of strings may differ; labels must read back as they were; messages must hold no control bytes.
ONNX needs the onnx package, else that part is skipped."""
import json
import os
import random
import re
import struct
import subprocess
import sys

CNNC, WORK, COUNT = sys.argv[1], sys.argv[2], int(sys.argv[3])
PART = 50  # names in one net
FRAGMENTS = ["*/", "/*", "//", "\\", "\n", "\r", "\t", "??/", "??=", '"', "'", "\\\n", '#include "/etc/hostname"\n', "#error x\n", "int", "main", "NULL",
             "__attribute__((constructor)) void f(void) { system(\"x\"); }", ";", "}", "{", "(", ")", "\x1b[31m", "\x07", "\x7f", "é", "日本", "\u202e", "\u2028",
             "%s%n", "$(x)", "`x`", "..", "/", "relu", "run", "_Pragma(\"x\")", "L\"", "\\x41", "\\u0041", "0", " ", "a", "conv", "@PREFIX@", "*", "?"]
TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|[A-Za-z_]\w*|\.?\d[\w.]*(?:[-+](?<=[eEpP][-+])\w*)?|\S')
passed = failed = 0


def verdict(good, what):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print("FAIL", what)


def some_name(rng):
    if rng.random() < 0.01:
        return rng.choice(FRAGMENTS) * 2000
    return "".join(rng.choice(FRAGMENTS) for _ in range(rng.randint(0 if rng.random() < 0.02 else 1, 6)))


def run(*arguments):
    done = subprocess.run([CNNC, *arguments], cwd=WORK, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    said = done.stdout + done.stderr
    verdict(not re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", done.stderr), f"control bytes in what `cnnc {' '.join(arguments)}` says")
    return done.returncode, said.decode(errors="replace")


def read(name):
    with open(os.path.join(WORK, name), encoding="utf-8", errors="surrogateescape", newline="") as file:
        return file.read()


def write(name, content):
    with open(os.path.join(WORK, name), "wb") as file:
        file.write(content if isinstance(content, bytes) else content.encode("utf-8", "surrogateescape"))


def tokens(text, free_names):
    """Of C as the standard reads it: trigraphs and spliced lines come before comments. Directives count as they are."""
    for trigraph, character in (("??/", "\\"), ("??=", "#"), ("??'", "^"), ("??(", "["), ("??)", "]"), ("??!", "|"), ("??<", "{"), ("??>", "}"), ("??-", "~")):
        text = text.replace(trigraph, character)
    text = text.replace("\\\r\n", "").replace("\\\n", "")
    out = []
    position = 0
    comment = re.compile(r'//[^\n]*|/\*.*?\*/|("(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\')', re.S)
    for match in comment.finditer(text):
        out.append(text[position : match.start()] + (match.group(1) or " "))
        position = match.end()
    out.append(text[position:])
    found = TOKEN.findall("".join(out))
    kinds = ["name" if free_names and re.match(r"[A-Za-z_]", token) else '""' if token[0] == '"' else token for token in found]
    return [kind for kind, before in zip(kinds, ["", *kinds]) if (kind, before) != ('""', '""')]  # strings side by side are one


def quoted(text):
    """As a string of the language, if it can be one."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t") + '"'


def one_line(text):
    return re.sub(r"[\x00-\x1f\x7f]", " ", text)


def compare(plain, hostile, what, free_names=False):
    for ending in ("c", "h"):
        same = tokens(read(f"{plain}.{ending}"), free_names) == tokens(read(f"{hostile}.{ending}"), free_names)
        verdict(same, f"{what}: other tokens in the .{ending}")


# ---- sources ----

def source(net, docs, metas, labels):
    lines = ["cnn 1"] + ["## " + doc for doc in docs] + [f"net {net} {{"]
    lines += [f"  meta m{i} = {meta}" for i, meta in enumerate(metas)]
    lines += ["  input x: float32[1, 4, 4]", f"  output y: float32[{len(labels)}] (labels=[{', '.join(labels)}]) = x -> flatten -> fc: fc({len(labels)})", "}", ""]
    return "\n".join(lines)


def test_sources(names, number):
    docs = [one_line(name) for name in names]
    texts = [quoted(re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", " ", name)) for name in names]
    for file, content in (("plain", source("n", ["doc"] * len(names), ['"meta"'] * len(names), ['"label"'] * len(names))), ("hostile", source("n", docs, texts, texts))):
        write(file + ".cnn", content)
        status, said = run("compile", file + ".cnn", "-w", "random:1", "-o", file + ".c", "--prefix", "n", "--force")
        verdict(status == 0, f"sources {number}: {file} does not compile: {said[:300]}")
        if status:
            return
    compare("plain", "hostile", f"sources {number}")
    print_labels = '#include <stdio.h>\n#include "hostile.h"\nint main(void) { static const char *const l[] = N_Y_LABELS;\nfor (size_t i = 0; i < sizeof l / sizeof *l; i++) { fputs(l[i], stdout); putchar(0); }\nreturn 0; }\n'
    write("labels.c", print_labels)
    subprocess.run(["cc", "-std=c99", "-Wall", "-Wextra", "-Wcomment", "-Wtrigraphs", "-Werror", "-o", "labels", "labels.c"], cwd=WORK, check=True)
    printed = subprocess.run(["./labels"], cwd=WORK, stdout=subprocess.PIPE, check=True).stdout
    wanted = b"".join(re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", " ", name).encode() + b"\0" for name in names)
    differ = [pair for pair in zip(printed.split(b"\0"), wanted.split(b"\0")) if pair[0] != pair[1]]
    verdict(printed == wanted, f"sources {number}: labels read back as they were: {differ[:1]}")


# ---- weights ----

def safetensors(tensors):
    header, data = {}, b""
    for name, count in tensors:
        header[name] = {"dtype": "F32", "shape": [count] if count != 32 else [2, 16], "data_offsets": [len(data), len(data) + 4 * count]}
        data += struct.pack(f"<{count}f", *[0.5] * count)
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def test_weights(names, number):
    write("w.cnn", "cnn 1\nnet n {\n  input x: float32[1, 4, 4]\n  output y = x -> flatten -> fc: fc(2)\n}\n")
    write("w.safetensors", safetensors([("fc.weight", 32), ("fc.bias", 2)] + [(name, 1) for name in dict.fromkeys(names) if name not in ("fc.weight", "fc.bias")]))
    status, said = run("compile", "w.cnn", "-w", "w.safetensors", "-o", "-")
    verdict(status == 1 and "error[E0" in said, f"weights {number}: tensors that nobody uses are an error: {said[:300]}")


# ---- models ----

def model(onnx, names, name_of):
    """A chain with names for the graph, inputs, values, nodes and parameters."""
    helper, numpy = onnx.helper, __import__("numpy")
    nodes, parameters, value = [], [], name_of("input", 0)
    for i in range(len(names)):
        weight, result = name_of("weight", i), name_of("value", i)
        parameters.append(onnx.numpy_helper.from_array(numpy.ones((2, 2, 1, 1), numpy.float32), weight))
        nodes.append(helper.make_node("Conv", [value, weight], [result], name=name_of("node", i)))
        value = result
    graph = helper.make_graph(nodes, name_of("graph", 0), [helper.make_tensor_value_info(name_of("input", 0), 1, [1, 2, 3, 3])],
                              [helper.make_tensor_value_info(value, 1, [1, 2, 3, 3])], parameters)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8).SerializeToString()


def test_models(onnx, names, number):
    kinds = {"input": "i", "weight": "w", "value": "v", "node": "n", "graph": "g"}
    versions = {"plain": lambda kind, i: f"{kinds[kind]}{i}", "hostile": lambda kind, i: f"{names[i]}{kinds[kind]}{i}"}
    for file, name_of in versions.items():
        write(file + ".onnx", model(onnx, names, name_of))
        status, said = run("import", file + ".onnx", "-o", file + ".cnn", "--force")
        if status == 0:
            status, said = run("compile", file + ".cnn", "-o", file + ".c", "--prefix", "n", "--force")
        verdict(status == 0, f"models {number}: {file} does not compile: {said[:300]}")
        if status:
            return
    compare("plain", "hostile", f"models {number}", free_names=True)


def main():
    try:
        import onnx  # pylint: disable=import-outside-toplevel
        import onnx.numpy_helper
    except ImportError:
        onnx = None
        print("skipped: models, no Python with onnx")
    rng = random.Random(1)
    for number in range(-(-COUNT // PART)):
        names = [some_name(rng) for _ in range(PART)]
        test_sources(names, number)
        test_weights(names, number)
        if onnx:
            test_models(onnx, [one_line(name)[:200] for name in names], number)
    print(f"{passed} passed, {failed} failed" + ("" if onnx else ", 1 skipped"))
    return failed > 0


sys.exit(main())
