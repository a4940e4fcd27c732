#!/usr/bin/env node
// The tree-sitter grammar by tree-sitter's own tool, in a copy: its corpus and highlights, every .cnn file of this project
// without an error where cnnc has no syntax error, and with one at the right line where it has. The last line counts.
"use strict";

const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { root, read, check, finish, sources, knownWords } = require("./parts.js");

const copy = path.join(process.env.WORK, "tree-sitter-cnn");
const environment = { ...process.env, NO_COLOR: "1", TREE_SITTER_DIR: process.env.WORK, TREE_SITTER_LIBDIR: process.env.WORK, XDG_CACHE_HOME: process.env.WORK };

function treeSitter(...words) {
  const result = spawnSync(path.join(process.env.EDITORS, "bin/tree-sitter"), words, { cwd: copy, encoding: "utf8", env: environment, maxBuffer: 1 << 26 });
  return { good: result.status === 0, text: result.stdout + result.stderr };
}
const lines = (result) => (result.good ? [] : result.text.split("\n").filter((line) => /✗|Failure|[Ee]rror|expected/.test(line)));

/** Lines of syntax errors that cnnc finds in each file. */
function syntaxErrors(files) {
  const found = new Map(files.map((file) => [file, []]));
  const { stdout } = spawnSync(process.env.CNNC, ["check", "--diagnostics", "json", ...files], { cwd: root, encoding: "utf8", maxBuffer: 1 << 28 });
  for (const { code, file, line } of JSON.parse(stdout).diagnostics ?? []) if (/^E01/.test(code)) found.get(file).push(line);
  return found;
}

/** Lines from and to of the first error in the tree of each file that has one. */
function brokenTrees(files) {
  fs.writeFileSync(path.join(process.env.WORK, "paths"), files.map((file) => path.join(root, file)).join("\n"));
  const found = new Map();
  for (const line of treeSitter("parse", "--quiet", "--paths", path.join(process.env.WORK, "paths")).text.split("\n")) {
    const match = /^(\S+\.cnn)\s.*\((?:ERROR|MISSING).*?\[(\d+), \d+\] - \[(\d+), \d+\]/.exec(line);
    if (match) found.set(path.relative(root, match[1]), [Number(match[2]) + 1, Number(match[3]) + 1]);
  }
  return found;
}

// No grammar tells these: how deep brackets and expressions may nest, which versions there are; that `n{relu}` is one word.
const unseen = ["deep_expression", "deep_nesting", "version_other", "repeat_brace"].map((name) => `tests/golden/syntax/${name}.cnn`);

function checkSources() {
  const files = sources("examples", "tests", "grammar");
  const wanted = syntaxErrors(files), found = brokenTrees(files);
  check("there are sources", files.length > 500 ? [] : [`${files.length} of them`]);
  check("what cnnc parses has no error", files.filter((file) => !wanted.get(file).length && found.has(file)).map((file) => `${file}:${found.get(file)[0]}`));
  const broken = files.filter((file) => wanted.get(file).length && !unseen.includes(file));
  check("there are syntax errors", broken.length > 90 ? [] : [`${broken.length} of them`]);
  check("what cnnc does not parse has one", broken.filter((file) => !found.has(file)));
  // Where something is missing, cnnc points at the end of one line or at the start of the next.
  const near = (file) => wanted.get(file).some((line) => line >= found.get(file)[0] - 1 && line <= found.get(file)[1] + 1);
  check("and it is where cnnc's is", broken.filter((file) => found.has(file) && !near(file)).map((file) => `${file}:${found.get(file)} instead of ${wanted.get(file)}`));
}

function checkWords() {
  const literals = new Set(read("grammar/editors/tree-sitter-cnn/grammar.js").match(/"[^"\s]+"/g).map((text) => text.slice(1, -1)));
  const highlighted = read("grammar/editors/tree-sitter-cnn/queries/highlights.scm");
  const known = knownWords();
  check("every keyword and sign is in the grammar", [...known.keywords, ...known.signs].filter((word) => !literals.has(word)));
  check("every keyword and sign has a colour", [...known.keywords, ...known.signs].filter((word) => !highlighted.includes(`"${word}"`) && !highlighted.includes(`(${word})`)));
}

fs.cpSync(path.join(root, "grammar/editors/tree-sitter-cnn"), copy, { recursive: true });
const generated = treeSitter("generate", "--abi", "14");
check("the parser is generated", generated.good ? [] : generated.text.split("\n"));
const tested = treeSitter("test");
check("tree-sitter test", lines(tested));
check("it finds cases and marks", /successful parses: 1[0-9]/.test(tested.text) && /\d\d assertions/.test(tested.text) ? [] : [tested.text]);
const folds = treeSitter("query", "queries/folds.scm", path.join(root, "tests/editors/textmate.cnn"));
check("nets and blocks fold", folds.good && folds.text.match(/capture: .*fold/g)?.length > 5 ? [] : [folds.text]);
check("scanner.c has no warnings", spawnSync("cc", ["-std=c11", "-Wall", "-Wextra", "-Werror", "-Isrc", "-fsyntax-only", "src/scanner.c"], { cwd: copy, encoding: "utf8" }).stderr.split("\n").filter(Boolean));
checkWords();
checkSources();
finish();
