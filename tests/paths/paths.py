"""paths.py CNNC DIRECTORY - no file outside the directory of a source or a model is opened because that names it.

Sources name files by `use`, `weights` and `labels`, models by the location of external data. Each names one in each of the
ways below, and cnnc must refuse it within seconds; so do the members of archives, which are never files. That nothing outside was opened is what the kernel says: inotify watches
a directory outside and all that is in it. Paths inside are opened, which shows that the watch works."""
import ctypes
import os
import struct
import subprocess
import sys
import zipfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "limits"))
import worst  # pylint: disable=wrong-import-position

CNNC, WORK = sys.argv[1], sys.argv[2]
INSIDE, OUTSIDE = os.path.join(WORK, "inside"), os.path.join(WORK, "outside")
IN_OPEN = 0x20
FILES = {"use": "x.cnn", "weights": "x.safetensors", "labels": "x.txt", "external": "x.bin"}
LIBC = ctypes.CDLL(None, use_errno=True)
passed = 0
failures = []


def verdict(good, what):
    global passed
    if good:
        passed += 1
    else:
        failures.append(what)
        print("FAILED:", what)


class Watch:
    """Of opening a directory and what is in it."""

    def __init__(self, directories):
        self.fd = LIBC.inotify_init1(os.O_NONBLOCK)
        for directory in directories:
            if LIBC.inotify_add_watch(self.fd, directory.encode(), IN_OPEN) < 0:
                raise OSError(ctypes.get_errno(), "inotify_add_watch")

    def opened(self):
        names = []
        try:
            events = os.read(self.fd, 1 << 16)
        except BlockingIOError:
            return names
        while events:
            length = struct.unpack("iIII", events[:16])[3]
            names.append(events[16 : 16 + length].rstrip(b"\0").decode() or ".")
            events = events[16 + length :]
        return names


def write(path, content):
    with open(path, "wb") as file:
        file.write(content if isinstance(content, bytes) else content.encode())


def content_of(way):
    header = b'{"c.weight":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]},"c.bias":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}'
    return {"use": "const k = 1\n", "labels": "one\n", "external": b"\0\0\x80\x3f", "weights": len(header).to_bytes(8, "little") + header + b"\0" * 8}[way]


def make_world():
    os.makedirs(os.path.join(INSIDE, "sub"))
    os.makedirs(os.path.join(INSIDE, "directory"))
    os.makedirs(OUTSIDE)
    for way, name in FILES.items():
        for directory in (INSIDE, os.path.join(INSIDE, "sub"), OUTSIDE):
            write(os.path.join(directory, name), content_of(way))
        os.symlink(os.path.join(OUTSIDE, name), os.path.join(INSIDE, "link-" + name))
        os.symlink(os.path.join("..", "outside", name), os.path.join(INSIDE, "relative-" + name))
    os.symlink(OUTSIDE, os.path.join(INSIDE, "linked"))
    os.symlink("../../outside", os.path.join(INSIDE, "sub", "linked"))
    os.symlink("/dev/zero", os.path.join(INSIDE, "zero"))
    os.symlink("/proc/self/environ", os.path.join(INSIDE, "environ"))
    os.symlink("loop", os.path.join(INSIDE, "loop"))
    os.mkfifo(os.path.join(INSIDE, "fifo"))


def bad_paths(name):
    return [f"../outside/{name}", f"./../outside/{name}", f"sub/../../outside/{name}", f"sub/./../../outside/{name}", f"sub//../../outside/{name}", f"sub/../{name}",
            f"{OUTSIDE}/{name}", f"/{OUTSIDE}/{name}", f"/../{OUTSIDE}/{name}", f"~/{name}", f"link-{name}", f"relative-{name}", f"linked/{name}", f"./linked/{name}",
            f"sub/linked/{name}", f"linked/../outside/{name}", f"..\\outside\\{name}", f"sub\\..\\..\\outside\\{name}", f"C:\\{name}", f"\\\\host\\{name}", f"file://{OUTSIDE}/{name}",
            "", ".", "..", "../", "/", f"{name}/", "directory", "fifo", "zero", "environ", "loop", "/dev/zero", "/dev/stdin", "/proc/self/mem", "-", "a" * 300, "a/" * 3000 + name, "CON", "nul"]


