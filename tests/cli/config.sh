#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A paper's setting in one word, what comes of it, and that checkpoints keep
# it.
. "$(dirname "$0")/../lib.sh"

ssl-synth -q --size 16 --train 32 --test 10 --classes 4 data || exit 1
ssl-decode -q --epochs 2 data/train |
	ssl-augment -q --recipe cifar-basic --size 16 --batch 16 -o views.tz

config() {
	ssl-train --print-config --total-steps 40 "$@" views.tz
}

# value NAME: of the last configuration.
value() {
	awk -F '\t' -v name="$1" '$1 == name { print $2 }' config.tsv
}

small="--width 2 --projector-out 4"
presets=$(ssl-train --list-presets | cut -f1)
like "$(echo $presets)" "*byol-cifar10*byol-imagenet-300*clsa-imagenet-200*\
imix-npair-cifar10*mocov2-imagenet-200*simclr-cifar10*suncet-imagenet*" \
    "papers' settings have names"
is "$(echo "$presets" | sort)" "$presets" "in order"
for preset in $presets; do
	# shellcheck disable=SC2086
	ok "$preset is a run" config --preset "$preset" $small
done

config -q --preset byol-imagenet-300 --width 2 >config.tsv
is "$(value effective.lr)" 0.01875 "base times batch / 256"
is "$(value options.weight-decay)" 1e-06 "BYOL's decay"
is "$(value effective.ema_schedule)" '"cosine"' "its average's schedule"
is "$(value effective.warmup_steps)" 20 "ten epochs of two steps"
is "$(value projector)" "[4096,256]" "its projector"
is "$(value effective.temperature)" "" "no temperature"
is "$(value effective.draw) $(value effective.residual_scale)" '"haiku" 0.0' \
    "its release's first numbers"
config --preset byol-imagenet-300 --width 2 --lr 0.1 --lr-scaling none >config.tsv
is "$(value effective.lr)" 0.1 "the command line comes first"
# starts OPTION...: first numbers and how residual blocks begin.
starts() {
	config -q --width 2 "$@" >config.tsv
	echo "$(value effective.draw) $(value effective.residual_scale)"
}
is "$(starts --method byol)" '"haiku" 0.25' "BYOL's usual first numbers"
is "$(starts --method byol --draw haiku)" '"haiku" 0.0' "… as released"
is "$(starts --method byol --draw torch)" '"torch" 1.0' "… as torchvision's"
is "$(starts --method simclr)" '"haiku" 0.25' "SimCLR's"
is "$(starts --method supcon)" '"torch" 1.0' "those of others"
is "$(starts --method supcon --residual-scale 0)" '"torch" 0.0' \
    "… with blocks that begin as their shortcuts"
for option in ema residual-scale; do
	fails 2 "--$option between its default and 0" \
	    config --width 2 "--$option" -0.5
	like "$(cat .err)" "*--$option -0.5*" "… is named"
done
config --method moco --width 2 --queue 0 >config.tsv
is "$(value effective.queue) $(value effective.temperature) \
$(value effective.ema)" "65536 0.2 0.999" "what a method has by itself"
is "$(value total_steps) $(value steps_per_epoch)" "40 2" "what was said, and the stream"

# shellcheck disable=SC2086
ok "a run by preset" ssl-train -q --preset simclr-cifar10 --width 2 \
    --projector-hidden 4 --warmup-epochs 1 --steps 2 -o part.tz views.tz
is "$(ssl-show --meta method part.tz)" simclr "is the preset's"
is "$(ssl-show --json part.tz | grep -c '"lars-form":"simclr"')" 1 \
    "the checkpoint keeps what it meant"
ok "it goes on" ssl-train -q --resume part.tz -o on.tz views.tz
ok "it would have been" ssl-train -q --preset simclr-cifar10 --width 2 \
    --projector-hidden 4 --warmup-epochs 1 -o whole.tz views.tz
is "$(ssl-show --digest on.tz)" "$(ssl-show --digest whole.tz)" \
    "the same without a stop"
fails 2 "an unknown preset" config --preset byol-imagenet
like "$(cat .err)" "*byol-imagenet-300*" "names those there are"

ok "microbatches" ssl-train -q -m simclr --stem cifar --width 4 --microbatch 8 \
    --log a.tsv -o a.tz views.tz
ok "groups of as many" ssl-train -q -m simclr --stem cifar --width 4 \
    --bn-groups 4 --log b.tsv -o b.tz views.tz
is "$(cut -f3 a.tsv | tail -n +2 | xargs printf '%.3f ')" \
    "$(cut -f3 b.tsv | tail -n +2 | xargs printf '%.3f ')" \
    "microbatches have the whole batch's loss"
fails 2 "a batch that is no whole number of them" \
    ssl-train -m simclr --width 4 --microbatch 7 -o x.tz views.tz
