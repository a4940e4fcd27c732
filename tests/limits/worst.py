"""worst.py - sources, weights and models of up to 1 MiB, each the worst of its kind: what is deep, long, wide, many or
repeated in it. sources(), weights() and
models() are functions from nothing to text or bytes, by name; only the one that is asked for takes memory."""
import json
import struct
import zipfile
import io

SIZE = 1 << 20


def net(body, before="", output="x -> relu", shape="[1, 4, 4]"):
    return f"{before}net n {{\n  input x: {shape}\n{body}  output y = {output}\n}}\n"


def filled(head, tail, piece):
    """head, as many pieces as 1 MiB has room for, tail. A piece is a text or a function of its number."""
    parts, size, i = [], len(head) + len(tail), 0
    while True:
        part = piece(i) if callable(piece) else piece
        size += len(part.encode())
        if size > SIZE:
            return head + "".join(parts) + tail
        parts.append(part)
        i += 1


def in_net(piece, **more):
    head, tail = net("@", **more).split("@")
    return filled(head, tail, piece)


def in_output(piece, end="x -> relu", start="", **more):
    head, tail = net("", output="@", **more).split("@")
    return filled(head + start, end + tail, piece)


def chain(stage):
    return in_output(lambda i: " -> " + (stage(i) if callable(stage) else stage), start="x", end="")


def consts(value):
    return filled("", net(""), lambda i: f"const c{i} = {value(i)}\n")


def block(name, flow="relu", parameters=""):
    return f"block x -> {name}{parameters and '(' + parameters + ')'} {{ return x -> {flow} }}\n"


def blocks(depth, times, inner="relu"):
    text = block("b0", inner) + "".join(block(f"b{i}", f"repeat {times} {{ b{i - 1} }}") for i in range(1, depth))
    return text + net("", output=f"x -> b{depth - 1}")


def nested_repeat(depth, times):
    return net("", output="x -> " + f"repeat {times} {{ " * depth + "relu" + " }" * depth)


