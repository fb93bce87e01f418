. "$(dirname "$0")/../lib.sh"
# SPDX-License-Identifier: MIT
# Judging changes nothing: neither the network nor, by what stands beside a
# picture, its features.
ssl-synth -q --train 40 --test 24 --classes 4 --size 16 data
small="--stem cifar --width 4 --projector-hidden 8 --projector-out 4
    --predictor-hidden 8 --lr 0.01 --quiet"
ssl-decode -q data/train | ssl-augment -q -r cifar-basic -b 8 |
    ssl-train $small -o model.tz
cp model.tz before.tz
for part in train test; do
	ssl-decode -q data/$part -o $part.tz
	ssl-encode -q -m model.tz $part.tz -o $part-features.tz
done
features() {
	ssl-encode -q -m model.tz "$@" | ssl-show --tensor feature
}
judge="--train train-features.tz --test test-features.tz"

ok "pitfall 25: linear" ssl-eval linear $judge
ok "pitfall 25: and k-NN" ssl-eval knn $judge -k 5
same model.tz before.tz "pitfall 25: leave the network as it was"
ssl-decode -q -b 1 data/test -o single.tz
is "$(features single.tz)" "$(features test.tz)" \
    "pitfall 25: a picture alone has the features that it has among others"
is "$(features test.tz)" "$(ssl-show --tensor feature test-features.tz)" \
    "pitfall 40: the same pictures, the same features"
fails 1 "pitfall 40: views are not pictures to be judged" \
    bash -c "ssl-augment -q -r cifar-basic test.tz | ssl-encode -m model.tz"
like "$(cat .err)" "*image*" "… it is told"

# Features of two networks are compared with a remark, wherever a file is.
mkdir other
ssl-decode -q data/train | ssl-augment -q -r cifar-basic -b 8 |
    ssl-train $small --seed 1 -o other/model.tz
ssl-encode -q -m other/model.tz test.tz -o other-features.tz
ssl-encode -q -m model.tz --network target test.tz -o target-features.tz
ssl-encode -q -m "$PWD/model.tz" test.tz -o path-features.tz
cat test-features.tz other-features.tz >both-features.tz
networks() {
	ssl-eval knn -k 5 --train train-features.tz --test "$1" 2>&1 >/dev/null |
	    grep -c 'networks'
}
is "$(networks test-features.tz)" 0 "one network has no remark"
is "$(networks path-features.tz)" 0 "… by another path to its file neither"
is "$(networks other-features.tz)" 1 "another network has one"
is "$(networks target-features.tz)" 1 "… so has the target network"
is "$(networks both-features.tz)" 1 "… and two in one file"
