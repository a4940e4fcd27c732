// What the tests of editors share: counting, the sources to look at, the language's own lists, a client of `cnnc lsp`.
"use strict";

const { execFileSync, spawn } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");

const root = path.resolve(__dirname, "../..");
const read = (file) => fs.readFileSync(path.join(root, file), "utf8");

let passed = 0, failed = 0;
function check(name, problems) {
  if (problems.length === 0) return passed++;
  failed++;
  console.log(`FAILED: ${name}\n${problems.slice(0, 12).map((line) => `    ${line}`).join("\n")}`);
}
function finish() {
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed ? 1 : 0);
}

/** All .cnn files below these directories. */
function sources(...directories) {
  return directories.flatMap((directory) =>
    fs.readdirSync(path.join(root, directory), { recursive: true }).filter((file) => file.endsWith(".cnn"))
      .map((file) => path.join(directory, file)).sort());
}

/** Words that the compiler knows, from where it has them. */
function knownWords() {
  const tokens = read("compiler/ir/tokens.def");
  const texts = (kind) => [...tokens.matchAll(new RegExp(`^${kind}\\(\\w+, "(.*)"\\)`, "gm"))].map((match) => match[1]);
  const strings = (file, array) => {
    const list = read(file).match(new RegExp(`${array}\\[\\] = \\{([^}]*)\\}`))[1];
    return [...list.matchAll(/"(\w+)"/g)].map((match) => match[1]);
  };
  const explained = execFileSync(process.env.CNNC, ["explain"], { encoding: "utf8" });
  return {
    keywords: texts("KEYWORD"),
    signs: [...new Set(texts("SIGN"))],
    operations: [...explained.split("Operations:")[1].matchAll(/^ {2}(\w+) /gm)].map((match) => match[1]),
    functions: strings("compiler/passes/functions.c", "function_names"),
    types: strings("compiler/ir/graph.c", "dtype_names"),
  };
}

/** `cnnc lsp` with requests as promises. */
class Server {
  constructor() {
    this.process = spawn(process.env.CNNC, ["lsp"], { stdio: ["pipe", "pipe", "inherit"] });
    this.bytes = Buffer.alloc(0);
    this.waiting = new Map();
    this.process.stdout.on("data", (data) => this.take(data));
    this.last = 0;
  }
  take(data) {
    this.bytes = Buffer.concat([this.bytes, data]);
    for (let end; (end = this.bytes.indexOf("\r\n\r\n")) >= 0; ) {
      const length = Number(/Content-Length: (\d+)/.exec(this.bytes.subarray(0, end))[1]);
      if (this.bytes.length < end + 4 + length) return;
      const message = JSON.parse(this.bytes.subarray(end + 4, end + 4 + length));
      this.bytes = this.bytes.subarray(end + 4 + length);
      this.waiting.get(message.id)?.(message.result);
    }
  }
  notify(method, params, id) {
    const body = JSON.stringify({ jsonrpc: "2.0", id, method, params });
    this.process.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  }
  request(method, params) {
    const id = ++this.last;
    return new Promise((resolve) => {
      this.waiting.set(id, resolve);
      this.notify(method, params, id);
    });
  }
}

module.exports = { root, read, check, finish, sources, knownWords, Server };
