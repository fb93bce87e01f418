# SPDX-License-Identifier: MIT
# SIGTERM and SIGINT end a tool at once; nothing half-written keeps a name.
. "$(dirname "$0")/../lib.sh"

ssl-synth -q --size 32 --train 24 --test 8 --classes 2 data || exit 1
ssl-decode -q -b 8 -o samples.tz data/train || exit 1
small="--stem cifar --width 4 --projector-hidden 8 --projector-out 4
    --predictor-hidden 8 --lr 0.01 --schedule constant
    --ema-schedule constant --quiet"
ssl-augment -q -r cifar-basic -b 8 -o views.tz samples.tz
ssl-train $small --steps 1 -o model.tz views.tz || exit 1

# begun FOLDER: waits until an output file is being written there.  A set has
# a name with a number for an instant, until it has its marker.
begun() {
	local i

	for ((i = 0; i < 200; i++)); do
		ls -A "$1" | grep -qvE '^x\.part\.[0-9]+$' && return 0
		sleep 0.05
	done
	return 1
}

# stopped SIGNAL STATUS COMMAND...: the command writes into out/ for ever.
# Job control gives it a group of its own, with SIGINT not ignored.
stopped() {
	local signal=$1 want=$2 child

	shift 2
	mkdir out
	set -m
	"$@" >/dev/null 2>error &
	child=$!
	set +m
	ok "$1: begins to write" begun out
	kill -"$signal" "$child"
	wait "$child" 2>/dev/null
	is "$?" "$want" "… dies of SIG$signal"
	is "$(ls -A out | grep -v '^x\.part$')" "" \
	    "… and leaves nothing under a final name"
	rm -rf out
}

mkfifo pipe
endless() {
	ssl-decode -q -e 0 data/train 2>/dev/null >pipe &
	feeder=$!
}
for signal in "TERM 143" "INT 130"; do
	stopped $signal ssl-decode -e 0 -o out/x.tz data/train
	endless
	stopped $signal ssl-augment -r cifar-basic -b 8 -o out/x.tz pipe
	wait "$feeder"
	endless
	stopped $signal ssl-encode -m model.tz -o out/x.tz pipe
	wait "$feeder"
	stopped $signal ssl-synth --size 64 --train 100000 --test 8 --classes 2 \
	    out/x
done

# A run that is stopped keeps the checkpoint of before.
cp model.tz kept.tz
ssl-decode -q -e 0 data/train 2>/dev/null |
    ssl-augment -q -r cifar-basic -b 8 2>/dev/null |
    ssl-train $small --log log.tsv -o kept.tz 2>error &
for ((i = 0; i < 200; i++)); do
	[ -s log.tsv ] && [ "$(wc -l <log.tsv)" -gt 2 ] && break
	sleep 0.05
done
kill -TERM $!
wait $!
is "$?" 143 "ssl-train dies of SIGTERM"
same model.tz kept.tz "the checkpoint of before is still whole"
is "$(find . -name '*.tmp' -o -name '.self*')" "" "nothing else is left"
