"""LeNet-5: the compiled C beside ONNX Runtime on the same weights, interleaved in one process on one core.

usage: lenet5.py liblenet5.so examples/lenet5/lenet5.safetensors

Needs numpy, onnx and onnxruntime. Prints microseconds a picture, best and median of many rounds, and their ratio.
"""
import ctypes
import json
import os
import sys
import time

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

ROUNDS, CALLS = 200, 50


def load_safetensors(path):
    data = open(path, "rb").read()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    body = data[8 + length :]
    return {
        name: np.frombuffer(body[slice(*entry["data_offsets"])], np.float32).reshape(entry["shape"])
        for name, entry in header.items()
    }


def onnx_model(weights):
    nodes, x = [], "image"

    def add(operator, inputs, **attributes):
        nonlocal x
        x = f"{operator}{len(nodes)}"
        nodes.append(helper.make_node(operator, inputs, [x], **attributes))

    for name, padding in (("conv1", 2), ("conv2", 0)):
        add("Conv", [x, name + ".weight", name + ".bias"], kernel_shape=[5, 5], pads=[padding] * 4)
        add("Tanh", [x])
        add("AveragePool", [x], kernel_shape=[2, 2], strides=[2, 2])
    add("Flatten", [x])
    for name in ("fc1", "fc2", "fc3"):
        add("Gemm", [x, name + ".weight", name + ".bias"], transB=1)
        add("Softmax" if name == "fc3" else "Tanh", [x])
    graph = helper.make_graph(
        nodes,
        "lenet5",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 1, 28, 28])],
        [helper.make_tensor_value_info(x, TensorProto.FLOAT, [1, 10])],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8).SerializeToString()


class Pointer(ctypes.Structure):
    _fields_ = [("pointer", ctypes.c_void_p)]


class Env(ctypes.Structure):
    _fields_ = [
        ("workspace", ctypes.c_void_p),
        ("workspace_bytes", ctypes.c_size_t),
        ("weights", ctypes.c_void_p),
        ("weights_bytes", ctypes.c_size_t),
    ]


def aligned(size):
    memory = np.zeros(size + 64, np.uint8)
    return memory[-memory.ctypes.data % 64 :][:size]


def main():
    library, weights_path = sys.argv[1:3]
    lenet5 = ctypes.CDLL(os.path.abspath(library))
    image = np.random.default_rng(1).random((1, 1, 28, 28), np.float32)
    probs, workspace = np.zeros(10, np.float32), aligned(1 << 20)
    arguments = (
        ctypes.byref(Pointer(image.ctypes.data)),
        ctypes.byref(Pointer(probs.ctypes.data)),
        ctypes.byref(Env(workspace.ctypes.data, workspace.size, None, 0)),
    )
    repeat = lenet5.repeat_run  # lenet5_repeat.c: calls lenet5_run so many times
    repeat.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int]

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(onnx_model(load_safetensors(weights_path)), options, ["CPUExecutionProvider"])
    binding = session.io_binding()
    binding.bind_cpu_input("image", image)
    binding.bind_output(session.get_outputs()[0].name)

    def peer():
        for _ in range(CALLS):
            session.run_with_iobinding(binding)

    def ours():
        if repeat(*arguments, CALLS):
            raise SystemExit("lenet5_run failed")

    times = {"onnxruntime " + onnxruntime.__version__: [], "cnnc": []}
    for _ in range(ROUNDS):
        for (name, list_), call in zip(times.items(), (peer, ours)):
            start = time.perf_counter()
            call()
            list_.append((time.perf_counter() - start) / CALLS * 1e6)
    expected = binding.copy_outputs_to_cpu()[0][0]
    print(f"largest difference {np.abs(expected - probs).max():.2e}")
    figures = {name: (min(list_), float(np.median(list_))) for name, list_ in times.items()}
    for name, (best, median) in figures.items():
        print(f"{name}: best {best:.2f} us, median {median:.2f} us")
    (peer_best, peer_median), (best, median) = figures.values()
    print(f"ratio: best {peer_best / best:.2f}, median {peer_median / median:.2f}")


main()
