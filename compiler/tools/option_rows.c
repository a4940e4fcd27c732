/* option_rows.c - every verb and every option of cnnc, in the order of the help. */
#include "tools/option_ids.h"
#include "tools/options.h"

#define BIT(verb) (1u << VERB_##verb)
#define NETS (BIT(COMPILE) | BIT(CHECK) | BIT(RUN) | BIT(BENCH) | BIT(SUMMARY) | BIT(GRAPH) | BIT(DIFF) | BIT(WEIGHTS) | BIT(EXPORT))
#define PLANNED (BIT(COMPILE) | BIT(RUN) | BIT(BENCH) | BIT(SUMMARY) | BIT(DIFF))
#define ALL (~0u)

const char first_examples[] = "  cnnc init digits                         a first network to change: digits.cnn\n"
                              "  cnnc summary digits.cnn                  its layers, shapes and costs\n"
                              "  cnnc graph digits.cnn                    a picture of it: digits.svg\n"
                              "  cnnc run lenet5.cnn --input digit.png    compile, run, show the likeliest classes\n"
                              "  cnnc compile lenet5.cnn -o lenet5.c      lenet5.c, lenet5.h and lenet5_weights.c\n";
const char exit_statuses[] = "Exit status: 0 success, 1 the input has errors or\n"
                             "results differ, 2 usage, 3 files, memory or a missing program, 70 a fault of cnnc.";

