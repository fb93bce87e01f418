#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A run that stopped goes on to the same bytes, also where the pictures of an
# epoch are no multiple of the batch.
. "$(dirname "$0")/../lib.sh"

ssl-synth --train 120 --test 10 --size 16 --quiet set
views() {
	ssl-decode --quiet --shuffle --batch 32 --epochs 3 "$@" set/train |
	    ssl-augment --quiet --recipe byol-cifar --size 16 --batch 32
}
small=(--quiet --stem cifar --width 4 --projector-hidden 16 --projector-out 8
    --predictor-hidden 16)
learn() {
	ssl-train "${small[@]}" "$@"
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

# A producer that dies: what was done is saved beside the output.
views >views.tz
head -c -100 views.tz >cut.tz
fails 1 "a cut stream" learn -o now.tz cut.tz
last=$(ssl-show --meta step now.tz.part)
is "$(cat .err)" "ssl-train: cut.tz: truncated stream; step $last \
of 9 is saved in now.tz.part; to resume, repeat the command with --resume (and \
ssl-decode --start-step $last, to save time)" "says what is saved where, and what to do"
fails 1 "there is no output" test -e now.tz
fails 1 "again" learn --resume -o now.tz cut.tz
is "$(ssl-show --meta step now.tz.part)" "$last" "nothing new, and nothing lost"
ok "the whole stream" learn --resume -o now.tz views.tz
same now.tz whole.tz "ends in the same file"
is "$(ls -A | grep now)" now.tz "and the running checkpoint goes"
ok "--resume of a run that is complete" learn --resume -o now.tz views.tz
same now.tz whole.tz "keeps it"
rm now.tz
fails 1 "cut after the last step" learn --total-steps 8 -o now.tz cut.tz
ok "… is checked again" learn --total-steps 8 --resume -o now.tz views.tz
learn --total-steps 8 -o eight.tz views.tz
same now.tz eight.tz "… and is complete"
rm now.tz eight.tz

# Running checkpoints by the clock and by steps: what a run has that is killed
# after its last whole record.  A step takes longer than 60 microseconds, and no
# run here a thousand minutes.
clock() {
	local child feeder

	rm -f now.*
	mkfifo feed
	{ cat cut.tz; exec sleep 60; } >feed &
	feeder=$!
	(exec ssl-train "${small[@]}" --log now.tsv "$@" -o now.tz feed) &
	child=$!
	for ((i = 0; i < 400; i++)); do
		[ "$(wc -l 2>/dev/null <now.tsv)" -gt "$last" ] && break
		sleep 0.05
	done
	sleep 0.2	# the last save follows the last row
	kill -9 "$child" "$feeder"
	wait "$child" "$feeder" 2>/dev/null
	rm feed
	if [ -e now.tz.part ]; then ssl-show --meta step now.tz.part; else echo none; fi
}
is "$(clock 2>/dev/null)" none "a killed run has nothing before ten minutes"
is "$(clock --checkpoint-every 1 2>/dev/null)" "$last" "its last step, if asked to"
is "$(clock --checkpoint-minutes 1e-6 2>/dev/null)" "$last" "… or by the clock"
learn --resume -o now.tz views.tz
same now.tz whole.tz "which ends in the same file"
is "$(clock --checkpoint-minutes 1000 2>/dev/null)" none "not before its time"
is "$(clock --checkpoint-minutes 1000 --checkpoint-every 3 2>/dev/null)" 6 \
    "beside one by steps"
is "$(clock --checkpoint-minutes 1e-6 --checkpoint-every 5 2>/dev/null)" "$last" \
    "either is enough"
rm -f now.*
learn --checkpoint-minutes 1e-6 -o often.tz views.tz
same often.tz whole.tz "saved often, the end has the same bytes"
is "$(find . -name '*.part*' -o -name '.self-*')" "" "and nothing else is left"

# Which checkpoint it is.
resume() { learn --resume "$@" -o now.tz views.tz; }
is "$(resume 2>&1)$(cmp now.tz whole.tz)" "" "nothing to resume: from the beginning"
learn --steps 3 -o now.tz views.tz
cp now.tz three.tz
ok "an output that is not complete is resumed" resume
same now.tz whole.tz "… to its end"
rm now.tz
cp three.tz now.tz.part
ok "the output's name is its running checkpoint's too" resume now.tz
same now.tz whole.tz "… to its end"
rm now.tz
cp three.tz now.tz.part
learn -o now.tz cut.tz 2>/dev/null
same now.tz.part.old three.tz "a run that begins anew keeps another's checkpoint"
ok "another than that" resume three.tz
same now.tz whole.tz "… is the one that is named"
is "$(ls -A | grep now.tz.part)" "now.tz.part.old" "… and the other is kept"
rm now.tz*
learn --steps 0 --seed 1 -o init.tz views.tz
learn --init init.tz -o whole-init.tz views.tz
learn --init init.tz --resume -o now.tz cut.tz 2>/dev/null
fails 2 "another --init" learn --init whole.tz --resume -o now.tz views.tz
like "$(cat .err)" "*--init whole.tz, the checkpoint's run had init.tz*" "… by name"
ok "the same command" resume --init init.tz
same now.tz whole-init.tz "… with --init"
fails 2 "--resume without a name or a file" ssl-train --resume -o - views.tz
like "$(ssl-show --replay whole.tz)" "*ssl-decode*| ssl-train *" "a history"
learn --steps 4 -o now.tz views.tz
learn --steps 6 --resume -o now.tz views.tz
learn --steps 6 -o six.tz views.tz
same now.tz six.tz "--steps is that of the last command"

rm now.tz
fails 1 "a run that diverges" learn --lr 1e6 --weight-decay 1e3 --schedule constant \
    --checkpoint-every 1 -o now.tz views.tz
like "$(cat .err)" "*diverged*; step * of 9 is saved in now.tz.part; --resume \
--resume-anyway goes on*" "… keeps its last checkpoint"
step=$(ssl-show --meta step now.tz.part)
ok "… which is one" test "$step" -gt 0
ok "… that can be read" learn --init now.tz.part --steps 0 -o then.tz views.tz
rm then.tz
fails 1 "… or none" learn --lr 1e6 --weight-decay 1e3 --schedule constant \
    -o then.tz views.tz
like "$(cat .err)" "*diverged*may help; nothing is saved" "… and says so"
is "$(ls -A | grep then)" "" "… nor leaves anything"

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
