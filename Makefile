# cnnc - `make help` lists the targets.
.DEFAULT_GOAL := all
VERSION := 0.1
VARIANT ?= release
DATA ?= ../shared/data
PREFIX ?= /usr/local
B := build/$(VARIANT)

WARNINGS := -Wall -Wextra -Wshadow -Wswitch-enum -Wmissing-prototypes -Wstrict-prototypes -Wconversion -Werror
# bison's and flex's own code is not ours to mend
GENERATED_WARNINGS := -Wno-conversion -Wno-sign-conversion -Wno-sign-compare -Wno-unused-function -Wno-unused-but-set-variable -Wno-switch-enum -Wno-unknown-warning-option
CFLAGS.release := -O2 -DNDEBUG
CFLAGS.debug := -O0 -g3
CFLAGS.asan := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -DCNNC_TESTING
CPPFLAGS += -Icompiler -I$B/grammar -DCNNC_VERSION='"$(VERSION)"' -D_POSIX_C_SOURCE=200809L
ALL_CFLAGS := -std=c11 $(WARNINGS) $(CFLAGS.$(VARIANT)) $(CFLAGS)
LIBS := -lcjson -lz -lpng -lm

SOURCES := $(sort $(wildcard compiler/*.c compiler/*/*.c))
TEMPLATES := $(sort $(wildcard compiler/*/*.in compiler/*/*/*.in runtime/functions/*.inc))
LIB_SOURCES := $(filter-out compiler/main.c,$(SOURCES))
OBJECTS := $(LIB_SOURCES:%.c=$B/%.o) $B/grammar/cnn.tab.o $B/grammar/lex.cnn.o $B/templates.o

all: $B/cnnc                 ## build the compiler; VARIANT=release|debug|asan

$B/cnnc: $B/compiler/main.o $B/libcnnc.a
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$B/libcnnc.a: $(OBJECTS)
	@rm -f $@
	$(AR) rcs $@ $^

$B/%.o: %.c $B/grammar/cnn.tab.h
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$B/grammar/cnn.tab.c $B/grammar/cnn.tab.h &: grammar/cnn.y
	@mkdir -p $(@D)
	bison -Wall -Werror -o $B/grammar/cnn.tab.c --header=$B/grammar/cnn.tab.h $<

$B/grammar/lex.cnn.c: grammar/cnn.l
	@mkdir -p $(@D)
	flex -o $@ $<

$B/grammar/%.o: $B/grammar/%.c $B/grammar/cnn.tab.h
	$(CC) $(CPPFLAGS) $(ALL_CFLAGS) $(GENERATED_WARNINGS) -MMD -MP -c -o $@ $<

# The .in files are real C with @holes@; here they become strings.
$B/templates.c: compiler/emit/embed $(TEMPLATES)
	@mkdir -p $(@D)
	sh compiler/emit/embed $(TEMPLATES) > $@.new && mv $@.new $@

$B/templates.o: $B/templates.c
	$(CC) -Icompiler $(ALL_CFLAGS) -Wno-overlength-strings -c -o $@ $<

-include $(shell find $B -name '*.d' 2>/dev/null)

clean:                       ## remove everything that was built
	rm -rf build

help:                        ## show this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: all clean help