const VerbRow verb_rows[VERB_COUNT] = {
    [VERB_COMPILE] = {"compile", "cnnc compile FILE.cnn [-o OUT.c]", "write C source, header and weights",
                      "  cnnc compile lenet5.cnn                  writes lenet5.c, lenet5.h, lenet5_weights.c\n"
                      "  cnnc compile lenet5.cnn -o build/net.c   writes build/net.c, build/net.h, ..\n"
                      "  cnnc lenet5.cnn -o net.c -w random:1     the same verb; seeded weights\n",
                      "Without -o the outputs stand beside FILE. With -o - the source goes to standard output and\n"
                      "nothing else is written. A file that cnnc did not write is not replaced.\n"},
    [VERB_CHECK] = {"check", "cnnc check FILE...", "parse, infer shapes, match weights; write nothing",
                    "  cnnc check lenet5.cnn\n"
                    "  cnnc check --diagnostics json *.cnn\n",
                    "Where the weights file is absent, shapes alone are checked and a note says so.\n"},
    [VERB_FMT] = {"fmt", "cnnc fmt [FILE...|-]", "bring files into the one form, in place",
                  "  cnnc fmt lenet5.cnn\n"
                  "  cnnc fmt --check *.cnn                   names the files that would change\n"
                  "  cnnc fmt - <in.cnn >out.cnn\n",
                  "Comments, line breaks where they are usual, and columns of yours are kept. A file with syntax errors\n"
                  "is left alone, and so is one that is formatted. With --check and --diff nothing is written, and the\n"
                  "exit status is 1 if a file would change.\n"},
    [VERB_RUN] = {"run", "cnnc run FILE.cnn --input [X=]A.npy [--output [Y=]B.npy]", "compile with the host's C compiler ($CC) and run",
                  "  cnnc run lenet5.cnn --input digit.png\n"
                  "  cnnc run net.cnn --input x=a.npy --output y=b.npy\n"
                  "  cnnc run net.cnn -w random:1 --input random:7 --compare interpret\n"
                  "  cnnc run net.cnn -w random:1 --input random:7 --compare-layers\n"
                  "  cnnc run lenet5.cnn --input digit.png --features maps   pictures of what the layers see\n",
                  "Inputs are .npy or .npz arrays ([C, H, W], or [H, W, C] where the input says layout=hwc; one more\n"
                  "leading dimension is a batch, run sample by sample), .png, .pgm or .ppm pictures (uint8 inputs get\n"
                  "the bytes, float32 inputs get them divided by 255), or random:SEED. Outputs go to .npy arrays or,\n"
                  "uint8 with 1 or 3 channels, to .png, .pgm or .ppm pictures.\n"},
    [VERB_BENCH] = {"bench", "cnnc bench FILE.cnn", "time the net and each layer on this machine",
                    "  cnnc bench lenet5.cnn\n"
                    "  cnnc bench resnet50.cnn -w random:1 --cc clang\n"
                    "  cnnc bench unet.cnn --size H=256 --size W=256 --cold --json\n",
                    "Compiles with the host's C compiler, then runs the net alone and with a clock at each layer in turn. Of\n"
                    "each layer: milliseconds, floating-point operations and bytes of weights and tensors a second, and how much\n"
                    "of the time it could not have done without: its multiply-adds at this core's peak, or its bytes at the\n"
                    "bandwidth of this core, both measured in the same process. Where others use the machine, the best of many\n"
                    "runs says more than the median.\n"},
    [VERB_SUMMARY] = {"summary", "cnnc summary FILE.cnn", "table of layers: shape, parameters, multiply-accumulates",
                      "  cnnc summary lenet5.cnn\n"
                      "  cnnc summary lenet5.cnn --json\n"
                      "  cnnc summary lenet5.cnn --html           writes lenet5.html, for a browser\n",
                      "Bars compare multiply-accumulates, and bytes of results. With --html the page holds the graph, the layers, where\n"
                      "each tensor lies in memory while which steps run, and with --bench the time of each step.\n"},
    [VERB_GRAPH] = {"graph", "cnnc graph FILE.cnn [-o OUT.svg|.png|.dot|.mmd]", "a picture of the network",
                    "  cnnc graph lenet5.cnn                    writes lenet5.svg\n"
                    "  cnnc graph resnet18.cnn -o resnet18.png --depth 1\n"
                    "  cnnc graph unet.cnn --format mermaid -o -   for a document that draws Mermaid\n",
                    "Layers are coloured by their kind, arrows have shapes, blocks and labels in common have frames, which --depth folds:\n"
                    "0 folds all. A layer and the activations behind it are one box. SVG and PNG need Graphviz's program `dot`.\n"},
    [VERB_DIFF] = {"diff", "cnnc diff FILE.cnn | OLD.cnn NEW.cnn", "whether written files are up to date; or what changed in a network",
                   "  cnnc diff lenet5.cnn                     are lenet5.c, lenet5.h and the weights as they would be now?\n"
                   "  cnnc diff lenet5.cnn -o build/net.c --check   only names the files that are not\n"
                   "  cnnc diff old.cnn new.cnn                what changed, layer by layer\n"
                   "  cnnc diff old.cnn new.cnn --markdown     the same for a pull request\n",
                   "Nothing is written; the exit status is 1 if there is a difference. With one file, give the options that the\n"
                   "files were compiled with. Of weights it says only that they would change. Two networks are compared by\n"
                   "shapes, parameters, multiply-accumulates and plans; a layer with another name and everything else as it was\n"
                   "is renamed. Numbers of weights are not compared.\n"},
    [VERB_WEIGHTS] = {"weights", "cnnc weights FILE.cnn", "expected and found tensors side by side",
                      "  cnnc weights lenet5.cnn\n"
                      "  cnnc weights lenet5.cnn -w other.npz --layout keras\n"
                      "  cnnc weights lenet5.cnn -w other.safetensors --rename-stub\n"
                      "  cnnc weights lenet5.cnn --random 1 -o start.safetensors\n",
                      "The exit status is 1 unless every parameter has its tensor and every tensor its use. --rename-stub\n"
                      "pairs what is left over on both sides, layer by layer, where shapes and order leave one way; the\n"
                      "rest becomes comments to be filled in, and the exit status 1.\n"},
    [VERB_IMPORT] = {"import", "cnnc import MODEL.onnx [-o FILE.cnn]",
                     "write an ONNX model as a network in this language, with its weights",
                     "  cnnc import resnet18.onnx                writes resnet18.cnn and resnet18.safetensors\n"
                     "  cnnc import unet.onnx -o nets/unet.cnn --size height=256 --size width=256\n"
                     "  cnnc import cell.onnx --bind W=w.npy     an input that is a parameter\n",
                     "Names of the model become labels; `rename` lines say which tensor of the weights file is whose. What\n"
                     "cannot be imported is named, all at once, and nothing is written then.\n"},
    [VERB_EXPORT] = {"export", "cnnc export FILE.cnn -o MODEL.onnx", "write the network with its weights as an ONNX model",
                     "  cnnc export lenet5.cnn -o lenet5.onnx\n"
                     "  cnnc export net.cnn -w random:1 --batch 1 -o net.onnx\n",
                     "The first axis of every tensor is the batch, of any size unless --batch gives one. Layers keep their\n"
                     "names, weights those that they have in a weights file. Integer inputs and outputs keep their types;\n"
                     "all between is float32.\n"},
    [VERB_LSP] = {"lsp", "cnnc lsp", "language server for editors, on standard input and output",
                  "  cnnc lsp                                 an editor starts it: see docs/editors.md\n"
                  "  cnnc lsp -Wno-unused_layers              without this lint\n",
                  "Diagnostics while typing, shapes behind each layer, hover, completion, definition, references, rename,\n"
                  "formatting, fixes, outline and colours. Weights files are looked at when a file is opened and saved.\n"},
    [VERB_EXPLAIN] = {"explain", "cnnc explain [CODE|LINT|OPERATION..]", "the long text of a diagnostic or operation; alone: all names",
                      "  cnnc explain E0301\n"
                      "  cnnc explain asymmetric_same\n"
                      "  cnnc explain conv\n"
                      "  cnnc explain conv.padding                one attribute\n",
                      "Names that other frameworks use for operations are understood: `cnnc explain Conv2d`.\n"},
    [VERB_INIT] = {"init", "cnnc init [NAME]", "write a small network with comments, to begin with",
                   "  cnnc init                                writes net.cnn\n"
                   "  cnnc init shapes                         writes shapes.cnn\n",
                   "A file that is there is not replaced without --force.\n"},
    [VERB_COMPLETION] = {"completion", "cnnc completion bash|zsh|fish", "a script by which the shell completes verbs, options and names",
                         "  eval \"$(cnnc completion bash)\"          in ~/.bashrc\n"
                         "  eval \"$(cnnc completion zsh)\"           in ~/.zshrc, after compinit\n"
                         "  cnnc completion fish >~/.config/fish/completions/cnnc.fish\n",
                         "`make install` puts them where the shells look.\n"},
    [VERB_HELP] = {"help", "cnnc help [VERB]", "this help, or that of a verb", "  cnnc help compile\n", NULL},
    [VERB_VERSION] = {"version", "cnnc version", "the version of cnnc", "  cnnc version --json\n", NULL},
};

