"""flat.py - nets in the form of `--dump=graph`: one operation a line, with the shape of its result and all attributes.

Lines can be changed and written again; what they refer to by label stays in order. Knows no operation."""
import random
import re

import cnn

LINE = re.compile(r"  (?P<name>\w+): (?P<dtype>[a-z]\w*)?\[(?P<shape>.*?)\] = (?P<sources>\[.*?\]|[\w.]+)"
                  r" -> (?P<label>[\w.]+): (?P<op>\w+)(?:\((?P<arguments>.*)\))?$")
INPUT = re.compile(r"  input (?P<name>\w+): (?P<dtype>\w+)\[(?P<shape>.*?)\](?P<rest>.*)$")
OUTPUT = re.compile(r"  output (?P<name>\w+): (?P<dtype>\w+)\[(?P<shape>.*?)\](?P<rest>.*) = (?P<source>[\w.]+)$")


def cut(text):
    """At the commas that are in no bracket."""
    parts, depth, begin = [], 0, 0
    for i, c in enumerate(text or ""):
        depth += (c in "([") - (c in ")]")
        if c == "," and depth == 0:
            parts.append(text[begin:i].strip())
            begin = i + 1
    return parts + [text[begin:].strip()] if text else parts


def shape_of(text):
    return [int(n) if n.strip().isdigit() else n.strip() for n in text.split(",")]


class Layer:
    def __init__(self, label, op, sources, attributes, shape):
        self.label, self.op, self.sources, self.attributes, self.shape = label, op, list(sources), dict(attributes), list(shape)

    def value(self, name, default=None):
        """An attribute as cnn.py reads it."""
        if name not in self.attributes:
            return default
        return cnn.evaluate(cnn.Parser(self.attributes[name]).expression(), {})

    def text(self, typed):
        arguments = ", ".join("%s=%s" % item for item in self.attributes.items())
        source = self.sources[0] if len(self.sources) == 1 else "[%s]" % ", ".join(self.sources)
        name = "%s_out" % self.label.replace(".", "_") + (": [%s]" % ", ".join(map(str, self.shape)) if typed else "")
        return "  %s = %s -> %s: %s%s" % (name, source, self.label, self.op, "(%s)" % arguments if arguments else "")


class Flat:
    """name, head (lines before the net), weights (path or None), inputs {name: (dtype, shape, rest)}, shared (lines),
    layers, outputs."""

    def __init__(self, text):
        head, self.weights = [], None
        self.inputs, self.shared, self.layers, self.outputs = {}, [], [], []
        for line in text.splitlines():
            if line.startswith("net "):
                self.name = line.split()[1]
            elif line.startswith('  weights "'):
                self.weights = line.split('"')[1]
            elif INPUT.match(line):
                m = INPUT.match(line)
                self.inputs[m["name"]] = m["dtype"], shape_of(m["shape"]), m["rest"]
            elif OUTPUT.match(line):
                m = OUTPUT.match(line)
                self.outputs.append([m["name"], m["dtype"], shape_of(m["shape"]), m["rest"], m["source"]])
            elif line.startswith("  shared "):
                self.shared.append(line)
            elif LINE.match(line):
                self.layers.append(self.layer(LINE.match(line)))
            elif line.startswith(("dim ", "const ")):
                head.append(line)
            else:
                assert line in ("", "cnn 1", "}"), line
        self.head = head

    @staticmethod
    def layer(m):
        attributes, positions = {}, cnn.POSITIONS.get(m["op"], "").split()
        for i, argument in enumerate(cut(m["arguments"])):
            name = re.match(r"(\w+)=", argument)
            attributes[name[1] if name else positions[i]] = argument[name.end():] if name else argument
        return Layer(m["label"], m["op"], cut(m["sources"].strip("[]")), attributes, shape_of(m["shape"]))

    def shapes(self):
        """Of every name that can be a source."""
        known = {name: shape for name, (_, shape, _) in self.inputs.items()}
        known.update({layer.label: layer.shape for layer in self.layers})
        return known

    def text(self, typed=False):
        lines = ["cnn 1", *self.head, "net %s {" % self.name]
        lines += ['  weights "%s"' % self.weights] if self.weights else []
        lines += ["  input %s: %s[%s]%s" % (name, dtype, ", ".join(map(str, shape)), rest)
                  for name, (dtype, shape, rest) in self.inputs.items()]
        lines += self.shared
        lines += [layer.text(typed) for layer in self.layers]
        lines += ["  output %s%s%s = %s" % (name, ": %s[%s]" % (dtype, ", ".join(map(str, shape))) if typed else "", rest, source)
                  for name, dtype, shape, rest, source in self.outputs]
        return "\n".join(lines + ["}", ""])


def seeded(name):
    return random.Random(name)
