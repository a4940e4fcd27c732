"""Models that nobody should trust, through the command line: each ends with status 1 or 3 and one error, and nothing is
written. They are made here byte for byte, after onnx.proto."""
import os
import struct


def varint(number):
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes(out) + bytes([number])


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def value_info(name, sizes):
    shape = b"".join(field(1, field(1, size)) for size in sizes)
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, shape)))


def tensor(name, external=None):
    """Four floats, in the model or elsewhere."""
    head = field(1, 4) + field(2, 1) + field(8, name)
    if external is None:
        return head + field(9, struct.pack("<4f", 1, 2, 3, 4))
    return head + b"".join(field(13, field(1, key) + field(2, value)) for key, value in external.items()) + field(14, 1)


def node(op, inputs, outputs, domain=""):
    return b"".join(field(1, name) for name in inputs) + b"".join(field(2, name) for name in outputs) + field(4, op) + (
        field(7, domain) if domain else b"")


def model(nodes, external=None, opset=13, domain="", outputs=("y",)):
    graph = b"".join(field(1, one) for one in nodes) + field(2, "g") + field(5, tensor("w", external))
    graph += field(11, value_info("x", [1, 4])) + b"".join(field(12, value_info(name, [1, 4])) for name in outputs)
    return field(1, 8) + field(8, field(1, domain) + field(2, opset)) + field(7, graph)


ADD = [node("Add", ["x", "w"], ["y"])]


def refused(run, check, folder, what, said_part):
    """Imports folder/sub/model.onnx. A wait for a FIFO would end in the limit of `run`."""
    place = os.path.join(folder, "sub")
    before = sorted(os.listdir(place))
    status, said = run("import", os.path.join(place, "model.onnx"))
    check(status in (1, 3), "%s: status %d" % (what, status), said)
    check(said.count("error[") == 1 and said_part in said, "%s: one clear error" % what, said)
    check(sorted(os.listdir(place)) == before, "%s: nothing is written" % what, os.listdir(place))


def put(folder, data):
    with open(os.path.join(folder, "sub/model.onnx"), "wb") as out:
        out.write(data)


def external_files(run, check, folder):
    numbers = struct.pack("<4f", 1, 2, 3, 4)
    place = os.path.join(folder, "sub")
    os.makedirs(os.path.join(folder, "outside"))
    os.makedirs(os.path.join(place, "deeper"))
    for path in "outside/data.bin", "sub/data.bin", "sub/deeper/data.bin":
        with open(os.path.join(folder, path), "wb") as out:
            out.write(numbers)
    os.symlink("../outside/data.bin", os.path.join(place, "link.bin"))
    os.symlink("../outside", os.path.join(place, "linked"))
    os.mkfifo(os.path.join(place, "fifo"))
    good = [{"location": "data.bin"}, {"location": "deeper/data.bin", "offset": "0", "length": "16"}]
    for i, external in enumerate(good):
        put(folder, model(ADD, external))
        status, said = run("import", os.path.join(place, "model.onnx"), "-o", os.path.join(folder, "good%d.cnn" % i))
        check(status == 0, "external data in the directory are read", said)
    for location, part in [
            ("../outside/data.bin", "may not leave its directory"), ("deeper/../../outside/data.bin", "may not leave its directory"),
            (os.path.join(folder, "outside/data.bin"), "relative to"), ("link.bin", "symbolic link"), ("linked/data.bin", "symbolic link"),
            ("fifo", "cannot be read from `fifo`"), ("deeper", "cannot be read from `deeper`"), ("/dev/zero", "relative to"),
            ("none.bin", "No such file"), ("", "the path is empty"), ("data.bin/", "it is a directory")]:
        put(folder, model(ADD, {"location": location}))
        refused(run, check, folder, "external data in `%s`" % location, part)
    for offset, part in [("4", "end behind the end"), ("9223372036854775807", "end behind the end"),
                         ("18446744073709551615", "end behind the end"), ("18446744073709551616", "`offset="), ("-1", "`offset=-1`")]:
        put(folder, model(ADD, {"location": "data.bin", "offset": offset, "length": "16"}))
        refused(run, check, folder, "external data from %s on" % offset, part)


def taken_names(run, check, folder):
    """Outputs and nodes that are called what the emitted C, C itself or the language has for itself."""
    names = ["check", "larger", "env", "run", "kernel_1", "math_a", "f32x4", "selftest_x", "double", "INFINITY", "branch", "_t", "1"]
    links = ["x", *names]
    put(folder, model([node("Relu", [links[i]], [links[i + 1]]) for i in range(len(names))], outputs=names))
    source = os.path.join(folder, "names.cnn")
    status, said = run("import", os.path.join(folder, "sub/model.onnx"), "-o", source)
    check(status == 0, "outputs with names that are taken", said)
    status, said = run("compile", source, "-w", "random:1", "--out-dir", folder)
    check(status == 0, "a network with them compiles", said)


def test(run, check, folder):
    os.makedirs(os.path.join(folder, "sub"))
    external_files(run, check, folder)
    whole = model(ADD)
    put(folder, whole)
    status, said = run("import", os.path.join(folder, "sub/model.onnx"), "-o", os.path.join(folder, "whole.cnn"))
    check(status == 0, "the model itself is good", said)
    taken_names(run, check, folder)
    for length in sorted({0, 1, 2, 3, 7, *range(8, len(whole), 13), len(whole) - 1}):
        put(folder, whole[:length])
        refused(run, check, folder, "%d of %d bytes" % (length, len(whole)), "error[E100")
    for opset in 1, 6, 26, 1 << 40, (1 << 64) - 1:
        put(folder, model(ADD, opset=opset))
        refused(run, check, folder, "opset %d" % opset, "opset")
    put(folder, model(ADD, domain="com.example"))
    refused(run, check, folder, "no opset of ONNX", "opset")
    put(folder, model([node("Add", ["x", "w"], ["y"], "com.example")]))
    refused(run, check, folder, "a node of another domain", "its domain `com.example` is not ONNX's own")
    put(folder, model([node("NoSuchOperator", ["x", "w"], ["y"])]))
    refused(run, check, folder, "an unknown operator", "no counterpart")
    put(folder, model([node("Add", ["x", "b"], ["a"]), node("Relu", ["a"], ["b"]), node("Relu", ["b"], ["y"])]))
    refused(run, check, folder, "a cycle", "a cycle")
