"""cnn_syntax.py - .cnn text to nested tuples, and the positions of attributes. No diagnostics: the text is right."""
import re
from fractions import Fraction

POSITIONS = {  # attributes in positional order
    "conv": "out_channels kernel_size stride padding dilation groups bias padding_mode weight connections",
    "depthwise_conv": "kernel_size multiplier stride padding dilation bias padding_mode",
    "separable_conv": "out_channels kernel_size stride padding dilation multiplier bias padding_mode",
    "conv_transpose": "out_channels kernel_size stride padding output_padding dilation groups bias",
    "filter": "kernel stride padding padding_mode dilation flip",
    "fc": "out_features bias",
    "max_pool": "kernel_size stride padding dilation ceil_mode",
    "avg_pool": "kernel_size stride padding dilation ceil_mode count_include_pad",
    "sum_pool": "kernel_size stride padding dilation ceil_mode",
    "l2_pool": "kernel_size stride padding dilation ceil_mode",
    "weighted_avg_pool": "weight stride padding dilation ceil_mode",
    "adaptive_avg_pool": "size",
    "batch_norm": "eps scale",
    "channel_affine": "scale bias",
    "instance_norm": "eps scale bias",
    "layer_norm": "eps axis scale bias",
    "l2_normalize": "axis eps",
    "lrn": "size alpha beta k",
    "leaky_relu": "slope",
    "prelu": "per_channel",
    "elu": "alpha",
    "gelu": "approximate",
    "hard_sigmoid": "slope",
    "softmax": "axis",
    "concat": "axis",
    "split": "parts",
    "reshape": "shape",
    "upsample": "scale mode align_corners",
    "pixel_shuffle": "r order",
    "pixel_unshuffle": "r order",
    "clip": "min max",
    "thresholded_relu": "threshold",
    "selu": "alpha gamma",
    "pow": "exponent",
    "log_softmax": "axis",
    "resize": "size mode coordinates rounding scale",
    "channel_shuffle": "groups",
    "cast": "dtype",
    "rescale": "scale offset",
    "normalize": "mean std",
    "dropout": "p",
    "flatten": "order",
    "permute": "order",
    "reduce_sum": "axis",
    "reduce_mean": "axis",
    "reduce_max": "axis",
    "reduce_min": "axis",
}

TOKEN = re.compile(r"""(?P<blank>(?:[ \t]|\#[^\n]*)+)|(?P<line>\n)|(?P<float>\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+)
  |(?P<size>\d+x\d+)|(?P<int>\d+)|(?P<name>[A-Za-z_]\w*(?:\{\w+\}\w*|\.(?!\.)[\w{}]+)*)|(?P<text>"[^"]*")
  |(?P<sign>->|\.\.|//|\*\*|==|!=|<=|>=|[-+*/%()\[\]{}=,:<>])""", re.X)


