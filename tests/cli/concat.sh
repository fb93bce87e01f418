. "$(dirname "$0")/../lib.sh"
# SPDX-License-Identifier: MIT
# Streams one after the other in a file, whose headers differ: joined by name
# or refused, never read with the first one's header.
pythons

# samples OUT CLASSES LABELS KEY: two gray images of 4x4 px
samples() {
	stream "$1" <<-END
	{"meta": {"kind": "samples"$2}}
	{"image": {"dtype": "u1", "shape": [2, 4, 4, 3], "value": 9}, "label": {"dtype": "i8", "shape": [2], "value": $3}, "key": ["$4/0", "$4/1"]}
	END
}
samples a.tz ', "classes": ["cat", "dog"]' '[0, 1]' a
samples b.tz ', "classes": ["ant", "cat"]' '[0, 1]' b
samples none.tz '' '[-1, -1]' none
samples bare.tz '' '[0, 1]' bare
samples beyond.tz ', "classes": ["cat", "dog"]' '[0, 2]' beyond

labels() {
	"$@" | ssl-show --tensor label | tr '\n' ' '
}
joined() { cat "$1" "$2" | ssl-decode -q -; }

# Joined by name, as the two operands are.
is "$(labels joined a.tz b.tz)" "0 1 2 0 " "labels of the second are mapped"
is "$(joined a.tz b.tz | ssl-show --meta classes)" '["cat","dog","ant"]' \
    "classes are joined"
is "$(labels joined a.tz b.tz)" "$(labels ssl-decode -q a.tz b.tz)" \
    "as with two operands"
is "$(labels joined b.tz a.tz)" "0 1 1 2 " "in either order"
is "$(labels joined a.tz a.tz)" "0 1 0 1 " "the same classes stay"
is "$(cat a.tz b.tz b.tz a.tz | ssl-decode -q - | ssl-show --tensor label |
    tr '\n' ' ')" "0 1 2 0 2 0 0 1 " "four of them"
is "$(labels joined a.tz none.tz)" "0 1 -1 -1 " \
    "a stream without names may be unlabelled"
is "$(labels joined none.tz a.tz)" "-1 -1 0 1 " "... and come first"
samples twice.tz ', "classes": ["cat", "cat"]' '[0, 1]' twice
is "$(labels joined twice.tz twice.tz)" "0 1 0 1 " \
    "two classes of one name are two"
for pair in "a.tz twice.tz" "twice.tz a.tz"; do
	# shellcheck disable=SC2086
	fails 1 "… and not joined with others: $pair" ssl-decode $pair
	like "$(cat .err)" "*classes 0 and 1 are both named 'cat'*" "says so"
	# shellcheck disable=SC2086
	cat $pair >pair.tz
	fails 1 "… nor in one file" ssl-decode pair.tz
done
joined a.tz b.tz | ssl-show --history >history
is "$(grep -c '^ssl-decode' history)" 1 "made here without histories"
fails 1 "labels without names after names" bash -c \
    "cat a.tz bare.tz | ssl-decode -"
like "$(cat .err)" "*label 0 without a name*" "... are named"
fails 1 "names after labels without names" bash -c \
    "cat bare.tz a.tz | ssl-decode -"
like "$(cat .err)" "*labels up to 1 before have no names*" "... are named"
# In the joined list it would be ant.
fails 1 "a label beyond its stream's names" bash -c \
    "cat beyond.tz b.tz | ssl-decode -"
like "$(cat .err)" "*label 2, but only 2 class names*" "... is named"
fails 1 "labels without names beside names" ssl-decode a.tz bare.tz
like "$(cat .err)" "*bare.tz: labels up to 1 without class names*--classes*" \
    "... are named"
is "$(labels ssl-decode -q a.tz none.tz)" "0 1 -1 -1 " "unlabelled ones join"
printf 'dog\nbird\ncat\n' >list.txt
is "$(labels ssl-decode -q --classes list.txt a.tz)" "2 0 " \
    "--classes: a stream's classes are found by name"
