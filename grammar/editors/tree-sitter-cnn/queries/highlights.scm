; Of several patterns for a node the last one counts, as in Neovim.

(identifier) @variable
(path) @variable

["cnn" "use" "dim" "const" "default" "meta" "block" "net"] @keyword
["input" "output" "weights" "shared" "rename" "ignore"] @keyword
"return" @keyword.return
["if" "else"] @keyword.conditional
["repeat" "in"] @keyword.repeat
"branch" @keyword
["and" "or" "not"] @keyword.operator

(net_declaration name: (identifier) @type)
(block_declaration name: (identifier) @function)
(const_declaration name: (identifier) @constant)
(dim_declaration name: (identifier) @constant)
(default_declaration operation: (identifier) @function.call)
(meta_declaration name: (identifier) @property)
(meta_statement name: (identifier) @property)
(parameter name: (identifier) @variable.parameter)
(named_argument name: (identifier) @property)
(arm name: (identifier) @property)
(type element: (identifier) @type.builtin)

(layer label: (_) @label)
(call operation: (identifier) @function.call)
(function_call function: (identifier) @function.builtin)

(comment) @comment
(doc_comment) @comment.documentation
(string) @string
(escape_sequence) @string.escape
(integer) @number
(size) @number
(float) @number.float
[(true) (false)] @boolean
(none) @constant.builtin

["->" ".." "=" "+" "-" "*" "/" "//" "%" "**" "==" "!=" "<" ">" "<=" ">="] @operator
["(" ")" "[" "]" "{" "}"] @punctuation.bracket
["," ":"] @punctuation.delimiter
