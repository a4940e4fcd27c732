"""One runtime with one network, in a process of its own: what the others are timed against, and our compiled C.

usage: peers.py KIND FILE INPUT.npy

Loads the network, then obeys lines of standard input with a line of JSON each: `time SECONDS` calls it for about so
long and answers with two times of each call (of each block of calls, where one is too short for the clock) in seconds,
that on the wall and that for which the process computed; `once` times a single call, for what is slow;
`save FILE.npy` writes its output. Every kind computes with one thread and in float32 throughout.
"""
import ctypes
import importlib.metadata
import json
import sys
import time

import numpy as np

SHORTEST = 200e-6  # seconds: shorter calls are timed in blocks


def fastest(run):
    """Seconds of processor time of the best of a few calls: to choose among forms of one runtime."""
    times = []
    for _ in range(6):
        begin = time.process_time()
        run()
        times.append(time.process_time() - begin)
    return min(times[1:])


class OnnxRuntime:
    def __init__(self, path, value):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        options.log_severity_level = 3
        self.version = onnxruntime.__version__
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.binding = self.session.io_binding()
        self.value = value
        self.binding.bind_cpu_input(self.session.get_inputs()[0].name, self.value)
        self.binding.bind_output(self.session.get_outputs()[0].name)

    def run(self):
        self.session.run_with_iobinding(self.binding)

    def output(self):
        return self.binding.copy_outputs_to_cpu()[0]


class Ncnn:
    """The network that pnnx made of the ONNX model, FILE.ncnn.param and .bin: the fastest of several settings."""

    SETTINGS = {
        "as it chooses": {},
        "no F(6,3)": {"use_winograd63_convolution": False},
        "F(2,3) alone": {"use_winograd63_convolution": False, "use_winograd43_convolution": False},
        "no Winograd": {"use_winograd_convolution": False},
        "no sgemm": {"use_sgemm_convolution": False},
    }

    def __init__(self, path, value):
        import ncnn

        self.ncnn = ncnn
        self.allocators = ncnn.UnlockedPoolAllocator(), ncnn.PoolAllocator()
        self.value = ncnn.Mat(value[0]).clone()
        times = {}
        for name in self.SETTINGS:
            self.load(path, name)
            times[name] = fastest(self.run)
        best = min(times, key=times.get)
        self.load(path, best)
        self.version = ncnn.__version__ + ", " + best

    def load(self, path, setting):
        self.result = self.net = None
        self.net = self.ncnn.Net()
        options = self.net.opt
        options.num_threads = 1
        options.use_vulkan_compute = False
        options.use_fp16_packed = options.use_fp16_storage = options.use_fp16_arithmetic = False
        options.use_bf16_packed = options.use_bf16_storage = False
        options.use_packing_layout = options.use_winograd_convolution = options.use_sgemm_convolution = True
        options.lightmode = True
        options.blob_allocator, options.workspace_allocator = self.allocators
        for name, on in self.SETTINGS[setting].items():
            setattr(options, name, on)
        if self.net.load_param(path + ".ncnn.param") or self.net.load_model(path + ".ncnn.bin"):
            raise RuntimeError("ncnn cannot load " + path)
        self.names = self.net.input_names()[0], self.net.output_names()[0]

    def run(self):
        extractor = self.net.create_extractor()
        extractor.input(self.names[0], self.value)
        self.result = extractor.extract(self.names[1])[1]

    def output(self):
        return np.array(self.result)


class OpenVino:
    def __init__(self, path, value):
        import openvino

        self.version = openvino.__version__
        properties = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": "f32"}
        core = openvino.Core()
        self.request = core.compile_model(core.read_model(path), "CPU", properties).create_infer_request()
        self.request.set_input_tensor(openvino.Tensor(value, shared_memory=True))
        self.value = value

    def run(self):
        self.request.infer()

    def output(self):
        return self.request.get_output_tensor().data


class PyTorch:
    """The fastest of eager, traced and frozen, and optimised for inference, which uses oneDNN's layouts."""

    def __init__(self, path, value):
        import torch
        from onnx_torch import OnnxModule

        torch.set_num_threads(1)
        torch.set_grad_enabled(False)
        self.version = torch.__version__
        self.value = torch.from_numpy(value)
        eager = OnnxModule(path).eval()
        frozen = torch.jit.freeze(torch.jit.trace(eager, self.value, check_trace=False))
        forms = {"eager": eager, "frozen": frozen}
        try:
            forms["optimised"] = torch.jit.optimize_for_inference(torch.jit.trace(eager, self.value, check_trace=False).eval())
        except RuntimeError:
            pass
        times = {}
        for name, form in forms.items():
            try:
                times[name] = fastest(lambda: form(self.value))
            except RuntimeError:
                pass
        self.form = min(times, key=times.get)
        self.version += ", " + self.form
        self.module = forms[self.form]

    def run(self):
        self.result = self.module(self.value)

    def output(self):
        return self.result.numpy()


