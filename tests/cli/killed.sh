# SPDX-License-Identifier: MIT
# Runs that are killed again and again and go on from their last checkpoint:
# the network is, byte for byte, that of a run nobody disturbed.  MoCo with
# i-Mix, and SuNCEt with its second stream.  KILLS: how often (default 10).
. "$(dirname "$0")/../lib.sh"
needs setsid
kills=${KILLS:-10}

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

# moco STEP [OPTION...], suncet STEP [OPTION...]: a run from STEP on.
moco() {
	local step=$1

	shift
	views --start-step "$step" | ssl-mix --quiet --threads 1 |
	    ssl-train --method moco --queue 64 --bn-groups 2 $network "$@"
}
suncet() {
	local step=$1

	shift
	views --start-step "$step" | ssl-train --method suncet --support-epochs 15 $network \
	    --support <(ssl-decode --quiet --epochs 99 --threads 1 \
	    --per-class 6 --balance 4x2 --start-step "$step" set/train |
	    ssl-augment --quiet --threads 1 --recipe cifar-basic --size 16) "$@"
}
export -f pictures views moco suncet
export network

# go_on METHOD FOLDER: from the checkpoint, if there is one.
go_on() {
	local run=$2/run.tz

	if [ -e "$run" ]; then
		"$1" "$(ssl-show --meta step "$run")" --resume "$run" \
		    --log "$2/log.tsv" -o "$run"
	else
		"$1" 0 --log "$2/log.tsv" -o "$run"
	fi
}
export -f go_on

RANDOM=1	# the same waits each time, though not the same moments
for method in moco suncet; do
	mkdir whole killed
	ok "$method, undisturbed" go_on "$method" whole
	n=0 whole=0
	while [ "$n" -lt "$kills" ] && [ "$whole" -lt 50 ]; do
		setsid bash -c "go_on $method killed" >/dev/null 2>&1 &
		group=$!
		sleep "0.$((RANDOM % 5))$((RANDOM % 10))"
		if kill -9 -- "-$group" 2>/dev/null; then
			n=$((n + 1))
		else		# it was done: from the beginning again
			whole=$((whole + 1))
			[ "$(ssl-show --digest killed/run.tz)" = \
			    "$(ssl-show --digest whole/run.tz)" ] || break
			rm -rf killed
			mkdir killed
		fi
		wait "$group" 2>/dev/null
	done
	is "$n" "$kills" "$method, killed $kills times"
	ok "goes on to its end" go_on "$method" killed
	is "$(ssl-show --digest killed/run.tz)" \
	    "$(ssl-show --digest whole/run.tz)" "to the same bytes"
	same killed/log.tsv whole/log.tsv "and the same log"
	is "$(find killed -name '*.tz*' | wc -l)" 1 "nothing half-made stays"
	rm -rf whole killed
done
