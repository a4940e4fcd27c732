# session.py - what an editor asks for, on a network of two files; each test is a session of its own.
import contextlib, os, tempfile, urllib.parse
from client import Client, Document, Failure

BLOCKS = '''cnn 1

## Halves height and width.
block x -> down(channels, act=relu) {
  return x -> conv: conv(channels, 3, stride=2, padding=1) -> act
}
'''
NET = '''cnn 1

use "blocks.cnn"

const width = 8 * 2

# \U0001d544: two UTF-16 units
net tiny(classes=10) {
  input photo: float32[3, 32, 32]

  features = photo -> stem: conv(width, 3, padding=same) -> relu
    -> layers: repeat i in 1..2 { down{i}: down(width) }
  [a, b] = features -> branch(left: max_pool(2), right: avg_pool(2))
  output scores: [classes] = [a, b] -> concat -> flatten -> fc: fc(classes) -> softmax
  output stem_again = stem -> global_avg_pool
}
'''


@contextlib.contextmanager
def opened(text=NET, arguments=(), **files):
    """A client, a document and the directory of its files, as URIs have it; the server must end well."""
    with tempfile.TemporaryDirectory(prefix="of lsp ") as directory:
        directory = os.path.realpath(directory)
        for name, content in {"blocks": BLOCKS, **files}.items():
            with open(os.path.join(directory, name + ".cnn"), "w") as f:
                f.write(content)
        directory = urllib.parse.quote(directory)
        client = Client(arguments)
        try:
            client.start()
            yield client, Document(client, "file://%s/a%%20net.cnn" % directory, text), directory
            assert client.stop() == 0, "exit status"
        finally:
            client.kill()


def capabilities():
    client = Client()
    try:
        can = client.start()["capabilities"]
        assert can["positionEncoding"] == "utf-16" and can["textDocumentSync"]["change"] == 2
        for name in ("hover", "definition", "references", "rename", "documentFormatting", "documentSymbol", "inlayHint", "semanticTokens", "completion", "codeAction"):
            assert can[name + "Provider"], name
        assert client.stop() == 0
    finally:
        client.kill()


def diagnostics_follow_edits():
    with opened() as (client, d, _):
        assert d.problems() == [], d.problems()
        at = d.find("flatten -> ")
        d.replace(at, at + len("flatten -> "), "")
        problem = d.problems()[0]
        assert problem["severity"] == 1 and problem["source"] == "cnnc" and problem["code"].startswith("E03"), problem
        assert d.cut(problem["range"]).startswith("fc"), problem
        assert client.diagnostics[d.uri]["version"] == d.version
        d.replace(at, at, "flatten -> ")
        assert d.problems() == []
        client.notify("textDocument/didClose", {"textDocument": {"uri": d.uri}})
        d.set_aside = client.published
        client.wait_published(d.set_aside + 1)
        assert d.problems() == []


def places_count_utf16():
    with opened(NET.replace("two UTF-16 units", "two UTF-16 units\n# \U0001d544\U0001d544 ")) as (client, d, _):
        at = d.find("\U0001d544\U0001d544 ") + 3
        d.replace(at, at, "\n$")  # behind two characters of two units each
        problem = d.problems()[0]
        assert d.cut(problem["range"]) == "$" and problem["range"]["start"]["character"] == 0, problem
        d.replace(d.find("$"), d.find("$") + 1, "# \U0001d544")
        assert d.problems() == []
        d.set(NET.replace("\n", "\r\n"))
        assert d.problems() == [], d.problems()
        d.text = NET  # as positions see it
        assert "32, 32" in d.ask("hover", d.find("stem:"))["contents"]["value"]


def problems_have_related_places():
    with opened(NET.replace("left: ", "stem: ")) as (client, d, _):
        problem = d.problems()[0]
        assert problem["code"] == "E0205" and d.cut(problem["range"]) == "stem", problem
        related = problem["relatedInformation"]
        assert related and related[0]["location"]["uri"] == d.uri and d.cut(related[0]["location"]["range"]) == "stem", related


