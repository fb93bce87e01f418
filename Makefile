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

MSGPACK := $(shell pkg-config --exists msgpack-c 2>/dev/null && echo msgpack-c || echo msgpack)
PACKAGES := openblas libjpeg libzstd libarchive $(MSGPACK)

WARN := -Wall -Wextra -Wshadow -Wvla -Wstrict-prototypes -Wcast-qual \
    -Wmissing-prototypes -Wpointer-arith
CONVERT := -Wconversion
OPT ?= -O3
CFLAGS ?= $(OPT) -g
ALL_CFLAGS = -std=c11 -D_POSIX_C_SOURCE=200809L $(WARN) -Ilib -ffp-contract=off \
    -fvisibility=hidden $(CFLAGS) $(EXTRA_CFLAGS)
LDLIBS = $(shell pkg-config --libs $(PACKAGES)) -lpthread -lm

LIB_SRC := $(sort $(wildcard lib/*/*.c))
TOOL_SRC := $(sort $(wildcard bin/*.c))
LIB_OBJ := $(LIB_SRC:%.c=$(BUILD)/%.o)
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

.SECONDARY:
-include $(LIB_OBJ:.o=.d) $(TOOLS:$(BUILD)/bin/%=$(BUILD)/bin/%.d)

clean: ## remove build/
	rm -rf $(BUILD)

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' Makefile

.PHONY: all clean help
