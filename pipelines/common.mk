# SPDX-License-Identifier: MIT
# What all pipelines share: a rule's commands are one pipe of tools, its target
# a stream, a table or a picture.  A pipe fails when any of its tools does; the
# tools write beside and rename, so what has its final name is whole.
#
#	include ../common.mk		first, for the shell and the tools
#	$(eval $(call settings,FILE,NAME...))	targets follow variables
#
# The first goal is `all`.
SHELL := /bin/bash
.SHELLFLAGS := -o errexit -o nounset -o pipefail -c
MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:
.DEFAULT_GOAL := all

# Names of files and folders come from outside, and no part of them may be run.
# sq: text as one word for the shell, whatever is in it.  exists: yes, if there
# is a file or folder of that name.
sq = '$(subst ','\'',$(1))'
exists = $(shell test -e $(call sq,$(1)) && echo yes)

# $(call refuse,NAME,VALUE,CHARACTERS,WHY) stops unless the value holds none of
# these.  $(call sources,NAME) is its value as words for the shell: one path, if
# that exists, or else a list in which the shell expands a.tar, *.tar and
# shard-{00..99}.tar.
dollar := $$
hash := \#
blank := $() $()
tab := $()	$()
define newline


endef
running := ; & | < > `
naming := $(running) $(hash) % : = ( ) ' " \ * ? [ ] { } ~
refuse = $(foreach c,$(3),$(if $(findstring $(c),$(2)),$(error \
    $(1)=$(2): has "$(c)" in it; $(4))))
sources = $(if $(call exists,$($(1))),$(call sq,$($(1))),$(call refuse,$(1),$($(1)),$(running) \
    $(hash) ( ) ' " \,no such file; a list of files holds plain names)$($(1)))

# Values are checked before any of them is expanded.
from_outside = $(filter command environment,$(firstword $(origin $(1))))
PATHS := DATA TRAIN TEST OUT BIN RECIPE
WORDS := SCALE SEED THREADS SYNTH SIZE SHOWN AUGMENT MIX ARCH STEM WIDTH HIDDEN \
    PROJECTION HEADS OBJECTIVE EPOCHS BATCH OPTIMIZER LR DECAY WARMUP TRAINING \
    SAVE SUPPORT K TEMPERATURE NETWORK EMA QUEUE TAU GROUPS STRONG HOST ALPHA \
    MODE UNTIL LABELS BALANCE RECIPES ROWS MORE
given = $(foreach name,$(1),$(if $(call from_outside,$(name)),$(name)))
$(foreach name,$(filter-out BIN,$(call given,$(PATHS) $(WORDS))),$(call \
    refuse,$(name),$(value $(name)),$(dollar),make would expand it))
$(foreach name,$(call given,$(PATHS) $(WORDS)),$(if $(findstring \
    $(newline),$(value $(name))),$(error $(name) has more than one line)))
$(foreach name,$(call given,$(WORDS)),$(call refuse,$(name),$(value \
    $(name)),$(running),the shell would run it))

# The folder of a pipeline, and the checkout that it is in; its name may hold
# characters that targets cannot, and is not written then.
HERE := $(lastword $(subst /, ,$(CURDIR)))
spaced = $(findstring $(blank),$(1))$(findstring $(tab),$(1))
odd = $(call spaced,$(1))$(strip $(foreach c,$(naming) $(dollar),$(findstring $(c),$(1))))
ROOT := $(if $(call odd,$(CURDIR)),../..,$(abspath $(CURDIR)/../..))

# Relative names count from where make was called, which `make -C` leaves: from
# its $PWD.
CALLED := $(or $(value PWD),$(CURDIR))
steps = $(subst $(blank),,$(patsubst %,../,$(subst /, ,$(subst $(tab),_,$(subst $(blank),_,$(1))))))
BACK := $(if $(and $(call odd,$(CALLED)),$(findstring ^$(CALLED)/,^$(CURDIR)/)),$(call \
    steps,$(subst ^$(CALLED)/,,^$(CURDIR)/)),$(CALLED)/)
# $(call moved,NAME): one name.  $(call moved_all,NAME): one, or a list of them.
moved = $(if $(findstring ^/,^$($(1))),$($(1)),$(BACK)$($(1)))
moved_all = $(if $(call exists,$(call moved,$(1))),$(call moved,$(1)),$(strip \
    $(foreach one,$($(1)),$(if $(filter /% ~%,$(one)),$(one),$(BACK)$(one)))))
$(if $(call given,BIN),$(eval override BIN := $$(value BIN)))
$(foreach name,$(call given,OUT BIN),$(if $($(name)),$(eval override \
    $(name) := $$(call moved,$(name)))))
$(foreach name,$(call given,DATA TRAIN TEST),$(if $($(name)),$(eval override \
    $(name) := $$(call moved_all,$(name)))))
BIN ?= $(ROOT)/build/bin
OUT ?= $(ROOT)/build/$(HERE)
$(if $(call spaced,$(OUT)),$(error OUT=$(OUT): has a blank in it; give make \
    another folder for its targets))
$(call refuse,OUT,$(OUT),$(naming),give make another folder for its targets)
$(if $(call odd,$(CURDIR)),,$(eval override OUT := $$(abspath $$(OUT))))
$(call refuse,BIN,$(BIN),:,PATH cannot have such a folder)
export PATH := $(BIN):$(value PATH)
ifeq ($(call exists,$(BIN)/ssl-train),)
$(error BIN=$(BIN): no tools there: build them with `make -C $(ROOT)`, or name \
    their folder)
endif

SEED ?= 0
THREADS ?= 0
COMMON = --seed $(SEED) --threads $(THREADS)

# $(OUT)/FILE holds the value of each named variable, and is new only when one
# has another value: what depends on it is then made again.  $(3), if any, is a
# command whose output belongs to it.
define settings
$$(OUT)/$(1): FORCE
	@mkdir -p $$(@D)
	@printf '%s\n' $(foreach name,$(2),$$(call sq,$(name) = $$($(name)))) >$$@.new
	$(if $(3),@$(3) >>$$@.new)
	@cmp -s $$@.new $$@ && rm $$@.new || mv $$@.new $$@
endef

# $(call listing,SOURCES): number and names of their files, with their sizes.
# What cannot be read is for the tools to name.
listing = for source in $(1); do find -L "$$$${source$(hash)@}" -type f \
    -printf '%p %s\n' 2>/dev/null || :; done | LC_ALL=C sort | cksum

FORCE:
.PHONY: FORCE