def problems_of_used_files_stand_at_use():
    with opened(blocks=BLOCKS.replace("stride=2", "stride=none")) as (client, d, directory):
        problem = d.problems()[0]
        assert d.cut(problem["range"]) == '"blocks.cnn"', problem
        assert any(r["location"]["uri"].endswith("/blocks.cnn") for r in problem["relatedInformation"]), problem
    with opened(blocks=BLOCKS + 'use "inner.cnn"\n', inner="const a =\n") as (client, d, directory):  # used by what is used
        problem = d.problems()[0]
        assert d.cut(problem["range"]) == '"blocks.cnn"', problem
        assert [r["location"]["uri"] for r in problem["relatedInformation"]] == ["file://%s/inner.cnn" % directory], problem


def used_files_are_checked_as_they_are_edited():
    with opened() as (client, d, directory):
        blocks = Document(client, "file://%s/blocks.cnn" % directory, BLOCKS)
        assert blocks.problems() == [], blocks.problems()  # a file without a net is no mistake
        client.wait_published(client.published + 1)  # the net was checked anew, too
        at = blocks.find("channels, act")
        blocks.replace(at, at + len("channels, "), "")
        client.wait_published(client.published + 1)
        assert d.problems() and not blocks.codes() == ["E0207"], d.problems()


def several_nets_and_lints():
    two = "net one {\n  input x: float32[4, 4, 4]\n  output y = x -> relu\n}\nnet two {\n  input x: float32[4, 4, 4]\n  output y = x -> fc: fc(2)\n}\n"
    with opened(two) as (client, d, _):
        assert "E0207" not in d.codes() and any(c.startswith("E03") for c in d.codes()), d.codes()
        assert "32" not in d.ask("hover", d.find("relu"))["contents"]["value"].split("---")[0]
        assert "[4, 4, 4]" in d.ask("hover", d.find("relu"))["contents"]["value"]
    unused = NET.replace("  output stem", "  rest = stem -> relu\n  output stem")
    with opened(unused) as (client, d, _):
        assert [p["severity"] for p in d.problems()] == [2] and d.problems()[0].get("tags") == [1], d.problems()
        lint = d.codes()[0]
    with opened(unused, ["--stdio", "-Wno-" + lint]) as (client, d, _):
        assert d.problems() == []


def hover():
    with opened() as (client, d, _):
        def text(at):
            return d.ask("hover", at)["contents"]["value"]
        stem = text(d.find("stem:"))
        assert "`[16, 32, 32]`" in stem and "parameters: 448" in stem and "multiply-accumulates: 442368" in stem and "`stem.weight` [16, 3, 3, 3]" in stem, stem
        assert "out_channels" in text(d.find("conv(width")) and "448" in text(d.find("conv(width"))
        down = text(d.find("down(width)"))
        assert "`[16, 16, 16] | [16, 8, 8]`" in down and "Halves height" in down and "block x -> down(channels, act=relu)" in down, down
        assert "= `16`" in text(d.find("width = ")) and "`[3, 32, 32]`" in text(d.find("photo"))
        assert "same_upper" in text(d.find("padding=")), text(d.find("padding="))
        assert d.ask("hover", d.find("# ")) is None
        d.replace(d.find("softmax"), d.find("softmax"), "-> ")  # a syntax error: shapes of the text before it
        assert d.codes() and "`[16, 32, 32]`" in text(d.find("stem:")) and "`[16, 1, 1]`" in text(d.find("global_avg_pool"))
        d.set("net n {\n  input x: float32[3, 8, 8]\n  shared same = conv(3, 3, padding=1)\n  output y = x -> twice: repeat 2 { same }\n}\n")
        assert d.problems() == [] and "layers: 2" in text(d.find("twice")) and "parameters: 84" in text(d.find("twice")), (d.problems(), text(d.find("twice")))