is "$(labels ssl-decode -q --classes list.txt bare.tz)" "0 1 " \
    "... labels without names are places in the list"
fails 1 "... a class that is not in it" ssl-decode --classes list.txt b.tz
like "$(cat .err)" "*b.tz: class 'ant' is not in the list of classes*" \
    "... is named"
ssl-decode -q b.tz -o b2.tz
ssl-decode -q a.tz -o a2.tz
cat a2.tz b2.tz | ssl-decode -q - | ssl-show --history >history
is "$(grep -c '^ssl-decode' history)" 3 "both histories stay"
for key in mean std; do
	samples scaled.tz ', "classes": ["cat", "dog"], "'$key'": [0.5]' \
	    '[0, 1]' s
	fails 1 "another $key in a file" bash -c \
	    "cat a.tz scaled.tz | ssl-decode -"
	like "$(cat .err)" "*stream 2: $key: 0.5, but none in the first*" \
	    "... is named"
	fails 1 "another $key in an operand" ssl-decode scaled.tz a.tz
	like "$(cat .err)" "*a.tz: $key: none, but 0.5 in the first*" \
	    "... is named"
	is "$(ssl-decode -q scaled.tz scaled.tz | ssl-show --meta $key)" \
	    "[0.5]" "the same $key stays"
done

# refused WHAT WORDS COMMAND...: standard input is two.tz
refused() {
	local what=$1 words=$2

	shift 2
	fails 1 "$what" bash -c '"$@" <two.tz' - "$@"
	like "$(cat .err)" "$words" "... is named"
	is "$(wc -l <.err)" 1 "... in one line"
}
cat a.tz b.tz >two.tz
refused "ssl-augment: other classes" \
    "*stream 2: classes: ant, cat, but cat, dog*ssl-decode A.tz B.tz*" \
    ssl-augment --recipe weak-cifar -o out.tz
ok "... nothing is left" test ! -e out.tz
cat a.tz none.tz >two.tz
refused "ssl-augment: no classes" "*classes: none, but cat, dog*" \
    ssl-augment --recipe weak-cifar -o out.tz
many=$(seq -s, -f '"c%g"' 300)
samples many.tz ", \"classes\": [$many]" '[0, 1]' m
samples more.tz ", \"classes\": [$many, \"last\"]" '[0, 1]' m
cat many.tz more.tz >two.tz
refused "a difference at the end of a long list" "*, last, but *" \
    ssl-augment --recipe weak-cifar -o out.tz
cat a.tz a.tz >two.tz
ok "the same header twice" ssl-augment -q --recipe weak-cifar -o v.tz two.tz
is "$(ssl-show v.tz | tail -1)" "end: 2 records, 4 samples" "is one input"
ok "and said" ssl-augment --recipe weak-cifar -o v.tz two.tz
like "$(cat .err)" "*2 streams were read as one*" "... as one"

# views OUT META: a step's views of 4 samples
views() {
	stream "$1" <<-END
	{"meta": {"kind": "samples"$2}}
	{"view0": {"dtype": "u1", "shape": [4, 8, 8, 3], "value": [0, 9, 200, 30, 77]}, "view1": {"dtype": "u1", "shape": [4, 8, 8, 3], "value": [3, 99, 20, 30, 177, 50]}, "label": {"dtype": "i8", "shape": [4], "value": [0, 1, 0, 1]}, "image": {"dtype": "u1", "shape": [4, 8, 8, 3], "value": [5, 9, 200, 30, 77]}}
	END
}
one='"mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25], "batch": 4'
two='{"name": "view0", "role": "weak", "recipe": "weak", "size": 8}'
views v.tz ", $one"
views mean.tz ", ${one/0.5,/0.4,}"
views std.tz ", ${one/0.25,/0.2,}"
views batch.tz ", ${one/4/8}"
views roles.tz ", $one, \"views\": [$two]"
views strong.tz ", $one, \"views\": [${two/weak/strong}]"
views steps.tz ", $one, \"steps_per_epoch\": 3"
views class.tz ", $one, \"classes\": [\"a\", \"b\"]"
train="ssl-train -q -m simclr --stem cifar --width 4 --lr 0.1 --schedule
    constant --total-steps 2 -o net.tz"
