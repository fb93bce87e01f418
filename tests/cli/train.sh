#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# ssl-train, ssl-encode and ssl-loss on a small synthetic set.
. "$(dirname "$0")/../lib.sh"

needs ssl-synth ssl-decode ssl-augment

net="--stem cifar --width 4 --projector-hidden 16 --projector-out 8 \
--predictor-hidden 16 --lr 0.05 --warmup-steps 2"

ssl-synth -q --size 16 --train 40 --test 20 --classes 4 data || exit 1
ssl-decode -q --epochs 2 --shuffle -o train.tz data/train || exit 1
ssl-decode -q -o test.tz data/test || exit 1
ssl-augment -q --recipe byol-cifar --size 16 --batch 8 -o views.tz train.tz ||
	exit 1

ok "trains" ssl-train $net --log log.tsv -o a.tz views.tz
is "$(head -1 log.tsv)" \
    "step	epoch	loss	lr	ema	grad_norm	deviation	rank	alignment	uniformity	knn	linear" \
    "the log names its columns"
is "$(wc -l <log.tsv | tr -d ' ')" 11 "a row a step: 2 epochs of 5"
is "$(cut -f1,2 log.tsv | tail -1)" "9	1" "the last step and its epoch"
is "$(cut -f4 log.tsv | sed -n 2,4p | tr '\n' ' ')" "0 0.025 0.05 " \
    "the rate rises over the warm-up"
ok "the same again, by a pipe" bash -c "ssl-train $net <views.tz >b.tz"
same a.tz b.tz "gives the same bytes"
ok "… with one thread" ssl-train $net --threads 1 -o b.tz views.tz
same a.tz b.tz "gives the same bytes too"
ok "another seed" ssl-train $net --seed 1 -o c.tz views.tz
fails 1 "gives another network" cmp -s a.tz c.tz

ok "stops early" ssl-train $net --steps 4 -o part.tz views.tz
is "$(ssl-show --meta step part.tz)" 4 "after 4 steps"
ok "goes on" ssl-train --resume part.tz -o on.tz views.tz
ok "writes a table of the end only" \
    ssl-train $net --log-every 5 --log five.tsv -o b.tz views.tz
is "$(cut -f1 five.tsv | tr '\n' ' ')" "step 0 5 " "every 5 steps"
is "$(ssl-show --digest on.tz)" "$(ssl-show --digest a.tz)" \
    "as if it had never stopped"
ok "writes an initial network" ssl-train $net --steps 0 -o zero.tz views.tz
is "$(ssl-show --meta step zero.tz)" 0 "of 0 steps"

ok "a cut stream" bash -c "head -c 9000 views.tz >cut.tz"
fails 1 "is refused" ssl-train $net -o cut-out.tz cut.tz
like "$(cat .err)" "*truncated stream*" "in so many words"
fails 1 "and leaves no network" test -e cut-out.tz

cat views.tz views.tz >two.tz
ok "two streams, one behind the other" ssl-train $net -o two-out.tz two.tz
like "$(cat .err)" "*goes on after step 10: 10 records unused*" \
    "what is not used is told"
is "$(ssl-show --digest two-out.tz)" "$(ssl-show --digest a.tz)" \
    "the network is the first one's"
ok "as long as both" ssl-train $net --total-steps 20 -o two-out.tz two.tz
is "$(ssl-show --meta step two-out.tz)" 20 "uses all"
is "$(grep -c 'unused' .err)" 0 "without a word"
cat views.tz views.tz | head -c -100 >two-cut.tz
fails 1 "the second one cut" ssl-train $net -o two-cut-out.tz two-cut.tz
like "$(cat .err)" "*truncated stream*" "is refused too"
fails 1 "and leaves no network either" test -e two-cut-out.tz
ok "an early end does not ask for what follows" \
    ssl-train $net --steps 4 -o part.tz two-cut.tz
