# SPDX-License-Identifier: MIT
# What the papers' folders share: from pictures to views, a network, its
# features and their k-NN accuracy.  A folder's Makefile includes ../common.mk,
# sets METHOD and what its paper does otherwise, and includes this file.  Every
# variable can be said on make's command line; VARIABLE_SCALE is its value at
# one scale.
#
# SCALE  drawn   drawn pictures, minutes (where neither DATA nor TRAIN is given)
#        laptop  10,000 small pictures, within an hour on two cores
#        cifar   all of CIFAR-10 and the usual network: days
#        paper   ImageNet as published: weeks
#        smoke   seconds, proves nothing
ifndef SCALE
SCALE := $(if $(DATA)$(TRAIN),laptop,drawn)
endif
ifeq ($(filter $(SCALE),drawn laptop cifar paper smoke),)
$(error SCALE is drawn, laptop, cifar, paper or smoke, not $(SCALE))
endif

SYNTH_drawn ?= --train 5000 --test 1000
SYNTH_smoke ?= --train 256 --test 128 --classes 4
ARCH_paper ?= resnet50
STEM_paper ?= imagenet
SIZE_paper ?= 224
WIDTH_drawn ?= 8
WIDTH_laptop ?= 16
WIDTH_smoke ?= 4
HIDDEN_smoke ?= 32
PROJECTION_smoke ?= 16
EPOCHS_drawn ?= 7
EPOCHS_laptop ?= 10
EPOCHS_cifar ?= 200
EPOCHS_smoke ?= 1
BATCH_drawn ?= 64
BATCH_smoke ?= 64
LR_drawn ?= 0.2
LR_smoke ?= 0.1
DECAY_paper ?= 1e-4
WARMUP_drawn ?= 0.4
WARMUP_cifar ?= 10
WARMUP_smoke ?= 0
SAVE_smoke ?= 2
K_drawn ?= 20
K_smoke ?= 20

# $(call at,NAME,VALUE): NAME_SCALE, or VALUE where there is none.
at = $(if $(filter undefined,$(origin $(1)_$(SCALE))),$(2),$($(1)_$(SCALE)))

SYNTH ?= $(call at,SYNTH,--train 5000 --test 1000)

# Data: a folder with train/ and test/ (or val/), a folder of classes, or
# archives.  Without DATA, pictures are drawn.
ifneq ($(and $(TEST),$(if $(DATA)$(TRAIN),,no)),)
$(error TEST=$(TEST): needs TRAIN or DATA too)
endif
DATA ?= $(OUT)/synth
$(if $(call sources,DATA),)
FOLDER := $(subst $(OUT)/synth,,$(DATA))
DRAWN := $(if $(FOLDER)$(TRAIN),,yes)
ifneq ($(DRAWN)$(if $(FOLDER),$(call exists,$(DATA)/train/.)),)
TRAIN ?= $(DATA)/train
ifeq ($(origin TEST),undefined)
TEST := $(if $(DRAWN)$(call exists,$(DATA)/test),$(DATA)/test,$(if \
    $(call exists,$(DATA)/val),$(DATA)/val))
endif
else
TRAIN ?= $(DATA)
endif

# Views.
RECIPE ?= $(call at,RECIPE,cifar-basic)
SIZE ?= $(call at,SIZE,32)
SHOWN ?= 96
AUGMENT ?= $(call at,AUGMENT)
MIX ?= $(call at,MIX)

# Network and training.
ARCH ?= $(call at,ARCH,resnet18)
STEM ?= $(call at,STEM,cifar)
WIDTH ?= $(call at,WIDTH,64)
HIDDEN ?= $(call at,HIDDEN,512)
PROJECTION ?= $(call at,PROJECTION,128)
HEADS ?= $(call at,HEADS,--projector-hidden $(HIDDEN) --projector-out $(PROJECTION))
OBJECTIVE ?= $(call at,OBJECTIVE)
EPOCHS ?= $(call at,EPOCHS,200)
BATCH ?= $(call at,BATCH,256)
OPTIMIZER ?= $(call at,OPTIMIZER,sgd)
LR ?= $(call at,LR,0.3)
DECAY ?= $(call at,DECAY,5e-4)
WARMUP ?= $(call at,WARMUP,1)
TRAINING ?=
SAVE ?= $(call at,SAVE,100)

