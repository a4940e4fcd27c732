#!/usr/bin/env node
// The extension as vsce packs it, unpacked and started: VS Code's interface is that of fake_vscode.js, the language client and
// cnnc are the real ones. The last line counts.
"use strict";

const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const Module = require("node:module");
const path = require("node:path");
const { root, read, check, finish } = require("./parts.js");
const { vscode, shown, configuration } = require("./fake_vscode.js");

const work = process.env.WORK, unpacked = path.join(work, "unpacked/extension");

function pack() {
  const out = path.join(work, "cnnc.vsix");
  execFileSync(path.join(root, "grammar/editors/pack"), [process.env.EDITORS, out], { stdio: "inherit" });
  execFileSync("python3", ["-m", "zipfile", "-e", out, path.join(work, "unpacked")]);
}

function checkFiles() {
  const manifest = JSON.parse(fs.readFileSync(path.join(unpacked, "package.json"), "utf8"));
  const { languages, grammars } = manifest.contributes;
  const files = [manifest.main, grammars[0].path, languages[0].configuration, "LICENSE.txt", "README.md"];
  check("the files are in the package", files.filter((file) => !fs.existsSync(path.join(unpacked, file))));
  const version = /^VERSION := (.*)$/m.exec(read("Makefile"))[1];
  check("the version is cnnc's", manifest.version === `${version}.0` ? [] : [`${manifest.version} and ${version}`]);
  const configured = JSON.parse(fs.readFileSync(path.join(unpacked, languages[0].configuration), "utf8"));
  const rules = [configured.wordPattern, ...Object.values(configured.indentationRules), ...configured.onEnterRules.map((rule) => rule.beforeText)];
  const [, increase, decrease] = rules.map((rule) => new RegExp(rule));
  check("lines with an open bracket indent the next", ["net a {", "  y = x -> conv(", "block x -> b { # {"].filter((line) => !increase.test(line)));
  check("others do not", ["net a { }", "# net a {", "  y = x -> relu"].filter((line) => increase.test(line)));
  check("closing brackets stand further out", decrease.test("  }") && !decrease.test("  y = [x]") ? [] : ["decreaseIndentPattern"]);
}

function open(name, text) {
  const file = path.join(work, name);
  fs.writeFileSync(file, text);
  const document = { uri: vscode.Uri.file(file), fileName: file, languageId: "cnn", version: 1, isClosed: false, getText: () => text, lineCount: text.split("\n").length };
  vscode.workspace.textDocuments.push(document);
  vscode.workspace.fire("onDidOpenTextDocument", document);
  return document;
}

/** What `get` gives once it gives something; nothing after ten seconds. */
async function eventually(get) {
  for (const end = Date.now() + 10000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 20))) {
    const value = await get();
    if (value) return value;
  }
}

const token = new vscode.CancellationTokenSource().token;

async function checkSession(extension) {
  Object.assign(configuration, { "cnnc.path": process.env.CNNC, "cnnc.arguments": ["-Wno-unused_names"] });
  const context = { subscriptions: [] };
  const whole = open("whole.cnn", "const unused = 1\nnet whole {\n  input x: [3, 8, 8]\n  output y = x -> max_pool(2)\n}\n");
  const broken = open("broken.cnn", "net broken {\n  input x: [3, 8, 8]\n  output y = x -> relo\n}\n");
  await extension.activate(context);
  check("it starts without a message", shown.errors);

  const found = await eventually(() => shown.diagnostics.get(broken.uri.toString())?.length && shown.diagnostics.get(broken.uri.toString()));
  check("an error is shown", found?.[0].code?.toString().startsWith("E0201") || found?.[0].code?.value === "E0201" ? [] : [JSON.stringify(found)]);
  check("at its place", found?.[0].range.start.line === 2 && found[0].range.start.character === 18 ? [] : [JSON.stringify(found?.[0].range)]);
  check("arguments reach cnnc", (shown.diagnostics.get(whole.uri.toString()) ?? []).map((one) => one.message));

  const hints = await shown.providers.InlayHints?.provideInlayHints(whole, new vscode.Range(0, 0, 5, 0), token);
  check("the shape behind a layer is shown", hints?.some((hint) => JSON.stringify(hint.label).includes("[3, 4, 4]")) ? [] : [JSON.stringify(hints)]);
  const hover = await shown.providers.Hover?.provideHover(whole, new vscode.Position(3, 20), token);
  check("an operation is explained", JSON.stringify(hover ?? "").includes("max_pool") ? [] : [JSON.stringify(hover)]);

  const restarted = async (what, program) => {
    shown.diagnostics.clear();
    Object.assign(configuration, { "cnnc.path": program });
    await shown.commands["cnnc.restart"]();
    check(what, (await eventually(() => shown.diagnostics.get(broken.uri.toString())?.length)) ? [] : shown.errors);
  };
  Object.assign(configuration, { "cnnc.path": path.join(work, "no-cnnc") });
  vscode.workspace.fire("onDidChangeConfiguration", { affectsConfiguration: (section) => section === "cnnc" });
  const message = await eventually(() => shown.errors[0]);
  check("who has no cnnc is told so", /no program .*no-cnnc\..*cnnc\.path/.test(message) ? [] : [message]);
  Object.assign(configuration, { "cnnc.path": "true" });
  await shown.commands["cnnc.restart"]();
  check("another program is told", /another program than cnnc/.test(shown.errors[1]) ? [] : shown.errors);
  await restarted("a restart brings it back", process.env.CNNC);
  check("nothing else was shown", shown.errors.slice(2));

  const older = path.join(work, "older-cnnc");
  fs.writeFileSync(older, '#!/bin/sh\n[ "$1" = version ] && echo cnnc 0.0 && exit\nexit 2\n', { mode: 0o755 });
  Object.assign(configuration, { "cnnc.path": older });
  await shown.commands["cnnc.restart"]();
  check("one without a server is told", shown.errors.length > 2 ? [] : ["no message"]);
  await restarted("a restart brings it back from there", process.env.CNNC);
  await extension.deactivate();
}

// As VS Code does with promises that the language client leaves alone, for instance a request to a server that has ended.
process.on("unhandledRejection", () => {});
pack();
checkFiles();
const resolve = Module._load;
Module._load = (request, ...rest) => (request === "vscode" ? vscode : resolve(request, ...rest));
const late = setTimeout(() => {
  check("the extension ends", ["not within a minute"]);
  finish();
}, 60000);
checkSession(require(unpacked)).then(() => clearTimeout(late)).then(finish, (error) => {
  check("a session", [error.stack]);
  finish();
});
