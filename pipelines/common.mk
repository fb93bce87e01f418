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

ROOT := $(abspath $(dir $(lastword $(MAKEFILE_LIST)))/..)
BIN ?= $(ROOT)/build/bin
OUT ?= $(ROOT)/build/$(notdir $(CURDIR))
export PATH := $(BIN):$(PATH)
ifeq ($(wildcard $(BIN)/ssl-train),)
$(error no tools in $(BIN): build them with `make -C $(ROOT)`, or say BIN=FOLDER)
endif

SEED ?= 0
THREADS ?= 0
COMMON = --seed $(SEED) --threads $(THREADS)

# $(OUT)/FILE holds the value of each named variable, and is new only when one
# has another value: what depends on it is then made again.
define settings
$$(OUT)/$(1): FORCE
	@mkdir -p $$(@D)
	@printf '%s\n' $(foreach name,$(2),'$(name) = $$($(name))') >$$@.new
	@cmp -s $$@.new $$@ && rm $$@.new || mv $$@.new $$@
endef

FORCE:
.PHONY: FORCE
