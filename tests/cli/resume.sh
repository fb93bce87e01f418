#!/bin/sh
# SPDX-License-Identifier: MIT
# A run that stopped goes on to the same bytes, also where the pictures of an
# epoch are no multiple of the batch.
. "$(dirname "$0")/../lib.sh"

ssl-synth --train 120 --test 10 --size 16 --quiet set
views() {
	ssl-decode --quiet --shuffle --batch 32 --epochs 3 "$@" set/train |
	    ssl-augment --quiet --recipe byol-cifar --size 16 --batch 32
}
learn() {
	ssl-train --quiet --stem cifar --width 4 --projector-hidden 16 \
	    --projector-out 8 --predictor-hidden 16 "$@"
}

steps() {
	ssl-show --json | sed -n 's/.*"step":\([0-9]*\).*/\1/p' | tr '\n' ' '
}

is "$(views | steps)" "0 1 2 3 4 5 6 7 8 " "records are numbered without gaps"
is "$(views --start-step 5 | steps)" "4 5 6 7 8 " \
    "and alike when the stream begins later"
is "$(views --start-step 7 | steps)" "6 7 8 " "where an epoch's rest comes first"

views | learn -o whole.tz
views | learn --steps 4 -o part.tz
views | ssl-train --quiet --resume part.tz -o again.tz
views --start-step 5 | ssl-train --quiet --resume part.tz -o later.tz
is "$(ssl-show --digest again.tz)" "$(ssl-show --digest whole.tz)" \
    "a run that goes on ends like one that never stopped"
is "$(ssl-show --digest later.tz)" "$(ssl-show --digest whole.tz)" \
    "also on a stream that begins where it stopped"

# Checkpoints by the clock: what stands when the stream is cut.  A step takes
# longer than 60 microseconds, and no run here a thousand minutes.
views >views.tz
head -c -100 views.tz >cut.tz
clock() {
	rm -f now.tz
	learn "$@" -o now.tz cut.tz 2>/dev/null
	if [ -e now.tz ]; then ssl-show --meta step now.tz; else echo none; fi
}
is "$(clock)" none "a cut stream leaves no network"
last=$(clock --checkpoint-every 1)
is "$(clock --checkpoint-minutes 1e-6)" "$last" \
    "… but a checkpoint of its last step, by the clock"
ok "which goes on" ssl-train --quiet --resume now.tz -o again.tz views.tz
is "$(ssl-show --digest again.tz)" "$(ssl-show --digest whole.tz)" \
    "to the same bytes"
is "$(clock --checkpoint-minutes 1000)" none "not before its time"
is "$(clock --checkpoint-minutes 1000 --checkpoint-every 3)" 6 \
    "beside one by steps"
is "$(clock --checkpoint-minutes 1e-6 --checkpoint-every 5)" "$last" \
    "either is enough"
learn --checkpoint-minutes 1e-6 -o often.tz views.tz
same often.tz whole.tz "saved often, the end has the same bytes"

# What a killed run wrote behind its last checkpoint is written once.
views | learn --log whole.tsv -o whole.tz
head -n 8 whole.tsv >part.tsv
printf '7\t2\t0.1' >>part.tsv
views | ssl-train --quiet --resume part.tz --log part.tsv -o again.tz
same part.tsv whole.tsv "the log goes on where the checkpoint stands"
echo "shopping list" >list.txt
fails 1 "a file that is no log is left alone" sh -c \
    "ssl-decode --quiet --epochs 3 --shuffle \
    --batch 32 set/train | ssl-augment --quiet --recipe byol-cifar --size 16 \
    --batch 32 | ssl-train --quiet --resume part.tz --log list.txt -o no.tz"
is "$(cat list.txt)" "shopping list" "as it was"

ssl-decode --quiet --epochs 2 set/train |
    ssl-augment --quiet --recipe byol-cifar --size 16 |
    learn --steps 3 -o short.tz
is "$(ssl-show --meta total_steps short.tz)" 3 \
    "--steps is the length of the schedules where nothing else tells"
