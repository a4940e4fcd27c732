#!/usr/bin/env node
// syntaxes/cnn.tmLanguage.json in the engine that VS Code has: scopes at the places that textmate.cnn marks, all words and signs
// of the language, and every example beside what `cnnc lsp` says of each token. The last line counts.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const { root, read, check, finish, sources, knownWords, Server } = require("./parts.js");

const tools = path.join(process.env.EDITORS, "tools/node_modules");
const textmate = require(path.join(tools, "vscode-textmate"));
const oniguruma = require(path.join(tools, "vscode-oniguruma"));
const file = "grammar/editors/vscode/syntaxes/cnn.tmLanguage.json";

async function load() {
  await oniguruma.loadWASM(fs.readFileSync(path.join(tools, "vscode-oniguruma/release/onig.wasm")));
  const registry = new textmate.Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
      createOnigString: (text) => new oniguruma.OnigString(text),
    }),
    loadGrammar: async () => textmate.parseRawGrammar(read(file), file),
  });
  return registry.loadGrammar("source.cnn");
}

/** For each line its tokens, each with the innermost scope but for `.cnn`. */
function tokenize(grammar, text) {
  let state = textmate.INITIAL;
  return text.split(/\r?\n/).map((line) => {
    const result = grammar.tokenizeLine(line, state);
    state = result.ruleStack;
    return result.tokens.map((token) => ({ ...token, scope: token.scopes.at(-1).replace(/\.cnn$/, "") }));
  });
}
const scopeAt = (line, column) => line.find((token) => token.startIndex <= column && column < token.endIndex)?.scope;

/** A comment `#   ^ scope` names the scope above its mark, `# <- scope` that of the first column. */
function checkMarks(grammar) {
  const text = fs.readFileSync(path.join(__dirname, "textmate.cnn"), "utf8");
  const tokens = tokenize(grammar, text);
  let above = 0;
  text.split("\n").forEach((line, at) => {
    const mark = /^#( *)(\^|<-) ([a-z.]+)$/.exec(line);
    if (!mark) return (above = at);
    const column = mark[2] === "<-" ? 0 : mark[1].length + 1;
    const found = scopeAt(tokens[above], column);
    check(`textmate.cnn:${at + 1}`, found === mark[3] ? [] : [`the scope is ${found}, not ${mark[3]}`]);
  });
}

// Where each keyword is one, `|` before it.
const uses = {
  cnn: "|cnn 1", use: '|use "a.cnn"', dim: "|dim H in 1..2", const: "|const a = 1", default: "|default conv(bias=false)",
  block: "|block x -> y {", net: "|net a {", meta: "  |meta a = 1", input: "  |input x: [1]", output: "  |output y = x",
  weights: '  |weights "a.npz"', shared: "  |shared a = conv(1)", return: "  |return x", rename: '  |rename "a" = b',
  ignore: '  |ignore "a"', branch: "  y = x -> |branch(relu, tanh)", repeat: "  y = x -> |repeat 2 { relu }",
  in: "  y = x -> repeat i |in 0..2 { relu }", if: "  y = x -> |if c { relu }", else: "  y = x -> if c { relu } |else { tanh }",
  and: "const a = b |and c", or: "const a = b |or c", not: "const a = |not b", true: "const a = |true",
  false: "const a = |false", none: "const a = |none",
};

function checkWords(grammar) {
  const known = knownWords();
  const scopeIn = (use) => scopeAt(tokenize(grammar, use.replace("|", ""))[0], use.indexOf("|")) ?? "nothing";
  const wrong = (words, use, scope) => words.filter((word) => !scope.test(scopeIn(use(word)))).map((word) => `\`${word}\` is ${scopeIn(use(word))}`);
  check("every keyword has a use in textmate.js", known.keywords.filter((word) => !uses[word]));
  check("keywords", wrong(known.keywords.filter((word) => uses[word]), (word) => uses[word], /^(keyword|storage|constant\.language)/));
  check("signs", wrong(known.signs, (sign) => `const a = b |${sign} c`, /^(keyword\.operator|punctuation)/));
  check("operations", wrong(known.operations, (name) => `  y = x -> |${name} -> z`, /^support\.function\.operation$/));
  check("functions", wrong(known.functions, (name) => `const a = |${name}(1)`, /^support\.function/));
  check("types", wrong(known.types, (name) => `  input x: |${name}[1]`, /^support\.type$/));
  const repository = JSON.parse(read(file)).repository;
  for (const group of ["operations", "functions", "types"]) {
    const words = /\(\?:([a-z0-9_|]+)\)/.exec(repository[group].patterns[0].match)[1].split("|");
    check(`no ${group} that are none`, words.filter((word) => !known[group].includes(word)));
  }
}

// What scopes a token has that the server calls so; of names only what no context can change.
const expected = {
  keyword: /^(keyword|storage|constant\.language)/, comment: /^comment/, string: /^(string|constant\.character)/,
  number: /^constant\.numeric/, operator: /^keyword\.operator/, type: /^support\.type/,
};

async function checkSources(grammar) {
  const server = new Server();
  const { capabilities } = await server.request("initialize", { processId: null, rootUri: null, capabilities: {} });
  const types = capabilities.semanticTokensProvider.legend.tokenTypes;
  server.notify("initialized", {});
  for (const name of sources("examples", "tests/golden")) {
    const text = read(name), uri = `file://${path.join(root, name)}`;
    // What VS Code does not hand to the engine: a byte order mark. What has errors has no right colours.
    if (text.startsWith("\uFEFF") || fs.existsSync(path.join(root, name.replace(/\.cnn$/, ".err")))) continue;
    server.notify("textDocument/didOpen", { textDocument: { uri, languageId: "cnn", version: 1, text } });
    const { data } = await server.request("textDocument/semanticTokens/full", { textDocument: { uri } });
    server.notify("textDocument/didClose", { textDocument: { uri } });
    const lines = tokenize(grammar, text), problems = [];
    let line = 0, column = 0;
    for (let i = 0; i < data.length; i += 5) {
      column = data[i] ? data[i + 1] : column + data[i + 1];
      line += data[i];
      const type = types[data[i + 3]], scope = scopeAt(lines[line], column);
      const word = text.split(/\r?\n/)[line].slice(column, column + data[i + 2]);
      if (expected[type] ? !expected[type].test(scope) : /^(keyword|storage|comment|string)/.test(scope))
        problems.push(`line ${line + 1}: \`${word}\` is a ${type} and has ${scope}`);
    }
    check(name, data.length || !text.trim() ? problems : ["the server has no tokens"]);
  }
  server.process.kill();
}

load().then(async (grammar) => {
  checkMarks(grammar);
  checkWords(grammar);
  await checkSources(grammar);
  finish();
});
