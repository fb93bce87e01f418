# make help lists the targets.
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:

PREFIX ?= /usr/local
DESTDIR ?=
BUILD ?= build
CC ?= cc
AR ?= ar

ifeq ($(origin CC),default)
CC := cc
endif

# Asked for when a recipe runs, since `make deps` may have to install it first.
MSGPACK = $(shell pkg-config --exists msgpack-c 2>/dev/null && echo msgpack-c || echo msgpack)
PACKAGES = openblas libjpeg libzstd libarchive $(MSGPACK)

WARN := -Wall -Wextra -Wshadow -Wvla -Wstrict-prototypes -Wcast-qual \
    -Wmissing-prototypes -Wpointer-arith
CONVERT := -Wconversion
OPT ?= -O3
ifdef WERROR
WARN += -Werror
endif
CFLAGS ?= $(OPT) -g
ALL_CFLAGS = -std=c11 -D_POSIX_C_SOURCE=200809L $(WARN) -Ilib -ffp-contract=off \
    -fvisibility=hidden $(CFLAGS) $(EXTRA_CFLAGS)
LDLIBS = $(shell pkg-config --libs $(PACKAGES)) -lpthread -lm

LIB_SRC := $(sort $(wildcard lib/*/*.c))
TOOL_SRC := $(sort $(wildcard bin/*.c))
LIB_OBJ := $(LIB_SRC:%.c=$(BUILD)/%.o)
TOOL_OBJ := $(TOOL_SRC:%.c=$(BUILD)/%.o)
TOOLS := $(TOOL_SRC:bin/%.c=$(BUILD)/bin/%)

all: $(TOOLS) ## build every tool into build/bin

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(FLAGS_$(*F)) $(if $(filter base stream image source,$(word 2,$(subst /, ,$*))),$(CONVERT)) -MMD -MP -c -o $@ $<

FLAGS_simd_avx2 := -mavx2 -mfma -ffp-contract=fast
FLAGS_simd_avx512 := -mavx512f -mavx512vl -mavx512dq -mavx512bw -mavx2 -mfma -ffp-contract=fast -mprefer-vector-width=512
FLAGS_simd_generic := -ffp-contract=off

$(BUILD)/libself.a: $(LIB_OBJ)
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/bin/%: $(BUILD)/bin/%.o $(BUILD)/libself.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(EXTRA_CFLAGS) $(LDFLAGS) -Wl,--as-needed -o $@ $^ $(LDLIBS)

# Tests in C are linked with the library; they see tests/*.h.
TEST_SRC := $(sort $(wildcard tests/unit/*.c tests/grad/*.c tests/fault/*.c))
TEST_BIN := $(TEST_SRC:%.c=$(BUILD)/%)
TEST_FILES = $(TEST_BIN) \
    $(sort $(wildcard tests/cli/*.sh tests/fault/*.sh tests/*/test_*.py)) \
    tests/golden/run.py
JOBS ?= $(shell nproc 2>/dev/null || echo 2)

$(TEST_BIN:=.o): EXTRA_CFLAGS += -Itests

$(BUILD)/tests/%: $(BUILD)/tests/%.o $(BUILD)/libself.a
	$(CC) $(CFLAGS) $(EXTRA_CFLAGS) $(LDFLAGS) -Wl,--as-needed -o $@ $^ $(LDLIBS)

test: all $(TEST_BIN) ## run every test
	BIN=$(abspath $(BUILD))/bin prove -fo -j$(JOBS) --exec 'sh tests/run.sh' $(TEST_FILES)

check: test lint ## the tests, and checks of the sources

demo: all ## BYOL on drawn pictures, with its k-NN accuracy (under 3 minutes)
	@$(MAKE) --no-print-directory -C pipelines/byol \
	    BIN=$(abspath $(BUILD))/bin OUT=$(abspath $(BUILD))/demo

deps: ## install what is missing (Debian packages; needs root only then)
	@CC='$(CC)' sh tests/deps.sh

# `make deps demo` on a bare machine: nothing is compiled before deps is done.
ifneq ($(filter deps,$(MAKECMDGOALS)),)
$(LIB_OBJ) $(TOOL_OBJ) $(TEST_BIN:=.o) lint: | deps
endif

.SECONDARY:
-include $(patsubst %.o,%.d,$(LIB_OBJ) $(TOOL_OBJ) $(TEST_BIN:=.o))

clean: ## remove build/
	rm -rf $(BUILD)

lint: $(BUILD)/libself.a ## arrows, headers, names, sizes, man pages
	BIN=$(abspath $(BUILD))/bin BUILD=$(abspath $(BUILD)) prove -fo --exec 'sh tests/run.sh' $(sort $(wildcard tests/lint/*.sh))

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' Makefile

.PHONY: all test check demo lint deps clean help
