# half_typed.py - texts as they are while somebody types: prefixes of the examples, and examples with a piece missing. Whatever
# is asked of them, the server answers. THOROUGH: every prefix of all examples that are not long; else a few of some.
import glob, os, random
from client import Client, Document

EXAMPLES = os.path.join(os.path.dirname(os.path.realpath(__file__)), "../../examples")
THOROUGH = bool(os.environ.get("THOROUGH"))


def ask_everything(client, d, at):
    for method in ("completion", "hover", "definition", "documentHighlight"):
        d.ask(method, at)
    d.ask("references", at, context={"includeDeclaration": True})
    client.ask("textDocument/rename", d.at(at, newName="another"))
    for method in ("semanticTokens/full", "documentSymbol"):
        client.request("textDocument/" + method, {"textDocument": {"uri": d.uri}})
    client.request("textDocument/inlayHint", d.whole())
    client.request("textDocument/codeAction", d.whole(context={"diagnostics": []}))
    client.request("textDocument/formatting", {"textDocument": {"uri": d.uri}, "options": {"tabSize": 2, "insertSpaces": True}})


def every_prefix(client, path, step):
    with open(path) as f:
        text = f.read()
    d = Document(client, "file://" + os.path.realpath(path), text)
    assert not [p for p in d.problems() if p["severity"] == 1], (path, d.problems())
    ask_everything(client, d, len(text) // 2)
    d.set("")
    for end in range(0, len(text), step):
        d.replace(len(d.text), len(d.text), text[len(d.text):end])
        ask_everything(client, d, len(d.text))
    d.set(text)
    assert not [p for p in d.problems() if p["severity"] == 1], (path, d.problems())
    client.notify("textDocument/didClose", {"textDocument": {"uri": d.uri}})
    client.wait_published(client.published + 1)


def prefixes():
    names = ["lenet5/lenet5.cnn", "unet/unet.cnn", "siamese/siamese.cnn"]
    paths = [os.path.join(EXAMPLES, n) for n in names]
    if THOROUGH:
        paths = sorted(p for p in glob.glob(EXAMPLES + "/*/*.cnn") if os.path.getsize(p) < 4000)
    client = Client()
    try:
        client.start()
        for path in paths:
            every_prefix(client, path, 1 if THOROUGH else 29)
        assert client.stop() == 0
    finally:
        client.kill()


def pieces_missing():
    generator = random.Random(1)
    with open(os.path.join(EXAMPLES, "resnet/blocks.cnn")) as f:
        text = f.read()
    client = Client()
    try:
        client.start()
        d = Document(client, "file://" + os.path.realpath(EXAMPLES) + "/resnet/new.cnn", text + "net n {\n  input x: float32[3, 32, 32]\n  output y = x -> stem -> first: bottleneck(4) -> head(2)\n}\n")
        whole = d.text
        assert d.problems() == [], d.problems()
        for _ in range(1000 if THOROUGH else 25):
            start = generator.randrange(len(whole))
            end = min(len(whole), start + generator.choice((1, 1, 2, 5, 20, 200)))
            d.replace(start, end, generator.choice(("", "", "->", "(", "}", '"', "{", "repeat 2 { ", "layer.{i}: ", "[", "é\U0001d544")))
            ask_everything(client, d, min(start, len(d.text)))
            d.set(whole)
        assert d.problems() == [], d.problems()
        assert client.stop() == 0
    finally:
        client.kill()


TESTS = [prefixes, pieces_missing]
