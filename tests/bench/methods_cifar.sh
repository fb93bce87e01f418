#!/usr/bin/env bash
# Any of the methods on 10,000 pictures of CIFAR-10, ResNet-18 of width 16,
# batch 256, all at the same settings: k-NN accuracy, loss and seconds.
#
# usage: methods_cifar.sh [-b BIN_DIR] [-e EPOCHS] [-s SEED] TRAIN TEST METHOD...
#
# TRAIN and TEST are sources that ssl-decode reads.  METHOD is random (the
# encoder before training), byol, clsa (with the recipe clsa-cifar), moco,
# npair, simclr, suncet (with a tenth of the labels: 100 of each class) or
# supcon; npair+imix, moco+imix and byol+imix mix the first view (mixup,
# alpha 1).  Prints `METHOD TAB top1 TAB loss TAB seconds`.

set -eu	# without pipefail: a run of no steps leaves its views unread
here=$(cd "$(dirname "$0")" && pwd)
bin=$here/../../build/bin
epochs=10
seed=0
while getopts b:e:s: option; do
	case $option in
	b) bin=$OPTARG ;;
	e) epochs=$OPTARG ;;
	s) seed=$OPTARG ;;
	*) sed -n 's/^# usage: /usage: /p' "$0" >&2; exit 2 ;;
	esac
done
shift $((OPTIND - 1))
if [ $# -lt 3 ]; then
	sed -n 's/^# usage: /usage: /p' "$0" >&2
	exit 2
fi
train=$1
test=$2
shift 2
PATH=$(cd "$bin" && pwd):$PATH
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
trap 'exit 1' INT TERM

mix='cat'
views() {
	ssl-decode --quiet --shuffle --epochs "$epochs" --seed "$seed" "$train" |
	    ssl-augment --quiet --batch 256 --seed "$seed" "$@" | $mix
}

# learn METHOD OPTION...
learn() {
	ssl-train --quiet --method "$@" --arch resnet18 --stem cifar --width 16 \
	    --optimizer sgd --lr 0.3 --weight-decay 5e-4 --schedule cosine \
	    --warmup-epochs 1 --seed "$seed" --log "$out/log.tsv" \
	    -o "$out/model.tz"
}

labels() {
	ssl-decode --quiet --per-class 100 --balance 10x10 --epochs 100000 \
	    --seed "$seed" "$train" |
	    ssl-augment --quiet --recipe cifar-basic --batch 100 --seed "$seed"
}

head="--projector 512-bn-relu-128"
pretrain() {
	case $1 in
	random)	views --recipe cifar-basic | learn simclr $head --steps 0 ;;
	byol)	views --recipe cifar-basic | learn byol $head \
		    --predictor 512-bn-relu-128 --ema 0.99 ;;
	moco)	views --recipe cifar-basic | learn moco $head --ema 0.99 \
		    --queue 4096 --temperature 0.2 --bn-groups 8 ;;
	clsa)	views --recipe clsa-cifar | learn clsa $head --ema 0.99 \
		    --queue 4096 --temperature 0.2 --bn-groups 8 ;;
	suncet)	views --recipe cifar-basic | learn suncet $head \
		    --temperature 0.5 --support <(labels) ;;
	*)	views --recipe cifar-basic | learn "$1" $head \
		    --temperature 0.5 ;;
	esac
}

features() {
	ssl-decode --quiet "$1" |
	    ssl-encode --quiet --model "$out/model.tz" -o "$2"
}

for method; do
	rm -f "$out/log.tsv"
	mix='cat'
	case $method in *+imix) mix="ssl-mix --quiet --seed $seed" ;; esac
	before=$(date +%s.%N)
	pretrain "${method%+imix}"
	after=$(date +%s.%N)
	features "$train" "$out/train.tz"
	features "$test" "$out/test.tz"
	top1=$(ssl-eval knn --train "$out/train.tz" --test "$out/test.tz" \
	    --k 200 --temperature 0.1 | awk '/^top1/ { print $2 }')
	loss=$(awk 'NR > 1 { x = $3 } END { print x }' "$out/log.tsv" \
	    2>/dev/null) || loss=-
	echo "$method $top1 $loss $before $after" | awk -v OFS='\t' \
	    '{ printf "%s\t%s\t%s\t%.0f\n", $1, $2, $3, $5 - $4 }'
done
