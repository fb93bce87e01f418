#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What a run needs and does not get: a batch, labels.
. "$(dirname "$0")/../lib.sh"

ssl-synth -q --size 16 --train 48 --test 10 --classes 3 set || exit 1
mkdir flat
n=0
for image in set/train/*/*.jpg; do
	cp "$image" "flat/$((n += 1)).jpg"
done
one=$(find set/train -mindepth 1 -type d | sort | head -n 1)

views() { ssl-augment -q --recipe simclr-cifar --size 16 "$@"; }
learn() { ssl-train -q --stem cifar --width 2 --projector-out 8 "$@"; }

# Fewer samples than a batch.
ssl-decode -q --epochs 3 -o samples.tz set/train
fails 1 "48 samples and a batch of 256" views --batch 256 -o x.tz samples.tz
like "$(cat .err)" "*48 samples are fewer than one batch of 256; give --batch 48 or less*" \
    "how many there are and what to give"
fails 1 "no views are written" test -e x.tz
ok "nor a header for whoever reads" bash -c \
    "ssl-augment -q -r simclr-cifar --batch 256 samples.tz 2>/dev/null | wc -c | grep -qx 0"
ok "a batch of 48" views --batch 48 -o x.tz samples.tz
ssl-decode -q -o once.tz set/train
cat once.tz once.tz >twice.tz
ok "two streams that make a batch together" views --batch 96 -o x.tz twice.tz
like "$(ssl-show x.tz | tail -n 1)" "*1 record, 96 samples*" "… of both"
fails 1 "a network without a step" bash -c "ssl-augment -q -r simclr-cifar \
    --batch 48 once.tz | ssl-train -q --stem cifar --width 2 --steps 1 -o half.tz &&
    ssl-decode -q --batch 48 --epochs 1 --start-step 1 set/train |
    ssl-augment -q -r simclr-cifar --batch 48 |
    ssl-train -q --stem cifar --width 2 --total-steps 5 -o x2.tz"
like "$(cat .err)" "*no step was taken*" "says so"
fails 1 "… and is not saved" test -e x2.tz

# Labels.
ssl-decode -q --epochs 3 flat | views --batch 16 -o flat.tz
ssl-decode -q --epochs 3 set/train | views --batch 16 -o views.tz
fails 1 "supcon without labels" learn -m supcon -o x3.tz flat.tz
like "$(cat .err)" "*supcon needs labels*all 16 samples*class folders*list*" \
    "says so, and what to do"
fails 1 "… and nothing is saved" test -e x3.tz
ok "supcon with labels" learn -m supcon -o x.tz views.tz
is "$(cat .err)" "" "without a word"
for image in set/train/*/*.jpg; do
	printf '%s\t%s\n' "$image" "$(basename "$(dirname "$image")")"
done >half.txt
ls flat/*.jpg >>half.txt
ssl-decode -q --epochs 3 @half.txt | views --batch 16 -o part.tz
ok "labels in the first half alone" learn -m supcon --total-steps 18 -o x.tz part.tz
like "$(cat .err)" "*skipped 144 of 288 samples without a label; 9 of 18 steps*" \
    "the steps without are counted, with -q too"

sed -n '1,45p' half.txt | sed '$s/\t.*//' >lacks.txt
ssl-decode -q @lacks.txt | views --batch 45 -o one.tz
ok "a sample without a label" learn -m supcon -o x.tz one.tz
is "$(cat .err)" "ssl-train: skipped 1 of 45 samples without a label" \
    "… and no step that lacks them"
fails 1 "clsa on two views" learn -m clsa --queue 48 -o x3.tz views.tz
like "$(cat .err)" "*views.tz: record 0: clsa needs 3 views, view0 to view2, and the \
record has 2; ssl-augment --recipe clsa writes three*" "says how many and who writes them"
views --views 1 --batch 16 -o single.tz samples.tz
fails 1 "simclr on one view" learn -m simclr -o x3.tz single.tz
like "$(cat .err)" "*simclr needs 2 views, *has 1; ssl-augment --views 2*" "says so too"
fails 2 "samples instead of views" learn -o x3.tz samples.tz
like "$(cat .err)" "ssl-train: the header is that of samples*ssl-augment*" "says so alone"

suncet() { learn -m suncet --support "$1" -o x4.tz views.tz; }
fails 1 "--support without labels" suncet flat.tz
like "$(cat .err)" "*--support*none of its samples has a label*" "says so"
mkdir lone
cp -r "$one" lone
ssl-decode -q --epochs 9 lone | views --batch 4 -o lone.tz
fails 1 "--support of one class" suncet lone.tz
like "$(cat .err)" "*--support*all its samples have one label*" "says so"
ssl-decode -q --epochs 9 --balance 3x1 set/train | views -o singles.tz
fails 1 "--support of single samples" suncet singles.tz
like "$(cat .err)" "*--support*no two of its samples have the same label*" "says so"
fails 1 "… and nothing is saved" test -e x4.tz
ssl-decode -q --epochs 9 --balance 3x2 set/train | views -o support.tz
ok "--support of three classes" suncet support.tz
ssl-decode -q --epochs 9 --balance 3x2 set/train |
    ssl-augment -q --recipe simclr-cifar --size 24 -o large.tz
fails 1 "--support of another size" suncet large.tz
like "$(cat .err)" "*large.tz: the labelled views are 24x24 px, the views 16x16; \
give ssl-augment the same --size*" "says so"
ssl-decode -q --balance 3x2 set/train | views --batch 6 -o first.tz
ls set/train >classes.txt
for round in 1 2 3; do
	printf "%s\t$(basename "$one")\n" "$one"/*.jpg
done >poor.txt
ssl-decode -q --classes classes.txt @poor.txt | views --batch 6 -o poor.tz
cat first.tz poor.tz >mixed.tz
ok "a --support that gets poorer" suncet mixed.tz
like "$(cat .err)" "*of 9 steps had no --support record*" "… is counted"

# An option that contradicts the stream.
ok "--steps-per-epoch of its own" ssl-train -m simclr --stem cifar --width 2 \
    --projector-out 8 --steps 1 --steps-per-epoch 2 -o x.tz views.tz
like "$(cat .err)" "*--steps-per-epoch 2, but an epoch of the stream has 3*" \
    "is said"