def completion():
    with opened() as (client, d, _):
        def labels(typed):
            at = d.find("  output stem_again")
            d.replace(at, at, typed)
            result = d.ask("completion", at + len(typed))
            d.replace(at, at + len(typed), "")
            return {i["label"]: i for i in result["items"]}
        stages = labels("  z = stem -> ")
        assert {"conv", "down", "branch", "max_pool"} <= set(stages) and "photo" not in stages and stages["conv"]["detail"], sorted(stages)
        assert {"conv", "down"} <= set(labels("  z = stem -> conv9: c"))
        values = labels("  z = ")
        assert {"photo", "stem", "features", "a", "b", "left", "classes", "width"} <= set(values) and "conv" not in values, sorted(values)
        assert {"photo", "stem"} <= set(labels("  z = [stem, "))
        arguments = labels("  z = stem -> conv(8, ")
        assert {"kernel_size", "padding", "stride", "width"} <= set(arguments), sorted(arguments)
        assert {"channels", "act"} <= set(labels("  z = stem -> down("))
        choices = labels("  z = stem -> conv(8, 3, padding=")
        assert {"valid", "same", "causal"} <= set(choices) and "kernel_size" not in choices, sorted(choices)
        assert {"true", "false"} <= set(labels("  z = stem -> conv(8, 3, bias="))
        assert "uint8" in labels("  input z: ")
        assert {"output", "input", "shared"} <= set(labels("  "))
        assert labels("  # stem -> ") == {} and labels('  weights "') == {}
        d.set("")
        assert {"net", "block", "use"} <= {i["label"] for i in d.ask("completion", 0)["items"]}


def definition_and_references():
    with opened() as (client, d, directory):
        def target(at):
            return d.ask("definition", at)
        assert d.cut(target(d.find("= stem ->", inside=2))["range"]) == "stem"
        assert target(d.find("= stem ->", inside=2))["range"]["start"] == d.position(d.find("stem: conv"))
        down = target(d.find("down(width"))
        assert down["uri"] == "file://%s/blocks.cnn" % directory and down["range"]["start"] == {"line": 3, "character": 11}, down
        assert target(d.find('"blocks'))["uri"].endswith("/blocks.cnn")
        assert target(d.find("{i}", inside=1))["range"]["start"] == d.position(d.find("i in"))
        assert target(d.find("conv(width")) is None
        places = d.ask("references", d.find("const width") + 6, context={"includeDeclaration": True})
        assert len(places) == 3 and {d.cut(p["range"]) for p in places} == {"width"}, places
        assert len(d.ask("references", d.find("const width") + 6, context={"includeDeclaration": False})) == 2
        places = d.ask("references", d.find("down(width"), context={"includeDeclaration": True})
        assert sorted(p["uri"].rpartition("/")[2] for p in places) == ["a%20net.cnn", "blocks.cnn"], places
        assert len(d.ask("documentHighlight", d.find("features"))) == 2


def rename():
    with opened() as (client, d, directory):
        assert d.cut(d.ask("prepareRename", d.find("stem: conv"))["range"]) == "stem"
        edits = d.ask("rename", d.find("stem: conv"), newName="entry")["changes"]
        text = d.applied(edits[d.uri])
        assert list(edits) == [d.uri] and text == NET.replace("stem:", "entry:").replace("= stem", "= entry"), text
        d.set(text)
        assert d.problems() == []
        edits = d.ask("rename", d.find("down(width"), newName="halve")["changes"]
        assert sorted(edits) == sorted([d.uri, "file://%s/blocks.cnn" % directory]), edits
        assert "{ down{i}: halve(width) }" in d.applied(edits[d.uri])
        for at, name in ((d.find("entry: "), "a b"), (d.find("entry: "), "left"), (d.find("entry: "), "3"), (d.find("fc(classes"), "dense"), (0, "x"),
                         (d.find("entry: "), "repeat"), (d.find("photo"), "width"), (d.find("width = "), "features"), (d.find("down(width"), "conv")):
            answer = client.ask("textDocument/rename", d.at(at, newName=name))
            assert answer["error"]["message"], (name, answer)
        assert "error" in client.ask("textDocument/prepareRename", d.at(d.find("fc(classes")))
        assert d.ask("rename", d.find("width = "), newName="channels")["changes"]  # which a block has, where width is not
        d.set("const relu = 4\nblock x -> f(a) {\n  return x -> fc: fc(relu) -> a\n}\nnet n {\n  input x: float32[3]\n  output y = x -> g: f(relu())\n}\n")
        edits = d.ask("rename", d.find("relu"), newName="four")["changes"][d.uri]
        assert d.applied(edits) == d.text.replace("relu =", "four =").replace("fc(relu)", "fc(four)"), edits
        d.set(NET.replace("softmax", "-> softmax").replace("stem:", "entry:"))
        assert "syntax error" in client.ask("textDocument/rename", d.at(d.find("entry: "), newName="new"))["error"]["message"]