def aligned(size):
    memory = np.zeros(size + 4096, np.uint8)
    return memory[-memory.ctypes.data % 4096 :][:size]


class Cnnc:
    """FILE.json: the library, the prefix of its names, the weights file, sizes of workspace and output."""

    class Pointer(ctypes.Structure):
        _fields_ = [("pointer", ctypes.c_void_p)]

    class Env(ctypes.Structure):
        _fields_ = [("workspace", ctypes.c_void_p), ("workspace_bytes", ctypes.c_size_t), ("weights", ctypes.c_void_p), ("weights_bytes", ctypes.c_size_t)]

    def __init__(self, path, value):
        with open(path, encoding="utf-8") as file:
            told = json.load(file)
        self.version = told["version"]
        self.call = getattr(ctypes.CDLL(told["library"]), told["prefix"] + "_run")
        self.value, self.result = value, np.zeros(told["outputs"], np.float32)
        self.workspace = aligned(told["workspace_bytes"])
        data = np.fromfile(told["weights"], np.uint8)
        self.weights = aligned(data.size)
        self.weights[:] = data
        self.structures = (
            self.Pointer(value.ctypes.data),
            self.Pointer(self.result.ctypes.data),
            self.Env(self.workspace.ctypes.data, self.workspace.size, self.weights.ctypes.data, self.weights.size),
        )
        self.arguments = tuple(map(ctypes.byref, self.structures))
        if self.call(*self.arguments):
            raise RuntimeError(told["prefix"] + "_run failed")

    def run(self):
        self.call(*self.arguments)

    def output(self):
        return self.result


class Emx:
    """FILE.json: a library that emx-onnx-cgen's C became, and the weights file that it loads, if any."""

    def __init__(self, path, value):
        with open(path, encoding="utf-8") as file:
            told = json.load(file)
        self.version = "emx-onnx-cgen " + importlib.metadata.version("emx-onnx-cgen") + ", " + told["version"]
        library = ctypes.CDLL(told["library"])
        if told["weights"]:
            library.net_load.restype = ctypes.c_bool
            if not library.net_load(told["weights"].encode()):
                raise RuntimeError("emx's code cannot load " + told["weights"])
        self.value, self.result = value, np.zeros(told["outputs"], np.float32)
        self.call = library.net
        self.arguments = ctypes.c_void_p(value.ctypes.data), ctypes.c_void_p(self.result.ctypes.data)

    def run(self):
        self.call(*self.arguments)

    def output(self):
        return self.result


KINDS = {"onnxruntime": OnnxRuntime, "ncnn": Ncnn, "openvino": OpenVino, "pytorch": PyTorch, "cnnc": Cnnc, "emx": Emx}


def time_once(run):
    begin = time.perf_counter(), time.process_time()
    run()
    return [(time.perf_counter() - begin[0], time.process_time() - begin[1])]


def time_calls(run, seconds):
    """Both times of blocks of calls, as many as fit into `seconds`, at least two."""
    wall, processor = time.perf_counter, time.process_time
    run()  # the caches belong to whoever ran before
    begin = wall()
    run()
    block = max(1, round(SHORTEST / (wall() - begin)))
    times, end = [], wall() + seconds
    while len(times) < 2 or wall() < end:
        begin = wall(), processor()
        for _ in range(block):
            run()
        times.append(((wall() - begin[0]) / block, (processor() - begin[1]) / block))
    return times


def main():
    kind, path, input_path = sys.argv[1:]
    peer = KINDS[kind](path, np.ascontiguousarray(np.load(input_path)))
    peer.run()
    print(json.dumps({"version": peer.version}), flush=True)
    for line in sys.stdin:
        command, argument = line.strip().partition(" ")[::2]
        if command == "save":
            np.save(argument, np.array(peer.output(), np.float32))
            print("{}", flush=True)
        elif command == "once":
            print(json.dumps(time_once(peer.run)), flush=True)
        else:
            print(json.dumps(time_calls(peer.run, float(argument))), flush=True)


if __name__ == "__main__":
    main()