fails 2 "an unknown method" ssl-train --method boyl -o x.tz views.tz
fails 2 "an unknown encoder" ssl-train --arch resnet19 -o x.tz views.tz
like "$(cat .err)" "*resnet18*" "names the ones there are"
fails 2 "--init with --resume" ssl-train --init a.tz --resume a.tz views.tz
fails 2 "checkpoints down a pipe" ssl-train --checkpoint-every 2 views.tz
fails 2 "by the clock too" ssl-train --checkpoint-minutes 2 views.tz
fails 1 "pictures that are no views" \
    ssl-train $net --total-steps 5 -o x.tz test.tz
like "$(cat .err)" "*view0*" "says which field is missing"
fails 1 "views that are no checkpoint" ssl-train --init test.tz views.tz
fails 2 "a cosine of unknown length" ssl-train $net -o x.tz test.tz
like "$(cat .err)" "*--total-steps*" "says what to give"
for option in "--mean 123,116,103" "--mean -0.1,0,0" "--std 58,57,57" "--std 0,1,1"; do
	# shellcheck disable=SC2086
	fails 2 "$option" ssl-train $net $option --steps 1 -o x.tz views.tz
	like "$(cat .err)" "*units of pixels / 255*" "… says the unit"
	# shellcheck disable=SC2086
	fails 2 "ssl-encode $option" ssl-encode --model a.tz $option -o x.tz test.tz
	like "$(cat .err)" "*units of pixels / 255*" "… says the unit"
done
ssl-train -q --stem cifar --width 2 --method simclr --steps 0 -o plain.tz views.tz
fails 2 "a target network that is not there" ssl-encode --model plain.tz \
    --network target -o x.tz test.tz
like "$(cat .err)" "*plain.tz has no target network; give --network online" "says what to give"
fails 2 "an unknown schedule" ssl-train --schedule cosin -o x.tz views.tz

ok "encodes" ssl-encode --model a.tz -o f.tz test.tz
is "$(ssl-show --json f.tz | grep -c '"feature"')" \
    "$(ssl-show --json test.tz | grep -c '"image"')" \
    "as many records as before"
ok "encodes by a pipe" bash -c "ssl-encode -m a.tz <test.tz >g.tz"
same f.tz g.tz "gives the same bytes"
ok "… with one thread" ssl-encode --threads 1 -m a.tz -o g.tz test.tz
same f.tz g.tz "gives the same bytes too"

# All but the end comes, then nothing for a while.
ssl-decode -q --batch 3 data/test | cat >slow.tz
ssl-encode -q -m a.tz slow.tz | cat >want.tz
half=$(($(wc -c <want.tz) / 2))
mkfifo in out
ssl-encode -q -m a.tz <in >out &
exec 5>in 6<out
head -c -400 slow.tz >&5
timeout 20 head -c $half <&6 >got.tz
is "$(wc -c <got.tz)" "$half" "features do not wait for more pictures"
tail -c 400 slow.tz >&5
exec 5>&-
timeout 20 cat <&6 >>got.tz
exec 6<&-
same got.tz want.tz "and are the same in the end"

ok "encodes with heads" ssl-encode --head -m a.tz -o h.tz test.tz
like "$(ssl-show h.tz)" "*projection*prediction*" "projection, prediction"
ok "encodes with the target" \
    ssl-encode --network target -m a.tz -o t.tz test.tz
fails 1 "gives other features" cmp -s f.tz t.tz
fails 2 "no model" ssl-encode test.tz
fails 1 "a model that is none" ssl-encode -m test.tz test.tz
fails 1 "features that are no pictures" ssl-encode -m a.tz -o x.tz f.tz
like "$(cat .err)" "*image*" "says which field is missing"

fails 1 "a loss of pictures" ssl-loss --method byol test.tz
like "$(cat .err)" "*p0*" "says which field is missing"
fails 2 "no method" ssl-loss test.tz
fails 2 "an unknown loss" ssl-loss --method boyl test.tz
