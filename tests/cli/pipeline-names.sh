# SPDX-License-Identifier: MIT
# Names given to the pipelines: any name of data is read, and no part of a
# value is run; and data that changed are trained on from the beginning.
. "$(dirname "$0")/../lib.sh"
needs make
unset MAKEFLAGS MAKELEVEL MFLAGS

pipelines=$TESTS/../pipelines
byol() {
	make -s -C "$pipelines/byol" SCALE=smoke BIN="$BIN" OUT="$T/out" SIZE=16 \
	    WIDTH=2 BATCH=16 "$@"
}
ssl-synth -q --size 16 --train 80 --test 16 --classes 4 set
touch bait

# Names of data.
mkdir plain
cp -r set/train plain/train
ok "a plain name" byol DATA="$T/plain" "$T/out/model.tz"
want=$(ssl-show --digest out/model.tz)
for name in 'd&touch hacked' "it's" 'a "b" c' 'a;touch hacked' 'a`touch hacked`' \
    '(a) {b} [c]' 'a>bait' '#a' '100%' 'a\b' 'a,b' 'a=b:c' ' a '; do
	rm -rf out
	mv plain "$name"
	ok "data in <$name>" byol DATA="$T/$name" "$T/out/model.tz"
	is "$(ssl-show --digest out/model.tz 2>/dev/null)" "$want" "… are read"
	mv "$name" plain
done
rm -rf out
mkdir "s p"
ssl-decode -q -o "a 1.tz" set/train
ok "TRAIN that is one file" byol TRAIN="$T/a 1.tz" TEST="$T/set/test" \
    "$T/out/model.tz"
rm -rf out
ok "TRAIN that is a list, and a pattern" byol \
    TRAIN="$T/set/train $T/se[t]/{test,train}" TEST="$T/set/test" "$T/out/model.tz"
is "$(ssl-show --meta data out/model.tz | grep -o '"samples":[0-9]*')" \
    '"samples":176' "… all are read"

rm -rf out
ok "TRAIN alone" byol TRAIN="$T/set/train" "$T/out/model.tz"
is "$(ssl-show --meta data out/model.tz | grep -o '"samples":[0-9]*')" \
    '"samples":64' "… is split"
fails 1 "… and no image is drawn" test -e out/synth
fails 2 "TEST alone" byol TEST="$T/set/test"
like "$(cat .err)" "*TEST=*needs TRAIN or DATA*" "… is refused"

# What make or the shell would run is refused.
rm -rf out
for bad in 'DATA=$(shell touch hacked)' 'DATA=/no&touch hacked' 'TRAIN=a;touch hacked' \
    'TEST=$(touch hacked)' 'RECIPE=$(shell touch hacked)' 'OUT=a b' 'OUT=a;touch hacked' \
    "OUT=a'b" 'OUT=a#b' 'OUT=a%b' 'OUT=a:b' 'OUT=a$b' 'BIN=a:b' 'BIN=$(shell touch hacked)' \
    'K=3;touch hacked' 'SEED=`touch hacked`' 'TRAINING=--steps 2|touch hacked' \
    'LR=$(shell touch hacked)' 'DATA=a
touch hacked'; do
	fails 2 "<$bad>" byol "$bad"
	like "$(cat .err)" "*.mk:*\*\*\* ${bad%%[= ]*}*" "… is refused by name"
done
fails 2 "from the environment too" env 'DATA=$(shell touch hacked)' make -s -C \
    "$pipelines/byol" SCALE=smoke BIN="$BIN" OUT="$T/out"
is "$(find "$T" "$pipelines" -name 'hacked*')" "" "nothing was run"
is "$(find bait -size +0)" "" "nor written to"
fails 1 "and no output was begun" test -e out

