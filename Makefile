# cnnc - `make help` lists the targets. What is built stands in build/$(VARIANT), with another compiler than gcc in
# build/$(VARIANT)-NAME. V=1 shows whole commands.
.DEFAULT_GOAL := all
VERSION := 0.1
VARIANT ?= release
PREFIX ?= /usr/local
DATA ?= ../shared/data
MNIST ?= $(DATA)/datasets/mnist
BASE ?= main
ORACLES ?= build/oracles/bin/python

# As many jobs as there are processors, unless -j says otherwise.
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif
MAKEFLAGS += --no-print-directory

B := build/$(VARIANT)$(if $(filter-out cc gcc,$(CC)),-$(notdir $(CC)))
WARNINGS := -Wall -Wextra -Wshadow -Wswitch-enum -Wmissing-prototypes -Wstrict-prototypes -Wconversion -Werror
# bison's and flex's own code is not ours to mend
GENERATED_WARNINGS := -Wno-conversion -Wno-sign-conversion -Wno-sign-compare -Wno-unused-function -Wno-unused-but-set-variable -Wno-switch-enum -Wno-unknown-warning-option
CFLAGS.release := -O2 -DNDEBUG
CFLAGS.debug := -O0 -g3
# null and object-size are what AddressSanitizer sees, too. Not position-independent: a tenth sooner started.
CFLAGS.asan := -fno-pie -O1 -g1 -fsanitize=address,undefined -fno-sanitize=null,object-size -fno-sanitize-recover=undefined -fno-omit-frame-pointer -DCNNC_TESTING
# libFuzzer is clang's: VARIANT=fuzz CC=clang. Without -DNDEBUG, so that whatever a debug build asserts counts.
CFLAGS.fuzz := -O2 -g1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize=null,object-size -fno-sanitize-recover=undefined -fno-omit-frame-pointer -DCNNC_TESTING
CPPFLAGS += -Icompiler -I$B/grammar -I$B -DCNNC_VERSION='"$(VERSION)"' -D_POSIX_C_SOURCE=200809L
# gcc's sanitizers inside the compiler: tests start it thousands of times, 3 ms sooner
LDFLAGS.asan := $(if $(filter cc gcc,$(CC)),-static-libasan -static-libubsan)
override LDFLAGS += $(if $(filter asan,$(VARIANT)),-no-pie)
# without contraction: the same numbers whether the machine has fused multiply-add or not
ALL_CFLAGS := -std=c11 -ffp-contract=off $(WARNINGS) $(CFLAGS.$(VARIANT)) $(CFLAGS)
LIBS := -lcjson -lz -lpng -lprotobuf-c -lm
ONNX_PROTO ?= /usr/include/onnx/onnx.proto

