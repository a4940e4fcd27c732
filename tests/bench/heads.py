"""Nets compiled by cnnc, NAME.so, beside NAME.onnx in ONNX Runtime, interleaved on one core.

usage: heads.py ONNX NAME..

Needs numpy and onnxruntime. Prints microseconds of the best of many rounds, and times by that of the first name.
"""
import ctypes
import sys
import time

import numpy as np
import onnxruntime

from windows import Env, Peer, Pointer, aligned

SECONDS = 3


class Ours:
    def __init__(self, name, x, y):
        self.run = ctypes.CDLL(f"./{name}.so").net_run
        self.run.argtypes = [ctypes.c_void_p] * 3
        self.y, self.workspace = np.zeros_like(y), aligned(int(open(f"{name}.bytes").read()))
        self.structs = Pointer(x.ctypes.data), Pointer(self.y.ctypes.data), Env(self.workspace.ctypes.data, self.workspace.size, None, 0)
        self.arguments = [ctypes.addressof(struct) for struct in self.structs]

    def __call__(self):
        if self.run(*self.arguments):
            raise SystemExit("net_run failed")


def main():
    onnx, names = sys.argv[1], sys.argv[2:]
    shape = onnxruntime.InferenceSession(f"{onnx}.onnx", providers=["CPUExecutionProvider"]).get_inputs()[0].shape
    x = np.random.default_rng(1).standard_normal(shape, np.float32)
    peer = Peer(onnx, x)
    peer()
    right = peer.result()
    is_index = np.array_equal(right, np.round(right)) and right.max() > 1  # argmax: our numbers are int32
    calls = [Ours(name, x, right.astype(np.int32) if is_index else right) for name in names] + [peer]
    best, end = [float("inf")] * len(calls), time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        for i, call in enumerate(calls):
            start = time.perf_counter()
            call()
            best[i] = min(best[i], time.perf_counter() - start)
    differences = [np.abs(call.y - right) for call in calls[:-1]]
    worst = max((d > 0).mean() if is_index else d.max() for d in differences)
    times = "  ".join(f"{name} {t * 1e6:8.1f} us {t / best[0]:6.2f}" for name, t in zip(names + ["onnxruntime"], best))
    print(f"{times}  {'differ' if is_index else 'largest difference'} {worst:.1e}")


main()
