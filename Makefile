# make help lists the targets.
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:

PREFIX ?= /usr/local
DESTDIR ?=
BUILD ?= build
CC ?= cc
AR ?= ar
PKG_CONFIG ?= pkg-config

ifeq ($(origin CC),default)
CC := cc
endif

# V=1 shows whole commands.
Q = $(if $(V),,@)
say = $(if $(V),,@printf '  %-4s %s\n' $(1) $(2))

# Asked for when a recipe runs, since `make deps` may have to install it first.
MSGPACK = $(shell $(PKG_CONFIG) --exists msgpack-c 2>/dev/null && echo msgpack-c || echo msgpack)
# zlib verifies the checksums of .tar.gz, which libarchive does not.
ZLIB := $(shell $(PKG_CONFIG) --exists zlib 2>/dev/null && echo zlib)
PACKAGES = openblas libjpeg libpng libzstd libarchive $(MSGPACK) $(ZLIB)

WARN := -Wall -Wextra -Wshadow -Wvla -Wstrict-prototypes -Wcast-qual \
    -Wmissing-prototypes -Wpointer-arith
CONVERT := -Wconversion
# Every tool has these, which -O3 makes larger and no faster.
OPT ?= $(if $(filter base cli stream,$(word 2,$(subst /, ,$*))),-O2,-O3)
ifdef WERROR
WARN += -Werror
endif
CFLAGS ?= $(OPT) -g
# Each function by itself, so that a tool holds what it calls and no more; C
# needs no unwinding, and a debugger has its own tables from -g.
LEAN = -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables
ALL_CFLAGS = -std=c11 -D_POSIX_C_SOURCE=200809L $(WARN) -Ilib -ffp-contract=off \
    -fvisibility=hidden $(LEAN) $(INCLUDE) $(CFLAGS) $(EXTRA_CFLAGS)
LDLIBS = $(shell $(PKG_CONFIG) --libs $(PACKAGES)) -lpthread -lm

LIB_SRC := $(sort $(wildcard lib/*/*.c))
TOOL_SRC := $(sort $(wildcard bin/*.c))
LIB_OBJ := $(LIB_SRC:%.c=$(BUILD)/obj/%.o)
TOOL_OBJ := $(TOOL_SRC:%.c=$(BUILD)/obj/%.o)
TOOLS := $(TOOL_SRC:bin/%.c=$(BUILD)/bin/%)

# Completions come from the tools' own tables of options.
NAMES := $(TOOL_SRC:bin/%.c=%)
COMPLETIONS := $(NAMES:%=$(BUILD)/completion/bash/%) \
    $(NAMES:%=$(BUILD)/completion/zsh/_%) \
    $(NAMES:%=$(BUILD)/completion/fish/%.fish)
PAGES := $(sort $(wildcard man/*.[157]))

all: $(TOOLS) $(COMPLETIONS) ## build every tool into build/bin

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,cc,$<)
	$(Q)$(CC) $(ALL_CFLAGS) $(FLAGS_$(*F)) $(if $(filter base stream image source,$(word 2,$(subst /, ,$*))),$(CONVERT)) -MMD -MP -c -o $@ $<

# Files of another machine are empty.
on_x86 = $(if $(filter x86_64-%,$(shell $(CC) -dumpmachine)),$(1))
FLAGS_simd_avx2 = $(call on_x86,-mavx2 -mfma -ffp-contract=fast)
FLAGS_simd_avx512 = $(call on_x86,-mavx512f -mavx512vl -mavx512dq -mavx512bw \
    -mavx2 -mfma -ffp-contract=fast -mprefer-vector-width=512)
FLAGS_simd_neon := -ffp-contract=fast
FLAGS_simd_generic := -ffp-contract=off
FLAGS_tar_in := $(if $(ZLIB),-DSELF_ZLIB)

$(BUILD)/libself.a: $(LIB_OBJ)
	@rm -f $@
	$(call say,ar,$@)
	$(Q)$(AR) rcs $@ $^

$(BUILD)/bin/%: $(BUILD)/obj/bin/%.o $(BUILD)/libself.a
	@mkdir -p $(@D)
	$(call say,link,$@)
	$(Q)$(CC) $(CFLAGS) $(EXTRA_CFLAGS) $(LDFLAGS) -Wl,--as-needed,--gc-sections -o $@ $^ $(LDLIBS)

$(BUILD)/completion/bash/%: $(BUILD)/bin/% lib/cli/completion.sh
	@mkdir -p $(@D)
	@sh lib/cli/completion.sh bash $< >$@

$(BUILD)/completion/zsh/_%: $(BUILD)/bin/% lib/cli/completion.sh
	@mkdir -p $(@D)
	@sh lib/cli/completion.sh zsh $< >$@

$(BUILD)/completion/fish/%.fish: $(BUILD)/bin/% lib/cli/completion.sh
	@mkdir -p $(@D)
	@sh lib/cli/completion.sh fish $< >$@

# Below DESTDIR and PREFIX.
INSTALLED = $(NAMES:%=bin/%) \
    $(foreach page,$(PAGES),share/man/man$(subst .,,$(suffix $(page)))/$(notdir $(page))) \
    $(NAMES:%=share/bash-completion/completions/%) \
    $(NAMES:%=share/zsh/site-functions/_%) \
    $(NAMES:%=share/fish/vendor_completions.d/%.fish)
FOLDERS = $(sort $(dir $(INSTALLED)))

# The shell takes these from the environment: any character may be in them.  It
# does not expand ~ there.
install uninstall: export ROOT = $(value DESTDIR)$(if $(findstring \
    ^~/,^$(value PREFIX)),$(subst ^~/,$(value HOME)/,^$(value PREFIX)),$(value PREFIX))

install: all ## tools, man pages, completions, under DESTDIR and PREFIX
	mkdir -p $(FOLDERS:%="$$ROOT"/%)
	install -s -m 755 $(TOOLS) "$$ROOT"/bin
	for page in $(PAGES); do \
		install -m 644 $$page "$$ROOT"/share/man/man$${page##*.}/ || exit; \
	done
	install -m 644 $(BUILD)/completion/bash/* "$$ROOT"/share/bash-completion/completions
	install -m 644 $(BUILD)/completion/zsh/* "$$ROOT"/share/zsh/site-functions
	install -m 644 $(BUILD)/completion/fish/* "$$ROOT"/share/fish/vendor_completions.d

uninstall: ## remove what install put there
	rm -f $(INSTALLED:%="$$ROOT"/%)

# Tests in C are linked with the library; they see tests/*.h.
TEST_SRC := $(sort $(wildcard tests/unit/*.c tests/grad/*.c))
TEST_BIN := $(TEST_SRC:%.c=$(BUILD)/%)
TEST_OBJ := $(TEST_SRC:%.c=$(BUILD)/obj/%.o)
TEST_FILES = $(TEST_BIN) \
    $(sort $(wildcard tests/cli/*.sh tests/fault/*.sh tests/*/test_*.py)) tests/fuzz/replay.sh \
    tests/golden/run.py
