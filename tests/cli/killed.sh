# SPDX-License-Identifier: MIT
# Runs that are killed again and again and resumed by the same command: model
# and log are, byte for byte, those of a run nobody disturbed.  MoCo with i-Mix,
# SuNCEt with its second stream, and the README's command.  KILLS: how often
# each (default 3; make soak: 70).
. "$(dirname "$0")/../lib.sh"
needs setsid
kills=${KILLS:-3}

ssl-synth --quiet --train 96 --test 10 --classes 4 --size 16 set
pictures() {
	ssl-decode --quiet --shuffle --epochs 20 --batch 32 --threads 1 "$@" \
	    set/train
}
views() {
	pictures "$@" | ssl-augment --quiet --threads 1 --recipe cifar-basic \
	    --size 16 --batch 32
}
network='--stem cifar --width 4 --projector-hidden 16 --projector-out 8
    --threads 1 --quiet --checkpoint-every 1'

# moco STEP, suncet STEP, readme STEP: a run of the folder $run, whose stream
# begins at STEP; the README's is always the very same command.
moco() {
	views --start-step "$1" | ssl-mix --quiet --threads 1 |
	    ssl-train --method moco --queue 64 --bn-groups 2 $network --resume \
	    --log "$run/log.tsv" -o "$run/run.tz"
}
suncet() {
	views --start-step "$1" | ssl-train --method suncet --support-epochs 15 $network \
	    --support <(ssl-decode --quiet --shuffle --epochs 99 --threads 1 \
	    --per-class 6 --balance 4x2 --start-step "$1" set/train |
	    ssl-augment --quiet --threads 1 --recipe cifar-basic --size 16) \
	    --resume --log "$run/log.tsv" -o "$run/run.tz"
}
readme() {
	ssl-decode -q --shuffle --epochs 20 set/train |
	    ssl-augment -q --recipe byol-cifar --batch 32 --size 16 |
	    ssl-train --method byol --stem cifar --lr 0.3 $network --resume \
	    --predictor-hidden 16 --log "$run/log.tsv" -o "$run/run.tz"
}
# go_on METHOD FOLDER
go_on() {
	local step=0 run=$2

	[ -e "$run/run.tz.part" ] &&
	    step=$(ssl-show --meta step "$run/run.tz.part")
	"$1" "$step"
}
export -f pictures views moco suncet readme go_on
export network

# wait_for CONDITION: until it holds, 20 s at most.
wait_for() {
	local i

	for ((i = 0; i < 400; i++)); do
		eval "$1" && return 0
		sleep 0.05
	done
	return 1
}

RANDOM=1	# the same waits each time, though not the same moments
for method in moco suncet readme; do
	mkdir whole killed
	ok "$method, undisturbed" go_on "$method" whole
	n=0 complete=0
	while [ "$n" -lt "$kills" ] && [ "$complete" -lt 50 ]; do
		setsid bash -c "go_on $method killed" >/dev/null 2>&1 &
		group=$!
		sleep "0.$((RANDOM % 5))$((RANDOM % 10))"
		if kill -9 -- "-$group" 2>/dev/null; then
			n=$((n + 1))
		else		# it is complete, or was not begun: again
			wait "$group"
			complete=$((complete + 1))
			cmp killed/run.tz whole/run.tz || break
			rm -rf killed
			mkdir killed
		fi
		wait "$group" 2>/dev/null
	done
	is "$n" "$kills" "$method, killed $kills times"
	ok "is resumed to its end" go_on "$method" killed
	same killed/run.tz whole/run.tz "to the same file"
	same killed/log.tsv whole/log.tsv "and the same log"
	is "$(ls -A killed | tr '\n' ' ')" "log.tsv run.tz " "nothing else stays"
	rm -rf killed
	[ "$method" = readme ] || rm -rf whole
done

