"""cnn.py - carries .cnn text out without cnnc: another reading of docs/language.md, for the oracles.

What an operation does is not known here: `run` calls operation(name, tensors, attributes, path), which returns tensors,
and shape(tensor). Attributes come as written, by name, with the file's defaults."""
import re
from fractions import Fraction

from cnn_syntax import POSITIONS, Parser


class Operation:  # one that is given as a parameter, with attributes
    def __init__(self, name, arguments):
        self.name, self.arguments = name, arguments


def on_elements(f, a, b):
    if isinstance(a, list):
        return [on_elements(f, x, b[i] if isinstance(b, list) else b) for i, x in enumerate(a)]
    return [on_elements(f, a, x) for x in b] if isinstance(b, list) else f(a, b)


BINARY = {
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b, "/": lambda a, b: a / b,
    "//": lambda a, b: Fraction(a // b), "%": lambda a, b: a % b, "**": lambda a, b: a ** b,
    "==": lambda a, b: a == b, "!=": lambda a, b: a != b, "<": lambda a, b: a < b, ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b, ">=": lambda a, b: a >= b, "or": lambda a, b: a or b, "and": lambda a, b: a and b,
}


def evaluate(expression, names):
    kind = expression[0]
    if kind in ("number", "value"):
        return expression[1]
    if kind == "name":
        return names.get(expression[1], expression[1])
    if kind == "list":
        return [evaluate(item, names) for item in expression[1]]
    if kind == "tuple":
        return tuple(evaluate(item, names) for item in expression[1])
    if kind == "named":
        return {name: evaluate(value, names) for name, value in expression[1]}
    if kind == "negative":
        return on_elements(lambda a, _: -a, evaluate(expression[1], names), 0)
    if kind == "not":
        return not evaluate(expression[1], names)
    if kind == "call":
        return Operation(expression[1], [(name, evaluate(value, names)) for name, value in expression[2]])
    return on_elements(BINARY[expression[1]], evaluate(expression[2], names), evaluate(expression[3], names))


class Scope:
    def __init__(self, names, prefix):
        self.names, self.prefix, self.tensors, self.shared = names, prefix, {}, {}


class Net:
    def __init__(self, text):
        self.file = Parser(text).file()
        self.name, self.items = self.file["net"]
        self.dims = self.file["dim"]
        self.inputs = [(name, item[2], item[3]) for item in self.items if item[0] == "input" for name in item[1]]
        self.outputs = [(item[1], item[2]) for item in self.items if item[0] == "output"]
        self.weights = [item[1] for item in self.items if item[0] == "weights"]

    def run(self, inputs, sizes, operation, shape):
        """The outputs in order. inputs by name; sizes: of the dims."""
        self.operation, self.shape = operation, shape
        names = {name: Fraction(value) for name, value in sizes.items()}
        for name, expression in self.file["const"]:
            names[name] = evaluate(expression, names)
        self.constants = dict(names)
        scope = Scope(names, "")
        scope.tensors.update(inputs)
        outputs = []
        for item in self.items:
            if item[0] == "output":
                outputs += self.flow(item[3], scope)
            elif item[0] in ("assign", "shared"):
                self.statement(item, scope)
        return outputs

    def input_shape(self, index, sizes):
        _, (dtype, expressions), hwc = self.inputs[index]
        names = {name: Fraction(value) for name, value in sizes.items()}
        return dtype, [int(evaluate(e, names)) for e in expressions], hwc

    def statement(self, item, scope):
        if item[0] == "shared":
            scope.shared[item[1]] = item[2], item[3], item[1]
            return
        for name, tensor in zip(item[1], self.flow(item[2], scope)):
            scope.tensors[name] = tensor

    def flow(self, flow, scope):
        (kind, value), chain = flow
        if kind == "list":
            tensors = [tensor for item in value for tensor in self.flow(item, scope)]
        elif kind == "number":
            tensors = [evaluate(value, scope.names)]
        else:
            tensors = [scope.tensors[value] if value in scope.tensors else scope.names[value]]
        return self.chain(chain, tensors, scope)

    def chain(self, chain, tensors, scope):
        for stage in chain:
            tensors = self.stage(stage, tensors, scope)
        return tensors

    def stage(self, stage, tensors, scope):
        label, kind = stage[0], stage[1]
        if label and "{" in label:
            label = re.sub(r"\{(\w+)\}", lambda m: str(scope.names[m.group(1)]), label)
        if kind == "branch":
            result = [tensor for arm in stage[2] for tensor in self.chain(arm, tensors, scope)]
        elif kind == "repeat":
            result = self.repeat(stage, label, tensors, scope)
        elif kind == "if":
            result = self.chain(stage[3] if evaluate(stage[2], scope.names) else stage[4], tensors, scope)
        else:
            result = self.call(stage[2], stage[3], label, tensors, scope)
        if label and len(result) == 1:
            scope.tensors[label] = result[0]
        return result

    def repeat(self, stage, label, tensors, scope):
        _, _, variable, first, last, chain = stage
        first = int(evaluate(first, scope.names)) if variable else 0
        last = int(evaluate(last, scope.names)) - (0 if variable else 1)
        for i in range(first, last + 1):
            inner = Scope(dict(scope.names), scope.prefix if variable else scope.prefix + "%s.%d." % (label, i))
            inner.shared = scope.shared
            if variable:
                inner.names[variable] = Fraction(i)
            tensors = self.chain(chain, tensors, inner)
            if variable:
                scope.tensors.update(inner.tensors)
        return tensors

    def call(self, name, arguments, label, tensors, scope):
        if name in scope.shared:
            name, arguments, label = scope.shared[name]
        values = [(key, evaluate(value, scope.names)) for key, value in arguments]
        given = scope.names.get(name)
        if isinstance(given, Operation):
            name, values = given.name, given.arguments
        elif isinstance(given, str):
            name = given
        if name in self.file["block"]:
            return self.block(name, values, label, tensors, scope)
        positions = POSITIONS.get(name, "").split()
        attributes = {key: evaluate(value, {}) for key, value in self.file["default"].get(name, [])}
        attributes.update({key or positions[i]: value for i, (key, value) in enumerate(values)})
        return self.operation(name, tensors, attributes, scope.prefix + label if label else None)

    def block(self, name, values, label, tensors, scope):
        inputs, parameters, body, result = self.file["block"][name]
        inner = Scope(dict(self.constants), scope.prefix + (label + "." if label else ""))
        for (tensor, sizes), value in zip(inputs, tensors):
            inner.tensors[tensor] = value
            for size, number in zip(sizes, self.shape(value)):
                if size[0] == "name":
                    inner.names[size[1]] = Fraction(number)
        for i, (parameter, default) in enumerate(parameters):
            if default is not None:
                inner.names[parameter] = evaluate(default, inner.names)
            if i < len(values) and values[i][0] is None:
                inner.names[parameter] = values[i][1]
        inner.names.update({key: value for key, value in values if key})
        for item in body:
            self.statement(item, inner)
        return self.flow(result, inner)
