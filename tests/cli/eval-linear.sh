. "$(dirname "$0")/../lib.sh"
# SPDX-License-Identifier: MIT
# ssl-eval linear and stats as their users meet them; the numbers are
# tests/golden's and tests/unit's.
ssl-synth -q --train 240 --test 100 --size 12 set
ssl-decode -q set/train -o train.tz
ssl-decode -q -b 7 set/test -o test.tz
linear="ssl-eval linear --train train.tz --test test.tz -f image"

like "$($linear)" "top1	0.????
top5	0.????" "two lines of name, tab, number"
is "$($linear -j 1)" "$($linear -j 3)" "threads change nothing"
is "$($linear)" "$($linear --l2 1 --scale standard --optimizer lbfgs)" \
    "the defaults"
is "$(ssl-eval linear --train train.tz --test train.tz -f image --l2 1e-6 |
    head -1)" "top1	1.0000" "what is fitted without a limit is known"
like "$($linear -v 2>&1 >/dev/null)" "*l2 1: loss 0.*after*steps" \
    "-v tells the loss"

sgd="$linear --optimizer sgd --epochs 4 --batch 32 --lr 0.01"
like "$($sgd)" "top1	0.????*" "mini-batches"
is "$($sgd -j 1)" "$($sgd -j 3)" "… on any number of threads"
ok "… another seed, another path" test "$($sgd -v 2>&1)" != "$($sgd -v -s 1 2>&1)"
like "$($sgd --schedule step --drop-at 2,3 --drop 0.2 --nesterov)" \
    "top1	0.????*" "… Nesterov, in steps"

# Of equals the strongest.
many="$linear --l2 0.1:100000:4 --held-out 0.3"
best=$($many -v 2>&1 >/dev/null | sed -n 's/.*l2 \(.*\), lr.*held out/\1/p' |
    sort -k 2,2nr -k 1,1gr | head -1)
like "$($many)" "top1	0.????
top5	0.????
l2	${best% *}
held_out	${best#* }" "the best of four is chosen"
like "$($sgd --lr 1e-9,0.01)" "*l2	0
lr	0.01
held_out	0.????" "… of two rates too"
is "$($linear --l2 0.01:1000:4 -j 1)" "$($linear --l2 0.01:1000:4 -j 3)" \
    "… the same on any number of threads"
is "$($linear --per-class | wc -l)" 13 "a line for each class, and their mean"
like "$($linear --per-class)" "*mean_class	0.????
class * *	?.????*" "… with their names"

# Streams that number the same classes otherwise, or lack some.
cp -r set/train fewer
rm -r "fewer/$(ls fewer | head -n 1)"
ssl-decode -q fewer -o fewer.tz
is "$(ssl-eval linear --train fewer.tz --test train.tz -f image --l2 1e-6 \
    2>err | head -1)" "top1	0.9000" "a class that training lacks is wrong"
like "$(cat err)" "*train.tz: 24 samples of classes*fewer.tz*wrong*" "… told"
is "$(grep -c wrong err)" 1 "… once"
like "$(cat err)" "*train.tz: 216 of 240 samples are in fewer.tz too*" \
    "… and that training has the others"
like "$(ssl-eval linear --train fewer.tz --test train.tz -f image --per-class)" \
    "*mean_class	0.9*
class *	*
class $(ls set/train | head -n 1)	0.0000" "… and among the classes"

mkdir one && cp -r "set/train/$(ls set/train | head -n 1)" one
ssl-decode -q one -o one.tz
fails 1 "one class" ssl-eval linear --train one.tz --test test.tz -f image
like "$(cat "$T/.err")" "*one.tz: all samples are of one class*" "… and why"
ssl-decode -q set/test/*/*.jpg -o bare.tz
fails 1 "no labels" ssl-eval linear --train bare.tz --test test.tz -f image
like "$(cat "$T/.err")" "*bare.tz: none of the 100 samples has a \
label; decode class folders or a list with labels" "… is said"
fails 2 "no --test" ssl-eval linear --train train.tz
fails 2 "an l2 below 0" $linear --l2 -1
like "$(cat "$T/.err")" "*--l2*" "… names the option"
fails 2 "half a range" $linear --l2 1:10
fails 2 "another optimizer" $linear --optimizer adam
while IFS=, read -r option value with; do
	fails 2 "--$option without $with" $linear --$option $value
	like "$(cat "$T/.err")" "*--$option goes with *$with" "… which"
done <<'END'
lr,0.1,sgd
epochs,3,sgd
batch,3,sgd
momentum,0.5,sgd
nesterov,,sgd
schedule,cosine,sgd
drop-at,3,sgd
drop,0.5,sgd
held-out,0.3,several values of --l2 or --lr
END
fails 2 "--steps without lbfgs" $sgd --steps 3
fails 2 "--tolerance without lbfgs" $sgd --tolerance 1e-3
fails 2 "--drop without steps" $sgd --drop 0.5
like "$(cat "$T/.err")" "*--drop goes with --schedule step" "… which"
fails 1 "a rate that must diverge" $linear --optimizer sgd --lr 1e6 \
    --scale none --l2 1e6
like "$(cat "$T/.err")" "*train.tz: epoch ?: the loss is*--lr*" "… is told"
ssl-decode -q --size 8 set/test -o other.tz
fails 1 "rows of another length" ssl-eval linear --train train.tz \
    --test other.tz -f image
like "$(cat "$T/.err")" "*train.tz has 12x12x3 numbers a sample, other.tz 8x8x3" "… which"
fails 1 "a test stream that is not there" \
    ssl-eval linear -v --train train.tz --test none.tz -f image
said=$(cat "$T/.err")
like "$said" "*none.tz*cannot open*" "… is named"
is "$(echo "$said" | grep -c ': loss ')" 0 "… before a fit is made in vain"
head -c 3000 train.tz >cut.tz
fails 1 "a cut stream" ssl-eval linear --train cut.tz --test test.tz -f image
like "$(cat "$T/.err")" "*truncated stream*" "… is said to be one"

stats="ssl-eval stats -f image --test test.tz"
like "$($stats)" "uniformity	-?.??????
effective_rank	*.????
deviation	0.??????
collapsed	0" "four lines of name, tab, number"
is "$($stats -j 1)" "$($stats -j 3)" "threads change nothing"
like "$($stats --pair test.tz | head -1)" "alignment	0.000000" \
    "everything is aligned with itself"
like "$(ssl-eval stats -f image --test bare.tz | tail -1)" "collapsed	?" \
    "labels are not asked for"
ssl-decode -q --shuffle set/test -o shuffled.tz
fails 1 "pairs in another order" $stats --pair shuffled.tz
like "$(cat "$T/.err")" "*shuffled.tz: sample * has another key*test.tz*" \
    "… which"
fails 1 "pairs of another number" $stats --pair train.tz
like "$(cat "$T/.err")" "*test.tz has 100 samples*train.tz 240*" "… which"
fails 2 "no --test" ssl-eval stats
fails 2 "--pair-feature alone" $stats --pair-feature image
fails 1 "no such field" ssl-eval stats --test test.tz
