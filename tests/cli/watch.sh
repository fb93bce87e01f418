#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs that must diverge, collapse or run away are recognised and named; one
# that learns is left alone.
. "$(dirname "$0")/../lib.sh"

ssl-synth -q --size 16 --train 256 --test 10 data || exit 1
ssl-decode -q --epochs 16 --shuffle data/train |
	ssl-augment -q --recipe cifar-basic --size 16 --batch 64 -o views.tz

learn() {
	ssl-train --stem cifar --width 4 --projector-hidden 32 \
	    --projector-out 16 --schedule constant -o "$@" views.tz
}

column() {
	awk -v name="$1" 'NR == 1 { for (i = 1; i <= NF; i++)
		if ($i == name) at = i } NR == 2 || $1 == 50 { print $at }' \
	    "$2" | tr '\n' ' '
}

fails 1 "a learning rate of a million" learn x.tz --lr 1e6 --log log.tsv
like "$(cat .err)" "*step [0-9]*: diverged: *is not finite*lr*" \
    "diverges, with step, tensor and what to do"
fails 1 "leaves no network" test -e x.tz
is "$(awk '$3 ~ /nan|inf/ { n++ } END { print n + 0 }' log.tsv)" 0 \
    "nor a row of what is no loss"

ok "BYOL without predictor and average" learn x.tz --lr 0.1 \
    --predictor none --ema 0 --ema-schedule constant --log log.tsv
like "$(cat .err)" "*step 50: collapsed: *" "collapses within 50 steps"
is "$(grep -c collapsed .err)" 1 "which is told once"
is "$(ssl-show --meta predictor x.tz 2>/dev/null)" "" "without a predictor"
read -r first later _ <<<"$(column deviation log.tsv)"
ok "its deviation falls" \
    awk "BEGIN { exit !($first > 0.15 && $later < 0.01) }"
read -r first later _ <<<"$(column rank log.tsv)"
ok "its rank too" awk "BEGIN { exit !($first > 8 && $later < 2) }"

ok "BYOL" learn x.tz --lr 0.1 --log log.tsv
is "$(grep -c 'collapsed\|diverging' .err)" 0 "is left alone"
is "$(cut -f7 log.tsv | sed -n 3p)" "nan" "between, nothing is measured"
read -r first later _ <<<"$(column uniformity log.tsv)"
ok "it stays spread out" awk "BEGIN { exit !($later < -1) }"

ok "rates just too high" learn x.tz --lr 1e4 --weight-decay 0 --log log.tsv --method simclr
like "$(cat .err)" "*diverging: the parameters are*" "are told too"
ok "no watch" learn y.tz --lr 1e4 --weight-decay 0 --watch-every 0 --method simclr
is "$(grep -c diverging .err)" 0 "when nobody asks"
is "$(ssl-show --digest y.tz)" "$(ssl-show --digest x.tz)" \
    "and the network is the same"
