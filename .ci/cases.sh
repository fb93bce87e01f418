#!/bin/bash
# SPDX-License-Identifier: MIT
# cases.sh BIN CASES: inputs that once gave wrong results without a word, as
# CASES/MANIFEST.tsv lists them.  The last line is "N passed, N failed".
set -u -o pipefail
BIN=$(cd "$1" && pwd) || exit 1
C=$(cd "$2" && pwd) || exit 1
TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
PATH=$BIN:$PATH
export PATH BIN
T=$(mktemp -d) || exit 1
trap 'chmod -R u+rwx "$T"; rm -rf "$T"' EXIT
cd "$T" || exit 1
passed=0 failed=0

# check WHAT COMMAND...: the command succeeds.
check() {
	local what=$1
	shift
	if "$@" >.out 2>.err; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf 'case %s: %s\n' "$what" "$(tail -n 1 .err)"
	fi
}
# The same in a shell; $C is the cases' folder.
case_() { check "$1" bash -c "set -o pipefail; $2"; }
# refused STATUS TEXT COMMAND: ends with STATUS and a line that has TEXT.
refused() { # in a shell string
	local status=$1 text=$2 got
	shift 2
	"$@" >/dev/null 2>said
	got=$?
	[ "$got" -eq "$status" ] && grep -qi -- "$text" said
}
# within SECONDS MIB COMMAND...: ends itself, in this time of a processor (the
# machine may be busy) and memory.
within() {
	local seconds=$1 mib=$2
	shift 2
	(ulimit -t "$seconds" && exec /usr/bin/python3 "$TOP/.ci/peak.py" \
	    timeout 60 "$@") >peak 2>/dev/null
	[ "$?" -le 2 ] && [ "$(cat peak)" -le "$mib" ]
}
export -f refused within
export C TOP

for f in albums dead-link mac-junk lists png-named-jpg numeric-test; do
	tar xzf "$C/$f.tar.gz" -C .
done

case_ black.tz 'ssl-eval linear -q --feature image --train $C/black.tz --test $C/black.tz | grep -q "^top1.0\.3333$"'
case_ random.tz 'ssl-eval knn -k 1 --train $C/random-train.tz --test $C/random-test.tz | grep -q "^top5.0\.1050$"'
case_ classes 'cat $C/classes-A.tz $C/classes-B.tz | ssl-decode -q - >joined.tz || exit 0
	ssl-decode -q $C/classes-A.tz $C/classes-B.tz >both.tz
	[ "$(ssl-show -t label joined.tz)" = "$(ssl-show -t label both.tz)" ] &&
	[ "$(ssl-show -t key joined.tz)" = "$(ssl-show -t key both.tz)" ] &&
	[ "$(ssl-show -m classes joined.tz)" = "$(ssl-show -m classes both.tz)" ]'
case_ tar-unsorted '[ "$(ssl-decode -q --strict $C/tar-unsorted.tar | ssl-show -t label | grep -c -- -1)" -eq 0 ]'
case_ tar-upper-CLS 'ssl-decode -q $C/tar-upper-CLS.tar | ssl-show -t label | grep -qx 1'
case_ tar-of-imagefolder '[ "$(ssl-decode -q $C/tar-of-imagefolder.tar | ssl-show -t label | grep -c -- -1)" -eq 0 ]'
case_ tar-hardlink '[ "$(ssl-decode --strict $C/tar-hardlink.tar | ssl-show | tail -1)" = "end: 1 record, 2 samples" ]'
case_ tar-concatenated 'ssl-decode --strict -q $C/tar-concatenated.tar | ssl-show | tail -1 | grep -q " 11 samples"'
case_ albums 'refused 1 "20 images beside the class folders" ssl-decode --strict albums &&
	ssl-decode -q albums 2>&1 >/dev/null | grep -q "20 images"'
case_ dead-link 'ssl-decode junk | ssl-show | tail -1 | grep -q " 2 samples"'
case_ mac-junk '[ "$(ssl-decode -q mac | ssl-show -m classes)" = "[\"a\",\"b\"]" ]'
case_ lists-bom 'cd listd && ssl-decode --strict -q @bom.txt | ssl-show | tail -1 | grep -q " 2 samples"'
case_ lists-header 'cd listd && ! { ssl-decode -q @header.txt | ssl-show -m classes | grep -q label; }'
case_ lists-blank 'cd listd && { ! ssl-decode -q @spacelab.txt >o.tz 2>words && grep -qi tab words || ssl-decode -q --strict @spacelab.txt; }'
case_ numeric 'ssl-decode -q $C/numeric-train.tar.zst -o n1.tz && ssl-decode -q test -o n2.tz &&
	ssl-eval knn -k 5 --feature image --train n1.tz --test n2.tz | grep -q "^top1.1\.0000$"'
