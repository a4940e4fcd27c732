"""What native C computes for pictures: `cnnc run` of examples/lenet5, and of the same network with an output at each layer that
the page shows, so that nothing of the page's own C is asked."""
import os
import struct
import subprocess
import sys

HERE = os.path.dirname(os.path.realpath(__file__))
CNNC = os.path.realpath(os.environ.get("CNNC") or os.path.join(HERE, "../../build/release/cnnc"))
LAYERED = """cnn 1
net lenet5 {
  weights "lenet5.safetensors"
  input image: float32[1, 28, 28]
  output l0 = image -> conv1: conv(6, 5, padding=2) -> tanh
  output l1 = l0 -> avg_pool(2)
  output l2 = l1 -> conv2: conv(16, 5) -> tanh
  output l3 = l2 -> avg_pool(2)
  output p = l3 -> flatten -> fc1: fc(120) -> tanh -> fc2: fc(84) -> tanh -> fc3: fc(10) -> softmax
}
"""


def write_npy(path, shape, numbers):
    head = "{'descr': '<f4', 'fortran_order': False, 'shape': %r, }" % (shape,)
    head = head.ljust(117) + "\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\1\0" + struct.pack("<H", len(head)) + head.encode() + struct.pack("<%df" % len(numbers), *numbers))


def read_npy(path, count):
    """Rows, one for each picture."""
    data = open(path, "rb").read()
    start = 10 + struct.unpack("<H", data[8:10])[0]
    numbers = struct.unpack("<%df" % ((len(data) - start) // 4), data[start:])
    width = len(numbers) // count
    return [numbers[i * width : (i + 1) * width] for i in range(count)]


def results(work, pictures):
    """For each picture its probabilities, twice (by the example's network, by LAYERED), and its layers."""
    net = os.path.join(work, "lenet5")
    with open(os.path.join(net, "layered.cnn"), "w") as file:
        file.write(LAYERED)
    image = os.path.join(work, "pictures.npy")
    write_npy(image, (len(pictures), 1, 28, 28), [pixel / 255 for picture in pictures for pixel in picture])
    found = []
    for source, outputs in (("lenet5", ["probs"]), ("layered", ["p", "l0", "l1", "l2", "l3"])):
        files = [os.path.join(work, name + ".npy") for name in outputs]
        options = [word for name, file in zip(outputs, files) for word in ("--output", name + "=" + file)]
        done = subprocess.run([CNNC, "run", os.path.join(net, source + ".cnn"), "--input", image, *options], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit("cnnc run: " + done.stderr)
        found += [read_npy(file, len(pictures)) for file in files]
    return list(zip(*found))


def differ(numbers, expected):
    """The first pair that differs by more than 1e-5 and 1e-4 of it, as `cnnc run --compare` has it, or None."""
    if len(numbers) != len(expected):
        return "%d numbers, not %d" % (len(numbers), len(expected))
    return next(((a, b) for a, b in zip(numbers, expected) if not abs(a - b) <= 1e-5 + 1e-4 * abs(b)), None)