const OptionRow option_rows[] = {
    {"-o", "FILE", NULL,
     "where the C source goes (FILE.c; - is standard output), its header and weights beside it; the ONNX model; the picture; the page; or "
     "what "
     "--random writes",
     BIT(COMPILE) | BIT(DIFF) | BIT(WEIGHTS) | BIT(IMPORT) | BIT(EXPORT) | BIT(GRAPH) | BIT(SUMMARY), OPTION_OUTPUT_FILE},
    {"--out-dir", "DIR", NULL, "write the outputs into this directory", BIT(COMPILE) | BIT(DIFF), OPTION_OUT_DIR},
    {"-w, --weights", "FILE", NULL, "the weights, instead of what the source names; random:SEED makes seeded ones", NETS, OPTION_WEIGHTS},
    {"--layout", "NAME", "pytorch|keras|onnx", "how the tensors of -w FILE are ordered, instead of what the source says", NETS,
     OPTION_LAYOUT},
    {"--net", "NAME", NULL, "which net of a file with several", NETS, OPTION_NET},
    {"--prefix", "NAME", NULL, "prefix of all names in C, instead of the net's name", BIT(COMPILE) | BIT(DIFF), OPTION_PREFIX},
    {"-D", "PARAM=VALUE", NULL, "set a parameter of the net", NETS, OPTION_DEFINE},
    {"--size", "NAME=N", NULL, "give a `dim` one value; of import: a size of the model that varies", NETS | BIT(IMPORT), OPTION_SIZE},
    {"--batch", "N", NULL, "samples that one call computes", NETS & ~BIT(RUN) & ~BIT(WEIGHTS) & ~BIT(GRAPH), OPTION_BATCH},
    {"--weights-as", "FORM", "c|file", "weights as C source or as a file that the caller loads", BIT(COMPILE) | BIT(DIFF),
     OPTION_WEIGHTS_AS},
    {"--target", "NAME", NULL, "machine to compile for; `native` is this one, `list` shows all",
     BIT(COMPILE) | BIT(RUN) | BIT(BENCH) | BIT(SUMMARY) | BIT(DIFF), OPTION_TARGET},
    {"--numerics", "MODE", "fast|portable", "portable gives the same bits on every machine and compiler",
     BIT(COMPILE) | BIT(RUN) | BIT(BENCH) | BIT(DIFF), OPTION_NUMERICS},
    {"--winograd", "FORM", "auto|4|2|none",
     "convolutions as F(4x4, 3x3) and others whose errors are larger (4), as F(2x2, 3x3) (2), or in any, where faster (auto)",
     BIT(COMPILE) | BIT(RUN) | BIT(BENCH) | BIT(SUMMARY) | BIT(DIFF), OPTION_WINOGRAD},
    {"--threads", "HOW", NULL,
     "none, openmp or openmp:N: threads of OpenMP share the layers, dealt out for N of them (4); the numbers stay the same",
     BIT(COMPILE) | BIT(RUN) | BIT(BENCH) | BIT(SUMMARY) | BIT(DIFF), OPTION_THREADS},
    {"--stripes", "ROWS", NULL,
     "compute layers together, so many rows at a time, wherever that can be; `none`: nowhere; otherwise where it pays",
     BIT(COMPILE) | BIT(RUN) | BIT(BENCH) | BIT(SUMMARY) | BIT(DIFF), OPTION_STRIPES},
    {"--max-ram", "BYTES", NULL, "the most that the workspace may have; 96K and 2M are understood",
     BIT(COMPILE) | BIT(RUN) | BIT(BENCH) | BIT(SUMMARY) | BIT(DIFF), OPTION_MAX_RAM},
    {"--max-flash", "BYTES", NULL, "the most that the weights may have, as they are packed; code comes on top",
     BIT(COMPILE) | BIT(RUN) | BIT(BENCH) | BIT(SUMMARY) | BIT(DIFF), OPTION_MAX_FLASH},
    {"--ram", "NAME=BYTES", NULL,
     "a region of RAM beside the workspace, with a pointer of its own: what is used most lies there; several are filled in their order",
     PLANNED, OPTION_RAM},
    {"--flash", "NAME[=BYTES]", NULL, "a region for tables of weights, with a macro for its section; filled likewise", PLANNED,
     OPTION_FLASH},
    {"--place", "NAME=REGION", NULL, "puts a layer's tensor or a table of weights into a region, or a tensor into the `workspace`", PLANNED,
     OPTION_PLACE},
    {"--standalone", NULL, NULL, "fold the runtime in: the .c needs nothing but a C compiler", BIT(COMPILE) | BIT(DIFF), OPTION_STANDALONE},
    {"--selftest", NULL, NULL, "write NAME_selftest.c, too: whether the network computes on its machine what it should, layer by layer",
     BIT(COMPILE) | BIT(DIFF), OPTION_SELFTEST},
    {"--emit-main", NULL, NULL, "write NAME_main.c, too: the network as a filter program, samples or pictures on stdin, results on stdout",
     BIT(COMPILE) | BIT(DIFF), OPTION_EMIT_MAIN},
    {"--line-directives", NULL, NULL, "`#line` in the code: debuggers, profilers and warnings show the layer in the .cnn",
     BIT(COMPILE) | BIT(DIFF), OPTION_LINE_DIRECTIVES},
    {"--force", NULL, NULL, "overwrite files that cnnc did not write",
     BIT(COMPILE) | BIT(WEIGHTS) | BIT(IMPORT) | BIT(EXPORT) | BIT(GRAPH) | BIT(SUMMARY) | BIT(RUN) | BIT(INIT), OPTION_FORCE},
    {"--write-if-changed", NULL, NULL, "leave files alone that would not change", BIT(COMPILE), OPTION_IF_CHANGED},
    {"-MD", NULL, NULL, "write the dependencies for make beside the source (.d)", BIT(COMPILE), OPTION_MD},
    {"-MF", "FILE", NULL, "where -MD writes", BIT(COMPILE), OPTION_MF},
    {"-MT", "TARGET", NULL, "the target that -MD names, instead of all outputs", BIT(COMPILE), OPTION_MT},
    {"-MP", NULL, NULL, "with -MD: an empty rule for each dependency", BIT(COMPILE), OPTION_MP},
    {"--input", "[NAME=]FILE", NULL, "what an input gets: .npy, .npz, .png, .pgm, .ppm or random:SEED", BIT(RUN), OPTION_INPUT},
    {"--output", "[NAME=]FILE", NULL,
     "where an output goes: .npy, or .png, .pgm, .ppm for uint8 pictures; without it, a short view is printed", BIT(RUN), OPTION_OUTPUT},
    {"--bind", "NAME=FILE", NULL, "the constant value of an input of the model, from a .npy file", BIT(IMPORT), OPTION_BIND},
    {"--interpret", NULL, NULL, "use the reference evaluator instead of compiled code", BIT(RUN), OPTION_INTERPRET},
    {"--compare", "REF", NULL, "compare with REF.npz, REF.npy, or `interpret` for the reference evaluator", BIT(RUN), OPTION_COMPARE},
    {"--compare-layers", "[=REF]", NULL,
     "compare the result of each layer with the reference evaluator, or the array of its name in REF.npz; names the first that differs",
     BIT(RUN), OPTION_COMPARE_LAYERS},
    {"--features", "DIR", NULL, "write what each layer computes, and the filters of the first convolution, as sheets of pictures (.png)",
     BIT(RUN), OPTION_FEATURES},
    {"--atol", "NUMBER", NULL, "greatest absolute difference that --compare and --compare-layers accept (1e-5)", BIT(RUN), OPTION_ATOL},
    {"--rtol", "NUMBER", NULL, "the same in parts of the reference, added to it (1e-4)", BIT(RUN), OPTION_RTOL},
    {"--cc", "COMMAND", NULL, "the C compiler, instead of $CC or cc", BIT(BENCH), OPTION_CC},
    {"--runs", "N", NULL, "how many runs of each kind, instead of about a second of them", BIT(BENCH), OPTION_RUNS},
    {"--cold", NULL, NULL, "put the weights out of the caches before each run", BIT(BENCH), OPTION_COLD},
    {"--clock", "WHICH", "wall|cpu", "the time that passes, or that for which the program computes: steadier on a busy machine", BIT(BENCH),
     OPTION_CLOCK},
    {"--format", "NAME", "svg|png|dot|mermaid", "the kind of picture, instead of what the ending of -o says", BIT(GRAPH),
     OPTION_PICTURE_FORMAT},
    {"--depth", "N", NULL, "draw blocks that are so deep in others as one box each; 0: all", BIT(GRAPH) | BIT(SUMMARY), OPTION_DEPTH},
    {"--html", NULL, NULL, "one page with graph, layers, memory and times, FILE.html or -o; needs Graphviz", BIT(SUMMARY), OPTION_HTML},
    {"--bench", "FILE", NULL, "times for the page of --html, as `cnnc bench --json` prints them", BIT(SUMMARY), OPTION_BENCH},
    {"--rename-stub", NULL, NULL, "print rename rules to be pasted into the source", BIT(WEIGHTS), OPTION_RENAME_STUB},
    {"--random", "SEED", NULL, "write seeded weights of the right shapes to -o FILE.safetensors or FILE.npz", BIT(WEIGHTS), OPTION_RANDOM},
    {"--json", NULL, NULL, "for programs", BIT(BENCH) | BIT(SUMMARY) | BIT(DIFF) | BIT(WEIGHTS) | BIT(VERSION), OPTION_JSON},
    {"--fix", NULL, NULL, "apply the fixes that are certain to the files", BIT(CHECK), OPTION_FIX},
    {"--markdown", NULL, NULL, "Markdown: all texts of diagnostics as one document; changes for a pull request", BIT(EXPLAIN) | BIT(DIFF),
     OPTION_MARKDOWN},
    {"--man", NULL, NULL, "the manual page, for man", BIT(HELP), OPTION_MAN},
    {"--check", NULL, NULL, "only name the files that would change", BIT(FMT) | BIT(DIFF), OPTION_CHECK},
    {"--diff", NULL, NULL, "only show what would change", BIT(FMT), OPTION_DIFF},
    {"--dump", "LEVEL", "ast|graph|plan|loops", "print a level of the compiler to standard output", BIT(COMPILE), OPTION_DUMP},
    {"--dump-after", "PASS", NULL, "print the level on which this pass works after it", BIT(COMPILE), OPTION_DUMP_AFTER},
    {"--time-passes", NULL, NULL, "print what each pass took", BIT(COMPILE) | BIT(CHECK), OPTION_TIME_PASSES},
    {"-W", "[no-]NAME", NULL, "-Wno-NAME silences a lint; -Werror makes all errors, -Werror=NAME one, -Wno-error=NAME all but one",
     NETS | BIT(LSP), OPTION_LINT},
    {"--stdio", NULL, NULL, "what many editors add; there is no other way to talk to the server", BIT(LSP), OPTION_STDIO},
    {"--diagnostics", "FORM", "text|short|json|sarif", "how errors are printed; json and sarif go to standard output", ALL,
     OPTION_DIAGNOSTICS},
    {"--color", "WHEN", "auto|always|never", "colours in errors; NO_COLOR is respected", ALL, OPTION_COLOR},
    {"-q", NULL, NULL, "no notes and no progress", ALL, OPTION_QUIET},
    {"-v", NULL, NULL, "say what is done, and for which target", ALL, OPTION_VERBOSE},
    {"@FILE", NULL, NULL, "options from a file, one a line, as for a board", ALL, OPTION_FROM_FILE},
    {"-h, --help", NULL, NULL, "the help of a verb", ALL, OPTION_HELP},
    {"--version", NULL, NULL, "the version of cnnc", ALL, OPTION_VERSION},
    /* Of later versions: understood well enough to say so. */
    {"-O0", NULL, NULL, NULL, ALL, OPTION_LATER},
    {"-O1", NULL, NULL, NULL, ALL, OPTION_LATER},
    {"-O2", NULL, NULL, NULL, ALL, OPTION_LATER},
    {"-O3", NULL, NULL, NULL, ALL, OPTION_LATER},
    {"-Os", NULL, NULL, NULL, ALL, OPTION_LATER},
    {NULL, NULL, NULL, NULL, 0, 0},
};
