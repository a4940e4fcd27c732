// Starts `cnnc lsp` for files of the language `cnn`, and says what to do where there is no cnnc. All that the editor shows
// comes from the server; the colours before it answers, from syntaxes/.
"use strict";

const { execFile } = require("node:child_process");
const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;
let changes = Promise.resolve(); // starts and stops, one after the other

function settings() {
  const all = vscode.workspace.getConfiguration("cnnc");
  return { path: all.get("path") || "cnnc", options: all.get("arguments") || [] };
}

/** What keeps `path` from being started as cnnc; nothing if it can be. */
function problemWith(path) {
  return new Promise((resolve) => {
    execFile(path, ["version"], { timeout: 10000 }, (error, output) => {
      if (error?.code === "ENOENT") resolve(`There is no program ${path}.`);
      else if (error) resolve(`${path} cannot be started: ${error.message.split("\n")[0]}.`);
      else resolve(output.startsWith("cnnc ") ? undefined : `${path} is another program than cnnc.`);
    });
  });
}

async function start() {
  const { path, options } = settings();
  const problem = await problemWith(path);
  if (problem) {
    // Not awaited: the message may stay as long as it likes.
    vscode.window
      .showErrorMessage(`${problem} Install cnnc, or set cnnc.path to where it is.`, "Open Settings")
      .then((choice) => choice && vscode.commands.executeCommand("workbench.action.openSettings", "cnnc.path"));
    return;
  }
  const selector = [{ scheme: "file", language: "cnn" }];
  client = new LanguageClient("cnnc", "cnnc", { command: path, args: ["lsp", ...options] }, { documentSelector: selector });
  await client.start();
}

async function stop() {
  const old = client;
  client = undefined;
  if (old?.needsStop()) await old.stop(); // one that did not start cannot be stopped
}

function restart() {
  changes = changes.then(stop).then(start).catch((error) => vscode.window.showErrorMessage(`cnnc: ${error.message}`));
  return changes;
}

function activate(context) {
  context.subscriptions.push(
    vscode.commands.registerCommand("cnnc.restart", restart),
    vscode.workspace.onDidChangeConfiguration((event) => event.affectsConfiguration("cnnc") && restart()),
  );
  return restart();
}

function deactivate() {
  changes = changes.then(stop);
  return changes;
}

module.exports = { activate, deactivate };
