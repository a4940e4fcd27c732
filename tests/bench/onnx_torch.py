"""An ONNX model as a module of PyTorch: the operations that `cnnc export` writes for the networks of the benchmarks."""
import onnx
import torch
from onnx import numpy_helper
from torch.nn import functional as F


def pads(node, rank):
    """Of both sides of each axis, as F.pad wants them, and what a function takes for equal sides (None: unequal)."""
    values = node.get("pads", [0] * (2 * rank))
    begin, end = values[:rank], values[rank:]
    if begin == end:
        return begin
    return None


def padded(node, x, rank, value):
    equal = pads(node, rank)
    if equal is not None:
        return x, equal
    values = node["pads"]
    flat = [v for axis in reversed(range(rank)) for v in (values[axis], values[rank + axis])]
    return F.pad(x, flat, value=value), [0] * rank


def conv(node, x, w, b=None):
    x, padding = padded(node, x, w.dim() - 2, 0.0)
    function = F.conv1d if w.dim() == 3 else F.conv2d
    return function(x, w, b, node.get("strides", 1), padding, node.get("dilations", 1), node.get("group", 1))


def conv_transpose(node, x, w, b=None):
    return F.conv_transpose2d(x, w, b, node.get("strides", 1), pads(node, 2), node.get("output_padding", 0), node.get("group", 1), node.get("dilations", 1))


def max_pool(node, x):
    x, padding = padded(node, x, 2, float("-inf"))
    return F.max_pool2d(x, node["kernel_shape"], node.get("strides", [1, 1]), padding, node.get("dilations", 1), bool(node.get("ceil_mode", 0)))


def average_pool(node, x):
    return F.avg_pool2d(x, node["kernel_shape"], node.get("strides", [1, 1]), pads(node, 2), bool(node.get("ceil_mode", 0)), bool(node.get("count_include_pad", 0)))


def batch_norm(node, x, scale, shift, mean, variance):
    return F.batch_norm(x, mean, variance, scale, shift, False, 0.0, node.get("epsilon", 1e-5))


def gemm(node, a, b, c=None):
    a = a.t() if node.get("transA") else a
    return F.linear(a, b if node.get("transB") else b.t(), c)


def clip(node, x, low=None, high=None):
    low, high = (None if bound is None else float(bound) for bound in (low, high))
    return F.relu6(x) if (low, high) == (0.0, 6.0) else x.clamp(low, high)


def pad(node, x, amounts, value=None, axes=None):
    amounts = [int(n) for n in amounts]
    rank = len(amounts) // 2
    flat = [n for axis in reversed(range(rank)) for n in (amounts[axis], amounts[rank + axis])]
    return F.pad(x, flat, value=0.0 if value is None else float(value))


OPERATIONS = {
    "Conv": conv,
    "ConvTranspose": conv_transpose,
    "MaxPool": max_pool,
    "AveragePool": average_pool,
    "GlobalAveragePool": lambda node, x: x.mean((2, 3), keepdim=True),
    "BatchNormalization": batch_norm,
    "Gemm": gemm,
    "MatMul": lambda node, a, b: a @ b,
    "Relu": lambda node, x: F.relu(x),
    "Clip": clip,
    "Sigmoid": lambda node, x: x.sigmoid(),
    "Tanh": lambda node, x: x.tanh(),
    "Softmax": lambda node, x: x.softmax(node.get("axis", -1)),
    "Add": lambda node, a, b: a + b,
    "Sub": lambda node, a, b: a - b,
    "Mul": lambda node, a, b: a * b,
    "Div": lambda node, a, b: a / b,
    "Concat": lambda node, *x: torch.cat(x, node["axis"]),
    "Flatten": lambda node, x: x.flatten(node.get("axis", 1)),
    "Reshape": lambda node, x, shape: x.reshape([int(n) for n in shape]),
    "ReduceMean": lambda node, x, axes: x.mean([int(n) for n in axes], keepdim=bool(node.get("keepdims", 1))),
    "Transpose": lambda node, x: x.permute(node["perm"]),
    "Pad": pad,
    "Dropout": lambda node, x, *rest: x,
    "Identity": lambda node, x: x,
}


class OnnxModule(torch.nn.Module):
    """Takes the one input, gives the first output."""

    def __init__(self, path):
        super().__init__()
        graph = onnx.load(path).graph
        known = {tensor.name: torch.from_numpy(numpy_helper.to_array(tensor).copy()) for tensor in graph.initializer}
        self.input = next(tensor.name for tensor in graph.input if tensor.name not in known)
        self.output = graph.output[0].name
        self.nodes = []
        for node in graph.node:
            attributes = {attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in node.attribute}
            if node.op_type == "Constant":
                known[node.output[0]] = torch.from_numpy(numpy_helper.to_array(attributes["value"]).copy())
            elif node.op_type not in OPERATIONS:
                raise NotImplementedError("the benchmarks' PyTorch lacks ONNX's " + node.op_type)
            else:
                self.nodes.append((OPERATIONS[node.op_type], attributes, list(node.input), node.output[0]))
        self.known = {}
        for name, value in known.items():
            if value.is_floating_point() and value.dim() > 0:
                self.register_buffer("w%d" % len(self.known), value)  # names with dots are not allowed
                value = getattr(self, "w%d" % len(self.known))
            self.known[name] = value

    def forward(self, x):
        values = {**self.known, "": None, self.input: x}
        for operation, attributes, inputs, output in self.nodes:
            values[output] = operation(attributes, *(values[name] for name in inputs))
        return values[self.output]
