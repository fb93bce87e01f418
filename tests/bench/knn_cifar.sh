#!/bin/sh
# BYOL on 10,000 pictures of CIFAR-10: wall time, and the k-NN accuracy of the
# random and of the trained encoder.
#
# usage: knn_cifar.sh [-b BIN_DIR] [-e EPOCHS] [-n STEPS] [-t] [-v] TRAIN TEST [OUT]
#   -n STEPS  stop after so many steps, the schedules being those of EPOCHS
#   -t  then the same in PyTorch, which augments by itself with torchvision
#   -v  then the same in PyTorch, on the views that ssl-augment makes
#
# TRAIN and TEST are sources that ssl-decode reads; OUT (default: a temporary
# folder) keeps model and features.  Prints `name TAB number` lines.  PYTHON
# names a Python that has PyTorch.

set -eu
here=$(cd "$(dirname "$0")" && pwd)
bin=$here/../../build/bin
python=${PYTHON:-/usr/bin/python3}
epochs=10
steps=
torch=
while getopts b:e:n:tv option; do
	case $option in
	b) bin=$OPTARG ;;
	e) epochs=$OPTARG ;;
	n) steps=$OPTARG ;;
	t) torch="$torch alone" ;;
	v) torch="$torch views" ;;
	*) sed -n 's/^# usage: /usage: /p' "$0" >&2; exit 2 ;;
	esac
done
shift $((OPTIND - 1))
if [ $# -lt 2 ] || [ $# -gt 3 ]; then
	sed -n 's/^# usage: /usage: /p' "$0" >&2
	exit 2
fi
train=$1
test=$2
bin=$(cd "$bin" && pwd)
if [ $# -eq 3 ]; then
	out=$3
	mkdir -p "$out"
else
	out=$(mktemp -d)
	trap 'rm -rf "$out"' EXIT
	trap 'exit 1' INT TERM
fi

views() {
	"$bin/ssl-decode" --quiet --shuffle --epochs "$epochs" "$train" |
	    "$bin/ssl-augment" --quiet --recipe cifar-basic --batch 256
}

# pretrain OUT [OPTION...]: reads views, which it may leave unread.
pretrain() {
	model=$1
	shift
	"$bin/ssl-train" --quiet --method byol --arch resnet18 --stem cifar \
	    --width 16 --projector-hidden 512 --projector-out 128 \
	    --predictor-hidden 512 --optimizer sgd --lr 0.3 \
	    --weight-decay 5e-4 --schedule cosine --warmup-epochs 1 \
	    --ema 0.99 --ema-schedule cosine "$@" -o "$out/$model.tz"
}

# score MODEL: top1 of its features.
score() {
	for part in train test; do
		eval "source=\$$part"
		"$bin/ssl-decode" --quiet "$source" |
		    "$bin/ssl-encode" --quiet --model "$out/$1.tz" \
		    -o "$out/$1-$part.tz"
	done
	"$bin/ssl-eval" knn --train "$out/$1-train.tz" \
	    --test "$out/$1-test.tz" --k 200 --temperature 0.1 |
	    awk -v name="ours_knn_$1" '/^top1/ { print name "\t" $2 }'
}

# timed NAME COMMAND...: seconds of wall time, as a line.
timed() {
	name=$1
	shift
	before=$(date +%s.%N)
	"$@"
	echo "$name $before $(date +%s.%N)" |
	    awk '{ printf "%s\t%.2f\n", $1, $3 - $2 }'
}

ours() {
	views | pretrain trained --log "$out/log.tsv" ${steps:+--steps "$steps"}
}

torch_alone() {
	"$python" "$here/torch_pair.py" train --augment "$out/images-train.tz" \
	    --epochs "$epochs" ${steps:+--steps "$steps"} "$@" >"$out/torch.tsv"
}

torch_views() {
	views | "$python" "$here/torch_pair.py" train \
	    ${steps:+--steps "$steps"} "$@" >"$out/torch.tsv"
}

views | pretrain random --steps 0
score random
timed ours_wall_seconds ours
score trained
tail -n 1 "$out/log.tsv" | awk '{ print "ours_loss_last\t" $3 }'

[ -n "$torch" ] || exit 0
"$bin/ssl-decode" --quiet -o "$out/images-train.tz" "$train"
"$bin/ssl-decode" --quiet -o "$out/images-test.tz" "$test"
for kind in $torch; do
	# Its job_seconds are without the scores, as our wall time is.
	"torch_$kind" --knn "$out/images-train.tz" "$out/images-test.tz"
	sed "s/^/torch_${kind}_/" "$out/torch.tsv"
done
