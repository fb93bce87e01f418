#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs killed without warning, again and again, and resumed from the last
# checkpoint end as those that never were: one with a queue, one with a second
# stream.
. "$(dirname "$0")/../lib.sh"

ssl-synth -q --size 16 --train 256 --test 10 --classes 4 data || exit 1
ssl-decode -q --epochs 4 --shuffle data/train |
	ssl-augment -q --recipe cifar-basic --size 16 --batch 16 -o views.tz
ssl-decode -q --epochs 20 --balance 4x2 --seed 1 data/train |
	ssl-augment -q --recipe cifar-basic --size 16 --batch 8 -o labels.tz

# run OPTION...: a checkpoint after every step, in this very process.
run() {
	exec ssl-train -q --checkpoint-every 1 "$@" -o run.tz views.tz
}

# survive METHOD OPTION...: killed ten times, with different lengths of life.
survive() {
	local method=$1 kills=0 life pid first

	shift
	first="--method $method --stem cifar --width 4 --projector-out 16 $*"
	# shellcheck disable=SC2086
	ok "$method without a stop" ssl-train -q $first -o whole.tz views.tz
	rm -f run.tz
	for life in 0.09 0.31 0.12 0.22 0.05 0.17 0.27 0.14 0.38 0.11; do
		if [ -f run.tz ]; then
			# shellcheck disable=SC2086
			run --resume run.tz ${support:+--support $support} &
		else
			# shellcheck disable=SC2086
			run $first &
		fi
		pid=$!
		sleep "$life"
		kill -9 "$pid" 2>/dev/null && kills=$((kills + 1))
		wait "$pid" 2>/dev/null
	done
	ok "$method: killed $kills times" test "$kills" -ge 1
	ok "$method: what was left can be read" ssl-show run.tz
	# shellcheck disable=SC2086
	ok "$method goes on to the end" \
	    ssl-train -q --resume run.tz ${support:+--support $support} \
	    -o run.tz views.tz
	is "$(ssl-show --digest run.tz)" "$(ssl-show --digest whole.tz)" \
	    "$method: as if nothing had happened"
	rm -f run.tz*
}

support=
survive moco --queue 64 --bn-groups 2
support=labels.tz
survive suncet --support labels.tz --support-epochs 3
