"""layers.py MODEL.onnx OUT.npz NAME=ARRAY.npy..: runs a model in ONNX Runtime and writes every tensor that it computes under its
name, without the batch of one. `cnnc run NET.cnn --input .. --compare-layers=OUT.npz` compares them with compiled C,
where MODEL.onnx is what `cnnc export` made of the network, or has its names."""
import sys

import numpy
import onnx
import onnxruntime


def main():
    model, out, *given = sys.argv[1:]
    graph = onnx.load(model)
    known = {output.name for output in graph.graph.output}
    for node in graph.graph.node:
        for name in node.output:
            if name and name not in known:
                known.add(name)
                graph.graph.output.append(onnx.ValueInfoProto(name=name))
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(graph.SerializeToString(), options, providers=["CPUExecutionProvider"])
    inputs = {}
    for word in given:
        name, path = word.split("=", 1)
        inputs[name] = numpy.load(path)[numpy.newaxis]
    names = [output.name for output in session.get_outputs()]
    tensors = dict(zip(names, session.run(names, inputs)))
    numpy.savez(out, **{name: tensor[0] for name, tensor in tensors.items() if tensor.ndim and tensor.shape[0] == 1})


main()