def sources():
    return {
        "brackets": lambda: "(" * SIZE,
        "closing brackets": lambda: ")" * SIZE,
        "braces": lambda: "net n {" * (SIZE // 7),
        "mixed brackets": lambda: "([{" * (SIZE // 3),
        "parentheses in an expression": lambda: net("", "const a = " + "(" * 500000 + "1" + ")" * 500000 + "\n"),
        "list of lists": lambda: net("", "const a = " + "[" * 500000 + "1" + "]" * 500000 + "\n"),
        "signs": lambda: net("", "const a = " + "-" * 1000000 + "1\n"),
        "powers": lambda: filled("const a = 1", "\n" + net(""), "**1"),
        "a sum": lambda: filled("const a = 1", "\n" + net(""), "+1"),
        "a sum of names": lambda: filled("const b = 1\nconst a = b", "\n" + net(""), "+b"),
        "a sum of dims": lambda: filled("dim h in 1..\nconst a = h", "\n" + net(""), "+h*h"),
        "a product of dims": lambda: filled("dim h in 1..\nconst a = h", "\n" + net(""), "*h"),
        "a product": lambda: filled("const a = 1", "\n" + net(""), "*3"),
        "one number": lambda: net("", "const a = " + "7" * 1000000 + "\n"),
        "one fraction": lambda: net("", "const a = 0." + "7" * 1000000 + "\n"),
        "one exponent": lambda: net("", "const a = 1e" + "7" * 1000000 + "\n"),
        "one name": lambda: "const " + "a" * 1000000 + " = 1\n" + net(""),
        "one unknown name": lambda: net("", output="x -> " + "a" * 1000000),
        "one string": lambda: net("", "const a = \"" + "a" * 1000000 + "\"\n"),
        "one open string": lambda: net("", "const a = \"" + "a" * 1000000 + "\n"),
        "escapes": lambda: net("", "const a = \"" + "\\n" * 500000 + "\"\n"),
        "wrong escapes": lambda: net("", "const a = \"" + "\\q" * 500000 + "\"\n"),
        "one comment": lambda: "#" * 1000000 + "\n" + net(""),
        "comments": lambda: filled("", net(""), "#\n"),
        "one doc comment": lambda: "##" + "a" * 1000000 + "\n" + net(""),
        "doc comments": lambda: filled("", net(""), "## a\n"),
        "blanks": lambda: " " * 1000000 + net(""),
        "tabs": lambda: "\t" * 1000000 + net(""),
        "lines": lambda: "\n" * 1000000 + net(""),
        "carriage returns": lambda: "\r\n" * 500000 + net(""),
        "NUL": lambda: "\0" * SIZE,
        "control characters": lambda: "\x01" * SIZE,
        "unknown characters": lambda: "$" * SIZE,
        "unknown letters": lambda: "é" * (SIZE // 2),
        "quotes": lambda: '"' * SIZE,
        "quotes on lines": lambda: '"\n' * (SIZE // 2),
        "arrows": lambda: "->" * (SIZE // 2),
        "colons": lambda: ":" * SIZE,
        "commas": lambda: net("", "const a = [" + "," * 1000000 + "]\n"),
        "words": lambda: "a " * (SIZE // 2),
        "words on lines": lambda: "a\n" * (SIZE // 2),
        "keywords": lambda: "net " * (SIZE // 4),
        "keywords on lines": lambda: "net\n" * (SIZE // 4),
        "nets": lambda: filled("", "", lambda i: f"net n{i} {{\n input x: [1]\n output y = x -> relu\n}}\n"),
        "nets of one name": lambda: filled("", "", "net n {\n input x: [1]\n output y = x -> relu\n}\n"),
        "empty blocks": lambda: filled("", net(""), lambda i: block(f"b{i}")),
        "blocks of one name": lambda: filled("", net(""), block("b")),
        "block of parameters": lambda: filled("block x -> b(", "q=1) { return x -> relu }\n" + net(""), lambda i: f"p{i}=1, "),
        "block of parameters, called": lambda: filled("block x -> b(", "q=1) { return x -> relu }\n" + net("", output="x -> b"), lambda i: f"p{i}=1, "),
        "a call of arguments": lambda: in_output(lambda i: f"p{i} = 1, ", start="x -> conv(", end=")"),
        "a call of one argument": lambda: in_output("kernel = 3, ", start="x -> c: conv(", end=")"),
        "a list": lambda: filled("const a = [", "]\n" + net(""), "1, "),
        "a list of names": lambda: filled("const a = [", "]\n" + net(""), lambda i: f"b{i}, "),
        "lists": lambda: filled("const a = [", "]\n" + net(""), "[], "),
        "consts": lambda: consts(lambda i: 1),
        "consts of one name": lambda: filled("", net(""), "const c = 1\n"),
        "consts of the one before": lambda: filled("const c0 = 1\n", net(""), lambda i: f"const c{i + 1} = c{i}\n"),
        "consts of the one after": lambda: consts(lambda i: f"c{i + 1}"),
        "consts that double": lambda: filled("const c0 = [1]\n", net(""), lambda i: f"const c{i + 1} = concat(c{i}, c{i})\n"),
        "lists that double": lambda: filled("const c0 = [1]\n", net(""), lambda i: f"const c{i + 1} = [c{i}, c{i}]\n"),
        "numbers that double": lambda: filled("const c0 = 2\n", net(""), lambda i: f"const c{i + 1} = c{i} * c{i}\n"),
        "sizes that double": lambda: filled("dim h in 1..\nconst c0 = h\n", net(""), lambda i: f"const c{i + 1} = c{i} * c{i}\n"),
        "sizes that grow": lambda: filled("dim h in 1..\nconst c0 = h\n", net(""), lambda i: f"const c{i + 1} = (c{i} + 1) // 2\n"),
        "undefined consts": lambda: consts(lambda i: f"nope{i}"),
        "dims": lambda: filled("", net(""), lambda i: f"dim d{i} in 1..9\n"),
        "dims in a size": lambda: filled("", net("", shape="[" + " + ".join(f"d{i}" for i in range(20000)) + "]"), lambda i: f"dim d{i} in 1..9\n")[:SIZE],
        "defaults": lambda: filled("", net(""), "default conv(padding=same)\n"),
        "uses of nothing": lambda: filled("", net(""), lambda i: f'use "f{i}.cnn"\n'),
        "uses of itself": lambda: filled("", net(""), 'use "n.cnn"\n'),
        "meta": lambda: in_net(lambda i: f"  meta m{i} = 1\n"),
        "meta of one name": lambda: in_net("  meta m = 1\n"),
        "inputs": lambda: in_net(lambda i: f"  input i{i}: [1]\n"),
        "outputs": lambda: in_net(lambda i: f"  output o{i} = x -> relu\n"),
        "names of tensors": lambda: in_net(lambda i: f"  a{i} = x -> relu\n"),
        "names without layers": lambda: in_net(lambda i: f"  a{i} = x\n"),
        "chain of names": lambda: in_net(lambda i: f"  a{i + 1} = a{i} -> relu\n", output="a1").replace("a0 ", "x "),
        "names of one name": lambda: in_net("  a = x -> relu\n"),
        "100,000 unknown names": lambda: in_net(lambda i: f"  a{i} = b{i}\n"),
        "unknown operations": lambda: in_net(lambda i: f"  a{i} = x -> conw\n"),
        "unknown attributes": lambda: in_net(lambda i: f"  a{i} = x -> relu(nope=1)\n"),
        "unnamed layers among named ones": lambda: in_net(lambda i: f"  conv{i} = x -> conv(1, 1)\n"),
        "one weights file, often": lambda: in_net('  weights "w.safetensors" (layout=pytorch)\n'),
        "one labels file, often": lambda: in_net(lambda i: f'  output o{i}: [1, 4, 4] (labels="n.cnn") = x -> relu\n'),
        "syntax errors": lambda: in_net("  a = = x\n"),
        "missing commas": lambda: in_net("  a = x -> conv(3 3)\n"),
        "semicolons": lambda: in_net("  a = x;\n"),
        "a foreign language": lambda: "model.add(Conv2D(32, (3, 3), activation='relu'))\n" * (SIZE // 49),
        "relu": lambda: chain("relu"),
        "conv": lambda: chain(lambda i: f"c{i}: conv(1, 1)"),
        "conv of one label": lambda: chain("c: conv(1, 1)"),
        "conv without label": lambda: chain("conv(1, 1)"),
        "long labels": lambda: chain(lambda i: "a" * 1000 + f"{i}: conv(1, 1)"),
        "pool": lambda: chain("max_pool(2)"),
        "flatten": lambda: chain("flatten"),
        "wide concat": lambda: in_output("x, ", start="[", end="x] -> concat"),
        "wide concat of layers": lambda: in_output("x -> relu, ", start="[", end="x] -> concat"),
        "wide sum": lambda: in_output("x, ", start="[", end="x] -> add"),
        "branches": lambda: in_output("relu, ", start="x -> branch(", end="relu) -> add"),
        "split": lambda: in_net(lambda i: f"{', ' if i else '  ['}s{i}").replace("  output", "] = x -> split(10000)\n  output"),
        "repeat": lambda: net("", output="x -> repeat 2147483647 { relu }"),
        "empty repeat": lambda: net("", output="x -> repeat 2147483647 { }"),
        "repeat of identity": lambda: net("", output="x -> repeat 2147483647 { identity }"),
        "repeat of repeat": lambda: nested_repeat(10, 10),
        "deep repeat": lambda: nested_repeat(60, 2),
        "deep empty repeat": lambda: net("", output="x -> " + "repeat 1000 { " * 60 + " }" * 60),
        "repeats": lambda: chain("repeat 1 { relu }"),
        "blocks that double": lambda: blocks(60, 2),
        "blocks that double nothing": lambda: blocks(60, 2, "identity"),
        "blocks of blocks": lambda: blocks(1000, 1),
        "blocks to the limit": lambda: blocks(13, 2),
        "8000 convolutions": lambda: net("", output="x -> repeat i in 1..8000 { c{i}: conv(1, 1) }"),
        "8000 additions": lambda: net("", output="x -> repeat 2700 { branch(relu, tanh) -> add }"),
        "8000 uses of one": lambda: in_net(lambda i: f"  a{i} = [x, x] -> add\n" if i < 8000 else "# " + "a" * 60000 + "\n"),
        "dense block": lambda: in_net(lambda i: (f"  a{i} = [" + ", ".join(["x", "x"] + [f"a{k}" for k in range(max(0, i - 200), i)]) + "] -> concat -> c%d: conv(1, 1)\n" % i) if i < 2000 else "# " + "a" * 60000 + "\n",
                              output="a100 -> relu"),
        "dense residual": lambda: in_net(lambda i: (f"  a{i} = [" + ", ".join(["x", "x"] + [f"a{k}" for k in range(max(0, i - 100), i)]) + "] -> add\n") if i < 2000 else "# " + "a" * 60000 + "\n",
                                 output="a100 -> relu"),
        "a filter of many numbers": lambda: filled("const k = [[", "]]\n" + net("", shape="[1, 1000, 1000]"), "1, "),
        "many labels": lambda: filled("net n {\n  input x: [9]\n  output y: [9] (labels=[", "]) = x -> relu\n}\n", '"a", '),
        "weights rules": lambda: in_net(lambda i: f"  weights a{i} = b{i}\n"),
        "types": lambda: in_net(lambda i: f"  a{i}: float32[1, 4, 4] = x -> relu\n"),
        "a shape of many sizes": lambda: filled("net n {\n  input x: [", "1]\n  output y = x -> relu\n}\n", "1, "),
        "huge sizes": lambda: net("", output="x -> c: conv(2147483647, 2147483647)", shape="[2147483647, 2147483647, 2147483647]"),
        "many pixels": lambda: net("", output="x -> c: conv(8, 3)", shape="[3, 30000, 30000]"),
        "large kernel": lambda: net("", output="x -> c: conv(1, 10000)", shape="[1, 10000, 10000]"),
        "immense stride": lambda: net("", before="dim W in 4..\n", output="x -> max_pool(2, stride=(2, 200000000))", shape="[4, 64, W]"),
        "immense dilation": lambda: net("", before="dim W in 400000001..\n", output="x -> c: depthwise_conv(3, dilation=(1, 200000000))", shape="[4, 64, W]"),
        "many groups": lambda: net("", output="x -> c: conv(1000000, 1, groups=1000000)", shape="[1000000, 4, 4]"),
    }


def safetensors(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def many_tensors(count, name=lambda i: f"t{i}"):
    return safetensors({name(i): {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for i in range(count)})


def npy(shape, data=b"", descr="<f4"):
    head = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    head += b" " * (63 - (len(head) + 10) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + data


def npz(entries, packed=zipfile.ZIP_STORED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packed) as archive:
        for name, content in entries:
            archive.writestr(name + ".npy", content)
    return out.getvalue()


def weights():
    return {
        "tensors.safetensors": lambda: many_tensors(15000),
        "similar.safetensors": lambda: many_tensors(11000, lambda i: f"fc.weigh{i}"),
        "deep.safetensors": lambda: safetensors(b'{"a":' + b"[" * 1000000),
        "deepest.safetensors": lambda: safetensors(b"{" * 1000000),
        "number.safetensors": lambda: safetensors(b'{"a":{"dtype":"F32","shape":[' + b"1" * 1000000 + b'],"data_offsets":[0,0]}}'),
        "name.safetensors": lambda: safetensors(b'{"' + b"a" * 1000000 + b'":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}'),
        "escapes.safetensors": lambda: safetensors(b'{"' + b"\\u0041" * 160000 + b'":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}'),
        "metadata.safetensors": lambda: safetensors({"__metadata__": {f"k{i}": "v" for i in range(60000)}}),
        "same.safetensors": lambda: safetensors(b"{" + b",".join([b'"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}'] * 15000) + b"}"),
        "blanks.safetensors": lambda: safetensors(b"{}" + b" " * 1000000),
        "length.safetensors": lambda: struct.pack("<Q", 2**64 - 1) + b"{}" * 1000,
        "entries.npz": lambda: npz([(f"t{i}", npy("(0,)")) for i in range(4000)]),
        "bomb.npz": lambda: npz([("fc.weight", npy("(250000000,)", b"\0" * 1000000000))], zipfile.ZIP_DEFLATED),
        "bombs.npz": lambda: npz([(f"t{i}", npy("(10000000,)", b"\0" * 40000000)) for i in range(25)], zipfile.ZIP_DEFLATED),
    }


# ---- models of ONNX, written without any library ----

def varint(n):
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def field(number, content):
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    if isinstance(content, str):
        content = content.encode()
    return varint(number << 3 | 2) + varint(len(content)) + content


def value_info(name, sizes):
    shape = b"".join(field(1, field(1, size) if isinstance(size, int) else field(2, size)) for size in sizes)
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, shape)))


def node(kind, inputs, outputs, more=b"", name=""):
    return field(1, b"".join(field(1, i) for i in inputs) + b"".join(field(2, o) for o in outputs) + (field(3, name) if name else b"") + field(4, kind) + more)


def model(nodes, sizes=(1, 1, 4, 4), output="y", initializers=b""):
    graph = nodes + field(2, "g") + initializers + field(11, value_info("x", sizes)) + field(12, value_info(output, sizes))
    return field(1, 8) + field(8, field(2, 13)) + field(7, graph)


def onnx_chain(count, kind="Relu", name=lambda i: f"v{i}"):
    return model(b"".join(node(kind, [name(i) if i else "x"], [name(i + 1)]) for i in range(count)), output=name(count))


def nested(depth):
    graph = b""
    for _ in range(depth):
        graph = node("If", ["x"], ["y"], field(5, field(1, "then_branch") + field(6, graph)))
        if len(graph) > SIZE:
            break
    return model(graph)


def tensor(name, dims, raw=b""):
    return field(5, b"".join(field(1, dim) for dim in dims) + field(2, 1) + field(8, name) + field(9, raw))


def models():
    return {
        "relus": lambda: onnx_chain(42000),
        "8000 relus": lambda: onnx_chain(8000),
        "8000 sigmoids of long names": lambda: onnx_chain(2500, "Sigmoid", lambda i: "a" * 150 + str(i)),
        "tanh and relu": lambda: model(b"".join(node("Tanh" if i % 2 else "Relu", [f"v{i}" if i else "x"], [f"v{i + 1}"]) for i in range(8000)), output="v8000"),
        "additions": lambda: model(b"".join(node("Add", [f"v{i}" if i else "x"] * 2, [f"v{i + 1}"]) for i in range(8000)), output="v8000"),
        "nobody uses them": lambda: model(b"".join(node("Relu", ["x"], [f"v{i}"]) for i in range(40000)) + node("Relu", ["x"], ["y"])),
        "backwards": lambda: model(b"".join(node("Relu", [f"v{i + 1}"], [f"v{i}"]) for i in range(8000)), output="v0"),
        "a cycle": lambda: model(b"".join(node("Relu", [f"v{(i + 1) % 8000}"], [f"v{i}"]) for i in range(8000)), output="v0"),
        "wide concat": lambda: model(node("Concat", ["x"] * 300000, ["y"], field(5, field(1, "axis") + field(3, 1) + field(20, 2)))),
        "wide sum": lambda: model(node("Sum", ["x"] * 300000, ["y"])),
        "split": lambda: model(node("Split", ["x"], [f"v{i}" for i in range(100000)], field(5, field(1, "axis") + field(3, 1) + field(20, 2)))),
        "unknown operators": lambda: model(b"".join(node(f"Nope{i}", ["x"], [f"v{i}"]) for i in range(30000))),
        "nested": lambda: nested(3000),
        "initializers": lambda: model(node("Relu", ["x"], ["y"]), initializers=b"".join(tensor(f"t{i}", [0]) for i in range(60000))),
        "inputs": lambda: model(b"".join(field(11, value_info(f"t{i}", [0])) + tensor(f"t{i}", [0]) for i in range(18000)) + node("Relu", ["x"], ["y"])),
        "attributes": lambda: model(node("Conv", ["x", "w"], ["y"], b"".join(field(5, field(1, f"a{i}") + field(3, 1)) for i in range(80000)))),
        "one name": lambda: model(node("Relu", ["x"], ["y"], name="a" * 1000000)),
        "hostile names": lambda: onnx_chain(3000, "Relu", lambda i: "*/" * 80 + str(i)),
        "constants": lambda: model(b"".join(node("Add", [f"c{i}", f"c{i}"], [f"c{i + 1}"]) for i in range(30000)) + node("Add", ["x", "c30000"], ["y"]), initializers=tensor("c0", [1], b"\0\0\0\0")),
        "constants that double": lambda: model(b"".join(node("Concat", [f"c{i}", f"c{i}"], [f"c{i + 1}"], field(5, field(1, "axis") + field(20, 2))) for i in range(60)) + node("Add", ["x", "c60"], ["y"]),
                                       initializers=tensor("c0", [1], b"\0\0\0\0")),
        "metadata": lambda: model(node("Relu", ["x"], ["y"])) + b"".join(field(14, field(1, f"k{i}") + field(2, "v")) for i in range(60000)),
        "blocks": lambda: model(b"".join(node(("Relu", "Tanh", "Sigmoid", "Relu", "Relu")[i * 7 % 11 % 5], [f"v{i}" if i else "x"], [f"v{i + 1}"]) for i in range(8000)), output="v8000"),
    }