# Labelled pictures that a method reads beside the views: options of
# ssl-decode that choose them, and their recipe.
SUPPORT ?= $(call at,SUPPORT)
support = $(if $(SUPPORT),--support <($(call decode,train) $(if $(findstring --balance,$(SUPPORT)),,--shuffle) $(SUPPORT) $(TRAINS) | \
    $(augment)))

# Evaluation.
K ?= $(call at,K)
TEMPERATURE ?= 0.1
NETWORK ?= online

all: $(OUT)/knn.tsv $(OUT)/samples.jpg $(OUT)/views.jpg
	@awk -F '\t' 'NR > 1 { printf "k-NN accuracy of the %s encoder: %.1f %%\n", \
	    $$1, 100 * $$2 } END { if (NR == 1) print "no labels, no k-NN accuracy" }' \
	    $(OUT)/knn.tsv
	@echo 'pictures: $(OUT)/samples.jpg, $(OUT)/views.jpg'
	@echo 'model: $(OUT)/model.tz, log: $(OUT)/log.tsv, scores: $(OUT)/knn.tsv'

$(eval $(call settings,synth.settings,SYNTH SIZE SEED))
$(OUT)/synth: $(OUT)/synth.settings
	ssl-synth $(COMMON) --force $(SYNTH) --size $(SIZE) $@

# Pictures nobody has split: every fifth is for testing.
ifeq ($(TEST),)
TEST := $(TRAIN)
LISTS := $(OUT)/train.list $(OUT)/test.list
endif

# Both as words for the shell.
TRAINS := $(call sources,TRAIN)
TESTS := $(call sources,TEST)

$(OUT)/train.list: PARTS = 0 1 2 3
$(OUT)/test.list: PARTS = 4
$(OUT)/%.list: $(OUT)/data.settings
	for part in $(PARTS); do \
		ssl-decode $(COMMON) --size 8 --shard $$part/5 $(TRAINS); \
	done | ssl-show --tensor index -o $@

# New files, or others, are other data.
$(eval $(call settings,data.settings,TRAIN TEST SEED,$(if \
    $(DRAWN),,$(call listing,$(TRAINS) $(TESTS)))))
INPUTS = $(if $(DRAWN),$(OUT)/synth) $(OUT)/data.settings $(LISTS)
decode = ssl-decode --quiet $(COMMON) $(if $(LISTS),--subset $(OUT)/$1.list)
augment = ssl-augment --quiet $(COMMON) --recipe $(call sq,$(RECIPE)) --size $(SIZE) $(AUGMENT)
mix = $(if $(MIX),| ssl-mix --quiet $(COMMON) $(MIX))
views = $(call decode,train) --shuffle --epochs $(EPOCHS) --batch $(BATCH) $1 $(TRAINS) | \
    $(augment) --batch $(BATCH) $(mix)
LEARN = ssl-train $(COMMON) --method $(METHOD) --arch $(ARCH) --stem $(STEM) \
    --width $(WIDTH) $(HEADS) $(OBJECTIVE) --optimizer $(OPTIMIZER) --lr $(LR) \
    --weight-decay $(DECAY) --warmup-epochs $(WARMUP) $(TRAINING)
ENCODE = ssl-encode $(COMMON) --network $(NETWORK)

# A run that was stopped is resumed from its last checkpoint, unless what it is
# made of has changed since: then it begins again, the old checkpoint aside.
# ssl-train refuses what contradicts the checkpoint all the same.
$(eval $(call settings,train.settings,METHOD RECIPE SIZE AUGMENT MIX ARCH STEM \
    WIDTH HEADS OBJECTIVE EPOCHS BATCH OPTIMIZER LR DECAY WARMUP TRAINING SUPPORT))