def model_with(location):
    entry = worst.field(13, worst.field(1, "location") + worst.field(2, location))
    tensor = worst.field(5, worst.field(1, 1) + worst.field(2, 1) + worst.field(8, "c") + entry + worst.field(14, 1))
    return worst.model(worst.node("Mul", ["x", "c"], ["y"]), initializers=tensor)


def run(way, path):
    """Status and text of cnnc with an input that names this path."""
    if way == "external":
        write(os.path.join(INSIDE, "m.onnx"), model_with(path))
        arguments = ["import", "m.onnx", "-o", os.path.join(WORK, "m.cnn"), "--force"]
    else:
        quoted = '"' + path.replace("\\", "\\\\") + '"'
        head = f"use {quoted}\n" if way == "use" else ""
        weights = f"  weights {quoted} (layout=pytorch)\n" if way == "weights" else ""
        labels = f": [1] (labels={quoted})" if way == "labels" else ""
        write(os.path.join(INSIDE, "n.cnn"), f"{head}net n {{\n  input x: [1]\n{weights}  output y{labels} = x -> {'c: fc(1)' if weights else 'relu'}\n}}\n")
        arguments = ["compile", "n.cnn", "-o", os.path.join(WORK, "o.c"), "--force"]
    return start(arguments)


def run_archive(path):
    """The same with an archive of arrays, one of which has this path for its name."""
    write(os.path.join(INSIDE, "n.cnn"), "net n {\n  input x: [1]\n  output y = x -> c: fc(1)\n}\n")
    header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1)}"
    array = b"\x93NUMPY\x01\x00" + struct.pack("<H", 118) + header.ljust(117).encode() + b"\n" + b"\0\0\0\0"
    with zipfile.ZipFile(os.path.join(INSIDE, "a.npz"), "w") as archive:
        archive.writestr(zipfile.ZipInfo("c.weight.npy"), array)
        archive.writestr(zipfile.ZipInfo(path or "x"), array)
    return start(["compile", "n.cnn", "-w", "a.npz", "-o", os.path.join(WORK, "o.c"), "--force"])


def start(arguments):
    try:
        done = subprocess.run([CNNC, *arguments], cwd=INSIDE, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=20, check=False)
    except subprocess.TimeoutExpired:
        return -1, "it does not end"
    return done.returncode, done.stdout.decode(errors="replace")


def main():
    make_world()
    outside, inside = Watch([OUTSIDE]), Watch([INSIDE, os.path.join(INSIDE, "sub")])
    for way, name in FILES.items():
        for path in (name, f"./{name}", f"sub/{name}", f"sub/.//{name}"):
            status, said = run(way, path)
            verdict(status == 0 and name in inside.opened(), f"{way} {path}: status {status}: {said[:300]}")
        bad = bad_paths(name) + ([f"{name}\0", f"../outside/{name}\0.bin"] if way == "external" else [])
        for path in bad:
            status, said = run(way, path)
            opened = outside.opened()
            verdict(status in (1, 2, 3) and "error[E" in said and "E0999" not in said, f"{way} {path[:80]!r}: status {status}: {said[:300]}")
            verdict(not opened, f"{way} {path[:80]!r}: {opened} was opened")
    before = sorted(os.listdir(INSIDE)), sorted(os.listdir(OUTSIDE))
    inside.opened()
    outside.opened()
    for path in [path + suffix for path in bad_paths("x") if len(path) < 1000 for suffix in ("", ".npy")]:
        status, said = run_archive(path)
        opened = outside.opened() + [name for name in inside.opened() if name not in ("a.npz", "n.cnn", ".")]
        verdict(status == 1 and "error[E" in said and "E0999" not in said, f"member {path[:80]!r}: status {status}: {said[:300]}")
        verdict(not opened, f"member {path[:80]!r}: {opened} was opened")
    after = sorted(set(os.listdir(INSIDE)) - {"a.npz"}), sorted(os.listdir(OUTSIDE))
    outside.opened()
    verdict(before == after, f"files of members: {before} became {after}")
    with open(os.path.join(OUTSIDE, FILES["use"]), "rb"):
        verdict(outside.opened() == [FILES["use"]], "the watch sees what is opened outside")
    print(f"{passed} passed, {len(failures)} failed")
    return bool(failures)


sys.exit(main())
