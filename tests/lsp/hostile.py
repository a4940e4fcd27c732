# hostile.py - messages that break the protocol: each gets the error that the protocol names for it, and the server serves on.
from client import Client, Document, Failure

TEXT = "net n {\n  input x: float32[1, 8, 8]\n  output y = x -> relu\n}\n"


def served(action):
    def test():
        client = Client()
        try:
            client.start()
            action(client)
            d = Document(client, "untitled:after", TEXT)
            assert "`[1, 8, 8]`" in d.ask("hover", d.find("relu"))["contents"]["value"]
            assert client.stop() == 0
        finally:
            client.kill()
    test.__name__ = action.__name__
    return test


def error_code(client, request_id=None):
    return client.answer(request_id)["error"]["code"]


def framed(body, header=b"Content-Length: %d\r\n\r\n"):
    return header % len(body) + body


@served
def headers_that_are_none(client):
    for header in (b"Content-Length: -5\r\n\r\n", b"Content-Length: abc\r\n\r\n", b"Content-Length: 99999999999999999999999\r\n\r\n", b"Nothing: 1\r\n\r\n",
                   b"Content-Length:\r\n\r\n", b"Content-Length: 2000000000\r\n\r\n", b"x" * 5000 + b"\r\n\r\n", b"\0\xff\r\n\r\n"):
        client.send_bytes(header)
        assert error_code(client) == -32700, header


@served
def headers_in_other_forms(client):
    body = b'{"jsonrpc":"2.0","id":"a","method":"nothing"}'
    for header in (b"content-length:%d\r\n\r\n", b"Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-Length: %d\r\n\r\n",
                   b"\r\n\r\nContent-Length:   %d \r\n\r\n", b"Content-Length: %d\n\n"):
        client.send_bytes(framed(body, header))
        assert error_code(client, "a") == -32601


@served
def bodies_that_are_no_json(client):
    for body in (b"", b"{", b"no", b"\xff\xfe", b"[" * 100000, b'{"jsonrpc":"2.0","id":1,"method":"shutdown"', b"\0\0\0"):
        client.send_bytes(framed(body))
        assert error_code(client) == -32700, body[:20]


@served
def json_that_is_no_request(client):
    for body in (b"[]", b"1", b'"exit"', b"null", b"{}", b'{"id":null,"method":"shutdown"}', b'{"method":7}', b'[{"jsonrpc":"2.0","method":"exit"}]', b'{"id":{},"method":"shutdown"}'):
        client.send_bytes(framed(body))
        assert error_code(client) == -32600, body


@served
def methods_that_are_unknown(client):
    assert client.ask("textDocument/unheardOf", {})["error"]["code"] == -32601
    client.notify("$/setTrace", {"value": "off"})  # notices that we do not know are nothing
    client.notify("$/cancelRequest", {"id": 1})
    client.notify("workspace/didChangeConfiguration", {"settings": None})
    client.send({"jsonrpc": "2.0", "id": 99, "result": None})  # an answer to nothing
    assert client.ask("initialize", {"capabilities": {}})["error"]["code"] == -32600


@served
def parameters_that_are_wrong(client):
    d = Document(client, "untitled:1", TEXT)
    methods = ["completion", "hover", "definition", "references", "documentHighlight", "prepareRename", "rename"]
    wrong = [None, [], 1, "text", {}, {"textDocument": 1}, {"textDocument": {"uri": 5}}, {"textDocument": {"uri": "untitled:no"}},
             {"textDocument": {"uri": d.uri}}, {"textDocument": {"uri": d.uri}, "position": []},
             {"textDocument": {"uri": d.uri}, "position": {"line": -1, "character": 0}}, {"textDocument": {"uri": d.uri}, "position": {"line": "0", "character": 0}}]
    for method in methods:
        for params in wrong:
            assert client.ask("textDocument/" + method, params)["error"]["code"] == -32602, (method, params)
    for method in ("formatting", "documentSymbol", "semanticTokens/full", "inlayHint", "codeAction"):
        for params in wrong[:8]:
            assert client.ask("textDocument/" + method, params)["error"]["code"] == -32602, (method, params)
    for line in (0, 1, 2**31 - 1, 2**40, 1e300):
        for character in (0, 56, 2**31 - 1, 1e300):
            client.ask("textDocument/hover", {"textDocument": {"uri": d.uri}, "position": {"line": line, "character": character}})
    huge = {"start": {"line": 0, "character": 0}, "end": {"line": 1e9, "character": 1e9}}
    client.request("textDocument/inlayHint", {"textDocument": {"uri": d.uri}, "range": huge})
    for method, params in (("didOpen", {}), ("didOpen", {"textDocument": {"uri": d.uri}}), ("didChange", {}), ("didChange", {"textDocument": {"uri": "untitled:no"}}),
                           ("didClose", {}), ("didSave", []), ("didOpen", {"textDocument": {"uri": "", "text": ""}})):
        client.notify("textDocument/" + method, params)
    d.change([{"range": {"start": {"line": 5, "character": 5}, "end": {"line": 0, "character": 0}}, "text": " "}, {"text": 5}, {"range": 7, "text": "#"}, 1])
    d.set(TEXT)
    assert d.problems() == []


@served
def texts_that_are_other_files(client):
    d = Document(client, "untitled:1", TEXT)
    for text in ("GIF89a", "<!DOCTYPE html>\n\n<p>", "\xff", "\x01\x02\x03\x04\x05\n\n x"):
        d.set(text)
        assert d.problems(), text
        for line, character in ((0, 0), (0, 2), (2, 1)):
            place = {"textDocument": {"uri": d.uri}, "position": {"line": line, "character": character}}
            for method in ("completion", "hover", "definition", "prepareRename"):
                client.ask("textDocument/" + method, place)
        for method in ("documentSymbol", "semanticTokens/full"):
            client.ask("textDocument/" + method, {"textDocument": {"uri": d.uri}})
    d.set(TEXT)
    assert d.problems() == []


def requests_before_and_after():
    client = Client()
    try:
        assert client.ask("shutdown")["error"]["code"] == -32002
        client.notify("textDocument/didOpen", {"textDocument": {"uri": "a", "text": TEXT}})
        client.start()
        client.request("shutdown")
        assert client.ask("textDocument/hover", {})["error"]["code"] == -32600
        client.notify("exit")
        assert client.process.wait(20) == 0
    finally:
        client.kill()


def ends_without_shutdown():
    for action in (lambda c: c.notify("exit"), lambda c: c.process.stdin.close(), lambda c: (c.send_bytes(b"Content-Length: 100\r\n\r\n{"), c.process.stdin.close())):
        client = Client()
        try:
            client.start()
            action(client)
            assert client.process.wait(20) == 1
            assert client.process.stderr.read() == b""
        finally:
            client.kill()


TESTS = [headers_that_are_none, headers_in_other_forms, bodies_that_are_no_json, json_that_is_no_request, methods_that_are_unknown,
         parameters_that_are_wrong, texts_that_are_other_files, requests_before_and_after, ends_without_shutdown]