def formatting():
    with opened() as (client, d, _):
        options = {"tabSize": 2, "insertSpaces": True}

        def edits():
            return client.request("textDocument/formatting", {"textDocument": {"uri": d.uri}, "options": options})
        tidy = d.applied(edits())
        d.set(tidy)
        assert edits() == []
        d.set(tidy.replace("  input photo:", " input   photo :"))
        changed = edits()
        assert d.applied(changed) == tidy and len(changed) == 1 and changed[0]["range"]["end"]["line"] - changed[0]["range"]["start"]["line"] <= 1, changed
        d.set(tidy[:-2])
        assert edits() is None  # a syntax error


def code_actions():
    with opened(NET.replace("repeat i", "|> repeat i").replace("layers: |>", "layers:")) as (client, d, _):
        pass
    with opened(NET.replace("features -> branch", "features |> branch").replace("a, b] -> concat", "a, b] -> concta")) as (client, d, _):
        def actions(at, **context):
            p = d.position(at)
            return client.request("textDocument/codeAction", {"textDocument": {"uri": d.uri}, "range": {"start": p, "end": p}, "context": {"diagnostics": [], **context}})
        arrow = actions(d.find("|>"))
        assert len(arrow) == 1 and arrow[0]["isPreferred"] and arrow[0]["kind"] == "quickfix" and arrow[0]["title"] == "Replace `|>` by `->`", arrow
        assert actions(d.find("photo")) == [] and actions(d.find("|>"), only=["refactor"]) == []
        d.set(d.applied(arrow[0]["edit"]["changes"][d.uri]))
        guess = actions(d.find("concta"))
        assert len(guess) == 1 and not guess[0]["isPreferred"], guess
        d.set(d.applied(guess[0]["edit"]["changes"][d.uri]))
        assert d.text == NET and d.problems() == []


def outline():
    with opened() as (client, d, _):
        symbols = client.request("textDocument/documentSymbol", {"textDocument": {"uri": d.uri}})
        assert [s["name"] for s in symbols] == ["blocks.cnn", "width", "tiny"], symbols
        inside = {s["name"]: s for s in symbols[2]["children"]}
        assert {"photo", "features", "a", "b", "scores"} <= set(inside), sorted(inside)
        assert [s["name"] for s in inside["features"]["children"]] == ["stem", "layers"] and inside["features"]["children"][0]["detail"] == "[16, 32, 32]"

        def check(s):
            r, n = s["range"], s["selectionRange"]
            key = lambda p: (p["line"], p["character"])
            assert key(r["start"]) <= key(n["start"]) <= key(n["end"]) <= key(r["end"]), s
            for child in s.get("children", []):
                check(child)
        for s in symbols:
            check(s)


def semantic_tokens():
    client = Client()
    try:
        legend = client.start()["capabilities"]["semanticTokensProvider"]["legend"]
        d = Document(client, "untitled:1", NET.replace('use "blocks.cnn"', "block x -> down(channels) { return x -> max_pool(2) }"))
        data = client.request("textDocument/semanticTokens/full", {"textDocument": {"uri": d.uri}})["data"]
        found, line, start = {}, 0, 0
        for i in range(0, len(data), 5):
            line, start = line + data[i], data[i + 1] + (start if not data[i] else 0)
            word = d.cut({"start": {"line": line, "character": start}, "end": {"line": line, "character": start + data[i + 2]}})
            modifiers = {m for k, m in enumerate(legend["tokenModifiers"]) if data[i + 4] >> k & 1}
            found.setdefault(word, []).append((legend["tokenTypes"][data[i + 3]], modifiers))
        assert found["conv"] == [("function", {"defaultLibrary"})] and found["stem"] == [("property", {"declaration"}), ("property", set())], found
        assert ("function", set()) in found["down"] and found["tiny"] == [("namespace", {"declaration"})], found
        assert found["width"][0] == ("variable", {"declaration", "readonly"}) and found["same"] == [("enumMember", set())], found
        assert found["float32"][0][0] == "type" and found["net"][0][0] == "keyword" and found["->"][0][0] == "operator", found
        assert found["# \U0001d544: two UTF-16 units"][0][0] == "comment", found
        assert client.stop() == 0
    finally:
        client.kill()


def inlay_hints():
    with opened() as (client, d, _):
        def hints():
            return {(h["position"]["line"], h["position"]["character"]): h["label"] for h in client.request("textDocument/inlayHint", d.whole())}

        def behind(text):
            p = d.position(d.find(text) + len(text))
            return p["line"], p["character"]
        found = hints()
        assert found[behind("padding=same)")] == "[16, 32, 32]" and found[behind("down(width)")] == "[16, 16, 16] | [16, 8, 8]", found
        assert found[behind("-> branch(left: max_pool(2), right: avg_pool(2))")] == "[16, 4, 4], [16, 4, 4]", found
        assert found[behind("softmax")] == "[10]" and len(found) == 12, found
        at = d.find("  output scores")
        d.replace(at, at, "  new = features -> conv(")  # shapes stay where the text is as it was
        later = hints()
        assert d.codes() and later[behind("padding=same)")] == "[16, 32, 32]", later
        line = d.position(d.find("stem:"))["line"]
        part = {"start": {"line": line, "character": 0}, "end": {"line": line + 1, "character": 0}}
        assert all(h["position"]["line"] <= line + 1 for h in client.request("textDocument/inlayHint", {"textDocument": {"uri": d.uri}, "range": part}))


def sizes_that_vary():
    with opened("dim H in 32..64 (multiple_of=8)\nnet n {\n  input x: float32[3, H, 32]\n  output y = x -> max_pool(2) -> tanh\n}\n") as (client, d, _):
        assert d.problems() == [] and "`[3, H//2, 16]`" in d.ask("hover", d.find("tanh"))["contents"]["value"], d.ask("hover", d.find("tanh"))
        assert [d.cut(p["range"]) for p in d.ask("references", d.find("H in"), context={"includeDeclaration": True})] == ["H", "H"]


def weights_are_matched_on_opening_and_saving():
    with opened(NET.replace("  input photo", '  weights "broken.safetensors"\n  input photo')) as (client, d, directory):
        assert d.problems() == [], d.problems()  # absent: shapes alone
        with open(urllib.parse.unquote(directory) + "/broken.safetensors", "wb") as f:
            f.write(b"no weights")
        d.replace(0, 0, "\n")
        assert d.problems() == []
        d.publish(lambda: client.notify("textDocument/didSave", {"textDocument": {"uri": d.uri}}))
        assert d.codes() and d.codes()[0].startswith("E05"), d.problems()


TESTS = [capabilities, diagnostics_follow_edits, places_count_utf16, problems_have_related_places, problems_of_used_files_stand_at_use,
         used_files_are_checked_as_they_are_edited, several_nets_and_lints, hover, completion, definition_and_references, rename, formatting,
         code_actions, outline, semantic_tokens, inlay_hints, sizes_that_vary, weights_are_matched_on_opening_and_saving]