SOURCES := $(sort $(wildcard compiler/*.c compiler/*/*.c))
TEMPLATES := $(sort $(wildcard compiler/*/*.in compiler/*/*/*.in runtime/functions/*.inc))
EXPLAINED := $(sort $(wildcard compiler/tools/explain/*.md))
LIB_SOURCES := $(filter-out compiler/main.c,$(SOURCES))
OBJECTS := $(LIB_SOURCES:%.c=$B/%.o) $B/grammar/cnn.tab.o $B/grammar/lex.cnn.o $B/onnx/onnx.pb-c.o $B/templates.o $B/explained.o
UNIT_OBJECTS := $(patsubst %.c,$B/%.o,$(sort $(wildcard tests/unit/*.c)))

Q := $(if $V,,@)
say = $(if $V,,@printf '  %-8s %s\n' $1 $2)

all: $B/cnnc                 ## build the compiler; VARIANT=release|debug|asan

$B/cnnc: $B/compiler/main.o $B/libcnnc.a
	$(call say,LINK,$@)
	$Q$(CC) $(ALL_CFLAGS) $(LDFLAGS.$(VARIANT)) $(LDFLAGS) -o $@ $^ $(LIBS)

$B/libcnnc.a: $(OBJECTS)
	$(call say,AR,$@)
	@rm -f $@
	$Q$(AR) rcs $@ $^

$B/%.o: %.c Makefile | $B/grammar/cnn.tab.h $B/onnx/onnx.pb-c.h
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$Q$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$B/grammar/cnn.tab.c $B/grammar/cnn.tab.h &: grammar/cnn.y
	$(call say,BISON,$<)
	@mkdir -p $(@D)
	$Qbison -Wall -Werror -o $B/grammar/cnn.tab.c --header=$B/grammar/cnn.tab.h $<

$B/grammar/lex.cnn.c: grammar/cnn.l
	$(call say,FLEX,$<)
	@mkdir -p $(@D)
	$Qflex -o $@ $<

$B/grammar/%.o: $B/grammar/%.c Makefile | $B/grammar/cnn.tab.h
	$(call say,CC,$<)
	$Q$(CC) $(CPPFLAGS) $(ALL_CFLAGS) $(GENERATED_WARNINGS) -MMD -MP -c -o $@ $<

# ONNX's own description of its files
$B/onnx/onnx.pb-c.c $B/onnx/onnx.pb-c.h &: $(ONNX_PROTO)
	$(call say,PROTOC-C,$<)
	@mkdir -p $B/onnx
	$Qprotoc-c --c_out=$B/onnx -I$(<D) $<

$B/onnx/%.o: $B/onnx/%.c Makefile
	$(call say,CC,$<)
	$Q$(CC) $(CPPFLAGS) $(ALL_CFLAGS) $(GENERATED_WARNINGS) -MMD -MP -c -o $@ $<

# The .in files are real C with @holes@; here they become strings.
$B/templates.c: compiler/emit/embed $(TEMPLATES)
	$(call say,EMBED,$@)
	@mkdir -p $(@D)
	$Qsh compiler/emit/embed emit/templates.h $(TEMPLATES) > $@.new && mv $@.new $@

# The long texts of diagnostics.
$B/explained.c: compiler/emit/embed $(EXPLAINED)
	$(call say,EMBED,$@)
	@mkdir -p $(@D)
	$Qsh compiler/emit/embed tools/explain.h $(EXPLAINED) > $@.new && mv $@.new $@

$B/templates.o $B/explained.o: $B/%.o: $B/%.c Makefile
	$(call say,CC,$<)
	$Q$(CC) -Icompiler $(ALL_CFLAGS) -Wno-overlength-strings -MMD -MP -c -o $@ $<

$B/unit-tests: $(UNIT_OBJECTS) $B/libcnnc.a
	$(call say,LINK,$@)
	$Q$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ -lcriterion $(LIBS)

# Fuzz targets: each with libFuzzer, and all of them in one program that reads files. The one of nets, with its generator and
# what it compares with, is left out where tcc is no library.
LIBTCC := $(filter /%,$(shell $(CC) -print-file-name=libtcc.a 2>/dev/null))
GENERATOR := $(filter-out %/generate.c $(wildcard tests/differential/coverage*.c),$(wildcard tests/differential/*.c))
HARNESS := $(filter-out %/emit_nets.c %/run_nets.c,$(wildcard tests/harness/*.c))
FUZZ_SOURCES := $(filter-out %/libfuzzer.c %/replay.c,$(wildcard tests/fuzz/*.c))
FUZZ_TARGETS := $(notdir $(sort $(wildcard tests/fuzz/corpus/*)))
ifneq ($(LIBTCC),)
FUZZ_SOURCES += $(HARNESS)
$B/tests/fuzz/replay.o: CPPFLAGS += -DHAVE_LIBTCC
$B/fuzz-replay $B/fuzz-nets: $B/generator.o $B/libtcc.o
$B/fuzz-replay $B/fuzz-nets: LIBS += -ldl -lpthread
else
FUZZ_SOURCES := $(filter-out %/nets.c %/loaded.c,$(FUZZ_SOURCES))
FUZZ_TARGETS := $(filter-out nets,$(FUZZ_TARGETS))
endif
FUZZ_OBJECTS := $(patsubst %.c,$B/%.o,$(sort $(FUZZ_SOURCES)))
GENERATOR_OBJECTS := $(patsubst %.c,$B/%.o,$(sort $(GENERATOR)))
# What computes for the comparison alone is not what is searched.
ifeq ($(VARIANT),fuzz)
$(GENERATOR_OBJECTS) $(HARNESS:%.c=$B/%.o) $B/tests/fuzz/nets.o: CFLAGS += -fno-sanitize-coverage=trace-cmp
endif
# Both have functions named as some of cnnc's: only those that they are called by are seen from outside.
$B/generator.o: NAMES := random_net_of print_net print_weights free_net
$B/generator.o: $(GENERATOR_OBJECTS)
$B/libtcc.o: NAMES := tcc_*
$B/libtcc.o: $(LIBTCC)
$B/generator.o $B/libtcc.o:
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$Q$(LD) -r --whole-archive $^ -o $@.all
	$Qobjcopy --wildcard $(NAMES:%=--keep-global-symbol='%') $@.all $@ && rm $@.all
$B/libfuzz.a: $(FUZZ_OBJECTS)
	$(call say,AR,$@)
	@rm -f $@
	$Q$(AR) rcs $@ $^

$B/fuzz-replay: $B/tests/fuzz/replay.o $B/libfuzz.a $B/libcnnc.a
	$(call say,LINK,$@)
	$Q$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$B/tests/fuzz/libfuzzer-%.o: tests/fuzz/libfuzzer.c tests/fuzz/fuzz.h Makefile
	@mkdir -p $(@D)
	$Q$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -DTARGET=$*_target -c -o $@ $<

$(FUZZ_TARGETS:%=$B/fuzz-%): $B/fuzz-%: $B/tests/fuzz/libfuzzer-%.o $B/libfuzz.a $B/libcnnc.a
	$(call say,LINK,$@)
	$Q$(CC) $(ALL_CFLAGS) -fsanitize=fuzzer $(LDFLAGS) -o $@ $^ $(LIBS)

# cnnc with a harness between it and the system.
FAULT_OBJECTS := $(patsubst %.c,$B/%.o,$(sort $(wildcard tests/faults/*.c)))
WRAPPED := open openat read write fsync close link rename unlink fchmod fstat
$B/tests/faults/cnnc_main.o: compiler/main.c Makefile
	@mkdir -p $(@D)
	$Q$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -DCNNC_TESTING -Dmain=cnnc_main -Wno-missing-prototypes -MMD -MP -c -o $@ $<

$B/faults: $(FAULT_OBJECTS) $B/tests/faults/cnnc_main.o $B/libcnnc.a
	$(call say,LINK,$@)
	$Q$(CC) $(ALL_CFLAGS) $(LDFLAGS) $(WRAPPED:%=-Wl,--wrap=%) -o $@ $^ $(LIBS)

-include $(patsubst %.o,%.d,$(OBJECTS) $(UNIT_OBJECTS) $(FUZZ_OBJECTS) $(GENERATOR_OBJECTS) $(FAULT_OBJECTS) $B/tests/fuzz/replay.o $B/compiler/main.o $B/tests/faults/cnnc_main.o)

# LeNet-5 for this machine: C from cnnc, then a program from that C. Both are made anew when cnnc has changed.
LENET5 := examples/lenet5
$B/lenet5/lenet5.c: $B/cnnc $(LENET5)/lenet5.cnn $(LENET5)/lenet5.safetensors
	$(call say,CNNC,$(LENET5)/lenet5.cnn)
	@mkdir -p $(@D)
	$Q$B/cnnc compile $(LENET5)/lenet5.cnn --target native -o $@

$B/lenet5/%: $(LENET5)/%.c $(LENET5)/classify.h $B/lenet5/lenet5.c runtime/cnnc_runtime.h
	$(call say,CC,$<)
	$Q$(CC) -O2 -march=native $(CFLAGS) -Iruntime -I$(@D) -o $@ $< $(@D)/lenet5*.c $(LDFLAGS) -lpng -lz -lm

demo:                        ## install what is missing, build, and read sample digits with LeNet-5
	@.ci/deps build demo
	@$(MAKE) $B/lenet5/demo
	@$B/lenet5/demo $(LENET5)/samples/*.png

accuracy:                    ## LeNet-5 in C over the 10,000 test images of MNIST=DIR, compared with PyTorch's answers
	@.ci/deps build demo
	@$(MAKE) $B/lenet5/accuracy
	@$(LENET5)/check_accuracy $B/lenet5/accuracy $(MNIST)

# Tests. Each tests/*/run and the programs below print a line of counts; tests/run-all adds them up.
TEST_VARIANT ?= asan
EMULATED := tests/targets/run
LONGEST_FIRST := tests/numeric/run tests/unit/run tests/run-golden
# What asks other people's runtimes, or other builds of cnnc, needs no second compiler, and gcc alone has OpenMP's library:
# `make check` runs them once, beside the emulated targets.
ONCE := $(wildcard $(foreach name,cortex-m debian determinism editors export filter install names networks oracles pipeline roundtrip threads trained web,tests/$(name)/run))
# `make test` has two minutes: it leaves these to `make check`, which runs them with sanitizers first.
LATER := $(wildcard $(foreach name,applications bench determinism edits explain export filter install memory roundtrip selftest threads trained worked,tests/$(name)/run))
TESTS := $(LONGEST_FIRST) $(filter-out $(LONGEST_FIRST) $(EMULATED) $(EXCEPT),$(sort $(wildcard tests/*/run)))
TEST_ENVIRONMENT = BUILD='$(abspath $B)' CNNC='$(abspath $B/cnnc)' CC='$(CC)' DATA='$(abspath $(wildcard $(DATA)))' \
  ORACLES='$(abspath $(wildcard $(ORACLES)))' THOROUGH=$(THOROUGH) ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1
RESULTS := build/check.results

test:                        ## install what is missing, build and pass the tests of two minutes, with sanitizers
	@.ci/deps build test
	@$(MAKE) run-tests VARIANT=$(TEST_VARIANT) EXCEPT='$(LATER)'

run-tests: $B/cnnc $B/unit-tests $B/fuzz-replay $B/faults
	@$(TEST_ENVIRONMENT) tests/run-all $(RUN_ALL) $(wildcard $(TESTS))

oracles:                     ## ONNX Runtime, onnx, PyTorch and torchvision under build/, for tests to compare with
	@.ci/oracles build/oracles

# What clang makes of cnnc and of its C; the forms that only THOROUGH=1 has differ in what cnnc says, which gcc has seen.
check:                       ## all else that must hold: the tests with gcc and clang, format, layers, emulated targets
	@.ci/deps build test check
	@.ci/oracles build/oracles || true
	@.ci/foreign build/foreign armhf s390x
	@.ci/editors build/editors || true
	@mkdir -p build
	@rm -f $(RESULTS)
	@failed=0; \
	$(MAKE) run-tests VARIANT=$(TEST_VARIANT) TESTS='$(LATER)' RUN_ALL='-t "sanitizers:" -r $(RESULTS)' || failed=1; \
	$(MAKE) run-tests VARIANT=release CC=gcc THOROUGH=1 EXCEPT='$(ONCE)' RUN_ALL='-t gcc: -r $(RESULTS)' || failed=1; \
	$(MAKE) run-tests VARIANT=release CC=clang EXCEPT='$(ONCE)' RUN_ALL='-t clang: -r $(RESULTS)' || failed=1; \
	$(MAKE) run-checks VARIANT=release CC=gcc THOROUGH=1 && exit $$failed

run-checks: $B/cnnc
	@$(TEST_ENVIRONMENT) tests/run-all -t 'everything else:' -r $(RESULTS) tests/check-layers 'mutants-list=tests/mutants/mutants.py check' 'lint=make lint' \
	  $(wildcard $(EMULATED) $(ONCE) tests/runtime/fold_test.sh)

docs: $B/cnnc                ## write docs/diagnostics.md and the table of docs/export.md anew from the texts of `cnnc explain`
	@$B/cnnc explain --markdown > docs/diagnostics.md.new && mv docs/diagnostics.md.new docs/diagnostics.md
	@CNNC=$B/cnnc tests/export/table > docs/export.md.new && mv docs/export.md.new docs/export.md

mutants:                     ## put each fault that tests/mutants lists into cnnc or its runtime: some test must fail
	@.ci/deps build test
	@{ $(TEST_ENVIRONMENT) nice tests/mutants/mutants.py run build/mutants --verbose; echo $$? >build/mutants.status; } | tee build/mutants.log; \
	tests/reliability/record mutants "$$(tail -n 1 build/mutants.log)"; exit $$(cat build/mutants.status)

reliability:                 ## write docs/RELIABILITY.md anew, from what the long runs recorded
	@python3 tests/reliability/report.py

networks: $B/cnnc oracles    ## write docs/networks.md anew: all networks, measured beside other people's runtimes
	@$(TEST_ENVIRONMENT) tests/oracles/networks.py

fuzz-fmt: $B/unit-tests       ## the formatter over PROGRAMS=100000 random programs from SEED=1 on
	@FORMAT_PROGRAMS=$(or $(PROGRAMS),100000) FORMAT_SEED=$(or $(SEED),1) $B/unit-tests --filter 'format/*'

fuzz:                        ## libFuzzer (FUZZ_CC=afl-clang-fast: AFL++) for T=60 seconds on each target, or on FUZZ=".."; what it finds is kept under build/fuzz
	@.ci/deps build fuzz $(if $(findstring afl,$(FUZZ_CC)),afl)
	@$(MAKE) VARIANT=fuzz CC=$(FUZZ_CC) fuzz-programs
	@BUILD=build/fuzz$(if $(filter-out cc gcc,$(FUZZ_CC)),-$(notdir $(FUZZ_CC))) nice tests/fuzz/search $(or $(T),60) $(or $(FUZZ),$(FUZZ_TARGETS))

FUZZ_CC ?= clang
fuzz-programs: $(FUZZ_TARGETS:%=$B/fuzz-%)

fuzz-nets: $B/cnnc           ## N=1000 random nets from SEED=1 on, against all oracles; failures are kept in build
	@mkdir -p build; \
	{ $(TEST_ENVIRONMENT) FAST=1 nice tests/differential/run $(or $(N),1000) $(or $(SEED),1); echo $$? > build/fuzz-nets.status; } | tee build/fuzz-nets.log; \
	tests/reliability/record nets "$$(tail -n 1 build/fuzz-nets.log), N=$(or $(N),1000) SEED=$(or $(SEED),1)"; exit $$(cat build/fuzz-nets.status)

BENCH_PYTHON := build/bench/venv/bin/python
bench-tools:                 ## the runtimes that `make bench` times beside cnnc, under build/
	@.ci/bench build/bench/venv

bench: $B/cnnc bench-tools   ## time NETS=".." (all) beside PEERS=".." in ROUNDS=8, then write docs/performance.md
	@CNNC='$(abspath $B/cnnc)' $(BENCH_PYTHON) tests/bench/bench.py
	@$(BENCH_PYTHON) tests/bench/report.py docs/performance.md

bench-threads: $B/cnnc       ## the networks with two threads
	@CNNC='$(abspath $B/cnnc)' python3 tests/bench/threads.py

bench-conv: $B/cnnc          ## single layers as a share of this core's measured peak or bandwidth
	@CNNC='$(abspath $B/cnnc)' python3 tests/bench/layers.py

bench-winograd: $B/cnnc      ## 3x3 convolutions in direct and in Winograd's forms
	@CNNC='$(abspath $B/cnnc)' tests/bench/run-winograd

bench-windows: $B/cnnc oracles ## depthwise convolutions and pooling beside ONNX Runtime
	@CNNC='$(abspath $B/cnnc)' ORACLES='$(abspath $(ORACLES))' CC='$(CC)' tests/bench/run-windows

bench-heads: $B/cnnc oracles ## softmax, argmax, resize and the like beside ONNX Runtime and, with OLD=.., another cnnc
	@CNNC='$(abspath $B/cnnc)' ORACLES='$(abspath $(ORACLES))' CC='$(CC)' tests/bench/run-heads

bench-targets: $B/cnnc       ## C made for one target on machines with the vectors of others
	@CNNC='$(abspath $B/cnnc)' tests/bench/run-targets

targets-table: $B/cnnc       ## run three networks on all machines of tests/targets/machines.txt: writes docs/targets.md
	@.ci/deps build check
	@CNNC='$(abspath $B/cnnc)' tests/targets/table.py docs/targets.md

review: $B/cnnc bench-tools  ## count what edits change in the C, ours and another generator's: writes docs/review.md
	@CNNC='$(abspath $B/cnnc)' $(BENCH_PYTHON) tests/edits/review.py docs/review.md

sizes: $B/cnnc               ## how large the C of all examples is, and how long cnnc, gcc and clang take for it
	@CNNC='$(abspath $B/cnnc)' tests/bench/run-sizes

deps:                        ## install the Debian packages that all targets need
	@.ci/deps build demo test check format

vscode:                      ## the extension for VS Code, as build/editors/cnnc.vsix
	@.ci/editors build/editors vscode
	$(call say,VSCE,build/editors/cnnc.vsix)
	@grammar/editors/pack build/editors build/editors/cnnc.vsix

tree-sitter:                 ## the tree-sitter grammar with its parser, for Neovim, Helix and Emacs, as build/editors/tree-sitter-cnn
	@.ci/editors build/editors tree-sitter
	@rm -rf build/editors/tree-sitter-cnn && cp -r grammar/editors/tree-sitter-cnn build/editors
	$(call say,GENERATE,build/editors/tree-sitter-cnn)
	@cd build/editors/tree-sitter-cnn && ../bin/tree-sitter generate --abi 14 && ../bin/tree-sitter build -o cnn.so

# What install puts below $(DESTDIR)$(PREFIX), and uninstall removes.
INSTALLED := bin/cnnc include/cnnc share/doc/cnnc share/man/man1/cnnc.1 share/pkgconfig/cnnc.pc share/cmake/cnnc \
  share/bash-completion/completions/cnnc share/zsh/site-functions/_cnnc share/fish/vendor_completions.d/cnnc.fish
TO = $(DESTDIR)$(PREFIX)
FILL = sed -e 's|@PREFIX@|$(PREFIX)|g' -e 's|@VERSION@|$(VERSION)|g'

install: $B/cnnc             ## put the compiler, its runtime, manual, completions and build packages under PREFIX, below DESTDIR
	install -d $(addprefix $(TO)/,$(sort $(dir $(INSTALLED)))) $(TO)/include/cnnc/functions $(TO)/share/doc/cnnc $(TO)/share/cmake/cnnc
	install -m 755 $B/cnnc $(TO)/bin/cnnc
	install -m 644 runtime/*.h $(TO)/include/cnnc/
	install -m 644 runtime/functions/*.inc $(TO)/include/cnnc/functions/
	install -m 644 LICENSE CHANGELOG.md docs/language.md docs/generated-c.md docs/diagnostics.md $(TO)/share/doc/cnnc/
	install -m 644 runtime/LICENSE $(TO)/share/doc/cnnc/LICENSE.runtime
	install -m 644 runtime/cmake/cnncConfig.cmake $(TO)/share/cmake/cnnc/
	$(FILL) runtime/cmake/cnncConfigVersion.cmake.in > $(TO)/share/cmake/cnnc/cnncConfigVersion.cmake
	$(FILL) runtime/cnnc.pc.in > $(TO)/share/pkgconfig/cnnc.pc
	$B/cnnc help --man > $(TO)/share/man/man1/cnnc.1
	$B/cnnc completion bash > $(TO)/share/bash-completion/completions/cnnc
	$B/cnnc completion zsh > $(TO)/share/zsh/site-functions/_cnnc
	$B/cnnc completion fish > $(TO)/share/fish/vendor_completions.d/cnnc.fish
	cd $(TO)/share && chmod 644 cmake/cnnc/*.cmake pkgconfig/cnnc.pc man/man1/cnnc.1 bash-completion/completions/cnnc \
	  zsh/site-functions/_cnnc fish/vendor_completions.d/cnnc.fish

uninstall:                   ## remove what install put there
	rm -rf $(addprefix $(TO)/,$(INSTALLED))

deb:                         ## a Debian source package and what dpkg-buildpackage makes of it, under build/deb
	@.ci/deps build deb
	@.debian/build $(VERSION) build/deb

FORMATTED = $(shell find compiler tests -name '*.[ch]' ! -path 'tests/golden/*' | sort)
format:                      ## format the C sources of the compiler and its tests
	@.ci/deps format
	clang-format -i $(FORMATTED)

lint:                        ## list the sources that format would change
	@.ci/deps format
	@clang-format --dry-run -Werror $(FORMATTED) 2>&1 | awk -F: '/error:/ { lines[$$1]++ } \
	  END { for (file in lines) { print file ": " lines[file] " places"; bad++ }; if (bad) print bad " files; make format mends them"; exit bad > 0 }'

stats:                       ## lines by directory; files over 400 lines and functions over 70
	@tests/stats

emit-diff: $B/cnnc           ## what the working tree changes in the emitted C of examples and golden cases since BASE
	@tests/emit-diff $(BASE) $B/cnnc

clean:                       ## remove everything that was built
	rm -rf build

help:                        ## show this list
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: all demo accuracy test run-tests oracles check run-checks docs mutants reliability networks fuzz fuzz-programs fuzz-fmt fuzz-nets bench bench-tools bench-threads bench-conv bench-winograd bench-windows bench-heads bench-targets targets-table review sizes deps vscode tree-sitter install uninstall deb format lint stats emit-diff clean help
.DELETE_ON_ERROR:
