. "$(dirname "$0")/../lib.sh"
# SPDX-License-Identifier: MIT
# ssl-eval knn as its users meet it; the numbers are tests/golden's.
ssl-synth -q --train 120 --test 60 --size 16 set
ssl-decode -q set/train -o train.tz
ssl-decode -q -b 7 set/test -o test.tz
knn="ssl-eval knn --train train.tz --test test.tz --feature image"

like "$($knn --k 20)" "top1	0.????
top5	0.????" "two lines of name, tab, number"
is "$($knn --k 20 -j 1)" "$($knn --k 20 -j 3)" "threads change nothing"
is "$($knn --k 20)" "$(ssl-eval knn --train train.tz --test - -k20 \
    -f image -t 0.1 --distance cosine <test.tz)" "standard input, defaults"
ssl-decode -q -b 1 set/train -o ones.tz
is "$($knn --k 20)" "$(ssl-eval knn --train ones.tz --test test.tz -k 20 \
    -f image)" "records may be of any length"
is "$(ssl-eval knn --train train.tz --test train.tz -k 1 -f image | head -1)" \
    "top1	1.0000" "everything is nearest to itself"
cat test.tz train.tz >both.tz
is "$(ssl-eval knn --train both.tz --test test.tz -k 1 -f image | head -1)" \
    "top1	1.0000" "streams may be joined"

# Streams that number the same classes otherwise.
cp -r set/train fewer
rm -r "fewer/$(ls fewer | head -n 1)"
ssl-decode -q fewer -o fewer.tz
knn_of() {
	ssl-eval knn --train "$1" --test "$2" -k 1 -f image | tr '\n' ' '
}
is "$(knn_of train.tz fewer.tz)" "top1	1.0000 top5	1.0000 " \
    "classes are compared by name"
is "$(knn_of fewer.tz train.tz 2>err)" "top1	0.9000 top5	0.9000 " \
    "a class that training lacks is wrong"
like "$(cat err)" "*train.tz: 12 samples of classes*fewer.tz*wrong*" "… is told"
is "$(grep -c wrong err)" 1 "… once"
like "$(cat err)" "*train.tz: 108 of 120 samples are in fewer.tz too*" \
    "… and that training has the others"
like "$(ssl-eval knn --train train.tz --test ./train.tz -k 1 -f image 2>&1)" \
    "*./train.tz is both --train and --test*" "one file as both is told"
is "$($knn --k 20 2>&1 >/dev/null)" "" \
    "the same keys in two folders are no samples shared"
cat fewer.tz train.tz >mixed.tz
is "$(knn_of mixed.tz train.tz)" "top1	1.0000 top5	1.0000 " \
    "… in each of the streams that were joined"
ok "-o FILE" $knn --k 20 -o scores.tsv
is "$(cat scores.tsv)" "$($knn --k 20)" "… holds the same"
fails 1 "a full disk" $knn --k 20 -o /dev/full

fails 2 "pitfall 26: more neighbours than samples" $knn --k 121
like "$(cat "$T/.err")" "*k is 121*120 training rows*" "… and why"
is "$($knn 2>err)" "$($knn --k 120)" "the default k on a small set is all"
like "$(cat err)" "*train.tz: k is 120*" "… is told"
is "$(wc -l <err)" 1 "… once"
fails 2 "k 0" $knn --k 0
fails 2 "no --test" ssl-eval knn --train train.tz
like "$(cat "$T/.err")" "*--test*" "… says what is missing"
fails 2 "no score" ssl-eval
fails 2 "a mistyped score" ssl-eval kn --train train.tz --test test.tz
like "$(cat "$T/.err")" "*did you mean 'knn'*" "… and what was meant"
fails 2 "an operand" $knn --k 20 more.tz
fails 2 "another distance" $knn --distance manhattan
fails 2 "temperature 0" $knn --temperature 0
fails 1 "no such field" ssl-eval knn --train train.tz --test test.tz
like "$(cat "$T/.err")" "*train.tz, record 0: no field feature: these are samples, not features, which ssl-encode writes*" "… where"
fails 1 "no such file" ssl-eval knn --train none.tz --test test.tz
ssl-decode -q --size 8 set/test -o other.tz
fails 1 "rows of another length" ssl-eval knn --train train.tz \
    --test other.tz -f image -k 5
like "$(cat "$T/.err")" "*train.tz has 16x16x3 numbers a sample, other.tz 8x8x3" "… which"
head -c 3000 train.tz >cut.tz
fails 1 "a cut stream" ssl-eval knn --train cut.tz --test test.tz -f image -k5
like "$(cat "$T/.err")" "*truncated stream*" "… is said to be one"

# Frames of a file of 1 MiB and more are unpacked side by side.
for i in $(seq 40); do
	cat train.tz
done >many.tz
ok "many frames" test "$(wc -c <many.tz)" -gt 1048576
of_many() {
	ssl-eval knn --train "$1" --test test.tz -f image -k 50 -j "$2" 2>&1
}
is "$(of_many many.tz 3)" "$(of_many many.tz 1)" "threads change no score"
like "$(of_many many.tz 3)" "top1	0.*" "… which is one"
head -c 1100000 many.tz >cut.tz
is "$(of_many cut.tz 3)" "$(of_many cut.tz 1)" "nor where a file is cut"
like "$(of_many cut.tz 3)" "*truncated stream*" "… which is told"
{
	head -c 1070000 many.tz
	printf 'damage'
	tail -c +1070007 many.tz
} >bad.tz
is "$(of_many bad.tz 3)" "$(of_many bad.tz 1)" "nor where it is damaged"
like "$(of_many bad.tz 3)" "*bad.tz: *damaged*" "… which is told"

like "$(ssl-eval --help)" "*knn:*--temperature*" "--help lists scores"
like "$(ssl-eval knn --help)" "*ssl-eval knn*--temperature*" "and options"