# A checkout whose name has what targets cannot have.
odd="it's my \$HOME & \"tools\" (a):%#"
mkdir -p "$odd/pipelines" "$odd/build"
cp "$pipelines"/*.mk "$odd/pipelines"
cp -r "$pipelines/byol" "$pipelines/look" "$odd/pipelines"
ln -s "$BIN" "$odd/build/bin"
ok "a checkout in a folder of any name" make -s -C "$odd/pipelines/byol" \
    SCALE=smoke DATA="$T/plain" SIZE=16 WIDTH=2 BATCH=16
ok "… writes beside it" test -s "$odd/build/byol/model.tz"
ok "… and sheets" make -s -C "$odd/pipelines/look" RECIPES=clsa DATA="$T/plain" ROWS=2
ok "… too" test -s "$odd/build/look/clsa.jpg"

# Relative names, as the pages have them.
relative() {
	make -s -C "$1" SCALE=smoke SIZE=16 WIDTH=2 BATCH=16 OUT=run BIN="$BIN" \
	    "$2" >/dev/null && ssl-show --digest run/model.tz
}
mkdir -p "here/my photos"
cp -r plain/train "here/my photos"
cp -r "here/my photos" "$odd/my photos"
is "$(cd here && relative "$pipelines/byol" "DATA=my photos")" "$want" \
    "relative names count from where make was called"
is "$(cd here && relative "$pipelines/byol" "DATA=my?photos/tr*")" "$(cd here &&
    rm -rf run && relative "$pipelines/byol" "DATA=$PWD/my?photos/tr*")" "… lists too"
is "$(cd "$odd" && relative pipelines/byol "DATA=my photos")" "$want" \
    "… in a checkout of any name"
fails 2 "a folder of any other name" env -C "$odd" PWD="$T/$odd" make -s -C \
    "$pipelines/byol" OUT=run BIN="$BIN"
like "$(cat .err)" "*OUT=*" "… is refused for OUT"

# Other files are other data.
rm -rf out
log() { wc -l <out/log.tsv | tr -d ' '; }
part() { byol DATA="$T/plain" SAVE=2 "$@" "$T/out/model.tz"; }
mkdir cut
ln -s "$BIN"/* cut
rm cut/ssl-augment
printf '#!/bin/sh\n"%s/ssl-augment" "$@" | head -c 60000\n' "$BIN" >cut/ssl-augment
chmod +x cut/ssl-augment
fails 2 "a run whose producer dies" part BIN="$T/cut"
ok "… leaves a checkpoint" test "$(ssl-show --meta step out/model.tz.part)" -gt 0
mv out stopped
cp -rp stopped out
ok "is resumed" part
is "$(ssl-show --digest out/model.tz)" "$want" "… to the same end"
is "$(cat .err)" "" "… without a word"
rm -rf out
cp -rp stopped out
gone=$(find plain/train -name '*.jpg' | sort | head -n 1)
mv "$gone" gone.jpg
ok "with an image fewer" part
like "$(cat .err)" "*out/data.settings has changed: training begins again*model.tz.part.old*" \
    "it says that it begins again"
is "$(log)" 5 "… all steps of the smaller set"
ok "the old checkpoint is kept" cmp out/model.tz.part.old stopped/model.tz.part
rm -rf out
cp -rp stopped out
byol DATA="$T/plain" "$T/out/train.list" "$T/out/test.list"
sleep 0.1	# newer than the lists, by any clock
touch out/model.tz.part
fails 2 "a checkpoint that only looks new" part
like "$(cat .err)" "*samples have other names or labels*" "is refused"
rm -rf out
cp -rp stopped out
mv gone.jpg "$gone"
ok "another rate" part LR=0.01
like "$(cat .err)" "*out/train.settings has changed*" "begins again too"

# A data set smaller than a batch says so.
rm -rf out
fails 2 "79 images and a batch of 256" byol DATA="$T/plain" BATCH=256 WARMUP=1
like "$(cat .err)" "*samples are fewer than one batch of 256*" "says what is wrong"
