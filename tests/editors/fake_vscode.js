// As much of VS Code's interface as an extension with a language client asks for: what it registers and shows is kept for the
// test to look at. A class that is not here is an empty one.
"use strict";

const { pathToFileURL, fileURLToPath } = require("node:url");

class Disposable {
  constructor(dispose = () => {}) {
    this.dispose = dispose;
  }
}

class EventEmitter {
  listeners = new Set();
  event = (listener, that) => {
    const bound = that ? listener.bind(that) : listener;
    this.listeners.add(bound);
    return new Disposable(() => this.listeners.delete(bound));
  };
  fire(value) {
    for (const listener of [...this.listeners]) listener(value);
  }
  dispose() {
    this.listeners.clear();
  }
}

class CancellationTokenSource {
  token = { isCancellationRequested: false, onCancellationRequested: () => new Disposable() };
  cancel() {}
  dispose() {}
}

class Uri {
  constructor(text) {
    this.text = text;
    this.scheme = text.split(":")[0];
    this.fsPath = this.scheme === "file" ? fileURLToPath(text) : text;
    this.path = this.fsPath;
  }
  static parse(text) {
    return new Uri(text);
  }
  static file(path) {
    return new Uri(pathToFileURL(path).href);
  }
  toString() {
    return this.text;
  }
}

class Position {
  constructor(line, character) {
    Object.assign(this, { line, character });
  }
}

class Range {
  constructor(...at) {
    const [start, end] = at.length === 4 ? [new Position(at[0], at[1]), new Position(at[2], at[3])] : at;
    Object.assign(this, { start, end });
  }
}

class Diagnostic {
  constructor(range, message, severity) {
    Object.assign(this, { range, message, severity });
  }
}

class InlayHint {
  constructor(position, label, kind) {
    Object.assign(this, { position, label, kind });
  }
}

class Hover {
  constructor(contents, range) {
    Object.assign(this, { contents, range });
  }
}

class MarkdownString {
  constructor(value) {
    this.value = value;
  }
  appendMarkdown(text) {
    this.value = (this.value ?? "") + text;
    return this;
  }
}

class CodeActionKind {
  static Empty = new CodeActionKind("");
  constructor(value) {
    this.value = value;
  }
  append(part) {
    return new CodeActionKind(this.value ? `${this.value}.${part}` : part);
  }
}

/** Members that are not named: events are silent, functions give something to dispose of. */
function lenient(known) {
  const events = {};
  return new Proxy(known, {
    get(target, name) {
      if (name in target || typeof name === "symbol") return target[name];
      if (/^on[A-Z]/.test(name)) return (events[name] ??= new EventEmitter()).event;
      if (name === "fire") return (event, value) => events[event]?.fire(value);
      return () => new Disposable();
    },
  });
}

const shown = { errors: [], diagnostics: new Map(), providers: {}, commands: {} };
const configuration = {};

const languages = lenient({
  match: (selector, document) => [selector].flat().some((filter) => filter.language === document.languageId && (!filter.scheme || filter.scheme === document.uri.scheme)) ? 10 : 0,
  createDiagnosticCollection: () => ({
    set: (uri, list) => shown.diagnostics.set(uri.toString(), list ?? []),
    delete: (uri) => shown.diagnostics.delete(uri.toString()),
    clear: () => shown.diagnostics.clear(),
    dispose() {},
  }),
});

const known = {
  version: "1.82.0", Disposable, EventEmitter, CancellationTokenSource, Uri, Position, Range, Diagnostic, InlayHint, Hover, MarkdownString, CodeActionKind,
  env: { language: "en", appName: "a test" },
  window: lenient({
    showErrorMessage: async (text) => void shown.errors.push(text),
    createOutputChannel: () => lenient({}),
    tabGroups: lenient({ all: [] }),
  }),
  workspace: lenient({ textDocuments: [], notebookDocuments: [], workspaceFolders: undefined, getConfiguration: (section) => ({ get: (name) => configuration[`${section}.${name}`] }) }),
  languages: new Proxy(languages, {
    get(target, name) {
      const kind = /^register(\w+)Provider$/.exec(String(name))?.[1];
      if (!kind) return target[name];
      return (selector, provider) => {
        shown.providers[kind] = provider;
        return new Disposable();
      };
    },
  }),
  commands: lenient({
    registerCommand: (name, run) => {
      shown.commands[name] = run;
      return new Disposable();
    },
  }),
};

const vscode = new Proxy(known, {
  get(target, name) {
    if (typeof name === "string" && /^[A-Z]/.test(name)) target[name] ??= { [name]: class {} }[name];
    return target[name];
  },
});
module.exports = { vscode, shown, configuration };