$(OUT)/model.tz: $(INPUTS) $(OUT)/train.settings
	run=$(OUT)/run.tz step=0 total=-1 resume=; \
	for input in $^; do \
		if [ -e "$$run" ] && ! [ "$$run" -nt "$$input" ]; then \
			echo "$$input has changed: training begins again," \
			    "the checkpoint so far is now $(OUT)/run-before.tz" >&2; \
			mv -f "$$run" $(OUT)/run-before.tz; \
		fi; \
	done; \
	if [ -e "$$run" ]; then \
		step=$$(ssl-show --meta step "$$run"); \
		total=$$(ssl-show --meta total_steps "$$run"); \
		resume="--resume $$run"; \
	fi; \
	if [ "$$step" != "$$total" ]; then \
		$(call views,--start-step $$step) | $(LEARN) $(support) $$resume \
		    --checkpoint-every $(SAVE) --log $(OUT)/log.tsv -o "$$run"; \
	fi; \
	mv "$$run" $@

# The same network before its first step: it needs no more than the header.
$(OUT)/random.tz: $(INPUTS) $(OUT)/train.settings
	$(LEARN) --steps 0 -o $@ < <($(call views))

$(eval $(call settings,knn.settings,NETWORK K TEMPERATURE))
$(OUT)/%-train.tz: $(OUT)/%.tz $(OUT)/knn.settings
	$(call decode,train) --size $(SIZE) $(TRAINS) | $(ENCODE) --model $< -o $@

$(OUT)/%-test.tz: $(OUT)/%.tz $(OUT)/knn.settings
	$(call decode,test) --size $(SIZE) $(TESTS) | $(ENCODE) --model $< -o $@

# Pictures without labels have no score: the table is empty.
$(OUT)/%-knn.tsv: $(OUT)/%-train.tz $(OUT)/%-test.tz
	labels=$$(ssl-show --tensor label $(OUT)/$*-train.tz | sort -u); \
	if [ "$$labels" = -1 ]; then \
		: >$@; \
	else \
		ssl-eval knn $(COMMON) --train $(OUT)/$*-train.tz --test $(OUT)/$*-test.tz \
		    $(if $(K),--k $(K)) --temperature $(TEMPERATURE) -o $@; \
	fi

$(OUT)/knn.tsv: $(OUT)/random-knn.tsv $(OUT)/model-knn.tsv
	awk -v OFS='\t' 'BEGIN { print "encoder\ttop1\ttop5" } { score[FILENAME, $$1] = $$2 } \
	    END { if (NR == 0) exit; \
	    print "random", score[ARGV[1], "top1"], score[ARGV[1], "top5"]; \
	    print "trained", score[ARGV[2], "top1"], score[ARGV[2], "top5"] }' \
	    $^ >$@

# One record is enough for a sheet; the tools before it may be cut off.
SOME = $(call decode,train) --shuffle --size $(SHOWN) --batch 32 $(TRAINS)

$(eval $(call settings,look.settings,RECIPE SIZE AUGMENT SHOWN))
$(OUT)/samples.jpg: $(INPUTS) $(OUT)/look.settings
	ssl-show --sheet $@ --rows 4 --columns 8 < <($(SOME))

$(OUT)/views.jpg: $(INPUTS) $(OUT)/look.settings
	ssl-show --sheet $@ --rows 8 < <($(SOME) | $(augment) --keep-image)

# This run beside what was published and what was measured before.
table: $(OUT)/knn.tsv
	@cat expected.tsv
	@awk -F '\t' -v OFS='\t' 'NR > 1 { print "this run", \
	    "SCALE=$(SCALE), seed $(SEED), " $$1 " encoder", "k-NN", $$2 }' $<

clean:
	rm -rf $(OUT)

.PHONY: all table clean
