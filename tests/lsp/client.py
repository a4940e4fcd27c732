# client.py - an editor's side of the protocol: starts a server, sends what it is told, and holds every answer and notice to the
# shapes of the protocol where lsprotocol, the protocol as Python types, is installed.
import json, os, selectors, subprocess, time

try:
    from lsprotocol import converters, types
    CONVERTER = converters.get_converter()
except ImportError:
    CONVERTER = None


class Failure(Exception):
    pass


class Client:
    def __init__(self, arguments=()):
        self.process = subprocess.Popen([os.environ["CNNC"], "lsp", *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.buffer = b""
        self.last_id = 0
        self.diagnostics = {}  # by URI: the parameters published last
        self.published = 0
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.process.stdout, selectors.EVENT_READ)

    def send_bytes(self, data):
        try:
            self.process.stdin.write(data)
            self.process.stdin.flush()
        except BrokenPipeError:
            raise Failure("the server is gone: " + self.last_words()) from None

    def send(self, message):
        body = json.dumps(message).encode()
        self.send_bytes(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    def last_words(self):
        self.process.stdin.close()
        text = self.process.stderr.read().decode(errors="replace")
        return "status %s, %s" % (self.process.wait(), text[:2000])

    def receive(self, seconds=20):
        """The next message, or None at the end."""
        deadline = time.monotonic() + seconds
        while True:
            head, mark, rest = self.buffer.partition(b"\r\n\r\n")
            if mark:
                length = int(head.split(b":")[1])
                if len(rest) >= length:
                    self.buffer = rest[length:]
                    return json.loads(rest[:length].decode())
            left = deadline - time.monotonic()
            if left <= 0 or not self.selector.select(left):
                raise Failure("no answer within %d s" % seconds)
            data = os.read(self.process.stdout.fileno(), 1 << 16)
            if not data:
                return None
            self.buffer += data

    def take_notice(self, message):
        if message.get("method") != "textDocument/publishDiagnostics":
            raise Failure("unexpected %r" % message)
        self.validate("textDocument/publishDiagnostics", message, 0)
        self.diagnostics[message["params"]["uri"]] = message["params"]
        self.published += 1

    def validate(self, method, message, index):
        if CONVERTER and method in types.METHOD_TO_TYPES and "error" not in message:
            try:
                CONVERTER.structure(message, types.METHOD_TO_TYPES[method][index])
            except Exception as e:
                raise Failure("%s is not what the protocol says: %r: %s" % (method, e, json.dumps(message)[:500])) from None

    def answer(self, request_id, method=None):
        while True:
            message = self.receive()
            if message is None:
                raise Failure("the server ended: " + self.last_words())
            if "method" in message:
                self.take_notice(message)
                continue
            if message.get("id") != request_id or message.get("jsonrpc") != "2.0" or ("result" in message) == ("error" in message):
                raise Failure("answer %d expected: %r" % (request_id, message))
            if method:
                self.validate(method, message, 1)
            return message

    def ask(self, method, params=None):
        """The whole answer."""
        self.last_id += 1
        message = {"jsonrpc": "2.0", "id": self.last_id, "method": method}
        if params is not None:
            message["params"] = params
        self.send(message)
        return self.answer(self.last_id, method)

    def request(self, method, params=None):
        message = self.ask(method, params)
        if "error" in message:
            raise Failure("%s: %r" % (method, message["error"]))
        return message["result"]

    def notify(self, method, params=None):
        self.send({"jsonrpc": "2.0", "method": method, **({} if params is None else {"params": params})})

    def wait_published(self, count):
        while self.published < count:
            message = self.receive()
            if message is None:
                raise Failure("the server ended: " + self.last_words())
            self.take_notice(message)

    def start(self):
        result = self.request("initialize", {"processId": None, "rootUri": None, "capabilities": {}})
        self.notify("initialized", {})
        return result

    def stop(self):
        """The exit status; what the server wrote on standard error is a failure."""
        self.request("shutdown")
        self.notify("exit")
        self.process.stdin.close()
        status = self.process.wait(20)
        words = self.process.stderr.read().decode(errors="replace")
        if words:
            raise Failure("on standard error: " + words[:2000])
        return status

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            try:
                stream.close()
            except BrokenPipeError:
                pass
        self.process.wait()


class Document:
    """A text as the editor has it, sent to the server as it changes."""

    def __init__(self, client, uri, text):
        self.client, self.uri, self.text, self.version = client, uri, text, 1
        self.publish(lambda: client.notify("textDocument/didOpen", {"textDocument": {"uri": uri, "languageId": "cnn", "version": 1, "text": text}}))

    def publish(self, action):
        before = self.client.published
        action()
        self.client.wait_published(before + 1)

    def position(self, offset):
        before = self.text[:offset].replace("\r\n", "\n").replace("\r", "\n")
        line = before.rpartition("\n")[2]
        return {"line": before.count("\n"), "character": len(line.encode("utf-16-le")) // 2}

    def find(self, text, nth=0, inside=0):
        at = -1
        for _ in range(nth + 1):
            at = self.text.index(text, at + 1)
        return at + inside

    def change(self, changes):
        self.version += 1
        self.publish(lambda: self.client.notify("textDocument/didChange", {"textDocument": {"uri": self.uri, "version": self.version}, "contentChanges": changes}))

    def replace(self, start, end, text):
        change = {"range": {"start": self.position(start), "end": self.position(end)}, "text": text}
        self.text = self.text[:start] + text + self.text[end:]
        self.change([change])

    def set(self, text):
        self.text = text
        self.change([{"text": text}])

    def at(self, offset, **more):
        return {"textDocument": {"uri": self.uri}, "position": self.position(offset), **more}

    def ask(self, method, offset, **more):
        return self.client.request("textDocument/" + method, self.at(offset, **more))

    def whole(self, **more):
        return {"textDocument": {"uri": self.uri}, "range": {"start": self.position(0), "end": self.position(len(self.text))}, **more}

    def cut(self, span):
        """The text of a range."""
        lines = self.text.replace("\r\n", "\n").split("\n")
        offsets = []
        for end in (span["start"], span["end"]):
            line = lines[end["line"]].encode("utf-16-le")
            offsets.append(sum(len(l) + 1 for l in lines[:end["line"]]) + len(line[:2 * end["character"]].decode("utf-16-le")))
        return self.text[offsets[0]:offsets[1]]

    def problems(self):
        return self.client.diagnostics[self.uri]["diagnostics"]

    def codes(self):
        return [d["code"] for d in self.problems()]

    def applied(self, edits):
        """The text after edits that do not overlap."""
        lines, text = self.text.split("\n"), self.text

        def offset(p):
            line = lines[min(p["line"], len(lines) - 1)].encode("utf-16-le")
            return sum(len(l) + 1 for l in lines[:p["line"]]) + len(line[:2 * p["character"]].decode("utf-16-le"))

        for edit in sorted(edits, key=lambda e: offset(e["range"]["start"]), reverse=True):
            text = text[:offset(edit["range"]["start"])] + edit["newText"] + text[offset(edit["range"]["end"]):]
        return text