for other in mean std batch class; do
	cat v.tz $other.tz >two.tz
	refused "ssl-train: another $other" "*stream 2: $other*, but *" $train
	ok "... nothing is left" test ! -e net.tz
	refused "ssl-mix: another $other" "*stream 2: $other*, but *" \
	    ssl-mix -o out.tz
done
cat roles.tz strong.tz >two.tz
refused "ssl-train: another role" "*views: *strong 8, but *weak 8 *" $train
cat v.tz steps.tz >two.tz
refused "ssl-train: other epochs" "*steps_per_epoch: 3, but none*" $train
cat v.tz v.tz >two.tz
ok "ssl-train: the same twice" $train two.tz

# Checkpoints, features and what goes beside a stream.
cp net.tz c.tz
cat net.tz net.tz >two.tz
fails 1 "two checkpoints for --model" ssl-encode --model two.tz v.tz
like "$(cat .err)" "*several checkpoints in one file*" "... are named"
fails 1 "two checkpoints for --init" ${train/-o net.tz/-o x.tz} --init two.tz \
    v.tz
cat v.tz mean.tz >two.tz
refused "ssl-encode: another mean" "*stream 2: mean: *" \
    ssl-encode --model c.tz -o f.tz
fails 1 "--support of another mean" ssl-train -q -m suncet --stem cifar \
    --width 4 --lr 0.1 --schedule constant --total-steps 1 \
    --support mean.tz -o x.tz v.tz
like "$(cat .err)" "*--support: mean.tz: mean: 0.4*" "... is named"
fails 1 "a checkpoint for --support" ssl-train -q -m suncet --stem cifar \
    --width 4 --lr 0.1 --schedule constant --total-steps 1 \
    --support c.tz -o x.tz v.tz
like "$(cat .err)" "*c.tz: a checkpoint, not a stream of samples*" \
    "... is named"

# Each header is shown, each sample under its own stream's class.
cat a.tz b.tz >two.tz
is "$(ssl-show --meta classes two.tz | tr '\n' ' ')" \
    '["cat","dog"] ["ant","cat"] ' "ssl-show: both headers"
ok "a sheet of both" ssl-show --sheet two.png two.tz
cat roles.tz strong.tz >two.tz
fails 1 "a sheet of other views" ssl-show --sheet views.png two.tz
like "$(cat .err)" "*views*" "... is refused"

# What a join cannot keep is said, also with --quiet.
stream more.tz <<'END'
{"meta": {"kind": "samples"}}
{"image": {"dtype": "u1", "shape": [1, 4, 4, 3], "value": 9}, "extra": {"dtype": "f4", "shape": [1, 2], "value": 1}, "note": ["x"]}
{"image": {"dtype": "u1", "shape": [1, 4, 4, 3], "value": 9}, "extra": {"dtype": "f4", "shape": [1, 3], "value": 1}, "late": {"dtype": "i8", "shape": [1], "value": 1}}
END
ok "fields of some records" ssl-decode -q more.tz -o x.tz
like "$(cat .err)" "*skipped 1 field that not all records have alike*extra*" \
    "... are said to be lost"
like "$(cat .err)" "*skipped 2 fields that are text, or not in the first*" \
    "... and others"
fails 1 "... and fail when strict" ssl-decode --strict -q more.tz -o x.tz
views plain.tz ""
ok "a lone stream's fields" ssl-decode -q none.tz plain.tz -o x.tz
like "$(cat .err)" "*plain.tz: skipped 2 fields*(the first is view0)*" \
    "... are said to be lost"