class Parser:
    def __init__(self, text):
        self.tokens, self.at = [], 0
        first = True
        for match in TOKEN.finditer(text):
            kind = match.lastgroup
            if kind == "line":
                first = True
            elif kind != "blank":
                self.tokens.append((kind, match.group(), first))
                first = False
        self.tokens.append(("end", "", True))

    def peek(self, ahead=0):
        return self.tokens[min(self.at + ahead, len(self.tokens) - 1)][1]

    def next(self):
        self.at += 1
        return self.tokens[self.at - 1][1]

    def take(self, text):
        if self.peek() != text:
            return False
        self.at += 1
        return True

    def need(self, text):
        if not self.take(text):
            raise SyntaxError("expected %r, found %r, token %d" % (text, self.peek(), self.at))

    def list_of(self, item, end):
        items = []
        while not self.take(end):
            items.append(item())
            if not self.take(","):
                self.need(end)
                break
        return items

    # ---- expressions: closures over the names in scope ----

    LEVELS = [["or"], ["and"], ["==", "!=", "<", ">", "<=", ">="], ["+", "-"], ["*", "/", "//", "%"]]

    def expression(self, level=0):
        if level == len(self.LEVELS):
            return self.unary()
        left = self.expression(level + 1)
        while self.peek() in self.LEVELS[level] and not (self.peek() == "-" and self.peek(1) == ">"):
            left = ("binary", self.next(), left, self.expression(level + 1))
        return left

    def unary(self):
        if self.take("-"):
            return ("negative", self.unary())
        if self.take("not"):
            return ("not", self.unary())
        left = self.atom()
        return ("binary", "**", left, self.unary()) if self.take("**") else left

    def atom(self):
        kind, text, _ = self.tokens[self.at]
        self.at += 1
        if kind in ("int", "float"):
            return ("number", Fraction(text))
        if kind == "size":
            return ("value", tuple(Fraction(n) for n in text.split("x")))
        if text == "[":
            return ("list", self.list_of(self.expression, "]"))
        if text == "(":
            if self.peek(1) == "=":
                return ("named", self.list_of(self.argument, ")"))
            items = self.list_of(self.expression, ")")
            return items[0] if len(items) == 1 else ("tuple", items)
        if text in ("true", "false", "none"):
            return ("value", {"true": True, "false": False, "none": None}[text])
        if self.peek() == "(":
            return ("call", text, self.arguments())
        return ("name", text)

    def argument(self):
        name = None
        if self.peek(1) == "=":
            name = self.next()
            self.need("=")
        return name, self.expression()

    def arguments(self):
        return self.list_of(self.argument, ")") if self.take("(") else []

    # ---- flows ----

    def flow(self):
        kind, text, _ = self.tokens[self.at]
        if text == "[":
            self.at += 1
            source = ("list", self.list_of(self.flow, "]"))
        elif kind in ("int", "float") or text == "-":
            source = ("number", self.unary())
        else:
            source = ("tensor", self.next())
        return source, self.chain() if self.take("->") else []

    def chain(self):
        stages = [self.stage()]
        while self.take("->"):
            stages.append(self.stage())
        return stages

    def body(self):
        self.need("{")
        chain = self.chain()
        self.need("}")
        return chain

    def stage(self):
        label = None
        if self.peek(1) == ":":
            label = self.next()
            self.need(":")
        word = self.next()
        if word == "branch":
            self.need("(")
            return label, "branch", self.list_of(self.arm, ")")
        if word == "repeat":
            variable = self.next() if self.peek(1) == "in" else None
            if variable:
                self.need("in")
            first = self.expression() if variable else None
            if variable:
                self.need("..")
            return label, "repeat", variable, first, self.expression(), self.body()
        if word == "if":
            condition, chain = self.expression(), self.body()
            return label, "if", condition, chain, self.body() if self.take("else") else []
        return label, "call", word, self.arguments()

    def arm(self):
        if self.peek(1) == "=":
            self.at += 2
        return self.chain()

    # ---- statements and declarations ----

    def type(self):
        dtype = "float32" if self.peek() == "[" else self.next()
        self.need("[")
        return dtype, self.list_of(self.expression, "]")

    def names(self):
        names = [self.next()]
        while self.take(","):
            names.append(self.next())
        return names

    def statement(self):
        if self.take("["):
            names = self.names()
            self.need("]")
        elif self.peek() == "shared" and self.peek(1) != "=":
            self.at += 1
            name = self.next()
            self.need("=")
            return "shared", name, self.next(), self.arguments()
        else:
            names = [self.next()]
            if self.take(":"):
                self.type()
        self.need("=")
        return "assign", names, self.flow()

    def item(self):
        word = self.peek()
        if self.peek(1) == "=" or word not in ("input", "output", "weights"):
            return self.statement()
        self.at += 1
        if word == "weights":
            return word, self.next()[1:-1]
        names = self.names()
        if word == "input":
            self.need(":")
        dtype = self.type() if word == "input" or self.take(":") else None
        hwc = any(value == ("name", "hwc") for _, value in self.arguments())
        if word == "input":
            return word, names, dtype, hwc
        self.need("=")
        return word, names[0], hwc, self.flow()

    def file(self):
        declared = {"block": {}, "const": [], "default": {}, "dim": [], "net": None}
        while self.peek():
            word = self.next()
            if word == "cnn":
                self.next()
            elif word == "const":
                name = self.next()
                self.need("=")
                declared["const"].append((name, self.expression()))
            elif word == "default":
                name = self.next()
                declared["default"][name] = self.arguments()
            elif word == "dim":
                name = self.next()
                self.need("in")
                low = int(self.next())
                self.need("..")
                high = int(self.next())
                declared["dim"].append((name, low, high, {n: int(v[1]) for n, v in self.arguments()}))
            elif word == "block":
                inputs = [self.tensor()] if self.peek() != "[" else self.next() and self.list_of(self.tensor, "]")
                self.need("->")
                name, parameters = self.next(), self.list_of(self.parameter, ")") if self.take("(") else []
                self.need("{")
                body = []
                while not self.take("return"):
                    body.append(self.statement())
                declared["block"][name] = inputs, parameters, body, self.flow()
                self.need("}")
            else:
                assert word == "net", word
                name = self.next()
                self.need("{")
                items = []
                while not self.take("}"):
                    items.append(self.item())
                declared["net"] = name, items
        return declared

    def tensor(self):
        name = self.next()
        return name, self.type()[1] if self.take(":") else []

    def parameter(self):
        name = self.next()
        return name, self.expression() if self.take("=") else None