JOBS ?= $(shell nproc 2>/dev/null || echo 2)

$(BUILD)/obj/tests/%.o: INCLUDE = -Itests

$(BUILD)/tests/%: $(BUILD)/obj/tests/%.o $(BUILD)/libself.a
	@mkdir -p $(@D)
	$(call say,link,$@)
	$(Q)$(CC) $(CFLAGS) $(EXTRA_CFLAGS) $(LDFLAGS) -Wl,--as-needed,--gc-sections -o $@ $^ $(LDLIBS)

# The checkout's own path may hold any character, too.
test lint demo fuzz: export BIN = $(abspath $(BUILD))/bin

# Fuzz targets are linked with a main that replays files, or with libFuzzer.
FUZZ_SRC := $(sort $(wildcard tests/fuzz/fuzz_*.c))
FUZZ_BIN := $(FUZZ_SRC:%.c=$(BUILD)/%)
FUZZ_OBJ := $(patsubst %,$(BUILD)/obj/tests/fuzz/%.o,shared mutate $(if $(LIBFUZZER),,driver))

$(FUZZ_BIN): $(BUILD)/tests/fuzz/%: $(BUILD)/obj/tests/fuzz/%.o $(FUZZ_OBJ) $(BUILD)/libself.a
	@mkdir -p $(@D)
	$(call say,link,$@)
	$(Q)$(CC) $(CFLAGS) $(EXTRA_CFLAGS) $(LDFLAGS) $(if $(LIBFUZZER),-fsanitize=fuzzer) -Wl,--as-needed -o $@ $^ $(LDLIBS)

test: all $(TEST_BIN) $(FUZZ_BIN) ## run every test
	prove -fo -j$(JOBS) --exec 'sh tests/run.sh' $(TEST_FILES)

check: test lint ## the tests, and checks of the sources

demo: all ## BYOL on drawn pictures, with its k-NN accuracy (under 3 minutes)
	@cd pipelines/byol && $(MAKE) --no-print-directory \
	    OUT=$(if $(filter /%,$(BUILD)),,../../)$(BUILD)/demo

deps: ## install what is missing (Debian packages; needs root only then)
	@CC='$(CC)' sh tests/deps.sh

# `make deps demo` on a bare machine: nothing is compiled before deps is done.
ifneq ($(filter deps,$(MAKECMDGOALS)),)
$(LIB_OBJ) $(TOOL_OBJ) $(TEST_OBJ) lint: | deps
endif

.SECONDARY:
-include $(patsubst %.o,%.d,$(LIB_OBJ) $(TOOL_OBJ) $(TEST_OBJ) $(FUZZ_OBJ) $(FUZZ_SRC:%.c=$(BUILD)/obj/%.o))

clean: ## remove build/
	rm -rf $(BUILD)

