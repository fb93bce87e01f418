# SPDX-License-Identifier: MIT
# The smoke pipeline, and that make does again what a change asks for only.
. "$(dirname "$0")/../lib.sh"
needs make
unset MAKEFLAGS MAKELEVEL MFLAGS

smoke() {
	make -s -C "$TESTS/../pipelines/$1" SCALE=smoke BIN="$BIN" OUT="$T/$2" \
	    "${@:3}"
}
ok "the whole chain" smoke smoke run
is "$(head -n 1 run/first/knn.tsv)" "encoder	top1	top5" "scores have names"
is "$(cut -f 1 run/first/knn.tsv | tail -n 2 | tr '\n' ' ')" "random trained " \
    "of the random and the trained encoder"
is "$(awk -F '\t' 'NR > 1 && !($2 > 0 && $2 <= 1)' run/first/knn.tsv)" "" \
    "… are accuracies"
like "$(ssl-show --replay run/first/model-test.tz)" "*ssl-decode*ssl-encode*" \
    "features know where they come from"

touch before
ok "again" smoke byol run/first
is "$(find run/first -newer before -type f)" "" "makes nothing again"
ok "another K" smoke byol run/first K=10
is "$(find run/first -newer before -name 'model.tz')" "" "trains nothing again"
ok "knn.tsv is new" test run/first/knn.tsv -nt before
touch before
ok "another rate" smoke byol run/first LR=0.05 K=10
ok "model.tz is new" test run/first/model.tz -nt before

# A folder that nobody has split, then archives.
ok "a folder of classes" smoke byol folder DATA="$T/run/first/synth/test"
is "$(sort -n folder/test.list folder/train.list | uniq | wc -l)" 128 \
    "every picture is for training or for testing"
ok "… scored without K" test -s folder/knn.tsv
is "$(wc -l <folder/test.list)" 25 "a fifth for testing"

# Pictures without classes: a model, and no score.
mkdir flat
i=0
find run/first/synth/test -name '*.jpg' | LC_ALL=C sort | while read -r picture; do
	cp "$picture" "flat/$((i += 1)).jpg"
done
like "$(smoke byol bare DATA="$T/flat")" "no labels, no k-NN accuracy*" \
    "a folder without classes"
ok "has its model" test -s bare/model.tz
is "$(cat bare/knn.tsv)" "encoder	top1	top5" "and no score"

ok "a failure inside a pipe" sh -c "! make -s -C '$TESTS/../pipelines/byol' \
    SCALE=smoke BIN='$BIN' OUT='$T/none' DATA='$T/nowhere'"
is "$(find none -name '*.tz')" "" "leaves nothing under a final name"

# A run that was stopped goes on when make is called again; every paper's
# folder makes its chain.
mkdir cut
ln -s "$BIN"/* cut
rm cut/ssl-augment
printf '#!/bin/sh\n"%s/ssl-augment" "$@" | head -c 700000\n' "$BIN" >cut/ssl-augment
chmod +x cut/ssl-augment
fails 2 "a run whose producer dies" smoke byol part \
    DATA="$T/run/first/synth" K=10 LR=0.05 BIN="$T/cut"
is "$(ls part/model.tz* 2>/dev/null)" part/model.tz.part \
    "leaves a checkpoint, not a model"
ok "goes on" smoke byol part DATA="$T/run/first/synth" K=10 LR=0.05
same part/model.tz run/first/model.tz "to the same file"
same part/log.tsv run/first/log.tsv "and so does its log"
for paper in simclr moco clsa suncet imix; do
	ok "$paper" smoke "$paper" "$paper" DATA="$T/run/first/synth"
	is "$(smoke "$paper" "$paper" DATA="$T/run/first/synth" table |
	    tail -n 2 | cut -f 1 | uniq)" "this run" "its table"
done

# Which scale it is where nobody says.
width() {
	make -sn -C "$TESTS/../pipelines/byol" BIN="$BIN" OUT="$T/scale" "$@" |
	    sed -n 's/.*ssl-train .*--width \([0-9]*\).*/\1/p;t;s/^ *--width \([0-9]*\).*/\1/p' |
	    head -n 1
}
is "$(width)" 8 "drawn pictures without DATA"
is "$(width DATA="$T/run/first/synth")" 16 "a laptop's run with DATA"
is "$(width SCALE=cifar)" 64 "or what SCALE says"
