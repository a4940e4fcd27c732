#!/usr/bin/env python3
"""Models of operators that import makes several layers of, computed by what it writes and by ONNX Runtime: the same numbers.
For a Python that has onnx and onnxruntime. operators.py CNNC"""
import os
import subprocess
import sys
import tempfile

import numpy
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

random = numpy.random.default_rng(1)
passed = failed = 0


def numbers(*shape):
    return random.standard_normal(shape).astype(numpy.float32)


def node(op, inputs, output, **attributes):
    return helper.make_node(op, inputs.split(), [output], **attributes)


def check(name, nodes, inputs, opset, **constants):
    """inputs: the shapes of x, z, ..; a size that is a name varies and has the number behind it: ("h", 5)."""
    global passed, failed
    values = {key: numbers(*[size[1] if isinstance(size, tuple) else size for size in sizes]) for key, sizes in inputs.items()}
    declared = [helper.make_tensor_value_info(key, TensorProto.FLOAT, [size[0] if isinstance(size, tuple) else size for size in sizes])
                for key, sizes in inputs.items()]
    graph = helper.make_graph(nodes, "g", declared, [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
                              [numpy_helper.from_array(value, key) for key, value in constants.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    expected, = onnxruntime.InferenceSession(model.SerializeToString(), options).run(None, values)
    with tempfile.TemporaryDirectory() as folder:
        path = lambda file: os.path.join(folder, file)
        with open(path("m.onnx"), "wb") as out:
            out.write(model.SerializeToString())
        arguments = []
        for key, value in values.items():
            numpy.save(path(key + ".npy"), value)
            arguments += ["--input", "%s=%s" % (key, path(key + ".npy"))]
        for command in ["import", "-q", path("m.onnx")], ["run", "-q", "--interpret", path("m.cnn"), *arguments, "--output", path("y.npy")]:
            result = subprocess.run([sys.argv[1], *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            if result.returncode:
                break
        said = result.stdout
        if not result.returncode:
            got = numpy.load(path("y.npy")).reshape(expected.shape)
            largest = numpy.abs(got - expected).max()
            said = "" if largest <= 1e-5 * max(1, numpy.abs(expected).max()) else "differs by %g" % largest
    passed, failed = passed + (not said), failed + bool(said)
    if said:
        print("FAILED: %s: %s" % (name, said))


def main():
    for shape in [1, 6, 5, 4], [2, 6, 9]:
        for groups in 1, 2, 3, 6:
            for opset, factors in (18, groups), (21, 6):
                check("GroupNormalization of %s in %d, opset %d" % (shape, groups, opset),
                      [node("GroupNormalization", "x w b", "y", num_groups=groups, epsilon=1e-3)], {"x": shape}, opset,
                      w=numbers(factors), b=numbers(factors))
    turned = [node("Transpose", "x", "t", perm=[0, 2, 3, 1]), node("LayerNormalization", "t w b", "n", axis=1),
              node("Transpose", "n", "y", perm=[0, 3, 1, 2])]
    check("LayerNormalization of a sample", [node("LayerNormalization", "x w b", "y", axis=1)], {"x": [1, 3, 4, 5]}, 17,
          w=numbers(3, 4, 5), b=numbers(3, 4, 5))
    check("LayerNormalization of [H, W, C]", turned, {"x": [1, 3, 4, 5]}, 17, w=numbers(4, 5, 3), b=numbers(4, 5, 3))
    for axes, name in ([1], "channels"), ([2, 3], "pixels"), ([1, 2, 3], "a sample"), ([2], "rows"), ([1, 3], "channels and columns"):
        steps = [node("ReduceMean", "x", "m", axes=axes), node("Sub", "x m", "d"), node("Pow", "d two", "s"),
                 node("ReduceMean", "s", "v", axes=axes), node("Add", "v eps", "e"), node("Sqrt", "e", "r"), node("Div", "d r", "n")]
        for ways in [node("Mul", "n w", "f"), node("Add", "f b", "y")], [node("Mul", "n w", "y")], [node("Add", "n b", "y")], \
                [node("Mul", "n w", "f"), node("Add", "f n", "y")]:
            check("numbers normalized over %s, %s" % (name, [way.op_type for way in ways]), steps + ways, {"x": [1, 3, 4, 5]}, 13,
                  w=numbers(3, 1, 1), b=numbers(3, 1, 1), two=numpy.float32(2), eps=numpy.float32(1e-3))
    check("Conv by a tensor", [node("Conv", "x z", "y")], {"x": [1, 3, 9, 8], "z": [1, 3, 4, 3]}, 13)
    check("Conv by a tensor of one axis", [node("Conv", "x z", "y")], {"x": [1, 3, 9], "z": [1, 3, 4]}, 13)
    check("Conv by a tensor for each channel", [node("Reshape", "z shape", "k"), node("Conv", "x k", "y", group=3)],
          {"x": [1, 3, 9, 8], "z": [1, 3, 4, 3]}, 13, shape=numpy.array([3, 1, 4, 3]))
    for op in "Sum", "Mean", "Max", "Min", "Prod", "L1", "L2", "SumSquare":
        for keep in 0, 1:
            made = [node("Reduce" + op, "w", "r", **({} if op == "Sum" else {"axes": [0, 2]}), keepdims=keep), node("Mul", "x r", "y")]
            if op == "Sum":
                made[0].input.append("axes")
            check("Reduce%s of a constant, keepdims=%d" % (op, keep), made, {"x": [1, 3, 3]}, 13, w=numbers(2, 3, 4), axes=numpy.array([0, 2]))
    check("a third among the inputs of Max", [node("Max", "x w", "y")], {"x": [1, 3, 4]}, 13, w=numpy.float32(1 / 3).reshape(1))
    lengths = [node("ReduceSum", "p one", "y", keepdims=0), node("Mul", "x z", "p")]
    check("a product of vectors, a number for each sample", lengths[::-1], {"x": [("n", 2), 4], "z": [("n", 2), 4]}, 13, one=numpy.array([1]))
    cosine = [node("Mul", "x z", "p"), node("ReduceSum", "p one", "a", keepdims=0), node("ReduceL2", "x", "b", axes=[1], keepdims=0),
              node("ReduceL2", "z", "c", axes=[1], keepdims=0), node("Mul", "b c", "d"), node("Div", "a d", "y")]
    for batch in ("n", 2), 1:
        check("the cosine of vectors, batch %s" % str(batch), cosine, {"x": [batch, 4], "z": [batch, 4]}, 13, one=numpy.array([1]))
    shuffle = [node("Shape", "x", "s"), node("Gather", "s at", "pixels"), node("Concat", "head pixels", "apart", axis=0),
               node("Concat", "back pixels", "together", axis=0), node("Reshape", "x apart", "a"),
               node("Transpose", "a", "t", perm=[0, 2, 1, 3, 4]), node("Reshape", "t together", "y")]
    check("channels shuffled where height and width vary", shuffle, {"x": [1, 6, ("h", 4), ("w", 5)]}, 13, at=numpy.array([2, 3]),
          head=numpy.array([1, 2, 3]), back=numpy.array([1, -1]))
    print("%d passed, %d failed" % (passed, failed))
    return failed > 0


sys.exit(main())