# Sizes are promised of what `make` alone builds.
PLAIN = $(if $(filter-out file undefined,$(foreach name,CC OPT CFLAGS EXTRA_CFLAGS LDFLAGS,$(origin $(name)))),no,yes)

lint: all ## arrows, headers, names, sizes, man pages
	PLAIN=$(PLAIN) prove -fo --exec 'sh tests/run.sh' $(sort $(wildcard tests/lint/*.sh))

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' Makefile

# Instrumented builds of their own, below BUILD.
ASAN = ASAN_OPTIONS=allocator_may_return_null=1 $(MAKE) BUILD=$(BUILD)/asan OPT=-O1 \
    EXTRA_CFLAGS='-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer'
TSAN = TSAN_OPTIONS=allocator_may_return_null=1 SELF_TEST_SECONDS=1800 $(MAKE) BUILD=$(BUILD)/tsan OPT=-O1 \
    EXTRA_CFLAGS='-fsanitize=thread -fno-omit-frame-pointer'

sanitize: ## the C tests under ASan and UBSan, then under TSan
	$(ASAN) units
	$(TSAN) units

units: $(TEST_BIN) ## the C tests alone
	prove -fo -j$(JOBS) --exec 'sh tests/run.sh' $(TEST_BIN)

arm64: ## the C tests on 64-bit Arm: cross-built, emulated
	sh tests/arm64.sh $(MAKE) BUILD=$(BUILD)/arm64 CC='aarch64-linux-gnu-gcc' \
	    AR=aarch64-linux-gnu-ar units

T ?= all
S ?= 60
FUZZ_CC ?= clang
FUZZ_MAKE = $(MAKE) OPT=-O1 BUILD=$(BUILD)/fuzz CC='$(FUZZ_CC)' LIBFUZZER=yes \
    EXTRA_CFLAGS='-fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all -fno-omit-frame-pointer'
FUZZ_TARGETS = $(if $(filter all,$(T)),$(FUZZ_SRC:tests/fuzz/%.c=%),$(T:%=fuzz_%))
fuzz: ## T=all|NAME S=60: damaged inputs under ASan, each target for S seconds
	@if echo 'int main(void) { return 0; }' | $(FUZZ_CC) -fsanitize=address -xc -o /dev/null - 2>/dev/null; then \
		$(FUZZ_MAKE) $(FUZZ_TARGETS:%=$(BUILD)/fuzz/tests/fuzz/%) && \
		LIBFUZZER=yes sh tests/fuzz/fuzz.sh $(S) $(FUZZ_TARGETS:%=$(BUILD)/fuzz/tests/fuzz/%); \
	else \
		$(ASAN) $(FUZZ_TARGETS:%=$(BUILD)/asan/tests/fuzz/%) && \
		sh tests/fuzz/fuzz.sh $(S) $(FUZZ_TARGETS:%=$(BUILD)/asan/tests/fuzz/%); \
	fi

# Preloaded, it fails a tool's n-th call.
FAIL_NTH := $(BUILD)/tests/fault/fail_nth.so
$(FAIL_NTH): tests/fault/fail_nth.c
	@mkdir -p $(@D)
	$(call say,link,$@)
	$(Q)$(CC) -std=c11 -O1 -g $(WARN) -fPIC -shared -o $@ $< -ldl
test: $(FAIL_NTH)

faults: export BIN = $(abspath $(BUILD))/bin
faults: all $(FAIL_NTH) ## every call of every tool that can fail (minutes)
	FAULT_ALL=yes SELF_TEST_SECONDS=86400 FAULT_SHARDS=$(JOBS) \
	    sh tests/run.sh tests/fault/fail_nth.sh

soak: export BIN = $(abspath $(BUILD))/bin
soak: all ## training that is killed 210 times and resumed (an hour)
	KILLS=70 SELF_TEST_SECONDS=86400 sh tests/run.sh tests/cli/killed.sh

BENCHES := $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard tests/bench/bench_*.c)))

bench: all $(BENCHES) ## what kernels reach; tools beside PyTorch and scikit-learn
	for bench in $(BENCHES); do $$bench || exit; done
	@if /usr/bin/python3 -c 'import torch' 2>/dev/null; then \
		/usr/bin/python3 tests/bench/compare.py -b $(BUILD)/bin; \
	else \
		echo 'no python3-torch: nothing to compare with'; \
	fi
	@if /usr/bin/python3 -c 'import sklearn' 2>/dev/null; then \
		/usr/bin/python3 tests/bench/compare_linear.py -b $(BUILD)/bin && \
		/usr/bin/python3 tests/bench/compare_knn.py -b $(BUILD)/bin; \
	else \
		echo 'no python3-sklearn: nothing to compare with'; \
	fi
	@python3 tests/bench/augment.py -b $(BUILD)/bin

format: ## clang-format over the sources
	clang-format -i bin/*.c lib/*/*.[ch] tests/*.h tests/*/*.c

.PHONY: all install uninstall test units check faults soak demo lint deps sanitize arm64 fuzz bench format clean help
