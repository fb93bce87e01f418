#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# --monitor tells what ssl-encode and ssl-eval would, and changes nothing.
. "$(dirname "$0")/../lib.sh"

ssl-synth -q --size 16 --train 240 --test 60 --classes 4 data || exit 1
ssl-decode -q -b 50 data/train -o train.tz
ssl-decode -q -b 7 data/test -o test.tz
ssl-decode -q --epochs 4 --shuffle data/train |
	ssl-augment -q --recipe cifar-basic --batch 40 -o views.tz
learn() {
	ssl-train --stem cifar --width 4 --projector-hidden 16 --lr 0.03 \
	    --method simclr --projector-out 8 "$@"
}
# knn_and_linear MODEL: as the log has them.
knn_and_linear() {
	for part in train test; do
		ssl-encode -q -m "$1" $part.tz -o f-$part.tz
	done
	for score in knn linear; do
		ssl-eval $score --train f-train.tz --test f-test.tz
	done | awk '/^top1/ { printf "%.4f ", $2 }'
}
column() {
	awk -F '\t' -v name="$1" 'NR == 1 { for (i = 1; i <= NF; i++)
		if ($i == name) at = i; next } { print $at }' "$2"
}
judged() {
	awk -F '\t' 'NR == 1 { n = NF } $n != "nan" && NR > 1 {
		printf "%d:%.4f %.4f ", $1, $(n - 1), $n }' "$1"
}

ok "a run" learn -o a.tz views.tz --log a.tsv
ok "with a monitor" learn -o b.tz views.tz --log b.tsv --monitor train.tz,test.tz
cp .err first
same a.tz b.tz "… ends with the same bytes"
is "$(cut -f1-10 a.tsv)" "$(cut -f1-10 b.tsv)" "… and logs the same"
is "$(column knn a.tsv | sort -u)" nan "without one nothing is judged"
is "$(column knn b.tsv | grep -c nan)" 20 "with one each epoch is"
is "$(judged b.tsv | tr ' ' '\n' | tail -n 2 | xargs)" \
    "23:$(knn_and_linear b.tz | xargs)" "… as ssl-eval does"
learn -q -n 0 -o zero.tz views.tz
set -- $(knn_and_linear zero.tz)
like "$(cat first)" "*step 0: k-NN $1, linear $2*step 6: *step 24: *" \
    "… in words too, from before the first step"
learn -q -o c.tz views.tz --log c.tsv --log-every 7 --monitor-every 10 \
    --monitor train.tz,test.tz -n 15 -j 1
is "$(column step c.tsv | xargs)" "0 7 9 14" "rows of their own"

ok "stopped and resumed" learn -o d.tz views.tz -n 8 --log d.tsv \
    --monitor train.tz,test.tz
ok "…" ssl-train -r d.tz -o d.tz --steps -1 views.tz --log d.tsv \
    --monitor train.tz,test.tz
is "$(ssl-show --digest d.tz)" "$(ssl-show --digest b.tz)" \
    "… to the same network"
same d.tsv b.tsv "… and log"

monitor() {
	learn -o x.tz views.tz --monitor "$1"
}
fails 2 "one stream" monitor train.tz
fails 2 "three" monitor train.tz,test.tz,test.tz
fails 1 "none there" monitor train.tz,none.tz
like "$(cat .err)" "*--monitor*none.tz*" "… which"
mkfifo pipe
fails 2 "a pipe" monitor train.tz,pipe
like "$(cat .err)" "*pipe: not a file*" "… why"
fails 1 "no pictures" monitor views.tz,test.tz
like "$(cat .err)" "*--monitor*views.tz*record 0*image*" "… where"
ssl-decode -q data/test/*/*.jpg -o bare.tz
fails 1 "no labels" monitor train.tz,bare.tz
like "$(cat .err)" "*bare.tz: none of the 60 images has a label" "… which"
cat bare.tz test.tz >half.tz
ok "some labels" learn -q -n 12 -o half-labelled.tz views.tz \
    --monitor train.tz,half.tz --monitor-every 6
is "$(cat .err)" "ssl-train: half.tz: 60 images without a label skipped" \
    "… the others are counted, once, with -q too"
mkdir one && cp -r "data/train/$(ls data/train | head -n 1)" one
ssl-decode -q one -o one.tz
fails 1 "one class" monitor one.tz,test.tz
like "$(cat .err)" "*one.tz: all samples are of one class*" "… why"
mkdir others && cp -r "data/test/$(ls data/test | head -n 1)" others/none
ssl-decode -q others -o others.tz
fails 1 "other classes" monitor train.tz,others.tz
like "$(cat .err)" "*others.tz: all 15 images are of classes that train.tz does not have, as 'none'" \
    "… which"
mkdir more && cp -r data/test/* more && cp -r others/none more
ssl-decode -q more -o more.tz
ok "one class more" learn -n 12 -o more-classes.tz views.tz \
    --monitor train.tz,more.tz --monitor-every 6
is "$(grep -c "more.tz: 15 images of classes that train.tz does not have, as \
'none': counted as wrong" .err)" 1 "… is told once"
ssl-decode -q --size 24 data/train -o train24.tz
ssl-decode -q --size 24 data/test -o test24.tz
fails 1 "images of two sizes" monitor train.tz,test24.tz
like "$(cat .err)" "*--monitor*test24.tz: record 0: images of 24x24 px after images of 16x16*" \
    "… which"
ok "images of another size than the views" learn -n 12 -o size.tz views.tz \
    --monitor train24.tz,test24.tz --monitor-every 6
is "$(grep -c "images are 24x24 px, the network was trained on views of 32x32" .err)" \
    1 "… bring one remark"
ok "the same file twice" learn -n 6 -o twice.tz views.tz --monitor train.tz,./train.tz
is "$(grep -c "train.tz and ./train.tz are the same file" .err)" 1 "… brings one"
head -c 3000 test.tz >cut.tz
fails 1 "a cut stream" monitor train.tz,cut.tz
like "$(cat .err)" "*cut.tz*truncated stream*" "… is said to be one"
fails 1 "and nothing is written" test -e x.tz

# Classes by name.
mv "data/train/$(ls data/train | head -n 1)" gone
ssl-decode -q data/train -o fewer.tz
ok "a class that training lacks" learn -n 12 -o y.tz views.tz \
    --monitor fewer.tz,test.tz --monitor-every 12
cp train.tz whole.tz && cp fewer.tz train.tz
set -- $(knn_and_linear y.tz 2>/dev/null)
like "$(tail -n 1 .err)" "*step 12: k-NN $1, linear $2" "… is wrong, others keep theirs"
