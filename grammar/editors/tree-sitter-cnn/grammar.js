// The language as tree-sitter parses it, for editors: the rules of ../../cnn.y, but for what a message says better than a
// broken tree. Words are keywords only where their construct can begin, as in compiler/ir/tokens.c: `statement_name` and
// the like take them back as names. `_line_start` (src/scanner.c) is the start of a line on which a statement may begin.

const list = (rule) => seq(rule, repeat(seq(",", rule)));
const listWithComma = (rule) => seq(list(rule), optional(","));
const names = ($, ...words) => choice($.identifier, alias(choice(...words), $.identifier));

const digits = /[0-9]+/;
const hole = /\{[A-Za-z_][A-Za-z0-9_]*\}/;
const wordPart = seq(/[A-Za-z_][A-Za-z0-9_]*/, repeat(seq(hole, /[A-Za-z0-9_]*/)));
const numberPart = choice(seq(digits, repeat(choice(hole, digits))), repeat1(seq(hole, optional(digits))));

module.exports = grammar({
  name: "cnn",

  externals: ($) => [$._line_start, $._recovery],
  extras: ($) => [/[ \t\r\n\uFEFF]/, $.comment, $.doc_comment],
  word: ($) => $.identifier,

  rules: {
    source_file: ($) => seq(optional($.version), repeat($._declaration)),

    version: ($) => seq("cnn", $.integer),
    _declaration: ($) =>
      choice(
        $.use_declaration,
        $.dim_declaration,
        $.const_declaration,
        $.default_declaration,
        alias($.meta, $.meta_declaration),
        $.block_declaration,
        $.net_declaration,
      ),
    use_declaration: ($) => seq("use", field("file", $.string)),
    dim_declaration: ($) =>
      seq(
        "dim",
        field("name", $.identifier),
        "in",
        field("lower", $.integer),
        "..",
        field("upper", optional($.integer)),
        optional($.arguments),
      ),
    const_declaration: ($) =>
      seq("const", field("name", $.identifier), optional($._type_mark), "=", field("value", $._expression)),
    default_declaration: ($) => seq("default", field("operation", $.identifier), $.arguments),
    meta: ($) => seq("meta", field("name", $.identifier), "=", field("value", $._expression)),
    block_declaration: ($) =>
      seq(
        "block",
        field("input", choice($.tensor, $.tensors)),
        "->",
        field("name", $.identifier),
        optional($.parameters),
        field("body", $.block_body),
      ),
    net_declaration: ($) =>
      seq("net", field("name", $.identifier), optional($.parameters), field("body", $.net_body)),

    tensors: ($) => seq("[", $.tensor, repeat1(seq(",", $.tensor)), "]"),
    tensor: ($) => seq(field("name", $.identifier), optional($._type_mark)),
    parameters: ($) => seq("(", optional(listWithComma($.parameter)), ")"),
    parameter: ($) => seq(field("name", $.identifier), optional(seq("=", field("default", $._expression)))),

    block_body: ($) =>
      seq("{", optional($._line_start), repeat(seq($._statement, $._line_start)), $.return_statement, "}"),
    net_body: ($) =>
      seq("{", optional($._line_start), optional(seq($._item, repeat(seq($._line_start, $._item)))), "}"),
    _item: ($) =>
      choice(
        $._statement,
        $.input_statement,
        $.output_statement,
        $.weights_statement,
        alias($.meta, $.meta_statement),
      ),
    _statement: ($) => choice($.tensor_statement, $.unpack_statement, $.shared_statement),

    input_statement: ($) => seq("input", list(field("name", $.identifier)), $._type_mark, optional($.arguments)),
    output_statement: ($) =>
      seq(
        "output",
        field("name", $.identifier),
        optional($._type_mark),
        optional($.arguments),
        "=",
        field("value", $.flow),
      ),
    weights_statement: ($) => seq("weights", field("file", $.string), optional($.arguments), optional($.rules)),
    rules: ($) => seq("{", repeat(choice($.rename_rule, $.ignore_rule)), "}"),
    rename_rule: ($) => seq("rename", field("from", $.string), "=", field("to", $._label)),
    ignore_rule: ($) => seq("ignore", $.string),
    tensor_statement: ($) =>
      seq(field("name", $._statement_name), optional($._type_mark), "=", field("value", $.flow)),
    unpack_statement: ($) =>
      seq("[", field("name", $.identifier), repeat1(seq(",", field("name", $.identifier))), "]", "=", field("value", $.flow)),
    shared_statement: ($) => seq("shared", field("name", $.identifier), "=", field("value", $.call)),
    return_statement: ($) => seq("return", $.flow),
    _statement_name: ($) => names($, "input", "output", "weights", "shared", "meta", "return"),

    flow: ($) => seq($._source, repeat(seq("->", $.layer))),
    _source: ($) =>
      choice($.identifier, $.path, $.integer, $.float, alias($._negative, $.unary_expression), $.tensor_list),
    _negative: ($) => seq("-", choice($.integer, $.float)),
    tensor_list: ($) => seq("[", list($.flow), "]"),

    _chain: ($) => seq($.layer, repeat(seq("->", $.layer))),
    layer: ($) => seq(optional(seq(field("label", $._label), ":")), choice($.call, $.branch, $.repeat, $.if)),
    _label: ($) => choice($._layer_name, $.path, $.integer),
    call: ($) => prec.right(seq(field("operation", $._layer_name), optional(alias($._call_arguments, $.arguments)))),
    branch: ($) => prec(1, seq("branch", "(", listWithComma($.arm), ")")),
    arm: ($) => seq(optional(seq(field("name", $._layer_name), "=")), $._chain),
    repeat: ($) => prec(1, seq("repeat", choice(field("count", $._expression), $._range), field("body", $.chain_body))),
    _range: ($) =>
      seq(field("variable", $.identifier), "in", field("first", $._expression), "..", field("last", $._expression)),
    if: ($) =>
      prec(
        1,
        seq("if", field("condition", $._expression), field("then", $.chain_body), optional($._else)),
      ),
    _else: ($) => seq("else", field("else", $.chain_body)),
    chain_body: ($) => seq("{", $._chain, "}"),
    _layer_name: ($) => names($, "branch", "repeat", "if"),

    arguments: ($) => seq("(", listWithComma($._argument), ")"),
    _call_arguments: ($) => seq("(", optional(listWithComma($._argument)), ")"),
    _argument: ($) => choice($._expression, $.named_argument),
    named_argument: ($) =>
      seq(field("name", names($, "not", "true", "false", "none")), "=", field("value", $._expression)),

    _type_mark: ($) => seq(":", field("type", $.type)),
    type: ($) => seq(field("element", optional($.identifier)), "[", list($._expression), "]"),

    // Comparisons are no operands of comparisons: there are no chains of them.
    _expression: ($) => choice($._operand, $.comparison, $.logical_expression),
    logical_expression: ($) =>
      choice(
        prec.left(1, seq($._expression, "or", $._expression)),
        prec.left(2, seq($._expression, "and", $._expression)),
        prec(3, seq("not", $._expression)),
      ),
    comparison: ($) => prec(4, seq($._operand, choice("==", "!=", "<", ">", "<=", ">="), $._operand)),
    _operand: ($) => choice($.binary_expression, $.unary_expression, $._atom),
    binary_expression: ($) =>
      choice(
        prec.left(5, seq($._operand, choice("+", "-"), $._operand)),
        prec.left(6, seq($._operand, choice("*", "/", "//", "%"), $._operand)),
        prec.right(8, seq($._operand, "**", $._operand)),
      ),
    unary_expression: ($) => prec(7, seq("-", $._operand)),
    _atom: ($) =>
      choice(
        $.integer,
        $.float,
        $.size,
        $.string,
        $.true,
        $.false,
        $.none,
        $.identifier,
        $.function_call,
        $.parenthesized_expression,
        $.tuple,
        $.named_tuple,
        $.list,
      ),
    true: () => "true",
    false: () => "false",
    none: () => "none",
    function_call: ($) => seq(field("function", $.identifier), alias($._call_arguments, $.arguments)),
    parenthesized_expression: ($) => seq("(", $._expression, ")"),
    tuple: ($) => seq("(", $._expression, repeat1(seq(",", $._expression)), optional(","), ")"),
    named_tuple: ($) => seq("(", listWithComma($.named_argument), ")"),
    list: ($) => seq("[", listWithComma($._expression), "]"),

    identifier: () => /[A-Za-z_][A-Za-z0-9_]*/,
    // Longer than a word: with a hole or a dot in it.
    path: () =>
      token(
        choice(
          seq(/[A-Za-z_][A-Za-z0-9_]*/, repeat1(seq(hole, /[A-Za-z0-9_]*/)), repeat(seq(".", choice(wordPart, numberPart)))),
          seq(/[A-Za-z_][A-Za-z0-9_]*/, repeat1(seq(".", choice(wordPart, numberPart)))),
        ),
      ),
    integer: () => digits,
    float: () => token(seq(digits, choice(seq(".", digits, optional(/[eE][+-]?[0-9]+/)), /[eE][+-]?[0-9]+/))),
    size: () => token(seq(digits, repeat1(seq("x", digits)))),
    string: ($) =>
      seq('"', repeat(choice(token.immediate(prec(1, /[^"\\\n]+/)), $.escape_sequence)), token.immediate('"')),
    escape_sequence: () => token.immediate(/\\["\\nt]/),
    comment: () => token(/#[^\n]*/),
    doc_comment: () => token(prec(1, /##([^#\n][^\n]*)?/)),
  },
});