case_ png-named-jpg 'ssl-decode -q pngj 2>&1 >/dev/null | grep -q PNG'
case_ pzstd 'ssl-show $C/pzstd.tz || refused 1 "skippable frame" ssl-show $C/pzstd.tz'
mkdir ptest
case_ prefix 'cd $TOP && make -s install PREFIX="$OLDPWD/ptest/my prefix" && "$OLDPWD/ptest/my prefix/bin/ssl-show" --version && [ ! -e prefix ]'
case_ man-find 'mandoc -T ascii $TOP/man/ssl-decode.1 | grep -q "find \. -name"'
ssl-synth -q --train 60 --test 10 --classes 3 s
case_ small-data '! make -C $TOP/pipelines/byol DATA=$PWD/s/train OUT=$PWD/o >made 2>&1 && grep -q "batch of 256" made'
mkdir flat && i=0 && for f in s/train/*/*.jpg; do cp "$f" flat/$((i = i + 1)).jpg; done
case_ supcon 'ssl-decode -q -e 3 flat | ssl-augment -q -r simclr-cifar -b 30 >v.tz && refused 1 label ssl-train -q -m supcon --stem cifar --width 4 -o x.tz v.tz && [ ! -e x.tz ]'
case_ resume 'ssl-decode -q -e 3 s/train | ssl-augment -q -r simclr-cifar -b 20 >v2.tz &&
	ssl-train -q -m simclr --stem cifar --width 4 --steps 2 -o half.tz v2.tz &&
	refused 2 width ssl-train -q --resume half.tz --width 8 -o x.tz v2.tz &&
	refused 2 arch ssl-train -q --resume half.tz --arch resnet50 -o x.tz v2.tz &&
	refused 2 seed ssl-train -q --resume half.tz --seed 7 -o x.tz v2.tz &&
	refused 2 projector-out ssl-train -q --resume half.tz --projector-out 7 -o x.tz v2.tz'
mkdir many
for i in $(seq 1200); do cp "$C/tar-hardlink.tar" many/$i.tar; done
case_ many-tars 'ulimit -n 1024; ssl-decode -q many/*.tar | ssl-show | tail -1 | grep -q " 2400 samples"'
mkdir q
for i in $(seq 100); do cp "$C/jpeg-own-tables.jpg" q/${i}a.jpg; cp "$C/jpeg-no-dqt.jpg" q/${i}b.jpg; done
case_ jpeg-tables '[ "$(for j in 1 2 4 8; do ssl-decode -q -j$j q 2>/dev/null | ssl-show --digest; done | sort | uniq -c | awk "{print \$1}")" = 4 ] &&
	ssl-decode -q q 2>/dev/null | ssl-show | tail -1 | grep -q " 100 samples"'
case_ mix-rows 'within 10 1000 ssl-mix -j1 $C/mix-2e26-empty-rows.tz -o /dev/null'
case_ nils 'within 10 1000 ssl-show $C/nils-2e26.tz'
case_ replay-touch 'ssl-show --replay $C/replay-runs-touch.tz >replayed && ! grep -v "^#" replayed | grep -q touch'
case_ replay-c1 'ssl-show --history $C/replay-c1-csi.tz >history && ! LC_ALL=C grep -qP "\xc2[\x80-\x9f]" history'
case_ suncet-nan 'refused 1 nan ssl-loss --method suncet $C/suncet-nan.tz -o o.tz && [ ! -e o.tz ]'
ssl-decode -q s/train -o s.tz
case_ nul-recipe 'refused 1 NUL ssl-augment -r $C/nul.recipe s.tz -o v3.tz || refused 2 NUL ssl-augment -r $C/nul.recipe s.tz -o v3.tz'
case_ tensors 'within 2 1000 ssl-show --stats $C/checkpoint-65536-tensors.tz'
mkdir -p vacation/2019/beach n2.part/2019/beach
cp flat/1.jpg vacation/2019/beach/; cp flat/1.jpg n2.part/2019/beach/
case_ synth-force 'refused 1 vacation ssl-synth --force --size 8 --train 2 --test 2 --classes 2 vacation; [ -e vacation/2019/beach/1.jpg ]'
case_ synth-part 'ssl-synth --size 8 --train 2 --test 2 --classes 2 n2; [ -e n2.part/2019/beach/1.jpg ]'
mkdir 'd&touch ran>x&y'
case_ quoting 'make -C $TOP/pipelines/byol SCALE=smoke DATA="$PWD/d&touch $PWD/ran>x&y" OUT=$PWD/o2; [ ! -e ran ]'

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
