#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every method from pictures to a checkpoint: the same bytes for any number of
# threads, and when a run stops and goes on.
. "$(dirname "$0")/../lib.sh"

ssl-synth -q --size 16 --train 48 --test 10 --classes 4 data || exit 1
ssl-decode -q --epochs 3 --shuffle -o train.tz data/train || exit 1
ssl-augment -q --recipe cifar-basic --size 16 --batch 8 -o views.tz train.tz
ssl-decode -q --epochs 12 --balance 4x2 --seed 1 data/train |
	ssl-augment -q --recipe cifar-basic --size 16 --batch 8 -o labels.tz
ssl-augment -q --recipe "$TESTS/data/three.recipe" --batch 8 -o three.tz train.tz ||
	exit 1

learn() {
	ssl-train -q --stem cifar --width 4 --lr 0.05 --projector-out 8 "$@"
}

# A run, the same with one thread, and one that stops after step 7.
check() {
	local method=$1 views=$2

	shift 2
	ok "$method trains" learn -m "$method" "$@" --log log.tsv -o a.tz "$views"
	is "$(wc -l <log.tsv | tr -d ' ')" 19 "$method: a row for each step"
	ok "$method with one thread" learn -m "$method" "$@" -j 1 -o b.tz "$views"
	is "$(ssl-show --digest b.tz)" "$(ssl-show --digest a.tz)" \
	    "$method: the same bytes"
	ok "$method stops" learn -m "$method" "$@" --steps 7 -o part.tz "$views"
	ok "$method goes on" ssl-train -q --resume part.tz "${go_on[@]}" -o on.tz "$views"
	is "$(ssl-show --digest on.tz)" "$(ssl-show --digest a.tz)" \
	    "$method: as if it had never stopped"
}

go_on=()
check simclr views.tz
check npair views.tz
check moco views.tz --queue 32 --bn-groups 2
is "$(ssl-show --json on.tz | grep -c '"name":"queue')" 2 "the queue is kept"
check clsa three.tz --queue 32
check supcon views.tz
check byol views.tz --predictor-hidden 8 --target-start fresh
go_on=(--support labels.tz)
check suncet views.tz --support labels.tz --support-epochs 2

# Gradients of anchors alone: the first loss is the same, the network is
# not.
anchors() {
	local method=$1

	shift
	learn -m "$method" --steps 2 --log both.tsv -o both.tz "$@" views.tz &&
	    learn -m "$method" --steps 2 --log one.tsv -o one.tz \
	    --anchor-grad-only "$@" views.tz || exit 1
	is "$(cut -f3 one.tsv | sed -n 2p)" "$(cut -f3 both.tsv | sed -n 2p)" \
	    "$method, gradients of anchors alone: the first loss is the same"
	like "$(cut -f6 one.tsv both.tsv | sort -u | wc -l)" "$gradients" \
	    "… and gradients are as they must be"
}
gradients=5
anchors simclr
anchors npair
anchors supcon
anchors suncet --support labels.tz
for method in moco byol clsa; do
	fails 2 "$method, whose keys are constants in any case, refuses it" \
	    learn -m "$method" --anchor-grad-only -o x.tz views.tz
	like "$(cat .err)" "*methods that do: npair simclr suncet supcon*" \
	    "… and names those that use it"
done

ok "simclr" learn -m simclr -o s.tz views.tz
fails 1 "suncet's labels tell" \
    cmp -s <(ssl-show --digest s.tz) <(ssl-show --digest a.tz)
ok "a network made by one method" learn -m moco --queue 16 --init s.tz -o m.tz views.tz
is "$(ssl-show --json m.tz | grep -c '"name":"target')" \
    "$(ssl-show --json m.tz | grep -c '"name":"online')" \
    "begins another's, with its target"
ok "encodes" ssl-encode -q -m m.tz --head -o f.tz train.tz

fails 2 "pitfall 11: 8 does not divide 20" learn -m moco --queue 20 -o x.tz views.tz
like "$(cat .err)" "*--queue*" "says what to change"
fails 2 "a queue for simclr" learn -m simclr --queue 16 -o x.tz views.tz
fails 2 "suncet without its labels" learn -m suncet -o x.tz views.tz
like "$(cat .err)" "*--support*" "says what is missing"
fails 2 "labels for byol" learn -m byol --support labels.tz -o x.tz views.tz
fails 1 "clsa of two views" learn -m clsa --queue 16 -o x.tz views.tz
like "$(cat .err)" "*view2*" "says which is missing"
fails 2 "groups that do not fit" learn -m simclr --bn-groups 5 -o x.tz views.tz
fails 2 "a head that is none" learn --projector 64-relu -o x.tz views.tz
fails 2 "a prediction that does not fit" \
    learn --projector mlp --predictor 9-relu-7 -o x.tz views.tz
ok "heads as text" learn --projector 9-bn-relu-8 --predictor mlpbn1 -o x.tz views.tz
is "$(ssl-show --meta projector x.tz)" "[9,8]" "are the network's"
ssl-decode -q --epochs 1 --balance 4x2 data/train |
	ssl-augment -q --recipe cifar-basic --size 16 --batch 8 -o short.tz
fails 1 "labels that end too early" learn -m suncet --support short.tz -o x.tz views.tz
like "$(cat .err)" "*--support-epochs*" "says what to do"
fails 2 "a rate scaled by an unknown batch" \
    learn --lr-scaling linear -o x.tz <(ssl-augment -q --recipe cifar-basic --size 16 train.tz)
ok "a rate scaled" learn --lr-scaling sqrt --schedule constant --log log.tsv -o x.tz views.tz
is "$(cut -f4 log.tsv | sed -n 2p)" "0.141421356" "by the batch's root"

# Pitfall 12: ten pictures in batches of four are two steps.
ls data/train/*/* | sort | head -10 >ten.txt
xargs ssl-decode -q <ten.txt | ssl-augment -q --recipe cifar-basic --size 16 --batch 4 -o ten.tz
ok "pitfall 12: ten pictures" learn -m simclr --total-steps 2 --log log.tsv -o x.tz ten.tz
is "$(wc -l <log.tsv | tr -d ' ')" 3 "pitfall 12: are two steps of four"
is "$(ssl-show --json ten.tz | grep -c '"index"')" 2 \
    "pitfall 12: the two that are left are in neither"
