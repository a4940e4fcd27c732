"""Chromium without a window, driven by its DevTools protocol through two pipes: JSON messages that end with a zero byte."""
import fcntl
import json
import os
import select
import subprocess
import time

FLAGS = """--headless --no-sandbox --disable-gpu --no-first-run --no-default-browser-check --disable-background-networking
  --disable-component-update --disable-sync --disable-default-apps --disable-dev-shm-usage --remote-debugging-pipe""".split()
PATIENCE = 60  # seconds


class Browser:
    """One page of a browser of its own; what the page complains of is in .complaints, what it asked for in .requests."""

    def __init__(self, program, profile):
        self.answers, self.rest, self.count, self.session = {}, b"", 0, None
        self.complaints, self.requests = [], []
        commands, self.commands = os.pipe()
        self.messages, messages = os.pipe()
        high = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (commands, messages)]

        def as_3_and_4():
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        self.process = subprocess.Popen(
            [program, *FLAGS, "--user-data-dir=" + profile, "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            preexec_fn=as_3_and_4, pass_fds=(3, 4))
        for end in (commands, messages, *high):
            os.close(end)
        page = next(t for t in self.call("Target.getTargets")["targetInfos"] if t["type"] == "page")
        self.session = self.call("Target.attachToTarget", targetId=page["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")

    def call(self, method, **parameters):
        return self.answer(method, self.send(method, **parameters))

    def send(self, method, **parameters):
        """Does not wait for the answer, which answer() will take."""
        self.count += 1
        message = {"id": self.count, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.commands, json.dumps(message).encode() + b"\0")
        return self.count

    def answer(self, method, number):
        while number not in self.answers:
            self.receive()
        answer = self.answers.pop(number)
        if "error" in answer:
            raise RuntimeError("%s: %s" % (method, answer["error"]))
        return answer["result"]

    def receive(self):
        if not select.select([self.messages], [], [], PATIENCE)[0]:
            raise RuntimeError("the browser is silent")
        part = os.read(self.messages, 1 << 20)
        if not part:
            raise RuntimeError("the browser has ended")
        *whole, self.rest = (self.rest + part).split(b"\0")
        for text in whole:
            self.take(json.loads(text))

    def take(self, message):
        method, parameters = message.get("method"), message.get("params")
        if "id" in message:
            self.answers[message["id"]] = message
        elif method == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(parameters["exceptionDetails"]))
        elif method == "Log.entryAdded" and parameters["entry"]["level"] in ("warning", "error"):
            self.complaints.append(parameters["entry"]["text"])
        elif method == "Runtime.consoleAPICalled" and parameters["type"] in ("warning", "error", "assert"):
            self.complaints.append(json.dumps(parameters["args"]))

    def ask(self, expression):
        """The value of an expression of JavaScript in the page; of a promise, what comes of it."""
        done = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in done:
            raise RuntimeError("%s: %s" % (expression, done["exceptionDetails"]))
        return done["result"].get("value")

    def wait_until(self, expression):
        end = time.monotonic() + PATIENCE
        while not self.ask(expression):
            if time.monotonic() > end:
                raise RuntimeError("never true: " + expression)
            time.sleep(0.02)

    def mouse(self, kind, *points, pointer="mouse", button="left"):
        """Events follow each other as fast as the browser takes them, so that it joins those of one frame, as it does with real ones."""
        self.inputs("Input.dispatchMouseEvent", [
            dict(type=kind, x=x, y=y, pointerType=pointer, button=button, buttons=(kind != "mouseReleased") * {"left": 1, "right": 2}[button],
                 clickCount=int(kind != "mouseMoved")) for x, y in points])

    def touch(self, kind, *moments):
        """A moment is a list of the places of fingers."""
        self.inputs("Input.dispatchTouchEvent", [
            dict(type=kind, touchPoints=[{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(fingers)]) for fingers in moments])

    def inputs(self, method, events):
        for number in [self.send(method, **event) for event in events]:
            self.answer(method, number)

    def key(self, key, code=None, text=""):
        values = {"ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, " ": 32, "Enter": 13, "Tab": 9, "Delete": 46}
        for kind in ("keyDown", "keyUp"):
            extra = {"text": text} if text and kind == "keyDown" else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=code or key, windowsVirtualKeyCode=values[key], **extra)

    def close(self):
        try:
            self.session = None
            self.call("Browser.close")
            self.process.wait(PATIENCE)
        except (RuntimeError, OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        os.close(self.commands)
        os.close(self.messages)