# begin: readme's run in a session of its own, until it has taken 3 steps; its
# members are in $decode, $augment and $train.
begin() {
	rm -rf part
	mkdir part
	set -m	# a group of its own, with SIGINT not ignored
	run=part bash -c 'readme 0' >/dev/null 2>error &
	group=$!
	set +m
	wait_for '[ "$(cat part/log.tsv 2>/dev/null | wc -l)" -gt 3 ]'
	train=$(pgrep -g "$group" -x ssl-train)
	augment=$(pgrep -g "$group" -x ssl-augment)
}
# saved WHY: one line says so; the same command then ends in the same bytes.
saved() {
	wait_for '! pgrep -g "$group" >/dev/null'
	is "$(grep -c '^ssl-train' error)" 1 "… one line"
	like "$(grep '^ssl-train' error)" "ssl-train: $1; step * of 60 is saved in \
part/run.tz.part; to resume, repeat the command with --resume*" "… says so"
	is "$(ls -A part | tr '\n' ' ')" "log.tsv run.tz.part " "… and leaves only that"
	ok "… is resumed" go_on readme part
	same part/run.tz whole/run.tz "… to the same file"
	same part/log.tsv whole/log.tsv "… and the same log"
}
if command -v pgrep >/dev/null; then
	network=${network/--checkpoint-every 1/}
	for signal in INT TERM HUP USR1; do
		begin
		kill -"$signal" -- "-$group"
		wait "$group" 2>/dev/null
		saved "stopped by SIG$signal"
	done
	begin
	kill -9 "$augment"
	wait "$group"
	is "$?" 1 "a producer that dies: ends with 1"
	saved "standard input: *truncated stream"
else
	skip "no pgrep" 31
fi

# stop SIGNAL...: what a run of an endless stream, three steps old, ends with.
small="--method simclr --stem cifar --width 4 --projector-hidden 16
    --projector-out 8 --total-steps 1000 --quiet"
stop() {
	rm -f feed	# whoever writes to the last one is not met again
	mkfifo feed
	ssl-decode -q -e 0 set/train 2>/dev/null | ssl-augment -q -r cifar-basic \
	    --size 16 --batch 32 >feed 2>/dev/null &
	rm -f log.tsv
	set -m
	ssl-train $small --log log.tsv "${options[@]}" feed 2>error &
	set +m
	child=$!
	wait_for '[ "$(cat log.tsv 2>/dev/null | wc -l)" -gt 3 ]'
	kill -"$1" "$child"
	wait "$child" 2>/dev/null
}
options=(-o x.tz)
stop TERM
is "$?" 143 "dies of SIGTERM"
stop INT
is "$?" 130 "dies of SIGINT"
is "$(ls x.tz*| tr '\n' ' ')" "x.tz.part x.tz.part.old " \
    "a checkpoint that is not resumed is kept"
rm -f x.tz.part*
stop USR1
is "$?" 1 "ends with 1 after SIGUSR1"
options=(-o /dev/null)
stop TERM
is "$?-$(cat error)" "143-" "without a file, at once and without a word"

# Nothing done, nothing to save: a wait for input ends too.
mkfifo slow
{ ssl-decode -q --epochs 1 set/train | ssl-augment -q -r cifar-basic --size 16 \
    --batch 32 | head -c 3000; exec sleep 60; } >slow &
feeder=$!
ssl-train $small --log wait.tsv -o y.tz slow 2>error &
child=$!
wait_for '[ -s wait.tsv ]'
sleep 0.3
kill -TERM "$child"
wait "$child" 2>/dev/null
is "$?" 143 "a run that waits for its first record"
is "$(cat error)" "ssl-train: stopped by SIGTERM; no step was taken, and nothing is saved" \
    "… says so"
kill "$feeder"
is "$(find . -name 'y.tz*' -o -name '.self-*')" "" "… and leaves nothing"

# A full disk does not end a run, and no work that was saved is lost.
pictures --epochs 4 | ssl-augment -q -r cifar-basic --size 16 --batch 32 >views.tz
small="$small --total-steps 12"
ssl-train $small -o z.tz views.tz
mkdir -p again.tz.part/x	# no file can be renamed to it
ok "running checkpoints that cannot be written do not end a run" ssl-train $small --checkpoint-every 1 -o again.tz views.tz
like "$(cat .err)" "*step 1: cannot save: *again.tz.part*; the run goes on*" "… which says so"
is "$(grep -c 'cannot save' .err)" 1 "… once"
same again.tz z.tz "… and ends in the same file"
