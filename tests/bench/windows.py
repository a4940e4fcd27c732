"""One layer among equal ones: N.so, compiled by cnnc, beside N.onnx in ONNX Runtime, interleaved on one core.

usage: windows.py CHANNELS SIZE FEW MANY, where FEW and MANY are numbers of layers

Needs numpy and onnxruntime. Prints microseconds a layer from the best of many rounds, and their ratio.
"""
import ctypes
import sys
import time

import numpy as np
import onnxruntime

ROUNDS = 300


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


class Ours:
    def __init__(self, layers, x):
        self.run = ctypes.CDLL(f"./{layers}.so").net_run
        self.run.argtypes = [ctypes.c_void_p] * 3
        self.y, self.workspace = np.zeros_like(x), aligned(int(open(f"{layers}.bytes").read()))
        self.structs = Pointer(x.ctypes.data), Pointer(self.y.ctypes.data), Env(self.workspace.ctypes.data, self.workspace.size, None, 0)
        self.arguments = [ctypes.addressof(struct) for struct in self.structs]

    def __call__(self):
        if self.run(*self.arguments):
            raise SystemExit("net_run failed")

    def result(self):
        return self.y


class Peer:
    def __init__(self, layers, x):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(f"{layers}.onnx", options, ["CPUExecutionProvider"])
        self.binding = session.io_binding()
        self.binding.bind_cpu_input("x", x)
        self.binding.bind_output(session.get_outputs()[0].name)
        self.session = session

    def __call__(self):
        self.session.run_with_iobinding(self.binding)

    def result(self):
        return self.binding.copy_outputs_to_cpu()[0]


def main():
    channels, size, few, many = map(int, sys.argv[1:])
    x = np.random.default_rng(1).standard_normal((1, channels, size, size), np.float32)
    calls = [Ours(few, x), Ours(many, x), Peer(few, x), Peer(many, x)]
    best = [float("inf")] * len(calls)
    for _ in range(ROUNDS):
        for i, call in enumerate(calls):
            start = time.perf_counter()
            call()
            best[i] = min(best[i], time.perf_counter() - start)
    ours, peer = ((best[i + 1] - best[i]) / (many - few) * 1e6 for i in (0, 2))
    difference = np.abs(calls[1].result() - calls[3].result()).max()
    print(f"cnnc {ours:8.1f} us  onnxruntime {peer:8.1f} us  ratio {peer / ours:5.2f}  largest difference {difference:.1e}")


if __name__ == "__main__":
    main()
